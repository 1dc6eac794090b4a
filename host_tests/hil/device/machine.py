"""STAND-IN for `machine` on a Pico W: reset and its cause, a watchdog that bites,
pins, an S0 input that sees pulses.

The watchdog is watched by the process behind the serial port. Pulses reach the interrupt handler
while the watchdog is fed, one a feed, because nothing interrupts the unix port.
"""

import time

import standin_state

PWRON_RESET = 1
WDT_RESET = 3
_STOP = 1 << 30


def reset_cause():
    if "wrong-cause" in standin_state.faults:
        return PWRON_RESET
    # As the RP2040: what is not the power is the watchdog, which carries out machine.reset() too.
    return PWRON_RESET if standin_state.cause in ("power", "button") else WDT_RESET


def unique_id():
    return b"\xe6\x61\x10\x00\x00\x00\x00\x2a"


def reset():
    standin_state.tell("reset program")
    while True:
        time.sleep(1)


def disable_irq():
    return 0


def enable_irq(state):
    pass


class _Registers:
    """The one register that the firmware writes: the watchdog's control."""

    def __setitem__(self, address, value):
        if value == _STOP:
            standin_state.tell("wdt 0")


mem32 = _Registers()


class Pin:
    IN = 0
    OUT = 1
    PULL_UP = 1
    IRQ_RISING = 8
    IRQ_FALLING = 4
    inputs = []

    def __init__(self, number, mode=IN, pull=None, value=None):
        self.level = 1 if value is None else value
        self.handler = None
        self.seen = int(standin_state.world()["pulses"])
        self.low = False
        if mode == Pin.IN:
            Pin.inputs.append(self)

    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level

    def irq(self, handler=None, trigger=0, hard=False):
        self.handler = handler
        return self

    def flags(self):
        return Pin.IRQ_FALLING if self.low else Pin.IRQ_RISING

    def look(self, count):
        """Let one half of a pulse reach the handler: it falls, and next time it rises."""
        if self.low:
            self.low = False
        elif self.seen < count:
            self.seen += 1
            if "loses-pulses" in standin_state.faults and self.seen % 3 == 0:
                return
            self.low = True
        else:
            return
        if self.handler:
            self.handler(self)


class WDT:
    def __init__(self, id=0, timeout=5000):
        if not 1 <= timeout <= 8388:
            raise ValueError("timeout out of range")
        if "no-watchdog" not in standin_state.faults:
            standin_state.tell("wdt %d" % timeout)

    def feed(self):
        standin_state.tell("feed")
        faults = standin_state.faults
        if "writes-flash" in faults:
            with open("wear.txt", "a") as f:
                f.write("worn ")
        if Pin.inputs:
            count = int(standin_state.world()["pulses"])
            for pin in Pin.inputs:
                pin.look(count)


def _be_slow():
    """Every GET takes 40 ms more."""
    import dlms.server

    quick = dlms.server.fast_get

    def fast_get(keys, ways, rx, off, n, tx, served):
        time.sleep_ms(40)
        return quick(keys, ways, rx, off, n, tx, served)

    dlms.server.fast_get = fast_get


if "slow" in standin_state.faults:
    _be_slow()


class RTC:
    def datetime(self, value):
        pass
