"""An application association: the services of one (client wPort, server wPort) pair on one link."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from . import exchanges
from .access_service import (
    ACCESS_RESPONSE,
    BREAK_ON_ERROR,
    CONFIRMED,
    HIGH_PRIORITY,
    LONG_INVOKE_ID_MASK,
    SELF_DESCRIPTIVE,
    AccessItem,
    AccessOutcome,
    decode_response,
    encode_request,
)
from .acse import RLRE_TAG, Aare, Rlre, Rlrq
from .axdr import Data
from .codes import DataAccessResult, ReleaseResponseReason
from .cosem import ClassId
from .errors import ConfirmedServiceBarred, ExceptionResponseError, ProtocolError, ServiceErrorResponse, UsageError
from .general_blocks import Dialogue, is_general_block
from .initiate import CONFIRMED_SERVICE_ERROR, ConfirmedServiceError, InitiateResponse
from .long_transfer import Exchange, Terms
from .obis import Obis
from .objects import CURRENT_ASSOCIATION, ListedObject, parse_object_list
from .short_name_service import READ_RESPONSE, WRITE_RESPONSE
from .xdlms import (
    ACTION_RESPONSE,
    EXCEPTION_RESPONSE,
    GET_RESPONSE,
    SET_RESPONSE,
    ActionOutcome,
    Apdu,
    CosemAttribute,
    CosemMethod,
    DataResult,
    ExceptionResponse,
    Selection,
    decode_apdu,
    invoke_id_and_priority,
)

if TYPE_CHECKING:
    from .client import Client

Result = TypeVar("Result")
# Tags of what answers another request than a release.
_RESPONSES = [
    bytes([tag])
    for tag in (GET_RESPONSE, SET_RESPONSE, ACTION_RESPONSE, ACCESS_RESPONSE, READ_RESPONSE, WRITE_RESPONSE)
]
# Octets of a response before the Data of its one attribute: `C4 01 iip 00`, `0C 01 00`.
_SKIPPED = {bytes([GET_RESPONSE]): 4, bytes([READ_RESPONSE]): 3}


class Association:
    """One AA. Made by ``Client.associate``, or by ``Client.attach`` without an AARQ.

    ``aare`` and ``negotiated`` show what the server answered (None for an unconfirmed or attached
    AA); ``block_size`` makes SET and ACTION go in blocks of that many raw octets; ``timeout``
    bounds the wait for each response, in seconds. ``gbt`` is the window of general block transfer:
    with one, every request goes in general blocks; a response in them is understood in any case.
    """

    def __init__(
        self,
        link: Client,
        client_wport: int,
        server_wport: int,
        *,
        confirmed: bool = True,
        aare: Aare | None = None,
        negotiated: InitiateResponse | None = None,
        client_max_receive_pdu_size: int = 0,
        block_size: int | None = None,
        timeout: float | None = None,
        gbt: int | None = None,
    ) -> None:
        self.link = link
        self.client_wport = client_wport
        self.server_wport = server_wport
        self.confirmed = confirmed
        self.aare = aare
        self.negotiated = negotiated
        self.client_max_receive_pdu_size = client_max_receive_pdu_size
        self.block_size = block_size
        self.timeout = timeout
        self.gbt = gbt
        self.watch: Callable[[bytes], None] | None = None  # given the octets of a long value that is read, as they come
        self.high_priority = True
        self.confirmed_services = True  # False: services go unconfirmed although the AA is confirmed
        self._invoke_id = 0
        self._long_invoke_id = 0

    # Octets

    def send_apdu(self, apdu: bytes) -> None:
        """Send one APDU with the wPorts of this AA."""
        self.link.send_apdu(apdu, self.client_wport, self.server_wport)

    def exchange(self, apdu: bytes, timeout: float | None = None) -> bytes:
        """Send one APDU, return the APDU of the response; its wPorts and its
        length are checked, nothing else.
        """
        wait = self.timeout if timeout is None else timeout
        response = self.link.exchange(apdu, self.client_wport, self.server_wport, wait)
        self._check_length(response)
        return response

    def transfer(self, apdu: bytes) -> bytes:
        """Like ``exchange``, and with general block transfer either way: in the response, and
        in the request when ``gbt`` says so.

        This is how confirmed services travel: in an unconfirmed association a
        ConfirmedServiceBarred, and nothing is sent.
        """
        if not self.confirmed:
            raise ConfirmedServiceBarred
        if self.gbt is not None:
            self.link.drain()
            return self._dialogue(self.gbt).request(apdu)
        response = self.exchange(apdu)
        return self._dialogue(1).response(response) if is_general_block(response) else response

    def _dialogue(self, window: int) -> Dialogue:
        return Dialogue(
            self.send_apdu,
            self._receive,
            window,
            room=self.negotiated.server_max_receive_pdu_size if self.negotiated else 0,
            timeout=self.link.timeout if self.timeout is None else self.timeout,
            lossy=self.link.transport.name == "udp",
            watch=self._watched(),
        )

    def _watched(self) -> Callable[[bytes], None] | None:
        """``watch`` for the octets of a response: without what stands before
        the Data of the one attribute.
        """
        watch = self.watch
        if watch is None:
            return None
        head: bytes | None = b""

        def take(octets: bytes) -> None:
            nonlocal head
            if head is not None:
                octets = head + octets
                skipped = _SKIPPED.get(octets[:1], 0)
                if len(octets) < skipped:
                    head = octets
                    return
                head, octets = None, octets[skipped:]
            watch(octets)

        return take

    def _receive(self, seconds: float) -> bytes | None:
        apdu = self.link.receive_apdu(self.client_wport, self.server_wport, seconds)
        if apdu is not None:
            self._check_length(apdu)
        return apdu

    def _check_length(self, apdu: bytes) -> None:
        limit = self.client_max_receive_pdu_size
        if limit and len(apdu) > limit:
            raise ProtocolError(f"the response has {len(apdu)} octets, this client announced a limit of {limit}")

    def request(self, apdu: Apdu) -> Apdu | ExceptionResponse:
        """Send one service APDU and return the response decoded, an ExceptionResponse
        included; nothing is raised for a refusal.
        """
        if not self.confirmed:
            raise ConfirmedServiceBarred
        octets = self.exchange(apdu.encode())
        if octets[:1] == bytes([EXCEPTION_RESPONSE]):
            return ExceptionResponse.decode(octets)
        return decode_apdu(octets)

    def count_from(self, invoke_id: int) -> None:
        """Let the next request have this invoke-id."""
        self._invoke_id = (invoke_id - 1) & 0x0F

    def next_iip(self, confirmed: bool = True) -> int:
        """A fresh invoke-id-and-priority octet; invoke-ids go round 1 to 15 and 0."""
        self._invoke_id = (self._invoke_id + 1) & 0x0F
        return invoke_id_and_priority(self._invoke_id, confirmed, self.high_priority)

    # Services

    def get(self, class_id: int, instance: str | Obis, attribute_id: int, selection: Selection | None = None) -> Data:
        """Read an attribute, long or short."""
        return self._get(CosemAttribute(class_id, Obis.parse(instance), attribute_id, selection))

    def _get(self, target: CosemAttribute) -> Data:
        return self._run(exchanges.get(self._terms(), target))

    def get_list(self, attributes: Sequence[CosemAttribute]) -> tuple[DataResult, ...]:
        """Read several attributes with one request: Data or DataAccessResult each."""
        return self._run(exchanges.get_list(self._terms(), attributes))

    def set(
        self,
        class_id: int,
        instance: str | Obis,
        attribute_id: int,
        value: Data,
        selection: Selection | None = None,
        confirmed: bool | None = None,
    ) -> None:
        """Write an attribute. ``confirmed`` False sends the unconfirmed
        service: no response is waited for.
        """
        self._set(CosemAttribute(class_id, Obis.parse(instance), attribute_id, selection), value, confirmed)

    def _set(self, target: CosemAttribute, value: Data, confirmed: bool | None) -> None:
        self._serve(lambda terms: exchanges.set_(terms, target, value), confirmed)

    def set_list(self, attributes: Sequence[CosemAttribute], values: Sequence[Data]) -> tuple[DataAccessResult, ...]:
        """Write several attributes with one request."""
        return self._run(exchanges.set_list(self._terms(), attributes, values))

    def action(
        self,
        class_id: int,
        instance: str | Obis,
        method_id: int,
        parameter: Data | None = None,
        confirmed: bool | None = None,
    ) -> Data | None:
        """Invoke a method and return what it returns. ``confirmed`` False
        sends the unconfirmed service.
        """
        return self._action(CosemMethod(class_id, Obis.parse(instance), method_id), parameter, confirmed)

    def _action(self, target: CosemMethod, parameter: Data | None, confirmed: bool | None) -> Data | None:
        return self._serve(lambda terms: exchanges.action(terms, target, parameter), confirmed)

    def action_list(
        self, methods: Sequence[CosemMethod], parameters: Sequence[Data | None]
    ) -> tuple[ActionOutcome, ...]:
        """Invoke several methods with one request."""
        return self._run(exchanges.action_list(self._terms(), methods, parameters))

    def access(
        self, items: Sequence[AccessItem], *, break_on_error: bool = False, self_descriptive: bool = False
    ) -> tuple[AccessOutcome, ...]:
        """Read, write and invoke, in order, with one request: a result and a Data
        for each item (REQUIREMENTS D.5).
        """
        self._long_invoke_id = (self._long_invoke_id + 1) & LONG_INVOKE_ID_MASK
        flags = CONFIRMED | (HIGH_PRIORITY if self.high_priority else 0)
        flags |= (BREAK_ON_ERROR if break_on_error else 0) | (SELF_DESCRIPTIVE if self_descriptive else 0)
        iip = flags | self._long_invoke_id
        return decode_response(self.transfer(encode_request(iip, items)), iip, items)

    def objects(self, odd: list[ProtocolError] | None = None) -> list[ListedObject]:
        """What this client may see, by object_list of the current association.
        odd: see :func:`parse_object_list`.
        """
        return self.parse_objects(self.object_lists(), odd)

    def object_lists(self) -> list[Data | None]:
        """What :meth:`objects` is made from, as the meter sends it: object_list."""
        return [self.get(ClassId.ASSOCIATION_LN, CURRENT_ASSOCIATION, 2)]

    def parse_objects(self, lists: Sequence[Data | None], odd: list[ProtocolError] | None = None) -> list[ListedObject]:
        """The objects of :meth:`object_lists`, read now or kept from another time."""
        (listed,) = lists
        if listed is None:
            raise ProtocolError("there is no object_list")
        return parse_object_list(listed, odd=odd)

    def release(self, reason: int | None = 0, user_information: bytes | None = None) -> Rlre | None:
        """End the AA with RLRQ and return the RLRE; an unconfirmed AA ends without
        one (REQUIREMENTS B-10, B-12).
        """
        apdu = Rlrq(reason, user_information).encode()
        if not self.confirmed:
            self.send_apdu(apdu)
            self.link.forget(self)
            return None
        octets = self.exchange(apdu)
        while (is_general_block(octets) or octets[:1] in _RESPONSES) and self.link.transport.name == "udp":
            # late, of an exchange that is over
            wait = self.link.timeout if self.timeout is None else self.timeout
            octets = self.link.receive_apdu(self.client_wport, self.server_wport, wait) or b""
        if octets[:1] != bytes([RLRE_TAG]):
            raise refusal(octets, "RLRQ")
        try:
            rlre = Rlre.decode(octets)
        except ProtocolError as error:
            raise error.of(octets) from None
        self.link.forget(self)
        if rlre.reason is not None and rlre.reason not in list(ReleaseResponseReason):
            raise ProtocolError(f"RLRE has the unknown reason {rlre.reason}")
        return rlre

    # Inside

    def _terms(self, confirmed: bool | None = None) -> Terms:
        confirmed = self.confirmed_services if confirmed is None else confirmed
        limit = self.negotiated.server_max_receive_pdu_size if self.negotiated else 0
        return Terms(self.next_iip(confirmed), limit, self.block_size, self.watch)

    def _is_confirmed(self, asked: bool | None) -> bool:
        """Whether a service is confirmed: as asked, otherwise as the AA and its services are."""
        return (self.confirmed and self.confirmed_services) if asked is None else asked

    def _serve(self, make: Callable[[Terms], Exchange[Result]], confirmed: bool | None) -> Result | None:
        confirmed = self._is_confirmed(confirmed)
        exchange = make(self._terms(confirmed))
        if confirmed:
            return self._run(exchange)
        if self.block_size is not None:
            raise UsageError("an unconfirmed service cannot be sent in blocks: nothing acknowledges them")
        self.send_apdu(next(exchange))
        exchange.close()
        return None

    def _run(self, exchange: Exchange[Result]) -> Result:
        apdu = next(exchange)
        while True:
            response = self.transfer(apdu)
            try:
                apdu = exchange.send(response)
            except StopIteration as done:
                result: Result = done.value
                return result
            except ProtocolError as error:
                raise error.of(response) from None


def refusal(octets: bytes, what: str) -> Exception:
    """The exception for an answer that is none of the expected APDUs."""
    if octets[:1] == bytes([EXCEPTION_RESPONSE]):
        return ExceptionResponseError(ExceptionResponse.decode(octets), what)
    if octets[:1] == bytes([CONFIRMED_SERVICE_ERROR]):
        return ServiceErrorResponse(ConfirmedServiceError.decode(octets), what)
    return ProtocolError(f"{what}: the answer begins with {octets[:4].hex().upper() or 'nothing'}")
