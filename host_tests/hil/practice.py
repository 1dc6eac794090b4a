"""A rig without hardware: `python -m host_tests.hil.practice [pytest options]`, which is
what `make test-hil RIG=practice` runs.

Two boards stand on it. One is a STAND-IN behind RFC 2217, with a relay, a network and a pulse
generator. The other is the emulated Cortex-M3 board, when it has been built before: its console is
a `socket://` port, and its network is reached through a forwarded port. It is brought up to date
first, because tests of this firmware against an older one would show nothing. A run proves the
harness, not a board.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from host_tests.hil.standin import StandIn
from tools.image.emulated import FIRMWARE, EmulatedBoard
from tools.image.emulated.build import build
from tools.launcher import ROOT, LauncherError, find

ANSWER_MS = 200  # generous: this proves the test, and two boards share this computer


def main(words: list[str]) -> int:
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="practice-")))
        try:
            if FIRMWARE.exists():
                build()
            standin = running.enter_context(StandIn(find(None).words, folder / "standin", kind="rfc2217"))
            text = standin.rig("standin", lines=True, answer_ms=ANSWER_MS, boot_seconds=30)
            if FIRMWARE.exists():
                board = running.enter_context(EmulatedBoard(folder / "flash.img", folder / "console.log"))
                text += (
                    f'\n[boards.cortex-m3]\ndevice = "{board.serial}"\ntype = "EMU_M3"\n'
                    f'address = "{board.host}:{board.port}"\n'
                    f"lines = false\nanswer_ms = {ANSWER_MS}\n"
                )
            else:
                print("practice: without the emulated board, which is not built (python -m tools.image.emulated build)")
        except LauncherError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
        path = folder / "rig.toml"
        path.write_text(text, encoding="utf-8")
        return subprocess.call(
            [sys.executable, "-m", "pytest", "-p", "host_tests.harness.options", "--rig", str(path), *words], cwd=ROOT
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
