"""What running the body of a module, or of a class, would have made.

The code is followed in a straight line, with what is known of the operand stack from the top down.
An instruction that is not understood makes everything below unknown, which cannot make a value
wrong that is pushed after it: what a name is bound to was on top of the stack.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .code import Code, Instruction, dotted
from .values import Class, Constant, Dict, Function, Property, Symbol, Tuple, Value

_CONSTANTS = {"LOAD_CONST_NONE": None, "LOAD_CONST_FALSE": False, "LOAD_CONST_TRUE": True}


@dataclass(frozen=True)
class _OnStack(Value):
    """What is on the stack only while something is made of it."""

    name: str


_NULL = _OnStack("null")
_BUILD_CLASS = _OnStack("build class")


@dataclass
class Item:
    """A value on the stack, None when it is unknown, and the index of the
    instruction that began to compute it.
    """

    value: Value | None
    first: int


@dataclass
class Store:
    """A name bound to a value, by the instructions first..last."""

    name: str
    value: Value
    first: int
    last: int


@dataclass(frozen=True)
class Surroundings:
    """What a body is followed in.

    module: mpy-tool's object. code(rc): a function's code. imported(module, name): what a module
    hands on, None when that is not known. heap: names in C of classes that have to be made at run
    time all the same. filled: names by which somebody stores into what they mean.
    """

    module: Any
    code: Callable[[Any], Code]
    imported: Callable[[str, str], Value | None]
    heap: frozenset[str]
    filled: frozenset[str]


class Body:
    """A body followed from the first instruction to the last.

    lookup(name): what a name means that the body has not bound itself. once(name): whether a name
    is bound to one value for good, and by this body.

    `known`: what is bound so, name -> store. `understood`: whether all the names are
    in there and nothing else was done.
    """

    def __init__(
        self,
        around: Surroundings,
        code: Code,
        lookup: Callable[[str], Value | None],
        once: Callable[[str], bool] = lambda name: True,
    ) -> None:
        self.known: dict[str, Store] = {}
        self.understood = True
        self._around = around
        self._code = code
        self._lookup = lookup
        self._once = once
        self._stack: list[Item] = []
        maybe = _conditional(code.instructions)
        for i, one in enumerate(code.instructions):
            if i in maybe:
                self._stack.clear()
                self.understood = False
            else:
                self._step(i, one)

    def _step(self, i: int, one: Instruction) -> None:
        handler = getattr(self, "_" + one.op.lower(), None)
        if one.op in _CONSTANTS:
            self._push(Constant.of(_CONSTANTS[one.op]), i)
        elif handler is not None:
            handler(i, one)
        else:
            self._stack.clear()
            self.understood = False

    def _push(self, value: Value | None, first: int) -> None:
        self._stack.append(Item(value, first))

    def _take(self, count: int, i: int) -> list[Item]:
        return [self._stack.pop() if self._stack else Item(None, i) for _ in range(count)][::-1]

    def _place(self, i: int) -> str:
        return f"{self._code.rc.escaped_name}_{i}"

    # -- names -------------------------------------------------------------------------------------

    def value(self, name: str) -> Value | None:
        """What a name means from here on."""
        if name in self.known:
            return self.known[name].value
        return self._lookup(name)

    def _load_name(self, i: int, one: Instruction) -> None:
        self._push(self.value(one.arg), i)

    _load_global = _load_name

    def _store_name(self, i: int, one: Instruction) -> None:
        (item,) = self._take(1, i)
        changes = isinstance(item.value, Dict) and one.arg in self._around.filled
        if not changes and item.value is not None and not isinstance(item.value, _OnStack) and self._once(one.arg):
            self.known[one.arg] = Store(one.arg, item.value, item.first, i)
        else:
            self.known.pop(one.arg, None)
            self.understood = False

    def _delete_name(self, i: int, one: Instruction) -> None:
        self.known.pop(one.arg, None)

    def _import_name(self, i: int, one: Instruction) -> None:
        level, _ = self._take(2, i)
        self._push(_OnStack(one.arg), level.first)
        self.understood = False

    def _import_from(self, i: int, one: Instruction) -> None:
        module = self._stack[-1].value if self._stack else None
        self._push(self._around.imported(module.name, one.arg) if isinstance(module, _OnStack) else None, i)

    # -- values ------------------------------------------------------------------------------------

    def _load_const_small_int(self, i: int, one: Instruction) -> None:
        self._push(Constant.of(one.arg), i)

    _load_const_string = _load_const_small_int

    def _load_const_obj(self, i: int, one: Instruction) -> None:
        self._push(Constant.of(self._around.module.obj_table[one.arg]), i)

    def _load_null(self, i: int, one: Instruction) -> None:
        self._push(_NULL, i)

    def _load_build_class(self, i: int, one: Instruction) -> None:
        self._push(_BUILD_CLASS, i)

    def _pop_top(self, i: int, one: Instruction) -> None:
        self._take(1, i)

    _return_value = _pop_top

    def _build_tuple(self, i: int, one: Instruction) -> None:
        items = self._take(one.arg, i)
        values = [item.value for item in items]
        first = items[0].first if items else i
        if all(isinstance(value, Constant) for value in values):
            self._push(Constant.of(tuple(value.value for value in values)), first)
        elif any(value is None or isinstance(value, _OnStack) for value in values):
            self._push(None, first)
        else:
            self._push(Tuple(self._around.module, tuple(values), self._place(i)), first)

    def _build_map(self, i: int, one: Instruction) -> None:
        self._push(Dict(self._around.module, (), self._place(i)), i)

    def _store_map(self, i: int, one: Instruction) -> None:
        table, value, key = self._take(3, i)
        made = None
        if isinstance(table.value, Dict) and isinstance(key.value, Constant) and value.value is not None:
            there = [each.value for each in table.value.items[::2] if isinstance(each, Constant)]
            if key.value.value not in there:
                made = Dict(self._around.module, (*table.value.items, key.value, value.value), table.value.place)
        self._push(made, table.first)

    def _make_function(self, i: int, one: Instruction) -> None:
        self._push(Function(self._around.module, self._code.rc.children[one.arg]), i)

    def _make_function_defargs(self, i: int, one: Instruction) -> None:
        positional, named = self._take(2, i)
        values, defaults = positional.value, None
        if isinstance(values, Tuple):
            defaults = values.items
        elif isinstance(values, Constant):
            defaults = tuple(Constant.of(each) for each in values.value)
        if defaults is None or named.value is not _NULL:
            self._push(None, positional.first)
        else:
            self._push(Function(self._around.module, self._code.rc.children[one.arg], defaults), positional.first)

    def _call_function(self, i: int, one: Instruction) -> None:
        named, positional = divmod(one.arg, 0x100)
        arguments = [item.value for item in self._take(positional + 2 * named, i)]
        (called,) = self._take(1, i)
        made = None
        if not named and arguments and isinstance(arguments[0], Function):
            if called.value is _BUILD_CLASS:
                made = self._class(arguments[0].rc, *arguments[1:])
            elif isinstance(called.value, Symbol) and called.value.c_name == "mp_type_property" and len(arguments) == 1:
                made = Property(self._around.module, arguments[0])
        self._push(made, called.first)
        self.understood &= made is not None

    def _class(self, rc: Any, name: Value | None, *bases: Value | None) -> Class | None:
        """The class that a call of __build_class__ makes; None where it cannot be a constant."""
        if len(bases) > 1 or not all(
            isinstance(base, Class) or isinstance(base, Symbol) and base.base for base in bases
        ):
            return None
        assert isinstance(name, Constant)
        module = Constant.of(dotted(self._around.module))
        body = Body(
            self._around, self._around.code(rc), lambda text: module if text == "__name__" else self.value(text)
        )
        names = {store.name: store.value for store in body.known.values()}
        made = Class(self._around.module, rc, name.value, bases[0] if bases else None, names)
        return made if body.understood and "__new__" not in names and made.c_name not in self._around.heap else None


def _conditional(instructions: list[Instruction]) -> set[int]:
    """Indices of the instructions that a jump may leave out, or repeat."""
    places = {id(one): i for i, one in enumerate(instructions)}
    found: set[int] = set()
    for i, one in enumerate(instructions):
        if one.target:
            place = places[id(one.target)]
            found.update(range(min(i, place), max(i, place)))
    return found
