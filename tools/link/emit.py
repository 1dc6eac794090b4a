"""The linked modules as text."""

from __future__ import annotations

import ast
from pathlib import Path

from .program import ENTRY, RESIDENT, Defined, Foreign, Program
from .rewrite import Rewriter, _import, _listed
from .scopes import bound


def linked(source: Path | str, target: Path | str) -> str:
    """Link the firmware in the folder `source`; the modules are in the folder `target` then, which is returned.

    A file that is there already and would not change is left alone, so that builds do nothing anew.
    """
    target = Path(target)
    files = link(Program(Path(source)))
    target.mkdir(parents=True, exist_ok=True)
    for path in target.glob("*.py"):
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        path = target / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return str(target)


def link(program: Program) -> dict[str, str]:
    """File name -> text."""
    lazy: dict[str, str] = {}
    wanted: set[Defined] = set()
    for name in program.lazy:
        lazy[program.file(name)], used = _lazy(program, name)
        wanted |= used
    files = {RESIDENT: _resident(program, wanted)}
    waiting = [RESIDENT]
    while waiting:
        imported = _imported(files[waiting.pop()]) & lazy.keys() - files.keys()
        files.update({name: lazy[name] for name in imported})
        waiting += imported
    return {f"{name}.py": text for name, text in files.items()}


def _imported(text: str) -> set[str]:
    """The modules that a text imports somewhere."""
    nodes = list(ast.walk(ast.parse(text)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return names | {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}


def _lazy(program: Program, name: str) -> tuple[str, set[Defined]]:
    """A module that stays one: what it takes from others stands in front."""
    module = program.modules[name]
    rewriter = Rewriter(program, module)
    body = []
    for statement in module.tree.body:
        if not _is_constant(program, name, statement):
            body += _listed(rewriter.visit(statement))
    resident = {each for each in rewriter.used if each in program.final}
    names = sorted(program.final[each] for each in resident)
    front: list[ast.stmt] = [ast.ImportFrom(RESIDENT, [ast.alias(each)], 0) for each in names]
    # foreign things are imported where they were; those that only came by way of another module are added
    here = {each for statement in module.tree.body for each, _ in program.imports(statement)}
    front += [_import(each, binding.module, binding.name) for each, binding in sorted(rewriter.foreign.items()) if each not in here]
    return _text([*front, *body]), resident


def _resident(program: Program, wanted: set[Defined]) -> str:
    """All resident modules in one, without what is not used."""
    statements: list[tuple[ast.stmt, set[str], set[str], set[str]]] = []
    foreign: dict[str, Foreign] = {}
    for name in program.resident:
        module = program.modules[name]
        for statement in module.tree.body:
            if isinstance(statement, (ast.Import, ast.ImportFrom)) or _is_constant(program, name, statement):
                continue
            rewriter = Rewriter(program, module)
            own = {program.final[Defined(name, each)] for each in bound([statement])}
            for new in _listed(rewriter.visit(statement)):
                used = {program.final[each] for each in rewriter.used}
                statements.append((new, own, used, set(rewriter.foreign)))
            foreign.update(rewriter.foreign)
    needed = {program.final[each] for each in wanted} | {
        name for each, name in program.final.items() if each.module == ENTRY
    }
    kept: list[bool] = [not own for _, own, _, _ in statements]
    for index, keep in enumerate(kept):
        if keep:
            needed |= statements[index][2]
    growing = True
    while growing:
        growing = False
        for index, (_, own, used, _) in enumerate(statements):
            if not kept[index] and own & needed:
                kept[index] = growing = True
                needed |= used
    body = [each for each, keep in zip(statements, kept, strict=True) if keep]
    front = {name for _, _, _, names in body for name in names}
    imports = [_import(name, foreign[name].module, foreign[name].name) for name in sorted(front)]
    return _text([*imports, *(statement for statement, _, _, _ in body)])


def _is_constant(program: Program, module: str, statement: ast.stmt) -> bool:
    """Whether a statement defines a constant, which stands where it is used."""
    return isinstance(statement, ast.Assign) and bool(bound([statement])) and bound([statement]) <= program.modules[module].constants.keys()


def _text(body: list[ast.stmt]) -> str:
    tree = ast.Module(body, [])
    return '"""Linked by tools/link.py: not to be edited."""\n' + ast.unparse(ast.fix_missing_locations(tree)) + "\n"
