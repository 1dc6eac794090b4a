"""Association LN, class 15 version 2 (REQUIREMENTS F-11, F-30, F-31): one client's view of one
logical device, and its configuration.

The protocol engine reads from it how an AARQ from `client` to `server` is to be answered. In every
AA it stands at 0.0.40.0.0.255; where a management client shall see the associations of others too,
the directory has it under a name of its own, 0.0.40.0.e.255, as well.

Access rights: `acc[i]` is the number of a row of `cosem.rights` and belongs to
the object of directory record i.
"""

from micropython import const

import limits
from cosem import object_list
from cosem.base import OUT_OF_RANGE, Interface, answered
from dlms.codec import axdr
from dlms.codec.conformance import ALL_BITS
from dlms.codec.errors import (
    OBJECT_UNDEFINED,
    OTHER_REASON,
    READ_WRITE_DENIED,
    SUCCESS,
    TEMPORARY_FAILURE,
    TYPE_UNMATCHED,
)
from dlms.codec.octets import copy, put16
from dlms.aa.association import ASSOCIATED, IDLE, ROW
from dlms.aa.security import LN_CONTEXT, LOWEST

SECRET = const(64)  # longest secret, octets
USERS = const(16)
_USER_NAME = const(32)
_USER = const(6 + _USER_NAME)  # octets of an element of user_list, at most
_NAME = const(6)  # octets of a logical name
# Attributes that never change, as encoded Data: what is written here as a
# constant takes no heap when it is frozen
_CONTEXT_NAME = b"\x09\x07\x60\x85\x74\x05\x08\x01\x01"  # logical name referencing, no ciphering
_NO_REFERENCE = b"\x09\x06\x00\x00\x00\x00\x00\x00"
# … in the order of the attributes, by authentication mechanism: LOWEST, LOW
_VALUES = (
    (
        None,
        None,
        None,
        None,
        _CONTEXT_NAME,
        None,
        b"\x09\x07\x60\x85\x74\x05\x08\x02\x00",
        None,
        None,
        _NO_REFERENCE,
        None,
        None,
    ),
    (
        None,
        None,
        None,
        None,
        _CONTEXT_NAME,
        None,
        b"\x09\x07\x60\x85\x74\x05\x08\x02\x01",
        None,
        None,
        _NO_REFERENCE,
        None,
        None,
    ),
)


