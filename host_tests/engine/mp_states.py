"""The table of long transfers cell by cell: every state is entered on a real server, every
event sent to it, and looked at what it did.

The table stands here a second time, in letters. What a letter means is shown by `check`. An AA has
either logical or short names, so that the cells of a state of one with an event of the other cannot
be entered; those of what both have are, with both.
"""

from dlms.long import states
from dlms.long.now import HIGH
from gbt_rig import BLOCKS, EVERYTHING, GBT, ask, block
from rig import LIST, TEXT, THING, Rig, tohex, unhex
from short_name_rig import ALL as SN_ALL
from short_name_rig import SN, SnRig

REQ = {
    "cell-*": ("D-15", "D-16", "D-17", "D-22", "D-32", "D-50", "D-51", "D-82", "D-87", "D-88", "D-89"),
    "test_*": ("D-17",),
}

STATES = (
    "NONE",
    "GET_OUT",
    "ACTION_OUT",
    "SET_IN",
    "ACTION_IN",
    "READ_OUT",
    "READ_IN",
    "WRITE_IN",
    "GBT_IN",
    "GBT_OUT",
    "GBT_SENT",
)

# B begins anew · N no long transfer in progress · W wrong number · M malformed · R
# no room · S sends on · T taken, acknowledged or not X executed · K acknowledged
# again · I ignored · D done · A aborted
CELLS = """
                 NONE GET_OUT ACTION_OUT SET_IN ACTION_IN READ_OUT READ_IN WRITE_IN GBT_IN GBT_OUT GBT_SENT
REQUEST          B    B       B          B      B         B        B       B        B      B       B
GET_NEXT         N    S       N          N      N         N        N       N        N      N       N
GET_OTHER        N    W       N          N      N         N        N       N        N      N       N
ACTION_NEXT      N    N       S          N      N         N        N       N        N      N       N
ACTION_OTHER     N    N       W          N      N         N        N       N        N      N       N
SET_BLOCK        N    N       N          T      N         N        N       N        N      N       N
SET_LAST         N    N       N          X      N         N        N       N        N      N       N
SET_OTHER        N    N       N          W      N         N        N       N        N      N       N
SET_BAD          M    M       M          M      M         M        M       M        M      M       M
SET_LONG         N    N       N          R      N         N        N       N        N      N       N
ACTION_BLOCK     N    N       N          N      T         N        N       N        N      N       N
ACTION_LAST      N    N       N          N      X         N        N       N        N      N       N
ACTION_STRAY     N    N       N          N      W         N        N       N        N      N       N
ACTION_BAD       M    M       M          M      M         M        M       M        M      M       M
ACTION_LONG      N    N       N          N      R         N        N       N        N      N       N
READ_NEXT        N    N       N          N      N         S        N       N        N      N       N
READ_OTHER       N    N       N          N      N         W        N       N        N      N       N
READ_BLOCK       N    N       N          N      N         N        T       N        N      N       N
READ_LAST        N    N       N          N      N         N        X       N        N      N       N
READ_STRAY       N    N       N          N      N         N        W       N        N      N       N
READ_BAD         M    M       M          M      M         M        M       M        M      M       M
READ_LONG        N    N       N          N      N         N        R       N        N      N       N
WRITE_BLOCK      N    N       N          N      N         N        N       T        N      N       N
WRITE_LAST       N    N       N          N      N         N        N       X        N      N       N
WRITE_STRAY      N    N       N          N      N         N        N       W        N      N       N
WRITE_BAD        M    M       M          M      M         M        M       M        M      M       M
WRITE_LONG       N    N       N          N      N         N        N       R        N      N       N
GBT_FIRST        B    B       B          B      B         B        B       B        B      B       B
GBT_BLOCK        I    I       I          I      I         I        I       I        T      A       A
GBT_TURN         I    I       I          I      I         I        I       I        T      A       A
GBT_LAST         I    I       I          I      I         I        I       I        X      A       A
GBT_LONG         I    I       I          I      I         I        I       I        R      A       A
GBT_AHEAD        I    I       I          I      I         I        I       I        K      A       A
GBT_OLD          I    I       I          I      I         I        I       I        K      S       S
GBT_ACK          I    I       I          I      I         I        I       I        K      S       S
GBT_ACK_ALL      I    I       I          I      I         I        I       I        K      S       D
GBT_ACK_OLD      I    I       I          I      I         I        I       I        I      I       I
GBT_UNSENT       I    I       I          I      I         I        I       I        A      A       A
GBT_BAD          M    M       M          M      M         M        M       M        M      M       M
GBT_OTHER        I    I       I          I      I         I        I       I        A      A       A
GBT_STUCK        I    I       I          I      I         I        I       I        A      A       A
"""
REPEATS = 5  # what a client gets again without progress; then it is stuck
ACTIONS = "ISTXKBNWMRDA"  # in the order of their numbers

