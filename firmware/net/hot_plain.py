"""The functions that every TCP request passes through; `hot_native` holds the same in native code.

As bytecode each of them has its frame on the heap (more than eleven words of locals and
stack); as native code on the C stack.
"""

import gc
from time import ticks_add, ticks_diff, ticks_ms

from micropython import const

_POLLIN = const(1)
_ROUNDS = const(32)


def serve_ready(poller, own, dt, wake):
    """Poll for at most dt milliseconds, for ever when it is negative, and hand
    every ready socket to its handler.

    The plain requests of a connection with an empty receive buffer (`have` is 0) are served right
    here, as `receive_one` does. While there is nothing else, it polls again instead of having
    asyncio look for due tasks each time: nothing that a plain request does makes one due, and dt is
    the time to the next. Each poll serves one request of each connection. _ROUNDS bound it all the
    same: native code runs nothing that an interrupt has scheduled, and sees no Ctrl-C.

    What a handler raises is its own affair and ends nothing else. (Caught here, because in bytecode
    a `try` puts the frame of every `ready` on the heap.)

    own: id of a meter's socket -> Connection, Listener or UdpPort. wake: called
    for a socket that tasks wait for.
    """
    start = ticks_ms()
    left = dt
    rounds = _ROUNDS
    while rounds:
        rounds -= 1
        plain = False
        for sock, event in poller.ipoll(left):
            key = id(sock)
            if key in own:
                handler = own[key]
                try:
                    if event == _POLLIN and handler.have == 0:
                        handler.active = True
                        n = receive_one(handler, sock, handler.quick[5])
                        if n == -1:
                            plain = True
                        else:
                            handler.received(n)
                            rounds = 0
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
        if dt >= 0:
            left = ticks_diff(ticks_add(start, dt), ticks_ms())
            if left <= 0:
                return


def end(handler, e):
    """Let a handler end what raised e. Short of heap, even with collection switched off,
    what nobody keeps is given back first.
    """
    if isinstance(e, MemoryError):
        gc.collect()
    try:
        handler.failed(e)
    except Exception:
        pass  # no room even for a line in the log: the next event finds more


def receive_one(connection, sock, rx):
    """Read into an empty receive buffer, and serve what nearly always comes: one
    plain request and nothing else.

    Returns -1 when that was all; otherwise what `readinto` returned, for
    the connection to go on with.
    """
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
