"""The listener as a program: nothing that arrives ends it, a push is shown whole or reported
lost, and no line of it can be forged.
"""

from __future__ import annotations

import contextlib
import json
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from host_tests.client.answering import Answering, in_terminal
from host_tests.client.peer import octets
from tools.dlmsclient.general_blocks import GeneralBlock
from tools.dlmsclient.wrapper import Wpdu
from tools.launcher import ROOT
from tools.listen.__main__ import main
from tools.listen.listener import Arrival, Listener
from tools.listen.reception import ANSWER_GAP, STREAM_GAP, Receptions

WAIT = 20.0
PUSH = octets("0F 00000007 00 0201 12 0B0B")  # shown as 2827


def blocks(apdu: bytes, size: int, streaming: bool = True) -> list[bytes]:
    """An APDU as one stream of general blocks; the last one waits for an acknowledgement."""
    parts = [apdu[at : at + size] for at in range(0, len(apdu), size)]
    last = len(parts)
    return [GeneralBlock(n == last, streaming and n < last, 0, n, 0, part).encode() for n, part in enumerate(parts, 1)]


class Listening:
    """A listener as a user starts it."""

    def __init__(self, *words: str) -> None:
        command = [sys.executable, "-m", "tools.listen", "--port", "0", *words]
        self.program = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        found = re.search(r"listening on 127\.0\.0\.1:(\d+),", self.program.stderr.readline().decode())
        assert found
        self.port = int(found[1])

    def until(self, wanted: str) -> str:
        """The lines that it has printed when this stands in them."""
        shown, end = b"", time.monotonic() + WAIT
        while not (wanted.encode() in shown and shown.endswith(b"\n")) and time.monotonic() < end:
            if select.select([self.program.stdout], [], [], 1)[0]:
                got = self.program.stdout.read1(65536)
                if not got:
                    break
                shown += got
        assert wanted.encode() in shown, (shown, self.program.poll())
        return shown.decode()


@contextlib.contextmanager
def listening(*words: str) -> Iterator[Listening]:
    made = Listening(*words)
    try:
        yield made
        assert made.program.poll() is None, made.program.stderr.read().decode()
    finally:
        made.program.kill()
        made.program.communicate()


# Everything that is no push, and pushes of every kind: (name, APDUs)
ARRIVING: dict[str, list[bytes]] = {
    "a confirmation": [octets("10 40000001 00")],
    "a confirmation with its time": [octets("10 40000001 0C 07EA0B1E 01 0A000000 0000 00")],
    "a push of 70,000 octets": blocks(octets("0F 00000012 00 09 83 011170") + b"A" * 70000, 1000),
    "a broken block": [octets("E080 0001 0000 05 0F"), octets("E0"), octets("E080 0001 0005 00")],
    "nothing": [b""],
    "every tag": [bytes([tag]) + bytes(12) for tag in range(256)],
    "every tag alone": [bytes([tag]) for tag in range(256)],
    "a Data of every tag": [octets("0F 00000001 00") + bytes([tag]) + bytes(16) for tag in range(256)],
    "an event of every tag": [octets("C2 00 0001 0000600B00FF 02") + bytes([tag]) + bytes(16) for tag in range(256)],
    "every length of a time": [octets("0F 00000001") + bytes([length]) + bytes(40) for length in range(256)],
    "deep": [octets("0F 00000001 00") + octets("0101") * depth + octets("00") for depth in (1, 30, 31, 32, 33, 1000)],
    "no number": [octets("0F 00000001 00 17 7FC00000"), octets("0F 00000001 00 18 7FF0000000000000")],
    "an address of no length": [
        octets("C2 00 002A 0000190100FF 03 06 7F000001"),
        octets("C2 00 002B 0000190200FF 02 0900"),
    ],
    "a strange class": [octets("C2 00 FFFF FFFFFFFFFFFF 80 00"), octets("C2 00 0046 0000600300FF 03 16 FF")],
}


