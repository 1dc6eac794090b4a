"""Answers longer than the meter's own APDU, to clients that negotiate no
block transfer, on a running meter.
"""

from __future__ import annotations

import select

import pytest

from host_tests.harness.raw import RawLinks, wpdu

pytestmark = [pytest.mark.caps("own-process"), pytest.mark.prefers(backfill_days=0)]

MANAGER = 48
# of the management client with its demonstration secret, without bits 2 and 11 to 13:
# it takes what the last two octets say
AARQ = (
    "6036A1090607608574050801018A0207808B0760857405080201AC0A80083837363534333231BE10040E01000000065F1F040000021D{:04X}"
)
OBJECT_LIST = bytes.fromhex("C001C1000F0000280000FF0200")
NAME = bytes.fromhex("C001C1000100002A0000FF0200")
ASKED = 2000  # long answers, of some kilobytes each
MANY = 40  # more than any table of the meter holds
TITLE = bytes.fromhex("C401C1000910") + b"ZZZ0000000100001"


def opened(link, pdu: int):
    """A link with an AA of that client."""
    answer = link.ask(wpdu(MANAGER, 1, bytes.fromhex(AARQ.format(pdu))))
    assert answer[8] == 0x61
    return link


def ask(link, apdu: bytes) -> bytes:
    return link.ask(wpdu(MANAGER, 1, apdu))[8:]


@pytest.mark.req("D-116", "C-38")
def test_object_list_in_one_piece(raw: RawLinks) -> None:
    """The same to the octet for every size that is enough, 0 standing for
    any; refused by one octet less.
    """
    whole = ask(opened(raw.tcp(), 0xFFFF), OBJECT_LIST)
    assert len(whole) > 1024
    assert whole[:4] == bytes.fromhex("C401C100")
    for pdu in (0, 5000, len(whole)):
        assert ask(opened(raw.tcp(), pdu), OBJECT_LIST) == whole
    link = opened(raw.tcp(), len(whole) - 1)
    assert ask(link, OBJECT_LIST) == bytes.fromhex("C401C1010E")
    assert ask(link, NAME) == TITLE


@pytest.mark.req("D-116", "A-08")
def test_datagram_is_the_limit(raw: RawLinks) -> None:
    link = opened(raw.udp(), 0xFFFF)
    assert ask(link, OBJECT_LIST) == bytes.fromhex("C401C1010E")
    assert ask(link, NAME) == TITLE


@pytest.mark.req("D-119", "A-23")
def test_next_requests_wait_and_others_do_not(raw: RawLinks) -> None:
    link, other = opened(raw.tcp(), 0), opened(raw.tcp(), 0)
    link.send(wpdu(MANAGER, 1, OBJECT_LIST) + wpdu(MANAGER, 1, NAME) + wpdu(MANAGER, 1, OBJECT_LIST))
    assert ask(other, NAME) == TITLE
    first = link.receive_wpdu()
    assert link.receive_wpdu()[8:] == TITLE
    assert link.receive_wpdu() == first


@pytest.mark.caps("direct")
@pytest.mark.req("D-119", "A-31", "A-24")
@pytest.mark.meter_config(frame_timeout=1, inactivity=0)
def test_answer_that_is_not_fetched_ends_the_connection(raw: RawLinks) -> None:
    """Beside it an idle connection, which has no limit here, goes on."""
    slow = opened(raw.tcp(receive_buffer=2048, segment=536), 0)
    other = opened(raw.tcp(), 0)
    whole = ask(other, OBJECT_LIST)
    # more than the network keeps on the way; its end shows itself by an
    # error, while nothing is read
    slow.send(wpdu(MANAGER, 1, OBJECT_LIST) * ASKED)
    poller = select.poll()
    poller.register(slow.socket, select.POLLHUP | select.POLLERR)
    assert poller.poll(20000)
    assert ask(other, OBJECT_LIST) == whole


@pytest.mark.req("D-119", "A-33")
@pytest.mark.parametrize("fetched", [0, 8, 2000])
def test_client_that_disappears_leaves_nothing_behind(raw: RawLinks, fetched: int) -> None:
    """While its answer is measured or written: more often than there are transfers and connections."""
    whole = ask(opened(raw.tcp(), 0), OBJECT_LIST)
    for _ in range(MANY):
        link = opened(raw.tcp(), 0)
        link.send(wpdu(MANAGER, 1, OBJECT_LIST))
        link.receive(fetched)
        link.reset()
    assert ask(opened(raw.tcp(), 0), OBJECT_LIST) == whole


@pytest.mark.req("D-119")
@pytest.mark.meter_config(trace="on")
def test_the_same_while_every_wpdu_is_traced(raw: RawLinks) -> None:
    whole = ask(opened(raw.tcp(), 0), OBJECT_LIST)
    assert whole[:4] == bytes.fromhex("C401C100")
    assert ask(opened(raw.tcp(), len(whole)), OBJECT_LIST) == whole
