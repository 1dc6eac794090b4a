"""Sectors and pages of a ring that fail, and sectors whose erase was
cut, so that their cells are weak.
"""

from flash import Flash, PowerCut
from ring_rig import Box, contents, row_of, tidy
from store.health import FAILED_ERASES, FAILED_PROGRAMS, FAILED_READS

REQ = {"*": ("I-08",), "a-page-*": ("I-02", "I-08"), "weak-*": ("I-07",)}
SIZE = 500  # 8 rows a sector


def cases():
    for how in ("program", "program error", "erase", "erase error"):
        yield "a-page-fails-" + how.replace(" ", "-"), one_fails, (how,)
        yield "everything-fails-" + how.replace(" ", "-"), all_fail, (how,)
    for view in (False, True):
        yield "weak-cells{}".format("-in-view" if view else ""), weak, (view,)


def newest(rows, n):
    """The rows in use are the newest of the n that were appended; returns how many."""
    found = contents(rows)
    assert found == [row_of(k, SIZE) for k in range(n - len(found), n)], n
    return len(found)


def one_fails(how):
    """Whichever sector fails, at whichever cycle: no new row is lost, and of
    the old ones a sector's at most.
    """
    for sector in range(1, 5):
        for cycle in range(3):
            box = Box(4)
            box.flash.fail(sector, cycle, how)
            rows = box.opened(SIZE)
            for n in range(70):
                assert rows.append(row_of(n, SIZE)), (sector, cycle, n)
                if n % 3:
                    tidy(rows)
                if n % 9 == 0:
                    rows = box.opened(SIZE)
                if n % 4 == 0:
                    assert newest(rows, n + 1) >= min(n + 1, rows.depth - rows.per), (sector, cycle, n)
            assert box.flash.twice == 0


def all_fail(how):
    """From some moment on nothing holds any more: rows are refused, those that are there stay but
    for three sectors, and housekeeping comes to an end.
    """
    for filled in (13, 16, 30, 40):
        box = Box(6)
        rows = box.opened(SIZE)
        for n in range(filled):
            assert rows.append(row_of(n, SIZE))
        kept = newest(rows, filled)
        for sector in range(1, 7):
            box.flash.fail(sector, 0, how)
        n = filled
        refused = 0
        for _ in range(70):
            if rows.append(row_of(n, SIZE)):
                n += 1
            else:
                refused += 1
            tidy(rows)
        assert refused
        assert newest(rows, n) >= min(kept, rows.depth - 3 * rows.per)
        assert box.health.count(FAILED_PROGRAMS if "program" in how else FAILED_ERASES)


def weak(view):
    """An erase is cut and the sector reads as blank: it is erased again
    before anything is put there.
    """
    tried = 0
    for filled in range(7, 26, 2):
        for k in range(40):
            box = Box(3, view)
            rows = box.opened(SIZE)
            for n in range(filled):
                assert rows.append(row_of(n, SIZE))
            box.flash.cut(k, "weak", k)
            try:
                for n in range(filled, filled + 9):
                    rows.append(row_of(n, SIZE))
                    rows.tidy()
                break
            except PowerCut:
                pass
            if not box.flash.weak:
                continue
            tried += 1
            rows = box.opened(SIZE)
            last = rows.last
            for n in range(last, last + 30):
                assert rows.append(row_of(n, SIZE))
                rows.tidy()
            assert newest(rows, last + 30) == rows.depth
            assert box.flash.on_weak == 0
            assert box.health.count(FAILED_PROGRAMS) == 0
    assert tried >= 5, tried


def test_a_read_that_fails_is_not_taken_for_a_row():
    box = Box(4)
    rows = box.opened(SIZE)
    for n in range(16):
        assert rows.append(row_of(n, SIZE))
    assert newest(rows, 16) == 16
    box.flash.fail(1 + rows.sector(0), 0, "read error")
    assert contents(rows) == [None] * 8 + [row_of(n, SIZE) for n in range(8, 16)]
    assert box.health.count(FAILED_READS)


def test_a_page_that_loses_bits_later_moves_with_its_sector():
    """Rows that are corrupt already are so in the place that they move to."""
    box = Box(4)
    rows = box.opened(SIZE)
    for n in range(5):
        assert rows.append(row_of(n, SIZE))
    at = box.flash.data
    place = (1 + rows.sector(0)) * 4096
    at[place + 16 + 5 * 504] = 0  # after the last row: as a cut leaves it
    at[place + 16 + 2 * 504 + 100] ^= 4
    rows = box.opened(SIZE)
    assert rows.due()
    expected = [row_of(n, SIZE) if n != 2 else None for n in range(5)]
    assert contents(rows) == expected
    old = rows.sector(0)
    tidy(rows)
    assert rows.sector(0) != old
    assert contents(rows) == expected
    assert rows.append(row_of(5, SIZE))
    assert contents(box.opened(SIZE)) == expected + [row_of(5, SIZE)]


def test_the_tests_have_teeth():
    """A flash that fails without a word would lose the row: reading back is what notices."""
    flash = Flash(1)
    flash.fail(0, 0, "program")
    page = b"\x00" * 256
    flash.program(0, 0, page)
    assert flash.data[:256] != page
