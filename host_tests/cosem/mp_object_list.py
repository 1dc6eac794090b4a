"""The object lists of all associations: what is visible, with which
rights, and who may change that.
"""

import limits
from cosem.association_ln import AssociationLN
from cosem.base import READ, WRITE
from cosem.data import Data
from cosem.directory import directory as listing
from cosem.rights import Rights
from cosem_model import (
    AA,
    act,
    association,
    begin,
    element,
    elements,
    find,
    get,
    granted,
    items,
    lu,
    made,
    name,
    ostr,
    put,
    structure,
)
from dlms.codec.errors import OBJECT_UNDEFINED, OTHER_REASON, READ_WRITE_DENIED, SUCCESS, TYPE_UNMATCHED
from dlms.codec.octets import find as lookup

REQ = {
    "test_directory_is_searchable": ("F-00",),
    "test_values_longer_than_an_element": ("D-14",),
    "test_every_association_lists_itself_once": ("F-31",),
    "test_rights_in_the_list_are_those_applied": ("F-30", "F-31"),
    "test_every_readable_attribute_can_be_read": ("F-31",),
    "test_every_writable_attribute_takes_its_own_value": ("F-31",),
    "test_partners_and_names": ("F-11", "F-00"),
    "test_context_info": ("F-11",),
    "test_status": ("F-11",),
    "test_secret": ("F-11",),
    "test_users": ("F-11",),
    "test_remove_and_add_object": ("F-11",),
    "test_selector_all": ("D-113",),
    "test_selector_classes": ("D-113",),
    "test_selector_object_ids": ("D-113",),
    "test_selector_object_id": ("D-113",),
    "test_wrong_selectors": ("D-113", "D-112"),
    "test_two_readers_at_once": ("F-31",),
    "test_sap_assignment": ("F-12", "A-16"),
    "test_logical_device_names": ("F-32", "F-00"),
    "test_selectors_offered": ("F-11",),
}

CURRENT = "0.0.40.0.0.255"


def logical(meter):
    """The associations with logical names."""
    return [a for a in meter.associations if a.CLASS_ID == 15]


def ostr2(n):
    """octet-string of n octets, 256 or more."""
    return b"\x09\x82" + n.to_bytes(2, "big") + b"\xaa" * n


class Element:
    """An object_list element taken apart by its fixed places."""

    def __init__(self, octets):
        assert octets[:3] == b"\x02\x04\x12"
        self.class_id = octets[3] << 8 | octets[4]
        assert octets[5] == 0x11
        self.version = octets[6]
        assert octets[7:9] == b"\x09\x06"
        self.name = octets[9:15]
        assert octets[15:18] == b"\x02\x02\x01"
        at = 19
        self.attributes = {}
        self.selectors = {}
        for _ in range(octets[18]):
            assert octets[at : at + 3] == b"\x02\x03\x0f"
            assert octets[at + 4] == 0x16
            k = octets[at + 3]
            self.attributes[k] = octets[at + 5]
            at += 6
            if octets[at] == 0:
                at += 1
            else:
                assert octets[at] == 1
                n = octets[at + 1]
                self.selectors[k] = bytes([octets[at + 3 + 2 * i] for i in range(n)])
                at += 2 + 2 * n
        assert octets[at] == 1
        self.methods = {}
        count = octets[at + 1]
        at += 2
        for _ in range(count):
            assert octets[at : at + 3] == b"\x02\x02\x0f"
            assert octets[at + 4] == 0x16
            self.methods[octets[at + 3]] = octets[at + 5]
            at += 6
        assert at == len(octets)


def listed(a):
    return [Element(e) for e in elements(a, 2)]


def test_directory_is_searchable():
    meter = made()
    for wport, directory in meter.devices:
        names = [directory.table[8 * i : 8 * i + 6] for i in range(directory.n)]
        assert names == sorted(names)
        for i in range(directory.n):
            key = directory.table[8 * i + 6 : 8 * i + 8] + names[i]
            assert lookup(directory.table, directory.n, key, 0) == i == directory.index(names[i])
            o = directory.objs[i]
            if names[i] == name(CURRENT):
                assert o is None
            else:
                assert o is find(meter, ".".join([str(octet) for octet in names[i]]), wport != 1)
    try:
        listing([(name("0.0.1.0.0.255"), meter.clock)] * 2, Rights())
        text = "no error"
    except ValueError as e:
        text = str(e)
    assert "0.0.1.0.0.255" in text


