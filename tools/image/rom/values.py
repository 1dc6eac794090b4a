"""What is known of a name when an image is built, and the constant in C that it becomes.

Constants are compared by value, all others by their name in C: what is known of a module is
computed anew until nothing changes, and an earlier function of that name is the same function.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar

# What the language's names are in MicroPython's C. Those that a port may leave out are not here.
_FUNCTIONS = """
    abs all any bin callable chr dir divmod getattr hasattr hash hex id isinstance issubclass iter len max min
    next oct ord pow print repr round setattr sorted sum
"""
_TYPES = """
    bool bytearray bytes dict enumerate filter float int list map memoryview object property range reversed
    set slice str super tuple type zip ArithmeticError AssertionError AttributeError BaseException EOFError
    Exception GeneratorExit ImportError IndentationError IndexError KeyError KeyboardInterrupt LookupError
    MemoryError NameError NotImplementedError OSError OverflowError RuntimeError StopIteration SyntaxError
    SystemExit TypeError ValueError ZeroDivisionError
"""


class Value:
    """Something known. `module`: the one that has it as a constant, None when any may.
    `parts`: what it is made of in turn.
    """

    @property
    def parts(self) -> tuple[Value, ...]:
        return ()


@dataclass(frozen=True)
class Constant(Value):
    """None, a truth value, a number, text or octets, or a tuple of such."""

    module: ClassVar[None] = None
    value: Any
    kind: type  # because True == 1

    @classmethod
    def of(cls, value: Any) -> Constant:
        return cls(value, type(value))


@dataclass(frozen=True)
class Symbol(Value):
    """An object of MicroPython's own. base: whether a class can be made of it
    whose objects are like any others.
    """

    module: ClassVar[None] = None
    c_name: str
    base: bool = False


class Named(Value):
    """A constant of a module, by its name in C."""

    c_name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Named) and self.c_name == other.c_name

    def __hash__(self) -> int:
        return hash(self.c_name)


@dataclass(eq=False)
class Function(Named):
    """A function: mpy-tool's object for its code, the module, the values
    of parameters that have one.
    """

    module: Any
    rc: Any
    defaults: tuple[Value, ...] = ()

    @property
    def c_name(self) -> str:
        return f"rom_fun_{self.rc.escaped_name}"

    @property
    def parts(self) -> tuple[Value, ...]:
        return self.defaults


@dataclass(eq=False)
class Property(Named):
    """`property(function)`."""

    module: Any
    getter: Function

    @property
    def c_name(self) -> str:
        return f"rom_property_{self.getter.rc.escaped_name}"

    @property
    def parts(self) -> tuple[Value, ...]:
        return (self.getter,)


@dataclass(eq=False)
class Container(Named):
    """What holds others, the module that makes it, and where: it has no name of its own."""

    module: Any
    items: tuple[Value, ...]
    place: str

    @property
    def c_name(self) -> str:
        return f"rom_{type(self).__name__.lower()}_{self.place}"

    @property
    def parts(self) -> tuple[Value, ...]:
        return self.items


class Tuple(Container):
    """A tuple of what is known, not all of it constants."""


class Dict(Container):
    """A dictionary that a body makes, and nobody changes: key, value, key, value, …"""


@dataclass(eq=False)
class Class(Named):
    """A class: its code, what it is made of, its names."""

    module: Any
    rc: Any
    name: str
    base: Value | None
    names: dict[str, Value] = field(default_factory=dict)
    subclassed: bool = False

    @property
    def c_name(self) -> str:
        return f"rom_type_{self.rc.escaped_name}"

    @property
    def parts(self) -> tuple[Value, ...]:
        return tuple(self.names.values())

    @property
    def accessors(self) -> bool:
        """Whether a store into an object may be more than that, as MicroPython's py/objtype.c asks."""
        own = any(isinstance(value, Property) for value in self.names.values()) or not {
            "__setattr__",
            "__delattr__",
        }.isdisjoint(self.names)
        return own or isinstance(self.base, Class) and self.base.accessors


def builtin(name: str) -> Symbol | None:
    """The language's own `name`."""
    return _BUILTINS.get(name)


_BUILTINS = {
    **{name: Symbol(f"mp_builtin_{name}_obj") for name in _FUNCTIONS.split()},
    **{name: Symbol(f"mp_type_{name}", base=name == "object" or name[0].isupper()) for name in _TYPES.split()},
}
