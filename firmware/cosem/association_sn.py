"""Association SN, class 12 version 2 (REQUIREMENTS F-10): one client's view of
one logical device by short names.

Version 2 has what a client needs, object_list, access_rights_list and security_setup_reference,
with the access modes of Association LN versions 0 to 2. user_list and current_user of version 3 are
left out: no text at hand gives their short names.

Selective access, by parameterized access (version 1 on has it too) [memory: IEC 62056-6-2]:

    2 object_list          1 class_id long-unsigned                        array of the elements of that class
                           2 structure {class_id, logical_name}            the element of that object
    3 access_rights_list   1 base_name long                                the element of the object with that base name

An object that there is not, or that this client does not see, is object-undefined; a
class without objects is an empty array.

It stands at 0.0.40.0.0.255 with the base name FA00 in its own AA, and nowhere else. The
protocol engine reads from it how an AARQ is to be answered, as from
`cosem.association_ln`, whose access rights it shares.
"""

import limits
from cosem import object_list
from cosem.association_ln import SECRET
from cosem.base import OUT_OF_RANGE, Interface, answered, scratch
from dlms.codec import axdr
from dlms.codec.errors import (
    DATA_BLOCK_UNAVAILABLE,
    OBJECT_CLASS_INCONSISTENT,
    OBJECT_UNDEFINED,
    READ_WRITE_DENIED,
    SCOPE_OF_ACCESS_VIOLATED,
    SUCCESS,
    TYPE_UNMATCHED,
)
from dlms.codec.octets import NOT_FOUND, OTHER_CLASS, clear, copy, get16
from dlms.aa.association import ROW
from dlms.aa.security import LOWEST, SN_CONTEXT

_IDENTIFICATION = 15  # octets of structure {class_id, logical_name, attribute_id}: 02 03 12 cccc 09 06 LN 0F k
_CLASS = 1  # selector of object_list


