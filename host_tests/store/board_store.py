"""The store's device on a board, looked at over its REPL: what `board.storage.device` gives there."""

from __future__ import annotations

from contextlib import AbstractContextManager

from tools.image.boards.repl import Repl
from tools.image.emulated.remote import Remote

SECTORS = 148
SECTOR = 4096
DEVICE = """
import limits
from board.storage import device
class Config:
    state = "flash"
    given = ("state",)
said = []
d = device(limits, Config, lambda *words: said.append(" ".join(words)))
blank = b"\\xff" * 4096
def whole(sector):
    b = bytearray(4096)
    d.read(sector, 0, b)
    return b
def page(first):
    return bytes((first + 7 * i) & 255 for i in range(256))
"""


def page(first: int) -> bytes:
    """As `page` on the board."""
    return bytes((first + 7 * i) & 0xFF for i in range(256))


def fresh(serial: str) -> AbstractContextManager[Repl]:
    """The REPL of a board in an interpreter in which nothing ran before, without the meter."""
    Remote(serial).run(["exec", "pass"], fresh=True)
    return Repl.open(serial)


def contract(repl: Repl) -> None:
    """Programs clear bits, erases reach one sector, and the view shows what is there. Leaves
    page(3) and page(90) at the end of sector 0.
    """
    last = SECTORS - 1
    repl.run(DEVICE)
    assert repl.value("(d.count, len(d.view), said)") == (SECTORS, SECTORS * SECTOR, [])
    for code, fact in (
        (f"for sector in (0, 1, {last}): d.erase(sector)", f"whole(0) == whole(1) == whole({last}) == blank"),
        (f"d.program({last}, 256, page(3))", f"whole({last}) == blank[:256] + page(3) + blank[512:]"),
        ("d.program(0, 3584, page(3) + page(90))", "whole(0) == blank[512:] + page(3) + page(90)"),
        ("pass", "whole(1) == blank and bytes(d.view[3584:4096]) == page(3) + page(90)"),
        (
            f"d.program({last}, 256, page(90))",
            f"whole({last})[256:512] == bytes(a & b for a, b in zip(page(3), page(90)))",
        ),
        (
            f"d.erase({last})\nd.sync()",
            f"whole({last}) == blank and whole(0) == blank[512:] + page(3) + page(90)",
        ),
    ):
        repl.run(code)
        assert repl.value(fact) is True, code
