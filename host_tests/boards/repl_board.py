"""A stand-in for a board: the unix port's REPL on a pseudo-terminal, its files on a
littlefs in memory, behind a TCP port.

What mpremote and the tools of tools/image/boards do with a serial port they do with it for real;
what a board has beyond a REPL and a file system it lacks. `cut_after` breaks the connection after
that many octets, as an unplugged cable does.
"""

from __future__ import annotations

import contextlib
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
import tty

_BLOCK = 512
# Octets of flash that a Pico 2 W has for files: it runs from sources, and a Pico W does not.
SOURCES_FLASH = 384 * 4096
_START = """
import vfs, os
class Ram:
    def __init__(self, n):
        self.data = bytearray(n * {block})
        self.n = n
    def readblocks(self, b, buf, off=0):
        a = b * {block} + off
        buf[:] = memoryview(self.data)[a:a + len(buf)]
    def writeblocks(self, b, buf, off=0):
        a = b * {block} + off
        self.data[a:a + len(buf)] = buf
    def ioctl(self, op, arg):
        return self.n if op == 4 else {block} if op == 5 else 0
_ram = Ram({blocks})
vfs.VfsLfs2.mkfs(_ram)
vfs.mount(vfs.VfsLfs2(_ram), '/flash')
os.chdir('/flash')
"""


class ReplBoard:
    """`url` is the serial port; a context manager.

    interruptible: Ctrl-C interrupts a program that runs, as on a board. It ends this interpreter
    when it is between two programs, so it is for a test that knows one to be running.
    """

    def __init__(self, words: tuple[str, ...], size: int = 1 << 20, interruptible: bool = False) -> None:
        self._interruptible = interruptible
        self._words = words
        self._size = size
        self.cut_after: int | None = None
        self.moved = 0  # octets that the host has sent

    def __enter__(self) -> ReplBoard:
        master, slave = pty.openpty()
        tty.setraw(slave)
        if self._interruptible:
            mode = termios.tcgetattr(slave)
            mode[3] |= termios.ISIG
            termios.tcsetattr(slave, termios.TCSANOW, mode)
        start = _START.format(block=_BLOCK, blocks=self._size // _BLOCK)
        # the pseudo-terminal has to be the controlling one, or Ctrl-C signals nobody
        claim = (
            "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execvp(sys.argv[1], sys.argv[1:])"
        )
        words = [sys.executable, "-c", claim, *self._words, "-X", "heapsize=8M", "-i", "-c", start]
        self._process = subprocess.Popen(words, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self._master = master
        self._server = socket.create_server(("127.0.0.1", 0))
        self._server.settimeout(0.1)
        self.url = f"socket://127.0.0.1:{self._server.getsockname()[1]}"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._over.set()
        self._thread.join(10)
        self._server.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        os.close(self._master)

    def connect(self) -> socket.socket:
        """The port as a plain stream."""
        return socket.create_connection(self._server.getsockname(), 10)

    def hang(self) -> None:
        """The board stops executing, and its port stays there."""
        os.killpg(self._process.pid, signal.SIGSTOP)

    def _serve(self) -> None:
        while not self._over.is_set():
            try:
                link, _ = self._server.accept()
            except TimeoutError:
                continue
            with link:
                # what the board says in small pieces does not wait for the host's acknowledgements
                link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._relay(link)

    def _relay(self, link: socket.socket) -> None:
        """One host at a time, until it hangs up or the cable is cut."""
        while not self._over.is_set():
            readable, _, _ = select.select([link, self._master], [], [], 0.1)
            try:
                if link in readable:
                    octets = link.recv(256)
                    if not octets:
                        return
                    os.write(self._master, octets)
                    self.moved += len(octets)
                if self._master in readable:
                    link.sendall(os.read(self._master, 1024))
            except OSError:
                return
            if self.cut_after is not None and self.moved >= self.cut_after:
                self.cut_after = None
                return
