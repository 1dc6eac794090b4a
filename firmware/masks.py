"""What of a request is a secret, for `trace=on`: it is shown as `**`, one pair an octet,
which the host's `decode` takes back.

Hidden are the LLS secret and a dedicated key of an AARQ, and what is written as the secret of an
association: SET and ACCESS of LLS_secret (attribute 7 of class 15), change_HLS_secret (method 2),
change_secret by its short name. Of a value in blocks of its service every octet is hidden, and so
is what cannot be followed to its end; challenges of HLS are none. Takes heap: only where trace is
on.
"""

from array import array

from micropython import const

from dlms.codec.ber import AUTHENTICATION_VALUE, MECHANISM_NAME, USER_INFORMATION, header
from dlms.codec.octets import get16, length, length_size, scan
from dlms.codec.wrapper import HEADER

_NESTING = const(16)
_KEPT = const(2048)  # octets of a request in general blocks that are followed
_REQUESTS = const(16)  # long requests at once that are followed
_AARQ = const(0x60)
_READ = const(0x05)
_WRITE = const(0x06)
_UNCONFIRMED_WRITE = const(0x16)
_SET = const(0xC1)
_ACTION = const(0xC3)
_ACCESS = const(0xD9)
_GENERAL_BLOCK = const(0xE0)
_CHANGE_SECRET = const(0xFA40)  # short name: method 5 of the Association SN at FA00
_STRINGS = (4, 9, 10, 12)


