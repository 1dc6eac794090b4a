"""Constants written twice: a hot module names those of another anew, because
only its own cost nothing to read.

    _HEADER = const(8)  # as `wrapper.HEADER`        of the same package; `dlms.codec.wrapper.HEADER` of another

A name imported from another module is looked up at run time, one that the module itself makes with
`const` is compiled in. The two must agree.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

from .report import ROOT, Problem

_COPY = re.compile(r"^(\w+) = const\((.+)\)  # as `([\w.]+)\.(\w+)`")


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each copy that is not what it names."""
    problems = []
    folder = root / "firmware"
    for path in sorted(folder.rglob("*.py")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            found = _COPY.match(line)
            if found is None:
                continue
            name, value, module, wanted = found.groups()
            original = path.parent / f"{module}.py" if "." not in module else folder / f"{module.replace('.', '/')}.py"
            if _value(original, wanted) != ast.unparse(ast.parse(value)):
                problems.append(Problem(path.relative_to(root), number, f"{name} is not {module}.{wanted}"))
    return problems


def _value(path: Path, name: str) -> str | None:
    """The expression that a module gives a constant, inside `const` or not; None when it has none."""
    if not path.exists():
        return None
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == name for target in node.targets
        ):
            value = node.value
            if isinstance(value, ast.Call) and len(value.args) == 1:
                value = value.args[0]
            return ast.unparse(value)
    return None
