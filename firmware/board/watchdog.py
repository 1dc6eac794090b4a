"""The watchdog: resets the board when the meter does not look healthy for too long.

It starts when the meter serves, never before: a board that cannot start stays at its REPL and
does not reset in circles. It is fed by the supervisor only, and only when the sockets were polled
and the meter ticked since the last time.

A watchdog that runs would also reset a board whose meter was stopped by Ctrl-C. So `hold` stops
it (RP2, by a control register), or else has a timer feed it. A soft reset ends timers and not
the watchdog: boot.py calls `hold` again.
"""

import machine

_timer = None


class Watchdog:
    """timeout: milliseconds."""

    def __init__(self, timeout):
        self.timeout = timeout
        self.running = False
        self.wdt = None

    def arm(self):
        """From now on `feed` must come within the time-out."""
        release()
        self.wdt = machine.WDT(timeout=self.timeout)
        self.running = True

    def feed(self):
        if self.running:
            self.wdt.feed()


def hold(limits, armed=True):
    """Keep the watchdog from biting while nobody feeds it.

    armed: whether it runs for certain. If not, it may have been left running
    by what ran before a soft reset.
    """
    if limits.WATCHDOG is None:
        return
    if limits.WATCHDOG_STOP is not None:
        machine.mem32[limits.WATCHDOG_STOP[0]] = limits.WATCHDOG_STOP[1]
    elif armed or machine.reset_cause() == machine.SOFT_RESET:
        _feed_by_timer(limits.WATCHDOG)


def release():
    """End a timer that feeds."""
    global _timer
    if _timer is not None:
        _timer.deinit()
        _timer = None


def _feed_by_timer(timeout):
    global _timer
    wdt = machine.WDT(timeout=timeout)
    wdt.feed()
    release()
    _timer = machine.Timer(0)
    _timer.init(period=timeout // 4, mode=machine.Timer.PERIODIC, callback=lambda timer: wdt.feed())
