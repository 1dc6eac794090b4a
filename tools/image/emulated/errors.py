"""What goes wrong with the emulated board."""

from __future__ import annotations

from tools.launcher import LauncherError


class BoardError(LauncherError):
    """One line that says what is missing or what the board did, without a final full stop."""
