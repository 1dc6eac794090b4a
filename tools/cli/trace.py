"""``--trace``: every WPDU as it goes, in hexadecimal or explained;
secrets as ``**``, one pair an octet.
"""

from __future__ import annotations

import argparse

from ..dlmsclient.wrapper import HEADER_SIZE
from .render import say, terminal_width

HEX, EXPLAIN = "hex", "explain"


class Trace:
    """Prints WPDUs on stderr; `Client` calls it with direction and octets. ``how``: HEX or EXPLAIN."""

    def __init__(self, how: str = HEX) -> None:
        from ..explain import Conversation  # only traces need it, and it takes its time

        self._how = how
        self._open = Conversation()  # sees everything, and so knows what is a secret
        self._shown = Conversation()  # sees what is shown

    def __call__(self, direction: str, octets: bytes, link: str = "") -> None:
        """Show one WPDU. ``link`` distinguishes several connections."""
        from ..explain import Octets
        from ..explain.lines import WIDTH, heading, text_lines

        masked = self._open.take(Octets(octets), link).masked
        if self._how == HEX:
            header = masked.cut(0, HEADER_SIZE).data.hex(" ", 2).upper()
            say(f"{direction} {header}  {masked.cut(HEADER_SIZE, len(masked)).hex()}".rstrip())
            return
        explained = self._shown.take(masked, link)
        for line in [heading(explained, direction), *text_lines(explained, terminal_width() or WIDTH)]:
            say(line)


def add_option(parser: argparse._ArgumentGroup | argparse.ArgumentParser, default: object = None) -> None:
    """``--trace`` and ``--trace=explain``."""
    parser.add_argument(
        "--trace",
        action="store_const",
        const=HEX,
        default=default,
        help="print every WPDU as hex on stderr, secrets as **",
    )
    parser.add_argument(
        f"--trace={EXPLAIN}",
        dest="trace",
        action="store_const",
        const=EXPLAIN,
        default=default,
        help="… and explain every octet",
    )
