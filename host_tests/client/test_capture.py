"""`decode` of capture files: every link layer, TCP out of order, repeated, lost; what is no
WPDU is left out, what is wrong is reported.
"""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from host_tests.client.capture_files import (
    ACK,
    CLIENT,
    CLIENT6,
    ETHERNET,
    FRAGMENT,
    LOOP,
    METER,
    METER6,
    NULL,
    RAW,
    RST,
    SLL,
    SLL2,
    SYN,
    frame,
    ip,
    pcap,
    pcapng,
    tcp,
    udp,
)
from tools.cli.main import main
from tools.explain.capture import Trouble, packets
from tools.explain.streams import Capture

GET = bytes.fromhex("000100100001000DC001C1000100002A0000FF0200")
ANSWER = bytes.fromhex("0001000100100016C401C10009105A5A5A30303030303030313030303031")
RELEASE = bytes.fromhex("00010010000100056203800100")
WPDUS = [GET, RELEASE, GET]
STREAM = b"".join(WPDUS)
BASE = 0xFFFFFFF0  # sequence numbers go round within the stream


def found(octets: bytes, port: int = 4059) -> tuple[list[bytes], list[str]]:
    """WPDUs and troubles."""
    items = list(Capture(octets, port).items())
    return [item.octets.data for item in items if not isinstance(item, Trouble)], [
        item.text for item in items if isinstance(item, Trouble)
    ]


def segments(*pieces: tuple[int, int], opened: bool = True, order=None) -> bytes:
    """A capture of segments [from, to) of the stream, in this order."""
    frames = (
        [frame(ip(CLIENT, METER, tcp(CLIENT, METER, BASE - 1, b"", SYN, options=b"\x02\x04\x05\xb4")))]
        if opened
        else []
    )
    frames += [frame(ip(CLIENT, METER, tcp(CLIENT, METER, BASE + start, STREAM[start:end]))) for start, end in pieces]
    return pcap(frames)


