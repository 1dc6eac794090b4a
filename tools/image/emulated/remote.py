"""The board's serial port. Every operation is one mpremote process with a
time-out, so that nothing holds the port.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from .errors import BoardError

TIMEOUT = 60.0


class RemoteError(BoardError):
    """The board did not do what was asked; one line."""


class Remote:
    """device: what mpremote connects to: `/dev/ttyACM0`, `id:<usb-serial>`, `COM5`,
    `rfc2217://host:port`, `socket://host:port`.
    """

    def __init__(self, device: str) -> None:
        self.device = device

    def run(self, words: Sequence[str], timeout: float = TIMEOUT, *, fresh: bool = False) -> str:
        """What mpremote with these words printed. The running program is interrupted.

        fresh: in a new interpreter, which a soft reset gives; main.py does not
        run. Otherwise variables stay.
        """
        whole = [sys.executable, "-m", "mpremote", "connect", self.device, *([] if fresh else ["resume"]), *words]
        try:
            done = subprocess.run(
                whole,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                encoding="utf-8",
                errors="replace",
                timeout=timeout,
                check=False,
                # mpremote draws a progress bar on a terminal only
                env={**os.environ, "TERM": "dumb"},
            )
        except subprocess.TimeoutExpired:
            raise RemoteError(f"the board at {self.device} did not finish within {timeout:.0f} s") from None
        if done.returncode != 0:
            said = (done.stderr + done.stdout).strip().splitlines()
            raise RemoteError(f"the board at {self.device}: {said[-1] if said else 'no answer'}")
        return done.stdout.replace("\r\n", "\n")

    def execute(self, code: str, timeout: float = TIMEOUT) -> str:
        """Run Python on the board and return what it prints; RemoteError with
        the last line of its traceback.
        """
        return self.run(["exec", code], timeout)

    def start(self, code: str) -> None:
        """Run Python on the board without waiting for its end."""
        self.run(["exec", "--no-follow", code])

    def copy(self, sources: Sequence[os.PathLike[str] | str], folder: str, timeout: float = TIMEOUT) -> None:
        """Copy files of this computer into a folder of the board; those that are there
        already, octet for octet, are left alone.
        """
        self.run(["fs", "cp", *(os.fspath(source) for source in sources), f":{folder.rstrip('/')}/"], timeout)

    def reset(self) -> None:
        """Reset the whole board from within."""
        self.start("import machine; machine.reset()")
