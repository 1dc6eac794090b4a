"""Third-party clients at their default settings read everything over a connection that is bad."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from host_tests.floods.network import Faults, Proxy
from host_tests.harness.meters import MeterHandle
from host_tests.interop.links import TcpLink
from host_tests.interop.readings import SECRETS, SETTINGS, readings
from tools.dlmsclient import Association

pytestmark = [pytest.mark.caps("own-process"), pytest.mark.meter_config(**SETTINGS)]

READER = 32
BAD = Faults(loss=0.005, again=0.05, split=60)


@pytest.fixture
def bad_link(meter: MeterHandle) -> Iterator[TcpLink]:
    """A connection through a bad network."""
    with Proxy(meter.address, BAD) as proxy:
        link = TcpLink(proxy.host, proxy.port)
        link.connect()
        yield link
        link.disconnect()
        assert proxy.passed > 10000
        assert proxy.held > 2


@pytest.mark.req("I-52")
def test_gurux_reads_everything(bad_link: TcpLink, own: Callable[[int], Association]):
    pytest.importorskip("gurux_dlms", reason="gurux-dlms is not installed (INTEROP=0 leaves it out)")
    from gurux_dlms.enums import ObjectType

    from host_tests.interop.gurux import Gurux

    wanted = readings(own(READER))
    client = Gurux(bad_link, READER, 1, SECRETS[READER]).associate()
    for (class_id, name, attribute), value in wanted.items():
        item = client.client.createObject(ObjectType(class_id))
        item.logicalName = name
        assert client.read_octets(item, attribute) == value, (name, attribute)
    client.release()


@pytest.mark.req("I-52")
def test_dlms_cosem_reads_everything(bad_link: TcpLink, own: Callable[[int], Association]):
    pytest.importorskip("dlms_cosem", reason="dlms-cosem is not installed (INTEROP=0 leaves it out)")
    from host_tests.interop.cosem_client import attribute, client_of

    wanted = readings(own(READER))
    client = client_of(bad_link, READER, 1, SECRETS[READER])
    client.associate()
    for wish, value in wanted.items():
        assert bytes(client.get(attribute(*wish))) == value, wish
    client.release_association()
