"""Long answers where blocks were not negotiated: what changes between the passes and
between slices, and who is served meanwhile.
"""

from dlms.codec import axdr
from rig import LIST, PAIR, TEXT, THING, tohex, unhex
from whole_rig import GET, PLAIN, REFUSED, new, short, value, walk

REQ = {
    "test_changed*": ("D-117", "D-118"),
    "test_rows*": ("D-17", "D-118"),
    "test_raised*": ("D-118",),
    "test_slices*": ("D-119",),
    "test_transfers*": ("D-119",),
    "test_unconfirmed": ("B-09", "D-116"),
}


# -- between the passes ----------------------------------------------------------------------------


def test_changed_values_keep_their_length():
    """A text becomes shorter or longer between any two slices: the answer
    is one of the two, whole.
    """
    ask = "C003C103" + THING + "0200" + LIST + "0200" + THING + "0200"
    for text in (b"", b"xy", b"a much longer text"):

        def change(rig, text=text):
            rig.thing.a[2] = axdr.octets(text)

        seen = 0
        for rig, got, at in walk(new, ask, change):
            forms = ["00" + tohex(axdr.octets(old)) for old in (b"abc", text)]
            answers = ["C403C103" + first + "00" + value(rig) + last for first in forms for last in forms]
            assert got in answers, (at, got[:20])
            seen |= 1 << answers.index(got)
        assert seen & 1, "nothing changed in time"


def test_changed_numbers_are_told_as_they_were_or_are():
    """Numbers that do not find room on the tape are read again, and have their length."""
    ask = "C003C108" + (TEXT + "0200") * 4 + (PAIR + "0200") * 4

    def change(rig):
        rig.pair.a[2] = axdr.unsigned(8)

    for rig, got, _ in walk(new, ask, change):
        assert len(got) == 2 * (4 + 4 * 305 + 4 * 3)
        assert got.replace("001108", "001107") == "C403C108" + ("00" + tohex(rig.text.a[2])) * 4 + "001107" * 4


def test_changed_rows_are_those_of_the_start():
    """More rows come, or fewer are there, between the passes: those of the start are sent."""
    ask = "C003C102" + LIST + "0200" + LIST + "0200"
    for rows in (1, 40):

        def change(rig, rows=rows):
            rig.filled.rows = rows

        for rig, got, at in walk(new, GET, change):
            assert got == "C401C100" + value(rig), at
        for rig, got, at in walk(new, ask, change):
            # the second value is opened when its turn comes
            second = got[8 + 2 + len(value(rig)) :]
            assert got.startswith("C403C102" + "00" + value(rig)), at
            assert second == "00" + value(rig) or second.startswith(f"0001{rows:02X}"), at


def test_changed_length_that_cannot_be_kept():
    """A text that is read twice, because the tape is full, and is a longer or shorter one the
    second time: the connection has to end.
    """
    ask = "C003C106" + (TEXT + "0200") * 6
    for size in (290, 310):

        def change(rig, size=size):
            rig.text.a[2] = axdr.octets(bytes(size))

        ends = set()
        for rig, got, at in walk(new, ask, change):
            if got == "BROKEN":
                assert "WARN answer-cut-short" in rig.notes[-1]
            else:
                assert len(unhex(got)) == length_of_texts(got, 6), at
            assert rig.link.streaming is None
            assert rig.server.transfers.free == 3
            ends.add(got == "BROKEN")
        assert ends == {True, False}


def length_of_texts(got, n):
    """Length of a list of n long octet-strings as its own header shows it."""
    octets = unhex(got)
    p = 4
    for _ in range(n):
        assert octets[p : p + 3] == b"\x00\x09\x82"
        p += 5 + (octets[p + 3] << 8 | octets[p + 4])
    return p


