"""Plain twins of `aarq_viper`: the contract of each function, for CPython and
for interpreters without an emitter.

`notes` is an array of NOTES numbers of 16 bits; which one says what:

    VERSION, VERSION_SIZE       offset and octets of protocol-version; 0 for none
    CONTEXT                     last octet of the context name; OTHER for another name
    USER                        calling-AE-invocation-id, 0 to 255; NONE, or OTHER for
                                one that no list names
    AUTHENTICATION              1 when sender-acse-requirements selected the authentication unit
    MECHANISM                   last octet of mechanism-name; NONE, or OTHER for another name
    VALUE, VALUE_SIZE           offset and octets of calling-authentication-value; VALUE 0 for none
    DEDICATED                   1 when the InitiateRequest has a dedicated key
    RESPONSE_ALLOWED            0 or 1
    QOS                         proposed quality of service; NONE
    DLMS_VERSION, MAX_PDU       proposed-dlms-version-number, client-max-receive-pdu-size
    CONFORMANCE, …_LOW          proposed conformance, its first octet and the other two
"""

from micropython import const

from dlms.aa.security import LOW, LOWEST
from dlms.codec import ber
from dlms.codec.errors import (
    DLMS_VERSION_TOO_LOW,
    INCOMPATIBLE_CONFORMANCE,
    INITIATE_OTHER,
    PDU_SIZE_TOO_SHORT,
)
from dlms.codec.octets import copy, equal, get16, length, length_size, put16

_AARE = const(0x61)  # as `dlms.codec.tags.AARE`
NOTES = 15
VERSION, VERSION_SIZE, CONTEXT, USER, AUTHENTICATION, MECHANISM, VALUE, VALUE_SIZE = 0, 1, 2, 3, 4, 5, 6, 7
DEDICATED, RESPONSE_ALLOWED, QOS, DLMS_VERSION, MAX_PDU, CONFORMANCE, CONFORMANCE_LOW = 8, 9, 10, 11, 12, 13, 14
NONE = 0x100
OTHER = 0x101
VERSION_REFUSED, CONTEXT_REFUSED, UNIT_REFUSED = 0x100, 0x101, 0x102

_AARQ = 0x60
_CONTEXT = b"\x60\x85\x74\x05\x08\x01"  # OID of an application context but for its last octet
_MECHANISM = b"\x60\x85\x74\x05\x08\x02"  # OID of a mechanism but for its last octet
_INTEGER, _OCTET_STRING, _OBJECT_IDENTIFIER, _CHARSTRING = 0x02, 0x04, 0x06, 0x80  # BER tags inside the components
_OID_SIZE = 7
_DLMS_VERSION = 6
_SMALLEST_PDU = 12  # client-max-receive-pdu-size 1 to 11 is too short (REQUIREMENTS C-17)
_VAA_NAME_LN = 7  # REQUIREMENTS C-32
_VAA_NAME_SN = 0xFA00


def take_aarq(buf, off, end, notes):
    """Note what the AARQ buf[off:end] says (C.1, C-25, C-30, C-42); returns 1, or 0 when it is
    malformed or lacks what it must have (C-26).

    What came before the fault is noted all the same. Wherever a BER length
    stands its long form is taken.
    """
    for i in range(NOTES):
        notes[i] = 0
    notes[CONTEXT] = OTHER
    notes[USER] = notes[MECHANISM] = notes[QOS] = NONE
    info = [0, 0]
    good = _components(buf, off, end, notes, info)
    notes[RESPONSE_ALLOWED] = 1  # the default of the InitiateRequest
    return 1 if good and take_initiate(buf, info[0], info[1], notes) else 0


def _components(buf, off, end, notes, info):
    """Note the components of the AARQ; info becomes offset and end of the InitiateRequest."""
    p = ber.inner(buf, off, end, _AARQ)
    if p < 0:
        return False
    named = False
    while p < end:
        tag = buf[p]
        size = ber.header(buf, p, end)
        if size < 0:
            return False
        n = length(buf, p + 1, end)
        p += size
        if not _component(buf, p, n, tag, notes, info):
            return False
        named = named or tag == ber.CONTEXT_NAME
        p += n
    return named and info[1] > 0


