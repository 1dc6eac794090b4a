"""What is frozen into an image for this board: what the port always has,
the meter, and the board's limits.
"""

include("../rp2/manifest.py")
require("onewire")
require("ds18x20")
require("dht")
require("neopixel")
include("../manifest.py", limits="RPI_PICO2_W/limits.py")
module("limits.py")
