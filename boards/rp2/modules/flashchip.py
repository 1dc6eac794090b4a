"""The flash of RP2 boards after the image: `flash(start=, len=)` is a slice of
it as a block device, in octets.
"""

from rp2 import Flash as flash  # noqa: F401
