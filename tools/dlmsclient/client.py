"""The synchronous client: one link (TCP connection or UDP socket) and the associations on it.

Octets go three ways, from raw to comfortable:

    send_octets / receive           anything at all; the next WPDU or None
    send_apdu / exchange            one APDU in a right WPDU; the APDU of the
                                    response, wPorts checked
    associate -> Association        the services
"""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import TypeVar

from .acse import AARE_TAG, CONTEXT_LN, CONTEXT_SN, SOURCE_USER, Aare, Aarq, context_name
from .association import Association, refusal
from .codes import AssociationResult, UserDiagnostic
from .errors import AssociationRejected, ConnectionLost, ProtocolError, Timeout, UsageError
from .general_blocks import is_general_block
from .initiate import (
    CLIENT_CONFORMANCE,
    CONFIRMED_SERVICE_ERROR,
    DLMS_VERSION,
    SERVICE_BLOCKS,
    SHORT_NAME_CONFORMANCE,
    VAA_LN,
    VAA_SN,
    ConfirmedServiceError,
    Conformance,
    InitiateRequest,
    InitiateResponse,
)
from .notifications import is_notification
from .short_name_association import ShortNameAssociation
from .transport import TcpTransport, Transport, UdpTransport
from .wrapper import DEFAULT_PORT, MANAGEMENT_LOGICAL_DEVICE, PUBLIC_CLIENT, Wpdu
from .xdlms import (
    ACTION_REQUEST,
    ACTION_RESPONSE,
    GET_REQUEST,
    GET_RESPONSE,
    SET_REQUEST,
    SET_RESPONSE,
)

SENT = ">"
RECEIVED = "<"
DEFAULT_TIMEOUT = 5.0
MAX_PDU_SIZE = 0xFFFF

_NOTED = 100  # notifications that nobody took
_WITH_INVOKE_ID = frozenset((GET_REQUEST, SET_REQUEST, ACTION_REQUEST, GET_RESPONSE, SET_RESPONSE, ACTION_RESPONSE))

_Request = tuple[int, int, int]  # client wPort, server wPort, invoke-id-and-priority or -1
Trace = Callable[[str, bytes], None]
Kind = TypeVar("Kind", bound=Association)


def _invoke_id(apdu: bytes) -> int:
    """invoke-id-and-priority of a GET, SET or ACTION and of its response; -1 of what has none."""
    return apdu[2] if len(apdu) > 2 and apdu[0] in _WITH_INVOKE_ID else -1


