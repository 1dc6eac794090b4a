"""What the stand-in's modules share: the pipe to the process behind the serial port, and
the state of the world around the board.

STANDIN_STATE is a file of lines `key value`, replaced as a whole: `link` the Wi-Fi status, `pulses`
how many fell on the S0 input since power-on, `faults` what is wrong with this board on purpose.
"""

import os

_pipe = open("/dev/fd/" + os.getenv("STANDIN_PIPE"), "wb")
_path = os.getenv("STANDIN_STATE")
cause = os.getenv("STANDIN_CAUSE")
flash = None


def tell(line):
    _pipe.write((line + "\n").encode())


def world():
    with open(_path) as f:
        return dict(line.rstrip("\n").split(" ", 1) for line in f)


faults = world()["faults"].split(",")
