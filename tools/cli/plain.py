"""Values as text by their type and by what they look like; :mod:`words`
adds what their attribute says.
"""

from __future__ import annotations

from decimal import Decimal

from ..dlmsclient import Data, DateTime, Obis, ProtocolError, ScalerUnit, Tag, axdr
from ..dlmsclient.data import CONSTRUCTED

_SHORT = 72
_LONG_NUMBER = 24  # characters; a longer one is written with an exponent
_NUMBERS = frozenset(tag for tag in axdr.INTEGERS if tag is not Tag.ENUM)


def is_number(data: Data) -> bool:
    """Whether a scaler applies to the value."""
    if data.tag is Tag.BCD:
        return bcd_value(data.value) is not None
    return data.tag in _NUMBERS or data.tag in axdr.FLOATS


def bcd_value(octet: int) -> int | None:
    """The number that two binary coded digits stand for, ``42`` for the octet 42
    (hexadecimal); None where one of them is no digit.
    """
    high, low = octet >> 4, octet & 0x0F
    return 10 * high + low if high < 10 and low < 10 else None


def number_of(data: Data) -> int | float:
    """The number that a value stands for, see :func:`is_number`."""
    found = bcd_value(data.value) if data.tag is Tag.BCD else data.value
    assert found is not None
    return found


def decimal_text(value: Decimal) -> str:
    """A number in digits; with an exponent where they would be too many to read."""
    plain = f"{value:f}"
    return plain if len(plain) <= _LONG_NUMBER else f"{value.normalize():E}"


def scaled(data: Data, scaler_unit: ScalerUnit | None) -> str:
    """The value in its unit, without the unit's symbol."""
    if scaler_unit is None or not is_number(data):
        return text(data)
    return decimal_text(scaler_unit.scale(number_of(data)))


def text(data: Data) -> str:
    """A value for a reader: moments as date and time, printable octets
    as text, other octets as hex.
    """
    value = data.value
    if data.tag is Tag.OCTET_STRING:
        return octets_text(value)
    if data.tag in CONSTRUCTED or data.tag is Tag.COMPACT_ARRAY:
        inner = ", ".join(text(item) for item in axdr.elements(data))
        return f"[{inner}]" if data.tag is not Tag.STRUCTURE else f"{{{inner}}}"
    if data.tag in (Tag.NULL_DATA, Tag.DONT_CARE):
        return data.tag.text
    if data.tag is Tag.BOOLEAN:
        return "true" if value else "false"
    if data.tag is Tag.BCD:
        return f"{value:02X}"
    if data.tag in axdr.FLOATS:
        return decimal_text(Decimal(str(value)))
    return str(value)


def octets_text(octets: bytes) -> str:
    """Octets by what they look like: a date-time, a logical name, text, or hex."""
    moment = moment_of(octets)
    if moment is not None:
        return str(moment)
    if len(octets) == 6 and octets[5] == 0xFF and octets[0] < 16:
        return str(Obis(octets))
    if octets and all(0x20 <= octet < 0x7F for octet in octets):
        return octets.decode("ascii")
    return octets.hex().upper() or '""'


def moment_of(octets: bytes) -> DateTime | None:
    """A date-time if 12 octets make a plausible one."""
    if len(octets) != 12:
        return None
    try:
        moment = DateTime.decode(octets)
    except ProtocolError:
        return None
    date, time = moment.date, moment.time
    known = {"month": (*range(1, 13), 0xFD, 0xFE, 0xFF), "day": (*range(1, 32), 0xFD, 0xFE, 0xFF)}
    if date.month not in known["month"] or date.day not in known["day"]:
        return None
    if not (time.hour < 24 or time.hour == 0xFF) or not (time.minute < 60 or time.minute == 0xFF):
        return None
    return moment


def shorten(cell: str, limit: int = _SHORT) -> str:
    """A long value cut for a table; JSON and CSV have it whole."""
    return cell if len(cell) <= limit else f"{cell[: limit - 1]}…"
