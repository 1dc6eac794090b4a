"""Time of a GET in CPython, beside the server of gurux-dlms: both answer the same
request in one process, in turns.
"""

from __future__ import annotations

import json
import subprocess
import sys

from tools.launcher import ROOT

from .link import WrongAnswer
from .report import Row
from .settings import INSIDE, PATIENCE, Settings, environment

BAR = 1 / 3
_WHAT = "time of a GET in CPython, to that of gurux-dlms"


def measure(settings: Settings) -> list[Row]:
    if not settings.gurux:
        return [Row(_WHAT, None, "", BAR, how="left out with INTEROP=0", excused=True)]
    folders = (settings.firmware, ROOT / "boards" / "unix", ROOT / "host_tests" / "shim", ROOT / "host_tests" / "alloc")
    done = subprocess.run(
        [sys.executable, str(INSIDE / "against_gurux.py")],
        env=environment({"PYTHONPATH": ":".join(map(str, folders))}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    if done.returncode == 3:
        return [Row(_WHAT, None, "", BAR, how="gurux-dlms is not installed (make installs it)")]
    if done.returncode:
        raise WrongAnswer(f"against_gurux.py failed: {done.stderr[-2000:]}")
    ours, theirs = json.loads(done.stdout)
    how = f"in one process, in turns, best of many: {ours * 1e6:.1f} us and {theirs * 1e6:.1f} us"
    return [Row(_WHAT, ours / theirs, "x", BAR, how=how)]
