"""Profile generic, class 7 version 1 (REQUIREMENTS F-06, F-34): rows of captured attributes,
as load profile, billing or event log.

Rows live in a row store (`cosem.rows`) as the octets that were captured and are never computed
again. The buffer is delivered oldest row first (fifo) or newest first (lifo); sorting by value is
not offered. Writing capture_objects or capture_period empties it.
"""

from micropython import const

import limits
from cosem import buffer_selection
from cosem.base import AS_READ, OUT_OF_RANGE, Interface, live, no_parameter, scratch
from cosem.buffer_selection import COUNT, find, row_key, select, time_key
from cosem.columns import DEFINITION, Columns, definition, put_definition, put_nulls
from cosem.directory import obis
from cosem.row import put_row, put_rows
from dlms.codec import axdr
from dlms.codec.errors import (
    DATA_BLOCK_UNAVAILABLE,
    HARDWARE_FAULT,
    LONG_GET_ABORTED,
    READ_WRITE_DENIED,
    SUCCESS,
    TYPE_UNMATCHED,
)
from dlms.codec.octets import compare, copy, digest, get16, get32, put32
from dlms.codec.work import spend

FIFO = const(1)
LIFO = const(2)
_DAY = const(86400)
_CAPTURE = const(2)  # units of work
_COLUMN = const(2)
_CLOCK = const(8)  # class-id
_ZERO = const(b"\x06\x00\x00\x00\x00")  # double-long-unsigned


