"""The table of long transfers cell by cell: every state is entered on a real server, every event sent to it, and looked at what it did.

The table stands here a second time, in letters. What a letter means is told by `check`.
"""

from dlms import states
from gbt_rig import EVERYTHING, ask, block
from rig import LIST, TEXT, THING, Rig, tohex, unhex

REQ = {"cell-*": ("D-15", "D-16", "D-17", "D-22", "D-32", "D-82", "D-87", "D-89"), "test_*": ("D-17",)}

STATES = ("NONE", "GET_OUT", "ACTION_OUT", "SET_IN", "ACTION_IN", "GBT_IN", "GBT_OUT", "GBT_SENT")

# B begins anew · N no long transfer in progress · W wrong number · M malformed · R no room · S sends on · T taken, acknowledged or not
# X executed · K acknowledged again · I ignored · D done · A aborted
CELLS = """
                NONE GET_OUT ACTION_OUT SET_IN ACTION_IN GBT_IN GBT_OUT GBT_SENT
REQUEST          B    B       B          B      B         B      B       B
GET_NEXT         N    S       N          N      N         N      N       N
GET_OTHER        N    W       N          N      N         N      N       N
ACTION_NEXT      N    N       S          N      N         N      N       N
ACTION_OTHER     N    N       W          N      N         N      N       N
SET_BLOCK        N    N       N          T      N         N      N       N
SET_LAST         N    N       N          X      N         N      N       N
SET_OTHER        N    N       N          W      N         N      N       N
SET_BAD          M    M       M          M      M         M      M       M
SET_LONG         N    N       N          R      N         N      N       N
ACTION_BLOCK     N    N       N          N      T         N      N       N
ACTION_LAST      N    N       N          N      X         N      N       N
ACTION_STRAY     N    N       N          N      W         N      N       N
ACTION_BAD       M    M       M          M      M         M      M       M
ACTION_LONG      N    N       N          N      R         N      N       N
GBT_FIRST        B    B       B          B      B         B      B       B
GBT_BLOCK        I    I       I          I      I         T      A       A
GBT_TURN         I    I       I          I      I         T      A       A
GBT_LAST         I    I       I          I      I         X      A       A
GBT_LONG         I    I       I          I      I         R      A       A
GBT_AHEAD        I    I       I          I      I         K      A       A
GBT_OLD          I    I       I          I      I         K      S       S
GBT_ACK          I    I       I          I      I         K      S       S
GBT_ACK_ALL      I    I       I          I      I         K      S       D
GBT_ACK_OLD      I    I       I          I      I         I      I       I
GBT_UNSENT       I    I       I          I      I         A      A       A
GBT_BAD          M    M       M          M      M         M      M       M
"""
ACTIONS = "ISTXKBNWMRDA"  # in the order of their numbers

SET_REQUEST = "C102C1" + TEXT + "0200 00 00000001 03 098064"
ACTION_REQUEST = "C304C1" + THING + "02 00 00000001 03 098064"


def table():
    """The rows in order: the event, then its letters."""
    return [line.split() for line in CELLS.strip().split("\n")[1:]]


def enter(state):
    """A rig in that state, a UDP peer: nothing that is late is told so there."""
    rig = Rig(conformance=EVERYTHING)
    rig.link = rig.new_link(stream=False)
    general = state.startswith("GBT")
    rig.open(64, conformance=EVERYTHING & ~0x1C00 if general else EVERYTHING)
    setting = tohex(unhex("C101C1" + TEXT + "0200 0903414243"))
    reading = tohex(unhex("C001C1" + LIST + "0200"))
    script = {
        "NONE": (),
        "GET_OUT": ("C001C1" + LIST + "0200",),
        "ACTION_OUT": ("C301C1" + THING + "0501 120100",),
        "SET_IN": (SET_REQUEST,),
        "ACTION_IN": (ACTION_REQUEST,),
        "GBT_IN": (block(0x42, 1, 0, setting[:8]), block(0x02, 2, 0, setting[8:16])),
        "GBT_OUT": (block(0x02, 1, 0, reading[:8]), block(0x82, 2, 1, reading[8:])),
        "GBT_SENT": (block(0x02, 1, 0, "C301C1"), block(0x83, 2, 1, tohex(unhex(THING + "0201 0950" + "43" * 80)))),
    }[state]
    for request in script:
        ask(rig, request)
    t = rig.link.aas[0].transfer
    assert (states.NONE if t is None else t.kind) == STATES.index(state), state
    del rig.log[:]
    return rig


