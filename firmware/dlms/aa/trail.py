"""What the log is told of AAs and of WPDUs that come to nothing.

    TCP client=<address>/<wPort> server=<address>/<wPort>              Protocol_Connection_Parameters of an AA
    … answer=<six digits>                                              why an AARQ was refused
    … reason=<word>                                                    why a WPDU was dropped, at DEBUG
    … service=<word>                                                   what was done, or refused, without an answer, at DEBUG

A WPDU that gets no answer and does nothing leaves that one line (REQUIREMENTS A-58); where
the log does not take DEBUG, no heap.
"""

from dlms.codec.octets import get16


def no_log(level, component, event, text):
    """Where nobody listens."""


def trail(link, client, server):
    """Protocol_Connection_Parameters as text, wPorts as numbers (IEC 62056-9-7 §8, B-22)."""
    return "%s client=%s/%d server=%s/%d" % (
        "TCP" if link.carrier.stream else "UDP",
        link.name(),
        client,
        link.local,
        server,
    )


def refused(server, link, pair, q, answer):
    """An AARQ between the wPorts pair[q:q+4] opens no AA, and is answered so:
    result, source and diagnostic.
    """
    if server.talks:
        server.note("aa-refused", trail(link, get16(pair, q), get16(pair, q + 2)) + " answer=%06x" % answer)


def dropped(server, link, pair, q, reason):
    """A WPDU of a link, with the wPorts pair[q:q+4], is dropped for a reason in one
    word. Returns 0: no octets of an answer.
    """
    if server.debug:
        server.log(
            "DEBUG", "dlms", "dropped", "%s reason=%s" % (trail(link, get16(pair, q), get16(pair, q + 2)), reason)
        )
    return 0


def unanswered(server, aa, service):
    """A service was unconfirmed, so nothing is sent, whatever became of it (B-09).
    Returns 0: no octets of an answer.
    """
    if server.debug:
        server.log("DEBUG", "dlms", "unanswered", "%s service=%s" % (aa.trail(), service))
    return 0


def dropped_in(server, aa, reason):
    """`dropped` for an open AA, whose wPorts its link has as a request does."""
    return dropped(server, aa.link, aa.link.keys, 4 * aa.index, reason)
