"""Ranges of octets on a flash, programmed page by page and read back."""

from flash import PAGE, SECTOR, Flash, PowerCut, Random
from store.health import ERASES, FAILED_ERASES, FAILED_PROGRAMS, FAILED_READS, PROGRAMS, Health
from store.octets import crc
from store.pages import Pages

REQ = {"*": ("I-02",)}


def made(view=False):
    flash = Flash(4, view)
    return flash, Pages(flash, Health(((0, 1), (1, 3))))


def cases():
    for view in (False, True):
        for case in (ranges, copies, crcs):
            yield case.__name__ + ("_in_view" if view else ""), case, (view,)


def ranges(view):
    """A range stands where it was programmed and leaves everything else as it was."""
    flash, pages = made(view)
    random = Random(5)
    for off, n in ((0, 16), (16, 200), (250, 20), (1000, 700), (4095, 1), (4000, 50)):
        data = random.octets(n)
        assert pages.program(2, off, b"abc" + data, 3, n)
        back = bytearray(n + 2)
        assert pages.read(2, off, back, 1, n)
        assert back == b"\0" + data + b"\0"
        at = 2 * SECTOR + off
        assert flash.data[at : at + n] == data
    assert not pages.blank(2, 0, SECTOR)
    assert pages.blank(2, 300, 700) and pages.blank(1, 0, SECTOR) and pages.blank(3, 0, SECTOR)
    assert pages.erase(2) and pages.blank(2, 0, SECTOR)
    assert pages.health.count(ERASES) == 1 and pages.health.count(PROGRAMS) == flash.programs


def copies(view):
    flash, pages = made(view)
    data = Random(6).octets(900)
    assert pages.program(0, 100, data, 0, 900)
    assert pages.copy(0, 100, 3, 333, 900)
    assert flash.data[3 * SECTOR + 333 : 3 * SECTOR + 1233] == data
    pages.seek(3, 333)
    assert pages.same(b"x" + data, 1, 900)
    assert not pages.same(b"\0", 0, 1)
    pages.seek(3, 333)
    assert not pages.same(data[:899] + b"\0\0", 0, 900)


def crcs(view):
    _, pages = made(view)
    data = Random(7).octets(900)
    assert pages.program(0, 100, data, 0, 900)
    one, two = bytearray(4), bytearray(5)
    crc(one, 0, data, 0, 900)
    assert pages.crc(two, 1, 0, 100, 900)
    assert two[1:] == one


def test_zeros_make_a_record_count_no_more():
    flash, pages = made()
    assert pages.program(1, 8, b"abcdefgh", 0, 8)
    assert pages.zero(1, 10, 4)
    assert flash.data[SECTOR + 8 : SECTOR + 16] == b"ab\0\0\0\0gh"


def test_a_page_that_does_not_hold_is_noticed():
    flash, pages = made()
    flash.fail(1, 0, "program")
    held = pages.program(1, 200, b"\0" * 100, 0, 100)
    assert not held and pages.health.count(FAILED_PROGRAMS) == 1
    assert flash.programs == 1, "stops at the first page that does not hold"


def test_errors_of_the_device_are_results():
    for how, counter in (
        ("program error", FAILED_PROGRAMS),
        ("erase error", FAILED_ERASES),
        ("read error", FAILED_READS),
    ):
        flash, pages = made()
        flash.fail(1, 0, how)
        buf = bytearray(b"xxxx")
        assert pages.program(1, 0, b"abcd", 0, 4) == (how == "erase error")
        assert pages.erase(1) == (how == "program error")
        assert pages.read(1, 0, buf, 0, 4) == (how != "read error")
        assert pages.health.count(counter), how
        if how == "read error":
            assert buf == b"\0\0\0\0"


def test_a_sector_that_is_not_blank_when_erased_is_noticed():
    flash, pages = made()
    pages.program(1, 0, b"\0" * 256, 0, 256)
    flash.fail(1, 0, "erase")
    assert not pages.erase(1)
    assert pages.health.count(FAILED_ERASES) == 1


def test_a_weak_erase_is_noticed_at_the_first_program():
    caught = 0
    for seed in range(20):
        flash, pages = made()
        pages.program(1, 0, b"\0" * 256, 0, 256)
        flash.cut(0, "weak", seed)
        try:
            pages.erase(1)
            raise AssertionError("not cut")
        except PowerCut:
            flash.power()
        assert pages.blank(1, 0, SECTOR)
        caught += not pages.program(1, 0, b"\0" * 256, 0, 256)
    assert caught == 20, caught


def test_erases_of_the_most_used_area():
    _, pages = made()
    for sector in (0, 1, 2, 3, 1, 2, 3, 1):
        pages.erase(sector)
    assert pages.health.count(ERASES) == 8
    assert pages.health.most() == 3, "seven erases of three sectors"


def test_the_supply_is_cut_at_every_operation_with_every_damage():
    """The flash of the tests does what it says."""
    before, after = bytes(range(256)), bytes(256)
    for damage in ("nothing", "all", "prefix", "bits", "order", "weak"):
        flash = Flash(2)
        flash.program(0, 0, before)
        flash.cut(1, damage)
        flash.program(0, PAGE, before)
        try:
            flash.program(0, 0, after)
            raise AssertionError("not cut")
        except PowerCut:
            pass
        try:
            flash.read(0, 0, bytearray(1))
            raise AssertionError("no supply")
        except PowerCut:
            flash.power()
        left = bytes(flash.data[:PAGE])
        if damage in ("nothing", "all"):
            assert left == (before if damage == "nothing" else after)
        else:
            assert left != before and left != after
            assert all(left[i] & before[i] == left[i] for i in range(PAGE)), "no bit is set"