@pytest.mark.parametrize("link", [ETHERNET, NULL, RAW, LOOP, SLL, SLL2])
@pytest.mark.parametrize("ends", [(CLIENT, METER), (CLIENT6, METER6)], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("make", [pcap, pcapng])
def test_link_layers(link, ends, make):
    client, meter = ends
    frames = [
        frame(ip(client, meter, udp(client, meter, GET)), link),
        frame(ip(meter, client, udp(meter, client, ANSWER)), link),
        frame(ip(client, meter, tcp(client, meter, 1, RELEASE)), link),
    ]
    assert found(make(frames, link)) == ([GET, ANSWER, RELEASE], [])


@pytest.mark.parametrize(
    ("make", "more"),
    [
        (pcap, {"order": ">"}),
        (pcap, {"nanoseconds": True}),
        (pcap, {"order": ">", "nanoseconds": True}),
        (pcapng, {"order": ">"}),
        (pcapng, {"kind": 3}),
        (pcapng, {"kind": 2}),
        (pcapng, {"resolution": 9}),
    ],
)
def test_kinds_of_files(make, more):
    octets = make([frame(ip(CLIENT, METER, udp(CLIENT, METER, GET)))] * 2, **more)
    assert found(octets) == ([GET, GET], [])
    times = [packet.time for packet in packets(octets)]
    assert times[0] == pytest.approx(0 if more.get("kind") == 3 else 1_700_000_000, abs=0.001)


@pytest.mark.parametrize("tags", [(0x8100,), (0x88A8, 0x8100), (0x9100, 0x8100)])
def test_vlan_tags(tags):
    assert found(pcap([frame(ip(CLIENT, METER, udp(CLIENT, METER, GET)), tags=tags)])) == ([GET], [])


def test_ipv4_options_and_ipv6_extension_headers():
    plain = frame(ip(CLIENT, METER, udp(CLIENT, METER, GET), options=b"\x94\x04\x00\x00"))
    hop_by_hop = bytes([0]) + bytes([60, 0]) + bytes(6)
    destination = bytes([17, 1]) + bytes(14)
    extended = frame(ip(CLIENT6, METER6, udp(CLIENT6, METER6, GET), extensions=hop_by_hop + destination))
    whole_fragment = frame(ip(CLIENT6, METER6, udp(CLIENT6, METER6, GET), extensions=bytes([FRAGMENT, 17]) + bytes(7)))
    assert found(pcap([plain, extended, whole_fragment])) == ([GET] * 3, [])


def test_fragments_are_told():
    first = frame(ip(CLIENT, METER, udp(CLIENT, METER, GET), fragment=0x2000))
    second = frame(ip(CLIENT, METER, (17, GET), fragment=185))
    third = frame(
        ip(CLIENT6, METER6, (17, GET), extensions=bytes([FRAGMENT, 17, 0]) + (1480).to_bytes(2, "big") + bytes(4))
    )
    wpdus, troubles = found(pcap([first, second, third, frame(ip(CLIENT, METER, udp(CLIENT, METER, RELEASE)))]))
    assert wpdus == [RELEASE]
    assert [text.split(" is ")[1].split(":")[0] for text in troubles] == [
        f"a fragment of an IP datagram (octets from {offset} on)" for offset in (0, 1480, 1480)
    ]


@pytest.mark.req("A-20", "A-21", "A-22")
def test_tcp_in_any_order_and_said_again():
    cuts = [0, 5, 20, 22, len(STREAM)]
    pieces = list(itertools.pairwise(cuts))
    for order in itertools.permutations(pieces):
        for opened in (True, False):
            assert found(segments(*order, *order[:2], opened=opened)) == (WPDUS, []), order
    assert found(segments((0, 30), (10, 40), (5, 12), (39, len(STREAM)))) == (WPDUS, [])  # overlaps
    assert found(segments(*((at, at + 1) for at in range(len(STREAM))))) == (WPDUS, [])


def test_what_was_not_captured_is_told_and_the_rest_goes_on():
    second, third = len(GET), len(GET) + len(RELEASE)
    wpdus, troubles = found(segments((0, second), (third, len(STREAM))))
    assert wpdus == [GET, GET]
    assert troubles == [f"{len(RELEASE)} octets from 192.0.2.1:40000 to 192.0.2.2:4059 are missing before packet 3"]
    # Once the other side acknowledges what is missing there is no use in waiting.
    frames = [
        frame(ip(CLIENT, METER, tcp(CLIENT, METER, 100, GET[:5]))),
        frame(ip(CLIENT, METER, tcp(CLIENT, METER, 121, RELEASE))),
    ]
    frames += [frame(ip(METER, CLIENT, tcp(METER, CLIENT, 7, ANSWER, ack=134)))]
    wpdus, troubles = found(pcap(frames))
    assert wpdus == [GET[:5], RELEASE, ANSWER]
    assert len(troubles) == 1
    # After a gap nothing is framed until a segment begins like a WPDU.
    wpdus, troubles = found(segments((0, 10), (second + 3, third), (third, len(STREAM))))
    assert wpdus == [GET[:10], RELEASE[3:], GET]
    assert len(troubles) == 1


def test_connections_one_after_the_other_on_the_same_ports():
    frames = []
    for base in (1000, 500):
        frames.append(frame(ip(CLIENT, METER, tcp(CLIENT, METER, base, b"", SYN))))
        frames.append(frame(ip(CLIENT, METER, tcp(CLIENT, METER, base + 1, GET))))
        frames.append(frame(ip(CLIENT, METER, tcp(CLIENT, METER, base + 1 + len(GET), RELEASE[:4], RST | ACK))))
    assert found(pcap(frames)) == ([GET, RELEASE[:4]] * 2, [])


def test_a_capture_that_cuts_packets():
    datagram = frame(ip(CLIENT, METER, udp(CLIENT, METER, GET)))
    wpdus, troubles = found(pcap([datagram], snap=len(datagram) - 6))
    assert (wpdus, troubles) == ([GET[:-6]], ["packet 1: 6 octets were not captured"])
    frames = [
        frame(ip(CLIENT, METER, tcp(CLIENT, METER, 100, GET + GET))),
        frame(ip(CLIENT, METER, tcp(CLIENT, METER, 142, RELEASE))),
    ]
    wpdus, troubles = found(pcap(frames, snap=len(frames[0]) - 6))
    assert (wpdus, troubles) == ([GET, GET[:-6], RELEASE], ["packet 1: 6 octets were not captured"])


def test_what_carries_no_wpdus_is_left_out(capsys, tmp_path):
    web, mail = ("192.0.2.9", 80), ("192.0.2.9", 25)
    frames = [
        bytes(12) + b"\x08\x06" + bytes(46),  # ARP
        frame(ip(CLIENT, web, tcp(CLIENT, web, 1, b"GET / HTTP/1.1\r\n\r\n"))),
        frame(ip(CLIENT, mail, udp(CLIENT, mail, b"\x00\x01\x00"))),
        frame(ip(CLIENT, METER, (1, bytes(8)))),  # ICMP
        frame(ip(METER, ("192.0.2.1", 4060), udp(METER, ("192.0.2.1", 4060), ANSWER))),
        # known by its octets
        frame(ip(("192.0.2.3", 999), ("192.0.2.1", 4060), udp(("192.0.2.3", 999), ("192.0.2.1", 4060), ANSWER))),
    ]
    file = tmp_path / "some.pcap"
    file.write_bytes(pcap(frames))
    assert main(["decode", str(file)]) == 0
    captured = capsys.readouterr()
    assert captured.out.count("WPDU, 30 octets") == 2
    assert "4 packets left out" in captured.err


def test_the_output_tells_where_and_when(capsys, tmp_path):
    file = tmp_path / "some.pcapng"
    frames = [
        frame(ip(CLIENT, METER, tcp(CLIENT, METER, 1, GET))),
        frame(ip(METER, CLIENT, tcp(METER, CLIENT, 1, ANSWER))),
    ]
    file.write_bytes(pcapng(frames))
    assert main(["decode", str(file)]) == 0
    out = capsys.readouterr().out
    assert ">  WPDU, 21 octets, packet 1, 2023-11-14 22:13:20.000000 UTC, TCP 192.0.2.1:40000 to 192.0.2.2:4059" in out
    assert "<  WPDU, 30 octets, packet 2" in out
    assert "Data of 0-0:42.0.0*255" in out
    assert main(["decode", str(file), "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["items"]
    assert (first["packet"], first["from"], first["to"], first["transport"]) == (
        1,
        "192.0.2.1:40000",
        "192.0.2.2:4059",
        "TCP",
    )
    assert second["direction"] == "<"


def test_a_capture_from_standard_input(capsys, monkeypatch):
    import io

    monkeypatch.setattr(
        "sys.stdin", io.TextIOWrapper(io.BytesIO(pcap([frame(ip(CLIENT, METER, udp(CLIENT, METER, GET)))])))
    )
    assert main(["decode"]) == 0
    assert "WPDU, 21 octets" in capsys.readouterr().out


def test_something_else_on_the_port_is_marked(capsys, tmp_path):
    file = tmp_path / "some.pcap"
    file.write_bytes(
        pcap([frame(ip(CLIENT, METER, tcp(CLIENT, METER, 1, bytes.fromhex("7EA00802210393 9CA07E".replace(" ", "")))))])
    )
    assert main(["decode", str(file)]) == 1
    assert "no WPDU begins here" in capsys.readouterr().out


WHOLE = [
    pcap(
        [frame(ip(CLIENT, METER, tcp(CLIENT, METER, 1, GET))), frame(ip(METER, CLIENT, tcp(METER, CLIENT, 1, ANSWER)))]
    ),
    pcapng([frame(ip(CLIENT6, METER6, udp(CLIENT6, METER6, GET)), SLL2)], SLL2),
    pcapng([frame(ip(CLIENT, METER, udp(CLIENT, METER, GET), fragment=5))], kind=2),
    pcap(
        [frame(ip(CLIENT6, METER6, tcp(CLIENT6, METER6, 5, GET), extensions=bytes([0, 6, 0]) + bytes(6)))],
        nanoseconds=True,
    ),
]


@pytest.mark.parametrize("octets", WHOLE, ids=range(len(WHOLE)))
def test_a_file_cut_anywhere_never_raises(octets, capsys, tmp_path):
    for end in range(4, len(octets)):
        found(octets[:end])
    file = tmp_path / "cut.pcap"
    file.write_bytes(octets[:-3])
    assert main(["decode", str(file)]) in (0, 1)
    assert "Traceback" not in capsys.readouterr().err


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(WHOLE), st.data())
def test_a_corrupt_file_never_raises(tmp_path, octets, data):
    changed = bytearray(octets)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(4, len(changed) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / "corrupt.pcap").write_bytes(bytes(changed))
    assert main(["decode", str(tmp_path / "corrupt.pcap")]) in (0, 1, 2)


def test_times_that_no_calendar_has(capsys, tmp_path):
    file = tmp_path / "some.pcapng"
    octets = bytearray(pcapng([frame(ip(CLIENT, METER, udp(CLIENT, METER, GET)))]))
    at = octets.index((6).to_bytes(4, "little"), 80)
    octets[at + 12 : at + 20] = b"\xff" * 8
    file.write_bytes(octets)
    assert main(["decode", str(file)]) == 0
    assert "packet 1, 1.84467e+13 s" in capsys.readouterr().out
