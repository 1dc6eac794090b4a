"""What only hardware has, on any board: reset causes, the watchdog's bite, Ctrl-C, network
loss, wear of the flash, pulses, time.

Each test asks for what it needs of the board or of its rig, and is skipped by
that reason where it is missing.
"""

from __future__ import annotations

import contextlib
import json
import statistics
import time

import pytest

from host_tests.hardware.keyboard import typing, wait_said
from host_tests.harness.hil.board import HilBoard
from host_tests.harness.probe import answers
from tools.dlmsclient import Client, DlmsError, axdr
from tools.image.boards.catalog import BOARDS
from tools.launcher import LauncherError

pytestmark = [pytest.mark.caps("board", "console"), pytest.mark.prefers(backfill_days=0)]

ENERGY = (3, "1.0.1.8.0.255")
NOTE = (1, "0.0.96.128.1.255")
STATE = (1, "0.0.96.128.0.255")
OPEN = (1, "0.0.96.128.2.255")
SAME = "same"
START = 10.0  # seconds that a pulse generator may take to begin
# MicroPython port -> what `reset=` in READY says after each kind of reset. On RP2 the watchdog
# carries out machine.reset(), and a soft reset leaves the register alone. From the sources of
# the ports; on hardware tried on none yet.
CAUSES = {
    "emu-m3": {"program": "hard", "soft": "soft", "watchdog": "watchdog", "power": "power"},
    "rp2": {"program": "watchdog", "soft": SAME, "watchdog": "watchdog", "power": "power"},
    "esp32": {"program": "hard", "soft": "soft", "watchdog": "watchdog", "power": "power"},
}
# MicroPython port -> the block device that the file system lies on.
FLASH = {
    "emu-m3": "__import__('emu').Flash()",
    "rp2": "__import__('rp2').Flash()",
    "esp32": "__import__('flashbdev').bdev",
}
DIGEST = """
import hashlib
from binascii import hexlify
d = {flash}
b = bytearray(d.ioctl(5, 0))
h = hashlib.sha256()
for i in range(d.ioctl(4, 0)):
    d.readblocks(i, b)
    h.update(b)
print(hexlify(h.digest()).decode())
"""
# In place of boot.py: the meter hangs in its loop a second or two after READY, in a function of the
# system that the loop calls. Its own cannot be replaced where they are in the flash
# (tools/image/rom). What READY shows is the threshold of collections, which is for the start only.
HANG = """
import gc, os, sys, time
os.rename("boot.py", "boot.used")
class Time:
    left = 60
    def __getattr__(self, name):
        return getattr(time, name)
now = Time()
def ticks_ms():
    now.left -= 1 if gc.threshold() == -1 else 0
    while now.left < 0:
        pass
    return time.ticks_ms()
now.ticks_ms = ticks_ms
gc.threshold(100000)
sys.modules["time"] = now
"""


def port_of(board):
    """The MicroPython port that a board runs."""
    return BOARDS[board.ready.board].port if board.ready.board in BOARDS else "emu-m3"


def assert_cause(board, kind, before):
    """READY names the cause that this port reports after a reset of this kind."""
    wanted = CAUSES[port_of(board)][kind]
    assert board.ready.fields["reset"] == (before if wanted == SAME else wanted)


@pytest.fixture
def own_boot(board):
    """`own_boot(source)` puts a boot.py in the flash; that of the board comes back after the test."""
    kept = "boot.py" in board.execute("import os; print(os.listdir())")
    if kept:
        board.execute("import os; os.rename('boot.py', 'boot.kept')")

    def put(source):
        board.execute(f"with open('boot.py', 'w') as f: f.write({source!r})")

    yield put
    board.execute(
        "import os\nfor name in ('boot.py', 'boot.used'):\n    if name in os.listdir(): os.remove(name)\n"
        "if 'boot.kept' in os.listdir(): os.rename('boot.kept', 'boot.py')"
    )


# -- boots ------------------------------------------------------------------


def test_ready_tells_what_it_is(board, meter):
    ready = board.ready
    assert ready.board == meter.limits.BOARD
    assert ready.version
    assert int(ready.micropython.split(".")[1]) >= 25
    assert ready.ip != ("0.0.0.0",)
    assert ready.heap > 0
    assert ready.free > 0
    assert ready.fields["id"] != "none" or port_of(board) == "emu-m3"
    assert answers(meter.host, meter.port, 20)


def test_reset_by_program(board):
    board.expect_boot()
    board.remote.reset()
    board.wait_ready()
    assert_cause(board, "program", None)


