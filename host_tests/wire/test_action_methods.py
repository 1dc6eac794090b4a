"""ACTION over the wire: methods alone and in lists, with parameters and
return data whole and in blocks.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from host_tests.harness.clients import ClientFactory
from host_tests.harness.meters import MeterHandle
from host_tests.wire.aas import MANAGER, READER, Associate
from tools.dlmsclient import (
    ActionError,
    ActionResult,
    Association,
    Conformance,
    CosemMethod,
    Data,
    DateTime,
    Obis,
    axdr,
)
from tools.dlmsclient.initiate import CLIENT_CONFORMANCE

# What compares the clock, or the registers, with what they were: time has to stand still.
still = pytest.mark.meter_config(rate=0)
pytestmark = [pytest.mark.prefers(rate=0, backfill_days=1, start="2026-03-05T12:00:00"), pytest.mark.caps("writes")]

NOTE = (1, "0.0.96.128.1.255", 2)
CLOCK = (8, "0.0.1.0.0.255")
PUBLIC_ASSOCIATION = (15, "0.0.40.0.1.255")
ENERGY = (3, "1.0.1.8.0.255")
IPV4 = (42, "0.0.25.1.0.255")
_SHIFT = "0008 0000010000FF 06"
_COUNT = "002A 0000190100FF 03"  # get_nbof_mc_IP_addresses


def method(target: tuple[int, str], number: int) -> CosemMethod:
    return CosemMethod(target[0], Obis.parse(target[1]), number)


@pytest.fixture
def manager(associate: Associate) -> Association:
    return associate(MANAGER)


@pytest.fixture
def clock(manager: Association, put_back: Callable[[int, str, int], Data]) -> Callable[[], float]:
    """The meter's time in seconds; put back after the test."""
    put_back(*CLOCK, 2)

    def seconds() -> float:
        now = DateTime.decode(manager.get(*CLOCK, 2).value).to_datetime()
        assert now is not None
        return now.timestamp()

    return seconds


def refusal(
    association: Association, target: tuple[int, str], number: int, parameter: Data | None = None
) -> ActionResult:
    with pytest.raises(ActionError) as caught:
        association.action(*target, number, parameter)
    return caught.value.code


@still
@pytest.mark.req("D-31", "F-07")
@pytest.mark.parametrize("size", [None, 1, 2, 3])
def test_method_with_a_parameter(manager: Association, clock: Callable[[], float], size: int | None) -> None:
    """shift_time, whole and in blocks: done once, when the parameter is whole."""
    before = clock()
    manager.block_size = size
    assert manager.action(*CLOCK, 6, axdr.long(300)) is None
    assert clock() == before + 300
    manager.action(*CLOCK, 6, axdr.long(-900))
    assert clock() == before - 600


@pytest.mark.req("D-33")
def test_return_data(manager: Association) -> None:
    assert manager.action(*IPV4, 3, axdr.integer(0)) == axdr.unsigned(0)
    assert manager.action(*IPV4, 3) == axdr.unsigned(0)
    assert manager.exchange(bytes.fromhex(f"C301C1 {_COUNT} 00")) == bytes.fromhex("C701C1 00 01 00 1100")


@still
@pytest.mark.req("D-31", "D-11")
@pytest.mark.parametrize(
    ("aimed", "number", "parameter", "code"),
    [
        (CLOCK, 6, axdr.unsigned(1), {12}),
        (CLOCK, 6, axdr.long(901), {12, 250}),
        (CLOCK, 6, None, {12}),
        (CLOCK, 5, axdr.structure(), {12}),
        (CLOCK, 7, None, {12}),
        (CLOCK, 0, None, {12}),
        ((3, "0.0.1.0.0.255"), 1, None, {9}),
        ((8, "0.0.99.99.0.255"), 1, None, {4}),
        ((3, "1.0.1.7.0.255"), 1, axdr.integer(0), {3}),
        ((15, "0.0.40.0.0.255"), 1, axdr.octet_string(bytes(17)), {3}),
        ((17, "0.0.41.0.0.255"), 1, axdr.null_data(), {3}),
        (ENERGY, 1, axdr.octet_string(b""), {12}),
        (IPV4, 1, axdr.double_long_unsigned(0x7F000001), {12, 250}),
    ],
)
@pytest.mark.parametrize("size", [None, 2], ids=["whole", "blocks"])
def test_refusals(
    manager: Association, aimed: tuple[int, str], number: int, parameter: Data | None, code: set[int], size: int | None
) -> None:
    before = [manager.get(*CLOCK, 2), manager.get(*ENERGY, 2), manager.get(*IPV4, 4)]
    manager.block_size = size
    assert refusal(manager, aimed, number, parameter) in code
    assert [manager.get(*CLOCK, 2), manager.get(*ENERGY, 2), manager.get(*IPV4, 4)] == before


