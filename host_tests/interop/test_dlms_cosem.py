"""The Python library dlms-cosem as a real client of the meter, over TCP and UDP; its
readings are compared with the host client's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

import pytest

pytest.importorskip("dlms_cosem", reason="dlms-cosem is not installed (INTEROP=0 leaves it out)")

from dlms_cosem import cosem, dlms_data, enumerations, exceptions, utils
from dlms_cosem.client import ActionError, DataResultError, DlmsClient
from dlms_cosem.cosem.attribute_with_selection import CosemAttributeWithSelection
from dlms_cosem.cosem.capture_object import CaptureObject
from dlms_cosem.cosem.selective_access import RangeDescriptor
from dlms_cosem.parsers import AssociationObjectListParser, ProfileGenericBufferParser
from dlms_cosem.security import HighLevelSecurityCommonAuthentication

from host_tests.interop.cosem_client import attribute, client_of, method
from host_tests.interop.links import TcpLink
from host_tests.interop.readings import LOAD_PROFILE, SECRETS, SETTINGS, listed, readings
from tools.dlmsclient import Association
from tools.dlmsclient import CaptureObject as CaptureObjectOfMeter

pytestmark = [pytest.mark.meter_config(**SETTINGS)]

Factory = Callable[..., DlmsClient]
Own = Callable[..., Association]
NAME = (1, "0.0.42.0.0.255", 2)
NOTE = (1, "0.0.96.128.1.255", 2)
CLOCK = (8, "0.0.1.0.0.255", 2)


@pytest.fixture
def theirs(link: Callable[[], TcpLink]) -> Iterator[Factory]:
    """`theirs(32)`: an associated client, on a link of its own or on `link_of`
    another's; released after the test.
    """
    made: list[DlmsClient] = []

    def associate(wport: int, device: int = 1, pdu: int = 0xFFFF, link_of: DlmsClient | None = None) -> DlmsClient:
        one = client_of(link_of.transport.io if link_of else link(), wport, device, SECRETS[wport], pdu)
        made.append(one)
        one.associate()
        return one

    yield associate
    for one in made:
        with suppress(Exception):
            one.release_association()


def value(client: DlmsClient, wanted: tuple[int, str, int]) -> Any:
    return utils.parse_as_dlms_data(client.get(attribute(*wanted)))


@pytest.mark.req("C-04", "C-10", "C-25")
def test_lowest_level_association_with_a_calling_ap_title_reads_the_device_name(theirs: Factory) -> None:
    public = theirs(16)
    # calling-AP-title, its own 8 octets of a system title, in a context without ciphering
    assert b"\xa6\x0a\x04\x08" in public.transport.sent[0]
    assert bytes(value(public, NAME)) == b"ZZZ0000000100001"


@pytest.mark.req("C-37", "C-38")
def test_conformance_is_what_both_have(theirs: Factory) -> None:
    """It proposes general block transfer and ACCESS, which both have then, and priority and
    EventNotification, which the meter has not.
    """
    negotiated = theirs(32).dlms_connection.conformance
    assert negotiated.get
    assert negotiated.set
    assert negotiated.action
    assert negotiated.selective_access
    assert negotiated.multiple_references
    assert negotiated.block_transfer_with_get_or_read
    assert negotiated.general_block_transfer
    assert not negotiated.priority_management_supported
    assert negotiated.access
    assert not negotiated.event_notification


@pytest.mark.req("C-12")
@pytest.mark.caps("auth-failures")
def test_wrong_password_is_an_authentication_failure(link: Callable[[], TcpLink]) -> None:
    with pytest.raises(exceptions.DlmsClientException, match="REJECTED_PERMANENT.*AUTHENTICATION_FAILED"):
        client_of(link(), 32, 1, "12345679").associate()


@pytest.mark.req("C-20")
@pytest.mark.caps("auth-failures")
def test_high_level_security_is_refused(link: Callable[[], TcpLink]) -> None:
    client = client_of(link(), 48)
    client.dlms_connection.authentication = HighLevelSecurityCommonAuthentication(secret=b"87654321")
    with pytest.raises(exceptions.DlmsClientException, match="REJECTED_PERMANENT.*AUTHENTICATION_FAILED"):
        client.associate()


@pytest.mark.req("F-11", "F-31", "D-14")
@pytest.mark.parametrize("wport", [16, 32, 48])
def test_object_list_is_the_same(theirs: Factory, own: Own, wport: int) -> None:
    octets = theirs(wport).get(attribute(15, "0.0.40.0.0.255", 2))
    parsed = AssociationObjectListParser.parse_bytes(octets)
    found = {(int(each.interface), each.version, each.logical_name.to_bytes()): each for each in parsed}
    expected = {(each.class_id, each.version, each.instance.octets): each for each in listed(own(wport))}
    assert list(found) == list(expected)
    for key, each in found.items():
        assert list(each.attribute_access_rights) == list(expected[key].attributes)
        assert list(each.method_access_rights) == list(expected[key].methods)


@pytest.mark.req("F-30", "D-10", "D-14")
@pytest.mark.parametrize(("wport", "device"), [(16, 1), (32, 1), (48, 1), (32, 17)])
def test_every_attribute_reads_the_same(theirs: Factory, own: Own, wport: int, device: int) -> None:
    expected = readings(own(wport, device))
    client = theirs(wport, device)
    assert {wanted: client.get(attribute(*wanted)) for wanted in expected} == expected


@pytest.mark.req("C-17", "D-14", "D-15")
@pytest.mark.parametrize("pdu", [80, 127, 128, 129, 256])
def test_every_attribute_reads_the_same_in_small_blocks(theirs: Factory, own: Own, pdu: int) -> None:
    expected = readings(own(32))
    client = theirs(32, pdu=pdu)
    assert {wanted: client.get(attribute(*wanted)) for wanted in expected} == expected
    assert max(map(len, client.transport.answers)) <= pdu


# -- profiles --------------------------------------------------------------------------------------


def columns_of(reader: Association) -> list[cosem.CosemAttribute]:
    """The columns of the load profile in the words of the library."""
    found = [CaptureObjectOfMeter.from_data(item) for item in reader.get(7, LOAD_PROFILE, 3).value]
    return [attribute(each.class_id, each.instance.dotted, each.attribute_id) for each in found]


@pytest.mark.req("F-06", "D-14")
@pytest.mark.parametrize("pdu", [0xFFFF, 128])
def test_profile_whole(theirs: Factory, own: Own, pdu: int) -> None:
    reader = own(32)
    octets = theirs(32, pdu=pdu).get(attribute(7, LOAD_PROFILE, 2))
    rows = ProfileGenericBufferParser(columns_of(reader), 15).parse_bytes(octets)
    assert octets == reader.get(7, LOAD_PROFILE, 2).encode()
    assert [row[0].value.minute for row in rows[:4]] == [15, 30, 45, 0]
    assert [row[2].value for row in rows] == [row[2].value for row in reader.get(7, LOAD_PROFILE, 2).value]


@pytest.mark.req("D-110", "D-112")
def test_profile_by_range(theirs: Factory, own: Own) -> None:
    wanted = RangeDescriptor(
        CaptureObject(attribute(*CLOCK)),
        from_value=datetime(2026, 3, 27, 6, tzinfo=timezone.utc),
        to_value=datetime(2026, 3, 27, 7, tzinfo=timezone.utc),
    )
    octets = theirs(32).get(attribute(7, LOAD_PROFILE, 2), wanted)
    rows = ProfileGenericBufferParser(columns_of(own(32)), 15).parse_bytes(octets)
    assert [(row[0].value.hour, row[0].value.minute) for row in rows] == [(6, 0), (6, 15), (6, 30), (6, 45), (7, 0)]


# -- SET and ACTION --------------------------------------------------------------------------------


@pytest.mark.req("D-20")
@pytest.mark.caps("writes")
def test_data_is_written(theirs: Factory, put_back: Callable[..., Any]) -> None:
    put_back(*NOTE)
    client = theirs(48)
    answer = client.set(attribute(*NOTE), dlms_data.DoubleLongUnsignedData(123456789).to_bytes())
    assert answer.result is enumerations.DataAccessResult.SUCCESS
    assert value(client, NOTE) == 123456789


@pytest.mark.req("D-21")
@pytest.mark.caps("writes")
def test_refused_writes_are_reported(theirs: Factory) -> None:
    answer = theirs(32).set(attribute(*NOTE), dlms_data.DoubleLongUnsignedData(1).to_bytes())
    assert answer.result is enumerations.DataAccessResult.READ_WRITE_DENIED
    answer = theirs(48).set(attribute(*NOTE), dlms_data.OctetStringData(b"1").to_bytes())
    assert answer.result is enumerations.DataAccessResult.TYPE_UNMATCHED


@pytest.mark.req("D-30", "F-07")
@pytest.mark.caps("writes")
def test_clock_is_shifted(theirs: Factory, own: Own, put_back: Callable[..., Any]) -> None:
    put_back(*CLOCK)
    assert theirs(48).action(method(8, "0.0.1.0.0.255", 6), dlms_data.LongData(-600).to_bytes()) is None
    assert own(16).get(*CLOCK).value[5:8] == bytes((11, 50, 0))


@pytest.mark.req("D-30", "F-23")
@pytest.mark.caps("writes", "disconnect")
def test_supply_is_disconnected_and_connected(theirs: Factory, own: Own) -> None:
    client, reader = theirs(48), own(32)
    for number, state in ((1, False), (2, True)):
        client.action(method(70, "0.0.96.3.10.255", number), dlms_data.IntegerData(0).to_bytes())
        assert reader.get(70, "0.0.96.3.10.255", 2).value is state


@pytest.mark.req("D-31")
@pytest.mark.caps("writes")
def test_refused_method_is_reported(theirs: Factory) -> None:
    with pytest.raises(ActionError, match="READ_WRITE_DENIED"):
        theirs(32).action(method(8, "0.0.1.0.0.255", 6), dlms_data.LongData(1).to_bytes())


# -- lists and errors ------------------------------------------------------------------------------


@pytest.mark.req("D-13")
def test_attributes_are_read_as_a_list(theirs: Factory, own: Own) -> None:
    reader = own(32)
    names = [each.instance.dotted for each in listed(reader) if each.class_id == 3][:8]
    asked = [CosemAttributeWithSelection(attribute(3, name, 2), None) for name in names]
    asked.insert(3, CosemAttributeWithSelection(attribute(3, "1.0.99.99.99.255", 2), None))
    answer = theirs(32).get_many(asked).result
    expected: list[Any] = [reader.get(3, name, 2).value for name in names]
    expected.insert(3, enumerations.DataAccessResult.OBJECT_UNDEFINED)
    assert answer == expected


@pytest.mark.req("D-11")
def test_object_that_does_not_exist_is_reported(theirs: Factory) -> None:
    client = theirs(16)
    with pytest.raises(DataResultError, match="OBJECT_UNDEFINED"):
        client.get(attribute(1, "0.0.42.9.9.255", 2))
    assert bytes(value(client, NAME)) == b"ZZZ0000000100001"


# -- life of associations --------------------------------------------------------------------------


@pytest.mark.req("B-10", "C-50", "C-53")
def test_release_with_plain_user_information_which_belongs_to_ciphered_associations(theirs: Factory) -> None:
    client = theirs(32)
    client.release_association()
    # reason normal, then an InitiateRequest
    assert client.transport.sent[-1].startswith(bytes.fromhex("6215800100BE10040E01000000065F1F0400"))
    assert client.transport.answers[-1] == bytes.fromhex("6303800100")


@pytest.mark.req("B-10", "C-10")
def test_association_is_opened_again_after_release(theirs: Factory) -> None:
    client = theirs(32)
    client.release_association()
    client.associate()
    assert bytes(value(client, NAME)) == b"ZZZ0000000100001"


@pytest.mark.req("B-09", "B-10", "A-12")
def test_several_associations_on_one_link_are_released_one_by_one(theirs: Factory) -> None:
    reader = theirs(32)
    second = theirs(16, 17, link_of=reader)
    for _ in range(2):
        assert bytes(value(reader, NAME)) == b"ZZZ0000000100001"
        assert bytes(value(second, NAME)) == b"ZZZ0000000100017"
    reader.release_association()
    assert bytes(value(second, NAME)) == b"ZZZ0000000100017"
