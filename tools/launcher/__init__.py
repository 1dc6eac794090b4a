"""Start the meter on this computer, from the command line or from a test.

python -m tools.launcher --port 4060 seed=7

from tools.launcher import Meter
with Meter({"port": 0}) as meter:
    print(meter.ready.host, meter.ready.port)
"""

from . import signals
from .interpreter import Interpreter, LauncherError, find
from .process import ROOT, Meter, Ready, StartError, StopError

__all__ = ["ROOT", "Interpreter", "LauncherError", "Meter", "Ready", "StartError", "StopError", "find", "signals"]