SET_REQUEST = "C102C1" + TEXT + "0200 00 00000001 03 098064"
ACTION_REQUEST = "C304C1" + THING + "02 00 00000001 03 098064"
# States and families of events with logical names alone, and with short names alone
LOGICAL = ("GET_OUT", "ACTION_OUT", "SET_IN", "ACTION_IN", "GET", "ACTION", "SET")
SHORT = ("READ_OUT", "READ_IN", "WRITE_IN", "READ", "WRITE")


def table():
    """The rows in order: the event, then its letters."""
    return [line.split() for line in CELLS.strip().split("\n")[1:]]


class Logical:
    """A rig with logical names in a state, a UDP peer: nothing that is late gets an error there."""

    client = 16
    request = ("C001C1" + THING + "0200", "C401C1000903616263")
    ending = ("C001C1" + THING + "0100", "C401C10009060000600100FF")
    refused = {"M": "D80102", "R": "D80104", "A": "D80101"}
    last = {"SET_LAST": "C5", "ACTION_LAST": "C7", "GBT_LAST": "E0"}
    taken = {"SET_BLOCK": "C502C100000002", "ACTION_BLOCK": "C704C100000002"}
    letters = {
        "GET": {"N": "C402C101000000090110", "W": "C402C101000000090113"},
        "SET": {"W": "C503C11300000003", "M": "C503C10E00000002", "R": "C503C10E00000002"},
        "ACTION": {"N": "C701C11000", "W": "C701C10F00", "M": "C701C1FA00", "R": "C701C10E00"},
    }

    def __init__(self, state):
        self.rig = Rig(conformance=EVERYTHING)
        self.state = state
        self.setting = tohex(unhex("C101C1" + TEXT + "0200 0903414243"))
        self.enter(EVERYTHING & ~BLOCKS if state.startswith("GBT") else EVERYTHING, self.script())

    def enter(self, conformance, script):
        rig = self.rig
        rig.link = rig.new_link(stream=False)
        rig.open(64, conformance=conformance)
        for request in script[self.state]:
            self.ask(request)
        t = rig.link.aas[0].transfer
        assert (states.NONE if t is None else t.kind) == STATES.index(self.state), self.state
        del rig.log[:]

    def ask(self, apdu):
        return ask(self.rig, apdu, self.client)

    def script(self):
        """State -> the requests that lead to it."""
        reading = tohex(unhex("C001C1" + LIST + "0200"))
        long_answer = tohex(unhex("C301C1" + THING + "0201 0950" + "43" * 80))
        script = {
            "GET_OUT": ("C001C1" + LIST + "0200",),
            "ACTION_OUT": ("C301C1" + THING + "0501 120100",),
            "SET_IN": (SET_REQUEST,),
            "ACTION_IN": (ACTION_REQUEST,),
        }
        script.update(self.general(reading, long_answer))
        return script

    def general(self, reading, long_answer):
        """The same for no transfer and for general block transfer."""
        setting = self.setting
        # the last block that the client sent in these states
        self.old = {
            "GBT_IN": block(0x02, 2, 0, setting[8:16]),
            "GBT_OUT": block(0x82, 2, 1, reading[8:]),
            "GBT_SENT": block(0x83, 2, 1, long_answer[6:]),
        }
        return {
            "NONE": (),
            "GBT_IN": (block(0x42, 1, 0, setting[:8]), self.old["GBT_IN"]),
            "GBT_OUT": (block(0x02, 1, 0, reading[:8]), self.old["GBT_OUT"]),
            "GBT_SENT": (block(0x02, 1, 0, long_answer[:6]), self.old["GBT_SENT"]),
        }

    def events(self, number):
        """Event -> its APDU, None for those that there are in one state alone.
        number: of the last block sent.
        """
        return {
            "GET_NEXT": f"C002C1{number:08X}" if self.state == "GET_OUT" else None,
            "GET_OTHER": "C002C100000009",
            "ACTION_NEXT": f"C302C1{number:08X}" if self.state == "ACTION_OUT" else None,
            "ACTION_OTHER": "C302C100000009",
            "SET_BLOCK": "C103C1 00 00000002 02 4141",
            "SET_LAST": "C103C1 01 00000002 01 00",
            "SET_OTHER": "C103C1 00 00000003 02 4141",
            "SET_BAD": "C103C1 00 00000002 03 4141",
            "SET_LONG": "C103C1 00 00000002 820258" + "41" * 600,
            "ACTION_BLOCK": "C306C1 00 00000002 02 4141",
            "ACTION_LAST": "C306C1 01 00000002 01 00",
            "ACTION_STRAY": "C306C1 00 00000003 02 4141",
            "ACTION_BAD": "C306C1 00 00000002 03 4141",
            "ACTION_LONG": "C306C1 00 00000002 820258" + "41" * 600,
        }

    def send(self, event):
        """Send the APDU that is this event in this state; None when there is no such APDU there."""
        state = self.state
        t = self.rig.link.aas[0].transfer
        sent = t.gbt.now[HIGH] if state in ("GBT_OUT", "GBT_SENT") else 1
        rest = self.setting[16:]
        apdus = self.events(t.block if t else 5)
        apdus.update(
            {
                "REQUEST": self.request[0],
                "GBT_FIRST": block(0x82, 1, 0, tohex(unhex(self.request[0]))),
                "GBT_BLOCK": block(0x42, 3, 1, rest[:4]),
                "GBT_TURN": block(0x02, 3, 1, rest[:4]),
                "GBT_LAST": block(0x82, 3, 1, rest),
                "GBT_LONG": block(0x02, 3, 1, "41" * 600),
                "GBT_AHEAD": block(0x02, 4, 1, "4141"),
                "GBT_OLD": self.old.get(state, block(0x02, 2, 1, "4141")),
                "GBT_STUCK": self.old.get(state, block(0x02, 2, 1, "4141")),
                "GBT_OTHER": block(0x82 if state in ("GBT_OUT", "GBT_SENT") else 0x02, 2, 1, "4141"),
                "GBT_ACK": block(0x82, 3, min(sent, 2) if state == "GBT_SENT" else sent),
                "GBT_ACK_ALL": block(0x82, 3, sent),
                "GBT_ACK_OLD": block(0x82, 1, 1),
                "GBT_UNSENT": block(0x82, 3, 100),
                "GBT_BAD": "E0810003000005C0",
            }
        )
        apdu = apdus[event]
        if apdu is None:
            return None
        if state == "GBT_IN" and event in ("GBT_ACK", "GBT_ACK_ALL"):
            # while a request comes a block without data is a block: one that
            # was there already is answered
            apdu = block(0x82, 2, 1)
        if state == "GBT_IN" and event == "GBT_ACK_OLD":
            return None  # is GBT_OLD there
        if event == "GBT_STUCK":
            for _ in range(REPEATS):
                self.ask(apdu)
        return self.ask(apdu)

    def continued(self, answer):
        """Whether an answer is a further block."""
        return answer[:2] in ("C4", "C7", "E0") and answer[:4] not in ("C401", "C701")

    def check(self, event, letter, answers):
        """Whether what was answered, what was done and the state
        afterwards are those of the letter.
        """
        rig, state = self.rig, self.state
        t = rig.link.aas[0].transfer
        after = STATES[states.NONE if t is None else t.kind]
        answer = answers[0] if answers else ""
        if letter == "B":
            general = event == "GBT_FIRST"
            assert answer == (block(0x85, 1, 1, self.request[1]) if general else self.request[1])
            assert after == ("GBT_SENT" if general else "NONE")
        elif letter == "I":
            assert answers == [] and after == state
        elif letter in "NWMRA":
            assert after == "NONE"
            self.check_refused(event, letter, answer)
        elif letter == "S":
            assert after in (state, "GBT_SENT") and self.continued(answer), answer
        elif letter == "T":
            assert after == state
            taken = {"GBT_BLOCK": "", "GBT_TURN": block(0x85, 2, 3)}
            taken.update(self.taken)
            assert answer == taken[event]
        elif letter == "X":
            assert after == ("GBT_SENT" if event == "GBT_LAST" else "NONE")
            assert answer[:2] == self.last[event], answer
            if event in ("GBT_LAST", "WRITE_LAST"):
                assert rig.log == ["set 0903414243"]
        elif letter == "K":
            assert after == state and answers == [block(0x85, 2, 2)]
        else:
            assert letter == "D"
            assert after == "NONE" and answers == []
        if letter not in "BX":
            assert rig.log == []
        assert rig.link.streaming is None
        free = rig.server.udp_transfers.free
        assert free == (1 if after == "NONE" else 0), (after, free)

    def check_refused(self, event, letter, answer):
        """Whether the answer refuses what the event is as the letter says."""
        family = event.split("_")[0]
        if family == "GBT":
            assert answer == self.refused[letter], answer
        elif letter == "N" and family == "SET":
            assert answer[:8] == "C503C112", answer
        else:
            assert answer == self.letters[family][letter], answer


