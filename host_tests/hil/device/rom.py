"""STAND-IN for a board's firmware image, run by MicroPython's unix port: mounts the flash,
runs boot.py and main.py, serves the REPL.

What is frozen into a board's image comes from the folders in STANDIN_PATH; a file in the flash
takes precedence. STANDIN_RAW=1 starts in the raw REPL without main.py, as a soft reset there does.
The process behind the serial port (`standin.py`) learns by lines on a pipe what a board would do
by its hardware: `run`, `idle`, `reset …`, `wdt …`, `feed`.
"""

import os
import sys
import vfs

import standin_state

BLOCK = 4096
PROMPT = ">>> "
RAW_BANNER = "raw REPL; CTRL-B to exit\n>"
tell = standin_state.tell


class Flash:
    """The flash as a block device, kept in a file of the host."""

    def __init__(self, path):
        self.f = open(path, "r+b")
        self.blocks = self.f.seek(0, 2) // BLOCK

    def readblocks(self, n, buf, off=0):
        self.f.seek(n * BLOCK + off)
        self.f.readinto(buf)

    def writeblocks(self, n, buf, off=0):
        self.f.seek(n * BLOCK + off)
        self.f.write(buf)

    def ioctl(self, op, arg):
        return self.blocks if op == 4 else BLOCK if op == 5 else 0


def mount():
    """The file system; a new one is provisioned: access to the Wi-Fi network that
    `network` stands in for, a port that is free.
    """
    flash = standin_state.flash = Flash(os.getenv("STANDIN_FLASH"))
    try:
        vfs.mount(vfs.VfsLfs2(flash), "/flash")
    except OSError:
        vfs.VfsLfs2.mkfs(flash)
        vfs.mount(vfs.VfsLfs2(flash), "/flash")
        with open("/flash/wifi.json", "w") as f:
            f.write('{"ssid": "lab"}')
        with open("/flash/config.json", "w") as f:
            f.write('{"bind": "127.0.0.1", "port": 0, "ntp": "", "state": "", "serial": "00000042"}')
    os.chdir("/flash")


def attempt(work):
    """Run something as a board's REPL does: an exception is printed, Ctrl-C is
    one; SystemExit is a soft reset.
    """
    tell("run")
    try:
        work()
    except SystemExit:
        tell("reset soft")
        wait_for_the_end()
    except BaseException as error:
        return error
    finally:
        tell("idle")
    return None


def wait_for_the_end():
    import time

    while True:
        time.sleep(1)


def run_file(name):
    """A program of the flash, or the one of the image."""

    def work():
        for folder in [""] + sys.path:
            path = folder + "/" + name if folder else name
            try:
                with open(path) as f:
                    source = f.read()
            except OSError:
                continue
            exec(source, {"__name__": "__main__"})
            return

    error = attempt(work)
    if error is not None:
        sys.print_exception(error, sys.stdout)


def friendly():
    """One line at a time; returns when the raw REPL is asked for."""
    write = sys.stdout.write

    def banner():
        write("\nMicroPython stand-in on %s; not a board\n" % sys.platform)
        write('Type "help()" for more information.\n' + PROMPT)

    banner()
    space = {"__name__": "__main__"}
    line = b""
    while True:
        octet = sys.stdin.buffer.read(1)
        if octet == b"\x01":
            return
        if octet == b"\x02":
            banner()
            line = b""
        elif octet == b"\x03":
            write("\n" + PROMPT)
            line = b""
        elif octet == b"\x04" and not line:
            write("\nMPY: soft reboot\n")
            tell("reset soft")
            wait_for_the_end()
        elif octet == b"\r":
            write("\n")
            evaluate(line.decode(), space)
            line = b""
            write(PROMPT)
        elif octet >= b" ":
            line += octet
            write(octet.decode())


def evaluate(text, space):
    def work():
        try:
            value = eval(text, space)
        except SyntaxError:
            exec(text, space)
            return
        if value is not None:
            print(repr(value))

    if text:
        error = attempt(work)
        if error is not None:
            sys.print_exception(error, sys.stdout)


def raw():
    """Programs ended by Ctrl-D; returns when the friendly REPL is asked for."""
    write = sys.stdout.write
    write(RAW_BANNER)
    space = {"__name__": "__main__"}
    text = bytearray()
    while True:
        octet = sys.stdin.buffer.read(1)
        if octet == b"\x02":
            return
        if octet == b"\x01":
            write(RAW_BANNER)
            text = bytearray()
        elif octet == b"\x03":
            text = bytearray()
        elif octet == b"\x05" and not text:
            sys.stdin.buffer.read(2)
            write("R\x00")  # raw paste is known and not offered
        elif octet != b"\x04":
            text += octet
        elif not text:
            write("OK\nMPY: soft reboot\n")
            tell("reset soft-raw")
            wait_for_the_end()
        else:
            source = bytes(text).decode()
            text = bytearray()
            if not ("loses-ok" in standin_state.faults and "reset()" in source):
                write("OK")
            error = attempt(lambda source=source: exec(source, space))
            write("\x04")
            if error is not None:
                sys.print_exception(error, sys.stdout)
            write("\x04>")


def main():
    sys.path[:] = [""] + os.getenv("STANDIN_PATH").split(":")
    sys.argv[:] = [""]
    mount()
    run_file("boot.py")
    in_raw = bool(os.getenv("STANDIN_RAW"))
    if not in_raw:
        run_file("main.py")
    while True:
        try:
            if in_raw:
                raw()
            else:
                friendly()
        except KeyboardInterrupt:  # it came a moment after what it was meant for
            tell("idle")
            continue
        in_raw = not in_raw


main()
