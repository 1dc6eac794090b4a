"""What every COSEM interface class is built on: attributes kept as encoded
values, and the contract with the server.

The server (`dlms.server`) reads an object in one of two ways:

*Simple attributes*, short and of one piece. `a[k]` holds the encoded A-XDR Data of attribute k as
bytes or bytearray and the server copies it; a live value, in a bytearray or a view of one, is
changed in place (`a[2][1:5]`). Where `a[k]` is None the server calls `get`. Constant values are
written as literals: so they stay in the flash when the firmware is frozen into an image.

*Long attributes*, named in `LONG`: arrays and structures of any length, sent element by element so
that no more than one element ever stands in memory. The server calls `open` once and `element` for
each number, through a `dlms.long.stream.Cursor` that belongs to the transfer, so that two clients
can read the same attribute at once.

Result codes are data-access-results (REQUIREMENTS D.4) everywhere, never exceptions. Methods that
return either an offset or a result return the result negated: `-READ_WRITE_DENIED`. `aa` is the
association the request came through (`dlms.aa.association.Association`).
"""

import limits
from dlms.codec import axdr
from dlms.codec.errors import OTHER_REASON, READ_WRITE_DENIED, SUCCESS, TYPE_UNMATCHED
from dlms.codec.octets import copy

READ = 1  # access rights to an attribute, the two low bits of every access_mode (REQUIREMENTS F-30)
WRITE = 2
INVOKE = 1  # access right to a method
# a value of the right type that the attribute cannot take (REQUIREMENTS
# D-21) [choice of the two codes]
OUT_OF_RANGE = OTHER_REASON

AS_READ = -2  # what `Interface.pack` returns of an attribute that is kept as a GET has it
# room for one computed value, until whoever asked for it has copied it on
scratch = bytearray(8 + limits.ELEMENT)


