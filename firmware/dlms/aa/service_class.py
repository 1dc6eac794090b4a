"""Which APDUs are answered: the service class of a request, and what is no
request (REQUIREMENTS B-09, D-96, D-99).

    C0, C1, C3   choice iip …            bit 6 of invoke-id-and-priority: 1 confirmed, 0 unconfirmed
    D9           long-iip(4) …           bit 30 of the long one, which is bit 6 of its first octet
    E0           …                       a block: the APDU inside has the bit,
                 and a block of it has not
"""

from micropython import const

_INITIATE_RESPONSE = const(0x08)  # as `dlms.codec.tags.INITIATE_RESPONSE`
_READ_RESPONSE = const(0x0C)  # as `dlms.codec.tags.READ_RESPONSE`
_WRITE_RESPONSE = const(0x0D)  # as `dlms.codec.tags.WRITE_RESPONSE`
_CONFIRMED_SERVICE_ERROR = const(0x0E)  # as `dlms.codec.tags.CONFIRMED_SERVICE_ERROR`
_DATA_NOTIFICATION = const(0x0F)  # as `dlms.codec.tags.DATA_NOTIFICATION`
_DATA_NOTIFICATION_CONFIRM = const(0x10)  # as `dlms.codec.tags.DATA_NOTIFICATION_CONFIRM`
_UNCONFIRMED_WRITE_REQUEST = const(0x16)  # as `dlms.codec.tags.UNCONFIRMED_WRITE_REQUEST`
_INFORMATION_REPORT = const(0x18)  # as `dlms.codec.tags.INFORMATION_REPORT`
_AARE = const(0x61)  # as `dlms.codec.tags.AARE`
_RLRE = const(0x63)  # as `dlms.codec.tags.RLRE`
_SET_REQUEST = const(0xC1)  # as `dlms.codec.tags.SET_REQUEST`
_EVENT_NOTIFICATION = const(0xC2)  # as `dlms.codec.tags.EVENT_NOTIFICATION`
_ACTION_REQUEST = const(0xC3)  # as `dlms.codec.tags.ACTION_REQUEST`
_GET_RESPONSE = const(0xC4)  # as `dlms.codec.tags.GET_RESPONSE`
_SET_RESPONSE = const(0xC5)  # as `dlms.codec.tags.SET_RESPONSE`
_ACTION_RESPONSE = const(0xC7)  # as `dlms.codec.tags.ACTION_RESPONSE`
_EXCEPTION_RESPONSE = const(0xD8)  # as `dlms.codec.tags.EXCEPTION_RESPONSE`
_ACCESS_RESPONSE = const(0xDA)  # as `dlms.codec.tags.ACCESS_RESPONSE`
_GET_REQUEST = const(0xC0)  # as `dlms.codec.tags.GET_REQUEST`
_ACCESS_REQUEST = const(0xD9)  # as `dlms.codec.tags.ACCESS_REQUEST`
_GENERAL_BLOCK_TRANSFER = const(0xE0)  # as `dlms.codec.tags.GENERAL_BLOCK_TRANSFER`
_CLASSED = (_GET_REQUEST, _SET_REQUEST, _ACTION_REQUEST, _ACCESS_REQUEST)
_CONFIRMED = const(0x40)
_INVOKE_ID = const(0x0F)
# tag << 8 | choice of a service-specific block, or of the request for one
_CONTINUATIONS = (0xC002, 0xC103, 0xC302, 0xC306)
# what only a client receives, and UnconfirmedWrite
RESPONSES = (
    _GET_RESPONSE,
    _SET_RESPONSE,
    _ACTION_RESPONSE,
    _AARE,
    _RLRE,
    _DATA_NOTIFICATION,
    _EVENT_NOTIFICATION,
    _READ_RESPONSE,
    _WRITE_RESPONSE,
    _INITIATE_RESPONSE,
    _CONFIRMED_SERVICE_ERROR,
    _DATA_NOTIFICATION_CONFIRM,
    _INFORMATION_REPORT,
    _UNCONFIRMED_WRITE_REQUEST,
    _EXCEPTION_RESPONSE,
    _ACCESS_RESPONSE,
)
# these and what a server receives: any other tag is refused as unknown
KNOWN = bytes(RESPONSES) + b"\xc0\xc1\xc3\xd9\xe0\x60\x62\x05\x06"

HEAD = 3  # octets of an APDU that say all this


def unconfirmed(rx, p, end):
    """True when the APDU rx[p:end] asks for an unconfirmed service, or is a block of one (B-09)."""
    tag = rx[p]
    p += 1 if tag == _ACCESS_REQUEST else 2
    return tag == _GENERAL_BLOCK_TRANSFER or (p < end and rx[p] & _CONFIRMED == 0)


def answers_get(errors, aa):
    """True when a GET in this AA is answered whatever its service class: a
    confirmed AA that an AARQ opened (B-09).
    """
    return aa.confirmed and not aa.assoc.preestablished and errors.unconfirmed_get


def silent(rx, p, end, gets):
    """True when nothing is sent about the APDU rx[p:end], whatever is wrong with it (D-99).

    It is no request, or one for an unconfirmed service. gets: a GET is
    answered whatever its service class.
    """
    if p >= end:
        return False
    tag = rx[p]
    if tag in RESPONSES:
        return True
    if tag not in _CLASSED or (tag == _GET_REQUEST and gets):
        return False
    # no choice has the bit: where it is set, the choice was left out, and
    # the service class stands there
    return unconfirmed(rx, p, end) and (tag == _ACCESS_REQUEST or rx[p + 1] & _CONFIRMED == 0)


def stray(aa, iip):
    """True when a long transfer runs in the AA, and the invoke-id in iip is not that
    of the request that began it (D-07).
    """
    t = aa.transfer
    return t is not None and (t.request.iip ^ iip) & _INVOKE_ID != 0


def stray_apdu(aa, rx, p, end):
    """True when the APDU rx[p:end] is a block, or asks for one, and `stray`."""
    return end - p >= HEAD and rx[p] << 8 | rx[p + 1] in _CONTINUATIONS and stray(aa, rx[p + 2])
