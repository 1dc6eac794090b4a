"""The CHOICE Data: every tag, count and content (REQUIREMENTS D.10)."""

from __future__ import annotations

from typing import Any

from ..cli.plain import octets_text, text
from ..dlmsclient import DlmsError, Tag, axdr
from ..dlmsclient.cosem import UNITS
from ..dlmsclient.data import CONSTRUCTED, FLOATS, INTEGERS, MOMENTS
from .parts import Cursor, Fault, Octets, octets_of

MAX_DEPTH = 32
_STRINGS = (Tag.OCTET_STRING, Tag.VISIBLE_STRING, Tag.UTF8_STRING)
_SHORT = 96  # characters of a value that stands for a whole Data
_DATE_TIME = 12


def data(c: Cursor, name: str = "Data", rule: str = "D-100") -> None:
    """One Data as a group. What a trace hides is the content of strings and
    numbers; tags and lengths stay.
    """
    with c.group(name, rule=rule, fold=True) as part:
        start = c.at
        _element(c, 0)
        part.value = _summary(c.octets.cut(start, c.at))


def _summary(octets: Octets) -> str:
    """The whole value in few words."""
    if octets.hidden:
        return "hidden"
    try:
        shown = text(axdr.decode(octets.data, MAX_DEPTH, len(octets)))
    except DlmsError:
        return ""
    return shown if len(shown) <= _SHORT else f"{shown[: _SHORT - 1]}…"


def _tag(c: Cursor) -> Tag:
    octet = c.peek()
    if octet is None:
        raise Fault("a Data is hidden where its tag stands" if c.left else "a Data is missing")
    try:
        return Tag(octet)
    except ValueError:
        raise Fault(f"{octet:02X} is no tag of Data") from None


def _element(c: Cursor, depth: int, unit: bool = False) -> None:
    """Tag and contents. ``unit``: an enum here is taken for the unit of a scaler_unit."""
    if depth > MAX_DEPTH:
        raise Fault(f"Data is nested deeper than {MAX_DEPTH}")
    tag = _tag(c)
    if tag in CONSTRUCTED:
        count = c.length(tag.text, lambda count: f"{count} element{'s' * (count != 1)}", "D-100", lead=1)
        if count:
            scaler_unit = count == 2 and c.peek() == Tag.INTEGER and c.peek(2) == Tag.ENUM
            with c.group("elements"):
                for _ in range(count):
                    _element(c, depth + 1, scaler_unit)
    elif tag is Tag.COMPACT_ARRAY:
        _compact_array(c, depth)
    elif tag is Tag.ENUM and unit and not c.secret:
        c.number(1, tag.text, lambda code: f"{code} ({UNITS.get(code) or 'no unit'})", "F-33", lead=1)
    else:
        contents(c, tag, 1)


def contents(c: Cursor, tag: Tag, lead: int = 0) -> None:
    """A simple value: ``lead`` octets of its tag, and its contents. A secret is a leaf of its own."""
    name = tag.text
    if tag in INTEGERS:
        size, _ = INTEGERS[tag]
        _value(c, tag, lead, size, "")
    elif tag in (Tag.NULL_DATA, Tag.DONT_CARE):
        if lead:
            c.take(lead, name)
    elif tag in FLOATS:
        _value(c, tag, lead, FLOATS[tag].size, "")
    elif tag in MOMENTS:
        _value(c, tag, lead, MOMENTS[tag][0], "D-101")
    elif tag is Tag.BOOLEAN:
        _value(c, tag, lead, 1, "")
    elif tag in _STRINGS or tag is Tag.BIT_STRING:
        head, length = c.measure(f"the length of {name}", lead)
        size = (length + 7) // 8 if tag is Tag.BIT_STRING else length
        unit = "bit" if tag is Tag.BIT_STRING else "octet"
        rule = "D-105" if tag is Tag.OCTET_STRING and length == _DATE_TIME else "D-100"
        _value(c, tag, head, size, rule, f"{name} of {length} {unit}{'s' * (length != 1)}")
    else:
        raise Fault(f"{name} cannot stand here")


def _value(c: Cursor, tag: Tag, head: int, size: int, rule: str, name: str = "") -> None:
    """``head`` octets of tag and length, ``size`` of contents: one leaf, or two
    where the contents are a secret.
    """
    name = name or tag.text
    if c.secret and head:
        c.secret = False
        c.take(head, name, "a secret" if size else "", rule)
        c.secret = True
        if size:
            c.take(size, "contents", lambda octets: _content_text(tag, octets))
        return
    if size > c.left - head:
        raise Fault(f"{name} is cut short: {octets_of(size)}, {max(c.left - head, 0)} of them here")
    content = c.octets.cut(c.at + head, c.at + head + size)
    c.take(head + size, name, "hidden" if content.hidden else _content_text(tag, content), rule)


def _content_text(tag: Tag, octets: Octets) -> str:
    """A simple value, by its type, for a reader."""
    if tag is Tag.OCTET_STRING:
        return octets_text(octets.data) if octets.data else ""
    if tag is Tag.BIT_STRING:
        return " ".join(f"{octet:08b}" for octet in octets.data)
    length = axdr.octet_string(octets.data).encode()[1:] if tag in _STRINGS else octets.data
    try:
        value = axdr.decode(bytes([tag]) + length)
    except DlmsError as error:
        return str(error)
    return text(value)


# compact-array (REQUIREMENTS D-103)

_Description = tuple[Tag, list[Any]]


def _compact_array(c: Cursor, depth: int) -> None:
    """Contents of a compact-array: type description, length, elements without tags (D-103)."""
    c.take(1, "compact-array", rule="D-103")
    with c.group("type description", rule="D-103"):
        description = _description(c, depth)
    length = c.length("contents", octets_of, "D-103")
    with c.within(length, "the compact-array"), c.group("elements"):
        number = 0
        while c.left:
            number += 1
            before = c.at
            with c.group(f"element {number}"):
                _packed(c, description, depth + 1)
            if c.at == before:
                raise Fault("elements of a compact-array without contents")


def _description(c: Cursor, depth: int) -> _Description:
    """The type description of a compact-array: its tag, and the members of a structure or count and
    member of an array.
    """
    if depth > MAX_DEPTH:
        raise Fault(f"a type description is nested deeper than {MAX_DEPTH}")
    tag = _tag(c)
    if tag is Tag.STRUCTURE:
        count = c.length("structure", lambda count: f"of {count}", "D-103", lead=1)
        return tag, [_description(c, depth + 1) for _ in range(count)]
    if tag is Tag.ARRAY:
        count = c.number(2, "array", lambda count: f"of {count}", "D-103", lead=1)
        return tag, [count, _description(c, depth + 1)]
    if tag is Tag.COMPACT_ARRAY:
        raise Fault("a compact-array cannot hold compact-arrays")
    c.take(1, tag.text, rule="D-103")
    return tag, []


def _packed(c: Cursor, description: _Description, depth: int) -> None:
    """A value without tags, by its type description."""
    if depth > MAX_DEPTH:
        raise Fault(f"Data is nested deeper than {MAX_DEPTH}")
    tag, members = description
    if tag is Tag.STRUCTURE:
        for member in members:
            _packed(c, member, depth + 1)
    elif tag is Tag.ARRAY:
        count, member = members
        for _ in range(count):
            before = c.at
            _packed(c, member, depth + 1)
            if c.at == before:
                raise Fault("elements of a compact-array without contents")
    else:
        contents(c, tag)
