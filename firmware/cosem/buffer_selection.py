"""Selective access to a profile buffer: which rows and which columns a client asked
for (REQUIREMENTS D-110 to D-112).

Selector 1, by range: structure {restricting_object, from_value, to_value, selected_values: array of
capture object definitions}. It selects the rows whose value of the restricting column lies between
the two values, both included. A date-time is compared in UTC. A wildcard in it leaves that end open
as far as it goes, and so does a year before 2000 or after 2399.

Selector 2, by entry: structure {from_entry, to_entry, from_selected_value, to_selected_value},
counted from 1, where 0 for a "to" means the last.

The answer is left in the cursor of the transfer:

    n            number of rows
    u            sequence number of the first one; when scanning, where to look first
    map[0:8]     columns wanted, half an octet each
    map[8]       … their number
    map[9]       flags
    map[10]      restricting column
    map[11]      octets of its value
    map[12:20]   lowest value, as octets that compare like the values
    map[20:28]   highest value, likewise

Rows that follow each other need no more than that. Only when the clock was set back among them, or
when the restricting column is not the clock, each row has to be compared: SCAN. Then v is the
number of the match found last, and w its sequence number. A client may ask for that in every entry
of a list. So the rows are compared a page of the store at a time, by a function that takes some
instructions a row.
"""

from micropython import const

import limits
from cosem import clock as clocks
from cosem.columns import DEFINITION, definition
from cosem.row import bound, matches, minutes
from dlms.codec import axdr
from dlms.codec.errors import SCOPE_OF_ACCESS_VIOLATED, SUCCESS, TYPE_UNMATCHED
from dlms.codec.octets import clear, compare, copy, get16, get32, put16, put32
from dlms.codec.work import spend

RANGE = const(1)
ENTRY = const(2)
SELECTORS = b"\x01\x02"

COUNT = const(8)  # places in the map
FLAGS = const(9)
COLUMN = const(10)
LENGTH = const(11)
LOWEST = const(12)
HIGHEST = const(20)
SCAN = const(1)  # flags
REVERSE = const(2)
TIME = const(4)  # the restricting column is a date-time
SIGNED = const(8)  # … a signed number
_COMPARED = const(5)  # a unit of work is so many rows, as a shift
_KEY = const(8)  # longest value compared
_SIGNED = (axdr.INTEGER, axdr.LONG, axdr.DOUBLE_LONG, axdr.LONG64)
_STRINGS = (axdr.BIT_STRING, axdr.OCTET_STRING, axdr.VISIBLE_STRING, axdr.UTF8_STRING)


# octets of a Data of fixed size by its tag, 0 where there is none
_SIZES = bytes((1, 0, 0, 2, 0, 5, 5, 0, 0, 0, 0, 0, 0, 2, 0, 2, 3, 2, 3, 0, 9, 9, 2, 5, 9, 13, 6, 5))
_ORDER = b"\x01\x23\x45\x67\x89\xab\xcd\xef"  # all columns there can be, half an octet each
row_key = bytearray(8)  # time of a row that is looked at, for all profiles


def select(profile, cur):
    """Answer cur.selector for a profile buffer: sets n, u and map of the cursor; returns a result."""
    clear(cur.map, 0, 32)
    rows = profile.rows
    cur.v = -1
    cur.w = 0
    cur.u = rows.last if profile.lifo else rows.first
    cur.n = rows.last - rows.first + 1
    cur.map[FLAGS] = REVERSE if profile.lifo else 0
    if cur.selector == RANGE:
        return _range(profile, cur)
    if cur.selector == ENTRY:
        return _entry(profile, cur)
    _span(cur, 0, profile.columns.n)
    return SUCCESS


def _span(cur, start, end):
    """Choose the columns from start up to end."""
    if start == 0 and cur.map[COUNT] == 0:
        # all of the first ones, as nearly always
        copy(cur.map, 0, _ORDER, 0, end + 1 >> 1)
        if end & 1:
            cur.map[end >> 1] &= 0xF0
        cur.map[COUNT] = end
        return
    while start < end:
        _choose(cur, start)
        start += 1


def _choose(cur, column):
    n = cur.map[COUNT]
    cur.map[n >> 1] |= column if n & 1 else column << 4
    cur.map[COUNT] = n + 1


# -- for who names rows and columns without a selector
# (`cosem.push_objects`) ---------------------------


def newest(cur, n):
    """Of all rows, which `select` has chosen, take the newest n."""
    n = min(n, cur.n)
    if not cur.map[FLAGS] & REVERSE:
        cur.u += cur.n - n
    cur.n = n


