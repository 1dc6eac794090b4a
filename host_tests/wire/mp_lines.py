"""Lines, the connections that the meter opens, with sockets made for the test:
refused, silent, not ready, back-off (B-20).
"""

import errno
import select

from net.manager import CLOSED, CONNECTING, OPEN
from sender_fakes import POLLERR, Rig, Socket

REQ = {"*": ("A-50", "A-57", "B-20")}


def test_line_backs_off_and_comes_back():
    refused = [Socket([errno.EINPROGRESS, errno.ECONNREFUSED]) for _ in range(4)]
    good = Socket([errno.EINPROGRESS, 106])  # EISCONN: connected already
    with Rig(None, refused + [good]) as rig:
        line = rig.manager.line("192.0.2.7", 4060, True)
        at = []
        ticks = 0
        while line.state != OPEN and ticks < 400:
            ticks += 1
            rig.tick()
            if line.state == CONNECTING:
                at.append(ticks)
                rig.poll(rig.made[-1])
        assert [b - a for a, b in zip(at, at[1:])] == [10, 20, 40, 80]
        assert line.state == OPEN and all(sock.closed for sock in refused)
        # it does not keep the connection: not called at once
        line.connection.close("peer")
        rig.sockets = [Socket([errno.EINPROGRESS])]
        rig.tick(150)
        assert line.state == CLOSED
        rig.tick(20)
        assert line.state == CONNECTING


def test_line_times_out():
    sock = Socket([errno.EINPROGRESS])
    with Rig(None, [sock]) as rig:
        line = rig.manager.line("192.0.2.7", 4060, True)
        rig.tick(100)
        assert line.state == CONNECTING
        rig.tick(1)
        assert line.state == CLOSED and sock.closed and rig.queue.own == {}
        assert "no-answer" in rig.lines[-1]


def test_line_that_is_not_ready_is_asked_by_the_clock():
    """Some networks call a socket writable before it is connected: the line stops
    watching and looks ten times a second.
    """
    sock = Socket([errno.EINPROGRESS, errno.EALREADY, errno.EALREADY, 0])
    with Rig(None, [sock]) as rig:
        line = rig.manager.line("192.0.2.7", 4060, True)
        rig.tick()
        rig.poll(sock)
        assert rig.queue.wanted[id(sock)] == 0 and line.state == CONNECTING
        rig.tick()
        assert line.state == CONNECTING
        rig.tick()
        assert line.state == OPEN


def test_line_that_failed_shows_it_in_the_poll():
    """lwIP answers EALREADY even when connecting has failed; the error is in the event."""
    sock = Socket([errno.EINPROGRESS, errno.EALREADY])
    with Rig(None, [sock]) as rig:
        line = rig.manager.line("192.0.2.7", 4060, True)
        rig.tick()
        rig.poll(sock, select.POLLOUT | POLLERR)
        assert line.state == CLOSED and sock.closed


def test_line_whose_network_goes_away():
    sock = Socket([errno.EINPROGRESS])
    with Rig(None, [sock]) as rig:
        line = rig.manager.line("192.0.2.7", 4060, True)
        rig.tick()
        rig.notifier.drop()
        assert line.state == CLOSED and sock.closed


def test_line_is_one_for_all_who_go_there():
    with Rig(None) as rig:
        line = rig.manager.line("192.0.2.7", 4060)
        assert rig.manager.line("192.0.2.7", 4060) is line
        assert rig.manager.line("192.0.2.7", 4061) is not line
        rig.manager.leave(line)
        assert line in rig.manager.lines
        rig.manager.leave(line)
        assert line not in rig.manager.lines


def test_line_without_a_connection_to_spare():
    with Rig(None, [Socket([errno.EINPROGRESS])]) as rig:
        line = rig.manager.line("192.0.2.7", 4060, True)
        rig.tick()
        for connection in rig.service.connections:
            connection.sock = Socket()
        rig.poll(rig.made[0])
        assert line.state == CLOSED and rig.made[0].closed
        assert rig.queue.own == {}
