"""Block transfers of the services left alone after every step, with logical and with short
names: nothing is used up, nothing half done.

The same for general block transfer is in `mp_gbt`.
"""

from rig import ALL, LIST, TEXT, THING, Rig
from short_name_rig import SnRig

REQ = {"*": ("D-17", "D-24", "D-32", "A-34", "C-51")}

WAYS = ("a request", "RLRQ", "AARQ", "lost", "nonsense", "another transfer", "itself again")


class Logical:
    """A rig with logical names, its AARQ, and steps of transfers: (request, begin of the answer)."""

    plain = ("C001C1" + THING + "0100", "C401C10009060000600100FF")
    nonsense = "7F"
    other = "C001C1" + LIST + "0200"

    def __init__(self):
        self.rig = Rig(conformance=ALL)
        self.open()

    def open(self):
        self.rig.open(64, conformance=ALL)

    def transfers(self):
        reading = [("C001C1" + LIST + "0200", "C402C100")]
        reading += [(f"C002C1{n:08X}", "C402C100") for n in range(1, 5)]
        invoking = [("C301C1" + THING + "0501 120100", "C702C100")]
        invoking += [(f"C302C1{n:08X}", "C702C100") for n in range(1, 4)]
        writing = [("C102C1" + TEXT + "0200 00 00000001 03 098064", "C502C1")]
        writing += [(f"C103C1 00 {n:08X} 02 4141", "C502C1") for n in range(2, 5)]
        passing = [("C304C1" + THING + "02 00 00000001 03 098064", "C704C1")]
        passing += [(f"C306C1 00 {n:08X} 02 4141", "C704C1") for n in range(2, 5)]
        return {"reading": reading, "invoking": invoking, "writing": writing, "passing": passing}


class Short(Logical):
    """The same with short names."""

    def __init__(self):
        self.rig = rig = SnRig()
        self.plain = ("050102" + rig.attribute(THING, 1), "0C010009060000600100FF")
        self.other = "050102" + rig.attribute(LIST, 2)
        self.open()

    def open(self):
        self.rig.open(64)

    def transfers(self):
        rig = self.rig
        reading = [("050102" + rig.attribute(LIST, 2), "0C010200")]
        reading += [(f"050105{n:04X}", "0C010200") for n in range(1, 5)]
        asking = [(f"05010600 {n:04X} 0141", f"0C0103{n:04X}") for n in range(1, 4)]
        setting = "060102" + rig.attribute(TEXT, 2)
        writing = [("06010700 0001 0109 03" + setting[2:8], "0D01020001")]
        writing += [(f"06010700 {n:04X} 0109 0141", f"0D0102{n:04X}") for n in range(2, 4)]
        return {"reading": reading, "asking": asking, "writing": writing}


def left(names, kind, steps, way):
    """Take so many steps of a transfer, then leave it in one of the ways."""
    one = names()
    rig = one.rig
    free = rig.server.transfers.free
    script = one.transfers()[kind]
    for request, answer in script[:steps]:
        got = rig.ask(request)
        assert got.startswith(answer.replace(" ", "")), (request, got)
    assert rig.server.transfers.free == free - 1
    done = list(rig.log)
    if way == "a request":
        assert rig.ask(one.plain[0]) == one.plain[1]
    elif way == "RLRQ":
        assert rig.ask("6203800100") == "6303800100"
        one.open()
    elif way == "AARQ":
        one.open()
    elif way == "lost":
        rig.server.abort(rig.link)
        one.open()
    elif way == "nonsense":
        rig.ask(one.nonsense)
    elif way == "another transfer":
        rig.ask(one.other)
        assert rig.server.transfers.free == free - 1
        rig.ask(one.plain[0])
    else:
        for request, answer in script:
            got = rig.ask(request)
            assert got.startswith(answer.replace(" ", "")), (request, got)
        rig.ask(one.plain[0])
    assert rig.server.transfers.free == free
    # what was written or passed in part was neither written nor passed; what was invoked for
    # its answer was invoked as often as asked
    done += [done[0]] if done and way == "itself again" else []
    assert rig.log == done
    assert rig.ask(one.plain[0]) == one.plain[1]


def cases():
    for names in (Logical, Short):
        transfers = names().transfers()
        for kind in sorted(transfers):
            for steps in range(1, len(transfers[kind]) + 1):
                for way in WAYS:
                    text = "-".join((names.__name__.lower(), kind, str(steps), way.replace(" ", "-")))
                    yield text, left, (names, kind, steps, way)


def test_more_of_them_than_there_are_transfers():
    """Clients that begin and go away, each on a link of its own, again and again."""
    rig = Rig(conformance=ALL, aas=60)
    free = rig.server.transfers.free
    for n in range(50):
        link = rig.new_link()
        rig.open(64, conformance=ALL, link=link)
        request = ("C001C1" + LIST + "0200", "C102C1" + TEXT + "0200 00 00000001 03 098064")[n & 1]
        assert rig.ask(request, link=link)[:4] in ("C402", "C502")
        rig.server.abort(link)
    assert rig.server.transfers.free == free