def test_soft_reset(board):
    before = board.ready.fields["reset"]
    with typing(board) as send:
        send(b"\x03\x03")
        wait_said(board, ">>> ")
        board.expect_boot()
        send(b"\x04")
        board.wait_ready()
    assert_cause(board, "soft", before)


@pytest.mark.caps("power")
def test_power_cut(board):
    if isinstance(board, HilBoard):
        board.power_cycle()
    else:
        board.kill()
        board.power_on()
        board.wait_ready()
    assert_cause(board, "power", None)


def test_boot_py_ends(board, own_boot):
    """boot.py ran before READY."""
    own_boot("print('user boot')\n")
    board.reset()
    assert "user boot" in board.console().partition("READY")[0]


def test_boot_py_that_fails_leaves_a_repl(board, own_boot):
    """Where main.py still runs after it, as on some ports, Ctrl-C leads there."""
    own_boot("1 / 0\n")
    board.expect_boot()
    board.remote.reset()
    wait_said(board, "ZeroDivisionError")
    assert board.execute("print('here')").strip() == "here"


@pytest.mark.parametrize("content", ["rate=60", "[]", json.dumps({"no_such_key": 1}), json.dumps({"rate": "fast"})])
def test_bad_configuration_is_one_line_and_leaves_a_repl(board, content):
    had = board.execute("print(open('config.json').read())").strip()
    board.execute(f"with open('config.json', 'w') as f: f.write({content!r})")
    try:
        board.expect_boot()
        board.remote.reset()
        line = board.wait_console("error: ")
        assert "Traceback" not in board.console(), line
        assert board.execute("print('here')").strip() == "here"
    finally:
        board.execute(f"with open('config.json', 'w') as f: f.write({had!r})")


# -- the console --------------------------------------------------------------


def test_ctrl_c_reaches_the_repl_of_a_serving_meter(board, meter):
    assert answers(meter.host, meter.port, 20)
    with typing(board) as send:
        send(b"\x03")
        wait_said(board, ">>> ")
        send(b"print(6 * 7)\r")
        wait_said(board, "42")


# -- the watchdog -------------------------------------------------------------


@pytest.mark.caps("watchdog")
def test_watchdog_bites_a_meter_that_hangs(board, meter, own_boot):
    """The meter starts it, feeds it as long as its loop runs, and is started anew when it hangs."""
    own_boot(HANG)
    board.reset()
    wait_said(board, "READY ip=")
    board.expect_boot()
    # Nobody types anything: what comes next comes from the watchdog.
    boot = board.spec.boot_seconds if isinstance(board, HilBoard) else 60
    wait_said(board, "READY ip=", meter.limits.WATCHDOG / 1000 + boot)
    board.wait_ready()
    assert_cause(board, "watchdog", None)
    assert answers(meter.host, meter.port, 20)


@pytest.mark.caps("watchdog")
def test_watchdog_bites_what_hangs(board):
    board.expect_boot()
    board.remote.start("import machine\nmachine.WDT(timeout=1000)\nmachine.disable_irq()\nwhile True: pass")
    board.wait_ready()
    assert_cause(board, "watchdog", None)


@pytest.mark.caps("watchdog")
def test_watchdog_leaves_alone_what_feeds_it(board):
    code = (
        "import machine, time\nw = machine.WDT(timeout=2000)\nfor _ in range(12):\n    time.sleep_ms(250)\n"
        "    w.feed()\nprint('fed')"
    )
    assert board.execute(code).strip() == "fed"
    board.reset()
    assert_cause(board, "program", None)


@pytest.mark.caps("watchdog")
@pytest.mark.parametrize("wrong", ["0", "-1", "200000000"])
def test_watchdog_time_out_is_checked(board, wrong):
    with pytest.raises(LauncherError, match="ValueError"):
        board.execute(f"import machine; machine.WDT(timeout={wrong})")


# -- the network --------------------------------------------------------------


@contextlib.contextmanager
def lost_network(board):
    """Without the network, from when the meter has noticed that until it has
    noticed that the network is back.
    """
    since = len(board.console())
    with board.network_down():
        wait_said(board, " lost", board.network_seconds, since)
        yield
    wait_said(board, "net rebound", board.network_seconds, since)


@pytest.fixture
def patient(board, request):
    """Time for what the rig says that a network takes to go and to come."""
    request.node.add_marker(pytest.mark.timeout(4 * board.network_seconds + 120), append=False)


