"""Notifications as the host client decodes them, from octets of the standard
and from what is broken on purpose.
"""

from __future__ import annotations

import pytest

from host_tests.client.peer import Peer, header, octets
from tools.cli.notices import line
from tools.dlmsclient import (
    Client,
    Conformance,
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


@pytest.mark.req("D-60", "D-61", "D-62", "D-63")
@pytest.mark.parametrize(
    ("octets", "told"),
    [
        ("0F 00000007 00 1102", "DataNotification 7: 2"),
        (f"0F 40000007 0C {TIME} 1102", "DataNotification 7, to be confirmed, 2026-02-03 12:00:00+00:00: 2"),
        ("10 00000007 00", "DataNotificationConfirm 7"),
        (f"10 00000007 0C {TIME}", "DataNotificationConfirm 7, 2026-02-03 12:00:00+00:00"),
        ("C2 00 0001 0000600B00FF 02 1102", "EventNotification: event code 0-0:96.11.0*255 value = power up (2)"),
        ("18 00 01 02 FD08 01 1102", "InformationReport: FD08 = 2"),
    ],
)
def test_what_a_notification_leaves_out_leaves_no_trace_in_its_line(octets, told):
    assert line(decoded(octets)) == told


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


AARE = "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F0400000019 0400 0007"
GET = "00030100010800FF0200"


@pytest.mark.req("D-61")
@pytest.mark.parametrize("listening", [True, False], ids=["a listener", "nobody"])
@pytest.mark.parametrize(
    "unasked", ["0F 00000001 00 0201 1101", "0F 40000001 00 00", "C2 00 0001 0000600B00FF 02 1102", "18 00 00 00"]
)
def test_what_comes_before_the_answer_is_handed_over_and_the_answer_awaited(unasked, listening):
    heard = []
    steps = [(None, AARE), (None, [unasked, "C401C1 00 060000002A"]), (None, ["0F 00000002 00 00", "6303800100"])]
    with Peer(*steps) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        client.unsolicited = heard.append if listening else None
        opened = client.associate(16, 1, conformance=Conformance(0x19))
        assert opened.get(3, "1.0.1.8.0.255", 2) == axdr.double_long_unsigned(42)
        opened.release()
        assert [each.apdu for each in (heard if listening else client.noted)] == [
            octets(unasked),
            octets("0F 00000002 00 00"),
        ]


@pytest.mark.req("D-61")
def test_a_block_of_a_push_between_request_and_answer():
    """A push in general blocks goes to another wPort than the reader's; a block with the
    wPorts of the request is its answer's.
    """
    push = header("E0C0 0001 0000 07 0F 00000001 00 00", 1, 1)
    answer = header("C401C1 00 060000002A", 1, 16)
    with Peer((None, AARE), (None, push + answer)) as peer, Client.tcp("127.0.0.1", peer.port) as client:
        opened = client.associate(16, 1, conformance=Conformance(0x19))
        assert opened.get(3, "1.0.1.8.0.255", 2) == axdr.double_long_unsigned(42)
        assert [each.destination for each in client.noted] == [1]


@pytest.mark.req("D-61")
@pytest.mark.parametrize(
    ("octets", "tag"),
    [
        (f"0F 40000000 09 0C {TIME} 0904 01020304", "09"),
        (f"0F 00000001 19 {TIME} 0904 01020304", "19"),
        ("0F 00000001 09 00 0904 01020304", "09"),
        (f"10 40000001 09 0C {TIME}", "09"),
        (f"C2 01 09 0C {TIME} 0001 0000600B00FF 02 113E", "09"),
        (f"C2 01 19 {TIME} 0001 0000600B00FF 02 113E", "19"),
    ],
)
def test_a_tagged_date_time_is_taken_and_the_deviation_told(octets, tag):
    """Meters in the field write the date-time of a notification as Data."""
    found = decoded(octets)
    assert found.when == (NOON if TIME in octets else None)
    assert len(found.deviations) == 1
    assert f"tag {tag}" in found.deviations[0]
    if not octets.startswith("10"):
        assert decoded(found.encode().hex()).deviations == ()
