"""What the meter keeps over a restart, and when it is written. Loaded only where a store runs.

Two kinds of records go to the journal of the store:

    what clients write    one record for each group of an object (`Interface.KEPT`), written when a SET or an
                          ACTION changes it, and before that is answered
    what goes on itself   one record for the meter (`meter.running`): each `checkpoint` seconds of real time, before
                          the ends of periods of a second, and with a SET or an ACTION that
                          changes it (`Interface.RUNS`)

Rows of profiles are no records: the rings of the store keep them.

The services hand a change to `set` and `act` instead of to the object. A change that the journal
does not take is undone, and refused with hardware-fault. One that changes nothing writes nothing.
"""

from micropython import const

import limits
from cosem import kept
from dlms.codec.errors import HARDWARE_FAULT, SUCCESS
from dlms.codec.octets import add32, equal, put32
from meter.running import Running
from store.health import CORRUPT, FAILED_ERASES, FAILED_PROGRAMS, FAILED_READS
from store.keys import STATE

ROOM = min(512, max(limits.REASSEMBLY, 320) + 64)  # octets of the longest record
_NOTHING = const(-2)  # groups: nothing of it is kept …
_RUNS = const(-1)  # … or it goes on by itself
# bits of the error and the alarm register: since the start …
CORRUPT_RECORD = const(0x01)  # a record or a row does not agree with its CRC, and was skipped
DOES_NOT_HOLD = const(0x02)  # something that was programmed, or a change, did not hold
NO_ERASE = const(0x04)  # a sector did not become blank
NO_READ = const(0x08)  # the device could not be read
LEFT_OUT = const(0x10)  # this firmware could not take a record
NO_CHECKPOINT = const(0x20)  # … there was no checkpoint, though the store is not new
_LOWEST = const(4)  # octet of a double-long-unsigned
_AGAIN = const(10000)  # milliseconds until a checkpoint that did not hold is tried again


