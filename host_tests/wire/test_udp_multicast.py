"""Multicast groups of the IPv4 and IPv6 setup objects: joined and left by their methods,
heard and not answered; and IP broadcast.
"""

import socket

import limits
import pytest

from host_tests.harness.raw import wpdu
from host_tests.wire.apdus import (
    AARQ,
    MANAGEMENT,
    PUBLIC,
    RLRQ,
    aarq,
    apdu_of,
    ask,
    associate,
    descriptor,
    get,
    is_aare,
    is_name,
    set_note,
    silent,
)

pytestmark = [pytest.mark.limits(GROUPS=4), pytest.mark.prefers(backfill_days=0), pytest.mark.caps("writes")]

IPV4 = (42, "0.0.25.1.0.255")
IPV6 = (48, "0.0.25.7.0.255")
ALL_STATION = 0x7F
PREESTABLISHED = 100
NOBODY = 0x4444
GROUPS = {"ipv4": "239.255.40.59", "ipv6": "ff15::4059"}
ANY = "0.0.0.0,::"


class Group:
    """A socket that sends to a group, in the way of an interface of this computer
    that the meter has joined it on.
    """

    def __init__(self, group, port, interface=None):
        v6 = ":" in group
        self.peer = (group, port)
        self.interface = interface
        self.socket = socket.socket(socket.AF_INET6 if v6 else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(10)
        if interface:
            self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        if not v6:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            self.send(b"")  # no WPDU
        except OSError as error:
            self.socket.close()
            pytest.skip(f"no multicast route here: {error.strerror}")

    def send(self, octets, host=None):
        self.socket.sendto(octets, (host or self.peer[0], self.peer[1]))

    def source(self):
        """Where what is sent to the group comes from: an address of this computer, and so of a
        meter that is bound to all of them.
        """
        with socket.socket(self.socket.family, socket.SOCK_DGRAM) as other:
            if self.interface:
                other.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(self.interface))
            other.connect(self.peer)
            return other.getsockname()[0]

    def ask(self, apdu, host, client=PUBLIC):
        """The answer to a request that is sent to an address of the meter, which is the
        next that comes, and from there.
        """
        self.send(wpdu(client, MANAGEMENT, apdu), host)
        answer, peer = self.socket.recvfrom(2000)
        assert peer[0] == host
        return apdu_of(answer, client)


@pytest.fixture
def tell(settle, manager_wport, secret):
    """`tell(group, APDU, ...)` sends them to the group as the management client, each
    when the one before has been served.
    """

    def send(group, *apdus, wport=ALL_STATION):
        for apdu in apdus:
            group.send(wpdu(manager_wport, wport, apdu))
            settle()

    return send


@pytest.fixture
def hears(tell, note, secret):
    """`hears(group)`: whether what is sent to the group is done, in an AA that is
    opened and released in the same way.
    """

    def asked(group, wport=ALL_STATION):
        value = note() + 1
        tell(group, aarq(secret, response_allowed=False), set_note(value, 0x01), RLRQ, wport=wport)
        return note() == value

    return asked


def method(number, group):
    """add or delete of the group's setup object."""
    if ":" in group:
        octets = b"\1\2\2\x16\1\x09\x10" + socket.inet_pton(socket.AF_INET6, group)
        return b"\xc3\1\xc1" + descriptor(*IPV6, number) + octets
    return b"\xc3\1\xc1" + descriptor(*IPV4, number) + b"\1\6" + socket.inet_aton(group)


@pytest.fixture
def manage(tcp, manager_wport, secret):
    """`manage(apdu)` asks as the management client over TCP, in hexadecimal."""
    link = tcp()
    associate(link, manager_wport, request=aarq(secret))
    return lambda apdu: ask(link, apdu, manager_wport).hex()


@pytest.fixture
def group(host, meter):
    """A sender to the group of the family, which nobody has joined yet."""
    if host == "::1":
        pytest.skip("no group can be joined on the IPv6 loopback address alone")
    sender = Group(GROUPS["ipv6" if ":" in host else "ipv4"], meter.port, host if host == "127.0.0.1" else None)
    yield sender
    sender.socket.close()


own = pytest.mark.caps("own-process")
# A meter bound to one address has a socket of its own for each group, one
# bound to every address has not.
bound = pytest.mark.parametrize("bound", ["one", pytest.param("every", marks=pytest.mark.meter_config(bind=ANY))])


