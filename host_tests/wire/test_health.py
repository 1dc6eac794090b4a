"""What went wrong since the start is counted, and shown in one object (0-0:96.128.4*255)."""

from __future__ import annotations

import pytest

from host_tests.harness.meters import MeterHandle
from host_tests.wire.aas import login
from host_tests.wire.apdus import AARQ, MANAGEMENT, PUBLIC, aarq, ask, associate, get, is_aare
from tools.dlmsclient import Client, axdr

pytestmark = [pytest.mark.caps("own-process"), pytest.mark.prefers(backfill_days=0)]

HEALTH = (1, "0.0.96.128.4.255", 2)
FAULTS, RESTARTS, REFUSED, UNPROVEN, LOST = range(5)
COUNTS = 9
NOBODY = 0x44  # a client wPort that no meter knows
MANY = 300  # lines, more than the budget of the log


def health(answer: bytes) -> list[int]:
    """The counts in a GET-response."""
    assert answer[:6].hex() == "c401c1000209"
    return [item.value for item in axdr.elements(axdr.decode(answer[4:]))]


def counts(meter: MeterHandle) -> list[int]:
    """The counts, as the reader sees them."""
    with Client.tcp(meter.host, meter.port) as client:
        return [item.value for item in axdr.elements(client.associate(*login("reader")).get(*HEALTH))]


@pytest.mark.req("I-60", "A-32", "E-59", "A-38")
@pytest.mark.meter_config(serial="00000060")
def test_each_thing_that_goes_wrong_is_counted(meter: MeterHandle, tcp, pytestconfig):
    client = pytestconfig.getoption("--client")
    password = pytestconfig.getoption("--password")
    first = tcp()
    associate(first, client, request=aarq(password))

    def now() -> list[int]:
        shown = health(ask(first, get(*HEALTH), client))
        assert len(shown) == COUNTS
        assert shown[COUNTS - 4 :] == [0, 0, 0, 0]  # no store
        return shown

    before = now()
    others = [tcp() for _ in range(meter.limits.CONNECTIONS - 1)]
    for link in others:
        associate(link)
    for _ in range(3):
        assert tcp().closed()
    assert is_aare(ask(others[0], aarq("wrong"), client), 1)
    after = now()
    assert [new - old for new, old in zip(after, before, strict=True)][:LOST] == [0, 0, 3, 1]
    for _ in range(MANY):
        assert is_aare(ask(others[0], AARQ, NOBODY), 1)
    assert now()[LOST] > before[LOST] + MANY / 3


@pytest.mark.req("I-60")
def test_the_public_client_does_not_see_it(tcp):
    link = tcp()
    associate(link)
    assert (
        ask(link, get(*HEALTH), PUBLIC, MANAGEMENT).hex() == "c401c10104"
    )  # object-undefined, as all that a client has no right to