def entries(cur, first, last):
    """Of all rows take number `first` to `last`, counted from 1, 0 for the last there is."""
    if last == 0 or last > cur.n:
        last = cur.n
    cur.u += 1 - first if cur.map[FLAGS] & REVERSE else first - 1
    cur.n = max(0, last - first + 1)


def first_columns(columns, cur, n):
    """Of all columns take the first n; returns a result."""
    if n > columns.n:
        return TYPE_UNMATCHED
    clear(cur.map, 0, COUNT + 1)
    _span(cur, 0, n)
    return SUCCESS


def choose_columns(columns, cur, buf, off):
    """Of all columns take those whose definitions are the array at buf[off:],
    which ends there; returns a result.
    """
    kept = cur.buf
    cur.buf = buf
    cur.end = len(buf)
    clear(cur.map, 0, COUNT + 1)
    result = _selected(columns, cur, off)
    cur.buf = kept
    return result


# -- by entry --------------------------------------------------------------------------------------


def _entry(profile, cur):
    """Selector 2, entry_descriptor: structure of from_entry, to_entry (u32), from_column, to_column
    (u16); 0: the last one (D-111).

    Sets cur.u and cur.n to the entries; returns a data-access-result.
    """
    buf = cur.buf
    off = cur.off
    if (
        cur.end - off != 18
        or buf[off] != axdr.STRUCTURE
        or buf[off + 1] != 4
        or buf[off + 2] != axdr.DOUBLE_LONG_UNSIGNED
    ):
        return TYPE_UNMATCHED
    if (
        buf[off + 7] != axdr.DOUBLE_LONG_UNSIGNED
        or buf[off + 12] != axdr.LONG_UNSIGNED
        or buf[off + 15] != axdr.LONG_UNSIGNED
    ):
        return TYPE_UNMATCHED
    result = _entry_columns(profile.columns.n, cur, get16(buf, off + 13), get16(buf, off + 16))
    if result:
        return result
    first = get32(buf, off + 3)
    last = get32(buf, off + 8)
    if first == 0 or last and first > last:
        return SCOPE_OF_ACCESS_VIOLATED
    if first > cur.n:
        return TYPE_UNMATCHED
    if last == 0 or last > cur.n:
        last = cur.n
    cur.u += 1 - first if cur.map[FLAGS] & REVERSE else first - 1
    cur.n = last - first + 1
    return SUCCESS


def _entry_columns(n, cur, first, last):
    if first == 0:
        first = 1
    if last == 0:
        last = n
    if first > n or last > n:
        return TYPE_UNMATCHED
    if first > last:
        return SCOPE_OF_ACCESS_VIOLATED
    _span(cur, first - 1, last)
    return SUCCESS


# -- by range --------------------------------------------------------------------------------------


def _range(profile, cur):
    """Selector 1, range_descriptor: structure of restricting_object, from_value, to_value,
    selected_values (D-110).

    Sets cur.u and cur.n to the rows and the columns in cur.map; returns a data-access-result.
    """
    buf = cur.buf
    off = cur.off
    if buf[off] != axdr.STRUCTURE or buf[off + 1] != 4 or not definition(buf, off + 2, cur.end):
        return TYPE_UNMATCHED
    column = profile.columns.index(buf, off + 2)
    cur.map[COLUMN] = column & 0xFF
    off += 2 + DEFINITION
    result = SUCCESS
    for place in (LOWEST, HIGHEST):
        at = off
        off = _behind(buf, at, cur.end)
        if off == cur.end:
            return TYPE_UNMATCHED  # selected_values follow a limit that a column could have
        if column >= 0 and not result:
            result = _limit(profile, cur, column, at, off, place)
    if not result:
        result = _selected(profile.columns, cur, off)
    if result or column < 0:
        # a restricting object that is not captured: no row has a value in the range
        cur.n = 0
    elif compare(cur.map, LOWEST, cur.map, HIGHEST, _KEY) > 0:
        cur.n = 0
    elif column == profile.clock_column and profile.ordered():
        _bounds(profile, cur)
    else:
        _count(profile, cur)
    return result


def _behind(buf, off, end):
    """Offset after a limit value, a Data known to be well-formed; `end` when it
    is none that a column could have.
    """
    tag = buf[off]
    if tag == axdr.OCTET_STRING:
        return axdr.content(buf, off) + axdr.count(buf, off)
    if tag < len(_SIZES) and _SIZES[tag]:
        return off + _SIZES[tag]
    return end


