"""Octet functions for MicroPython's viper emitter: nothing here
allocates or boxes on a 32-bit board.

The contract of each function stands in the plain twin, `octets_plain`; both are run on equal inputs
by the tests. Buffers arrive as `ptr8`, so nothing is bounds-checked here: callers pass offsets that
they have checked. Right shifts are arithmetic and literals stay below 2**30, so that the same
source is right on 32-bit boards.
"""

import micropython
from micropython import const

_READ_RESPONSE = const(0x0C)  # as `dlms.codec.tags.READ_RESPONSE`
_GET_RESPONSE = const(0xC4)  # as `dlms.codec.tags.GET_RESPONSE`
_SMALL_MAX = const(0x3FFFFFFF)


@micropython.viper
def copy(dst: ptr8, do: int, src: ptr8, so: int, n: int):
    d = ptr8(uint(dst) + uint(do))
    s = ptr8(uint(src) + uint(so))
    if uint(d) <= uint(s):
        # four at a time: in a loop for each, two thirds of the instructions count
        while n >= 4:
            d[0] = s[0]
            d[1] = s[1]
            d[2] = s[2]
            d[3] = s[3]
            d = ptr8(uint(d) + 4)
            s = ptr8(uint(s) + 4)
            n -= 4
        i = 0
        while i < n:
            d[i] = s[i]
            i += 1
    else:
        i = n - 1
        while i >= 0:
            d[i] = s[i]
            i -= 1


@micropython.viper
def clear(dst: ptr8, do: int, n: int):
    i = do
    end = do + n
    while i < end:
        dst[i] = 0
        i += 1


@micropython.viper
def equal(a: ptr8, ao: int, b: ptr8, bo: int, n: int) -> int:
    x = ptr8(uint(a) + uint(ao))
    y = ptr8(uint(b) + uint(bo))
    while n >= 4:
        if x[0] ^ y[0] | x[1] ^ y[1] | x[2] ^ y[2] | x[3] ^ y[3]:
            return 0
        x = ptr8(uint(x) + 4)
        y = ptr8(uint(y) + 4)
        n -= 4
    while n > 0:
        n -= 1
        if x[n] != y[n]:
            return 0
    return 1


@micropython.viper
def equal_time(a: ptr8, ao: int, b: ptr8, bo: int, n: int) -> int:
    i = 0
    diff = 0
    while i < n:
        diff |= a[ao + i] ^ b[bo + i]
        i += 1
    return 1 if diff == 0 else 0


@micropython.viper
def compare(a: ptr8, ao: int, b: ptr8, bo: int, n: int) -> int:
    i = 0
    while i < n:
        x = a[ao + i]
        y = b[bo + i]
        if x != y:
            return -1 if x < y else 1
        i += 1
    return 0


@micropython.viper
def digest(buf: ptr8, off: int, n: int) -> int:
    h = 0
    end = off + n
    while off < end:
        h = (h * 31 + buf[off] + 1) & 0x3FFFFFF
        off += 1
    return h


@micropython.viper
def get16(buf: ptr8, off: int) -> int:
    return buf[off] << 8 | buf[off + 1]


@micropython.viper
def put16(buf: ptr8, off: int, v: int):
    buf[off] = v >> 8
    buf[off + 1] = v


@micropython.viper
def get32(buf: ptr8, off: int) -> int:
    if buf[off] >= 0x40:
        return _SMALL_MAX
    return buf[off] << 24 | buf[off + 1] << 16 | buf[off + 2] << 8 | buf[off + 3]


@micropython.viper
def put32(buf: ptr8, off: int, v: int):
    buf[off] = v >> 24
    buf[off + 1] = v >> 16
    buf[off + 2] = v >> 8
    buf[off + 3] = v


