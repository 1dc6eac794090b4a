"""ACSE: AARQ and RLRQ in, AARE and RLRE out, with the xDLMS Initiate inside (REQUIREMENTS C.1 to C.5).

`Aarq.parse` notes where each component stands in the received octets; nothing is copied. `judge` runs the checks in a fixed order -
protocol version, application context, user, authentication, Initiate - and the first failure decides what the AARE says.

Wherever a BER length stands, inner ones and that of the conformance block too, its long form is taken (REQUIREMENTS C-42).
"""

from micropython import const

from dlms import ber, security
from dlms.errors import (
    ACCEPTED,
    DLMS_VERSION_TOO_LOW,
    INCOMPATIBLE_CONFORMANCE,
    INITIATE_OTHER,
    PDU_SIZE_TOO_SHORT,
    REJECTED,
    REJECTED_AUTHENTICATION,
    REJECTED_CONTEXT,
    REJECTED_USER,
    REJECTED_VERSION,
)
from dlms.octets import copy, equal, get16, length, length_size, put16

AARQ = const(0x60)
AARE = const(0x61)
RLRQ = const(0x62)

_CONTEXT = b"\x60\x85\x74\x05\x08\x01"  # OID of an application context but for its last octet
_MECHANISM = b"\x60\x85\x74\x05\x08\x02"  # OID of a mechanism but for its last octet
_INTEGER = const(0x02)  # BER tags inside the components
_OCTET_STRING = const(0x04)
_OBJECT_IDENTIFIER = const(0x06)
_CHARSTRING = const(0x80)
_OID_SIZE = const(7)
_REASON = const(0x80)  # components of an RLRQ
_USER_INFORMATION = const(0xBE)
_DLMS_VERSION = const(6)
_SMALLEST_PDU = const(12)  # client-max-receive-pdu-size 1 to 11 is too short (REQUIREMENTS C-17)
_VAA_NAME_LN = const(7)  # REQUIREMENTS C-32
_VAA_NAME_SN = const(0xFA00)