def test_rows_overwritten_or_cleared():
    """While it is measured the answer is refused as at its start; what is announced
    already ends with the connection.
    """
    for fault in (-14, -15):

        def change(rig, fault=fault):
            rig.filled.stop = rig.filled.n
            rig.filled.fault = fault

        seen = set()
        for rig, got, at in walk(new, GET, change):
            if got not in (f"C401C1010{-fault:X}", "BROKEN"):
                # nothing changed, or too late
                assert rig.filled.stop < 0 or at >= len(rig.slices) - 1, at
                rig.filled.stop = -1
                assert got == "C401C100" + value(rig)
            seen.add(got[:10])
            assert rig.link.streaming is None
            assert rig.server.transfers.free == 3
        assert {"BROKEN", f"C401C1010{-fault:X}", "C401C10001"} <= seen, seen


def test_rows_gone_of_a_read():
    def change(rig):
        rig.filled.stop = rig.filled.n

    rig = short()
    ask = "050102" + rig.attribute(LIST, 2)
    seen = {got[:8] for _, got, _ in walk(short, ask, change)}
    assert {"BROKEN", "0C01010E"} <= seen, seen


def test_raised_while_measuring_or_writing():
    def change(rig):
        def element(k, cur, i, buf, off):
            raise ValueError("planted")

        rig.filled.element = element

    seen = set()
    for rig, got, _ in walk(new, GET, change):
        seen.add(got[:10])
        assert rig.link.streaming is None
        assert rig.server.transfers.free == 3
    assert {"BROKEN", "C401C10101"} <= seen, seen


# -- slices ----------------------------------------------------------------------------------------


def test_slices_are_short():
    """No slice reads more than one element, and at the end looks for another, or sends more
    than the buffer of the connection holds.
    """
    rig = new()
    rig.filled.fill(65000)
    counts = []
    element = rig.filled.element

    def counted(k, cur, i, buf, off):
        counts[-1] += 1
        return element(k, cur, i, buf, off)

    rig.filled.element = counted
    rig.between = lambda sent: counts.append(0)
    counts.append(0)
    assert len(rig.ask(GET)) == 2 * 65004
    assert max(counts) <= 2, max(counts)
    assert max(rig.slices) <= 8 + 1024
    assert len(counts) >= 2 * 637


def test_slices_open_one_long_attribute():
    """Choosing rows takes longer than reading one: a list of selections that nothing
    is in has one of them in each slice.
    """
    rig = new()
    rig.filled.rows = 0
    counts = [0]
    open_ = rig.filled.open

    def counted(k, cur):
        counts[-1] += 1
        return open_(k, cur)

    rig.filled.open = counted
    rig.between = lambda sent: counts.append(0)
    assert rig.ask("C003C108" + (LIST + "0200") * 8) == "C403C108" + "000100" * 8
    assert max(counts) == 1 and sum(counts) == 8, counts


def test_slices_and_others():
    """Between two slices another connection is served, and reads the same object."""
    rig = new()
    other = rig.new_link()
    rig.open(0, conformance=PLAIN, link=other)
    answers = []

    def between(sent):
        rig.between = None
        answers.append(rig.ask("C001C1" + PAIR + "0200", link=other))
        answers.append(rig.ask(GET, link=other))
        rig.between = between if len(answers) < 8 else None

    rig.between = between
    want = "C401C100" + value(rig)
    assert rig.ask(GET) == want
    assert answers == ["C401C1001107", want] * 4


def test_transfers_that_are_lacking():
    """Without a free transfer the answer is refused, and nothing else suffers."""
    rig = new()
    held = [rig.server.transfers.take(0) for _ in range(3)]
    assert rig.ask(GET) == REFUSED
    assert rig.ask("C001C1" + PAIR + "0200") == "C401C1001107"
    for transfer in held:
        rig.server.transfers.give(transfer, 0)
    assert rig.ask(GET) == "C401C100" + value(rig)


def test_transfers_are_given_back_when_the_connection_ends():
    rig = new()

    def between(sent):
        rig.server.abort(rig.link)

    rig.between = between
    assert rig.ask(GET) == "GONE"
    assert rig.link.streaming is None
    assert rig.server.transfers.free == 3


def test_unconfirmed():
    """An unconfirmed GET yields nothing, and leaves nothing over."""
    rig = new()
    assert rig.ask("C00181" + LIST + "0200") in ("", "C4018100" + value(rig))
    assert rig.server.transfers.free == 3
