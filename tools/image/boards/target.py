"""Where a board is: what TARGET= may say, and the port that it means.

id:E66160F423782037         USB serial number, the same on every computer and after every reset
/dev/ttyACM0, COM5          a serial port
socket://rig:4000, rfc2217://rig:4000    a serial port behind a network
(nothing)                   the only board that is plugged in
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from serial.tools import list_ports

from .catalog import BoardError

# USB vendors of the boards themselves and of the bridges that development boards carry.
VENDORS = {0x2E8A: "Raspberry Pi", 0x303A: "Espressif", 0x10C4: "Silicon Labs", 0x1A86: "WCH", 0x0403: "FTDI"}
_URLS = ("socket://", "rfc2217://", "loop://")


@dataclass(frozen=True)
class Port:
    """A serial port with a board, as USB describes it."""

    device: str
    serial: str
    vendor: str


def plugged_in() -> list[Port]:
    """Every serial port whose vendor makes boards or their bridges."""
    return [
        Port(port.device, port.serial_number or "", VENDORS[port.vid])
        for port in sorted(list_ports.comports())
        if port.vid in VENDORS
    ]


def _listed(ports: Iterable[Port]) -> str:
    return ", ".join(f"{port.device} (id:{port.serial})" if port.serial else port.device for port in ports) or "none"


def resolve(target: str | None) -> str:
    """The device or URL that pyserial opens; BoardError when there is no such board."""
    if not target:
        ports = plugged_in()
        if len(ports) != 1:
            raise BoardError(
                f"give TARGET=: {'no board is plugged in' if not ports else f'several boards: {_listed(ports)}'}"
            )
        return ports[0].device
    if target.startswith("id:"):
        ports = plugged_in()
        for port in ports:
            if port.serial.lower() == target[3:].lower():
                return port.device
        raise BoardError(f"no board with the USB serial number {target[3:]} (plugged in: {_listed(ports)})")
    if target.startswith(_URLS):
        return target
    if "://" in target:
        raise BoardError(f"{target}: not a kind of target that is known (id:, a port, {', '.join(_URLS[:2])})")
    if os.name != "nt":
        if not os.path.exists(target):
            raise BoardError(f"{target} is not there (plugged in: {_listed(plugged_in())})")
        if not os.access(target, os.R_OK | os.W_OK):
            raise BoardError(f"{target}: no permission to use it; on Linux its group is usually dialout")
    return target
