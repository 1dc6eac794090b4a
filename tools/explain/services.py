"""GET, SET and ACTION, and what they share with the other services (REQUIREMENTS D.1 to D.4, D.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..dlmsclient import Obis
from ..dlmsclient.codes import ActionResult, DataAccessResult, ExceptionService, ExceptionState, TextCode
from ..dlmsclient.cosem import ClassId, attribute_name, class_name, method_name, obis_name
from ..dlmsclient.xdlms import (
    ACTION_REQUEST,
    ACTION_RESPONSE,
    CONFIRMED,
    GET_REQUEST,
    GET_RESPONSE,
    HIGH_PRIORITY,
    INVOKE_ID_MASK,
    SET_REQUEST,
    SET_RESPONSE,
)
from .acse import code_text
from .data import data
from .parts import Cursor, Fault, Octets, octets_of

LLS_SECRET, CHANGE_SECRET = 7, 2  # attribute and method of the Association LN that carry a secret
_SELECTORS = {
    ClassId.PROFILE_GENERIC: ("", "by range", "by entry"),
    ClassId.ASSOCIATION_LN: ("", "everything", "by class", "by a list of objects", "one object"),
}
_SELECTOR_RULES = {ClassId.PROFILE_GENERIC: ("D-110", "D-110", "D-111"), ClassId.ASSOCIATION_LN: ("D-113",)}


@dataclass(frozen=True)
class Target:
    """What a request is about: class, object, attribute or method."""

    class_id: int
    instance: bytes
    index: int
    method: bool = False

    @property
    def is_secret(self) -> bool:
        """Whether the value or parameter holds a secret: LLS_secret, alone or among all
        attributes, and change_HLS_secret.
        """
        wanted = (CHANGE_SECRET,) if self.method else (LLS_SECRET, 0)
        return self.class_id == ClassId.ASSOCIATION_LN and self.index in wanted

    @property
    def text(self) -> str:
        """``1-0:1.8.0*255 (active energy +), attribute 2 (value), class 3 (Register)``."""
        what = obis_name(Obis(self.instance))
        kind, names = ("method", method_name) if self.method else ("attribute", attribute_name)
        name = names(self.class_id, self.index)
        index = f"{kind} {self.index}" + (f" ({name})" if name != f"{kind} {self.index}" else "")
        return f"{Obis(self.instance)}{f' ({what})' if what else ''}, {index}, {class_text(self.class_id)}"


@dataclass(frozen=True)
class Block:
    """A block of a long value: octets ``start`` up to ``end`` of the APDU.
    ``first`` names what the blocks begin.
    """

    number: int
    last: bool
    start: int
    end: int
    first: bool = False


@dataclass
class Notes:
    """What the explanation of an APDU leaves for those that come after it in the same conversation."""

    name: str = ""
    invoke_id: int | None = None
    targets: list[Target] = field(default_factory=list)
    listed: bool = False
    block: Block | None = None
    stream: bool = False  # the block is one of a general block transfer
    asked: tuple[Target, ...] = ()  # set before: what the request of this answer was about

    def secret(self, index: int = 0) -> bool:
        """Whether the request of this answer was about a secret there."""
        return index < len(self.asked) and self.asked[index].is_secret

    def value_name(self, index: int = 0) -> str:
        """``Data``, and of what when that is known."""
        return f"Data of {self.asked[index].text}" if index < len(self.asked) else "Data"


Explain = Callable[[Cursor, Notes], None]


def class_text(class_id: int) -> str:
    """``class 3 (Register)``."""
    name = class_name(class_id)
    return f"class {class_id}" + (f" ({name})" if name != f"class {class_id}" else "")


# Parts that several services have


def invoke_id(c: Cursor, notes: Notes) -> None:
    """invoke-id-and-priority (REQUIREMENTS D-02)."""
    octet = c.number(1, "invoke-id-and-priority", _invoke_id_text, "D-02")
    notes.invoke_id = octet & INVOKE_ID_MASK


def _invoke_id_text(octet: int) -> str:
    service = "confirmed" if octet & CONFIRMED else "unconfirmed"
    reserved = ", reserved bits set" if octet & 0x30 else ""
    return (
        f"invoke-id {octet & INVOKE_ID_MASK}, {service}, {'high' if octet & HIGH_PRIORITY else 'normal'} "
        f"priority{reserved}"
    )


def descriptor(c: Cursor, method: bool = False) -> Target:
    """class-id, instance-id, attribute-id or method-id (REQUIREMENTS D-04)."""
    kind = "method" if method else "attribute"
    with c.group(f"{kind} descriptor", rule="D-04", fold=True) as part:
        class_id = c.number(2, "class-id", lambda number: f"{number} ({class_name(number)})", "D-04")
        instance = c.take(6, "instance-id", _instance_text, "D-04")
        if instance.hidden:
            raise Fault("instance-id is hidden")
        name = method_name if method else attribute_name
        index = c.number(1, f"{kind}-id", lambda number: f"{number} ({name(class_id, number)})", "D-04", signed=True)
        target = Target(class_id, instance.data, index, method)
        part.value = target.text
    return target


def _instance_text(octets: Octets) -> str:
    name = obis_name(Obis(octets.data))
    return f"{Obis(octets.data)}" + (f", {name}" if name else "")


def attribute(c: Cursor) -> Target:
    """A descriptor and the access-selection after it."""
    target = descriptor(c)
    if c.flag("access-selection", "none", "selective access", "D-05"):
        selector(c, target)
    return target


def selector(c: Cursor, target: Target) -> None:
    """Selector octet and its parameters (REQUIREMENTS D-05, D-110 to D-113)."""
    names = _SELECTORS.get(target.class_id, ())  # type: ignore[call-overload]
    number = c.number(1, "access-selector", lambda n: f"{n}, {names[n]}" if 0 < n < len(names) else str(n), "D-05")
    rules = _SELECTOR_RULES.get(target.class_id, ("D-05",))  # type: ignore[call-overload]
    data(c, "access-parameters", rules[min(number, len(rules) - 1)])


def count(c: Cursor, what: str, rule: str) -> int:
    """The number of items in a list."""
    return c.length(f"number of {what}", rule=rule)


def result(c: Cursor, kind: type[TextCode] = DataAccessResult, rule: str = "D-11") -> int:
    """A result code of one octet."""
    name = "action-result" if kind is ActionResult else "data-access-result"
    return c.number(1, name, lambda code: code_text(kind, code), rule)


def data_or_result(c: Cursor, name: str, rule: str, secret: bool = False) -> None:
    """``00`` Data, or ``01`` data-access-result."""
    if c.flag("choice", name, "data-access-result", rule):
        result(c)
    else:
        with c.hiding(secret):
            data(c)


def raw(
    c: Cursor, notes: Notes, number: int, last: bool, name: str = "raw-data", first: bool = False, rule: str = "D-14"
) -> None:
    """Length and octets of a block. Which of them are a secret is known when the blocks are joined."""
    length = c.length(f"length of {name}", octets_of, "D-100")
    start = c.at
    taken = min(length, c.left)
    with c.within(length, name):
        if taken:
            c.take(taken, name, f"octets of block {number}", rule)
        notes.block = Block(number, last, start, c.at, first)


def datablock(c: Cursor, notes: Notes, first: bool = False, rule: str = "D-22") -> None:
    """last-block, block-number u32, raw-data."""
    last = c.flag("last-block", "no, more follow", "yes", rule)
    number = c.number(4, "block-number", rule=rule)
    raw(c, notes, number, last, first=first, rule=rule)


def listed_data(c: Cursor, targets: list[Target], what: str = "values", rule: str = "D-13") -> None:
    """``n`` Data, each with the target of the same place."""
    for index in range(count(c, what, rule)):
        target = targets[index] if index < len(targets) else None
        with c.hiding(target is not None and target.is_secret):
            data(c, f"Data {index + 1}")


def results(c: Cursor, notes: Notes) -> None:
    """``n`` results, each ``00`` Data or ``01`` data-access-result: a list,
    and the joined blocks of one.
    """
    for index in range(count(c, "results", "D-13")):
        with c.group(f"result {index + 1}"):
            data_or_result(c, notes.value_name(index), "D-13", notes.secret(index))


def outcomes(c: Cursor, notes: Notes) -> None:
    """``n`` outcomes of methods."""
    for index in range(count(c, "outcomes", "D-34")):
        with c.group(f"outcome {index + 1}"):
            outcome(c, notes)


def outcome(c: Cursor, notes: Notes) -> None:
    """action-result, and return parameters or none (REQUIREMENTS D-33)."""
    result(c, ActionResult, "D-31")
    if c.flag("return parameters", "none", "follow", "D-33"):
        data_or_result(c, "return parameters", "D-33")


# GET


def get_normal(c: Cursor, notes: Notes) -> None:
    notes.targets.append(attribute(c))


def block_number(rule: str, text: str) -> Explain:
    """An APDU whose body is a block-number u32."""

    def explain(c: Cursor, notes: Notes) -> None:
        c.number(4, "block-number", lambda number: f"{number} {text}", rule)

    return explain


def attribute_list(c: Cursor, notes: Notes) -> None:
    """``n`` attributes with their selections."""
    notes.listed = True
    for index in range(count(c, "attributes", "D-13")):
        with c.group(f"attribute {index + 1}"):
            notes.targets.append(attribute(c))


def get_response_normal(c: Cursor, notes: Notes) -> None:
    data_or_result(c, notes.value_name(), "D-10", notes.secret())


def get_response_block(c: Cursor, notes: Notes) -> None:
    """last-block, number, ``00`` raw-data or ``01`` result; the short form without
    number is known too (REQUIREMENTS D-15).
    """
    if c.left == 2 and c.peek() == 1:
        c.take(1, "choice", "data-access-result, in the short form without a block-number", "D-15")
        result(c, rule="D-15")
        return
    last = c.flag("last-block", "no, more follow", "yes", "D-14")
    number = c.number(4, "block-number", rule="D-14")
    if c.flag("choice", "raw-data", "data-access-result", "D-14"):
        result(c, rule="D-15")
    else:
        raw(c, notes, number, last)


# SET


def set_normal(c: Cursor, notes: Notes) -> None:
    target = attribute(c)
    notes.targets.append(target)
    with c.hiding(target.is_secret):
        data(c, "Data")


def set_first(c: Cursor, notes: Notes) -> None:
    notes.targets.append(attribute(c))
    datablock(c, notes, True)


def set_list(c: Cursor, notes: Notes) -> None:
    attribute_list(c, notes)
    listed_data(c, notes.targets, rule="D-23")


def set_list_first(c: Cursor, notes: Notes) -> None:
    attribute_list(c, notes)
    datablock(c, notes, True)


def set_response(c: Cursor, notes: Notes) -> None:
    result(c, rule="D-21")


def set_results(c: Cursor, notes: Notes) -> None:
    for _ in range(count(c, "results", "D-23")):
        result(c, rule="D-21")


def set_last(c: Cursor, notes: Notes) -> None:
    result(c, rule="D-22")
    c.number(4, "block-number", lambda number: f"{number}, the last one", "D-22")


def set_list_last(c: Cursor, notes: Notes) -> None:
    set_results(c, notes)
    c.number(4, "block-number", lambda number: f"{number}, the last one", "D-22")


# ACTION


def _parameter(c: Cursor, target: Target) -> None:
    if c.flag("method-invocation-parameters", "none", "follow", "D-30"):
        with c.hiding(target.is_secret):
            data(c, "parameters")


def action_normal(c: Cursor, notes: Notes) -> None:
    notes.targets.append(descriptor(c, method=True))
    _parameter(c, notes.targets[-1])


def method_list(c: Cursor, notes: Notes) -> None:
    """``n`` methods."""
    notes.listed = True
    for index in range(count(c, "methods", "D-34")):
        with c.group(f"method {index + 1}"):
            notes.targets.append(descriptor(c, method=True))


def action_list(c: Cursor, notes: Notes) -> None:
    method_list(c, notes)
    listed_data(c, notes.targets, "parameters", "D-34")


def action_first(c: Cursor, notes: Notes) -> None:
    notes.targets.append(descriptor(c, method=True))
    datablock(c, notes, True, "D-32")


def action_list_first(c: Cursor, notes: Notes) -> None:
    method_list(c, notes)
    datablock(c, notes, True, "D-32")


def pblock(c: Cursor, notes: Notes) -> None:
    datablock(c, notes, rule="D-32")


# (tag, choice) -> (name of the choice, what explains the body); the tags have names of their own
SERVICES: dict[int, tuple[str, str, dict[int, tuple[str, Explain]]]] = {
    GET_REQUEST: ("GET-request", "D-10", {
        1: ("normal", get_normal),
        2: ("next", block_number("D-14", "was received")),
        3: ("with-list", attribute_list),
    }),
    GET_RESPONSE: ("GET-response", "D-10", {
        1: ("normal", get_response_normal),
        2: ("with-datablock", get_response_block),
        3: ("with-list", results),
    }),
    SET_REQUEST: ("SET-request", "D-20", {
        1: ("normal", set_normal),
        2: ("with-first-datablock", set_first),
        3: ("with-datablock", datablock),
        4: ("with-list", set_list),
        5: ("with-list-and-first-datablock", set_list_first),
    }),
    SET_RESPONSE: ("SET-response", "D-20", {
        1: ("normal", set_response),
        2: ("datablock", block_number("D-22", "was received, the next may come")),
        3: ("last-datablock", set_last),
        4: ("last-datablock-with-list", set_list_last),
        5: ("with-list", set_results),
    }),
    ACTION_REQUEST: ("ACTION-request", "D-30", {
        1: ("normal", action_normal),
        2: ("next-pblock", block_number("D-32", "was received")),
        3: ("with-list", action_list),
        4: ("with-first-pblock", action_first),
        5: ("with-list-and-first-pblock", action_list_first),
        6: ("with-pblock", pblock),
    }),
    ACTION_RESPONSE: ("ACTION-response", "D-30", {
        1: ("normal", outcome),
        2: ("with-pblock", pblock),
        3: ("with-list", outcomes),
        4: ("next-pblock", block_number("D-32", "was received, the next may come")),
    }),
}  # fmt: skip


def service(c: Cursor, notes: Notes) -> None:
    """GET, SET or ACTION: tag and choice, invoke-id-and-priority, body."""
    name, rule, choices = SERVICES[c.peek() or 0]
    choice = c.peek(1)
    if choice not in choices:
        c.take(1, name, rule=rule)
        raise Fault(f"{name} has {'no choice' if choice is None else f'the unknown choice {choice:02X}'}")
    kind, body = choices[choice]
    notes.name = f"{name}-{kind}"
    c.take(2, notes.name, rule=rule)
    invoke_id(c, notes)
    body(c, notes)


def exception_response(c: Cursor, notes: Notes) -> None:
    """``D8`` state service, and the expected invocation counter (REQUIREMENTS D-70)."""
    notes.name = "ExceptionResponse"
    c.take(1, notes.name, rule="D-70")
    c.number(1, "state-error", lambda code: code_text(ExceptionState, code), "D-70")
    error = c.number(1, "service-error", lambda code: code_text(ExceptionService, code), "D-70")
    if error == ExceptionService.INVOCATION_COUNTER_ERROR:
        c.number(4, "expected invocation counter", rule="D-98")
