"""Native code of what every TCP request passes through; `hot_plain` has the contract."""

import micropython

from net.hot_plain import end


@micropython.native
def serve_ready(poller, own, dt, wake):
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


@micropython.native
def receive_one(connection, sock, rx):
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
