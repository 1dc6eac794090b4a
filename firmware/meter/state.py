"""The meter's own state as a manufacturer-specific Data object: what a request
costs can be measured from outside.
"""

import gc

from micropython import const

from cosem.base import Interface
from dlms.codec import axdr
from dlms.codec.errors import READ_WRITE_DENIED, SUCCESS, TEMPORARY_FAILURE
from dlms.codec.octets import copy

# what `Health` shows
FAULTS = const(0)  # ERROR lines of the log, written or not
RESTARTS = const(1)  # tasks that failed and were run again
REFUSED = const(2)  # clients closed because all places were taken
UNPROVEN = const(3)  # AARQs refused for their authentication
LOST = const(4)  # lines of the log that nobody got
STORE = const(5)  # and from here on `store.health.Health.shown`, 0 without a store
HEALTH = const(9)


def heap_allocated():
    """Heap octets in use; 0 where there is no such heap (CPython)."""
    return gc.mem_alloc() if hasattr(gc, "mem_alloc") else 0


def heap_free():
    return gc.mem_free() if hasattr(gc, "mem_free") else 0


class State(Interface):
    """Data 0.0.96.128.0.255, attribute 2: structure {heap octets allocated, heap octets free,
    requests served, uptime in s}, all double-long-unsigned.

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


class Health(Interface):
    """Data 0.0.96.128.4.255, attribute 2: structure of what has gone wrong since the start
    (REQUIREMENTS I-60), all double-long-unsigned, {faults, restarts of tasks, clients refused for
    want of a place, AARQs refused for their authentication, lines of the log lost, corrupt records
    skipped, pages programmed, programs and erases that failed, erases of a sector}.

    app: the application, whose `count(n)` is number n of them; filled by it.
    """

    CLASS_ID = 1
    ATTRIBUTES = 2
    app = None

    def get(self, k, buf, off, aa):
        buf[off] = axdr.STRUCTURE
        buf[off + 1] = HEALTH
        off += 2
        for n in range(HEALTH):
            off = axdr.put_u32(buf, off, axdr.DOUBLE_LONG_UNSIGNED, 0 if self.app is None else self.app.count(n))
        return off

    def set(self, k, buf, off, end, aa, commit):
        return READ_WRITE_DENIED


class Partners(Interface):
    """Data 0.0.96.128.2.255, attribute 2: array of visible-string, the
    Protocol_Connection_Parameters of every open AA (REQUIREMENTS A-54, A-55): transport, address,
    port and wPort of both ends, as the log has them.

    links: list of the links that carry AAs, filled by the application.
    """

    CLASS_ID = 1
    ATTRIBUTES = 2
    LONG = (2,)

    def __init__(self, links):
        Interface.__init__(self)
        self.links = links

    def open(self, k, cur):
        cur.tag = axdr.ARRAY
        cur.n = 0
        for link in self.links:
            cur.n += link.n
        return SUCCESS

    def element(self, k, cur, i, buf, off):
        for link in self.links:
            if i < link.n:
                text = link.aas[i].parameters()
                return axdr.put_octets(buf, off, axdr.VISIBLE_STRING, text, 0, len(text))
            i -= link.n
        return -TEMPORARY_FAILURE  # an AA has ended meanwhile

    def set(self, k, buf, off, end, aa, commit):
        return READ_WRITE_DENIED
