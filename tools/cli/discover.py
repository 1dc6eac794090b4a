"""``discover``: which logical devices there are, what they are, and which associations they offer.

Silence, a wrong answer or a closed connection concerns the client or the attribute that met it; the
rest is asked all the same. What was odd is said below the table, with the octets.
"""

from __future__ import annotations

import argparse
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

from ..dlmsclient import (
    Association,
    AssociationRejected,
    ConnectionLost,
    Data,
    DlmsError,
    ListedObject,
    Obis,
    ProtocolError,
    ServiceFailure,
    Timeout,
    UserDiagnostic,
    axdr,
)
from ..dlmsclient.acse import CONTEXT_LN, CONTEXT_SN, MECHANISM_LLS, MECHANISM_LOWEST, SOURCE_USER
from ..dlmsclient.cosem import ClassId
from .asking import answer_of, ask, with_octets
from .options import MANAGEMENT, PUBLIC, READER, SHORT_NAME_MANAGEMENT, SHORT_NAME_READER
from .plain import text
from .readings import MARK
from .render import print_csv, print_json, print_line, print_table
from .session import link, object_list, password_of
from .tables import Column
from .words import CONTEXTS, MECHANISMS, attribute_of

_NAME = "0.0.42.0.0.255"
_SAP_ASSIGNMENT = "0.0.41.0.0.255"
_FIRMWARE = ("1.0.0.2.0.255", "0.0.0.2.0.255")
_STRINGS = (axdr.Tag.OCTET_STRING, axdr.Tag.VISIBLE_STRING, axdr.Tag.UTF8_STRING)
_PARTNERS, _CONTEXT, _MECHANISM = 3, 4, 6
_IN_USE = "in use"
_SHOWN = ((0, 0), (0, 0), (2, 0), (3, 0), (0, 28), (4, 40))  # worth and least width of the columns, see `Column`
USUAL_CLIENTS = (1, PUBLIC, READER, MANAGEMENT)
USUAL_SHORT_NAME_CLIENTS = (SHORT_NAME_READER, SHORT_NAME_MANAGEMENT)
# What an association that authenticates may answer to an AARQ without
# authentication (REQUIREMENTS C-21).
_WANTS_A_PASSWORD = (
    UserDiagnostic.AUTHENTICATION_MECHANISM_NAME_NOT_RECOGNISED,
    UserDiagnostic.AUTHENTICATION_MECHANISM_NAME_REQUIRED,
    UserDiagnostic.AUTHENTICATION_FAILURE,
    UserDiagnostic.AUTHENTICATION_REQUIRED,
)


@dataclass
class Offer:
    """An association as its object describes it, or as it answered."""

    client: int
    context: int | None = None
    mechanism: int | None = None
    note: str = ""

    @property
    def described(self) -> str:
        """``32: LN, LLS``."""
        parts = [
            CONTEXTS.get(self.context or 0, ""),
            MECHANISMS.get(-1 if self.mechanism is None else self.mechanism, ""),
            self.note,
        ]
        return f"{self.client}: " + ", ".join(part for part in parts if part)


@dataclass
class Device:
    """A logical device."""

    wport: int
    name: str = ""
    firmware: str = ""
    conformance: list[str] = field(default_factory=list)
    max_pdu_size: int = 0
    offers: list[Offer] = field(default_factory=list)
    error: str = ""
    remarks: list[str] = field(default_factory=list)


class _Link:
    """The connection, made anew when the meter has closed it."""

    def __init__(self, options: argparse.Namespace, kept: ExitStack) -> None:
        self._options = options
        self._kept = kept
        self.client = kept.enter_context(link(options))

    def again(self) -> None:
        """Connect once more."""
        self.client.close()
        self.client = self._kept.enter_context(link(self._options))


def _optional(opened: Association, device: Device, class_id: int, instance: str, attribute_id: int) -> Data | None:
    """A value; None for one that is refused, and for one that is odd, which is remarked."""
    answer = ask(opened, class_id, Obis.parse(instance), attribute_id)
    if answer.remark:
        device.remarks.append(f"{attribute_of(class_id, Obis.parse(instance), attribute_id)}: {answer.text}")
    return answer.data


def _last_number(data: Data | None) -> int | None:
    """Context or mechanism number: the last arc of the name, as structure of 7 or octet-string[7]."""
    if data is None:
        return None
    with suppress(ProtocolError):
        arcs = axdr.elements(data)
        return arcs[-1].value if arcs and isinstance(arcs[-1].value, int) else None
    return data.value[-1] if isinstance(data.value, bytes) and data.value else None


