"""The log: one line an event, `LEVEL ticks component event key=value …`, never a secret, and never more than a client can provoke.

Lines above the rate are counted and told in the next line that goes out.
"""

import time

_LEVELS = ("DEBUG", "INFO", "WARN", "ERROR", "NONE")
_BURST = 50  # lines at once
_PER_SECOND = 20


class Log:
    """Call an instance with level, component, event and text."""

    def __init__(self, level="INFO", write=print):
        self.level = _LEVELS.index(level)
        self.write = write
        self.credit = _BURST
        self.since = time.ticks_ms()
        self.lost = 0

    def __call__(self, level, component, event, text=""):
        if _LEVELS.index(level) < self.level:
            return
        now = time.ticks_ms()
        gained = time.ticks_diff(now, self.since) * _PER_SECOND // 1000
        if gained:
            self.credit = min(_BURST, self.credit + gained)
            self.since = now
        if self.credit <= 0:
            self.lost += 1
            return
        self.credit -= 1
        try:
            if self.lost:
                self.write("WARN %d log lost lines=%d" % (now, self.lost))
                self.lost = 0
            self.write("%s %d %s %s %s" % (level, now, component, event, text))
        except (OSError, MemoryError):
            self.lost += 1  # nobody reads the log any more, or there is no room for a line: the meter goes on


def levels():
    """Names of the levels, the most talkative first."""
    return _LEVELS
