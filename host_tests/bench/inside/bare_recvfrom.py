"""The least that a UDP server costs: poll, recvfrom, sendto of octets made before.
Prints the heap octets that it took.

    micropython bare_recvfrom.py DATAGRAMS WARM

Prints `PORT n`, then answers DATAGRAMS datagrams, and prints what all
but the first WARM of them took.
"""

import gc
import select
import socket
import sys

_SIZE = 1472  # as the meter: limits.DATAGRAM


def serve(sock, count):
    view = memoryview(bytes((0, 1, 0, 1, 0, 16, 0, 0)))
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    while count:
        for _ in poller.ipoll(-1):
            _, peer = sock.recvfrom(_SIZE)
            sock.sendto(view, peer)
            count -= 1


def main():
    count, warm = [int(word) for word in sys.argv[1:]]
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for port in range(20000, 60000, 7):
        try:
            sock.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
            break
        except OSError:
            pass
    print("PORT", port)
    gc.collect()
    gc.disable()
    serve(sock, warm)
    before = gc.mem_alloc()
    serve(sock, count - warm)
    print(gc.mem_alloc() - before)


main()
