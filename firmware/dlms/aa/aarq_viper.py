"""An AARQ taken apart and an AARE written in viper; `aarq_plain` has
the contract and the plain code.
"""

from micropython import const

import micropython

from dlms.codec.octets import length

_AARQ = const(0x60)  # as `dlms.codec.tags.AARQ`
_AARE = const(0x61)  # as `dlms.codec.tags.AARE`
_PROTOCOL_VERSION = const(0x80)  # as `dlms.codec.ber.PROTOCOL_VERSION`
_CONTEXT_NAME = const(0xA1)  # as `dlms.codec.ber.CONTEXT_NAME`
_CALLING_USER = const(0xA9)  # as `dlms.codec.ber.CALLING_USER`
_ACSE_REQUIREMENTS = const(0x8A)  # as `dlms.codec.ber.ACSE_REQUIREMENTS`
_MECHANISM_NAME = const(0x8B)  # as `dlms.codec.ber.MECHANISM_NAME`
_AUTHENTICATION_VALUE = const(0xAC)  # as `dlms.codec.ber.AUTHENTICATION_VALUE`
_USER_INFORMATION = const(0xBE)  # as `dlms.codec.ber.USER_INFORMATION`
_INTEGER = const(0x02)  # BER tags inside the components
_OCTET_STRING = const(0x04)
_OBJECT_IDENTIFIER = const(0x06)
_CHARSTRING = const(0x80)


@micropython.viper
def take_aarq(octets, off: int, end: int, notes_of) -> int:
    buf = ptr8(octets)
    notes = ptr16(notes_of)
    i = 0
    while i < 15:
        notes[i] = 0
        i += 1
    notes[2] = 0x101
    notes[3] = 0x100
    notes[5] = 0x100
    notes[9] = 1
    notes[10] = 0x100
    name = ptr8(b"\x60\x85\x74\x05\x08")
    named = 0
    info = 0
    info_end = 0
    # the AARQ itself is the first round: a component that holds the others
    p = off
    inside = False
    while p < end:
        tag = buf[p]
        if end - p < 2:
            return 0
        q = p + 2
        n = buf[p + 1]
        if n > 0x7F:
            q += n & 0x7F
            n = int(length(octets, p + 1, end))
            if n < 0:
                return 0
        if n > end - q:
            return 0
        stop = q + n
        if not inside:
            if tag != _AARQ:
                return 0
            if stop != end:
                return 0
            inside = True
            p = q
            continue
        # what a constructed component holds: one value of its own tag that fills
        # it, at buf[r:stop]; otherwise r is -1
        r = -1
        wanted = 0
        if tag == _CONTEXT_NAME:
            wanted = _OBJECT_IDENTIFIER
        elif tag == _CALLING_USER:
            wanted = _INTEGER
        elif tag == _AUTHENTICATION_VALUE:
            wanted = _CHARSTRING
        elif tag == _USER_INFORMATION:
            wanted = _OCTET_STRING
        if wanted:
            if n > 1:
                if buf[q] == wanted:
                    r = q + 2
                    m = buf[q + 1]
                    if m > 0x7F:
                        r += m & 0x7F
                        m = int(length(octets, q + 1, stop))
                    if m != stop - r:
                        r = -1
        if tag == _PROTOCOL_VERSION:
            if n < 2:
                return 0
            notes[0] = q
            notes[1] = n
        elif tag == _CONTEXT_NAME:
            named = 1
            if r >= 0:
                if stop - r == 7:
                    i = 0
                    while i < 5:
                        if buf[r + i] != name[i]:
                            break
                        i += 1
                    if i == 5:
                        if buf[r + 5] == 1:
                            notes[2] = buf[r + 6]
        elif tag == _CALLING_USER:
            notes[3] = 0x101
            if r >= 0:
                if stop - r == 1:
                    notes[3] = buf[r]
                elif stop - r == 2:
                    if buf[r] == 0:
                        notes[3] = buf[r + 1]
        elif tag == _ACSE_REQUIREMENTS:
            if n < 2:
                return 0
            notes[4] = buf[q + 1] >> 7
        elif tag == _MECHANISM_NAME:
            notes[5] = 0x101
            if n == 7:
                i = 0
                while i < 5:
                    if buf[q + i] != name[i]:
                        break
                    i += 1
                if i == 5:
                    if buf[q + 5] == 2:
                        notes[5] = buf[q + 6]
        elif tag == _AUTHENTICATION_VALUE:
            if r < 0:
                return 0
            notes[6] = r
            notes[7] = stop - r
        elif tag == _USER_INFORMATION:
            if r < 0:
                return 0
            info = r
            info_end = stop
        p = stop
    if named == 0 or info_end == 0:
        return 0
    return int(take_initiate(octets, info, info_end, notes_of))


