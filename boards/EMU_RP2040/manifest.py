"""What is frozen into the image of the emulated RP2040: what the port always has and needs no further library, the meter, the board's limits."""

freeze("$(PORT_DIR)/modules")
include("$(MPY_DIR)/extmod/asyncio")
include("../manifest.py")
module("limits.py")