def _component(buf, p, n, tag, notes, info):
    """Note one component of n octets at p; unused ones are passed over (C-25)."""
    if tag == ber.PROTOCOL_VERSION:
        if n < 2:
            return False
        notes[VERSION] = p
        notes[VERSION_SIZE] = n
    elif tag == ber.CONTEXT_NAME:
        q = ber.inner(buf, p, p + n, _OBJECT_IDENTIFIER)
        if q >= 0 and p + n - q == _OID_SIZE and equal(buf, q, _CONTEXT, 0, 6):
            notes[CONTEXT] = buf[q + 6]
    elif tag == ber.CALLING_USER:
        q = ber.inner(buf, p, p + n, _INTEGER)
        n += p - q
        # above 127 it takes two octets
        notes[USER] = buf[q + n - 1] if q >= 0 and (n == 1 or n == 2 and buf[q] == 0) else OTHER
    elif tag == ber.ACSE_REQUIREMENTS:
        if n < 2:
            return False
        notes[AUTHENTICATION] = buf[p + 1] >> 7
    elif tag == ber.MECHANISM_NAME:
        notes[MECHANISM] = buf[p + 6] if n == _OID_SIZE and equal(buf, p, _MECHANISM, 0, 6) else OTHER
    elif tag == ber.AUTHENTICATION_VALUE:
        q = ber.inner(buf, p, p + n, _CHARSTRING)
        if q < 0:
            return False
        notes[VALUE] = q
        notes[VALUE_SIZE] = p + n - q
    elif tag == ber.USER_INFORMATION:
        q = ber.inner(buf, p, p + n, _OCTET_STRING)
        if q < 0:
            return False
        info[0] = q
        info[1] = p + n
    return True


def take_initiate(buf, p, end, notes):
    """Note what the InitiateRequest buf[p:end] says (C-30); returns 1, or 0 when it
    is none or has octets left over.

    `01 · dedicated-key (00 | 01 len key) · response-allowed (00 | 01 bb) ·
    quality-of-service (00 | 01 q) · version · 5F 1F 04 00 ccc ·
    client-max-receive-pdu-size`; the form `5F 04 00 ccc` is taken too (C-41).
    """
    # the shortest has 13 octets; each check below keeps the reading of the
    # fields after it inside `end`
    if end - p < 13 or buf[p] != 1:
        return 0
    p += 1
    if buf[p] == 1:
        n = length(buf, p + 1, end)
        if n < 0 or n > end - p:
            return 0
        notes[DEDICATED] = 1
        p += 1 + length_size(buf, p + 1) + n
    elif buf[p] == 0:
        p += 1
    else:
        return 0
    if end - p < 11:
        return 0
    if buf[p] == 1:
        notes[RESPONSE_ALLOWED] = 1 if buf[p + 1] else 0
        p += 2
    elif buf[p] == 0:
        p += 1
    else:
        return 0
    if buf[p] == 1:
        notes[QOS] = buf[p + 1]
        p += 2
    elif buf[p] == 0:
        p += 1
    else:
        return 0
    if end - p < 9:
        return 0
    notes[DLMS_VERSION] = buf[p]
    p += 1
    if buf[p] != 0x5F:
        return 0
    p += 2 if buf[p + 1] == 0x1F else 1
    if length(buf, p, end) != 4:
        return 0
    p += length_size(buf, p)
    if end - p != 6 or buf[p] != 0:
        return 0
    notes[CONFORMANCE] = buf[p + 1]
    notes[CONFORMANCE_LOW] = get16(buf, p + 2)
    notes[MAX_PDU] = get16(buf, p + 4)
    return 1


