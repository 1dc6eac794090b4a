"""Ctrl-C ends the meter with exit code 0 whatever it is doing; --trace
shows every WPDU and changes none.
"""

import re
import signal
import threading

import pytest

from host_tests.harness.raw import RawTcp, RawUdp, wpdu
from host_tests.wire.apdus import (
    AARQ,
    CONFORMANCE,
    MANAGEMENT,
    OBJECT_LIST,
    PUBLIC,
    RLRQ,
    SMALL_AARQ,
    aarq,
    apdu_of,
    ask,
    associate,
    get,
    is_name,
    receive,
    serves,
)
from tools.dlmsclient import AssociationRejected, Client, axdr
from tools.explain import Conversation
from tools.explain.pasted import items
from tools.launcher import Meter, signals

pytestmark = pytest.mark.caps("own-process")

SETTINGS = {"port": 0, "backfill_days": 0}
BLOCKS_AARQ = aarq(pdu_size=128, conformance=CONFORMANCE | 0x200000)  # general block transfer


@pytest.fixture
def running(micropython, tmp_path):
    """Starts a meter that the test ends itself; one that is left is killed."""
    started = []

    def one(**options):
        meter = Meter(SETTINGS, micropython=micropython, log=tmp_path / f"{len(started)}.log", **options)
        meter.start()
        started.append(meter)
        return meter

    yield one
    for meter in started:
        if meter.alive:
            meter.kill()


def connect(meter):
    return RawTcp((meter.ready.host, meter.ready.port), 10)


def ended(meter):
    """Interrupt it; True when it ends with exit code 0 and prints nothing on its way."""
    return quietly(meter, meter.stop())


def quietly(meter, code):
    return code == 0 and "Traceback" not in meter.log.read_text(encoding="utf-8")


@pytest.mark.req("B-24")
def test_interrupt_of_an_idle_meter(running):
    meter = running()
    assert ended(meter)
    assert meter.log_tail().count("\n") == 0


@pytest.mark.req("A-33")
def test_interrupt_with_connections_and_transfers_open(running):
    meter = running()
    links = [connect(meter) for _ in range(4)]
    for link in links:
        associate(link, request=SMALL_AARQ)
        assert ask(link, OBJECT_LIST)[:2].hex() == "c402"
    links[0].send(wpdu(PUBLIC, MANAGEMENT, get())[:9])
    assert ended(meter)
    for link in links:
        assert link.closed()
        link.close()


@pytest.mark.req("A-33")
def test_interrupt_in_the_middle_of_work(running):
    """Associations opened and released without a pause: they make garbage, so that many
    of the signals meet the collector.
    """
    for _ in range(6):
        meter = running()
        link = connect(meter)
        stop = threading.Event()

        def work(link=link, stop=stop):
            session = (wpdu(PUBLIC, MANAGEMENT, AARQ) + wpdu(PUBLIC, MANAGEMENT, RLRQ)) * 20
            try:
                while not stop.is_set():
                    link.send(session)
                    for _ in range(40):
                        link.receive_wpdu()
            except (OSError, EOFError):
                pass

        thread = threading.Thread(target=work)
        thread.start()
        try:
            signals.send(meter.pid, signal.SIGINT)  # not when it sleeps, as `stop` does
            assert quietly(meter, meter.wait(20))
        finally:
            stop.set()
            thread.join(20)
            link.close()


def traces(meter):
    """(peer, direction, octets) of every TRACE line."""
    pattern = re.compile(r"TRACE \d+ (\S+) ([<>]) ([0-9a-f]+)")
    lines = [line for line in meter.log.read_text(encoding="utf-8").splitlines() if line.startswith("TRACE")]
    found = [pattern.fullmatch(line) for line in lines]
    assert all(found), lines
    return [match.groups() for match in found]


@pytest.mark.req("A-01", "A-04")
@pytest.mark.parametrize("kind", [RawTcp, RawUdp])
def test_trace_shows_every_wpdu_and_changes_none(running, kind):
    talks = []
    for options in ({}, {"trace": True}):
        meter = running(**options)
        link = kind((meter.ready.host, meter.ready.port), 10)
        talk = []
        # a plain GET is the request with a way of its own through the server, confirmed or
        # not; what is for nobody gets no answer
        for apdu in (AARQ, get(), get(instance="0.0.42.9.9.255"), OBJECT_LIST, get(iip=0x01), b"", get(iip=0xC2), RLRQ):
            request = wpdu(PUBLIC, MANAGEMENT, apdu)
            link.send(request)
            answer = receive(link) if apdu else b""
            talk.append((request.hex(), answer.hex()))
        own = link.socket.getsockname()[1]
        link.close()
        assert ended(meter)
        talks.append(talk)
    assert talks[0] == talks[1]
    shown = traces(meter)
    assert {peer for peer, _, _ in shown} == {f"127.0.0.1:{own}"}
    expected = [pair for request, answer in talks[1] for pair in (("<", request), (">", answer)) if pair[1]]
    assert [(direction, octets) for _, direction, octets in shown] == expected


@pytest.mark.req("A-01")
@pytest.mark.parametrize("kind", [RawTcp, RawUdp])
def test_trace_shows_every_block_of_a_stream(running, kind):
    meter = running(trace=True)
    link = kind((meter.ready.host, meter.ready.port), 10)
    link.send(wpdu(PUBLIC, MANAGEMENT, BLOCKS_AARQ))
    answers = [receive(link)]
    window = 4
    link.send(wpdu(PUBLIC, MANAGEMENT, bytes((0xE0, 0x80 | window, 0, 1, 0, 0, len(OBJECT_LIST))) + OBJECT_LIST))
    answers += [receive(link) for _ in range(window)]
    assert [answer[8] for answer in answers[1:]] == [0xE0] * window
    link.close()
    assert ended(meter)
    assert [octets for _, direction, octets in traces(meter) if direction == ">"] == [
        answer.hex() for answer in answers
    ]


def test_trace_tells_no_secret_and_is_taken_back(running):
    meter = running(trace=True)
    secrets = (b"12345678", b"87654321", b"mistyped", b"brandnew")
    with Client.tcp(meter.ready.host, meter.ready.port, 10) as client:
        with pytest.raises(AssociationRejected):
            client.associate(48, 1, secrets[2])
        manager = client.associate(48, 1, secrets[1])
        manager.set(15, "0.0.40.0.0.255", 7, axdr.octet_string(secrets[3]))
        client.associate(32, 1, secrets[0], gbt=4)
        short = client.associate_short_names(80, 1, secrets[1])
        short.change_secret(secrets[3])
    assert ended(meter)
    log = meter.log.read_text(encoding="utf-8")
    assert [secret for secret in secrets if secret.hex() in log.lower()] == []
    assert log.count("**" * 8) == 6
    conversation = Conversation()
    found = [conversation.take(item.octets, item.link) for item in items(log)]
    assert len(found) == 12
    assert [each.faults for each in found if each.faults] == []


@pytest.mark.req("A-01")
def test_without_trace_nothing_is_traced(running):
    meter = running()
    link = connect(meter)
    associate(link)
    assert serves(link)
    assert is_name(apdu_of(link.ask(wpdu(PUBLIC, MANAGEMENT, get()))))
    link.close()
    assert ended(meter)
    assert traces(meter) == []