@micropython.viper
def put_block(tx: ptr8, start: int, tag: int, last: int, number: int, raw: int, end: int) -> int:
    tx[start] = tag
    tx[start + 3] = last
    if tag == _READ_RESPONSE:
        tx[start + 1] = 1
        tx[start + 2] = 2
        tx[start + 4] = number >> 8
        tx[start + 5] = number
        p = start + 6
    else:
        tx[start + 1] = 2
        tx[start + 4] = number >> 24
        tx[start + 5] = number >> 16
        tx[start + 6] = number >> 8
        tx[start + 7] = number
        p = start + 8
        if tag == _GET_RESPONSE:
            tx[p] = 0
            p += 1
    n = end - raw
    if n >= 0x100:
        tx[p] = 0x82
        tx[p + 1] = n >> 8
        p += 2
    elif n >= 0x80:
        tx[p] = 0x81
        p += 1
    tx[p] = n
    p += 1
    if p < raw:
        while raw < end:
            tx[p] = tx[raw]
            p += 1
            raw += 1
        return p
    return end


@micropython.viper
def u32_equal(buf: ptr8, off: int, v: int) -> int:
    if buf[off + 3] != v & 0xFF:
        return 0
    if buf[off + 2] != (v >> 8) & 0xFF:
        return 0
    if buf[off + 1] != (v >> 16) & 0xFF:
        return 0
    return 1 if buf[off] == (v >> 24) & 0xFF else 0


@micropython.viper
def add32(buf: ptr8, off: int, inc: int):
    i = off + 3
    while inc != 0 and i >= off:
        inc += buf[i]
        buf[i] = inc
        inc = inc >> 8
        i -= 1


@micropython.viper
def add(buf: ptr8, off: int, n: int, inc: int):
    i = off + n - 1
    while inc != 0 and i >= off:
        inc += buf[i]
        buf[i] = inc
        inc = inc >> 8
        i -= 1


@micropython.viper
def length(buf: ptr8, off: int, end: int) -> int:
    if off >= end:
        return -1
    v = buf[off]
    if v < 0x80:
        return v
    n = v & 0x7F
    if n == 0 or n > 4 or off + n >= end:
        return -1
    v = 0
    i = 1
    while i <= n:
        if v >= 0x400000:
            return -1
        v = v << 8 | buf[off + i]
        i += 1
    return v


@micropython.viper
def length_size(buf: ptr8, off: int) -> int:
    v = buf[off]
    return 1 if v < 0x80 else 1 + (v & 0x7F)


@micropython.viper
def find_key(keys: ptr8, n: int, buf: ptr8, off: int) -> int:
    i = 0
    p = 0
    a = buf[off]
    b = buf[off + 1]
    c = buf[off + 2]
    d = buf[off + 3]
    while i < n:
        if keys[p + 1] == b and keys[p + 3] == d and keys[p] == a and keys[p + 2] == c:
            return i
        p += 4
        i += 1
    return -1


@micropython.viper
def frame(buf: ptr8, off: int, n: int, limit: int) -> int:
    if n < 8:
        return 0
    if buf[off] != 0 or buf[off + 1] != 1:
        return -1
    size = buf[off + 6] << 8 | buf[off + 7]
    if size > limit:
        return -2
    size += 8
    return size if size <= n else 0


@micropython.viper
def answer(tx: ptr8, rx: ptr8, off: int, n: int) -> int:
    tx[0] = 0
    tx[1] = 1
    tx[2] = rx[off + 4]
    tx[3] = rx[off + 5]
    tx[4] = rx[off + 2]
    tx[5] = rx[off + 3]
    tx[6] = n >> 8
    tx[7] = n
    return n + 8


@micropython.viper
def find(table: ptr8, n: int, buf: ptr8, off: int) -> int:
    lo = 0
    hi = n
    name = off + 2
    # octets that the names at lo - 1 and at hi have in common with the one looked
    # for: all between them begin so, too
    low = 0
    high = 0
    while lo < hi:
        mid = (lo + hi) >> 1
        p = mid << 3
        i = low if low < high else high
        while i < 6 and table[p + i] == buf[name + i]:
            i += 1
        if i == 6:
            if table[p + 6] == buf[off] and table[p + 7] == buf[off + 1]:
                return mid
            return -2 - mid
        if table[p + i] < buf[name + i]:
            lo = mid + 1
            low = i
        else:
            hi = mid
            high = i
    return -1


