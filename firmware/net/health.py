"""Is the listener still listening? On some boards accepting dies after hours
without a client, and nothing says so.

After `AGE` without an accepted connection, and with one to spare, the meter tries the listener by a
connection to itself. Where the network stack cannot reach its own address, the meter just opens the
listener again, which costs nothing while nobody is connected. When a try fails the next means
follows: open the sockets again, reset the radio, reset the board.
"""

import socket

from micropython import const

from net import address

NOTHING = const(0)  # what `tick` asks for, the mildest means first
REBIND = const(1)
RESTART = const(2)
RESET = const(3)

AGE = const(600000)  # milliseconds
_PATIENCE = const(5000)
_SOON = const(590000)  # the age that a failure leaves


class Health:
    """service: the Service that is watched. loopback: whether a socket can
    reach the board's own address.
    """

    def __init__(self, service, loopback, log):
        self.service = service
        self.loopback = loopback
        self.log = log
        self.host = ""
        self.port = 0
        self.accepts = 0
        self.age = 0
        self.probe = None
        self.failures = 0

    def listening(self, host, port):
        """The sockets have been opened, anew or for the first time."""
        self.close()
        self.host = host
        self.port = port
        self.accepts = self.service.accepts
        # after a failure it shall be known soon whether that helped
        self.age = _SOON if self.failures else 0

    def tick(self, ms):
        """ms milliseconds have passed; returns NOTHING or a means.
        Allocates nothing between two tries.
        """
        self.age += ms
        if self.service.accepts != self.accepts:
            self.accepts = self.service.accepts
            self.age = 0
            self.failures = 0
            self.close()
        elif self.probe is not None:
            if self.age >= _PATIENCE:
                return self.failed("no-accept")
        elif self.age >= AGE:
            return self.old()
        return NOTHING

    def old(self):
        """Nobody has come for long."""
        self.age = 0
        used = self.service.used()
        if not self.loopback:
            return NOTHING if used else REBIND
        if used >= self.service.most():
            return NOTHING
        self.probe = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.probe.setblocking(False)
        try:
            self.probe.connect(address.resolve(self.host, self.port))
        except OSError as e:
            if not address.in_progress(e):
                return self.failed("error-%d" % e.errno)
        return NOTHING

    def failed(self, reason):
        """A try has failed; RESET is never left out, the sockets are dead."""
        self.close()
        self.age = _SOON
        self.failures = min(self.failures + 1, RESET)
        self.log("WARN", "net", "listener-dead", "reason=%s failures=%d" % (reason, self.failures))
        return self.failures

    def close(self):
        if self.probe is not None:
            self.probe.close()
            self.probe = None
