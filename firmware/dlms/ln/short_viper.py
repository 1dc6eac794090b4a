"""The short way in viper, in few functions, so that few calls and no heap frame are paid
for; `short_plain` has the contract.

Each is short enough for ARMv6-M in MicroPython 1.25, whose native functions have
room for about two kilobytes of code.

Attribute loads and subscripts work on objects as ever; what looks at octets works on pointers.
"""

import micropython
from micropython import const

from dlms.codec.axdr import FIXED
from dlms.codec.octets import find, find_key

_GET_REQUEST = const(0xC0)  # as `dlms.codec.tags.GET_REQUEST`
_SET_REQUEST = const(0xC1)  # as `dlms.codec.tags.SET_REQUEST`
_ACTION_REQUEST = const(0xC3)  # as `dlms.codec.tags.ACTION_REQUEST`
_ROW = const(20)  # as `dlms.aa.association.ROW`
_MULTIPLE_REFERENCES = const(0x000200)  # these as in `dlms.codec.conformance`
_SET = const(0x000008)
_ACTION = const(0x000001)
_TYPE_UNMATCHED = const(12)

# A name that a module does not have is looked for in the builtins after it,
# each time: so the module has them.
size_of = len
type_of = type
writable = bytearray


@micropython.viper
def short_get(keys_buf, ways, rx_buf, off: int, n: int, tx_buf, served_buf) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    if n < 21:
        return 0
    if n != 21 or rx[8] != _GET_REQUEST:
        return int(short_other(keys_buf, ways, rx_buf, off, n, tx_buf, served_buf))
    if rx[9] != 1 or rx[20] != 0:
        return 0
    if rx[7] != 13 or rx[1] != 1 or rx[0] | rx[6] != 0:
        return 0
    # the AA, by its two wPorts
    i = int(find_key(keys_buf, size_of(ways), rx_buf, off + 2))
    if i < 0 or rx[2] | rx[3] == 0:
        return 0
    way = ways[i]
    if not way:
        return 0
    if rx[10] & 0x40 == 0 and not way[6]:
        return 0
    # the object, by logical name and class-id: binary search in the directory
    table = ptr8(way[0])
    lo = 0
    current = int(way[1])
    hi = current >> 16
    # octets that the names at lo - 1 and at hi have in common with the one looked
    # for: all between them begin so, too
    low = 0
    high = 0
    mid = -1
    while lo < hi:
        mid = (lo + hi) >> 1
        p = mid << 3
        i = low if low < high else high
        while i < 6 and table[p + i] == rx[13 + i]:
            i += 1
        if i == 6:
            break
        if table[p + i] < rx[13 + i]:
            lo = mid + 1
            low = i
        else:
            hi = mid
            high = i
    tx = ptr8(tx_buf)
    acc = ptr8(way[3])
    refused = 0
    if lo >= hi:
        refused = int(way[9]) >> 8
    else:
        if table[p + 6] != rx[11] or table[p + 7] != rx[12]:
            return 0
        # the AA's own Association object has no place in the list, an
        # object not visible has no rights
        if mid == current & 0xFFFF:
            return 0
        if acc[mid] == 0:
            refused = int(way[9]) >> 8
    if refused != 0:
        size = 5
        tx[11] = 1
        tx[12] = refused
    else:
        a = way[2][mid].a
        k = rx[19]
        if k == 0 or k >= int(size_of(a)):
            return 0
        rights = ptr8(way[4])
        if rights[_ROW * acc[mid] + k] & 1 == 0:
            size = 5
            tx[11] = 1
            tx[12] = int(way[9]) & 0xFF
        else:
            held = a[k]
            if not held:
                return 0
            n = int(size_of(held))
            size = n + 4
            if size > int(way[5]):
                return 0
            value = ptr8(held)
            tx[11] = 0
            i = 0
            while i < n:
                tx[12 + i] = value[i]
                i += 1
    tx[9] = 1
    return int(plain_answer(rx_buf, off, tx_buf, size, served_buf))


@micropython.viper
def plain_request(rx_buf, off: int, n: int) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    tag = rx[8]
    left = 1
    if tag == _SET_REQUEST:
        # a value of fixed size, nothing in front of it or after
        if rx[9] != 1 or n < 22 or rx[20] != 0 or rx[21] >= 34:
            return 0
        sizes = ptr8(FIXED)
        if n - 21 != sizes[rx[21]]:
            return 0
        needed = _SET
    elif tag == _ACTION_REQUEST:
        # no parameter, null-data or an integer
        if rx[9] != 1:
            return 0
        if rx[20] == 0:
            if n != 21:
                return 0
        elif rx[20] != 1 or (n != 22 or rx[21] != 0) and (n != 23 or rx[21] != 15):
            return 0
        needed = _ACTION
    elif tag == _GET_REQUEST:
        if rx[9] != 3:
            return 0
        left = rx[11]
        if left == 0 or left >= 0x80 or n != 12 + 10 * left:
            return 0
        needed = _MULTIPLE_REFERENCES
    else:
        return 0
    if rx[10] & 0x40 == 0 or rx[1] != 1 or rx[0] != 0 or rx[6] << 8 | rx[7] != n - 8:
        return 0
    return needed | left << 12


