"""General block transfer over UDP and TCP, where blocks of another transfer come in
between, or a client makes no progress.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from host_tests.harness.meters import MeterHandle
from host_tests.harness.raw import RawLinks, RawTcp, RawUdp, wpdu
from host_tests.harness.roster import ROSTER
from host_tests.wire.aas import MANAGER, READER
from host_tests.wire.apdus import MANAGEMENT, aarq, apdu_of, ask, associate, get, set_
from tools.dlmsclient import Association, Client, Data, ProtocolError, by_entry
from tools.dlmsclient.general_blocks import GeneralBlock

pytestmark = [
    pytest.mark.limits(GBT_WINDOW=8),
    pytest.mark.prefers(rate=0, backfill_days=4, start="2026-03-05T12:00:00"),
]

LABEL = (1, "0.0.96.1.1.255", 2)  # an octet-string of at most 32 octets that the management client may write
PROFILE = (7, "1.0.99.1.0.255", 2)
ABORT = bytes.fromhex("D80101")
CONFORMANCE = 0x20FE1D
SIZE = 15  # octets of the request in a block
REPEATS = 5


def cut(letter: bytes, iip: int) -> list[bytes]:
    """A SET of the label to 32 such letters, in parts."""
    request = set_(*LABEL, b"\x09\x20" + letter * 32, iip)
    return [request[i : i + SIZE] for i in range(0, len(request), SIZE)]


def block(
    number: int, data: bytes = b"", *, last: bool = False, streaming: bool = False, ack: int = 0, window: int = 8
) -> bytes:
    return GeneralBlock(last, streaming, window, number, ack, data).encode()


def request_blocks(parts: list[bytes]) -> list[bytes]:
    """All in one stream."""
    return [block(n, part, last=n == len(parts), streaming=n < len(parts)) for n, part in enumerate(parts, 1)]


@pytest.mark.req("D-87", "D-24", "A-45")
@pytest.mark.caps("writes", "udp")
@pytest.mark.parametrize("late", [2, 3])
@pytest.mark.parametrize("position", [1, 2, 3])
def test_late_block_of_the_write_before(udp: Callable[[], RawUdp], late: int, position: int) -> None:
    """The value is that of the write before, or that of this one as a whole: never octets of both."""
    link = udp()
    client = MANAGER
    associate(link, client, request=aarq(ROSTER.secret("manager"), conformance=CONFORMANCE))
    before = ask(link, get(*LABEL), client)[4:]

    def send(apdu: bytes) -> None:
        link.send(wpdu(client, MANAGEMENT, apdu))

    first, second = cut(b"A", 0xC1), cut(b"B", 0xC2)
    for apdu in request_blocks(first)[:-1]:
        send(apdu)
    answer = GeneralBlock.decode(ask(link, request_blocks(first)[-1], client))
    assert answer.data == bytes.fromhex("C501C100")
    send(block(len(first) + 1, last=True, ack=answer.number))
    blocks = request_blocks(second)
    blocks.insert(position, request_blocks(first)[late - 1])
    for apdu in blocks:
        send(apdu)
    answers = [apdu_of(link.receive(), client)]
    link.send(wpdu(client, MANAGEMENT, get(*LABEL, iip=0xC3)))
    while answers[-1][:3] != b"\xc4\1\xc3":
        answers.append(apdu_of(link.receive(), client))
    value = answers.pop()[4:]
    whole = {letter: b"\x09\x20" + letter * 32 for letter in (b"A", b"B")}
    if late <= position + 1:
        assert answers[0] == ABORT
        assert value == whole[b"A"]
    else:
        assert GeneralBlock.decode(answers[0]).data == bytes.fromhex("C501C200")
        assert value == whole[b"B"]
    assert ask(link, set_(*LABEL, before), client).hex() == "c501c100"


@pytest.mark.req("D-89", "D-87")
@pytest.mark.parametrize("transport", ["tcp", pytest.param("udp", marks=pytest.mark.caps("udp"))])
def test_repeated_acknowledgement_ends_the_transfer(raw: RawLinks, udp: Callable[[], RawUdp], transport: str) -> None:
    """It draws the stream a few times and no more."""
    link = raw.tcp() if transport == "tcp" else udp()
    client = READER
    associate(link, client, request=aarq(ROSTER.secret("reader"), conformance=CONFORMANCE & ~0x1000, pdu_size=64))
    assert GeneralBlock.decode(ask(link, get(*PROFILE), client)).number == 1
    streams = 0
    acknowledgement = wpdu(client, MANAGEMENT, block(1, last=True, ack=1))
    while True:
        link.send(acknowledgement)
        answer = _next(link, client)
        if answer == ABORT:
            break
        streams += 1
        while GeneralBlock.decode(answer).streaming:
            answer = _next(link, client)
        assert streams < 20
    assert streams == 1 + REPEATS
    # what comes later is of a transfer that is over: nothing over UDP, and over TCP
    # nothing as well, for it holds no data
    for _ in range(20):
        link.send(acknowledgement)
    assert ask(link, get(1, "0.0.42.0.0.255", 2), client)[:4] == b"\xc4\1\xc1\0"


def _next(link: RawTcp | RawUdp, client: int) -> bytes:
    return apdu_of(link.receive_wpdu() if isinstance(link, RawTcp) else link.receive(), client)


class Between:
    """Between a client and the meter, over UDP: keeps block `number` of one response, and puts
    it into the next beside the right one.
    """

    def __init__(self, meter: tuple[str, int], number: int, before: bool) -> None:
        self._number = number
        self._before = before
        self.kept: bytes | None = None
        self.mixing = False
        self._front = socket.socket(type=socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self._back = socket.socket(type=socket.SOCK_DGRAM)
        self._back.connect(meter)
        self.port: int = self._front.getsockname()[1]
        self._client: tuple[str, int] | None = None
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._up, self._down)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        for sock in (self._front, self._back):
            sock.shutdown(socket.SHUT_RDWR) if sock is self._back else sock.sendto(b"", sock.getsockname())
        for thread in self._threads:
            thread.join(10)
        self._front.close()
        self._back.close()

    def _up(self) -> None:
        while True:
            datagram, peer = self._front.recvfrom(65536)
            if not datagram:
                return
            self._client = peer
            self._back.send(datagram)

    def _down(self) -> None:
        while True:
            try:
                datagram = self._back.recv(65536)
            except OSError:
                return
            if not datagram:
                return
            self._pass(datagram)

    def _pass(self, datagram: bytes) -> None:
        assert self._client is not None
        out = [datagram]
        if datagram[8:9] == b"\xe0" and int.from_bytes(datagram[10:12], "big") == self._number:
            if not self.mixing:
                self.kept = datagram
            elif self.kept is not None:
                out = [self.kept, datagram] if self._before else [datagram, self.kept]
                self.kept = None
        for each in out:
            self._front.sendto(each, self._client)


@pytest.fixture
def between(meter: MeterHandle) -> Iterator[Callable[[int, bool], Between]]:
    opened: list[Between] = []

    def make(number: int, before: bool) -> Between:
        opened.append(Between((meter.host, meter.port), number, before))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.mark.req("D-87")
@pytest.mark.caps("udp")
@pytest.mark.parametrize("before", [True, False], ids=["before", "behind"])
@pytest.mark.parametrize("number", [2, 3])
def test_late_block_of_the_read_before(
    between: Callable[[int, bool], Between], reader: Association, number: int, before: bool
) -> None:
    """The host client: no row of the first read is returned as one of the
    second; the read after it is right.
    """

    def rows(association: Association, first: int, last: int) -> Data:
        return association.get(*PROFILE, by_entry(first, last))

    wanted = rows(reader, 1, 60), rows(reader, 201, 260)
    assert wanted[0] != wanted[1]
    way = between(number, before)
    client = Client.udp("127.0.0.1", way.port, timeout=10)
    try:
        association = client.associate(READER, MANAGEMENT, ROSTER.secret("reader"), gbt=8, pdu_size=300)
        assert rows(association, 1, 60) == wanted[0]
        assert way.kept is not None
        way.mixing = True
        with pytest.raises(ProtocolError, match=f"block {number} came again"):
            rows(association, 201, 260)
        client.drain()
        assert rows(association, 201, 260) == wanted[1]
        association.release()
    finally:
        client.close()
