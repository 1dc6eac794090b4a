"""Multicast groups in the IPv4 and IPv6 setup objects: whoever receives for the meter hears
at once; no more than there is room for.
"""

import limits
from cosem_model import act, association, find, made
from dlms.codec.errors import OTHER_REASON, READ_WRITE_DENIED, TEMPORARY_FAILURE
from meter.addresses import ipv4, ipv6

DONE = b""  # no return data
IPV4 = "0.0.25.1.0.255"
IPV6 = "0.0.25.7.0.255"
REQ = {"test_listener*": ("F-19", "F-20", "A-63"), "test_no_room*": ("F-19", "F-20"), "test_preestablished*": ("C-53",)}


class Listener:
    def __init__(self):
        self.told = []

    def join(self, octets):
        self.told.append(("join", octets))

    def leave(self, octets):
        self.told.append(("leave", octets))


def four(text):
    return b"\x06" + ipv4(text)


def sixteen(text, kind=1):
    return bytes((2, 2, 0x16, kind, 9, 16)) + ipv6(text)


def test_listener_is_told_of_every_change():
    meter = made(multicast=("239.0.0.1", "ff15::1"))
    listener = Listener()
    meter.receive_groups(listener)
    assert listener.told == [("join", ipv4("239.0.0.1")), ("join", ipv6("ff15::1"))]
    listener.told.clear()
    for setup, parameter, octets in (
        (find(meter, IPV4), four("239.0.0.2"), ipv4("239.0.0.2")),
        (find(meter, IPV6), sixteen("ff15::2"), ipv6("ff15::2")),
    ):
        assert act(setup, 1, parameter) == DONE
        assert act(setup, 1, parameter) == DONE  # it is there
        assert act(setup, 2, parameter) == DONE
        assert listener.told == [("join", octets), ("leave", octets)]
        listener.told.clear()


def test_listener_is_not_told_of_other_addresses():
    meter = made()
    listener = Listener()
    meter.receive_groups(listener)
    assert act(find(meter, IPV4), 1, four("192.0.2.1")) == OTHER_REASON
    assert act(find(meter, IPV6), 1, sixteen("fe80::1", 2)) == DONE
    assert act(find(meter, IPV6), 2, sixteen("fe80::1", 2)) == DONE
    assert listener.told == []


def test_no_room_and_no_groups_at_all():
    kept = limits.GROUPS
    try:
        for most, refusal in ((2, TEMPORARY_FAILURE), (0, READ_WRITE_DENIED)):
            limits.GROUPS = most
            meter = made()
            for setup, parameter in (
                (find(meter, IPV4), [four("239.0.0.%d" % n) for n in range(3)]),
                (find(meter, IPV6), [sixteen("ff15::%d" % n) for n in range(3)]),
            ):
                results = [act(setup, 1, each) for each in parameter]
                assert results == ([DONE, DONE, refusal] if most else [refusal] * 3), results
    finally:
        limits.GROUPS = kept


def test_preestablished_client_is_one_more_in_every_device():
    assert not any(a.preestablished for a in made().associations)
    meter = made(preestablished=100)
    for device in (0, 1):
        found = association(meter, 100, device)
        assert found.preestablished
        assert found.mechanism == 0
    assert [a.client for a in meter.associations if a.preestablished] == [100, 100]
