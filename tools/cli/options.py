"""The command line's grammar: global options, subcommands, and their help."""

from __future__ import annotations

import argparse
from typing import Any

from ..dlmsclient.wrapper import ALL_STATION, DEFAULT_PORT
from . import PROGRAM, connection, trace
from .connection import ranged
from .render import FORMATS
from .values import SYNTAX

PUBLIC = 16
READER = 32
MANAGEMENT = 48
# Demonstration values of the reference meter; a real meter has its own.
SHORT_NAME_READER = 64
SHORT_NAME_MANAGEMENT = 80
DEMONSTRATION_PASSWORDS = {
    READER: "12345678",
    MANAGEMENT: "87654321",
    SHORT_NAME_READER: "12345678",
    SHORT_NAME_MANAGEMENT: "87654321",
}
CONFIRMED, UNCONFIRMED = "confirmed", "unconfirmed"
LOAD_PROFILE = "1.0.99.1.0.255"

_EPILOG = """\
options stand before or after the command

exit codes: 0 done, 1 the meter refused or some of its answers were odd (they are marked), 2 wrong command line,
            3 no connection or no answer, 130 interrupted; what was read before is shown

examples
  dlms-meter read
  dlms-meter read --object 1.0.99.1.0.255 --range 2026-05-01 2026-05-02 --format csv
  dlms-meter get 1-0:1.8.0*255 value
  dlms-meter get 1.0.1.8.0.255:value 1.0.2.8.0.255:2 0.0.1.0.0.255:time
  dlms-meter --meter lab --format json get 1.0.1.8.0.255:value
  dlms-meter --client 48 set 0-0:1.0.0*255 time_zone long:-60
  dlms-meter --client 48 action 0-0:1.0.0*255 shift_time long:30
  dlms-meter --client 48 --host 239.255.0.1 set 0-0:96.128.1*255 2 double-long-unsigned:5 --class 1 --broadcast
  dlms-meter --sn get 1-0:1.8.0*255 value
  dlms-meter --udp --gbt 8 get 1.0.99.1.0.255 buffer
  dlms-meter --client 48 access --get 0.0.1.0.0.255 time --set 0.0.96.128.1.255 value double-long-unsigned:5
"""

_DECODE = """\
examples
  dlms-meter decode 0001 0010 0001 0005 6203800100
  dlms-meter --trace get 1.0.1.8.0.255 value 2>&1 | dlms-meter decode
  dlms-meter decode capture.pcapng --json
in a text with lines that begin with > or <, as --trace prints them, those are taken;
hex dumps with offsets are understood
"""


class _InOrder(argparse.Action):
    """Several options into one list, in the order in which they stand: (option, its
    words and None for a missing value).
    """

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        assert option_string is not None  # it has no positional form
        kept = getattr(namespace, self.dest) or []
        setattr(namespace, self.dest, [*kept, (option_string.lstrip("-"), [*values, None][:3])])


def _add_common(parser: argparse.ArgumentParser, defaults: bool) -> None:
    """The global options. On a subcommand they have no defaults, so that they
    do not undo what stood before it.
    """

    def default(value: object) -> object:
        return value if defaults else argparse.SUPPRESS

    group = parser.add_argument_group(
        "the meter and the association", "each of these may also be a variable, DLMS_HOST and so on"
    )
    clients = (
        f"client wPort: {PUBLIC} public, {READER} reader, {MANAGEMENT} management "
        f"(default {READER}, with --sn {SHORT_NAME_READER}; discover: {PUBLIC})"
    )
    short_names = (
        f"short names instead of logical ones (client {SHORT_NAME_READER} reads, {SHORT_NAME_MANAGEMENT} writes)"
    )
    connection.add_options(group, defaults, clients, short_names)
    output = parser.add_argument_group("output")
    output.add_argument("--format", choices=FORMATS, default=default("table"), help="default table")
    trace.add_option(output, default(None))


