"""``raw``: APDUs sent as they are, in an association or without one, and what comes back explained."""

from __future__ import annotations

import argparse
import contextlib

from ..dlmsclient import Client, DlmsError, Timeout, Wpdu
from ..dlmsclient.octets import parse_hex
from ..dlmsclient.wrapper import HEADER_SIZE
from ..explain import Conversation, Explained, Octets
from ..explain.lines import WIDTH, as_json, heading, text_lines
from .errors import Faulty
from .render import print_json, print_line, terminal_width
from .session import client_wport_of, link, open_association

_WRAPPED = b"\x00"  # no APDU begins with it


def run(options: argparse.Namespace) -> None:
    """Send, and print what comes."""
    octets = [parse_hex(word) for word in options.apdus]
    conversation, answers = Conversation(), []
    with link(options) as client:
        opened = None if options.no_association else open_association(client, options)
        for each in octets:
            wpdu = each if each[:1] == _WRAPPED else Wpdu(client_wport_of(options), options.server, each).encode()
            conversation.take(Octets(wpdu))
            client.send_octets(wpdu)
            if not options.no_answer:
                answers.append(_answer(client, conversation))
                if options.format != "json":
                    _print(answers[-1])
        if opened is not None:
            with contextlib.suppress(DlmsError):  # what was sent may have ended it
                opened.release()
    if options.format == "json":
        print_json([as_json(answer) for answer in answers])
    if any(answer.faults for answer in answers):
        raise Faulty


def _answer(client: Client, conversation: Conversation) -> Explained:
    """The next WPDU, whatever it is."""
    wpdu = client.receive()
    if wpdu is None:
        raise Timeout(f"no answer within {client.timeout:g} s")
    return conversation.take(Octets(wpdu.encode()))


def _print(answer: Explained) -> None:
    apdu = answer.description.octets.cut(HEADER_SIZE, len(answer.description.octets))
    print_line(f"{heading(answer, '<')}: {apdu.hex()}")
    for line in text_lines(answer, terminal_width() or WIDTH):
        print(line)  # the lines are made for a terminal
