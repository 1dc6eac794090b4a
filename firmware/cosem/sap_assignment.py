"""SAP assignment, class 17 version 0 (REQUIREMENTS F-12, A-16): which logical
devices stand at which server wPorts.
"""

from cosem.base import Interface
from dlms.codec import axdr
from dlms.codec.errors import SUCCESS
from dlms.codec.octets import put16


class SapAssignment(Interface):
    """Attribute 2 SAP_assignment_list, array of structure {SAP long-unsigned,
    logical_device_name octet-string}; read only.

    The optional method 1 connect_logical_device is refused: the logical devices of this meter are
    fixed. devices: list of (wPort, logical device name).
    """

    CLASS_ID = 17
    ATTRIBUTES = 2
    METHODS = 1
    LONG = (2,)

    def __init__(self, devices):
        Interface.__init__(self)
        self._items = []
        for sap, title in devices:
            item = bytearray(b"\x02\x02\x12\x00\x00\x09" + bytes((len(title),)) + title)
            put16(item, 3, sap)
            self._items.append(item)

    def open(self, k, cur):
        cur.tag = axdr.ARRAY
        cur.n = len(self._items)
        return SUCCESS

    def element(self, k, cur, i, buf, off):
        return axdr.put_encoded(buf, off, self._items[i])