def _add_target(parser: argparse.ArgumentParser, index: str) -> None:
    parser.add_argument("object", metavar="OBIS", help="1-0:1.8.0*255 or 1.0.1.8.0.255")
    parser.add_argument("index", metavar=index.upper(), help=f"number or name of the {index}")
    _add_request(parser)


def _add_request(parser: argparse.ArgumentParser) -> None:
    """The options of a single request."""
    parser.add_argument(
        "--invoke-id", type=ranged(0, 15), metavar="N", help="invoke-id of the request, 0 to 15; further ones count on"
    )
    parser.add_argument(
        "--service-class",
        choices=(CONFIRMED, UNCONFIRMED),
        default=CONFIRMED,
        help="of the request; an unconfirmed SET or ACTION is not answered, a GET may be (default confirmed)",
    )
    parser.add_argument(
        "--class",
        dest="class_id",
        type=ranged(0, 65535),
        metavar="N",
        help="class-id (default: looked up in the object list)",
    )


def _add_block_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--block-size",
        type=ranged(1, 65535),
        metavar="N",
        help="send the value in blocks of N octets (default: only if too long)",
    )


def _add_silent(parser: argparse.ArgumentParser) -> None:
    """The options of services without an answer."""
    silent = parser.add_argument_group("over UDP without an answer: needs --class, because nothing can be looked up")
    silent.add_argument(
        "--unconfirmed", action="store_true", help="in an unconfirmed association, opened and released with it"
    )
    silent.add_argument(
        "--broadcast",
        action="store_true",
        help=f"the same in every logical device: to wPort {ALL_STATION}, or --server",
    )
    silent.add_argument(
        "--preestablished", action="store_true", help="with one of these: neither opened nor released, it is there"
    )


def _add_rows(parser: argparse.ArgumentParser) -> None:
    rows = parser.add_mutually_exclusive_group()
    rows.add_argument(
        "--range", nargs=2, metavar=("FROM", "TO"), help="rows of this time: 2026-05-01 or 2026-05-01T12:00+02:00"
    )
    rows.add_argument(
        "--entries", nargs=2, type=ranged(0, 0xFFFFFFFF), metavar=("A", "B"), help="rows A to B from 1; B 0: the last"
    )


