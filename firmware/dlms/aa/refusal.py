"""Refusals that are a whole APDU, written in place: ExceptionResponse and ConfirmedServiceError.

    D8 state service                    with logical names, and outside any AA (REQUIREMENTS D-70)
    0E service b c                      with short names (D-71)

Their codes are rows of `codec.errors.Errors`; code 0 stands for no answer at all.
"""

from micropython import const

from dlms.codec.errors import INITIATE_ERROR, NOT_ALLOWED_TOO_LONG

_CONFIRMED_SERVICE_ERROR = const(0x0E)  # as `dlms.codec.tags.CONFIRMED_SERVICE_ERROR`
_EXCEPTION_RESPONSE = const(0xD8)  # as `dlms.codec.tags.EXCEPTION_RESPONSE`


def refuse(tx, p, code):
    """ExceptionResponse at tx[p:], state and service in code; returns the offset after
    it, or 0 when the table says nothing.
    """
    if code == 0:
        return 0
    tx[p] = _EXCEPTION_RESPONSE
    tx[p + 1] = code >> 8
    tx[p + 2] = code & 0xFF
    return p + 3


def service_error(tx, p, service, code):
    """ConfirmedServiceError at tx[p:], b and c in code; returns the offset after it."""
    tx[p] = _CONFIRMED_SERVICE_ERROR
    tx[p + 1] = service
    tx[p + 2] = code >> 8
    tx[p + 3] = code & 0xFF
    return p + 4


def exception(errors, aa, tx, code):
    """`refuse` inside an AA; with short names a ConfirmedServiceError of no service instead (D-55)."""
    if code and aa.assoc.context & 1 == 0:
        code = errors.sn_too_long if code == NOT_ALLOWED_TOO_LONG else errors.sn_not_supported
        return service_error(tx, aa.start, INITIATE_ERROR, code)
    return refuse(tx, aa.start, code)
