"""FAKE of MicroPython's `machine` module, for tests without a board: records
what the firmware does with it.

Tests set `cause`, call `Pin.edge` and look at `Pin.made`, `WDT.feeds`, `mem32`, `Timer.made`. In a
whole meter, `trace` prints each change of a pin, the start of the watchdog and a reset;
FAKE_TRACE=1 in the environment switches it on.
"""

import os
import sys

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
SOFT_RESET = 5
cause = PWRON_RESET
mem32 = {}
trace = bool(os.getenv("FAKE_TRACE"))
disabled = 0


def say(*words):
    if trace:
        print("FAKE", *words)


def reset_cause():
    return cause


def unique_id():
    return b"\xe6\x61\x10\x00\x00\x00\x00\x2a"


def reset():
    print("FAKE reset")
    sys.exit(77)


def disable_irq():
    global disabled
    disabled += 1
    return 1


def enable_irq(state):
    global disabled
    disabled -= 1


class Pin:
    IN = 0
    OUT = 1
    PULL_UP = 1
    IRQ_RISING = 8
    IRQ_FALLING = 4
    made = {}

    def __init__(self, number, mode=IN, pull=None, value=None):
        self.number = number
        self.mode = mode
        self.level = 1 if value is None else value
        self.changes = [self.level]
        self.handler = None
        self.trigger = 0
        self.hard = False
        self.flag = 0
        Pin.made[number] = self
        if mode == Pin.OUT:
            say("pin", number, self.level)

    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level
        self.changes.append(level)
        say("pin", self.number, level)

    def irq(self, handler=None, trigger=0, hard=False):
        self.handler = handler
        self.trigger = trigger
        self.hard = hard
        return self

    def flags(self):
        return self.flag

    def edge(self, flags):
        """What the interrupt controller does: call the handler with the edges
        that came since the last call.
        """
        self.flag = flags & self.trigger
        if self.flag and self.handler:
            self.handler(self)


class WDT:
    feeds = 0
    started = []

    def __init__(self, id=0, timeout=5000):
        WDT.started.append(timeout)
        say("watchdog", timeout)

    def feed(self):
        WDT.feeds += 1
        if WDT.feeds == 5:
            say("watchdog fed")


class Timer:
    PERIODIC = 1
    made = []

    def __init__(self, number):
        self.callback = None
        Timer.made.append(self)

    def init(self, period, mode, callback):
        self.period = period
        self.callback = callback

    def deinit(self):
        self.callback = None


class RTC:
    set_to = None

    def datetime(self, value):
        RTC.set_to = value


class Counter:
    FALLING = 2
    made = None

    def __init__(self, number, pin, edge, filter_ns):
        self.pin = pin
        self.n = 0
        self.options = (edge, filter_ns)
        Counter.made = self

    def value(self):
        return self.n

    def deinit(self):
        Counter.made = None