def build_parser() -> argparse.ArgumentParser:
    """The whole grammar."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Read, write and explore a DLMS/COSEM meter over TCP or UDP.",
        epilog=_EPILOG.replace("dlms-meter", PROGRAM),
        formatter_class=raw,
    )
    _add_common(parser, defaults=True)
    common = argparse.ArgumentParser(add_help=False)
    _add_common(common, defaults=False)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    read = commands.add_parser(
        "read",
        parents=[common],
        help="values with units, and the newest rows of the load profile",
        description="Walk the object list and print the values; then the newest rows of the load profile.\n"
        "As CSV: the values, or with --range, --entries or a profile as --object its rows.",
        formatter_class=raw,
    )
    read.add_argument("--object", action="append", metavar="OBIS", help="only this object (may be repeated)")
    read.add_argument(
        "--attribute", action="append", metavar="N", help="these attributes, by number or name (may be repeated)"
    )
    read.add_argument("--all", action="store_true", help="every readable attribute")
    read.add_argument(
        "--rows",
        type=ranged(0, 1_000_000),
        metavar="N",
        help="newest rows of the load profile (default 8; 96 with --plot)",
    )
    read.add_argument(
        "--plot",
        nargs="?",
        const="",
        metavar="FILE.svg",
        help="draw the rows of the load profile, or of the profiles named with --object: here in place of a "
        "table, or into FILE.svg",
    )
    _add_rows(read)

    commands.add_parser("objects", parents=[common], help="the object list with the rights of this client")

    get = commands.add_parser(
        "get",
        parents=[common],
        usage="%(prog)s [options] OBIS ATTRIBUTE | OBIS:ATTRIBUTE [OBIS:ATTRIBUTE ...]",
        help="read one attribute, or several over one association",
        description="Read one attribute, or several over one association: by lists where the meter takes them, each "
        "in its row.",
    )
    get.add_argument(
        "targets", nargs="+", metavar="OBIS:ATTRIBUTE", help="1-0:1.8.0*255:value or 1.0.1.8.0.255:2, number or name"
    )
    _add_request(get)
    _add_rows(get)

    set_ = commands.add_parser("set", parents=[common], help="write one attribute", epilog=SYNTAX, formatter_class=raw)
    _add_target(set_, "attribute")
    set_.add_argument("value", metavar="VALUE", help="TYPE:CONTENT, see below")
    _add_block_size(set_)
    _add_silent(set_)

    action = commands.add_parser(
        "action", parents=[common], help="invoke one method", epilog=SYNTAX, formatter_class=raw
    )
    _add_target(action, "method")
    action.add_argument(
        "value", metavar="VALUE", nargs="?", help="parameter as TYPE:CONTENT, see below (default: integer:0)"
    )
    action.add_argument("--no-parameter", action="store_true", help="send no parameter at all")
    _add_block_size(action)
    _add_silent(action)

    several = commands.add_parser(
        "access",
        parents=[common],
        help="read, write and invoke several things with one request, in order",
        epilog=SYNTAX,
        formatter_class=raw,
    )
    for name, words in (("get", "OBIS ATTRIBUTE"), ("set", "OBIS ATTRIBUTE VALUE"), ("action", "OBIS METHOD VALUE")):
        several.add_argument(
            f"--{name}",
            action=_InOrder,
            dest="items",
            nargs=len(words.split()),
            metavar=tuple(words.split()),
            help={
                "get": "read an attribute",
                "set": "write one",
                "action": "invoke a method; null-data for no parameter",
            }[name],
        )
    several.add_argument("--break-on-error", action="store_true", help="after the first error do nothing more")
    several.add_argument("--self-descriptive", action="store_true", help="let the answer repeat what was asked")

    raw_ = commands.add_parser(
        "raw",
        parents=[common],
        help="send APDUs as they are, print and explain the answers",
        description="Send APDUs in hexadecimal as they are, one after the other, and explain what comes back; what "
        "begins with 00 is\n"
        "sent as a WPDU with a header of its own. Blocks of the answers are joined. --trace shows the "
        "requests as well.",
        formatter_class=raw,
    )
    raw_.add_argument("apdus", nargs="+", metavar="HEX", help="an APDU, octets together or in quotes")
    raw_.add_argument("--no-association", action="store_true", help="send no AARQ before, and no RLRQ after")
    raw_.add_argument("--no-answer", action="store_true", help="wait for no answer")

    decode = commands.add_parser(
        "decode",
        help="explain octets: pasted hexadecimal of WPDUs or APDUs, or a pcap or pcapng file",
        description="Explain WPDUs and APDUs octet by octet: what each is, its value, and the id of the rule in "
        "docs/REQUIREMENTS.md\n"
        "behind it; blocks are joined. Exit code 1 when something could not be explained: it is marked with !!.",
        epilog=_DECODE.replace("dlms-meter", PROGRAM),
        formatter_class=raw,
    )
    decode.add_argument(
        "octets",
        metavar="HEX",
        nargs="*",
        help="hexadecimal, ** for a hidden octet; or a file; nothing or -: standard input",
    )
    decode.add_argument("--json", action="store_true", help="as JSON, each octet in one of the fields")
    decode.add_argument("--brief", action="store_true", help="one line for a descriptor, a component or a whole value")
    decode.add_argument(
        "--port",
        type=ranged(1, 65535),
        default=DEFAULT_PORT,
        help=f"of the meter, in a capture file (default {DEFAULT_PORT})",
    )

    discover = commands.add_parser(
        "discover", parents=[common], help="logical devices, their names, firmware, and the associations they offer"
    )
    discover.add_argument(
        "--no-probe", action="store_true", help="do not ask as the usual clients, without a password, what they meet"
    )
    # Its words go on to the program of that name, which has its own options: `main`.
    commands.add_parser("listen", add_help=False, help="print what meters push; its own options: `listen --help`")
    return parser
