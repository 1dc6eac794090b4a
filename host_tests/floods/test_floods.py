"""Floods over real sockets, a second each: who is there and behaves well is served throughout.

`make floods` runs them for longer, and shows what was sent, served and lost.
"""

from __future__ import annotations

import pytest

from host_tests.floods.__main__ import AGAIN, WAIT
from host_tests.floods.attacks import ATTACKS
from host_tests.floods.runner import flood
from host_tests.harness.meters import MeterHandle

pytestmark = [pytest.mark.caps("own-process"), pytest.mark.prefers(backfill_days=0)]

SECONDS = 0.9
UDP = "UDP from many ports"
CONNECTS = "1,000 connects a second"


@pytest.mark.req("I-50", "A-32", "B-21")
@pytest.mark.parametrize("name", [name for name in ATTACKS if name != UDP])
def test_a_client_over_tcp_is_served_throughout(meter: MeterHandle, name: str):
    outcome = flood(name, meter.host, meter.port, SECONDS)
    assert outcome.sent["connections"] > 5
    assert outcome.served > 5
    assert outcome.lost == 0
    assert outcome.worst < WAIT
    assert outcome.again < AGAIN


@pytest.mark.req("I-51", "A-46", "A-47", "B-21")
def test_after_datagrams_from_many_ports_a_client_goes_on_in_its_association(meter: MeterHandle):
    outcome = flood(UDP, meter.host, meter.port, SECONDS)
    assert outcome.sent["datagrams"] > 1000
    assert outcome.served > 5
    assert outcome.lost == 0
    assert outcome.worst < WAIT
    assert outcome.again < AGAIN


@pytest.mark.req("I-50", "A-54", "B-21")
@pytest.mark.meter_config(bind="0.0.0.0")
def test_many_connections_of_the_machine_make_no_accept_slow(meter: MeterHandle):
    """To find out at which of its addresses it was called the meter
    reads a list of all connections.
    """
    outcome = flood(CONNECTS, "127.0.0.1", meter.port, SECONDS)
    assert outcome.served > 5
    assert outcome.lost == 0
    assert outcome.worst < WAIT
    assert outcome.again < AGAIN