@pytest.mark.req("D-31", "F-31")
def test_reader_may_invoke_nothing(associate: Associate) -> None:
    reader = associate(READER)
    assert refusal(reader, CLOCK, 6, axdr.long(1)) == 3
    assert refusal(reader, ENERGY, 1, axdr.integer(0)) == 3


@still
@pytest.mark.req("D-34")
@pytest.mark.parametrize("size", [None, 1, 4])
def test_list_runs_in_order(manager: Association, clock: Callable[[], float], size: int | None) -> None:
    """One outcome each; a method that fails does not stop those after it."""
    before = clock()
    manager.block_size = size
    outcomes = manager.action_list(
        [
            method(CLOCK, 6),
            method(CLOCK, 9),
            method(IPV4, 3),
            method((8, "0.0.99.99.0.255"), 1),
            method(CLOCK, 6),
            method(CLOCK, 6),
        ],
        [axdr.long(100), None, None, None, axdr.unsigned(0), axdr.long(50)],
    )
    assert [outcome.result for outcome in outcomes] == [0, 12, 0, 4, 12, 0]
    assert [outcome.value for outcome in outcomes] == [None, None, axdr.unsigned(0), None, None, None]
    assert clock() == before + 150


@pytest.mark.req("D-34", "C-38", "D-33")
@pytest.mark.parametrize("size", [12, 13, 64, 0])
def test_answers_of_a_list_go_in_blocks(associate: Associate, meter: MeterHandle, size: int) -> None:
    """The client checks that no block is longer than it announced."""
    association = associate(MANAGER, pdu_size=size)
    entries = meter.limits.LIST
    outcomes = association.action_list([method(IPV4, 3)] * entries, [None] * entries)
    assert [outcome.value for outcome in outcomes] == [axdr.unsigned(0)] * entries


@still
@pytest.mark.req("D-34", "D-94")
def test_malformed_lists_invoke_nothing(manager: Association, clock: Callable[[], float]) -> None:
    before = clock()
    two = f"02 {_SHIFT} {_SHIFT}"
    for values in ("01 100001", "03 100001 100001 100001", "02 100001", "02 100001 100001 00", "02 100001 07", ""):
        assert manager.exchange(bytes.fromhex(f"C303C1 {two} {values}")) == bytes.fromhex("C701C1FA00")
    assert manager.exchange(bytes.fromhex(f"C303C1 21 {_SHIFT * 33} 21 {'100001' * 33}")) == bytes.fromhex("D80104")
    assert clock() == before


@still
@pytest.mark.req("D-32")
def test_wrong_blocks_invoke_nothing(manager: Association, clock: Callable[[], float]) -> None:
    before = clock()
    first = f"C304C1 {_SHIFT} 00 00000001 01 10"
    for request, answer in (
        ("C306C1 01 00000002 02 0064", "C701C1 10 00"),
        ("C302C1 00000001", "C701C1 10 00"),
        (f"C304C1 {_SHIFT} 00 00000002 01 10", "C701C1 0F 00"),
        (first, "C704C1 00000001"),
        ("C306C1 01 00000003 02 0064", "C701C1 0F 00"),
        ("C306C1 01 00000002 02 0064", "C701C1 10 00"),
        (first, "C704C1 00000001"),
        # a block repeated
        ("C306C1 00 00000001 01 10", "C701C1 0F 00"),
        (first, "C704C1 00000001"),
        # another request in between
        ("C001C1 0001 00002A0000FF 0100", "C401C100 0906 00002A0000FF"),
        ("C306C1 01 00000002 02 0064", "C701C1 10 00"),
        (first, "C704C1 00000001"),
        ("C302C1 00000001", "C701C1 10 00"),
        ("C306C1 01 00000002 02 0064", "C701C1 10 00"),
    ):
        assert manager.exchange(bytes.fromhex(request)) == bytes.fromhex(answer), request
    assert clock() == before
    assert manager.exchange(bytes.fromhex(first)) == bytes.fromhex("C704C1 00000001")
    assert manager.exchange(bytes.fromhex("C306C1 01 00000002 02 0064")) == bytes.fromhex("C701C1 00 00")
    assert clock() == before + 100


