"""The log's budgets, and a console that never waits for its reader (REQUIREMENTS A-37, A-38)."""

import select

import log
from log import Console, Log

REQ = {
    "test_a_flood*": ("A-38",),
    "test_budgets*": ("A-38",),
    "test_ticks*": ("A-38",),
    "*": ("A-37",),
}
MICROPYTHON_ONLY = True


class Time:
    """In place of `time`: passes when a test says so."""

    def __init__(self):
        self.now = 0

    def ticks_ms(self):
        return self.now

    def ticks_diff(self, a, b):
        d = (a - b) & 0x3FFFFFFF
        return d - 0x40000000 if d & 0x20000000 else d

    def ticks_add(self, a, d):
        return (a + d) & 0x3FFFFFFF


class Rig:
    """A log with a clock of its own; `lines` is what went out."""

    def __enter__(self):
        self.before = log.time
        self.clock = log.time = Time()
        self.lines = []
        self.taken = True
        self.log = Log("INFO", self)
        return self

    def __exit__(self, *fault):
        log.time = self.before

    def line(self, text):
        if isinstance(self.taken, Exception):
            raise self.taken
        if self.taken:
            assert text[-1] == "\n"
            self.lines.append(text[:-1])
        return self.taken

    def finish(self):
        pass

    def flood(self, level, seconds, each_ms=10):
        """So many lines of a level a second, and the supervisor's looks."""
        for _ in range(seconds * 1000 // each_ms):
            self.clock.now = self.clock.ticks_add(self.clock.now, each_ms)
            self.log(level, "tcp", "refused", "peer=x")
            self.log.tick()

    def count(self, start):
        return sum(line.startswith(start) for line in self.lines)

    def lost(self):
        return sum(int(line.split("=")[1]) for line in self.lines if " log lost " in line) + self.log.lost


def test_a_flood_of_lower_levels_leaves_the_higher_their_share():
    for flood, spared in (("INFO", ("WARN", "ERROR")), ("WARN", ("ERROR",)), ("ERROR", ())):
        with Rig() as rig:
            rig.flood(flood, 60)
            for level in spared:
                for n in range(10):
                    rig.log(level, "app", "told", "n=%d" % n)
                    assert rig.lines[-1].endswith("app told n=%d" % n), (flood, level, n)
            rig.flood(flood, 5)
            for level in spared:
                rig.log(level, "app", "again")
                assert rig.lines[-1].endswith("app again "), (flood, level)


def test_budgets_bound_what_a_client_can_provoke():
    for levels in (("INFO",), ("WARN",), ("ERROR",), ("INFO", "WARN", "ERROR")):
        with Rig() as rig:
            for _ in range(60):
                for level in levels:
                    rig.flood(level, 1)
            seconds = 60 * len(levels)
            assert len(rig.lines) <= 2 * (70 + 24 * seconds)
            assert sum(" log lost " not in line for line in rig.lines) <= 70 + 24 * seconds
            assert rig.count(levels[0]) >= 50 + 19 * 60 // 2
            # every line is there or counted
            assert sum("refused" in line for line in rig.lines) + rig.lost() == 100 * seconds


def test_ticks_that_wrapped_meanwhile_cost_no_line():
    for gap in (0x1FFFFFFF, 0x20000000, 0x3FFFFF00):
        with Rig() as rig:
            rig.clock.now = rig.clock.ticks_add(rig.clock.now, gap)
            for n in range(50):
                rig.log("INFO", "app", "told", "n=%d" % n)
            assert len(rig.lines) == 50


def test_lines_that_nobody_reads_are_counted_and_told():
    for taken in (False, OSError(32), MemoryError()):
        with Rig() as rig:
            rig.log("INFO", "app", "told")
            rig.taken = taken
            rig.flood("INFO", 10)
            assert len(rig.lines) == 1 and rig.log.lost == 1000, rig.log.lost
            rig.log.say("READY")
            rig.taken = True
            # it does not take another line to report it
            rig.clock.now += 100
            rig.log.tick()
            assert rig.lines[1].endswith(" log lost lines=1001"), rig.lines
            rig.log.tick()
            assert len(rig.lines) == 2 and rig.log.lost == 0


class Stream:
    """Takes so many octets, then no more; says so to the poll."""

    def __init__(self, room, partly=False):
        self.room = room
        self.partly = partly
        self.text = ""
        self.writes = []

    def write(self, text):
        self.writes.append(text)
        assert self.partly or self.room > 0, "a write that waits"
        n = min(len(text), self.room) if self.partly else len(text)
        self.room -= n
        self.text += text[:n]
        return n or None


class Poller:
    def __init__(self, out, tells=True):
        self.out = out
        self.tells = tells

    def ipoll(self, ms):
        assert ms == 0
        return iter([(self.out, select.POLLOUT)] if self.tells and self.out.room > 0 else [])


def console(room, partly=False, path="no pipe"):
    out = Stream(room, partly)
    made = Console(True, out, path)
    made.poller = Poller(out)
    return made, out


def test_console_asks_before_every_write():
    """A write when the poll says that there is no room would fail the test: the stream's is
    256 octets, as of a pseudo terminal.
    """
    for room in range(1, 1500, 7):
        made, out = console(room)
        while made.line("x" * (room % 450) + "\n"):
            pass
        for text in out.writes:
            assert text == "\n" or ("\n" not in text and len(text) <= 200)
        told = len(out.text)
        for _ in range(3):
            assert not made.line("y\n")
        assert len(out.text) == told


def test_console_ends_what_was_cut():
    """Whatever was written of a line before the room was used up, the next
    one stands on a line of its own.
    """
    for partly in (False, True):
        for room in range(1, 700):
            made, out = console(room, partly)
            line = "a" * 450
            whole = made.line(line + "\n")
            out.room = 1000
            assert made.line("b\n")
            lines = out.text.split("\n")
            assert lines[-1] == "" and lines[-2] == "b"
            assert (lines[:-2] == [line]) == whole, (room, lines)
            assert whole or line.startswith("".join(lines[:-2]))


def test_pipe_is_asked_once_for_what_it_surely_takes():
    """So much is written whole between two questions, and never more; the
    supervisor's look asks anew.
    """
    made, out = console(100000)
    made.most = 512
    asked = []
    ask = made.takes

    def takes():
        asked.append(len(out.text))
        return ask()

    made.takes = takes
    for _ in range(100):
        assert made.line("x" * 99 + "\n")
    assert out.text == ("x" * 99 + "\n") * 100
    # text and end of every sixth line, and of the first
    assert len(asked) == 2 * 17, asked
    assert max(asked[i + 1] - asked[i] for i in range(len(asked) - 1)) <= 512
    made.finish()
    assert made.line("y\n") and len(asked) == 2 * 18
    # less was taken than the poll had promised
    for takes_none in (0, 1):
        made.write = lambda text, takes_none=takes_none: takes_none or None
        assert not made.line("z\n")
        made.write = out.write
        assert made.line("y\n") and out.text.endswith("\ny\n")


def test_line_end_that_had_to_wait():
    """A pipe of one page is full with the text of a line: its reader gets the
    end as soon as it has read that.
    """
    made, out = console(1)
    assert made.line("READY ip=1\n") and out.text == "READY ip=1"
    made.finish()
    assert out.text == "READY ip=1"
    out.room = 1
    for _ in range(3):
        made.finish()
    assert out.text == "READY ip=1\n"


def test_console_that_does_not_tell():
    """A port whose poll never says that a console takes something is written to
    without asking; the unix port's does.
    """
    before = select.poll

    class Poll(Poller):
        def __init__(self):
            pass

        def register(self, out, event):
            self.out, self.tells = out, out.tells
            if out.tells is None:
                raise OSError(22)

    class Module:
        POLLOUT = select.POLLOUT
        poll = Poll

    log.select = Module
    try:
        # whether the poll reports it (None: it takes no such object), whether the
        # port's does, whether it is asked
        table = (
            (True, False, True),
            (False, False, False),
            (None, False, False),
            (None, True, False),
            (False, True, True),
        )
        for tells, asks, asked in table:
            out = Stream(1000)
            out.tells = tells
            made = Console(asks, out)
            assert (made.poller is not None) == asked, (tells, asks)
            assert made.line("x\n") == (not asked or tells)
    finally:
        log.select = select
    assert before is select.poll


def test_console_of_this_port():
    made = Console(True)
    if made.poller is None or not made.takes():
        raise Skip("its poll does not tell")
    assert made.line("a line of the test\n")


class Skip(Exception):
    pass
