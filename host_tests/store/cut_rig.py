"""Shared by the scripts that cut the supply: a store that is played on, and what may be
read from it when it is opened again.

`Player` does what the meter does, and notes beside it what must be there: the values that were
acknowledged, and of what is under way the old value or the new one. `CutFlash` stops before each
program and erase, so that one run of a scenario shows every place where the supply can be cut.
"""

from flash import DAMAGES, Flash, PowerCut
from store import keys
from store.identity import JOURNAL
from store.store import Store

PLAN = ((JOURNAL, 3),)
SERIAL = b"REF0000000001"
COUNTER = 0
_MOST = 1200
_ABSENT = None


def value(key, version, n):
    """Octets that no other key or version has."""
    return bytes([(key * 37 + version * 11 + i) & 0xFF for i in range(n)])


def settle(store, limit=400):
    """Let the store tidy up until there is nothing more to do."""
    while store.tidy():
        limit -= 1
        assert limit, "tidying does not end"


class CutFlash(Flash):
    """Calls probe(operation, arguments) before each program and erase."""

    probe = None

    def program(self, sector, off, buf):
        if self.probe:
            self.probe("program", (sector, off, bytes(buf)))
        Flash.program(self, sector, off, buf)

    def erase(self, sector):
        if self.probe:
            self.probe("erase", (sector,))
        Flash.erase(self, sector)

    def damaged(self, operation, arguments, damage, seed):
        """Another flash that has been cut in this operation, and is powered again."""
        other = CutFlash(self.count)
        other.data[:] = self.data
        other.cycles[:] = self.cycles
        other.weak = set(self.weak)
        other.cut(0, damage, seed)
        try:
            getattr(Flash, operation)(other, *arguments)
            raise AssertionError("nothing was cut")
        except PowerCut:
            other.power()
        return other


class Player:
    """A store that is used, and what it must hold. allowed: key -> the values that may be read.
    wholly: during a factory reset the two sets of values of which one must be there.
    """

    def __init__(self, flash, allowed=None, used=0, plan=PLAN):
        self.flash = flash
        self.plan = plan
        self.allowed = dict(allowed or {})
        self.used = used  # the highest number that was taken from the counter
        self.wholly = None
        self.open()

    def open(self):
        self.store = Store(self.flash, self.plan, SERIAL)
        self.counter = self.store.counter(COUNTER)

    # -- what the meter does -----------------------------------------------------------------------

    def put(self, key, octets):
        before = self.allowed.get(key, [_ABSENT])
        self.allowed[key] = before + [octets]
        if self.store.journal.put(key, octets, 0, len(octets)):
            self.allowed[key] = [octets]
            return True
        return False

    def remove(self, key):
        self.allowed[key] = self.allowed.get(key, [_ABSENT]) + [_ABSENT]
        if self.store.journal.remove(key):
            self.allowed[key] = [_ABSENT]
            return True
        return False

    def take(self, n=1):
        for _ in range(n):
            if self.counter.take():
                number = int.from_bytes(self.counter.value, "big")
                assert number > self.used, "counter: %d after %d" % (number, self.used)
                self.used = number

    def reset(self):
        """A factory reset; the meter is then built anew."""
        before = self.values()
        after = {key: octets for key, octets in before.items() if key < keys.CLEARED}
        self.wholly = (before, after)
        good = self.store.reset()
        if good:
            self.wholly = None
            self.allowed = {key: [octets] for key, octets in after.items()}
            self.open()
        return good

    # -- what is there -----------------------------------------------------------------------------

    def values(self):
        """Every value in the journal, by key."""
        found = {}
        buf = bytearray(_MOST)
        for key in range(1, keys.COUNT):
            if not self.store.journal._sizes[key]:
                continue
            n = self.store.journal.get(key, buf, 0, _MOST)
            if n >= 0 and not is_own(key):
                found[key] = bytes(buf[:n])
        return found

    def check(self):
        """Everything that must be there is there, and nothing else."""
        found = self.values()
        if self.wholly:
            assert found in self.wholly, "a reset that is neither done nor not"
            return
        for key in set(found) | set(self.allowed):
            got = found.get(key, _ABSENT)
            assert got in self.allowed.get(key, [_ABSENT]), "key %d: %r, allowed %r" % (
                key,
                got,
                self.allowed.get(key, [_ABSENT]),
            )

    def after_cut(self, flash):
        """Another player, with this store as it is found on a flash whose supply was cut; checked."""
        other = Player(flash, self.allowed, self.used, self.plan)
        other.wholly = self.wholly
        other.check()
        other.wholly = None
        other.allowed = {key: [octets] for key, octets in other.values().items()}
        return other


def is_own(key):
    """Whether a record belongs to the store itself."""
    return key in (keys.IDENTITY, keys.RESET) or keys.RINGS <= key < keys.COUNTERS + keys.COUNTER_COUNT


class Cuts:
    """Cuts a scenario everywhere. every: of the cuts of the recovery one in so many; 1 for all.

    cuts, second: numbers of cuts tried, in the scenario and in the recovery from one.
    """

    def __init__(self, player, every, recover):
        self.player = player
        self.every = every
        self.recover = recover
        self.cuts = 0
        self.second = 0
        self._turn = 0
        player.flash.probe = self._probe

    def _probe(self, operation, arguments):
        for damage in DAMAGES:
            self.cuts += 1
            flash = self.player.flash.damaged(operation, arguments, damage, self.cuts)
            self._recovered(flash)

    def _recovered(self, flash):
        """Open a damaged store, go on with it, and cut that too."""
        if self.every:
            flash.probe = self._before_open
            self._at = (flash, self.player)
        other = self.player.after_cut(flash)
        flash.probe = self._second
        self._at = (flash, other)
        self.recover(other)
        flash.probe = None
        other.check()
        other.open()
        other.check()

    def _before_open(self, operation, arguments):
        self._second(operation, arguments)

    def _second(self, operation, arguments):
        if not self.every:
            return
        flash, player = self._at
        for damage in DAMAGES:
            self._turn += 1
            if self._turn % self.every:
                continue
            self.second += 1
            last = player.after_cut(flash.damaged(operation, arguments, damage, self._turn))
            assert last.put(keys.CLEARED + 90, b"after the second cut")
            last.check()
            last.open()
            last.check()
