"""What a failure means to the user: one line that says what to do, and the exit code.

    0 done · 1 the meter refused or answered wrongly · 2 wrong command line · 3 no connection · 130 interrupted
"""

from __future__ import annotations

from tools.cli.asking import with_octets
from tools.dlmsclient import (
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


class Odd(DlmsError):
    """What was read has been shown, and some of it was odd: the rows say what."""

    def __init__(self, rows: int, of: int, what: str = "rows") -> None:
        super().__init__(f"{rows} of {of} {what} are marked: what the meter answered there is odd")


DONE = 0
REFUSED = 1
USAGE = 2
NO_CONNECTION = 3
INTERRUPTED = 130

_ADVICE: tuple[tuple[type[DlmsError], str], ...] = (
    (ConnectionFailed, "Is the meter running? Start one with `make run`, or name yours with --host and --port."),
    (ConnectionLost, "It may serve as many connections as it can already; --trace shows what was said last."),
    (Timeout, "Check --host, --port, --client and --server, or wait longer with --timeout."),
    (ProtocolError, "This is a fault of the meter; --trace shows the octets."),
)
_REJECTIONS = {
    UserDiagnostic.AUTHENTICATION_FAILURE: "The password is wrong or missing: give the right one with --password.",
    UserDiagnostic.AUTHENTICATION_MECHANISM_NAME_REQUIRED: "This client needs a password: give it with --password.",
    UserDiagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED: "This client is not opened with a password, or not with this kind.",
    UserDiagnostic.APPLICATION_CONTEXT_NAME_NOT_SUPPORTED: "The meter wants a ciphered context for this client.",
}
_RESULTS = {
    DataAccessResult.OBJECT_UNDEFINED: "`objects` lists what this client may see.",
    DataAccessResult.READ_WRITE_DENIED: "`objects` lists the rights of this client; another one may have more (--client).",
    DataAccessResult.TYPE_UNMATCHED: "Read the attribute with `get` to see its type.",
    DataAccessResult.TEMPORARY_FAILURE: "Try again in a moment.",
}


class Faulty(Exception):
    """Octets could not be explained; everything that could be was printed, and what could not is marked."""


def advice(error: DlmsError) -> str:
    """What to do about it, possibly nothing."""
    if isinstance(error, AssociationRejected):
        if error.service_error is not None:
            return "--pdu-size is what this client proposes, and at least 12."
        fallback = "The meter may know no such client: --client 16 is the public one."
        return _REJECTIONS.get(UserDiagnostic(error.diagnostic), fallback) if error.source == "user" else fallback
    if isinstance(error, DataAccessError):
        return _RESULTS.get(error.code, "")
    if isinstance(error, ExceptionResponseError):
        if error.response.service is ExceptionService.PDU_TOO_LONG:
            return "The request is longer than the meter takes: --block-size sends it in blocks."
        return "The meter does not offer this service to this client."
    if isinstance(error, ServiceErrorResponse):
        return "The meter does not offer this service to this client."
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
