"""IP addresses as text and as octets."""


def ipv4(text):
    """Four octets of "192.0.2.1"."""
    return bytes([int(part) for part in text.split(".")])


def ipv6(text):
    """Sixteen octets of "2001:db8::1"."""
    head, gap, tail = text.partition("::")
    groups = [int(g, 16) for g in head.split(":") if g]
    rest = [int(g, 16) for g in tail.split(":") if g]
    if gap:
        groups += [0] * (8 - len(groups) - len(rest))
    octets = bytearray()
    for g in groups + rest:
        octets.append(g >> 8)
        octets.append(g & 0xFF)
    return bytes(octets)
