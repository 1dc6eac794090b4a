"""Print what meters send unasked, decoded, until Ctrl-C.

    python -m tools.listen --port 4060
    make run SET="push=127.0.0.1:4060 push_interval=60 rate=60 events=udp:127.0.0.1:4060 dial=127.0.0.1:4060"
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Any

from tools.cli.errors import INTERRUPTED, NO_CONNECTION, exit_code, message
from tools.cli.options import DEMONSTRATION_PASSWORDS, READER
from tools.cli.render import attribute_text, say, text
from tools.cli.session import object_list, scaler_unit
from tools.cli.trace import Trace, add_option
from tools.dlmsclient import Client, ConnectionLost, Data, DlmsError, ServiceFailure, Tag
from tools.dlmsclient.cosem import SCALED_ATTRIBUTES, attribute_name, obis_name
from tools.dlmsclient.data import elements
from tools.dlmsclient.notifications import DataNotification, EventNotification, InformationReport, Notification
from tools.listen.listener import Arrival, Listener

PORT = 4060
_VALUES = (1, 3, 4, 8)  # classes whose attribute 2 is a value to show
_PARTS = {
    DataNotification: "DataNotification",
    EventNotification: "EventNotification",
    InformationReport: "InformationReport",
}


def _items(body: Data) -> tuple[Data, ...]:
    return elements(body) if body.tag is Tag.STRUCTURE else (body,)


def _fields(notification: Notification) -> dict[str, Any]:
    if isinstance(notification, DataNotification):
        return {
            "invoke_id": notification.number,
            "confirmed": notification.confirmed,
            "time": str(notification.when) if notification.when else None,
            "values": [text(item) for item in _items(notification.body)],
        }
    if isinstance(notification, EventNotification):
        attribute = notification.attribute
        return {
            "time": str(notification.when) if notification.when else None,
            "object": str(attribute.instance),
            "class_id": attribute.class_id,
            "attribute": attribute.attribute_id,
            "value": text(notification.value),
        }
    assert isinstance(notification, InformationReport)
    return {"time": notification.when, "values": {f"{name:04X}": text(value) for name, value in notification.values}}


def describe(arrival: Arrival) -> dict[str, Any]:
    """An arrival as JSON shows it."""
    found: dict[str, Any] = {"transport": arrival.transport, "peer": arrival.peer}
    if arrival.wpdu is not None:
        found |= {"source": arrival.wpdu.source, "destination": arrival.wpdu.destination, "octets": arrival.wpdu.encode().hex().upper()}
    if arrival.notification is None:
        return found | {"error": arrival.error}
    return found | {"apdu": _PARTS.get(type(arrival.notification), "other")} | _fields(arrival.notification)


def line(arrival: Arrival) -> str:
    """An arrival as one line for people."""
    found = describe(arrival)
    head = f"{found['transport']} {found['peer']}"
    if arrival.wpdu is not None:
        head += f" {arrival.wpdu.source}->{arrival.wpdu.destination}"
    if arrival.notification is None:
        return f"{head} cannot be decoded: {found['error']}"
    notification = arrival.notification
    head += f" {found['apdu']}"
    if isinstance(notification, DataNotification):
        asked = ", to be confirmed" if notification.confirmed else ""
        return f"{head} {notification.number}{asked}, {found['time']}: {', '.join(found['values'])}"
    if isinstance(notification, EventNotification):
        attribute = notification.attribute
        name = obis_name(attribute.instance) or f"class {attribute.class_id}"
        named = attribute_name(attribute.class_id, attribute.attribute_id)
        return f"{head} {found['time']}: {name} {attribute.instance} {named} = {found['value']}"
    return f"{head} {found['time']}: " + ", ".join(f"{name} = {value}" for name, value in found["values"].items())


class Printer:
    """Prints in one of the formats."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._json = options.format == "json"
        self.trace = Trace(options.trace) if options.trace else None

    def arrival(self, arrival: Arrival) -> None:
        """One notification."""
        if self.trace and arrival.wpdu is not None:
            self.trace("<", arrival.wpdu.encode(), arrival.peer)
        print(json.dumps(describe(arrival), ensure_ascii=False) if self._json else line(arrival), flush=True)

    def reading(self, peer: str, obis: str, name: str, value: str, unit: str) -> None:
        """One value read over a connection that a meter opened."""
        if self._json:
            print(json.dumps({"peer": peer, "object": obis, "name": name, "value": value, "unit": unit}, ensure_ascii=False), flush=True)
        else:
            print(f"TCP {peer} read {obis} {name}: {value} {unit}".rstrip(), flush=True)


def read(client: Client, peer: str, options: argparse.Namespace, printer: Printer) -> None:
    """Open an AA over a connection that a meter has opened, and print its values (REQUIREMENTS B-20)."""
    password = options.password if options.password is not None else DEMONSTRATION_PASSWORDS.get(options.client, "")
    opened = client.associate(options.client, 1, password or None)
    for item in object_list(opened):
        if item.class_id not in _VALUES or 2 not in item.readable:
            continue
        try:
            value = opened.get(item.class_id, item.instance, 2)
            unit = scaler_unit(opened, item.class_id, item.instance, 2) if item.class_id in SCALED_ATTRIBUTES else None
        except ServiceFailure:
            continue
        shown = attribute_text(item.class_id, 2, value, unit)
        printer.reading(peer, str(item.instance), obis_name(item.instance) or "", shown, unit.symbol if unit else "")
    opened.release()


def _read_next(listener: Listener, options: argparse.Namespace, printer: Printer) -> None:
    """Read over a connection that waits, if there is one, and keep it: the meter may push over it as well."""
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
        prog="python -m tools.listen", description="Print what meters push and tell, decoded. Ctrl-C ends it."
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", type=int, default=PORT, help=f"number on TCP and UDP (default {PORT}, 0: any free one)")
    parser.add_argument("--count", type=int, default=0, metavar="N", help="end after N notifications")
    parser.add_argument("--timeout", type=float, default=0.0, metavar="S", help="end after S seconds without a notification (exit code 3)")
    parser.add_argument("--no-confirm", action="store_true", help="do not confirm pushes that ask for it")
    parser.add_argument("--read", action="store_true", help="open an AA over each connection that a meter opens, and print its values")
    parser.add_argument("--client", type=int, default=READER, metavar="WPORT", help=f"client wPort for --read (default {READER})")
    parser.add_argument("--password", help="LLS secret for --read (default: the demonstration value of that client)")
    parser.add_argument("--patience", type=float, default=10.0, metavar="S", help="seconds to wait for each answer to --read (default 10)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="json: one object a line")
    add_option(parser)
    return parser


def main(words: Sequence[str] | None = None) -> int:
    """Listen until there is enough; the exit code tells."""
    options = build_parser().parse_args(words)
    printer = Printer(options)
    try:
        with Listener(options.host, options.port, confirm=not options.no_confirm) as listener:
            say(f"listening on {listener.address}, TCP and UDP; let a meter push here: make run SET=\"push={listener.address}\"")
            return _serve(listener, options, printer)
    except DlmsError as error:
        say(f"error: {error}.")
        return exit_code(error)
    except KeyboardInterrupt:
        return INTERRUPTED


def _serve(listener: Listener, options: argparse.Namespace, printer: Printer) -> int:
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
        printer.arrival(arrival)
    return 0


if __name__ == "__main__":
    sys.exit(main())
