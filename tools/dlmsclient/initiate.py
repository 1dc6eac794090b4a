"""xDLMS Initiate: InitiateRequest, InitiateResponse, ConfirmedServiceError,
conformance (REQUIREMENTS C.4, D-71).

    InitiateRequest   01 · dedicated-key (00 | 01 len key) · response-allowed (00 = TRUE | 01
                      bb) · quality-of-service (00 | 01 i8) · version u8 · 5F 1F 04 00 c1 c2
                      c3 · max-receive-pdu-size u16
    InitiateResponse  08 · quality-of-service (00 | 01 i8) · version u8 · 5F 1F 04 00 c1 c2 c3
                      · max-receive-pdu-size u16 · vaa-name u16
    ConfirmedServiceError  0E · service error in three octets
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntFlag

from .errors import ProtocolError, UsageError
from .octets import Reader, counted

INITIATE_REQUEST = 0x01
INITIATE_RESPONSE = 0x08
CONFIRMED_SERVICE_ERROR = 0x0E
DLMS_VERSION = 6
VAA_LN = 0x0007
VAA_SN = 0xFA00
_CONFORMANCE_TAG = bytes.fromhex("5F1F0400")


class Conformance(IntFlag):
    """Conformance block, bit 0 is the most significant of its 24 bits (table of REQUIREMENTS C.4)."""

    RESERVED_ZERO = 1 << 23
    GENERAL_PROTECTION = 1 << 22
    GENERAL_BLOCK_TRANSFER = 1 << 21
    READ = 1 << 20
    WRITE = 1 << 19
    UNCONFIRMED_WRITE = 1 << 18
    DELTA_VALUE_ENCODING = 1 << 17
    RESERVED_SEVEN = 1 << 16
    ATTRIBUTE0_SUPPORTED_WITH_SET = 1 << 15
    PRIORITY_MGMT_SUPPORTED = 1 << 14
    ATTRIBUTE0_SUPPORTED_WITH_GET = 1 << 13
    BLOCK_TRANSFER_WITH_GET_OR_READ = 1 << 12
    BLOCK_TRANSFER_WITH_SET_OR_WRITE = 1 << 11
    BLOCK_TRANSFER_WITH_ACTION = 1 << 10
    MULTIPLE_REFERENCES = 1 << 9
    INFORMATION_REPORT = 1 << 8
    DATA_NOTIFICATION = 1 << 7
    ACCESS = 1 << 6
    PARAMETERIZED_ACCESS = 1 << 5
    GET = 1 << 4
    SET = 1 << 3
    SELECTIVE_ACCESS = 1 << 2
    EVENT_NOTIFICATION = 1 << 1
    ACTION = 1 << 0

    @property
    def names(self) -> list[str]:
        """Names of the bits that are set, in bit order."""
        return [str(bit.name).lower().replace("_", "-") for bit in Conformance if bit & self]


SERVICE_BLOCKS = (
    Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
    | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    | Conformance.BLOCK_TRANSFER_WITH_ACTION
)

# What this client proposes unless configured otherwise: the services with logical names. General
# block transfer and ACCESS it has too.
CLIENT_CONFORMANCE = (
    Conformance.PRIORITY_MGMT_SUPPORTED
    | Conformance.ATTRIBUTE0_SUPPORTED_WITH_SET
    | Conformance.ATTRIBUTE0_SUPPORTED_WITH_GET
    | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
    | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    | Conformance.BLOCK_TRANSFER_WITH_ACTION
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.GET
    | Conformance.SET
    | Conformance.SELECTIVE_ACCESS
    | Conformance.ACTION
)

# The same with short names.
SHORT_NAME_CONFORMANCE = (
    Conformance.READ
    | Conformance.WRITE
    | Conformance.UNCONFIRMED_WRITE
    | Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ
    | Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE
    | Conformance.MULTIPLE_REFERENCES
    | Conformance.INFORMATION_REPORT
    | Conformance.PARAMETERIZED_ACCESS
)


def _optional_i8(value: int | None) -> bytes:
    return b"\x00" if value is None else b"\x01" + (value & 0xFF).to_bytes(1, "big")


def _u16(value: int, what: str) -> bytes:
    if not 0 <= value <= 0xFFFF:
        raise UsageError(f"{what} {value} is not 0 to 65535")
    return value.to_bytes(2, "big")


def _conformance_octets(conformance: int) -> bytes:
    return _CONFORMANCE_TAG + (conformance & 0xFFFFFF).to_bytes(3, "big")


def _read_conformance(reader: Reader) -> Conformance:
    """``5F 1F 04 00`` and three octets; the historical tag ``5F`` alone is accepted, and a
    long length (REQUIREMENTS C-41, C-42).
    """
    if reader.u8("conformance") != 0x5F:
        raise ProtocolError("conformance does not begin with 5F")
    if reader.peek() == 0x1F:
        reader.u8()
    bits = reader.counted("conformance")
    if len(bits) != 4 or bits[0] != 0:
        raise ProtocolError(f"conformance is {bits.hex().upper()}, must be 00 (no unused bits) and three octets")
    return Conformance(int.from_bytes(bits[1:], "big"))


@dataclass(frozen=True)
class InitiateRequest:
    """InitiateRequest; ``response_allowed`` False asks for an unconfirmed
    association (REQUIREMENTS B-05).
    """

    conformance: Conformance = CLIENT_CONFORMANCE
    client_max_receive_pdu_size: int = 0
    response_allowed: bool = True
    proposed_quality_of_service: int | None = None
    proposed_dlms_version_number: int = DLMS_VERSION
    dedicated_key: bytes | None = None

    def encode(self) -> bytes:
        """A-XDR."""
        key = b"\x00" if self.dedicated_key is None else b"\x01" + counted(self.dedicated_key)
        return (
            bytes([INITIATE_REQUEST])
            + key
            + (b"\x00" if self.response_allowed else b"\x01\x00")
            + _optional_i8(self.proposed_quality_of_service)
            + bytes([self.proposed_dlms_version_number])
            + _conformance_octets(self.conformance)
            + _u16(self.client_max_receive_pdu_size, "client-max-receive-pdu-size")
        )

    @classmethod
    def decode(cls, octets: bytes) -> InitiateRequest:
        """From the whole content of user-information."""
        reader = Reader(octets, "InitiateRequest")
        _expect_tag(reader, INITIATE_REQUEST)
        key = reader.counted("dedicated-key") if reader.flag("dedicated-key") else None
        allowed = reader.u8("response-allowed") != 0 if reader.flag("response-allowed") else True
        quality = reader.i8("quality of service") if reader.flag("quality of service") else None
        version = reader.u8("version")
        conformance = _read_conformance(reader)
        size = reader.u16("client-max-receive-pdu-size")
        reader.end()
        return cls(conformance, size, allowed, quality, version, key)


@dataclass(frozen=True)
class InitiateResponse:
    """InitiateResponse: what was negotiated."""

    conformance: Conformance
    server_max_receive_pdu_size: int
    vaa_name: int = VAA_LN
    negotiated_quality_of_service: int | None = None
    negotiated_dlms_version_number: int = DLMS_VERSION

    def encode(self) -> bytes:
        """A-XDR."""
        return (
            bytes([INITIATE_RESPONSE])
            + _optional_i8(self.negotiated_quality_of_service)
            + bytes([self.negotiated_dlms_version_number])
            + _conformance_octets(self.conformance)
            + _u16(self.server_max_receive_pdu_size, "server-max-receive-pdu-size")
            + _u16(self.vaa_name, "vaa-name")
        )

    @classmethod
    def decode(cls, octets: bytes) -> InitiateResponse:
        """From the whole content of user-information."""
        reader = Reader(octets, "InitiateResponse")
        _expect_tag(reader, INITIATE_RESPONSE)
        quality = reader.i8("quality of service") if reader.flag("quality of service") else None
        version = reader.u8("version")
        conformance = _read_conformance(reader)
        size, vaa = reader.u16("server-max-receive-pdu-size"), reader.u16("vaa-name")
        reader.end()
        return cls(conformance, size, vaa, quality, version)


def _expect_tag(reader: Reader, tag: int) -> None:
    found = reader.u8("tag")
    if found != tag:
        raise ProtocolError(f"tag is {found:02X}, must be {tag:02X}")


ERROR_SERVICES = {1: "initiate", 5: "read", 6: "write"}
ERROR_CLASSES: dict[int, tuple[str, tuple[str, ...]]] = {
    0: (
        "application-reference",
        (
            "other",
            "time-elapsed",
            "application-unreachable",
            "application-reference-invalid",
            "application-context-unsupported",
            "provider-communication-error",
            "deciphering-error",
        ),
    ),
    1: ("hardware-resource", ("other", "memory-unavailable", "processor-resource-unavailable", "mass-storage-unavail"
        "able",
                              "other-resource-unavailable")),
    2: ("vde-state-error", ("other", "no-dlms-context", "loading-data-set", "status-nochange", "status-inoperable")),
    3: ("service", ("other", "pdu-size", "service-unsupported")),
    4: ("definition", ("other", "object-undefined", "object-class-inconsistent", "object-attribute-inconsistent")),
    5: ("access", ("other", "scope-of-access-violated", "object-access-invalid", "hardware-fault", "object-unavailab"
        "le")),
    6: ("initiate", ("other", "dlms-version-too-low", "incompatible-conformance", "pdu-size-too-short",
                     "refused-by-the-VDE-Handler")),
}  # fmt: skip


@dataclass(frozen=True)
class ConfirmedServiceError:
    """ConfirmedServiceError: ``0E`` service, error class, error value (REQUIREMENTS D-71)."""

    service: int
    error_class: int
    value: int

    def encode(self) -> bytes:
        """Four octets."""
        return bytes([CONFIRMED_SERVICE_ERROR, self.service, self.error_class, self.value])

    @classmethod
    def decode(cls, octets: bytes) -> ConfirmedServiceError:
        """From the whole APDU; codes outside the table are a ProtocolError."""
        reader = Reader(octets, "ConfirmedServiceError")
        _expect_tag(reader, CONFIRMED_SERVICE_ERROR)
        error = cls(reader.u8(), reader.u8(), reader.u8())
        reader.end()
        values = ERROR_CLASSES.get(error.error_class, ("", ()))[1]
        if error.service not in ERROR_SERVICES or error.value >= len(values):
            raise ProtocolError(f"ConfirmedServiceError {octets.hex().upper()} has unknown codes")
        return error

    @property
    def text(self) -> str:
        """Service, class and value in words."""
        name, values = ERROR_CLASSES[self.error_class]
        return f"{ERROR_SERVICES[self.service]} error, {name}: {values[self.value]}"