def send(rig, state, event):
    """Send the APDU that is this event in this state; None when there is no such APDU there."""
    t = rig.link.aas[0].transfer
    sent = t.gbt.high if state in ("GBT_OUT", "GBT_SENT") else 1
    number = t.block if t else 5
    rest = tohex(unhex("C101C1" + TEXT + "0200 0903414243"))[16:]
    apdus = {
        "REQUEST": "C001C1" + THING + "0200",
        "GET_NEXT": f"C002C1{number:08X}" if state == "GET_OUT" else None,
        "GET_OTHER": "C002C100000009",
        "ACTION_NEXT": f"C302C1{number:08X}" if state == "ACTION_OUT" else None,
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
        "GBT_FIRST": block(0x82, 1, 0, tohex(unhex("C001C2" + THING + "0200"))),
        "GBT_BLOCK": block(0x42, 3, 1, rest[:4]),
        "GBT_TURN": block(0x02, 3, 1, rest[:4]),
        "GBT_LAST": block(0x82, 3, 1, rest),
        "GBT_LONG": block(0x02, 3, 1, "41" * 600),
        "GBT_AHEAD": block(0x02, 4, 1, "4141"),
        "GBT_OLD": block(0x02, 2, 1, "4141"),
        "GBT_ACK": block(0x82, 3, min(sent, 2) if state == "GBT_SENT" else sent),
        "GBT_ACK_ALL": block(0x82, 3, sent),
        "GBT_ACK_OLD": block(0x82, 1, 1),
        "GBT_UNSENT": block(0x82, 3, 100),
        "GBT_BAD": "E0810003000005C0",
    }
    apdu = apdus[event]
    if apdu is None:
        return None
    if state == "GBT_IN" and event in ("GBT_ACK", "GBT_ACK_ALL"):
        # while a request comes a block without data is a block: one that was there already is answered
        apdu = block(0x82, 2, 1)
    if state == "GBT_IN" and event == "GBT_ACK_OLD":
        return None  # is GBT_OLD there
    return ask(rig, apdu)


def check(rig, state, event, letter, answers):
    """Whether what was answered, what was done and the state afterwards are those of the letter."""
    t = rig.link.aas[0].transfer
    after = STATES[states.NONE if t is None else t.kind]
    answer = answers[0] if answers else ""
    get, action, setting = event.startswith("GET_"), event.startswith("ACTION_"), event.startswith("SET_")
    if letter == "B":
        assert answer in ("C401C1000903616263", block(0x85, 1, 1, "C401C2000903616263"))
        assert after == ("GBT_SENT" if event == "GBT_FIRST" else "NONE")
    elif letter == "I":
        assert answers == [] and after == state
    elif letter == "N":
        assert after == "NONE"
        assert (get and answer[-2:] == "10") or (action and answer == "C701C11000") or (setting and answer[:8] == "C503C112"), answer
    elif letter == "W":
        assert after == "NONE"
        assert answer in ("C402C101000000090113", "C701C10F00", "C503C11300000003"), answer
    elif letter == "M":
        assert after == "NONE"
        assert answer == ("D80102" if event == "GBT_BAD" else "C701C1FA00" if action else "C503C10E00000002"), answer
    elif letter == "R":
        assert after == "NONE"
        assert answer in ("D80104", "C701C10E00", "C503C10E00000002"), answer
    elif letter == "S":
        assert after in (state, "GBT_SENT") and answer[:2] in ("C4", "C7", "E0") and answer[:4] not in ("C401", "C701"), answer
    elif letter == "T":
        assert after == state
        taken = {"SET_BLOCK": "C502C100000002", "ACTION_BLOCK": "C704C100000002", "GBT_BLOCK": "", "GBT_TURN": block(0x85, 2, 3)}
        assert answer == taken[event]
    elif letter == "X":
        assert after == ("GBT_SENT" if event == "GBT_LAST" else "NONE")
        assert answer[:2] == {"S": "C5", "A": "C7", "G": "E0"}[event[0]], answer
        if event == "GBT_LAST":
            assert rig.log == ["set 0903414243"]
    elif letter == "K":
        assert after == state and answers == [block(0x85, 2, 2)]
    elif letter == "D":
        assert after == "NONE" and answers == []
    else:
        assert letter == "A"
        assert after == "NONE" and answer == "D80101", answer
    if letter not in "BX":
        assert rig.log == []
    assert rig.link.streaming is None
    free = rig.server.udp_transfers.free
    assert free == (1 if after == "NONE" else 0), (after, free)


def cell(event, state, letter):
    rig = enter(state)
    answers = send(rig, state, event)
    if answers is None:
        return
    check(rig, state, event, letter, answers)
    # whatever happened, the AA serves on
    assert ask(rig, "C001C1" + THING + "0100") == ["C401C10009060000600100FF"]
    assert rig.server.udp_transfers.free == 1


def cases():
    for row in table():
        for column in range(len(STATES)):
            yield "cell-" + row[0] + "-" + STATES[column], cell, (row[0], STATES[column], row[column + 1])


def test_the_table_is_the_one_of_the_server():
    rows = table()
    assert len(rows) * len(STATES) == len(states.TABLE)
    for event in range(len(rows)):
        for state in range(len(STATES)):
            letter = ACTIONS[states.TABLE[len(STATES) * event + state]]
            assert letter == rows[event][state + 1], (rows[event][0], STATES[state])
