"""One port for all logical devices: which wPorts answer, which wPort is
for all, and how clients find out.
"""

import pytest

from host_tests.harness.raw import RawUdp, wpdu
from host_tests.wire.apdus import (
    AARQ,
    CURRENT_ASSOCIATION,
    MANAGEMENT,
    NOT_ALLOWED,
    OTHER_DEVICE,
    PUBLIC,
    UNCONFIRMED_AARQ,
    aarq,
    ask,
    associate,
    get,
    serves,
)

pytestmark = pytest.mark.prefers(backfill_days=0)

NOBODY = 0x4444  # a client that no logical device knows: refused by every one of them, and no AA is taken
SAP_ASSIGNMENT = (17, "0.0.41.0.0.255", 2)
WPORTS = [*range(0x400), 3012, 3013, 3014, *range(0x1000, 0x10000, 0x0EF1), 0x7F00, 0xFFFF]


def answering(link):
    """The wPorts at which a logical device answers an AARQ, among `WPORTS`."""
    link.send(b"".join(wpdu(NOBODY, wport, AARQ) for wport in WPORTS))
    # the answer to another client is the end of the list
    link.send(wpdu(NOBODY - 1, MANAGEMENT, AARQ))
    found = []
    while True:
        answer = link.receive_wpdu()
        assert answer[8] == 0x61
        if int.from_bytes(answer[4:6], "big") != NOBODY:
            return found
        found.append(int.from_bytes(answer[2:4], "big"))


def sap_list(public):
    """SAP_assignment_list as {SAP: logical device name}, checked for double names and SAPs."""
    pairs = [tuple(member.value for member in element.value) for element in public.get(*SAP_ASSIGNMENT).value]
    listed = dict(pairs)
    assert len(listed) == len(pairs)
    assert len(set(listed.values())) == len(pairs)
    return listed


def names(opener, wports):
    """The logical device name that each of the wPorts reports."""
    found = {}
    for wport in wports:
        link = opener()
        associate(link, PUBLIC, wport)
        found[wport] = ask(link, get(), PUBLIC, wport)[6:]
    return found


@pytest.mark.req("A-16", "A-11", "A-28", "B-21")
def test_sap_list_names_exactly_the_wports_that_answer(tcp, public):
    listed = sap_list(public)
    assert sorted(listed) == answering(tcp())
    assert names(tcp, listed) == listed


@pytest.mark.req("A-14")
def test_logical_devices_of_this_meter(public):
    assert sorted(sap_list(public)) == sorted((MANAGEMENT, OTHER_DEVICE))


@pytest.mark.caps("roomy")
@pytest.mark.req("A-15", "A-16", "A-14", "A-11", "B-21")
@pytest.mark.meter_config(device2=3013, broadcast=300)
def test_configured_wports_above_the_usual_range(tcp, opener, public):
    listed = sap_list(public)
    assert sorted(listed) == [MANAGEMENT, 3013]
    assert answering(tcp()) == [MANAGEMENT, 3013]
    assert names(opener, listed) == listed
    # the wPorts of the default configuration are free
    link = opener()
    for wport in (OTHER_DEVICE, 0x7F, 300):
        link.send(wpdu(PUBLIC, wport, AARQ))
    associate(link, PUBLIC, 3013)
    assert serves(link, PUBLIC, 3013)


@pytest.mark.req("A-15", "A-14", "A-16")
@pytest.mark.meter_config(device2=127, broadcast=65535)
def test_logical_device_at_the_default_broadcast_wport(tcp, public):
    assert sorted(sap_list(public)) == [MANAGEMENT, 127] == answering(tcp())
    link = tcp()
    associate(link, PUBLIC, 127)
    assert serves(link, PUBLIC, 127)


@pytest.mark.req("A-15", "A-60", "A-61", "A-62")
def test_nothing_answers_at_the_broadcast_wport(link):
    associate(link)
    for apdu in (AARQ, UNCONFIRMED_AARQ, get(iip=0xC2), get(iip=0x02), bytes.fromhex("6203800100"), b"\xff"):
        link.send(wpdu(PUBLIC, 127, apdu))
    assert serves(link, iip=0xC3)


@pytest.mark.req("A-13", "A-14")
@pytest.mark.parametrize("server", [MANAGEMENT, OTHER_DEVICE])
@pytest.mark.limits(TCP_ASSOCIATIONS=2, UDP_ASSOCIATIONS=2)
def test_each_logical_device_has_its_own_associations(link, server, pytestconfig):
    """All clients at both; the name read is that of the device, and
    0.0.40.0.0.255 the association it was read in.
    """
    for option, password in (("--client", "--password"), ("--manager", "--manager-password")):
        client = pytestconfig.getoption(option)
        associate(link, client, server, aarq(pytestconfig.getoption(password)))
        # associated_partners_id: client SAP integer, server SAP long-unsigned
        partners = ask(link, get(15, CURRENT_ASSOCIATION, 3), client, server)
        assert partners.hex() == f"c401c10002020f{client:02x}12{server:04x}"
    other = 18 - server
    if not isinstance(link, RawUdp):
        assert ask(link, get(), pytestconfig.getoption("--client"), other) == NOT_ALLOWED


@pytest.mark.caps("direct")
@pytest.mark.req("A-10", "F-18", "B-21")
def test_port_number_that_the_meter_shows_is_the_one_it_listens_on(link, meter, pytestconfig):
    client = pytestconfig.getoption("--client")
    associate(link, client, request=aarq(pytestconfig.getoption("--password")))
    assert ask(link, get(41, "0.0.25.0.0.255", 2), client).hex() == f"c401c10012{meter.port:04x}"
