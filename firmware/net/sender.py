"""Takes the records of one outbox to their destination, one after the other and in their
order (REQUIREMENTS B-16, D-62, D-63).

    IDLE                 --a record-->                                 WAITING
    WAITING              --delay over, window open-->                  an attempt
    attempt over UDP     --the datagram is handed over-->              sent
    attempt over TCP     DIALLING --the line is open-->                SENDING
    SENDING              --the connection took the last octet-->       sent
    of a long push       STREAMING --its last block is taken, over
                         UDP acknowledged-->                           sent
    sent                 --a confirmed push-->                         AWAITING
    sent                 --any other record-->                         delivered
    AWAITING             --confirmation-->                             delivered
    attempt, AWAITING    --the line fails, no confirmation in time-->  WAITING, or given up

A push that is longer than an APDU is a *long push*, over TCP or UDP.

A record leaves the outbox only when it is delivered or given up, and nothing after it is touched
before. Nothing here waits: every step is taken by `tick`, ten times a second, so that a destination
that is not there, accepts and says nothing, or does not read, holds up nobody.

The *source* whose outbox it is (`cosem.push_setup.PushSetup`, `meter.notices.Notices`) has

    label                             its name in the log
    box                               the Outbox
    transport, host, port             the destination: 0 TCP, 1 UDP, -1 none; `revision`
                                      changes when they do
    inside                            whether records go through AAs of the client management
                                      process as well (`net.teller`); then also
    shape(at, aa)                     … gives the WPDU at box.buf[at:] the form that it has in an
                                      AA, with None outside one: it is
    buf, start, size                  … then in buf[start:start + size]
    may_send()                        whether the present moment is in a communication window
    first_delay()                     seconds before the first attempt
    retries(), delay(n)               attempts after the first one, seconds from
                                      attempt n to the next
    was_confirmed()                   called when the confirmation came, on a source
                                      of confirmed pushes
"""

from micropython import const

from dlms.codec.wrapper import HEADER, frame
from dlms.unasked.notification import invoke_id, is_confirmation, is_confirmed
from dlms.unasked.outbox import APDU, FIRST
from net import address
from net.manager import CLOSED, OPEN

IDLE = const(0)
WAITING = const(1)
DIALLING = const(2)
SENDING = const(3)
AWAITING = const(4)
STREAMING = const(5)

_TCP = const(0)
_UDP = const(1)
_SECOND = const(1000)
_HEAD_ONLY = const(26)  # octets of the WPDU of a DataNotification without its values
_GENERAL_BLOCK_TRANSFER = const(0xE0)  # as `dlms.codec.tags.GENERAL_BLOCK_TRANSFER`


