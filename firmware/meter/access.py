"""Access rights written for people, and turned into the octets that an association holds.

A group says what a kind of client may do with an object: one text each for the public, the reading
and the management client. In a text, `r` reads every attribute and `r2-4,7` these; `w2` writes; `x`
invokes every method and `x1` this one. An empty text: the object is not visible.
"""

from cosem.base import INVOKE, READ, WRITE

_START_ONLY = True

PUBLIC = 0  # the places of a group's three texts
READER = 1
MANAGEMENT = 2
PREESTABLISHED = 3  # no place in a group: `meter.objects.UNPROVEN` has its texts


def numbers(text, last):
    """The numbers that "2-4,7" names, all from 1 to last for an empty text."""
    if not text:
        return range(1, last + 1)
    found = []
    for part in text.split(","):
        ends = part.split("-")
        found.extend(range(int(ends[0]), int(ends[-1]) + 1))
    return found


def rights(text, cls):
    """A row of `cosem.rights` for an object of interface class cls, None when it is not visible."""
    if not text:
        return None
    mask = bytearray(1 + cls.ATTRIBUTES + cls.METHODS)
    for word in text.split():
        kind = word[0]
        for k in numbers(word[1:], cls.METHODS if kind == "x" else cls.ATTRIBUTES):
            if kind == "x":
                mask[cls.ATTRIBUTES + k] |= INVOKE
            else:
                mask[k] |= READ if kind == "r" else WRITE
    return bytes(mask)


def grant(association, i, text, cls):
    """Give an association the rights of a text on the object of directory
    record i, which is of class cls.
    """
    mask = rights(text, cls)
    if mask:
        row = association.directory.rights.row(mask)
        if row < 0:
            raise ValueError("object list: more than 255 different sets of access rights")
        association.acc[i] = row


def widest(texts, cls):
    """Everything that any of the texts grants, as `rights`."""
    mask = bytearray(1 + cls.ATTRIBUTES + cls.METHODS)
    for text in texts:
        granted = rights(text, cls) or b""
        for i in range(len(granted)):
            mask[i] |= granted[i]
    return bytes(mask)