def associated_again(board, meter):
    """A link with an association of the reader, as soon as the meter answers."""
    deadline = time.monotonic() + board.network_seconds
    while True:
        link = Client.tcp(meter.host, meter.port, 5)
        with contextlib.suppress(DlmsError, OSError):
            return link, link.associate(32, 1, "12345678")
        link.close()
        assert time.monotonic() < deadline, "the network is back and the meter does not answer"


@pytest.mark.caps("network-loss")
def test_lost_network_ends_connections_and_comes_back(board, meter, patient):
    """Without a reset: the meter drops its connections, waits, and listens again."""
    with Client.tcp(meter.host, meter.port, 5) as client:
        client.associate(16, 1, None)
        with lost_network(board), pytest.raises((DlmsError, OSError)):
            client.associate(1, 1, None)
    associated_again(board, meter)[0].close()
    assert board.started_by_itself() == ""


@pytest.mark.req("A-33", "A-52")
@pytest.mark.caps("network-loss")
def test_after_a_lost_network_no_request_is_lost(board, meter, patient):
    """Associations over TCP and UDP have ended with the network, and those opened
    afterwards have each request served, once.
    """

    def state(association):
        """Requests served, and uptime in seconds."""
        return [item.value for item in association.get(*STATE, 2).value][2:]

    with Client.tcp(meter.host, meter.port, 5) as before, Client.udp(meter.host, meter.port, 5) as datagrams:
        reader = before.associate(32, 1, "12345678")
        datagrams.associate(16, 1)
        assert len(reader.get(*OPEN, 2).value) == 2
        _, uptime = state(reader)
        with lost_network(board):
            pass
        link, again = associated_again(board, meter)
        with link:
            assert len(again.get(*OPEN, 2).value) == 1
            with pytest.raises((DlmsError, OSError)):
                reader.get(*ENERGY, 2)
            served, _ = state(again)
            for _ in range(100):
                again.get(*ENERGY, 2)
            after, later = state(again)
            assert after - served == 101
            assert later >= uptime, "it has started anew"
    assert board.started_by_itself() == ""


# -- the flash ----------------------------------------------------------------


@pytest.mark.timeout(240)
def test_serving_does_not_wear_the_flash(board, meter):
    """A boot, reads, writes and actions leave every octet of the file system's flash as it was."""

    def digest():
        return board.execute(DIGEST.format(flash=FLASH[port_of(board)]), 120).strip()

    before = digest()
    board.reset()
    with Client.tcp(meter.host, meter.port, 20) as client:
        association = client.associate(48, 1, "87654321")
        for value in range(100):
            association.set(*NOTE, 2, axdr.double_long_unsigned(value))
            association.get(*ENERGY, 2)
        association.get(7, "1.0.99.1.0.255", 2)
    assert digest() == before


# -- pulses -------------------------------------------------------------------


@pytest.mark.caps("pulse")
@pytest.mark.meter_config(source="pulse", pulses_per_kwh=1000)
def test_every_pulse_is_counted_once(board, meter):
    pulses = board.spec.pulses
    period = pulses.period_ms / 1000
    count = 20
    with Client.tcp(meter.host, meter.port, 20) as client:
        association = client.associate(32, 1, "12345678")

        def energy():
            """Wh: a pulse is one."""
            exponent = association.get(*ENERGY, 3).value[0].value
            return association.get(*ENERGY, 2).value * 10**exponent

        before = seen = energy()
        board.send_pulses(count)
        patience = START  # the generator may take its time to begin, and none once it has begun
        last = time.monotonic()
        while seen < before + count:
            now, had = time.monotonic(), seen
            seen = energy()
            if seen != had:
                last, patience = now, 10 * period + 1
            assert now < last + patience, f"{seen - before:.0f} of {count} pulses were counted"
        # and not one too many: as long as three more would take
        end = time.monotonic() + 3 * period
        while time.monotonic() < end:
            assert energy() == before + count


# -- time ---------------------------------------------------------------------


@pytest.mark.caps("timing")
def test_answers_come_in_time(board, meter, record_property):
    """The median of 101 GETs of a Register, seen by a client, is within what the rig declares."""
    took = []
    with Client.tcp(meter.host, meter.port, 20) as client:
        association = client.associate(32, 1, "12345678")
        for _ in range(101):
            start = time.perf_counter()
            association.get(*ENERGY, 2)
            took.append((time.perf_counter() - start) * 1000)
    median = statistics.median(took)
    record_property("answer-ms", f"{median:.2f}")
    assert median <= board.spec.answer_ms, f"{median:.1f} ms"
