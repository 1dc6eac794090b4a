"""The runner of cases itself: what is said here of MicroPython is true
of CPython where both run it.
"""


class Skip(Exception):
    pass


def test_plain():
    assert b"\x00\x01"[1] == 1


def test_skipped():
    raise Skip("nothing to see")


def _is_even(number):
    assert number % 2 == 0


def cases():
    for number in (0, 2):
        yield "even-" + str(number), _is_even, (number,)
