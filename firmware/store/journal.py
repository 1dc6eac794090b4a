"""The journal: records under keys, each of them the old one or the new one, whenever power fails.

    put     writes a record after the last one, and reads it back. The newest record of a key counts.
    turn    when a segment is full, the newest record of every key is copied to another one, which is
            erased before. Its header comes last: until it stands, the old segment counts.
    open    replays the newest segment. Where a record there has gone bad, the segment before it is
            replayed first: what it has of a key stands in.

`tidy` does a turn ahead and in small steps, so that a put seldom has to. The opening writes
nothing, and nothing is allocated after it. `store.segments` has the layout in the flash.

What a cut has left after the last record is overwritten with zeros before the next one is put. A
page that does not hold what was programmed ends its segment: a turn follows.
"""

from micropython import const

from dlms.codec.octets import clear, get16, put16
from store.health import CORRUPT, TORN
from store.keys import COUNT
from store.segments import BAD, BLANK, FIRST, GRAIN, LONGEST, REMOVED, SECTOR, VALUE, Segments, room

ROOM = const(4064)  # octets of records in a segment
SNAPSHOT = const(3520)  # and those that the newest records may take together
_HALF = const(2048)  # octet of a segment from which on `tidy` erases the next one,
_LOW = const(3456)  # and from which on it copies and turns,
_LEAST = const(256)  # if that many octets were put since the last turn
_TRIES = const(3)  # segments that are tried for one record