class ProfileGeneric(Interface):
    """Attributes: 2 buffer, 3 capture_objects, 4 capture_period, 5 sort_method, 6 sort_object, 7
    entries_in_use, 8 profile_entries. Methods: 1 reset, 2 capture.

    rows: a row store. captured: (logical name as text, attribute) of each column. period: seconds
    between captures, at multiples of it from midnight of local time, 0 for none. clock: the Clock
    object, for times with unspecified fields.
    """

    CLASS_ID = 7
    VERSION = 1
    ATTRIBUTES = 8
    METHODS = 2
    LONG = (2, 3)
    ROWS = 2
    DEPENDENT = (3, 6, 8)  # the columns decide what can be sorted by and how many rows fit
    SELECT = {2: buffer_selection.SELECTORS}
    KEPT = ((4, 3, 8, 5, 6, 2),)  # 2: `_unordered`
    RUNS = (8 + 2,)  # capture
    keep = None  # function(profile) that writes its record and returns whether that holds, where a store runs
    before = None  # the row before the one that is looked at, where null-data may stand for its values

    def __init__(self, rows, captured, period, clock):
        Interface.__init__(self)
        self.rows = rows
        self.clock = clock
        self.period = period
        self.lifo = False
        self.columns = captured  # until `placed` finds them
        self.clock_column = -1
        self.packing = None  # the module `cosem.packing` where any client takes the buffer in a shorter form
        self.row = None
        self._unordered = 0  # sequence number of the newest row that is earlier than the one before it
        a = self.a
        # 5: FIFO; 6 and 8 with the first columns. The last one is the time of the row
        # before, to see a clock that went back
        a[4], a[5], a[6], a[8], self._newest = live(_ZERO, b"\x16\x01", bytes(DEFINITION), _ZERO, bytes(6))
        put32(a[4], 1, period)

    def placed(self, directory):
        """The logical device is complete: find the objects to capture."""
        columns = Columns(directory, len(self.columns))
        for text, k in self.columns:
            i = directory.index(obis(text))
            if i < 0 or not columns.add(i, k):
                raise ValueError("profile: " + text + " cannot be captured")
        if not self._take(columns):
            raise ValueError("profile: no room for a row")

    def _take(self, columns):
        """Capture these columns from now on, in an empty buffer; False when
        the store has no room for a row.
        """
        row = bytearray(columns.size)  # before anything changes: there may be no memory for it
        before = bytearray(columns.size) if self.packing else None
        if not (self.rows.waits or self._shape(columns)):
            return False
        self.columns = columns
        self.row = row
        if before:
            self.before = before
        self._unordered = 0
        self.clock_column = -1
        for i in range(columns.n):
            if columns.object(i).CLASS_ID == _CLOCK and columns.attribute(i) == 2 and self.clock_column < 0:
                self.clock_column = i
        put_definition(self.a[6], 0, None, 0, 0)
        put32(self.a[8], 1, self.rows.limit)
        return True

    def _shape(self, columns):
        """Have rows for these columns, in an empty buffer; False when that cannot be had.

        Where a store runs, the record of the profile is written first: rows that are kept know by
        a digest which columns they have, so that a cut between the two leaves the new columns,
        and no row with the old ones.
        """
        if self.keep is None:
            return self.rows.shape(columns.size)
        old = self.columns
        self.columns = columns
        if self.keep(self) and self.rows.shape(columns.size, self.digest()):
            return True
        self.columns = old
        return False

    def digest(self):
        """A number below 2**30 of the columns and the capture period. Of the same columns, two
        periods never have the same: 17 bits, times odd numbers.
        """
        sum = self.period
        i = 0
        while i < self.columns.n:
            self.columns.put_definition(scratch, 0, i)
            sum = (sum & 0x3FFFFF) * 31 + digest(scratch, 0, DEFINITION)  # below 2**30
            i += 1
        return sum

    # -- capturing ---------------------------------------------------------------------------------

    def capture(self):
        """Append a row with the present values; returns what the row store does: False when the row
        does not hold.
        """
        spend(_CAPTURE)
        row = self.row
        self.columns.capture(row)
        if self.clock_column >= 0:
            time_key(row, self.columns.offset(self.clock_column), row_key)
            if self.rows.last >= self.rows.first and compare(row_key, 0, self._newest, 0, 6) < 0:
                self._unordered = self.rows.last + 1
                if self.keep is not None:
                    self.keep(self)  # before the row: a selection by time has to know it
            copy(self._newest, 0, row_key, 0, 6)
        return self.rows.append(row)

    def period_end(self):
        self.capture()

    def ordered(self):
        """Whether the rows in use stand in the order of their times."""
        return self._unordered <= self.rows.first

    # -- reading -----------------------------------------------------------------------------------

    def get(self, k, buf, off, aa):
        return axdr.put_u32(buf, off, axdr.DOUBLE_LONG_UNSIGNED, self.rows.last - self.rows.first + 1)

    def open(self, k, cur):
        cur.tag = axdr.ARRAY
        if k == 3:
            cur.n = self.columns.n
            return SUCCESS
        result = select(self, cur)
        if self.packing and result == SUCCESS and self.packing.packing(self, cur) == self.packing.COMPACT:
            cur.tag = axdr.COMPACT_ARRAY
        return result

    def head(self, k, cur, buf, off):
        return self.packing.put_head(self, cur, buf, off)

    def element(self, k, cur, i, buf, off):
        """Attributes 2 buffer, row i of the selection, and 3 capture_objects, definition i.

        A row that was cleared or overwritten since the transfer began ends it. One that is
        corrupt is null-data in each column.
        """
        if k == 3:
            if i >= self.columns.n:
                return -LONG_GET_ABORTED
            return self.columns.put_definition(buf, off, i)
        rows = self.rows
        sequence = find(self, cur, i)
        if sequence < rows.first:
            return -LONG_GET_ABORTED if 0 < sequence <= rows.cleared else -DATA_BLOCK_UNAVAILABLE
        if not rows.read(sequence, self.row):
            return self.packing.put_lost(self, cur, buf, off) if self.packing else put_nulls(buf, off, cur.map[COUNT])
        if self.packing:
            return self.packing.put_element(self, cur, i, buf, off)
        return put_row(buf, off, self.row, self.columns.plan, cur.map, cur.map[COUNT])

    def elements(self, cur, buf, off, end):
        return off if self.packing else put_rows(self, cur, buf, off, end)

    # -- writing -----------------------------------------------------------------------------------

    def set(self, k, buf, off, end, aa, commit):
        """Attributes 3 capture_objects, 4 capture_period, 5 sort_method, 6 sort_object, 8
        profile_entries.
        """
        if k == 3:
            return self._set_capture_objects(buf, off, end, aa, commit)
        if k < 3 or k == 7:
            return READ_WRITE_DENIED
        if buf[off] != self.a[k][0] or end - off != len(self.a[k]):
            return TYPE_UNMATCHED
        if not self._acceptable(k, buf, off, end):
            return TYPE_UNMATCHED if k == 6 and not definition(buf, off, end) else OUT_OF_RANGE
        if commit:
            copy(self.a[k], 0, buf, off, end - off)
            if k == 4:
                self.period = get32(buf, off + 1)
                if not self._shape(self.columns):
                    return HARDWARE_FAULT
                self._unordered = 0
            elif k == 5:
                self.lifo = buf[off + 1] == LIFO
            elif k == 8 and self.rows.restrict(get32(buf, off + 1)) is False:
                return HARDWARE_FAULT
        return SUCCESS

    def _acceptable(self, k, buf, off, end):
        if k == 4:
            return get32(buf, off + 1) <= _DAY
        if k == 5:
            return buf[off + 1] == FIFO or buf[off + 1] == LIFO
        if k == 6:
            return definition(buf, off, end) and (get16(buf, off + 3) == 0 or self.columns.index(buf, off) >= 0)
        return 1 <= get32(buf, off + 1) <= self.rows.depth

    def _set_capture_objects(self, buf, off, end, aa, commit):
        """Array of definitions. Only what this client may read can be captured; memory
        is allocated for the new columns.
        """
        if buf[off] != axdr.ARRAY:
            return TYPE_UNMATCHED
        at = axdr.content(buf, off)
        n = axdr.count(buf, off)
        if not 1 <= n <= limits.COLUMNS:
            return OUT_OF_RANGE
        spend(_COLUMN * n)
        columns = Columns(self.columns.directory, n)
        while at < end:
            if not definition(buf, at, end):
                return TYPE_UNMATCHED
            i = self.columns.directory.locate(buf, at + 3, at + 7)
            o = self.columns.directory.objs[i] if i >= 0 else None
            if (
                o is None
                or get16(buf, at + 16)
                or not self._may_capture(aa, i, o, buf[at + 14])
                or not columns.add(i, buf[at + 14])
            ):
                return OUT_OF_RANGE
            at += DEFINITION
        # columns whose values are all empty have no row
        if columns.size == 0 or self.rows.fitting(columns.size) == 0:
            return OUT_OF_RANGE
        return SUCCESS if not commit or self._take(columns) else HARDWARE_FAULT

    def _may_capture(self, aa, i, o, k):
        if not 1 <= k <= o.ATTRIBUTES:
            return False
        if aa is None:
            return True
        return self.columns.directory.right(aa.assoc.acc[i], k) & 1 != 0

    def clear(self):
        """Empty the buffer; False when that does not hold."""
        if self.rows.clear() is False:
            return False
        self._unordered = 0
        return True

    def act(self, m, buf, off, end, out, o, aa):
        if not no_parameter(buf, off, end):
            return -TYPE_UNMATCHED
        holds = self.clear() if m == 1 else self.capture()
        return -HARDWARE_FAULT if holds is False else o

    # -- what is kept ------------------------------------------------------------------------------

    def pack(self, k, buf, off, end):
        """Number 2: the newest row that is out of order, double-long-unsigned."""
        if k != 2:
            return AS_READ
        return axdr.put_u32(buf, off, axdr.DOUBLE_LONG_UNSIGNED, self._unordered) if off + 5 <= end else -1

    def unpack(self, k, buf, off, end):
        """As SET; but the period empties nothing, because rows that are kept know theirs. Of
        profile_entries no more are taken than fit, which shows when the rows are there.
        """
        if k == 3 and self._captures(buf, off, end):
            return SUCCESS
        if k == 3 or k == 5 or k == 6:
            return self.set(k, buf, off, end, None, True)
        if end - off != 5 or buf[off] != axdr.DOUBLE_LONG_UNSIGNED:
            return TYPE_UNMATCHED
        if k == 2:
            self._unordered = get32(buf, off + 1)
        elif k == 8:
            copy(self.a[8], 0, buf, off, 5)
            if not self.rows.waits:
                self.rows.restrict(get32(buf, off + 1))
        elif not self._acceptable(4, buf, off, end):
            return OUT_OF_RANGE
        else:
            copy(self.a[4], 0, buf, off, 5)
            self.period = get32(buf, off + 1)
        return SUCCESS

    def _captures(self, buf, off, end):
        """Whether these capture objects are those of the profile."""
        n = self.columns.n
        if end - off != 2 + n * DEFINITION:
            return False
        i = 0
        while i < n and self.columns.index(buf, off + 2 + i * DEFINITION) == i:
            i += 1
        return i == n

    def resume(self):
        """The record of this profile has been taken, if there was one: take the rows that have its
        columns and period into use, or begin with none. Returns a result.
        """
        self.rows.waits = False
        if not self._shape(self.columns):
            return HARDWARE_FAULT
        limit = get32(self.a[8], 1)
        if 0 < limit < self.rows.limit:
            self.rows.restrict(limit)
        put32(self.a[8], 1, self.rows.limit)
        if self.rows.last >= self.rows.first and self.clock_column >= 0:
            self.rows.read(self.rows.last, self.row)
            time_key(self.row, self.columns.offset(self.clock_column), self._newest)
        return SUCCESS
