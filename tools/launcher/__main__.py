"""Command line of the launcher: run the meter until SIGINT or SIGTERM.

The meter's own lines pass through. Exit code: 0 after an orderly stop,
otherwise the meter's, or 1 when it could not be started.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from . import state
from .interpreter import LauncherError
from .process import STOP_GRACE, Meter, Ready, StartError

DEFAULT_PORT = 4059
# Exit codes of a meter that our signal ended before it came to handle it.
_ENDED = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def _parser() -> argparse.ArgumentParser:
    """The options."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.launcher",
        description="Run the reference meter in MicroPython on this computer, until Ctrl-C or SIGTERM.",
    )
    parser.add_argument(
        "--port", type=int, metavar="N", help=f"TCP and UDP port, 0 for any free one (default {DEFAULT_PORT})"
    )
    parser.add_argument(
        "--bind", metavar="ADDRESSES", help="addresses to listen on, with commas (default 127.0.0.1,::1)"
    )
    parser.add_argument("--config", metavar="FILE", help="JSON configuration")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="WORDS",
        help='overrides, "key=value key=value ..." in shell quoting',
    )
    parser.add_argument(
        "--micropython", metavar="WORDS", help="interpreter command (default: MICROPYTHON of the environment)"
    )
    parser.add_argument("--heapsize", metavar="SIZE", help="heap of the interpreter, such as 512K")
    parser.add_argument("--trace", action="store_true", help="print every WPDU in hex")
    parser.add_argument(
        "--state-folder",
        type=Path,
        metavar="FOLDER",
        help="where a meter whose configuration names no file keeps its state, one file for each serial number",
    )
    parser.add_argument("--fresh", action="store_true", help="put the state before aside, as FILE.old, and begin anew")
    parser.add_argument("--hint", action="store_true", help="after READY, print the make command that reads the meter")
    parser.add_argument("setting", nargs="*", metavar="key=value", help="overrides of configuration keys")
    return parser


def _settings(options: argparse.Namespace, parser: argparse.ArgumentParser) -> dict[str, object]:
    """All overrides, later ones winning: --port and --bind, --set, then the plain words."""
    settings: dict[str, object] = {}
    if options.port is not None:
        settings["port"] = options.port
    if options.bind is not None:
        settings["bind"] = options.bind
    words = []
    for group in options.set:
        try:
            words += shlex.split(group)
        except ValueError as error:
            parser.error(f"{group!r}: {error}")
    for word in words + options.setting:
        key, equals, value = word.partition("=")
        if not key or not equals:
            parser.error(f"{word!r} is not key=value")
        settings[key] = value
    return settings


def _keep(options: argparse.Namespace, settings: dict[str, object]) -> str:
    """Name the file of the state in the settings, and put the one before aside where it is to be;
    what is to be said of that, or nothing. LauncherError: there is none, or a meter has it.
    """
    if options.state_folder is not None:
        path = state.default(options.state_folder, settings, options.config)
        if path is not None:
            settings[state.KEY] = str(path)
    if not options.fresh:
        return ""
    kept = state.setting(settings, options.config, state.KEY)
    if not kept:
        raise LauncherError("there is no state to be put aside: this meter keeps none")
    return f"The state before is now {kept}{state.OLD}" if state.put_aside(Path(kept)) else ""


def _how_to_read(ready: Ready) -> str:
    words = ["make", "read"]
    if "127.0.0.1" not in ready.ip and "0.0.0.0" not in ready.ip:
        words.append(f"HOST={ready.host}")
    if ready.port != DEFAULT_PORT:
        words.append(f"PORT={ready.port}")
    return f"Read it from another terminal with: {' '.join(words)}\nCtrl-C stops it."


class _Run:
    """One run of the meter from the command line: its lines to the terminal, signals to the meter."""

    def __init__(self, hint: bool) -> None:
        self._hint = hint
        self._meter: Meter | None = None
        self._stopping = False
        self._is_ready = False
        self._reader_lost = threading.Event()

    def line(self, text: str, is_error: bool) -> None:
        """Pass one line of the meter on; what an interrupted start has to say is no news."""
        if not (is_error and self._stopping and not self._is_ready):
            self.write(text, sys.stderr if is_error else sys.stdout)

    def write(self, text: str, stream: TextIO) -> None:
        try:
            print(text, file=stream, flush=True)
        except (BrokenPipeError, ValueError):
            self._reader_lost.set()

    def on_signal(self, number: int, frame: object) -> None:
        """Pass SIGTERM and SIGINT on, once, as the signal that ends a meter in its
        present state (see `Meter.interrupt`).
        """
        if not self._stopping:
            self._stopping = True
            self._interrupt()

    def _interrupt(self) -> None:
        if self._meter is None:
            return
        self._meter.interrupt()
        timer = threading.Timer(STOP_GRACE, self._kill_late)
        timer.daemon = True
        timer.start()

    def _kill_late(self) -> None:
        if self._meter is not None and self._meter.alive:
            self.write(f"error: the meter did not stop within {STOP_GRACE:.0f} s and was killed", sys.stderr)
            self._meter.kill()

    def run(self, meter: Meter) -> int:
        """Run `meter` to its end and return the exit code of the launcher."""
        try:
            meter.spawn()
            self._meter = meter
            if self._stopping:  # the signal came while there was nobody to pass it on to
                self._interrupt()
            ready = meter.wait_ready()
        except StartError as error:
            if self._stopping:
                return 0
            if not error.line:
                self.write(f"error: {error}", sys.stderr)
            return error.exit_code or 1
        except LauncherError as error:
            if self._stopping:
                return 0
            self.write(f"error: {error}", sys.stderr)
            return 1
        self._is_ready = True
        if self._hint:
            self.write(_how_to_read(ready), sys.stdout)
        code = self._wait(meter)
        return 0 if self._stopping and code in _ENDED else code

    def _wait(self, meter: Meter) -> int:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return meter.wait(0.5)
            if self._reader_lost.is_set():
                self.on_signal(signal.SIGINT, None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the meter until Ctrl-C or SIGTERM; returns its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    run = _Run(options.hint)
    settings = _settings(options, parser)
    try:
        said = _keep(options, settings)
    except LauncherError as error:
        run.write(f"error: {error}", sys.stderr)
        return 1
    if said:
        run.write(said, sys.stdout)
    meter = Meter(
        settings,
        config=options.config,
        micropython=options.micropython or os.environ.get("MICROPYTHON"),
        heapsize=options.heapsize,
        trace=options.trace,
        listener=run.line,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, run.on_signal)
    return run.run(meter)


if __name__ == "__main__":
    sys.exit(main())
