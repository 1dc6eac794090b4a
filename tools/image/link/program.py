"""The modules of the firmware, what the names in them are bound to, and
which modules are linked into one.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .features import Fold, modules
from .scopes import bound, declared_global

# boot.py uses these before the meter runs, so that there must be only one of each.
SHARED = ("boot", "main", "limits", "limits_default", "board", "board.watchdog")
ENTRY = "app"
ROOTS = (ENTRY, "board.hardware")  # what every board runs
RESIDENT = "image"
ASKED = "_ASKED"  # what the module of native code lists there, its functions ask it for
START_ONLY = "_START_ONLY"  # what a module defines that is let go once the meter serves
LEFT_OUT = "LEFT_OUT"  # where the program has the features that it was linked without
NAMES = "*"  # as a name of a resident module: an object with what it defines, where it is used as a value
_NATIVE_FUNCTIONS = ("ptr8", "ptr16", "ptr32", "uint")


def shared(folder: Path | str) -> tuple[str, ...]:
    """The files below a folder with the firmware of what is not linked: an image
    needs them beside the linked module.
    """
    names = [name.replace(".", "/") for name in SHARED]
    files = [path for name in names for path in (f"{name}.py", f"{name}/__init__.py")]
    return tuple(path for path in files if (Path(folder) / path).is_file())


class LinkError(Exception):
    """What cannot be linked, in one line."""


@dataclass(frozen=True)
class Defined:
    """A name that a module of the firmware defines."""

    module: str
    name: str


@dataclass(frozen=True)
class Linked:
    """A module of the firmware."""

    module: str


@dataclass(frozen=True)
class Foreign:
    """A module that is not linked, or a name in it."""

    module: str
    name: str | None = None


Binding = Defined | Linked | Foreign


@dataclass
class Module:
    """A module: its code, what its own names are bound to, its constants, the
    linked modules that running it imports.
    """

    name: str
    tree: ast.Module
    bindings: dict[str, Binding] = field(default_factory=dict)
    constants: dict[str, ast.Constant] = field(default_factory=dict)
    needs: list[str] = field(default_factory=list)


class Program:
    """All modules below a folder.

    `resident`: the modules that are linked into one, in the order in which they are
    run. `lazy`: those that stay modules.

    limits: the board's limits that decide about features (see `features`); without them
    everything is linked that any board may have.
    """

    def __init__(self, folder: Path, limits: Mapping[str, int] | None = None) -> None:
        limits = limits or {}
        self.modules: dict[str, Module] = {}
        for path in sorted(folder.rglob("*.py")):
            name = ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
            if name not in SHARED:
                tree = Fold(limits).visit(ast.parse(path.read_text(encoding="utf-8"), str(path)))
                tree.body = [each for statement in tree.body for each in _native(statement)]
                self.modules[name] = Module(name, tree)
        self._tell(limits)
        for module in self.modules.values():
            self._bind(module)
        while sum(self._find_constants(module) for module in self.modules.values()):
            pass  # a constant may be made of others
        self.resident: list[str] = []
        reachable = self._reachable([*ROOTS, *modules(limits)])
        start = [
            module for module in self.modules.values() if START_ONLY in module.bindings and module.name in reachable
        ]
        for name in (*ROOTS, *modules(limits), *(need for module in start for need in module.needs)):
            if START_ONLY not in self.modules[name].bindings:
                self._run(name, self.resident)
        self.lazy = [name for name in self.modules if name not in self.resident and name in reachable]
        self.final = self._final_names()

    def _tell(self, limits: Mapping[str, int]) -> None:
        """Let the program know which features it was linked without."""
        without = tuple(name for name in limits if not limits[name])
        for statement in self.modules[ENTRY].tree.body:
            if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == LEFT_OUT:
                statement.value = ast.parse(repr(without), mode="eval").body

    def _reachable(self, names: list[str]) -> set[str]:
        """The modules that these import, at once or later, and those that they import in turn."""
        found: set[str] = set()
        while names:
            module = self.modules[names.pop()]
            if module.name not in found:
                found.add(module.name)
                names += module.needs
                for node in ast.walk(module.tree):
                    if isinstance(node, (ast.Import, ast.ImportFrom)):
                        names += [
                            binding.module for _, binding in self.imports(node) if not isinstance(binding, Foreign)
                        ]
                        names += (
                            [node.module] if isinstance(node, ast.ImportFrom) and node.module in self.modules else []
                        )
        return found

    # -- what names are bound to ------------------------------------------------------------------

    def _bind(self, module: Module) -> None:
        for name in bound(module.tree.body):
            module.bindings[name] = Defined(module.name, name)
        for statement in module.tree.body:
            for name, binding in self.imports(statement):
                module.bindings[name] = binding
                self._note_need(module, binding, statement)

    def _note_need(self, module: Module, binding: Binding, statement: ast.stmt) -> None:
        if isinstance(binding, Foreign):
            return
        if (
            isinstance(statement, ast.ImportFrom)
            and statement.module in self.modules
            and statement.module not in module.needs
        ):
            module.needs.append(statement.module)
        if binding.module not in module.needs:
            module.needs.append(binding.module)

    def imports(self, statement: ast.stmt) -> list[tuple[str, Binding]]:
        """The names that an import statement binds, and to what; none for another statement."""
        found: list[tuple[str, Binding]] = []
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                linked = alias.name in self.modules
                if linked and "." in alias.name and alias.asname is None:
                    raise LinkError(f"import {alias.name}: write from … import …")
                name = alias.asname or alias.name.partition(".")[0]
                found.append((name, Linked(alias.name) if linked else Foreign(alias.name)))
        elif isinstance(statement, ast.ImportFrom):
            if statement.level or statement.module is None:
                raise LinkError("relative imports are not linked")
            for alias in statement.names:
                whole = f"{statement.module}.{alias.name}"
                if whole in self.modules:
                    binding: Binding = Linked(whole)
                elif statement.module in self.modules:
                    binding = Defined(statement.module, alias.name)
                else:
                    binding = Foreign(statement.module, alias.name)
                found.append((alias.asname or alias.name, binding))
        return found

    def resolve(self, binding: Binding) -> Binding:
        """Follow a name to where it is defined: a module may hand on what it imported itself."""
        while isinstance(binding, Defined):
            further = self.modules[binding.module].bindings.get(binding.name)
            if further is None:
                raise LinkError(f"{binding.module} has no {binding.name}")
            if further == binding:
                break
            binding = further
        return binding

    # -- constants ---------------------------------------------------------------------------------

    def _find_constants(self, module: Module) -> int:
        """Note the constants of a module; returns how many were found that were not known yet."""
        before = len(module.constants)
        changed = declared_global(module.tree)
        for statement in module.tree.body:
            for name, expression in _assigned(statement):
                value = self._constant(expression, module)
                if value is not None and name not in changed and not name.startswith("__") and name != START_ONLY:
                    module.constants[name] = value
        return len(module.constants) - before

    def _constant(self, value: ast.expr, module: Module) -> ast.Constant | None:
        """The constant that an expression is: a number, or anything inside `const(…)`."""
        if (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id == "const"
            and len(value.args) == 1
        ):
            (inner,) = value.args
            if isinstance(inner, ast.Constant):
                return inner
            value = inner
        try:
            code = compile(ast.fix_missing_locations(ast.Expression(value)), "", "eval")
            known = {name: found.value for name in module.bindings if (found := self._known(module, name)) is not None}
            result = eval(code, {"__builtins__": {}}, known)
        except Exception:
            return None
        return ast.Constant(result) if type(result) is int else None

    def _known(self, module: Module, name: str) -> ast.Constant | None:
        binding = module.bindings[name]
        try:
            return self.constant(self.resolve(binding))
        except LinkError:
            return None  # of a package's own kind, or not there: whoever uses it gets an error

    def constant(self, binding: Binding) -> ast.Constant | None:
        """The constant that a resolved name stands for, None when it is none."""
        if isinstance(binding, Defined):
            return self.modules[binding.module].constants.get(binding.name)
        return None

    # -- order and names ---------------------------------------------------------------------------

    def _run(self, name: str, order: list[str], above: tuple[str, ...] = ()) -> None:
        """Append a module after those that it needs."""
        if name in above:
            raise LinkError("a circle of imports: " + " ".join((*above, name)))
        if name not in order:
            for need in self.modules[name].needs:
                if need != name:
                    self._run(need, order, (*above, name))
            order.append(name)

    def _final_names(self) -> dict[Defined, str]:
        """A name for everything that the resident modules define, which
        means nothing else anywhere.
        """
        taken = set(dir(builtins)) | set(_NATIVE_FUNCTIONS)
        for module in self.modules.values():
            for node in ast.walk(module.tree):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    taken |= bound(node.body) | {
                        argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)
                    }
            taken |= {name for name, binding in module.bindings.items() if isinstance(binding, Foreign)}
        defined = [Defined(name, own) for name in self.resident for own in sorted(bound(self.modules[name].tree.body))]
        count: dict[str, int] = {}
        for each in defined:
            count[each.name] = count.get(each.name, 0) + 1
        final = {}
        for each in defined:
            if each.module == ENTRY:
                final[each] = each.name
            elif each.name in taken or count[each.name] > 1:
                final[each] = (
                    f"{'_' if each.name.startswith('_') else ''}{each.module.replace('.', '_')}_{each.name.lstrip('_')}"
                )
            else:
                final[each] = each.name
        for name in self.resident:
            final[Defined(name, NAMES)] = f"module_{name.replace('.', '_')}"
        return final

    def file(self, name: str) -> str:
        """The name of the linked module that a module's code is in."""
        return RESIDENT if name in self.resident else f"{RESIDENT}_{name.replace('.', '_')}"


def _native(statement: ast.stmt) -> list[ast.stmt]:
    """A statement of a module; of a `try` that asks for native code
    first, that: every board has it.
    """
    if isinstance(statement, ast.Try) and isinstance(statement.body[0], ast.ImportFrom):
        return statement.body
    return [statement]


def _assigned(statement: ast.stmt) -> list[tuple[str, ast.expr]]:
    """The names that `a = 1` or `a, b = 1, 2` gives values to, and the values."""
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return []
    target, value = statement.targets[0], statement.value
    pairs = [(target, value)]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        pairs = list(zip(target.elts, value.elts, strict=True))
    names = [(name.id, expression) for name, expression in pairs if isinstance(name, ast.Name)]
    return names if len(names) == len(pairs) else []
