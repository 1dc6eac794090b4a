"""The program: ``python -m tools.state show|check|export FILE``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..cli.render import json_text, print_line, print_table, quiet_pipes, say
from ..cli.tables import Column
from .image import StateError, open_image
from .reading import Store, exported, is_secret, name_of, read

DONE, DAMAGED, USAGE, NO_STORE, INTERRUPTED = 0, 1, 2, 3, 130

_EPILOG = """\
exit codes: 0 done, 1 check: something is damaged, 2 wrong command line, 3 the file cannot be read or written, or is
            no store
"""


def build_parser() -> argparse.ArgumentParser:
    """The grammar."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.state",
        description="Show, check and export what a meter keeps. The file is not changed.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="show|check|export")
    for name, text in (
        ("show", "identity, health, registers, records and rows, as tables"),
        ("check", "what is damaged, one line each"),
        ("export", "everything as JSON"),
    ):
        one = commands.add_parser(name, help=text, description=f"Print {text}.")
        one.add_argument("file", type=Path, metavar="FILE", help="the file of `state=`, or a copy of a board's flash")
        if name == "export":
            one.add_argument("--output", type=Path, metavar="FILE", help="write it to this file, which must be new")
            one.add_argument(
                "--with-secrets",
                action="store_true",
                help="secrets and keys too; needs --output, and only you may read that file",
            )
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code."""
    return quiet_pipes(lambda: _run(words))


def _run(words: Sequence[str] | None) -> int:
    """Run one command; returns the exit code. An error becomes one line on stderr."""
    parser = build_parser()
    options = parser.parse_args(words)
    if options.command == "export" and options.with_secrets and options.output is None:
        parser.error("--with-secrets needs --output: secrets are not for a terminal")
    try:
        store = read(open_image(options.file))
        if options.command == "show":
            show(store)
        elif options.command == "check":
            return check(store)
        else:
            export(store, options.output, options.with_secrets)
    except StateError as error:
        text = str(error)
        say(f"error: {text}." if str(options.file) in text else f"error: {options.file}: {text}.")
        return NO_STORE
    except KeyboardInterrupt:
        return INTERRUPTED
    return DONE


def check(store: Store) -> int:
    """Print what is damaged; returns the exit code."""
    for line in store.damage:
        print_line(f"damaged: {line}")
    for line in store.notes:
        print_line(f"note: {line}")
    if not store.damage:
        rows = sum(ring.whole for ring in store.rings)
        print_line(f"sound: {len(store.records)} records and {rows:,} rows agree with their CRC")
    return DAMAGED if store.damage else DONE


def export(store: Store, output: Path | None, secrets: bool) -> None:
    """Print everything as JSON, or write it to a new file that only its owner may read."""
    text = json_text(exported(store, secrets), indent=2)
    if output is None:
        print(text)
        return
    try:
        with os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text + "\n")
    except OSError as error:
        raise StateError(f"{output}: {error.strerror or error}") from None


def show(store: Store) -> None:
    """Print everything as tables."""
    print_table("Store", _NAME_AND_VALUE, _head(store))
    if store.registers:
        print_table("Registers", _NAME_AND_VALUE, [[name, str(value)] for name, value in store.registers.items()])
    if store.rings:
        print_table("Rows", _RING, [_ring(ring) for ring in store.rings])
    print_table("Records", _RECORD, [_record(key, value) for key, value in store.records.items()])


_NAME_AND_VALUE = [Column("what"), Column("value")]
_RING = [
    Column("ring"),
    *(Column(name, numeric=True) for name in ("sectors", "octets", "first", "last", "rows", "corrupt")),
]
_RECORD = [Column("key", numeric=True), Column("what"), Column("octets", numeric=True), Column("value", worth=1)]
_SHOWN = 24  # octets of a record


def _head(store: Store) -> list[list[str]]:
    """Lines on the store as a whole: what it is, whose, and what is damaged."""
    identity = store.identity
    lines = [["sectors", str(store.sectors)]]
    if identity is not None:
        parts = ", ".join(f"{area['area']} {area['sectors']}" for area in identity["map"])
        lines += [
            ["serial number", identity["serial"]],
            ["version", str(identity["version"])],
            ["map, sectors", parts],
        ]
    lines += [["journal", f"generation {store.generation}, {store.used:,} octets in use"]]
    lines += [[f"counter {i}", f"not beyond {value:,}"] for i, value in store.counters.items()]
    lines += [["damaged", line] for line in store.damage] or [["damaged", "nothing"]]
    return lines + [["note", line] for line in store.notes]


def _ring(ring: Any) -> list[str]:
    return [
        ring.name,
        *(str(n) for n in (ring.sectors, ring.size, ring.first, ring.last, ring.whole, ring.corrupt)),
    ]


def _record(key: int, value: bytes) -> list[str]:
    if is_secret(key):
        shown = "**"
    else:
        shown = value[:_SHOWN].hex(" ").upper() + (" …" if len(value) > _SHOWN else "")
    return [str(key), name_of(key), str(len(value)), shown]


if __name__ == "__main__":
    sys.exit(main())
