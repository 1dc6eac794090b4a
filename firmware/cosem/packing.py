"""Shorter forms of a profile buffer, for clients whose configuration allows them
(REQUIREMENTS D-103, D-104); off by default.

COMPACT: a compact-array, whose type description has the tags once and
whose rows hold contents alone:

    13 · 02 columns tag … · length · {content …}          an octet-string keeps its length octet

NULLS: a row as ever, but null-data for a value that can be had from the row before: the same
octets, or in the clock column that time and one capture period. The first row of an answer is
whole, and so is one whose row before has been given up meanwhile.

A row that is corrupt on the flash has no values. COMPACT has no place for null-data, and NULLS
gives it another meaning: there its values are zeros, and its times not specified [choice].
"""

from micropython import const

from cosem.buffer_selection import COUNT, REVERSE, FLAGS, find
from cosem.columns import PLAN, put_nulls
from cosem.row import minutes, put_row
from dlms.codec import axdr
from dlms.codec.octets import copy, equal, get16

COMPACT = const(1)
NULLS = const(2)
_TIME = const(12)  # octets of a date-time
_REST = const(8)  # … from its hundredths on: what is neither date nor time to the second


def packing(profile, cur):
    """Which of the two forms this transfer takes: 0, COMPACT or NULLS. A column of
    columns has no type that one tag describes.
    """
    forms = cur.aa.assoc.packing if cur.aa is not None else 0
    if not forms & COMPACT:
        return forms
    i = 0
    while i < cur.map[COUNT]:
        if profile.columns.plan[PLAN * column(cur, i)] == 0:
            return forms & NULLS
        i += 1
    return COMPACT


def column(cur, i):
    """Number of the i-th column wanted."""
    return cur.map[i >> 1] & 15 if i & 1 else cur.map[i >> 1] >> 4


def put_head(profile, cur, buf, off):
    """Write everything of a compact-array in front of its rows; returns the offset after it."""
    plan = profile.columns.plan
    n = cur.map[COUNT]
    buf[off] = axdr.COMPACT_ARRAY
    off = axdr.put_head(buf, off + 1, axdr.STRUCTURE, n)
    size = 0
    i = 0
    while i < n:
        p = PLAN * column(cur, i)
        buf[off + i] = plan[p + 1]
        size += plan[p] - 1 + plan[p + 5]
        i += 1
    return axdr.put_size(buf, off + n, cur.n * size)


def put_element(profile, cur, i, buf, off):
    """Write row i of the transfer, which stands in profile.row, in the form that this one
    takes; returns the offset after it.
    """
    if cur.tag == axdr.COMPACT_ARRAY:
        return put_contents(profile, cur, buf, off)
    if packing(profile, cur) == NULLS:
        return put_changes(profile, cur, i, buf, off)
    return put_row(buf, off, profile.row, profile.columns.plan, cur.map, cur.map[COUNT])


def put_lost(profile, cur, buf, off):
    """Write a row of the transfer that is corrupt, in the form that this one takes; returns the
    offset after it.
    """
    if cur.tag != axdr.COMPACT_ARRAY and packing(profile, cur) != NULLS:
        return put_nulls(buf, off, cur.map[COUNT])
    profile.columns.empty(profile.row)
    if cur.tag == axdr.COMPACT_ARRAY:
        return put_contents(profile, cur, buf, off)
    return put_row(buf, off, profile.row, profile.columns.plan, cur.map, cur.map[COUNT])


def put_contents(profile, cur, buf, off):
    """Write the contents of the row in profile.row; returns the offset after them."""
    plan = profile.columns.plan
    i = 0
    while i < cur.map[COUNT]:
        p = PLAN * column(cur, i)
        if plan[p] == 2:
            buf[off] = plan[p + 2]
            off += 1
        copy(buf, off, profile.row, get16(plan, p + 3), plan[p + 5])
        off += plan[p + 5]
        i += 1
    return off


def put_changes(profile, cur, i, buf, off):
    """Write row i of the transfer, which stands in profile.row, with null-data for what row i -
    1 has; returns the offset after it.
    """
    plan = profile.columns.plan
    sequence = find(profile, cur, i - 1) if i else 0
    whole = sequence < profile.rows.first or not profile.rows.read(sequence, profile.before)
    n = cur.map[COUNT]
    buf[off] = axdr.STRUCTURE
    buf[off + 1] = n
    off += 2
    i = 0
    while i < n:
        k = column(cur, i)
        p = PLAN * k
        if whole or not told(profile, cur, k, get16(plan, p + 3), plan[p + 5]):
            copy(buf, off, plan, p + 1, plan[p])
            copy(buf, off + plan[p], profile.row, get16(plan, p + 3), plan[p + 5])
            off += plan[p] + plan[p + 5]
        else:
            buf[off] = axdr.NULL
            off += 1
        i += 1
    return off


def told(profile, cur, k, at, size):
    """True when column k, `size` octets at `at` of the rows, follows from the row before."""
    if k != profile.clock_column:
        return equal(profile.row, at, profile.before, at, size) == 1
    if size != _TIME or profile.period == 0 or cur.map[FLAGS] & REVERSE:
        return False
    if equal(profile.row, at + _REST, profile.before, at + _REST, _TIME - _REST) == 0:
        return False
    apart = (minutes(profile.row, at) - minutes(profile.before, at)) * 60 + profile.row[at + 7] - profile.before[at + 7]
    return apart == profile.period