@micropython.viper
def take_initiate(octets, p: int, end: int, notes: ptr16) -> int:
    # a function of its own, because a native function of ARMv6-M has room
    # for no more in MicroPython 1.25
    buf = ptr8(octets)
    if end - p < 13:
        return 0
    if buf[p] != 1:
        return 0
    p += 1
    if buf[p] == 1:
        n = int(length(octets, p + 1, end))
        if n < 0 or n > end - p:
            return 0
        notes[8] = 1
        m = buf[p + 1]
        p += 2 + n
        if m > 0x7F:
            p += m & 0x7F
    elif buf[p] == 0:
        p += 1
    else:
        return 0
    if end - p < 11:
        return 0
    if buf[p] == 1:
        if buf[p + 1] == 0:
            notes[9] = 0
        p += 2
    elif buf[p] == 0:
        p += 1
    else:
        return 0
    if buf[p] == 1:
        notes[10] = buf[p + 1]
        p += 2
    elif buf[p] == 0:
        p += 1
    else:
        return 0
    if end - p < 9:
        return 0
    notes[11] = buf[p]
    p += 1
    if buf[p] != 0x5F:
        return 0
    p += 2 if buf[p + 1] == 0x1F else 1
    if buf[p] == 4:
        p += 1
    else:
        if int(length(octets, p, end)) != 4:
            return 0
        p += 1 + (buf[p] & 0x7F)
    if end - p != 6 or buf[p] != 0:
        return 0
    notes[13] = buf[p + 1]
    notes[14] = buf[p + 2] << 8 | buf[p + 3]
    notes[12] = buf[p + 4] << 8 | buf[p + 5]
    return 1


@micropython.viper
def judge_aarq(buf: ptr8, notes: ptr16, terms: int, conformance: int) -> int:
    if notes[0]:
        if buf[notes[0] + 1] & 0x80 == 0:
            return 0x100
    if notes[2] != terms & 0xFF:
        return 0x101
    mechanism = terms >> 8 & 0xFF
    if mechanism:
        if notes[4] == 0 or notes[5] != 1 or mechanism != 1:
            return 0x102
    elif terms >> 16 and notes[5] == 0 and (notes[6] == 0 or notes[7] == 0):
        pass
    elif notes[4] | notes[6] or notes[5] != 0x100:
        return 0x102
    if notes[8]:
        return 1
    if notes[11] < 6:
        return 2
    if (notes[13] << 16 | notes[14]) & conformance == 0:
        return 3
    if notes[12]:
        if notes[12] < 12:
            return 4
    return 0


@micropython.viper
def put_aare(tx: ptr8, off: int, rx: ptr8, notes: ptr16, answer: int, context: int, conformance: int, word: int) -> int:
    p = off + 2
    if notes[0]:
        tx[p] = 0x80
        tx[p + 1] = 2
        tx[p + 2] = 7
        tx[p + 3] = 0x80
        if answer >> 16 == 0:
            if notes[1] == 2:
                tx[p + 2] = rx[notes[0]]
                tx[p + 3] = rx[notes[0] + 1]
        p += 4
    # all of an AARE that never changes; what does is put over it
    same = ptr8(b"\xa1\x09\x06\x07\x60\x85\x74\x05\x08\x01\x01\xa2\x03\x02\x01\x00\xa3\x05\xa1\x03\x02\x01\x00")
    i = 0
    while i < 23:
        tx[p + i] = same[i]
        i += 1
    tx[p + 10] = context
    tx[p + 15] = answer >> 16
    if answer & 0x200:
        tx[p + 18] = 0xA2
    tx[p + 22] = answer
    p += 23
    if conformance | word:
        q = p + 4
        if conformance == 0:
            tx[q] = 0x0E
            tx[q + 1] = 1
            tx[q + 2] = 6
            tx[q + 3] = word - 1
            q += 4
        else:
            tx[q] = 8
            tx[q + 1] = 0
            if notes[10] < 0x100:
                tx[q + 1] = 1
                tx[q + 2] = notes[10]
                q += 1
            q += 2
            tx[q] = 6
            tx[q + 1] = 0x5F
            tx[q + 2] = 0x1F
            tx[q + 3] = 4
            tx[q + 4] = 0
            tx[q + 5] = conformance >> 16
            tx[q + 6] = conformance >> 8
            tx[q + 7] = conformance
            tx[q + 8] = word >> 8
            tx[q + 9] = word
            tx[q + 10] = 0
            tx[q + 11] = 7
            if context & 1 == 0:
                tx[q + 10] = 0xFA
                tx[q + 11] = 0
            q += 12
        tx[p] = _USER_INFORMATION
        tx[p + 1] = q - p - 2
        tx[p + 2] = 4
        tx[p + 3] = q - p - 4
        p = q
    tx[off] = _AARE
    tx[off + 1] = p - off - 2
    return p
