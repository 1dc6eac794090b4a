"""Run every check, print each problem in one line, and exit 1 when there is one."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Callable, Sequence

from tools.upkeep import pictures, wrap

from . import (
    boards,
    calls,
    cited,
    constants,
    docstrings,
    images,
    imports,
    marks,
    names,
    prose,
    requirements,
    tags,
    text,
)
from .report import ROOT, Problem


def _pictures() -> list[Problem]:
    return [
        Problem(path.relative_to(ROOT), 1, "not what the code says: run python -m tools.upkeep.pictures")
        for path in pictures.stale()
    ]


CHECKS: dict[str, tuple[str, Callable[[], list[Problem]]]] = {
    "docstrings": (f"functions of more than {docstrings.MOST_LINES} lines have a docstring", docstrings.check),
    "imports": ("imports run one way", imports.check),
    "calls": ("calls run one way", calls.check),
    "boards": (f"compiles for {', '.join(boards.ARCHITECTURES)}", boards.check),
    "cited": ("documents that are named are there", cited.check),
    "images": ("images compile with the mpy-cross that builds them", images.check),
    "constants": ("constants written twice agree", constants.check),
    "marks": ("tests tell a wish from a need", marks.check),
    "names": ("documents name what is there", names.check),
    "pictures": ("pictures are what the code says", _pictures),
    "prose": (f"sentences have at most {prose.MOST_WORDS} words, and those of the field", prose.check),
    "requirements": ("tests name known requirement ids", requirements.check),
    "wrap": (f"prose has at most {wrap.WIDTH} columns", wrap.check),
    "tags": ("tags of the standard have names", tags.check),
    "text": ("lengths, paths and hosts in files", text.check),
}


# Programs that print what they find: the words after `python -m`.
PROGRAMS = {
    "ruff": ("ruff", "check", "--quiet", "."),
    "format": ("ruff", "format", "--check", "--quiet", "."),
    "types": ("mypy", "--no-error-summary"),  # of what pyproject.toml names
}


def _passes(*words: str) -> bool:
    return subprocess.run([sys.executable, "-m", *words], cwd=ROOT, timeout=300, check=False).returncode == 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks that are named, or all; returns 1 when one of them finds a problem."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.upkeep.lint", description="Check the style and the structure of the project."
    )
    parser.add_argument("only", nargs="*", metavar="CHECK", help=f"{', '.join([*PROGRAMS, *CHECKS])} (default: all)")
    wanted = parser.parse_args(arguments).only or [*PROGRAMS, *CHECKS]
    unknown = set(wanted) - {*PROGRAMS, *CHECKS}
    if unknown:
        parser.error(f"no such check: {', '.join(sorted(unknown))}")
    good = True
    for name, words in PROGRAMS.items():
        if name in wanted:
            passed = _passes(*words)
            print(f"{'ok  ' if passed else 'FAIL'} {name}: {words[0]}", flush=True)
            good = good and passed
    for name, (what, check) in CHECKS.items():
        if name not in wanted:
            continue
        problems = check()
        for problem in sorted(problems):
            print(problem)
        print(f"{'FAIL' if problems else 'ok  '} {name}: {what}", flush=True)
        good = good and not problems
    if "requirements" in wanted:
        _print_untested()
    return 0 if good else 1


def _print_untested() -> None:
    without = requirements.untested()
    if without:
        print(f"Requirement ids without a test ({sum(map(len, without.values()))}):")
        for section, ids in sorted(without.items()):
            print(f"  {section}: {' '.join(ids)}")


if __name__ == "__main__":
    sys.exit(main())