class Short(Logical):
    """The same with short names."""

    client = SN
    refused = {"M": "0E010302", "R": "0E010301", "A": "0E010302"}
    last = {"READ_LAST": "0C", "WRITE_LAST": "0D", "GBT_LAST": "E0"}
    taken = {"READ_BLOCK": "0C01030002", "WRITE_BLOCK": "0D01020002"}
    letters = {
        "READ": {"N": "0C010110", "W": "0C010113", "M": "0C01010E", "R": "0C01010E"},
        "WRITE": {"N": "0D010112", "W": "0D010113", "M": "0D01010E", "R": "0D01010E"},
    }

    def __init__(self, state):
        self.rig = rig = SnRig(conformance=SN_ALL | GBT)
        self.state = state
        self.thing = "02" + rig.attribute(THING, 2)
        self.request = ("0501" + self.thing, "0C01000903616263")
        self.ending = ("050102" + rig.attribute(THING, 1), "0C010009060000600100FF")
        self.setting = "060102" + rig.attribute(TEXT, 2) + "010903414243"
        self.enter(SN_ALL | GBT, self.script())

    def script(self):
        rig = self.rig
        reading = "050102" + rig.attribute(LIST, 2)
        script = {
            "READ_OUT": (reading,),
            "READ_IN": ("05010600 0001 0101",),
            "WRITE_IN": ("06010700 0001 0109 02" + self.setting[2:6],),
        }
        script.update(self.general(reading, "050104" + rig.method(THING, 2) + "000950" + "43" * 80))
        return script

    def events(self, number):
        return {
            "READ_NEXT": f"050105{number:04X}" if self.state == "READ_OUT" else None,
            "READ_OTHER": "0501050009",
            "READ_BLOCK": "05010600 0002 024141",
            "READ_LAST": "05010601 0002 03" + self.thing,
            "READ_STRAY": "05010600 0003 024141",
            "READ_BAD": "05010600 0002 034141",
            "READ_LONG": "05010600 0002 820258" + "41" * 600,
            "WRITE_BLOCK": "06010700 0002 0109 024141",
            "WRITE_LAST": "06010701 0002 0109 08" + self.setting[6:],
            "WRITE_STRAY": "06010700 0003 0109 024141",
            "WRITE_BAD": "06010700 0002 0109 034141",
            "WRITE_LONG": "06010700 0002 0109 820258" + "41" * 600,
        }

    def continued(self, answer):
        return answer[:6] == "0C0102" or answer[:2] == "E0"


