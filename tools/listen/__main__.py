"""Print what meters send unasked, decoded, until Ctrl-C.

python -m tools.listen --port 4060 make run SET="push=127.0.0.1:4060 push_interval=60 rate=60
events=udp:127.0.0.1:4060 dial=127.0.0.1:4060"
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from collections.abc import Sequence
from typing import Any

from ..cli import IN_CHECKOUT
from ..cli.asking import ask, ask_unit, with_octets
from ..cli.connection import host_and_port, secret_octets
from ..cli.errors import INTERRUPTED, NO_CONNECTION, exit_code, message
from ..cli.meters import read_secret
from ..cli.notices import Directory, fields, learn, line, summary
from ..cli.options import DEMONSTRATION_PASSWORDS, READER
from ..cli.printable import printable
from ..cli.readings import MARK, Reading
from ..cli.render import json_text, print_line, quiet_pipes, say, terminal_width
from ..cli.session import object_list
from ..cli.trace import Trace, add_option
from ..dlmsclient import Client, ConnectionLost, DlmsError, ProtocolError, UsageError
from ..dlmsclient.cosem import obis_name
from .listener import Arrival, Listener

PORT = 4060
_NAMES_FROM = "--names-from"
_VALUES = (1, 3, 4, 8)  # classes whose attribute 2 is a value to show


def describe(arrival: Arrival, directory: Directory | None = None) -> dict[str, Any]:
    """An arrival as JSON shows it."""
    found: dict[str, Any] = {"transport": arrival.transport, "peer": arrival.peer}
    if arrival.wpdu is not None:
        found |= {"source": arrival.wpdu.source, "destination": arrival.wpdu.destination}
    if arrival.lost:
        return found | {"lost": arrival.error}
    if arrival.wpdu is not None:
        found["octets"] = _octets(arrival).hex().upper()
    if arrival.notification is None:
        return found | {"error": arrival.error}
    return found | fields(arrival.notification, directory)


def _octets(arrival: Arrival) -> bytes:
    """The WPDU; of a push in blocks that no WPDU could carry its APDU alone."""
    assert arrival.wpdu is not None
    try:
        return arrival.wpdu.encode()
    except UsageError:
        return arrival.wpdu.apdu


def lines(arrival: Arrival, directory: Directory | None = None, width: int | None = None) -> list[str]:
    """An arrival for people: one line; where that is wider than a terminal of `width`
    characters, a line for each value.
    """
    head = f"{arrival.transport} {arrival.peer}"
    if arrival.wpdu is not None:
        head += f" {arrival.wpdu.source}->{arrival.wpdu.destination}"
    if arrival.lost:
        return [f"{head} a push in general blocks is lost: {arrival.error}"]
    if arrival.notification is None:
        return [f"{head} cannot be decoded: {with_octets(arrival.error, arrival.octets)}"]
    whole = f"{head} {line(arrival.notification, directory)}"
    if width is None or len(whole) <= width:
        return [whole]
    what, values = summary(arrival.notification, directory)
    return [f"{head} {what}:" if values else f"{head} {what}", *values]


class Printer:
    """Prints in one of the formats. ``directories``: what each meter pushes, by its
    address; that of "" is for all others.
    """

    def __init__(self, options: argparse.Namespace) -> None:
        self._json = options.format == "json"
        self.trace = Trace(options.trace) if options.trace else None
        self.directories: dict[str, Directory] = {}

    def arrival(self, arrival: Arrival) -> None:
        """One notification."""
        directory = self.directories.get(_host(arrival.peer), self.directories.get(""))
        if self._json:
            print(json_text(describe(arrival, directory)), flush=True)
            return
        width = terminal_width()
        first, *more = lines(arrival, directory, width)
        print_line(first)
        for value in more:
            for part in textwrap.wrap(
                printable(value), max(20, (width or 0) - 2), subsequent_indent="  ", break_on_hyphens=False
            ):
                print(f"  {part}", flush=True)

    def reading(self, peer: str, reading: Reading) -> None:
        """One value read over a connection that a meter opened."""
        name, told = obis_name(reading.instance), reading.told
        if self._json:
            found = {"peer": peer, "object": str(reading.instance), "name": name, "value": told.text, "unit": told.unit}
            print(json_text(found | ({"remark": reading.remark} if reading.remark else {})), flush=True)
        else:
            marked = f" {MARK} {reading.remark}" if reading.remark else ""
            print_line(f"TCP {peer} read {reading.instance} {name}: {told.line}{marked}")


def _host(peer: str) -> str:
    return peer.rpartition(":")[0]


def secret_of(options: argparse.Namespace) -> bytes | None:
    """LLS secret of the options, the environment or the demonstration
    values; None for the lowest level.
    """
    given = read_secret(options.password_file) if options.password_file else options.password
    if given is None:
        given = os.environ.get("DLMS_PASSWORD", DEMONSTRATION_PASSWORDS.get(options.client, ""))
    return secret_octets(given) or None


def read(client: Client, peer: str, options: argparse.Namespace, printer: Printer) -> None:
    """Open an AA over a connection that a meter has opened, and print
    its values (REQUIREMENTS B-20).
    """
    opened = client.associate(options.client, 1, options.secret)
    odd: list[ProtocolError] = []
    objects = object_list(opened, odd)
    for error in odd:
        say(f"left out of the object list: {with_octets(str(error), error.octets)}")
    printer.directories[_host(peer)] = learn(opened, objects)
    for item in objects:
        if item.class_id not in _VALUES or 2 not in item.readable:
            continue
        answer = ask(opened, item.class_id, item.instance, 2)
        unit, remark = ask_unit(opened, item.class_id, item.instance, 2)
        if answer.refusal is None:
            printer.reading(peer, Reading(item.class_id, item.instance, 2, answer, unit, remark))
    opened.release()


def _ask_meter(options: argparse.Namespace, printer: Printer) -> None:
    """Names and units of what the meter of ``--names-from`` pushes. One that does not
    answer costs them, and nothing else.
    """
    try:
        with Client.tcp(*host_and_port(options.names_from, _NAMES_FROM), options.patience) as client:
            opened = client.associate(options.client, 1, options.secret)
            printer.directories[""] = learn(opened, object_list(opened, []))
            opened.release()
    except DlmsError as error:
        say(f"values stay without names: {options.names_from} was asked what it pushes: {error}")


def _read_next(listener: Listener, options: argparse.Namespace, printer: Printer) -> None:
    """Read over a connection that waits, if there is one, and keep it: the
    meter may push over it as well.
    """
    taken = listener.take(0, options.patience)
    if taken is None:
        return
    client, peer = taken
    client.trace = printer.trace
    try:
        read(client, peer, options, printer)
    except ConnectionLost as error:
        say(message(error))
        client.close()
        return
    except DlmsError as error:
        say(message(error))
    listener.give_back(client, peer)


def build_parser() -> argparse.ArgumentParser:
    """The grammar."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.listen" if IN_CHECKOUT else "dlms-meter listen",
        description="Print what meters push and report, decoded. Ctrl-C ends it.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument(
        "--port", type=int, default=PORT, help=f"number on TCP and UDP (default {PORT}, 0: any free one)"
    )
    parser.add_argument("--count", type=int, default=0, metavar="N", help="end after N notifications")
    parser.add_argument(
        "--timeout",
        type=float,
        default=0.0,
        metavar="S",
        help="end after S seconds without a notification (exit code 3)",
    )
    parser.add_argument("--no-confirm", action="store_true", help="do not confirm pushes that ask for it")
    parser.add_argument(
        _NAMES_FROM,
        metavar="HOST[:PORT]",
        help="ask this meter for the names and units of what it pushes, when the first push comes",
    )
    parser.add_argument(
        "--read", action="store_true", help="open an AA over each connection that a meter opens, and print its values"
    )
    parser.add_argument(
        "--client",
        type=int,
        default=READER,
        metavar="WPORT",
        help=f"client wPort for --read and --names-from (default {READER})",
    )
    secrets = parser.add_mutually_exclusive_group()
    secrets.add_argument(
        "--password", help="LLS secret for them (default: DLMS_PASSWORD, or the demonstration value of that client)"
    )
    secrets.add_argument(
        "--password-file", metavar="FILE", help="its first line is the secret; others may not have the right to read it"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=10.0,
        metavar="S",
        help="seconds to wait for each answer to --read (default 10)",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json: one object a line")
    add_option(parser)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Listen until there is enough; returns the exit code."""
    return quiet_pipes(lambda: _run(words))


def _run(words: Sequence[str] | None) -> int:
    """Listen with these options; returns the exit code. An error becomes one line on stderr."""
    options = build_parser().parse_args(words)
    printer = Printer(options)
    try:
        options.secret = secret_of(options)
        if options.names_from:
            host_and_port(options.names_from, _NAMES_FROM)  # what is wrong with it is said at once
        with Listener(options.host, options.port, confirm=not options.no_confirm) as listener:
            listener.trace = printer.trace
            hint = f': make run SET="push={listener.address}"' if IN_CHECKOUT else ""
            say(f"listening on {listener.address}, TCP and UDP; let a meter push here{hint}")
            return _serve(listener, options, printer)
    except DlmsError as error:
        say(f"error: {error}.")
        return exit_code(error)
    except KeyboardInterrupt:
        return INTERRUPTED


def _serve(listener: Listener, options: argparse.Namespace, printer: Printer) -> int:
    """Print arrivals until there are `count` of them (0: without end) or `timeout` seconds were
    silent; returns the exit code.
    """
    seen = 0
    quiet = 0.0
    step = 0.2
    while options.count == 0 or seen < options.count:
        if options.read:
            _read_next(listener, options, printer)
        arrival = listener.next(step)
        if arrival is None:
            quiet += step
            if options.timeout and quiet >= options.timeout:
                return NO_CONNECTION
            continue
        quiet = 0.0
        seen += 1
        if options.names_from and seen == 1:
            _ask_meter(options, printer)
        printer.arrival(arrival)
    return 0


if __name__ == "__main__":
    sys.exit(main())