def _objects(opened: Association, device: Device) -> list[ListedObject]:
    odd: list[ProtocolError] = []
    try:
        found = object_list(opened, odd)
    except (ServiceFailure, ProtocolError, Timeout) as error:
        device.remarks.append(f"object_list: {answer_of(error).text}")
        found = []
    device.remarks += [f"left out of the object list: {answer_of(error).text}" for error in odd]
    return found


def _offers(opened: Association, device: Device) -> list[Offer]:
    """The associations whose objects this client may read, its own among them."""
    offers: dict[int, Offer] = {opened.client_wport: Offer(opened.client_wport, note=_IN_USE)}
    for item in _objects(opened, device):
        if item.class_id != ClassId.ASSOCIATION_LN:
            continue
        partners = _optional(opened, device, item.class_id, item.instance.dotted, _PARTNERS)
        if partners is None:
            continue
        try:
            client, _ = axdr.members(partners, "associated_partners_id", axdr.Tag.INTEGER, axdr.Tag.LONG_UNSIGNED)
        except ProtocolError as error:
            device.remarks.append(f"{item.instance}: {error}")
            continue  # what its partners are is not known; the rest of the meter still is
        note = _IN_USE if client == opened.client_wport else ""
        context = _last_number(_optional(opened, device, item.class_id, item.instance.dotted, _CONTEXT))
        mechanism = _last_number(_optional(opened, device, item.class_id, item.instance.dotted, _MECHANISM))
        offers[client] = Offer(client, context, mechanism, note)
    return sorted(offers.values(), key=lambda offer: offer.client)


def _describe(opened: Association, device: Device) -> None:
    name = _optional(opened, device, ClassId.DATA, _NAME, 2)
    device.name = text(name) if name else device.name
    for instance in _FIRMWARE:
        firmware = _optional(opened, device, ClassId.DATA, instance, 2)
        if firmware is not None:
            device.firmware = text(firmware)
            break
    if opened.negotiated:
        device.conformance = opened.negotiated.conformance.names
        device.max_pdu_size = opened.negotiated.server_max_receive_pdu_size
    device.offers = _offers(opened, device)


def _named_devices(opened: Association) -> dict[int, Device]:
    """Logical devices after the SAP assignment; the one we speak to when there is none."""
    own = Device(opened.server_wport)
    devices = {opened.server_wport: own}
    saps = _optional(opened, own, ClassId.SAP_ASSIGNMENT, _SAP_ASSIGNMENT, 2)
    if saps is not None and saps.tag is not axdr.Tag.ARRAY:
        own.remarks.append(with_octets(f"SAP_assignment_list is {saps.tag.text}, must be array", saps.encode()))
        return devices
    for entry in axdr.elements(saps) if saps else ():
        parts = axdr.elements(entry) if entry.tag is axdr.Tag.STRUCTURE else ()
        if len(parts) != 2 or parts[0].tag is not axdr.Tag.LONG_UNSIGNED or parts[1].tag not in _STRINGS:
            own.remarks.append(with_octets("an entry of SAP_assignment_list is no wPort and name", entry.encode()))
            continue
        sap, name = parts[0].value, text(parts[1])
        if sap == own.wport:
            own.name = name
        else:
            devices[sap] = Device(sap, name)
    return devices


def _probe(way: _Link, device: Device, options: argparse.Namespace) -> None:
    """Ask as each usual client, without a password, and note what the meter says."""
    known = {offer.client: offer for offer in device.offers}
    for wport in sorted({*USUAL_CLIENTS, *USUAL_SHORT_NAME_CLIENTS, *known}):
        short = wport in USUAL_SHORT_NAME_CLIENTS and wport not in known
        offer = known.get(wport, Offer(wport, CONTEXT_SN) if short else Offer(wport))
        if offer.note == _IN_USE:
            continue
        try:
            associate = way.client.associate_short_names if short else way.client.associate
            opened = associate(wport, device.wport, pdu_size=options.pdu_size, gbt=options.gbt)
            offer.context, offer.mechanism, offer.note = (
                CONTEXT_SN if short else CONTEXT_LN,
                MECHANISM_LOWEST,
                "open to anybody",
            )
            opened.release()
        except AssociationRejected as rejection:
            if rejection.source == SOURCE_USER and rejection.diagnostic in _WANTS_A_PASSWORD:
                offer.note = "wants a password"
            elif wport in known:
                offer.note = str(rejection)
            else:
                continue
        except ServiceFailure as failure:
            offer.note = str(failure)
        except Timeout:
            offer.note = "no answer"
        except ProtocolError as error:
            offer.note = "answers wrongly"
            device.remarks.append(f"client {wport}: {answer_of(error).text}")
        except ConnectionLost:
            offer.note = "the connection is closed"
            way.again()
        known[wport] = offer
    device.offers = sorted(known.values(), key=lambda offer: offer.client)


