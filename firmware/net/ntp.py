"""The time from an NTP server, as well as it can be had (RFC 5905, client mode,
no discipline of the clock's rate).

    octet  0        leap indicator, version, mode     23h in the request; in the answer mode 4, leap indicator not 3
           1        stratum                           0 is a refusal
          24 … 31   origin timestamp                  what the request had in 40 … 47: here eight random octets
          40 … 47   transmit timestamp                seconds since 1900 (since 2036 when the first bit is 0), fraction

Nothing here blocks but the name of the server, which is looked up once, before the watchdog runs; a
numeric address needs no look-up. Answers come through the meter's own queue.
"""

import os
import socket

from micropython import const

from net import address

_PORT = const(123)
_SIZE = const(48)
_AGAIN = const(3600)  # seconds between two questions once answered
_FIRST = const(15)  # seconds to the next question when there was no answer; twice as long each time
_LONGEST = const(900)
_DAY = const(86400)
_DAYS = const(36524)  # from 1900 to 2000
_ERA = 1 << 32


class Ntp:
    """server: name or address. queue: a MeterQueue. take: function(day since 2000, second of
    the day), UTC, called with each answer.
    """

    have = -1  # no connection of a client (`net.hot_plain`)

    def __init__(self, server, queue, take, log, port=_PORT):
        self.server = server
        self.queue = queue
        self.take = take
        self.log = log
        self.port = port
        self.target = None
        self.sock = None
        self.request = bytearray(_SIZE)
        self.ms = 0
        self.wait = 0  # seconds to the next question
        self.pause = _FIRST
        self.asked = False

    def look_up(self):
        """Find the server's address; may take seconds."""
        try:
            self.target = address.resolve(self.server, self.port)
        except OSError:
            self.log("WARN", "ntp", "unknown-server", "server=%s" % self.server)

    def tick(self, ms):
        """ms milliseconds with a network have passed; allocates only when it asks."""
        self.ms += ms
        if self.target is None or self.ms < 1000:
            return
        self.ms -= 1000
        if self.wait:
            self.wait -= 1
        else:
            self.ask()

    def ask(self):
        """Send a question, and expect the answer before the next one."""
        if self.asked:
            self.log("WARN", "ntp", "no-answer", "server=%s" % self.server)
        self.close()
        self.asked = True
        self.wait = self.pause
        self.pause = min(_LONGEST, 2 * self.pause)
        self.request[0] = 0x23
        self.request[40:48] = os.urandom(8)
        try:
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sock.setblocking(False)
            self.sock.sendto(self.request, self.target)
        except OSError as e:
            self.log("WARN", "ntp", "send", "error=%d" % e.errno)
            self.close()
            return
        self.queue.add(self.sock, self)

    def ready(self, event):
        """A datagram has come."""
        try:
            answer = self.sock.recvfrom(_SIZE)[0]
        except OSError:
            return
        if len(answer) < _SIZE or answer[24:32] != self.request[40:48]:
            return  # not for this question: go on waiting
        self.close()
        self.answered(answer)

    def failed(self, e):
        """An answer could not be taken: the next question comes in its time."""
        self.log("WARN", "ntp", "failed", type(e).__name__)
        self.close()

    def answered(self, answer):
        """Take an answer to this question."""
        if answer[0] & 7 != 4 or answer[0] >> 6 == 3 or answer[1] == 0:
            self.log("WARN", "ntp", "refused", "server=%s stratum=%d" % (self.server, answer[1]))
            return
        self.asked = False
        self.wait = _AGAIN
        self.pause = _FIRST
        seconds = int.from_bytes(answer[40:44], "big")
        if not answer[40] & 0x80:
            seconds += _ERA
        self.take(seconds // _DAY - _DAYS, seconds % _DAY)

    def close(self):
        if self.sock is not None:
            self.queue.discard(self.sock)
            self.sock.close()
            self.sock = None
