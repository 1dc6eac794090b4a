"""What a meter sends unasked: DataNotification, EventNotification and InformationReport, and
the confirmation that a client returns.

    0F long-invoke-id u32 · date-time (length, 0 or 12 octets) · Data                     DataNotification
    10 long-invoke-id u32 · date-time (length, 0 or 12 octets)                            DataNotificationConfirm
    C2 (00 | 01 length date-time) · class-id u16, logical name 6, attribute-id · Data      EventNotification
    18 (00 | 01 length time) · count {02 short name u16} · count {Data}                    InformationReport

REQUIREMENTS D-60 to D-63 and D-52. Long-invoke-id-and-priority: bits 0 to 23 number, bit 30
confirmed, bit 31 high priority (D-03).

Meters in the field put a tag of Data before the date-time, ``09 0C …`` or ``19 …``. It is taken,
and ``deviations`` of the notification name it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .axdr import Data, Tag, read_data
from .datetimes import DateTime
from .errors import ProtocolError, UsageError
from .octets import Reader, counted, length_octets
from .xdlms import CosemAttribute, u32

DATA_NOTIFICATION = 0x0F
DATA_NOTIFICATION_CONFIRM = 0x10
INFORMATION_REPORT = 0x18
EVENT_NOTIFICATION = 0xC2
LONG_CONFIRMED = 1 << 30
LONG_INVOKE_ID = (1 << 24) - 1
_VARIABLE_NAME = 2
_DATE_TIME_OCTETS = 12
_TAGGED = "the date-time has the tag {:02X} of Data before it"


def _read_moment(reader: Reader, deviations: list[str]) -> DateTime | None:
    """date-time as an octet-string of 0 or 12 octets; with a tag before
    it too, which is then noted.
    """
    if reader.peek() in (Tag.OCTET_STRING, Tag.DATE_TIME):  # no length of a date-time is 9 or 25
        tag = reader.u8("tag of the date-time")
        deviations.append(_TAGGED.format(tag))
        if tag == Tag.DATE_TIME:
            return DateTime.decode(reader.take(_DATE_TIME_OCTETS, "date-time"))
    octets = reader.counted("date-time")
    return DateTime.decode(octets) if octets else None


def _moment(when: DateTime | None) -> bytes:
    return counted(when.encode() if when else b"")


@dataclass(frozen=True)
class DataNotification:
    """A push: the whole long-invoke-id-and-priority, when it was captured, and the values."""

    long_invoke_id: int
    when: DateTime | None
    body: Data
    deviations: tuple[str, ...] = field(default=(), compare=False)

    @property
    def number(self) -> int:
        """long-invoke-id without its flags."""
        return self.long_invoke_id & LONG_INVOKE_ID

    @property
    def confirmed(self) -> bool:
        """Whether the meter waits for a confirmation."""
        return bool(self.long_invoke_id & LONG_CONFIRMED)

    def encode(self) -> bytes:
        """The whole APDU."""
        return bytes([DATA_NOTIFICATION]) + u32(self.long_invoke_id) + _moment(self.when) + self.body.encode()

    def confirm(self, when: DateTime | None = None) -> bytes:
        """The APDU that confirms it."""
        return bytes([DATA_NOTIFICATION_CONFIRM]) + u32(self.long_invoke_id) + _moment(when)


@dataclass(frozen=True)
class DataNotificationConfirm:
    """The client's confirmation of a push."""

    long_invoke_id: int
    when: DateTime | None
    deviations: tuple[str, ...] = field(default=(), compare=False)

    @property
    def number(self) -> int:
        """long-invoke-id without its flags."""
        return self.long_invoke_id & LONG_INVOKE_ID


@dataclass(frozen=True)
class EventNotification:
    """An event: when, of which attribute, and its value."""

    when: DateTime | None
    attribute: CosemAttribute
    value: Data
    deviations: tuple[str, ...] = field(default=(), compare=False)

    def encode(self) -> bytes:
        """The whole APDU."""
        when = b"\x01" + _moment(self.when) if self.when else b"\x00"
        descriptor = self.attribute.encode()
        return bytes([EVENT_NOTIFICATION]) + when + descriptor[:9] + self.value.encode()