def run(options: argparse.Namespace) -> None:
    """Associate with every logical device in turn and print what was found."""
    client_wport = options.client or PUBLIC
    password = password_of(options, client_wport)
    devices: dict[int, Device] = {}
    try:
        with ExitStack() as kept:
            way = _Link(options, kept)
            opened = way.client.associate(
                client_wport, options.server, password, pdu_size=options.pdu_size, gbt=options.gbt
            )
            devices |= _named_devices(opened)
            _describe(opened, devices[options.server])
            _released(opened, devices[options.server])
            for device in devices.values():
                if device.wport != options.server:
                    _visit(way, device, client_wport, password, options)
                for offer in device.offers:
                    if offer.note == _IN_USE and offer.mechanism is None:
                        offer.context, offer.mechanism = CONTEXT_LN, MECHANISM_LLS if password else MECHANISM_LOWEST
                if not options.no_probe and not device.error:
                    _probe(way, device, options)
    finally:
        if devices:
            _print(options, sorted(devices.values(), key=lambda device: device.wport))
    remarks = sum(len(device.remarks) for device in devices.values())
    if remarks:
        raise DlmsError(f"{remarks} answers of the meter were odd")


def _released(opened: Association, device: Device) -> None:
    try:
        opened.release()
    except (ServiceFailure, ProtocolError, Timeout) as error:
        device.remarks.append(f"RLRQ: {answer_of(error).text}")


def _visit(way: _Link, device: Device, client_wport: int, password: bytes | None, options: argparse.Namespace) -> None:
    """Open an AA with a logical device, describe the device and release the AA; what goes wrong is
    noted with the device.
    """
    try:
        opened = way.client.associate(client_wport, device.wport, password, pdu_size=options.pdu_size, gbt=options.gbt)
    except ServiceFailure as failure:
        device.error = str(failure)
    except (ProtocolError, Timeout) as error:
        device.error = str(error)
        device.remarks.append(answer_of(error).text)
    except ConnectionLost as error:
        device.error = str(error)
        way.again()
    else:
        _describe(opened, device)
        _released(opened, device)


def _print(options: argparse.Namespace, devices: list[Device]) -> None:
    """Print the devices as a table, CSV or JSON, with remarks about odd answers."""
    if options.format == "json":
        print_json([_as_json(device) for device in devices])
        return
    headings = ["wPort", "logical device name", "firmware", "max PDU", "associations (client wPort)", "conformance"]
    rows = [
        [
            str(device.wport),
            device.name,
            device.firmware,
            str(device.max_pdu_size or ""),
            device.error or "; ".join(offer.described for offer in device.offers),
            " ".join(device.conformance),
        ]
        for device in devices
    ]
    remarks = any(device.remarks for device in devices)
    if options.format == "csv":
        more = [["; ".join(device.remarks)] * remarks for device in devices]
        print_csv(headings + ["remarks"] * remarks, [row + last for row, last in zip(rows, more, strict=True)])
    else:
        columns = [
            Column(heading, worth=worth, least=least) for heading, (worth, least) in zip(headings, _SHOWN, strict=True)
        ]
        print_table(f"{len(devices)} logical devices", columns, rows)
        for device in devices:
            for remark in device.remarks:
                print_line(f"{MARK} {device.wport}: {remark}")


def _as_json(device: Device) -> dict[str, Any]:
    """A logical device as a JSON object."""
    return {
        "wport": device.wport,
        "name": device.name,
        "firmware": device.firmware,
        "max_pdu_size": device.max_pdu_size,
        "conformance": device.conformance,
        "associations": [
            {
                "client": offer.client,
                "context": CONTEXTS.get(offer.context or 0),
                "mechanism": None if offer.mechanism is None else MECHANISMS.get(offer.mechanism),
                "note": offer.note,
            }
            for offer in device.offers
        ],
        "error": device.error or None,
        **({"remarks": device.remarks} if device.remarks else {}),
    }