class AssociationLN(Interface):
    """Attributes: 2 object_list, 3 associated_partners_id, 4 application_context_name, 5
    xDLMS_context_info, 6 authentication_mechanism_name, 7 secret, 8 association_status, 9
    security_setup_reference, 10 user_list, 11 current_user.

    Methods: 1 reply_to_HLS_authentication, 2 change_HLS_secret (both refused: no HLS), 3
    add_object, 4 remove_object, 5 add_user, 6 remove_user.

    client, server: wPorts. conformance: 24 bits offered (REQUIREMENTS C.4). opened: AAs open on it
    and user: calling user id or -1, both kept by the engine. users: ids of user_list, names: their
    encoded names; while it is empty any user is taken (REQUIREMENTS C-24).
    """

    CLASS_ID = 15
    VERSION = 2
    ATTRIBUTES = 11
    METHODS = 6
    LONG = (2, 10)
    SELECT = {2: object_list.SELECTORS}
    # the secret; the rights that clients gave and took; the users
    KEPT = ((7,), (2, 11 + 3, 11 + 4), (10, 11 + 5, 11 + 6))
    preestablished = False  # there without an AARQ, and never released (REQUIREMENTS C-53)
    context = LN_CONTEXT
    packing = 0  # shorter forms of a profile buffer that this client takes (`cosem.packing`)
    users = ()  # lists of the instance's own from the first add_user on, with
    names = ()
    granted = None  # `acc` as the meter's object list has it, from the first add_object or remove_object on

    def __init__(self, client, server, mechanism, secret, conformance):
        self.a = _VALUES[mechanism]
        self.client = client
        self.server = server
        self.mechanism = mechanism
        self.secret = secret
        self.conformance = conformance
        self.directory = None
        self.acc = None
        self.opened = 0
        self.user = -1

    def placed(self, directory):
        """The directory of the logical device, in which nothing is visible yet."""
        self.directory = directory
        self.acc = directory.invisible()

    # -- reading -----------------------------------------------------------------------------------

    def get(self, k, buf, off, aa):
        """Attributes 3 associated_partners_id, 5 xDLMS_context_info, 8 association_status and 11
        current_user, for the AA that reads.
        """
        if k == 3:
            buf[off] = axdr.STRUCTURE
            buf[off + 1] = 2
            off = axdr.put8(buf, off + 2, axdr.INTEGER, self.client)
            return axdr.put_u16(buf, off, axdr.LONG_UNSIGNED, self.server)
        if k == 5:
            return self._context_info(buf, off, aa)
        if k == 8:
            return axdr.put8(buf, off, axdr.ENUM, self._status(aa))
        if k == 11:
            return self._put_user(buf, off, self._index(aa.user if aa is not None and aa.assoc is self else self.user))
        return -READ_WRITE_DENIED

    def _context_info(self, buf, off, aa):
        """structure {conformance bit-string(24), max_receive_pdu_size, max_send_pdu_size,
        dlms_version, quality_of_service, cyphering_info}.

        What the AA negotiated, or outside one what the association offers; the sizes are the
        server's own to receive and to send. quality_of_service is 0 when the client proposed none.
        """
        mine = aa is not None and aa.assoc is self
        buf[off] = axdr.STRUCTURE
        buf[off + 1] = 6
        buf[off + 2] = axdr.BIT_STRING
        buf[off + 3] = 24
        conformance = (aa.conformance if mine else self.conformance) & ALL_BITS
        buf[off + 4] = conformance >> 16
        put16(buf, off + 5, conformance)
        off = axdr.put_u16(buf, off + 7, axdr.LONG_UNSIGNED, limits.PDU)
        off = axdr.put_u16(buf, off, axdr.LONG_UNSIGNED, aa.max_send if mine else limits.PDU)
        off = axdr.put8(buf, off, axdr.UNSIGNED, 6)
        off = axdr.put8(buf, off, axdr.INTEGER, aa.qos if mine and aa.qos >= 0 else 0)
        return axdr.put_head(buf, off, axdr.OCTET_STRING, 0)

    def _status(self, aa):
        if aa is not None and aa.assoc is self:
            return aa.state
        return ASSOCIATED if self.opened else IDLE

    def open(self, k, cur):
        cur.tag = axdr.ARRAY
        cur.u = cur.v = 0
        if k == 2:
            return object_list.choose(self.acc, self.directory, cur)
        cur.n = len(self.users)
        return SUCCESS

    def element(self, k, cur, i, buf, off):
        """Attributes 2 object_list, one entry of the objects that the selection marked, and 10
        user_list.
        """
        if k == 10:
            if i >= len(self.users):
                return -OTHER_REASON
            return self._put_user(buf, off, i)
        if i < cur.u:
            cur.u = cur.v = 0
        cur.v = at = object_list.marked(cur.map, i, cur.u, cur.v)
        cur.u = i
        row = self.acc[at]
        if row == 0:
            return -OBJECT_UNDEFINED
        o = self.directory.objs[at] or self
        return object_list.put_element(buf, off, self.directory, at, o, row, cur.selector != object_list.CLASSES)

    # -- writing -----------------------------------------------------------------------------------

    def set(self, k, buf, off, end, aa, commit):
        """Only the secret of an LLS association, 1 to SECRET octets; a
        change allocates the new one.
        """
        if k != 7 or self.mechanism == LOWEST:
            return READ_WRITE_DENIED
        if buf[off] != axdr.OCTET_STRING:
            return TYPE_UNMATCHED
        n = axdr.count(buf, off)
        if not 1 <= n <= SECRET:
            return OUT_OF_RANGE
        if commit:
            self.secret = bytes(buf[end - n : end])
        return SUCCESS

    def act(self, m, buf, off, end, out, o, aa):
        if m == 3 or m == 4:
            return answered(self._change_object(m, buf, off, end), o)
        if m == 5 or m == 6:
            return answered(self._change_user(m, buf, off, end), o)
        return -READ_WRITE_DENIED

    def _change_object(self, m, buf, off, end):
        """add_object, remove_object (object_list_element): give this association rights to an
        object of the logical device, or take them away.

        An association keeps itself, and gets no right that the meter's
        object list grants to nobody.
        """
        if end - off < 14 or buf[off] != axdr.STRUCTURE or buf[off + 1] != 4 or buf[off + 2] != axdr.LONG_UNSIGNED:
            return TYPE_UNMATCHED
        if buf[off + 5] != axdr.UNSIGNED or buf[off + 7] != axdr.OCTET_STRING or buf[off + 8] != 6:
            return TYPE_UNMATCHED
        i = self.directory.locate(buf, off + 3, off + 9)
        if i < 0:
            return OBJECT_UNDEFINED
        o = self.directory.objs[i]
        if o is None or buf[off + 6] != o.VERSION:
            return READ_WRITE_DENIED
        if self.granted is None:
            self.granted = bytes(self.acc)
        rights = self.directory.rights
        mask = object_list.read_rights(buf, off + 15, end, o, rights.table, ROW * self.directory.limit[i])
        if m == 4:
            self.acc[i] = 0
        elif mask is None:
            return OUT_OF_RANGE
        else:
            row = rights.row(mask)
            if row < 0:
                return TEMPORARY_FAILURE
            self.acc[i] = row
        return SUCCESS

    # -- users -------------------------------------------------------------------------------------

    def _index(self, user):
        i = len(self.users) - 1
        while i >= 0 and self.users[i] != user:
            i -= 1
        return i

    def _put_user(self, buf, off, i):
        """structure {user_id unsigned, user_name visible-string}; {0, ""} when there is none."""
        buf[off] = axdr.STRUCTURE
        buf[off + 1] = 2
        off = axdr.put8(buf, off + 2, axdr.UNSIGNED, self.users[i] if i >= 0 else 0)
        if i < 0:
            return axdr.put_head(buf, off, axdr.VISIBLE_STRING, 0)
        return axdr.put_encoded(buf, off, self.names[i])

    def _change_user(self, m, buf, off, end):
        """add_user, remove_user (structure {unsigned, visible-string});
        adding a known id renames it.
        """
        if end - off < 6 or buf[off] != axdr.STRUCTURE or buf[off + 1] != 2 or buf[off + 2] != axdr.UNSIGNED:
            return TYPE_UNMATCHED
        if buf[off + 4] != axdr.VISIBLE_STRING:
            return TYPE_UNMATCHED
        n = axdr.count(buf, off + 4)
        if n > _USER_NAME:
            return OUT_OF_RANGE
        i = self._index(buf[off + 3])
        name = bytes((axdr.VISIBLE_STRING, n)) + bytes(buf[end - n : end])
        if m == 6:
            if i < 0 or self.names[i] != name:
                return OBJECT_UNDEFINED
            self.users.pop(i)
            self.names.pop(i)
        elif i >= 0:
            self.names[i] = name
        elif len(self.users) == USERS:
            return TEMPORARY_FAILURE
        else:
            if not self.users:
                self.users = []
                self.names = []
            self.users.append(buf[off + 3])
            self.names.append(name)
        return SUCCESS

    # -- what is kept ------------------------------------------------------------------------------

    def pack(self, k, buf, off, end):
        """The secret as an octet-string. The rights as an array of octet-strings, one for each
        object that clients gave or took rights to: logical name, and the row without its first
        octet. The users as attribute 10 has them.
        """
        if k == 7:
            n = len(self.secret)
            return axdr.put_octets(buf, off, axdr.OCTET_STRING, self.secret, 0, n) if off + 2 + n <= end else -1
        if k == 2:
            return self._pack_rights(buf, off, end)
        if k != 10:
            return off
        off = axdr.put_head(buf, off, axdr.ARRAY, len(self.users))
        i = 0
        while i < len(self.users):
            if off + _USER > end:
                return -1
            off = self._put_user(buf, off, i)
            i += 1
        return off

    def _pack_rights(self, buf, off, end):
        """Write the objects whose rights are others than at the start; returns as `pack`."""
        at = off + 1
        off = axdr.put_head(buf, off, axdr.ARRAY, 0)
        if self.granted is None:
            return off
        i = 0
        while i < self.directory.n:
            if self.acc[i] != self.granted[i]:
                if off + 2 + _NAME + ROW > end or buf[at] == 0x7F:
                    return -1
                buf[at] += 1
                axdr.put_octets(buf, off, axdr.OCTET_STRING, self.directory.table, 8 * i, _NAME)
                buf[off + 1] = _NAME + ROW - 1
                copy(buf, off + 2 + _NAME, self.directory.rows, ROW * self.acc[i] + 1, ROW - 1)
                off += 2 + _NAME + ROW - 1
            i += 1
        return off

    def unpack(self, k, buf, off, end):
        """Take what `pack` wrote in place of what there is; returns a result."""
        if k == 7:
            return self.set(k, buf, off, end, None, True)
        n = axdr.count(buf, off)
        off += 2
        if k == 2:
            return self._unpack_rights(buf, off, n)
        self.users = []
        self.names = []
        while n:
            after = off + 6 + buf[off + 5]
            if self._change_user(5, buf, off, after) != SUCCESS:
                return OTHER_REASON
            off = after
            n -= 1
        return SUCCESS

    def _unpack_rights(self, buf, off, n):
        """No right is given back that the object list of this firmware grants to nobody."""
        if self.granted is None:
            self.granted = bytes(self.acc)
        copy(self.acc, 0, self.granted, 0, self.directory.n)
        directory = self.directory
        result = SUCCESS
        while n:
            i = directory.index(bytes(buf[off + 2 : off + 2 + _NAME]))
            mask = bytes(1) + bytes(buf[off + 2 + _NAME : off + 2 + _NAME + ROW - 1])
            off += 2 + _NAME + ROW - 1
            n -= 1
            if i < 0 or directory.objs[i] is None or not within(mask, directory.rows, ROW * directory.limit[i]):
                result = OTHER_REASON
                continue
            o = directory.objs[i]
            row = directory.rights.row(mask[: 1 + o.ATTRIBUTES + o.METHODS]) if any(mask) else 0
            if row < 0:
                result = OTHER_REASON
            else:
                self.acc[i] = row
        return result


def within(mask, rows, at):
    """Whether a row of rights grants nothing that rows[at:] does not."""
    i = 0
    while i < ROW:
        if mask[i] & ~rows[at + i]:
            return False
        i += 1
    return True
