"""What every image of the rp2 port has of it, with our start of the file system in the place of its
own `_boot.py`.
"""

freeze("$(PORT_DIR)/modules", "rp2.py")
freeze("modules")
include("$(MPY_DIR)/extmod/asyncio")
