"""What every image of the rp2 port has of it, without its `_boot.py`: boards/modules has ours."""

freeze("$(PORT_DIR)/modules", "rp2.py")
freeze("modules")
include("$(MPY_DIR)/extmod/asyncio")
