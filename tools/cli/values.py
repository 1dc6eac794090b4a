"""Typed values as text: the syntax of the command line, and the JSON form of what was read.

On the command line a value is ``TYPE:CONTENT``, for example ``double-long-unsigned:5`` or
``octet-string:0A0B``. Arrays and structures take a JSON list: ``structure:["integer:0", "enum:30",
{"array": ["unsigned:1"]}]``. The JSON that ``get --format json`` prints, ``{"type": "unsigned",
"value": 5}``, is understood as well.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from ..dlmsclient import Data, Date, DateTime, Obis, Tag, Time, UsageError, axdr
from ..dlmsclient.data import CONSTRUCTED, FLOATS, INTEGERS
from ..dlmsclient.octets import parse_hex
from .plain import bcd_value

SYNTAX = """\
values are TYPE:CONTENT
  integer long double-long long64, unsigned long-unsigned double-long-unsigned
  long64-unsigned, enum         a number: long:-60, enum:0x1E
  bcd                           two digits: bcd:42
  boolean                       boolean:true, boolean:false
  null-data                     null-data
  float32 float64               float32:1.5
  octet-string                  hex: octet-string:0A0B0C, or a text in quotes: octet-string:"hello"
  visible-string utf8-string    text: visible-string:hello or visible-string:"hello"
  bit-string                    bit-string:0101
  date-time date time           date-time:2026-05-01T12:00:00+02:00, date:2026-05-01, time:12:00:00
  array structure               a JSON list of values: structure:["integer:0", "enum:30", {"array": ["unsigned:1"]}]
  and three short forms of octet-string:
  clock                         12 octets of a date-time: clock:2026-05-01T12:00:00Z
  logical-name                  6 octets: logical-name:1-0:1.8.0*255
  text                          the octets of a text: text:hello
