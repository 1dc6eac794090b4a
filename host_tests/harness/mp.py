"""Tests that run inside MicroPython, and the same ones under CPython.

A file `mp_*.py` below host_tests holds cases in the Python that both know:

    def test_name(): ...            a case; it fails by raising, `assert` will do
    def cases():                    a table of further cases
        yield "name", function, (argument, ...)
    REQ = {"test_name": ("A-01",)}  requirement ids by case, or by a pattern of cases:
                                    "scan-*", "*" for every case
    MARKS = ("zero_alloc",)         pytest markers of the whole file
    MICROPYTHON_ONLY = True         the cases ask for what CPython lacks (heap_lock, mem_alloc);
                                    such a file has `test_` functions only
    class Skip(Exception)           raise one to skip a case

Each case is two tests, `name[cpython]` and `name[micropython]`. MicroPython runs a
file once, in one process, and every case takes its result from that run.
"""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tools.launcher import ROOT, Interpreter

from . import firmware

RUNNER = Path(__file__).with_name("mp_runner.py")
# A heap that no table of cases fills; what a path allocates is measured, not limited, here.
HEAPSIZE = "16M"
TIMEOUT = 300.0


@dataclass
class ScriptRun:
    """What one run of a script in MicroPython said of each case."""

    results: dict[str, tuple[str, str]] = field(default_factory=dict)
    output: str = ""
    fault: str = ""

    def parse(self, output: str) -> None:
        """Take the runner's lines apart: case name -> (ok, fail or skip; text
        printed meanwhile or the reason).
        """
        self.output = output
        current = ""
        text: list[str] = []
        for line in output.splitlines():
            word, _, rest = line[3:].partition(" ") if line.startswith("@@ ") else ("", "", "")
            if word == "start":
                current, text = rest, []
            elif word in ("ok", "fail"):
                self.results[rest] = (word, "\n".join(text))
                current = ""
            elif word == "skip":
                name, _, reason = rest.partition(" ")
                self.results[name] = (word, reason)
                current = ""
            elif word != "done":
                text.append(line)
        if current:
            self.results[current] = ("fail", "\n".join([*text, self.fault or "the interpreter ended during this case"]))


# Runs every case of a script in MicroPython.
RunScript = Callable[[Path], ScriptRun]


def run(
    interpreter: Interpreter, words: Sequence[str], timeout: float = TIMEOUT, heapsize: str = HEAPSIZE
) -> subprocess.CompletedProcess[str]:
    """Run a script (with its arguments) in MicroPython and return its
    output; TimeoutExpired when it hangs.
    """
    return subprocess.run(
        [*interpreter.words, "-X", f"heapsize={heapsize}", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=timeout,
        check=False,
    )


def run_cases(interpreter: Interpreter, script: Path, timeout: float = TIMEOUT) -> ScriptRun:
    """Run every case of `script` in MicroPython."""
    done = ScriptRun()
    try:
        finished = run(interpreter, [str(RUNNER), str(ROOT), str(firmware.folder()), str(script)], timeout)
    except subprocess.TimeoutExpired as hung:
        done.fault = f"hung: the interpreter was killed after {timeout:.0f} s"
        output = hung.stdout or b""
        done.parse(output.decode(errors="replace") if isinstance(output, bytes) else output)
        return done
    done.parse(finished.stdout)
    if "@@ done" not in finished.stdout.splitlines():
        done.fault = f"the script ended early with exit code {finished.returncode}"
    return done


class MicroPythonFile(pytest.File):
    """One `mp_*.py` file."""

    _run: ScriptRun | None = None

    def collect(self) -> Iterator[pytest.Item]:
        tree = ast.parse(self.path.read_text(encoding="utf-8"), str(self.path))
        constants = _constants(tree)
        req: dict[str, tuple[str, ...]] = constants.get("REQ", {})
        if constants.get("MICROPYTHON_ONLY"):
            functions = [
                (node.name, None, ())
                for node in tree.body
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
            ]
        else:
            functions = list(_cases_of(self._import()))
        for name, function, arguments in functions:
            items: list[pytest.Item] = [MicroPythonItem.from_parent(self, name=f"{name}[micropython]", case=name)]
            if function is not None:
                items.append(
                    CPythonItem.from_parent(self, name=f"{name}[cpython]", function=function, arguments=arguments)
                )
            for item in items:
                for mark in ("micropython",) * isinstance(item, MicroPythonItem) + tuple(constants.get("MARKS", ())):
                    item.add_marker(mark)
                ids = dict.fromkeys(
                    identifier for pattern in req if fnmatchcase(name, pattern) for identifier in req[pattern]
                )
                if ids:
                    item.add_marker(pytest.mark.req(*ids))
                yield item

    def _import(self) -> ModuleType:
        folder = str(self.path.parent)
        if folder not in sys.path:
            sys.path.append(folder)
        spec = importlib.util.spec_from_file_location(f"_case_script_{self.path.stem}", self.path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def result(self, run_script: RunScript) -> ScriptRun:
        """The one run of this file in MicroPython, made when its first case is wanted."""
        if self._run is None:
            self._run = run_script(self.path)
        return self._run


def _constants(tree: ast.Module) -> dict[str, Any]:
    """The literal module variables by name."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in ("REQ", "MARKS", "MICROPYTHON_ONLY"):
                found[name] = ast.literal_eval(node.value)
    return found


def _cases_of(module: ModuleType) -> Iterator[tuple[str, Callable[..., object], tuple[Any, ...]]]:
    for name in sorted(vars(module)):
        if name.startswith("test_"):
            yield name, getattr(module, name), ()
    if hasattr(module, "cases"):
        yield from module.cases()


class CaseFailed(Exception):
    """A case that failed inside MicroPython; its text is what the interpreter printed."""


class MicroPythonItem(pytest.Item):
    """A case whose result comes from MicroPython."""

    def __init__(self, *, case: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._case = case

    def runtest(self) -> None:
        assert isinstance(self.parent, MicroPythonFile)
        done = self.parent.result(self.config.stash[RUN_SCRIPT])
        if self._case not in done.results:
            raise CaseFailed(f"{done.fault or 'the case was not run'}\n{done.output[-4000:]}")
        outcome, text = done.results[self._case]
        if outcome == "skip":
            pytest.skip(text)
        if outcome == "fail":
            raise CaseFailed(text)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, CaseFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


class CPythonItem(pytest.Item):
    """The same case, run under CPython."""

    def __init__(self, *, function: Callable[..., object], arguments: tuple[Any, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._function = function
        self._arguments = arguments

    def runtest(self) -> None:
        try:
            self._function(*self._arguments)
        except Exception as error:
            if type(error).__name__ == "Skip":
                pytest.skip(str(error))
            raise

    def reportinfo(self) -> tuple[Path, int | None, str]:
        return self.path, None, self.name


# Set by conftest: runs a script where this session runs MicroPython, in an
# interpreter here or on a board.
RUN_SCRIPT = pytest.StashKey[RunScript]()
