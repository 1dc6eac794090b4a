"""What only the emulated board has: a reset button, deep sleep, a flash in a file, a second
line. The rest is in test_on_board.py.
"""

import socket
import time

import pytest

from tools.image.emulated import BoardError

pytestmark = [pytest.mark.caps("board", "emulated"), pytest.mark.prefers(backfill_days=0)]

CAUSE = "import machine; print(['', 'power on', 'hard', 'watchdog', 'deep sleep', 'soft'][machine.reset_cause()])"


def cause(board):
    return board.execute(CAUSE).strip()


def console(board):
    """A client of the board's serial port."""
    link = socket.create_connection(("127.0.0.1", board.machine.console_port), 10)
    link.settimeout(20)
    return link


def read_until(link, wanted):
    said = b""
    while wanted not in said:
        octets = link.recv(4096)
        assert octets, said
        said += octets
    return said


def test_power_on(bare):
    board = bare()
    board.start()
    assert cause(board) == "power on"


def test_reset_button(board):
    board.reset()
    assert cause(board) == "hard"


def test_deep_sleep(board):
    board.expect_boot()
    board.remote.start("import machine; machine.deepsleep(50)")
    board.wait_ready()
    assert cause(board) == "deep sleep"


def test_ctrl_c_behind_more_than_the_console_holds(board, meter):
    """Nobody reads what is typed while the meter serves: it is dropped, and Ctrl-C is still seen."""
    with console(board) as link:
        link.sendall(b"x" * 5000 + b"\x03")
        read_until(link, b">>> ")


def test_files_outlast_resets_and_power(bare):
    board = bare()
    board.start()
    board.execute("with open('/kept.txt', 'w') as f: f.write('octets')")
    board.reset()
    assert board.execute("print(open('/kept.txt').read())").strip() == "octets"
    flash = board.machine.flash
    board.kill()
    again = bare(flash)
    again.start()
    assert again.execute("print(open('/kept.txt').read())").strip() == "octets"
    assert again.execute("import emu; print(emu.Flash().wear()[2])").strip() == "0"


def test_flash_file_that_is_too_short_is_named(bare, tmp_path):
    flash = tmp_path / "short.img"
    flash.write_bytes(b"short")
    with pytest.raises(BoardError, match="the file of the flash cannot be used"):
        bare(flash).start()


def test_flash_in_use(bare):
    board = bare()
    board.start()
    with pytest.raises(BoardError, match="in use"):
        bare(board.machine.flash).start()


def test_taken_port(bare, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BoardError, match=f"port {port} is taken"):
            bare(port=port).start()


def test_uart_line(board):
    """machine.UART(1) carries octets both ways, more of them than its buffer holds."""
    board.remote.start(
        "import machine\nu = machine.UART(1, 9600, timeout=2000)\nu.write(b'go')\n"
        "u.write(bytes(reversed(u.read(3000))))"
    )
    sent = bytes(index % 251 for index in range(3000))
    with socket.create_connection(("127.0.0.1", board.machine.line_port), 10) as line:
        line.settimeout(20)
        line.sendall(sent)
        received = b""
        while len(received) < 3000:
            octets = line.recv(4096)
            assert octets
            received += octets
            received = received.removeprefix(b"go")
    assert received == sent[::-1]


def test_console_that_nobody_reads_does_not_stop_the_meter(board, meter):
    with console(board):
        assert meter.answers()


def test_random_numbers_differ_from_boot_to_boot(board):
    drawn = set()
    for _ in range(2):
        drawn.add(board.execute("import os; print(os.urandom(16).hex())").strip())
        board.reset()
    assert len(drawn) == 2


def test_clock_is_the_computers(board):
    assert abs(int(board.execute("import time; print(time.time() + 946684800)")) - time.time()) < 60
