"""The listener's health, and the time from the network: over real
loopback sockets, without a board.
"""

import os
import socket

import board_fakes
from net import ntp
from net.health import AGE, NOTHING, REBIND, RESET, RESTART, Health
from net.ntp import Ntp
from net.queue import WatchedQueue

MICROPYTHON_ONLY = True


class Service:
    """What Health sees of the meter's service; accepts nothing unless it is set to."""

    def __init__(self):
        self.accepts = 0
        self.connections = 0

    def used(self):
        return self.connections

    def most(self):
        return 4


def opened(kind):
    """A socket bound to a free number of the loopback address, and the number."""
    for _ in range(50):
        octets = os.urandom(2)
        port = 20000 + (octets[0] << 8 | octets[1]) % 40000
        sock = socket.socket(socket.AF_INET, kind)
        try:
            sock.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
            if kind == socket.SOCK_STREAM:
                sock.listen(1)
            return sock, port
        except OSError:
            sock.close()
    raise OSError("no free port")


def watched(loopback=True, port=9):
    service = Service()
    log = board_fakes.Lines()
    made = Health(service, loopback, log)
    made.listening("127.0.0.1", port)
    return made, service, log


def means(made, ms):
    """Every means asked for while ms pass, in seconds."""
    found = []
    for _ in range(ms // 1000):
        means = made.tick(1000)
        if means != NOTHING:
            found.append(means)
    return found


def test_clients_are_proof_enough():
    made, service, log = watched()
    for _ in range(10):
        assert means(made, AGE // 2) == []
        service.accepts += 1
    assert made.probe is None


def test_a_quiet_listener_is_tried():
    sock, port = opened(socket.SOCK_STREAM)
    made, service, log = watched(port=port)
    assert means(made, AGE) == []
    assert made.probe is not None
    sock.accept()[0].close()
    service.accepts += 1
    assert means(made, 10000) == []
    assert made.probe is None
    assert log.kept == []
    sock.close()


def test_a_dead_listener_asks_for_more_each_time():
    sock, port = opened(socket.SOCK_STREAM)
    made, service, log = watched(port=port)
    assert means(made, AGE + 60000) == [REBIND, RESTART, RESET, RESET]
    assert log.events() == ["listener-dead"] * 4
    sock.close()


def test_rebinding_does_not_make_a_dead_listener_young():
    sock, port = opened(socket.SOCK_STREAM)
    made, service, log = watched(port=port)
    assert means(made, AGE + 10000) == [REBIND]
    made.listening("127.0.0.1", port)
    assert means(made, 30000)[0] == RESTART
    sock.close()


def test_a_refused_try_is_a_failure():
    sock, port = opened(socket.SOCK_STREAM)
    sock.close()
    made, service, log = watched(port=port)
    assert means(made, AGE + 6000)[0] == REBIND


def test_a_full_meter_is_not_tried():
    made, service, log = watched()
    service.connections = 4
    assert means(made, 3 * AGE) == []
    assert made.probe is None


def test_without_loopback_an_idle_listener_is_opened_anew():
    made, service, log = watched(loopback=False)
    assert means(made, 2 * AGE) == [REBIND, REBIND]
    service.connections = 1
    assert means(made, 2 * AGE) == []


def test_watching_takes_no_heap():
    import gc

    import micropython

    made, service, log = watched()
    made.tick(100)
    gc.collect()
    before = gc.mem_alloc()
    micropython.heap_lock()
    for _ in range(100):
        made.tick(100)
    micropython.heap_unlock()
    assert gc.mem_alloc() == before


# -- time ------------------------------------------------------------------------------------------


def client():
    sock, port = opened(socket.SOCK_DGRAM)
    taken = []
    log = board_fakes.Lines()
    queue = WatchedQueue()
    made = Ntp("127.0.0.1", queue, lambda day, second: taken.append((day, second)), log, port)
    made.look_up()
    return made, sock, queue, taken, log


def asked(made, sock):
    """Let the client ask, and return its question and address."""
    made.tick(1000)
    return sock.recvfrom(100)


def answer(question, seconds, first=0x24, stratum=2):
    octets = bytearray(48)
    octets[0] = first
    octets[1] = stratum
    octets[24:32] = question[40:48]
    octets[40:44] = seconds.to_bytes(4, "big")
    return octets


def deliver(queue):
    """One turn of the event loop: the datagram is there, loopback does not keep it."""
    queue.wait_io_event(2000)
    assert queue.polled


def test_an_answer_is_the_time():
    # 2026-11-21T12:34:56Z and, after the era of 1900 has ended, 2040-01-01T00:00:01Z
    for seconds, day, second in ((4004253296, 9821, 45296), (4417977601 - (1 << 32), 14610, 1)):
        made, sock, queue, taken, log = client()
        question, peer = asked(made, sock)
        assert len(question) == 48 and question[0] == 0x23
        sock.sendto(answer(question, seconds), peer)
        deliver(queue)
        assert taken == [(day, second)], taken
        assert queue.own == {} and made.sock is None
        assert made.wait == 3600
        sock.close()


def test_answers_to_other_questions_are_passed_over():
    made, sock, queue, taken, log = client()
    question, peer = asked(made, sock)
    forged = answer(question, 4004253296)
    forged[24] ^= 1
    sock.sendto(forged, peer)
    deliver(queue)
    sock.sendto(b"short", peer)
    deliver(queue)
    assert taken == []
    sock.sendto(answer(question, 4004253296), peer)
    deliver(queue)
    assert len(taken) == 1
    sock.close()


def test_a_server_that_does_not_know_is_asked_again_later():
    for first, stratum in ((0xE4, 2), (0x24, 0), (0x23, 2)):
        made, sock, queue, taken, log = client()
        question, peer = asked(made, sock)
        sock.sendto(answer(question, 4004253296, first, stratum), peer)
        deliver(queue)
        assert taken == []
        assert log.events() == ["refused"]
        assert made.wait == 15
        sock.close()


def test_an_answer_that_cannot_be_taken_is_not_the_end():
    made, sock, queue, taken, log = client()

    def full(day, second):
        raise MemoryError

    made.take = full
    question, peer = asked(made, sock)
    sock.sendto(answer(question, 4004253296), peer)
    deliver(queue)
    assert log.events() == ["failed"]
    assert queue.own == {} and made.sock is None
    sock.close()


def test_silence_lengthens_the_pause():
    made, sock, queue, taken, log = client()
    pauses = []
    last = None
    for second in range(3000):
        made.tick(1000)
        if made.request[40:48] != last:
            last = bytes(made.request[40:48])
            pauses.append(second)
    assert [b - a for a, b in zip(pauses, pauses[1:])] == [16, 31, 61, 121, 241, 481, 901, 901], pauses
    assert set(log.events()) == {"no-answer"}
    assert len(queue.own) == 1
    made.close()
    assert queue.own == {}
    sock.close()


def test_a_name_that_nobody_knows_is_said_once():
    log = board_fakes.Lines()
    made = Ntp("no-such-host.invalid", WatchedQueue(), None, log)

    class Resolver:
        @staticmethod
        def resolve(host, port):
            raise OSError(-2)

    kept = ntp.address
    ntp.address = Resolver
    try:
        made.look_up()
    finally:
        ntp.address = kept
    made.tick(10000)
    assert log.kept == [("WARN", "ntp", "unknown-server", "server=no-such-host.invalid")]


def test_waiting_takes_no_heap():
    import gc

    import micropython

    made, sock, queue, taken, log = client()
    asked(made, sock)
    gc.collect()
    before = gc.mem_alloc()
    micropython.heap_lock()
    for _ in range(100):
        made.tick(100)
    micropython.heap_unlock()
    assert gc.mem_alloc() == before
    made.close()
    sock.close()
