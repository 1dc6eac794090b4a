"""What the log reports of AAs and of WPDUs that come to nothing.

    TCP client=<address>/<wPort> server=<address>/<wPort>        Protocol_Connection_Parameters of an AA
    … answer=<six digits>                                        why an AARQ was refused
    … reason=<word>                                              why a WPDU was dropped, at DEBUG
    … service=<word>                                             what was done, or refused, without an answer, at DEBUG

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


class Trail:
    """Writes these lines. log: called with level, component, event and text."""

    debug = False  # whether the log takes DEBUG: then it gets the reason why a WPDU was dropped
    talks = True  # whether it takes INFO: then it gets the AAs that open and end

    def __init__(self, log):
        self.log = log

    def note(self, event, text):
        """What an operator should know of the life of an AA."""
        self.log("INFO", "dlms", event, text)

    def refused(self, link, pair, q, answer):
        """An AARQ between the wPorts pair[q:q+4] opens no AA, and is answered so:
        result, source and diagnostic.
        """
        if self.talks:
            self.note("aa-refused", trail(link, get16(pair, q), get16(pair, q + 2)) + " answer=%06x" % answer)

    def dropped(self, link, pair, q, reason):
        """A WPDU of a link, with the wPorts pair[q:q+4], is dropped for a reason in one
        word. Returns 0: no octets of an answer.
        """
        if self.debug:
            text = trail(link, get16(pair, q), get16(pair, q + 2))
            self.log("DEBUG", "dlms", "dropped", "%s reason=%s" % (text, reason))
        return 0

    def dropped_in(self, aa, reason):
        """`dropped` for an open AA, whose wPorts its link has as a request does."""
        return self.dropped(aa.link, aa.link.keys, 4 * aa.index, reason)

    def unanswered(self, aa, service):
        """A service was unconfirmed, so nothing is sent, whatever became of it (B-09).
        Returns 0: no octets of an answer.
        """
        if self.debug:
            self.log("DEBUG", "dlms", "unanswered", "%s service=%s" % (aa.trail(), service))
        return 0

    def cut_short(self, aa):
        """What an answer announced cannot be kept: its connection ends."""
        self.log("WARN", "dlms", "answer-cut-short", aa.trail())

    def raised(self, e):
        """An object raised the exception e."""
        self.log("ERROR", "dlms", "object-raised", repr(e))
