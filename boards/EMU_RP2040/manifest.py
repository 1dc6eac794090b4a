"""What is frozen into the image of the emulated RP2040: what the port always has,
the meter, and the board's limits.

Of the port's own list without the drivers that come from
micropython-lib, which Debian does not pack.
"""

include("../rp2/manifest.py")
include("../manifest.py", limits="EMU_RP2040/limits.py")
module("limits.py")