def _limit(profile, cur, column, at, end, place):
    """Put the limit value buf[at:end] into the map; returns a result."""
    buf = cur.buf
    columns = profile.columns
    clear(cur.map, place, _KEY)
    cur.map[LENGTH] = columns.length(column)
    if columns.is_time(column):
        cur.map[FLAGS] |= TIME
        if buf[at] == axdr.OCTET_STRING and buf[at + 1] == 12:
            at += 2
        elif buf[at] == axdr.DATE_TIME:
            at += 1
        else:
            return TYPE_UNMATCHED
        end = profile.clock.read_time(buf, at, clocks.EARLIEST if place == LOWEST else clocks.LATEST)
        if end == (clocks.AFTER if place == LOWEST else clocks.BEFORE):
            put16(cur.map, LOWEST, 0xFFFF)  # above any highest value: no row
        elif end == clocks.UNBOUNDED or end == clocks.BEFORE or end == clocks.AFTER:
            put16(cur.map, place, 0 if place == LOWEST else 0x3FFF)  # minutes are a small integer
        elif end < 0:
            return TYPE_UNMATCHED
        else:
            put32(cur.map, place, end)
            put16(cur.map, place + 4, profile.clock.centiseconds)
        return SUCCESS
    if buf[at] != columns.tag(column) or buf[at] in _STRINGS:
        return TYPE_UNMATCHED
    at += 1
    if end - at != columns.length(column) or end - at > _KEY:
        return TYPE_UNMATCHED
    copy(cur.map, place, buf, at, end - at)
    if buf[at - 1] in _SIGNED:
        cur.map[FLAGS] |= SIGNED
        cur.map[place] ^= 0x80
    return SUCCESS


def _selected(columns, cur, off):
    """Choose the columns of selected_values at off, all for an empty array; returns a result."""
    buf = cur.buf
    if buf[off] != axdr.ARRAY:
        return TYPE_UNMATCHED
    off = axdr.content(buf, off)
    if off == cur.end:
        _span(cur, 0, columns.n)
    room = limits.ELEMENT - 2
    while off < cur.end:
        if not definition(buf, off, cur.end) or cur.map[COUNT] == 2 * COUNT:
            return TYPE_UNMATCHED
        column = columns.index(buf, off)
        if column < 0:
            return TYPE_UNMATCHED
        # a column may be asked for more than once, as long as the row fits an element
        room -= columns.encoded_length(column)
        if room < 0:
            return SCOPE_OF_ACCESS_VIOLATED
        _choose(cur, column)
        off += DEFINITION
    return SUCCESS


def time_key(row, at, key):
    """Write the date-time at row[at:] to key[:6] as octets that compare like the instants."""
    put32(key, 0, minutes(row, at))
    put16(key, 4, row[at + 7] * 100 + row[at + 8] % 0xFF)


def _bounds(profile, cur):
    """Rows in the order of their times: find the first and the last of the range by halving."""
    column = profile.columns.offset(profile.clock_column)
    first = bound(profile.rows, column, cur.map, LOWEST, 0)
    last = bound(profile.rows, column, cur.map, HIGHEST, 1) - 1
    cur.n = last - first + 1
    cur.u = last if cur.map[FLAGS] & REVERSE else first


def _count(profile, cur):
    """Rows in any order: count the matches now and look for each again when it is sent."""
    rows = profile.rows
    column = profile.columns.offset(cur.map[COLUMN])
    cur.map[FLAGS] |= SCAN
    spend(1 + (cur.n >> _COMPARED))
    cur.n = 0
    at = rows.first
    while at <= rows.last:
        rows.hold(at)
        n = min(rows.newer, rows.last - at + 1)
        cur.n += matches(rows.page, rows.at + column, rows.stride, n, cur.map, 0)
        at += n or 1  # a corrupt row has no value


def _match(profile, cur, at, step):
    """Sequence number of the first match from row `at` on, newer ones with step 1 and older ones
    with -1; the one after the last row looked at when there is none.
    """
    rows = profile.rows
    column = profile.columns.offset(cur.map[COLUMN])
    while rows.first <= at <= rows.last:
        rows.hold(at)
        n = min(rows.newer, rows.last - at + 1) if step > 0 else min(rows.older(), at - rows.first + 1)
        if n == 0:
            at += step  # a corrupt row has no value
            continue
        k = matches(rows.page, rows.at + column, step * rows.stride, n, cur.map, 1)
        at += step * k
        if k < n:
            break
    return at


def find(profile, cur, i):
    """Sequence number of row i of the transfer; that row may be gone, which the caller
    checks. 0 when rows were lost under a scan.
    """
    step = -1 if cur.map[FLAGS] & REVERSE else 1
    if not cur.map[FLAGS] & SCAN:
        return cur.u + step * i
    rows = profile.rows
    if cur.v < 0 or i < cur.v:
        cur.v = -1
        cur.w = cur.u - step
    while cur.v < i:
        cur.w = _match(profile, cur, cur.w + step, step)
        if not rows.first <= cur.w <= rows.last:
            return cur.w if cur.w <= rows.cleared else 0
        cur.v += 1
    return cur.w