@own
@bound
@pytest.mark.req("A-63", "F-19", "F-20", "B-21")
def test_group_is_joined_and_left_at_once(bound, group, manage, hears):
    address = group.peer[0]
    assert not hears(group), "received before it was joined"
    for _ in range(2):
        assert manage(method(1, address)) == "c701c10000"
        assert hears(group)
        assert hears(group, MANAGEMENT)  # not only by the All-station wPort
        assert manage(method(2, address)) == "c701c10000"
        assert not hears(group), "received after it was left"
    assert manage(method(2, address))[:8] == "c701c104"


@own
@bound
@pytest.mark.req("A-60", "A-63", "B-04")
def test_broadcast_to_a_group(bound, group, manage, note, tell, secret):
    """The usual way to reach many meters with one datagram: AARQ, SET and RLRQ to
    the group and the All-station wPort.
    """
    address = group.peer[0]
    value = note()
    assert manage(method(1, address)) == "c701c10000"
    tell(group, set_note(value + 1, 0x01))
    assert note() == value
    tell(group, aarq(secret, response_allowed=False), set_note(value + 2, 0x01))
    assert note() == value + 2
    tell(group, RLRQ, set_note(value + 3, 0x01))
    assert note() == value + 2
    assert manage(method(2, address)) == "c701c10000"


@own
@bound
@pytest.mark.req("A-63", "A-61", "A-65", "C-27")
def test_nothing_that_comes_to_a_group_is_answered(bound, group, manage, note, settle, tell, manager_wport, secret):
    """Every meter of the network would: a confirmed AARQ opens nothing, and a confirmed AA is
    that of the address where it was opened.
    """
    host = group.source()
    value = note()
    assert manage(method(1, group.peer[0])) == "c701c10000"
    group.send(wpdu(PUBLIC, MANAGEMENT, AARQ))
    settle()
    # with no AA open the next answer is that to the AARQ sent to the address
    group.send(wpdu(PUBLIC, MANAGEMENT, get(iip=0xC2)), host)
    settle()
    assert silent(group)
    assert is_aare(group.ask(AARQ, host))
    for apdu in (AARQ, RLRQ, get(iip=0xC3), set_note(value + 1, 0xC1), b"", b"\x60\x02\xa1\x00"):
        group.send(wpdu(PUBLIC, MANAGEMENT, apdu))
        settle()
    assert is_name(group.ask(get(iip=0xC4), host), 0xC4)
    # the AARQ of somebody unknown, which an address would refuse, and
    # services of the client that may write
    group.send(wpdu(NOBODY, MANAGEMENT, AARQ))
    assert is_aare(group.ask(aarq(secret), host, manager_wport))
    tell(group, set_note(value + 2, 0x41), set_note(value + 3, 0x01), wport=MANAGEMENT)
    assert note() == value
    for client in (PUBLIC, manager_wport):
        assert group.ask(RLRQ, host, client)[:1] == b"\x63"
    assert manage(method(2, group.peer[0])) == "c701c10000"
    assert silent(group)


@own
@bound
@pytest.mark.req("A-63", "A-60", "A-65")
def test_an_unconfirmed_association_hears_groups_wherever_it_was_opened(
    bound, group, manage, note, settle, tell, manager_wport, secret
):
    """Opened by address it hears what comes to the group, once, also beside a
    confirmed AA of the same peer.
    """
    host = group.source()
    value = note()
    assert manage(method(1, group.peer[0])) == "c701c10000"
    assert is_aare(group.ask(AARQ, host))
    group.send(wpdu(manager_wport, MANAGEMENT, aarq(secret, response_allowed=False)), host)
    settle()
    for wport in (MANAGEMENT, ALL_STATION):
        value += 1
        tell(group, set_note(value, 0x01), wport=wport)
        assert note() == value
    tell(group, RLRQ, set_note(value + 1, 0x01))
    assert note() == value
    assert is_name(group.ask(get(iip=0xC5), host), 0xC5)
    assert group.ask(RLRQ, host)[:1] == b"\x63"
    assert manage(method(2, group.peer[0])) == "c701c10000"


@own
@pytest.mark.meter_config(bind="0.0.0.0")
@pytest.mark.req("A-63", "A-61")
def test_ip_broadcast(meter, note, settle, tell, hears, logged):
    """To the broadcast address of the loopback network: unconfirmed services
    are done, nothing is answered.
    """
    everyone = Group("127.255.255.255", meter.port)
    everyone.send(wpdu(PUBLIC, MANAGEMENT, AARQ))
    settle()
    assert silent(everyone)
    assert hears(everyone)
    assert hears(everyone, MANAGEMENT)
    assert is_aare(everyone.ask(AARQ, "127.0.0.1"))
    logged("net unanswered", "host=0.0.0.0:")
    everyone.socket.close()


