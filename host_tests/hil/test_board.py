"""A board taken, booted, rescued and given back, on stand-ins: every form of a
target, every rung of the ladder.
"""

from __future__ import annotations

import json
import socket
from types import SimpleNamespace

import pytest
from serial.tools import list_ports

from host_tests.harness.hil.board import KEPT
from host_tests.harness.hil.errors import FirmwareError, HilError
from host_tests.harness.hil.line import Line
from host_tests.harness.hil.locks import DeviceLock
from host_tests.hil.standin import USB_SERIAL

QUICK = {"backfill_days": 0}
OWN = {"bind": "127.0.0.1", "port": 0, "ntp": "", "state": "", "serial": "00000042"}


def files(board):
    return eval(board.execute("import os; print(os.listdir())"))


# -- forms of a target -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["socket", "rfc2217", "pty"])
def test_boot_configuration_and_what_is_put_back(standin, boards, kind):
    """The meter serves with what was asked for, the whole console is kept, and the
    board gets its own configuration back.
    """
    one = standin(kind)
    board = boards(one)
    ready = board.configure({**QUICK, "serial": "00000077"})
    assert (ready.board, ready.port, ready.fields["reset"]) == ("RPI_PICO_W", one.port, "watchdog")
    assert board.execute("print(6 * 7)") == "42\n"
    assert json.loads(board.execute("print(open('config.json').read())"))["serial"] == "00000077"
    assert json.loads(board.execute(f"print(open({KEPT!r}).read())")) == OWN
    board.close()
    log = board.log.read_bytes()
    assert log == board.line.octets(0)
    assert b"READY ip=127.0.0.1" in log
    again = boards(one)
    assert json.loads(again.execute("print(open('config.json').read())")) == OWN
    assert KEPT not in files(again)


def test_usb_that_goes_away_at_each_reset(standin, boards, monkeypatch):
    """A port by its USB serial number: found again under whatever name, nothing of the boot lost."""
    one = standin("pty", usb=True)
    there = SimpleNamespace(device=one.device, vid=0x2E8A, serial_number=USB_SERIAL)
    # FAKE: the system's list of USB ports
    monkeypatch.setattr(list_ports, "comports", lambda: [there])
    board = boards(one, device=f"id:{USB_SERIAL.lower()}")
    board.configure(QUICK)
    first = board.log.read_bytes().count(b"READY ip=")
    board.reset()
    board.power_cycle()
    assert board.log.read_bytes().count(b"READY ip=") == first + 2


def test_a_reset_that_takes_the_acknowledgement_with_it(standin, boards):
    """USB drops what nobody has read yet when the device goes away: that it
    went is acknowledgement enough.
    """
    one = standin("pty", usb=True, faults=("loses-ok",))
    board = boards(one, power=None)
    board.configure(QUICK)
    boots = one.boots
    board.reset()
    assert one.boots == boots + 1


def test_a_board_that_is_only_just_booting(standin, boards):
    """Ctrl-C during boot.py leads to main.py: it is typed again."""
    assert boards(standin(begun=False), repl_seconds=1).configure(QUICK).board == "RPI_PICO_W"


def test_a_port_that_stays_away(standin, boards):
    one = standin("pty", usb=True)
    board = boards(one, reopen_seconds=0.5)
    board.configure(QUICK)
    one.power_off()
    one._unplug()
    with pytest.raises(HilError, match=r"went away \(.*\) and did not come back within 0 s: .*ttyACM0 is not there"):
        board.reset()
    assert not board.alive


# -- the ladder ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "rung", "cause"),
    [
        ("socket", "soft reset", "power"),
        ("socket", "machine.reset", "watchdog"),
        ("rfc2217", "DTR/RTS", "power"),
        ("socket", "power", "power"),
    ],
)
def test_each_rung_leads_to_ready(standin, boards, kind, rung, cause):
    one = standin(kind)
    board = boards(one, lines=True, **({} if rung == "power" else {"power": None}))
    boots = one.boots
    assert board.boot(rung).fields["reset"] == cause
    assert one.boots == boots + 1


@pytest.mark.parametrize(("kind", "means"), [("rfc2217", "DTR/RTS"), ("socket", "power")])
def test_a_board_that_hangs_is_rescued_by_the_rungs_above(standin, boards, kind, means):
    one = standin(kind)
    board = boards(one, lines=True, repl_seconds=0.7)
    board.configure(QUICK)
    one.hang()
    assert board.boot("soft reset").fields["reset"] == "power"
    one.hang()
    # and the REPL is reached for a configuration
    board.configure({**QUICK, "serial": "00000078"})
    assert board.undisturbed


