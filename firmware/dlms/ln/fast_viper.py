"""The fast path in viper, in few functions, so that few calls and no heap frame are paid
for; `fast_plain` has the contract.

Each is short enough for ARMv6-M in MicroPython 1.25, whose native functions have
room for about two kilobytes of code.

Attribute loads, subscripts and the unpacking of a way work on objects as ever; what
looks at octets works on pointers.
"""

import micropython
from micropython import const

from dlms.codec.axdr import FIXED
from dlms.codec.octets import find, scan
from dlms.ln.items_viper import plain_access, size_of
from dlms.ln.refused_viper import refuse_block, refuse_form

_ROW = const(20)  # as `dlms.aa.association.ROW`
_MULTIPLE_REFERENCES = const(0x000200)  # these as in `dlms.codec.conformance`
_GET = const(0x000010)
_SET = const(0x000008)
_ACTION = const(0x000001)
_TYPE_UNMATCHED = const(12)
_GET_REQUEST = const(0xC0)  # as `dlms.codec.tags.GET_REQUEST`
_ACCESS_REQUEST = const(0xD9)  # as `dlms.codec.tags.ACCESS_REQUEST`
_GENERAL_BLOCK = const(0xE0)  # as `dlms.codec.tags.GENERAL_BLOCK_TRANSFER`
_SET_REQUEST = const(0xC1)  # as `dlms.codec.tags.SET_REQUEST`
_ACTION_REQUEST = const(0xC3)  # as `dlms.codec.tags.ACTION_REQUEST`
_EXCEPTION_RESPONSE = const(0xD8)  # as `dlms.codec.tags.EXCEPTION_RESPONSE`
# these as in `dlms.codec.errors`
_UNKNOWN = const(1)
_OTHER_CLASS = const(2)
_NO_ATTRIBUTE = const(3)
_NO_RIGHT = const(4)
_UNKNOWN_ACTION = const(5)
_MALFORMED_SET = const(7)
_MALFORMED_ACTION = const(8)
_TOO_NESTED = const(9)
_LIST = const(11)
_DEPTH = const(12)
_LIST_TOO_LONG = const(19)


@micropython.viper
def fast_get(keys_buf, ways, rx_buf, off: int, n: int, tx_buf, served_buf) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    if n < 9 or rx[0] != 0 or rx[1] != 1 or rx[6] << 8 | rx[7] != n - 8 or rx[2] | rx[3] == 0:
        return 0
    # the AA, by its two wPorts; zeros stand after the last
    keys = ptr8(keys_buf)
    p = 0
    while keys[p + 1] != rx[3] or keys[p + 3] != rx[5] or keys[p] != rx[2] or keys[p + 2] != rx[4]:
        if keys[p] | keys[p + 1] == 0:
            return 0
        p += 4
    way = ways[p >> 2]
    objs, table_buf, acc_buf, rows_buf, place, services, room, codes_buf, _, other, _ = way
    tag = rx[8]
    if (
        n < 21
        or rx[9] != 1
        or (n != 21 or rx[20] != 0 if tag == _GET_REQUEST else tag != _SET_REQUEST and tag != _ACTION_REQUEST)
    ):
        return int(other(way, rx_buf, off, n, tx_buf, served_buf))
    # the object, by logical name and class-id: binary search in the directory
    table = ptr8(table_buf)
    lo = 0
    current = int(place)
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
    acc = ptr8(acc_buf)
    refused = 0
    if lo >= hi:
        refused = _UNKNOWN
    elif acc[mid] == 0:
        refused = _UNKNOWN
    elif table[p + 6] != rx[11] or table[p + 7] != rx[12]:
        refused = _OTHER_CLASS
    elif mid == current & 0xFFFF:
        # the AA's own Association object has no place in the list
        return 0
    if tag != _GET_REQUEST:
        return int(plain_change(way, mid, refused, rx_buf, off, n, tx_buf, served_buf))
    i = int(services)
    if i & _GET == 0 or rx[10] & 0x40 == 0 and (i >> 24) & 1 == 0:
        return 0
    k = rx[19]
    if k == 0:
        return 0
    if refused == 0:
        rows = ptr8(rows_buf)
        if k > table[((current >> 16) << 3) + (mid << 2)]:
            refused = _NO_ATTRIBUTE
        elif rows[_ROW * acc[mid] + k] & 1 == 0:
            refused = _NO_RIGHT
    tx = ptr8(tx_buf)
    if refused != 0:
        codes = ptr8(codes_buf)
        size = 5
        tx[11] = 1
        tx[12] = codes[refused]
    else:
        held = objs[mid].a[k]
        if not held:
            return 0
        n = int(size_of(held))
        size = n + 4
        if size > int(room):
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
def plain_change(way, mid: int, refused: int, rx_buf, off: int, n: int, tx_buf, served_buf) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    if rx[10] & 0x40 == 0:
        return 0
    objs, table_buf, acc_buf, rows_buf, place, services, _, codes_buf, _, _, _ = way
    tag = rx[8]
    k = rx[19]
    # a value of fixed size, or a parameter that says nothing: none, null-data or an integer
    fixed = 0
    if tag == _SET_REQUEST:
        if int(services) & _SET == 0:
            return 0
        if n > 21:
            if rx[20] != 0 or k == 0:
                return 0
            if rx[21] < 34:
                sizes = ptr8(FIXED)
                if n - 21 == sizes[rx[21]]:
                    fixed = 1
    else:
        if int(services) & _ACTION == 0:
            return 0
        if rx[20] == 0:
            fixed = 1 if n == 21 else 0
        elif n == 22 and rx[21] == 0 or n == 23 and rx[21] == 15:
            fixed = rx[20]
    if fixed != 1:
        i = int(plain_data(way, rx_buf, off, n))
        if i < 0:
            return 0
        if i != 0:
            refused = i
    code = 0
    if refused == 0:
        table = ptr8(table_buf)
        p = (int(place) >> 16 << 3) + (mid << 2)
        acc = ptr8(acc_buf)
        rows = ptr8(rows_buf)
        i = _ROW * acc[mid]
        if tag == _SET_REQUEST:
            if k > table[p]:
                refused = _NO_ATTRIBUTE
            elif rows[i + k] & 2 == 0:
                refused = _NO_RIGHT
            elif table[p + 2] >> k & fixed == 0:
                return 0
            else:
                held = ptr8(objs[mid].a[k])
                if held[0] != rx[21]:
                    code = _TYPE_UNMATCHED
                else:
                    # a type of fixed size: the value held is as long
                    i = 1
                    n -= 21
                    while i < n:
                        held[i] = rx[21 + i]
                        i += 1
        elif k == 0 or k > table[p + 1]:
            refused = _NO_ATTRIBUTE
        elif rows[i + table[p] + k] == 0:
            refused = _NO_RIGHT
        elif k != 1 or table[p + 3] == 0:
            return 0
        elif fixed != 1:
            code = _TYPE_UNMATCHED
        else:
            value = objs[mid].a[table[p + 3]]
            n = int(size_of(value))
            held = ptr8(value)
            i = 1
            while i < n:
                held[i] = 0
                i += 1
    elif refused == _UNKNOWN and tag == _ACTION_REQUEST:
        refused = _UNKNOWN_ACTION
    if refused != 0:
        codes = ptr8(codes_buf)
        code = codes[refused]
    tx = ptr8(tx_buf)
    tx[9] = 1
    tx[11] = code
    tx[12] = 0
    return int(plain_answer(rx_buf, off, tx_buf, 4 if tag == _SET_REQUEST else 5, served_buf))


