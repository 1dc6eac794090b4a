"""Sweeps over the AARQ and the RLRQ: every make of the authentication
unit, every length in every form.
"""

from rig import THING, Rig, tohex, unhex

READ = "C001C1" + THING + "0200"
ABC = "C401C1000903616263"
INFO = "BE10040E01000000065F1F0400FFFFFFFFFF"
CONTEXT = "A109060760857405080101"
NO_LOGIN = "6117A109060760857405080101A203020101A305A10302010D"
NO_KEY = "611FA109060760857405080101A203020101A305A103020101BE0604040E010600"
PUBLIC = 16  # without a secret
READER = 32  # with one
ABSENT = ""
SELECTED = "8A020780"
NOT_SELECTED = "8A020700"
SECRET = "AC0A80083132333435363738"
EMPTY = "AC028000"
UNCONFIRMED = "BE11040F0100010000065F1F0400FFFFFFFFFF"

REQ = {
    "unit-*": ("C-04", "C-20", "C-21", "C-22", "C-43"),
    "test_lowest_level_named_over_udp": ("C-43", "B-06"),
    "lengths-*": ("C-42",),
}


def aarq(*parts):
    content = unhex("".join(parts))
    return tohex(b"\x60" + short(content))


# -- the authentication unit -----------------------------------------------------------------------


def _units(client, ctt):
    """All sender-acse-requirements x mechanism-names x values towards one association."""
    rig = Rig(ctt=ctt)
    plain = (
        rig.ask(aarq(CONTEXT, INFO))
        if client == PUBLIC
        else rig.ask(aarq(CONTEXT, SELECTED, name(1), SECRET, INFO), client)
    )
    assert plain[:4] == "6129"
    counted = 0
    for requirements in (ABSENT, SELECTED, NOT_SELECTED):
        for mechanism in (None, 0, 1, 2, 5, 7):
            for value in (ABSENT, EMPTY, SECRET):
                answer = rig.ask(aarq(CONTEXT, requirements, name(mechanism), value, INFO), client)
                if good(client, requirements, mechanism, value, ctt):
                    assert answer == plain, (requirements, mechanism, value, answer)
                    assert rig.ask(READ, client) == ABC
                    counted += 1
                else:
                    assert answer == NO_LOGIN, (requirements, mechanism, value, answer)
                    assert rig.ask(READ, client) == "D80102"
    assert counted == (1 if client == READER else 2 if ctt else 8)


def name(mechanism):
    return ABSENT if mechanism is None else f"8B07608574050802{mechanism:02X}"


def good(client, requirements, mechanism, value, ctt):
    if client == READER:
        return requirements == SELECTED and mechanism == 1 and value == SECRET
    if mechanism == 0:
        return value != SECRET and not ctt
    return mechanism is None and requirements != SELECTED and value == ABSENT


def test_lowest_level_named_over_udp():
    """The same for an unconfirmed AA; refused, it does not open."""
    for ctt in (False, True):
        rig = Rig(ctt=ctt)
        link = rig.new_link(stream=False)
        assert rig.ask(aarq(CONTEXT, SELECTED, name(0), EMPTY, UNCONFIRMED), link=link) == ""
        assert link.n == (0 if ctt else 1)


# -- lengths ---------------------------------------------------------------------------------------

# A tree of (tag, content); content is octets in hexadecimal or more such pairs. The unit is
# that of the reader, the user in its list.
FULL_AARQ = (
    "60",
    (
        ("80", "0780"),
        ("A1", (("06", "60857405080101"),)),
        ("A2", (("04", "4142434445464748"),)),
        ("A9", (("02", "05"),)),
        ("8A", "0780"),
        ("8B", "60857405080201"),
        ("AC", (("80", "3132333435363738"),)),
        ("BE", (("04", ("01000000 06", ("5F1F", "00FFFFFF"), "FFFF")),)),
    ),
)
FULL_RLRQ = ("62", (("80", "00"), ("BE", (("04", "01000000065F1F0400FFFFFFFFFF"),))))
OLD_TAG = ("60", (("A1", (("06", "60857405080101"),)), ("BE", (("04", ("01000000 06", ("5F", "00FFFFFF"), "FFFF")),))))
DEDICATED_KEY = (
    "60",
    (
        ("A1", (("06", "60857405080101"),)),
        ("BE", (("04", (("0101", 16 * "00"), "0000 06", ("5F1F", "00FFFFFF"), "FFFF")),)),
    ),
)
USER_ABOVE_127 = ("60", (("A1", (("06", "60857405080101"),)), ("A9", (("02", "00C8"),)), ("BE", (("04", INFO[8:]),))))


