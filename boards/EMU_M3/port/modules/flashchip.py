"""The flash of the emulated board: `flash(start=, len=)` is a slice of
it as a block device, in octets.
"""

from emu import Flash as flash  # noqa: F401
