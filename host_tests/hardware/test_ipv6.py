"""IPv6 on the emulated board: its addresses, and TCP and UDP over them.

QEMU's network leads from the board to this computer's ::1, and no connection or
datagram from here to the board that it has not asked for: so the board dials, and is
asked over the connection that it opened.
"""

import re

import pytest

from tools.dlmsclient import EventNotification, axdr
from tools.listen.listener import Listener

pytestmark = [pytest.mark.caps("board", "emulated"), pytest.mark.req("B-21")]

HOST = "[fec0::2]"  # what QEMU calls this computer
TIMEOUT = 60.0
SUPPLY = (70, "0.0.96.3.10.255")
# An address is of use a second after it was made, when nobody was found to have it.
ADDRESSES = """
import network, time
lan = network.LAN()
lan.active(True)
for _ in range(200):
    found = [each[0] for each in lan.ipconfig("addr6")]
    if len(found) > 1:
        break
    time.sleep_ms(100)
print(found)
"""


@pytest.fixture
def listener():
    with Listener("::1") as made:
        yield made


def test_tcp_and_udp_over_ipv6(bare, listener):
    """Requests over a dialled connection, and events as datagrams; IPv4 is
    served beside it on the same port.
    """
    where = f"{HOST}:{listener.port}"
    board = bare(
        settings={"backfill_days": 0, "bind": "0.0.0.0,::", "dial": where, "dial_pause": 1, "events": f"udp:{where}"}
    )
    board.start()
    with listener.accept(TIMEOUT) as client:
        opened = client.associate(48, 1, "87654321")
        assert opened.get(1, "0.0.42.0.0.255", 2).value.startswith(b"ZZZ")
        (parameters,) = [each.value for each in opened.get(1, "0.0.96.128.2.255", 2)]
        assert re.fullmatch(rf"TCP client=\[.*\]:{listener.port}/48 server=\[::\]:\d+/1", parameters, re.IGNORECASE), (
            parameters
        )
        for method in (1, 2):
            opened.action(*SUPPLY, method, axdr.integer(0))
            arrival = listener.next(TIMEOUT)
            assert arrival is not None
            assert arrival.transport == "UDP"
            assert isinstance(arrival.notification, EventNotification)
        # longer than a block: octet for octet what the same attribute is over IPv4
        listed = opened.get(15, "0.0.40.0.0.255", 2)
        opened.release()
    assert len(listed) > 50
    board.wait_console("READY ip=")
    assert "no-ipv6" not in board.console()


def test_the_board_has_addresses(bare):
    """A link-local one, and one by the prefix that QEMU's router advertises."""
    board = bare(settings={"backfill_days": 0})
    board.start()
    texts = board.execute(ADDRESSES)
    assert "FE80::" in texts.upper()
    assert "FEC0::" in texts.upper()
