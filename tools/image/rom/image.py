"""All modules of an image: what each of them hands on as constants, and which
classes have to stay in the heap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from tools.image.link.program import START_ONLY

from .bodies import Body, Surroundings
from .code import Code, Instruction, decode, dotted
from .filled import filled
from .values import Class, Constant, Value, builtin


class Module:
    """A module that is to be put into the flash.

    `own`: whether its functions and classes are; of one that is let go only its uses of other
    modules' are looked at. `body`: what running it would have made; `codes`: the code of its
    functions in bytecode, its body's first.
    """

    def __init__(self, tool: Any, compiled: Any) -> None:
        self.compiled = compiled
        self.name = dotted(compiled)
        self.codes = {
            rc.escaped_name: decode(tool, rc)
            for rc in functions(compiled.raw_code)
            if rc.code_kind == tool.MP_CODE_BYTECODE
        }
        self.native = any(rc.code_kind != tool.MP_CODE_BYTECODE for rc in functions(compiled.raw_code))
        main = self.main.instructions
        self.own = not any(one.op == "STORE_NAME" and one.arg == START_ONLY for one in main)
        bound = Counter(one.arg for one in main if one.op in ("STORE_NAME", "DELETE_NAME"))
        bound.update(
            one.arg
            for code in self.codes.values()
            for one in code.instructions
            if one.op in ("STORE_GLOBAL", "DELETE_GLOBAL")
        )
        self.bound = bound
        self.opaque = any(one.op == "IMPORT_STAR" for one in main)
        self.body: Body | None = None

    @property
    def imports(self) -> set[str]:
        """The modules that it imports anywhere."""
        return {one.arg for code in self.codes.values() for one in code.instructions if one.op == "IMPORT_NAME"}

    @property
    def taken(self) -> set[str]:
        """The names that it imports from any module anywhere, and its own."""
        return {
            one.arg
            for code in self.codes.values()
            for one in code.instructions
            if one.op in ("IMPORT_FROM", "STORE_NAME")
        }

    @property
    def main(self) -> Code:
        return self.codes[self.compiled.raw_code.escaped_name]

    def has_object(self, name: str) -> bool:
        """Whether it may have another module as an object: by `import name`,
        `from package import name`, or of the package.
        """
        package, _, last = name.rpartition(".")
        for code in self.codes.values():
            for one, following in pairwise(code.instructions):
                if (
                    one.op == "IMPORT_NAME"
                    and following.op != "IMPORT_FROM"
                    and (one.arg == name or name.startswith(one.arg + "."))
                ):
                    return True
                if one.op == "IMPORT_FROM" and package and one.arg == last:
                    return True
        return False

    def stored(self) -> Iterator[str]:
        """The attributes that it may give to objects of others."""
        for code in self.codes.values():
            yield from (one.arg for one in code.instructions if one.op == "STORE_ATTR")
            if any(one.op == "LOAD_GLOBAL" and one.arg in ("setattr", "delattr") for one in code.instructions):
                yield from texts(code, self.compiled.obj_table)

    def filled(self) -> Iterator[str]:
        """The names, here and where they come from, of what somebody stores into with a
        subscript or by a method of dictionaries.
        """
        for code in self.codes.values():
            for name in filled(code.instructions):
                yield name
                yield self.original(name)

    def original(self, name: str) -> str:
        """What a name is called where it is imported from."""
        for code in self.codes.values():
            for one, following in pairwise(code.instructions):
                if one.op == "IMPORT_FROM" and following.op in ("STORE_NAME", "STORE_GLOBAL") and following.arg == name:
                    return str(one.arg)
        return name

    def follow(
        self, imported: Callable[[str, str], Value | None], heap: frozenset[str], filled: frozenset[str]
    ) -> None:
        around = Surroundings(self.compiled, lambda rc: self.codes[rc.escaped_name], imported, heap, filled)
        self.body = Body(around, self.main, self._builtin, lambda name: self.bound[name] == 1 and not self.opaque)

    def _builtin(self, name: str) -> Value | None:
        return None if self.bound[name] or self.opaque else builtin(name)

    def value(self, name: str) -> Value | None:
        """What a global name means, None when that is known only at run time."""
        assert self.body is not None
        found = self.body.value(name)
        return found if self.own or _from_elsewhere(found, self.compiled) else None


class Image:
    """The modules among `compiled` that `wanted(name)` chooses, and those
    of the others that ask for them.

    public(name): whether anybody may ask a module for its names, also
    somebody who is not in the image.
    """

    def __init__(
        self, tool: Any, compiled: list[Any], wanted: Callable[[str], bool], public: Callable[[str], bool]
    ) -> None:
        self.tool = tool
        self.public = public
        self.modules = {dotted(each): Module(tool, each) for each in compiled if wanted(dotted(each))}
        others = [Module(tool, each) for each in compiled if not wanted(dotted(each))]
        # the same firmware is there as it is, too, and has classes of the same names
        packages = {name.rpartition(".")[0] for name in self.modules}
        self.others = [module for module in others if module.imports & (self.modules.keys() | packages)]
        everybody = (*self.modules.values(), *self.others)
        for module in self.modules.values():
            for other in everybody:
                if other is not module and other.has_object(module.name):
                    module.bound.update(set(other.stored()))
        self._filled = frozenset(name for module in everybody for name in module.filled())
        heap: frozenset[str] = frozenset()
        while True:
            self._follow(heap)
            more = frozenset(self._changed()) | frozenset(self._bases())
            if more <= heap:
                break
            heap |= more
        bases = {each.base for each in self.classes()}
        for each in self.classes():
            each.subclassed = each in bases

    def _follow(self, heap: frozenset[str]) -> None:
        before = -1
        while before != (before := sum(len(module.body.known) for module in self.modules.values() if module.body)):
            # a module may take names from one that comes later
            for module in self.modules.values():
                module.follow(self.imported, heap, self._filled)

    def imported(self, module: str, name: str) -> Value | None:
        """What `from module import name` takes."""
        one = self.modules.get(module)
        if one is None or one.body is None or name not in one.body.known:
            return None
        return one.value(name)

    def classes(self) -> list[Class]:
        """All classes that are constants."""
        found = []
        for module in self.modules.values():
            if module.own and module.body:
                found += [store.value for store in module.body.known.values() if store.value.module is module.compiled]
        return list({value.c_name: value for value in found if isinstance(value, Class)}.values())

    def _changed(self) -> Iterator[str]:
        """Classes that somebody stores into: `C.name = …`, `C.name += …`, `del C.name`."""
        for module in self.modules.values():
            for code in module.codes.values():
                for one, following in pairwise(code.instructions):
                    if one.op in ("LOAD_GLOBAL", "LOAD_NAME") and following.op in (
                        "STORE_ATTR",
                        "DUP_TOP",
                        "LOAD_NULL",
                    ):
                        value = module.value(one.arg)
                        if isinstance(value, Class):
                            yield value.c_name

    def _bases(self) -> Iterator[str]:
        """Classes of which others are made at run time, which writes into them."""
        constant = {each.rc.escaped_name for each in self.classes()}
        by_name: dict[str, list[Class]] = {}
        for each in self.classes():
            by_name.setdefault(each.name, []).append(each)
        for module in (*self.modules.values(), *self.others):
            for code in module.codes.values():
                for child, bases in _classes_made(code):
                    if child.escaped_name not in constant:
                        for name in {module.original(base) for base in bases} if None not in bases else module.taken:
                            yield from (each.c_name for each in by_name.get(name, ()))


def functions(rc: Any) -> Iterator[Any]:
    """A function and those in it."""
    yield rc
    for child in rc.children:
        yield from functions(child)


def texts(code: Code, table: list[Any]) -> set[str]:
    """The texts that a function mentions, but for what it imports. table: its module's constants."""
    found: dict[int, set[str]] = {}
    for i, (one, following) in enumerate(pairwise(code.instructions)):
        if one.op == "LOAD_CONST_STRING":
            found[i] = {one.arg}
        elif one.op == "LOAD_CONST_OBJ" and following.op != "IMPORT_NAME":
            found[i] = set(_texts_in(table[one.arg]))
        elif one.op == "BUILD_TUPLE" and following.op == "IMPORT_NAME":
            for k in range(i - one.arg, i):
                found.pop(k, None)
    return set().union(*found.values())


