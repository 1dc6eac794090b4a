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


def multicast_address(text):
    """Octets of a multicast address in numbers, 4 or 16; ValueError when it is none."""
    octets = ipv6(text) if ":" in text else ipv4(text)
    if len(octets) == 4 and 0xE0 <= octets[0] <= 0xEF or len(octets) == 16 and octets[0] == 0xFF:
        return octets
    raise ValueError(text)


def mask(address):
    """Subnet mask, four octets: that of the loopback network, or 0.0.0.0
    where an address does not determine it.
    """
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


def destination(text):
    """(host, port) of "192.0.2.1:4059" or "[2001:db8::1]:4059", None when it is not that: names are
    not looked up, which would take time that readers wait for.
    """
    host, colon, port = text.rpartition(":")
    if host[:1] == "[" and host[-1:] == "]" and ":" in host:
        host = host[1:-1]
    elif ":" in host:
        return None
    if not (colon and port.isdigit() and 0 < int(port) < 65536 and numeric(host)):
        return None
    return host, int(port)


def aim(key, text):
    """(transport_service, "HOST:PORT") of "udp:HOST:PORT", "tcp:HOST:PORT" or "HOST:PORT": 0 TCP,
    1 UDP (REQUIREMENTS F-17); None of "".

    ValueError names the key of the configuration that cannot be taken.
    """
    if not text:
        return None
    transport = 1 if text.startswith("udp:") else 0
    rest = text[4:] if text[:4] in ("udp:", "tcp:") else text
    if destination(rest) is None:
        raise ValueError(
            "%s: %r is not a numeric address and a port such as 192.0.2.7:4059 or udp:[2001:db8::7]:4059" % (key, text)
        )
    return transport, rest
