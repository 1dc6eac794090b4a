"""The plain items of ACCESS in viper; `items_plain` has the contract."""

import micropython
from micropython import const

from dlms.codec.axdr import FIXED
from dlms.codec.octets import find

_ROW = const(20)  # as `dlms.aa.association.ROW`
_ITEM = const(10)
_TAGS = const(34)  # entries of FIXED

# A name that a module does not have is looked for in the builtins after it, each time: so the
# module has them.
size_of = len
type_of = type
writable = bytearray


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
def plain_items(way, buf_obj, at: ptr32, r: int, left: int, out_obj, end: int) -> int:
    buf = ptr8(buf_obj)
    out = ptr8(out_obj)
    sizes = ptr8(FIXED)
    objs, table, acc_buf, rows_buf, place, _, _, _, _, _, _ = way
    current = int(place)
    acc = ptr8(acc_buf)
    rights = ptr8(rows_buf)
    q = at[0]
    data = at[1]
    o = at[2]
    done = 0
    while done < left:
        i = int(find(table, current >> 16, buf_obj, q + 1))
        if i < 0 or i == current & 0xFFFF:
            break
        row = acc[i]
        if row == 0:
            break
        row *= _ROW
        obj = objs[i]
        a = obj.a
        k = buf[q + 9]
        tag = buf[data]
        if k == 0 or k >= int(size_of(a)) or tag >= _TAGS or o >= end:
            break
        n = sizes[tag]
        if n == 0:
            break
        choice = buf[q]
        i = 0
        if choice == 1:
            held = a[k]
            if not held:
                break
            m = int(size_of(held))
            if tag != 0 or rights[row + k] & 1 == 0 or o + m > end:
                break
            value = ptr8(held)
            while i < m:
                out[o] = value[i]
                o += 1
                i += 1
        else:
            if choice == 2:
                held = a[k]
                if rights[row + k] & 2 == 0 or (int(obj.COPIED) >> k) & 1 == 0 or type_of(held) is not writable:
                    break
                value = ptr8(held)
                if value[0] != tag or int(size_of(held)) != n:
                    break
                while i < n:
                    value[i] = buf[data + i]
                    i += 1
            else:
                if choice != 3 or k != 1 or (tag != 0 and tag != 15):
                    break
                k = int(obj.CLEARED)
                if k == 0 or rights[row + int(obj.ATTRIBUTES) + 1] == 0:
                    break
                held = a[k]
                if not held:
                    break
                m = int(size_of(held))
                value = ptr8(held)
                i = 1
                while i < m:
                    value[i] = 0
                    i += 1
            out[o] = 0
            o += 1
        buf[r] = choice
        buf[r + 1] = 0
        r += 2
        q += _ITEM
        data += n
        done += 1
    at[0] = q
    at[1] = data
    at[2] = o
    return done