class Client:
    """A link to a server. ``trace`` is called with direction (">" sent, "<"
    received) and the octets of every WPDU.
    """

    def __init__(self, transport: Transport, timeout: float = DEFAULT_TIMEOUT, trace: Trace | None = None) -> None:
        self.transport = transport
        self.timeout = timeout
        self.trace = trace
        # Who gets what arrives unasked between a request and its response; without
        # anybody the last ones are noted.
        self.unsolicited: Callable[[Wpdu], None] | None = None
        self.noted: deque[Wpdu] = deque(maxlen=_NOTED)
        # Requests whose answers did not come in time and may come yet.
        self._given_up: set[_Request] = set()
        self.associations: dict[tuple[int, int], Association] = {}

    @classmethod
    def tcp(
        cls,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        timeout: float = DEFAULT_TIMEOUT,
        trace: Trace | None = None,
    ) -> Client:
        """Connect over TCP."""
        return cls(TcpTransport(host, port, timeout), timeout, trace)

    @classmethod
    def udp(
        cls,
        host: str = "127.0.0.1",
        port: int = DEFAULT_PORT,
        timeout: float = DEFAULT_TIMEOUT,
        trace: Trace | None = None,
        interface: str | None = None,
    ) -> Client:
        """Speak over UDP, to one meter or to a multicast group (``interface``: see UdpTransport)."""
        return cls(UdpTransport(host, port, timeout, interface), timeout, trace)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the link without releasing: over TCP all its associations end
        with it (REQUIREMENTS B-11).
        """
        self.transport.close()
        self.associations.clear()

    # Octets

    def send_octets(self, octets: bytes) -> None:
        """Send octets as they are, right or wrong."""
        if self.trace:
            self.trace(SENT, octets)
        self.transport.send(octets)

    def send_wpdu(self, wpdu: Wpdu) -> None:
        """Send a WPDU, whose version and length may be wrong."""
        self.send_octets(wpdu.encode())

    def send_apdu(
        self, apdu: bytes, client_wport: int = PUBLIC_CLIENT, server_wport: int = MANAGEMENT_LOGICAL_DEVICE
    ) -> None:
        """Send an APDU in a right WPDU."""
        self.send_wpdu(Wpdu(client_wport, server_wport, apdu))

    def receive(self, timeout: float | None = None) -> Wpdu | None:
        """The next WPDU, or None when none came within ``timeout`` seconds;
        ConnectionLost when the peer closed.
        """
        wpdu = self.transport.receive(self.timeout if timeout is None else timeout)
        if wpdu is not None and self.trace:
            self.trace(RECEIVED, wpdu.encode())
        return wpdu

    def expect_nothing(self, timeout: float) -> None:
        """A ProtocolError if anything arrives within ``timeout`` seconds."""
        wpdu = self.receive(timeout)
        if wpdu is not None:
            raise ProtocolError(f"nothing was expected, {wpdu.encode().hex().upper()} came")

    def expect_closed(self, timeout: float | None = None) -> None:
        """Wait until the peer closes the connection; a WPDU is a ProtocolError, silence a Timeout."""
        wait = self.timeout if timeout is None else timeout
        try:
            wpdu = self.receive(wait)
        except ConnectionLost:
            return
        if wpdu is not None:
            raise ProtocolError(f"the end of the connection was expected, {wpdu.encode().hex().upper()} came")
        raise Timeout(f"the peer kept the connection open for {wait:g} s")

    def exchange(
        self,
        apdu: bytes,
        client_wport: int = PUBLIC_CLIENT,
        server_wport: int = MANAGEMENT_LOGICAL_DEVICE,
        timeout: float | None = None,
    ) -> bytes:
        """Send an APDU and return the APDU of the response, which must carry the two
        wPorts swapped (REQUIREMENTS A-04).
        """
        wait = self.timeout if timeout is None else timeout
        started = time.monotonic()
        request = client_wport, server_wport, _invoke_id(apdu)
        self._given_up.discard(request)
        self.send_apdu(apdu, client_wport, server_wport)
        received = self.receive_apdu(client_wport, server_wport, max(wait - (time.monotonic() - started), 0.0))
        if received is None:
            self._given_up.add(request)
            raise Timeout(f"no answer within {wait:g} s")
        return received

    def receive_apdu(self, client_wport: int, server_wport: int, timeout: float) -> bytes | None:
        """The next APDU, which must come with these wPorts; None when none
        came within ``timeout`` seconds.

        What a meter sends unasked meanwhile goes to ``unsolicited``, or is ``noted``. The
        answer to a request that nobody waits for any longer is dropped, so that one silence
        does not spoil what is asked next.
        """
        until = time.monotonic() + timeout
        wpdu = self.receive(timeout)
        while wpdu is not None and (self._is_late(wpdu) or self._is_unasked(wpdu, client_wport, server_wport)):
            wpdu = self.receive(max(until - time.monotonic(), 0.0))
        if wpdu is None:
            return None
        if (wpdu.source, wpdu.destination) != (server_wport, client_wport):
            raise ProtocolError(
                f"the answer goes from wPort {wpdu.source} to {wpdu.destination}, expected {server_wport} to "
                f"{client_wport}"
            )
        if not wpdu.apdu:
            raise ProtocolError("the answer is an empty APDU")
        return wpdu.apdu

    def _is_late(self, wpdu: Wpdu) -> bool:
        """Whether this answers a request that was given up; it is forgotten with its answer."""
        answered = wpdu.destination, wpdu.source, _invoke_id(wpdu.apdu)
        late = answered in self._given_up
        self._given_up.discard(answered)
        return late

    def _is_unasked(self, wpdu: Wpdu, client_wport: int, server_wport: int) -> bool:
        """Hand over a notification, or a block of one; a block with the wPorts of
        the request belongs to its answer.
        """
        block = is_general_block(wpdu.apdu) and (wpdu.source, wpdu.destination) != (server_wport, client_wport)
        if not block and not is_notification(wpdu.apdu):
            return False
        (self.unsolicited or self.noted.append)(wpdu)
        return True

    def drain(self) -> None:
        """Throw away what has come unasked: late datagrams of an exchange that is over."""
        if self.transport.name == "udp":
            while self.receive(0.0) is not None:
                pass

    # Associations

    def associate(
        self,
        client_wport: int = PUBLIC_CLIENT,
        server_wport: int = MANAGEMENT_LOGICAL_DEVICE,
        password: str | bytes | None = None,
        *,
        conformance: Conformance | None = None,
        pdu_size: int = MAX_PDU_SIZE,
        confirmed: bool = True,
        initiate: InitiateRequest | None = None,
        aarq: Aarq | None = None,
        block_size: int | None = None,
        timeout: float | None = None,
        gbt: int | None = None,
    ) -> Association:
        """Open an association and return it.

        Without ``password``: lowest level; with one: LLS. ``pdu_size`` is the
        client-max-receive-pdu-size (0: no limit). ``confirmed`` False opens an unconfirmed AA: over
        UDP only, and nothing is answered (REQUIREMENTS B-02, B-05). ``conformance``: by default
        everything that this client has for the referencing of its context. ``initiate`` replaces
        the InitiateRequest; ``aarq`` the whole AARQ, whose own user-information is sent if it has
        one. ``gbt`` proposes general block transfer instead of the services' own blocks, with that
        window. A refusal is raised as AssociationRejected.
        """
        conformance = CLIENT_CONFORMANCE if conformance is None else conformance
        return self._associate(
            Association,
            client_wport,
            server_wport,
            password,
            initiate or InitiateRequest(_with_general_blocks(conformance, gbt), pdu_size, confirmed),
            aarq,
            block_size,
            timeout,
            gbt,
        )

    def associate_short_names(
        self,
        client_wport: int,
        server_wport: int = MANAGEMENT_LOGICAL_DEVICE,
        password: str | bytes | None = None,
        *,
        conformance: Conformance = SHORT_NAME_CONFORMANCE,
        pdu_size: int = MAX_PDU_SIZE,
        confirmed: bool = True,
        block_size: int | None = None,
        timeout: float | None = None,
        gbt: int | None = None,
    ) -> ShortNameAssociation:
        """As ``associate``, in the application context of short names."""
        proposed = InitiateRequest(_with_general_blocks(conformance, gbt), pdu_size, confirmed)
        return self._associate(
            ShortNameAssociation, client_wport, server_wport, password, proposed, None, block_size, timeout, gbt
        )

    def _associate(
        self,
        kind: type[Kind],
        client_wport: int,
        server_wport: int,
        password: str | bytes | None,
        proposed: InitiateRequest,
        aarq: Aarq | None,
        block_size: int | None,
        timeout: float | None,
        gbt: int | None,
    ) -> Kind:
        """Open an AA of a kind: send the AARQ, check the AARE, keep the AA. An unconfirmed AARQ
        gets no answer.

        Raises AssociationRejected, ProtocolError, Timeout, ConnectionLost; UsageError for an
        unconfirmed AA over TCP.
        """
        if aarq is not None and aarq.user_information is not None:
            with contextlib.suppress(ProtocolError):  # it may be wrong on purpose
                proposed = InitiateRequest.decode(aarq.user_information)
        if not proposed.response_allowed and self.transport.name == "tcp":
            raise UsageError("an unconfirmed association exists over UDP only")
        context = CONTEXT_SN if kind is ShortNameAssociation else CONTEXT_LN
        request = aarq or self._aarq(proposed.encode(), password, context)
        if request.user_information is None:
            request = replace(request, user_information=proposed.encode())
        association = kind(
            self,
            client_wport,
            server_wport,
            confirmed=proposed.response_allowed,
            client_max_receive_pdu_size=proposed.client_max_receive_pdu_size,
            block_size=block_size,
            timeout=timeout,
            gbt=gbt,
        )
        if proposed.response_allowed:
            octets = self.exchange(request.encode(), client_wport, server_wport, timeout)
            association.aare, association.negotiated = read_aare(octets, request, proposed)
            if gbt is not None and not association.negotiated.conformance & Conformance.GENERAL_BLOCK_TRANSFER:
                association.gbt = None  # the server does not have it: requests go alone
        else:
            self.send_apdu(request.encode(), client_wport, server_wport)
        self.associations[client_wport, server_wport] = association
        return association

    def attach(
        self, client_wport: int = PUBLIC_CLIENT, server_wport: int = MANAGEMENT_LOGICAL_DEVICE, confirmed: bool = True
    ) -> Association:
        """The services of a wPort pair without sending an AARQ: a pre-established
        AA, or a test of what has none.
        """
        return Association(self, client_wport, server_wport, confirmed=confirmed)

    def forget(self, association: Association) -> None:
        """Take a released association from the list."""
        key = association.client_wport, association.server_wport
        if self.associations.get(key) is association:
            del self.associations[key]

    @staticmethod
    def _aarq(user_information: bytes, password: str | bytes | None, context: int) -> Aarq:
        if password is None:
            return Aarq.lowest(user_information, context)
        secret = password.encode() if isinstance(password, str) else password
        return Aarq.lls(user_information, secret, context)


def _with_general_blocks(conformance: Conformance, gbt: int | None) -> Conformance:
    """What to propose: with a window, general block transfer instead of the services' own blocks."""
    if gbt is None:
        return conformance
    return (conformance | Conformance.GENERAL_BLOCK_TRANSFER) & ~SERVICE_BLOCKS


