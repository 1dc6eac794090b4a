"""ACSE APDUs in BER: AARQ, AARE, RLRQ, RLRE, component by component (REQUIREMENTS C.1, C.2)."""

from __future__ import annotations

from collections.abc import Callable

from ..dlmsclient.acse import AARE_TAG, AARQ_TAG, CONTEXT_ARC, MECHANISM_ARC, MECHANISM_LLS, RLRE_TAG, RLRQ_TAG
from ..dlmsclient.codes import (
    AssociationResult,
    ProviderDiagnostic,
    ReleaseRequestReason,
    ReleaseResponseReason,
    TextCode,
    UserDiagnostic,
)
from .initiate import user_information
from .parts import Cursor, Fault, Octets, octets_of

CONTEXTS = {
    1: "logical names, no ciphering",
    2: "short names, no ciphering",
    3: "logical names with ciphering",
    4: "short names with ciphering",
}
MECHANISMS = {
    0: "lowest level security",
    1: "low level security (LLS)",
    2: "HLS of the manufacturer",
    3: "HLS with MD5",
    4: "HLS with SHA-1",
    5: "HLS with GMAC",
    6: "HLS with SHA-256",
    7: "HLS with ECDSA",
}
_OBJECT_IDENTIFIER, _OCTET_STRING, _INTEGER, _CHARSTRING = 0x06, 0x04, 0x02, 0x80
_USER, _PROVIDER = 0xA1, 0xA2
_MECHANISMS_AT = (0x8B, 0x89)


def code_text(kind: type[TextCode], code: int) -> str:
    """A code of a table in words, or that it is none of it."""
    try:
        return kind(code).text
    except ValueError:
        return f"{code}, which is no code of the table"


def _arc(names: dict[int, str], arc: bytes) -> Callable[[Octets], str]:
    """Text of an object identifier under this arc."""

    def value(octets: Octets) -> str:
        if octets.data[:-1] != arc or octets.data[-1] not in names:
            return f"{octets.hex()}, which is none of the known names"
        return f"{octets.data[-1]}, {names[octets.data[-1]]}"

    return value


_CONTEXT = _arc(CONTEXTS, CONTEXT_ARC)
_MECHANISM_NAME = _arc(MECHANISMS, MECHANISM_ARC)


_UNIVERSAL = {_OBJECT_IDENTIFIER: "OBJECT IDENTIFIER", _OCTET_STRING: "OCTET STRING", _INTEGER: "INTEGER"}


def _wrapped(c: Cursor, tag: int, what: str, value: Callable[[Octets], str], rule: str = "") -> None:
    """One element of another tag that fills the component."""
    if c.left and c.peek() != tag:
        raise Fault(f"{what} must hold an element with tag {tag:02X}")
    length = c.length(_UNIVERSAL[tag], octets_of, rule, lead=1)
    c.take(length, what, value, rule)


def _integer(octets: Octets) -> str:
    return str(int.from_bytes(octets.data, "big", signed=True))


def _coded(c: Cursor, what: str, kind: type[TextCode], rule: str) -> None:
    _wrapped(c, _INTEGER, what, lambda octets: code_text(kind, int.from_bytes(octets.data, "big", signed=True)), rule)


def _bits(octets: Octets) -> str:
    """A BIT STRING: unused bits, then the bits."""
    if not octets.data:
        return "empty"
    bits = "".join(f"{octet:08b}" for octet in octets.data[1:])
    return f"bits {bits[: max(len(bits) - octets.data[0], 0)] or 'none'}"


def _requirements(octets: Octets) -> str:
    unit = len(octets.data) > 1 and octets.data[1] & 0x80
    return "authentication functional unit" if unit else f"{_bits(octets)}, no authentication functional unit"


def _component(c: Cursor, apdu: int, tag: int, name: str, rule: str, mechanism: int | None) -> None:
    """The content of one component."""
    if tag == 0xBE:
        if c.left and c.peek() != _OCTET_STRING:
            raise Fault("user-information must hold an octet string, tag 04")
        length = c.length(_UNIVERSAL[_OCTET_STRING], octets_of, rule, lead=1)
        with c.within(length, "the octet string"):
            user_information(c)
    elif tag == 0xA1:
        _wrapped(c, _OBJECT_IDENTIFIER, name, _CONTEXT, rule)
    elif (apdu, tag) == (AARE_TAG, 0xA2):
        _coded(c, name, AssociationResult, rule)
    elif (apdu, tag) == (AARE_TAG, 0xA3):
        _diagnostic(c, name, rule)
    elif tag in _MECHANISMS_AT:
        c.take(c.left, name, _MECHANISM_NAME, rule)
    elif tag in (0xAC, 0xAA):
        # A challenge of high level security is no secret; without a mechanism-name nobody knows.
        with c.hiding(mechanism is None or mechanism <= MECHANISM_LLS):
            _secret(c, name, "secret" if mechanism == MECHANISM_LLS else "value", rule)
    elif tag == 0x80 and apdu in (RLRQ_TAG, RLRE_TAG):
        reasons = ReleaseRequestReason if apdu == RLRQ_TAG else ReleaseResponseReason
        c.take(c.left, name, lambda octets: code_text(reasons, int.from_bytes(octets.data, "big")), rule)
    elif tag == 0x80:
        c.take(c.left, name, _bits, rule)
    elif tag in (0x8A, 0x88):
        c.take(c.left, name, _requirements, rule)
    elif tag in _INTEGERS.get(apdu, ()):
        _wrapped(c, _INTEGER, name, _integer, rule)
    elif tag in _OCTETS.get(apdu, ()):
        _wrapped(c, _OCTET_STRING, name, Octets.hex, rule)
    else:
        c.take(c.left, name, Octets.hex, rule)


