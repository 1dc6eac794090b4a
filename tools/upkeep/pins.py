"""Print the pinned requirements of dependency groups of pyproject.toml, one a line.

    python -m tools.upkeep.pins host interop | pip install -r /dev/stdin

pip learned `--group` in 25.1; the pip of Python 3.10 and 3.11 does not know it.
"""

from __future__ import annotations

import sys
from pathlib import Path

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10: pip carries the same parser
    from pip._vendor import tomli as tomllib  # type: ignore[no-redef]

PYPROJECT = Path(__file__).resolve().parent.parent.parent / "pyproject.toml"


def requirements(groups: list[str], pyproject: Path = PYPROJECT) -> list[str]:
    """The requirement lines of `groups`, in order; KeyError on an unknown group."""
    table = tomllib.loads(pyproject.read_text(encoding="utf-8"))["dependency-groups"]
    return [line for group in groups for line in table[group]]


def main() -> int:
    try:
        print("\n".join(requirements(sys.argv[1:])))
    except KeyError as unknown:
        print(f"error: no dependency group {unknown} in pyproject.toml", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
