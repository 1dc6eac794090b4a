"""A ring of rows: appended, found again after a restart, given up
oldest first; emptied, shaped anew.
"""

from ring_rig import Box, contents, row_of, tidy
from store.health import CORRUPT, ERASES, PROGRAMS, TORN

REQ = {
    "*": ("I-03",),
    "test_a_corrupt_row_*": ("I-01", "I-05"),
    "test_a_row_*": ("I-01",),
    "figures": ("I-06",),
    "test_emptied_*": ("I-04",),
}


def cases():
    for view in (False, True):
        for size in (1, 8, 40, 129, 250, 600, 1400):
            yield "kept-{}{}".format(size, "-in-view" if view else ""), kept, (size, view)
        for count in (3, 5):
            yield "reopened-at-each-row-{}{}".format(count, "-in-view" if view else ""), reopened, (count, view)
    yield "figures", figures, ()


def kept(size, view):
    """Three times round: the newest rows are there, as many as fit, and again after a restart."""
    box = Box(4, view)
    rows = box.opened(size)
    depth = rows.fitting(size)
    assert depth == rows.depth == rows.limit == 2 * ((4096 - 16) // (size + 4))
    step = max(1, depth // 7)
    for n in range(2 * depth + 5):
        assert rows.append(row_of(n, size))
        if n % 3 == 0:
            tidy(rows)
        if n % step == 0 or n > 2 * depth:
            assert rows.last == n + 1
            assert rows.last - rows.first + 1 == min(n + 1, depth)
            row = bytearray(size)
            for sequence in (rows.first, rows.last, (rows.first + rows.last) // 2):
                assert rows.read(sequence, row)
                assert row == row_of(sequence - 1, size), (n, sequence)
    expected = [row_of(n, size) for n in range(depth + 5, 2 * depth + 5)]
    assert contents(rows) == expected
    again = box.opened(size)
    assert (again.first, again.last) == (rows.first, rows.last)
    assert contents(again) == expected
    assert box.flash.twice == 0
    assert box.health.count(CORRUPT) == box.health.count(TORN) == 0


def reopened(count, view):
    """A restart after each row, with and without housekeeping: nothing is written to open."""
    size = 700
    box = Box(count, view)
    rows = box.opened(size)
    for n in range(2 * rows.depth + 7):
        assert rows.append(row_of(n, size))
        if n % 2:
            tidy(rows)
        operations = box.flash.operations
        rows = box.opened(size)
        assert box.flash.operations == operations
        low = max(0, n + 1 - rows.depth)
        assert contents(rows) == [row_of(k, size) for k in range(low, n + 1)]
    assert box.flash.twice == 0


def figures():
    """Eight columns, about 40 octets: at most 13 erases and 1,200 programs for
    1,000 rows; the sectors wear alike.
    """
    box = Box(12)
    rows = box.opened(40)
    for n in range(2000):
        rows.append(row_of(n, 40))
        tidy(rows)
    programs, erases = box.health.count(PROGRAMS), box.health.count(ERASES)
    for n in range(5000):
        rows.append(row_of(n, 40))
        tidy(rows)
    programs, erases = box.health.count(PROGRAMS) - programs, box.health.count(ERASES) - erases
    assert erases <= 65, erases
    assert programs <= 6000, programs
    cycles = box.flash.cycles[1:13]
    assert max(cycles) - min(cycles) <= 1, cycles
    assert max(cycles) == box.health.most()


def test_the_limit_of_rows():
    box = Box(3)
    rows = box.opened(500)
    assert rows.depth == 8
    for n in range(7):
        rows.append(row_of(n, 500))
    assert rows.restrict(3)
    assert contents(rows) == [row_of(n, 500) for n in (4, 5, 6)]
    rows.append(row_of(7, 500))
    assert contents(rows) == [row_of(n, 500) for n in (5, 6, 7)]
    # the limit is restored before the rows are opened
    rows = box.open()
    rows.restrict(3)
    rows.shape(500)
    assert rows.limit == 3
    assert contents(rows) == [row_of(n, 500) for n in (5, 6, 7)]
    # a higher one does not bring rows back, now or after a restart
    operations = box.flash.operations
    assert rows.restrict(8)
    assert box.flash.operations == operations + 1
    assert contents(rows) == contents(box.opened(500)) == [row_of(n, 500) for n in (5, 6, 7)]
    box.limit = 2
    assert box.opened(500).limit == 2


def test_emptied_and_shaped_anew():
    box = Box(3)
    rows = box.opened(300, 1)
    for n in range(9):
        rows.append(row_of(n, 300))
    last = rows.last
    programs = box.flash.programs
    assert rows.clear()
    assert box.flash.programs == programs + 1, "the mark alone is written"
    assert rows.first > rows.last == rows.cleared >= last
    for again in (rows, box.opened(300, 1)):
        assert contents(again) == []
        assert again.first > last
    rows = box.opened(300, 1)
    assert rows.append(row_of(20, 300))
    for again in (rows, box.opened(300, 1)):
        assert contents(again) == [row_of(20, 300)]
    rows = box.opened(300, 1)
    assert rows.first > last
    # other columns of the same size, of another size
    assert rows.shape(300, 2)
    assert contents(rows) == []
    assert rows.append(row_of(21, 300))
    assert rows.shape(100, 3)
    assert rows.append(row_of(22, 100))
    assert contents(rows) == contents(box.opened(100, 3)) == [row_of(22, 100)]
    # rows that mean something else are not taken over
    rows = box.opened(100, 4)
    assert contents(rows) == []
    assert rows.cleared == rows.last
    assert contents(box.opened(100, 3)) == []
    assert box.flash.twice == 0


def test_emptied_when_its_mark_is_gone():
    """Then no header counts, and the next generation is above all that are there."""
    box = Box(3)
    rows = box.opened(300)
    for n in range(9):
        rows.append(row_of(n, 300))
    rows.clear()
    rows.append(row_of(9, 300))
    generation = rows.generation
    box.flash.erase(4)
    rows = box.opened(300)
    assert contents(rows) == []
    assert rows.generation > generation
    rows.append(row_of(10, 300))
    assert contents(box.opened(300)) == [row_of(10, 300)]


def test_emptied_not_when_the_mark_does_not_hold():
    box = Box(3)
    rows = box.opened(300)
    for n in range(5):
        rows.append(row_of(n, 300))
    rows._store.save = lambda buf: False
    assert not rows.clear()
    assert not rows.shape(100, 5)
    assert rows.size == 300
    assert contents(rows) == [row_of(n, 300) for n in range(5)]
    assert rows.append(row_of(5, 300))
    assert contents(box.opened(300)) == [row_of(n, 300) for n in range(6)]


def test_no_room():
    rows = Box(3).open()
    assert rows.fitting(40) == 92
    assert rows.fitting(4076) == 1
    assert rows.fitting(4077) == 0
    assert not rows.shape(4077)
    assert not rows.shape(0)
    assert not rows.due()
    assert not rows.tidy()


def flipped(view):
    """Rows of which two in the middle and one elsewhere are corrupt, opened anew."""
    box = Box(4, view)
    rows = box.opened(100)
    for n in range(70):
        rows.append(row_of(n, 100))
    for n in (4, 5, 50):
        sector = 1 + rows.sector(n // rows.per)
        box.flash.flip(sector, 16 + n % rows.per * 104 + n % 100, 8)
    return box, box.opened(100)


def test_a_corrupt_row_is_told_and_counted_once():
    for view in (False, True):
        box, rows = flipped(view)
        expected = [row_of(n, 100) if n not in (4, 5, 50) else None for n in range(70)]
        assert contents(rows) == expected
        counted = box.health.count(CORRUPT)
        assert counted == 3, "parts of sectors that have one"
        assert contents(rows) == expected
        assert box.health.count(CORRUPT) == counted


def test_a_row_in_the_place_of_another_is_none():
    """The CRC goes over the number as well."""
    box = Box(3)
    rows = box.opened(100)
    for n in range(9):
        rows.append(row_of(n, 100))
    at = (1 + rows.sector(0)) * 4096 + 16
    box.flash.data[at + 4 * 104 : at + 5 * 104] = box.flash.data[at + 2 * 104 : at + 3 * 104]
    assert contents(box.opened(100)) == [row_of(n, 100) if n != 4 else None for n in range(9)]


def test_a_corrupt_row_ends_what_is_shown_with_it():
    for view in (False, True):
        box, rows = flipped(view)
        for sequence in range(rows.first, rows.last + 1):
            rows.hold(sequence)
            if sequence in (5, 6, 51):
                assert rows.newer == rows.older() == 0
                continue
            newer = [rows.at + k * rows.stride for k in range(min(rows.newer, rows.last - sequence + 1))]
            older = [rows.at - k * rows.stride for k in range(rows.older())]
            assert newer and older
            for k in range(len(newer)):
                assert bytes(rows.page[newer[k] : newer[k] + 100]) == row_of(sequence - 1 + k, 100), sequence
            for k in range(len(older)):
                assert bytes(rows.page[older[k] : older[k] + 100]) == row_of(sequence - 1 - k, 100), sequence


def test_a_corrupt_row_when_a_header_is_lost():
    """The rows of that sector are corrupt, those before and after it are there."""
    box = Box(5)
    rows = box.opened(500)
    for n in range(26):
        rows.append(row_of(n, 500))
    assert rows.per == 8
    box.flash.flip(1 + rows.sector(2), 9)
    rows = box.opened(500)
    expected = [None if 16 <= n < 24 else row_of(n, 500) for n in range(2, 26)]
    assert contents(rows) == expected
    assert box.health.count(CORRUPT)
    for n in range(26, 60):
        assert rows.append(row_of(n, 500))
        tidy(rows)
        expected = (expected + [row_of(n, 500)])[-24:]
        assert contents(rows) == expected, n


def test_a_corrupt_row_when_the_flash_cannot_be_read():
    box = Box(3)
    rows = box.opened(500)
    for n in range(4):
        rows.append(row_of(n, 500))
    assert contents(rows) == [row_of(n, 500) for n in range(4)]
    box.flash.fail(1 + rows.sector(0), 0, "read error")
    assert contents(rows) == [None] * 4
