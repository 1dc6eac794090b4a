"""Reading everything over a bad network: what does not come is asked for
again, and what comes is right.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from host_tests.interop.readings import readings
from tools.dlmsclient import Association, Client, ConnectionFailed, ConnectionLost, DlmsError, Timeout

PUBLIC, READER, DEVICE, SECRET = 16, 32, 1, "12345678"
TRIES = 300  # of one attribute

Readings = Mapping[tuple[int, str, int], bytes]
Connect = Callable[[], Client]


@dataclass
class Read:
    """What was read through the network, and what it cost."""

    values: dict[tuple[int, str, int], bytes]
    again: int = 0  # requests whose answer did not come
    connections: int = 0


def reference(host: str, port: int, wport: int = READER) -> Readings:
    """Every attribute as it is, over a good network."""
    with Client.tcp(host, port) as client:
        association = opened(client, wport)
        values = readings(association)
        association.release()
    return values


def opened(client: Client, wport: int) -> Association:
    """An AA of the public client or of the reader."""
    return client.associate(wport, DEVICE, SECRET if wport == READER else None)


def everything(connect: Connect, wanted: Readings, wport: int = READER, seed: int = 1) -> Read:
    """Read all that is `wanted`, in an order of its own, on a new connection whenever one is lost.

    AssertionError when an answer is another one than it should be, or something never comes.
    """
    done = Read({})
    order = list(wanted)
    random.Random(seed).shuffle(order)
    client, association = again(connect, wport, done)
    try:
        for class_id, name, attribute in order:
            for _ in range(TRIES):
                try:
                    value = association.get(class_id, name, attribute).encode()
                    break
                except Timeout:
                    done.again += 1
                except ConnectionLost:
                    client.close()
                    client, association = again(connect, wport, done)
                except DlmsError:
                    # over UDP a block was lost: the read begins anew
                    if client.transport.name != "udp":
                        raise
                    done.again += 1
            else:
                raise AssertionError(f"{name}:{attribute} did not come in {TRIES} tries")
            assert value == wanted[class_id, name, attribute], (name, attribute, value.hex())
            done.values[class_id, name, attribute] = value
    finally:
        client.close()
    return done


def again(connect: Connect, wport: int, done: Read) -> tuple[Client, Association]:
    """A new link with an AA on it, after as many tries as it takes."""
    for _ in range(TRIES):
        client = None
        try:
            client = connect()
            association = opened(client, wport)
        except (Timeout, ConnectionLost, ConnectionFailed):
            done.again += 1
            if client is not None:
                client.close()
            continue
        done.connections += 1
        return client, association
    raise AssertionError(f"no AA in {TRIES} tries")
