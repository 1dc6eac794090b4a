"""Power: what the flash keeps when it goes, at whatever instant, and what
the emulator refuses to begin with.
"""

from __future__ import annotations

import pytest

from tools.image.boards.catalog import BoardError
from tools.image.boards.repl import Repl
from tools.image.emulated.remote import Remote

pytestmark = [pytest.mark.caps("rp2040"), pytest.mark.timeout(120)]


def serving(board):
    """The board, powered on, with a meter that serves."""
    board.power_on()
    board.wait_console("READY ip=")
    return board


def write(board, content):
    with Repl.open(board.serial) as repl:
        repl.run(f"with open('/kept.txt', 'w') as f: f.write({content!r})")


def read(board):
    with Repl.open(board.serial) as repl:
        return repl.value("open('/kept.txt').read()")


def test_files_outlast_resets_and_power(bare):
    board = serving(bare())
    write(board, "octets")
    board.press_reset()
    board.wait_console("READY ip=")
    assert read(board) == "octets"
    board.power_off()
    assert read(serving(bare(board.flash, image=None))) == "octets"


def test_a_new_image_leaves_the_files(bare):
    board = serving(bare())
    write(board, "octets")
    board.power_off()
    assert read(serving(bare(board.flash))) == "octets"


REPLACE = """
import os
with open('/kept.new', 'w') as f:
    f.write({!r})
os.rename('/kept.new', '/kept.txt')
"""


@pytest.mark.timeout(300)
def test_power_cut_during_a_replacement_leaves_the_old_file_or_the_new_one(bare):
    """The power goes before each of the flash operations of writing a file
    beside the old one and renaming it.
    """
    board = serving(bare())
    kept = []
    for operation in range(1, 20):
        write(board, "old" * 1000)
        board.cut_power_at(operation)
        Remote(board.serial).start(REPLACE.format("new" * 1000) + "print('replaced')")
        if not board.ended_before("replaced"):
            break
        board = serving(bare(board.flash, image=None))
        kept.append(read(board))
    assert len(kept) >= 4
    assert set(kept) <= {"old" * 1000, "new" * 1000}
    assert kept[0] == "old" * 1000


def test_random_numbers_differ_from_power_on_to_power_on(bare):
    drawn = set()
    for _ in range(2):
        board = serving(bare())
        with Repl.open(board.serial) as repl:
            drawn.add(repl.value("__import__('os').urandom(8)"))
        board.power_off()
    assert len(drawn) == 2


# -- what the emulator refuses ---------------------------------------------------------------------


def test_flash_in_use(bare):
    board = bare()
    board.power_on()
    with pytest.raises(BoardError, match="in use"):
        bare(board.flash).power_on()


def test_flash_file_of_another_size_is_named(bare, tmp_path):
    flash = tmp_path / "short.img"
    flash.write_bytes(b"short")
    with pytest.raises(BoardError, match=r"short\.img is no flash of 2097152 octets"):
        bare(flash).power_on()


def test_an_image_that_is_none(bare, tmp_path):
    image = tmp_path / "image.uf2"
    image.write_bytes(bytes(512))
    with pytest.raises(BoardError, match=r"image\.uf2 is not a UF2 file"):
        bare(image=image).power_on()


def test_a_flash_without_a_program_waits_as_a_boot_drive(bare):
    board = bare(image=None)
    board.power_on()
    board.wait_event("boot-drive")


def test_the_emulator_ends_with_whoever_started_it(bare):
    board = bare()
    board.power_on()
    assert board.alive
    board.let_go()
    board.wait_end()
