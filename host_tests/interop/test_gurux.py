"""Gurux's Python client as a real client of the meter, over TCP and UDP; its readings
are compared with the host client's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any

import pytest

pytest.importorskip("gurux_dlms", reason="gurux-dlms is not installed (INTEROP=0 leaves it out)")

from gurux_dlms import GXDateTime, GXDLMSException
from gurux_dlms.enums import Authentication, Conformance, DataType, ObjectType
from gurux_dlms.objects import (
    GXDLMSClock,
    GXDLMSData,
    GXDLMSDisconnectControl,
    GXDLMSProfileGeneric,
    GXDLMSRegister,
)

from host_tests.interop.gurux import Gurux
from host_tests.interop.links import TcpLink
from host_tests.interop.readings import LOAD_PROFILE, SECRETS, SETTINGS, listed, readings
from tools.dlmsclient import Association, ScalerUnit, axdr, by_entry

pytestmark = [pytest.mark.meter_config(**SETTINGS)]

Factory = Callable[..., Gurux]
Own = Callable[..., Association]


@pytest.fixture
def gurux(link: Callable[[], TcpLink]) -> Iterator[Factory]:
    """`gurux(32)`: an associated client on a link of its own, or on `link`; released after
    the test (over UDP nothing else would).
    """
    made: list[Gurux] = []

    def associate(wport: int, device: int = 1, pdu: int = 0xFFFF, link_of: Gurux | None = None) -> Gurux:
        one = Gurux(link_of.link if link_of else link(), wport, device, SECRETS[wport], pdu)
        made.append(one.associate())
        return one

    yield associate
    for one in made:
        with suppress(Exception):
            one.release()


def objects_of(client: Gurux) -> list[Any]:
    reply = client.exchange([client.client.getObjectsRequest()])
    return list(client.client.parseObjects(reply.data, True, False))


def value_of(client: Gurux, wanted: tuple[int, str, int]) -> bytes:
    class_id, obis, attribute = wanted
    item = client.client.createObject(ObjectType(class_id))
    item.logicalName = obis
    return client.read_octets(item, attribute)


@pytest.mark.req("C-04", "C-10", "C-35", "A-04")
def test_lowest_level_association_reads_the_device_name(gurux: Factory) -> None:
    public = gurux(16)
    assert public.client.getMaxReceivePDUSize() == 1024
    assert public.client.getNegotiatedConformance() & Conformance.GET
    assert bytes(public.read(GXDLMSData("0.0.42.0.0.255"), 2)) == b"ZZZ0000000100001"


@pytest.mark.req("C-11", "E-50")
@pytest.mark.parametrize("wport", [32, 48])
def test_low_level_security_associates(gurux: Factory, wport: int) -> None:
    assert gurux(wport).client.getNegotiatedConformance() & Conformance.SELECTIVE_ACCESS


@pytest.mark.req("C-12")
@pytest.mark.caps("auth-failures")
def test_wrong_password_is_an_authentication_failure(link: Callable[[], TcpLink]) -> None:
    with pytest.raises(GXDLMSException) as refused:
        Gurux(link(), 32, 1, "12345679").associate()
    assert (refused.value.result, refused.value.diagnostic) == (1, 13)


@pytest.mark.req("C-20")
@pytest.mark.caps("auth-failures")
def test_high_level_security_is_refused(link: Callable[[], TcpLink]) -> None:
    client = Gurux(link(), 48, 1, "87654321")
    client.client.setAuthentication(Authentication.HIGH)
    with pytest.raises(GXDLMSException) as refused:
        client.associate()
    assert (refused.value.result, refused.value.diagnostic) == (1, 13)


@pytest.mark.req("F-11", "F-31")
@pytest.mark.parametrize("wport", [16, 32, 48])
def test_object_list_is_the_same(gurux: Factory, own: Own, wport: int) -> None:
    theirs = [(int(each.objectType), each.version, each.logicalName) for each in objects_of(gurux(wport))]
    assert theirs == [(each.class_id, each.version, each.instance.dotted) for each in listed(own(wport))]


@pytest.mark.req("F-30", "D-10", "D-14")
@pytest.mark.parametrize(("wport", "device"), [(16, 1), (32, 1), (48, 1), (32, 17)])
def test_every_attribute_reads_the_same(gurux: Factory, own: Own, wport: int, device: int) -> None:
    expected = readings(own(wport, device))
    client = gurux(wport, device)
    assert {wanted: value_of(client, wanted) for wanted in expected} == expected


@pytest.mark.req("C-17", "D-14", "D-15")
@pytest.mark.parametrize("pdu", [64, 65, 128, 129, 256])
def test_every_attribute_reads_the_same_in_small_blocks(gurux: Factory, own: Own, pdu: int) -> None:
    expected = readings(own(32))
    client = gurux(32, pdu=pdu)
    # Gurux takes the server's size for its own afterwards; what it announced counts
    assert {wanted: value_of(client, wanted) for wanted in expected} == expected
    assert max(map(len, client.answers)) <= pdu


@pytest.mark.req("F-33", "F-02")
def test_registers_are_scaled_alike(gurux: Factory, own: Own) -> None:
    client, reader = gurux(32), own(32)
    registers = [each.instance.dotted for each in listed(reader) if each.class_id == 3]
    assert len(registers) > 20
    for obis in registers:
        register = GXDLMSRegister(obis)
        client.read(register, 3)
        unit = ScalerUnit.from_data(reader.get(3, obis, 3))
        assert int(register.unit) == unit.unit
        assert client.read(register, 2) == pytest.approx(reader.get(3, obis, 2).value * 10.0**unit.scaler)


@pytest.mark.req("F-07", "D-101")
def test_clock_is_understood(gurux: Factory) -> None:
    time = gurux(16).read(GXDLMSClock("0.0.1.0.0.255"), 2)
    assert time.value.astimezone(timezone.utc) == datetime(2026, 3, 28, 12, tzinfo=timezone.utc)


# -- profiles --------------------------------------------------------------------------------------


def profile_of(client: Gurux) -> GXDLMSProfileGeneric:
    profile = GXDLMSProfileGeneric(LOAD_PROFILE)
    client.read(profile, 3)
    return profile


def raw_rows(client: Gurux, request: Any) -> bytes:
    return bytes(client.exchange(request).data.array())


@pytest.mark.req("F-06", "D-14")
@pytest.mark.parametrize("pdu", [0xFFFF, 128])
def test_profile_whole(gurux: Factory, own: Own, pdu: int) -> None:
    client = gurux(32, pdu=pdu)
    profile = profile_of(client)
    rows = client.read(profile, 2)
    expected = own(32).get(7, LOAD_PROFILE, 2)
    assert len(rows) == len(expected) == 192
    assert len(profile.captureObjects) == len(expected[0])
    assert [row[2] for row in rows] == [expected[i][2].value for i in range(192)]


@pytest.mark.req("D-110", "D-111")
@pytest.mark.parametrize(("first", "count"), [(1, 1), (5, 10), (192, 1), (190, 10)])
def test_profile_by_entry(gurux: Factory, own: Own, first: int, count: int) -> None:
    client = gurux(32)
    rows = raw_rows(client, client.client.readRowsByEntry(profile_of(client), first, count))
    assert rows == own(32).get(7, LOAD_PROFILE, 2, by_entry(first, first + count - 1)).encode()


@pytest.mark.req("D-111")
def test_profile_by_entry_to_the_last_one(gurux: Factory, own: Own) -> None:
    client = gurux(32)
    rows = raw_rows(client, client.client.readRowsByEntry(profile_of(client), 180, 0))
    assert rows == own(32).get(7, LOAD_PROFILE, 2, by_entry(180)).encode()


@pytest.mark.req("D-110", "D-112")
def test_profile_by_range(gurux: Factory, own: Own) -> None:
    client = gurux(32)
    profile = profile_of(client)
    start, end = (GXDateTime(datetime(2026, 3, 27, hour, tzinfo=timezone.utc)) for hour in (6, 9))
    reply = client.exchange(client.client.readRowsByRange(profile, start, end))
    # both ends are included: four rows an hour and one
    rows = client.client.updateValue(profile, 2, reply.value)
    assert [row[0].value.astimezone(timezone.utc).hour for row in rows] == [6] * 4 + [7] * 4 + [8] * 4 + [9]
    whole = own(32).get(7, LOAD_PROFILE, 2)
    assert [row[2] for row in rows] == [
        row[2].value for row in whole.value if 6 * 4 <= _quarter(row) <= 9 * 4 and _day(row) == 27
    ]


def _quarter(row: Any) -> int:
    return row[0].value[5] * 4 + row[0].value[6] // 15


def _day(row: Any) -> int:
    return row[0].value[3]


@pytest.mark.req("D-110", "D-112")
def test_profile_by_range_with_columns(gurux: Factory) -> None:
    client = gurux(32)
    profile = profile_of(client)
    start, end = (GXDateTime(datetime(2026, 3, 27, 6, minute, tzinfo=timezone.utc)) for minute in (0, 30))
    columns = [profile.captureObjects[0], profile.captureObjects[2]]
    reply = client.exchange(client.client.readRowsByRange(profile, start, end, columns))
    assert [len(row) for row in reply.value] == [2, 2, 2]


# -- SET and ACTION --------------------------------------------------------------------------------


@pytest.mark.req("D-20")
@pytest.mark.caps("writes")
def test_data_is_written(gurux: Factory, put_back: Callable[..., Any]) -> None:
    put_back(1, "0.0.96.128.1.255", 2)
    client = gurux(48)
    note = GXDLMSData("0.0.96.128.1.255")
    note.value = 123456789
    note.setDataType(2, DataType.UINT32)
    client.exchange(client.client.write(note, 2))
    assert client.read(GXDLMSData("0.0.96.128.1.255"), 2) == 123456789


@pytest.mark.req("D-21")
@pytest.mark.caps("writes")
def test_refused_write_is_reported(gurux: Factory) -> None:
    client = gurux(32)
    note = GXDLMSData("0.0.96.128.1.255")
    note.value = 1
    note.setDataType(2, DataType.UINT32)
    with pytest.raises(GXDLMSException) as refused:
        client.exchange(client.client.write(note, 2))
    assert refused.value.errorCode == 3


@pytest.mark.req("D-20", "D-22")
@pytest.mark.caps("writes")
@pytest.mark.parametrize("pdu", [64, 100])
def test_capture_objects_are_written_in_blocks(
    gurux: Factory, own: Own, put_back: Callable[..., Any], pdu: int
) -> None:
    before = put_back(7, "0.0.98.1.0.255", 3)
    client = gurux(48)
    profile = GXDLMSProfileGeneric("0.0.98.1.0.255")
    client.read(profile, 3)
    assert len(profile.captureObjects) == len(before) == 7
    profile.captureObjects.append(profile.captureObjects[1])
    # the size that Gurux cuts its blocks by
    client.client.setMaxReceivePDUSize(pdu)
    client.answers.clear()
    client.exchange(client.client.write(profile, 3))
    assert len(client.answers) > 1
    after = own(48).get(7, "0.0.98.1.0.255", 3)
    assert after.value == (*before.value, before[1])


@pytest.mark.req("D-17", "D-21", "D-24")
@pytest.mark.caps("writes")
def test_blocks_of_which_gurux_marks_none_as_the_last_change_nothing(
    gurux: Factory, own: Own, put_back: Callable[..., Any]
) -> None:
    """With some sizes Gurux forgets the flag of the last block: the value is not whole,
    and the next request ends the transfer.
    """
    before = put_back(7, "0.0.98.1.0.255", 3)
    client = gurux(48)
    profile = GXDLMSProfileGeneric("0.0.98.1.0.255")
    client.read(profile, 3)
    profile.captureObjects.append(profile.captureObjects[1])
    client.client.setMaxReceivePDUSize(40)
    requests = client.client.write(profile, 3)
    assert [bytes(each)[11] for each in requests[1:]] == [0] * 4
    client.exchange(requests)
    assert client.answers[-1] == bytes.fromhex("C502C100000005")
    assert bytes(client.read(GXDLMSData("0.0.42.0.0.255"), 2)) == b"ZZZ0000000100001"
    assert own(48).get(7, "0.0.98.1.0.255", 3) == before


@pytest.mark.req("F-07", "F-35")
@pytest.mark.caps("writes")
def test_clock_is_set(gurux: Factory, own: Own, put_back: Callable[..., Any]) -> None:
    put_back(8, "0.0.1.0.0.255", 2)
    client = gurux(48)
    clock = GXDLMSClock("0.0.1.0.0.255")
    clock.time = GXDateTime(datetime(2026, 3, 28, 13, 14, 15, tzinfo=timezone.utc))
    client.exchange(client.client.write(clock, 2))
    time = own(16).get(8, "0.0.1.0.0.255", 2).value
    assert time[:4] + time[5:8] == bytes((0x07, 0xEA, 3, 28, 13, 14, 15))


@pytest.mark.req("D-30", "F-07")
@pytest.mark.caps("writes")
def test_clock_is_shifted_and_rounded(gurux: Factory, own: Own, put_back: Callable[..., Any]) -> None:
    put_back(8, "0.0.1.0.0.255", 2)
    client = gurux(48)
    clock = GXDLMSClock("0.0.1.0.0.255")
    for request, hour, minute in (
        (clock.shiftTime(client.client, 480), 12, 8),
        (clock.adjustToQuarter(client.client), 12, 15),
    ):
        client.exchange(request)
        assert own(16).get(8, "0.0.1.0.0.255", 2).value[5:8] == bytes((hour, minute, 0))


@pytest.mark.req("D-30", "F-23", "F-37")
@pytest.mark.caps("writes", "disconnect")
def test_supply_is_disconnected_and_connected(gurux: Factory, own: Own) -> None:
    client, reader = gurux(48), own(32)
    supply = GXDLMSDisconnectControl("0.0.96.3.10.255")
    client.exchange(supply.remoteDisconnect(client.client))
    assert reader.get(70, "0.0.96.3.10.255", 2).value is False
    client.exchange(supply.remoteReconnect(client.client))
    assert reader.get(70, "0.0.96.3.10.255", 2).value is True


@pytest.mark.req("D-30", "F-06", "F-34")
@pytest.mark.caps("writes")
def test_profile_is_captured(gurux: Factory, own: Own) -> None:
    client, reader = gurux(48), own(32)
    rows = reader.get(7, LOAD_PROFILE, 7).value
    client.exchange(client.client.method(GXDLMSProfileGeneric(LOAD_PROFILE), 2, 0, DataType.INT8))
    assert reader.get(7, LOAD_PROFILE, 7).value == rows + 1


@pytest.mark.req("D-31", "D-33")
@pytest.mark.caps("writes")
def test_refused_method_is_reported(gurux: Factory) -> None:
    client = gurux(32)
    with pytest.raises(GXDLMSException) as refused:
        client.exchange(GXDLMSClock("0.0.1.0.0.255").shiftTime(client.client, 1))
    assert refused.value.errorCode == 3


# -- lists -----------------------------------------------------------------------------------------


@pytest.mark.req("D-13")
@pytest.mark.parametrize("pdu", [0xFFFF, 64])
def test_attributes_are_read_as_a_list(gurux: Factory, own: Own, pdu: int) -> None:
    client, reader = gurux(32, pdu=pdu), own(32)
    wanted = [each.instance.dotted for each in listed(reader) if each.class_id == 3][:10]
    items = [(GXDLMSRegister(obis), 2) for obis in wanted]
    reply = client.exchange([message for part in client.client.readList(items) for message in part])
    assert list(reply.value) == [reader.get(3, obis, 2).value for obis in wanted]


# -- life of associations --------------------------------------------------------------------------


@pytest.mark.req("B-10", "C-50")
def test_release_ends_the_association(gurux: Factory) -> None:
    client = gurux(16)
    client.release()
    assert client.answers[-1] == bytes.fromhex("6303800100")


@pytest.mark.req("C-50", "C-53")
def test_release_with_plain_user_information_which_belongs_to_ciphered_associations(gurux: Factory) -> None:
    client = gurux(32)
    client.client.useProtectedRelease = True
    client.release()
    assert client.answers[-1] == bytes.fromhex("6303800100")


@pytest.mark.req("B-09", "B-10", "B-11", "A-12")
def test_several_associations_on_one_link_are_released_one_by_one(gurux: Factory) -> None:
    reader = gurux(32)
    second = gurux(32, 17, link_of=reader)
    name = GXDLMSData("0.0.42.0.0.255")
    for _ in range(2):
        assert bytes(reader.read(name, 2)) == b"ZZZ0000000100001"
        assert bytes(second.read(name, 2)) == b"ZZZ0000000100017"
    reader.release()
    assert bytes(second.read(name, 2)) == b"ZZZ0000000100017"


@pytest.mark.req("C-27")
def test_association_is_opened_again_without_release(gurux: Factory) -> None:
    client = gurux(32)
    client.associate()
    assert bytes(client.read(GXDLMSData("0.0.42.0.0.255"), 2)) == b"ZZZ0000000100001"


def test_attribute_that_does_not_exist_is_reported(gurux: Factory) -> None:
    with pytest.raises(GXDLMSException) as refused:
        gurux(16).read(GXDLMSData("0.0.42.9.9.255"), 2)
    assert refused.value.errorCode == 4


def test_octets_of_a_read_are_ours(gurux: Factory, own: Own) -> None:
    """The host client's value encodes to what Gurux received: the two codecs
    agree on types, not only on values.
    """
    assert (
        value_of(gurux(32), (1, "0.0.96.1.0.255", 2))
        == axdr.octet_string(b"00000001").encode()
        == own(32).get(1, "0.0.96.1.0.255", 2).encode()
    )
