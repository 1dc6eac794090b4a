"""Gurux's Python client with short names against the meter, over TCP and UDP; its
readings are compared with the host client's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timezone
from socket import SOCK_STREAM
from typing import Any

import pytest

pytest.importorskip("gurux_dlms", reason="gurux-dlms is not installed (INTEROP=0 leaves it out)")

from gurux_dlms import GXDLMSException, GXReplyData
from gurux_dlms.enums import Conformance, DataType
from gurux_dlms.objects import (
    GXDLMSAssociationShortName,
    GXDLMSClock,
    GXDLMSData,
    GXDLMSDisconnectControl,
    GXDLMSProfileGeneric,
    GXDLMSRegister,
)

from host_tests.harness.clients import ClientFactory
from host_tests.harness.meters import MeterHandle
from host_tests.interop.gurux_short_names import ShortNameGurux
from host_tests.interop.links import TcpLink
from host_tests.interop.readings import LOAD_PROFILE, SETTINGS
from tools.dlmsclient import Data, ShortNameAssociation, axdr

pytestmark = [pytest.mark.meter_config(**SETTINGS), pytest.mark.caps("own-process")]

READER, MANAGER = 64, 80
SECRETS = {READER: "12345678", MANAGER: "87654321"}
ASSOCIATION_SN = 0xFA00
DEVICE_NAME = 0xFD00
NOTE = "0.0.96.128.1.255"
LABEL = "0.0.96.1.1.255"
SUPPLY = "0.0.96.3.10.255"
STATE = "0.0.96.128.0.255"

Factory = Callable[..., ShortNameGurux]
Names = Callable[..., ShortNameAssociation]


@pytest.fixture
def gurux(link: Callable[[], TcpLink]) -> Iterator[Factory]:
    """`gurux(64)`: an associated client on a link of its own; released after the
    test (over UDP nothing else would).
    """
    made: list[ShortNameGurux] = []

    def associate(wport: int, device: int = 1, pdu: int = 0xFFFF, blocks: bool = False) -> ShortNameGurux:
        one = ShortNameGurux(link(), wport, device, SECRETS[wport], pdu, blocks)
        made.append(one.associate())
        return one

    yield associate
    for one in made:
        with suppress(Exception):
            one.release()


@pytest.fixture
def names(client: ClientFactory) -> Names:
    """`names()`: an association of the host client with short names, always over TCP."""
    return lambda wport=MANAGER, device=1: client().associate_short_names(wport, device, SECRETS[wport])


@pytest.mark.req("C-01", "C-32", "C-36", "D-54", "D-50")
@pytest.mark.parametrize("wport", [READER, MANAGER])
def test_associates_and_reads_the_device_name(gurux: Factory, wport: int) -> None:
    client = gurux(wport)
    negotiated = client.client.getNegotiatedConformance()
    assert negotiated & Conformance.READ
    assert negotiated & Conformance.PARAMETERIZED_ACCESS
    assert not negotiated & Conformance.GET
    assert bytes(client.read(client.item(GXDLMSData, "0.0.42.0.0.255", DEVICE_NAME), 2)) == b"ZZZ0000000100001"


@pytest.mark.req("C-12")
@pytest.mark.caps("auth-failures")
def test_wrong_password_is_an_authentication_failure(link: Callable[[], TcpLink]) -> None:
    with pytest.raises(GXDLMSException) as refused:
        ShortNameGurux(link(), READER, 1, "12345679").associate()
    assert (refused.value.result, refused.value.diagnostic) == (1, 13)


@pytest.mark.req("F-10", "D-50", "D-53", "D-116")
@pytest.mark.parametrize(("wport", "device"), [(READER, 1), (MANAGER, 1), (READER, 17), (MANAGER, 17)])
def test_object_list_is_the_same(gurux: Factory, names: Names, wport: int, device: int) -> None:
    """That of the first logical device has more octets than an answer in the buffer. Gurux
    knows no other way to the base names.
    """
    client, own = gurux(wport, device), names(wport, device)
    objects = client.client.parseObjects(client.exchange([client.client.getObjectsRequest()]).data, False, False)
    theirs = [(int(each.objectType), each.version, each.logicalName, each.shortName) for each in objects]
    ours = [(each.class_id, each.version, each.instance.dotted, each.base_name) for each in own.objects()]  # type: ignore[attr-defined]
    assert theirs == ours
    if device == 17 or client.link.kind == SOCK_STREAM:
        # the rights of all objects are more than a datagram
        client.read(client.item(GXDLMSAssociationShortName, "0.0.40.0.0.255", ASSOCIATION_SN), 3)
    for each in objects:
        if int(each.objectType) == 3:
            assert client.read_octets(each, 2) == own.get(3, each.logicalName, 2).encode()


def comparable(association: ShortNameAssociation, most: int = 0xFFFF) -> Iterator[tuple[Any, int, Data]]:
    """Every attribute that two clients read alike, with its value, of which an
    answer has `most` octets at most.
    """
    for each in association.objects():
        for number in each.readable:
            if each.instance.dotted == STATE or each.class_id == 15 and number in (5, 8, 11):
                continue
            value = association.get(each.class_id, each.instance, number)
            if 3 + len(value.encode()) <= most:
                yield each, number, value


@pytest.mark.req("D-50", "D-53", "D-116")
def test_every_attribute_reads_the_same(gurux: Factory, names: Names, meter: MeterHandle) -> None:
    """As Gurux comes, without block transfer: in one piece, over UDP up to a datagram."""
    client = gurux(MANAGER)
    datagrams = client.link.kind != SOCK_STREAM
    found = long = 0
    for each, number, value in comparable(names(), meter.limits.DATAGRAM - 8 if datagrams else 0xFFFF):
        assert (
            client.read_octets(client.item(GXDLMSData, each.instance.dotted, each.base_name), number) == value.encode()
        )
        found += 1
        long += len(value.encode()) > meter.limits.PDU
    assert found > 200
    assert long > (0 if datagrams else 2)


@pytest.mark.req("D-50", "D-18", "D-116")
def test_answer_longer_than_gurux_takes_is_refused(gurux: Factory) -> None:
    """It says what it takes, and proposes no block transfer."""
    client = gurux(MANAGER, pdu=1024)
    with pytest.raises(GXDLMSException):
        client.exchange([client.client.getObjectsRequest()])
    assert client.answers[-1] == bytes.fromhex("0C01010E")
    assert bytes(client.read(client.item(GXDLMSData, "0.0.42.0.0.255", DEVICE_NAME), 2)) == b"ZZZ0000000100001"


@pytest.mark.req("D-50", "B-19")
def test_gurux_calls_a_method_that_its_reply_has_not_for_a_block_of_a_read(gurux: Factory) -> None:
    """The fault of 1.0.203 by itself: when it is mended, `WholeReply` can go."""
    assert not hasattr(GXReplyData(), "setTotalCount")
    client = gurux(READER, pdu=128, blocks=True)
    with pytest.raises(AttributeError):
        client.exchange([client.client.getObjectsRequest()])
    assert client.answers[-1][:6] == bytes.fromhex("0C0102000001")


@pytest.mark.req("D-50", "B-19", "D-53")
@pytest.mark.parametrize("pdu", [64, 65, 128, 256, 0xFFFF])
def test_blocks_of_a_read_with_what_gurux_lacks(gurux: Factory, names: Names, pdu: int) -> None:
    """It puts the raw data together: the list of one result, which it
    then takes for the Data itself.
    """
    client = gurux(MANAGER, pdu=pdu, blocks=True)
    long = 0
    for each, number, value in comparable(names()):
        raw = client.read_raw(client.item(GXDLMSData, each.instance.dotted, each.base_name), number)
        if client.answers[-1][:3] == bytes.fromhex("0C0102"):
            assert raw == b"\x01\x00" + value.encode()
            long += 1
        else:
            assert raw == value.encode()
    assert long > 2
    assert max(map(len, client.answers)) <= pdu


@pytest.mark.req("D-50")
def test_list_is_read(gurux: Factory, names: Names) -> None:
    client, ours = gurux(MANAGER), names()
    wanted = [(3, "1.0.1.8.0.255"), (1, LABEL), (3, "1.0.32.7.0.255")]
    items = [client.item(GXDLMSRegister, obis, ours.find(class_id, obis).base_name) for class_id, obis in wanted]
    (messages,) = client.client.readList([(item, 2) for item in items])
    values = client.exchange(messages).value
    assert [bytes(value) if isinstance(value, bytearray) else value for value in values] == [
        ours.get(class_id, obis, 2).value for class_id, obis in wanted
    ]


@pytest.mark.req("D-50", "D-110", "D-111")
def test_profile_rows_by_entry_and_by_range(gurux: Factory, names: Names) -> None:
    """By parameterized-access."""
    client = gurux(READER)
    profile = client.item(GXDLMSProfileGeneric, LOAD_PROFILE, names().find(7, LOAD_PROFILE).base_name)
    client.read(profile, 3)
    rows = client.client.updateValue(profile, 2, client.exchange(client.client.readRowsByEntry(profile, 2, 3)).value)
    assert len(rows) == 3
    start, end = rows[0][0].value, rows[1][0].value
    assert start.astimezone(timezone.utc) < end.astimezone(timezone.utc)
    request = client.client.readRowsByRange(profile, start, end)
    assert [row[1:] for row in client.client.updateValue(profile, 2, client.exchange(request).value)] == [
        row[1:] for row in rows[:2]
    ]


@pytest.mark.req("D-51")
@pytest.mark.caps("writes")
def test_write_is_read_back(gurux: Factory, names: Names) -> None:
    client, ours = gurux(MANAGER), names()
    note = client.item(GXDLMSData, NOTE, ours.find(1, NOTE).base_name)
    before = ours.get(1, NOTE, 2)
    note.setDataType(2, DataType.UINT32)
    for value in (5, 0xFFFFFFFF):
        note.value = value
        assert client.exchange(client.client.write(note, 2)).error == 0
        assert client.read(note, 2) == value
        assert ours.get(1, NOTE, 2) == axdr.double_long_unsigned(value)
    note.value = 1
    note.setDataType(2, DataType.UINT8)
    with pytest.raises(GXDLMSException, match="unmatched type"):
        client.exchange(client.client.write(note, 2))
    ours.set(1, NOTE, 2, before)
    reader = gurux(READER)
    with pytest.raises(GXDLMSException, match="Read-Write denied"):
        reader.exchange(reader.client.write(note, 2))


@pytest.mark.req("D-51", "D-53", "F-23")
@pytest.mark.caps("writes", "disconnect")
def test_method_is_invoked_by_write(gurux: Factory, names: Names) -> None:
    """Of the Disconnect control, one of the classes whose methods Gurux finds."""
    client, ours = gurux(MANAGER), names()
    supply = client.item(GXDLMSDisconnectControl, SUPPLY, ours.find(70, SUPPLY).base_name)
    assert client.exchange(client.client.method(supply, 1, 0, DataType.INT8)).error == 0
    assert ours.get(70, SUPPLY, 3) == axdr.enum(0)
    assert client.exchange(client.client.method(supply, 2, 0, DataType.INT8)).error == 0
    assert ours.get(70, SUPPLY, 3) == axdr.enum(1)


@pytest.mark.req("D-53", "D-51")
@pytest.mark.caps("writes")
def test_method_of_a_profile_for_which_gurux_has_a_wrong_offset_is_refused(gurux: Factory, names: Names) -> None:
    """It writes to attribute 7 instead, which nobody may."""
    client, ours = gurux(MANAGER), names()
    profile = client.item(GXDLMSProfileGeneric, LOAD_PROFILE, ours.find(7, LOAD_PROFILE).base_name)
    before = ours.get(7, LOAD_PROFILE, 7)
    with pytest.raises(GXDLMSException, match="Read-Write denied"):
        client.exchange(client.client.method(profile, 2, 0, DataType.INT8))
    assert ours.get(7, LOAD_PROFILE, 7) == before


@pytest.mark.req("F-07", "D-101")
def test_clock_is_understood(gurux: Factory, names: Names) -> None:
    client = gurux(READER)
    clock = client.item(GXDLMSClock, "0.0.1.0.0.255", names().find(8, "0.0.1.0.0.255").base_name)
    assert client.read(clock, 2).value.astimezone(timezone.utc) == datetime(2026, 3, 28, 12, tzinfo=timezone.utc)
