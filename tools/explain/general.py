"""General block transfer, and ciphered APDUs as far as they go without a
key (REQUIREMENTS D.9, E.1, E.2).
"""

from __future__ import annotations

from ..dlmsclient.codes import TextCode
from .parts import Cursor, Octets, octets_of
from .services import Notes, raw

_LAST, _STREAMING, _WINDOW = 0x80, 0x40, 0x3F
_SUITE, _AUTHENTICATED, _ENCRYPTED, _BROADCAST, _COMPRESSED = 0x0F, 0x10, 0x20, 0x40, 0x80
_TAG_SIZE, _HEAD_SIZE = 12, 5
GENERAL_GLO, GENERAL_DED, GENERAL_CIPHERING = 0xDB, 0xDC, 0xDD
# plain tag -> name, of what is ciphered whole
_PLAIN = {
    0x01: "initiateRequest", 0x05: "readRequest", 0x06: "writeRequest", 0x08: "initiateResponse", 0x0C: "readResponse",
    0x0D: "writeResponse", 0x0E: "confirmedServiceError", 0x16: "unconfirmedWriteRequest", 0x18: "informationReportR"
        "equest",
    0xC0: "get-request", 0xC1: "set-request", 0xC2: "event-notification-request", 0xC3: "action-request",
    0xC4: "get-response", 0xC5: "set-response", 0xC7: "action-response",
}  # fmt: skip
CIPHERED: dict[int, str] = {}
for _tag, _name in _PLAIN.items():
    CIPHERED[_tag + (0x20 if _tag < 0x80 else 0x08)] = f"glo-{_name}"
    CIPHERED[_tag + (0x40 if _tag < 0x80 else 0x10)] = f"ded-{_name}"


class _KeyInfo(TextCode):
    IDENTIFIED_KEY = 0
    WRAPPED_KEY = 1
    AGREED_KEY = 2


def general_block(c: Cursor, notes: Notes) -> None:
    """``E0`` control, block-number, block-number-ack, block-data."""
    notes.name = "general-block-transfer"
    notes.stream = True
    c.take(1, notes.name, rule="D-80")
    control = c.number(1, "block-control", _control, "D-80")
    number = c.number(2, "block-number", rule="D-81")
    c.number(
        2, "block-number-ack", lambda ack: f"nothing is missing up to {ack}" if ack else "nothing received yet", "D-82"
    )
    raw(c, notes, number, bool(control & _LAST), "block-data", rule="D-80")


def _control(control: int) -> str:
    said = [
        "last block" if control & _LAST else "more follows",
        "streaming" if control & _STREAMING else "now the other side",
    ]
    return f"{', '.join(said)}, window {control & _WINDOW}"


def ciphered(c: Cursor, notes: Notes) -> None:
    """glo-…, ded-…: tag, length, ciphered content."""
    notes.name = CIPHERED[c.peek() or 0]
    c.take(1, notes.name, rule="E-10")
    _content(c)


def general_glo_ded(c: Cursor, notes: Notes) -> None:
    """general-glo ``DB``, general-ded ``DC``: system title, ciphered content."""
    notes.name = "general-glo-ciphering" if c.peek() == GENERAL_GLO else "general-ded-ciphering"
    c.take(1, notes.name, rule="E-11")
    _counted(c, "system-title", "E-11")
    _content(c)


def general_ciphering(c: Cursor, notes: Notes) -> None:
    """general-ciphering ``DD``: five fields, key-info, ciphered content."""
    notes.name = "general-ciphering"
    c.take(1, notes.name, rule="E-12")
    for name in (
        "transaction-id",
        "originator-system-title",
        "recipient-system-title",
        "date-time",
        "other-information",
    ):
        _counted(c, name, "E-12")
    if c.flag("key-info", "absent", "follows", "E-13"):
        kind = c.number(1, "kind of key-info", _key_info, "E-13")
        if kind == _KeyInfo.IDENTIFIED_KEY:
            c.number(1, "key-id", rule="E-13")
        else:
            c.number(1, "kek-id", rule="E-13") if kind == _KeyInfo.WRAPPED_KEY else _counted(
                c, "key-parameters", "E-13"
            )
            _counted(c, "key-ciphered-data", "E-13")
    _content(c)


def _key_info(code: int) -> str:
    try:
        return _KeyInfo(code).text
    except ValueError:
        return f"{code}, which is none of the table"


def _counted(c: Cursor, name: str, rule: str) -> None:
    length = c.length(f"length of {name}", lambda length: octets_of(length) if length else "empty", rule)
    if length:
        c.take(length, name, Octets.hex, rule)


def _content(c: Cursor) -> None:
    """length · security control · invocation counter · text · tag of 12
    octets where it is authenticated.
    """
    length = c.length("length of the ciphered content", octets_of, "D-100")
    with c.within(length, "the ciphered content"):
        control = c.number(1, "security control", _security_control, "E-02")
        c.number(4, "invocation counter", rule="E-03")
        tag = _TAG_SIZE if control & _AUTHENTICATED else 0
        text = max(c.left - tag, 0)
        if text:
            c.take(
                text,
                "ciphertext" if control & _ENCRYPTED else "plaintext",
                "not deciphered" if control & _ENCRYPTED else "",
                "E-03",
            )
        if tag:
            c.take(tag, "authentication tag", rule="E-06")


def _security_control(control: int) -> str:
    said = [f"suite {control & _SUITE}"]
    bits = {
        _AUTHENTICATED: "authenticated",
        _ENCRYPTED: "encrypted",
        _BROADCAST: "broadcast key",
        _COMPRESSED: "compressed",
    }
    said += [text for bit, text in bits.items() if control & bit]
    return ", ".join(said)
