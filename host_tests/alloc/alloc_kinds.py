"""The requests whose heap use is measured: in the interpreter by the tests here, and
from outside by wire tests and bench.

    NAMED         kind -> a cycle of (request APDU, beginning of the answer's APDU), in
                  hexadecimal with blanks ignored
    SHORT_NAMES   the same for the management client with short names (80), where <object +
                  offset> stands for a short name

A cycle leaves the meter as it was, so that it can be played any number of times.
All are requests of the management client (48), which may write, in one AA.
MicroPython and CPython both read this file.
"""

MANAGEMENT = 48
READER = 32
SHORT_NAME_MANAGEMENT = 80
# the demonstration values
CLIENT_SECRET = {MANAGEMENT: b"87654321", READER: b"12345678", SHORT_NAME_MANAGEMENT: b"87654321"}

ENERGY = "0003 0100010800FF"  # Register, A+
COUNTER = "0003 0100040800FF"  # Register, R-: the one that is reset
NOTE = "0001 0000608001FF"  # Data, a double-long-unsigned of the client's own
LABEL = "0001 0000600101FF"  # Data, octet-string of 15 octets
STATE = "0001 0000608000FF"  # Data that computes its value
CLOCK = "0008 0000010000FF"
PUSH = "0028 0000190900FF"  # Push setup, on an interval
PARTNERS = "0001 0000608002FF"  # open associations
SUPPLY = "0046 000060030AFF"  # Disconnect control
PROFILE = "0007 0100630100FF"  # load profile
EVENTS = "0007 0000636200FF"  # event log
ASSOCIATION = "000F 0000280000FF"  # the association itself
UNKNOWN = "0001 0000FFFFFFFF"

PROFILE_BLOCKS = 20  # blocks fetched in a cycle before the transfer is begun anew
# client-max-receive-pdu-size for the kinds that fetch blocks: with 24 hours
# of rows there are enough of them
BLOCK = 128

_REGISTERS = "".join([ENERGY + "02 00", "0003 0100020800FF 02 00", COUNTER + "02 00", CLOCK + "02 00", NOTE + "02 00"])
_TIME = "FF 00 00 00 00 8000 00"  # day of the week, midnight, deviation unspecified
_RANGE = "02 04 02 04 12 0008 09 06 0000010000FF 0F 02 12 0000 09 0C 07D0 01 01" + _TIME + "09 0C {}" + _TIME + "01 00"
_NOBODY = _RANGE.format("07D1 01 01")  # up to 2001: no row
_EVERYBODY = _RANGE.format("0833 01 01")


def _entries(first, last):
    return "02 04 06 %08X 06 %08X 12 0001 12 0000" % (first, last)


def _octets(n, size):
    return "%0*X" % (2 * size, n)


