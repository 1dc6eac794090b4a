"""What is frozen into an image for this board: what the port always has,
the meter, and the board's limits.
"""

include("$(PORT_DIR)/boards/manifest.py")
include("../manifest.py", limits="ESP32_GENERIC_C3/limits.py", map=False)
module("limits.py")
