"""Notifications as the host client decodes them, from octets of the standard and from what is broken on purpose."""

from __future__ import annotations

import pytest

from tools.dlmsclient import (
    CosemAttribute,
    DataNotification,
    DateTime,
    EventNotification,
    InformationReport,
    Obis,
    ProtocolError,
    Tag,
    axdr,
    decode_notification,
)
from tools.dlmsclient.notifications import DataNotificationConfirm, is_notification

TIME = "07EA0203020C000000000000"
NOON = DateTime.decode(bytes.fromhex(TIME))


def decoded(text: str) -> object:
    return decode_notification(bytes.fromhex(text.replace(" ", "")))


@pytest.mark.req("D-61", "D-03")
@pytest.mark.parametrize(
    ("octets", "number", "confirmed", "when"),
    [
        ("0F 000001DB 00 0904 01020304", 0x1DB, False, None),
        (f"0F 00000001 0C {TIME} 0904 01020304", 1, False, NOON),
        (f"0F C0FFFFFF 0C {TIME} 0904 01020304", 0xFFFFFF, True, NOON),
    ],
)
def test_data_notification(octets, number, confirmed, when):
    found = decoded(octets)
    assert isinstance(found, DataNotification)
    assert (found.number, found.confirmed, found.when) == (number, confirmed, when)
    assert found.body == axdr.octet_string(b"\1\2\3\4")
    assert found.encode() == bytes.fromhex(octets.replace(" ", ""))


@pytest.mark.req("D-62")
def test_confirmation():
    found = decoded(f"0F 40000007 0C {TIME} 00")
    assert found.confirm() == bytes.fromhex("104000000700")
    assert decode_notification(found.confirm(NOON)) == DataNotificationConfirm(0x40000007, NOON)
    assert decoded("10 40000007 00") == DataNotificationConfirm(0x40000007, None)


@pytest.mark.req("D-60")
@pytest.mark.parametrize("when", [None, NOON])
def test_event_notification(when):
    event = EventNotification(when, CosemAttribute(1, Obis.parse("0.0.96.11.0.255"), 2), axdr.unsigned(62))
    octets = event.encode()
    assert octets.hex().upper() == "C2" + (f"010C{TIME}" if when else "00") + "00010000600B00FF02113E"
    assert decode_notification(octets) == event


@pytest.mark.req("D-52")
def test_information_report():
    report = InformationReport("20260203120000", ((0xFA00, axdr.unsigned(1)), (0xFA08, axdr.null_data())))
    octets = report.encode()
    assert octets.hex().upper() == "18010E" + b"20260203120000".hex() + "0202FA0002FA08" + "02110100"
    assert decode_notification(octets) == report
    assert decoded("18 00 00 00") == InformationReport(None, ())


@pytest.mark.req("D-60", "D-61")
@pytest.mark.parametrize(
    "octets",
    [
        "",
        "C4",
        "0F",
        "0F 0000",
        "0F 00000001 00",
        "0F 00000001 05 0102030405 00",
        "0F 00000001 00 00 00",
        "10 00000001",
        "C2 02 00",
        "C2 00 0001 0000600B00FF",
        "C2 00 0001 0000600B00FF 02",
        "18 00 01 03 0000 01 00",
        "18 00 01 02 FA00 02 00 00",
        "18",
        "18 00 01 02 FA00",
        "18 00 01 02 FA00 02 11 01 11 01",
        "18 01 02 3132 00 00",
        "18 00 00 00 00",
    ],
)
def test_broken_ones_are_refused(octets):
    with pytest.raises(ProtocolError):
        decoded(octets)


def test_which_apdus_are_unasked():
    for first, unasked in (("0F", True), ("C2", True), ("18", True), ("10", False), ("C4", False), ("D8", False)):
        assert is_notification(bytes.fromhex(first)) is unasked
    assert not is_notification(b"")
    assert decoded("0F 00000001 00 00").body.tag is Tag.NULL_DATA
