"""Authentication mechanisms, and where ciphering will stand.

What is built: lowest level (no authentication) and low level security (a secret compared with the
one of the association, REQUIREMENTS E-50). The other mechanisms and the ciphered application
contexts are refused with the diagnostics of C-14 and C-20.

The place of what comes later: an AARQ with an HLS mechanism opens the AA in state PENDING
(`association`), and pass 3 is the method reply_to_HLS_authentication of the Association object; a
glo- or ded-APDU is unwrapped in front of `server.serve` and its response is encoded after the
headroom `Association.start` and wrapped in place.
"""

from micropython import const

from dlms.codec.octets import equal_time

LOWEST = const(0)
LOW = const(1)

LN_CONTEXT = const(1)  # logical name referencing, no ciphering (REQUIREMENTS C-01)
# short name referencing, no ciphering; with ciphering the numbers are 3 and 4, so that SN is even
SN_CONTEXT = const(2)


def low_level(secret, buf, off, n):
    """True when the n octets at buf[off:] are the secret; an empty secret never matches.
    The time does not depend on the octets.
    """
    return n > 0 and n == len(secret) and equal_time(secret, 0, buf, off, n) == 1
