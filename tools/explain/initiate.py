"""xDLMS Initiate and ConfirmedServiceError (REQUIREMENTS C.4, D-71): what user-information carries."""

from __future__ import annotations

from ..dlmsclient.initiate import (
    CONFIRMED_SERVICE_ERROR,
    ERROR_CLASSES,
    ERROR_SERVICES,
    INITIATE_REQUEST,
    INITIATE_RESPONSE,
    VAA_LN,
    VAA_SN,
    Conformance,
)
from .parts import Cursor, Fault, Octets, octets_of

_VAA = {VAA_LN: "logical names", VAA_SN: "short names"}


def user_information(c: Cursor) -> None:
    """The A-XDR inside of user-information, recognized by its tag; ciphered ones stay whole."""
    tag = c.peek()
    if tag == INITIATE_REQUEST:
        initiate_request(c)
    elif tag == INITIATE_RESPONSE:
        initiate_response(c)
    elif tag == CONFIRMED_SERVICE_ERROR:
        confirmed_service_error(c)
    elif c.left:
        raise Fault(
            f"user-information begins with {'**' if tag is None else f'{tag:02X}'}, which is no Initiate and no error"
        )


def initiate_request(c: Cursor) -> None:
    """``01`` key allowed quality version conformance size."""
    with c.group("InitiateRequest", rule="C-30"):
        c.take(1, "InitiateRequest", rule="C-30")
        if c.flag("dedicated-key", "absent", "present", "C-34"):
            length = c.length("length of the dedicated-key", rule="D-100")
            with c.hiding():
                c.take(length, "dedicated-key", Octets.hex, "C-34")
        if c.flag("response-allowed", "TRUE by default", "follows", "B-05"):
            c.number(1, "response-allowed", lambda value: "TRUE" if value else "FALSE: the AA is unconfirmed", "B-05")
        _quality(c, "proposed-quality-of-service")
        c.number(1, "proposed-dlms-version-number", rule="C-40")
        _conformance(c, "proposed-conformance")
        c.number(
            2, "client-max-receive-pdu-size", lambda size: octets_of(size) if size else "no limit announced", "C-38"
        )


def initiate_response(c: Cursor) -> None:
    """``08`` quality version conformance size vaa-name."""
    with c.group("InitiateResponse", rule="C-31"):
        c.take(1, "InitiateResponse", rule="C-31")
        _quality(c, "negotiated-quality-of-service")
        c.number(1, "negotiated-dlms-version-number", rule="C-40")
        _conformance(c, "negotiated-conformance")
        c.number(
            2, "server-max-receive-pdu-size", lambda size: octets_of(size) if size else "no limit announced", "C-38"
        )
        c.number(2, "vaa-name", lambda name: f"{name:04X}, {_VAA.get(name, 'neither of the two known')}", "C-32")


def _quality(c: Cursor, name: str) -> None:
    if c.flag(name, "absent", "present", "C-33"):
        c.number(1, name, rule="C-33", signed=True)


def _conformance(c: Cursor, name: str) -> None:
    """``5F 1F 04 00`` and three octets; the older tag ``5F`` alone is taken (REQUIREMENTS C-41)."""
    with c.group(name, rule="C-35", fold=True) as part:
        long = c.peek(1) == 0x1F
        head = (c.peek(), c.peek(2 if long else 1), c.peek(3 if long else 2))
        if head != (0x5F, 4, 0) and c.left >= 4:
            raise Fault("the conformance does not begin with 5F1F0400")
        c.take(4 if long else 3, "tag, length and unused bits of the conformance", rule="C-41")
        bits = c.number(3, name, lambda bits: ", ".join(Conformance(bits).names) or "nothing", "C-35")
        part.value = f"{bits:06X}, " + (", ".join(Conformance(bits).names) or "nothing")


def confirmed_service_error(c: Cursor) -> None:
    """``0E`` service class value."""
    with c.group("ConfirmedServiceError", rule="D-71"):
        c.take(1, "ConfirmedServiceError", rule="D-71")
        c.number(1, "service", lambda code: f"{ERROR_SERVICES.get(code, 'unknown')} ({code})", "D-71")
        kind = c.peek()
        c.number(1, "service-error", lambda code: f"{ERROR_CLASSES.get(code, ('unknown', ()))[0]} ({code})", "D-71")
        values = ERROR_CLASSES.get(-1 if kind is None else kind, ("", ()))[1]
        c.number(1, "value", lambda code: f"{values[code] if code < len(values) else 'unknown'} ({code})", "D-71")