def short(content):
    n = len(content)
    return bytes((n,)) + content if n < 128 else b"\x81" + bytes((n,)) + content


def long(size):
    """A length of `size` octets after its first one."""
    return lambda content: bytes((0x80 | size,)) + len(content).to_bytes(size, "big") + content


def off_by(n):
    return lambda content: bytes((len(content) + n & 0xFF,)) + content


def indefinite(content):
    return b"\x80" + content


def too_wide(content):
    return b"\x85\0\0\0\0" + bytes((len(content),)) + content


def encode(node, forms, path=()):
    """Octets of a tree; forms: path of an element -> how its length and content
    are written, otherwise the shortest.
    """
    if isinstance(node, str):
        return unhex(node)
    content = node[1]
    if isinstance(content, str):
        octets = unhex(content)
    else:
        octets = b"".join([encode(part, forms, path + (i,)) for i, part in enumerate(content)])
    return unhex(node[0]) + forms.get(path, short)(octets)


def paths(node, path=()):
    """Where a length stands in a tree."""
    if isinstance(node, str):
        return []
    found = [path]
    if not isinstance(node[1], str):
        for i, part in enumerate(node[1]):
            found += paths(part, path + (i,))
    return found


def fresh():
    rig = Rig()
    rig.reader.users = [5]
    rig.public.users = []
    return rig


def _long_forms(tree, client, wanted):
    """Every length alone, then all of them, in every long form: answered as the shortest form."""
    places = paths(tree)
    choices = [{}]
    for size in (1, 2, 3, 4):
        choices += [{place: long(size)} for place in places]
        choices.append({place: long(size) for place in places})
    assert len(choices) == 1 + 4 * (len(places) + 1)
    for forms in choices:
        rig = fresh()
        if tree[0] == "62":
            rig.open()
        answer = rig.ask(encode(tree, forms), client)
        assert answer[: len(wanted)] == wanted, (sorted(forms), answer)
        assert rig.link.n == (1 if wanted[:4] in ("612D", "6129") else 0)


def _wrong_lengths(tree, client):
    """Every length one too short, one too long, indefinite, of five octets: no AA opens, none ends."""
    for place in paths(tree):
        if place == (2, 0):
            continue  # the inside of a title is not looked at (C-25)
        for form in (off_by(1), off_by(-1), indefinite, too_wide):
            rig = fresh()
            if tree[0] == "62":
                rig.open()
            answer = rig.ask(encode(tree, {place: form}), client)
            if tree[0] == "62":
                assert answer == "" and rig.ask(READ) == ABC, (place, answer)
            else:
                assert rig.link.n == 0 and "A203020101" in answer, (place, answer)


def test_users_above_127():
    for size in (1, 2, 3, 4):
        rig = fresh()
        rig.public.users = [200]
        assert rig.ask(encode(USER_ABOVE_127, {(1, 0): long(size)}))[:4] == "6129"
        assert rig.public.user == 200


REQ["test_users_above_127"] = ("C-42", "C-24")


def cases():
    for client in (PUBLIC, READER):
        for ctt in (False, True):
            yield f"unit-{client}" + ("-ctt" if ctt else ""), _units, (client, ctt)
    accepted = "612D80020780A109060760857405080101A203020100"
    yield "lengths-aarq", _long_forms, (FULL_AARQ, READER, accepted)
    yield "lengths-older-tag", _long_forms, (OLD_TAG, PUBLIC, "6129")
    yield "lengths-dedicated-key", _long_forms, (DEDICATED_KEY, PUBLIC, NO_KEY)
    yield "lengths-rlrq", _long_forms, (FULL_RLRQ, PUBLIC, "6303800100")
    yield "lengths-wrong-aarq", _wrong_lengths, (FULL_AARQ, READER)
    yield "lengths-wrong-rlrq", _wrong_lengths, (FULL_RLRQ, PUBLIC)