@own
@pytest.mark.req("B-09", "A-60", "A-63")
def test_unconfirmed_get_to_a_group_is_not_answered(group, manage, meter):
    """To the meter's own address it is, in the same association."""
    address = group.peer[0]
    assert manage(method(1, address)) == "c701c10000"
    home = ("127.0.0.1", meter.port)
    group.socket.sendto(wpdu(16, MANAGEMENT, AARQ), home)
    assert is_aare(apdu_of(group.socket.recv(2000)))
    for iip in (0x01, 0x81):
        group.socket.sendto(wpdu(16, MANAGEMENT, get(iip=iip)), home)
        assert is_name(apdu_of(group.socket.recv(2000)), iip)
        for request in (get(iip=iip), get(iip=iip) + bytes(2000)):
            group.send(wpdu(16, MANAGEMENT, request))
        group.socket.sendto(wpdu(16, MANAGEMENT, get(iip=0xC5)), home)
        # the next answer is that to the one after it
        assert is_name(apdu_of(group.socket.recv(2000)), 0xC5)
    group.socket.sendto(wpdu(16, MANAGEMENT, RLRQ), home)
    assert apdu_of(group.socket.recv(2000))[:1] == b"\x63"
    assert manage(method(2, address)) == "c701c10000"


@own
@pytest.mark.req("A-62", "A-63")
@pytest.mark.meter_config(multicast="239.255.40.60,239.255.40.61", preestablished=PREESTABLISHED)
def test_configured_groups_are_joined_from_the_start(meter, host, manage, note, logged, settle):
    if host != "127.0.0.1":
        pytest.skip("of one address, IPv4")
    listed = manage(get(*IPV4, 4))
    assert listed == "c401c100" + "0102" + "06efff283c" + "06efff283d"
    value = note()
    for n in (60, 61):
        logged("multicast-join", f"group=239.255.40.{n}", "host=127.0.0.1")
        group = Group(f"239.255.40.{n}", meter.port, host)
        group.send(wpdu(PREESTABLISHED, ALL_STATION, set_note(value + n, 0x01)))
        settle()
        assert note() == value + n
        # … confirmed ones are not, though the AA is
        group.send(wpdu(PREESTABLISHED, MANAGEMENT, set_note(value, 0xC1)))
        settle()
        assert note() == value + n
        group.socket.close()
    assert manage(method(2, "239.255.40.60")) == "c701c10000"
    assert manage(get(*IPV4, 4)) == "c401c100" + "0101" + "06efff283d"
    assert manage(method(1, "239.255.40.60")) == "c701c10000"


@own
@pytest.mark.req("F-19", "F-20", "A-63")
def test_group_that_cannot_be_joined_stands_in_the_log(manage, logged, udp, host):
    """Its address is kept, and the meter goes on."""
    if host != "::1":
        pytest.skip("of the IPv6 loopback address")
    assert manage(method(1, "ff15::99")) == "c701c10000"
    logged("WARN", "multicast-not-joined", "group=ff15:0:0:0:0:0:0:99", "host=::1", "reason=loopback")
    assert manage(get(*IPV6, 5)) == "c401c100" + "0101" + "0910ff15" + "00" * 12 + "0099"
    assert manage(method(2, "ff15::99")) == "c701c10000"
    link = udp()
    associate(link)
    assert silent(link)


@pytest.mark.caps("board")
@pytest.mark.limits(GROUPS=1)
@pytest.mark.req("F-19", "A-63")
@pytest.mark.meter_config(multicast="239.255.40.63")
def test_board_joins_the_configured_group(meter):
    """lwIP takes the group; that frames for it arrive is not shown here, for the
    emulated network forwards none.
    """
    meter.process.wait_console("multicast-join group=239.255.40.63")


@pytest.mark.req("F-19", "F-20")
@pytest.mark.parametrize("group", ["10.0.0.1", "223.255.255.255", "240.0.0.0", "fe15::1", "::1"])
def test_only_multicast_addresses_are_groups(manage, group):
    assert manage(method(1, group)) == "c701c1fa00"


@own
@pytest.mark.req("F-19", "A-63")
def test_no_more_groups_than_there_is_room_for(manage, host):
    if host != "127.0.0.1":
        pytest.skip("of one address, IPv4")
    groups = [f"239.255.41.{n}" for n in range(limits.GROUPS)]
    for group in groups:
        assert manage(method(1, group)) == "c701c10000"
    assert manage(method(1, "239.255.42.1")) == "c701c10200"
    # one that is there already needs none
    assert manage(method(1, groups[0])) == "c701c10000"
    for group in groups:
        assert manage(method(2, group)) == "c701c10000"
    assert manage(get(*IPV4, 4)) == "c401c1000100"