class Aarq:
    """What an AARQ said: offsets into the received octets, and the decoded InitiateRequest."""

    def __init__(self):
        self.forget()

    def forget(self):
        self.version = -1  # offset of the BIT STRING content of protocol-version, or -1
        self.version_size = 0
        self.context = -1  # last octet of the context name; -1 another name
        self.user = -1  # calling-AE-invocation-id
        self.authentication = False  # sender-acse-requirements selected the authentication unit
        self.mechanism = -1  # -1 absent, -2 unknown name
        self.value = 0  # calling-authentication-value: offset and length
        self.value_size = -1
        self.info = 0  # InitiateRequest: offset and end
        self.info_end = 0
        # the InitiateRequest
        self.dedicated = False
        self.response_allowed = True
        self.qos = -1
        self.dlms_version = 0
        self.conformance = 0
        self.max_pdu = 0
        self.fault = -1  # the ConfirmedServiceError that goes with a refusal
        self.answer = 0  # what the AARE says: ACCEPTED or one of the REJECTED answers

    def parse(self, buf, off, end):
        """Note the components of the AARQ buf[off:end]; False when it is malformed or lacks what it must have (C-26)."""
        self.forget()
        p = ber.inner(buf, off, end, AARQ)
        if p < 0:
            return False
        named = False
        while p < end:
            tag = buf[p]
            n = length(buf, p + 1, end)
            if n < 0:
                return False
            p += 1 + length_size(buf, p + 1)
            if n > end - p or not self.component(buf, p, n, tag):
                return False
            if tag == 0xA1:
                named = True
            p += n
        return named and self.info_end > 0

    def component(self, buf, p, n, tag):
        """Note one component of n octets at p; unused ones are passed over (C-25)."""
        if tag == 0x80:
            if n < 2:
                return False
            self.version = p
            self.version_size = n
        elif tag == 0xA1:
            q = ber.inner(buf, p, p + n, _OBJECT_IDENTIFIER)
            if q >= 0 and p + n - q == _OID_SIZE and equal(buf, q, _CONTEXT, 0, 6):
                self.context = buf[q + 6]
        elif tag == 0xA9:
            q = ber.inner(buf, p, p + n, _INTEGER)
            n += p - q
            # above 127 it takes two octets
            if q >= 0 and (n == 1 or n == 2 and buf[q] == 0):
                self.user = buf[q + n - 1]
            else:
                self.user = -2  # a user that no list names
        elif tag == 0x8A:
            if n < 2:
                return False
            self.authentication = buf[p + 1] & 0x80 != 0
        elif tag == 0x8B:
            self.mechanism = buf[p + 6] if n == _OID_SIZE and equal(buf, p, _MECHANISM, 0, 6) else -2
        elif tag == 0xAC:
            q = ber.inner(buf, p, p + n, _CHARSTRING)
            if q < 0:
                return False
            self.value = q
            self.value_size = p + n - q
        elif tag == _USER_INFORMATION:
            q = ber.inner(buf, p, p + n, _OCTET_STRING)
            if q < 0:
                return False
            self.info = q
            self.info_end = p + n
        return True

    def initiate(self, buf):
        """Decode the InitiateRequest (C-30); False when it is none or has octets left over.

        `01 · dedicated-key (00 | 01 len key) · response-allowed (00 | 01 bb) · quality-of-service (00 | 01 q) · version ·
        5F 1F 04 00 ccc · client-max-receive-pdu-size`; the form `5F 04 00 ccc` is taken too (C-41).
        """
        p = self.info
        end = self.info_end
        # the shortest has 13 octets; each check below keeps the reading of the fields behind it inside `end`
        if end - p < 13 or buf[p] != 1:
            return False
        p += 1
        if buf[p] == 1:
            n = length(buf, p + 1, end)
            if n < 0 or n > end - p:
                return False
            self.dedicated = True
            p += 1 + length_size(buf, p + 1) + n
        elif buf[p] == 0:
            p += 1
        else:
            return False
        if end - p < 11:
            return False
        if buf[p] == 1:
            self.response_allowed = buf[p + 1] != 0
            p += 2
        elif buf[p] == 0:
            p += 1
        else:
            return False
        if buf[p] == 1:
            self.qos = buf[p + 1]
            p += 2
        elif buf[p] == 0:
            p += 1
        else:
            return False
        if end - p < 9:
            return False
        self.dlms_version = buf[p]
        p += 1
        if buf[p] != 0x5F:
            return False
        p += 2 if buf[p + 1] == 0x1F else 1
        if length(buf, p, end) != 4:
            return False
        p += length_size(buf, p)
        if end - p != 6 or buf[p] != 0:
            return False
        self.conformance = buf[p + 1] << 16 | buf[p + 2] << 8 | buf[p + 3]
        self.max_pdu = get16(buf, p + 4)
        return True

    def judge(self, buf, assoc, errors):
        """Hold the AARQ against an association object; returns ACCEPTED or one of the REJECTED answers, those of the table `errors` too.

        When the InitiateRequest decides, `fault` tells which ConfirmedServiceError goes with the refusal.
        """
        # C-19: only bit 0 (version1) of protocol-version counts
        if self.version >= 0 and buf[self.version + 1] & 0x80 == 0:
            return REJECTED_VERSION
        if self.context != assoc.context:
            return REJECTED_CONTEXT
        if assoc.users and self.user not in assoc.users:
            return REJECTED_USER
        answer = self.authentication_answer(buf, assoc, errors)
        if answer != ACCEPTED:
            return answer
        if self.dedicated:
            # C-34: a dedicated key has no meaning in an unciphered context
            self.fault = INITIATE_OTHER
        elif self.dlms_version < _DLMS_VERSION:
            self.fault = DLMS_VERSION_TOO_LOW
        elif self.conformance & assoc.conformance == 0:
            self.fault = INCOMPATIBLE_CONFORMANCE
        elif 0 < self.max_pdu < _SMALLEST_PDU:
            self.fault = PDU_SIZE_TOO_SHORT
        else:
            return ACCEPTED
        return REJECTED

    def authentication_answer(self, buf, assoc, errors):
        """ACCEPTED when the authentication unit is what the association asks for, else its refusal (C-12, C-20 to C-22, C-43)."""
        if assoc.mechanism == security.LOWEST:
            if self.mechanism == security.LOWEST and self.value_size <= 0:
                return errors.lowest_level_named
            # C-04: neither the unit nor a mechanism-name belongs to lowest level security
            good = not self.authentication and self.mechanism == -1 and self.value_size < 0
        else:
            good = (
                self.authentication
                and self.mechanism == assoc.mechanism == security.LOW
                and security.low_level(assoc.secret, buf, self.value, self.value_size)
            )
        return ACCEPTED if good else REJECTED_AUTHENTICATION

    def aare(self, tx, off, rx, answer, context, aa):
        """Write an AARE at tx[off:]; returns the offset behind it.

        `61 L · [80 02 version] · A1 09 06 07 name · A2 03 02 01 result · A3 05 (A1|A2) 03 02 01 diagnostic · [BE L 04 L' info]`.
        A protocol-version that the client sent is sent back (C-19), our own when it was refused. user-information is the
        InitiateResponse of the accepted association `aa`, or the ConfirmedServiceError `fault`, or absent.
        """
        p = off + 2  # an AARE of this server is always shorter than 128 octets
        if self.version >= 0:
            copy(tx, p, b"\x80\x02\x07\x80", 0, 4)
            if answer == ACCEPTED and self.version_size == 2:
                copy(tx, p + 2, rx, self.version, 2)
            p += 4
        copy(tx, p, b"\xa1\x09\x06\x07", 0, 4)
        copy(tx, p + 4, _CONTEXT, 0, 6)
        tx[p + 10] = context
        copy(tx, p + 11, b"\xa2\x03\x02\x01", 0, 4)
        tx[p + 15] = answer >> 16
        copy(tx, p + 16, b"\xa3\x05\xa1\x03\x02\x01", 0, 6)
        if answer & 0x200:
            tx[p + 18] = 0xA2
        tx[p + 22] = answer & 0xFF
        p += 23
        if aa is not None or self.fault >= 0:
            end = initiate_response(tx, p + 4, aa) if aa is not None else initiate_error(tx, p + 4, self.fault)
            tx[p] = 0xBE
            tx[p + 1] = end - p - 2
            tx[p + 2] = 0x04
            tx[p + 3] = end - p - 4
            p = end
        tx[off] = AARE
        tx[off + 1] = p - off - 2
        return p


