"""The linked modules as text."""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from pathlib import Path

from .features import table
from .program import ASKED, ENTRY, NAMES, RESIDENT, Defined, Foreign, LinkError, Module, Program
from .rewrite import Rewriter, imported, listed
from .scopes import bound, parameters

NATIVE = f"{RESIDENT}_native"  # native code, and what it uses
# Native code for ARMv6-M reaches the first 287 names of its module: MicroPython's assembler
# (1.25) adds the wrong register beyond.
_REACH = 287
_HEADING = '"""Linked by tools/image/link: not to be edited."""\n'
# Two places in the table of every class that nobody asks for
_UNNAMED = "del __module__, __qualname__"


@dataclass(frozen=True)
class Piece:
    """A statement: the names that it defines, what it uses of resident modules,
    and of modules that are not linked.
    """

    statement: ast.stmt
    defines: frozenset[str]
    uses: frozenset[str]
    foreign: tuple[tuple[str, Foreign], ...]


def linked(source: Path | str, target: Path | str, board: Path | str | None = None) -> str:
    """Link the firmware in the folder `source`; the modules are in the folder
    `target` then, which is returned.

    board: the board's table of limits, which decides about features (see `features`);
    None for whatever any board may have.

    A file that is there already and would not change is left alone, so that builds do nothing anew.
    """
    target = Path(target)
    limits = table(Path(board), Path(source) / "limits_default.py") if board else {}
    files = link(Program(Path(source), limits))
    target.mkdir(parents=True, exist_ok=True)
    for path in target.glob("*.py"):
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        path = target / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            # at once, because another build may read it
            new = path.with_suffix(f".{os.getpid()}")
            new.write_text(text, encoding="utf-8")
            new.replace(path)
    return str(target)


def link(program: Program) -> dict[str, str]:
    """File name -> text."""
    resident = [piece for name in program.resident for piece in _pieces(program, program.modules[name])]
    asked = {
        node.attr
        for module in program.modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Attribute)
    }
    resident += [_names(program, name, asked) for name in program.resident]
    lazy = {name: _pieces(program, program.modules[name]) for name in program.lazy}
    entry = {final for each, final in program.final.items() if each.module == ENTRY and each.name != NAMES}
    always = _needed(resident, entry | _used(lazy))
    native = _needed(
        always, {name for piece in always if _is_native(piece.statement) for name in piece.defines}, alone=True
    )
    always = [piece for piece in always if piece not in native]
    parts = {NATIVE: native, RESIDENT: always}
    homes = {name: home for home, pieces in parts.items() for piece in pieces for name in piece.defines}
    texts = {program.file(name): _text(pieces, homes, program.file(name)) for name, pieces in lazy.items()}
    texts[NATIVE] = _text(native, homes, NATIVE) + _asked(native)
    if len(_mentioned(texts[NATIVE])) > _REACH:
        raise LinkError(f"native code uses more than {_REACH} names: ARMv6-M cannot reach them all")
    files = {RESIDENT: _text(always, homes, RESIDENT)}
    waiting = [RESIDENT]
    while waiting:
        new = _imported(files[waiting.pop()]) & texts.keys() - files.keys()
        files.update({name: texts[name] for name in new})
        waiting += new
    return {f"{name}.py": text for name, text in files.items()}


def _pieces(program: Program, module: Module) -> list[Piece]:
    """A module's statements, rewritten. Those of a module that stays one keep its imports
    of others that do, and its own names.
    """
    pieces = []
    resident = module.name in program.resident
    for statement in module.tree.body:
        if _is_constant(module, statement) or resident and isinstance(statement, (ast.Import, ast.ImportFrom)):
            continue
        rewriter = Rewriter(program, module)
        defines = {program.final.get(Defined(module.name, name), name) for name in bound([statement])}
        for new in listed(rewriter.visit(statement)):
            uses = {program.final[each] for each in rewriter.used if each in program.final}
            pieces.append(Piece(new, frozenset(defines), frozenset(uses), tuple(rewriter.foreign.items())))
    return pieces


def _names(program: Program, name: str, asked: set[str]) -> Piece:
    """The object that stands for a resident module where it is used as a value.

    It is a class with what anyone asks a value for: the names in `asked`.
    """
    own = program.modules[name]
    final = {
        each.name: program.final[each]
        for each in program.final
        if each.module == name and each.name in asked and each.name not in own.constants
    }
    body = [f"    {each} = {final[each]}" for each in sorted(final)] or ["    pass"]
    named = program.final[Defined(name, NAMES)]
    return Piece(
        ast.parse(f"class {named}:\n" + "\n".join(body)).body[0], frozenset({named}), frozenset(final.values()), ()
    )


