"""The bench: what a request costs the meter in heap, instructions and time, beside
the bars that the project set itself.

    python -m host_tests.bench [--json FILE] [--strict] [--only NAME]
    [--requests N] [--micropython WORDS]

    heap          heap octets per request, asked of a running meter over TCP and UDP
    boot          the smallest heap in which the whole meter runs with four clients busy
    instructions  user-space instructions per request under valgrind, of the whole
                  server, fresh and aged, and of the engine alone
    profile       a long profile in a file: read whole in constant memory,
                  its last row without a walk
    time          time of a GET in CPython, beside the server of gurux-dlms in the same process

`__main__` lists them, `report` prints them, `inside` holds what runs in the measured
interpreter. Wall-clock figures are never barred but as a ratio within one process: requests a
second over loopback measure the scheduler.
"""
