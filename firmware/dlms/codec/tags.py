"""Tags of APDUs, of the xDLMS services and of the ACSE (REQUIREMENTS C and D).

Who compares with one or writes it has a copy that is compiled in, `_GET_REQUEST = const(0xC0)`,
with a comment that names this module. `make lint` compares the two, and asks for the name where a
number of this table stands bare. No module imports this one.
"""

from micropython import const

# services with short names
READ_REQUEST = const(0x05)
WRITE_REQUEST = const(0x06)
READ_RESPONSE = const(0x0C)
WRITE_RESPONSE = const(0x0D)
UNCONFIRMED_WRITE_REQUEST = const(0x16)
INFORMATION_REPORT = const(0x18)

# the user information of an AARQ and an AARE; a refusal with short names
INITIATE_REQUEST = const(0x01)
INITIATE_RESPONSE = const(0x08)
CONFIRMED_SERVICE_ERROR = const(0x0E)

# unasked, with logical and with short names
DATA_NOTIFICATION = const(0x0F)
DATA_NOTIFICATION_CONFIRM = const(0x10)

# the ACSE
AARQ = const(0x60)
AARE = const(0x61)
RLRQ = const(0x62)
RLRE = const(0x63)

# services with logical names
GET_REQUEST = const(0xC0)
SET_REQUEST = const(0xC1)
EVENT_NOTIFICATION = const(0xC2)
ACTION_REQUEST = const(0xC3)
GET_RESPONSE = const(0xC4)
SET_RESPONSE = const(0xC5)
ACTION_RESPONSE = const(0xC7)

# of both
EXCEPTION_RESPONSE = const(0xD8)
ACCESS_REQUEST = const(0xD9)
ACCESS_RESPONSE = const(0xDA)
GENERAL_BLOCK_TRANSFER = const(0xE0)