the JSON of `get --format json`, {"type": "unsigned", "value": 5}, is a value too\
"""

_TYPES = {tag.text: tag for tag in Tag if tag is not Tag.COMPACT_ARRAY}
_QUOTED = (Tag.OCTET_STRING.text, Tag.VISIBLE_STRING.text, Tag.UTF8_STRING.text)
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def parse_value(text: str) -> Data:
    """A Data from the syntax above; UsageError says what is wrong."""
    trimmed = text.strip()
    if trimmed.startswith("{"):
        return from_json(_load(trimmed))
    name, _, content = trimmed.partition(":")
    if content.startswith('"') and name.strip().lower() in _QUOTED:
        return _quoted(name.strip().lower(), content)
    return _typed(name, content)


def _quoted(key: str, content: str) -> Data:
    """A string from a text in quotes, in which a backslash escapes as in JSON."""
    try:
        text = json.loads(content)
        # A quote inside that nobody escaped ends the text before its end.
        if not isinstance(text, str):
            raise ValueError
    except ValueError:
        raise UsageError(f'{content} is no text in quotes: write "…", and \\" for a quote in it') from None
    return axdr.octet_string(text.encode()) if key == Tag.OCTET_STRING.text else _checked(Data(_TYPES[key], text))


def from_json(item: Any) -> Data:
    """A Data from JSON: "TYPE:CONTENT", {"TYPE": content} or {"type": TYPE, "value": content}."""
    if isinstance(item, str):
        return parse_value(item)
    if isinstance(item, dict) and set(item) <= {"type", "value"} and isinstance(item.get("type"), str):
        return _typed(item["type"], item.get("value"))
    if isinstance(item, dict) and len(item) == 1:
        ((name, content),) = item.items()
        return _typed(name, content)
    raise UsageError(f'{json.dumps(item)} is no value: write "unsigned:5" or {{"unsigned": 5}}')


def to_json(data: Data) -> dict[str, Any]:
    """{"type": TYPE, "value": content}; octets as hex, dates and times as text."""
    if data.tag in CONSTRUCTED or data.tag is Tag.COMPACT_ARRAY:
        return {"type": data.tag.text, "value": [to_json(item) for item in axdr.elements(data)]}
    value = data.value
    if data.tag is Tag.BCD:
        number = bcd_value(value)
        value = f"{value:02X}" if number is None else number
    elif isinstance(value, bytes):
        value = value.hex().upper()
    elif isinstance(value, DateTime | Date | Time):
        value = value.encode().hex().upper()
    return {"type": data.tag.text, "value": value}


def parse_moment(text: str) -> DateTime:
    """A date-time in ISO form; without an offset its deviation stays unspecified."""
    try:
        # Python 3.10 does not read the Z of UTC.
        return DateTime.from_datetime(datetime.fromisoformat(text.strip().replace("Z", "+00:00")))
    except ValueError:
        raise UsageError(
            f"{text!r} is no date-time: write 2026-05-01, 2026-05-01T12:00 or 2026-05-01T12:00:00+02:00"
        ) from None


def _load(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise UsageError(f"{text!r} is not JSON: {error}") from None


def _typed(name: str, content: Any) -> Data:
    """The Data of a type name and its content, a text or parsed JSON; UsageError says what is
    wrong.
    """
    key = name.strip().lower()
    if key in _SHORT_FORMS:
        return axdr.octet_string(_SHORT_FORMS[key](_text(key, content)))
    if key not in _TYPES:
        raise UsageError(
            f"{name!r} is no type of a value: write TYPE:CONTENT, for example unsigned:5 (--help lists the types)"
        )
    tag = _TYPES[key]
    if tag in (Tag.NULL_DATA, Tag.DONT_CARE):
        if content not in (None, ""):
            raise UsageError(f"{key} has no content")
        return Data(tag)
    if tag in CONSTRUCTED:
        items = _load(content) if isinstance(content, str) else content
        if not isinstance(items, list):
            raise UsageError(f'{key} takes a JSON list: {key}:["unsigned:1", "unsigned:2"]')
        return Data(tag, tuple(from_json(item) for item in items))
    if tag is Tag.BOOLEAN:
        return axdr.boolean(_boolean(content))
    if tag is Tag.BCD:
        return axdr.bcd(_digits(content))
    if tag in INTEGERS:
        return _checked(Data(tag, _number(key, content)))
    if tag in FLOATS:
        return _checked(Data(tag, _float(key, content)))
    return _checked(_from_text(tag, _text(key, content)))


def _checked(data: Data) -> Data:
    data.encode()
    return data


def _text(key: str, content: Any) -> str:
    if not isinstance(content, str):
        raise UsageError(f"{key} takes a text, not {json.dumps(content)}")
    return content


def _boolean(content: Any) -> bool:
    if isinstance(content, bool):
        return content
    truth = _TRUTHS.get(str(content).lower())
    if truth is None:
        raise UsageError(f"boolean takes true or false, not {content!r}")
    return truth


def _number(key: str, content: Any) -> int:
    try:
        if isinstance(content, int) and not isinstance(content, bool):
            return content
        return int(_text(key, content), 0)
    except ValueError:
        raise UsageError(f"{key} takes a whole number, not {content!r}") from None


def _digits(content: Any) -> int:
    """The octet of two binary coded digits; A to F are taken as well, so that
    what a meter sent can be given back.
    """
    written = str(content)
    if not 1 <= len(written) <= 2 or set(written.upper()) - set("0123456789ABCDEF"):
        raise UsageError(f"bcd takes two digits, not {content!r}")
    return int(written, 16)


def _float(key: str, content: Any) -> float:
    try:
        return float(content)
    except (TypeError, ValueError):
        raise UsageError(f"{key} takes a number, not {content!r}") from None


def _octets_or_iso(tag: Tag, text: str) -> Any:
    """Octets in hex, as :func:`to_json` writes them, or the ISO form."""
    decode = {Tag.DATE_TIME: DateTime.decode, Tag.DATE: Date.decode, Tag.TIME: Time.decode}[tag]
    size = {Tag.DATE_TIME: 12, Tag.DATE: 5, Tag.TIME: 4}[tag]
    if len(text) == 2 * size and not set(text) & set("T-:+Z"):
        return decode(parse_hex(text))
    if tag is Tag.DATE_TIME:
        return parse_moment(text)
    moment = parse_moment(text if tag is Tag.DATE else f"2000-01-01T{text}")
    return moment.date if tag is Tag.DATE else moment.time


def _from_text(tag: Tag, text: str) -> Data:
    if tag is Tag.OCTET_STRING:
        return axdr.octet_string(parse_hex(text))
    if tag is Tag.BIT_STRING:
        return axdr.bit_string(text)
    if tag in (Tag.DATE_TIME, Tag.DATE, Tag.TIME):
        return Data(tag, _octets_or_iso(tag, text))
    return Data(tag, text)


_SHORT_FORMS: dict[str, Callable[[str], bytes]] = {
    "clock": lambda text: parse_moment(text).encode(),
    "logical-name": lambda text: Obis.parse(text).octets,
    "text": lambda text: text.encode(),
}
