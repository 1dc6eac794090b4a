"""What a test needs of a meter that is not ours, beside what its markers say: read from its
code, so that no test repeats itself.

The code of a test is that of the test, of its fixtures, and of the functions of the tests that they
call. It needs the clients and the second logical device that the code names, the services that
these words stand for, and every object of this meter whose logical name is in the code, as text or
as octets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from tools.launcher import ROOT

from .roster import ROSTER

_TESTS = str(ROOT / "host_tests")
_CLIENTS = {"PUBLIC": "public", "CLIENT_MANAGEMENT": "client-management", "READER": "reader", "MANAGER": "manager"}
# Words of the host client and of the tests -> the capability that they stand for.
_WORDS = {
    "OTHER_DEVICE": "second-device",
    "manager_wport": "manager",
    "by_range": "selective-access",
    "by_entry": "selective-access",
    "object_list_by_id": "selective-access",
    "object_list_by_class": "selective-access",
    "get_list": "multiple-references",
    "set_list": "multiple-references",
    "action_list": "multiple-references",
    "get_next": "block-transfer",
}
_FIXTURES = {
    "public": "public",
    "reader": "reader",
    "manager": "manager",
    "manager_wport": "manager",
    "short": "short-names",
}
_ROW = re.compile(r"^\| \d+ \| (\d+)-(\d+):(\d+)\.(\d+)\.(\d+)\*(\d+) \|")
_TEXT = re.compile(r"\d+\.\d+\.\d+\.\d+\.\d+\.\d+")


@cache
def own_objects() -> dict[bytes, str]:
    """The objects of this meter, by the table of docs/reference/objects.md: six octets of
    the logical name -> `1-0:1.8.0*255`.
    """
    rows = map(_ROW.match, (ROOT / "docs/reference/objects.md").read_text(encoding="utf-8").splitlines())
    names = [tuple(map(int, row.groups())) for row in rows if row]
    return {bytes(name): "{}-{}:{}.{}.{}*{}".format(*name) for name in names}


def of(item: pytest.Item) -> tuple[set[str], set[str]]:
    """(capabilities, logical names) that an item needs."""
    function = getattr(item, "function", None)
    if not isinstance(function, FunctionType):
        return set(), set()
    names = set(getattr(item, "fixturenames", ()))
    caps = {capability for fixture, capability in _FIXTURES.items() if fixture in names}
    objects: set[str] = set()
    seen: set[CodeType] = set()
    fixtures = getattr(item, "_fixtureinfo").name2fixturedefs  # noqa: B009 - pytest's own, by a name that it keeps for itself
    used = [definitions[-1].func for name, definitions in fixtures.items() if name in names]
    for each in [function, *used]:
        if isinstance(each, FunctionType):
            for word, value in _words(each, seen):
                caps |= _capabilities(word, value)
                objects |= _objects(value)
    return caps, objects


def _words(function: FunctionType, seen: set[CodeType]) -> Iterator[tuple[str, object]]:
    """(name, value) of the globals and (empty name, value) of the constants in a function and
    in the tests' functions that it names.
    """
    if function.__code__ in seen or not function.__code__.co_filename.startswith(_TESTS):
        return
    seen.add(function.__code__)
    codes = [function.__code__]
    for code in codes:
        codes += [each for each in code.co_consts if isinstance(each, CodeType)]
        yield from (("", value) for value in code.co_consts)
        for name in code.co_names:
            value = function.__globals__.get(name)
            yield name, value
            if isinstance(value, FunctionType) and Path(value.__code__.co_filename).parent.name != "harness":
                yield from _words(value, seen)


def _capabilities(word: str, value: object) -> set[str]:
    if word in _CLIENTS:
        short = {ROSTER.wport("short-reader"), ROSTER.wport("short-manager")}
        return {"short-names"} if value in short and value != ROSTER.wport(_CLIENTS[word]) else {_CLIENTS[word]}
    return {_WORDS[word]} if word in _WORDS else set()


def _objects(value: object) -> set[str]:
    """The objects of this meter that a value names: a text, octets, hexadecimal
    text, or a tuple or list with such.
    """
    own = own_objects()
    if isinstance(value, str):
        found = {bytes(int(part) & 0xFF for part in text.split(".")) for text in _TEXT.findall(value)}
        octets = value.replace(" ", "").upper()
        return {own[name] for name in found if name in own} | {
            text for name, text in own.items() if name.hex().upper() in octets
        }
    if isinstance(value, bytes):
        return {text for name, text in own.items() if name in value}
    if isinstance(value, (tuple, list)):
        return set().union(*map(_objects, value)) if value else set()
    instance = getattr(getattr(value, "instance", None), "octets", None)
    return {own[instance]} if instance in own else set()
