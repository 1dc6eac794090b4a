"""The exception hierarchy of the client: one base class, one class per kind of trouble.

DlmsError
  UsageError            a value given by the caller cannot be sent (also a ValueError)
    ConfirmedServiceBarred  a confirmed service in an unconfirmed association: nothing was sent
  TransportError        the network: ConnectionFailed, ConnectionLost
  Timeout               no complete answer within the time allowed
  ProtocolError         octets came that no correct server sends here
  ServiceFailure        the server answered, and refused
    AssociationRejected     AARE with result 1 or 2
    DataAccessError         a GET or SET ended with a data-access-result
    ActionError             an ACTION ended with an action-result
    ExceptionResponseError  an ExceptionResponse (D8) came instead of the answer
    ServiceErrorResponse    a ConfirmedServiceError (0E) came instead of the answer
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .codes import ActionResult, DataAccessResult
    from .initiate import ConfirmedServiceError
    from .xdlms import ExceptionResponse


class DlmsError(Exception):
    """Base of everything this package raises on purpose."""


class UsageError(DlmsError, ValueError):
    """A value from the caller cannot be encoded or is not allowed here."""


class ConfirmedServiceBarred(UsageError):
    """A confirmed service was asked of an unconfirmed association, where nothing is
    ever answered (REQUIREMENTS B-26).
    """

    def __init__(self) -> None:
        super().__init__(
            "a confirmed service in an unconfirmed association: nothing would be answered; SET, ACTION, Write go "
            "unconfirmed"
        )


class TransportError(DlmsError):
    """The network failed."""


class ConnectionFailed(TransportError):
    """No connection could be made."""


class ConnectionLost(TransportError):
    """The peer ended the connection, or the connection broke."""


class Timeout(DlmsError):
    """The peer was silent, or did not complete a WPDU, within the time allowed."""


class ProtocolError(DlmsError):
    """Octets arrived that a correct server does not send in this place:
    ``octets``, where they are known.
    """

    octets: bytes = b""

    def of(self, octets: bytes) -> ProtocolError:
        """The same, with the octets it is about unless it has some already."""
        self.octets = self.octets or octets
        return self


class ServiceFailure(DlmsError):
    """The server answered, and its answer is a refusal."""


class AssociationRejected(ServiceFailure):
    """The AARE refuses the association (REQUIREMENTS C-12 to C-30).

    ``result`` 1 permanent or 2 transient, ``source`` "user" or "provider" (who diagnosed),
    ``diagnostic`` its code, ``service_error`` the ConfirmedServiceError of the
    user-information, if one was there.
    """

    def __init__(
        self,
        message: str,
        result: int,
        source: str,
        diagnostic: int,
        service_error: ConfirmedServiceError | None = None,
    ) -> None:
        super().__init__(message)
        self.result = result
        self.source = source
        self.diagnostic = diagnostic
        self.service_error = service_error


class DataAccessError(ServiceFailure):
    """GET or SET refused with a data-access-result (``code``); ``what``
    names the request, service first.
    """

    def __init__(self, code: DataAccessResult, what: str = "") -> None:
        super().__init__(f"{what}: {code.text}" if what else code.text)
        self.code = code
        self.what = what


class ActionError(ServiceFailure):
    """ACTION refused with an action-result (``code``); ``what`` names the request."""

    def __init__(self, code: ActionResult, what: str = "") -> None:
        super().__init__(f"{what}: {code.text}" if what else code.text)
        self.code = code
        self.what = what


class ExceptionResponseError(ServiceFailure):
    """An ExceptionResponse came instead of the answer (``response``, REQUIREMENTS D-70)."""

    def __init__(self, response: ExceptionResponse, what: str = "") -> None:
        super().__init__(f"{what}: {response.text}" if what else response.text)
        self.response = response


class ServiceErrorResponse(ServiceFailure):
    """A ConfirmedServiceError came instead of the answer (``error``, REQUIREMENTS D-71)."""

    def __init__(self, error: ConfirmedServiceError, what: str = "") -> None:
        super().__init__(f"{what}: {error.text}" if what else error.text)
        self.error = error