class Sender:
    """notifier: the Notifier it belongs to, with manager, queue and log."""

    have = -1  # no connection of a client (`net.hot_plain`)

    def __init__(self, source, notifier):
        self.source = source
        self.box = source.box
        self.notifier = notifier
        self.state = IDLE
        self.attempt = 0
        self.wait = 0  # milliseconds to the next step
        self.shut = False  # the window was found closed
        self.revision = -1
        self.epoch = 0
        self.lost = 0
        self.line = None  # the way over TCP
        self.connection = None  # … while SENDING or AWAITING
        self.peer = None  # … and its socket: a connection serves one peer after another
        self.sock = None  # connected UDP socket
        # what is to be sent of the record in hand: its WPDU, or another form of it
        self.buf = None
        self.at = 0
        self.n = 0

    # -- steps -------------------------------------------------------------------------------------

    def tick(self, ms):
        """ms milliseconds have passed."""
        if self.box.n == 0 and self.state == IDLE and self.box.lost == self.lost:
            return
        if self.box.epoch != self.epoch:
            self.epoch = self.box.epoch  # the outbox was emptied: whatever was under way is none of ours any more
            self.stop_streaming()
            self.state = IDLE
            self.connection = None
        if self.state == IDLE:
            if self.box.n and (self.box.told or not self.source.inside):
                self.take_record()
        elif self.state == WAITING:
            if self.wait > 0:  # not on and on while a window is closed: that would be a large integer some day
                self.wait -= ms
        elif self.state == DIALLING:
            self.dialling()
        elif self.state == SENDING:
            self.sending()
        elif self.state == STREAMING:
            self.streaming(ms)
        else:
            self.awaiting(ms)
        if self.state == WAITING and self.wait <= 0:
            self.try_now()
        if self.box.lost != self.lost:
            self.lost = self.box.lost
            self.say("WARN", "too-long" if self.box.too_long else "outbox-full")

    def take_record(self):
        """Take the oldest record in hand."""
        self.attempt = 0
        self.state = WAITING
        self.wait = _SECOND * self.source.first_delay()
        self.shut = False

    def try_now(self):
        """An attempt, if a communication window is open. All of them begin at once then,
        so each waits its random time anew.
        """
        source = self.source
        if not source.may_send():
            self.shut = True
            return
        if self.shut:
            self.shut = False
            self.wait = _SECOND * source.first_delay()
            if self.wait:
                return
        if source.revision != self.revision:
            self.aim()
        if source.transport < 0:
            self.nobody()
        elif source.transport == _UDP:
            self.datagram()
        elif self.line.state == OPEN:
            self.send()
        else:
            self.attempt += 1
            self.state = DIALLING
            if self.line.state == CLOSED:
                self.line.dial()

    def nobody(self):
        """There is nowhere to send to: what has piled up is wanted by nobody, and not sent
        later. Notices have reached the AAs.
        """
        if self.source.inside:
            while self.box.told:
                self.box.pop()
        else:
            self.box.clear()
            self.epoch = self.box.epoch
        self.lost = self.box.lost
        self.state = IDLE

    def aim(self):
        """The destination is another one."""
        self.release()
        self.revision = self.source.revision
        if self.source.transport == _TCP:
            self.line = self.notifier.manager.line(self.source.host, self.source.port)

    def release(self):
        """Let go of line and socket."""
        self.stop_streaming()
        if self.line is not None:
            self.notifier.manager.leave(self.line)
            self.line = None
        self.close()

    def failed_attempt(self, reason):
        """Keep the record for the next attempt, or give it up."""
        self.stop_streaming()
        if self.attempt > self.source.retries():
            self.say("ERROR", "given-up", reason)
            self.delivered()
            return
        self.say("WARN", "not-sent", reason)
        self.state = WAITING
        self.wait = _SECOND * self.source.delay(self.attempt)

    def sent(self):
        """The transport has taken the record."""
        self.stop_streaming()
        self.say("DEBUG", "sent")
        if is_confirmed(self.box.buf, APDU):
            self.state = AWAITING
            self.wait = _SECOND * max(1, self.source.delay(self.attempt))
        else:
            self.delivered()

    def delivered(self):
        """Forget the record, unless the outbox was emptied meanwhile, and begin
        with the next one at the next tick.
        """
        self.stop_streaming()
        self.connection = None
        self.peer = None
        if self.box.epoch == self.epoch:
            self.box.pop()
        self.state = IDLE

    def say(self, level, event, text=""):
        """A line of the log; without a text it allocates nothing unless it is printed."""
        source = self.source.label
        if text:
            text = "source=%s reason=%s attempt=%d left=%d" % (source, text, self.attempt, self.box.n)
        self.notifier.log(level, "notify", event, text or source)

    # -- TCP ---------------------------------------------------------------------------------------

    def dialling(self):
        if self.line.state == OPEN:
            self.attempt -= 1  # the same attempt goes on
            self.send()
        elif self.line.state == CLOSED:
            self.failed_attempt("no-connection")

    def send(self):
        """Hand the record to the connection, as soon as that has no answer of its own to send."""
        self.over(self.line.connection)

    def over(self, connection):
        """Send the oldest record over a connection; later, when an answer is still waiting there.

        A notice goes through the AA that takes it, if the client management process has one there.
        """
        self.form(self.notifier.among(connection, self.box.size()) if self.source.inside else None)
        if self.is_long():
            self.stream(connection)
            return
        try:
            self.peer = connection.sock
            taken = connection.send(self.buf, self.at, self.n)
        except OSError as e:
            taken = True
            connection.failed(e)
        if taken:
            self.attempt += 1
            self.connection = connection
            self.state = SENDING
            self.sending()
        else:
            self.state = WAITING
            self.wait = 0

    def sending(self):
        """The connection has the record: it is sent when all has been taken, and failed
        when the connection ends before.
        """
        if self.gone():
            self.failed_attempt("connection-lost")
        elif not self.connection.sending():
            self.sent()

    def gone(self):
        """Whether the connection that took the record has ended since."""
        return self.connection.sock is not self.peer

    def awaiting(self, ms):
        """No confirmation yet."""
        self.wait -= ms
        if self.wait <= 0:
            self.failed_attempt("no-confirmation")
            self.wait = 0  # the delay is over already
        elif self.connection is not None and self.gone():
            self.failed_attempt("connection-lost")

    # -- UDP ---------------------------------------------------------------------------------------

    def datagram(self):
        """One WPDU, one datagram. A queue that is full just now takes it at the next tick."""
        try:
            if self.sock is None:
                self.open()
            self.form(None)
            if self.is_long():
                self.stream(None)
                return
            n = self.sock.write(self.buf, self.at, self.n)
        except OSError as e:
            self.attempt += 1
            self.failed_attempt("error-%d" % e.errno)
            return
        if n:
            self.attempt += 1
            self.sent()

    def open(self):
        """Open a UDP socket to the destination, and hear what comes back."""
        sock = address.connected(self.source.host, self.source.port)
        try:
            self.notifier.queue.add(sock, self)
        except Exception:
            sock.close()
            raise
        self.sock = sock

    def ready(self, event):
        """Datagrams from the destination: a confirmation, an acknowledgement of blocks,
        or nothing that is expected here.

        `readinto` reads on while there is room, so that those which have come
        together stand one after the other.
        """
        scratch = self.notifier.scratch
        n = self.sock.readinto(scratch) or 0
        off = 0
        while n - off > HEADER:
            size = frame(scratch, off, n - off, n)
            if size <= HEADER:
                break
            end = off + size
            if self.state == STREAMING and scratch[off + HEADER] == _GENERAL_BLOCK_TRANSFER:
                self.acknowledged(scratch, off + HEADER, end)
            else:
                self.confirm(scratch, off + HEADER, end)
            off = end

    def failed(self, e):
        """The destination cannot be reached, as far as the network reports; of a datagram
        that was taken nothing more is known.
        """
        if self.state == AWAITING or self.state == STREAMING:
            self.failed_attempt("unreachable")

    def close(self):
        """Close the UDP socket."""
        if self.sock is not None:
            self.notifier.queue.discard(self.sock)
            self.sock.close()
            self.sock = None

    # -- in blocks ---------------------------------------------------------------------------------

    def stream(self, connection):
        """Send a push in blocks, when no other one is under way and there is a transfer for it."""
        long = self.notifier.long
        if long.sender is not None:
            self.state = WAITING
            self.wait = 0
            return
        self.attempt += 1
        self.connection = connection
        self.peer = connection.sock if connection is not None else None
        self.state = STREAMING
        try:
            begun = long.start(self, connection)
        except Exception as e:
            self.raised(e)
            return
        if begun:
            self.stream_on()
        else:
            self.failed_attempt("no-transfer")

    def raised(self, e):
        """An object raised while its value was read."""
        self.notifier.log("ERROR", "notify", "object-raised", repr(e))
        self.failed_attempt("object-raised")

    def stream_on(self):
        """Hand over the next block; from now on silence counts anew."""
        self.wait = _SECOND * max(1, self.source.delay(self.attempt))
        try:
            whole = self.notifier.long.go_on()
        except OSError as e:
            if self.connection is not None and self.connection.sock is self.peer:
                self.connection.failed(e)
            self.failed_attempt("error-%d" % e.errno)
            return
        except Exception as e:
            self.raised(e)
            return
        if self.notifier.long.aborted():
            self.failed_attempt("aborted")
        elif whole and self.connection is not None:
            self.sent()

    def streaming(self, ms):
        """Blocks wait to be taken, or for an acknowledgement."""
        long = self.notifier.long
        if self.connection is not None and self.gone():
            self.failed_attempt("connection-lost")
        elif long.size:
            blocks = long.blocks
            wait = self.wait - ms
            self.stream_on()
            if self.state == STREAMING and long.blocks == blocks and wait < self.wait:
                self.wait = wait
                if wait <= 0:
                    self.failed_attempt("not-taken")
        else:
            self.wait -= ms
            if self.wait <= 0:
                # the last block may have arrived; what is in the middle has not
                if long.go_on():
                    self.sent()
                else:
                    self.failed_attempt("no-acknowledgement")

    def acknowledged(self, buf, off, end):
        """The destination has taken blocks."""
        if self.state == STREAMING:
            long = self.notifier.long
            if long.acknowledge(buf, off, end):
                self.sent()
            elif long.size:
                self.stream_on()

    def stop_streaming(self):
        """Whatever became of it, the next push in blocks may begin."""
        if self.state == STREAMING:
            self.state = IDLE
            self.notifier.long.release()

    # -- confirmation ------------------------------------------------------------------------------

    def confirm(self, buf, off, end):
        """DataNotificationConfirm: the record is delivered when it has that number, and is
        still there; False when it is not.
        """
        if self.state < SENDING or self.box.epoch != self.epoch:
            return False
        if not is_confirmation(buf, off, end) or invoke_id(buf, off) != invoke_id(self.box.buf, APDU):
            return False
        self.source.was_confirmed()
        self.say("DEBUG", "confirmed")
        self.delivered()
        return True

    # -- what is sent ------------------------------------------------------------------------------

    def is_long(self):
        """Whether the record in hand is a push whose values are not in it (`net.long_push`)."""
        return self.n == _HEAD_ONLY and not self.source.inside

    def form(self, aa):
        """Take in hand the octets of the oldest record: of a notice as they are
        in an AA, with None outside one.
        """
        source = self.source
        if source.inside:
            source.shape(FIRST, aa)
            self.buf = source.buf
            self.at = source.start
            self.n = source.size
        else:
            self.buf = self.box.buf
            self.at = FIRST
            self.n = self.box.size()
