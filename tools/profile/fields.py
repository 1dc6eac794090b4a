"""An APDU taken apart into its fields, for people: octets and what they mean. What the worked sessions do not need stays whole.

The octets of all fields put together are the APDU again; a test holds every session to that.
"""

from __future__ import annotations

from collections.abc import Iterator

from tools.dlmsclient.obis import Obis

Field = tuple[bytes, str]

_ACSE = {0x60: "AARQ", 0x61: "AARE", 0x62: "RLRQ", 0x63: "RLRE"}
_COMPONENTS = {
    0x80: "protocol-version",
    0xA1: "application-context-name",
    0xA2: "result",
    0xA3: "result-source-diagnostic",
    0x88: "responder-acse-requirements",
    0x89: "mechanism-name",
    0x8A: "sender-acse-requirements: authentication",
    0x8B: "mechanism-name",
    0xAC: "calling-authentication-value: the secret",
    0xBE: "user-information",
}
_RESULTS = {0: "accepted", 1: "rejected-permanent", 2: "rejected-transient"}
_REQUESTS = {0xC0: "GET", 0xC1: "SET", 0xC3: "ACTION"}
_RESPONSES = {0xC4: "GET", 0xC5: "SET", 0xC7: "ACTION"}
_KINDS = {
    0xC0: {1: "request-normal", 2: "request-next", 3: "request-with-list"},
    0xC1: {1: "request-normal"},
    0xC3: {1: "request-normal"},
    0xC4: {1: "response-normal", 2: "response-with-datablock", 3: "response-with-list"},
    0xC5: {1: "response-normal"},
    0xC7: {1: "response-normal"},
}


def fields(apdu: bytes) -> list[Field]:
    """The fields of an APDU in their order."""
    tag = apdu[0]
    if tag in _ACSE:
        return list(_acse(apdu))
    if tag in _KINDS and apdu[1] in _KINDS[tag]:
        return list(_service(apdu))
    if tag == 0xD8:
        return [(apdu, "ExceptionResponse: service-not-allowed, service-not-supported" if apdu[1:] == b"\1\2" else "ExceptionResponse")]
    if tag == 0x0F:
        return list(_notification(apdu))
    if tag == 0x18:
        return list(_report(apdu))
    if tag == 0xE0:
        return list(_block(apdu))
    if tag in (0x05, 0x0C) and apdu[1] == 1 and apdu[2] in (0, 2, 4):
        return list(_read(apdu))
    return [(apdu, "")]


def _acse(apdu: bytes) -> Iterator[Field]:
    name = _ACSE[apdu[0]]
    yield apdu[:2], f"{name}, {apdu[1]} octets"
    at = 2
    while at < len(apdu):
        end = at + 2 + apdu[at + 1]
        yield from _component(name, apdu[at:end])
        at = end


def _component(name: str, octets: bytes) -> Iterator[Field]:
    tag, last = octets[0], octets[-1]
    if name in ("RLRQ", "RLRE") and tag == 0x80:
        yield octets, "reason: normal"
    elif tag == 0xBE:
        yield octets[:4], "user-information, octet-string"
        yield from _initiate(octets[4:])
    elif tag == 0xA1:
        yield octets, f"application-context-name: {last}"
    elif tag in (0x8B, 0x89):
        yield octets, f"mechanism-name: {last}"
    elif tag == 0xA2:
        yield octets, f"result: {_RESULTS.get(last, last)}"
    elif tag == 0xA3:
        source = "acse-service-user" if octets[2] == 0xA1 else "acse-service-provider"
        yield octets, f"result-source-diagnostic: {source} {last}"
    else:
        yield octets, _COMPONENTS.get(tag, "")


def _initiate(octets: bytes) -> Iterator[Field]:
    if octets[0] == 0x01:
        silent = octets[2:4] == b"\1\0"
        end = 4 if silent else 3
        yield (
            octets[:end],
            "InitiateRequest, no dedicated-key" + (", response-allowed FALSE" if silent else ", response-allowed by default"),
        )
        yield octets[end : end + 2], "no quality-of-service, DLMS version 6"
        yield from _conformance(octets[end + 2 : end + 9])
        yield octets[end + 9 :], f"client-max-receive-pdu-size: {int.from_bytes(octets[end + 9 :], 'big')}"
    elif octets[0] == 0x08:
        yield octets[:3], "InitiateResponse, no quality-of-service, DLMS version 6"
        yield from _conformance(octets[3:10])
        yield octets[10:12], f"server-max-receive-pdu-size: {int.from_bytes(octets[10:12], 'big')}"
        yield octets[12:], "vaa-name of " + ("logical names" if octets[12:] == b"\0\7" else "short names")
    else:
        yield octets, "ConfirmedServiceError"


def _conformance(octets: bytes) -> Iterator[Field]:
    yield octets, f"conformance: {octets[4:].hex().upper()} (bits in clause 7.3)"


def _iip(octet: int) -> str:
    return f"invoke-id {octet & 0x0F}, {'confirmed' if octet & 0x40 else 'unconfirmed'}, {'high' if octet & 0x80 else 'normal'} priority"


