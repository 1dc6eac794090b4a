"""The journal without cuts: what is written and what is not, its limits, records that go
bad, sectors that wear out, counters.
"""

from cut_rig import COUNTER, PLAN, CutFlash, Player, settle, value
from flash import Flash
from store import health, keys
from store.counters import AHEAD
from store.journal import SNAPSHOT
from store.segments import FIRST, LONGEST, room

K = keys.CLEARED
REQ = {
    "test_unchanged*": ("I-11",),
    "test_*limit*": ("I-17",),
    "test_*bad*": ("I-12",),
    "test_*counter*": ("I-13",),
    "test_wears*": ("I-16",),
    "test_*prepared*": ("I-10",),
    "test_record_of*": ("I-10",),
    "fails-*": ("I-16",),
}


def player(sectors=3, flash=None):
    return Player(flash or CutFlash(sectors), plan=((PLAN[0][0], sectors),))


def newest(p, key):
    """Octet of the flash at which the newest record of a key stands."""
    journal = p.store.journal
    return (journal._places[2 * key] << 8 | journal._places[2 * key + 1]) << 4


def spoil(p, key):
    """Let a bit of the newest record of a key go bad."""
    p.flash.data[newest(p, key) + 5] ^= 0x10


def counted(p, what):
    return p.store.health.count(what)


def test_values_of_every_length():
    p = player()
    for n in [0, 1, 7, 8, 9, 23, 24, 25, 255, 256, 257, 512, LONGEST]:
        assert p.put(K, value(1, n, n))
        assert p.store.journal.size(K) == n
        p.open()
        p.check()
    buf = bytearray(20)
    assert p.put(K + 1, b"abc")
    assert p.store.journal.get(K + 1, buf, 5, 2) == -1 and buf == bytearray(20)
    assert p.store.journal.get(K + 1, buf, 5, 3) == 3 and buf[5:8] == b"abc"
    assert p.store.journal.get(K + 2, buf, 0, 20) == -1 and p.store.journal.size(K + 2) == -1
    assert p.remove(K + 1) and p.remove(K + 2)
    p.open()
    p.check()


def test_unchanged_value_writes_nothing():
    p = player()
    assert p.put(K, value(1, 1, 300))
    programs = p.flash.programs
    assert p.put(K, value(1, 1, 300))
    p.open()
    assert p.put(K, value(1, 1, 300))
    assert p.remove(K + 1)
    assert p.flash.programs == programs and p.flash.erases == 0
    # what the memory believes does not count: what the flash holds does
    p.flash.data[newest(p, K) + 299] ^= 1
    assert p.put(K, value(1, 1, 300))
    assert p.flash.programs > programs
    p.open()
    p.check()


def test_limits():
    p = player()
    programs = p.flash.programs
    assert not p.put(K, bytes(LONGEST + 1))
    assert p.flash.programs == programs
    key = K
    while p.put(key, value(key, 1, 100)):
        key += 1
    assert SNAPSHOT - room(100) < p.store.journal.octets <= SNAPSHOT
    programs = p.flash.programs
    assert not p.put(key, value(key, 1, 100))
    assert p.flash.programs == programs
    p.allowed[key] = [None]
    p.check()
    # what is there already can always be put again, shorter, or removed
    for again in range(2, 6):
        for kept in range(K, key):
            assert p.put(kept, value(kept, again, 100))
    assert p.put(K, b"short")
    assert p.remove(K + 1)
    p.open()
    p.check()


def test_limit_leaves_room_for_one_more_of_the_longest():
    p = player()
    assert p.put(K, value(1, 1, LONGEST))
    for key in range(1, 60):
        if not p.put(K + key, value(key, 1, 50)):
            p.allowed[K + key] = [None]
    for again in range(2, 9):
        assert p.put(K, value(1, again, LONGEST))
        p.store.tidy()
    p.open()
    p.check()


