"""Boots of the rp2 port: READY, causes of a reset, the watchdog, Ctrl-C,
the order of boot.py and main.py.
"""

from __future__ import annotations

import socket

import pytest

from tools.image.boards import firmware
from tools.image.boards.catalog import BoardError
from tools.image.boards.repl import Repl
from tools.image.emulated.remote import Remote
from tools.image.rp2040 import BOARD
from tools.image.rp2040.build import ELF, sizes

pytestmark = [pytest.mark.caps("rp2040"), pytest.mark.timeout(120)]

POWER, WATCHDOG = 1, 3  # machine.PWRON_RESET, machine.WDT_RESET
CAUSE = "__import__('machine').reset_cause()"


def cause(board):
    with Repl.open(board.serial) as repl:
        return repl.value(CAUSE)


def fields(line):
    """Of a READY line, by name."""
    return dict(word.split("=", 1) for word in line.partition("READY ")[2].split())


def start(board, code):
    """Run something that does not come back."""
    Remote(board.serial).start(code)


def files(board, **contents):
    """Write files, with `_` in a name for its dot."""
    with Repl.open(board.serial) as repl:
        for name, content in contents.items():
            repl.run(f"with open({'/' + name.replace('_', '.')!r}, 'w') as f: f.write({content!r})")


def remove(board, *names):
    with Repl.open(board.serial) as repl:
        repl.run("import os\n" + "\n".join(f"os.remove({name!r})" for name in names))


# -- the image -------------------------------------------------------------------------------------


def test_native_code_of_the_image_begins_at_words():
    """Otherwise the RP2040 faults on it, and constants are other numbers."""
    firmware.check_alignment(ELF)


def test_the_firmware_runs_from_the_flash(board):
    with Repl.open(board.serial) as repl:
        assert (
            repl.value("[n for n in ('boot.py', 'main.py', 'app.py', 'dlms') if n in __import__('os').listdir()]") == []
        )
        assert repl.value("__import__('limits').BOARD") == BOARD.name
        # armv6m
        assert repl.value("(__import__('sys').platform, __import__('sys').implementation._mpy >> 10 & 15)") == (
            "rp2",
            4,
        )


# -- READY -----------------------------------------------------------------------------------------


def test_the_whole_meter_boots(bare, figure):
    """The object model, sockets, watchdog, LED, relay and supervisor; there is no
    network interface to reach it by.
    """
    board = bare()
    board.power_on()
    ready = fields(board.wait_console("READY ip="))
    seconds = board.seconds()
    assert ready["board"] == "EMU_RP2040"
    assert ready["reset"] == "power"
    used, free = int(ready["heap"]), int(ready["free"])
    # what a client's requests and the Wi-Fi of a Pico W need beside it
    assert free > 64 << 10
    Remote(board.serial).run(["exec", "pass"], fresh=True)
    with Repl.open(board.serial) as repl:
        empty = repl.value("(__import__('gc').collect(), __import__('gc').mem_alloc())[1]")
    octets = sizes()
    figure(
        f"heap at READY, firmware frozen, ARMv6-M: {used:,} B used, {free:,} B free, of them {empty:,} B "
        "before the meter's start"
    )
    figure(f"image: {octets['text'] + octets['data']:,} B of flash, {octets['bss']:,} B of RAM beside the heap")
    figure(f"READY {seconds:.1f} s of the board's time after power-on")


def test_a_reset_makes_a_serving_meter_again(board):
    assert fields(board.wait_console("READY ip="))["reset"] == "power"


def test_a_client_of_the_port_comes_and_goes(board):
    """The one before loses the port to the next."""
    with socket.create_connection(("127.0.0.1", board.port), 10) as first:
        first.settimeout(20)
        assert cause(board) == POWER
        while first.recv(4096):
            pass


# -- causes ----------------------------------------------------------------------------------------


def test_power_on(bare):
    board = bare()
    board.power_on()
    board.wait_console("READY ip=")
    assert cause(board) == POWER
    assert board.boots == ["power"]


def test_reset_by_program_takes_the_usb_port_away(board):
    """machine.reset() is carried out by the watchdog, and the cause says so."""
    with Repl.open(board.serial) as repl:
        board.expect_boot()
        repl.reset()
        with pytest.raises(BoardError):
            repl.value("1", 5)
    ready = fields(board.wait_console("READY ip="))
    assert ready["reset"] == "watchdog"
    assert cause(board) == WATCHDOG
    board.press_reset()
    assert fields(board.wait_console("READY ip="))["reset"] == "power"


