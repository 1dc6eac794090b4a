"""Tasks have their turn, too, while a client sends ahead: the loop looks for due ones after
every turn of the poll (REQUIREMENTS A-35).
"""

import socket

import limits
import meter
from config import parse
from dlms.codec.octets import get16
from dlms.server import Server

REQ = {"*": ("A-35",)}
MICROPYTHON_ONLY = True  # its asyncio

_HOST = "127.0.0.1"
_AARQ = bytes.fromhex("000100100001001F601DA109060760857405080101BE10040E01000000065F1F0400007E1F04B0")
_NAME = bytes.fromhex("000100100001000DC001C1000100002A0000FF0200")
_EMPTY = bytes.fromhex("0001001000010000")


class Skip(Exception):
    pass


def turns(request, count):
    """WPDUs served between two steps of a task, while a client sends `request` `count` times ahead."""
    from asyncio import core

    from net import address
    from net.queue import install
    from net.service import Service

    built = meter.build(parse(["backfill_days=0", "start=2026-01-31"], _HOST))
    server = Server([wport for wport, _ in built.devices], built.associations, limits)
    queue = install()
    service = Service(server, limits, queue, server.log, lambda: 1)
    client = socket.socket()
    try:
        client.connect(address.resolve(_HOST, service.start([_HOST], 0)))
    except AttributeError:
        raise Skip("no getaddrinfo") from None
    client.write(_AARQ + request * count)
    seen = []

    async def look():
        while get16(server.served, 2) < count + 1:
            await core.sleep_ms(0)
            seen.append(get16(server.served, 2))

    core.run_until_complete(core.create_task(look()))
    client.close()
    service.drop("end")
    service.close_sockets()
    return [seen[i + 1] - seen[i] for i in range(len(seen) - 1)]


def test_a_task_steps_between_two_requests_of_a_client_that_sends_ahead():
    for request in (_NAME, _EMPTY):
        steps = turns(request, 40)
        assert sum(steps) >= 39 and max(steps) == 1, steps