def test_values_longer_than_an_element():
    """A transfer has room for ELEMENT octets in one piece: an object that holds
    more is refused before it is served.
    """
    longest = Data(ostr2(limits.ELEMENT - 4))
    assert len(get(longest, 2)) == limits.ELEMENT
    place = name("0.0.96.128.9.255")
    listing([(place, longest)], Rights())
    for wrong in (Data(ostr2(limits.ELEMENT - 3)), Data(bytearray(ostr2(900)))):
        try:
            listing([(place, wrong)], Rights())
            text = "no error"
        except ValueError as e:
            text = str(e)
        assert "0.0.96.128.9.255 attribute 2" in text and str(limits.ELEMENT) in text, text


def test_every_association_lists_itself_once():
    meter = made()
    for a in logical(meter):
        names = [e.name for e in listed(a)]
        assert len(set(names)) == len(names)
        assert names.count(name(CURRENT)) == 1
        own = [e for e in listed(a) if e.name == name(CURRENT)][0]
        assert (own.class_id, own.version) == (15, 2)
        assert (name("0.0.40.0.1.255") in names) == (a.client == 48)


def test_rights_in_the_list_are_those_applied():
    meter = made()
    for a in logical(meter):
        for e in listed(a):
            i = a.directory.index(e.name)
            o = a.directory.objs[i] or a
            acc = granted(a, i)
            assert (e.class_id, e.version) == (o.CLASS_ID, o.VERSION)
            assert len(acc) == 1 + o.ATTRIBUTES + o.METHODS
            assert e.attributes == {k: acc[k] for k in range(1, o.ATTRIBUTES + 1)}
            assert e.methods == {m: acc[o.ATTRIBUTES + m] for m in range(1, o.METHODS + 1)}
            assert e.attributes[1] == READ
            if a.client != 48:
                assert not any(e.methods.values())
                assert not any(mode & WRITE for mode in e.attributes.values())
        for i in range(a.directory.n):
            assert (a.acc[i] != 0) == (a.directory.table[8 * i : 8 * i + 6] in [e.name for e in listed(a)])


def test_every_readable_attribute_can_be_read():
    meter = made(backfill_days=1)
    for a in logical(meter):
        aa = AA(a)
        for e in listed(a):
            o = a.directory.objs[a.directory.index(e.name)] or a
            for k in e.attributes:
                # attribute 1 is the directory's: it is read in
                # host_tests/wire/test_objects_walk_rights.py
                if k > 1 and e.attributes[k] & READ:
                    value = elements(o, k) if k in o.LONG and o.a[k] is None else get(o, k, aa)
                    assert not isinstance(value, int), (e.name, k, value)


def test_every_writable_attribute_takes_its_own_value():
    meter = made()
    for device in (0, 1):
        a = association(meter, 48, device)
        for e in listed(a):
            o = a.directory.objs[a.directory.index(e.name)] or a
            for k in e.attributes:
                if e.attributes[k] & WRITE and o.CLASS_ID != 15:
                    value = items(*elements(o, k)) if k in o.LONG else get(o, k)
                    assert put(o, k, value, AA(a)) == SUCCESS, (e.name, k)


def test_selectors_offered():
    meter = made()
    for e in listed(association(meter, 32)):
        wanted = {2: b"\x01\x02"} if e.class_id == 7 else {2: b"\x01\x02\x03\x04"} if e.class_id == 15 else {}
        assert e.selectors == wanted


def test_partners_and_names():
    meter = made()
    for client, mechanism in ((16, 0), (1, 0), (32, 1), (48, 1)):
        for device, server in ((0, 1), (1, 17)):
            a = association(meter, client, device)
            assert get(a, 3) == structure(bytes((0x0F, client)), lu(server))
            assert get(a, 4) == bytes.fromhex("090760857405080101")
            assert get(a, 6) == bytes.fromhex("0907608574050802") + bytes((mechanism,))
            assert get(a, 9) == ostr(bytes(6))
    instances = [find(meter, "0.0.40.0.%d.255" % e) for e in (1, 2, 3, 4)]
    assert [get(o, 3)[3] for o in instances] == [16, 1, 32, 48]


