"""The meter's own state as a manufacturer-specific Data object: what a request costs can be measured from outside."""

import gc

from cosem.base import Interface
from dlms import axdr
from dlms.errors import READ_WRITE_DENIED
from dlms.octets import copy


def heap_allocated():
    """Heap octets in use; 0 where there is no such heap (CPython)."""
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


def heap_free():
    return gc.mem_free() if hasattr(gc, "mem_free") else 0


class State(Interface):
    """Data 0.0.96.128.0.255, attribute 2: structure {heap octets allocated, heap octets free, requests served, uptime
    in s}, all double-long-unsigned.

    counters and uptime: four octets each, big-endian, kept up to date by the application.
    """

    CLASS_ID = 1
    ATTRIBUTES = 2

    def __init__(self, counters, uptime):
        Interface.__init__(self)
        self.counters = counters
        self.uptime = uptime

    def get(self, k, buf, off, aa):
        buf[off] = axdr.STRUCTURE
        buf[off + 1] = 4
        off = axdr.put_u32(buf, off + 2, axdr.DOUBLE_LONG_UNSIGNED, heap_allocated())
        off = axdr.put_u32(buf, off, axdr.DOUBLE_LONG_UNSIGNED, heap_free())
        buf[off] = buf[off + 5] = axdr.DOUBLE_LONG_UNSIGNED
        copy(buf, off + 1, self.counters, 0, 4)
        copy(buf, off + 6, self.uptime, 0, 4)
        return off + 10

    def set(self, k, buf, off, end, aa, commit):
        return READ_WRITE_DENIED
