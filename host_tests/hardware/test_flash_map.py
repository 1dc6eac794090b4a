"""The map of the emulated board's flash: the file system, then the store, and what
becomes of a flash that has another one.
"""

from __future__ import annotations

import pytest

from host_tests.store.board_store import DEVICE, SECTOR, SECTORS, contract, fresh, page

pytestmark = [pytest.mark.caps("board", "emulated"), pytest.mark.prefers(backfill_days=0)]

FILES = 352
STORE = FILES * SECTOR


@pytest.mark.req("I-40", "I-43")
def test_the_store_keeps_the_contract_over_a_power_cut(bare):
    """Every call is in the file of the flash when it returns."""
    board = bare()
    board.start()
    with fresh(board.serial) as repl:
        assert repl.value("__import__('os').statvfs('/')[2]") == FILES
        contract(repl)
        board.kill()
    flash = board.machine.flash
    assert flash.read_bytes()[STORE + 3584 : STORE + 4096] == page(3) + page(90)
    again = bare(flash)
    again.start()
    with fresh(again.serial) as repl:
        repl.run(DEVICE)
        assert repl.value("whole(0) == blank[512:] + page(3) + page(90)") is True
        assert repl.value("__import__('emu').Flash().wear()[2]") == 0  # only bits were cleared


@pytest.mark.req("I-43")
def test_a_file_system_that_takes_all_is_mounted_as_it_is(bare):
    board = bare()
    board.start()
    with fresh(board.serial) as repl:
        repl.run(
            "import emu, vfs\nvfs.umount('/')\nf = emu.Flash(start=0)\nvfs.VfsLfs2.mkfs(f, progsize=256)\n"
            "vfs.mount(vfs.VfsLfs2(f, progsize=256), '/')\nwith open('/notes.json', 'w') as g: g.write('{}')"
        )
    board.kill()
    flash = board.machine.flash
    before = flash.read_bytes()
    again = bare(flash)
    again.start()
    with fresh(again.serial) as repl:
        repl.run(DEVICE)
        assert repl.value("__import__('os').statvfs('/')[2]") == FILES + SECTORS
        assert repl.value("(d, said)") == (
            None,
            [f"ERROR store no-room files={FILES + SECTORS} of={FILES} next=make-provision-new-map"],
        )
        assert repl.value("open('/notes.json').read()") == "{}"
    again.kill()
    assert flash.read_bytes() == before


@pytest.mark.req("I-43")
def test_a_flash_that_is_not_blank_is_never_formatted(bare, tmp_path):
    """The meter runs, with what it has by default, and the console says why."""
    flash = tmp_path / "damaged.img"
    flash.write_bytes(bytes(range(256)) * (FILES * SECTOR // 256))  # made before there was a store, too
    board = bare(flash)
    board.start()
    assert "ERROR 0 flash no-file-system next=make-provision-new-map\n" in board.console()
    board.kill()
    octets = flash.read_bytes()
    assert octets[:STORE] == bytes(range(256)) * (FILES * SECTOR // 256)
    assert octets[STORE:] == b"\xff" * (SECTORS * SECTOR)
