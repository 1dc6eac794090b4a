"""The map of the flash in an image of the rp2 port: the file system, then the store, on the
emulated RP2040's flash by `rp2.Flash`.
"""

from __future__ import annotations

import pytest

from host_tests.store.board_store import DEVICE, contract, fresh, page
from tools.image.emulated.remote import Remote

pytestmark = [pytest.mark.caps("rp2040"), pytest.mark.timeout(180)]

FILES, ALL = 64, 212
BEGIN = 2 * 1024 * 1024 - ALL * 4096  # of the file system, in the flash
STORE = BEGIN + FILES * 4096


def serving(board):
    """The board, powered on, with a meter that serves."""
    board.power_on()
    board.wait_console("READY ip=")
    return board


@pytest.mark.req("I-40", "I-43")
def test_a_blank_flash_gets_the_map_and_its_store_keeps_the_contract(bare):
    """The store stands at its place in the flash, and outlasts the power."""
    board = serving(bare())
    with fresh(board.serial) as repl:
        assert repl.value("__import__('os').statvfs('/')[2]") == FILES
        contract(repl)
    board.power_off()
    assert board.flash.read_bytes()[STORE + 3584 : STORE + 4096] == page(3) + page(90)


@pytest.mark.req("I-40")
def test_a_cut_before_an_operation_of_the_store_leaves_everything_as_it_was(bare):
    """Before the program, and before the erase, of a sector of the store."""
    board = serving(bare())
    with fresh(board.serial) as repl:
        repl.run("with open('/kept.txt', 'w') as f: f.write('octets')")
        repl.run(DEVICE + "\nd.erase(5)\nd.program(5, 0, page(1))")
    for change in ("d.program(5, 256, page(2))", "d.erase(5)"):
        board.cut_power_at(1)
        Remote(board.serial).start(DEVICE + change + "\nprint('changed')")
        assert board.ended_before("changed")
        board = serving(bare(board.flash, image=None))
        with fresh(board.serial) as repl:
            repl.run(DEVICE)
            assert repl.value("open('/kept.txt').read()") == "octets"
            assert repl.value("whole(5) == page(1) + blank[256:]") is True


@pytest.mark.req("I-43")
def test_a_file_system_of_another_image_stays_as_it_is(bare):
    """Of MicroPython's own, which takes all; and octets that are none are not formatted either."""
    board = serving(bare())
    with fresh(board.serial) as repl:
        repl.run(
            "import rp2, vfs\nvfs.umount('/')\nf = rp2.Flash()\nvfs.VfsLfs2.mkfs(f, progsize=256)\n"
            "vfs.mount(vfs.VfsLfs2(f, progsize=256), '/')\nwith open('/notes.json', 'w') as g: g.write('{}')"
        )
    board.power_off()
    before = board.flash.read_bytes()
    board = serving(bare(board.flash, image=None))
    with fresh(board.serial) as repl:
        repl.run(DEVICE)
        assert repl.value("__import__('os').statvfs('/')[2]") == ALL
        assert repl.value("(d, said)") == (
            None,
            [f"ERROR store no-room files={ALL} of={FILES} next=make-provision-new-map"],
        )
    board.power_off()
    assert board.flash.read_bytes()[BEGIN:] == before[BEGIN:]

    damaged = bytearray(before)
    damaged[BEGIN : BEGIN + 8192] = b"\x5a" * 8192
    board.flash.write_bytes(damaged)
    board = serving(bare(board.flash, image=None))
    with fresh(board.serial) as repl:
        repl.run(DEVICE)
        assert repl.value("(d, said)") == (None, ["ERROR store no-file-system next=make-provision-new-map"])
    board.power_off()
    assert board.flash.read_bytes()[BEGIN:] == damaged[BEGIN:]
