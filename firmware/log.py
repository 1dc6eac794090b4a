"""The log: one line an event, `LEVEL ticks component event key=value …`, never a secret,
and never more than a client can provoke.

Lines above the rate, and lines that nobody reads, are dropped and counted; the count is logged
as soon as a line goes out again. WARN and ERROR have, beside the budget of all, one of their
own each, that other lines cannot use up.
"""

import os
import select
import sys
import time

from micropython import const

_LEVELS = ("DEBUG", "INFO", "WARN", "ERROR", "NONE")
_WARN = const(2)
_ERROR = const(3)
_MOST = const(0x0FFFFFFF)  # lines are counted modulo this and one: no large integer on any board
_BURST = const(50)  # lines at once
_STEP = const(50)  # milliseconds for a further one: 20 a second
_SHARE = const(10)  # lines at once of WARN, and of ERROR, beyond that
_SHARE_STEPS = const(10)  # … and a further one of each: 2 a second
_PIECE = const(200)  # octets of a write
_KIND = const(0xF000)  # of a file, in st_mode …
_FIFO = const(0x1000)
_PAGE = const(4096)  # octets that a pipe of Linux has room for when the poll says that there is any …
_PIPE_BUF = const(512)  # … and any other one


class Log:
    """Call an instance with level, component, event and text. console: a
    Console, or what stands for one.
    """

    def __init__(self, level, console):
        self.level = _LEVELS.index(level)
        self.console = console
        self.credit = _BURST
        self.shares = [0, 0, _SHARE, _SHARE]  # by level
        self.steps = 0  # towards a further line of the shares
        self.since = time.ticks_ms()
        self.lost = 0  # lines, since the last one that reported them …
        self.told = 0  # … and before
        self.faults = 0  # lines of level ERROR, whether they were written or not

    def __call__(self, level, component, event, text=""):
        """Write one line: level (DEBUG, INFO, WARN or ERROR), milliseconds since the start,
        component, event, text.

        A line that the level leaves out costs nothing more. One that has no credit left, or that
        nobody reads, is counted in `lost`.
        """
        number = _LEVELS.index(level)
        if number == _ERROR:
            self.faults = self.faults + 1 & _MOST
        if number < self.level:
            return
        now = time.ticks_ms()
        if not 0 <= now - self.since < _STEP:
            self.earn(now)
        if self.credit:
            self.credit -= 1
        elif self.shares[number]:
            self.shares[number] -= 1
        else:
            self.lost += 1
            return
        if self.lost:
            self.tell(now)
        try:
            if self.console.line("%s %d %s %s %s\n" % (level, now, component, event, text)):
                return
        except (OSError, MemoryError):
            pass  # nobody reads the log any more, or there is no room for a line: the meter goes on
        self.lost += 1

    def say(self, text):
        """Write a line that has no level: READY, and what `trace=on` shows."""
        try:
            if self.console.line(text + "\n"):
                return
        except (OSError, MemoryError):
            pass
        self.lost += 1

    def tick(self):
        """Called often, more than once in the days after which ticks wrap: report
        lines lost when no other line does.
        """
        self.console.finish()
        now = time.ticks_ms()
        if not 0 <= now - self.since < _STEP:
            self.earn(now)
        if self.lost and self.credit:
            self.credit -= 1
            self.tell(now)

    def tell(self, now):
        """Log how many lines were lost so far."""
        lost = self.lost
        self.lost = 0
        self.say("WARN %d log lost lines=%d" % (now, lost))
        if self.lost:
            self.lost = lost  # still nobody reads
        else:
            self.told = self.told + lost & _MOST

    def earn(self, now):
        """Budgets grow with time."""
        steps = time.ticks_diff(now, self.since) // _STEP
        if steps < 0:
            self.since = now  # ticks have wrapped meanwhile
        elif steps:
            self.since = time.ticks_add(self.since, steps * _STEP)
            self.credit = min(_BURST, self.credit + steps)
            self.steps += steps
            further = self.steps // _SHARE_STEPS
            if further:
                self.steps %= _SHARE_STEPS
                for i in range(_WARN, len(self.shares)):
                    self.shares[i] = min(_SHARE, self.shares[i] + further)


class Console:
    """Standard output that never waits for its reader: `line` drops what does not go out now.

    A write waits when a pipe is full, when a terminal was stopped or its window hangs, and when a
    USB console is open and not read. So the poll is asked first, and a line is written only as far
    as it goes out surely: into a pipe 4,096 octets (Linux) or 512 in all, whatever the writes; to a
    pseudo terminal 256, text and line end each for itself. A line that broke off is ended in front
    of the next one.

    asks: on ports whose poll reports it. On others (a board) the first answer decides: a console
    that takes nothing before anything was written does not report it, and is written to without
    asking. path: by which the system names standard output.
    """

    def __init__(self, asks, out=None, path="/dev/stdout"):
        self.out = out or sys.stdout
        self.write = self.out.write
        self.open = False  # a line is not ended
        self.room = 0  # octets that a pipe takes before it has to be asked again
        self.most = pipe_room(path) if asks else 0
        self.poller = poller = select.poll()
        try:
            poller.register(self.out, select.POLLOUT)
        except (OSError, TypeError, ValueError, AttributeError):
            self.poller = None
        if not asks and not self.takes():
            self.poller = None

    def takes(self):
        """Whether a short write goes out at once."""
        if self.poller is None:
            return True
        for _, event in self.poller.ipoll(0):
            if event & select.POLLOUT:
                return True
        return False

    def line(self, text):
        """Write a line, its end included; False when not all of its text has gone out."""
        n = len(text)
        if n <= self.room:
            # a pipe with room for it, as nearly always
            self.room -= n
            return self.write(text) == n or self.cut()
        if self.open and not self.end():
            return False
        for at in range(0, n - 1, _PIECE):
            if not self.put(text[at : min(at + _PIECE, n - 1)]):
                return False
        self.end()
        return True

    def cut(self):
        """Less was written than there was room for: whoever started us has made the pipe
        non-blocking, or it was not ASCII alone.
        """
        self.room = 0
        self.open = True
        return False

    def put(self, text):
        """Write a piece; False when not all of it has gone out."""
        if not self.takes():
            return False
        n = self.write(text) or 0  # None, and less, where it is non-blocking
        if n:
            self.open = True
        return n >= len(text)

    def end(self):
        """Write the line end; False when it has to wait."""
        if self.put("\n"):
            self.open = False
            self.room = self.most - 1
        return not self.open

    def finish(self):
        """Called often: write a line end that had to wait; and ask a pipe anew, in case
        that somebody else writes to it.
        """
        self.room = 0
        if self.open:
            try:
                self.end()
            except OSError:
                pass  # nobody reads any more


def pipe_room(path):
    """Octets that the pipe at a path surely takes when the poll says that it
    takes any; 0 of what is no pipe.
    """
    try:
        if os.stat(path)[0] & _KIND != _FIFO:
            return 0
    except OSError:
        return 0
    return _PAGE if sys.platform == "linux" else _PIPE_BUF


def levels():
    """Names of the levels, the most talkative first."""
    return _LEVELS
