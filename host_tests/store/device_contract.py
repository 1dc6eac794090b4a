"""What every device of the store does, whatever it stands on."""

SECTOR = 4096
PAGE = 256


def whole(device, sector):
    """The octets of a sector."""
    octets = bytearray(SECTOR)
    device.read(sector, 0, octets)
    return octets


def page(first):
    """A page of octets that all differ from their neighbours."""
    return bytes((first + 7 * i) & 0xFF for i in range(PAGE))


def check(device, again):
    """A new device of two sectors or more keeps the contract. again: opens what it stands on anew."""
    blank = b"\xff" * SECTOR
    last = device.count - 1
    for sector in range(device.count):
        assert whole(device, sector) == blank
    one, other = page(3), page(90)
    device.program(last, PAGE, one)
    device.program(0, SECTOR - 2 * PAGE, one + other)
    device.sync()
    assert whole(device, last) == blank[:PAGE] + one + blank[2 * PAGE :]
    assert whole(device, 0) == blank[2 * PAGE :] + one + other
    some = bytearray(5)
    device.read(last, PAGE + 1, some)
    assert some == one[1:6]
    # a second program clears bits and sets none
    device.program(last, PAGE, other)
    both = bytes(a & b for a, b in zip(one, other))
    assert whole(device, last) == blank[:PAGE] + both + blank[2 * PAGE :]
    device.program(last, PAGE, b"\xff" * PAGE)
    assert whole(device, last) == blank[:PAGE] + both + blank[2 * PAGE :]
    # another user of the same place sees all of it, and an erase reaches one sector only
    device = again(device)
    assert whole(device, last) == blank[:PAGE] + both + blank[2 * PAGE :]
    device.erase(last)
    assert whole(device, last) == blank
    assert whole(device, 0) == blank[2 * PAGE :] + one + other
    device = again(device)
    assert whole(device, last) == blank
    assert whole(device, 0) == blank[2 * PAGE :] + one + other
    return device
