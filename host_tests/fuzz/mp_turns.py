"""What one input may cause is limited: of a list of what is dear the first entries are done, and
the others refused with temporary-failure (`dlms.codec.work`). What is not dear is not limited.

The instructions of a turn `counting` counts; these cases show which entries are done.
"""

import sys

from fuzz_apdus import ALL, ALL_SHORT_NAMES, aarq
from fuzz_count import LIST, listed, unhex
from fuzz_tape import Tape

if sys.implementation.name == "micropython":
    from fuzz_rig import Rig
    from fuzz_sessions import Many

    class Turns(Many, Rig):
        pass
else:
    from guarded import TalkedRig as Turns

REQ = {"*": ("I-73",)}

_CLOCK = "0008 0000010000FF"
_NOW = "090C07EA031CFF0C000000800000"
_NOTE = "0001 0000608001FF"
_PROFILE = "0007 0100630100FF"
_ENERGY = "020412000309060100010800FF0F02120000"
_COLUMNS = "0110" + 16 * "020412000809060000010000FF0F02120000"
_WORDS = ["push=127.0.0.1:4060", "depth=3000"]
_DONE, _REFUSED = 0, 2


def rig_of(client=48, conformance=ALL):
    rig = Turns(words=_WORDS)
    assert rig.ask(aarq(Tape(b""), client, conformance), client, 1)[0] == 0x61
    return rig


def some(results, least=2):
    """The first ones are done, at least so many, the others refused."""
    done = 0
    while done < len(results) and results[done] == _DONE:
        done += 1
    assert least <= done < len(results), results
    assert set(results[done:]) == {_REFUSED}, results


def test_set_list():
    rig = rig_of()
    for _ in range(2):  # each input has all that one may have
        answer = rig.ask(listed("C104C1", _CLOCK + "02 00", _NOW), 48, 1)
        assert answer[:4] == unhex("C505C1 20")
        some(list(answer[4:]))
    assert rig.ask(unhex("C101C1" + _CLOCK + "02 00" + _NOW), 48, 1) == unhex("C501C100")


def test_set_list_in_blocks():
    rig = rig_of()
    values = listed("", "", _NOW, 20)[1:]
    answer = rig.ask(listed("C105C1", _CLOCK + "02 00", n=20) + unhex("00 00000001 40") + values[:64], 48, 1)
    assert answer == unhex("C502C1 00000001"), answer.hex()
    answer = rig.ask(unhex("C103C1 01 00000002 81%02X" % (len(values) - 64)) + values[64:], 48, 1)
    assert answer[:4] == unhex("C504C1 14"), answer.hex()
    some(list(answer[4:24]))


def test_sets_of_columns():
    rig = rig_of()
    answer = rig.ask(listed("C104C1", _PROFILE + "03 00", _COLUMNS, 3), 48, 1)
    assert answer == unhex("C505C1 03 00 00 02"), answer.hex()


def test_action_lists():
    rig = rig_of()
    for item, parameter in (
        (_CLOCK + "01", "0F00"),
        (_CLOCK + "06", "100001"),
        (_PROFILE + "02", "0F00"),
    ):
        answer = rig.ask(listed("C303C1", item, parameter), 48, 1)
        assert answer[:4] == unhex("C703C1 20")
        some([answer[4 + 2 * i] for i in range(LIST)])


def test_access():
    rig = rig_of()
    answer = rig.ask(listed("D9 40000001 00", "02" + _CLOCK + "02", _NOW, 20), 48, 1)
    assert answer[:1] == b"\xda"
    some([answer[len(answer) - 39 + 2 * i] for i in range(20)])


def test_write():
    rig = rig_of(80, ALL_SHORT_NAMES)
    clock = [o for o in rig.objects if o.class_id == 8][0]
    name = clock.base + 8
    answer = rig.ask(listed("06", "02%04X" % name, _NOW), 80, 1)
    assert answer[:2] == b"\x0d\x20"
    results = []
    at = 2
    while at < len(answer):
        results.append(answer[at + 1] if answer[at] else 0)
        at += 1 + answer[at]
    some(results)


def test_rows_in_any_order():
    """A restricting column that is not the clock is compared row by row."""
    rig = rig_of()
    for _ in range(2900):
        rig.meter.load_profile.capture()
    rows = _PROFILE + "02 01 01 0204" + _ENERGY + "06 FFFFFFF0 06 FFFFFFFF 0100"
    answer = rig.ask(listed("C003C1", rows, n=8), 48, 1)
    assert answer == unhex("C403C1 08" + "00 0100" + 7 * "01 02"), answer.hex()
    assert rig.ask(unhex("C001C1" + rows), 48, 1) == unhex("C401C1 00 0100")


def test_what_is_not_dear_is_not_limited():
    rig = rig_of()
    answer = rig.ask(listed("C104C1", _NOTE + "02 00", "0600000007"), 48, 1)
    assert answer == unhex("C505C1 20" + LIST * "00")
    answer = rig.ask(listed("C303C1", "0003 0100040800FF 01", "0F00"), 48, 1)
    assert answer == unhex("C703C1 20" + LIST * "0000")
