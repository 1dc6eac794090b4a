"""Clients that take turns, as a state machine: whatever the others do, each has what is its own.

The model knows of each connection which AAs are open, what was written last, and where a long value
stands. Hypothesis looks for an order of steps in which the meter says something else; `fuzz_rig`
checks every answer besides.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from host_tests.fuzz.guarded import TalkedRig, fuzz_sessions
from host_tests.fuzz.guarded import fuzz_rig as rigs

CONNECTIONS = st.integers(0, fuzz_sessions.CONNECTIONS - 1)
ADDRESSES = st.integers(0, 3)
_PROVEN = (48, 32)  # clients with a secret: nobody takes their places
_PUBLIC = 16
_NOTE = bytes.fromhex("0001 0000608001FF 02 00".replace(" ", ""))
_OBJECTS = b"\xc0\x01\xc1\x00\x0f\x00\x00\x28\x00\x00\xff\x02\x00"
_SMALL = 128  # the PDU of those who read in blocks
_NEXT = b"\xc0\x02\xc1"


def whole_list() -> bytes:
    """The object list of the reader, read in one APDU."""
    rig = TalkedRig()
    rig.ask(rigs.aarq(rigs.Tape(b""), 32, rigs_conformance(blocks=False)), 32, 1)
    return rig.ask(_OBJECTS, 32, 1)[4:]


def rigs_conformance(blocks: bool) -> int:
    """GET, SET and selective access; GET in blocks as asked for."""
    return 0x00001C | 0x1000 * blocks


class Clients(RuleBasedStateMachine):
    """open: (connection, client) of the AAs that the model expects. note: what was written last.
    read: (connection) -> octets of the object list so far, and the number of the last block.
    """

    WHOLE = whole_list()

    def __init__(self) -> None:
        super().__init__()
        self.rig = TalkedRig()
        self.open: set[tuple[int, int]] = set()
        self.note: bytes | None = None
        self.read: dict[int, tuple[bytes, int]] = {}

    def ask(self, connection: int, client: int, apdu: bytes) -> bytes:
        self.rig.connection = connection
        return self.rig.ask(apdu, client, 1)

    @rule(connection=CONNECTIONS, client=st.sampled_from(_PROVEN))
    def associate(self, connection: int, client: int) -> None:
        apdu = rigs.aarq(rigs.Tape(b""), client, rigs_conformance(blocks=True), _SMALL)
        assert self.ask(connection, client, apdu)[:1] == b"\x61"
        self.open.add((connection, client))
        if client == 32:
            self.read.pop(connection, None)

    @rule(connection=CONNECTIONS, client=st.sampled_from(_PROVEN))
    def associate_with_a_wrong_secret(self, connection: int, client: int) -> None:
        wrong = rigs.aarq(rigs.Tape(b""), client).replace(b"\x80\x08", b"\x80\x08" + b"x", 1)
        self.ask(connection, client, wrong[: len(rigs.aarq(rigs.Tape(b""), client))])
        self.open.discard((connection, client))
        if client == 32:
            self.read.pop(connection, None)

    @rule(connection=CONNECTIONS, client=st.sampled_from(_PROVEN))
    def release(self, connection: int, client: int) -> None:
        assert self.ask(connection, client, b"\x62\x00")[:1] == b"\x63"
        self.open.discard((connection, client))
        if client == 32:
            self.read.pop(connection, None)

    @rule(connection=CONNECTIONS)
    def drop(self, connection: int) -> None:
        fuzz_sessions.drop(self.rig, connection)
        self.open = {each for each in self.open if each[0] != connection}
        self.read.pop(connection, None)

    @rule(connection=CONNECTIONS, octets=st.binary(min_size=4, max_size=4))
    def write(self, connection: int, octets: bytes) -> None:
        answer = self.ask(connection, 48, b"\xc1\x01\xc1" + _NOTE + b"\x06" + octets)
        if (connection, 48) in self.open:
            assert answer == b"\xc5\x01\xc1\x00"
            self.note = octets
        else:
            assert answer[:1] == b"\xd8"

    @rule(connection=CONNECTIONS)
    def read_back(self, connection: int) -> None:
        answer = self.ask(connection, 48, b"\xc0\x01\xc1" + _NOTE)
        if (connection, 48) not in self.open:
            assert answer[:1] == b"\xd8"
        elif self.note is not None:
            assert answer == b"\xc4\x01\xc1\x00\x06" + self.note

    @rule(connection=CONNECTIONS)
    def begin_to_read_the_list(self, connection: int) -> None:
        answer = self.ask(connection, 32, _OBJECTS)
        if (connection, 32) in self.open:
            assert answer[:9] == b"\xc4\x02\xc1\x00\x00\x00\x00\x01\x00"
            self.read[connection] = answer[10 + (answer[9] > 0x7F) :], 1

    @rule(connection=CONNECTIONS, blocks=st.integers(1, 60))
    def go_on_reading(self, connection: int, blocks: int) -> None:
        while connection in self.read and blocks:
            octets, number = self.read[connection]
            answer = self.ask(connection, 32, _NEXT + number.to_bytes(4, "big"))
            assert answer[:3] == b"\xc4\x02\xc1"
            assert answer[4:9] == (number + 1).to_bytes(4, "big") + b"\x00"
            octets += answer[10 + (answer[9] > 0x7F) :]
            if answer[3]:
                assert octets == self.WHOLE
                del self.read[connection]
            else:
                self.read[connection] = octets, number + 1
            blocks -= 1

    @rule(connection=CONNECTIONS, octets=st.binary(max_size=24), tag=st.sampled_from((0xC0, 0xC2, 0x0F, 0x7F, 0xD8)))
    def stranger(self, connection: int, octets: bytes, tag: int) -> None:
        """Somebody without an AA says anything at all."""
        self.ask(connection, 99, bytes((tag,)) + octets)

    @rule(address=ADDRESSES, client=st.sampled_from((_PUBLIC, 48)), octets=st.binary(max_size=24))
    def datagram(self, address: int, client: int, octets: bytes) -> None:
        self.rig.address = address
        self.rig.ask(rigs.aarq(rigs.Tape(b""), client), client, 1, False)
        self.rig.ask(b"\xc0" + octets, client, 1, False)

    @rule(address=ADDRESSES, seconds=st.integers(0, 300))
    def time_passes(self, address: int, seconds: int) -> None:
        self.rig.meter.tick(1000 * min(seconds, 20))
        fuzz_sessions.watch(self.rig.server, self.rig.peers, 1000 * seconds, 180000)

    @invariant()
    def everybody_has_what_is_his(self) -> None:
        self.rig.check_transfers()
        for connection, client in self.open:
            self.rig.connection = connection
            assert self.rig.is_open((client, 1), True)

    def teardown(self) -> None:
        for connection in range(fuzz_sessions.CONNECTIONS):
            fuzz_sessions.drop(self.rig, connection)
        self.rig.check_buffers()


@pytest.mark.req("I-70", "I-71")
class TestClients(Clients.TestCase):
    """What pytest collects."""


TestClients.settings = settings(
    derandomize=True,
    deadline=None,
    database=None,
    max_examples=30,
    stateful_step_count=40,
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
)
