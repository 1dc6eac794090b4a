"""Row functions for MicroPython's viper emitter; the contract of each stands
in the plain twin, `row_plain`.
"""

import micropython


@micropython.viper
def minutes(row: ptr8, off: int) -> int:
    # the year begins in March, so that the leap day comes last; 1401 days
    # from 1 March 1996 to 2000-01-01
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


@micropython.viper
def matches(page: ptr8, at: int, step: int, n: int, limits: ptr8, stop: int) -> int:
    flip = 0x80 if limits[9] & 8 else 0
    size = limits[11]
    low = limits[12] << 24 | limits[13] << 16 | limits[14] << 8 | limits[15]
    high = limits[20] << 24 | limits[21] << 16 | limits[22] << 8 | limits[23]
    found = 0
    i = 0
    while i < n:
        above = 0  # how the value stands to the lowest and to the highest, by its first octets that differ
        beyond = 0
        if limits[9] & 4:
            # as `minutes`: a call for each row would cost more than all the rest
            year = (page[at] << 8 | page[at + 1]) - 1996
            month = page[at + 2] - 3
            if month < 0:
                month += 12
                year -= 1
            day = 365 * year + (year >> 2) + (153 * month + 2) // 5 + page[at + 3] - 1402
            if year > 103:
                day -= (year - 4) // 100 - (year - 4) // 400
            zone = page[at + 9] << 8 | page[at + 10]
            if zone == 0x8000:
                zone = 0
            elif zone > 0x8000:
                zone -= 0x10000
            value = day * 1440 + page[at + 5] * 60 + page[at + 6] + zone
            hundredths = page[at + 7] * 100 + page[at + 8] % 0xFF
            above = value - low
            if above == 0:
                above = hundredths - (limits[16] << 8 | limits[17])
            beyond = value - high
            if beyond == 0:
                beyond = hundredths - (limits[24] << 8 | limits[25])
        else:
            k = 0
            while k < size:
                value = page[at + k]
                if k == 0:
                    value ^= flip
                if above == 0:
                    above = value - limits[12 + k]
                if beyond == 0:
                    beyond = value - limits[20 + k]
                k += 1
        if above >= 0:
            if beyond <= 0:
                if stop:
                    return i
                found += 1
        at += step
        i += 1
    return n if stop else found


@micropython.viper
def bound(rows, column: int, limits: ptr8, place: int, beyond: int) -> int:
    limit = limits[place] << 24 | limits[place + 1] << 16 | limits[place + 2] << 8 | limits[place + 3]
    fraction = limits[place + 4] << 8 | limits[place + 5]
    lo = int(rows.first)
    hi = int(rows.last) + 1
    size = int(rows.stride)
    page = rows.page
    held = 0  # the row that stands at page[at:], and how many follow it and go before it
    at = 0
    newer = 0
    older = 0
    while lo < hi:
        mid = (lo + hi) >> 1
        step = mid - held
        if step < newer and step + older >= 0:
            at += step * size
            newer -= step
            older += step
            held = mid
        else:
            held = mid
            rows.hold(held)
            newer = int(rows.newer)
            while newer == 0 and held + 1 < hi:
                held += 1
                rows.hold(held)
                newer = int(rows.newer)
            if newer == 0:
                hi = mid
                older = 0
                continue
            page = rows.page
            at = int(rows.at)
            older = int(rows.older()) - 1
        order = int(minutes(page, at + column)) - limit
        if order == 0:
            octets = ptr8(page)
            order = octets[at + column + 7] * 100 + octets[at + column + 8] % 0xFF - fraction
        if order < beyond:
            lo = held + 1
        else:
            hi = mid
    return lo


@micropython.viper
def put_row(buf: ptr8, off: int, row: ptr8, plan: ptr8, order: ptr8, n: int) -> int:
    buf[off] = 2
    buf[off + 1] = n
    off += 2
    i = 0
    while i < n:
        column = order[i >> 1]
        column = column & 15 if i & 1 else column >> 4
        p = column * 6
        k = 0
        while k < plan[p]:
            buf[off] = plan[p + 1 + k]
            off += 1
            k += 1
        at = plan[p + 3] << 8 | plan[p + 4]
        end = at + plan[p + 5]
        while at < end:
            buf[off] = row[at]
            off += 1
            at += 1
        i += 1
    return off