class Interface:
    """An instance of an interface class.

    Its logical name, attribute 1, stands in the directory of the logical device (`cosem.directory`)
    and not here: an object may be in more than one, and under more than one name.
    """

    CLASS_ID = 0
    VERSION = 0
    ATTRIBUTES = 1
    METHODS = 0
    LONG = ()  # attributes that are sent element by element
    DEPENDENT = ()  # attributes whose value bounds that of another: SET of attribute 0 takes one of them at a time
    ROWS = 0  # the long attribute of which `elements` writes many at once
    # what the fast path (`dlms.ln.fast`) may do itself, because it is all
    # that `set` and `act` would do
    COPIED = 0  # bit k: SET of attribute k with a value of fixed size is what `Interface.set` does
    CLEARED = 0  # method 1, whose parameter says nothing, fills that attribute after its tag with zeros; 0 for none
    SELECT = {}  # attribute -> bytes of the selectors it offers (REQUIREMENTS D.11)
    # What is kept over a restart, where a store runs (`cosem.kept` explains the numbers):
    KEPT = ()  # what clients write: groups, each of them one record of the journal
    RUNS = ()  # what changes the values that go on by themselves, which the meter keeps in one record
    record = 0  # key of the first group of this object; 0: it is not kept

    def __init__(self):
        self.a = [None] * (self.ATTRIBUTES + 1)

    def placed(self, directory):
        """The logical device of this object is complete; called once, at start,
        for what needs other objects.
        """

    def get(self, k, buf, off, aa):
        """Write attribute k, one that `a` does not hold, at buf[off:]; returns
        the offset after it or -result.
        """
        return -OTHER_REASON

    def open(self, k, cur):
        """Begin reading long attribute k; returns a result.

        Sets cur.tag (array, structure or compact-array) and cur.n (number of elements).
        cur.selector is 0, or the selector whose parameters are the Data cur.buf[cur.off:cur.end],
        already known to be well-formed. cur.u, cur.v, cur.w and cur.map are the object's own for
        this transfer: first row, column choice …; they keep their values from `open` to the last
        `element`.
        """
        return OTHER_REASON

    def head(self, k, cur, buf, off):
        """After `open` set cur.tag to compact-array: write all of it that stands in front of its
        contents; returns the offset after.
        """
        return off

    def element(self, k, cur, i, buf, off):
        """Write element 0 <= i < cur.n at buf[off:], at most limits.ELEMENT octets;
        returns the offset after it or -result.
        """
        return -OTHER_REASON

    def elements(self, cur, buf, off, end):
        """Write elements of long attribute ROWS from number cur.i < cur.n on to
        buf[off:end]; returns the offset after them.

        Only offered for speed, so it may always write none, and leave to `element` what takes more
        than copying, or reports a fault. cur.i goes on with each element written. One that does
        not fit may be begun: all of it stands in cur.carry then, from `dlms.long.stream.HEAD` to
        cur.c1, and what is still to be sent from cur.c0 on. cur.carry is empty before, and nothing
        else is written to it: the caller may take back cur.i, c0 and c1 and ask otherwise.
        """
        return off

    def set(self, k, buf, off, end, aa, commit):
        """Set attribute k to the well-formed Data buf[off:end]; returns a result.

        With commit false only check. An object changes wholly or not at all (REQUIREMENTS D-21).
        The default takes a value of the same type and the same size as the one that `a` holds, in
        place; what `a` holds as bytes is constant.
        """
        value = self.a[k]
        if value is None or isinstance(value, bytes):
            return READ_WRITE_DENIED
        if buf[off] != value[0] or end - off != len(value):
            return TYPE_UNMATCHED
        if commit:
            copy(value, 0, buf, off, end - off)
        return SUCCESS

    def act(self, m, buf, off, end, out, o, aa):
        """Invoke method m with the well-formed Data buf[off:end], empty when there is none.

        Returns o when the method has no return data, the offset after the Data
        written at out[o:], or -result.
        """
        return -READ_WRITE_DENIED

    def pack(self, k, buf, off, end):
        """Write what is kept of number k (`KEPT`) to buf[off:end], a well-formed Data; returns the
        offset after it, off for nothing, -1 when there is no room, or AS_READ for an attribute
        that is kept as a GET has it. Allocates nothing.
        """
        return AS_READ

    def unpack(self, k, buf, off, end):
        """Take what was kept of number k, the Data buf[off:end], at start or to undo a change;
        returns a result.
        """
        return self.set(k, buf, off, end, None, True) if k <= self.ATTRIBUTES else OTHER_REASON


def outline(o, kept=False):
    """What the fast paths need of an object's class, in four octets; zeros for the current
    association, which is none of theirs. kept: a change of it is written to the store, which the
    slow path does.

        ATTRIBUTES METHODS settable clears

    settable: bit k for an attribute that SET copies (`COPIED`) into the bytearray that
    holds it, now and for good; bit 0 for a class with selectors. clears: the attribute that
    method 1 fills with zeros (`CLEARED`).
    """
    if o is None:
        return bytes(4)
    settable = 1 if o.SELECT else 0
    for k in range(2, min(o.ATTRIBUTES + 1, 8)):
        if o.COPIED >> k & 1 and isinstance(o.a[k], bytearray) and not kept:
            settable |= 1 << k
    return bytes((o.ATTRIBUTES, o.METHODS, settable, o.CLEARED if o.CLEARED and o.a[o.CLEARED] and not kept else 0))


def live(*values, whole=False):
    """A buffer for each of some encoded values, which begin as given and change in place:
    views of one, because a bytearray for each takes twice the memory. whole: that one comes
    first, for code that writes them all.
    """
    octets = memoryview(bytearray(b"".join(values)))
    views = [octets] if whole else []
    at = 0
    for value in values:
        views.append(octets[at : at + len(value)])
        at += len(value)
    return views


def no_parameter(buf, off, end):
    """True when a method's parameter is absent, null-data or an integer, as for `reset(integer 0)`."""
    return off == end or buf[off] == axdr.NULL or (buf[off] == axdr.INTEGER and end - off == 2)


def answered(result, o):
    """What `act` returns for a method without return data: o on success,
    otherwise the result negated.
    """
    return -result if result else o
