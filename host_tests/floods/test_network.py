"""Clients read everything over a network that delays, loses, repeats, reorders and cuts: each
answer is right, and none is taken for another.

The network is a proxy between client and meter, and where the machine lets a process have a
network of its own the real thing (`floods.namespace`).
"""

from __future__ import annotations

import json
import subprocess

import pytest

from host_tests.floods import namespace
from host_tests.floods.network import Faults, Proxy
from host_tests.floods.reading import PUBLIC, everything, reference
from host_tests.harness.meters import MeterHandle
from host_tests.harness.relay import Relay
from host_tests.interop.readings import SETTINGS
from tools.dlmsclient import Client
from tools.launcher import ROOT

pytestmark = [pytest.mark.caps("own-process"), pytest.mark.meter_config(**SETTINGS)]

LOSS = 0.2
TIMEOUT = 0.1  # seconds for a datagram's answer: what is lost is asked for again soon
LINK_DOWN = 0.5  # seconds

FAULTS = {
    "delayed": Faults(delay=0.0015),
    "lost and sent again": Faults(loss=LOSS / 8, again=0.03),
    "in pieces": Faults(split=7),
    "all of it": Faults(delay=0.0001, loss=0.001, again=0.05, split=60),
}


@pytest.mark.req("I-52", "A-20", "A-21", "A-22")
@pytest.mark.parametrize("kind", FAULTS)
def test_everything_is_read_over_a_connection_that_is_bad(meter: MeterHandle, kind: str):
    wanted = reference(meter.host, meter.port)
    with Proxy(meter.address, FAULTS[kind]) as proxy:
        done = everything(lambda: Client.tcp(proxy.host, proxy.port), wanted)
        assert proxy.passed > 10000
        assert done.values == wanted
        assert (done.again, done.connections) == (0, 1)


@pytest.mark.req("I-52", "A-33", "A-52")
def test_everything_is_read_over_connections_that_break(meter: MeterHandle):
    wanted = reference(meter.host, meter.port)
    with Proxy(meter.address, Faults(cut=8000)) as proxy:
        done = everything(lambda: Client.tcp(proxy.host, proxy.port), wanted)
        assert proxy.cuts > 1
        assert done.values == wanted


@pytest.mark.req("I-52", "A-31")
def test_a_read_goes_on_after_nothing_has_passed_for_a_while(meter: MeterHandle):
    wanted = reference(meter.host, meter.port)
    with Proxy(meter.address, Faults()) as proxy:
        proxy.down(LINK_DOWN)
        done = everything(lambda: Client.tcp(proxy.host, proxy.port), wanted)
        assert done.values == wanted
        assert (done.again, done.connections) == (0, 1)


@pytest.mark.req("I-52", "A-41", "A-44", "A-45", "B-19")
def test_everything_is_read_over_datagrams_that_are_lost_repeated_and_late(meter: MeterHandle):
    wanted = reference(meter.host, meter.port, PUBLIC)
    with Relay((meter.host, meter.port), 7, loss=LOSS, repeat=0.1, reorder=0.2) as relay:
        relay.quiet = False
        done = everything(lambda: Client.udp("127.0.0.1", relay.port, TIMEOUT), wanted, PUBLIC)
        assert relay.counts["lost"] > 5
        assert relay.counts["repeated"] > 2
        assert done.values == wanted


@pytest.mark.req("I-52")
def test_everything_is_read_over_a_link_that_goes_down(micropython: object):
    """A real interface, in a network of its own."""
    if reason := namespace.why_not():
        pytest.skip(reason)
    done = subprocess.run(
        namespace.command(["down"], LINK_DOWN), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    outcome = json.loads(done.stdout)
    assert outcome["down"]["read"] > 20
    assert outcome["down"]["connections"] == 1
