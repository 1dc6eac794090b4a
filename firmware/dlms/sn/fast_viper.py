"""The fast path of short names in viper; `fast_plain` has the contract.

Attribute loads, subscripts and the unpacking of a way work on objects as ever; what looks at octets
works on pointers.
"""

import micropython
from micropython import const

from dlms.codec.axdr import FIXED

_ROW = const(20)  # as `dlms.aa.association.ROW`
_READ = const(0x100000)  # these as in `dlms.codec.conformance`
_WRITE = const(0x080000)
_READ_REQUEST = const(0x05)  # as `dlms.codec.tags.READ_REQUEST`
_WRITE_REQUEST = const(0x06)  # as `dlms.codec.tags.WRITE_REQUEST`
_TYPE_UNMATCHED = const(12)
_UNKNOWN = const(1)  # these as in `dlms.codec.errors`
_NO_RIGHT = const(4)

# A name that a module does not have is looked for in the builtins after it, each time.
size_of = len


@micropython.viper
def short_name(way, rx_buf, off: int, n: int, tx_buf, served_buf) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    if n < 13 or rx[9] != 1 or rx[10] != 2:
        return 0
    objs, table_buf, acc_buf, rows_buf, place, services, space, codes_buf, _, _, names_buf = way
    room = int(space)
    needed = _READ
    if rx[8] == _READ_REQUEST:
        if n != 13:
            return 0
    else:
        # a value of fixed size
        if rx[8] != _WRITE_REQUEST or n < 15 or rx[13] != 1 or rx[14] >= 34:
            return 0
        sizes = ptr8(FIXED)
        if n - 14 != sizes[rx[14]]:
            return 0
        needed = _WRITE
    if int(services) & needed == 0 or room < 4:
        return 0
    # the last base name that is not above the one looked for: `find_base`, whose call takes 700
    # instructions more of the 9,300 of a Read
    names = ptr8(names_buf)
    name = rx[11] << 8 | rx[12]
    current = int(place)
    count = current >> 16
    lo = 0
    hi = count
    while lo < hi:
        mid = (lo + hi) >> 1
        p = mid * 3
        if (names[p] << 8 | names[p + 1]) <= name:
            lo = mid + 1
        else:
            hi = mid
    table = ptr8(table_buf)
    acc = ptr8(acc_buf)
    k = 0
    p = 0
    j = 0
    if lo > 0:
        lo = 3 * lo - 3
        j = names[lo + 2]
        if j == current & 0xFFFF:
            return 0
        k = name - (names[lo] << 8 | names[lo + 1])
        p = (count << 3) + (j << 2)
        if k & 7 != 0:
            k = 0
        else:
            k = (k >> 3) + 1
            if k > table[p]:
                k -= names[3 * count + j]
                if k <= 0 or k > table[p + 1]:
                    k = 0
                else:
                    k += table[p]
    tx = ptr8(tx_buf)
    code = 0
    size = 3
    if k == 0:
        refused = _UNKNOWN
    elif acc[j] == 0:
        refused = _UNKNOWN
    else:
        rows = ptr8(rows_buf)
        refused = rows[_ROW * acc[j] + k]
        if k <= table[p]:
            refused &= 1 if needed == _READ else 2
        refused = 0 if refused != 0 else _NO_RIGHT
    if refused != 0:
        codes = ptr8(codes_buf)
        code = codes[refused]
    elif needed == _WRITE or k > table[p]:
        code = int(change_name(way, j, k, rx_buf, off, n))
        if code < 0:
            return 0
        if needed == _READ:
            # null-data
            tx[11] = 0
            size = 4
    else:
        held = objs[j].a[k]
        if not held:
            return 0
        n = int(size_of(held))
        size = n + 3
        if size > room:
            return 0
        value = ptr8(held)
        i = 0
        while i < n:
            tx[11 + i] = value[i]
            i += 1
    tx[10] = 0
    if code != 0:
        tx[10] = 1
        tx[11] = code
        size = 4
    return int(name_answer(rx_buf, off, tx_buf, size, served_buf))


@micropython.viper
def change_name(way, j: int, k: int, rx_buf, off: int, n: int) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    objs, table_buf, _, _, place, _, _, _, _, _, _ = way
    table = ptr8(table_buf)
    p = ((int(place) >> 16) << 3) + (j << 2)
    if k <= table[p]:
        if table[p + 2] >> k & 1 == 0:
            return -1
        held = ptr8(objs[j].a[k])
        if held[0] != rx[14]:
            return _TYPE_UNMATCHED
        # a type of fixed size: the value held is as long
        i = 1
        n -= 14
        while i < n:
            held[i] = rx[14 + i]
            i += 1
        return 0
    if k != table[p] + 1 or table[p + 3] == 0:
        return -1
    # a parameter that says nothing: none, null-data or an integer
    if n > 13 and rx[14] != 0 and rx[14] != 15:
        return _TYPE_UNMATCHED
    value = objs[j].a[table[p + 3]]
    n = int(size_of(value))
    held = ptr8(value)
    i = 1
    while i < n:
        held[i] = 0
        i += 1
    return 0


@micropython.viper
def name_answer(rx_buf, off: int, tx: ptr8, size: int, served: ptr8) -> int:
    # in plain code `add32` and `answer`, whose calls take 900 instructions more
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    tx[0] = 0
    tx[1] = 1
    tx[2] = rx[4]
    tx[3] = rx[5]
    tx[4] = rx[2]
    tx[5] = rx[3]
    tx[6] = size >> 8
    tx[7] = size
    tx[8] = rx[8] + 7
    tx[9] = 1
    i = 3
    while i >= 0:
        served[i] = served[i] + 1
        if served[i] != 0:
            break
        i -= 1
    return size + 8
