"""What is frozen into an image for this board: what the port always has,
the meter, and the board's limits.

The meter is there once, linked: its flash has no room to spare for the modules as well.
"""

include("../rp2/manifest.py")
require("onewire")
require("ds18x20")
require("dht")
require("neopixel")
include("../manifest.py", limits="RPI_PICO_W/limits.py", modules=False)
module("limits.py")
