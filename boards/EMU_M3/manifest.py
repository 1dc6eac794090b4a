"""What is built into the emulated board: asyncio, the file system's start,
the meter, and the board's limits.
"""

include("$(MPY_DIR)/extmod/asyncio")
freeze("port/modules")
include("../manifest.py", limits="EMU_M3/limits.py")
module("limits.py")