def _descriptor(octets: bytes, what: str) -> str:
    return f"class {int.from_bytes(octets[:2], 'big')}, {Obis(octets[2:8])}, {what} {octets[8]}"


def _service(apdu: bytes) -> Iterator[Field]:
    tag, kind = apdu[0], apdu[1]
    service = _REQUESTS.get(tag) or _RESPONSES[tag]
    yield apdu[:2], f"{service}-{_KINDS[tag][kind]}"
    yield apdu[2:3], _iip(apdu[2])
    rest = apdu[3:]
    if tag in _REQUESTS:
        yield from _request(tag, kind, rest)
    else:
        yield from _response(tag, kind, rest)


def _request(tag: int, kind: int, rest: bytes) -> Iterator[Field]:
    if kind == 2:
        yield rest, f"block-number: {int.from_bytes(rest, 'big')} has come"
        return
    if kind == 3:
        yield rest[:1], f"{rest[0]} attributes"
        for at in range(1, len(rest), 10):
            yield rest[at : at + 10], _descriptor(rest[at:], "attribute") + ", no selection"
        return
    yield rest[:9], _descriptor(rest, "method" if tag == 0xC3 else "attribute")
    if tag == 0xC3:
        yield rest[9:10], "a parameter follows" if rest[9] else "no parameter"
    elif rest[9]:
        yield rest[9:11], f"selective access, selector {rest[10]}"
        yield rest[11:], "its parameters"
        return
    else:
        yield rest[9:10], "no selective access"
    if len(rest) > 10:
        yield rest[10:], "Data"


def _response(tag: int, kind: int, rest: bytes) -> Iterator[Field]:
    if tag == 0xC5:
        yield rest, f"result: {rest[0]}" + (" (success)" if not rest[0] else "")
    elif tag == 0xC7:
        yield rest[:1], f"result: {rest[0]}" + (" (success)" if not rest[0] else "")
        yield rest[1:], "no return parameters" if rest[1:] == b"\0" else "return parameters"
    elif kind == 1:
        yield rest[:1], "data" if rest[0] == 0 else "data-access-result"
        yield rest[1:], "Data" if rest[0] == 0 else str(rest[1])
    elif kind == 2:
        yield rest[:1], "last-block" if rest[0] else "not the last block"
        yield rest[1:5], f"block-number {int.from_bytes(rest[1:5], 'big')}"
        size = 2 if rest[6] < 0x80 else 2 + (rest[6] & 0x7F)
        yield rest[5 : 5 + size], "raw-data, and their length"
        yield rest[5 + size :], "raw octets of the Data"
    else:
        yield rest[:1], f"{rest[0]} results"
        yield rest[1:], "of each: 00 and Data, or 01 and data-access-result"


def _notification(apdu: bytes) -> Iterator[Field]:
    yield apdu[:1], "DataNotification"
    yield apdu[1:5], "long-invoke-id-and-priority"
    end = 6 + apdu[5]
    yield apdu[5:end], "date-time" if apdu[5] else "no date-time"
    yield apdu[end:], "Data"


def _report(apdu: bytes) -> Iterator[Field]:
    end = 3 + apdu[2]
    yield apdu[:2], "InformationReport, with a time"
    yield apdu[2:end], f"GeneralizedTime: {apdu[3:end].decode('ascii')}"
    yield apdu[end : end + 1], "one variable"
    yield apdu[end + 1 : end + 4], f"its short name: {apdu[end + 2 : end + 4].hex().upper()}"
    yield apdu[end + 4 : end + 5], "one value"
    yield apdu[end + 5 :], "Data"


def _block(apdu: bytes) -> Iterator[Field]:
    control = apdu[1]
    said = ["last block" if control & 0x80 else "more follows", "streaming" if control & 0x40 else "now the other side"]
    size = 1 if apdu[6] < 0x80 else 1 + (apdu[6] & 0x7F)
    yield apdu[:2], f"general-block-transfer: {', '.join(said)}, window {control & 0x3F}"
    yield apdu[2:4], f"block-number {int.from_bytes(apdu[2:4], 'big')}"
    yield apdu[4:6], f"block-number-ack {int.from_bytes(apdu[4:6], 'big')}"
    yield apdu[6 : 6 + size], "octets of block-data"
    if apdu[6 + size :]:
        yield apdu[6 + size :], "a part of the APDU"


def _read(apdu: bytes) -> Iterator[Field]:
    if apdu[0] == 0x0C:
        yield apdu[:2], "ReadResponse, one result"
        yield apdu[2:3], "data"
        yield apdu[3:], "Data"
        return
    yield apdu[:2], "ReadRequest, one variable"
    yield apdu[2:5], f"{'variable-name' if apdu[2] == 2 else 'parameterized-access'}: {apdu[3:5].hex().upper()}"
    if apdu[2] == 4:
        yield apdu[5:6], f"selector {apdu[5]}"
        yield apdu[6:], "its parameter"
