"""The fixtures that speak to the meter: who they are, and that what they change is put back."""

import pytest

from tools.dlmsclient import DataAccessError, Tag, axdr

CLOCK = (8, "0.0.1.0.0.255")
TIME_ZONE = 3


def test_each_fixture_is_its_client(public, reader, manager):
    assert [each.client_wport for each in (public, reader, manager)] == [16, 32, 48]
    assert len({each.get(1, "0.0.42.0.0.255", 2).value for each in (public, reader, manager)}) == 1


def test_links_over_both_transports_and_to_every_address(client, meter):
    for host in meter.hosts:
        for udp in (False, True):
            assert client(udp=udp, host=host).associate().get(*CLOCK, TIME_ZONE).tag == Tag.LONG


def test_reader_does_not_write(reader):
    with pytest.raises(DataAccessError):
        reader.set(*CLOCK, TIME_ZONE, axdr.long(7))


class TestPutBack:
    """Two tests on one meter: the second finds what the first found, and not what it left."""

    found: list = []

    @pytest.mark.caps("writes")
    @pytest.mark.parametrize("run", [1, 2])
    def test_value_is_put_back(self, put_back, manager, run):
        before = put_back(*CLOCK, TIME_ZONE)
        other = axdr.long(before.value + 15)
        manager.set(*CLOCK, TIME_ZONE, other)
        assert manager.get(*CLOCK, TIME_ZONE) == other
        self.found.append(before)
        assert self.found == [before] * run