def _used(modules: dict[str, list[Piece]]) -> set[str]:
    """What some modules use of the resident ones."""
    return {use for pieces in modules.values() for piece in pieces for use in piece.uses}


def _needed(pieces: list[Piece], wanted: set[str], *, alone: bool = False) -> list[Piece]:
    """The pieces that define what is wanted, those these use in turn, and unless `alone` those
    that define nothing but do something.
    """
    kept = {piece for piece in pieces if not piece.defines and not alone}
    wanted = wanted.union(*(piece.uses for piece in kept))
    growing = True
    while growing:
        new = {piece for piece in pieces if piece not in kept and piece.defines & wanted}
        wanted = wanted.union(*(piece.uses for piece in new))
        kept |= new
        growing = bool(new)
    return [piece for piece in pieces if piece in kept]


def _is_native(statement: ast.stmt) -> bool:
    """Whether a statement defines a function in native code: the decorators of
    that have no names of their own.
    """
    if not isinstance(statement, ast.FunctionDef):
        return False
    return any(
        isinstance(each, ast.Attribute) and each.attr in ("native", "viper") for each in statement.decorator_list
    )


def _asked(native: list[Piece]) -> str:
    """A line with the names that native functions ask their module for, which their code does not
    show (`tools/image/rom`).
    """
    own = {name for piece in native for name in (*piece.defines, *piece.uses, *dict(piece.foreign))}
    asked = {
        node.id
        for piece in native
        if isinstance(piece.statement, ast.FunctionDef)
        for statement in piece.statement.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and node.id in own
    }
    return f"{ASKED} = {' '.join(sorted(asked))!r}\n"


def _mentioned(text: str) -> set[str]:
    """Every name that compiling a module makes an entry of its table of. What a native function
    assigns to has none, nor has a parameter of a viper function.
    """
    names: set[str] = set()
    waiting: list[tuple[ast.AST, set[str]]] = [(ast.parse(text), set())]
    while waiting:
        node, own = waiting.pop()
        if isinstance(node, ast.FunctionDef):
            words = {each.attr for each in node.decorator_list if isinstance(each, ast.Attribute)}
            if words & {"native", "viper"}:
                names.add(node.name)
                own = own | bound(node.body) | (parameters(node.args) if "viper" in words else set())
        for key in ("id", "attr", "name", "arg", "module"):
            value = getattr(node, key, None)
            names |= {value} if isinstance(value, str) and not (key in ("id", "arg") and value in own) else set()
        waiting += [(each, own) for each in ast.iter_child_nodes(node)]
    return names


def _imported(text: str) -> set[str]:
    """The modules that a text imports somewhere."""
    nodes = list(ast.walk(ast.parse(text)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def _is_constant(module: Module, statement: ast.stmt) -> bool:
    """Whether a statement defines a constant, which stands where it is used."""
    return (
        isinstance(statement, ast.Assign) and bool(bound([statement])) and bound([statement]) <= module.constants.keys()
    )


def _text(pieces: list[Piece], homes: dict[str, str], file: str) -> str:
    """A linked module: what it takes from others stands in front."""
    body = [piece.statement for piece in pieces]
    foreign = dict(sorted(each for piece in pieces for each in piece.foreign))
    front = [imported(name, binding.module, binding.name) for name, binding in foreign.items()]
    taken = sorted({name for piece in pieces for name in piece.uses if homes[name] != file})
    for home in sorted({homes[name] for name in taken}):
        front.append(ast.ImportFrom(home, [ast.alias(name) for name in taken if homes[name] == home], 0))
    tree = ast.Module([*front, *_literals(body)], [])
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            node.body[:0] = ast.parse(_UNNAMED).body
    return _HEADING + ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _literals(body: list[ast.stmt]) -> list[ast.stmt]:
    """Statements with tables made of constants written out: a literal stays in the
    flash, what is computed takes heap.
    """
    known: dict[str, object] = {"bytes": bytes}
    written = []
    for statement in body:
        new = ast.fix_missing_locations(statement)
        if (
            isinstance(statement, ast.Assign)
            and len(statement.targets) == 1
            and isinstance(statement.targets[0], ast.Name)
        ):
            try:
                value = eval(compile(ast.Expression(statement.value), "", "eval"), {"__builtins__": {}}, known)
            except Exception:
                value = None
            if _frozen(value):
                known[statement.targets[0].id] = value
                new = ast.Assign(statement.targets, ast.parse(repr(value), mode="eval").body)
        written.append(new)
    return written


def _frozen(value: object) -> bool:
    """Whether a value is one that the interpreter leaves in the flash."""
    if isinstance(value, tuple):
        return all(each is None or _frozen(each) for each in value)
    return type(value) in (int, bytes, str, bool)
