"""ACSE: AARQ and RLRQ in, AARE and RLRE out, with the xDLMS Initiate
inside (REQUIREMENTS C.1 to C.5).

`Aarq.take` notes what the received octets say and where; nothing is copied (`aarq_plain` has the
notes). `judge` runs the checks in a fixed order - protocol version, application context, user,
authentication, Initiate - and the first failure decides what the AARE says.

Wherever a BER length stands, inner ones and that of the conformance block too, its
long form is taken (REQUIREMENTS C-42).
"""

from array import array

from micropython import const

from dlms.codec import ber
from dlms.codec.errors import (
    ACCEPTED,
    REJECTED,
    REJECTED_AUTHENTICATION,
    REJECTED_CONTEXT,
    REJECTED_USER,
    REJECTED_VERSION,
)
from dlms.codec.octets import copy, equal, length
from dlms.aa import security
from dlms.aa.aarq import judge_aarq, put_aare, take_aarq

AARQ = const(0x60)  # as `dlms.codec.tags.AARQ`
RLRQ = const(0x62)  # as `dlms.codec.tags.RLRQ`

_OCTET_STRING = const(0x04)  # BER tag
_PLAIN_RLRQ = const(b"\x62\x03\x80\x01")  # and a reason
_REASON = const(0x80)  # components of an RLRQ
_USER_INFORMATION = const(0xBE)
# notes, as `dlms.aa.aarq_plain` has them
_NOTES = const(15)
_CONTEXT = const(2)
_USER = const(3)
_VALUE = const(6)
_VALUE_SIZE = const(7)
_RESPONSE_ALLOWED = const(9)
_QOS = const(10)
_MAX_PDU = const(12)
_CONFORMANCE = const(13)
_CONFORMANCE_LOW = const(14)
_NONE = const(0x100)
# verdicts, as `dlms.aa.aarq_plain.judge_aarq` has them
_VERSION_REFUSED = const(0x100)
_CONTEXT_REFUSED = const(0x101)
_UNIT_REFUSED = const(0x102)
_MAY_BE_NAMED = const(0x10000)  # in its terms


class Aarq:
    """What an AARQ said: notes about the received octets, and of the
    InitiateRequest what an AA keeps.
    """

    def __init__(self):
        self.notes = array("H", [0] * _NOTES)
        self.fault = 0  # one more than the ConfirmedServiceError that goes with a refusal
        self.answer = 0  # what the AARE says: ACCEPTED or one of the REJECTED answers
        self.forget()

    def forget(self):
        """Be as of an AA that needs no AARQ."""
        self.context = 0  # last octet of the context name
        self.user = -1  # calling-AE-invocation-id, -1 for none, -2 for one that no list names
        # the InitiateRequest
        self.response_allowed = True
        self.qos = -1
        self.conformance = 0
        self.max_pdu = 0

    def take(self, buf, off, end):
        """Note what the AARQ buf[off:end] says; False when it is malformed or
        lacks what it must have (C-26).
        """
        notes = self.notes
        good = take_aarq(buf, off, end, notes)
        self.fault = 0
        self.context = notes[_CONTEXT]
        user = notes[_USER]
        self.user = user if user < _NONE else _NONE - 1 - user
        self.response_allowed = notes[_RESPONSE_ALLOWED] == 1
        qos = notes[_QOS]
        self.qos = qos if qos < _NONE else -1
        self.conformance = notes[_CONFORMANCE] << 16 | notes[_CONFORMANCE_LOW]
        self.max_pdu = notes[_MAX_PDU]
        return good == 1

    def judge(self, buf, assoc, errors):
        """Hold the AARQ against an association object; returns ACCEPTED or one of the REJECTED
        answers, those of the table `errors` too.

        When the InitiateRequest decides, `fault` is one more than the ConfirmedServiceError that
        goes with the refusal.
        """
        notes = self.notes
        terms = assoc.context | assoc.mechanism << 8
        if terms < 0x100 and errors.lowest_level_named == ACCEPTED:
            terms |= _MAY_BE_NAMED
        verdict = judge_aarq(buf, notes, terms, assoc.conformance)
        if verdict == _VERSION_REFUSED:
            return REJECTED_VERSION
        if verdict == _CONTEXT_REFUSED:
            return REJECTED_CONTEXT
        if assoc.users and self.user not in assoc.users:
            return REJECTED_USER
        if verdict == _UNIT_REFUSED or (
            assoc.mechanism and not security.low_level(assoc.secret, buf, notes[_VALUE], notes[_VALUE_SIZE])
        ):
            return REJECTED_AUTHENTICATION
        self.fault = verdict
        return REJECTED if verdict else ACCEPTED

    def refusal(self, tx, off, rx, answer, context):
        """Write an AARE at tx[off:] with the ConfirmedServiceError `fault`, if there is one;
        returns the offset behind it.
        """
        return put_aare(tx, off, rx, self.notes, answer, context, 0, self.fault)


def release(buf, off, end):
    """True when buf[off:end] is a well-formed RLRQ: `62 L [80 01 reason] [BE L 04 L …]` (C-50).

    User-information is taken unread in a plain AA: a real client sends it although
    REQUIREMENTS C-52 has it for ciphered ones only.
    """
    if end - off == 5 and equal(buf, off, _PLAIN_RLRQ, 0, 4):
        return True  # what nearly everyone sends, whatever the reason; the rest of this function would find the same
    p = ber.inner(buf, off, end, RLRQ)
    if p < 0:
        return False
    if p < end and buf[p] == _REASON:
        size = ber.header(buf, p, end)
        if size < 0 or length(buf, p + 1, end) != 1:
            return False
        p += size + 1
    if p == end:
        return True
    q = ber.inner(buf, p, end, _USER_INFORMATION)
    return q >= 0 and ber.inner(buf, q, end, _OCTET_STRING) >= 0


def rlre(tx, off):
    """Write RLRE with reason normal, `63 03 80 01 00`; returns the offset after it."""
    copy(tx, off, b"\x63\x03\x80\x01\x00", 0, 5)
    return off + 5
