"""The meter, its clients, and what is looked at meanwhile.

Each leg begins shortly before the clock crosses something: the end of summer time, the turn of
month and year, the beginning of summer time. Clients over TCP and UDP ask all kinds of things while
the load profile is captured, pushes go to a listener, and AAs end and begin. Ten times the meter is
looked at: its sockets, its heap, and what a fixed mix of requests takes in instructions.
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from host_tests.alloc.alloc_kinds import CLOCK, SHORT_NAME_MANAGEMENT, cycle, short_cycle, unhex
from host_tests.bench.link import RLRQ, Cycle, Link, WrongAnswer
from host_tests.bench.serving import total
from host_tests.bench.settings import PATIENCE, Settings
from tools.dlmsclient import Client, Deframer, Obis, decode_notification

from .household import CHANNELS, Household

SEED = 11
RATE = 3600
UTC = timezone.utc
# of a leg: what it crosses, where its clock begins, and when that is crossed
LEGS = (
    ("end of summer time", datetime(2026, 10, 25, 0, 0, tzinfo=UTC), datetime(2026, 10, 25, 1, 0, tzinfo=UTC)),
    ("turn of month and year", datetime(2026, 12, 31, 22, 0, tzinfo=UTC), datetime(2026, 12, 31, 23, 0, tzinfo=UTC)),
    ("beginning of summer time", datetime(2027, 3, 28, 0, 0, tzinfo=UTC), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
)
# attributes of the clock: time_zone, daylight_savings_begin, _end, _deviation, _enabled
CENTRAL_EUROPE = (
    "03 00 10 FFC4",
    "05 00 090C FFFF 03 FE 07 02 00 00 00 8000 00",
    "06 00 090C FFFF 0A FE 07 03 00 00 00 8000 00",
    "07 00 0F 3C",
    "08 00 03 01",
)
LOOKS = 10
HEAP_GROWS = 16_384  # octets of heap after a collection, from the first one to the last: what 50 requests take
DEARER = 1.15  # instructions of a request at the last look to those at the first, as in the bench
_KINDS = ("GET of a Register", "SET of a Data", "GET list", "GET of what is computed", "SET list", "ACCESS")
_OVER_UDP = ("GET of a Register", "SET of a Data", "GET list", "GET of what is computed")
_SHORT_KINDS = ("Read of a Register", "Write of a Data")
_PAIR = 500  # requests from one RLRQ and AARQ to the next
_SAMPLE = 100  # requests from one look at the heap to the next
_MIX = 600  # requests of which the instructions are counted
_GIVEN_BACK = 4096  # octets of heap
_CLOCK_AND_ENERGY = unhex("C003C1 04" + CLOCK + "02 00") + b"".join(
    [b"\x00\x03" + Obis.parse(name).octets + b"\x02\x00" for name in CHANNELS]
)
_TASKS = ("--toggle-collect=mp_obj_gen_resume", "--collect-atstart=yes")  # left out, as in the bench


@dataclass
class Look:
    """What was seen at a tenth of the way."""

    requests: int
    sockets: int
    heap: int
    instructions: float | None


@dataclass
class Leg:
    """Energy of a stretch of time: what the meter counted, and what the household used."""

    crosses: str
    start: datetime
    end: datetime
    counted: list[int]
    used: list[float]

    @property
    def wrong(self) -> bool:
        """The registers have whole Wh, so that each of two readings may lack a part of one."""
        return any(abs(one - other) >= 1 for one, other in zip(self.counted, self.used, strict=True))


@dataclass
class Soaked:
    """All that a soak brought, and what of it is wrong."""

    requests: int = 0
    pushes: int = 0
    seconds: float = 0
    looks: list[Look] = field(default_factory=list)
    floors: list[int] = field(default_factory=list)  # octets of heap after each collection
    legs: list[Leg] = field(default_factory=list)

    def faults(self) -> list[str]:
        found = [f"{leg.crosses}: counted {leg.counted}, used {leg.used}" for leg in self.legs if leg.wrong]
        if len({look.sockets for look in self.looks}) > 1:
            found.append(f"sockets: {[look.sockets for look in self.looks]}")
        if len(self.floors) > 1 and self.floors[-1] - self.floors[0] > HEAP_GROWS:
            found.append(f"heap after collections: {self.floors[0]} to {self.floors[-1]} octets")
        counted = [look.instructions for look in self.looks if look.instructions]
        if counted and counted[-1] > DEARER * counted[0]:
            found.append(f"instructions of a request: {counted[0]:.0f} to {counted[-1]:.0f}")
        if not self.pushes:
            found.append("nothing was pushed")
        return found


class Listener:
    """Takes the pushes of the meter, and decodes each."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self.pushes = 0
        self.fault = ""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                self._take(self._socket.accept()[0])

    def _take(self, taken: socket.socket) -> None:
        frames = Deframer()
        with taken:
            while octets := taken.recv(65536):
                frames.feed(octets)
                while (wpdu := frames.next_wpdu()) is not None:
                    try:
                        decode_notification(wpdu.apdu)
                        self.pushes += 1
                    except Exception as error:
                        self.fault = f"{wpdu.apdu.hex()}: {error}"

    def close(self) -> None:
        self._socket.close()