@micropython.viper
def put_rows(profile, cur, buf: ptr8, off: int, end: int) -> int:
    order = ptr8(cur.map)
    flags = order[9]
    if flags & 1:
        return off
    rows = profile.rows
    i = int(cur.i)
    left = int(cur.n) - i
    step = -1 if flags & 2 else 1
    sequence = int(cur.u) + step * i
    first = int(rows.first)
    plan = ptr8(profile.columns.plan)
    n = order[8]
    length = 2
    k = 0
    while k < n:
        p = order[k >> 1]
        p = 6 * (p & 15 if k & 1 else p >> 4)
        length += plan[p] + plan[p + 5]
        k += 1
    size = step * int(rows.stride)
    carry = buf
    while left > 0 and off < end and sequence >= first:
        # the rows of a page one after the other; with a step back, those that are still there
        rows.hold(sequence)
        page = ptr8(rows.page)
        at = int(rows.at)
        if step > 0:
            held = int(rows.newer)
        else:
            held = int(rows.older())
            if held > sequence - first + 1:
                held = sequence - first + 1
        if held == 0:
            break
        if held > left:
            held = left
        # as many as fit, and one that is cut, which stands whole in carry after the room there
        whole = (end - off) // length
        cut = 0
        if held <= whole:
            whole = held
        else:
            held = whole
            if off + whole * length < end:
                cut = 1
                held += 1
                carry = ptr8(uint(ptr8(cur.carry)) + uint(16))
        # column by column, so that one is looked up once for all rows; -1 is the head
        top = 0
        k = -1
        while k < n:
            prefix = 2
            tag = 2
            count = n
            content = 0
            src = ptr8(uint(page) + uint(at))
            if k >= 0:
                p = order[k >> 1]
                p = 6 * (p & 15 if k & 1 else p >> 4)
                prefix = plan[p]
                tag = plan[p + 1]
                count = plan[p + 2]
                content = plan[p + 5]
                src = ptr8(uint(src) + uint(plan[p + 3] << 8 | plan[p + 4]))
            dst = ptr8(uint(buf) + uint(off + top))
            r = held
            while r > 0:
                if r == cut:
                    dst = ptr8(uint(carry) + uint(top))
                d = dst
                s = src
                if prefix:
                    d[0] = tag
                    if prefix == 2:
                        d[1] = count
                    d = ptr8(uint(d) + uint(prefix))
                a = content
                while a >= 4:
                    d[0] = s[0]
                    d[1] = s[1]
                    d[2] = s[2]
                    d[3] = s[3]
                    d = ptr8(uint(d) + 4)
                    s = ptr8(uint(s) + 4)
                    a -= 4
                while a > 0:
                    a -= 1
                    d[a] = s[a]
                dst = ptr8(uint(dst) + uint(length))
                src = ptr8(uint(src) + uint(size))
                r -= 1
            top += prefix + content
            k += 1
        i += held
        left -= held
        sequence += step * held
        off += whole * length
        if cut:
            k = 0
            while off < end:
                buf[off] = carry[k]
                off += 1
                k += 1
            cur.c0 = k + 16
            cur.c1 = length + 16
    cur.i = i
    return off


@micropython.viper
def capture(row: ptr8, objects, what: ptr8, plan: ptr8, n: int) -> int:
    left = 0
    i = 0
    while i < n:
        held = objects[what[2 * i]].a[what[2 * i + 1]]
        p = 6 * i
        prefix = plan[p]
        size = plan[p + 5]
        good = False
        if held:
            if int(len(held)) == prefix + size:
                value = ptr8(held)
                if value[0] == plan[p + 1]:
                    if prefix != 2:
                        good = True
                    elif value[1] == plan[p + 2]:
                        good = True
        if good:
            at = plan[p + 3] << 8 | plan[p + 4]
            k = 0
            while k < size:
                row[at + k] = value[prefix + k]
                k += 1
        else:
            left |= 1 << i
        i += 1
    return left
