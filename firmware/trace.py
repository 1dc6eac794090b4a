"""`trace=on`: every request and every answer in hexadecimal, secrets as `**`.
What is sent unasked is not shown.
"""

import time

from dlms.codec.wrapper import HEADER
from masks import Masks


def traced(server, say):
    """Make a server write, by `say`, every WPDU in hexadecimal, as received and as answered;
    of one that is too long, its header. Returns the server, for the transports: they keep
    `server.fast`, and must be made of one that is traced already.
    """
    serve = server.serve
    more = server.more
    too_long = server.too_long

    masks = Masks()

    def show(link, way, text):
        say("TRACE %d %s %s %s" % (time.ticks_ms(), link.name(), way, text))

    def answered(link, tx, size):
        if size > 0:  # below 0: the connection has to end (`dlms.ln.whole`)
            show(link, ">", bytes(tx[:size]).hex())
        return size

    def traced_serve(link, rx, off, n, tx):
        show(link, "<", masks.hex(link.name(), bytes(rx[off : off + n])))
        return answered(link, tx, serve(link, rx, off, n, tx))

    def traced_more(link, tx):
        return answered(link, tx, more(link, tx))

    def traced_too_long(link, rx, tx, have=HEADER):
        show(link, "<", bytes(rx[:HEADER]).hex())
        return answered(link, tx, too_long(link, rx, tx, have))

    # the fast path is left out, so that every request goes the way that is traced
    server.handle = server.serve = traced_serve
    server.more = traced_more
    server.too_long = traced_too_long
    server.fast = not_fast
    return server


def not_fast(keys, ways, rx, off, n, tx, served):
    """In place of the fast path."""
    return 0