def test_context_info():
    meter = made()
    a = association(meter, 32)
    size = lu(limits.PDU)
    offered = bytes.fromhex("02060418") + a.conformance.to_bytes(3, "big") + size + size + bytes.fromhex("11060f000900")
    assert get(a, 5) == offered
    assert get(a, 5, AA(a)) == bytes.fromhex("02060418001010") + size + bytes.fromhex("12010011060f030900")
    unasked = AA(a)
    unasked.qos = -1  # as `dlms.aa.acse` says that no quality of service was proposed
    assert get(a, 5, unasked) == bytes.fromhex("02060418001010") + size + bytes.fromhex("12010011060f000900")
    instance = find(meter, "0.0.40.0.3.255")
    assert get(instance, 5, AA(association(meter, 48))) == offered
    assert get(instance, 5, AA(a)) == get(a, 5, AA(a))


def test_status():
    meter = made()
    a = association(meter, 32)
    assert get(a, 8) == b"\x16\x00"
    aa = AA(a)
    assert get(a, 8, aa) == b"\x16\x02"
    aa.state = 1
    assert get(a, 8, aa) == b"\x16\x01"
    a.opened = 1
    assert get(find(meter, "0.0.40.0.3.255"), 8, AA(association(meter, 48))) == b"\x16\x02"


def test_secret():
    meter = made()
    reader = association(meter, 32)
    instance = find(meter, "0.0.40.0.3.255")
    assert reader.secret == b"12345678"
    assert get(reader, 7) == READ_WRITE_DENIED
    for wrong, result in (
        (b"\x0a\x02ab", TYPE_UNMATCHED),
        (b"\x09\x00", OTHER_REASON),
        (ostr(bytes(65)), OTHER_REASON),
    ):
        assert put(instance, 7, wrong) == result
        assert reader.secret == b"12345678"
    buf = bytearray(ostr(b"longer than before"))
    assert instance.set(7, buf, 0, len(buf), None, False) == SUCCESS
    assert reader.secret == b"12345678"
    assert instance.set(7, buf, 0, len(buf), None, True) == SUCCESS
    assert reader.secret == b"longer than before"
    assert put(association(meter, 16), 7, ostr(b"x")) == READ_WRITE_DENIED
    for k, data in ((3, get(reader, 3)), (4, get(reader, 4)), (6, get(reader, 6)), (1, ostr(name(CURRENT)))):
        assert put(reader, k, data) == READ_WRITE_DENIED
    for a in logical(meter):
        i = a.directory.index(name(CURRENT))
        assert granted(a, i)[7] == (WRITE if a.client == 48 else 0)


def user(number, text):
    return structure(bytes((0x11, number)), b"\x0a" + bytes((len(text),)) + text)


def test_users():
    meter = made()
    a = association(meter, 32)
    assert elements(a, 10) == []
    assert get(a, 11) == user(0, b"")
    assert act(a, 5, user(3, b"Ada")) == b""
    assert act(a, 5, user(9, b"Bob")) == b""
    assert act(a, 5, user(3, b"Eve")) == b""
    assert a.users == [3, 9]
    assert elements(find(meter, "0.0.40.0.3.255"), 10) == [user(3, b"Eve"), user(9, b"Bob")]
    a.user = 9
    assert get(a, 11) == user(9, b"Bob")
    assert act(a, 6, user(3, b"Ada")) == OBJECT_UNDEFINED
    assert act(a, 6, user(3, b"Eve")) == b""
    assert a.users == [9]
    for wrong in (b"\x11\x03", structure(lu(3), b"\x0a\x00"), structure(b"\x11\x03", b"\x09\x00"), user(3, b"")[:4]):
        assert act(a, 5, wrong) == TYPE_UNMATCHED
    assert act(a, 5, user(3, bytes(33))) == OTHER_REASON
    for i in range(10, 25):
        assert act(a, 5, user(i, b"")) == b""
    assert act(a, 5, user(26, b"")) not in (b"", SUCCESS)
    assert a.users[0] == 9


