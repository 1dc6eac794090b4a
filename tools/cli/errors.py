"""What a failure means to the user: one line that says what to do, and the exit code.

0 done · 1 the meter refused or answered wrongly · 2 wrong command line · 3
no connection · 130 interrupted
"""

from __future__ import annotations

from ..dlmsclient import (
    ActionError,
    ActionResult,
    AssociationRejected,
    ConnectionFailed,
    ConnectionLost,
    DataAccessError,
    DataAccessResult,
    DlmsError,
    ExceptionResponseError,
    ExceptionService,
    ProtocolError,
    ServiceErrorResponse,
    Timeout,
    TransportError,
    UsageError,
    UserDiagnostic,
)
from . import IN_CHECKOUT
from .asking import with_octets


class Odd(DlmsError):
    """What was read has been shown, and some of it was odd: the rows say what."""

    def __init__(self, rows: int, of: int, what: str = "rows") -> None:
        super().__init__(f"{rows} of {of} {what} are marked: what the meter answered there is odd")


DONE = 0
REFUSED = 1
USAGE = 2
NO_CONNECTION = 3
INTERRUPTED = 130

_START = (
    "Is the meter running? Start one with `make run`, or name yours" if IN_CHECKOUT else "Is the meter running? Name it"
)
_ADVICE: tuple[tuple[type[DlmsError], str], ...] = (
    (ConnectionFailed, f"{_START} with --host and --port."),
    (ConnectionLost, "It may serve as many connections as it can already; --trace shows what was said last."),
    (Timeout, "Check --host, --port, --client and --server, or wait longer with --timeout."),
    (ProtocolError, "This is a fault of the meter; --trace shows the octets."),
)
_REJECTIONS: dict[int, str] = {
    UserDiagnostic.AUTHENTICATION_FAILURE: "The password is wrong or missing: give the right one with --password.",
    UserDiagnostic.AUTHENTICATION_MECHANISM_NAME_REQUIRED: "This client needs a password: give it with --password.",
    UserDiagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED: "This client is not opened with a password, or not "
    "with this kind.",
    UserDiagnostic.APPLICATION_CONTEXT_NAME_NOT_SUPPORTED: "The meter wants a ciphered context for this client.",
}
_AGAIN = "Try again in a moment."
_NO_OBJECT = "There is no such object for this client: `objects` lists what there is."
_NUMBER = (
    "The object may not have this attribute, or may not be selected from like this: `objects` lists its attributes."
)
_BLOCKS = "The transfer of a long value broke off: try again, or with another --pdu-size."
# Of a GET or a Read.
_READING = {
    DataAccessResult.HARDWARE_FAULT: "Something in the meter is broken.",
    DataAccessResult.TEMPORARY_FAILURE: _AGAIN,
    DataAccessResult.READ_WRITE_DENIED: "This client may not read it: `objects` lists its rights; another one may "
    "have more (--client).",
    DataAccessResult.OBJECT_UNDEFINED: _NO_OBJECT,
    DataAccessResult.OBJECT_CLASS_INCONSISTENT: "The object is of another class: `objects` says of which; --class "
    "may be left out.",
    DataAccessResult.OBJECT_UNAVAILABLE: "The object has no value now, or not for this client.",
    DataAccessResult.TYPE_UNMATCHED: _NUMBER,
    DataAccessResult.SCOPE_OF_ACCESS_VIOLATED: "This client may not read it in this association: another one may "
    "(--client).",
    DataAccessResult.DATA_BLOCK_UNAVAILABLE: _BLOCKS,
    DataAccessResult.LONG_GET_ABORTED: _BLOCKS,
    DataAccessResult.NO_LONG_GET_IN_PROGRESS: _BLOCKS,
    DataAccessResult.LONG_SET_ABORTED: _BLOCKS,
    DataAccessResult.NO_LONG_SET_IN_PROGRESS: _BLOCKS,
    DataAccessResult.DATA_BLOCK_NUMBER_INVALID: _BLOCKS,
    DataAccessResult.OTHER_REASON: "The meter gives no reason; its own log may.",
}
# Of a SET or a Write, where it differs.
_WRITING = {
    DataAccessResult.READ_WRITE_DENIED: "This client may not write it: `objects` lists its rights; another one may "
    "have more (--client).",
    DataAccessResult.TYPE_UNMATCHED: "The value has another type: `get … --format json` shows the one that it has.",
    DataAccessResult.SCOPE_OF_ACCESS_VIOLATED: "This client may not write it in this association: another one may "
    "(--client).",
    DataAccessResult.OBJECT_UNAVAILABLE: "The object cannot be written now, or not by this client.",
    DataAccessResult.DATA_BLOCK_UNAVAILABLE: "The value does not fit, or a block of it was lost: try another "
    "--block-size.",
    DataAccessResult.OTHER_REASON: "The type is right; the value may be out of the range that the meter takes.",
}
_ACTING = {
    ActionResult.HARDWARE_FAULT: "Something in the meter is broken.",
    ActionResult.TEMPORARY_FAILURE: _AGAIN,
    ActionResult.READ_WRITE_DENIED: "This client may not invoke it: `objects` lists its methods; another client may "
    "have more (--client).",
    ActionResult.OBJECT_UNDEFINED: _NO_OBJECT,
    ActionResult.OBJECT_CLASS_INCONSISTENT: "The object is of another class: `objects` says of which; --class may "
    "be left out.",
    ActionResult.OBJECT_UNAVAILABLE: "The method cannot be invoked now, or not by this client.",
    ActionResult.TYPE_UNMATCHED: (
        "The method takes a parameter of another type, or none (--no-parameter); or the object may not have "
        "this method."
    ),
    ActionResult.SCOPE_OF_ACCESS_VIOLATED: "This client may not invoke it in this association: another one may "
    "(--client).",
    ActionResult.DATA_BLOCK_UNAVAILABLE: "The parameter does not fit, or a block of it was lost: try another "
    "--block-size.",
    ActionResult.LONG_ACTION_ABORTED: _BLOCKS,
    ActionResult.NO_LONG_ACTION_IN_PROGRESS: _BLOCKS,
    ActionResult.DATA_BLOCK_NUMBER_INVALID: _BLOCKS,
    ActionResult.OTHER_REASON: "The parameter may be out of the range that the method takes, or the method does not "
    "fit the present state.",
}
_CIPHERED = (
    "The meter asks for ciphered requests of this client, which this tool does not have: choose another client "
    "(--client)."
)
_EXCEPTIONS = {
    ExceptionService.OPERATION_NOT_POSSIBLE: "The meter cannot do this now, or not for this client: try again, or "
    "with another --client.",
    ExceptionService.SERVICE_NOT_SUPPORTED: "The meter does not offer this service to this client: `discover` shows "
    "what it offers.",
    ExceptionService.OTHER_REASON: "The meter gives no reason; --trace shows the request.",
    ExceptionService.PDU_TOO_LONG: "The request is longer than the meter takes: --block-size sends it in blocks.",
    ExceptionService.DECIPHERING_ERROR: _CIPHERED,
    ExceptionService.INVOCATION_COUNTER_ERROR: _CIPHERED,
}
# Of a ConfirmedServiceError by class and value, otherwise by class alone.
_SERVICE_ERRORS: dict[tuple[int, int | None], str] = {
    (0, None): "The meter does not take requests of this client like this; --trace shows the request.",
    (0, 6): _CIPHERED,
    (1, None): _AGAIN,
    (2, None): _AGAIN,
    (2, 1): "The meter has no association with this client: it may have ended.",
    (
        3,
        1,
    ): "The request, or what it asks for, is longer than the meter takes or sends: try --block-size, "
    "--pdu-size or --gbt.",
    (3, 2): "The meter does not offer this service to this client: `discover` shows what it offers.",
    (4, None): "There is no such object or attribute for this client: `objects` lists what there is.",
    (5, None): "This client may not do this: another one may (--client).",
    (6, None): "--pdu-size is what this client proposes, and at least 12.",
}
_SERVICE_ERROR = "The meter does not serve this request of this client; --trace shows it."


