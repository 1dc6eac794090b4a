"""S0 pulses on a FAKE pin with a clock that the test moves: debouncing, edges that
came while interrupts were off, energy.
"""

import board_fakes
import machine
from board import pulse
from meter.pulses import Pulses
from meter.simulation import IMPORT

MICROPYTHON_ONLY = True
FALL = machine.Pin.IRQ_FALLING
RISE = machine.Pin.IRQ_RISING
ticks = board_fakes.Ticks()
pulse.time = ticks


def edges(debounce=10):
    ticks.now = 0
    made = pulse.make("edges", 15, debounce)
    return made, machine.Pin.made[15]


def play(pin, *events):
    """(time, edges seen at it), …"""
    for when, flags in events:
        ticks.now = when
        pin.edge(flags)


def test_the_interrupt_is_a_hard_one_on_both_edges():
    made, pin = edges()
    assert (pin.hard, pin.trigger, pin.mode) == (True, FALL | RISE, machine.Pin.IN)


def test_each_clean_pulse_counts_once():
    made, pin = edges()
    for i in range(1, 8):
        play(pin, (60 * i, FALL), (60 * i + 30, RISE))
    assert made.take() == 7
    assert made.take() == 0


def test_bounces_do_not_count():
    made, pin = edges()
    play(
        pin,
        (100, FALL),
        (101, RISE),
        (102, FALL),
        (103, RISE),
        (104, FALL),
        (134, RISE),
        (135, FALL),
        (136, RISE),
        (137, FALL | RISE),
    )
    assert made.take() == 1
    play(pin, (200, FALL), (230, RISE))
    assert made.take() == 1


def test_a_pulse_that_fell_into_a_flash_operation_counts():
    made, pin = edges()
    play(pin, (100, FALL), (130, RISE), (245, FALL | RISE), (300, FALL), (330, RISE))
    assert made.take() == 3


def test_a_pulse_behind_an_edge_seen_late_counts():
    # low 100 to 130, interrupts off 110 to 158, low again 160 to 190
    made, pin = edges()
    play(pin, (100, FALL), (158, RISE), (160, FALL), (190, RISE))
    assert made.take() == 2


def test_both_edges_late_with_the_next_pulse_begun():
    made, pin = edges()
    play(pin, (100, FALL), (170, FALL | RISE), (200, RISE))
    assert made.take() == 2


def test_counting_goes_on_after_days():
    made, pin = edges()
    play(pin, (100, FALL), (130, RISE))
    for day in range(30):
        ticks.now += 86400000
        assert made.take() == (1 if day == 0 else 0)
        assert ticks.now - made.last <= 60000
    assert machine.disabled == 0
    play(pin, (ticks.now + 5, FALL))
    assert made.take() == 1


def test_the_counter_wraps():
    made, pin = edges()
    made.count[0] = made.seen = 65534
    play(pin, (100, FALL), (130, RISE), (200, FALL), (230, RISE), (300, FALL), (330, RISE))
    assert made.take() == 3


def test_the_interrupt_takes_no_heap():
    import micropython

    made, pin = edges()
    play(pin, (100, FALL), (130, RISE))
    pin.flag = FALL
    ticks.now = 200
    handler = made.handler
    micropython.heap_lock()
    handler(pin)
    taken = made.take()
    micropython.heap_unlock()
    assert taken == 2


def test_falling_edges_by_the_scheduler():
    ticks.now = 0
    made = pulse.make("falling", 5, 10)
    pin = machine.Pin.made[5]
    assert (pin.trigger, pin.hard) == (FALL, False)
    play(pin, (100, FALL), (101, FALL), (160, FALL), (220, FALL))
    assert made.take() == 3


def test_the_chips_counter():
    made = pulse.make("counter", 27, 10)
    machine.Counter.made.n = 70000
    assert made.take() == 70000 & 0xFFFF
    machine.Counter.made.n = 70003
    assert made.take() == 3
    assert machine.Counter.made.options == (machine.Counter.FALLING, 12500)


def test_an_interpreter_without_counter_counts_by_the_scheduler():
    kept = machine.Counter
    del machine.Counter
    try:
        assert isinstance(pulse.make("counter", 27, 10), pulse.Falling)
    finally:
        machine.Counter = kept


def test_stopping_ends_the_interrupt():
    made, pin = edges()
    made.stop()
    assert pin.handler is None


# -- energy ----------------------------------------------------------------------------------------


def source(per_kwh):
    given = []
    return Pulses(lambda: given.pop(0) if given else 0, per_kwh), given


def test_pulses_are_energy():
    made, given = source(1000)
    given.append(7)
    made.advance(0, 0, 1)
    assert list(made.energy) == [7000, 0, 0, 0, 0]
    made.advance(0, 1, 1)
    assert list(made.energy) == [0] * 5


def test_no_fraction_is_lost():
    for per_kwh in (1, 3, 375, 999, 1000, 6667, 10000, 100000):
        made, given = source(per_kwh)
        total = 0
        for i in range(per_kwh):
            given.append(1)
            made.advance(0, i % 60, 1)
            total += made.energy[IMPORT]
            if per_kwh > 10000 and i == 9999:
                break
        assert total == (1000000 if per_kwh <= 10000 else 100000), (per_kwh, total)


def test_many_pulses_at_once():
    made, given = source(1000)
    given.append(65535)
    made.advance(0, 0, 1)
    assert made.energy[IMPORT] == 65535000


def test_power_is_that_of_the_last_minute():
    made, given = source(1000)
    for second in range(60):
        given.append(1)
        made.advance(0, second, 1)
    assert list(made.now[:3]) == [3600, 0, 0]
    for second in range(60):
        made.advance(0, second, 1)
    assert list(made.now[:3]) == [0, 0, 0]