def _general(request, n):
    """A request in one general block, window 1, and n acknowledgements, each answered by the next
    block; the last block may come before.
    """
    apdu = request.replace(" ", "")
    first = ("E081 0001 0000 %02X" % (len(apdu) // 2) + apdu, "E0")
    return [first] + [("E081" + _octets(i + 1, 2) + _octets(i, 2) + "00", "E0") for i in range(1, n)]


def _access(top, *items):
    """An ACCESS request of (specification, Data)."""
    count = "%02X" % len(items)
    specifications = "".join([item[0] for item in items])
    return "D9" + top + "000001 00" + count + specifications + count + "".join([item[1] for item in items])


def _blocks(first, answer, n):
    """A GET in blocks: the first request, and n more."""
    return [(first, answer + "00000001")] + [("C002C1 %08X" % i, "C402C1 00 %08X 00" % (i + 1)) for i in range(1, n)]


NAMED = {
    "GET of a Register": [("C001C1" + ENERGY + "02 00", "C401C1 00 06")],
    "SET of a Data": [
        ("C101C1" + NOTE + "02 00 06 00000005", "C501C1 00"),
        ("C101C1" + NOTE + "02 00 06 FFFFFFFF", "C501C1 00"),
    ],
    "ACTION": [("C301C1" + COUNTER + "01 01 0F 00", "C701C1 00 00")],
    "GET list": [("C003C1 0A" + _REGISTERS + _REGISTERS, "C403C1 0A 00 06")],
    "SET list": [
        (
            "C104C1 02" + NOTE + "02 00" + LABEL + "02 00 02 06 00000005 09 0F 4141414141 4242424242 4343434343",
            "C505C1 02 00 00",
        ),
    ],
    "ACTION list": [("C303C1 02" + COUNTER + "01" + COUNTER + "01 02 0F 00 00", "C703C1 02 00 00 00 00")],
    "GET-next of a profile block": _blocks("C001C1" + PROFILE + "02 00", "C402C1 00", PROFILE_BLOCKS),
    # what the bench does not distinguish, but nothing may allocate either
    "GET of what is computed": [
        ("C001C1" + STATE + "02 00", "C401C1 00 0204 06"),
        ("C001C1" + CLOCK + "02 00", "C401C1 00 09 0C"),
        ("C001C1" + PROFILE + "07 00", "C401C1 00 06"),
        ("C001C1" + ASSOCIATION + "04 00", "C401C1 00"),
    ],
    "GET of all attributes": [
        ("C001C1" + ENERGY + "00 00", "C401C1 00 0203"),
        ("C001C1" + CLOCK + "00 00", "C401C1 00 0209"),
    ],
    "GET of the object list": _blocks("C001C1" + ASSOCIATION + "02 00", "C402C1 00", 25),
    "GET by entry": [
        ("C001C1" + PROFILE + "02 01 02" + _entries(1, 1), "C401C1 00 0101"),
        ("C001C1" + PROFILE + "03 00", "C401C1 00 0106"),
    ],
    "GET by range": [
        ("C001C1" + PROFILE + "02 01 01" + _NOBODY, "C401C1 00 0100"),
        ("C001C1" + PROFILE + "02 01 01" + _EVERYBODY, "C402C1 00"),
    ],
    "GET list in blocks": _blocks("C003C1 02" + PROFILE + "02 00" + PROFILE + "02 00", "C402C1 00", 6),
    "SET in blocks": [
        ("C102C1" + NOTE + "02 00 00 00000001 02 0600", "C502C1 00000001"),
        ("C103C1 01 00000002 03 000005", "C503C1 00 00000002"),
    ],
    "SET list in blocks": [
        ("C105C1 02" + NOTE + "02 00" + NOTE + "02 00 00 00000001 03 02 0600", "C502C1 00000001"),
        ("C103C1 01 00000002 08 000005 06 00000006", "C504C1 02 00 00 00000002"),
    ],
    "ACTION in blocks": [
        ("C304C1" + COUNTER + "01 00 00000001 01 0F", "C704C1 00000001"),
        ("C306C1 01 00000002 01 00", "C701C1 00 00"),
    ],
    "GET in general blocks": _general("C001C1" + PROFILE + "02 00", PROFILE_BLOCKS),
    "GET list in general blocks": _general("C003C1 02" + PROFILE + "02 00" + CLOCK + "02 00", 6),
    "SET in general blocks": [
        ("E001 0001 0000 0A C101C1 00010000608001", "E0"),
        ("E081 0002 0001 08 FF 0200 06 00000005", "E0"),
    ],
    "ACTION in general blocks": _general("C301C1" + COUNTER + "01 01 0F 00", 1),
    "ACCESS": [
        (
            _access(
                "50",
                ("01" + ENERGY + "02", "00"),
                ("02" + NOTE + "02", "06 00000005"),
                ("03" + COUNTER + "01", "0F 00"),
            ),
            "DA50000001 00 01 03",
        ),
        (
            _access("40", ("04" + PROFILE + "02 02" + _entries(0, 0), "00"), ("02" + ENERGY + "02", "06 00000000")),
            "DA40000001 0000 02 0000",
        ),
        (_access("40", ("01" + CLOCK + "02", "00")), "DA40000001 0000 01 090C"),
    ],
    "ACCESS in general blocks": _general(
        _access("40", ("01" + PROFILE + "02", "00"), ("01" + CLOCK + "02", "00")), PROFILE_BLOCKS
    ),
    "SET of the clock": [
        ("C101C1" + CLOCK + "03 00 10 FFC4", "C501C1 00"),
        ("C101C1" + CLOCK + "03 00 10 0000", "C501C1 00"),
    ],
    "disconnect and reconnect": [
        ("C301C1" + SUPPLY + "01 01 0F 00", "C701C1 00"),
        ("C301C1" + SUPPLY + "02 01 0F 00", "C701C1 00"),
    ],
    "Push setup": [
        ("C001C1" + PUSH + "02 00", "C401C1 00 01"),
        ("C001C1" + PUSH + "03 00", "C401C1 00 0203"),
        ("C101C1" + PUSH + "06 00 11 05", "C501C1 00"),
        ("C101C1" + PUSH + "07 00 0203 120001 1200C8 12003C", "C501C1 00"),
        ("C101C1" + PUSH + "07 00 0203 12000A 1200C8 120E10", "C501C1 00"),
        ("C101C1" + PUSH + "06 00 11 03", "C501C1 00"),
        ("C301C1" + PUSH + "02 01 0F 00", "C701C1 00 00"),
    ],
    "GET of the open associations": [("C001C1" + PARTNERS + "02 00", "C401C1 00 01")],
    "capture": [("C301C1" + PROFILE + "02 01 0F 00", "C701C1 00 00")],
    "GET of another service class": [
        ("C00101" + ENERGY + "02 00", "C40101 00 06"),
        ("C00301 02" + ENERGY + "02 00" + CLOCK + "02 00", "C40301 02 00 06"),
        ("C00401", "C40101 01"),
    ],
    "blocks of another request": [
        ("C102C1" + NOTE + "02 00 00 00000001 02 0600", "C502C1 00000001"),
        ("C103C2 01 00000002 03 000005", "C503C2 12 00000002"),
        ("C103C2", "C501C2"),
        ("C002C2 00000001", "C402C2 01 00000001 01 10"),
        ("C302C2 00000001", "C701C2 10"),
        ("C306C2 01 00000002 01 00", "C701C2 10"),
        ("C103C1 01 00000002 03 000005", "C503C1 00 00000002"),
    ],
    "general blocks of another request": [
        ("E001 0001 0000 0A C101C1 00010000608001", "E0"),
        ("E001 0002 0001 01 FF", "E0"),
        ("E001 0002 0001 01 FF", "E0"),
        ("E001 0002 0001 01 00", "D80101"),
    ],
}

# One of each way to be refused. `REFUSED` is a cycle too.
REFUSALS = {
    "unknown object": ("C001C1" + UNKNOWN + "02 00", "C401C1 01 04"),
    "object of another class": ("C001C1 0001 0100010800FF 02 00", "C401C1 01 09"),
    "unknown attribute": ("C001C1" + ENERGY + "09 00", "C401C1 01 0C"),
    "selection where there is none": ("C001C1" + ENERGY + "02 01 02" + _entries(1, 1), "C401C1 01 0C"),
    "malformed selection": ("C001C1" + PROFILE + "02 01 01 0F 00", "C401C1 01"),
    "GET that breaks off": ("C001C1" + ENERGY, "C401C1 01"),
    "GET of no known kind": ("C009C1", "C401C1 01"),
    "GET without invoke-id": ("C001", "D801"),
    "next block of no transfer": ("C002C1 00000001", "C402C1 01 00000001 01 10"),
    "SET without right": ("C101C1" + ENERGY + "02 00 06 00000005", "C501C1 03"),
    "SET of another type": ("C101C1" + NOTE + "02 00 11 05", "C501C1 0C"),
    "SET of an unknown object": ("C101C1" + UNKNOWN + "02 00 11 05", "C501C1 04"),
    "SET that breaks off": ("C101C1" + NOTE + "02 00 06 0000", "C501C1"),
    "SET nested too deep": ("C101C1" + NOTE + "02 00" + "0201" * 20 + "00", "C501C1 0C"),
    "datablock of no transfer": ("C103C1 01 00000002 01 00", "C5"),
    "unknown method": ("C301C1" + ENERGY + "09 00", "C701C1"),
    "method with another parameter": ("C301C1" + COUNTER + "01 01 0201 0F 00", "C701C1 0C"),
    "push without a destination": ("C301C1" + PUSH + "01 01 0F 00", "C701C1 FA"),
    "pblock of no transfer": ("C306C1 01 00000002 01 00", "C7"),
    "list with failures": ("C003C1 02" + ENERGY + "02 00" + UNKNOWN + "02 00", "C403C1 02 00 06"),
    "list too long": ("C003C1 7F" + (ENERGY + "02 00") * 40, "D801"),
    "unknown service": ("7F01C1", "D801"),
    "short-name service": ("050102FA00", "D801"),
    "general block that is none": ("E0810001", "D801"),
    "general block of no transfer": ("E081 0007 0003 01 00", "D801"),
    "ACCESS that breaks off": ("D940000001 00 01 01", "D801"),
    "ACCESS with failures": (
        _access("60", ("01" + UNKNOWN + "02", "00"), ("02" + NOTE + "02", "06 00000005")),
        "DA60000001 0000 02 0000",
    ),
}
REFUSED = list(REFUSALS.values())
_NOT_EVERYWHERE = ("push without a destination", "ACCESS with failures")

# <object + offset>: the base name of the object and its offset, both hexadecimal
_VALUE, _RESET, _BUFFER, _ENTRIES_IN_USE, _CAPTURE = 0x08, 0x28, 0x08, 0x30, 0x60


def _name(o, offset):
    return "<" + o.replace(" ", "") + "%02X>" % offset


def _parts(first, answer, n):
    """A Read in blocks: the first request, and n - 1 more."""
    return [(first, answer + "0001")] + [("050105 %04X" % i, "0C0102 00 %04X" % (i + 1)) for i in range(1, n)]


_ENERGY = "02" + _name(ENERGY, _VALUE)
_NOTE = "02" + _name(NOTE, _VALUE)
_LABEL = "02" + _name(LABEL, _VALUE)
_PROFILE = "02" + _name(PROFILE, _BUFFER)
_ATTRIBUTES = ((ENERGY, "02"), (CLOCK, "02"), (STATE, "00"))
_BY_NAME = "01 03" + "".join(["02 03 12 " + o.replace(" ", " 09 06 ") + " 0F " + k for o, k in _ATTRIBUTES])

SHORT_NAMES = {
    "Read of a Register": [("0501" + _ENERGY, "0C01 00 06")],
    "Read of what is computed": [
        ("0501 02" + _name(STATE, _VALUE), "0C01 00 0204 06"),
        ("0501 02" + _name(PROFILE, _ENTRIES_IN_USE), "0C01 00 06"),
    ],
    "Read list": [("0505" + _ENERGY * 3 + _NOTE + "02 FFFF", "0C05 00 06")],
    "Read in blocks": _parts("0501" + _PROFILE, "0C0102 00", PROFILE_BLOCKS),
    "Read of object_list and rights": _parts("0501 02 FA08", "0C0102 00", 6) + _parts("0501 02 FA10", "0C0102 00", 16),
    "Read list in blocks": _parts("0502" + _PROFILE + _PROFILE, "0C0102 00", 6),
    "Read in general blocks": [("E081 0001 0000 05 0501" + _PROFILE, "E0")]
    + [("E081" + _octets(i + 1, 2) + _octets(i, 2) + "00", "E0") for i in range(1, PROFILE_BLOCKS)],
    "Write in general blocks": [
        ("E001 0001 0000 06 0601" + _NOTE + "01", "E0"),
        ("E081 0002 0001 05 06 00000005", "E0"),
    ],
    "Read by entry": [("0501 04" + _name(PROFILE, _BUFFER) + "02" + _entries(1, 1), "0C01 00 0101")],
    "Read of lists by selector": [
        ("0501 04 FA08 01 12 0046", "0C01 00 0101"),
        ("0501 04 FA08 02 0202 12 0003 09 06 0100010800FF", "0C01 00 0204 10"),
        ("0501 04 FA10 01 10 FA00", "0C01 00 0203 10 FA00"),
        ("0501 04 FA10 01 10 FA08", "0C01 01 04"),
    ],
    "Read request in parts": [("050106 00 0001 01 01", "0C0103 0001"), ("050106 01 0002 03" + _ENERGY, "0C01 00 06")],
    "Read of a method": [
        ("0501 04" + _name(COUNTER, _RESET) + "00 0F00", "0C01 00 00"),
        ("0501 02" + _name(COUNTER, _RESET), "0C01 00 00"),
    ],
    "read_by_logicalname": [("0501 04 FA30 00" + _BY_NAME, "0C01 00 0204")],
    "Write of a Data": [("0601" + _NOTE + "01 06 00000005", "0D01 00"), ("0601" + _NOTE + "01 06 FFFFFFFF", "0D01 00")],
    "Write list": [
        ("0602" + _NOTE + _LABEL + "02 06 00000005 09 0F 4141414141 4242424242 4343434343", "0D02 00 00"),
    ],
    "Write in parts": [
        ("060107 00 0001 01 09 05 01" + _NOTE + "01", "0D0102 0001"),
        ("060107 01 0002 01 09 05 06 00000005", "0D01 00"),
    ],
    "Write of a method": [
        ("0601 02" + _name(COUNTER, _RESET) + "01 0F00", "0D01 00"),
        ("0601 02" + _name(PROFILE, _CAPTURE) + "01 0F00", "0D01 00"),
    ],
    "UnconfirmedWrite": [("1601" + _NOTE + "01 06 00000005", ""), ("1601" + _NOTE + "01 11 05", ""), ("16", "")],
    "refused with short names": [
        ("0501 02 FFFF", "0C01 01 04"),
        ("0501 02 0101", "0C01 01 04"),
        ("0501 04" + _name(ENERGY, _VALUE) + "02" + _entries(1, 1), "0C01 01 0C"),
        ("0501 02", "0E050300"),
        ("0521" + _ENERGY * 33, "0E050301"),
        ("050105 0001", "0C01 01 10"),
        ("050106 00 0002 00", "0C01 01 10"),
        ("0601" + _ENERGY + "01 11 05", "0D01 01 03"),
        ("0601" + _NOTE + "01 11 05", "0D01 01 0C"),
        ("0601" + _NOTE + "01", "0E060300"),
        ("060107 01 0002 01 09 00", "0D01 01 12"),
        ("0601 04" + _name(NOTE, _VALUE) + "00 00 01 11 05", "0D01 01 0C"),
        ("C001C1" + ENERGY + "02 00", "0E010302"),
        ("7F01C1", "0E010302"),
    ],
}

_SHORT_IN_BLOCKS = ("Read in blocks", "Read of object_list and rights", "Read list in blocks", "Read in general blocks")
IN_BLOCKS = (
    "GET-next of a profile block",
    "GET of the object list",
    "GET list in blocks",
    "GET by entry",
    "GET by range",
    "GET in general blocks",
    "GET list in general blocks",
    "ACCESS",
    "ACCESS in general blocks",
)


def unhex(text):
    return bytes.fromhex(text.replace(" ", ""))


def short_cycle(kind, base):
    """The cycle of a kind of SHORT_NAMES as octets; base(class-id and logical name, eight
    octets) is the base name of an object.
    """

    def octets(text):
        while "<" in text:
            head, _, rest = text.partition("<")
            name, _, rest = rest.partition(">")
            text = head + "%04X" % (base(unhex(name[:16])) + int(name[16:], 16)) + rest
        return unhex(text)

    return [(octets(request), octets(answer)) for request, answer in SHORT_NAMES[kind]]


def cycle(kind):
    """The cycle of a kind as octets: list of (request, beginning of the answer)."""
    return [(unhex(request), unhex(answer)) for request, answer in (REFUSED if kind == "refused" else NAMED[kind])]


def left_out(kind, limits):
    """Whether a board with this table of limits leaves out what a kind asks for."""
    if kind == "Push setup":
        return limits.PUSHES == 0
    return limits.GBT_WINDOW == 0 and ("general block" in kind or kind.startswith("ACCESS"))


def refused_everywhere():
    """The cycle "refused" of a board that leaves out what it may: an object or a
    service less is another refusal.
    """
    return [
        (unhex(request), unhex(answer)) for name, (request, answer) in REFUSALS.items() if name not in _NOT_EVERYWHERE
    ]


def pdu_size(kind):
    """The client-max-receive-pdu-size to propose for a kind."""
    return BLOCK if kind in IN_BLOCKS or kind in _SHORT_IN_BLOCKS else 1024
