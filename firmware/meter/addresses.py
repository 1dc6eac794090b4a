"""IP addresses as text and as octets."""

_START_ONLY = True


def numeric(text):
    """True when the text is an IPv4 or IPv6 address in numbers."""
    try:
        return len(ipv6(text)) == 16 if ":" in text else len(ipv4(text)) == 4
    except ValueError:
        return False


def ipv4(text):
    """Four octets of "192.0.2.1"."""
    return bytes([int(part) for part in text.split(".")])


def mask(address):
    """Subnet mask, four octets: that of the loopback network, or 0.0.0.0 where an address does not tell it."""
    return b"\xff\x00\x00\x00" if address[0] == 127 else bytes(4)


def ipv6(text):
    """Sixteen octets of "2001:db8::1"."""
    head, gap, tail = text.partition("::")
    groups = [int(g, 16) for g in head.split(":") if g]
    rest = [int(g, 16) for g in tail.split(":") if g]
    if gap:
        groups += [0] * (8 - len(groups) - len(rest))
    if "::" in tail or max(groups + rest) > 0xFFFF:
        raise ValueError(text)
    octets = bytearray()
    for g in groups + rest:
        octets.append(g >> 8)
        octets.append(g & 0xFF)
    return bytes(octets)
