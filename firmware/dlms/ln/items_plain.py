"""Plain twin of `items_viper`: the contract.

A specification of ACCESS is plain when it selects nothing, `choice(01 … 03) class(2) name(6)
attribute`, and its Data is of a type of fixed size.
"""

from micropython import const

from dlms.aa.association import ROW
from dlms.codec.axdr import FIXED, INTEGER, NULL
from dlms.codec.octets import find

_ITEM = const(10)  # octets of a plain specification


def plain_shape(buf, q, end, n):
    """Offset of the first Data of `n {specification} n {Data}` when the n specifications at buf[q:]
    and all Data are plain, and these end at `end`; 0 where the long way has to look.
    """
    data = q + _ITEM * n
    if data >= end or buf[data] != n:
        return 0
    while n > 0:
        if not 1 <= buf[q] <= 3:
            return 0
        q += _ITEM
        n -= 1
    data += 1
    off = data
    for _ in range(buf[data - 1]):
        if off >= end or buf[off] >= len(FIXED) or FIXED[buf[off]] == 0:
            return 0
        off += FIXED[buf[off]]
    return data if off == end else 0


def plain_items(way, buf, at, r, left, out, end):
    """Do what the next specifications ask for, at most `left` and as long as they are plain and
    succeed; returns how many were done.

    at: offsets of the next specification and of its Data in buf, and of what its Data of the answer
    takes in out: they go on with each. r: where buf has `choice result` of each. What would go
    beyond out[:end] is not done. way: see `short_plain`.

    A GET is done of an attribute that the object holds as encoded octets, with null-data. A SET of
    an attribute that takes a copy (`Interface.COPIED`) and that the object holds in a bytearray. An
    ACTION is method 1 that clears an attribute (`Interface.CLEARED`), with null-data or an integer.
    """
    objs, table, acc, rows, current = way[:5]
    done = 0
    while done < left:
        q, data, o = at
        i = find(table, current >> 16, buf, q + 1)
        if i < 0 or i == current & 0xFFFF or acc[i] == 0:
            break
        n = _do(objs[i], rows[ROW * acc[i] : ROW * acc[i] + ROW], buf, q, data, out, o, end)
        if n < 0:
            break
        buf[r] = buf[q]
        buf[r + 1] = 0
        r += 2
        at[0] = q + _ITEM
        at[1] = data + FIXED[buf[data]]
        at[2] = o + n
        done += 1
    return done


def _do(obj, rights, buf, q, data, out, o, end):
    """Do one item; returns octets of its Data in the answer, or -1 where the long way has to look."""
    k = buf[q + 9]
    tag = buf[data]
    if k == 0 or k >= len(obj.a) or tag >= len(FIXED) or FIXED[tag] == 0:
        return -1
    value = obj.a[k]
    if buf[q] == 1:
        if tag != NULL or rights[k] & 1 == 0 or not value or o + len(value) > end:
            return -1
        out[o : o + len(value)] = value
        return len(value)
    if o >= end:
        return -1
    if buf[q] == 2:
        if rights[k] & 2 == 0 or obj.COPIED >> k & 1 == 0 or type(value) is not bytearray:
            return -1
        if value[0] != tag or len(value) != FIXED[tag]:
            return -1
        value[:] = buf[data : data + FIXED[tag]]
    elif buf[q] == 3 and k == 1 and obj.CLEARED and (tag == NULL or tag == INTEGER):
        value = obj.a[obj.CLEARED]
        if rights[obj.ATTRIBUTES + 1] == 0 or not value:
            return -1
        value[1:] = bytes(len(value) - 1)
    else:
        return -1
    out[o] = NULL
    return 1
