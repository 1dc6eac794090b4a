"""Packets of a capture file: pcap (both byte orders, micro- and nanoseconds) and pcapng.

This is a reader of our own, because either format needs a few fixed headers only. The libraries
that could be shipped raise an exception on the first wrong octet, and do not reassemble TCP. Here
the packets before that octet count, and the rest is reported.

    pcap      magic u32 · version 2×u16 · zone, accuracy 2×u32 · snap length u32 · link type u32;
              per packet: seconds, fraction, captured length, length, each u32 · octets
    pcapng    blocks: type u32 · length u32 · body, padded to 4 octets · length u32
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_PCAP = {
    b"\xd4\xc3\xb2\xa1": ("<", 6),
    b"\xa1\xb2\xc3\xd4": (">", 6),
    b"\x4d\x3c\xb2\xa1": ("<", 9),
    b"\xa1\xb2\x3c\x4d": (">", 9),
}
_PCAPNG = b"\x0a\x0d\x0d\x0a"
_ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_SECTION, _INTERFACE, _PACKET, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_OPTION_END, _OPTION_RESOLUTION = 0, 9
_LINK_TYPE_BITS = 0xFFFF  # the upper bits of pcap's field report checksums after frames


@dataclass(frozen=True)
class Packet:
    """A packet of a capture. ``number`` from 1; ``time`` in seconds; ``length`` on the wire,
    which may be more than was captured.
    """

    number: int
    time: float
    link_type: int
    octets: bytes
    length: int


@dataclass(frozen=True)
class Trouble:
    """What is wrong with the file from here on, or what a packet has that is not taken apart."""

    text: str


def is_capture(octets: bytes) -> bool:
    """Whether a file begins like a capture."""
    return octets[:4] in _PCAP or octets[:4] == _PCAPNG


def packets(octets: bytes) -> Iterator[Packet | Trouble]:
    """The packets of a file in their order; a Trouble ends what cannot be read further."""
    return _pcapng(octets) if octets[:4] == _PCAPNG else _pcap(octets)


def _pcap(octets: bytes) -> Iterator[Packet | Trouble]:
    """The packets of a pcap file; a file that ends too soon yields what is there, and a Trouble."""
    order, digits = _PCAP[octets[:4]]
    if len(octets) < 24:
        yield Trouble("the capture file ends in its header")
        return
    link_type = struct.unpack_from(order + "I", octets, 20)[0] & _LINK_TYPE_BITS
    at, number = 24, 0
    while at < len(octets):
        number += 1
        if at + 16 > len(octets):
            yield Trouble(f"the capture file ends in the header of packet {number}")
            return
        seconds, fraction, captured, length = struct.unpack_from(order + "4I", octets, at)
        content = octets[at + 16 : at + 16 + captured]
        if len(content) < captured:
            yield Trouble(f"the capture file ends in packet {number}: {captured - len(content)} octets are missing")
            if not content:
                return
        yield Packet(number, seconds + fraction / 10**digits, link_type, content, max(length, captured))
        at += 16 + captured


def _pcapng(octets: bytes) -> Iterator[Packet | Trouble]:
    """The packets of a pcapng file: section headers, interfaces and three kinds of packet blocks;
    others are skipped.
    """
    order, at, number = "<", 0, 0
    interfaces: list[tuple[int, float]] = []
    while at < len(octets):
        if octets[at : at + 4] == _PCAPNG:
            order = _ORDERS.get(octets[at + 8 : at + 12], "")
            interfaces = []
        if not order or at + 12 > len(octets):
            yield Trouble(f"the capture file cannot be read from octet {at} on")
            return
        kind, size = struct.unpack_from(order + "II", octets, at)
        if size < 12 or size % 4:
            yield Trouble(f"the capture file has a block of {size} octets at octet {at}: what follows cannot be read")
            return
        body = octets[at + 8 : min(at + size - 4, len(octets))]
        if at + size > len(octets):
            yield Trouble(f"the capture file ends in a block, at octet {at}")
        at += size
        if kind == _INTERFACE and len(body) >= 8:
            interfaces.append((struct.unpack_from(order + "H", body)[0], _resolution(body[8:], order)))
        elif kind in (_ENHANCED, _PACKET, _SIMPLE):
            number += 1
            yield _packet(kind, body, order, interfaces, number)


def _packet(kind: int, body: bytes, order: str, interfaces: list[tuple[int, float]], number: int) -> Packet | Trouble:
    """One packet block of a pcapng file, by its kind. interfaces: (link type, seconds of a tick) of
    the section.
    """
    head = 4 if kind == _SIMPLE else 20
    if len(body) < head:
        return Trouble(f"packet {number} has no header")
    moment, interface = 0, 0
    if kind == _SIMPLE:
        length = captured = struct.unpack_from(order + "I", body)[0]
    else:
        interface, high, low, captured, length = struct.unpack_from(order + "5I", body)
        if kind == _PACKET:
            interface = struct.unpack_from(order + "H", body)[0]
        moment = high << 32 | low
    if interface >= len(interfaces):
        return Trouble(f"packet {number} is of interface {interface}, which the file does not describe")
    link_type, resolution = interfaces[interface]
    return Packet(number, moment * resolution, link_type, body[head : head + captured], max(length, captured))


def _resolution(options: bytes, order: str) -> float:
    """Seconds of a unit of time: option if_tsresol, a power of 10 or, with the upper bit, of 2."""
    at = 0
    while at + 4 <= len(options):
        code, size = struct.unpack_from(order + "HH", options, at)
        if code == _OPTION_END:
            break
        if code == _OPTION_RESOLUTION and size >= 1 and at + 4 < len(options):
            exponent = options[at + 4]
            return 2.0 ** -(exponent & 0x7F) if exponent & 0x80 else 10.0**-exponent
        at += 4 + (size + 3) // 4 * 4
    return 1e-6
