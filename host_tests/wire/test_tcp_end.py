"""The end of a TCP connection, however it comes, ends its associations and
transfers, and those of no other.
"""

from itertools import product

import pytest

from host_tests.harness.raw import wpdu
from host_tests.wire.apdus import (
    AARQ,
    CLIENT_MANAGEMENT,
    CURRENT_ASSOCIATION,
    MANAGEMENT,
    NOT_ALLOWED,
    OBJECT_LIST,
    OTHER_DEVICE,
    PUBLIC,
    SMALL_AARQ,
    aarq,
    apdu_of,
    ask,
    associate,
    get,
    get_next,
    is_aare,
    is_name,
    serves,
)

pytestmark = pytest.mark.prefers(backfill_days=0)

REQUEST = wpdu(PUBLIC, MANAGEMENT, get())
# More than any table of the meter holds: connections, associations, transfers.
MANY = 40


def begin_transfer(link, client=PUBLIC):
    """Open an AA and get the first block of a long value; returns that answer."""
    associate(link, client, request=SMALL_AARQ)
    block = ask(link, OBJECT_LIST, client)
    assert block[:9].hex() == "c402c10000000001" + "00"
    return block


def end(link, how):
    if how == "fin":
        link.finish()
        assert link.closed()
    elif how == "reset":
        link.reset()
    else:
        link.close()


@pytest.mark.req("A-33", "A-51", "A-52", "B-11", "B-21")
@pytest.mark.parametrize("how", ["fin", "reset", "close"])
def test_associations_end_with_the_connection(tcp, meter, how):
    link, other = tcp(), tcp()
    clients = (PUBLIC, CLIENT_MANAGEMENT)[: meter.limits.TCP_ASSOCIATIONS]
    for client in clients:
        associate(link, client)
        associate(other, client)
    end(link, how)
    assert serves(other)
    again = tcp()
    for client in clients:
        assert ask(again, get(), client) == NOT_ALLOWED
        assert serves(other, client)
    associate(again)
    assert serves(again)


@pytest.mark.req("A-33", "A-56")
@pytest.mark.parametrize("how", ["fin", "reset", "close"])
@pytest.mark.parametrize("sent", [1, 7, 8, 9, 20])
def test_end_in_the_middle_of_a_request(tcp, how, sent):
    for _ in range(12):
        link = tcp()
        associate(link)
        link.send(REQUEST[:sent])
        end(link, how)
    link = tcp()
    # the rest of a request that began on another connection is none here
    link.send(wpdu(PUBLIC, MANAGEMENT, AARQ))
    assert is_aare(apdu_of(link.receive_wpdu()))
    assert serves(link)


@pytest.mark.req("A-33", "B-11", "B-19")
@pytest.mark.parametrize("how", ["fin", "reset", "close"])
def test_transfers_end_with_the_connection(tcp, how):
    other = tcp()
    first = begin_transfer(other)
    for _ in range(MANY):
        link = tcp()
        begin_transfer(link)
        end(link, how)
    # the transfer of another connection goes on from where it was
    second = ask(other, get_next(1))
    assert second[:9].hex() == "c402c10000000002" + "00"
    assert second[9:] != first[9:]
    # and the next one begins anew
    link = tcp()
    associate(link, request=SMALL_AARQ)
    assert ask(link, get_next(1))[:2].hex() in ("c401", "c402")
    assert ask(link, OBJECT_LIST) == first


@pytest.mark.caps("roomy")
@pytest.mark.req("A-33", "A-34")
def test_everything_is_free_again_after_many_ends(tcp):
    """As many connections as there may be, each with all the AAs it may have, again and again."""
    for _ in range(MANY):
        link = tcp()
        for client, server in product((PUBLIC, CLIENT_MANAGEMENT), (MANAGEMENT, OTHER_DEVICE)):
            associate(link, client, server)
        end(link, "fin")


@pytest.mark.req("A-33")
def test_answers_to_what_came_before_the_end(tcp):
    """FIN ends what the client sends, not what it receives."""
    link = tcp()
    link.send(wpdu(PUBLIC, MANAGEMENT, AARQ) + REQUEST * 3)
    link.finish()
    assert is_aare(apdu_of(link.receive_wpdu()))
    for _ in range(3):
        assert is_name(apdu_of(link.receive_wpdu()))
    assert link.closed()


@pytest.mark.req("A-34", "A-12")
def test_association_is_not_seen_from_another_connection(tcp):
    first, second = tcp(), tcp()
    associate(first)
    assert ask(second, get()) == NOT_ALLOWED
    associate(second, CLIENT_MANAGEMENT)
    assert ask(second, get()) == NOT_ALLOWED
    assert serves(second, CLIENT_MANAGEMENT)
    assert ask(first, get(), CLIENT_MANAGEMENT) == NOT_ALLOWED
    assert serves(first)


@pytest.mark.req("A-34")
def test_release_and_transfer_on_one_connection_do_not_touch_another(tcp):
    first, second = tcp(), tcp()
    begin_transfer(first)
    begin_transfer(second)
    assert ask(second, bytes.fromhex("6203800100")).hex() == "6303800100"
    assert ask(first, get_next(1))[:9].hex() == "c402c10000000002" + "00"


@pytest.mark.req("A-33", "A-34")
def test_rights_of_a_lost_connection_do_not_pass_on(tcp, pytestconfig):
    """The next client of a connection's place is whoever it is, not the one before."""
    secret = pytestconfig.getoption("--password")
    reader = pytestconfig.getoption("--client")
    for _ in range(12):
        link = tcp()
        associate(link, reader, request=aarq(secret))
        assert serves(link, reader)
        end(link, "fin")
        link = tcp()
        assert ask(link, get(), reader) == NOT_ALLOWED
        associate(link)
        # the register is for readers: it does not exist, or is denied
        assert ask(link, get(3, "1.0.1.8.0.255", 2))[:4].hex() == "c401c101"
        assert ask(link, get(15, CURRENT_ASSOCIATION, 3))[:4].hex() == "c401c100"
        end(link, "fin")