class Clients:
    """Links over TCP, UDP and with short names, and the requests that they ask in turn."""

    def __init__(self, address: tuple[str, int], stack: ExitStack) -> None:
        self.first = stack.enter_context(Link(address))
        self.links = [self.first, stack.enter_context(Link(address)), stack.enter_context(Link(address))]
        self.datagrams = [stack.enter_context(Link(address, udp=True)) for _ in range(2)]
        self.short = stack.enter_context(Link(address, client=SHORT_NAME_MANAGEMENT))
        for link in self.links + self.datagrams:
            link.associate()
        self.short.associate(client=SHORT_NAME_MANAGEMENT)
        base = _base(*address)
        self.plays: list[tuple[Link, Cycle, int | None]] = []
        for turn, kind in enumerate(_KINDS):
            self.plays.append((self.links[turn % 3], cycle(kind), None))
            if kind in _OVER_UDP:
                self.plays.append((self.datagrams[turn % 2], cycle(kind), None))
        for kind in _SHORT_KINDS:
            self.plays.append((self.short, short_cycle(kind, base), SHORT_NAME_MANAGEMENT))
        self.turn = 0
        self.asked = 0
        self._paired = 0

    def ask(self) -> None:
        """A few requests: those of the next kind."""
        link, played, client = self.plays[self.turn % len(self.plays)]
        self.turn += 1
        self.asked += link.play(played, len(played), client)
        if self.asked - self._paired >= _PAIR:
            self._paired = self.asked
            again = (self.links[1:] + self.datagrams)[self.turn % 4]
            again.ask(RLRQ)
            again.associate()
            self.asked += 2

    def mix(self) -> int:
        """The same requests each time, once all of them and more."""
        done = 0
        while done < _MIX:
            for link, played, client in self.plays:
                done += link.play(played, len(played), client)
        self.asked += done
        return done

    def clock_and_energy(self) -> tuple[datetime, list[int]]:
        """Both at one moment, UTC and whole Wh."""
        self.asked += 1
        answer = self.first.ask(_CLOCK_AND_ENERGY)
        if answer[:4].hex() != "c403c104" or answer[4:7].hex() != "00090c" or len(answer) != 19 + 6 * len(CHANNELS):
            raise WrongAnswer(f"clock and energies are {answer.hex()}")
        octets = answer[7:19]
        year, deviation = int.from_bytes(octets[:2], "big"), int.from_bytes(octets[9:11], "big", signed=True)
        moment = datetime(year, octets[2], octets[3], octets[5], octets[6], octets[7], tzinfo=UTC)
        values = [int.from_bytes(answer[at : at + 4], "big") for at in range(21, len(answer), 6)]
        return moment + timedelta(minutes=deviation), values

    def set_clock(self, moment: datetime) -> None:
        """SET the clock to an instant, UTC."""
        octets = moment.year.to_bytes(2, "big") + bytes((moment.month, moment.day, 0xFF))
        octets += bytes((moment.hour, moment.minute, moment.second, 0, 0, 0, 0))
        self.set(CLOCK + "02 00 09 0C" + octets.hex())

    def set(self, text: str) -> None:
        """SET one attribute: descriptor, no selection, value."""
        self.asked += 1
        answer = self.first.ask(unhex("C101C1" + text))
        if answer.hex() != "c501c100":
            raise WrongAnswer(f"SET of {text} was answered {answer.hex()}")


def _sockets(pid: int) -> int:
    """Sockets of a process: callgrind opens files of its own now and then."""
    found = 0
    for name in os.listdir(f"/proc/{pid}/fd"):
        with suppress(FileNotFoundError):
            found += os.readlink(f"/proc/{pid}/fd/{name}").startswith("socket:")
    return found


