"""Bits of the conformance block: bit 0 is the most significant of three octets (REQUIREMENTS C.4)."""

from micropython import const

ALL_BITS = const(0xFFFFFF)
GENERAL_BLOCK_TRANSFER = const(0x200000)  # bit 2
READ = const(0x100000)  # bit 3
WRITE = const(0x080000)  # bit 4
UNCONFIRMED_WRITE = const(0x040000)  # bit 5
DATA_NOTIFICATION = const(0x000080)  # bit 16
EVENT_NOTIFICATION = const(0x000002)  # bit 22
ATTRIBUTE_0_SET = const(0x008000)  # bit 8
ATTRIBUTE_0_GET = const(0x002000)  # bit 10
BLOCK_GET = const(0x001000)  # bit 11
BLOCK_SET = const(0x000800)  # bit 12
BLOCK_ACTION = const(0x000400)  # bit 13
MULTIPLE_REFERENCES = const(0x000200)  # bit 14
INFORMATION_REPORT = const(0x000100)  # bit 15
ACCESS = const(0x000040)  # bit 17
PARAMETERIZED_ACCESS = const(0x000020)  # bit 18
GET = const(0x000010)  # bit 19
SET = const(0x000008)  # bit 20
SELECTIVE_ACCESS = const(0x000004)  # bit 21
ACTION = const(0x000001)  # bit 23

# What this server has for logical name referencing. Priority is not offered: one link is
# served in order (REQUIREMENTS D-06).
LN_SERVICES = const(0x00BE1D)
# … in single APDUs, where no state is kept from one to the next
WITHOUT_BLOCKS = const(0x00A21D)
# What it sends unasked, offered to the client management process only: with logical names …
UNSOLICITED = const(0x000082)
# … and with short ones, information-report
SN_UNSOLICITED = const(0x000100)
# What it has for short name referencing (REQUIREMENTS C-36): bits 3 to 5, 11, 12, 14 and 18.
SN_SERVICES = const(0x1C1A20)
# … and what comes with general block transfer, on a board that has the memory
# (limits.GBT_WINDOW); ACCESS has no short names
LN_LONG_SERVICES = const(0x200040)
SN_LONG_SERVICES = const(0x200000)
