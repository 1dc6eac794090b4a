"""What the profile tests share: the names of the profiles, definitions and
selections as octets, a loaded profile.
"""

from cosem_model import dlu, find, items, lu, made, name, ostr, put, run, structure
from dlms.codec.errors import SUCCESS

LOAD = "1.0.99.1.0.255"
CLOCK = "0.0.1.0.0.255"
ENERGY = "1.0.1.8.0.255"
STATUS = "0.0.96.10.1.255"


def at(octets):
    """(day, hour, minute, second) of the first column of a row."""
    return tuple(octets[7:8]) + tuple(octets[9:12])


def four(class_id, text, k, index=0):
    return structure(lu(class_id), ostr(name(text)), bytes((0x0F, k)), lu(index))


def between(first, last, columns=(), restricting=None):
    return structure(restricting or four(8, CLOCK, 2), first, last, items(*columns))


def entries(first, last, column=1, to=0):
    return structure(dlu(first), dlu(last), lu(column), lu(to))


def loaded(minutes, **keys):
    """A meter whose load profile captured every 60 s for so many minutes, from 2026-03-01 10:00 on."""
    meter = made(start=keys.pop("start", "2026-03-01T10:00:00"), **keys)
    profile = find(meter, LOAD)
    assert put(profile, 4, dlu(60)) == SUCCESS
    run(meter, 60 * minutes)
    return meter, profile