class Faulty(Exception):
    """Octets could not be explained; everything that could be was printed,
    and what could not is marked.
    """


def advice(error: DlmsError) -> str:
    """What to do about it, possibly nothing."""
    if isinstance(error, AssociationRejected):
        if error.service_error is not None:
            return "--pdu-size is what this client proposes, and at least 12."
        fallback = "The meter may know no such client: --client 16 is the public one."
        return _REJECTIONS.get(error.diagnostic, fallback) if error.source == "user" else fallback
    if isinstance(error, DataAccessError):
        writing = _WRITING.get(error.code) if error.what.startswith(("SET", "Write")) else None
        return writing or _READING.get(error.code, "")
    if isinstance(error, ActionError):
        return _ACTING.get(error.code, "")
    if isinstance(error, ExceptionResponseError):
        return _EXCEPTIONS[error.response.service]
    if isinstance(error, ServiceErrorResponse):
        found = error.error
        by_class = _SERVICE_ERRORS.get((found.error_class, None), _SERVICE_ERROR)
        return _SERVICE_ERRORS.get((found.error_class, found.value), by_class)
    return next((text for kind, text in _ADVICE if isinstance(error, kind)), "")


def exit_code(error: DlmsError) -> int:
    """Exit code of a failure."""
    if isinstance(error, TransportError | Timeout):
        return NO_CONNECTION
    return USAGE if isinstance(error, UsageError) else REFUSED


def message(error: DlmsError) -> str:
    """``error: what happened. What to do.``"""
    text = str(error).rstrip(".")
    if isinstance(error, ProtocolError):
        text = with_octets(text, error.octets)
    hint = advice(error)
    return f"error: {text}." + (f" {hint}" if hint else "")
