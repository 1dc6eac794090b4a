"""Row functions for MicroPython's viper emitter; the contract of each stands in the plain twin, `row_plain`."""

import micropython


@micropython.viper
def minutes(row: ptr8, off: int) -> int:
    # the year begins in March, so that the leap day comes last; 1401 days from 1 March 1996 to 2000-01-01
    year = (row[off] << 8 | row[off + 1]) - 1996
    month = row[off + 2] - 3
    if month < 0:
        month += 12
        year -= 1
    day = 365 * year + (year >> 2) + (153 * month + 2) // 5 + row[off + 3] - 1402
    zone = row[off + 9] << 8 | row[off + 10]
    if zone == 0x8000:
        zone = 0
    elif zone > 0x8000:
        zone -= 0x10000
    return day * 1440 + row[off + 5] * 60 + row[off + 6] + zone


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