def _secret(c: Cursor, name: str, what: str, rule: str) -> None:
    """``80`` length and octets; only the octets are what a trace hides."""
    if c.left and c.peek() != _CHARSTRING:
        raise Fault(f"{name} must hold a charstring, tag 80")
    secret, c.secret = c.secret, False
    length = c.length("charstring", octets_of, rule, lead=1)
    c.secret = secret
    c.take(length, what, _printable, rule)


def _printable(octets: Octets) -> str:
    if octets.data and all(0x20 <= octet < 0x7F for octet in octets.data):
        return f'"{octets.data.decode("ascii")}"'
    return octets.hex()


def _diagnostic(c: Cursor, name: str, rule: str) -> None:
    source = c.peek()
    if source not in (_USER, _PROVIDER) and c.left:
        raise Fault(f"{name} must hold A1 (acse-service-user) or A2 (acse-service-provider)")
    who = "acse-service-user" if source == _USER else "acse-service-provider"
    length = c.length(who, octets_of, rule, lead=1)
    with c.within(length, who):
        _coded(c, f"diagnostic of the {who}", UserDiagnostic if source == _USER else ProviderDiagnostic, rule)


# tag -> (name, rule), by APDU
_BOTH = {0x80: ("protocol-version", "C-19"), 0xA1: ("application-context-name", "C-01")}
_INFORMATION = {0x9D: ("implementation-information", "C-25"), 0xBD: ("implementation-information", "C-25")}
_AARQ = _BOTH | _INFORMATION | {
    0xA2: ("called-AP-title", "C-25"),
    0xA3: ("called-AE-qualifier", "C-25"),
    0xA4: ("called-AP-invocation-id", "C-25"),
    0xA5: ("called-AE-invocation-id", "C-25"),
    0xA6: ("calling-AP-title", "C-23"),
    0xA7: ("calling-AE-qualifier", "C-25"),
    0xA8: ("calling-AP-invocation-id", "C-25"),
    0xA9: ("calling-AE-invocation-id", "C-24"),
    0x8A: ("sender-acse-requirements", "C-04"),
    0x8B: ("mechanism-name", "C-02"),
    0xAC: ("calling-authentication-value", "C-22"),
    0xBE: ("user-information", "C-30"),
}  # fmt: skip
_AARE = _BOTH | _INFORMATION | {
    0xA2: ("result", "C-12"),
    0xA3: ("result-source-diagnostic", "C-12"),
    0xA4: ("responding-AP-title", "C-23"),
    0xA5: ("responding-AE-qualifier", "C-25"),
    0xA6: ("responding-AP-invocation-id", "C-25"),
    0xA7: ("responding-AE-invocation-id", "C-25"),
    0x88: ("responder-acse-requirements", "C-04"),
    0x89: ("mechanism-name", "C-02"),
    0xAA: ("responding-authentication-value", "C-02"),
    0xBE: ("user-information", "C-31"),
}  # fmt: skip
_RELEASE = {0x80: ("reason", "C-50"), 0xBE: ("user-information", "C-52")}
_INTEGERS = {AARQ_TAG: (0xA4, 0xA5, 0xA8, 0xA9), AARE_TAG: (0xA6, 0xA7)}
_OCTETS = {AARQ_TAG: (0xA2, 0xA3, 0xA6, 0xA7), AARE_TAG: (0xA4, 0xA5)}
_COMPONENTS: dict[int, tuple[str, dict[int, tuple[str, str]]]] = {
    AARQ_TAG: ("AARQ", _AARQ),
    AARE_TAG: ("AARE", _AARE),
    RLRQ_TAG: ("RLRQ", _RELEASE),
    RLRE_TAG: ("RLRE", _RELEASE),
}


def acse(c: Cursor) -> None:
    """A whole ACSE APDU; a component that is wrong is marked, and the next one explained."""
    apdu = c.peek()
    assert apdu is not None
    name, table = _COMPONENTS[apdu]
    rule = "C-50" if apdu in (RLRQ_TAG, RLRE_TAG) else "C.1"
    length = c.length(name, octets_of, rule, lead=1)
    mechanism = None
    with c.within(length, f"the {name}"):
        while c.left:
            tag = c.peek()
            if tag is None:
                raise Fault(f"a component of the {name} is hidden")
            component, rule = table.get(tag, (f"component {tag:02X}, which an {name} does not have", ""))
            with c.group(component, rule=rule, fold=tag != 0xBE) as part:
                size = c.length(f"tag of {component}", octets_of, rule, lead=1)
                with c.within(size, component):
                    _component(c, apdu, tag, component, rule, mechanism)
                last = part.parts[-1]
                if tag in _MECHANISMS_AT and last.end - last.start == len(MECHANISM_ARC) + 1:
                    mechanism = c.octets.data[last.end - 1]
                if len(part.parts) > 1:
                    part.value = last.text if (apdu, tag) == (AARE_TAG, 0xA3) else last.value
