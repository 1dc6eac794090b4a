"""Every attribute reads identically whatever PDU size the client announces,
alone, in lists and as attribute 0.
"""

from __future__ import annotations

import itertools

import pytest

from host_tests.harness.faults import collected
from host_tests.harness.meters import MeterHandle
from host_tests.wire.aas import ASSOCIATION, BUFFER, READER, Associate, objects_of
from tools.dlmsclient import Association, CosemAttribute, Data, DataAccessResult, Obis, Tag, axdr, by_entry
from tools.dlmsclient.get_service import GetRequestNext, GetRequestNormal, GetRequestWithList

# Simulated time stands still, so that no value changes but those of the meter's
# own state and of the association.
pytestmark = pytest.mark.prefers(rate=0, backfill_days=1, start="2026-03-05T12:00:00")

# What compares values that were read one after the other.
still = pytest.mark.meter_config(rate=0)

SIZES = (12, 13, 64, 65, 128, 129, 256, 0)
STATE = Obis.parse("0.0.96.128.0.255")


def attributes_of(association: Association) -> list[CosemAttribute]:
    """Everything that may be read and stands still."""
    return [
        CosemAttribute(each.class_id, each.instance, number)
        for each in objects_of(association)
        for number in each.readable
        # xDLMS_context_info has the PDU size in it
        if each.instance != STATE and (each.class_id, number) != (15, 5)
    ]


@still
@pytest.mark.req("D-14", "D-19", "C-38", "B-19", "C-17")
@pytest.mark.parametrize("size", SIZES)
def test_every_attribute_reads_identically(associate: Associate, size: int) -> None:
    """The client checks that no response is longer than the size it announced."""
    reference, sized = associate(READER), associate(READER, pdu_size=size)
    attributes = attributes_of(reference)
    assert len(attributes) > 150
    with collected() as faults:
        for each in attributes:
            with faults.at(f"class {each.class_id} {each.instance} {each.attribute_id}"):
                wanted = reference.get(each.class_id, each.instance, each.attribute_id)
                assert sized.get(each.class_id, each.instance, each.attribute_id) == wanted, "another value"


@still
@pytest.mark.req("D-13", "C-38")
@pytest.mark.parametrize("size", SIZES)
def test_lists_equal_single_reads(associate: Associate, meter: MeterHandle, size: int) -> None:
    """Ten values at once, a short one with a long one, the first attributes of one object,
    and all kinds of errors among them.
    """
    association = associate(READER, pdu_size=size)
    attributes = attributes_of(association)
    values = [each for each in attributes if each.attribute_id == 2 and each.class_id == 3][:10]
    short = CosemAttribute(3, Obis.parse("1.0.1.8.0.255"), 2)
    long = CosemAttribute(*_instance(ASSOCIATION), 2)
    wrong = [
        CosemAttribute(3, Obis.parse("1.0.99.99.0.255"), 2),
        CosemAttribute(1, Obis.parse("1.0.1.8.0.255"), 2),
        CosemAttribute(3, Obis.parse("1.0.1.8.0.255"), 9),
        CosemAttribute(*_instance(ASSOCIATION), 7),
    ]
    demand = [CosemAttribute(5, Obis.parse("1.0.1.4.0.255"), number) for number in range(1, 5)]
    most = [short] * meter.limits.LIST
    for entries in (
        values,
        [short, long],
        [long, short],
        demand,
        [wrong[0], short, *wrong[1:], long, wrong[2]],
        most,
        [long] * 3,
    ):
        results = association.get_list(entries)
        assert len(results) == len(entries)
        for entry, result in zip(entries, results, strict=True):
            if entry in wrong:
                assert isinstance(result, DataAccessResult)
            else:
                assert result == association.get(entry.class_id, entry.instance, entry.attribute_id), entry
    assert association.get_list(wrong) == (
        DataAccessResult.OBJECT_UNDEFINED,
        DataAccessResult.OBJECT_CLASS_INCONSISTENT,
        DataAccessResult.TYPE_UNMATCHED,
        DataAccessResult.READ_WRITE_DENIED,
    )


def _instance(name: tuple[int, str]) -> tuple[int, Obis]:
    return name[0], Obis.parse(name[1])


