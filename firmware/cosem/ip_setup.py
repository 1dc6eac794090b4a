"""How the meter is reached: TCP-UDP setup (41), IPv4 setup (42), MAC address setup (43), all
version 0 (REQUIREMENTS F-18, F-19, F-21).

Clients read addresses and do not write them; what may be written is what takes effect at once.
"""

import limits
from cosem.base import OUT_OF_RANGE, Interface, answered, no_parameter
from dlms.codec import axdr
from dlms.codec.errors import OBJECT_UNDEFINED, READ_WRITE_DENIED, SUCCESS, TEMPORARY_FAILURE, TYPE_UNMATCHED
from dlms.codec.octets import copy, equal, get16, put16


def number(v):
    """A long-unsigned that can be changed."""
    value = bytearray(b"\x12\x00\x00")
    put16(value, 1, v)
    return value


class TcpUdpSetup(Interface):
    """Attributes: 2 TCP-UDP_port, 3 IP_reference octet-string, 4 MSS, 5 nb_of_sim_conn unsigned, 6
    inactivity_time_out, everything else long-unsigned.

    The time-out, in seconds with 0 for never, may be written; `inactivity()` is what the
    connections obey. There is one for each IP family (`over`), with the same number of
    the port and the same connections.
    """

    CLASS_ID = 41
    ATTRIBUTES = 6
    KEPT = ((6,),)

    def __init__(self, port, reference, mss, connections, inactivity):
        Interface.__init__(self)
        self.a[2] = number(port)
        self.a[3] = b"\x09\x06" + reference
        self.a[4] = number(mss)
        self.a[5] = bytes((axdr.UNSIGNED, connections))
        self.a[6] = number(inactivity)

    def over(self, reference, mss):
        """The setup over another IP setup object: what holds for both is one value, and a client
        that writes one of them writes both.
        """
        other = TcpUdpSetup(0, reference, mss, 0, 0)
        for k in (2, 5, 6):
            other.a[k] = self.a[k]
        return other

    def listening(self, port):
        """The port number that was found, when any was wanted."""
        put16(self.a[2], 1, port)

    def inactivity(self):
        """Seconds after which an idle connection is closed, 0 for never (REQUIREMENTS A-31)."""
        return get16(self.a[6], 1)

    def set(self, k, buf, off, end, aa, commit):
        return READ_WRITE_DENIED if k != 6 else Interface.set(self, k, buf, off, end, aa, commit)


class IPv4Setup(Interface):
    """Attributes: 2 DL_reference, 3 IP_address, 4 multicast_IP_address array, 5 IP_options array, 6
    subnet_mask, 7 gateway_IP_address, 8 use_DHCP_flag, 9 primary_DNS_address, 10
    secondary_DNS_address. Methods: 1 add_mc_IP_address, 2 delete_mc_IP_address, 3
    get_nbof_mc_IP_addresses (returns unsigned).

    address, mask, gateway, dns: four octets. Group addresses are 224.0.0.0 to 239.255.255.255,
    at most limits.GROUPS; whoever receives for the meter is the `listener`, and its join(octets)
    and leave(octets) are called at once.
    """

    CLASS_ID = 42
    ATTRIBUTES = 10
    METHODS = 3
    LONG = (4,)
    KEPT = ((4, 10 + 1, 10 + 2),)
    listener = None

    def __init__(self, reference, address, mask=bytes(4), gateway=bytes(4), dns=bytes(4), dhcp=False):
        Interface.__init__(self)
        self.groups = bytearray(4 * limits.GROUPS)
        self.n = 0
        self.a[2] = b"\x09\x06" + reference
        self.a[3] = bytearray(b"\x06" + address)
        self.a[5] = b"\x01\x00"  # no options
        self.a[6] = bytearray(b"\x06" + mask)
        self.a[7] = bytearray(b"\x06" + gateway)
        self.a[8] = bytearray((axdr.BOOLEAN, dhcp))
        self.a[9] = bytearray(b"\x06" + dns)
        self.a[10] = b"\x06\x00\x00\x00\x00"

    def configure(self, addresses):
        """DHCP has given address, subnet mask, gateway and DNS server, four octets each."""
        for k, octets in zip((3, 6, 7, 9), addresses):
            copy(self.a[k], 1, octets, 0, 4)
        self.a[8][1] = 1

    def open(self, k, cur):
        cur.tag = axdr.ARRAY
        cur.n = self.n
        return SUCCESS

    def element(self, k, cur, i, buf, off):
        buf[off] = axdr.DOUBLE_LONG_UNSIGNED
        copy(buf, off + 1, self.groups, 4 * i, 4)
        return off + 5

    def set(self, k, buf, off, end, aa, commit):
        return READ_WRITE_DENIED

    def act(self, m, buf, off, end, out, o, aa):
        if m == 3:
            return axdr.put8(out, o, axdr.UNSIGNED, self.n) if no_parameter(buf, off, end) else -TYPE_UNMATCHED
        if end - off != 5 or buf[off] != axdr.DOUBLE_LONG_UNSIGNED:
            return -TYPE_UNMATCHED
        return answered(self._add(buf, off + 1) if m == 1 else self._delete(buf, off + 1), o)

    def unpack(self, k, buf, off, end):
        """Be in the groups of the array, and in no other."""
        while self.n:
            self._delete(self.groups, 4 * self.n - 4)
        result = SUCCESS
        off += 2
        while off + 5 <= end:
            result = self._add(buf, off + 1) or result
            off += 5
        return result

    def _index(self, buf, off):
        """Which group address stands at off; n when none of those kept."""
        i = 0
        while i < self.n and not equal(self.groups, 4 * i, buf, off, 4):
            i += 1
        return i

    def group_addresses(self):
        """The groups as octets."""
        return [bytes(self.groups[4 * i : 4 * i + 4]) for i in range(self.n)]

    def add_group(self, octets):
        """Join the group with this address from the start; returns a result."""
        return self._add(octets, 0)

    def _add(self, buf, off):
        if not 0xE0 <= buf[off] <= 0xEF:
            return OUT_OF_RANGE
        if self._index(buf, off) == self.n:
            if self.n == limits.GROUPS:
                return TEMPORARY_FAILURE if self.n else READ_WRITE_DENIED
            copy(self.groups, 4 * self.n, buf, off, 4)
            self.n += 1
            if self.listener is not None:
                self.listener.join(bytes(buf[off : off + 4]))
        return SUCCESS

    def _delete(self, buf, off):
        i = self._index(buf, off)
        if i == self.n:
            return OBJECT_UNDEFINED
        self.n -= 1
        copy(self.groups, 4 * i, self.groups, 4 * i + 4, 4 * (self.n - i))
        if self.listener is not None:
            self.listener.leave(bytes(buf[off : off + 4]))
        return SUCCESS


class MacAddressSetup(Interface):
    """Attribute 2 MAC_address octet-string[6], read only."""

    CLASS_ID = 43
    ATTRIBUTES = 2

    def __init__(self, address):
        Interface.__init__(self)
        self.a[2] = bytearray(b"\x09\x06" + address)

    def set(self, k, buf, off, end, aa, commit):
        return READ_WRITE_DENIED
