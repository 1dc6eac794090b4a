"""Data, class 1 version 0 (REQUIREMENTS F-01): one value of any type."""

from cosem.base import Interface
from dlms.codec import axdr
from dlms.codec.errors import SUCCESS, TYPE_UNMATCHED

TEXT = 48  # longest string a Data takes, octets
_STRINGS = (axdr.OCTET_STRING, axdr.VISIBLE_STRING, axdr.UTF8_STRING)


class Data(Interface):
    """Attribute 2 value. `value` is encoded Data: a bytearray is live and may
    be written, bytes never change.
    """

    CLASS_ID = 1
    ATTRIBUTES = 2
    COPIED = 1 << 2
    KEPT = ((2,),)

    def __init__(self, value):
        Interface.__init__(self)
        self.a[2] = value

    def set(self, k, buf, off, end, aa, commit):
        """As the default, and a string may change its length up to TEXT octets;
        only then memory is allocated.
        """
        value = self.a[k]
        if buf[off] not in _STRINGS or not isinstance(value, bytearray) or buf[off] != value[0]:
            return Interface.set(self, k, buf, off, end, aa, commit)
        n = axdr.count(buf, off)
        if n > TEXT:
            return TYPE_UNMATCHED
        if commit:
            if len(value) != 2 + n:
                self.a[2] = value = bytearray(2 + n)
            # the length is kept in its shortest form, whatever the client
            # wrote (REQUIREMENTS D-100)
            axdr.put_octets(value, 0, buf[off], buf, end - n, n)
        return SUCCESS