def cell(names, event, state, letter):
    one = names(state)
    answers = one.send(event)
    if answers is None:
        return
    one.check(event, letter, answers)
    # whatever happened, the AA serves on
    assert one.ask(one.ending[0]) == [one.ending[1]]
    assert one.rig.server.udp_transfers.free == 1


def cases():
    for row in table():
        family = row[0].split("_")[0]
        for column in range(len(STATES)):
            state = STATES[column]
            what = (row[0], state, row[column + 1])
            if state not in SHORT and family not in SHORT:
                yield "cell-" + row[0] + "-" + state, cell, (Logical,) + what
            if state not in LOGICAL and family not in LOGICAL:
                yield "cell-" + row[0] + "-" + state + "-short", cell, (Short,) + what


def test_the_table_is_the_one_of_the_server():
    rows = table()
    columns = len(STATES) + 1
    assert len(rows) * columns == len(states.TABLE)
    for event in range(len(rows)):
        for state in range(len(STATES)):
            letter = ACTIONS[states.TABLE[columns * event + state]]
            assert letter == rows[event][state + 1], (rows[event][0], STATES[state])
        # WHOLE_OUT, the last column, meets nothing: a connection serves no
        # request while its answer goes
        assert states.TABLE[columns * event + states.WHOLE_OUT] == states.TABLE[columns * event + states.NONE]