@micropython.viper
def find_base(table: ptr8, n: int, buf: ptr8, off: int) -> int:
    name = buf[off] << 8 | buf[off + 1]
    lo = 0
    hi = n
    while lo < hi:
        mid = (lo + hi) >> 1
        p = mid * 3
        if (table[p] << 8 | table[p + 1]) <= name:
            lo = mid + 1
        else:
            hi = mid
    return lo - 1


@micropython.viper
def scan(buf: ptr8, off: int, end: int, stack: ptr16, depth: int) -> int:
    # stack[k] counts the elements still to come at nesting level k: no recursion, no heap
    level = 0
    longer = 0
    stack[0] = 1
    while True:
        while stack[level] == 0:
            if level == 0:
                stack[0] = longer
                return off
            level -= 1
        stack[level] = stack[level] - 1
        if off >= end:
            return -1
        tag = buf[off]
        off += 1
        size = 0
        if tag == 1 or tag == 2 or tag == 4 or tag == 9 or tag == 10 or tag == 12 or tag == 19:
            if tag == 19:
                # compact-array: a type description, then the packed contents as octets
                off = int(scan_types(buf, off, end, stack, level, depth))
                if off < 0:
                    return off
            if off >= end:
                return -1
            n = buf[off]
            off += 1
            if n >= 0x80:
                k = n & 0x7F
                if k == 0 or k > 4 or off + k > end:
                    return -1
                if k > 2 or buf[off] == 0 or (k == 1 and buf[off] < 0x80):
                    longer = 1
                n = 0
                while k > 0:
                    if n >= 0x400000:
                        return -1
                    n = n << 8 | buf[off]
                    off += 1
                    k -= 1
            if tag <= 2:
                # every element takes an octet at least: a count beyond the rest is
                # refused before it is counted down
                if n > end - off:
                    return -1
                level += 1
                if level >= depth:
                    return -2
                stack[level] = n
            elif tag == 4:
                size = (n + 7) >> 3
            else:
                size = n
        elif tag == 0 or tag == 0xFF:
            size = 0
        elif tag == 3 or tag == 13 or tag == 15 or tag == 17 or tag == 22 or tag == 28 or tag == 31:
            size = 1
        elif tag == 16 or tag == 18 or tag == 29 or tag == 32:
            size = 2
        elif tag == 5 or tag == 6 or tag == 23 or tag == 27 or tag == 30 or tag == 33:
            size = 4
        elif tag == 20 or tag == 21 or tag == 24:
            size = 8
        elif tag == 25:
            size = 12
        elif tag == 26:
            size = 5
        else:
            return -1
        if size > end - off:
            return -1
        off += size


@micropython.viper
def scan_types(buf: ptr8, off: int, end: int, stack: ptr16, base: int, depth: int) -> int:
    # the TypeDescription of a compact-array: tags without contents; array: 01
    # count16 type, structure: 02 n types
    level = base + 1
    if level >= depth:
        return -2
    stack[level] = 1
    while True:
        while stack[level] == 0:
            level -= 1
            if level == base:
                return off
        stack[level] = stack[level] - 1
        if off >= end:
            return -1
        tag = buf[off]
        off += 1
        n = 0
        if tag == 1:
            off += 2
            if off >= end:
                return -1
            n = 1
        elif tag == 2:
            if off >= end:
                return -1
            n = buf[off]
            off += 1
            if n >= 0x80 or n > end - off:
                return -1
        elif tag == 7 or tag == 8 or tag == 11 or tag == 14 or tag == 19 or (tag > 33 and tag != 0xFF):
            return -1
        if tag == 1 or tag == 2:
            level += 1
            if level >= depth:
                return -2
            stack[level] = n
