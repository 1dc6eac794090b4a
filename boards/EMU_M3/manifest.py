"""What is built into the emulated board: the meter, this board's limits and start, asyncio.

boot.py stays out: a built-in one would hide the file of that name. Every other module gives way to a file of its name on
the flash, main.py excepted.
"""

import os

# A manifest runs in its own folder.
_FIRMWARE = os.path.join("..", "..", "firmware")
_files = [os.path.join(folder, name) for folder, _, names in os.walk(_FIRMWARE) for name in names]
_modules = [os.path.relpath(path, _FIRMWARE) for path in _files if path.endswith(".py")]

include("$(MPY_DIR)/extmod/asyncio")  # noqa: F821
freeze("port/modules")  # noqa: F821
freeze(".", ("board.py", "limits.py"))  # noqa: F821
freeze(_FIRMWARE, tuple(sorted(set(_modules) - {"boot.py"})))  # noqa: F821
