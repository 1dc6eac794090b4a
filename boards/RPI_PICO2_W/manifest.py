"""What is frozen into an image for this board: what the port always has,
the meter, and the board's limits.
"""

include("$(PORT_DIR)/boards/manifest.py")
include("../manifest.py", limits="RPI_PICO2_W/limits.py")
module("limits.py")
