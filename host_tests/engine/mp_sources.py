"""What follows a value: each source has what it says it has, however the answer leaves."""

from dlms.ln import access, action, get
from dlms.long import stream
from gbt_rig import ACCESS, BLOCKS, GBT, fetch, new
from gbt_rig import ask as all_of
from rig import ALL, FAULTY, LIST, PAIR, TEXT, THING

REQ = {
    "test_in_blocks": ("D-13", "D-14", "D-33"),
    "test_in_general_blocks": ("D-83", "D-40"),
    "test_in_one_piece": ("D-116", "D-117"),
}

_SOURCES = (
    (get, "ENTRIES"),
    (action, "OCTETS"),
    (access, "_SPECIFICATIONS"),
    (access, "_COUNT"),
    (access, "_DATA"),
    (access, "_RESULTS"),
)
_LIST = "C003C104" + PAIR + "0000" + LIST + "0200" + THING + "0900" + PAIR + "0000"
_RESULTS = "C303C102" + (THING + "05") * 2 + "02" + "120060" * 2
_ACCESS = "D970000007 00 03 01" + PAIR + "00 03" + THING + "05 01" + LIST + "02 03 00 120060 00"
_REQUESTS = (
    ("C001C1" + THING + "0200", ()),
    ("C001C1" + LIST + "0200", ()),
    ("C001C1" + PAIR + "0000", ("ALL_ATTRIBUTES",)),
    ("C001C1" + TEXT + "0000", ("ALL_ATTRIBUTES",)),
    (_LIST, ("ENTRIES", "ALL_ATTRIBUTES")),
    (_RESULTS, ("OCTETS",)),
)
_PHASES = ("ALL_ATTRIBUTES", "_SPECIFICATIONS", "_COUNT", "_DATA", "_RESULTS")


class Watched:
    """A source, and what was wrong with it: what has a next piece waits, and nothing else does."""

    def __init__(self, source):
        self.source = source
        self.asked = 0
        self.wrong = []

    def waiting(self, t):
        return self.source.waiting(t)

    def next(self, t):
        self.asked += 1
        waits = self.source.waiting(t)
        more = self.source.next(t)
        if bool(waits) != bool(more):
            self.wrong.append((waits, more))
        return more


class WatchedAll(type(stream.ALL_ATTRIBUTES)):
    """The same for attribute 0, which puts itself into the transfer."""

    def __init__(self):
        self.asked = 0
        self.wrong = []

    def next(self, t):
        self.asked += 1
        waits = self.waiting(t)
        more = super().next(t)
        if bool(waits) != bool(more):
            self.wrong.append((waits, more))
        return more


def watched(function):
    """What function() returns while all sources are watched, and the names of those asked."""
    kept = [(module, name, getattr(module, name)) for module, name in _SOURCES]
    kept.append((stream, "ALL_ATTRIBUTES", stream.ALL_ATTRIBUTES))
    watches = []
    for module, name, source in kept:
        watch = WatchedAll() if module is stream else Watched(source)
        setattr(module, name, watch)
        watches.append((name, watch))
    try:
        result = function()
    finally:
        for module, name, source in kept:
            setattr(module, name, source)
    for name, watch in watches:
        assert watch.wrong == [], (name, watch.wrong)
    return result, [name for name, watch in watches if watch.asked]


def same(ask, requests):
    """Each request is answered as ever, and asks the sources that it should."""
    for request, names in requests:
        wanted = ask(request)
        got, asked = watched(lambda request=request: ask(request))
        assert got == wanted and len(got) > 0, request
        assert sorted(asked) == sorted(names), (request, asked)


def test_in_blocks():
    """Service-specific blocks, as short as they can be."""

    def ask(request):
        rig = new(24, ALL)
        answers = [rig.ask(request)]
        tag = answers[0][:4]
        while tag in ("C402", "C702") and answers[-1][6:8] == "00":
            answers.append(rig.ask(("C002C1" if tag == "C402" else "C302C1") + answers[-1][8:16]))
        return answers

    same(ask, _REQUESTS)


def test_in_general_blocks():
    def ask(request):
        rig = new(32, ALL & ~BLOCKS | GBT | ACCESS)
        answers = all_of(rig, request)
        return fetch(rig, answers, 2)[0] if answers[0][:2] == "E0" else answers

    same(ask, _REQUESTS + ((_ACCESS, _PHASES),))


def test_in_one_piece():
    """Without blocks the answer is read twice, and from the tape the second time."""

    def ask(request):
        rig = new(0, ALL & ~BLOCKS | ACCESS)
        rig.server.pdu = 128
        rig.open(0, ALL & ~BLOCKS | ACCESS)
        return rig.ask(request)

    same(ask, _REQUESTS + ((_ACCESS, _PHASES),))


def test_a_fault_ends_no_other_entry():
    """An attribute that cannot be read is null-data in attribute 0, and a result in a list."""
    rig = new(0, ALL)
    rig.pair.get = lambda k, buf, off, aa: -1
    assert rig.ask("C001C1" + PAIR + "0000").endswith("1107121234" + "00")
    assert rig.ask("C003C102" + FAULTY + "0900" + PAIR + "0000").startswith("C403C102" + "010C" + "00" + "0204")
