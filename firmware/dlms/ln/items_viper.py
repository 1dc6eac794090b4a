"""The plain items of ACCESS in viper; `items_plain` has the contract."""

import micropython
from micropython import const

from dlms.codec.axdr import FIXED
from dlms.codec.octets import add32, answer, find

_ROW = const(20)  # as `dlms.aa.association.ROW`
_ACCESS = const(0x000040)  # as `dlms.codec.conformance.ACCESS`
_ACCESS_RESPONSE = const(0xDA)  # as `dlms.codec.tags.ACCESS_RESPONSE`
_ITEM = const(10)
_TAGS = const(34)  # entries of FIXED
_TYPE_UNMATCHED = const(12)
# these as in `dlms.codec.errors`
_UNKNOWN = const(1)
_OTHER_CLASS = const(2)
_NO_ATTRIBUTE = const(3)
_NO_RIGHT = const(4)
_UNKNOWN_ACTION = const(5)
_LIST = const(11)
_MALFORMED_ACCESS = const(21)
_NOT_EXECUTED = const(27)

# A name that a module does not have is looked for in the builtins after it, each time: so the
# module has it.
size_of = len


@micropython.viper
def plain_shape(buf: ptr8, q: int, end: int, n: int) -> int:
    data = q + _ITEM * n
    if data >= end:
        return 0
    if buf[data] != n:
        return 0
    while q < data:
        if buf[q] - 1 & 0xFF > 2:
            return 0
        q += _ITEM
    data += 1
    sizes = ptr8(FIXED)
    off = data
    while n > 0:
        if off >= end:
            return 0
        tag = buf[off]
        if tag >= _TAGS:
            return 0
        if sizes[tag] == 0:
            return 0
        off += sizes[tag]
        n -= 1
    return data if off == end else 0


@micropython.viper
def plain_item(way, buf_obj, q: int, data: int, out: ptr8, o: int, end: int) -> int:
    buf = ptr8(buf_obj)
    tag = buf[data]
    if tag >= _TAGS:
        return -1
    sizes = ptr8(FIXED)
    n = sizes[tag]
    if n == 0:
        return -1
    if end != 0:
        if o >= end:
            return -1
        out[o] = 0
    objs, table_buf, acc_buf, rows_buf, place, _, _, codes_buf, _, _, _ = way
    table = ptr8(table_buf)
    acc = ptr8(acc_buf)
    current = int(place)
    last = current >> 16
    choice = buf[q]
    k = buf[q + 9]
    j = int(find(table_buf, last, buf_obj, q + 1))
    if k == 0 or j == current & 0xFFFF:
        return -1
    refused = 0
    m = 1
    if j < 0:
        refused = _UNKNOWN
        if j < -1:
            if acc[-2 - j] != 0:
                refused = _OTHER_CLASS
    elif acc[j] == 0:
        refused = _UNKNOWN
    if refused == 0:
        rows = ptr8(rows_buf)
        row = _ROW * acc[j]
        p = (last << 3) + (j << 2)
        if choice == 3:
            if k > table[p + 1]:
                refused = _NO_ATTRIBUTE
            elif rows[row + table[p] + k] == 0:
                refused = _NO_RIGHT
            elif k != 1 or table[p + 3] == 0:
                return -1
            elif tag != 0 and tag != 15:
                return 0x100 | _TYPE_UNMATCHED
            elif end != 0:
                held = objs[j].a[table[p + 3]]
                n = int(size_of(held))
                value = ptr8(held)
                i = 1
                while i < n:
                    value[i] = 0
                    i += 1
        elif k > table[p]:
            refused = _NO_ATTRIBUTE
        elif rows[row + k] & choice == 0:
            # 1 is the right to read and the choice of GET, 2 that to write and the choice of SET
            refused = _NO_RIGHT
        elif choice == 2:
            if (table[p + 2] >> k) & 1 == 0:
                return -1
            value = ptr8(objs[j].a[k])
            if value[0] != tag:
                return 0x100 | _TYPE_UNMATCHED
            if end != 0:
                i = 1
                while i < n:
                    value[i] = buf[data + i]
                    i += 1
        else:
            held = objs[j].a[k]
            if not held:
                return -1
            m = int(size_of(held))
            if end != 0:
                if o + m > end:
                    return -1
                value = ptr8(held)
                i = 0
                while i < m:
                    out[o + i] = value[i]
                    i += 1
            return m << 8
    elif refused == _UNKNOWN and choice == 3:
        refused = _UNKNOWN_ACTION
    if refused != 0:
        codes = ptr8(codes_buf)
        refused = codes[refused]
    return 0x100 | refused


@micropython.viper
def plain_access(way, rx_buf, off: int, n: int, tx_buf, served_buf) -> int:
    rx = ptr8(uint(ptr8(rx_buf)) + uint(off))
    _, _, _, _, _, services, room, codes_buf, _, _, _ = way
    if n < 16 or int(services) & _ACCESS == 0 or rx[9] & 0x50 != 0x40 or rx[13] != 0:
        return 0
    codes = ptr8(codes_buf)
    left = rx[14]
    if left > codes[_LIST]:
        return 0
    if n < 16 + 11 * left:
        # cut short, whatever stands there
        return -_MALFORMED_ACCESS
    first = int(plain_shape(rx_buf, off + 15, off + n, left))
    if first == 0:
        return 0
    tx = ptr8(tx_buf)
    sizes = ptr8(FIXED)
    breaks = rx[9] & 0x20
    r = 0
    end = 0
    # first it is seen that all of them are plain and that the answer fits; then they are done
    while True:
        q = off + 15
        data = first
        o = 16
        i = 0
        broken = 0
        while i < left:
            code = codes[_NOT_EXECUTED] | 0x100
            if broken == 0:
                code = int(plain_item(way, rx_buf, q, data, tx_buf, o, end))
                if code < 0:
                    return 0
            if code & 0xFF != 0:
                broken = breaks
            if end != 0:
                if broken != 0:
                    tx[o] = 0
                tx[r + 1] = rx[q - off]
                tx[r + 2] = code
                r += 2
            o += code >> 8
            data += sizes[rx[data - off]]
            q += _ITEM
            i += 1
        if end != 0:
            break
        end = o
        r = o
        if o + 1 + left + left > int(room) + 8:
            return 0
    tx[end] = left
    i = 9
    while i < 13:
        tx[i] = rx[i]
        i += 1
    tx[8] = _ACCESS_RESPONSE
    tx[13] = 0
    tx[14] = 0
    tx[15] = left
    add32(served_buf, 0, 1)
    return int(answer(tx_buf, rx_buf, off, end + 1 + left + left - 8))
