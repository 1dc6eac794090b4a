"""Garbage on sockets: whatever comes in, in whatever pieces, the meter goes on serving
everybody else and, in the end, anybody.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable

import pytest

from host_tests.fuzz.guarded import fuzz_rig as rigs
from host_tests.harness.meters import MeterHandle
from host_tests.harness.raw import RawLinks, RawTcp, wpdu
from tools.dlmsclient import Client

pytestmark = [
    pytest.mark.prefers(backfill_days=0, log="ERROR", depth=50),
    # writes, disconnects and wrong passwords may be among what is generated
    pytest.mark.caps("writes", "disconnect", "auth-failures"),
]

PAIRS = ((48, 1), (16, 1), (32, 1), (16, 17))
WITNESS = 17
PROBE = wpdu(16, WITNESS, rigs.aarq(rigs.Tape(b""), 16))
# without the TCP-UDP setup: its inactivity time-out would close the other connections
MODEL = [known for known in rigs.Rig().objects if known.class_id != 41]


def stream(chance: random.Random) -> bytes:
    """Octets of a TCP client: WPDUs right and wrong, and what is none."""
    client, device = chance.choice(PAIRS)
    tape = rigs.Tape(chance.randbytes(2000))
    maker = rigs.Client(tape, MODEL)
    octets = wpdu(client, device, rigs.aarq(rigs.Tape(b""), client))
    for _ in range(chance.randrange(8)):
        apdu = maker.request(client)
        kind = chance.randrange(12)
        if kind == 0:
            octets += chance.randbytes(chance.randrange(1, 60))
        elif kind == 1:
            octets += wpdu(client, device, apdu, length=chance.choice((0, 1, len(apdu) + 1, 2000, 65535)))
        elif kind == 2:
            octets += wpdu(client, device, apdu, version=chance.choice((0, 2, 0x0100)))
        elif kind == 3:
            octets += wpdu(client, device, chance.randbytes(chance.choice((1025, 1500, 4000))))
        else:
            octets += wpdu(client, device, apdu)
    return octets


def pieces(chance: random.Random, octets: bytes) -> list[bytes]:
    """The octets cut somewhere, sometimes everywhere."""
    if chance.randrange(6) == 0:
        return [octets[i : i + 1] for i in range(len(octets))]
    cuts = sorted(chance.randrange(len(octets) + 1) for _ in range(chance.randrange(5)))
    return [octets[a:b] for a, b in zip([0, *cuts], [*cuts, len(octets)], strict=True) if a < b]


def end(chance: random.Random, link: RawTcp) -> None:
    """Leave as clients do: in order, at once, or without a word and much later."""
    with contextlib.suppress(OSError):
        kind = chance.randrange(3)
        if kind == 0:
            link.finish()
        if kind == 1:
            link.reset()
        else:
            link.close()


def witness_of(client: Callable[..., Client]) -> Callable[[], None]:
    """An associated client, of the logical device that the garbage cannot change;
    calling it reads the device's name.
    """
    association = client().associate(32, WITNESS, password="12345678")

    def reads() -> None:
        assert association.get(1, "0.0.42.0.0.255", 2).value == b"ZZZ0000000100017"

    return reads


def serves(meter: MeterHandle, raw: RawLinks) -> None:
    """Whatever was said: a new connection is served at once, a datagram is
    answered, and no object raised meanwhile.
    """
    assert raw.tcp().ask(PROBE)[8] == 0x61
    assert any(answered(raw) for _ in range(5))
    assert meter.alive
    assert "object-raised" not in meter.log_tail(1000)
    assert "Traceback" not in meter.log_tail(1000)


def answered(raw: RawLinks) -> bool:
    """Forged peers may hold all associations over UDP: an unknown client is refused without one."""
    peer = raw.udp()
    peer.send(wpdu(99, 1, rigs.aarq(rigs.Tape(b""), 99)))
    try:
        return peer.receive(2)[8] == 0x61
    except TimeoutError:
        # lost, because the socket's buffer was still full
        return False


@pytest.mark.req("A-20", "A-25", "A-26", "A-27", "A-33", "A-34")
@pytest.mark.parametrize("seed", range(4))
def test_garbage_over_tcp_leaves_a_serving_meter(
    meter: MeterHandle, raw: RawLinks, client: Callable[..., Client], seed: int
) -> None:
    chance = random.Random(seed)
    witness = witness_of(client)
    for _ in range(150):
        link = raw.tcp()
        # the meter may close at any time, and reads no further while an answer is not fetched
        with contextlib.suppress(OSError):
            for piece in pieces(chance, stream(chance)):
                link.send(piece)
        end(chance, link)
        witness()
    serves(meter, raw)


@pytest.mark.req("A-40", "A-42", "A-46")
@pytest.mark.parametrize("seed", range(2))
def test_garbage_over_udp_leaves_a_serving_meter(
    meter: MeterHandle, raw: RawLinks, client: Callable[..., Client], seed: int
) -> None:
    chance = random.Random(seed)
    witness = witness_of(client)
    for number in range(300):
        peer = raw.udp()
        for _ in range(chance.randrange(1, 12)):
            octets = stream(chance)
            kind = chance.randrange(4)
            datagram = (
                octets[: 8 + octets[7]]
                if kind < 2
                else octets[:1472]
                if kind == 2
                else chance.randbytes(chance.randrange(1473))
            )
            with contextlib.suppress(OSError):
                peer.send(datagram)
        peer.close()
        if number % 10 == 9:
            witness()
    serves(meter, raw)