class Keeper:
    """meter: the Meter, whose objects have their keys (`meter.restart`). store: `store.Store`, or
    what has its `journal`, `health`, `sync` and `reset`. profiles: those whose rows the store
    keeps. log: as the server's. checkpoint: seconds. now: function that returns the seconds of the
    machine's clock.
    """

    def __init__(self, meter, store, profiles, log, checkpoint, now):
        self.store = store
        self.now = now
        self.journal = store.journal
        self.log = log
        self.machine = bytearray(4)
        self.set_clock()
        self.error = self.alarm = None  # the registers that show what has gone wrong
        self.running = Running(meter, self.machine, profiles)
        self.buf = bytearray(ROOM)
        self.before = bytearray(ROOM)
        self.writing = False  # the journal is at work: whoever interrupts it must not use it
        self.live = False  # nothing is written while the meter is made and lives through the past
        self.unkept = bytearray(4)  # changes and checkpoints that did not hold, big-endian
        self.failed = False  # one of them since the start,
        self.left_out = False  # … a record that this firmware cannot take,
        self.lost = False  # … no checkpoint where there must be one
        self.resumed = False  # the store has held a meter before
        self._group = _NOTHING
        self._every = checkpoint * 1000
        self._since = 0  # milliseconds since the last checkpoint
        self._milli = 0  # … that are not a second of the machine's clock yet

    # -- for the services --------------------------------------------------------------------------

    def set(self, o, k, buf, off, end, aa):
        """`Interface.set` with commit, and kept when it returns SUCCESS."""
        n = self._begin(o, k)
        result = o.set(k, buf, off, end, aa, True)
        if n and result == SUCCESS:
            return self._settle(o, n)
        if n and result == HARDWARE_FAULT:
            self._undo(o, self._group, n)  # its rows could not be emptied
        return result

    def act(self, o, m, buf, off, end, out, at, aa):
        """`Interface.act`, and kept when it returns no result."""
        n = self._begin(o, o.ATTRIBUTES + m)
        if n and self._group == _RUNS and o.ROWS:
            # a capture: the registers first, so that none is below its newest row
            return o.act(m, buf, off, end, out, at, aa) if self.checkpoint() else -HARDWARE_FAULT
        result = o.act(m, buf, off, end, out, at, aa)
        if n == 0 or result < 0:
            return result
        code = self._settle(o, n)
        return result if code == SUCCESS else -code

    def _begin(self, o, k):
        """Remember what number k of an object would change; returns how many octets that takes, 0
        when nothing of it is kept.
        """
        self._group = _NOTHING
        if k in o.RUNS:
            self._group = _RUNS
        elif o.record:
            g = kept.group(o, k)
            if g >= 0:
                self._group = g
        n = self._pack(o, self._group, self.before)
        return n if n > 0 else 0

    def _pack(self, o, group, buf):
        """Write the record of a group to buf[0:]; returns its octets, below 0 when they do not fit."""
        if group == _NOTHING or not self.live:
            return 0
        if group == _RUNS:
            return self.running.pack(buf, 0)
        return kept.pack(o, group, buf, 0, ROOM)

    def _settle(self, o, n):
        """Write what has changed against before[0:n]; returns a result."""
        group = self._group
        end = self._pack(o, group, self.buf)
        if end == n and equal(self.buf, 0, self.before, 0, n):
            return SUCCESS
        if end > 0 and self._put(key_of(o, group), end):
            return SUCCESS
        self._undo(o, group, n)
        return HARDWARE_FAULT

    def _undo(self, o, group, n):
        """Give an object back what it had before; its record as well, where the new one held and
        what belongs to it did not.
        """
        key = key_of(o, group)
        if group == _RUNS:
            self.running.unpack(self.before, n)
        else:
            kept.unpack(o, self.before, 0, n)
        if self.journal.size(key) >= 0:
            self.journal.put(key, self.before, 0, n)
        self.log("ERROR", "store", "not-kept", "key=%d" % key)

    def _put(self, key, n):
        """Write buf[0:n] under a key; whether it holds."""
        self.writing = True
        holds = self.journal.put(key, self.buf, 0, n)
        self.writing = False
        if holds:
            return True
        add32(self.unkept, 0, 1)
        self.failed = True
        return False

    # -- for the meter -----------------------------------------------------------------------------

    def save(self, o):
        """Write the records of an object that changed by itself; whether they hold."""
        holds = True
        g = 0
        while self.live and g < len(o.KEPT):
            n = kept.pack(o, g, self.buf, 0, ROOM)
            holds = n > 0 and self._put(o.record + g, n) and holds
            g += 1
        return holds

    def checkpoint(self, due=0):
        """Write the values that go on by themselves; whether they hold. due: 1 before the ends of
        periods at this second.
        """
        if not self.live:
            return True
        holds = self._put(STATE, self.running.pack(self.buf, due))
        self._since = 0 if holds else self._every - _AGAIN
        return holds

    def tick(self, ms):
        """ms real milliseconds have passed. Allocates nothing."""
        self._milli += ms
        if self._milli >= 1000:
            add32(self.machine, 0, self._milli // 1000)
            self._milli %= 1000
            self.look()
        self._since += ms
        if self._since >= self._every:
            self.checkpoint()

    def look(self):
        """Show in the error and the alarm register what has gone wrong (docs/PROFILE.md)."""
        counts = self.store.health.counts
        bits = CORRUPT_RECORD if some(counts, CORRUPT) else 0
        if self.failed or some(counts, FAILED_PROGRAMS):
            bits |= DOES_NOT_HOLD
        if some(counts, FAILED_ERASES):
            bits |= NO_ERASE
        if some(counts, FAILED_READS):
            bits |= NO_READ
        if self.left_out:
            bits |= LEFT_OUT
        if self.lost:
            bits |= NO_CHECKPOINT
        new = bits & ~self.error.a[2][_LOWEST]
        if new:
            self.error.a[2][_LOWEST] = bits
            self.alarm.a[2][_LOWEST] |= new
            self.save(self.alarm)
            self.log("ERROR" if new & ~CORRUPT_RECORD else "WARN", "store", "fault", "bits=%02x of=%02x" % (new, bits))

    def erase(self):
        """Forget all that is kept but serial number, keys and counters; whether it was done. The
        meter is to be made anew.
        """
        self.live = False
        if not self.store.reset():
            self.live = True
            return False
        for profile in self.running.profiles:
            # what the meter does until then leaves no trace
            profile.rows.append = profile.rows.shape = profile.rows.clear = gone
        return True

    def set_clock(self):
        """The machine's clock was set: count from there."""
        put32(self.machine, 0, self.now() & 0xFFFFFFFF)

    def tidy(self):
        """One step of the store's housekeeping."""
        self.writing = True
        self.store.tidy()
        self.writing = False

    def close(self):
        """The meter ends in an orderly way: what goes on by itself is kept as it is now. Where the
        end has interrupted the journal, this is a power cut.
        """
        if self.live and not self.writing:
            self.checkpoint()
            self.store.sync()


def key_of(o, group):
    """Key of the record of a group of an object."""
    return STATE if group == _RUNS else o.record + group


def gone(*_):
    """Instead of what a ring does: it does not hold."""
    return False


def some(counts, counter):
    """Whether a counter of `store.health` is not 0."""
    at = 4 * counter
    return counts[at] | counts[at + 1] | counts[at + 2] | counts[at + 3] != 0