def test_remove_and_add_object():
    meter = made()
    reader = association(meter, 32)
    register = name("1.0.1.8.0.255")
    i = reader.directory.index(register)
    whole = [e for e in elements(reader, 2) if e[9:15] == register][0]
    before = len(elements(reader, 2))
    assert act(reader, 4, whole) == b""
    assert granted(reader, i) is None
    assert len(elements(reader, 2)) == before - 1
    assert granted(association(meter, 48), i) is not None
    assert act(reader, 3, whole) == b""
    assert elements(reader, 2).count(whole) == 1
    # what the meter's list grants to nobody cannot be given: write access to
    # the value of an energy register
    at = whole.index(b"\x02\x03\x0f\x02\x16\x01")
    assert act(reader, 3, whole[: at + 5] + b"\x03" + whole[at + 6 :]) == OTHER_REASON
    own = [e for e in elements(reader, 2) if e[9:15] == name(CURRENT)][0]
    assert act(reader, 4, own) == READ_WRITE_DENIED
    assert act(reader, 4, whole[:9] + bytes(6) + whole[15:]) == OBJECT_UNDEFINED
    assert act(reader, 3, b"\x11\x00") == TYPE_UNMATCHED
    for end in (1, 3, 8, 20):
        assert act(reader, 3, whole[:-end]) == OTHER_REASON
    assert act(reader, 1, ostr(b"x")) == READ_WRITE_DENIED
    assert act(reader, 2, ostr(b"x")) == READ_WRITE_DENIED


def test_selector_all():
    a = association(made(), 32)
    assert elements(a, 2, 1, b"\x00") == elements(a, 2)


def test_selector_classes():
    a = association(made(), 32)
    short = elements(a, 2, 2, items(lu(8), lu(7), lu(999)))
    whole = [e for e in elements(a, 2) if e[4] in (7, 8)]
    assert len(short) == len(whole) == 4
    assert short == [b"\x02\x03" + e[2:15] for e in whole]
    assert elements(a, 2, 2, items()) == []


def object_id(class_id, text):
    return structure(lu(class_id), ostr(name(text)))


def test_selector_object_ids():
    a = association(made(), 32)
    whole = elements(a, 2)
    energy = object_id(3, "1.0.1.8.0.255")
    asked = items(energy, object_id(8, "0.0.1.0.0.255"), object_id(3, "0.0.1.0.0.255"), energy)
    assert elements(a, 2, 3, asked) == [e for e in whole if e[9:15] in (name("1.0.1.8.0.255"), name("0.0.1.0.0.255"))]
    assert elements(a, 2, 3, items()) == []


def test_selector_object_id():
    meter = made()
    a = association(meter, 16)
    assert [e[9:15] for e in elements(a, 2, 4, object_id(15, CURRENT))] == [name(CURRENT)]
    assert elements(a, 2, 4, object_id(3, "1.0.1.8.0.255")) == []
    assert len(elements(association(meter, 32), 2, 4, object_id(3, "1.0.1.8.0.255"))) == 1


def test_wrong_selectors():
    a = association(made(), 32)
    for selector, data in (
        (1, b"\x11\x00"),
        (2, b"\x00"),
        (2, items(b"\x11\x08")),
        (3, object_id(3, "1.0.1.8.0.255")),
        (3, items(lu(8))),
        (4, items(object_id(3, "1.0.1.8.0.255"))),
        (4, structure(lu(3), ostr(bytes(5)))),
    ):
        assert elements(a, 2, selector, data) == TYPE_UNMATCHED, (selector, data)


def test_two_readers_at_once():
    a = association(made(), 48)
    whole = elements(a, 2)
    first = begin(a, 2)
    second = begin(a, 2)
    for i in range(len(whole)):
        assert element(a, 2, first, i) == whole[i]
        assert element(a, 2, second, len(whole) - 1 - i) == whole[-1 - i]
        assert element(a, 2, first, i) == whole[i]


def test_sap_assignment():
    meter = made(device2=300, serial="00004711")
    titles = [b"ZZZ0000471100001", b"ZZZ0000471100300"]
    assert elements(find(meter, "0.0.41.0.0.255"), 2) == [
        structure(lu(1), ostr(titles[0])),
        structure(lu(300), ostr(titles[1])),
    ]
    assert act(find(meter, "0.0.41.0.0.255"), 1, b"\x0f\x00") == READ_WRITE_DENIED


def test_logical_device_names():
    meter = made()
    names = [get(find(meter, "0.0.42.0.0.255", device), 2)[2:] for device in (0, 1)]
    assert [len(n) for n in names] == [16, 16]
    assert [n[:3] for n in names] == [b"ZZZ", b"ZZZ"]
    assert names[0] != names[1]
    for client in (16, 1, 32, 48):
        for device in (0, 1):
            a = association(meter, client, device)
            assert granted(a, a.directory.index(name("0.0.42.0.0.255")))[2] & READ
    assert isinstance(association(meter, 16), AssociationLN)
