"""A load profile of many rows in a file, read through the engine.

    micropython profile.py FILE ROWS entry|range|whole TIMES

`entry` and `range` read the last row TIMES times. `whole` reads everything once in blocks, and
prints as JSON what that took: heap octets, octets, blocks, and the rows that the store was asked
for to deliver the last row by entry and by range.
"""

import gc
import json
import sys

import meter.assembly
from alloc_kinds import PROFILE, unhex
from alloc_rig import Rig, wpdu
from app import close_gaps
from cosem.rows import FileRows

_TIME = "090C %02X%02X %02X %02X FF %02X %02X 00 00 8000 00"
_BY_RANGE = "C001C1" + PROFILE + "02 01 01 02 04 02 04 12 0008 09 06 0000010000FF 0F 02 12 0000 {} {} 01 00"
_BY_ENTRY = "C001C1" + PROFILE + "02 01 02 02 04 06 %08X 06 %08X 12 0001 12 0000"


class CountedRows(FileRows):
    """Counts how often rows are asked for: one by one, or where they stand with those after them."""

    asked = 0

    def read(self, sequence, row):
        self.asked += 1
        FileRows.read(self, sequence, row)

    def hold(self, sequence):
        self.asked += 1
        FileRows.hold(self, sequence)


class Long:
    """The meter with a load profile of `rows` quarters of an hour in a file."""

    def __init__(self, path, rows):
        self.stores = []
        memory = meter.assembly.MemoryRows

        def store(depth):
            if depth != rows:
                return memory(depth)
            self.stores.append(CountedRows(path, depth))
            return self.stores[0]

        meter.assembly.MemoryRows = store
        self.rig = Rig("backfill_days=0", "depth=%d" % rows, "rate=3600", "start=2026-01-01T00:00:00").open(1024)
        self.rows = self.stores[0]
        profile = self.rig.meter.load_profile
        clock = self.rig.meter.clock
        while self.rows.last < rows:
            clock.advance(900)
            clock.render()
            profile.capture()
        time = clock.a[2]
        now = _TIME % (time[2], time[3], time[4], time[5], time[7], time[8])
        # nothing is later than the present: an interval that holds the last row alone
        self.requests = {
            "entry": wpdu(unhex(_BY_ENTRY % (rows, rows))),
            "range": wpdu(unhex(_BY_RANGE.format(now, now))),
        }

    def last(self, name, times):
        """Read the last row; `times` times."""
        rig = self.rig
        request = self.requests[name]
        answer = rig.ask(request)
        if answer[8:14] != b"\xc4\x01\xc1\x00\x01\x01":
            raise ValueError("%s: %s" % (name, answer[8:].hex()))
        while times > 1:
            rig.server.handle(rig.link, request, 0, len(request), rig.tx)
            times -= 1

    def touched(self, name):
        """Rows read for the last row."""
        self.rows.asked = 0
        self.last(name, 1)
        return self.rows.asked


class Whole:
    """The reading of everything, with nothing new on the way."""

    def __init__(self, rig):
        self.rig = rig
        self.first = wpdu(unhex("C001C1" + PROFILE + "02 00"))
        self.next = bytearray(wpdu(unhex("C002C1 00000000")))
        self.handle = rig.server.handle
        self.octets = 0
        self.blocks = 0

    def run(self):
        rig = self.rig
        handle = self.handle
        tx = rig.tx
        request = self.first
        while True:
            n = handle(rig.link, request, 0, len(request), tx)
            self.blocks += 1
            self.octets += n
            if tx[9] != 2 or tx[14] << 8 | tx[15] != self.blocks:
                raise ValueError("block %d" % self.blocks)
            if tx[11]:
                return
            request = self.next
            request[13] = self.blocks >> 8
            request[14] = self.blocks & 255


def main():
    gc.disable()  # when a collection happens is chance, and there is heap for everything
    path, rows, what, times = sys.argv[1:]
    long = Long(path, int(rows))
    gc.collect()
    # as the meter does before it serves: where a frame finds room would otherwise depend
    # on all that was put there before
    close_gaps()
    if what != "whole":
        long.last(what, int(times))
        return
    whole = Whole(long.rig)
    whole.run()
    whole = Whole(long.rig)
    before = gc.mem_alloc()
    whole.run()
    heap = gc.mem_alloc() - before
    taken = {"heap": heap, "octets": whole.octets, "blocks": whole.blocks}
    for name in ("entry", "range"):
        taken[name] = long.touched(name)
    print(json.dumps(taken))


main()
