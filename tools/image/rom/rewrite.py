"""Bytecode that takes what is known from its module's table of constants, and
makes and names no more than has to be.
"""

from __future__ import annotations

from typing import Any

from tools.image.link.program import ASKED, START_ONLY

from .code import Code, Instruction, encode, made
from .image import Image, Module, functions, texts
from .values import Class, Constant, Function, Named, Symbol, Value

_SMALL = 1 << 29  # of small integers, on any target
_NAMING = ("LOAD_NAME", "LOAD_GLOBAL", "STORE_GLOBAL", "DELETE_GLOBAL", "DELETE_NAME")


class Rewriter:
    """Rewrites all modules of an image.

    Afterwards a module that has constants in the flash has these attributes beside mpy-tool's:
    `values`, the functions, classes and other objects of its own to be constants; `loose`, code
    that is in no table of a function any more.
    """

    def __init__(self, tool: Any, image: Image) -> None:
        self.tool = tool
        self.image = image
        self._added: set[str] = set()
        for module in image.modules.values():
            module.compiled.values = []
            module.compiled.loose = []
            if module.own:
                self._collect(module)
        for module in image.modules.values():
            for code in module.codes.values():
                if code is not module.main:
                    self._function(module, code)
        # a module takes names from others, and so all have to be done before it shows
        # which names are still asked for
        kept = {module.name: self._stores(module) for module in image.modules.values()}
        for module in image.modules.values():
            self._main(module, kept[module.name])
        for module in image.modules.values():
            self._finish(module)

    # -- what is to be a constant ------------------------------------------------------------------

    def _collect(self, module: Module) -> None:
        """What the module's names are bound to; functions that other functions would make
        are added where these are rewritten.
        """
        assert module.body is not None
        for store in module.body.known.values():
            self._add(module, store.value)

    def _add(self, module: Module, value: Value) -> None:
        """Note a value of the module's own, and what it is made of."""
        if isinstance(value, Named) and value.module is module.compiled and value.c_name not in self._added:
            module.compiled.values.append(value)
            self._added.add(value.c_name)
            for each in value.parts:
                self._add(module, each)

    # -- functions ---------------------------------------------------------------------------------

    def _function(self, module: Module, code: Code) -> None:
        """Take names and functions from the table of constants, in a function or in the body
        of a class that is made at run time.
        """
        # in the body of a class, a name may be its own
        own = {one.arg for one in code.instructions if one.op in ("STORE_NAME", "DELETE_NAME")}
        imported = ""
        for one in code.instructions:
            value = None
            if one.op == "IMPORT_NAME":
                imported = one.arg
            elif one.op == "LOAD_GLOBAL" or one.op == "LOAD_NAME" and one.arg not in own:
                value = module.value(one.arg)
            elif one.op == "IMPORT_FROM":
                value = self.image.imported(imported, one.arg)
            elif one.op == "MAKE_FUNCTION" and module.own:
                value = self._inner(module, code.rc.children[one.arg])
            if value is not None:
                self._replace(module, one, value)

    def _inner(self, module: Module, rc: Any) -> Function:
        """A function without values of parameters, which another makes."""
        found = Function(module.compiled, rc)
        self._add(module, found)
        return found

    def _replace(self, module: Module, one: Instruction, value: Value) -> None:
        """Make an instruction push a value that is known."""
        new = self._load(module, value)
        one.op, one.arg, one.fmt, one.byte = new.op, new.arg, new.fmt, new.byte

    def _load(self, module: Module, value: Value) -> Instruction:
        """The instruction that pushes a value."""
        table = module.compiled.obj_table
        if isinstance(value, Constant):
            known = value.value
            if known is None or known is True or known is False:
                return made(self.tool, f"LOAD_CONST_{str(known).upper()}")
            if value.kind is str and self.tool.global_qstrs.find_by_str(known):
                # not of others: a text may be longer than names can be
                return made(self.tool, "LOAD_CONST_STRING", known)
            if value.kind is int and -_SMALL <= known < _SMALL:
                return made(self.tool, "LOAD_CONST_SMALL_INT", known)
            for i, each in enumerate(table):
                if type(each) is value.kind and each == known and repr(each) == repr(known):
                    return made(self.tool, "LOAD_CONST_OBJ", i)
            table.append(known)
        elif value in table:
            return made(self.tool, "LOAD_CONST_OBJ", table.index(value))
        else:
            table.append(value)
        return made(self.tool, "LOAD_CONST_OBJ", len(table) - 1)

    # -- bodies of modules -------------------------------------------------------------------------

    def _stores(self, module: Module) -> set[str]:
        """The names of a module that somebody still asks for."""
        assert module.body is not None
        listed = module.body.known.get(ASKED)
        if module.native and listed is None or self.image.public(module.name):
            return set(module.body.known)  # native code does not show what it asks for
        gone = {value.rc.escaped_name for value in module.compiled.values if isinstance(value, Class)}
        codes = [code for name, code in module.codes.items() if code is not module.main and name not in gone]
        asked = {one.arg for code in codes for one in code.instructions if one.op in _NAMING}
        asked.add(START_ONLY)  # of whatever module there is: in firmware/app.py
        if listed is not None:
            assert isinstance(listed.value, Constant)
            asked.update(listed.value.value.split())
        for other in (*self.image.modules.values(), *self.image.others):
            if other is not module:
                asked |= self._asked(other, module.name)
        return asked

    def _asked(self, other: Module, name: str) -> set[str]:
        """What another module may ask this one for: by `from … import`, or of it as an object."""
        asked: set[str] = set()
        for code in other.codes.values():
            imported = ""
            for one in code.instructions:
                if one.op == "IMPORT_NAME":
                    imported = one.arg
                elif one.op == "IMPORT_STAR" and imported == name:
                    return set(self.image.modules[name].bound)
                elif one.op == "IMPORT_FROM" and imported == name:
                    if code is not other.main or not other.body or one.arg not in other.body.known:
                        asked.add(one.arg)
        if other.has_object(name):
            for code in other.codes.values():
                asked |= {one.arg for one in code.instructions if one.op in ("LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR")}
                asked |= texts(code, other.compiled.obj_table)  # by which getattr may ask
        return asked

    def _main(self, module: Module, kept: set[str]) -> None:
        """The module's body without what makes known values, but for the names in `kept`."""
        assert module.body is not None
        code = module.main
        gone: set[int] = set()
        before: dict[int, Instruction] = {}
        for store in module.body.known.values():
            if not module.own and module.value(store.name) is None:
                continue
            gone.update(range(store.first, store.last))
            if store.name in kept:
                before[store.last] = self._load(module, store.value)
            else:
                gone.add(store.last)
        rest: list[Instruction] = []
        follows: dict[int, Instruction] = {}  # what comes in the place of an instruction that somebody may jump to
        for i, one in reversed(list(enumerate(code.instructions))):
            if i not in gone:
                rest[:0] = [before[i], one] if i in before else [one]
            follows[id(one)] = rest[0]
        for one in rest:
            one.target = follows[id(one.target)] if one.target else None
        code.instructions = rest
        self._function(module, Code(code.rc, rest))
        code.instructions = self._start(module) + rest

    def _start(self, module: Module) -> list[Instruction]:
        """What a module with functions in the flash does first: call the function
        in C that gives them its table.
        """
        if not module.own:
            return []
        load = self._load(module, Symbol(f"rom_start_{module.compiled.escaped_name}_obj"))
        return [load, made(self.tool, "CALL_FUNCTION", 0), made(self.tool, "POP_TOP")]

    # -- code --------------------------------------------------------------------------------------

    def _finish(self, module: Module) -> None:
        """New octets for all code; what no instruction makes a function of leaves its table."""
        compiled = module.compiled
        names = {each.str: i for i, each in enumerate(compiled.qstr_table)}
        constant = {value.rc.escaped_name for value in compiled.values if isinstance(value, Function)}
        unused = {value.rc.escaped_name for value in compiled.values if isinstance(value, Class)}
        for rc in list(functions(compiled.raw_code)):
            code = module.codes.get(rc.escaped_name)
            if code is None:
                continue
            makes = [one for one in code.instructions if one.op.startswith("MAKE_")]
            left = [] if rc.escaped_name in unused else list(dict.fromkeys(one.arg for one in makes))
            for one in makes if left else ():
                one.arg = left.index(one.arg)
            children = rc.children
            rc.children = [children[k] for k in left]
            compiled.loose += [
                each for k, each in enumerate(children) if k not in left and each.escaped_name in constant
            ]
            for one in code.instructions:
                if one.fmt == self.tool.MP_BC_FORMAT_QSTR and one.arg not in names:
                    names[one.arg] = len(compiled.qstr_table)
                    compiled.qstr_table.append(
                        self.tool.global_qstrs.find_by_str(one.arg) or self.tool.global_qstrs.add(one.arg)
                    )
            if rc.escaped_name not in unused:
                encode(self.tool, code, names)