@pytest.mark.req("D-32")
def test_longer_than_the_meter_takes(manager: Association) -> None:
    manager.block_size = 900
    assert refusal(manager, CLOCK, 6, axdr.octet_string(bytes(5000))) is ActionResult.DATA_BLOCK_UNAVAILABLE
    assert manager.get(*CLOCK, 2)


@still
@pytest.mark.req("D-94", "D-93")
@pytest.mark.parametrize(
    "request_hex",
    [
        "C307C1",
        f"C301C1 {_SHIFT}",
        f"C301C1 {_SHIFT} 01",
        f"C301C1 {_SHIFT} 01 1000",
        f"C301C1 {_SHIFT} 02 100001",
        f"C301C1 {_SHIFT} 01 100001 00",
        f"C301C1 {_SHIFT} 00 100001",
        "C301C1 0008",
        "C302C1 0000",
        f"C304C1 {_SHIFT} 00 00000001",
        "C305C1 02 0008",
    ],
)
def test_malformed_requests_keep_the_association(
    manager: Association, clock: Callable[[], float], request_hex: str
) -> None:
    before = clock()
    assert manager.exchange(bytes.fromhex(request_hex)) == bytes.fromhex("C701C1FA00")
    assert clock() == before


@pytest.mark.req("D-90")
def test_what_was_not_negotiated(associate: Associate) -> None:
    for missing, request in (
        (Conformance.ACTION, f"C301C1 {_COUNT} 00"),
        (Conformance.MULTIPLE_REFERENCES, f"C303C1 01 {_COUNT} 01 00"),
        (Conformance.BLOCK_TRANSFER_WITH_ACTION, f"C304C1 {_COUNT} 01 00000001 00"),
        (Conformance.MULTIPLE_REFERENCES, f"C305C1 01 {_COUNT} 01 00000001 02 01 00"),
    ):
        association = associate(MANAGER, conformance=CLIENT_CONFORMANCE & ~missing)
        assert association.exchange(bytes.fromhex(request)) == bytes.fromhex("D80102")
        assert association.get(*CLOCK, 2)


@still
@pytest.mark.req("B-09")
def test_unconfirmed_action_is_done_and_not_answered(manager: Association, clock: Callable[[], float]) -> None:
    before = clock()
    for number in range(1, 4):
        manager.action(*CLOCK, 6, axdr.long(10), confirmed=False)
        # the next answer is that of the GET
        assert clock() == before + 10 * number


@pytest.mark.req("F-02", "F-31")
@pytest.mark.caps("own-process")
def test_reset_of_a_register(manager: Association) -> None:
    assert manager.get(*ENERGY, 2).value > 0
    manager.action(*ENERGY, 1, axdr.integer(0))
    assert manager.get(*ENERGY, 2) == axdr.double_long_unsigned(0)


@pytest.mark.req("C-24", "F-11")
@pytest.mark.caps("own-process")
def test_users_of_an_association(manager: Association, client: ClientFactory) -> None:
    """add_user on the public client's association: while there are users,
    an AARQ has to name one of them.
    """
    ben = axdr.structure(axdr.unsigned(7), axdr.visible_string("Ben"))
    info = "BE10040E01000000065F1F0400007E1F04B0"
    plain = bytes.fromhex("601DA109060760857405080101" + info)
    named = [bytes.fromhex(f"6022A109060760857405080101A9030201{user}" + info) for user in ("07", "08")]
    refused = bytes.fromhex("6117A109060760857405080101A203020101A305A103020106")
    manager.action(*PUBLIC_ASSOCIATION, 5, ben)
    assert manager.get(*PUBLIC_ASSOCIATION, 10) == axdr.array(ben)
    link = client()
    assert link.exchange(plain) == refused
    assert link.exchange(named[1]) == refused
    assert link.exchange(named[0])[:18].hex().upper() == "6129A109060760857405080101A203020100"
    assert link.attach().get(15, "0.0.40.0.0.255", 11) == ben
    manager.action(*PUBLIC_ASSOCIATION, 6, ben)
    assert manager.get(*PUBLIC_ASSOCIATION, 10) == axdr.array()
    assert client().exchange(plain)[:18].hex().upper() == "6129A109060760857405080101A203020100"