def initiate_response(tx, p, aa):
    """`08 · (00 | 01 q) · 06 · 5F 1F 04 00 ccc · server-max-receive-pdu-size · vaa-name` (C-31 to C-33); returns the end."""
    tx[p] = 8
    if aa.qos >= 0:
        tx[p + 1] = 1
        tx[p + 2] = aa.qos
        p += 3
    else:
        tx[p + 1] = 0
        p += 2
    tx[p] = _DLMS_VERSION
    copy(tx, p + 1, b"\x5f\x1f\x04\x00", 0, 4)
    tx[p + 5] = aa.conformance >> 16
    put16(tx, p + 6, aa.conformance & 0xFFFF)
    put16(tx, p + 8, aa.link.carrier.server.pdu)
    put16(tx, p + 10, _VAA_NAME_LN if aa.assoc.context & 1 else _VAA_NAME_SN)
    return p + 12


def initiate_error(tx, p, fault):
    """ConfirmedServiceError initiateError, initiate, fault: `0E 01 06 fault` (D-71); returns the end."""
    copy(tx, p, b"\x0e\x01\x06", 0, 3)
    tx[p + 3] = fault
    return p + 4


def release(buf, off, end):
    """True when buf[off:end] is a well-formed RLRQ: `62 L [80 01 reason] [BE L 04 L …]` (C-50).

    User-information is taken unread in a plain AA: a real client sends it although REQUIREMENTS C-52 has it for ciphered ones only.
    """
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
    """Write RLRE with reason normal, `63 03 80 01 00`; returns the offset behind it."""
    copy(tx, off, b"\x63\x03\x80\x01\x00", 0, 5)
    return off + 5
