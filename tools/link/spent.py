"""What only the start of the meter needs: functions and names of the linked program that nothing asks for once it serves.

The whole program is looked at by names, and not by values. A function stays while one that stays mentions its name; a class's
`__init__`, while one that stays mentions the class. A method may be meant wherever something of its name is called; where it is
only read it may be a mere attribute, and is one if something is stored under that name, unless it is `self`'s and its class has such a
method. A function that the start hands on without calling it stays, because it will be called under another name. Names
put together at run time are the one thing that this cannot see; the firmware has none.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Where serving begins: function -> what it mentions for the start alone
_SERVING = {
    "main": {"App", "configured", ".start"},
    "App.listen": {".start"},
    "App.announce": {".ready_text"},
    "App.supervise": set(),
}
# What code that stays mentions, and calls no more once the meter serves.
_ONCE = {".listen"}


@dataclass(frozen=True)
class Unit:
    """A function, or a method of the class `cls`."""

    cls: str | None
    name: str
    node: ast.FunctionDef | ast.AsyncFunctionDef

    @property
    def path(self) -> str:
        return f"{self.cls}.{self.name}" if self.cls else self.name


@dataclass(frozen=True)
class Class:
    """A class: its bases, whether one of them is none of ours, whose code may call any method, and the names of its methods."""

    name: str
    bases: tuple[str, ...]
    foreign: bool
    methods: frozenset[str]


class Spent:
    """resident: the module that stays. staying: others that may be loaded while the meter serves. leaving: those that are let go then.

    `methods`: (class, method), and `names`: names of the resident module, which nothing asks for once the meter serves.
    """

    def __init__(self, resident: ast.Module, staying: Iterable[ast.Module], leaving: Iterable[ast.Module]) -> None:
        staying, leaving = list(staying), list(leaving)
        self.classes: dict[str, Class] = {}
        for module in (resident, *staying, *leaving):
            self.classes.update((cls.name, cls) for cls in _classes(module))
        self.stored = {name for module in (resident, *staying, *leaving) for name in _stored(module)}
        self.units = list(_units(resident))
        self.live: set[str] = set()  # what is mentioned by code that stays: `name`, `.attribute`
        self.done: set[str] = set()  # paths of the functions that stay
        for module in staying:
            self._add(module, True)
        self._add(resident, False)
        for module in leaving:
            before = set(self.live)
            self._add(module, False)
            # the classes that it hands on are those that objects are made of at the start
            self.live -= _names(resident, ast.ClassDef) - before
        for path, start in _SERVING.items():
            for unit in self.units:
                if unit.path == path:
                    self.done.add(path)
                    self.live |= self.mentions(unit.node, unit.cls) - start
        self._grow()
        self.methods = [(unit.cls, unit.name) for unit in self.units if unit.cls and unit.path not in self.done]
        self.names = sorted(name for name in _defined(resident) if name not in self.live and not name.startswith("__") and name != "main")

    # -- what code mentions --------------------------------------------------------------------------

    def _add(self, module: ast.Module, called: bool) -> None:
        """Note what a module mentions; called: also what it only calls."""
        for node in module.body:
            if isinstance(node, ast.ClassDef):
                for each in node.body:
                    self.live |= self.mentions(each, node.name, called)
            elif not isinstance(node, (ast.Import, ast.ImportFrom)) and not _repeated(node):
                self.live |= self.mentions(node, None, called)

    def mentions(self, node: ast.AST, cls: str | None, called: bool = True) -> set[str]:
        """What a piece of code, of a class, may mean: `name` for a global one, `.name` for a method."""
        found = set()
        for each, call in _walk(node):
            if isinstance(each, ast.Name):
                if called or not call:
                    found.add(each.id)
            elif isinstance(each, ast.Attribute):
                if (called or not call) and self._method(each, cls, call):
                    found.add("." + each.attr)
            elif isinstance(each, ast.Constant) and isinstance(each.value, str) and called:
                found.add("." + each.value)  # of `getattr`
        return found

    def _method(self, node: ast.Attribute, cls: str | None, call: bool) -> bool:
        if isinstance(node.value, ast.Name) and node.value.id == "self" and cls:
            return any(node.attr in self.classes[each].methods for each in self._family(cls) if each in self.classes)
        return call or node.attr not in self.stored

    # -- what stays ----------------------------------------------------------------------------------

    def _grow(self) -> None:
        growing = True
        while growing:
            growing = False
            for unit in self.units:
                if unit.path not in self.done and self._stays(unit):
                    self.done.add(unit.path)
                    self.live |= self.mentions(unit.node, unit.cls) - _ONCE
                    growing = True

    def _stays(self, unit: Unit) -> bool:
        if unit.cls is None:
            return unit.name in self.live
        if unit.name == "__init__":
            return bool(self._made_of(unit.cls) & self.live)
        special = unit.name.startswith("__") or bool(unit.node.decorator_list)  # a property is read like a mere attribute
        return special or "." + unit.name in self.live or self._foreign(unit.cls)

    def _made_of(self, name: str) -> set[str]:
        """A class and those made of it."""
        family = {name}
        while new := {cls.name for cls in self.classes.values() if family & set(cls.bases)} - family:
            family |= new
        return family

    def _family(self, name: str) -> set[str]:
        """The same, and those that it is made of."""
        family = self._made_of(name)
        waiting = [name]
        while waiting:
            cls = self.classes.get(waiting.pop())
            if cls:
                family.add(cls.name)
                waiting += cls.bases
        return family

    def _foreign(self, name: str) -> bool:
        cls = self.classes[name]
        return cls.foreign or any(self._foreign(base) for base in cls.bases if base in self.classes)


def _repeated(node: ast.stmt) -> bool:
    """Whether a statement is `len = len`, by which the module has a name of the language among its own."""
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == ast.unparse(node.value)


def _walk(node: ast.AST, call: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Each node, and whether it is only called there, or is the class whose `__init__` is."""
    yield node, call
    for child in ast.iter_child_nodes(node):
        of_class = call and isinstance(node, ast.Attribute) and node.attr == "__init__"
        yield from _walk(child, of_class or isinstance(node, ast.Call) and child is node.func)


def _units(tree: ast.Module) -> Iterator[Unit]:
    for node in tree.body:
        if isinstance(node, _FUNCTIONS):
            yield Unit(None, node.name, node)
        elif isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, _FUNCTIONS):
                    yield Unit(node.name, each.name, each)


def _classes(tree: ast.Module) -> Iterator[Class]:
    # `import`ed classes of linked modules are told from foreign ones by the module
    linked = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("image")
        for alias in node.names
    }
    known = set(linked)
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            bases = tuple(base.id if isinstance(base, ast.Name) else "" for base in node.bases)
            methods = frozenset(each.name for each in node.body if isinstance(each, _FUNCTIONS))
            yield Class(node.name, bases, any(base not in known for base in bases), methods)
            known.add(node.name)


def _stored(tree: ast.Module) -> Iterator[str]:
    """Names under which something is stored in objects or classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
        elif isinstance(node, ast.ClassDef):
            for each in node.body:
                if isinstance(each, ast.Assign):
                    yield from (target.id for target in each.targets if isinstance(target, ast.Name))


def _names(tree: ast.Module, *kinds: type[ast.stmt]) -> set[str]:
    return {node.name for node in tree.body if isinstance(node, kinds) and hasattr(node, "name")}


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name for alias in node.names)
