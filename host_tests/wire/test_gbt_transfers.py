"""General block transfer and ACCESS over real sockets: TCP, UDP, and UDP that
loses, repeats and reorders datagrams.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from host_tests.harness.clients import ClientFactory
from host_tests.harness.meters import MeterHandle
from host_tests.harness.relay import Relay
from tools.dlmsclient import (
    Association,
    Client,
    Conformance,
    CosemAttribute,
    CosemMethod,
    Data,
    DlmsError,
    Obis,
    axdr,
    general_blocks,
)
from tools.dlmsclient.access_service import AccessItem, AccessKind
from tools.dlmsclient.general_blocks import GeneralBlock

PROFILE = (7, "1.0.99.1.0.255", 2)
OBJECTS = (15, "0.0.40.0.0.255", 2)
CLOCK = "0.0.1.0.0.255"
NOTE = (1, "0.0.96.128.1.255", 2)
EVERYTHING = Conformance(0xFFFFFF)
TIMEOUT = 20.0
Calm = Callable[[Relay, Client], None]

pytestmark = [
    pytest.mark.limits(GBT_WINDOW=8),
    pytest.mark.meter_config(rate=0, backfill_days=1),
    pytest.mark.prefers(udp_inactivity=600),
]


@pytest.fixture
def profile(reader: Association) -> Data:
    """The load profile in the service's own blocks; time stands still, so it stays as it is."""
    return reader.get(*PROFILE)


@pytest.fixture
def calm(settle: Callable[[], None]) -> Calm:
    """`calm(relay, link)`: nothing is on its way any more, in the network, in the meter or back."""

    def wait(way: Relay, link: Client) -> None:
        way.calm()
        settle()
        way.calm()
        link.drain()

    return wait


@pytest.fixture
def relay(meter: MeterHandle, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Relay]]:
    """`relay(seed, loss=…)`: a network that loses, repeats and reorders, so short
    that a block is soon held for lost.
    """
    opened: list[Relay] = []
    if not meter.small:
        monkeypatch.setattr(general_blocks, "PATIENCE", 0.1)

    def make(seed: int, **chances: float) -> Relay:
        opened.append(Relay((meter.host, meter.port), seed, **chances).__enter__())
        return opened[-1]

    yield make
    for one in opened:
        one.__exit__(None, None, None)


def manager(link: Client, pytestconfig: pytest.Config, **options: object) -> Association:
    secret = pytestconfig.getoption("manager_password")
    return link.associate(pytestconfig.getoption("manager"), password=secret, conformance=EVERYTHING, **options)


@pytest.mark.req("C-36", "D-80", "D-40")
def test_both_bits_are_offered(reader: Association, client: ClientFactory, pytestconfig: pytest.Config) -> None:
    agreed = manager(client(), pytestconfig).negotiated
    assert agreed is not None
    assert agreed.conformance & Conformance.GENERAL_BLOCK_TRANSFER
    assert agreed.conformance & Conformance.ACCESS


@pytest.mark.req("D-80", "D-83", "D-84", "D-88", "C-38")
@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
@pytest.mark.parametrize("pdu", [64, 128, 1024, 0])
@pytest.mark.parametrize("window", [1, 4, 63])
def test_long_values(
    client: ClientFactory, pytestconfig: pytest.Config, profile: Data, udp: bool, pdu: int, window: int
) -> None:
    one = manager(client(udp=udp), pytestconfig, pdu_size=pdu, gbt=window)
    assert one.get(*PROFILE) == profile
    expected = [each.encode() for each in axdr.elements(one.get(*OBJECTS))]
    plain = manager(client(), pytestconfig)
    assert expected == [each.encode() for each in axdr.elements(plain.get(*OBJECTS))]
    one.release()


@pytest.mark.req("D-85", "D-89a")
def test_plain_request_answered_in_blocks(client: ClientFactory, pytestconfig: pytest.Config, profile: Data) -> None:
    """The client has general block transfer and none of the service's own: its GET
    goes alone, the answer in blocks.
    """
    one = manager(client(), pytestconfig, pdu_size=128, gbt=4)
    one.gbt = None
    assert one.get(*PROFILE) == profile