@micropython.viper
def short_other(keys_buf, ways, rx_buf, off: int, n: int, tx_buf, served_buf) -> int:
    shape = int(plain_request(rx_buf, off, n))
    if shape == 0:
        return 0
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    i = int(find_key(keys_buf, size_of(ways), rx_buf, off + 2))
    if i < 0 or rx[2] | rx[3] == 0:
        return 0
    way = ways[i]
    if not way:
        return 0
    if int(way[7]) & shape & 0xFFF == 0 or shape >> 12 > int(way[8]):
        return 0
    tag = rx[8]
    tx = ptr8(tx_buf)
    if tag == _GET_REQUEST:
        size = int(plain_list(way, rx_buf, off, shape >> 12, tx_buf))
        if size == 0:
            return 0
        tx[9] = 3
        tx[11] = rx[11]
        return int(plain_answer(rx_buf, off, tx_buf, size, served_buf))
    # the object, by logical name and class-id; the AA's own Association
    # object has no place in the list
    current = int(way[1])
    i = int(find(way[0], current >> 16, rx_buf, off + 11))
    if i < -1 or i == current & 0xFFFF:
        return 0
    code = 0
    if i == -1:
        code = int(way[9]) >> 8
    else:
        acc = ptr8(way[3])
        if acc[i] == 0:
            code = int(way[9]) >> 8
    if code != 0:
        if tag == _ACTION_REQUEST:
            return 0
    elif tag == _SET_REQUEST:
        code = int(plain_copy(way, i, rx_buf, off, n))
    else:
        code = int(plain_clear(way, i, rx[19]))
    if code < 0:
        return 0
    tx[9] = 1
    tx[11] = code
    size = 4
    if tag == _ACTION_REQUEST:
        tx[12] = 0
        size = 5
    return int(plain_answer(rx_buf, off, tx_buf, size, served_buf))


@micropython.viper
def plain_copy(way, i: int, rx_buf, off: int, n: int) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    obj = way[2][i]
    a = obj.a
    k = rx[19]
    if k == 0 or k >= int(size_of(a)):
        return -1
    acc = ptr8(way[3])
    rights = ptr8(way[4])
    if rights[_ROW * acc[i] + k] & 2 == 0:
        return int(way[9]) & 0xFF
    held = a[k]
    if (int(obj.COPIED) >> k) & 1 == 0 or type_of(held) is not writable:
        return -1
    value = ptr8(held)
    m = n - 21
    if value[0] != rx[21] or int(size_of(held)) != m:
        return _TYPE_UNMATCHED
    i = 1
    while i < m:
        value[i] = rx[21 + i]
        i += 1
    return 0


@micropython.viper
def plain_clear(way, i: int, m: int) -> int:
    if m != 1:
        return -1
    obj = way[2][i]
    acc = ptr8(way[3])
    rights = ptr8(way[4])
    if rights[_ROW * acc[i] + int(obj.ATTRIBUTES) + 1] == 0:
        return -1
    a = obj.a
    k = int(obj.CLEARED)
    if k == 0 or k >= int(size_of(a)):
        return -1
    held = a[k]
    if not held:
        return -1
    m = int(size_of(held))
    value = ptr8(held)
    i = 1
    while i < m:
        value[i] = 0
        i += 1
    return 0


@micropython.viper
def plain_list(way, rx_buf, off: int, left: int, tx_buf) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    tx = ptr8(tx_buf)
    table = way[0]
    current = int(way[1])
    objs = way[2]
    acc = ptr8(way[3])
    rights = ptr8(way[4])
    room = int(way[5]) + 8
    q = 12
    o = 12
    while left > 0:
        i = int(find(table, current >> 16, rx_buf, off + q))
        if i < 0 or i == current & 0xFFFF:
            return 0
        if acc[i] == 0:
            return 0
        a = objs[i].a
        k = rx[q + 8]
        if k == 0 or k >= int(size_of(a)):
            return 0
        held = a[k]
        if not held:
            return 0
        m = int(size_of(held))
        if rights[_ROW * acc[i] + k] & 1 == 0 or rx[q + 9] != 0 or o + 1 + m > room:
            return 0
        value = ptr8(held)
        tx[o] = 0
        o += 1
        i = 0
        while i < m:
            tx[o + i] = value[i]
            i += 1
        o += m
        q += 10
        left -= 1
    return o - 8


@micropython.viper
def plain_answer(rx_buf, off: int, tx: ptr8, size: int, served: ptr8) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    tx[0] = 0
    tx[1] = 1
    tx[2] = rx[4]
    tx[3] = rx[5]
    tx[4] = rx[2]
    tx[5] = rx[3]
    tx[6] = size >> 8
    tx[7] = size
    tx[8] = rx[8] + 4
    tx[10] = rx[10]
    i = 3
    while i >= 0:
        served[i] = served[i] + 1
        if served[i] != 0:
            break
        i -= 1
    return size + 8