@pytest.mark.req("D-61")
@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_that_arrives_ends_it(form):
    """Over one connection, each kind followed by a push that is shown; then a version
    that nothing can be framed after.
    """
    with listening("--format", form) as made, socket.create_connection(("127.0.0.1", made.port)) as peer:
        for number, (name, apdus) in enumerate(ARRIVING.items()):
            for apdu in apdus:
                peer.sendall(Wpdu(1, 16, apdu).encode())
            marked = octets(f"0F 00000007 00 06 {2_000_000_000 + number:08X}")
            peer.sendall(Wpdu(1, 1, marked).encode())
            shown = made.until(str(2_000_000_000 + number))
            if form == "json":
                for line in shown.splitlines():
                    json.loads(line, parse_constant=pytest.fail)
            assert name
        peer.sendall(octets("0002 0001 0001 0000"))
        made.until("version 0002")
        with socket.socket(type=socket.SOCK_DGRAM) as udp:
            for datagram in (b"", b"x", octets("0001 0001 0001 0009 0F"), Wpdu(1, 1, PUSH).encode()):
                udp.sendto(datagram, ("127.0.0.1", made.port))
            made.until("2827")


@pytest.mark.req("D-61")
def test_no_line_can_be_forged():
    text = b"\x1b[2J\x1b]0;x\x07\nTCP 192.0.2.1:4059 1->16 DataNotification 1: forged\xe2\x80\xae"
    apdu = octets("0F 00000004 00 0201 0C") + bytes([len(text)]) + text
    with listening() as made, socket.create_connection(("127.0.0.1", made.port)) as peer:
        peer.sendall(Wpdu(1, 16, apdu).encode() + Wpdu(1, 16, PUSH).encode())
        shown = made.until("2827")
        assert len(shown.splitlines()) == 2
        assert all(c.isprintable() for c in shown if c != "\n")


