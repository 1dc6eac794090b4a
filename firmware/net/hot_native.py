"""Native code of what every TCP request passes through; `hot_plain` has the contract.

What a module does not have is looked for in the builtins behind it, and what a function uses in
each round in its module each time: so both are bound before.
"""

import micropython
from micropython import const
from time import ticks_add, ticks_diff, ticks_ms

from net.hot_plain import end

_POLLIN = const(1)
_ROUNDS = const(32)  # as in `hot_plain`

identity = id


@micropython.native
def serve_ready(poller, own, dt, wake):
    # one by one: three in one assignment took a tuple on the heap of the emulated board
    key_of = identity
    now = ticks_ms
    difference = ticks_diff
    until = ticks_add(now(), dt) if dt >= 0 else None
    left = dt
    rounds = _ROUNDS
    while rounds:
        rounds -= 1
        plain = False
        for sock, event in poller.ipoll(left):
            key = key_of(sock)
            if key in own:
                handler = own[key]
                try:
                    if event == _POLLIN and not handler.have:
                        handler.active = True
                        # as `receive_one`, without its call
                        fast, keys, ways, tx, served, rx = handler.quick
                        n = sock.readinto(rx)
                        size = fast(keys, ways, rx, 0, n, tx, served) if n else 0
                        if size:
                            plain = True
                            sent = sock.write(tx, size)
                            if sent != size:
                                handler.wait_out(sent or 0, size)
                        else:
                            rounds = 0
                            handler.received(n)
                    else:
                        rounds = 0
                        handler.ready(event)
                except Exception as e:
                    rounds = 0
                    end(handler, e)
            else:
                rounds = 0
                wake(sock, event)
        if not plain:
            return
        if until is not None:
            left = difference(until, now())
            if left <= 0:
                return


@micropython.native
def receive_one(connection, sock, rx):
    n = sock.readinto(rx)
    if n:
        fast, keys, ways, tx, served, _ = connection.quick
        size = fast(keys, ways, rx, 0, n, tx, served)
        if size:
            sent = sock.write(tx, size)
            if sent != size:
                connection.wait_out(sent or 0, size)
            return -1
    return n
