"""Capture files made for tests: frames of every link layer, IPv4 and IPv6,
TCP and UDP, in pcap and pcapng.
"""

from __future__ import annotations

import ipaddress
import struct

CLIENT, METER = ("192.0.2.1", 40000), ("192.0.2.2", 4059)
CLIENT6, METER6 = ("2001:db8::1", 40000), ("2001:db8::2", 4059)
FIN, SYN, RST, ACK = 1, 2, 4, 16
ETHERNET, NULL, RAW, LOOP, SLL, SLL2 = 1, 0, 101, 108, 113, 276
FRAGMENT = 44


def udp(source, destination, payload: bytes) -> tuple[int, bytes]:
    """Protocol number and datagram."""
    return 17, struct.pack(">4H", source[1], destination[1], 8 + len(payload), 0) + payload


def tcp(
    source, destination, sequence: int, payload: bytes, flags: int = ACK, ack: int = 0, options: bytes = b""
) -> tuple[int, bytes]:
    """Protocol number and segment."""
    head = struct.pack(
        ">HHIIBBHHH", source[1], destination[1], sequence % 2**32, ack, (5 + len(options) // 4) << 4, flags, 8192, 0, 0
    )
    return 6, head + options + payload


def ip(
    source, destination, carried: tuple[int, bytes], *, options: bytes = b"", fragment: int = 0, extensions: bytes = b""
) -> bytes:
    """An IP datagram. ``fragment``: the field of IPv4. ``extensions``: headers of IPv6, their
    first octet being the next one's number.
    """
    protocol, octets = carried
    if ":" not in source[0]:
        head = struct.pack(
            ">BBHHHBBH", 0x45 + len(options) // 4, 0, 20 + len(options) + len(octets), 0, fragment, 64, protocol, 0
        )
        return (
            head
            + ipaddress.IPv4Address(source[0]).packed
            + ipaddress.IPv4Address(destination[0]).packed
            + options
            + octets
        )
    first = extensions[0] if extensions else protocol
    head = struct.pack(">IHBB", 6 << 28, len(extensions[1:]) + len(octets), first, 64)
    return (
        head
        + ipaddress.IPv6Address(source[0]).packed
        + ipaddress.IPv6Address(destination[0]).packed
        + extensions[1:]
        + octets
    )


def frame(datagram: bytes, link: int = ETHERNET, tags: tuple[int, ...] = ()) -> bytes:
    """An IP datagram in a frame of a link layer. ``tags``: EtherTypes of VLAN tags around it."""
    version = datagram[0] >> 4
    kind = b"\x08\x00" if version == 4 else b"\x86\xdd"
    family = 2 if version == 4 else 30
    if link == ETHERNET:
        return (
            bytes(12)
            + b"".join(struct.pack(">HH", tag, 5) for tag in tags)
            + kind
            + datagram
            + bytes(max(46 - len(datagram), 0))
        )
    if link == SLL:
        return bytes(14) + kind + datagram
    if link == SLL2:
        return kind + bytes(18) + datagram
    if link == NULL:
        return family.to_bytes(4, "little") + datagram
    if link == LOOP:
        return family.to_bytes(4, "big") + datagram
    return datagram


def pcap(frames, link: int = ETHERNET, order: str = "<", nanoseconds: bool = False, snap: int = 65535) -> bytes:
    """A pcap file; a frame longer than ``snap`` is cut."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2C3D4
    octets = struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, snap, link)
    for number, one in enumerate(frames):
        octets += struct.pack(order + "4I", 1_700_000_000 + number, 500, len(one[:snap]), len(one)) + one[:snap]
    return octets


def block(kind: int, body: bytes, order: str) -> bytes:
    """A block of pcapng."""
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def pcapng(frames, link: int = ETHERNET, order: str = "<", kind: int = 6, resolution: int = 6) -> bytes:
    """A pcapng file with enhanced (6), simple (3) or obsolete (2) packet
    blocks, and a block that nobody knows.
    """
    octets = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1), order)
    octets += block(
        1, struct.pack(order + "HHI", link, 0, 0) + struct.pack(order + "HHB3xHH", 9, 1, resolution, 0, 0), order
    )
    octets += block(0x0BAD, b"whatever", order)
    for number, one in enumerate(frames):
        moment = (1_700_000_000 + number) * 10**resolution
        size = struct.pack(order + "II", len(one), len(one))
        if kind == 3:
            octets += block(3, size[:4] + one, order)
        else:
            interface = struct.pack(order + "HH", 0, 0) if kind == 2 else struct.pack(order + "I", 0)
            octets += block(
                kind, interface + struct.pack(order + "II", moment >> 32, moment & 0xFFFFFFFF) + size + one, order
            )
    return octets
