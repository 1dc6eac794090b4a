"""Senders with sockets made for the test: full queues, slow and dead peers,
connections that change hands, confirmations.
"""

import errno
import select

from dlms.unasked.notification import data_notification
from net import notifier as notifiers
from net.manager import CLOSED, OPEN
from net.sender import AWAITING, DIALLING, IDLE, SENDING, STREAMING, WAITING
from sender_fakes import Rig, Socket, Source, confirmation

REQ = {
    "test_udp_*": ("D-63", "B-16"),
    "test_tcp_*": ("D-63", "B-16", "B-20"),
    "test_confirm*": ("D-62", "D-63"),
    "test_in_blocks*": ("D-63",),
    "test_a_sender_*": ("D-63", "F-17"),
}


# -- UDP -------------------------------------------------------------------------------------------


def test_udp_full_queue_costs_no_attempt_and_no_order():
    source = Source(1, retries=0)
    sock = Socket(takes=[None] * 5)
    with Rig(source, [sock]) as rig:
        source.post(1)
        source.post(2)
        rig.tick(5)
        assert sock.sent == [] and source.box.n == 2
        rig.tick(2)
        assert [each[12] for each in sock.sent] == [1, 2]
        assert [each[13] for each in sock.sent] == [0x0C, 0x0C] or source.box.n == 0


def test_udp_refused_by_the_network_is_tried_again_then_given_up():
    source = Source(1, retries=1)
    sock = Socket(takes=[OSError(errno.ECONNREFUSED, "")] * 2)
    with Rig(source, [sock]) as rig:
        source.post(1)
        rig.tick()
        assert rig.sender.state == WAITING and source.box.n == 1
        rig.tick(9)
        assert rig.sender.state == WAITING
        rig.tick(1)
        assert source.box.n == 0
        assert [line.split()[0] for line in rig.lines] == ["not-sent", "given-up"]
        source.post(2)
        rig.tick()
        assert len(sock.sent) == 1


def test_udp_another_destination_gets_another_socket():
    source = Source(1)
    first, second = Socket(), Socket()
    with Rig(source, [first, second]) as rig:
        source.post(1)
        rig.tick()
        source.port = 4061
        source.revision += 1
        source.post(2)
        rig.tick()
        assert first.closed and len(first.sent) == len(second.sent) == 1
        source.transport = -1
        source.revision += 1
        source.post(3)
        rig.tick()
        assert second.closed and source.box.n == 0


# -- TCP -------------------------------------------------------------------------------------------


def dialled(source, sock=None):
    """A rig whose line is open, and its connection."""
    rig = Rig(source, [sock or Socket([errno.EINPROGRESS])])
    with rig:
        source.post(1)
        rig.tick()
        assert rig.sender.state == DIALLING
        rig.poll(rig.made[0])
        assert rig.sender.line.state == OPEN
    return rig, rig.sender.line.connection


def test_tcp_waits_behind_an_answer():
    """While an answer stands in the transmit buffer, nothing else can; no attempt is lost by that."""
    source = Source(0, retries=0)
    rig, connection = dialled(source)
    with rig:
        connection.out_end = 9
        rig.tick(20)
        assert connection.sent == [] and source.box.n == 1
        connection.out = 9
        rig.tick()
        assert len(connection.sent) == 1 and source.box.n == 0


def test_tcp_is_sent_when_the_connection_took_the_last_octet():
    source = Source(0)
    rig, connection = dialled(source)
    with rig:
        connection.keep_what_is_sent()
        rig.tick()
        assert rig.sender.state == SENDING and source.box.n == 1
        rig.tick(5)
        assert rig.sender.state == SENDING and source.box.n == 1
        connection.out = connection.out_end
        rig.tick()
        assert source.box.n == 0


def test_tcp_connection_that_now_serves_another_is_lost():
    """It ended while the record was on its way, and was taken for somebody
    else before the sender looked.
    """
    source = Source(0)
    rig, connection = dialled(source)
    with rig:
        connection.keep_what_is_sent()
        rig.tick()
        connection.close("reset")
        connection.open(Socket(), "", "")
        connection.out = connection.out_end = 0
        rig.tick()
        assert rig.sender.state == WAITING and source.box.n == 1
        assert rig.lines[-1].startswith("not-sent")


def test_tcp_error_while_sending_ends_the_connection_and_keeps_the_record():
    source = Source(0)
    rig, connection = dialled(source)
    with rig:
        connection.sock = OSError(errno.ECONNRESET, "")
        rig.tick()
        assert connection.sock is None and rig.sender.line.state == CLOSED
        assert rig.sender.state == WAITING and source.box.n == 1


