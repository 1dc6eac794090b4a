"""A block of rows the fast path is the block that the slow path sends, native and plain, wherever a
value is cut and whatever comes between two blocks.

Three servers with equal objects are given the same requests: two try the fast path first, one never
does. Answers and the counter of WPDUs have to be the same, what is kept of the transfer that of the
two.
"""

from cosem.base import Interface
from dlms.codec import axdr
from dlms.codec.errors import SUCCESS
from dlms.ln import fast_rows_plain
from dlms.long.stream import HEAD
from mp_twins import Random, need
from rig import ALL, LIST, PAIR, THING, Directory, Rig, tohex, unhex

try:
    from dlms.ln import fast_rows_viper
except (SyntaxError, NameError, ImportError):
    fast_rows_viper = None

REQ = {"*": ("D-14", "D-15", "D-19")}

NEXT = "C002{:02X} {:08X}"


class Table(Interface):
    """Attribute 2: array of n octet-strings of `size` octets, which `elements` writes; attribute 3:
    the same, one by one. Row `gone` is not there any more, row `faulty` raises.
    """

    CLASS_ID = 7
    ATTRIBUTES = 3
    LONG = (2, 3)
    ROWS = 2

    def __init__(self, n, size):
        Interface.__init__(self)
        self.n = n
        self.size = size
        self.gone = self.faulty = -1

    def open(self, k, cur):
        cur.tag = axdr.ARRAY
        cur.n = self.n
        return SUCCESS

    def element(self, k, cur, i, buf, off):
        if i == self.gone:
            return -14
        if i == self.faulty:
            raise ValueError("planted")
        buf[off : off + 2 + self.size] = bytes((9, self.size)) + bytes([(i + k) & 0xFF for k in range(self.size)])
        return off + 2 + self.size

    def elements(self, cur, buf, off, end):
        while off < end and cur.i < cur.n:
            row = bytearray(2 + self.size)
            if self.element(2, cur, cur.i, row, 0) < 0:
                break
            cur.i += 1
            n = min(len(row), end - off)
            buf[off : off + n] = row[:n]
            off += n
            if n < len(row):
                cur.carry[HEAD : HEAD + len(row)] = row
                cur.c0 = HEAD + n
                cur.c1 = HEAD + len(row)
        return off


class World:
    """A server with one table. block: the fast path that it tries, or None."""

    def __init__(self, block, pdu, n, size):
        self.block = block
        self.rig = rig = Rig()
        self.table = Table(n, size)
        directory = Directory(
            {LIST: self.table, PAIR: rig.pair, THING: rig.thing},
            {LIST: (0, 1, 1, 1), PAIR: (0, 1, 3, 3, 2, 1), THING: (0, 1, 3, 1)},
        )
        rig.public.directory = directory
        rig.public.acc = directory.acc
        rig.open(pdu=pdu, conformance=ALL & ~0x000400)  # without general block transfer
        self.taken = 0

    def ask(self, apdu):
        """Octets of the answer."""
        rig = self.rig
        wpdu = bytes((0, 1, 0, 16, 0, 1, 0, len(apdu))) + apdu
        rx = bytearray(b"\x5a\x5a\x5a") + wpdu + bytearray(b"\x5a" * 8)
        aa = rig.link.aas[0]
        n = 0
        if self.block is not None and aa.transfer is not None:
            before = self.state()
            n = self.block(
                [None] * 6 + [aa.room] + [None] * 3 + [aa.transfer], rx, 3, len(wpdu), rig.tx, rig.server.served
            )
            self.taken += n > 0
            assert n or self.state() == before, tohex(apdu)
        n = n or rig.server.serve(rig.link, rx, 3, len(wpdu), rig.tx)
        return bytes(rig.tx[:n])

    def state(self):
        t = self.rig.link.aas[0].transfer
        kept = t and (t.kind, t.block, t.i, t.n, bytes(t.carry[t.c0 : t.c1]), t.fault)
        return kept, bytes(self.rig.server.served), len(self.rig.notes)


