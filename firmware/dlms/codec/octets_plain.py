"""Plain twins of `octets_viper`: the contract of every function, for CPython and
for interpreters without an emitter.
"""

from micropython import const

_READ_RESPONSE = const(0x0C)  # as `dlms.codec.tags.READ_RESPONSE`
_GET_RESPONSE = const(0xC4)  # as `dlms.codec.tags.GET_RESPONSE`
_SMALL_MAX = 0x3FFFFFFF

# A-XDR tag -> octets of content, for the types of fixed size (REQUIREMENTS D.10)
_FIXED = {
    0: 0, 3: 1, 5: 4, 6: 4, 13: 1, 15: 1, 16: 2, 17: 1, 18: 2, 20: 8, 21: 8, 22: 1, 23: 4, 24: 8, 25: 12, 26: 5, 27: 4,
    28: 1, 29: 2, 30: 4, 31: 1, 32: 2, 33: 4, 255: 0,
}  # fmt: skip
_COUNTED = (1, 2)
_SIZED = (4, 9, 10, 12, 19)


def copy(dst, do, src, so, n):
    """Copy src[so:so+n] to dst[do:do+n]; the two may overlap. No bounds are
    checked: offsets come checked.
    """
    dst[do : do + n] = src[so : so + n]


def clear(dst, do, n):
    """Set dst[do:do+n] to zero."""
    dst[do : do + n] = bytes(n)


def equal(a, ao, b, bo, n):
    """1 when the n octets are the same, otherwise 0."""
    return 1 if a[ao : ao + n] == b[bo : bo + n] else 0


def equal_time(a, ao, b, bo, n):
    """As `equal`, but looks at every octet whatever came before: for secrets (REQUIREMENTS E-50)."""
    diff = 0
    for i in range(n):
        diff |= a[ao + i] ^ b[bo + i]
    return 1 if diff == 0 else 0


def compare(a, ao, b, bo, n):
    """-1, 0 or 1: the n octets compared as a big-endian unsigned number."""
    x = bytes(a[ao : ao + n])
    y = bytes(b[bo : bo + n])
    return -1 if x < y else 1 if x > y else 0


def digest(buf, off, n):
    """26 bits that distinguish n octets from others, by accident all but never the
    same; no protection against intent.
    """
    h = 0
    for octet in buf[off : off + n]:
        h = (h * 31 + octet + 1) & 0x3FFFFFF
    return h


def get16(buf, off):
    """The 16-bit big-endian number at off."""
    return buf[off] << 8 | buf[off + 1]


def put16(buf, off, v):
    """Write the low 16 bits of v at off, big-endian."""
    buf[off] = v >> 8 & 0xFF
    buf[off + 1] = v & 0xFF


def get32(buf, off):
    """The 32-bit big-endian number at off, or 2**30 - 1 for anything
    larger: a board never boxes it.
    """
    v = buf[off] << 24 | buf[off + 1] << 16 | buf[off + 2] << 8 | buf[off + 3]
    return v if v < _SMALL_MAX else _SMALL_MAX


def put32(buf, off, v):
    """Write a small integer 0 <= v < 2**30 at off as 32 bits, big-endian."""
    buf[off : off + 4] = v.to_bytes(4, "big")


def put_block(tx, start, tag, last, number, raw, end):
    """Put the header of a block of a response (`dlms.long.response`) in front of its raw data
    tx[raw:end], fewer than 65,536 octets.

    The APDU begins at tx[start:], where the invoke-id-and-priority of GET and ACTION stands
    already; the data move down behind a shorter header. Returns the offset after them.
    """
    tx[start] = tag
    if tag == _READ_RESPONSE:
        tx[start + 1 : start + 6] = bytes((1, 2, last, number >> 8 & 0xFF, number & 0xFF))
        p = start + 6
    else:
        tx[start + 1] = 2
        tx[start + 3] = last
        tx[start + 4 : start + 8] = number.to_bytes(4, "big")
        p = start + 8
        if tag == _GET_RESPONSE:
            tx[p] = 0
            p += 1
    n = end - raw
    size = bytes((n,)) if n < 0x80 else bytes((0x81, n)) if n < 0x100 else bytes((0x82, n >> 8, n & 0xFF))
    tx[p : p + len(size)] = size
    p += len(size)
    tx[p : p + n] = tx[raw:end]
    return p + n


def u32_equal(buf, off, v):
    """1 when the 32 bits at off are the small integer v, otherwise 0."""
    return 1 if buf[off] << 24 | buf[off + 1] << 16 | buf[off + 2] << 8 | buf[off + 3] == v else 0


def add32(buf, off, inc):
    """Add the small integer inc >= 0 to the 32-bit number at off, in place; wraps
    at 2**32 as a meter register does.
    """
    add(buf, off, 4, inc)


def add(buf, off, n, inc):
    """Add the small integer 0 <= inc < 2**30 - 256 to the n-octet big-endian
    number at off, in place; wraps.
    """
    i = off + n - 1
    while inc != 0 and i >= off:
        inc += buf[i]
        buf[i] = inc & 0xFF
        inc >>= 8
        i -= 1


