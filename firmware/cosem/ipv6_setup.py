"""IPv6 setup, class 48 version 0 (REQUIREMENTS F-20): the meter's IPv6 addresses."""

from micropython import const

import limits
from cosem.base import OUT_OF_RANGE, Interface, answered
from dlms.codec import axdr
from dlms.codec.errors import OBJECT_UNDEFINED, READ_WRITE_DENIED, SUCCESS, TEMPORARY_FAILURE, TYPE_UNMATCHED
from dlms.codec.octets import copy, equal

ADDRESSES = const(4)  # addresses of a kind but multicast, of which there are limits.GROUPS
UNICAST = const(0)  # IPv6_address_type of the methods
MULTICAST = const(1)
GATEWAY = const(2)
MANUAL = const(2)  # address_config_mode: neither DHCPv6 nor the network decides
_NO_ADDRESS = b"\x09\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"


class IPv6Setup(Interface):
    """Attributes: 2 DL_reference, 3 address_config_mode enum, 4 unicast, 5 multicast and 6 gateway
    addresses (arrays of octet-string[16]), 7 primary_DNS_address, 8 secondary_DNS_address, 9
    traffic_class unsigned, 10 neighbor_discovery_setup array.

    Methods: 1 add_IPv6_address, 2 remove_IPv6_address, each structure {IPv6_address_type enum,
    IPv6_address octet-string[16]}. The type says which array: 0 unicast, 1 multicast, 2 gateway.
    The unicast addresses that the meter listens on are fixed. Of a multicast address the `listener`
    hears at once: join(octets), leave(octets).
    """

    CLASS_ID = 48
    ATTRIBUTES = 10
    METHODS = 2
    LONG = (4, 5, 6)
    KEPT = ((5, 6, 10 + 1, 10 + 2),)
    listener = None

    def __init__(self, reference, unicast):
        Interface.__init__(self)
        self.kept = (b"".join(unicast[:ADDRESSES]), bytearray(16 * limits.GROUPS), bytearray(16 * ADDRESSES))
        self.n = bytearray(3)
        self.n[UNICAST] = len(self.kept[UNICAST]) // 16
        self.a[2] = b"\x09\x06" + reference
        self.a[3] = b"\x16\x02"  # MANUAL
        self.a[7] = self.a[8] = _NO_ADDRESS
        self.a[9] = b"\x11\x00"
        # one structure: 3 retransmissions, 10 s between two, 0: none sent without being asked
        self.a[10] = b"\x01\x01\x02\x03\x11\x03\x12\x27\x10\x06\x00\x00\x00\x00"

    def open(self, k, cur):
        cur.tag = axdr.ARRAY
        cur.n = self.n[k - 4]
        return SUCCESS

    def element(self, k, cur, i, buf, off):
        return axdr.put_octets(buf, off, axdr.OCTET_STRING, self.kept[k - 4], 16 * i, 16)

    def set(self, k, buf, off, end, aa, commit):
        return READ_WRITE_DENIED

    def act(self, m, buf, off, end, out, o, aa):
        if end - off != 22 or buf[off] != axdr.STRUCTURE or buf[off + 1] != 2 or buf[off + 2] != axdr.ENUM:
            return -TYPE_UNMATCHED
        if buf[off + 4] != axdr.OCTET_STRING or buf[off + 5] != 16:
            return -TYPE_UNMATCHED
        if buf[off + 3] > GATEWAY:
            return -OUT_OF_RANGE
        if buf[off + 3] == UNICAST:
            return -READ_WRITE_DENIED
        return answered(self._change(m, buf[off + 3], buf, off + 6), o)

    def unpack(self, k, buf, off, end):
        """Keep the addresses of the array, multicast ones (5) or gateways (6), and no other."""
        kind = k - 4
        while self.n[kind]:
            self._change(2, kind, self.kept[kind], 16 * self.n[kind] - 16)
        result = SUCCESS
        off += 2
        while off + 18 <= end:
            result = self._change(1, kind, buf, off + 2) or result
            off += 18
        return result

    def group_addresses(self):
        """The groups as octets."""
        return [bytes(self.kept[MULTICAST][16 * i : 16 * i + 16]) for i in range(self.n[MULTICAST])]

    def add_group(self, octets):
        """Join the group with this address from the start; returns a result."""
        return self._change(1, MULTICAST, octets, 0)

    def _change(self, m, kind, buf, off):
        """Add (m is 1) or remove (m is 2) the address buf[off:off + 16] of a kind; returns a
        data-access-result.

        The listener joins or leaves the group of a multicast address.
        """
        kept = self.kept[kind]
        i = 0
        while i < self.n[kind] and not equal(kept, 16 * i, buf, off, 16):
            i += 1
        if m == 1:
            if (buf[off] == 0xFF) != (kind == MULTICAST):
                return OUT_OF_RANGE
            if i == self.n[kind]:
                if 16 * i == len(kept):
                    return TEMPORARY_FAILURE if i else READ_WRITE_DENIED
                copy(kept, 16 * i, buf, off, 16)
                self.n[kind] += 1
                if kind == MULTICAST and self.listener is not None:
                    self.listener.join(bytes(buf[off : off + 16]))
        elif i == self.n[kind]:
            return OBJECT_UNDEFINED
        else:
            self.n[kind] -= 1
            copy(kept, 16 * i, kept, 16 * i + 16, 16 * (self.n[kind] - i))
            if kind == MULTICAST and self.listener is not None:
                self.listener.leave(bytes(buf[off : off + 16]))
        return SUCCESS