@pytest.mark.req("D-12")
@pytest.mark.parametrize("size", SIZES)
def test_attribute_0_is_all_that_may_be_read(associate: Associate, size: int) -> None:
    association = associate(READER, pdu_size=size)
    for each in objects_of(association):
        if each.instance == STATE:
            continue
        whole = association.get(each.class_id, each.instance, 0)
        assert whole.tag is Tag.STRUCTURE
        assert list(whole.value) == [
            association.get(each.class_id, each.instance, number) for number in each.readable
        ], each.instance


@pytest.mark.req("D-13", "D-110", "D-111")
@pytest.mark.parametrize("size", [12, 65, 0])
def test_lists_with_selections(associate: Associate, size: int) -> None:
    association = associate(READER, pdu_size=size)
    selections = [by_entry(1, 3), by_entry(5, 5, 2, 3), None, by_entry(0), by_entry(2, 4)]
    results = association.get_list([CosemAttribute(*_instance(BUFFER), 2, selection) for selection in selections])
    assert results[3] is DataAccessResult.SCOPE_OF_ACCESS_VIOLATED
    for selection, result in zip(selections, results, strict=True):
        if result is not DataAccessResult.SCOPE_OF_ACCESS_VIOLATED:
            assert result == association.get(*BUFFER, 2, selection)
    rows = results[2]
    assert isinstance(rows, Data)
    assert results[0].value == rows.value[:3]  # type: ignore[union-attr]


@pytest.mark.req("D-14")
@pytest.mark.parametrize("size", [12, 13, 64, 128, 129, 138, 139, 140, 256])
def test_blocks_are_as_the_rules_have_them(associate: Associate, size: int) -> None:
    """Numbered from 1, only the last one flagged, each within the size and none of them empty."""
    association = associate(READER, pdu_size=size)
    request = GetRequestNormal(0xC1, CosemAttribute(*_instance(ASSOCIATION), 2)).encode()
    raw = b""
    for number in itertools.count(1):
        octets = association.exchange(request)
        assert len(octets) <= size
        assert octets[:3] == bytes((0xC4, 2, 0xC1))
        assert octets[4:8] == number.to_bytes(4, "big")
        assert octets[8] == 0
        head = 1 if octets[9] < 0x80 else 2 if octets[9] == 0x81 else 3
        part = octets[9 + head :]
        assert part
        raw += part
        if octets[3]:
            break
        request = GetRequestNext(0xC1, number).encode()
    assert axdr.decode(raw) == association.get(*ASSOCIATION, 2)


@pytest.mark.req("C-38")
def test_no_limit_means_the_servers_own(associate: Associate) -> None:
    """With 0000 announced the answers are as long as the server's buffer: one of
    them has more than 1,000 octets.
    """
    association = associate(READER, pdu_size=0)
    assert association.negotiated is not None
    octets = association.exchange(GetRequestNormal(0xC1, CosemAttribute(*_instance(ASSOCIATION), 2)).encode())
    assert len(octets) == association.negotiated.server_max_receive_pdu_size


@pytest.mark.req("D-06", "D-02")
def test_high_priority_is_served_in_order(associate: Associate) -> None:
    """Requests of either priority, sent at once: answered in the order of their sending,
    each with its own id and priority.
    """
    association = associate(READER)
    target = CosemAttribute(3, Obis.parse("1.0.1.8.0.255"), 2)
    iips = [0x41, 0xC2, 0x43, 0xC4, 0x4F, 0xC0]
    for iip in iips:
        association.send_apdu(GetRequestNormal(iip, target).encode())
    for iip in iips:
        wpdu = association.link.receive()
        assert wpdu is not None
        assert wpdu.apdu[:4] == bytes((0xC4, 1, iip, 0))


@pytest.mark.req("D-13")
def test_more_entries_than_the_limit_are_refused(associate: Associate, meter: MeterHandle) -> None:
    association = associate(READER)
    target = CosemAttribute(3, Obis.parse("1.0.1.8.0.255"), 2)
    assert association.exchange(
        GetRequestWithList(0xC1, (target,) * (meter.limits.LIST + 1)).encode()
    ) == bytes.fromhex("D80104")
    assert len(association.get_list([target] * meter.limits.LIST)) == meter.limits.LIST


@pytest.mark.req("D-10")
def test_worked_example(associate: Associate) -> None:
    """GET of the clock's time, octet for octet."""
    octets = associate(READER).exchange(bytes.fromhex("C001C100080000010000FF0200"))
    assert octets[:6] == bytes.fromhex("C401C100090C")
    assert len(octets) == 18
