"""Parts of attributes in a Push setup: elements, rows and columns of profiles, and
what is longer than an APDU (F-17).
"""

import limits
from cosem_model import AA, association, begin, element, elements, find, get, items, lu, name, put, structure
from profile_model import LOAD, four, loaded
from push_model import BY_ENTRY, COLUMN, ENERGY, NULL, SUCCESS, Skip, entry, enum, setup, taken

REQ = {"*": ("F-17",), "test_longer_than_an_apdu": ("D-63",)}


def pushed(push, *parts):
    """The values of these elements, one push each."""
    aa = AA(push.aa)
    for part in parts:
        assert put(push, 2, items(part), aa) == SUCCESS, part
        assert elements(push, 2) == [part]
        assert push.trigger() == 0
        yield taken(push)[20:]


def profile_setup(minutes=5, **keys):
    """A Push setup, and the rows of a load profile."""
    if not limits.PUSHES:
        raise Skip("this board sends nothing unasked")
    meter, profile = loaded(minutes, push="127.0.0.1:4060", **keys)
    push = find(meter, "0.0.25.9.0.255")
    push.aa = association(meter, 48)
    push.box.clear()
    return push, profile, elements(profile, 2)


def test_elements_of_attributes():
    push, profile, rows = profile_setup()
    found = pushed(
        push,
        entry(3, "1.0.1.8.0.255", 3, 1),
        entry(3, "1.0.1.8.0.255", 3, 2),
        entry(3, "1.0.1.8.0.255", 3, 3),
        entry(1, "0.0.96.128.0.255", 2, 0x0FFF),
        entry(7, LOAD, 3, 2),
        entry(7, LOAD, 2, 1),
        entry(7, LOAD, 2, len(rows)),
        entry(7, LOAD, 2, len(rows) + 1),
    )
    scaler, unit = get(push.list.directory.objs[push.list.directory.index(name("1.0.1.8.0.255"))], 3)[2:4], b"\x16\x1e"
    assert list(found) == [scaler, unit, NULL, NULL, elements(profile, 3)[1], rows[0], rows[-1], NULL]


def test_rows_of_a_profile():
    """Newest entries, named entries, columns: fifo, and lifo where the newest come first."""
    push, profile, rows = profile_setup()
    assert len(rows) == 5
    newest = [entry(7, LOAD, 2, 0xF000 + n) for n in (1, 2, 5, 255)]
    assert list(pushed(push, *newest)) == [items(*rows[-1:]), items(*rows[-2:]), items(*rows), items(*rows)]
    assert list(pushed(push, entry(7, LOAD, 2, 0xF101))) == [items(structure(rows[-1][2:16]))]
    by_entry = [
        entry(7, LOAD, 2, 0, b"\x02\x02\x16\x02" + structure(lu(a), lu(b)))
        for a, b in ((1, 2), (4, 0), (5, 9), (6, 0), (9, 12))
    ]
    assert list(pushed(push, *by_entry)) == [items(*rows[:2]), items(*rows[3:]), items(rows[4]), items(), items()]
    columns = entry(7, LOAD, 2, 0, BY_ENTRY, items(COLUMN, four(8, "0.0.1.0.0.255", 2)))
    assert list(pushed(push, columns)) == [items(*[structure(row[18:23], row[2:16]) for row in rows[:2]])]
    assert put(profile, 5, enum(2)) == SUCCESS
    rows.reverse()
    assert list(pushed(push, newest[1], by_entry[0])) == [items(*rows[:2])] * 2
    profile.clear()
    assert list(pushed(push, newest[0], by_entry[0], by_entry[1], entry(7, LOAD, 2, 1))) == [
        items(),
        items(),
        items(),
        NULL,
    ]


def test_captured_while_a_client_reads():
    """A push between any two elements that a client reads of the same
    attributes changes neither of them.
    """
    push, profile, rows = profile_setup()
    parts = (
        entry(7, LOAD, 2, 0xF001),
        ENERGY,
        entry(40, "0.0.25.9.0.255", 2, 1),
        entry(8, "0.0.1.0.0.255", 2),
        entry(7, LOAD, 3, 2),
    )
    assert put(push, 2, items(*parts), AA(push.aa)) == SUCCESS
    assert push.trigger() == 0
    first = taken(push)
    for o, k, expected in ((profile, 2, rows), (profile, 3, elements(profile, 3)), (push, 2, list(parts))):
        cur = begin(o, k)
        found = []
        for i in range(cur.n):
            found.append(element(o, k, cur, i))
            assert push.trigger() == 0
            assert taken(push)[5:] == first[5:]
        assert found == expected


def test_longer_than_an_apdu():
    """For a destination that takes blocks its head is kept, with number and time of the
    trigger, after what waits already.
    """
    push, profile, rows = profile_setup(60, push_window=4)
    assert put(push, 2, items(ENERGY), AA(push.aa)) == SUCCESS
    assert push.trigger() == 0
    assert put(push, 2, items(entry(7, LOAD, 2)), AA(push.aa)) == SUCCESS
    assert push.trigger() == 0
    assert push.trigger() == 0
    assert push.box.n == 3 and push.box.lost == 0
    assert len(taken(push)) == 18 + 2 + 5
    time = bytes(push.common.clock.a[2][2:])
    for number in (2, 3):
        assert taken(push) == bytes((0x0F, 0, 0, 0, number, 0x0C)) + time


def test_no_blocks_on_a_board_without_them():
    if not limits.PUSHES:
        raise Skip("this board sends nothing unasked")
    from meter import unsolicited

    kept = unsolicited.limits

    class Without:
        GBT_WINDOW = 0

    unsolicited.limits = Without
    try:
        setup(push_window=4)
        raise AssertionError("taken")
    except ValueError as e:
        assert "push_window" in str(e)
    finally:
        unsolicited.limits = kept