def length(buf, off, end):
    """The A-XDR or BER length at off (REQUIREMENTS D-100): its value, or -1 when cut
    short, of no form, or 2**30 and more.
    """
    if off >= end:
        return -1
    v = buf[off]
    if v < 0x80:
        return v
    n = v & 0x7F
    if n == 0 or n > 4 or off + n >= end:
        return -1
    v = 0
    for i in range(1, n + 1):
        if v >= 0x400000:
            return -1
        v = v << 8 | buf[off + i]
    return v


def length_size(buf, off):
    """How many octets the length at off itself takes: 1 to 5. Call after `length` accepted it."""
    v = buf[off]
    return 1 if v < 0x80 else 1 + (v & 0x7F)


def find_key(keys, n, buf, off):
    """Index of the first of n 4-octet keys (client wPort, server wPort)
    equal to buf[off:off+4], or -1.
    """
    key = bytes(buf[off : off + 4])
    for i in range(n):
        if keys[4 * i : 4 * i + 4] == key:
            return i
    return -1


def frame(buf, off, n, limit):
    """Look for a WPDU in the n octets at buf[off:]; see `dlms.codec.wrapper` for the results."""
    if n < 8:
        return 0
    if buf[off] != 0 or buf[off + 1] != 1:
        return -1
    size = buf[off + 6] << 8 | buf[off + 7]
    if size > limit:
        return -2
    size += 8
    return size if size <= n else 0


def answer(tx, rx, off, n):
    """Write the header of an answer of n octets to the WPDU at rx[off:]; see `dlms.codec.wrapper`."""
    tx[0] = 0
    tx[1] = 1
    tx[2:4] = rx[off + 4 : off + 6]
    tx[4:6] = rx[off + 2 : off + 4]
    tx[6] = n >> 8
    tx[7] = n & 0xFF
    return n + 8


def find(table, n, buf, off):
    """Look a class-id and logical name, buf[off:off+8], up in a directory table.

    The table holds n records of 8 octets, logical name (6) then class-id (2), in ascending order
    of names. Returns the record's index, -1 when no object has that name, -2 - index when the
    object with that name is of another class.
    """
    name = bytes(buf[off + 2 : off + 8])
    lo = 0
    hi = n
    while lo < hi:
        mid = lo + hi >> 1
        here = table[8 * mid : 8 * mid + 6]
        if here == name:
            return mid if table[8 * mid + 6 : 8 * mid + 8] == bytes(buf[off : off + 2]) else -2 - mid
        if here < name:
            lo = mid + 1
        else:
            hi = mid
    return -1


def find_base(table, n, buf, off):
    """Index of the last of n 3-octet records, a 16-bit base name and one octet more in
    ascending order of base names, whose base name is not above the short name
    buf[off:off+2]; -1 when all are above.
    """
    name = get16(buf, off)
    lo = 0
    hi = n
    while lo < hi:
        mid = lo + hi >> 1
        if get16(table, 3 * mid) <= name:
            lo = mid + 1
        else:
            hi = mid
    return lo - 1


def scan(buf, off, end, stack, depth):
    """Walk one A-XDR Data at off; returns the offset after it, -1 when it is not
    well-formed, -2 when nested too deep.

    `stack` is an array of 16-bit counts with at least `depth` places, the caller's own:
    no recursion and no heap. When the Data is well-formed stack[0] shows whether any
    length in it is longer than it has to be.
    """
    level = 0
    longer = 0
    stack[0] = 1
    while True:
        while stack[level] == 0:
            if level == 0:
                stack[0] = longer
                return off
            level -= 1
        stack[level] -= 1
        if off >= end:
            return -1
        tag = buf[off]
        off += 1
        size = _FIXED.get(tag, -1)
        if size < 0:
            if tag not in _COUNTED and tag not in _SIZED:
                return -1
            if tag == 19:
                off = scan_types(buf, off, end, stack, level, depth)
                if off < 0:
                    return off
            n = length(buf, off, end)
            if n < 0:
                return -1
            size = length_size(buf, off)
            if size > 3 or n < (0, 0, 0x80, 0x100)[size]:
                longer = 1
            off += size
            if tag in _COUNTED:
                if n > end - off:
                    return -1
                level += 1
                if level >= depth:
                    return -2
                stack[level] = n
                continue
            size = (n + 7) >> 3 if tag == 4 else n
        if size > end - off:
            return -1
        off += size


def scan_types(buf, off, end, stack, base, depth):
    """Walk the type description of a compact-array (REQUIREMENTS D-103); returns as
    `scan`. Uses stack above `base`.
    """
    level = base + 1
    if level >= depth:
        return -2
    stack[level] = 1
    while True:
        while stack[level] == 0:
            level -= 1
            if level == base:
                return off
        stack[level] -= 1
        if off >= end:
            return -1
        tag = buf[off]
        off += 1
        if tag == 1:
            off += 2
            n = 1
            if off >= end:
                return -1
        elif tag == 2:
            if off >= end:
                return -1
            n = buf[off]
            off += 1
            if n >= 0x80 or n > end - off:
                return -1
        elif tag not in _FIXED and tag not in _SIZED or tag == 19:
            return -1
        else:
            continue
        level += 1
        if level >= depth:
            return -2
        stack[level] = n
