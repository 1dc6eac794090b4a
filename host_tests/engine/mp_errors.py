"""The error matrix and what all services share: refusals as whole APDUs, transfers
that run out, unconfirmed associations.
"""

from rig import ALL, FAULTY, LIST, PAIR, SHRINKING, TEXT, THING, Limits, Rig, blocks, tohex, unhex

READ = "C001C1" + THING + "0200"
ABC = "C401C1000903616263"
LLS = "6036A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738BE10040E01000000065F1F0400FFFFFF0040"
UNCONFIRMED = "601EA109060760857405080101BE11040F010001000006 5F1F0400FFFFFF04B0"
# tags that only a client receives (REQUIREMENTS D-96)
CLIENT_BOUND = (0x08, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x16, 0x18, 0x61, 0x63, 0xC2, 0xC4, 0xC5, 0xC7, 0xD8, 0xDA)

REQ = {
    "test_service_not_negotiated": ("D-90", "C-37", "D-70"),
    "test_no_association": ("D-91", "C-54", "D-70"),
    "test_no_association_over_datagrams": ("D-91",),
    "test_every_tag": ("D-92", "D-96", "D-55", "D-70"),
    "test_too_long": ("D-95", "D-70"),
    "test_unconfirmed_association": ("D-99", "B-08", "B-09"),
    "test_all_transfers_in_use": ("D-17", "D-22", "D-32"),
    "test_a_client_that_goes_away": ("D-17",),
    "test_transfers_side_by_side": ("D-14", "D-19"),
    "test_refusals_leave_nothing": ("D-93", "D-94", "D-90"),
    "test_answers_within_the_size": ("C-38",),
    "test_bugs_of_objects": ("D-93",),
}


def test_service_not_negotiated():
    services = (
        (0x10, READ, ABC),
        (0x10, "C002C100000001", "C402C101000000010110"),
        (0x10, "C003C1 01" + THING + "0200", "C403C101000903616263"),
        (0x08, "C101C1" + THING + "0200 1101", "C501C100"),
        (0x08, "C103C1 01 00000001 00", "C503C11200000001"),
        (0x01, "C301C1" + THING + "01 00", "C701C10000"),
        (0x01, "C302C100000001", "C701C11000"),
    )
    for bit, request, answer in services:
        rig = Rig().open(conformance=ALL & ~bit)
        assert rig.ask(request) == "D80102", request
        assert rig.log == []
        # without a choice, and malformed
        assert rig.ask(request[:6]) == "D80102"
        # an unconfirmed one is not answered, unless it is a GET
        assert rig.ask(request[:4] + "01" + request[6:]) == ("D80102" if bit == 0x10 else "")
        assert rig.log == []
        rig = Rig().open()
        assert rig.ask(request) == answer, request
        # not offered by the association object
        rig = Rig(conformance=ALL & ~bit).open()
        assert rig.ask(request) == "D80102", request


def test_no_association():
    rig = Rig()
    probe = "C001C1000F0000280000FF0100"
    for request in (probe, READ, "C101C1" + THING + "0200 1101", "C301C1" + THING + "01 00", "C0", "050102FA00", "FA"):
        assert rig.ask(request) == "D80102", request
    for tag in CLIENT_BOUND:
        assert rig.ask(bytes((tag, 1, 0xC1))) == ""
    assert rig.log == []
    # an AA of another client is none of this one's
    rig.open()
    assert rig.ask(READ) == ABC
    assert rig.ask(READ, 32) == "D80102"
    assert rig.ask(READ, 17) == "D80102"
    # after release
    assert rig.ask("6203800100") == "6303800100"
    assert rig.ask(READ) == "D80102"
    rig.open()
    assert rig.ask(READ) == ABC


def test_no_association_over_datagrams():
    rig = Rig()
    link = rig.new_link(stream=False)
    for request in (READ, "C0", "FA", "050102FA00", "C401C100", "6203800100", "60", "6000"):
        assert rig.ask(request, link=link) == "", request
    rig.open(link=link)
    assert rig.ask(READ, link=link) == ABC


def test_every_tag():
    served = (0x60, 0x62, 0xC0, 0xC1, 0xC3, 0xD9)
    rig = Rig().open(64)
    for tag in range(256):
        if tag in served:
            continue
        wanted = "" if tag in CLIENT_BOUND else "D80102"
        for rest in (b"", b"\x01", b"\x01\x02\xfa\x00", bytes(40)):
            assert rig.ask(bytes((tag,)) + rest) == wanted, tag
    assert rig.ask("050102FA00") == "D80102"
    assert rig.ask(READ) == ABC
    # an empty APDU is none
    assert rig.ask("") == ""
    # a long transfer ends with them
    for tag in ("FA", "05", "C4"):
        rig.ask("C001C1" + LIST + "0200")
        rig.ask(tag)
        assert rig.server.transfers.free == 3
        assert rig.ask("C002C100000001") == "C402C101000000010110"


