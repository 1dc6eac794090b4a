"""Command line: exit code 0, or 1 and one line `error: …`."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from pathlib import Path

from . import catalog, deploy, firmware, flash, newmap, package, provision, target
from .catalog import BoardError
from .repl import TIMEOUT, Repl


def _parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    parser = argparse.ArgumentParser(prog="python -m tools.image.boards", description="Get the meter onto boards.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str, *, board: bool = False, port: bool = False) -> argparse.ArgumentParser:
        """A command. board, port: whether it takes a board, and the serial port of one."""
        one = commands.add_parser(name, help=text, description=text)
        if board:
            one.add_argument("--board", metavar="BOARD", help=", ".join(catalog.BOARDS))
        if port:
            one.add_argument(
                "--target", metavar="TARGET", help="id:<usb-serial>, /dev/ttyACM0, COM5, socket://…, rfc2217://…"
            )
            one.add_argument(
                "--timeout",
                type=float,
                default=TIMEOUT,
                metavar="S",
                help="seconds of silence allowed (default %(default)s)",
            )
        return one

    one = add("flash", "write a MicroPython image", board=True, port=True)
    one.add_argument("--image", type=Path, metavar="FILE", help="MicroPython's .uf2 or .bin file for the board")
    one.add_argument("--erase", action="store_true", help="ESP32: erase the whole flash first, files included")
    one.add_argument(
        "--erase-state",
        action="store_true",
        help="RP2: also an image with another map of the flash; the board's files and its state are erased",
    )
    one = add("deploy", "copy the firmware's changed files", board=True, port=True)
    one.add_argument("--no-reset", action="store_true", help="leave the board at its REPL")
    one = add("provision", "write Wi-Fi access, secrets and serial number", port=True)
    one.add_argument("--ssid", help="of the Wi-Fi network; its key is asked for")
    one.add_argument("--open", action="store_true", help="the network has no key")
    one.add_argument("--hostname", help="name of the meter in the network")
    one.add_argument("--serial", help="eight digits; logical device names and system titles are made from it")
    one.add_argument(
        "--secrets", action="store_true", help="ask for the secrets of the reading and the management client"
    )
    one.add_argument("--set", nargs="+", default=[], metavar="key=value", help="keys of the meter's configuration")
    one.add_argument(
        "--from", type=Path, dest="file", metavar="FILE", help="JSON file with all of it, readable by its owner only"
    )
    one.add_argument(
        "--new-map",
        action="store_true",
        help="give the flash the map of the board's image, with a store; the files on the board are carried over",
    )
    one.add_argument(
        "--erase-state",
        action="store_true",
        help="erase what the meter keeps in its store, which belongs to one serial number",
    )
    one.add_argument("--show", action="store_true", help="only show what the board has; secrets stay hidden")
    one.add_argument("--no-reset", action="store_true", help="leave the board at its REPL")
    one = add("firmware", "build an image with the meter frozen into it", board=True)
    one.add_argument("--top", type=Path, metavar="FOLDER", help="MicroPython source tree")
    one = add("package", "write the package.json files for mip")
    one.add_argument("--check", action="store_true", help="only compare")
    add("list", "list the boards that are plugged in")
    return parser


def _say(text: str) -> None:
    print(text, flush=True)


def _flash(options: argparse.Namespace) -> None:
    flash.flash(catalog.find(options.board), options.image, options.target, options.erase, _say, options.erase_state)


def _deploy(options: argparse.Namespace) -> None:
    board = catalog.find(options.board)
    with Repl.open(target.resolve(options.target), options.timeout) as repl:
        outcome = deploy.deploy(repl, board, _say)
        _say(f"{len(outcome.sent)} sent, {len(outcome.unchanged)} unchanged, {len(outcome.removed)} removed")
        if not options.no_reset:
            repl.reset()


def _provision(options: argparse.Namespace) -> None:
    """Collect what is to be written, from a file, the options and questions; then write it, or show
    what the board has.
    """
    wanted = provision.from_file(options.file) if options.file else provision.Provision()
    for name in ("ssid", "hostname", "serial"):
        if (text := getattr(options, name)) is not None:
            wanted.put(name, text)
    for word in options.set:
        key, value = provision.setting(word)
        if key in provision.TEXTS:
            wanted.put(key, str(value))
        else:
            wanted.config[key] = value
    if options.open:
        wanted.put("key", "")
    elif options.ssid and "key" not in wanted.texts:
        wanted.put("key", _ask("Key of the Wi-Fi network: "))
    if options.secrets:
        for name in provision.CLIENTS:
            wanted.put(name, _ask(f"Secret of the {name} client: "))
    on_flash = options.new_map or options.erase_state
    if not options.show and not on_flash and not wanted.by_file():
        raise BoardError("nothing to write: give --ssid, --serial, --secrets, --set or --from (or --show, --new-map)")
    with Repl.open(target.resolve(options.target), options.timeout, fresh=on_flash) as repl:
        if options.new_map:
            newmap.make(repl, _say)
        elif options.erase_state:
            newmap.erase_state(repl, _say)
        for line in provision.show(repl) if options.show else provision.provision(repl, wanted):
            _say(line)
        if not options.show and not options.no_reset:
            repl.reset()


def _ask(prompt: str) -> str:
    """A secret, typed unseen."""
    if not sys.stdin.isatty():
        raise BoardError("secrets are asked for in a terminal; without one give them in a file: --from FILE")
    return getpass.getpass(prompt)


def _firmware(options: argparse.Namespace) -> None:
    firmware.build(catalog.find(options.board), options.top, _say)


def _package(options: argparse.Namespace) -> None:
    if not options.check:
        package.write()
    elif stale := package.stale():
        names = ", ".join(path.relative_to(catalog.ROOT).as_posix() for path in stale)
        raise BoardError(f"{names}: not what the tree says; run python -m tools.image.boards package")


def _list(options: argparse.Namespace) -> None:
    ports = target.plugged_in()
    if not ports:
        _say(
            "no board is plugged in (a cable without data lines, a board that is off and one in its boot loader "
            "look the same)"
        )
    for port in ports:
        _say(f"{port.device}  id:{port.serial}  {port.vendor}")


COMMANDS = {
    "flash": _flash,
    "deploy": _deploy,
    "provision": _provision,
    "firmware": _firmware,
    "package": _package,
    "list": _list,
}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        COMMANDS[options.command](options)
    except BoardError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("error: interrupted; it can be repeated", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
