"""What goes wrong with a board or its rig."""

from __future__ import annotations

from tools.launcher import LauncherError


class HilError(LauncherError):
    """One line that names the device and says what it did, without a final full stop."""


class FirmwareError(HilError):
    """The meter itself said why it does not start: no reset helps."""


class NotFitted(HilError):
    """A means that this board or rig does not have."""
