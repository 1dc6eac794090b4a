"""From packets to TCP segments and UDP datagrams: link layers, VLAN tags, IPv4 with
options, IPv6 with extension headers.

Nothing raises: what is no IP, or no TCP and UDP, is None; what cannot be taken apart is a Trouble
with its reason. Fragments of IP datagrams are reported and not reassembled.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from .capture import Packet, Trouble

_IPV4, _IPV6 = 0x0800, 0x86DD
_VLANS = (0x8100, 0x88A8, 0x9100)
_TCP, _UDP = 6, 17
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION, _DESTINATION, _MOBILITY = 0, 43, 44, 51, 60, 135
_EXTENSIONS = (_HOP_BY_HOP, _ROUTING, _DESTINATION, _MOBILITY, _AUTHENTICATION)
_NULL, _ETHERNET, _LOOP, _SLL, _SLL2 = 0, 1, 108, 113, 276
_RAW = (12, 14, 101, 228, 229)  # numbers under which raw IP is met
_MORE_FRAGMENTS, _OFFSET = 0x2000, 0x1FFF
FIN, SYN, RST, ACK = 0x01, 0x02, 0x04, 0x10


@dataclass(frozen=True)
class Segment:
    """A TCP segment or, with ``sequence`` None, a UDP datagram. ``missing``:
    octets that the capture cut off.
    """

    packet: Packet
    source: tuple[str, int]
    destination: tuple[str, int]
    payload: bytes
    missing: int = 0
    sequence: int | None = None
    acknowledged: int = 0
    flags: int = 0

    @property
    def transport(self) -> str:
        """``TCP`` or ``UDP``."""
        return "UDP" if self.sequence is None else "TCP"


def segment(packet: Packet) -> Segment | Trouble | None:
    """What a packet carries."""
    octets = packet.octets
    kind, at = _link(packet.link_type, octets)
    if kind is None:
        return Trouble(f"packet {packet.number} has the link type {packet.link_type}, which is not known here")
    while kind in _VLANS and len(octets) >= at + 4:
        kind, at = int.from_bytes(octets[at + 2 : at + 4], "big"), at + 4
    cut = packet.length - len(octets)
    if kind == _IPV4:
        return _ipv4(packet, octets[at:], cut)
    if kind == _IPV6:
        return _ipv6(packet, octets[at:], cut)
    return None


def _link(link_type: int, octets: bytes) -> tuple[int | None, int]:
    """EtherType of what a frame carries, and where it begins; None for a
    link type that is not known.
    """
    if link_type == _ETHERNET:
        return int.from_bytes(octets[12:14], "big"), 14
    if link_type == _SLL:
        return int.from_bytes(octets[14:16], "big"), 16
    if link_type == _SLL2:
        return int.from_bytes(octets[:2], "big"), 20
    if link_type in (_NULL, _LOOP):
        return _version(octets, 4), 4  # the address family has another number on every system
    if link_type in _RAW:
        return _version(octets, 0), 0
    return None, 0


def _version(octets: bytes, at: int) -> int:
    return {4: _IPV4, 6: _IPV6}.get(octets[at] >> 4 if len(octets) > at else 0, 0)


def _ipv4(packet: Packet, octets: bytes, cut: int) -> Segment | Trouble | None:
    """``45 …``: header length in words, total length, fragment fields, protocol, addresses."""
    head = (octets[0] & 0x0F) * 4 if octets else 0
    if head < 20 or len(octets) < head:
        return Trouble(f"packet {packet.number} ends in its IPv4 header")
    total = int.from_bytes(octets[2:4], "big") or len(octets) + cut  # 0 where the network card cuts
    fragment = int.from_bytes(octets[6:8], "big")
    protocol = octets[9]
    if fragment & (_MORE_FRAGMENTS | _OFFSET):
        return _fragment(packet, protocol, (fragment & _OFFSET) * 8)
    hosts = str(ipaddress.IPv4Address(octets[12:16])), str(ipaddress.IPv4Address(octets[16:20]))
    return _transport(packet, protocol, hosts, octets[head:total], total - head)


def _ipv6(packet: Packet, octets: bytes, cut: int) -> Segment | Trouble | None:
    """40 octets, then extension headers up to TCP or UDP."""
    if len(octets) < 40:
        return Trouble(f"packet {packet.number} ends in its IPv6 header")
    total = int.from_bytes(octets[4:6], "big") or len(octets) + cut - 40
    hosts = str(ipaddress.IPv6Address(octets[8:24])), str(ipaddress.IPv6Address(octets[24:40]))
    protocol, at = octets[6], 40
    while protocol in (*_EXTENSIONS, _FRAGMENT):
        if len(octets) < at + 8:
            return Trouble(f"packet {packet.number} ends in an IPv6 extension header")
        if protocol == _FRAGMENT:
            fragment = int.from_bytes(octets[at + 2 : at + 4], "big")
            if fragment & 0xFFF9:
                return _fragment(packet, octets[at], fragment & 0xFFF8)
            size = 8
        else:
            size = (octets[at + 1] + 2) * 4 if protocol == _AUTHENTICATION else (octets[at + 1] + 1) * 8
        protocol, at = octets[at], at + size
    return _transport(packet, protocol, hosts, octets[at : 40 + total], 40 + total - at)


def _fragment(packet: Packet, protocol: int, offset: int) -> Trouble | None:
    if protocol not in (_TCP, _UDP):
        return None
    return Trouble(
        f"packet {packet.number} is a fragment of an IP datagram (octets from {offset} on): fragments are not "
        "put together"
    )


def _transport(
    packet: Packet, protocol: int, hosts: tuple[str, str], octets: bytes, length: int
) -> Segment | Trouble | None:
    """The TCP or UDP header. ``length``: octets of it and its payload by the IP header."""
    if protocol not in (_TCP, _UDP):
        return None
    least = 20 if protocol == _TCP else 8
    if len(octets) < least:
        return Trouble(f"packet {packet.number} ends in its {'TCP' if protocol == _TCP else 'UDP'} header")
    ports = int.from_bytes(octets[:2], "big"), int.from_bytes(octets[2:4], "big")
    source, destination = (hosts[0], ports[0]), (hosts[1], ports[1])
    if protocol == _UDP:
        size = int.from_bytes(octets[4:6], "big") or length
        return Segment(packet, source, destination, octets[8:size], max(size - max(len(octets), 8), 0))
    head = (octets[12] >> 4) * 4
    if head < 20 or len(octets) < head:
        return Trouble(f"packet {packet.number} ends in its TCP header")
    sequence, acknowledged = int.from_bytes(octets[4:8], "big"), int.from_bytes(octets[8:12], "big")
    return Segment(
        packet, source, destination, octets[head:], max(length - len(octets), 0), sequence, acknowledged, octets[13]
    )