def _base(host: str, port: int):
    with Client.tcp(host, port, timeout=PATIENCE) as client:
        association = client.associate_short_names(SHORT_NAME_MANAGEMENT, 1, "87654321")
        association.objects()
        association.release()
    return lambda octets: association.find(int.from_bytes(octets[:2], "big"), Obis(octets[2:])).base_name


class Soak:
    """One meter under many requests. counted: instructions too, by
    callgrind, which makes it slower.
    """

    def __init__(self, settings: Settings, requests: int, counted: bool) -> None:
        self.settings = settings
        self.requests = requests
        self.counted = counted and settings.valgrind is not None
        self.found = Soaked()
        self._dumps = 0

    def run(self) -> Soaked:
        begun = time.monotonic()
        listener = Listener()
        with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
            stack.callback(listener.close)
            self._out = Path(folder) / "soak"
            prefix: tuple[str, ...] = ()
            if self.counted:
                tool = (str(self.settings.valgrind), "--tool=callgrind", f"--callgrind-out-file={self._out}")
                prefix = (*tool, "--instr-atstart=no", *_TASKS)
            meter = self.settings.meter(heapsize="640K", prefix=prefix, **self._keys(listener))
            try:
                ready = meter.start()
                self._pid = meter.pid
                self._soak(Clients((ready.host, ready.port), stack), listener)
            finally:
                meter.stop(grace=PATIENCE)
        if listener.fault:
            raise WrongAnswer(f"a push cannot be decoded: {listener.fault}")
        self.found.pushes = listener.pushes
        self.found.seconds = time.monotonic() - begun
        return self.found

    def _keys(self, listener: Listener) -> dict[str, object]:
        start = LEGS[0][1].strftime("%Y-%m-%dT%H:%M:%S")
        return {
            "seed": SEED,
            "rate": RATE,
            "start": start,
            "backfill_days": 1,
            "push_interval": 60,
            "push": listener.address,
            "log": "ERROR",
            "inactivity": 0,
        }

    def _soak(self, clients: Clients, listener: Listener) -> None:
        """All legs, and the looks between them."""
        deadline = time.monotonic() + PATIENCE
        while not listener.pushes and time.monotonic() < deadline:
            clients.ask()  # the connection of the pushes is there from now on
        for text in CENTRAL_EUROPE:
            clients.set(CLOCK + text)
        for number, (crosses, start, crossed) in enumerate(LEGS):
            clients.set_clock(start)
            begun, before = clients.clock_and_energy()
            self._leg(clients, self.requests * (number + 1) // len(LEGS), crossed)
            ended, after = clients.clock_and_energy()
            used = Household(SEED).energy(begun, ended)
            counted = [one - other for one, other in zip(after, before, strict=True)]
            self.found.legs.append(Leg(crosses, begun, ended, counted, used))
        self.found.requests = clients.asked

    def _leg(self, clients: Clients, until: int, crossed: datetime) -> None:
        """Ask until so many requests were asked and the clock has crossed what it is to cross."""
        sampled = last = 0
        while clients.asked < until or clients.clock_and_energy()[0] <= crossed:
            if clients.asked >= len(self.found.looks) * self.requests // LOOKS and len(self.found.looks) < LOOKS:
                self._look(clients)
            clients.ask()
            if clients.asked - sampled >= _SAMPLE:
                sampled = clients.asked
                heap = clients.first.state().allocated
                if heap < last - _GIVEN_BACK:
                    self.found.floors.append(heap)
                last = heap

    def _look(self, clients: Clients) -> None:
        instructions = self._count(clients) if self.counted else None
        sockets = _sockets(self._pid)
        self.found.looks.append(Look(clients.asked, sockets, clients.first.state().allocated, instructions))

    def _count(self, clients: Clients) -> float:
        """Instructions of a request, of a fixed mix."""
        self._order("--instr=on")
        clients.mix()
        self._order("--zero")
        done = clients.mix()
        self._order("--dump")
        self._order("--instr=off")
        self._dumps += 1
        out = Path(f"{self._out}.{self._dumps}")
        counted = total(out) / done
        out.unlink()
        return counted

    def _order(self, word: str) -> None:
        words = ["callgrind_control", word, str(self._pid)]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
        if done.returncode:
            raise WrongAnswer(f"callgrind_control {word}: {done.stderr[-500:]!r}")
