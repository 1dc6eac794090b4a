"""Guided fuzzing: atheris (libFuzzer) changes tapes of sessions and keeps those that reach code
which no tape reached before: `python -m host_tests.fuzz.hunt FOLDER [libFuzzer options]`.

FOLDER holds the tapes as files, and gets new ones. What ends the run is said as
`fuzz_play` says it, and the tapes that led to it, of the same meter, are left in
FOLDER.found, a line of hexadecimal each.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
for _folder in ("host_tests/fuzz", "host_tests/shim", "boards/unix", "firmware", ""):
    sys.path.insert(0, str(ROOT / _folder))

import atheris  # noqa: E402
import micropython  # noqa: E402, F401 (gives `time` its ticks)

INSTRUMENTED = ["dlms", "cosem", "meter", "net"]
_ROUND = 24  # tapes that one meter serves

with atheris.instrument_imports(include=INSTRUMENTED):
    import dlms.server  # noqa: F401
    import meter  # noqa: F401

from fuzz_play import SESSION, again_slow  # noqa: E402
from fuzz_rig import now  # noqa: E402
from fuzz_sessions import play  # noqa: E402
from fuzz_tape import Tape  # noqa: E402

from host_tests.fuzz.guarded import TalkedRig  # noqa: E402


class Hunt:
    """The meter that serves now, and the tapes that it has played."""

    def __init__(self, found: Path) -> None:
        self.found = found
        self.rig: TalkedRig | None = None
        self.played: list[bytes] = []

    def one(self, octets: bytes) -> None:
        if self.rig is None or len(self.played) >= _ROUND:
            self.rig = None
            gc.collect()
            self.rig = TalkedRig()
            self.played = []
        self.played.append(octets)
        self.rig.answers.clear()
        try:
            before = now()
            play(self.rig, Tape(octets))
            if now() - before > SESSION and again_slow(self.played):
                with self.found.with_suffix(".slow").open("a") as lines:
                    lines.write("# slow\n" + "".join(tape.hex() + "\n" for tape in self.played))
        except Exception as error:
            self.found.write_text("".join(tape.hex() + "\n" for tape in self.played))
            print(f"found tapes={self.found} {type(error).__name__}: {error}", flush=True)
            raise


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    hunt = Hunt(folder.with_suffix(".found"))
    gc.disable()
    atheris.Setup(sys.argv, hunt.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