def _texts_in(value: Any) -> Iterator[str]:
    """The texts in a constant: those that are too long for a name, or stand in a
    tuple, are no names in the code.
    """
    if isinstance(value, str):
        yield value
    elif isinstance(value, Constant):
        yield from _texts_in(value.value)
    elif isinstance(value, (tuple, Value)):
        for each in value.parts if isinstance(value, Value) else value:
            yield from _texts_in(each)


def _classes_made(code: Code) -> Iterator[tuple[Any, list[str | None]]]:
    """The body of each class that a function makes, and the last part of the names of
    its bases, None for a local name.
    """
    ahead: list[Instruction] = code.instructions
    for i, one in enumerate(ahead):
        if one.op == "LOAD_BUILD_CLASS":
            make = next(k for k in range(i, len(ahead)) if ahead[k].op.startswith("MAKE_"))
            call = next(k for k in range(make, len(ahead)) if ahead[k].op == "CALL_FUNCTION")
            bases = [each.arg for each in ahead[make:call] if each.op in ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_ATTR")]
            local = any(each.op.startswith(("LOAD_FAST", "LOAD_DEREF")) for each in ahead[make:call])
            yield code.rc.children[ahead[make].arg], [*bases, None] if local else bases


def _from_elsewhere(value: Value | None, compiled: Any) -> bool:
    """Whether something is a constant without the module that it has a name in."""
    return value is not None and value.module is not compiled