def test_too_long():
    """What the transport could not take: answered inside an AA from the header alone,
    nothing outside; a transfer ends.
    """
    rig = Rig()
    header = bytearray(unhex("0001 0010 0001 FFFF"))
    assert rig.server.too_long(rig.link, header, rig.tx) == 0
    rig.open(64)
    rig.ask("C001C1" + LIST + "0200")
    n = rig.server.too_long(rig.link, header, rig.tx)
    assert tohex(rig.tx[:n]) == "0001000100100003D80104"
    assert rig.ask("C002C100000001") == "C402C101000000010110"
    assert rig.ask(READ) == ABC
    # not the AA of another client
    assert rig.server.too_long(rig.link, bytearray(unhex("0001 0020 0001 FFFF")), rig.tx) == 0


def test_unconfirmed_association():
    """Nothing is ever sent in it, whatever comes; unconfirmed services are done."""
    rig = Rig()
    link = rig.new_link(stream=False)
    assert rig.ask(UNCONFIRMED, link=link) == ""
    assert link.n == 1
    for request in (
        READ,
        "C001C1000F0000280000FF0100",
        "C0",
        "C001",
        "C004C1000F0000280000FF0100",
        "C101C1" + THING + "0200 1101",
        "C102C1" + THING + "0200 01 00000001 02 1101",
        "C301C1" + THING + "01 00",
        "C00101" + THING + "0200",
        "C00401" + THING + "0200",
        "C10601" + THING + "0200",
        "C10101" + THING,
        "C30701" + THING,
        "C30101" + FAULTY + "01 00",
        "FA",
        "FA0001",
        "050102FA00",
        "050100FA00",
        "C401C100",
        "D80102",
    ):
        assert rig.ask(request, link=link) == "", request
    assert rig.log == []
    for head in ("", "C001C1", "C00101", "C10101", "FA0101"):
        rx = unhex("0001 0010 0001 FFFF" + head)
        assert rig.server.too_long(link, rx, rig.tx, len(rx)) == 0
    assert rig.server.too_long(link, bytearray(unhex("0001 0010 0001 FFFF")), rig.tx) == 0
    assert rig.ask("C10101" + THING + "0200 1105", link=link) == ""
    assert rig.ask("C30101" + THING + "01 00", link=link) == ""
    assert rig.log == ["set 1105", "act 1 "]
    assert rig.server.transfers.free == 3
    # a transfer that nobody could go on with is not kept
    assert rig.ask("C00101" + LIST + "0200", link=link) == ""
    assert rig.server.transfers.free == 3
    # released without an answer
    assert rig.ask("6203800100", link=link) == ""
    assert link.n == 0


def fill(rig):
    """Three long transfers on links of their own: GET, SET and ACTION; returns the links."""
    links = [rig.new_link() for _ in range(3)]
    for link in links:
        rig.open(64, link=link)
    assert rig.ask("C001C1" + LIST + "0200", link=links[0])[:16] == "C402C10000000001"
    assert rig.ask("C102C1" + THING + "0200 00 00000001 02 0905", link=links[1]) == "C502C100000001"
    assert rig.ask("C304C1" + THING + "01 00 00000001 02 0903", link=links[2]) == "C704C100000001"
    assert rig.server.transfers.free == 0
    return links


LONG_REQUESTS = (
    ("C001C1" + LIST + "0200", "C401C1010E", "C402C1000000000100"),
    ("C003C1 02" + THING + "0200" + LIST + "0200", "C401C1010E", "C402C1000000000100"),
    ("C102C1" + THING + "0200 00 00000001 02 0905", "C503C10E00000001", "C502C100000001"),
    ("C105C1 01" + THING + "0200 00 00000001 02 0905", "C503C10E00000001", "C502C100000001"),
    ("C304C1" + THING + "01 00 00000001 02 0903", "C701C10E00", "C704C100000001"),
    ("C305C1 01" + THING + "01 00 00000001 02 0903", "C701C10E00", "C704C100000001"),
    ("C301C1" + THING + "05 01 120080", "C701C10E00", "C702C10000000001"),
)


def test_all_transfers_in_use():
    """One more long transfer is refused with 0E; short requests are served, and
    when one ends the next is taken.
    """
    for request, refused, begun in LONG_REQUESTS:
        rig = Rig()
        links = fill(rig)
        rig.open(64)
        assert rig.ask(request) == refused, request
        assert rig.ask(READ) == ABC
        # those that run are not disturbed
        assert rig.ask("C002C100000001", link=links[0])[:16] == "C402C10000000002"
        assert rig.ask("C103C1 00 00000002 02 4142", link=links[1]) == "C502C100000002"
        assert rig.ask("C306C1 00 00000002 01 61", link=links[2]) == "C704C100000002"
        # one ends as it should: there is room
        assert rig.ask("C103C1 01 00000003 03 434445", link=links[1]) == "C503C10000000003"
        assert rig.log[-1] == "set 09054142434445"
        assert rig.ask(request)[: len(begun)] == begun, request
        assert rig.ask("C306C1 01 00000003 02 6263", link=links[2]) == "C701C10000"