class Journal:
    """The journal in the sectors `first` to first + count - 1 of the device, at least three.

    found: there is a segment; otherwise `create` makes the first. generation: of the newest
    one. octets: that the newest records take. lost: records that may have stood where
    nothing whole stands any more, at most.
    """

    def __init__(self, pages, first, count):
        self.segments = Segments(pages, first, count)
        self.health = pages.health
        self.count = count
        self.generation = 0
        self.current = -1  # the newest segment, and the one before it; -1: none
        self.before = -1
        self.end = SECTOR  # octet of the newest segment at which the next record will stand
        self.torn = SECTOR  # and that from which on nothing whole stands
        self.octets = 0
        self.lost = 0
        self.corrupt = 0  # runs of octets in which they stood, but what a cut has left
        self._places = bytearray(2 * COUNT)  # by key: grain of its newest record in the journal, 0: none
        self._sizes = bytearray(COUNT)  # grains of it
        self._copies = bytearray(COUNT)  # grain of its copy in the next segment, 0: none
        self._key = 1  # there is none to copy before this one
        self._next = -1  # the segment that is prepared for a turn; -1: none
        self._next_end = 0
        self._tried = 0  # segments that could not be used for the next turn
        self._longest = 0  # octets of the longest record there was since the last turn
        self._found = 0  # where the record stands that was looked for last
        self._new_key = 0  # what is to be written
        self._new_kind = VALUE
        self._new_n = 0
        self._find()
        self.found = self.current >= 0
        if self.found:
            self._replay_both()
            self._count(CORRUPT, self.corrupt)
            if self.torn < self.end:
                self._count(TORN, 1)

    # -- opening -----------------------------------------------------------------------------------

    def _find(self):
        """Find the newest segment and the one before it."""
        for i in range(self.count):
            generation = self.segments.open(i)
            if generation > self.generation:
                self.before = self.current if generation == self.generation + 1 else -1
                self.current = i
                self.generation = generation
            elif generation and generation == self.generation - 1:
                self.before = i

    def _replay_both(self):
        """Note the newest record of each key that is whole. The newest segment has them all; the
        one before it is asked where a record may be missing.
        """
        self._forget()
        self._replay(self.current << 12)
        if self.lost and self.before >= 0:
            self._forget()
            self._replay(self.before << 12)
            self._replay(self.current << 12)
        self._longest = max(self._sizes) << 4

    def _forget(self):
        """No record is noted."""
        clear(self._places, 0, 2 * COUNT)
        clear(self._sizes, 0, COUNT)
        self.octets = self.lost = self.corrupt = 0
        self._next = -1

    def _count(self, what, n):
        """Count n records in the health of the store."""
        while n > 0:
            self.health.add(what)
            n -= 1

    def _replay(self, p):
        """Note the records of the segment that begins at p, in their order; sets `end` and `torn`.

        Grains that are no record are corrupt when a record follows them. After the last record they
        are what a cut has left, of one record.
        """
        base = p
        p += FIRST
        self.torn = self.end = FIRST
        bad = 0
        while p < base + SECTOR:
            n = self.segments.look(p)
            if n == BLANK and self.segments.blank(p, base + SECTOR - p):
                break
            if n > 0:
                if bad:
                    self.corrupt += 1
                    self.lost += bad
                    bad = 0
                self._note(p, n)
                p += n
                self.torn = p - base
            else:
                p += GRAIN
                if n == BAD:
                    bad += 1
                elif bad == 0 and n != BLANK:
                    self.torn = p - base
            self.end = p - base
        if bad:
            self.lost += 1

    def _note(self, p, n):
        """The record in segments.record, which takes n octets at p, is the newest of its key."""
        key = self.segments.key
        self.octets -= self._sizes[key] << 4
        if self.segments.kind == REMOVED:
            p = n = 0
            if self._copies[key]:
                self._next = -1  # what was copied there is removed: it begins anew
        put16(self._places, 2 * key, p >> 4)
        self._sizes[key] = n >> 4
        self._copies[key] = 0
        self.octets += n
        if key < self._key:
            self._key = key

    def create(self, key, buf):
        """Make the first segment, with a first record, where there is none; whether it stands.

        A blank segment is not erased, and nothing is given up: so what a cut leaves of this is
        always what `Segments.begun` recognises. A segment that does not hold is erased, and left
        after a second try for the next one, which has a higher generation.
        """
        for i in range(2 * self.count):
            self.current = i >> 1
            self.segments.seal(self.current, self.current + 1)
            if self.segments.make(self.current, key, buf):
                self.generation = self.current + 1
                self.found = True
                self._replay_both()
                return True
        return False

    # -- records -----------------------------------------------------------------------------------

    def get(self, key, buf, off, most):
        """Copy the value of a key to buf[off:]; its octets, or -1 where there is none,
        or where it has more than `most`.
        """
        p = self._find_key(key)
        if p == 0 or self.segments.n > most or not self.segments.take(p, buf, off):
            return -1
        return self.segments.n

    def size(self, key):
        """Octets of the value of a key, -1 where there is none."""
        return self.segments.n if self._find_key(key) else -1

    def put(self, key, buf, off, n):
        """Keep buf[off:off+n] under a key; True: it stands in the flash, and was read back.

        A value that stands there already is not written. False: it is too long, there is no room
        for it, or the flash does not hold it; then the old value counts.
        """
        if n > LONGEST:
            return False
        self._new_key = key
        self._new_kind = VALUE
        self._new_n = n
        self._prepare(buf, off)
        if self._stands(get16(self._places, 2 * key) << 4, buf, off):
            return True
        return self._fits(key, room(n)) and self._write(buf, off)

    def remove(self, key):
        """Let there be no value under a key; True when it is so."""
        if self._find_key(key) == 0:
            return True
        self._new_key = key
        self._new_kind = REMOVED
        self._new_n = 0
        self._prepare(self._copies, 0)
        return self._write(self._copies, 0)

    def _prepare(self, buf, off):
        """Make head and CRC of what is to be written, for the newest segment."""
        self.segments.head(self._new_key, self._new_kind, self._new_n)
        self.segments.sum(self.current, buf, off)

    def _stands(self, p, buf, off):
        """Whether what is to be written stands at p in the newest segment, whole."""
        return p >> 12 == self.current and p > 0 and self.segments.stands(p, buf, off)

    def _find_key(self, key):
        """Look at the newest record of a key; where it stands, 0 where there is none.

        A record that has gone bad since the opening is given up for the one before it.
        """
        self._found = get16(self._places, 2 * key) << 4
        tries = _TRIES
        while self._found and self.segments.look(self._found) <= 0:
            tries -= 1
            if tries == 0:
                return 0
            self._replay_again()
            self._found = get16(self._places, 2 * key) << 4
        return self._found

    def _replay_again(self):
        """A record has gone bad: note the newest ones that are whole."""
        known = self.corrupt
        self._replay_both()
        self._count(CORRUPT, max(1, self.corrupt - known))

    def _fits(self, key, n):
        """Whether a segment has room for all newest records with n octets for this one, and for one
        more of the longest: then none of them is ever refused when it is put again.
        """
        octets = self.octets - (self._sizes[key] << 4) + n
        if octets > SNAPSHOT or octets + max(self._longest, n) > ROOM:
            return False
        self._longest = max(self._longest, n)
        return True

    def _write(self, buf, off):
        """Write what is prepared, to the newest segment or to one that is
        turned to; whether it holds.
        """
        tries = _TRIES
        while tries:
            if self.torn < self.end or self.end + room(self._new_n) > SECTOR:
                if not self._make_room(room(self._new_n)):
                    return False
                self._prepare(buf, off)
            if self._append(buf, off):
                return True
            tries -= 1
        return False

    def _append(self, buf, off):
        """Write the record that is prepared after the last one; whether it holds. If
        not, the segment counts as full.
        """
        p = (self.current << 12) + self.end
        n = room(self._new_n)
        if self.segments.write(p, buf, off):
            self._note(p, n)
            self.end += n
            self.torn = self.end
            return True
        self.segments.give_up(p, n)
        self.torn = self.end = SECTOR
        return False

    def _make_room(self, n):
        """Make the newest segment ready for n octets; False when the flash does not hold."""
        self._bury()
        while self.end + n > SECTOR:
            if not self._turn():
                return False
        return True

    def _bury(self):
        """Give up what a cut has left after the last record."""
        if self.torn < self.end:
            self.segments.give_up((self.current << 12) + self.torn, self.end - self.torn)
            self.torn = self.end

    # -- turning to another segment ----------------------------------------------------------------

    def due(self):
        """Whether `tidy` has something to do."""
        if self._tried >= self.count:
            return False  # no segment is left: the next put tries them all again
        if self._next < 0:
            return self.torn < self.end or self.end >= _HALF
        return self.end >= _LOW and self.end >= FIRST + self.octets + _LEAST

    def tidy(self):
        """Do one small step: erase a segment ahead, copy a record there, or turn to it; True when
        there is more to do. Call it when nothing is being answered.
        """
        if self.due():
            if self.torn < self.end:
                self._bury()
            else:
                self._step()
        return self.due()

    def _turn(self):
        """Turn to another segment now; False when none holds."""
        generation = self.generation
        self._tried = 0
        while self.generation == generation:
            if self._tried >= self.count:
                return False
            self._step()
        return True

    def _step(self):
        """Do the next step of a turn. A segment that does not hold is left for the one after it."""
        if self._next < 0:
            good = self._erase()
        elif self._uncopied():
            good = self._copy(self._key)
        else:
            good = self._commit()
        if not good:
            self._next = -1
            self._tried += 1

    def _erase(self):
        """Erase the segment that is next in turn; False when it is in use or not blank then."""
        i = (self.current + 1 + self._tried) % self.count
        if i == self.current or self._in_use(i):
            return False
        if i == self.before:
            self.before = -1
        if not self.segments.begin(i, self.generation + 1):
            return False
        clear(self._copies, 0, COUNT)
        self._key = 1
        self._next = i
        self._next_end = FIRST
        return True

    def _in_use(self, i):
        """Whether a newest record stands in this segment: one of the segment
        before, because its copy has gone bad.
        """
        for key in range(COUNT):
            grain = get16(self._places, 2 * key)
            if grain and grain >> 8 == i:
                return True
        return False

    def _uncopied(self):
        """Move on to the next key whose record is not copied yet; False when all are."""
        while self._key < COUNT:
            if self._sizes[self._key] and not self._copies[self._key]:
                return True
            self._key += 1
        return False

    def _copy(self, key):
        """Copy the newest record of a key to the next segment."""
        p = self._find_key(key)
        if self._next < 0:
            return True  # a record has gone bad: it begins anew
        if p == 0:
            return False
        n = self._sizes[key] << 4
        if self._next_end + n > SECTOR or not self.segments.copy(p, (self._next << 12) + self._next_end):
            return False
        self._copies[key] = self._next_end >> 4
        self._next_end += n
        return True

    def _commit(self):
        """Let the next segment be the newest one."""
        i = self._next
        if not self.segments.commit(i) and self.segments.revoke(i):
            return False
        for key in range(COUNT):
            if self._sizes[key]:
                put16(self._places, 2 * key, (i << 8) + self._copies[key])
        self.before = self.current
        self.current = i
        self.generation += 1
        self.end = self.torn = self._next_end
        self._next = -1
        self._tried = 0
        self._longest = max(self._sizes) << 4
        return True