def worlds(pdu, n, size):
    """The servers: native, plain, without."""
    need(fast_rows_viper)
    return [World(block, pdu, n, size) for block in (fast_rows_viper.fast_rows, fast_rows_plain.fast_rows, None)]


def ask(all_three, text):
    """What all answer alike."""
    apdu = unhex(text)
    answers = [world.ask(apdu) for world in all_three]
    assert answers[0] == answers[1] == answers[2], text
    states = [world.state() for world in all_three]
    # the slow path reads a row ahead where a block ends with one
    assert states[0] == states[1] and states[0][1:] == states[2][1:], text
    return answers[0]


def read(all_three, request, between=None, iip=0xC1):
    """Read a value in blocks; returns its octets. between(number): called before each block."""
    answer = ask(all_three, request)
    whole = b""
    number = 1
    while answer[8:10] == b"\xc4\x02" and answer[16] == 0:
        whole += answer[18 if answer[17] < 0x80 else 18 + (answer[17] & 0x7F) :]
        if answer[11]:
            return whole
        if between is not None:
            between(number)
        answer = ask(all_three, NEXT.format(iip, number))
        number += 1
    return whole + answer


def test_rows_of_every_length_in_blocks_of_every_length():
    for pdu in (12, 13, 30, 64, 127, 138, 139, 140, 141, 142, 200, 266, 267, 268, 269, 270, 271, 512, 1024):
        for n, size in ((40, 1), (25, 38), (9, 100)):
            three = worlds(pdu, n, size)
            whole = read(three, "C001C1" + LIST + "0200")
            rows = three[0].table
            assert bytes([(n - 1 + k) & 0xFF for k in range(size)]) in whole
            assert three[0].taken == three[1].taken
            assert three[0].taken or rows.n * (rows.size + 2) < 3 * pdu, (pdu, n, size)
            # the same among other values
            read(three, "C001C1" + LIST + "0000")
            read(three, "C003C1 03" + PAIR + "0200" + LIST + "0200" + LIST + "0300")
            read(three, "C001C1" + LIST + "0300")
    assert ask(three, "C001C1" + PAIR + "0200")[11] == 0


def test_what_is_no_plain_request_for_the_next_block():
    random = Random(31)
    for _ in range(300):
        three = worlds(60, 30, 20)
        ask(three, "C001C1" + LIST + "0200")
        for number in range(1, 6):
            apdu = bytearray(unhex(NEXT.format(0xC1, number)))
            if random.below(3) == 0:
                apdu[random.below(7)] = (random.below(256), number, 0xC1, 0xC2, 0x81)[random.below(5)]
            if random.below(12) == 0:
                apdu.append(0)
            if random.below(12) == 0:
                apdu = apdu[:-1]
            ask(three, tohex(apdu))


def test_rows_that_are_gone_and_objects_that_raise():
    for key in ("gone", "faulty"):
        for row in range(6, 12):
            three = worlds(70, 20, 20)

            def lose(number, three=three, row=row, key=key):
                if number == 2:
                    for world in three:
                        setattr(world.table, key, row)

            answer = read(three, "C001C1" + LIST + "0200", lose)
            assert answer[-10:-8] == b"\xc4\x02" or answer[-5:-3] == b"\xc4\x01", tohex(answer)


def test_the_server_takes_the_fast_path():
    """The way of an AA leads to it, through the server, while the transfer of a GET runs."""
    world = World(None, 70, 20, 20)
    rig = world.rig
    assert rig.ask("C001C1" + LIST + "0200").startswith("C402C1 00 00000001".replace(" ", ""))
    asked = []
    serve = rig.server.serve
    rig.server.serve = lambda *words: asked.append(1) or serve(*words)
    assert rig.ask("C002C1 00000001").startswith("C402C10000000002003C")
    assert not asked
    assert rig.ask("C002C1 00000001") == "C402C1010000000101" + "13"
    assert asked
    assert rig.ask("C001C1" + PAIR + "0200") == "C401C1001107"
    assert len(asked) == 1
