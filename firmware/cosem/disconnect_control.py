"""Disconnect control, class 70 version 0 (REQUIREMENTS F-23, F-37): the supply
contactor and who may operate it.

Transitions, by their letters: remote disconnect b (connected to disconnected) and c (ready to
disconnected); remote reconnect a (disconnected to connected) and d (disconnected to ready); manual
e (ready to connected) and f (connected to ready); local, that is, by the meter itself, g (connected
to ready) and h (ready to connected). A control mode allows some of them; another command leaves the
state as it is and is not remembered.
"""

from micropython import const

from cosem.base import OUT_OF_RANGE, Interface, no_parameter
from dlms.codec import axdr
from dlms.codec.errors import READ_WRITE_DENIED, SUCCESS, TYPE_UNMATCHED

DISCONNECTED = const(0)
CONNECTED = const(1)
READY = const(2)
REMOTE_DISCONNECT = const(0)  # commands
REMOTE_RECONNECT = const(1)
MANUAL_DISCONNECT = const(2)
MANUAL_RECONNECT = const(3)
LOCAL_DISCONNECT = const(4)
LOCAL_RECONNECT = const(5)

MODES = ("", "bcfgde", "bcfgae", "bcgde", "bcgae", "bcfgdeh", "bcgdeh")
# what a command can mean in state 0 disconnected, 1 connected, 2 ready: (letter, next state)
_NONE = ("", 0)
TRANSITIONS = (
    (_NONE, ("b", DISCONNECTED), ("c", DISCONNECTED)),
    (None, _NONE, _NONE),
    (_NONE, ("f", READY), _NONE),
    (_NONE, _NONE, ("e", CONNECTED)),
    (_NONE, ("g", READY), _NONE),
    (_NONE, _NONE, ("h", CONNECTED)),
)
RECONNECT = (("a", CONNECTED), ("d", READY))  # of a disconnected supply; the mode decides which


class DisconnectControl(Interface):
    """Attributes: 2 output_state boolean, 3 control_state enum, 4 control_mode enum 0 … 6. Methods:
    1 remote_disconnect, 2 remote_reconnect.

    `listener` hears of each change by `supply_changed(command, state)`.
    """

    CLASS_ID = 70
    ATTRIBUTES = 4
    METHODS = 2
    KEPT = ((4, 3, 4 + 1, 4 + 2),)

    def __init__(self, mode):
        Interface.__init__(self)
        self.listener = None
        self.a[2] = bytearray(b"\x03\x01")  # true
        self.a[3] = bytearray((axdr.ENUM, CONNECTED))
        self.a[4] = bytearray((axdr.ENUM, mode))

    def command(self, command):
        """Carry a command out as far as the control mode allows it; True when the state changed."""
        state = self.a[3][1]
        allowed = MODES[self.a[4][1]]
        row = TRANSITIONS[command][state]
        if row is None:
            row = RECONNECT[0] if RECONNECT[0][0] in allowed else RECONNECT[1]
        if not row[0] or row[0] not in allowed:
            return False
        self._enter(command, row[1])
        return True

    def _enter(self, command, state):
        self.a[3][1] = state
        self.a[2][1] = 1 if state == CONNECTED else 0
        if self.listener:
            self.listener.supply_changed(command, state)

    def set(self, k, buf, off, end, aa, commit):
        """control_mode; mode 0, always connected, connects."""
        if k != 4:
            return READ_WRITE_DENIED
        if buf[off] != axdr.ENUM:
            return TYPE_UNMATCHED
        if buf[off + 1] >= len(MODES):
            return OUT_OF_RANGE
        if commit:
            self.a[4][1] = buf[off + 1]
            if buf[off + 1] == 0 and self.a[3][1] != CONNECTED:
                self._enter(LOCAL_RECONNECT, CONNECTED)
        return SUCCESS

    def unpack(self, k, buf, off, end):
        """The mode, and the state as it was: no command that the log would show."""
        if end - off != 2 or buf[off] != axdr.ENUM or buf[off + 1] > (READY if k == 3 else len(MODES) - 1):
            return TYPE_UNMATCHED
        self.a[k][1] = buf[off + 1]
        if k == 3:
            self.a[2][1] = 1 if buf[off + 1] == CONNECTED else 0
            if self.listener:
                self.listener.supply_restored(buf[off + 1])
        return SUCCESS

    def act(self, m, buf, off, end, out, o, aa):
        if not no_parameter(buf, off, end):
            return -TYPE_UNMATCHED
        self.command(REMOTE_DISCONNECT if m == 1 else REMOTE_RECONNECT)
        return o
