"""What the tests of Push setup share: an object, elements of its list, and what it has captured."""

import limits
from cosem_model import find, lu, made, name, ostr, structure
from dlms.unasked.outbox import APDU, FIRST
from profile_model import four

SUCCESS, DENIED, TYPE, OTHER, TEMPORARY = 0, 3, 12, 250, 2
NULL = b"\x00"


class Skip(Exception):
    """Nothing is pushed here."""


def setup(text="0.0.25.9.0.255", **keys):
    if not limits.PUSHES:
        raise Skip("this board sends nothing unasked")
    keys.setdefault("push", "127.0.0.1:4060")
    meter = made(**keys)
    return meter, find(meter, text)


def enum(v):
    return bytes((0x16, v))


def entry(class_id, text, k, index=0, restriction=b"\x02\x02\x16\x00\x00", columns=b"\x01\x00"):
    return structure(lu(class_id), ostr(name(text)), bytes((0x0F, k)), lu(index), restriction, columns)


def destination(text, transport=0, message=0):
    return structure(enum(transport), ostr(text.encode()), enum(message))


ENERGY = entry(3, "1.0.1.8.0.255", 2)
NONE = b"\x02\x02\x16\x00\x00"  # restriction
BY_ENTRY = b"\x02\x02\x16\x02" + structure(lu(1), lu(2))
COLUMN = four(3, "1.0.1.8.0.255", 2)


def taken(push):
    """The oldest APDU of the outbox, which leaves it."""
    box = push.box
    apdu = bytes(box.buf[APDU : FIRST + box.size()])
    box.pop()
    return apdu