@pytest.mark.req("D-81", "D-85", "D-40", "D-41")
@pytest.mark.caps("writes")
@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_access(
    client: ClientFactory, pytestconfig: pytest.Config, profile: Data, put_back: Callable, udp: bool
) -> None:
    put_back(*NOTE)
    items = [
        AccessItem(AccessKind.SET, CosemAttribute(NOTE[0], Obis.parse(NOTE[1]), 2), axdr.double_long_unsigned(5)),
        AccessItem(AccessKind.GET, CosemAttribute(NOTE[0], Obis.parse(NOTE[1]), 2)),
        AccessItem(AccessKind.GET, CosemAttribute(7, Obis.parse(PROFILE[1]), 2)),
        AccessItem(AccessKind.SET, CosemAttribute(NOTE[0], Obis.parse(NOTE[1]), 2), axdr.double_long_unsigned(6)),
        AccessItem(AccessKind.GET, CosemAttribute(NOTE[0], Obis.parse(NOTE[1]), 2)),
        AccessItem(AccessKind.ACTION, CosemMethod(8, Obis.parse(CLOCK), 99)),
    ]
    for window in (None, 1, 7):
        one = manager(client(udp=udp), pytestconfig, pdu_size=200, gbt=window)
        for described in (False, True):
            outcomes = one.access(items, self_descriptive=described)
            assert [int(each.result) for each in outcomes] == [0, 0, 0, 0, 0, 12]
            assert [each.data for each in outcomes][1:5:3] == [
                axdr.double_long_unsigned(5),
                axdr.double_long_unsigned(6),
            ]
            assert outcomes[2].data == profile
        one.release()


@pytest.mark.req("D-81", "D-82", "D-85")
@pytest.mark.caps("writes")
@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_long_requests(client: ClientFactory, pytestconfig: pytest.Config, put_back: Callable, udp: bool) -> None:
    """A list of writes in blocks, as large as the meter's buffer takes."""
    put_back(*NOTE)
    one = manager(client(udp=udp), pytestconfig, gbt=3)
    targets = [CosemAttribute(NOTE[0], Obis.parse(NOTE[1]), 2)] * 32
    one.link.timeout = TIMEOUT
    results = one.set_list(targets, [axdr.double_long_unsigned(i) for i in range(32)])
    assert [int(result) for result in results] == [0] * 32
    assert one.get(*NOTE) == axdr.double_long_unsigned(31)
    one.release()


LOSSES = [(0.1, 0.0, 0.0), (0.3, 0.0, 0.0), (0.0, 0.3, 0.0), (0.0, 0.0, 0.3), (0.1, 0.15, 0.15), (0.2, 0.2, 0.2)]


@pytest.mark.req("D-87", "D-82", "A-44")
@pytest.mark.parametrize("chances", LOSSES, ids=lambda chances: "-".join(f"{each:g}" for each in chances))
@pytest.mark.parametrize("window", [1, 3, 8])
def test_recovery(
    relay: Callable[..., Relay],
    calm: Calm,
    pytestconfig: pytest.Config,
    profile: Data,
    window: int,
    chances: tuple[float, float, float],
) -> None:
    """Whatever the network does to a tenth or a third of the datagrams: the
    value comes, and it is the right one.
    """
    loss, repeat, reorder = chances
    way = relay(window, loss=loss, repeat=repeat, reorder=reorder)
    with Client.udp("127.0.0.1", way.port, TIMEOUT) as link:
        one = manager(link, pytestconfig, pdu_size=256, gbt=window)
        way.quiet = False
        assert one.get(*PROFILE) == profile
        calm(way, link)
        assert way.counts["lost"] + way.counts["repeated"] + way.counts["reordered"] > 0
        one.gbt = None
        one.release()


@pytest.mark.req("D-87", "D-45")
@pytest.mark.caps("writes", "own-process")
@pytest.mark.parametrize("seed", range(6))
def test_methods_are_invoked_once(
    relay: Callable[..., Relay], calm: Calm, pytestconfig: pytest.Config, seed: int
) -> None:
    """ACCESS over a network that loses and repeats: every capture takes one
    row, whatever was sent how often.
    """
    way = relay(seed, loss=0.25, repeat=0.2)
    capture = AccessItem(AccessKind.ACTION, CosemMethod(7, Obis.parse(PROFILE[1]), 2), axdr.integer(0))
    entries = AccessItem(AccessKind.GET, CosemAttribute(7, Obis.parse(PROFILE[1]), 7))
    long = AccessItem(AccessKind.GET, CosemAttribute(7, Obis.parse(PROFILE[1]), 3))
    with Client.udp("127.0.0.1", way.port, TIMEOUT) as link:
        one = manager(link, pytestconfig, pdu_size=64, gbt=3)
        way.quiet = False
        outcomes = one.access([entries, capture, entries, long, capture, capture, entries], self_descriptive=True)
        calm(way, link)
        assert [int(each.result) for each in outcomes] == [0] * 7
        first = outcomes[0].data.value
        assert [outcomes[k].data.value for k in (2, 6)] == [first + 1, first + 3]
        one.gbt = None
        one.release()


