"""ACSE APDUs in BER: AARQ, AARE, RLRQ, RLRE (REQUIREMENTS C.1 to C.5).

Every optional field can be built, and every field can be built wrongly: names and requirements are
given as the content octets that go onto the wire, and ``extra`` appends any further elements. None
leaves a field out. Decoding is whole: fields come in ascending order, none twice, none unknown,
nothing trails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from . import ber
from .codes import (
    AssociationResult,
    ProviderDiagnostic,
    TextCode,
    UserDiagnostic,
)
from .errors import ProtocolError
from .octets import Reader

AARQ_TAG = 0x60
AARE_TAG = 0x61
RLRQ_TAG = 0x62
RLRE_TAG = 0x63

CONTEXT_ARC = bytes.fromhex("608574050801")
MECHANISM_ARC = bytes.fromhex("608574050802")
PROTOCOL_VERSION_1 = bytes.fromhex("0780")  # BIT STRING, 7 unused bits, bit 0 set
AUTHENTICATION_UNIT = bytes.fromhex("0780")  # requirements BIT STRING: bit 0 = authentication functional unit

CONTEXT_LN = 1
CONTEXT_SN = 2
CONTEXT_LN_CIPHERED = 3
CONTEXT_SN_CIPHERED = 4
MECHANISM_LOWEST = 0
MECHANISM_LLS = 1
MECHANISM_HLS_GMAC = 5


def context_name(number: int) -> bytes:
    """Content octets of application-context-name ``number`` (REQUIREMENTS C-01)."""
    return CONTEXT_ARC + bytes([number])


def mechanism_name(number: int) -> bytes:
    """Content octets of mechanism-name ``number`` (REQUIREMENTS C-02)."""
    return MECHANISM_ARC + bytes([number])


def _oid(tag: int, content: bytes | None) -> bytes:
    return b"" if content is None else ber.tlv(tag, ber.tlv(ber.OBJECT_IDENTIFIER, content))


def _octets(tag: int, content: bytes | None) -> bytes:
    return b"" if content is None else ber.tlv(tag, ber.tlv(ber.OCTET_STRING, content))


def _charstring(tag: int, content: bytes | None) -> bytes:
    return b"" if content is None else ber.tlv(tag, ber.tlv(0x80, content))


def _integer(tag: int, value: int | None) -> bytes:
    return b"" if value is None else ber.tlv(tag, ber.integer(value))


def _implicit(tag: int, content: bytes | None) -> bytes:
    return b"" if content is None else ber.tlv(tag, content)


def _components(octets: bytes, tag: int, name: str) -> Iterator[tuple[int, bytes]]:
    """Elements of an ACSE APDU in order, after checking the APDU as a whole."""
    reader = Reader(octets, name)
    found, content = ber.read_tlv(reader, name)
    if found != tag:
        raise ProtocolError(f"{name} has tag {found:02X}, must be {tag:02X}")
    reader.end()
    inner, last = Reader(content, name), -1
    while inner.remaining:
        number, value = ber.read_tlv(inner, f"element of {name}")
        if number & 0x1F <= last:
            raise ProtocolError(f"{name} has element {number:02X} out of order or twice")
        last = number & 0x1F
        yield number, value


_Field = tuple[str, Callable[[bytes, str], object]]


def _read_fields(octets: bytes, tag: int, name: str, table: dict[int, _Field]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for number, content in _components(octets, tag, name):
        if number not in table:
            raise ProtocolError(f"{name} has an unknown element {number:02X}")
        field, read = table[number]
        values[field] = read(content, f"{field} of {name}")
    return values


def _read_oid(content: bytes, what: str) -> bytes:
    return ber.unwrap(ber.OBJECT_IDENTIFIER, content, what)


def _read_octets(content: bytes, what: str) -> bytes:
    return ber.unwrap(ber.OCTET_STRING, content, what)


def _read_charstring(content: bytes, what: str) -> bytes:
    return ber.unwrap(0x80, content, what)


def _read_implicit(content: bytes, what: str) -> bytes:
    return content


@dataclass(frozen=True)
class Aarq:
    """AARQ (tag 60). Names, requirements and protocol_version are content octets;
    see :func:`lowest` and :func:`lls`.
    """

    application_context_name: bytes | None = CONTEXT_ARC + b"\x01"
    user_information: bytes | None = None
    sender_acse_requirements: bytes | None = None
    mechanism_name: bytes | None = None
    calling_authentication_value: bytes | None = None
    protocol_version: bytes | None = None
    called_ap_title: bytes | None = None
    called_ae_qualifier: bytes | None = None
    called_ap_invocation_id: int | None = None
    called_ae_invocation_id: int | None = None
    calling_ap_title: bytes | None = None
    calling_ae_qualifier: bytes | None = None
    calling_ap_invocation_id: int | None = None
    calling_ae_invocation_id: int | None = None
    implementation_information: bytes | None = None
    extra: bytes = b""

    def encode(self) -> bytes:
        """BER, elements in ascending tag order, ``extra`` last."""
        return ber.tlv(
            AARQ_TAG,
            _implicit(0x80, self.protocol_version)
            + _oid(0xA1, self.application_context_name)
            + _octets(0xA2, self.called_ap_title)
            + _octets(0xA3, self.called_ae_qualifier)
            + _integer(0xA4, self.called_ap_invocation_id)
            + _integer(0xA5, self.called_ae_invocation_id)
            + _octets(0xA6, self.calling_ap_title)
            + _octets(0xA7, self.calling_ae_qualifier)
            + _integer(0xA8, self.calling_ap_invocation_id)
            + _integer(0xA9, self.calling_ae_invocation_id)
            + _implicit(0x8A, self.sender_acse_requirements)
            + _implicit(0x8B, self.mechanism_name)
            + _charstring(0xAC, self.calling_authentication_value)
            + _implicit(0x9D, self.implementation_information)
            + _octets(0xBE, self.user_information)
            + self.extra,
        )

    @classmethod
    def decode(cls, octets: bytes) -> Aarq:
        """From the whole APDU."""
        values = _read_fields(octets, AARQ_TAG, "AARQ", _AARQ_FIELDS)
        return cls(**{"application_context_name": None, **values})

    @classmethod
    def lowest(cls, user_information: bytes, context: int = CONTEXT_LN) -> Aarq:
        """Without authentication functional unit (REQUIREMENTS C-04, C-10)."""
        return cls(context_name(context), user_information)

    @classmethod
    def lls(cls, user_information: bytes, password: bytes, context: int = CONTEXT_LN) -> Aarq:
        """Low level security: mechanism 1 and the password (REQUIREMENTS C-11)."""
        return cls(
            context_name(context),
            user_information,
            sender_acse_requirements=AUTHENTICATION_UNIT,
            mechanism_name=mechanism_name(MECHANISM_LLS),
            calling_authentication_value=password,
        )


_AARQ_FIELDS: dict[int, _Field] = {
    0x80: ("protocol_version", _read_implicit),
    0xA1: ("application_context_name", _read_oid),
    0xA2: ("called_ap_title", _read_octets),
    0xA3: ("called_ae_qualifier", _read_octets),
    0xA4: ("called_ap_invocation_id", ber.read_integer),
    0xA5: ("called_ae_invocation_id", ber.read_integer),
    0xA6: ("calling_ap_title", _read_octets),
    0xA7: ("calling_ae_qualifier", _read_octets),
    0xA8: ("calling_ap_invocation_id", ber.read_integer),
    0xA9: ("calling_ae_invocation_id", ber.read_integer),
    0x8A: ("sender_acse_requirements", _read_implicit),
    0x8B: ("mechanism_name", _read_implicit),
    0xAC: ("calling_authentication_value", _read_charstring),
    0x9D: ("implementation_information", _read_implicit),
    0xBE: ("user_information", _read_octets),
}

SOURCE_USER = "user"
SOURCE_PROVIDER = "provider"
_SOURCE_TAGS = {0xA1: SOURCE_USER, 0xA2: SOURCE_PROVIDER}


@dataclass(frozen=True)
class Aare:
    """AARE (tag 61)."""

    application_context_name: bytes | None
    result: int
    source: str
    diagnostic: int
    user_information: bytes | None = None
    protocol_version: bytes | None = None
    responding_ap_title: bytes | None = None
    responding_ae_qualifier: bytes | None = None
    responding_ap_invocation_id: int | None = None
    responding_ae_invocation_id: int | None = None
    responder_acse_requirements: bytes | None = None
    mechanism_name: bytes | None = None
    responding_authentication_value: bytes | None = None
    implementation_information: bytes | None = None

    def encode(self) -> bytes:
        """BER, elements in ascending tag order."""
        source = 0xA1 if self.source == SOURCE_USER else 0xA2
        return ber.tlv(
            AARE_TAG,
            _implicit(0x80, self.protocol_version)
            + _oid(0xA1, self.application_context_name)
            + _integer(0xA2, self.result)
            + ber.tlv(0xA3, ber.tlv(source, ber.integer(self.diagnostic)))
            + _octets(0xA4, self.responding_ap_title)
            + _octets(0xA5, self.responding_ae_qualifier)
            + _integer(0xA6, self.responding_ap_invocation_id)
            + _integer(0xA7, self.responding_ae_invocation_id)
            + _implicit(0x88, self.responder_acse_requirements)
            + _implicit(0x89, self.mechanism_name)
            + _charstring(0xAA, self.responding_authentication_value)
            + _implicit(0x9D, self.implementation_information)
            + _octets(0xBE, self.user_information),
        )

    @classmethod
    def decode(cls, octets: bytes) -> Aare:
        """From the whole APDU; context name, result and diagnostic must be there."""
        values = _read_fields(octets, AARE_TAG, "AARE", _AARE_FIELDS)
        for field in ("application_context_name", "result", "source_diagnostic"):
            if field not in values:
                raise ProtocolError(f"AARE has no {field}")
        source, diagnostic = values.pop("source_diagnostic")
        aare = cls(source=source, diagnostic=diagnostic, **values)
        _known(AssociationResult, aare.result, "result of AARE")
        _known(UserDiagnostic if source == SOURCE_USER else ProviderDiagnostic, aare.diagnostic, "diagnostic of AARE")
        return aare

    @property
    def text(self) -> str:
        """Result and diagnostic in words."""
        kind: type[TextCode] = UserDiagnostic if self.source == SOURCE_USER else ProviderDiagnostic
        return f"{AssociationResult(self.result).text}, service-{self.source} {kind(self.diagnostic).text}"


def _known(kind: type[TextCode], value: int, what: str) -> None:
    try:
        kind(value)
    except ValueError:
        raise ProtocolError(f"{what} has the unknown value {value}") from None


def _read_source_diagnostic(content: bytes, what: str) -> tuple[str, int]:
    reader = Reader(content, what)
    tag, inner = ber.read_tlv(reader, what)
    reader.end()
    if tag not in _SOURCE_TAGS:
        raise ProtocolError(f"{what} has tag {tag:02X}, must be A1 (user) or A2 (provider)")
    return _SOURCE_TAGS[tag], ber.read_integer(inner, what)


_AARE_FIELDS: dict[int, _Field] = {
    0x80: ("protocol_version", _read_implicit),
    0xA1: ("application_context_name", _read_oid),
    0xA2: ("result", ber.read_integer),
    0xA3: ("source_diagnostic", _read_source_diagnostic),
    0xA4: ("responding_ap_title", _read_octets),
    0xA5: ("responding_ae_qualifier", _read_octets),
    0xA6: ("responding_ap_invocation_id", ber.read_integer),
    0xA7: ("responding_ae_invocation_id", ber.read_integer),
    0x88: ("responder_acse_requirements", _read_implicit),
    0x89: ("mechanism_name", _read_implicit),
    0xAA: ("responding_authentication_value", _read_charstring),
    0x9D: ("implementation_information", _read_implicit),
    0xBE: ("user_information", _read_octets),
}


def _read_reason(content: bytes, what: str) -> int:
    if len(content) != 1:
        raise ProtocolError(f"{what} has {len(content)} octets, must have 1")
    return content[0]


_RELEASE_FIELDS: dict[int, _Field] = {0x80: ("reason", _read_reason), 0xBE: ("user_information", _read_octets)}


@dataclass(frozen=True)
class Rlrq:
    """RLRQ (tag 62): reason 0 normal, 1 urgent, 30 user-defined, or None for no reason."""

    reason: int | None = 0
    user_information: bytes | None = None

    def encode(self) -> bytes:
        """BER."""
        reason = b"" if self.reason is None else ber.tlv(0x80, bytes([self.reason]))
        return ber.tlv(RLRQ_TAG, reason + _octets(0xBE, self.user_information))

    @classmethod
    def decode(cls, octets: bytes) -> Rlrq:
        """From the whole APDU."""
        return cls(**{"reason": None, **_read_fields(octets, RLRQ_TAG, "RLRQ", _RELEASE_FIELDS)})


@dataclass(frozen=True)
class Rlre:
    """RLRE (tag 63): reason 0 normal, 1 not-finished, 30 user-defined, or None for no reason."""

    reason: int | None = 0
    user_information: bytes | None = None

    def encode(self) -> bytes:
        """BER."""
        reason = b"" if self.reason is None else ber.tlv(0x80, bytes([self.reason]))
        return ber.tlv(RLRE_TAG, reason + _octets(0xBE, self.user_information))

    @classmethod
    def decode(cls, octets: bytes) -> Rlre:
        """From the whole APDU."""
        return cls(**{"reason": None, **_read_fields(octets, RLRE_TAG, "RLRE", _RELEASE_FIELDS)})
