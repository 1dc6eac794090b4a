"""The S0 pulse input (IEC 62053-31): counts the pulses of a meter with a pulse output,
one pulse one fixed amount of energy.

The output is an open collector that pulls the pin low for 30 ms or longer and leaves it high for 30
ms or longer. There are three ways to count, `limits.PULSE_KIND`:

    edges    RP2: a hard interrupt on both edges. Flash operations hold interrupts off, but the pin
             remembers one edge of each kind meanwhile, so that a pulse which falls into one is
             counted when it ends; two within one are beyond S0's shortest period
    counter  ESP32, ESP32-S3: the pulse counter of the chip, which runs by itself; it knows
             no debouncing above 12 microseconds
    falling  ESP32-C3: the interpreter's scheduler, which holds eight calls; pulses that wait there
             come too close together to be distinguished from bounces and are lost

All counters run modulo 65536, are written by one side and read by the other, and allocate nothing.
`take` returns the pulses since the last call.
"""

from array import array
import time

import machine
from micropython import const

_FILTER = const(12500)  # nanoseconds, about the longest that the ESP32's counter filters
_OLD = const(60000)  # milliseconds after which a time is taken for long ago


class Edges:
    """Counts falling edges that follow `debounce` milliseconds without an edge.

    One that does not is in doubt: the rising edge before it may have been seen late, after a flash
    operation. It is counted at its end if the pin then was low for `debounce`, as no bounce is;
    not, when the present pulse has only just been counted.
    """

    def __init__(self, pin, debounce):
        Pin = machine.Pin
        self.debounce = debounce
        self.count = array("H", (0,))
        self.seen = 0
        self.falling = Pin.IRQ_FALLING
        self.rising = Pin.IRQ_RISING
        now = time.ticks_ms()
        self.last = now  # time of the last edge
        self.counted = now  # time of the last falling edge that was counted
        self.fell = now  # time of a falling edge in doubt
        self.doubt = False
        self.pin = Pin(pin, Pin.IN, Pin.PULL_UP)
        self.handler = self.edge  # bound once: a bound method is a heap object
        # the interrupt object is needed by the handler, which may be called at once
        self.irq = self.pin.irq(None, self.falling | self.rising, hard=True)
        self.pin.irq(self.handler, self.falling | self.rising, hard=True)

    def edge(self, pin):
        """In interrupt context: nothing may be allocated."""
        now = time.ticks_ms()
        flags = self.irq.flags()
        if flags & self.rising and self.doubt:
            self.doubt = False
            if time.ticks_diff(now, self.fell) >= self.debounce:
                self.add(self.fell)
        if flags & self.falling:
            if time.ticks_diff(now, self.last) >= self.debounce:
                self.add(now)
            elif not flags & self.rising and time.ticks_diff(now, self.counted) >= self.debounce:
                self.doubt = True
                self.fell = now
        self.last = now

    def add(self, when):
        self.counted = when
        self.count[0] = self.count[0] + 1 & 0xFFFF

    def take(self):
        """Pulses since the last call; to be called every minute or so, because ticks wrap."""
        now = time.ticks_ms()
        state = machine.disable_irq()
        if time.ticks_diff(now, self.last) > _OLD:
            self.last = time.ticks_add(now, -_OLD)
        if time.ticks_diff(now, self.counted) > _OLD:
            self.counted = time.ticks_add(now, -_OLD)
        machine.enable_irq(state)
        n = self.count[0]
        new = n - self.seen & 0xFFFF
        self.seen = n
        return new

    def stop(self):
        self.pin.irq(None)


class Falling:
    """Counts falling edges that are `debounce` milliseconds apart, in calls
    that the interpreter schedules.
    """

    def __init__(self, pin, debounce):
        Pin = machine.Pin
        self.debounce = debounce
        self.count = array("H", (0,))
        self.seen = 0
        self.last = time.ticks_ms()
        self.pin = Pin(pin, Pin.IN, Pin.PULL_UP)
        self.handler = self.edge
        self.pin.irq(self.handler, Pin.IRQ_FALLING)

    def edge(self, pin):
        now = time.ticks_ms()
        if time.ticks_diff(now, self.last) >= self.debounce:
            self.count[0] = self.count[0] + 1 & 0xFFFF
        self.last = now

    def take(self):
        """Pulses since the last call; to be called every minute or so, because ticks wrap."""
        now = time.ticks_ms()
        if time.ticks_diff(now, self.last) > _OLD:
            self.last = time.ticks_add(now, -_OLD)
        n = self.count[0]
        new = n - self.seen & 0xFFFF
        self.seen = n
        return new

    def stop(self):
        self.pin.irq(None)


class Counter:
    """The counter of the chip (`machine.Counter`, MicroPython 1.26)."""

    def __init__(self, pin, debounce):
        Pin = machine.Pin
        kind = machine.Counter
        self.counter = kind(0, Pin(pin, Pin.IN, Pin.PULL_UP), edge=kind.FALLING, filter_ns=_FILTER)
        self.seen = self.counter.value() & 0xFFFF

    def take(self):
        """Pulses since the last call."""
        n = self.counter.value() & 0xFFFF
        new = n - self.seen & 0xFFFF
        self.seen = n
        return new

    def stop(self):
        self.counter.deinit()


def make(kind, pin, debounce):
    """The counter of a kind, `falling` where the interpreter is too old for `counter`."""
    if kind == "counter" and hasattr(machine, "Counter"):
        return Counter(pin, debounce)
    return Edges(pin, debounce) if kind == "edges" else Falling(pin, debounce)
