"""Plays the sessions of a range of seeds and prints a checksum of the answers of each:
`fuzz_replay.py ROOT FIRMWARE FIRST END`.

Run in MicroPython by `test_fuzz_replay`, which compares with what CPython answers. Each session is
played with different octets around the requests; they must not change an answer.
"""

import sys

_OCTETS = 500  # of tape for a session


def checksum(answers):
    """CRC-32 of all answers with their lengths."""
    from binascii import crc32

    crc = 0
    for answer in answers:
        crc = crc32(bytes((len(answer) >> 8, len(answer) & 0xFF)) + answer, crc)
    return crc & 0xFFFFFFFF


def play(rig, seed):
    """One session on a fresh rig; returns the answers."""
    from fuzz_rig import seeded

    rig.session(seeded(seed, _OCTETS))
    return rig.answers


def main(root, firmware, first, end):
    sys.path[:0] = [firmware, root + "/boards/unix", root + "/host_tests/fuzz"]
    # one after another: imports nested as deep as the meter's need more stack
    # than a 32-bit interpreter has
    for name in ("dlms.server", "cosem.row", "cosem.profile_generic", "meter.events", "meter"):
        __import__(name)
    from fuzz_rig import POISONS, Rig

    for seed in range(first, end):
        sums = []
        for poison in POISONS:
            try:
                sums.append("%08X" % checksum(play(Rig(poison), seed)))
            except Exception as error:
                sys.print_exception(error)
                sums.append(repr(error).replace(" ", "-"))
        print(seed, *sums)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