def judge_aarq(buf, notes, terms, conformance):
    """Hold the AARQ in buf, as `take_aarq` noted it, against what an association asks for: terms is
    its application context | its authentication mechanism << 8, and bit 16 where lowest level
    security may be named (C-43). Returns 0 when all is right but for the secret, which is not
    looked at, and otherwise what is wrong first:

        VERSION_REFUSED     protocol-version has no bit 0, version1 (C-19)
        CONTEXT_REFUSED     another application context
        UNIT_REFUSED        the authentication unit, or the mechanism, is another (C-12, C-20 to C-22)
        1 + fault           the InitiateRequest: the ConfirmedServiceError that goes with a refusal
    """
    if notes[VERSION] and buf[notes[VERSION] + 1] & 0x80 == 0:
        return VERSION_REFUSED
    if notes[CONTEXT] != terms & 0xFF:
        return CONTEXT_REFUSED
    mechanism = terms >> 8 & 0xFF
    if mechanism == LOWEST:
        # C-04: neither the unit nor a mechanism-name belongs to lowest level security
        named = notes[MECHANISM] == LOWEST and (notes[VALUE] == 0 or notes[VALUE_SIZE] == 0)
        if not (named and terms >> 16) and (notes[AUTHENTICATION] or notes[MECHANISM] != NONE or notes[VALUE]):
            return UNIT_REFUSED
    elif not notes[AUTHENTICATION] or not notes[MECHANISM] == mechanism == LOW:
        return UNIT_REFUSED
    if notes[DEDICATED]:
        # C-34: a dedicated key has no meaning in an unciphered context
        return 1 + INITIATE_OTHER
    if notes[DLMS_VERSION] < _DLMS_VERSION:
        return 1 + DLMS_VERSION_TOO_LOW
    if (notes[CONFORMANCE] << 16 | notes[CONFORMANCE_LOW]) & conformance == 0:
        return 1 + INCOMPATIBLE_CONFORMANCE
    if 0 < notes[MAX_PDU] < _SMALLEST_PDU:
        return 1 + PDU_SIZE_TOO_SHORT
    return 0


def put_aare(tx, off, rx, notes, answer, context, conformance, word):
    """Write an AARE at tx[off:]; returns the offset after it.

    `61 L · [80 02 version] · A1 09 06 07 name · A2 03 02 01 result ·
    A3 05 (A1|A2) 03 02 01 diagnostic · [BE L 04 L' info]`.

    A protocol-version that the client sent (notes) is sent back (C-19), our own when it was
    refused. answer: result in its third octet, bit 9 for a diagnostic of the ACSE provider,
    diagnostic in the first. What stands in user-information:

        conformance > 0     InitiateResponse (C-31 to C-33): `08 · (00 | 01 q) · 06 ·
                            5F 1F 04 00 ccc · server-max-receive-pdu-size · vaa-name`,
                            q as it was proposed, word the size
        0, word > 0         ConfirmedServiceError `0E 01 06 fault` (D-71): initiateError, initiate,
                            and fault is word - 1
        0, 0                nothing
    """
    p = off + 2  # an AARE of this server is always shorter than 128 octets
    if notes[VERSION]:
        copy(tx, p, b"\x80\x02\x07\x80", 0, 4)
        if answer >> 16 == 0 and notes[VERSION_SIZE] == 2:
            copy(tx, p + 2, rx, notes[VERSION], 2)
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
    if conformance or word:
        q = p + 4
        if conformance == 0:
            copy(tx, q, b"\x0e\x01\x06", 0, 3)
            tx[q + 3] = word - 1
            end = q + 4
        else:
            tx[q] = 8
            if notes[QOS] < NONE:
                tx[q + 1] = 1
                tx[q + 2] = notes[QOS]
                q += 3
            else:
                tx[q + 1] = 0
                q += 2
            tx[q] = _DLMS_VERSION
            copy(tx, q + 1, b"\x5f\x1f\x04\x00", 0, 4)
            tx[q + 5] = conformance >> 16
            put16(tx, q + 6, conformance & 0xFFFF)
            put16(tx, q + 8, word)
            put16(tx, q + 10, _VAA_NAME_LN if context & 1 else _VAA_NAME_SN)
            end = q + 12
        tx[p] = ber.USER_INFORMATION
        tx[p + 1] = end - p - 2
        tx[p + 2] = _OCTET_STRING
        tx[p + 3] = end - p - 4
        p = end
    tx[off] = _AARE
    tx[off + 1] = p - off - 2
    return p
