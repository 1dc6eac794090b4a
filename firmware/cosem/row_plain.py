"""Plain twins of `row_viper`: the contract of every function, for CPython and
for interpreters without an emitter.
"""


def minutes(row, off):
    """Minutes from 2000-01-01 UTC of the date-time octets at off, of 1999 to 2400,
    all of whose fields are specified.
    """
    year = (row[off] << 8 | row[off + 1]) - 1996
    month = row[off + 2] - 3
    if month < 0:
        month += 12
        year -= 1
    day = 365 * year + (year >> 2) + (153 * month + 2) // 5 + row[off + 3] - 1402
    if year > 103:
        # from March 2100 on: three centuries of four have a leap day less
        day -= (year - 4) // 100 - (year - 4) // 400
    zone = row[off + 9] << 8 | row[off + 10]
    if zone == 0x8000:
        zone = 0
    elif zone > 0x8000:
        zone -= 0x10000
    return day * 1440 + row[off + 5] * 60 + row[off + 6] + zone


def matches(page, at, step, n, limits, stop):
    """How many of n values lie in a range; with stop, how many come before the
    first that does (n when none does).

    The values stand at page[at:], page[at + step:] …; step may be negative. limits is the
    map of `buffer_selection`: [9] flags, [11] octets of a value, [12:20] lowest and
    [20:28] highest value, both included.
    """
    found = 0
    for i in range(n):
        if limits[9] & 4:
            value = minutes(page, at) << 16 | page[at + 7] * 100 + page[at + 8] % 0xFF
            size = 6
        else:
            size = limits[11]
            value = int.from_bytes(
                bytes((page[at] ^ (0x80 if limits[9] & 8 else 0),)) + page[at + 1 : at + size], "big"
            )
        if int.from_bytes(limits[12 : 12 + size], "big") <= value <= int.from_bytes(limits[20 : 20 + size], "big"):
            if stop:
                return i
            found += 1
        at += step
    return n if stop else found


def bound(rows, column, limits, place, beyond):
    """Sequence number of the first row whose time is at least (beyond 0) or above (1) a limit.

    rows: a store whose rows stand in the order of their times, date-time octets at `column` of a
    row. limits[place:] is the limit: minutes UTC (4), hundredths of a second (2). A corrupt row has
    no time: it stands as the next one that has.
    """
    limit = int.from_bytes(limits[place : place + 6], "big")
    lo = rows.first
    hi = rows.last + 1
    while lo < hi:
        mid = k = lo + hi >> 1
        rows.hold(k)
        while rows.newer == 0 and k + 1 < hi:
            k += 1
            rows.hold(k)
        if rows.newer == 0:
            hi = mid
            continue
        at = rows.at + column
        time = minutes(rows.page, at) << 16 | rows.page[at + 7] * 100 + rows.page[at + 8] % 0xFF
        if time - limit < beyond:
            lo = k + 1
        else:
            hi = mid
    return lo


def put_row(buf, off, row, plan, order, n):
    """Write a captured row as a structure of n columns; returns the offset after it.

    plan has six octets for each column: octets of tag and length (0 to 2), these two, offset
    of the content in the row (2), octets of content. order names the columns wanted by a
    half octet each, the high one first.
    """
    buf[off] = 2
    buf[off + 1] = n
    off += 2
    for i in range(n):
        column = order[i >> 1]
        p = 6 * (column & 15 if i & 1 else column >> 4)
        k = plan[p]
        buf[off : off + k] = plan[p + 1 : p + 1 + k]
        off += k
        at = plan[p + 3] << 8 | plan[p + 4]
        k = plan[p + 5]
        buf[off : off + k] = row[at : at + k]
        off += k
    return off


def put_rows(profile, cur, buf, off, end):
    """Write rows of a profile to buf[off:end] as structures, as `Interface.elements` has
    it; returns the offset after them.

    Not rows that are looked for one by one (`buffer_selection.SCAN`), nor those of a store that are
    gone; up to one that is corrupt.
    """
    if cur.map[9] & 1:
        return off
    step = -1 if cur.map[9] & 2 else 1
    rows = profile.rows
    plan = profile.columns.plan
    order = cur.map
    n = order[8]
    length = 2  # octets of a row
    for i in range(n):
        p = 6 * (order[i >> 1] & 15 if i & 1 else order[i >> 1] >> 4)
        length += plan[p] + plan[p + 5]
    while off < end and cur.i < cur.n:
        sequence = cur.u + step * cur.i
        if sequence < rows.first:
            break
        rows.hold(sequence)
        if rows.newer == 0:
            break
        row = rows.page[rows.at : rows.at + rows.size]
        cur.i += 1
        if length <= end - off:
            off = put_row(buf, off, row, plan, order, n)
        else:
            # cut: whole in carry, behind the room to push back
            put_row(cur.carry, 16, row, plan, order, n)
            cur.c0 = 16 + end - off
            cur.c1 = 16 + length
            buf[off:end] = cur.carry[16 : cur.c0]
            off = end
    return off


def capture(row, objects, what, plan, n):
    """Copy the present values of the first n columns that their objects hold to a row; returns
    a bit for each column that is not held.

    what: place of the object in `objects` and attribute, two octets a column. plan: as
    `put_row`. Bit i is set as well where the value is not of the type and size of column
    i: `Columns.capture` sees to both.
    """
    left = 0
    for i in range(n):
        p = 6 * i
        value = objects[what[2 * i]].a[what[2 * i + 1]]
        prefix = plan[p]
        size = plan[p + 5]
        if (
            not value
            or len(value) != prefix + size
            or value[0] != plan[p + 1]
            or prefix == 2
            and value[1] != plan[p + 2]
        ):
            left |= 1 << i
            continue
        at = plan[p + 3] << 8 | plan[p + 4]
        row[at : at + size] = value[prefix : prefix + size]
    return left
