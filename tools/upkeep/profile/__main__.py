"""Write or check the generated parts of docs/PROFILE.md."""

from __future__ import annotations

import argparse
import sys

from tools.launcher import LauncherError
from tools.upkeep.profile.document import PROFILE, render


def main(words: list[str] | None = None) -> int:
    """The exit code of `python -m tools.upkeep.profile`."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.upkeep.profile", description="Make the generated parts of docs/PROFILE.md."
    )
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args(words)
    old = PROFILE.read_text(encoding="utf-8")
    try:
        new = render(old)
    except LauncherError as error:
        parser.error(str(error))
    if new == old:
        return 0
    if options.check:
        print("error: docs/PROFILE.md is not what the code says; run python -m tools.upkeep.profile", file=sys.stderr)
        return 1
    PROFILE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
