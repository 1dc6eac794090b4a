"""The steps of simulated time: the viper functions and their plain twins give the same numbers."""

from array import array

from meter import integration_plain as plain
from meter import simulation

try:
    from meter import integration_viper as viper
except (SyntaxError, NameError, ImportError):
    viper = None

HOURS = simulation._HOURS


class Skip(Exception):
    pass


class Period:
    def __init__(self, period):
        self.period = period


def need():
    if viper is None:
        raise Skip("no native code emitter")


def numbers(n):
    return array("i", [0] * n)


def some(seed, n):
    """n numbers, each below 2**15, the same everywhere."""
    found = []
    for _ in range(n):
        seed = (seed * 25173 + 13849) & 0xFFFF
        found.append(seed >> 1)
    return found


def test_constants_stand_twice():
    assert simulation._QUESTIONS == plain.QUESTIONS
    assert (simulation.NOW, simulation.CHANNELS) == (plain.SIZE, plain.CHANNELS)
    assert len(plain.QUESTIONS) // 2 == plain.SIZE - plain.NOISE == 14


def test_household():
    need()
    for seed in (0, 7, 0x7FFF):
        for day in (0, 172, 9000, 9131, 36524, 146096):
            for minute in range(0, 1440, 7):
                for connected in (0, 1):
                    a = numbers(plain.SIZE)
                    b = numbers(plain.SIZE)
                    viper.household(a, day, minute, seed, connected, HOURS, plain.QUESTIONS)
                    plain.household(b, day, minute, seed, connected, HOURS, plain.QUESTIONS)
                    assert list(a) == list(b), (seed, day, minute, connected)


def test_flow_book_and_show():
    need()
    a = numbers(plain.SIZE)
    rests = (numbers(5), numbers(5))
    booked = (numbers(9), numbers(9))
    # near the wrap of a register, and near a carry over all octets
    start = b"\x06\xff\xff\xff\xfe\x06\x00\xff\xff\xff" + b"\x06\x00\x00\x00\x00" * 7
    registers = (bytearray(start), bytearray(start))
    shown = (bytearray(89), bytearray(89))
    for round in range(300):
        plain.household(a, 9000 + round, round * 31 % 1440, 5, round % 9 != 0, HOURS, plain.QUESTIONS)
        energies = []
        for one, twin in enumerate((viper, plain)):
            energy = numbers(5)
            twin.flow(a, rests[one], energy, 1 + round * 17 % 900)
            twin.book(energy, booked[one], registers[one], round & 1)
            twin.show(a, shown[one])
            energies.append(list(energy))
        assert energies[0] == energies[1]
        assert list(rests[0]) == list(rests[1])
        assert list(booked[0]) == list(booked[1])
        assert registers[0] == registers[1]
        assert shown[0] == shown[1]


def test_until_and_due():
    need()
    steps = some(3, 400)
    for i in range(0, 400, 4):
        periodic = [Period(period) for period in ((900, 0, 60), (86400,), (), (1, 7), (3600, 900, 300))[i // 4 % 5]]
        slot = (60, 300)[i & 4 != 0]
        second = steps[i] * 3 % 86400
        most = 1 + steps[i + 1] % 2000
        for at in (second, second // 300 * 300, 86399, 0):
            assert viper.until(periodic, slot, at, most) == plain.until(periodic, slot, at, most)
            assert bool(viper.due(periodic, at)) == plain.due(periodic, at)


def test_register_counts_on_behind_its_end():
    registers = bytearray(b"\x06\xff\xff\xff\xff" + b"\x06\x00\x00\x00\x00" * 8)
    energy = array("i", [2500, 0, 0, 0, 0])
    rest = numbers(9)
    (viper or plain).book(energy, rest, registers, 0)
    assert registers[:5] == b"\x06\x00\x00\x00\x01"
    assert registers[25:30] == b"\x06\x00\x00\x00\x02"
    assert rest[0] == rest[5] == 500