def test_a_climb_without_success_names_every_rung(standin, boards):
    one = standin()
    board = boards(one, lines=True, repl_seconds=1, boot_seconds=1, power=None)
    one.hang()
    with pytest.raises(HilError) as caught:
        board.boot("soft reset")
    assert str(caught.value) == (
        "pico could not be brought to READY ("
        "soft reset: no MicroPython REPL answers Ctrl-C, 3 times within 1 s; "
        "machine.reset: no MicroPython REPL answers Ctrl-C, 3 times within 1 s; "
        "DTR/RTS: a socket:// port has no control lines; "
        "power: no relay in the rig file (power))"
    )
    assert not board.alive
    with pytest.raises(HilError, match="given up earlier in this run: pico could not be brought to READY"):
        board.configure(QUICK)


def test_a_board_whose_meter_refuses_its_configuration_is_not_reset_in_circles(standin, boards):
    one = standin()
    board = boards(one)
    boots = one.boots
    with pytest.raises(FirmwareError, match="pico: the meter says unknown key 'nope'"):
        board.configure({"nope": 1})
    assert one.boots == boots + 2  # the soft reset to the REPL, and the boot that was asked for
    assert board.configure(QUICK).board == "RPI_PICO_W"


def test_a_board_without_firmware(standin, boards):
    board = boards(standin(frozen=False), repl_seconds=1, boot_seconds=5)
    with pytest.raises(HilError, match="machine.reset: the board is at the REPL, not ready; its console says nothing"):
        board.boot("machine.reset")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"type": "ESP32_GENERIC"}, "this is the wrong board: type RPI_PICO_W, and the rig file says ESP32_GENERIC"),
        ({"id": "e661"}, "this is the wrong board: id e66110000000002a, and the rig file says e661"),
    ],
)
def test_the_wrong_board_is_not_tested(standin, boards, more, said):
    with pytest.raises(FirmwareError, match=said):
        boards(standin(), **more).configure(QUICK)


def test_a_meter_that_serves_where_nobody_reaches_it(standin, boards):
    with socket.socket() as taken:  # bound and not listening: connections are refused
        taken.bind(("127.0.0.1", 0))
        board = boards(standin(), address=f"127.0.0.1:{taken.getsockname()[1]}", power=None, repl_seconds=1)
        with pytest.raises(
            HilError, match=r"READY, but nobody answers at 127\.0\.0\.1:\d+: .*does the rig file need an address\?"
        ):
            board.configure(QUICK)


def test_a_run_that_was_cut_short_does_not_cost_the_board_its_configuration(standin, boards):
    one = standin()
    board = boards(one)
    board.configure(QUICK)
    # as if the process had been killed: nothing is put back
    board.line.close()
    board._lock.give()
    again = boards(one)
    again.configure({**QUICK, "serial": "00000078"})
    again.close()
    assert json.loads(boards(one).execute("print(open('config.json').read())")) == OWN


def test_a_reset_that_nobody_asked_for_is_seen(standin, boards):
    one = standin()
    board = boards(one)
    board.configure(QUICK)
    assert board.started_by_itself() == ""
    one.power_off()
    one.power_on()
    board.wait_console("reset=power")
    assert board.started_by_itself().startswith("READY ip=127.0.0.1")


# -- the port --------------------------------------------------------------------------------------


def test_a_board_is_taken_by_one_run_only(standin, boards, monkeypatch):
    one = standin()
    board = boards(one)
    take = DeviceLock.take
    monkeypatch.setattr(DeviceLock, "take", lambda self: take(self, 0.0))
    with pytest.raises(HilError, match=r"is in use by process \d+"):
        boards(one)
    board.close()
    boards(one)


def test_the_port_is_released_after_a_failure(standin, boards):
    """What failed gives back port and lock: the next user has both, the port for itself alone."""
    one = standin("pty")
    board = boards(one, id="e661")
    with pytest.raises(HilError):
        board.configure(QUICK)
    board.close()
    assert boards(one).configure(QUICK).board == "RPI_PICO_W"


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("socket://127.0.0.1:1", "socket://127.0.0.1:1 cannot be opened: Could not open port"),
        ("rfc2217://127.0.0.1:1", "rfc2217://127.0.0.1:1 cannot be opened: Could not open port"),
        ("/dev/ttyNONE", r"/dev/ttyNONE is not there \(plugged in: .*\)"),
        ("id:nobody", "no board with the USB serial number nobody"),
    ],
)
def test_a_port_that_cannot_be_opened(tmp_path, device, said):
    line = Line(device, tmp_path / "log", 1)
    with pytest.raises(HilError, match=said) as caught:
        line.open()
    assert "\n" not in str(caught.value)


def test_a_server_that_answers_nothing_is_no_rfc2217_port(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        line = Line(f"rfc2217://127.0.0.1:{silent.getsockname()[1]}", tmp_path / "log", 1)
        with pytest.raises(HilError, match="Remote does not seem to support RFC2217"):
            line.open()
