"""Long answers where blocks were not negotiated: one APDU as long as the client
takes, on a server without a meter.

Each is compared with the octets of the value as its object writes it, at sizes around every border.
"""

from gbt_rig import ACCESS, BLOCKS, GBT
from rig import ALL, LIST, PAIR, TEXT, THING, Rig, tohex
from whole_rig import GET, PLAIN, REFUSED, fill, limit_of, new, short, value

SIZES = (12, 64, 1024, 5000, 65535, 0)

REQ = {
    "test_get*": ("D-116",),
    "test_list*": ("D-116", "D-117"),
    "test_read*": ("D-116", "D-117", "D-50"),
    "test_every_border*": ("D-18", "D-116"),
    "test_datagram*": ("A-08", "D-116"),
    "test_blocks*": ("D-116", "D-14"),
    "test_access*": ("D-45", "D-116"),
    "test_action*": ("D-33", "D-116"),
    "test_preestablished": ("C-53", "D-116"),
}


# -- sizes -----------------------------------------------------------------------------------------


def border(rig, size, octets, ask, wanted, refused):
    """One value around a border: answered whole where the APDU fits `size`, otherwise refused; the
    AA serves on and no transfer is lost.
    """
    rig.filled.fill(octets)
    got = rig.ask(ask)
    want = wanted + value(rig)
    assert got == (want if len(want) <= 2 * size else refused), (size, octets, got[:20], len(got) // 2)
    assert rig.server.transfers.free == 3
    assert rig.link.streaming is None


def borders(size, head):
    """Lengths of a value around what fits an answer of that size, and around the buffer of 1,024."""
    return [n for edge in (size, 1024, 2048) for n in range(edge - head - 2, edge - head + 3) if 200 < n < 65600]


def get_borders(pdu):
    rig = new(pdu)
    size = limit_of(pdu)
    for octets in borders(size, 4):
        border(rig, size, octets, GET, "C401C100", REFUSED)
    assert rig.ask("C001C1" + PAIR + "0200") == "C401C1001107"


def read_borders(pdu):
    rig = short(pdu)
    size = limit_of(pdu)
    for octets in borders(size, 3):
        border(rig, size, octets, "050102" + rig.attribute(LIST, 2), "0C0100", "0C01010E")


def list_borders(pdu):
    """After a simple value, and another one after it."""
    rig = new(pdu)
    size = limit_of(pdu)
    ask = "C003C103" + PAIR + "0200" + LIST + "0200" + PAIR + "0300"
    for octets in borders(size, 4 + 3 + 1 + 4):
        rig.filled.fill(octets)
        want = "C403C103" + "001107" + "00" + value(rig) + "00121234"
        assert rig.ask(ask) == (want if len(want) <= 2 * size else REFUSED), (pdu, octets)


def read_list_borders(pdu):
    rig = short(pdu)
    size = limit_of(pdu)
    names = [rig.attribute(PAIR, 2), rig.attribute(LIST, 2), rig.attribute(PAIR, 3)]
    for octets in borders(size, 2 + 3 + 1 + 4):
        rig.filled.fill(octets)
        want = "0C03" + "001107" + "00" + value(rig) + "00121234"
        assert rig.ask("0503" + "".join(["02" + name for name in names])) == (
            want if len(want) <= 2 * size else "0E050301"
        ), (pdu, octets)


def simple_borders(pdu):
    """A list of simple values alone, more than the tape holds: they are read twice."""
    rig = new(pdu)
    size = limit_of(pdu)
    text = tohex(rig.text.a[2])
    for n in range(1, 9):
        want = f"C403C1{n:02X}" + ("00" + text) * n
        assert rig.ask(f"C003C1{n:02X}" + (TEXT + "0200") * n) == (want if len(want) <= 2 * size else REFUSED), (pdu, n)


def everything_borders(pdu):
    """Attribute 0: a structure of all attributes."""
    rig = new(pdu)
    size = limit_of(pdu)
    for octets in borders(size, 4 + 2 + 8 + 2):
        rig.filled.fill(octets)
        want = "C401C100" + "0203" + "09060100630100FF" + value(rig) + "1105"
        assert rig.ask("C001C1" + LIST + "0000") == (want if len(want) <= 2 * size else REFUSED), (pdu, octets)


def cases():
    sweeps = (get_borders, read_borders, list_borders, read_list_borders, simple_borders, everything_borders)
    for sweep in sweeps:
        for pdu in SIZES:
            yield "test_every_border_" + sweep.__name__ + "-" + str(pdu), sweep, (pdu,)


def test_get_list_of_long_values():
    """Several long values in one list, each with its own selection and cursor."""
    rig = new()
    one = "00" + value(rig)
    selected = LIST + "02 01 01 120007"
    got = rig.ask("C003C104" + LIST + "0200" + selected + LIST + "0200" + PAIR + "0200")
    assert got == "C403C104" + one * 3 + "001107"


def test_list_of_everything():
    """All attributes of an object in a list that is longer than the tape."""
    rig = new()
    want = "0203" + "09060100630100FF" + value(rig) + "1105"
    texts = ("00" + tohex(rig.text.a[2])) * 3
    got = rig.ask("C003C105" + (TEXT + "0200") * 3 + LIST + "0000" + PAIR + "0200")
    assert got == "C403C105" + texts + "00" + want + "001107"


def test_list_with_errors():
    """An entry that cannot be read keeps its place."""
    rig = new()
    got = rig.ask("C003C103" + LIST + "0200" + PAIR + "0400" + PAIR + "0900")
    assert got == "C403C103" + "00" + value(rig) + "0103" + "010C"


def test_read_with_methods():
    """A method of a list is invoked once, in its turn."""
    rig = short()
    long = rig.attribute(LIST, 2)
    method = rig.method(THING, 2)
    got = rig.ask("0504" + "02" + long + "04" + method + "00 1105" + "02" + long + "04" + method + "00 1106")
    assert got == "0C04" + "00" + value(rig) + "001105" + "00" + value(rig) + "001106"
    assert rig.log == ["act 2 1105", "act 2 1106"]


def test_read_with_more_method_results_than_can_be_kept():
    """What a method returned cannot be read again: the list is refused as one that is too long."""
    rig = short()
    method = rig.method(THING, 5)
    got = rig.ask("0503" + ("04" + method + "00 120190") * 3)  # 400 octets each
    assert got == "0E050301"
    assert len(rig.log) <= 3
    assert rig.ask("050102" + rig.attribute(PAIR, 2)) == "0C01001107"


def test_action_results():
    """The results of a list of methods were read already, and go in one piece of
    more than the server's own size.
    """
    rig = new()
    rig.link.carrier.pdu = 128  # as if its buffer were that small
    rig.open(0, conformance=PLAIN)
    got = rig.ask("C303C103" + (THING + "05") * 3 + "03" + "120060" * 3)
    text = tohex(bytes([65 + i % 26 for i in range(0x60)]))
    assert got == "C703C103" + ("0001000960" + text) * 3
    assert len(rig.log) == 3


def test_access_without_general_block_transfer():
    rig = new(conformance=ALL & ~BLOCKS | ACCESS)
    specifications = (
        "03" + THING + "02" + "01" + LIST + "02" + "02" + TEXT + "02" + "01" + LIST + "02" + "01" + PAIR + "02"
    )
    got = rig.ask("D940000001 00 05" + specifications + "05" + "1101" + "00" + "1109" + "00" + "00")
    assert (
        got
        == "DA40000001 00 00 05".replace(" ", "")
        + "1101"
        + value(rig)
        + "00"
        + value(rig)
        + "1107"
        + "05"
        + "03000100020001000100"
    )
    assert rig.log == ["act 2 1101", "set 1109"]


def test_access_that_is_too_long():
    rig = new(2000, conformance=ALL & ~BLOCKS | ACCESS)
    assert rig.ask("D940000001 00 01 01" + LIST + "02" + "01 00") == "D80104"


# -- blocks, where they were negotiated ------------------------------------------------------------


def test_blocks_as_ever():
    """With block transfer of the service, or general block transfer, the size of
    a block is the server's at most.
    """
    for conformance, begin in ((ALL, "C402C1"), (PLAIN | GBT, "E0")):
        rig = new(0, conformance=conformance)
        got = rig.ask(GET)
        assert got[: len(begin)] == begin
        assert len(got) <= 2 * 1024


def test_blocks_of_another_service():
    """ACTION in blocks says nothing of GET."""
    rig = new(0, conformance=PLAIN | 0x0C00)
    assert rig.ask(GET) == "C401C100" + value(rig)


# -- datagrams -------------------------------------------------------------------------------------


def test_datagrams():
    """To the limit of a datagram or the client's own, whichever is shorter; at once, and in one."""
    for pdu, limit in ((0, 1464), (65535, 1464), (1200, 1464), (1024, 1464), (0, 1024), (64, 1464)):
        size = min(limit_of(pdu), limit)
        rig = new(pdu, stream=False, limit=limit)
        for octets in borders(size, 4):
            border(rig, size, octets, GET, "C401C100", REFUSED)
        assert rig.slices == []
        rig = short(pdu, stream=False, limit=limit)
        for octets in borders(size, 3):
            border(rig, size, octets, "050102" + rig.attribute(LIST, 2), "0C0100", "0C01010E")


def test_datagram_of_a_list():
    rig = new(0, stream=False, limit=1464)
    rig.filled.fill(1400)
    got = rig.ask("C003C103" + PAIR + "0200" + LIST + "0200" + PAIR + "0300")
    assert got == "C403C103" + "001107" + "00" + value(rig) + "00121234"
    assert rig.server.udp_transfers.free == 1


def test_preestablished():
    """Nothing shows what the client of a pre-established AA takes: the server's own size."""
    rig = Rig(conformance=PLAIN)
    fill(rig, True, 0)
    rig.public.preestablished = True
    rig.server.opening.established = [rig.public]
    assert rig.ask(GET) == REFUSED