def test_who_reads_its_output_may_go():
    """`python -m tools.listen | head -1` ends without a word."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        made = Listening()
    with socket.create_connection(("127.0.0.1", made.port)) as peer:
        made.program.stdout.close()
        for _ in range(3):
            with contextlib.suppress(OSError):
                peer.sendall(Wpdu(1, 16, PUSH).encode())
    assert made.program.wait(WAIT) == 0
    assert made.program.stderr.read() == b""
    made.program.stderr.close()


def push(number: int, value: int) -> bytes:
    """A push of three values, 19 octets."""
    return octets(f"0F {number:08X} 00 0203" + f"06{value:08X}" * 3)


A, B = push(16, 0xAAAAAAAA), push(17, 0xBBBBBBBB)
A1, A2, A3 = blocks(A, 8)
B1, B2, B3 = blocks(B, 8)
WAY = ("UDP", "192.0.2.1:4059", 1, 1)


def played(*steps: bytes | float, way: tuple = WAY) -> tuple[list[bytes], int]:
    """The pushes that become whole, and how many are reported lost, of
    blocks and seconds of silence.
    """
    receptions, now, whole, lost = Receptions(8), 0.0, [], 0
    for step in (*steps, 2 * ANSWER_GAP):
        if isinstance(step, bytes):
            taken = receptions.take(way, step, now)
            whole += [taken.whole] if taken.whole is not None else []
            lost += bool(taken.lost)
            assert (taken.answer is not None) == (not GeneralBlock.decode(step).streaming)
        else:
            now += step
        lost += len(receptions.expired(now))
    return whole, lost


@pytest.mark.req("D-61")
@pytest.mark.parametrize(
    ("steps", "whole", "lost"),
    [
        ((A1, A2, A3), [A], 0),
        ((A1, A2, A3, B1, B2, B3), [A, B], 0),
        ((A1, B1, B2, B3), [B], 1),
        ((A1, A2, B1, B2, B3), [B], 1),
        ((A1, A3, B1, B2, B3), [B], 1),
        ((A2, A3, B1, B2, B3), [B], 1),
        ((A3, B1, B2, B3), [B], 1),
        ((A1, A2, 2 * STREAM_GAP, B2, B3), [], 2),
        ((A1, 2 * STREAM_GAP, B2, B3), [], 2),
        ((A1, 2 * STREAM_GAP, B1, B2, B3), [B], 1),
        ((A1, A2), [], 1),
        ((A1, A3, A2), [A], 0),
        ((A1, A1, A2, A2, A3), [A], 0),
        ((A1, A2, A3, A3, B1, B2, B3), [A, B], 0),
        ((A1, A2, A3, A2, A1), [A], 0),
        ((A1, A2, A1, A2, A3), [A], 0),
        ((A1, A2, A3, B2, B3), [A], 1),
    ],
)
def test_a_push_is_whole_or_lost(steps, whole, lost):
    assert played(*steps) == (whole, lost)


@pytest.mark.req("D-61")
def test_every_loss_of_two_pushes_in_a_row():
    """Each of the six blocks comes or does not; the second push begins after the meter
    has waited for an acknowledgement.
    """
    for pattern in range(64):
        first = [block for i, block in enumerate((A1, A2, A3)) if pattern >> i & 1]
        second = [block for i, block in enumerate((B1, B2, B3)) if pattern >> i + 3 & 1]
        whole, lost = played(*first, ANSWER_GAP + 1, *second)
        assert whole == [A] * (len(first) == 3) + [B] * (len(second) == 3)
        assert lost == (0 < len(first) < 3) + (0 < len(second) < 3)


@pytest.mark.req("D-61")
def test_over_tcp_slowness_is_no_loss_and_the_end_of_the_connection_is():
    way = ("TCP", "192.0.2.1:4059", 1, 1)
    assert played(A1, 100.0, A2, 100.0, A3, way=way) == ([A], 0)
    with Listener("127.0.0.1", 0) as listener:
        with socket.create_connection(("127.0.0.1", listener.port)) as peer:
            peer.sendall(Wpdu(1, 1, A1).encode() + Wpdu(1, 1, A2).encode())
        arrival = listener.next(WAIT)
    assert isinstance(arrival, Arrival)
    assert arrival.lost
    assert "number 3 did not" in arrival.error


@pytest.mark.req("D-61")
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_push_whose_blocks_were_lost_is_told(form):
    with listening("--format", form) as made, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.connect(("127.0.0.1", made.port))
        for block in (A1, B1, B2, B3):
            udp.send(Wpdu(1, 16, block).encode())
        lost, whole = made.until("3149642683").splitlines()
    assert "lost" in lost
    assert "number 2 did not" in lost
    assert "2863311530" not in whole


OBJECTS = (
    "0102"
    + "0204 120028 1100 0906 0000190900FF 0202 0101 0203 0F02 1601 00 0100"
    + ("0204 120003 1100 0906 0100010800FF 0202 0102 0203 0F02 1601 00 0203 0F03 1601 00 0100")
)
PUSHED = "0204 12 {:04X} 0906 {} 0F{:02X} 120000"
LIST = (
    "0104"
    + PUSHED.format(40, "0000190900FF", 1)
    + PUSHED.format(3, "0100010800FF", 2)
    + (PUSHED.format(42, "0000190100FF", 3) + PUSHED.format(1, "0000600B00FF", 2))
)
NOON = "07EA0301 07 0C000000 0000 00"
VALUES = "0204 0906 0000190900FF 060000D431 06C0000201 1102"
NAMED = [
    "push on an interval 0-0:25.9.0*255",
    "active energy + 54.321 Wh",
    "IPv4 setup IP_address 192.0.2.1",
    "event code power up (2)",
]


def pushing(class_id: int, name: str, number: int) -> str:
    return "00" + {15: OBJECTS, 40: LIST, 3: "0202 0FFD 161E"}[class_id]


@pytest.mark.req("D-61")
def test_names_units_and_words_of_a_push():
    """Asked of the meter; without that the values are bare; and a push that brings its
    list and units itself needs nobody.
    """
    with (
        Answering(pushing) as meter,
        listening("--names-from", f"127.0.0.1:{meter.port}") as made,
        socket.create_connection(("127.0.0.1", made.port)) as peer,
    ):
        peer.sendall(Wpdu(1, 1, octets("0F 00000001 00" + VALUES)).encode())
        assert ", ".join(NAMED) in made.until("\n")
    with listening("--names-from", "127.0.0.1:1") as made, socket.create_connection(("127.0.0.1", made.port)) as peer:
        peer.sendall(Wpdu(1, 1, octets("0F 00000001 00" + VALUES)).encode())
        assert "0-0:25.9.0*255, 54321, 3221225985, 2" in made.until("\n")
        listed = (
            "0103"
            + PUSHED.format(40, "0000190900FF", 2)
            + PUSHED.format(3, "0100010800FF", 2)
            + PUSHED.format(3, "0100010800FF", 3)
        )
        itself = f"0203 {listed} 060000D431 0202 0FFD 161E"
        peer.sendall(Wpdu(1, 1, octets("0F 00000002 00" + itself)).encode())
        assert "active energy + 54.321 Wh" in made.until("54.321")


@pytest.mark.req("D-60")
@pytest.mark.parametrize(
    ("apdu", "words"),
    [
        ("C2 00 0001 0000600B00FF 02 113E", "event code 0-0:96.11.0*255 value = remote disconnection (62)"),
        ("C2 00 002A 0000190100FF 03 06 C0000201", "IPv4 setup 0-0:25.1.0*255 IP_address = 192.0.2.1"),
        ("C2 00 0046 0000600300FF 03 16 02", "control_state = ready for reconnection (2)"),
        (
            f"C2 01 09 0C {NOON} 0001 0000600A01FF 02 1108",
            "daylight saving (8), deviation: the date-time has the tag 09",
        ),
        ("10 40000007 00", "DataNotificationConfirm 7"),
    ],
)
def test_events_in_words(apdu, words):
    with listening() as made, socket.create_connection(("127.0.0.1", made.port)) as peer:
        peer.sendall(Wpdu(1, 1, octets(apdu)).encode())
        assert words in made.until("\n")


@pytest.mark.parametrize("columns", [40, 80, 160])
def test_a_push_in_a_terminal(columns):
    """On one line where it fits, otherwise a line for each value."""
    script = (
        "import socket, sys, threading\n"
        "from tools.listen import listener\n"
        "from tools.listen.__main__ import main\n"
        "made = listener.Listener.__enter__\n"
        "def enter(self):\n"
        "    peer = socket.create_connection(('127.0.0.1', self.port))\n"
        "    peer.sendall(bytes.fromhex(sys.argv[1]))\n"
        "    self.peer = peer\n"
        "    return made(self)\n"
        "listener.Listener.__enter__ = enter\n"
        "sys.exit(main(['--port', '0', '--count', '1']))\n"
    )
    wide = octets("0F 00000001 00 0206" + "060000D431" * 3 + "090C 07EA0301 07 0C000000 0000 00" * 3)
    shown = in_terminal(columns, [sys.executable, "-c", script, Wpdu(1, 1, wide).encode().hex()])
    lines = [line for line in shown.splitlines() if "listening" not in line and "make run" not in line]
    assert shown.count("2026-03-01 12:00:00+00:00") == 3
    assert len(lines) == (1 if columns == 160 else 7)


@pytest.mark.parametrize("where", ["[::1", "127.0.0.1:0", "127.0.0.1:x", "[x]y"])
def test_a_meter_that_cannot_be_asked_is_said_at_once(where, capsys):
    assert main(["--port", "0", "--names-from", where]) == 2
    assert capsys.readouterr().err.startswith("error: --names-from: ")