def test_a_client_that_goes_away():
    """A transfer ends with its AA: released, associated anew, or cut off."""
    for way in range(3):
        rig = Rig()
        for link in fill(rig):
            if way == 0:
                assert rig.ask("6203800100", link=link) == "6303800100"
            elif way == 1:
                rig.open(64, link=link)
            else:
                rig.server.abort(link)
        assert rig.server.transfers.free == 3
        for request, _, begun in LONG_REQUESTS:
            rig.open(64)
            assert rig.ask(request)[: len(begun)] == begun


def test_transfers_side_by_side():
    """Two clients of one connection, and a third on another, read at the same
    time: each gets its own blocks.
    """
    rig = Rig()
    rig.open(64)
    assert rig.ask(LLS, 32)[:4] == "6129"
    other = rig.new_link()
    rig.open(64, link=other)
    whole = "0164" + "".join([f"06{i:08X}" for i in range(100)])
    raws = ["", "", ""]
    asks = ((16, rig.link), (32, rig.link), (16, other))
    for i in range(3):
        raws[i] = rig.ask("C001C1" + LIST + "0200", asks[i][0], link=asks[i][1])[20:]
    for number in range(1, 10):
        for i in range(3):
            raws[i] += rig.ask(f"C002C1{number:08X}", asks[i][0], link=asks[i][1])[20:]
    assert raws == [whole] * 3
    assert rig.server.transfers.free == 3


def test_refusals_leave_nothing():
    """A thousand refused requests: each answer the same as the first, no
    transfer lost, and the AA still there.
    """
    rig = Rig().open(64)
    requests = (
        "C004C1",
        "C001C1000028000100",
        "C003C1 09",
        "C106C1",
        "C102C1" + THING + "0200 00 00000002 00",
        "C304C1" + THING + "01 00 00000009 00",
        "C301C1 FF",
        "C001C1" + SHRINKING + "0200",
        "C102C1" + THING + "0200 00 00000001 8202BC" + "55" * 700,
        "FA",
    )
    answers = [rig.ask(request) for request in requests]
    for _ in range(100):
        for i in range(len(requests)):
            assert rig.ask(requests[i]) == answers[i]
    rig.ask(READ)
    assert rig.server.transfers.free == 3
    assert rig.link.n == 1


def test_answers_within_the_size():
    """No answer is longer than the client takes, refusals included, whatever the size."""
    requests = (
        READ,
        "C001C1" + LIST + "0200",
        "C001C1" + LIST + "0000",
        "C003C1 04" + (THING + "0200") * 2 + LIST + "0200" + PAIR + "0000",
        "C003C1 08" + (PAIR + "0400") * 8,
        "C002C100000009",
        "C101C1" + THING + "0100 1101",
        "C104C1 08" + (THING + "0300") * 8 + "08" + "1101" * 8,
        "C105C1 08" + (THING + "0300") * 8 + "01 00000001 11 08" + "1101" * 8,
        "C103C1 01 00000001 00",
        "C301C1" + THING + "05 01 1200C8",
        "C303C1 08" + (THING + "03") * 8 + "08" + "00" * 8,
        "C306C1 01 00000001 00",
        "FA",
    )
    for pdu in (12, 13, 14, 15, 16, 20, 64):
        rig = Rig().open(pdu)
        for request in requests:
            answer = rig.ask(request)
            assert answer, request
            assert len(answer) <= 2 * pdu, (pdu, request, answer)


def test_bugs_of_objects():
    """Also in the middle of a transfer an object with a bug ends no more than that request."""
    rig = Rig().open(64)

    def element(k, cur, i, buf, off):
        raise IndexError("planted")

    rig.ask("C001C1" + LIST + "0200")
    rig.long.element = element
    while rig.server.transfers.free == 2:
        answer = rig.ask("C002C1" + tohex(rig.link.aas[0].transfer.block.to_bytes(4, "big")))
    assert answer == "C401C10101"
    assert len(rig.notes) == 2
    raw, _ = blocks(rig, "C001C1" + TEXT + "0200", limit=64)
    assert len(raw) == 2 * 304
    for _ in range(2 * Limits.TRANSFERS):
        assert rig.ask("C102C1" + FAULTY + "0200 01 00000001 02 1101") in ("C503C10100000001", "C501C101")
        assert rig.ask("C304C1" + FAULTY + "01 01 00000001 00") == "C701C10100"
    assert rig.server.transfers.free == 3