def test_reset_of_the_processor(board):
    """AIRCR, as a debugger or a fault handler asks for it."""
    board.expect_boot()
    start(board, "import machine; machine.mem32[0xe000ed0c] = 0x05fa0004")
    board.wait_console("READY ip=")
    assert board.boots[-1] == "processor"


def test_soft_reset_keeps_the_port_and_starts_the_meter(board):
    with socket.create_connection(("127.0.0.1", board.port), 10) as link:
        link.sendall(b"\x03")
        board.wait_prompt()
        board.expect_boot()
        boots = len(board.boots)
        link.sendall(b"\x04")
        board.wait_console("soft reboot")
        board.wait_console("READY ip=")
        assert len(board.boots) == boots


def test_boot_loader_is_entered_and_left_by_a_reset(board):
    start(board, "import machine; machine.bootloader()")
    board.wait_event("boot-drive")
    board.press_reset()
    board.wait_console("READY ip=")


# -- watchdog --------------------------------------------------------------------------------------


def test_watchdog_bites_what_hangs(board):
    board.expect_boot()
    start(board, "import machine\nmachine.WDT(timeout=200)\nmachine.disable_irq()\nwhile True: pass")
    assert fields(board.wait_console("READY ip="))["reset"] == "watchdog"


def test_watchdog_leaves_alone_what_feeds_it(repl, powered):
    code = (
        "import machine, time\nw = machine.WDT(timeout=500)\nfor _ in range(6):\n    time.sleep_ms(300)\n"
        "    w.feed()\nprint('fed')"
    )
    boots = len(powered.boots)
    assert repl.run(code, 30).strip() == b"fed"
    # and bites in the end: it cannot be stopped by MicroPython
    powered.expect_boot()
    powered.wait_console("READY ip=")
    assert powered.boots[boots:] == ["watchdog"]


def test_watchdog_does_not_bite_a_meter_that_serves(board):
    # ten seconds of the board's time, on a pin that nothing uses
    board.pulses(2, 1, 5000, 5000)
    board.wait_event("pulses", 60)
    assert board.boots[-1] == "button"


def test_ctrl_c_stops_the_watchdog_with_the_meter(board):
    """The prompt stays: the meter clears the watchdog's enable bit as it stops."""
    with Repl.open(board.serial) as repl:
        assert repl.value("__import__('machine').mem32[0x40058000] >> 30 & 1") == 0


# -- Ctrl-C and order ------------------------------------------------------------------------------


def test_ctrl_c_reaches_the_repl_of_a_serving_meter(board):
    with socket.create_connection(("127.0.0.1", board.port), 10) as link:
        link.sendall(b"\x03")
        board.wait_prompt()
        link.sendall(b"print(6 * 7)\r\n")
        board.wait_console("42")


def test_ctrl_c_behind_more_than_the_board_takes(board):
    """Nobody reads what is typed while the meter serves."""
    with socket.create_connection(("127.0.0.1", board.port), 10) as link:
        link.sendall(b"x" * 200 + b"\x03")
        board.wait_prompt()


def test_boot_py_runs_before_main_py_and_modules_of_the_flash_before_frozen_ones(board):
    """The frozen boot.py imports limits, the frozen main.py imports app. What they print
    before the computer knows the port is lost.
    """
    note = "with open('/order.txt', 'a') as f: f.write('%s ')\n"
    end = "import machine\nmachine.Pin(7, machine.Pin.OUT, value=1)\n"
    program = note % "main" + end + "HARDWARE = True\ndef main(words): return 0\n"
    files(board, limits_py=note % "boot" + "HARDWARE = False\n", app_py=program)
    try:
        board.press_reset()
        board.wait_level(7, 1)
        with Repl.open(board.serial) as repl:
            assert repl.value("open('/order.txt').read()") == "boot main "
    finally:
        remove(board, "/limits.py", "/app.py", "/order.txt")


def test_main_py_of_the_flash_does_not_replace_the_frozen_one(board):
    files(board, main_py="print('mine')\n", boot_py="1 / 0\n")
    try:
        board.press_reset()
        board.wait_console("READY ip=")
        assert "mine" not in board.said()
        assert "ZeroDivisionError" not in board.said()
    finally:
        remove(board, "/main.py", "/boot.py")


@pytest.mark.parametrize("content", ["nonsense", '{"no_such_key": 1}'])
def test_bad_configuration_is_one_line_and_leaves_a_repl(board, content):
    files(board, config_json=content)
    try:
        board.press_reset()
        board.wait_console("error: ")
        assert "Traceback" not in board.said()
        assert cause(board) == POWER
    finally:
        remove(board, "/config.json")