def test_bad_record_gives_way_to_the_one_before():
    p = player()
    assert p.put(K, b"one") and p.put(K, b"two") and p.put(K + 1, b"other")
    spoil(p, K)
    p.open()
    assert p.values() == {K: b"one", K + 1: b"other"}
    assert counted(p, health.CORRUPT) == 1 and counted(p, health.TORN) == 0
    # what is put next counts again
    assert p.put(K, b"three")
    p.open()
    p.check()


def test_bad_record_is_noticed_when_it_is_read():
    p = player()
    assert p.put(K, b"one") and p.put(K, b"two") and p.put(K + 1, b"other")
    spoil(p, K)
    buf = bytearray(9)
    assert p.store.journal.get(K, buf, 0, 9) == 3 and buf[:3] == b"one"
    assert counted(p, health.CORRUPT) == 1
    assert p.put(K, b"two")
    p.open()
    p.check()


def test_bad_copy_gives_way_to_the_segment_before():
    p = player()
    for key in range(12):
        assert p.put(K + key, value(key, 1, 100))
    generation = p.store.journal.generation
    while p.store.journal.generation == generation:
        assert p.put(K, value(0, p.flash.programs, 100))
    spoil(p, K + 5)
    p.open()
    p.check()
    assert counted(p, health.CORRUPT) == 1
    # the segment that it stands in is left alone until it is copied
    for again in range(150):
        assert p.put(K, value(0, again, 100))
        if again % 2:
            p.store.tidy()
    assert p.store.journal.generation > generation + 3
    p.open()
    p.check()
    assert counted(p, health.CORRUPT) == 0


def test_bad_copy_is_not_erased_before_it_is_copied():
    """The segment before holds the only record of a key, and the third
    segment does not become blank.
    """
    p = player()
    for key in range(12):
        assert p.put(K + key, value(key, 1, 100))
    generation = p.store.journal.generation
    while p.store.journal.generation == generation:
        assert p.put(K, value(0, p.flash.programs, 100))
    spoil(p, K + 5)
    p.flash.fail(2, 0, "erase error")
    p.open()
    for again in range(60):
        p.put(K, value(0, again, 100))
        p.store.tidy()
    p.open()
    p.check()
    assert p.values()[K + 5] == value(5, 1, 100)


def test_bad_header_counts_by_its_second():
    p = player()
    assert p.put(K, b"one")
    p.flash.data[9] ^= 1
    p.open()
    p.check()


def test_record_of_an_earlier_life_does_not_count():
    """What an interrupted erase has left of records is none when the sector has another header."""
    p = player()
    for again in range(60):
        assert p.put(K + again % 3, value(again % 3, again, 100))
    old = bytes(p.flash.data)
    base = p.store.journal.current << 12
    generation = p.store.journal.generation
    while p.store.journal.generation < generation + 3:
        assert p.put(K, value(1, p.flash.programs, 100))
    assert p.store.journal.current << 12 == base
    end = base + p.store.journal.end
    p.flash.data[end : base + 4096] = old[end : base + 4096]
    p.open()
    p.check()


def test_bad_only_record_is_lost_alone():
    p = player()
    assert p.put(K, b"one") and p.put(K + 1, b"two")
    spoil(p, K)
    p.open()
    assert p.values() == {K + 1: b"two"} and counted(p, health.CORRUPT) == 1


def test_bad_record_while_a_segment_is_prepared():
    p = player()
    for again in range(4):
        for key in range(8):
            assert p.put(K + key, value(key, again, 100))
    spoil(p, K + 6)
    p.allowed[K + 6] = [value(6, 2, 100)]
    settle(p.store)
    assert p.store.journal.generation == 2
    p.check()
    p.open()
    p.check()


def test_prepared_segment_is_used():
    """A put does not copy when there was time to tidy."""
    p = player()
    most = 0
    for again in range(200):
        programs = p.flash.programs + p.flash.erases
        assert p.put(K + again % 8, value(again % 8, again, 150))
        most = max(most, p.flash.programs + p.flash.erases - programs)
        settle(p.store)
    assert p.store.journal.generation > 4
    assert most <= 2


