"""LED, relay and S0 input on the pins of the chip, moved and looked at from outside."""

from __future__ import annotations

import pytest

from tools.image.boards.catalog import BoardError
from tools.image.boards.repl import Repl

pytestmark = [pytest.mark.caps("rp2040"), pytest.mark.timeout(120)]

LED, RELAY, S0 = 25, 14, 15  # boards/EMU_RP2040/limits.py


def test_led_of_a_serving_meter_flashes(board):
    """One short flash every two seconds."""
    board.wait_level(LED, 1)
    board.wait_level(LED, 0)
    begun = board.seconds()
    board.wait_level(LED, 1)
    assert 1 < board.seconds() - begun < 3


def test_relay_is_connected_at_start_and_switches(board):
    assert board.level(RELAY) == 1
    with Repl.open(board.serial) as repl:
        assert board.level(RELAY) == 1
        repl.run("from board.relay import Relay\nrelay = Relay(14, 1)\nrelay.switch(False)")
        assert board.level(RELAY) == 0
        repl.run("relay.switch(True)")
        assert board.level(RELAY) == 1


def test_a_pin_that_is_an_input_is_nobodys(repl, powered):
    repl.run("import machine; p = machine.Pin(5, machine.Pin.IN)")
    assert powered.level(5) is None
    assert repl.value("p()") == 1
    powered.drive(5, 0)
    assert repl.value("p()") == 0
    powered.drive(5, 1)
    assert repl.value("p()") == 1


def test_a_pin_that_the_chip_does_not_have(powered):
    with pytest.raises(BoardError, match="no such pin: 30"):
        powered.level(30)


def test_pulses_are_counted_by_hard_interrupts(repl, powered):
    repl.run("from board import pulse\ns0 = pulse.make('edges', 15, 10)")
    powered.pulses(S0, 20, 30, 30)
    powered.wait_event("pulses")
    assert repl.value("s0.take()") == 20
    assert repl.value("s0.take()") == 0


def test_bounces_are_not_counted(repl, powered):
    repl.run("from board import pulse\ns0 = pulse.make('edges', 15, 10)")
    powered.pulses(S0, 5, 1, 1)
    powered.wait_event("pulses")
    assert repl.value("s0.take()") == 1


# Appends to a file, with every octet on the flash before the next; `flag` ends it.
WRITING = """
import machine, time
from board import pulse
s0 = pulse.make('edges', 15, 10)
done = machine.Pin(6, machine.Pin.IN)
f = open('/scratch.txt', 'w')
writes = 0
time.sleep_ms(20)  # an edge within the debouncing of the very start is none
print('writing')
while done():
    f.write('0123456789abcdef' * 8)
    f.flush()
    writes += 1
f.close()
print('pulses=%d writes=%d' % (s0.take(), writes))
"""


@pytest.mark.parametrize(("low", "high"), [(30, 30), (40, 60), (30, 90)])
def test_pulses_are_counted_while_the_flash_is_written(repl, powered, low, high):
    """Each erasing holds interrupts off for 45 ms, as long as a pulse and a half: the pin
    remembers one edge of each kind meanwhile.
    """
    powered.drive(6, 1)
    powered.expect_boot()
    repl._transport.exec_raw_no_follow(WRITING)
    powered.wait_console("writing")
    powered.pulses(S0, 40, low, high)
    powered.wait_event("pulses", 60)
    powered.drive(6, 0)
    said = powered.wait_console("pulses=")
    found = dict(word.split("=") for word in said[said.index("pulses=") :].split())
    assert int(found["writes"]) > 5
    assert int(found["pulses"]) == 40
    powered.drive(6, 1)
