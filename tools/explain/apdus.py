"""The table of all APDUs, and the wrapper around them (REQUIREMENTS A.1, D-01)."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..dlmsclient.access_service import ACCESS_REQUEST, ACCESS_RESPONSE
from ..dlmsclient.acse import AARE_TAG, AARQ_TAG, RLRE_TAG, RLRQ_TAG
from ..dlmsclient.general_blocks import GENERAL_BLOCK_TRANSFER
from ..dlmsclient.initiate import CONFIRMED_SERVICE_ERROR, INITIATE_REQUEST, INITIATE_RESPONSE
from ..dlmsclient.notifications import (
    DATA_NOTIFICATION,
    DATA_NOTIFICATION_CONFIRM,
    EVENT_NOTIFICATION,
    INFORMATION_REPORT,
)
from ..dlmsclient.short_name_service import (
    READ_REQUEST,
    READ_RESPONSE,
    UNCONFIRMED_WRITE_REQUEST,
    WRITE_REQUEST,
    WRITE_RESPONSE,
)
from ..dlmsclient.wrapper import ALL_STATION, HEADER_SIZE, NO_STATION, VERSION
from ..dlmsclient.xdlms import EXCEPTION_RESPONSE
from . import access, acse, general, initiate, services, short_names, unasked
from .parts import Cursor, Fault, Octets, Part, faults, leaves, octets_of
from .services import Explain, Notes

_ACSE = {AARQ_TAG: "AARQ", AARE_TAG: "AARE", RLRQ_TAG: "RLRQ", RLRE_TAG: "RLRE"}
_INITIATE = {
    INITIATE_REQUEST: ("InitiateRequest", initiate.initiate_request),
    INITIATE_RESPONSE: ("InitiateResponse", initiate.initiate_response),
    CONFIRMED_SERVICE_ERROR: ("ConfirmedServiceError", initiate.confirmed_service_error),
}


def _acse(c: Cursor, notes: Notes) -> None:
    notes.name = _ACSE[c.peek() or 0]
    acse.acse(c)


def _initiate(c: Cursor, notes: Notes) -> None:
    notes.name, explain = _INITIATE[c.peek() or 0]
    explain(c)


APDUS: dict[int, Explain] = {
    **dict.fromkeys(services.SERVICES, services.service),
    **dict.fromkeys(_ACSE, _acse),
    **dict.fromkeys(_INITIATE, _initiate),
    **dict.fromkeys(general.CIPHERED, general.ciphered),
    **dict.fromkeys((READ_REQUEST, WRITE_REQUEST, UNCONFIRMED_WRITE_REQUEST), short_names.request),
    **dict.fromkeys((ACCESS_REQUEST, ACCESS_RESPONSE), access.access),
    **dict.fromkeys((DATA_NOTIFICATION, DATA_NOTIFICATION_CONFIRM), unasked.data_notification),
    **dict.fromkeys((general.GENERAL_GLO, general.GENERAL_DED), general.general_glo_ded),
    READ_RESPONSE: short_names.read_response,
    WRITE_RESPONSE: short_names.write_response,
    INFORMATION_REPORT: short_names.information_report,
    EVENT_NOTIFICATION: unasked.event_notification,
    EXCEPTION_RESPONSE: services.exception_response,
    GENERAL_BLOCK_TRANSFER: general.general_block,
    general.GENERAL_CIPHERING: general.general_ciphering,
}


@dataclass
class Description:
    """Octets, the parts that cover them, and what was noted on the way."""

    octets: Octets
    parts: list[Part]
    notes: Notes = field(default_factory=Notes)

    @property
    def faults(self) -> list[str]:
        """What is wrong with the octets."""
        return faults(self.parts)

    @property
    def secrets(self) -> list[tuple[int, int]]:
        """Spans that a trace hides."""
        return [(part.start, part.end) for _, part in leaves(self.parts) if part.secret and part.end > part.start]


def apdu(c: Cursor, notes: Notes) -> None:
    """One APDU that fills what is left; raises Fault where it cannot go on."""
    tag = c.peek()
    if tag is None:
        raise Fault("the APDU is hidden" if c.left else "the APDU is empty")
    if tag not in APDUS:
        raise Fault(f"{tag:02X} is no tag of an APDU that is known here (REQUIREMENTS D-01)")
    APDUS[tag](c, notes)


def describe(octets: Octets, explain: Explain = apdu, asked: tuple[services.Target, ...] = ()) -> Description:
    """The whole of ``octets`` by one of the explaining functions; what it leaves over is marked."""
    c, notes = Cursor(octets), Notes(asked=asked)
    try:
        explain(c, notes)
        if c.left:
            raise Fault(f"{octets_of(c.left)} too many")
    except Fault as fault:
        c.fault(str(fault))
    return Description(octets, c.parts, notes)


@dataclass(frozen=True)
class Header:
    """The wrapper of a WPDU."""

    source: int
    destination: int


def header_of(octets: Octets) -> Header | None:
    """The wPorts of what begins like a WPDU: no APDU begins with 00."""
    if len(octets) < HEADER_SIZE or octets.data[0] != 0 or octets.hidden & set(range(HEADER_SIZE)):
        return None
    fields = [int.from_bytes(octets.data[at : at + 2], "big") for at in range(0, HEADER_SIZE, 2)]
    return Header(fields[1], fields[2])


def is_wpdu(octets: Octets) -> bool:
    """Whether octets are to be taken for a WPDU."""
    return octets.data[:1] == b"\x00"


def _wport(number: int) -> str:
    names = {NO_STATION: ", No-station", ALL_STATION: ", All-station"}
    return f"{number}{names.get(number, '')}"


def describe_wpdu(octets: Octets, asked: tuple[services.Target, ...] = ()) -> Description:
    """A WPDU: its header, its APDU; octets after the announced length are marked."""
    c, notes = Cursor(octets), Notes(asked=asked)
    try:
        with c.group("wrapper", rule="A-01", fold=True) as wrapper:
            version = c.number(
                2, "version", lambda number: f"{number}{'' if number == VERSION else ', must be 1'}", "A-02"
            )
            if version != VERSION:
                raise Fault(f"a WPDU has version {VERSION:04X}, not {version:04X}")
            source = c.number(2, "source wPort", _wport, "A-01")
            destination = c.number(2, "destination wPort", _wport, "A-01")
            length = c.number(2, "length", octets_of, "A-03")
            wrapper.value = f"wPort {_wport(source)} to {_wport(destination)}, {octets_of(length)}"
        with c.within(length, "the WPDU"):
            apdu(c, notes)
        if c.left:
            raise Fault(f"{octets_of(c.left)} after the end of the WPDU")
    except Fault as fault:
        c.fault(str(fault))
    return Description(octets, c.parts, notes)