def test_prepared_without_end_is_impossible():
    """Tidying ends, however full the journal is, and a segment is not turned to for nothing."""
    p = player()
    key = K
    while p.put(key, value(key, 1, 40)):
        settle(p.store)
        key += 1
    p.allowed[key] = [None]
    erases = p.flash.erases
    for _ in range(20):
        settle(p.store)
    assert p.flash.erases == erases
    p.open()
    p.check()
    settle(p.store)
    assert p.flash.erases <= erases + 1


def test_counter_is_reserved_ahead():
    p = player()
    programs = p.flash.programs
    p.take(AHEAD)
    assert p.used == AHEAD and p.flash.programs == programs + 1
    p.take()
    assert p.flash.programs == programs + 2
    p.open()
    p.take()
    assert p.used == 2 * AHEAD + 1


def test_counter_stays_ahead_of_lost_reservations():
    p = player()
    p.take(3 * AHEAD)
    assert p.put(K, b"after")
    spoil(p, keys.COUNTERS + COUNTER)
    p.open()
    p.take()
    assert counted(p, health.CORRUPT) == 1


def test_counter_that_cannot_be_reserved():
    p = player()
    p.take(AHEAD)
    for sector in range(3):
        p.flash.fail(sector, 0, "program error")
    before = bytes(p.counter.value)
    assert not p.counter.take() and p.counter.value == before


def test_counter_ends_at_32_bits():
    p = player()
    last = bytes([0xFF, 0xFF, 0xFF, 0x00])
    assert p.store.journal.put(keys.COUNTERS, last, 0, 4)
    p.open()
    assert not p.counter.take()
    assert p.counter.value == last


def test_wears_evenly():
    p = player(4)
    for again in range(600):
        assert p.put(K + again % 5, value(again % 5, again, 150))
        if again % 3 == 0:
            settle(p.store)
    assert max(p.flash.cycles) - min(p.flash.cycles) <= 2
    assert p.flash.twice == 0


def wears_out(sector, cycle, how):
    """One sector of four fails from an erase cycle on: whatever is acknowledged is there."""
    flash = CutFlash(4)
    flash.fail(sector, cycle, how)
    p = player(4, flash)
    refused = 0
    for again in range(160):
        key = K + again % 7
        refused += not p.put(key, value(again % 7, again, 60 + 20 * (again % 7)))
        if again % 5 == 0:
            p.store.tidy()
        if again % 23 == 0:
            p.take(50)
        if again % 40 == 0:
            p.check()
            p.open()
            p.check()
    p.open()
    p.check()
    if how != "read error":
        assert refused == 0, refused
    assert p.store.journal.generation > 3


def cases():
    for how in ("program", "erase", "program error", "erase error"):
        for cycle in (0, 1, 2):
            for sector in range(4):
                if cycle or sector:  # a store is not made where nothing holds from the start: see below
                    yield "fails-%s-%d-%d" % (how.replace(" ", "-"), cycle, sector), wears_out, (sector, cycle, how)


def test_wears_out_altogether():
    """Nothing is acknowledged that is not there, when no sector holds any more."""
    p = player()
    for sector in range(3):
        p.flash.fail(sector, 2, "program")
    good = bad = 0
    for again in range(200):
        if p.put(K + again % 4, value(again % 4, again, 100)):
            good += 1
        else:
            bad += 1
        if again % 3 == 0:
            p.store.tidy()
        p.check()
    assert good > 40 and bad > 40
    p.open()
    p.check()


def test_wears_flash_without_a_first_sector():
    flash = Flash(3)
    flash.fail(0, 0, "program")
    p = player(3, flash)
    assert p.put(K, b"one")
    p.open()
    p.check()
    assert FIRST == 32