@dataclass(frozen=True)
class InformationReport:
    """Values of a short-name association: (short name, value) each; ``when``
    as the text of a GeneralizedTime.
    """

    when: str | None
    values: tuple[tuple[int, Data], ...]
    deviations: tuple[str, ...] = field(default=(), compare=False)

    def encode(self) -> bytes:
        """The whole APDU."""
        when = b"\x01" + counted(self.when.encode()) if self.when is not None else b"\x00"
        names = b"".join(bytes([_VARIABLE_NAME]) + name.to_bytes(2, "big") for name, _ in self.values)
        count = length_octets(len(self.values))
        return (
            bytes([INFORMATION_REPORT])
            + when
            + count
            + names
            + count
            + b"".join(value.encode() for _, value in self.values)
        )


Notification = DataNotification | DataNotificationConfirm | EventNotification | InformationReport


def _data_notification(reader: Reader) -> DataNotification:
    deviations: list[str] = []
    number, when = reader.u32("long-invoke-id"), _read_moment(reader, deviations)
    return DataNotification(number, when, read_data(reader), tuple(deviations))


def _confirm(reader: Reader) -> DataNotificationConfirm:
    deviations: list[str] = []
    number, when = reader.u32("long-invoke-id"), _read_moment(reader, deviations)
    return DataNotificationConfirm(number, when, tuple(deviations))


def _event_notification(reader: Reader) -> EventNotification:
    deviations: list[str] = []
    when = _read_moment(reader, deviations) if reader.flag("presence of time") else None
    octets = reader.take(9, "attribute descriptor")
    attribute = CosemAttribute.read(Reader(octets + b"\x00", "attribute descriptor"))
    return EventNotification(when, attribute, read_data(reader), tuple(deviations))


def _generalized_time(octets: bytes) -> str:
    if not octets.isascii() or not octets[:14].isdigit() or len(octets) < 14:
        raise ProtocolError(f"current-time is {octets!r}, must begin with YYYYMMDDhhmmss")
    return octets.decode("ascii")


def _information_report(reader: Reader) -> InformationReport:
    when = _generalized_time(reader.counted("current-time")) if reader.flag("presence of current-time") else None
    names = []
    for _ in range(reader.length("count of names")):
        if reader.u8("variable-access-specification") != _VARIABLE_NAME:
            raise ProtocolError("InformationReport names something else than a variable")
        names.append(reader.u16("short name"))
    values = [read_data(reader) for _ in range(reader.length("count of values"))]
    if len(values) != len(names):
        raise ProtocolError(f"InformationReport has {len(names)} names and {len(values)} values")
    return InformationReport(when, tuple(zip(names, values, strict=True)))


_READERS: dict[int, tuple[str, Callable[[Reader], Notification]]] = {
    DATA_NOTIFICATION: ("DataNotification", _data_notification),
    DATA_NOTIFICATION_CONFIRM: ("DataNotificationConfirm", _confirm),
    EVENT_NOTIFICATION: ("EventNotification", _event_notification),
    INFORMATION_REPORT: ("InformationReport", _information_report),
}


def is_notification(octets: bytes) -> bool:
    """Whether an APDU is one that a meter sends unasked."""
    return octets[:1] != b"" and octets[0] in _READERS and octets[0] != DATA_NOTIFICATION_CONFIRM


def decode_notification(octets: bytes) -> Notification:
    """The notification that fills ``octets``."""
    if not octets or octets[0] not in _READERS:
        raise ProtocolError(f"APDU begins with {octets[:1].hex().upper() or 'nothing'}, which is no notification")
    name, read = _READERS[octets[0]]
    reader = Reader(octets, name)
    reader.u8("tag")
    try:
        found = read(reader)
        reader.end()
    except UsageError as error:
        raise ProtocolError(str(error)).of(octets) from None
    except ProtocolError as error:
        raise error.of(octets) from None
    return found
