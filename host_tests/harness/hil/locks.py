"""One user per device: a lock file in the system's temporary folder,
named by the device's identity.

The system releases the lock when its process ends, however it ends. `id:` and the
port that it means are one identity.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import threading
import time
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

try:
    import fcntl
except ModuleNotFoundError:  # Windows: a COM port is exclusive by itself
    fcntl = None  # type: ignore[assignment]

from tools.image.boards.target import plugged_in

from .errors import HilError

WAIT = 10.0
_POLL = 0.1


def identity(device: str) -> str:
    """What is the same for every way of naming one device on this computer."""
    if device.startswith("id:"):
        return "usb-" + device[3:].lower()
    if "://" in device:
        url = urlsplit(device)
        # Options after the address, such as rfc2217's logging, change
        # nothing about which port it is.
        return f"net-{url.hostname}-{url.port}".lower()
    real = os.path.realpath(device)
    for port in plugged_in():
        if port.serial and os.path.realpath(port.device) == real:
            return "usb-" + port.serial.lower()
    return "port-" + real


class DeviceLock:
    """Held from `take` to `give`; a process that ends gives it back."""

    def __init__(self, device: str) -> None:
        self.device = device
        name = identity(device)
        readable = re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-")[-60:]
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        self.path = Path(tempfile.gettempdir()) / f"dlms-meter-board-{readable}-{digest}.lock"
        self._file: IO[str] | None = None

    def take(self, wait: float = WAIT) -> None:
        """HilError names the process that has it when it is not free within `wait` seconds."""
        if fcntl is None:
            return
        deadline = time.monotonic() + wait
        pause = threading.Event()
        while True:
            try:
                # Kept when it is given back: a file removed while another opens
                # it would let two of them in.
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError as error:
                raise HilError(f"{self.device}: its lock {self.path} cannot be opened: {error.strerror}") from None
            file = os.fdopen(descriptor, "r+", encoding="utf-8")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                holder = file.read().strip() or "another process"
                file.close()
                if time.monotonic() >= deadline:
                    raise HilError(f"{self.device} is in use by {holder}") from None
                pause.wait(_POLL)
                continue
            file.seek(0)
            file.truncate()
            file.write(f"process {os.getpid()}\n")
            file.flush()
            self._file = file
            return

    def give(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