class AssociationSN(Interface):
    """Attributes: 2 object_list, 3 access_rights_list, 4 security_setup_reference.

    Methods: 3 read_by_logicalname, 5 change_secret, 8 reply_to_HLS_authentication (refused: no
    HLS); the numbers between are reserved and granted to nobody.

    client, server, conformance, opened, user, users: as in Association LN; users stays empty.
    names: the ShortNames of the logical device.
    """

    CLASS_ID = 12
    VERSION = 2
    ATTRIBUTES = 4
    METHODS = 8
    LONG = (2, 3)
    SELECT = {2: b"\x01\x02", 3: b"\x01"}
    KEPT = ((4 + 5,),)  # the secret, by the method that changes it
    # as in Association LN
    preestablished = False  # none with short names is
    context = SN_CONTEXT
    packing = 0
    users = ()
    # what is written here as a constant takes no heap when it is frozen
    a = (None, None, None, None, b"\x09\x06\x00\x00\x00\x00\x00\x00")

    def __init__(self, client, server, mechanism, secret, conformance, directory, names):
        self.client = client
        self.server = server
        self.mechanism = mechanism
        self.secret = secret
        self.conformance = conformance
        self.directory = directory
        self.acc = directory.invisible()
        self.names = names
        self.opened = 0
        self.user = -1

    # -- reading -----------------------------------------------------------------------------------

    def open(self, k, cur):
        """Attributes 2 object_list and 3 access_rights_list: all of it, the objects of a class, or
        the entry of one object.

        Selectors: `_CLASS` of attribute 2; any other one names one object, by short name or by
        class and logical name.
        """
        cur.tag = axdr.ARRAY
        cur.u = cur.v = 0
        if cur.selector == 0:
            return object_list.choose(self.acc, self.directory, cur)
        if k == 2 and cur.selector == _CLASS:
            return self._choose_class(cur)
        # one element, and not an array of one
        cur.tag = axdr.STRUCTURE
        cur.n = 4 if k == 2 else 3
        if k == 3:
            cur.u = self._named(cur)
        elif object_list.is_object_id(cur.buf, cur.off, cur.end):
            cur.u = self._locate(cur.buf, cur.off)
        else:
            cur.u = -TYPE_UNMATCHED
        return SUCCESS if cur.u >= 0 else -cur.u

    def _choose_class(self, cur):
        """Mark the objects of a class in cur.map and count them in cur.n; returns a result."""
        if cur.end - cur.off != 3 or cur.buf[cur.off] != axdr.LONG_UNSIGNED:
            return TYPE_UNMATCHED
        clear(cur.map, 0, 32)
        cur.n = 0
        i = 0
        while i < self.directory.n:
            o = self.directory.objs[i] or self
            if o.CLASS_ID == get16(cur.buf, cur.off + 1):
                object_list.mark(self.acc, i, cur)
            i += 1
        return SUCCESS

    def _named(self, cur):
        """Directory record of the object whose base name is the parameter, or -result."""
        if cur.end - cur.off != 3 or cur.buf[cur.off] != axdr.LONG:
            return -TYPE_UNMATCHED
        r = self.names.find(cur.buf, cur.off + 1)
        # the base name is the short name of attribute 1
        return r >> 8 if r >= 0 and r & 0xFF == 1 and self.acc[r >> 8] else -OBJECT_UNDEFINED

    def element(self, k, cur, i, buf, off):
        """Entry i of list k, or member i of the one entry that a selector named."""
        if cur.tag == axdr.STRUCTURE:
            at = cur.u
            return self._put_member(k, at, self.directory.objs[at] or self, i, buf, off)
        if i < cur.u:
            cur.u = cur.v = 0
        cur.v = at = object_list.marked(cur.map, i, cur.u, cur.v)
        cur.u = i
        o = self.directory.objs[at] or self
        n = 4 if k == 2 else 3
        off = axdr.put_head(buf, off, axdr.STRUCTURE, n)
        i = 0
        while i < n and off > 0:
            off = self._put_member(k, at, o, i, buf, off)
            i += 1
        return off

    def _put_member(self, k, at, o, i, buf, off):
        """Write member i of the element of record `at` in list k; returns the
        offset after it, or -result.

        object_list: structure {base_name long, class_id long-unsigned, version unsigned,
        logical_name octet-string}. access_rights_list: structure {base_name long, attribute_access
        array, method_access array}, the arrays as in an Association LN.
        """
        if self.acc[at] == 0:
            return -OBJECT_UNDEFINED
        if i == 0:
            return axdr.put_u16(buf, off, axdr.LONG, self.names.base(at))
        if k == 3:
            put = object_list.put_attribute_access if i == 1 else object_list.put_method_access
            return put(buf, off, o, self.directory.rows, ROW * self.acc[at])
        if i == 1:
            return axdr.put_u16(buf, off, axdr.LONG_UNSIGNED, o.CLASS_ID)
        if i == 2:
            return axdr.put8(buf, off, axdr.UNSIGNED, o.VERSION)
        return axdr.put_octets(buf, off, axdr.OCTET_STRING, self.directory.table, 8 * at, 6)

    # -- methods -----------------------------------------------------------------------------------

    def act(self, m, buf, off, end, out, o, aa):
        if m == 3:
            return self._read(buf, off, end, out, o, aa)
        if m == 5:
            return answered(self._change_secret(buf, off, end), o)
        return -READ_WRITE_DENIED

    def _change_secret(self, buf, off, end):
        """The secret of an LLS association (octet-string), 1 to SECRET octets;
        a change allocates the new one.
        """
        if self.mechanism == LOWEST:
            return READ_WRITE_DENIED
        if off == end or buf[off] != axdr.OCTET_STRING:
            return TYPE_UNMATCHED
        n = axdr.count(buf, off)
        if not 1 <= n <= SECRET:
            return OUT_OF_RANGE
        self.secret = bytes(buf[end - n : end])
        return SUCCESS

    def pack(self, k, buf, off, end):
        n = len(self.secret)
        return axdr.put_octets(buf, off, axdr.OCTET_STRING, self.secret, 0, n) if off + 2 + n <= end else -1

    def unpack(self, k, buf, off, end):
        return self._change_secret(buf, off, end)

    def _read(self, buf, off, end, out, o, aa):
        """read_by_logicalname (array of structure {class_id long-unsigned, logical_name
        octet-string, attribute_id integer}).

        Returns the structure of the values in the order asked for [choice]; attribute 0 stands for
        all attributes of the object, each of which must be readable. The first failure decides the
        result. Long attributes, and more than fits an element, are data-block-unavailable: they are
        read by their short names.
        """
        if off == end or buf[off] != axdr.ARRAY:
            return -TYPE_UNMATCHED
        off = axdr.content(buf, off)
        # Count the values first, for their number stands in front of them.
        n = 0
        most = o + limits.ELEMENT
        q = off
        while q < end:
            k = self._attributes(buf, q, end)
            if k < 0:
                return k
            n += k
            q += _IDENTIFICATION
        o = axdr.put_head(out, o, axdr.STRUCTURE, n)
        while off < end and o > 0:
            o = self._put_values(buf, off, out, o, most, aa)
            off += _IDENTIFICATION
        return o

    def _attributes(self, buf, q, end):
        """How many attributes the attribute_identification at buf[q:] names, or -result."""
        if end - q < _IDENTIFICATION or buf[q] != axdr.STRUCTURE or buf[q + 1] != 3 or buf[q + 2] != axdr.LONG_UNSIGNED:
            return -TYPE_UNMATCHED
        if buf[q + 5] != axdr.OCTET_STRING or buf[q + 6] != 6 or buf[q + 13] != axdr.INTEGER:
            return -TYPE_UNMATCHED
        j = self._locate(buf, q)
        if j < 0:
            return j
        o = self.directory.objs[j] or self
        k = buf[q + 14]
        if k:
            return 1 if k <= o.ATTRIBUTES else -TYPE_UNMATCHED
        for k in range(1, o.ATTRIBUTES + 1):
            if self.directory.right(self.acc[j], k) & 1 == 0:
                return -SCOPE_OF_ACCESS_VIOLATED
        return o.ATTRIBUTES

    def _locate(self, buf, q):
        """Directory record of the object that the attribute_identification
        at buf[q:] names, or -result.
        """
        j = self.directory.locate(buf, q + 3, q + 7)
        if j < NOT_FOUND:
            j = OTHER_CLASS - j
        if j < 0 or self.acc[j] == 0:
            return -OBJECT_UNDEFINED
        # in the directory the current association is a class 15
        o = self.directory.objs[j] or self
        return j if o.CLASS_ID == get16(buf, q + 3) else -OBJECT_CLASS_INCONSISTENT

    def _put_values(self, buf, q, out, off, end, aa):
        """Write the attribute, or all of them, that `_attributes` has found good, to
        out[off:end]; returns its end, or -result.
        """
        j = self._locate(buf, q)
        o = self.directory.objs[j] or self
        k = buf[q + 14]
        if k:
            if self.directory.right(self.acc[j], k) & 1 == 0:
                return -READ_WRITE_DENIED
            return self._put_value(j, k, o, out, off, end, aa)
        while k < o.ATTRIBUTES and off > 0:
            k += 1
            off = self._put_value(j, k, o, out, off, end, aa)
        return off

    def _put_value(self, j, k, o, out, off, end, aa):
        """Write attribute k of object o, record j, to out[off:end] when it is short and there
        is room; returns its end, or -result.
        """
        if k in o.LONG:
            return -DATA_BLOCK_UNAVAILABLE
        n = self.directory.simple(j, k, o, scratch, aa)
        if n < 0:
            return n
        if n > end - off:
            return -DATA_BLOCK_UNAVAILABLE
        copy(out, off, o.a[k] or scratch, 0, n)
        return off + n
