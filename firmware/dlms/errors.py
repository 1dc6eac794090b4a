"""Result codes, and the ONE table of what the server answers in which error situation.

Every rule of which the published texts leave the answer open is one row below, with its evidence, so that a correction is one
line (REQUIREMENTS section I). `errors=ctt` in the configuration takes the codes that the published conformance client expects
where they differ from the textbook ones.
"""

from micropython import const

# data-access-result and action-result (IEC 62056-5-3, REQUIREMENTS D.4, D-31)
SUCCESS = const(0)
HARDWARE_FAULT = const(1)
TEMPORARY_FAILURE = const(2)
READ_WRITE_DENIED = const(3)
OBJECT_UNDEFINED = const(4)
OBJECT_CLASS_INCONSISTENT = const(9)
OBJECT_UNAVAILABLE = const(11)
TYPE_UNMATCHED = const(12)
SCOPE_OF_ACCESS_VIOLATED = const(13)
DATA_BLOCK_UNAVAILABLE = const(14)
LONG_GET_ABORTED = const(15)
NO_LONG_GET_IN_PROGRESS = const(16)
LONG_SET_ABORTED = const(17)
NO_LONG_SET_IN_PROGRESS = const(18)
DATA_BLOCK_NUMBER_INVALID = const(19)
OTHER_REASON = const(250)
# action-result has its own names for two of the codes
LONG_ACTION_ABORTED = const(15)
NO_LONG_ACTION_IN_PROGRESS = const(16)

# ExceptionResponse D8 state service (REQUIREMENTS D-70)
NOT_ALLOWED = const(1)
UNKNOWN = const(2)
NOT_POSSIBLE = const(1)
NOT_SUPPORTED = const(2)
OTHER = const(3)
PDU_TOO_LONG = const(4)
