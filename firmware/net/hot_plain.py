"""The two functions that every TCP request passes through; `hot_native` holds the same in native code.

As bytecode each of them has its frame on the heap (more than eleven words of locals and stack); as native code on the C stack.
"""

import gc


def serve_ready(poller, own, dt, wake):
    """Poll once for at most dt milliseconds and hand every ready socket to its handler.

    What a handler raises is its own affair and ends nothing else. (Caught here, because in bytecode a `try` puts the frame of
    every `ready` on the heap.)

    own: id of a meter's socket -> Connection, Listener or UdpPort. wake: called for a socket that tasks wait for.
    """
    for sock, event in poller.ipoll(dt):
        key = id(sock)
        if key in own:
            handler = own[key]
            try:
                handler.ready(event)
            except Exception as e:
                end(handler, e)
        else:
            wake(sock, event)


def end(handler, e):
    """Let a handler end what raised e. Short of heap, even with collection switched off, what nobody keeps is given back first."""
    if isinstance(e, MemoryError):
        gc.collect()
    try:
        handler.failed(e)
    except Exception:
        pass  # no room even for a line in the log: the next event finds more


def receive_one(connection, sock, rx):
    """Read into an empty receive buffer, and serve what nearly always comes: one plain GET and nothing else.

    Returns -1 when that was all; else what `readinto` returned, for the connection to go on with.
    """
    n = sock.readinto(rx)
    if n:
        short, keys, ways, tx, served = connection.quick
        size = short(keys, ways, rx, 0, n, tx, served)
        if size:
            sent = sock.write(tx, size)
            if sent != size:
                connection.wait_out(sent or 0, size)
            return -1
    return n
