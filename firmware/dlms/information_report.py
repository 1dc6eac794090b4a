"""The InformationReport service of short name referencing (REQUIREMENTS D-52): values that the server sends unasked.

    18 (00 | 01 length GeneralizedTime) n {02 name(2)} n {Data}

GeneralizedTime is text, `YYYYMMDDhhmmss` with what ISO 8601 allows behind it. The APDU has no address: it goes from the management
logical device (wPort 1) to the client management process (wPort 1). This module writes the APDU; when it is sent, and over which
link, is not its business.
"""

from micropython import const

from dlms.axdr import OCTET_STRING, put_encoded, put_octets, put_size
from dlms.errors import DATA_BLOCK_UNAVAILABLE
from dlms.octets import copy
from dlms.variable_access import METHOD, NUMBER, VARIABLE_NAME

INFORMATION_REPORT = 0x18
_NAME = const(8)  # octets of a logical name as Data


def information_report(server, assoc, names, n, time, tx, off, end):
    """Write the report of the n attributes whose short names stand in names[0:2n] to tx[off:end].

    assoc: the Association SN whose client gets it; its rights decide what may be told. time: text of the GeneralizedTime as
    octets, or None for none. Returns the offset behind the APDU, or -result: object-undefined or read-write-denied of the first
    name that cannot be told, or data-block-unavailable for a long attribute and for more than tx[off:end] holds. Allocates nothing.
    """
    size = len(time) + 3 if time else 2
    if end - off < size + 3 + 3 * n:
        return -DATA_BLOCK_UNAVAILABLE
    tx[off] = INFORMATION_REPORT
    tx[off + 1] = 1 if time else 0
    off += 2
    if time:
        tx[off] = len(time)
        off = put_encoded(tx, off + 1, time)
    off = put_size(tx, off, n)
    i = 0
    while i < 2 * n:
        tx[off] = VARIABLE_NAME
        copy(tx, off + 1, names, i, 2)
        off += 3
        i += 2
    off = put_size(tx, off, n)
    i = 0
    while i < 2 * n and off > 0:
        off = put_attribute(server, assoc, names, i, tx, off, end)
        i += 2
    return off


def put_attribute(server, assoc, names, i, tx, off, end):
    """Write the attribute that the short name names[i:i+2] stands for to tx[off:end]; returns the offset behind it, or -result."""
    r = assoc.names.find(names, i)
    k = r & NUMBER
    if r < 0 or r & METHOD or assoc.acc[r >> 8] == 0:
        return -server.errors.unknown_object
    j = r >> 8
    if assoc.directory.right(assoc.acc[j], k) & 1 == 0:
        return -server.errors.no_right
    o = assoc.directory.objs[j] or assoc
    value = o.a[k]
    if value is not None:
        return put_encoded(tx, off, value) if len(value) <= end - off else -DATA_BLOCK_UNAVAILABLE
    if k == 1:
        if end - off < _NAME:
            return -DATA_BLOCK_UNAVAILABLE
        return put_octets(tx, off, OCTET_STRING, assoc.directory.table, 8 * j, 6)
    # a computed value may be as long as an element, and there is no telling before
    if k in o.LONG or end - off < server.element:
        return -DATA_BLOCK_UNAVAILABLE
    return o.get(k, tx, off, None)