@pytest.mark.req("D-19", "A-44")
@pytest.mark.parametrize("seed", range(8))
def test_service_blocks_never_yield_wrong_data(
    relay: Callable[..., Relay], calm: Calm, pytestconfig: pytest.Config, profile: Data, seed: int
) -> None:
    """The service's own blocks cannot recover anything: over such a
    network a read fails, or is right.
    """
    way = relay(seed, loss=0.02, repeat=0.1, reorder=0.1)
    done = 0
    for _ in range(6):
        way.quiet = True
        with Client.udp("127.0.0.1", way.port, 0.3) as link:
            one = manager(link, pytestconfig, pdu_size=512)
            way.quiet = False
            try:
                assert one.get(*PROFILE) == profile
                done += 1
            except DlmsError:
                pass
            calm(way, link)
            one.release()
    assert way.counts["passed"] > 30


@pytest.mark.req("D-89")
@pytest.mark.parametrize("udp", [False, True], ids=["tcp", "udp"])
def test_acknowledging_what_was_not_sent(
    client: ClientFactory, pytestconfig: pytest.Config, profile: Data, udp: bool
) -> None:
    one = manager(client(udp=udp), pytestconfig, pdu_size=128, gbt=2)
    first = GeneralBlock.decode(one.exchange(bytes.fromhex("C001C1 0007 0100630100FF 02 00")))
    assert (first.number, first.last) == (1, False)
    assert one.exchange(GeneralBlock(True, False, 2, 1, 7).encode()) == bytes.fromhex("D80101")
    assert one.get(*PROFILE) == profile
    one.release()


@pytest.mark.req("D-80", "A-24")
def test_two_associations_interleave(client: ClientFactory, pytestconfig: pytest.Config, profile: Data) -> None:
    """Two AAs on one connection, each in the middle of a stream when the other goes on."""
    link = client()
    ones = [
        manager(link, pytestconfig, pdu_size=96, gbt=5),
        link.associate(
            pytestconfig.getoption("client"),
            password=pytestconfig.getoption("password"),
            conformance=EVERYTHING,
            pdu_size=120,
            gbt=3,
        ),
    ]
    kept: list[dict[int, GeneralBlock]] = [{}, {}]
    for one, blocks in zip(ones, kept, strict=True):
        blocks[1] = GeneralBlock.decode(one.exchange(bytes.fromhex("C001C1 0007 0100630100FF 02 00")))
    numbers = [0, 0]
    while not all(blocks[max(blocks)].last for blocks in kept):
        for k, (one, blocks) in enumerate(zip(ones, kept, strict=True)):
            if blocks[max(blocks)].last:
                continue
            numbers[k] += 1
            one.send_apdu(GeneralBlock(True, False, 5 - 2 * k, numbers[k], max(blocks)).encode())
        # both streams come, one after the other
        for k, (one, blocks) in enumerate(zip(ones, kept, strict=True)):
            if numbers[k] and not blocks[max(blocks)].last:
                while True:
                    apdu = link.receive_apdu(one.client_wport, one.server_wport, TIMEOUT)
                    assert apdu is not None
                    block = GeneralBlock.decode(apdu)
                    blocks[block.number] = block
                    if not block.streaming:
                        break
    for blocks in kept:
        octets = b"".join(blocks[number].data for number in sorted(blocks))
        assert octets == bytes.fromhex("C401C100") + profile.encode()


@pytest.mark.req("D-89", "A-33")
@pytest.mark.caps("own-process")
def test_streams_left_by_their_clients(
    client: ClientFactory, pytestconfig: pytest.Config, profile: Data, meter: MeterHandle
) -> None:
    """Clients that go away in the middle of a stream, more of them than there
    are transfers: nothing is used up.
    """
    for _ in range(20):
        with Client.tcp(meter.host, meter.port, TIMEOUT) as link:
            one = manager(link, pytestconfig, pdu_size=64, gbt=63)
            one.exchange(bytes.fromhex("C001C1 0007 0100630100FF 02 00"))
            one.send_apdu(GeneralBlock(True, False, 63, 1, 1).encode())
    one = manager(client(), pytestconfig, pdu_size=64, gbt=63)
    assert one.get(*PROFILE) == profile