@micropython.viper
def plain_data(way, rx_buf, off: int, n: int) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    _, _, _, _, _, _, _, codes_buf, stack_buf, _, _ = way
    malformed = _MALFORMED_SET
    if rx[8] == _ACTION_REQUEST:
        malformed = _MALFORMED_ACTION
        if rx[20] != 1:
            return malformed
    codes = ptr8(codes_buf)
    i = int(scan(rx_buf, off + 21, off + n, stack_buf, codes[_DEPTH]))
    if i == off + n:
        stack = ptr16(stack_buf)
        return -1 if stack[0] != 0 else 0
    return _TOO_NESTED if i == -2 else malformed


@micropython.viper
def fast_other(way, rx_buf, off: int, n: int, tx_buf, served_buf) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    _, _, _, _, _, services, _, codes_buf, _, _, _ = way
    tx = ptr8(tx_buf)
    codes = ptr8(codes_buf)
    tag = rx[8]
    if n > 11 and tag == _GET_REQUEST and rx[9] == 3:
        i = int(services)
        if i & _GET == 0 or i & _MULTIPLE_REFERENCES == 0 or rx[10] & 0x40 == 0:
            return 0
        left = rx[11]
        if left >= 0x80:
            return 0
        if left > codes[_LIST]:
            size = -_LIST_TOO_LONG
        elif left == 0 or n != 12 + 10 * left:
            return 0
        else:
            size = int(plain_list(way, rx_buf, off, left, tx_buf))
            tx[9] = 3
            tx[11] = left
    elif tag == _ACCESS_REQUEST:
        size = int(plain_access(way, rx_buf, off, n, tx_buf, served_buf))
        if size > 0:
            return size
    elif tag == _GENERAL_BLOCK:
        size = int(refuse_block(way, rx_buf, off, n))
    else:
        size = int(refuse_form(way, rx_buf, off, n, tx_buf))
    if size > 0:
        return int(plain_answer(rx_buf, off, tx_buf, size, served_buf))
    i = 0 - size
    if size == 0 or codes[i] == 0:
        return 0
    size = int(plain_answer(rx_buf, off, tx_buf, 3, served_buf))
    tx[8] = _EXCEPTION_RESPONSE
    tx[9] = codes[i]
    tx[10] = codes[i + 1]
    return size


@micropython.viper
def plain_list(way, rx_buf, off: int, left: int, tx_buf) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    tx = ptr8(tx_buf)
    objs, table_buf, acc_buf, rows_buf, place, _, space, codes_buf, _, _, _ = way
    table = ptr8(table_buf)
    current = int(place)
    last = current >> 16
    current &= 0xFFFF
    acc = ptr8(acc_buf)
    rows = ptr8(rows_buf)
    codes = ptr8(codes_buf)
    room = int(space) + 8
    q = 12
    o = 12
    while left > 0:
        j = int(find(table_buf, last, rx_buf, off + q))
        k = rx[q + 8]
        if j == current or k == 0 or rx[q + 9] != 0:
            return 0
        refused = 0
        if j < 0:
            refused = _UNKNOWN
            if j < -1:
                if acc[-2 - j] != 0:
                    refused = _OTHER_CLASS
        elif acc[j] == 0:
            refused = _UNKNOWN
        elif k > table[(last << 3) + (j << 2)]:
            refused = _NO_ATTRIBUTE
        elif rows[_ROW * acc[j] + k] & 1 == 0:
            refused = _NO_RIGHT
        if refused != 0:
            if o + 2 > room:
                return 0
            tx[o] = 1
            tx[o + 1] = codes[refused]
            o += 2
        else:
            held = objs[j].a[k]
            if not held:
                return 0
            m = int(size_of(held))
            if o + 1 + m > room:
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
