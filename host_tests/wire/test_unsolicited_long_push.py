"""Pushes longer than one APDU, in general block transfer, and parts of attributes
(D-61 to D-63, D-80 to D-89, F-17).
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from host_tests.harness.meters import MeterHandle
from host_tests.wire.aas import login
from host_tests.wire.unsolicited import (
    ALARM,
    CONFIRMED,
    INTERVAL,
    TCP,
    TIMEOUT,
    UDP,
    Manage,
    Start,
    direct,
    name_of,
    notification,
    push,
)
from tools.dlmsclient import (
    ActionError,
    Association,
    Client,
    Data,
    DataNotification,
    Obis,
    Wpdu,
    axdr,
    by_entry,
    decode_notification,
)
from tools.dlmsclient.codes import ActionResult
from tools.dlmsclient.general_blocks import GeneralBlock
from tools.dlmsclient.selection import CaptureObject
from tools.dlmsclient.wrapper import HEADER_SIZE
from tools.listen.listener import Listener

pytestmark = [pytest.mark.caps("config", "own-process", "writes", "direct"), pytest.mark.req("F-17")]

WINDOW = 3
SETTINGS = {"push_window": WINDOW, "push_interval": 0, "backfill_days": 2, "rate": 0, "start": "2026-03-01T12:00:00"}
LOAD = "1.0.99.1.0.255"
ENERGY = (3, "1.0.1.8.0.255", 2)


@pytest.fixture(params=[TCP, UDP], ids=["tcp", "udp"])
def transport(request: pytest.FixtureRequest) -> int:
    return request.param


@pytest.fixture
def meter(start: Start, request: pytest.FixtureRequest) -> MeterHandle:
    """A meter whose destinations take blocks, so many in a row; the parameter says otherwise."""
    return start(**{**SETTINGS, "push_window": getattr(request, "param", WINDOW)})


@pytest.fixture
def opened(meter: MeterHandle, manage: Manage) -> Iterator[Association]:
    """An AA that may write; afterwards nothing waits, and nothing has a destination."""
    made = manage(meter)
    yield made
    for setup in (INTERVAL, ALARM):
        direct(made, "", setup=setup)


def part(
    class_id: int,
    name: str,
    attribute: int,
    index: int = 0,
    entries: tuple[int, int] | None = None,
    columns: tuple[CaptureObject, ...] = (),
) -> Data:
    """An element of push_object_list."""
    restriction = axdr.structure(axdr.enum(0), axdr.null_data())
    if entries:
        restriction = axdr.structure(axdr.enum(2), axdr.structure(*map(axdr.long_unsigned, entries)))
    return axdr.structure(
        axdr.long_unsigned(class_id),
        axdr.octet_string(Obis.parse(name).octets),
        axdr.integer(attribute),
        axdr.long_unsigned(index),
        restriction,
        axdr.array(*(column.to_data() for column in columns)),
    )


def let_push(opened: Association, *parts: Data, setup: str = INTERVAL) -> None:
    """Write push_object_list: the name of the object, and these."""
    opened.set(40, setup, 2, axdr.array(part(40, setup, 1), *parts))


PROFILE = part(7, LOAD, 2)


class Peer:
    """Where the meter pushes to: takes and sends single blocks, over either transport."""

    def __init__(self, transport: int) -> None:
        self.transport = transport
        self.sock = socket.socket(type=socket.SOCK_DGRAM if transport == UDP else socket.SOCK_STREAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.settimeout(TIMEOUT)
        self.peer: socket.socket | tuple | None = None
        if transport == TCP:
            self.sock.listen()
        host, port = self.sock.getsockname()
        self.address = f"{host}:{port}"

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *error: object) -> None:
        if isinstance(self.peer, socket.socket):
            self.peer.close()
        self.sock.close()

    def _take(self, timeout: float) -> bytes | None:
        if self.transport == TCP:
            if self.peer is None:
                self.peer = self.sock.accept()[0]
            self.peer.settimeout(timeout)
            try:
                octets = self.peer.recv(HEADER_SIZE, socket.MSG_WAITALL)
                return (
                    octets + self.peer.recv(int.from_bytes(octets[6:8], "big"), socket.MSG_WAITALL) if octets else b""
                )
            except TimeoutError:
                return None
        self.sock.settimeout(timeout)
        try:
            octets, self.peer = self.sock.recvfrom(4096)
        except TimeoutError:
            return None
        return octets

    def apdu(self, timeout: float = TIMEOUT) -> bytes | None:
        """The next APDU; None when none comes in time."""
        octets = self._take(timeout)
        assert octets != b"", "closed"
        return octets[HEADER_SIZE:] if octets else None

    def block(self, timeout: float = TIMEOUT) -> GeneralBlock:
        """The next block."""
        apdu = self.apdu(timeout)
        assert apdu is not None, "nothing came"
        return GeneralBlock.decode(apdu)

    def stream(self) -> list[GeneralBlock]:
        """The blocks up to the one after which the meter waits."""
        found = [self.block()]
        while found[-1].streaming:
            found.append(self.block())
        return found

    def send(self, apdu: bytes, client: int = 1) -> None:
        octets = Wpdu(client, 1, apdu).encode()
        if isinstance(self.peer, socket.socket):
            self.peer.sendall(octets)
        else:
            self.sock.sendto(octets, self.peer)

    def acknowledge(self, number: int, up_to: int, window: int = WINDOW) -> None:
        self.send(GeneralBlock(True, False, window, number, up_to).encode())


def whole(blocks: list[GeneralBlock]) -> DataNotification:
    found = decode_notification(b"".join(block.data for block in sorted(blocks, key=lambda block: block.number)))
    assert isinstance(found, DataNotification)
    return found


@pytest.mark.req("D-61", "D-63", "D-80", "D-81", "D-83", "D-84")
def test_a_push_of_a_whole_profile(meter: MeterHandle, opened: Association, listener: Listener, transport: int):
    """It arrives as it is read, more than once, and what is short goes in one APDU as ever."""
    let_push(opened, PROFILE, part(8, "0.0.1.0.0.255", 3))
    direct(opened, listener.address, transport)
    rows = opened.get(7, LOAD, 2)
    for _ in range(3):
        push(opened)
        arrival, pushed = notification(listener)
        assert arrival.transport == ("UDP" if transport else "TCP")
        assert (arrival.wpdu.source, arrival.wpdu.destination) == (1, 1)
        assert name_of(pushed) == INTERVAL
        assert pushed.body[1:] == (rows, opened.get(8, "0.0.1.0.0.255", 3))
    let_push(opened, part(*ENERGY))
    push(opened)
    _, short = notification(listener)
    assert short.body[1:] == (opened.get(*ENERGY),)
    assert short.number == pushed.number + 1


@pytest.mark.req("D-80", "D-81", "D-83", "D-84", "D-88")
def test_streams_are_as_long_as_the_window(meter: MeterHandle, opened: Association, transport: int):
    """First as configured, then as the destination says; no block is longer than an
    APDU, and the last says that it is.
    """
    let_push(opened, PROFILE)
    with Peer(transport) as peer:
        direct(opened, peer.address, transport, delay=30)
        push(opened)
        blocks: list[GeneralBlock] = []
        for number, window in enumerate((WINDOW, 1, 2, 63, 63), 1):
            found = peer.stream()
            blocks += found
            if found[-1].last:
                break
            assert len(found) == min(window, 16)
            assert [block.ack for block in found] == [number - 1] * len(found)
            assert all(len(block.encode()) <= 1024 for block in found)
            peer.acknowledge(number, len(blocks), (1, 2, 63, 63, 63)[number - 1])
        assert [block.number for block in blocks] == list(range(1, len(blocks) + 1))
        assert [block.last for block in blocks] == [False] * (len(blocks) - 1) + [True]
        assert whole(blocks).body[1] == opened.get(7, LOAD, 2)


@pytest.mark.req("D-82", "D-87", "D-63")
def test_lost_datagrams_are_sent_again(meter: MeterHandle, opened: Association):
    """A gap, and the last block with nothing after it: the meter repeats, octet by
    octet, what the acknowledgement misses.
    """
    let_push(opened, PROFILE)
    with Peer(UDP) as peer:
        direct(opened, peer.address, UDP, delay=30)
        push(opened)
        first = peer.stream()
        peer.acknowledge(1, 1)
        again = peer.stream()
        assert [block.number for block in again] == [2, 3, 4]
        assert again[:2] == [GeneralBlock(**{**vars(block), "ack": 1, "streaming": True}) for block in first[1:]]
        blocks = first[:1] + again
        number = 2
        while not blocks[-1].last:
            peer.acknowledge(number, len(blocks))
            number += 1
            blocks += peer.stream()
        # the last one did not arrive
        peer.acknowledge(number, len(blocks) - 1)
        assert [block.data for block in peer.stream()] == [blocks[-1].data]
        peer.acknowledge(number + 1, len(blocks))
        assert whole(blocks).body[1] == opened.get(7, LOAD, 2)
        # now it is delivered, and the next one begins
        push(opened)
        assert peer.stream()[0].number == 1


@pytest.mark.req("D-89", "D-63")
def test_an_acknowledgement_of_what_was_not_sent_ends_the_attempt(
    meter: MeterHandle, opened: Association, transport: int, logged: Callable[..., str]
):
    """Nothing is answered; the push begins anew, with the same number and time."""
    let_push(opened, PROFILE)
    with Peer(transport) as peer:
        direct(opened, peer.address, transport, delay=0)
        push(opened)
        first = peer.stream()
        peer.acknowledge(1, 9)
        again = peer.stream()
        assert again == first
        logged("not-sent", "source=interval", "reason=aborted")


@pytest.mark.req("D-63", "D-89")
def test_silence_in_the_middle_holds_up_nobody(
    meter: MeterHandle, opened: Association, transport: int, logged: Callable[..., str]
):
    """No acknowledgement: the push is repeated from its beginning, then given up, and the next
    goes out; readers are served meanwhile.
    """
    let_push(opened, PROFILE)
    with Peer(transport) as peer:
        direct(opened, peer.address, transport, delay=0, retries=1)
        push(opened)
        number = decode_head(peer.stream())
        push(opened)
        begun = time.monotonic()
        reads = 0
        second = None
        while second is None and time.monotonic() < begun + TIMEOUT:
            assert opened.get(*ENERGY)
            reads += 1
            second = peer.apdu(0.01)
        assert second is not None
        assert reads > 10
        assert second[:1] == b"\xe0", "the second attempt"
        assert decode_head([GeneralBlock.decode(second), *peer.stream()]) == number
        assert decode_head(peer.stream()) == number + 1
        logged("given-up", "source=interval", "reason=no-acknowledgement", "attempt=2")


@pytest.mark.req("D-63", "D-89", "A-34")
def test_left_alone_at_every_step(meter: MeterHandle, opened: Association):
    """A destination that closes the connection after each block in turn: each time the push
    begins anew, until it is taken whole.

    Over TCP it is sent with its last block, so that the stream which has that is not left.
    """
    let_push(opened, PROFILE)
    rows = opened.get(7, LOAD, 2)

    def fetch(peer: Peer, most: int) -> list[GeneralBlock]:
        """The blocks up to that number, or the last one."""
        blocks = []
        number = 0
        while len(blocks) < most and not (blocks and blocks[-1].last):
            if blocks and not blocks[-1].streaming:
                number += 1
                peer.acknowledge(number, len(blocks))
            blocks.append(peer.block())
        return blocks

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(TIMEOUT)
        direct(opened, f"127.0.0.1:{server.getsockname()[1]}", delay=0)
        push(opened)
        with Peer(TCP) as peer:
            peer.peer = server.accept()[0]
            blocks = fetch(peer, 99)
        before_last = max(block.number for block in blocks[:-1] if not block.streaming)
        assert before_last > 5
        push(opened)
        for steps in range(before_last + 1):
            with Peer(TCP) as peer:
                peer.peer = server.accept()[0]
                assert len(fetch(peer, steps)) == steps
        with Peer(TCP) as peer:
            peer.peer = server.accept()[0]
            assert whole(fetch(peer, 99)).body[1] == rows
    # no transfer is lost
    assert opened.get(7, LOAD, 2) == rows


def decode_head(blocks: list[GeneralBlock]) -> int:
    """Number of the DataNotification that begins in these blocks."""
    assert blocks[0].number == 1
    assert blocks[0].data[:1] == b"\x0f"
    return int.from_bytes(blocks[0].data[2:5], "big")


@pytest.mark.req("D-63")
def test_one_long_push_at_a_time_and_the_others_wait(meter: MeterHandle, opened: Association, listener: Listener):
    """A destination that reads nothing and acknowledges nothing delays the other
    object's push, and short ones not at all.
    """
    let_push(opened, PROFILE)
    let_push(opened, PROFILE, setup=ALARM)
    with Peer(UDP) as dead:
        direct(opened, dead.address, UDP, delay=2, retries=0)
        direct(opened, listener.address, TCP, setup=ALARM, delay=0)
        push(opened)
        assert len(dead.stream()) == WINDOW
        push(opened, ALARM)
        assert listener.next(0.5) is None
        _, pushed = notification(listener)
        assert name_of(pushed) == ALARM
        assert pushed.body[1] == opened.get(7, LOAD, 2)


@pytest.mark.req("D-62", "D-63")
def test_a_long_push_can_be_confirmed(meter: MeterHandle, opened: Association, listener: Listener, transport: int):
    let_push(opened, PROFILE)
    direct(opened, listener.address, transport, method=CONFIRMED, delay=5)
    push(opened)
    _, pushed = notification(listener)
    assert pushed.confirmed
    push(opened)
    assert notification(listener)[1].number == pushed.number + 1
    assert opened.get(40, INTERVAL, 13).value == pushed.when


@pytest.mark.req("D-63", "D-85")
def test_over_a_connection_with_an_association(meter: MeterHandle, opened: Association):
    """The client that is pushed to opens an AA over the same connection, with the same
    wPorts: each block finds its transfer.
    """
    let_push(opened, PROFILE)
    with Peer(TCP) as peer:
        direct(opened, peer.address, TCP, delay=30)
        push(opened)
        blocks = peer.stream()
        peer.send(bytes.fromhex("601DA109060760857405080101BE10040E01000000065F1F0400207E9FFFFF"))
        aare = peer.apdu()
        assert aare is not None
        assert aare[:1] == b"\x61"
        # a long GET in general blocks, of which one is fetched: the push goes on after it
        peer.send(bytes.fromhex("E081000100000D C001C1000F0000280000FF0200"))
        answer = peer.block()
        assert (answer.number, answer.ack) == (1, 1)
        assert answer.data[:2] == b"\xc4\x01"
        rows = [answer]
        while not rows[-1].last:
            peer.acknowledge(len(rows) + 1, len(rows), 1)
            rows.append(peer.block())
        peer.acknowledge(len(rows) + 1, len(rows), 1)
        number = 1
        while not blocks[-1].last:
            peer.acknowledge(number, len(blocks))
            number += 1
            blocks += peer.stream()
        assert whole(blocks).body[1] == opened.get(7, LOAD, 2)
        peer.send(bytes.fromhex("C001C1000100002A0000FF0200"))
        name = peer.apdu()
        assert name is not None
        assert name[:4] == bytes.fromhex("C401C100")


@pytest.mark.req("D-63", "D-89")
@pytest.mark.parametrize("meter", [0], indirect=True, ids=["none"])
def test_without_general_block_transfer_it_is_refused(
    meter: MeterHandle, manage: Manage, listener: Listener, logged: Callable[..., str]
):
    """`push_window=0`: the method says so, the log does, nothing is kept, and short pushes go on."""
    opened = manage(meter)
    let_push(opened, PROFILE)
    direct(opened, listener.address)
    for _ in range(2):
        with pytest.raises(ActionError) as refusal:
            push(opened)
        assert refusal.value.code == ActionResult.OTHER_REASON
    logged("too-long interval")
    let_push(opened, part(*ENERGY))
    push(opened)
    _, pushed = notification(listener)
    assert pushed.body[1] == opened.get(*ENERGY)


def column(class_id: int, name: str, attribute: int = 2) -> CaptureObject:
    return CaptureObject(class_id, Obis.parse(name), attribute)


def test_parts_of_attributes(meter: MeterHandle, opened: Association, listener: Listener):
    """Elements of arrays and structures, newest and named entries and columns of a profile:
    alone, and behind a whole profile in blocks.
    """
    energy, clock = column(*ENERGY), column(8, "0.0.1.0.0.255")
    rows = list(opened.get(7, LOAD, 2))
    capture = opened.get(7, LOAD, 3)
    listed = [
        (part(3, "1.0.1.8.0.255", 3, 2), opened.get(3, "1.0.1.8.0.255", 3)[1]),
        (part(7, LOAD, 3, 1), capture[0]),
        (part(7, LOAD, 3, len(capture)), capture[-1]),
        (part(7, LOAD, 3, len(capture) + 1), axdr.null_data()),
        (part(7, LOAD, 2, 1), rows[0]),
        (part(7, LOAD, 2, 0xF001), axdr.array(rows[-1])),
        (part(7, LOAD, 2, 0xF203), axdr.array(*(axdr.structure(*row[:2]) for row in rows[-3:]))),
        (part(7, LOAD, 2, 0, (2, 3)), opened.get(7, LOAD, 2, by_entry(2, 3))),
        (part(7, LOAD, 2, 0, (len(rows), 0)), axdr.array(rows[-1])),
        (part(7, LOAD, 2, 0, (len(rows) + 1, 0)), axdr.array()),
        (
            part(7, LOAD, 2, 0, (1, 2), (energy, clock)),
            axdr.array(*(axdr.structure(row[2], row[0]) for row in rows[:2])),
        ),
    ]
    direct(opened, listener.address)
    for more in ((), ((PROFILE, axdr.array(*rows)),)):
        wanted = [*more, *listed]
        elements = axdr.array(part(40, INTERVAL, 1), *(each for each, _ in wanted))
        opened.set(40, INTERVAL, 2, elements)
        assert opened.get(40, INTERVAL, 2) == elements
        push(opened)
        _, pushed = notification(listener)
        for (each, value), found in zip(wanted, pushed.body[1:], strict=True):
            assert found == value, each


def test_clients_read_while_a_push_goes_out(meter: MeterHandle, opened: Association, listener: Listener):
    """Long reads of other clients and a long push share nothing that could be mixed up."""
    let_push(opened, PROFILE)
    direct(opened, listener.address)
    rows = opened.get(7, LOAD, 2)
    with Client.tcp(meter.host, meter.port, TIMEOUT) as client:
        reader = client.associate(*login("reader"), pdu_size=128)
        for _ in range(3):
            push(opened)
            assert reader.get(7, LOAD, 2) == rows
            assert notification(listener)[1].body[1] == rows
