"""Every service over every transport and address family, short and in
blocks, with the independent client.
"""

import pytest

from host_tests.wire.apdus import MANAGEMENT
from tools.dlmsclient import CosemAttribute, DataAccessResult, Obis, Tag, axdr

pytestmark = pytest.mark.prefers(backfill_days=0)

OBJECT_LIST = (15, "0.0.40.0.0.255", 2)
NAMEPLATE = (1, "0.0.96.1.1.255", 2)
DEVICE_NAME = (1, "0.0.42.0.0.255", 2)


@pytest.fixture(params=[False, True], ids=["tcp", "udp"])
def linked(request, client, host):
    """Opens links of either transport to either address; what is opened on
    them is released after the test.
    """
    opened = []

    def open_link():
        opened.append(client(udp=request.param, host=host))
        return opened[-1]

    yield open_link
    for link in opened:
        for association in list(link.associations.values()):
            association.release()


@pytest.mark.req("B-01", "B-03", "B-10", "B-12", "B-21")
def test_open_read_release(linked):
    link = linked()
    for _ in range(3):
        association = link.associate()
        assert association.get(*DEVICE_NAME).tag == Tag.OCTET_STRING
        assert association.release().reason == 0


@pytest.mark.req("B-19", "B-15", "A-08", "B-21")
def test_long_value_is_the_same_at_every_pdu_size(linked, pytestconfig):
    credentials = pytestconfig.getoption("--client"), MANAGEMENT, pytestconfig.getoption("--password")
    link = linked()
    values = {}
    for pdu_size in (64, 65, 128, 1024, 0xFFFF, 0):
        association = link.associate(*credentials, pdu_size=pdu_size)
        values[pdu_size] = association.get(*OBJECT_LIST)
        association.release()
    assert len(values[0].value) > 40
    assert all(value == values[0] for value in values.values())


@pytest.mark.req("B-15", "B-19", "B-21")
@pytest.mark.caps("writes")
@pytest.mark.parametrize("block_size", [None, 1, 16])
def test_set_in_blocks(linked, pytestconfig, put_back, block_size):
    before = put_back(*NAMEPLATE)
    association = linked().associate(
        pytestconfig.getoption("--manager"),
        MANAGEMENT,
        pytestconfig.getoption("--manager-password"),
        block_size=block_size,
    )
    other = axdr.octet_string(bytes(reversed(before.value)))
    association.set(*NAMEPLATE, other)
    assert association.get(*NAMEPLATE) == other


@pytest.mark.req("B-15", "B-21")
@pytest.mark.caps("writes")
@pytest.mark.parametrize("block_size", [None, 1])
def test_action_and_lists(linked, pytestconfig, block_size):
    association = linked().associate(
        pytestconfig.getoption("--manager"),
        MANAGEMENT,
        pytestconfig.getoption("--manager-password"),
        block_size=block_size,
    )
    # get_nbof_mc_IP_addresses of the IPv4 setup
    assert association.action(42, "0.0.25.1.0.255", 3, axdr.integer(0)).tag == Tag.UNSIGNED
    wanted = [
        CosemAttribute(*DEVICE_NAME[:1], Obis.parse(DEVICE_NAME[1]), 2),
        CosemAttribute(1, Obis.parse("0.0.42.9.9.255"), 2),
    ]
    name, missing = association.get_list(wanted)
    assert name == association.get(*DEVICE_NAME)
    assert isinstance(missing, DataAccessResult)


@pytest.mark.req("B-21")
@pytest.mark.caps("own-process")
def test_both_families_are_served_where_the_computer_has_them(meter):
    assert "127.0.0.1" in meter.hosts
    assert ("::1" in meter.hosts) == _has_ipv6()


def _has_ipv6():
    import socket

    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True