def test_tcp_no_connection_free():
    source = Source(0)
    with Rig(source, []) as rig:
        for connection in rig.service.connections:
            connection.sock = Socket()
        source.post(1)
        rig.tick(2)
        assert source.box.n == 1
        assert rig.lines[0] == "dial-failed peer=192.0.2.7:4060 reason=no-connection"


def test_tcp_window_and_random_start():
    """Outside a window nothing begins; when it opens, the random time is waited anew."""
    source = Source(1)
    sock = Socket()
    with Rig(source, [sock]) as rig:
        source.first = 1
        source.post(1)
        rig.tick(9)
        assert sock.sent == [] and not rig.made
        source.open = False
        rig.tick(50)
        assert not rig.made
        source.open = True
        rig.tick(10)
        assert not rig.made
        rig.tick(1)
        assert len(sock.sent) == 1


# -- confirmation ----------------------------------------------------------------------------------


def test_confirmation_over_the_right_connection_only():
    source = Source(0)
    rig, connection = dialled(source)
    with rig:
        source.box.clear()
        source.post(7, True)
        rig.tick(3)
        assert rig.sender.state == AWAITING
        other = rig.service.connections[0 if rig.service.connections[1] is connection else 1]
        answer = confirmation(7)
        rig.notifier.confirm(other, answer, 0, len(answer))
        assert source.box.n == 1
        for wrong in (confirmation(8), confirmation(7)[:5], confirmation(7) + b"\0", b"\x0f" + confirmation(7)[1:]):
            rig.notifier.confirm(connection, wrong, 0, len(wrong))
            assert source.box.n == 1, wrong
        rig.notifier.confirm(connection, answer, 0, len(answer))
        assert source.box.n == 0 and source.confirmations == 1
        rig.notifier.confirm(connection, answer, 0, len(answer))
        assert source.confirmations == 1


def test_confirmation_missing_repeats_at_once_after_the_delay():
    source = Source(0, retries=1)
    rig, connection = dialled(source)
    with rig:
        source.box.clear()
        source.post(7, True)
        rig.tick(3)
        sent = len(connection.sent)
        rig.tick(10)
        assert len(connection.sent) == sent + 1
        rig.tick(20)
        assert source.box.n == 0
        assert rig.lines[-1].startswith("given-up source=test reason=no-confirmation attempt=2")


def test_confirmations_that_are_read_together():
    """A late one, octets that are no WPDU's, and the right one after them: datagrams that
    came between two looks are one read.
    """
    source = Source(1)
    sock = Socket()

    def datagram(apdu):
        return bytes((0, 1, 0, 1, 0, 1, 0, len(apdu))) + apdu

    with Rig(source, [sock]) as rig:
        source.post(7, True)
        rig.tick()
        assert rig.sender.state == AWAITING
        for octets in (b"", b"\x00\x01", datagram(b""), datagram(confirmation(8)) * 2, datagram(confirmation(7))[:-1]):
            sock.incoming = octets
            rig.sender.ready(select.POLLIN)
            assert rig.sender.state == AWAITING, octets
        sock.incoming = datagram(confirmation(6)) + datagram(confirmation(7)) + b"\xff" * 99
        rig.sender.ready(select.POLLIN)
        assert source.box.n == 0 and source.confirmations == 1


def test_in_blocks_whatever_an_object_raises_is_a_failed_attempt():
    """The record stays for the next attempt, and the way for long pushes is free again."""

    class Long:
        sender = None
        released = 0

        def start(self, sender, connection):
            self.sender = sender
            raise ValueError

        def release(self):
            self.sender = None
            self.released += 1

    source = Source(1, retries=1)
    with Rig(source, [Socket()]) as rig:
        rig.notifier.long = Long()
        at = source.box.reserve(18)
        source.box.commit(data_notification(source.box.buf, at, 1, False, bytes(12), 0), 1, 1)
        rig.tick()
        assert rig.sender.state == WAITING and source.box.n == 1 and rig.notifier.long.released == 1
        rig.tick(10)
        assert source.box.n == 0 and rig.notifier.long.released == 2
        assert [line.split()[0] for line in rig.lines] == ["object-raised", "not-sent", "object-raised", "given-up"]


def test_udp_reset_in_the_middle_of_an_attempt():
    """The outbox is emptied while a push waits for its confirmation: the next one begins anew."""
    source = Source(1)
    sock = Socket()
    with Rig(source, [sock]) as rig:
        source.post(7, True)
        rig.tick()
        assert rig.sender.state == AWAITING
        source.box.clear()
        rig.tick()
        assert rig.sender.state == IDLE
        source.post(8)
        rig.tick()
        assert len(sock.sent) == 2 and source.box.n == 0


