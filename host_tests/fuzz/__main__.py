"""`python -m host_tests.fuzz --minutes 10`, as `make fuzz MINUTES=10`: fuzz on
all cores, until something is found.

One core hunts with atheris where there is a wheel of it, from the corpus of the repository and what
earlier runs have kept; the others play on where they ended (`campaign`). All of it is kept in
.cache/fuzz. Exit code 1: something was found, and the last lines say where the tapes are.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from host_tests.fuzz import fuzz_play
from host_tests.fuzz.campaign import CORPUS
from tools.launcher import ROOT

KEPT = ROOT / ".cache" / "fuzz"
_LONGEST = 600  # octets of a tape
_ENDLESS = 10**9  # sessions


def hunt(folder: Path, minutes: float) -> subprocess.Popen[bytes] | None:
    """Start atheris on the tapes in a folder, which gets those of the corpus;
    None where there is no atheris.
    """
    if importlib.util.find_spec("atheris") is None:
        version = "%d.%d" % sys.version_info[:2]
        print(f"atheris has no wheel for Python {version} here: sessions from numbers only, without guidance")
        return None
    folder.mkdir(parents=True, exist_ok=True)
    for number, octets in enumerate(fuzz_play.tapes(str(CORPUS))):
        (folder / f"corpus-{number}").write_bytes(octets)
    limits = [f"-max_total_time={int(60 * minutes)}", f"-max_len={_LONGEST}", "-timeout=60", "-verbosity=0"]
    words = [sys.executable, "-m", "host_tests.fuzz.hunt", str(folder), f"-artifact_prefix={folder}.", *limits]
    return subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m host_tests.fuzz", description="Fuzz whole sessions of the meter.")
    parser.add_argument("--minutes", type=float, default=10, help="how long (default 10)")
    options = parser.parse_args()
    if not options.minutes > 0:
        parser.error("--minutes must be more than 0")
    hunting = hunt(KEPT / "tapes", options.minutes)
    jobs = max(1, (os.cpu_count() or 1) - (hunting is not None))
    book = ["--sessions", str(_ENDLESS), "--minutes", str(options.minutes), "--book", str(KEPT / "book.jsonl")]
    KEPT.mkdir(parents=True, exist_ok=True)
    playing = subprocess.Popen([sys.executable, "-m", "host_tests.fuzz.campaign", "--jobs", str(jobs), *book], cwd=ROOT)
    try:
        codes = [child.wait() for child in (playing, hunting) if child is not None]
    except KeyboardInterrupt:
        for child in (playing, hunting):
            if child is not None:
                child.terminate()
                child.wait()
        return 130
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
