"""`trace=on`: every request and every answer in hexadecimal, the secrets in it too. What is sent unasked is not shown."""

import time

from dlms.wrapper import HEADER


def begin(server):
    """Make a server print every WPDU in hexadecimal, as received and as answered; of one that is too long, its header."""
    serve = server.serve
    more = server.more
    too_long = server.too_long

    def show(link, way, octets):
        print("TRACE", time.ticks_ms(), link.name(), way, bytes(octets).hex())

    def answered(link, tx, size):
        if size:
            show(link, ">", tx[:size])
        return size

    def traced_serve(link, rx, off, n, tx):
        show(link, "<", rx[off : off + n])
        return answered(link, tx, serve(link, rx, off, n, tx))

    def traced_more(link, tx):
        return answered(link, tx, more(link, tx))

    def traced_too_long(link, rx, tx):
        show(link, "<", rx[:HEADER])
        return answered(link, tx, too_long(link, rx, tx))

    # the short way is left out, so that every request goes the way that is traced
    server.handle = server.serve = traced_serve
    server.more = traced_more
    server.too_long = traced_too_long
    server.short = not_short


def not_short(keys, ways, rx, off, n, tx, served):
    """In place of the short way."""
    return 0
