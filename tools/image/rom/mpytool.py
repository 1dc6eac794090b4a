"""MicroPython's tools/mpy-tool.py, with functions and classes of the
linked firmware put into the flash.

    python mpytool.py PATH/TO/mpy-tool.py ITS ARGUMENTS
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any


def load(path: Path | str) -> Any:
    """The tool as a module."""
    # It looks for what it imports beside itself, by way of the first place of all.
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location("mpy_tool", path)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool


def wanted(name: str) -> bool:
    """Whether a module's functions and classes are to be constants."""
    return _linked(name) or public(name)


def public(name: str) -> bool:
    """Whether it keeps all its names: anybody may want something of asyncio."""
    return name.startswith("asyncio.")


def _linked(name: str) -> bool:
    return name.partition("_")[0] == "image"


def extend(tool: Any) -> None:
    """Let the tool freeze modules so."""
    from tools.image.rom.emit import Constants, declarations, reference
    from tools.image.rom.image import Image
    from tools.image.rom.rewrite import Rewriter
    from tools.image.rom.values import Value

    freeze_all, freeze, freeze_constant = (
        tool.freeze_mpy,
        tool.CompiledModule.freeze,
        tool.CompiledModule.freeze_constant_obj,
    )
    first: list[Any] = []

    def freeze_mpy(known: set[str], compiled: list[Any]) -> None:
        image = Image(tool, compiled, wanted, public)
        Rewriter(tool, image)
        first.extend(module.compiled for module in image.modules.values() if module.own)
        freeze_all(known, compiled)

    def freeze_module(self: Any, index: int) -> None:
        if index == 0 and first:
            print(declarations(first))
        for rc in getattr(self, "loose", ()):
            rc.freeze()
        freeze(self, index)
        if self in first:
            Constants(tool, self).text()

    def freeze_constant_obj(self: Any, name: str, value: Any) -> str:
        return reference(value) if isinstance(value, Value) else freeze_constant(self, name, value)

    tool.freeze_mpy = freeze_mpy
    tool.CompiledModule.freeze = freeze_module
    tool.CompiledModule.freeze_constant_obj = freeze_constant_obj


def main() -> None:
    path = sys.argv[1]
    tool = load(path)
    sys.path.append(str(Path(__file__).resolve().parents[3]))
    extend(tool)
    sys.argv[:2] = [path]
    tool.main()


if __name__ == "__main__":
    main()
