"""Runs inside MicroPython: something that starts and stops like the meter, and
fails in whichever way a test wants.

    micropython stub_meter.py [MAIN] [key=value ...]

fail=1       prints an error line and ends with code 3      silent=1    never prints READY
crash=1      ends with an uncaught exception                malformed=1 prints a READY line without a port
stubborn=1   does not stop when asked to                    mute=1      accepts connections and answers nothing
quit=1       ends when the first request arrives            echo=1      prints its words first
Standing in for the interpreter, it answers the launcher's question for the version (`-c ...`).
"""

import os
import socket
import sys
import time

AARE = b"\x00\x01\x00\x01\x00\x10\x00\x02\x61\x00"


def listen():
    """A listener and its port. The unix port cannot show which port 0 became, so numbers are tried."""
    while True:
        port = 20000 + int.from_bytes(os.urandom(2), "big") % 40000
        listener = socket.socket()
        try:
            listener.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        except OSError:
            listener.close()
            continue
        listener.listen(5)
        return listener, port


def serve(options):
    listener, port = listen()
    if "echo" in options:
        print(" ".join(sys.argv))
    print("INFO 0 stub start settings=" + ",".join(sorted(options)))
    fields = "" if "malformed" in options else " port=" + str(port)
    print("READY ip=127.0.0.1" + fields + " version=0.1.0 board=unix micropython=1.29.0 heap=1 free=2")
    kept = []
    while True:
        connection = listener.accept()[0]
        if "mute" in options:
            kept.append(connection)
            continue
        request = connection.recv(256)
        if "quit" in options:
            sys.exit(4)
        if request:
            connection.send(AARE)
        connection.close()


def main(words):
    if words[:1] == ["-c"]:
        print("micropython 1.29.0 True")
        return
    options = dict(word.split("=", 1) for word in words if "=" in word)
    if "fail" in options:
        sys.stderr.write("error: it was told to fail\n")
        sys.exit(3)
    if "crash" in options:
        raise ValueError("crashed")
    while True:
        try:
            if "silent" in options:
                time.sleep(60)
            serve(options)
        except KeyboardInterrupt:
            if "stubborn" not in options:
                print("INFO 1 stub stop")
                return


main(sys.argv[1:])