def read_aare(octets: bytes, request: Aarq, proposed: InitiateRequest) -> tuple[Aare, InitiateResponse]:
    """Decode and check the answer to an AARQ; a refusal is raised as AssociationRejected."""
    if octets[:1] != bytes([AARE_TAG]):
        raise refusal(octets, "AARQ")
    aare = Aare.decode(octets)
    if aare.result != AssociationResult.ACCEPTED:
        raise _rejection(aare)
    if (aare.source, aare.diagnostic) == (SOURCE_USER, UserDiagnostic.AUTHENTICATION_REQUIRED):
        raise ProtocolError("the server asks for high level security, which this client does not have")
    if aare.diagnostic:
        raise ProtocolError(f"AARE accepts with a diagnostic: {aare.text}")
    if aare.application_context_name != request.application_context_name:
        raise ProtocolError("AARE accepts another application context than the one proposed")
    if aare.user_information is None:
        raise ProtocolError("AARE accepts without an InitiateResponse")
    negotiated = InitiateResponse.decode(aare.user_information)
    if negotiated.negotiated_dlms_version_number != DLMS_VERSION:
        raise ProtocolError(
            f"DLMS version {negotiated.negotiated_dlms_version_number} was negotiated, must be {DLMS_VERSION}"
        )
    if negotiated.conformance & ~proposed.conformance:
        raise ProtocolError(
            f"conformance {negotiated.conformance:06X} has bits that were not proposed ({proposed.conformance:06X})"
        )
    vaa = VAA_SN if aare.application_context_name == context_name(CONTEXT_SN) else VAA_LN
    if negotiated.vaa_name != vaa:
        raise ProtocolError(f"vaa-name is {negotiated.vaa_name:04X}, must be {vaa:04X} in this application context")
    return aare, negotiated


def _rejection(aare: Aare) -> AssociationRejected:
    service_error = None
    if aare.user_information and aare.user_information[0] == CONFIRMED_SERVICE_ERROR:
        service_error = ConfirmedServiceError.decode(aare.user_information)
    elif aare.user_information is not None:
        InitiateResponse.decode(aare.user_information)
    message = f"association refused: {aare.text}"
    if service_error:
        message += f", {service_error.text}"
    return AssociationRejected(message, aare.result, aare.source, aare.diagnostic, service_error)
