"""WPDU codec and deframer: whole, octet by octet, coalesced, with what is not complete after it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tests.client.peer import octets
from tools.dlmsclient.errors import ProtocolError, UsageError
from tools.dlmsclient.wrapper import Deframer, Wpdu, decode_datagram

AARQ = "601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0"
CASES = [
    pytest.param(f"000100100001001F{AARQ}", Wpdu(0x10, 0x01, octets(AARQ)), id="A-07 AARQ"),
    pytest.param("00010010000100056203800100", Wpdu(0x10, 0x01, octets("6203800100")), id="A-04 RLRQ"),
    pytest.param("00010001001000056303800100", Wpdu(0x01, 0x10, octets("6303800100")), id="A-04 RLRE"),
    pytest.param("0001001000010000", Wpdu(0x10, 0x01, b""), id="A-26 empty"),
    pytest.param("00010FFFFFFF0001C0", Wpdu(0x0FFF, 0xFFFF, b"\xc0"), id="A-15 wide wPorts"),
]


@pytest.mark.parametrize(("text", "wpdu"), CASES)
def test_both_directions(text, wpdu):
    assert wpdu.encode() == octets(text)
    assert decode_datagram(octets(text)) == wpdu


@pytest.mark.parametrize(("text", "wpdu"), CASES)
def test_octet_by_octet(text, wpdu):
    deframer = Deframer()
    wire = octets(text)
    for octet in wire[:-1]:
        deframer.feed(bytes([octet]))
        assert deframer.next_wpdu() is None
    deframer.feed(wire[-1:])
    assert deframer.next_wpdu() == wpdu
    assert deframer.next_wpdu() is None
    assert deframer.pending == 0


@pytest.mark.parametrize(("text", "wpdu"), CASES)
def test_coalesced_and_with_trailing_octets(text, wpdu):
    deframer = Deframer()
    deframer.feed(octets(text) * 2 + b"\x00\x01\x00")
    assert [deframer.next_wpdu(), deframer.next_wpdu(), deframer.next_wpdu()] == [wpdu, wpdu, None]
    assert deframer.pending == 3


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.binary(max_size=40)), max_size=6),
    st.lists(st.integers(1, 60), min_size=1, max_size=30),
)
def test_any_cut(fields, sizes):
    wpdus = [Wpdu(*field) for field in fields]
    stream = b"".join(wpdu.encode() for wpdu in wpdus)
    deframer, found, offset, turn = Deframer(), [], 0, 0
    while offset < len(stream):
        size = sizes[turn % len(sizes)]
        deframer.feed(stream[offset : offset + size])
        offset, turn = offset + size, turn + 1
        while (wpdu := deframer.next_wpdu()) is not None:
            found.append(wpdu)
    assert found == wpdus


def test_wrong_version_in_a_stream_is_seen_at_once():
    deframer = Deframer()
    deframer.feed(octets("0002"))
    with pytest.raises(ProtocolError, match="version 0002"):
        deframer.next_wpdu()


@pytest.mark.parametrize(
    "text",
    ["", "00010010000100", "0001001000010001", "000100100001000162FF", "0002001000010000", "0000001000010000"],
)
def test_wrong_datagrams(text):
    with pytest.raises(ProtocolError):
        decode_datagram(octets(text))


def test_wrong_header_fields_can_be_sent_but_not_impossible_ones():
    assert Wpdu(16, 1, b"\x62\x00", version=2, length=9).encode() == octets("0002 0010 0001 0009 6200")
    with pytest.raises(UsageError, match="16-bit"):
        Wpdu(65536, 1, b"").encode()