class Masks:
    """Follows the requests of all links."""

    def __init__(self):
        self.stack = array("H", bytes(2 * _NESTING))
        # link and wPorts -> of a long request: True for a secret, octets so
        # far of one in general blocks
        self.long = {}
        self.spans = []

    def hex(self, name, wpdu):
        """A request in hexadecimal, `**` for what is a secret. name: of the link."""
        key = name + wpdu[2:6].hex()
        self.spans = []
        self.apdu(key, wpdu, HEADER, len(wpdu))
        text = wpdu.hex()
        for start, end in self.spans:
            text = text[: 2 * start] + "**" * (end - start) + text[2 * end :]
        return text

    def apdu(self, key, buf, off, end):
        """Note the secrets of the APDU buf[off:end]."""
        if end - off < 3:
            return
        tag = buf[off]
        if tag == _GENERAL_BLOCK:
            self.general_block(key, buf, off, end)
        elif tag == _AARQ:
            self.aarq(buf, off, end)
        elif tag == _SET or tag == _ACTION:
            self.service(key, buf, off, end)
        elif tag == _ACCESS:
            self.access(buf, off, end)
        elif tag == _READ or tag == _WRITE or tag == _UNCONFIRMED_WRITE:
            self.variables(buf, off, end)

    def keep(self, key, value):
        """Remember a long request; None forgets it."""
        if value is None:
            self.long.pop(key, None)
            return
        if len(self.long) >= _REQUESTS and key not in self.long:
            self.long.clear()
        self.long[key] = value

    def hide(self, start, end):
        """Note a span."""
        if start < end:
            self.spans.append((start, end))

    # ACSE

    def aarq(self, buf, off, end):
        """`60 L` components; what is no BER is hidden."""
        n = header(buf, off, end)
        p = off + n if n > 0 else end
        if n < 0:
            self.hide(off + 1, end)
        challenge = False
        while p < end:
            n = header(buf, p, end)
            if n < 0:
                self.hide(p + 1, end)
                return
            content = p + n
            stop = content + length(buf, p + 1, end)
            inside = header(buf, content, stop) if content < stop else -1
            if buf[p] == MECHANISM_NAME and content < stop:
                challenge = buf[stop - 1] > 1
            elif buf[p] == AUTHENTICATION_VALUE and not challenge:
                self.hide(content + max(inside, 0), stop)
            elif buf[p] == USER_INFORMATION and inside > 0:
                self.dedicated_key(buf, content + inside, stop)
            p = stop

    def dedicated_key(self, buf, off, end):
        """`01 01 length key` of an InitiateRequest."""
        if end - off > 2 and buf[off] == 1 and buf[off + 1] == 1:
            n = length(buf, off + 2, end)
            start = off + 2 + (length_size(buf, off + 2) if n >= 0 else 0)
            self.hide(start, min(start + n, end) if n >= 0 else end)

    # SET and ACTION

    def service(self, key, buf, off, end):
        """Normal, with a list, and the blocks of both."""
        tag = buf[off]
        choice = buf[off + 1]
        p = off + 3
        if choice == (3 if tag == _SET else 6):
            if self.long.get(key) is True:
                self.block(key, buf, p, end)
            return
        listed = choice == 4 or choice == 5 if tag == _SET else choice == 3 or choice == 5
        first = choice == 2 or choice == 5 if tag == _SET else choice == 4 or choice == 5
        if not listed and not first and choice != 1:
            return
        many = 1
        if listed:
            many, p = self.count(buf, p, end)
        secrets = []
        for _ in range(many):
            secret = p + 9 <= end and is_secret(buf, p, tag == _ACTION)
            secrets.append(secret)
            p = self.selection(buf, p + 9, end) if tag == _SET else p + 9
            if p >= end:
                return
        if first:
            self.keep(key, True if True in secrets else None)
            if True in secrets:
                self.block(key, buf, p, end)
            return
        if listed:
            many, p = self.count(buf, p, end)
        elif tag == _ACTION:
            p += 1
        self.values(buf, p, end, secrets[:many])

    def block(self, key, buf, off, end):
        """last-block, block-number u32, length, octets: all of these are hidden."""
        if end - off < 6 or length(buf, off + 5, end) < 0:
            self.hide(off, end)
            return
        self.hide(off + 5 + length_size(buf, off + 5), end)
        if buf[off]:
            self.keep(key, None)

    def selection(self, buf, off, end):
        """Offset after the access-selection at off."""
        if off >= end or not buf[off]:
            return off + 1
        n = scan(buf, off + 2, end, self.stack, _NESTING)
        return n if n > 0 else end

    def count(self, buf, off, end):
        """The number of items at off, none where there is no number; and the offset after it."""
        n = length(buf, off, end)
        return (min(n, end), off + length_size(buf, off)) if n >= 0 else (0, end)

    def values(self, buf, off, end, secrets):
        """Data, of which some are a secret."""
        for secret in secrets:
            if off >= end:
                return
            behind = scan(buf, off, end, self.stack, _NESTING)
            if behind < 0:
                behind = end
            if secret:
                start = off + 1
                if buf[off] in _STRINGS and length(buf, start, end) >= 0:
                    start += length_size(buf, start)
                self.hide(start, behind)
            off = behind

    # ACCESS

    def access(self, buf, off, end):
        """`D9`, long-invoke-id, date-time, specifications, Data."""
        p = off + 5
        if length(buf, p, end) < 0:
            return
        p += length_size(buf, p) + length(buf, p, end)
        many, p = self.count(buf, p, end)
        secrets = []
        for _ in range(many):
            if p + 10 > end:
                return
            choice = buf[p]
            secrets.append((choice == 2 or choice == 3 or choice == 5) and is_secret(buf, p + 1, choice == 3))
            p += 10
            if choice > 3:
                p = scan(buf, p + 1, end, self.stack, _NESTING)
                if p < 0:
                    return
        many, p = self.count(buf, p, end)
        self.values(buf, p, end, secrets)

    # Short names

    def variables(self, buf, off, end):
        """Read, Write and UnconfirmedWrite: by the name of change_secret, or a part of a
        long request, which is hidden whole.
        """
        many, p = self.count(buf, off + 1, end)
        secrets = []
        for _ in range(many):
            if p + 3 > end:
                return
            choice = buf[p]
            secret = get16(buf, p + 1) == _CHANGE_SECRET
            if choice == 4:
                behind = scan(buf, p + 4, end, self.stack, _NESTING)
                self.values(buf, p + 4, end, (secret,))
                if behind < 0:
                    return
                p = behind
            elif choice == 6 or choice == 7:
                p += 4 if choice == 6 else 6
                n = length(buf, p, end)
                self.hide(p + length_size(buf, p) if n >= 0 else p, end)
                return
            else:
                p += 3
            secrets.append(secret)
        if buf[off] != _READ:
            many, p = self.count(buf, p, end)
            self.values(buf, p, end, secrets)

    # General block transfer

    def general_block(self, key, buf, off, end):
        """`E0 control number ack length octets`: put together as they come, and the
        secrets of the whole found in each.
        """
        if end - off < 7 or length(buf, off + 6, end) < 0:
            self.hide(off + 1, end)
            return
        start = off + 6 + length_size(buf, off + 6)
        number = get16(buf, off + 2)
        before = self.long.get(key)
        if number == 1:
            before = (0, b"")
        if start >= end:
            if number == 1:
                self.keep(key, None)
            return
        if not isinstance(before, tuple) or number != before[0] + 1 or len(before[1]) > _KEPT:
            self.hide(start, end)  # said again, or nobody knows of what it is a part
            return
        whole = before[1] + buf[start:end]
        self.keep(key, (number, whole))
        kept = self.spans
        self.spans = []
        self.apdu(key + "E0", whole, 0, len(whole))
        shift = start - len(before[1])
        for first, last in self.spans:
            if last > len(before[1]):
                kept.append((max(first + shift, start), last + shift))
        self.spans = kept


def is_secret(buf, off, method):
    """Whether a descriptor is that of LLS_secret, alone or among all
    attributes, or of change_HLS_secret.
    """
    index = buf[off + 8]
    return get16(buf, off) == 15 and (index == 2 if method else index == 7 or index == 0)
