"""What is frozen into the image of the emulated RP2040: what the port always has,
the meter, and the board's limits.

Of the port's own list without the drivers that come from
micropython-lib, which Debian does not pack.
"""

freeze("$(PORT_DIR)/modules")
include("$(MPY_DIR)/extmod/asyncio")
include("../manifest.py", limits="EMU_RP2040/limits.py")
module("limits.py")
