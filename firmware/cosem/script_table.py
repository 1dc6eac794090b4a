"""Script table, class 9 version 0 (REQUIREMENTS F-08, I-32): what a client starts by a number."""

from cosem.base import OUT_OF_RANGE, Interface
from dlms.codec import axdr
from dlms.codec.errors import HARDWARE_FAULT, TYPE_UNMATCHED
from dlms.codec.octets import get16


class ScriptTable(Interface):
    """Attribute: 2 scripts, array of structure {script_identifier long-unsigned, actions array}.
    Method: 1 execute(long-unsigned).

    numbers: the script identifiers, 1 to 255. What a script does is the listener's,
    `execute(number)`, which returns whether it was done; no action_specification describes it, so
    that the arrays of actions are empty.
    """

    CLASS_ID = 9
    ATTRIBUTES = 2
    METHODS = 1
    listener = None

    def __init__(self, numbers):
        Interface.__init__(self)
        self.numbers = numbers
        scripts = [axdr.structure(axdr.long_unsigned(number), axdr.array(())) for number in numbers]
        self.a[2] = axdr.array(scripts)

    def act(self, m, buf, off, end, out, o, aa):
        if end - off != 3 or buf[off] != axdr.LONG_UNSIGNED:
            return -TYPE_UNMATCHED
        number = get16(buf, off + 1)
        if number not in self.numbers:
            return -OUT_OF_RANGE
        return o if self.listener is not None and self.listener.execute(number) else -HARDWARE_FAULT
