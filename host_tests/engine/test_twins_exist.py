"""Every native function has a plain twin with the same parameters, and
the tests of the twins know it.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NATIVE = sorted(path for word in ("viper", "native") for path in (ROOT / "firmware").rglob(f"*_{word}.py"))
# Parts of another function, called by no one else: they are run with it.
PARTS = {
    "change_name",
    "name_answer",
    "scan_types",
    "take_initiate",
    "plain_answer",
    "plain_change",
    "plain_data",
    "plain_list",
    "fast_other",
    "refuse_form",
    "refuse_selection",
}


def _functions(path: Path) -> dict[str, list[str]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {
        node.name: [argument.arg for argument in node.args.args]
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }


def _imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names}


@pytest.mark.parametrize("path", NATIVE, ids=lambda path: path.name)
def test_native_module_has_a_plain_twin(path: Path) -> None:
    twin = path.with_name(path.stem.rpartition("_")[0] + "_plain.py")
    native, plain = _functions(path), _functions(twin)
    assert native
    both = _imported(path)  # what is no hot path is there once
    assert sorted(native) == sorted(name for name in plain if name not in both and not name.startswith("_"))
    for name, arguments in native.items():
        assert len(arguments) == len(plain[name]), name


@pytest.mark.parametrize("path", NATIVE, ids=lambda path: path.name)
def test_every_native_function_is_compared_with_its_twin(path: Path) -> None:
    tests = (Path(__file__).with_name("mp_twins.py")).read_text(encoding="utf-8")
    cosem = "".join(each.read_text(encoding="utf-8") for each in sorted((ROOT / "host_tests").rglob("mp_*.py")))
    missing = [name for name in _functions(path) if name not in PARTS and name not in tests and name not in cosem]
    assert not missing