def test_confirmation_behind_a_reset_is_of_nothing():
    """A client resets the outbox and confirms what was in it before the sender has looked:
    nothing is taken out, then or of what comes.
    """
    for posted in (0, 1):
        source = Source(0)
        rig, connection = dialled(source)
        with rig:
            source.box.clear()
            source.post(7, True)
            rig.tick(3)
            assert rig.sender.state == AWAITING
            sent = len(connection.sent)
            source.box.clear()
            if posted:
                source.post(7, True)
            answer = confirmation(7)
            rig.notifier.confirm(connection, answer, 0, len(answer))
            assert (source.box.n, source.confirmations) == (posted, 0)
            assert source.box.used == (posted and 2 + source.box.size())
            rig.tick(3)
            assert len(connection.sent) == sent + posted


def test_udp_failure_behind_a_reset_gives_nothing_up():
    """The destination is found not to be there when the outbox has been emptied: the
    last attempt was that of nothing.
    """
    source = Source(1, retries=0)
    sock = Socket()
    with Rig(source, [sock]) as rig:
        source.post(7, True)
        rig.tick()
        assert rig.sender.state == AWAITING
        source.box.clear()
        rig.sender.failed(OSError(errno.ECONNREFUSED, ""))
        assert (source.box.n, source.box.used) == (0, 0)
        rig.tick()
        assert rig.sender.state == IDLE
        source.post(8)
        rig.tick()
        assert len(sock.sent) == 2 and source.box.n == 0


class Blocks:
    """In place of `net.long_push.LongPush`: a stream that has gone out and is
    acknowledged by whatever `says` comes to.
    """

    def __init__(self, says):
        self.says = says
        self.sender = None
        self.size = 0
        self.blocks = 0

    def start(self, sender, connection):
        self.sender = sender
        return True

    def go_on(self):
        return False

    def aborted(self):
        return False

    def acknowledge(self, buf, p, end):
        self.size = self.says
        return False

    def release(self):
        self.sender = None


def test_in_blocks_only_what_leads_on_puts_off_the_end_of_an_attempt():
    """Acknowledgements that nothing follows from keep no push in hand for ever: others wait for it."""
    for says, state in ((0, WAITING), (50, STREAMING)):
        source = Source(1)
        with Rig(source, [Socket()]) as rig:
            rig.notifier.long = Blocks(says)
            at = source.box.reserve(18)
            source.box.commit(data_notification(source.box.buf, at, 1, False, bytes(12), 0), 1, 1)
            rig.tick()
            assert rig.sender.state == STREAMING
            for _ in range(12):
                rig.sender.acknowledged(b"", 0, 0)
                rig.notifier.long.size = 0
                rig.tick()
            assert rig.sender.state == state, says


def test_in_blocks_each_block_taken_puts_off_the_end_of_an_attempt():
    """Blocks are of one size: that it has not changed does not say that none was taken."""
    for step, state in ((0, WAITING), (1, STREAMING)):
        source = Source(1)
        with Rig(source, [Socket()]) as rig:
            rig.notifier.long = long = Blocks(0)

            def go_on(long=long, step=step):
                long.blocks += step
                return False

            long.go_on = go_on
            at = source.box.reserve(18)
            source.box.commit(data_notification(source.box.buf, at, 1, False, bytes(12), 0), 1, 1)
            rig.tick()
            long.size = 50
            for _ in range(12):
                rig.tick()
            assert rig.sender.state == state, step


# -- a destination that is given later -------------------------------------------------------------


def test_a_sender_that_finds_no_memory_is_made_later_and_holds_up_no_other():
    first, late = Source(1), Source(-1)
    socks = Socket(), Socket()
    made = notifiers.Sender

    def short_of_memory(source, notifier):
        raise MemoryError

    with Rig(None, socks) as rig:
        rig.notifier = notifiers.Notifier(rig.service, rig.manager, rig.queue, rig.log, [first, late])
        assert [sender.source for sender in rig.notifier.senders] == [first]
        late.transport = 1
        late.post(7)
        first.post(1)
        notifiers.Sender = short_of_memory
        try:
            rig.tick(3)
        finally:
            notifiers.Sender = made
        assert [line for line in rig.lines if line.startswith("no-memory")] == ["no-memory test"]
        assert [each[12] for each in socks[0].sent] == [1]
        assert late.box.n == 1
        rig.tick()
        assert [each[12] for each in socks[1].sent] == [7]
        assert late.box.n == 0
        assert [sender.source for sender in rig.notifier.senders] == [first, late] and rig.notifier.idle == []
