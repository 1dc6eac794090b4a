"""Result codes, and the ONE table of what the server answers in which error situation.

Every rule whose answer the published texts leave open is one row of `Errors`, with its evidence, so
that a correction is one line (REQUIREMENTS D-90 to D-99 and section J). `errors=ctt` in the
configuration takes the code that the published conformance client expects where it differs from the
textbook one.
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
NO_LONG_SET_IN_PROGRESS = const(18)
DATA_BLOCK_NUMBER_INVALID = const(19)
OTHER_REASON = const(250)
# action-result has its own names for two of the codes
LONG_ACTION_ABORTED = const(15)
NO_LONG_ACTION_IN_PROGRESS = const(16)

# An answer that is a whole APDU: ExceptionResponse `D8 state service` (REQUIREMENTS
# D-70), written state << 8 | service
NOTHING = const(0)
NOT_ALLOWED_NOT_POSSIBLE = const(0x0101)
NOT_ALLOWED_NOT_SUPPORTED = const(0x0102)
NOT_ALLOWED_TOO_LONG = const(0x0104)

# An answer that is a whole APDU in an SN AA: ConfirmedServiceError `0E service b c`
# (REQUIREMENTS D-71), written b << 8 | c
SERVICE_OTHER = const(0x0300)
SERVICE_PDU_SIZE = const(0x0301)
SERVICE_UNSUPPORTED = const(0x0302)
ACCESS_HARDWARE_FAULT = const(0x0503)
# its first octet
INITIATE_ERROR = const(1)
READ_ERROR = const(5)
WRITE_ERROR = const(6)

# An answer that refuses an AARQ: result << 16 | source << 8 | diagnostic (REQUIREMENTS C.3).
# Sources: 1 acse-service-user, 2 acse-service-provider.
ACCEPTED = const(0x000100)
REJECTED = const(0x010101)  # rejected-permanent, no-reason-given
REJECTED_TRANSIENT = const(0x020101)
REJECTED_CONTEXT = const(0x010102)
REJECTED_USER = const(0x010106)
REJECTED_AUTHENTICATION = const(0x01010D)
REJECTED_VERSION = const(0x010202)  # provider: no-common-acse-version

# ConfirmedServiceError initiateError/initiate `0E 01 06 c` in the
# user-information of a refusal (REQUIREMENTS D-71)
INITIATE_OTHER = const(0)
DLMS_VERSION_TOO_LOW = const(1)
INCOMPATIBLE_CONFORMANCE = const(2)
PDU_SIZE_TOO_SHORT = const(3)


class Errors:
    """The answers, by situation. One instance belongs to the server;
    `conformance client` variants replace single rows.
    """

    # -- answers to an AARQ
    # C-43: mechanism-name 0 without a value, towards an association without authentication [impl]
    lowest_level_named = ACCEPTED

    # -- whole APDUs; in an unconfirmed AA and for unconfirmed services nothing is ever sent (D-99)
    service_not_negotiated = NOT_ALLOWED_NOT_SUPPORTED  # D-90 [ctt]
    # D-91, C-54 [ctt]; on UDP nothing, so that nobody is answered for a spoofed source
    no_association = NOT_ALLOWED_NOT_SUPPORTED
    release_refused = NOT_ALLOWED_NOT_SUPPORTED  # C-53: RLRQ in a pre-established AA; on UDP nothing [choice]
    unknown_apdu = NOT_ALLOWED_NOT_SUPPORTED  # D-92 [impl]
    response_apdu = NOTHING  # D-96: a client-bound APDU is discarded [choice]
    sn_service = NOT_ALLOWED_NOT_SUPPORTED  # D-55: SN service in an LN AA [ctt]
    # a GET with bit 6 of its invoke-id-and-priority clear is answered in a confirmed AA that an
    # AARQ opened: clients of the field write 01 there, and 9-7 ties the bit to Service_Class
    # without a word on the answer; B-09 [impl]
    unconfirmed_get = True
    apdu_too_long = NOT_ALLOWED_TOO_LONG  # D-95, A-27 [impl]
    attribute_0_not_negotiated = NOT_ALLOWED_NOT_SUPPORTED  # D-12 [ctt]
    list_not_negotiated = NOT_ALLOWED_NOT_SUPPORTED  # D-13 [impl]
    selection_not_negotiated = NOT_ALLOWED_NOT_SUPPORTED  # D-114 [choice]
    blocks_not_negotiated = NOT_ALLOWED_NOT_SUPPORTED  # a request in blocks without bits 11 to 13: as D-90
    no_invoke_id = NOT_ALLOWED_NOT_SUPPORTED  # D-94, the APDU ends before invoke-id-and-priority [ctt]
    # more entries than limits.LIST, or more results of a SET than one answer holds [choice]
    list_too_long = NOT_ALLOWED_TOO_LONG
    # D-80: a general block that is none, or nothing or a block inside: as D-94 [choice]
    malformed_gbt = NOT_ALLOWED_NOT_SUPPORTED
    # D-89: acknowledges what was not sent, goes on with what is over, cannot go on [choice]
    gbt_aborted = NOT_ALLOWED_NOT_POSSIBLE
    malformed_access = NOT_ALLOWED_NOT_SUPPORTED  # D-40, as D-94 [choice]
    # D-45: the answer is longer than the PDU, and general block transfer not negotiated [choice]
    access_too_long = NOT_ALLOWED_TOO_LONG

    # -- whole APDUs with short names: ConfirmedServiceError with the number of the service,
    # 1 when it is neither Read nor Write
    # D-55, D-90: a service, a list, a selection, blocks that were not negotiated [ctt, impl]
    sn_not_supported = SERVICE_UNSUPPORTED
    sn_too_long = SERVICE_PDU_SIZE  # more entries than limits.LIST, or more results than one answer holds [choice]
    sn_malformed = SERVICE_OTHER  # D-94: a Read or Write that cannot be decoded [choice]
    sn_escaped = ACCESS_HARDWARE_FAULT  # an object raised [choice]

    # -- results
    malformed_get = READ_WRITE_DENIED  # D-93, D-94 [ctt]
    malformed_set = READ_WRITE_DENIED  # D-93, D-94 [ctt]
    malformed_action = OTHER_REASON  # D-94 [memory]
    unknown_object = OBJECT_UNDEFINED  # D-11: textbook 04
    unknown_object_action = OBJECT_UNDEFINED  # D-11 [impl], in both modes
    other_class = OBJECT_CLASS_INCONSISTENT  # D-11 [impl]
    no_attribute = TYPE_UNMATCHED  # D-11, attribute or method number not of the class [impl]
    no_right = READ_WRITE_DENIED  # D-11, D-21 [impl]
    no_selection = TYPE_UNMATCHED  # D-112, selector on an attribute that has none, or an unknown one [impl]
    too_nested = TYPE_UNMATCHED  # deeper than limits.NESTING: no attribute has that type [choice]
    # D-17, D-18, D-22 [impl]: no transfer free, no block transfer negotiated, too long
    no_resources = DATA_BLOCK_UNAVAILABLE
    bad_block = DATA_BLOCK_UNAVAILABLE  # D-22, raw data not as long as the block says [impl]
    escaped = HARDWARE_FAULT  # an object raised [choice]
    not_executed = OTHER_REASON  # D-43: ACCESS broke off at an error before this entry [memory]


class ConformanceClientErrors(Errors):
    """`errors=ctt`: what the published conformance client passes (REQUIREMENTS C-43, D-11)."""

    lowest_level_named = REJECTED_AUTHENTICATION
    unknown_object = READ_WRITE_DENIED
    other_class = READ_WRITE_DENIED
    no_attribute = READ_WRITE_DENIED
    unconfirmed_get = False  # B-09, the strict reading: nothing is sent [choice]


# places in `codes`; 0 stands for success
UNKNOWN_AT = const(1)
OTHER_CLASS_AT = const(2)
NO_ATTRIBUTE_AT = const(3)
NO_RIGHT_AT = const(4)
UNKNOWN_ACTION_AT = const(5)
MALFORMED_GET_AT = const(6)
MALFORMED_SET_AT = const(7)
MALFORMED_ACTION_AT = const(8)
TOO_NESTED_AT = const(9)
NO_SELECTION_AT = const(10)
LIST_AT = const(11)  # the most entries of a list
DEPTH_AT = const(12)  # the nesting that `scan` takes
# of these each takes two: an ExceptionResponse
NO_INVOKE_ID_AT = const(13)
UNKNOWN_APDU_AT = const(15)
SN_SERVICE_AT = const(17)
LIST_TOO_LONG_AT = const(19)
MALFORMED_ACCESS_AT = const(21)
MALFORMED_GBT_AT = const(23)
GBT_ABORTED_AT = const(25)
NOT_EXECUTED_AT = const(27)  # a result


def codes(errors, most, depth):
    """The results of a table of errors as octets, for the fast paths (`dlms.ln.fast_plain`)."""
    return bytes((
        SUCCESS,
        errors.unknown_object,
        errors.other_class,
        errors.no_attribute,
        errors.no_right,
        errors.unknown_object_action,
        errors.malformed_get,
        errors.malformed_set,
        errors.malformed_action,
        errors.too_nested,
        errors.no_selection,
        min(most, 0x7F),
        depth,
        errors.no_invoke_id >> 8, errors.no_invoke_id & 0xFF,
        errors.unknown_apdu >> 8, errors.unknown_apdu & 0xFF,
        errors.sn_service >> 8, errors.sn_service & 0xFF,
        errors.list_too_long >> 8, errors.list_too_long & 0xFF,
        errors.malformed_access >> 8, errors.malformed_access & 0xFF,
        errors.malformed_gbt >> 8, errors.malformed_gbt & 0xFF,
        errors.gbt_aborted >> 8, errors.gbt_aborted & 0xFF,
        errors.not_executed,
    ))  # fmt: skip
