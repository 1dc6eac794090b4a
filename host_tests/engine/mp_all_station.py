"""Broadcast and pre-established AAs in the engine: one datagram for every logical
device, and nothing that is sent.

Devices 1 and 17 share their objects, so that the log of the thing shows in how
many of them a service was done.
"""

from rig import ALL, LIST, THING, WORKED, Config, Rig

ALL_STATION = 0x7F
PREESTABLISHED = 64
PUBLIC = 16
READER = 32
UNCONFIRMED = "601EA109060760857405080101BE11040F010001000006 5F1F0400FFFFFFFFFF"
UNCONFIRMED_LLS = (
    "6037A1090607608574050801018A0207808B0760857405080201AC0A80083132333435363738BE11040F0100010000065F1F0400FFFFFFFFFF"
)
AARQ = "601DA109060760857405080101BE10040E01000000065F1F0400FFFFFFFFFF"
SET = "C10101" + THING + "0200 1105"
SET_LOG = "set 1105"
ACTION = "C30101" + THING + "01 01 0F00"
ACTION_LOG = "act 1 0F00"
GET = "C001C1" + THING + "0200"
ABC = "C401C1000903616263"
RLRQ = "6203800100"

REQ = {
    "test_reaches_every_device_with_an_unconfirmed_aa": ("A-60", "B-04", "D-99"),
    "test_does_not_reach_a_confirmed_aa": ("A-60", "A-61"),
    "test_confirmed_is_dropped": ("A-61", "B-08", "D-99"),
    "test_over_tcp_is_dropped": ("A-62",),
    "test_unconfirmed_aarq_to_all": ("A-60", "B-06", "B-12"),
    "test_aarq_to_all_leaves_confirmed_aas_alone": ("A-60", "C-27"),
    "test_aarq_to_all_that_no_device_takes": ("A-60", "C-12", "C-18"),
    "test_malformed_to_all": ("A-61", "C-26"),
    "test_other_broadcast_wport": ("A-15",),
    "test_device_at_no_station": ("A-29",),
    "test_preestablished_is_there": ("C-53", "A-60"),
    "test_preestablished_cannot_be_released": ("C-53",),
    "test_preestablished_takes_no_aarq": ("C-53", "A-30"),
    "test_preestablished_of_another_device": ("C-53",),
    "test_preestablished_without_blocks_over_udp": ("C-53", "A-41", "D-18"),
    "test_preestablished_takes_no_room": ("C-53", "C-18"),
    "test_preestablished_ends_with_its_connection": ("C-53", "A-33"),
    "test_worked_conformance": ("C-53", "C-35"),
}


def rig(preestablished=False, aas=8):
    """A Rig whose server has the devices 1 and 17, whose `link` is a UDP peer, and maybe
    pre-established AAs for client 64.
    """
    made = Rig(aas=aas)
    server = made.server
    server.wports = [1, 17]
    directory = made.public.directory
    server.opening.associations += [
        Config(PUBLIC, 17, b"", ALL, directory),
        Config(READER, 17, b"12345678", ALL, directory),
    ]
    if preestablished:
        for device in (1, 17):
            config = Config(PREESTABLISHED, device, b"", ALL, directory)
            config.preestablished = True
            server.opening.associations.append(config)
            server.opening.established.append(config)
        server.open_common(1024)
    made.link = made.new_link(stream=False)
    return made


def opened(r):
    """(client, device) of every AA on the link."""
    return sorted([(aa.assoc.client, aa.assoc.server) for aa in r.link.aas if aa is not None])


def everyone(r, apdu, source=PUBLIC):
    """Send to all; nothing may come back."""
    assert r.ask(apdu, source, ALL_STATION) == "", apdu


def test_reaches_every_device_with_an_unconfirmed_aa():
    r = rig()
    everyone(r, SET)
    assert r.log == []
    r.ask(UNCONFIRMED, PUBLIC, 1)
    everyone(r, SET)
    assert r.log == [SET_LOG]
    r.ask(UNCONFIRMED, PUBLIC, 17)
    everyone(r, SET)
    assert r.log == [SET_LOG] * 3
    everyone(r, ACTION)
    assert r.log[3:] == [ACTION_LOG] * 2
    # what reads does nothing, what is none of this client's neither
    for apdu in ("C00101" + THING + "0200", "C00101" + LIST + "0200", "FF0101", "C80101"):
        everyone(r, apdu)
    everyone(r, SET, READER)
    assert len(r.log) == 5
    # one device alone goes on being one device
    assert r.ask(SET, PUBLIC, 17) == ""
    assert len(r.log) == 6
    r.ask(RLRQ, PUBLIC, 1)
    everyone(r, SET)
    assert len(r.log) == 7


def test_does_not_reach_a_confirmed_aa():
    r = rig()
    r.open()
    everyone(r, SET)
    assert r.log == []
    # and a transfer that runs there is not disturbed
    assert r.ask("C001C1" + LIST + "0200")[:6] == "C401C1"
    assert r.ask(UNCONFIRMED, PUBLIC, 17) == ""
    everyone(r, SET)
    assert r.log == [SET_LOG]


def test_confirmed_is_dropped():
    r = rig()
    everyone(r, UNCONFIRMED)
    for apdu in (SET, ACTION, GET):
        everyone(r, apdu[:4] + "C1" + apdu[6:])
        everyone(r, apdu[:4])
        everyone(r, apdu[:2])
    assert r.log == []
    everyone(r, SET)
    assert len(r.log) == 2


def test_over_tcp_is_dropped():
    r = rig(True)
    r.link = r.new_link()
    for apdu in (UNCONFIRMED, AARQ, SET, GET, RLRQ):
        everyone(r, apdu)
        everyone(r, apdu, PREESTABLISHED)
    assert r.log == []
    assert opened(r) == []


def test_unconfirmed_aarq_to_all():
    r = rig()
    everyone(r, UNCONFIRMED)
    assert opened(r) == [(PUBLIC, 1), (PUBLIC, 17)]
    everyone(r, UNCONFIRMED)
    assert opened(r) == [(PUBLIC, 1), (PUBLIC, 17)]
    assert r.server.opening.associations[0].opened == 1
    everyone(r, SET)
    assert r.log == [SET_LOG] * 2
    everyone(r, UNCONFIRMED_LLS, READER)
    assert len(opened(r)) == 4
    everyone(r, RLRQ, READER)
    everyone(r, RLRQ)
    assert opened(r) == []
    everyone(r, SET)
    assert len(r.log) == 2


def test_aarq_to_all_leaves_confirmed_aas_alone():
    r = rig()
    r.open()
    everyone(r, UNCONFIRMED)
    everyone(r, AARQ)
    assert r.ask(GET) == ABC
    everyone(r, RLRQ)
    assert opened(r) == [(PUBLIC, 1)]
    assert r.ask(GET) == ABC


def test_aarq_to_all_that_no_device_takes():
    r = rig(True, aas=1)
    everyone(r, UNCONFIRMED, READER)
    everyone(r, UNCONFIRMED_LLS.replace("38BE", "39BE"), READER)
    everyone(r, UNCONFIRMED, 0x44)
    everyone(r, UNCONFIRMED, PREESTABLISHED)
    assert opened(r) == []
    # the first device has the only AA that is left
    everyone(r, UNCONFIRMED)
    assert opened(r) == [(PUBLIC, 1)]
    everyone(r, SET)
    assert r.log == [SET_LOG]


def test_malformed_to_all():
    r = rig(True)
    for apdu in (UNCONFIRMED, RLRQ, SET, ACTION):
        text = apdu.replace(" ", "")
        for n in range(2, len(text), 2):
            everyone(r, text[:n])
            everyone(r, text[:n], PREESTABLISHED)
    assert r.log == []
    assert PUBLIC not in [client for client, _ in opened(r)]
    everyone(r, UNCONFIRMED)
    everyone(r, SET)
    assert len(r.log) == 2


def test_other_broadcast_wport():
    r = rig()
    r.server.broadcast = 300
    everyone(r, UNCONFIRMED)
    assert opened(r) == []
    r.ask(UNCONFIRMED, PUBLIC, 300)
    assert r.ask(SET, PUBLIC, 300) == ""
    assert len(r.log) == 2


def test_device_at_no_station():
    r = rig(True)
    for source in (0, PUBLIC):
        r.ask(UNCONFIRMED, source, 0)
    everyone(r, UNCONFIRMED, 0)
    assert opened(r) == []


def test_preestablished_is_there():
    r = rig(True)
    assert r.ask(GET, PREESTABLISHED) == ABC
    assert r.ask(SET, PREESTABLISHED) == ""
    assert r.ask(SET[:4] + "C1" + SET[6:], PREESTABLISHED) == "C501C100"
    assert len(r.log) == 2
    everyone(r, SET, PREESTABLISHED)
    assert len(r.log) == 4
    assert opened(r) == []
    # confirmed in itself, but not when everybody is spoken to
    everyone(r, SET[:4] + "C1" + SET[6:], PREESTABLISHED)
    everyone(r, GET, PREESTABLISHED)
    assert len(r.log) == 4
    # a broadcast is the first thing that another peer sends
    r.link = r.new_link(stream=False)
    everyone(r, ACTION, PREESTABLISHED)
    assert r.log[4:] == [ACTION_LOG] * 2
    # without one nothing of it is there
    r = rig()
    assert r.ask(GET, PREESTABLISHED) == ""
    everyone(r, SET, PREESTABLISHED)
    assert r.log == []


def test_preestablished_cannot_be_released():
    r = rig(True)
    for _ in range(2):
        for apdu in (RLRQ, "6200", "62038001"):
            assert r.ask(apdu, PREESTABLISHED) == ""
            everyone(r, apdu, PREESTABLISHED)
        assert r.ask(GET, PREESTABLISHED)[:8] == "C401C100"
    r.link = r.new_link()
    for _ in range(2):
        assert r.ask(RLRQ, PREESTABLISHED) == "D80102"
        assert r.ask(GET, PREESTABLISHED)[:8] == "C401C100"
    # that of another client can
    assert opened(r) == [(PREESTABLISHED, 1)]
    r.open()
    assert r.ask(RLRQ) == "6303800100"
    assert opened(r) == [(PREESTABLISHED, 1)]


def test_preestablished_takes_no_aarq():
    r = rig(True)
    assert r.ask(AARQ, PREESTABLISHED) == "6117A109060760857405080101A203020101A305A103020101"
    assert r.ask(UNCONFIRMED, PREESTABLISHED) == ""
    everyone(r, UNCONFIRMED, PREESTABLISHED)
    assert opened(r) == []
    assert r.ask(GET, PREESTABLISHED) == ABC


def test_preestablished_of_another_device():
    r = rig(True)
    assert r.ask(GET, PREESTABLISHED, 18) == ""
    assert r.ask(GET, PREESTABLISHED + 1) == ""
    assert r.ask(GET, PREESTABLISHED, 17) == ABC


def test_preestablished_without_blocks_over_udp():
    """One AA for all peers: a block of one would be another's. Over TCP each
    connection has an AA of its own.
    """
    r = rig(True)
    r.server.pdu = 64
    r.server.opening.established[0].opened = 0
    r.server.open_common(64)
    ask = "C001C1" + LIST + "0200"
    assert r.ask(ask, PREESTABLISHED) == "C401C1010E"
    assert r.ask("C002C100000001", PREESTABLISHED) == "C402C101000000010110"
    assert r.ask("C102C1" + THING + "0200 00 00000001 03 090341", PREESTABLISHED) == "D80102"
    assert r.ask("C304C1" + THING + "01 00 00000001 01 0F", PREESTABLISHED) == "D80102"
    assert r.ask(GET, PREESTABLISHED) == ABC
    r.link = r.new_link()
    assert r.ask(ask, PREESTABLISHED)[:16] == "C402C10000000001"
    assert r.ask("C002C100000001", PREESTABLISHED)[:16] == "C402C10000000002"


def test_preestablished_takes_no_room():
    """However many peers use it, the AAs are there for others; over TCP
    it is one of the connection's.
    """
    r = rig(True, aas=1)
    for _ in range(20):
        link = r.new_link(stream=False)
        assert r.ask(GET, PREESTABLISHED, link=link) == ABC
        assert r.ask(SET, PREESTABLISHED, ALL_STATION, link=link) == ""
        assert r.ask(SET.replace("1105", "0903616263"), PREESTABLISHED, ALL_STATION, link=link) == ""
    assert len(r.log) == 80
    r.open()
    stream = r.new_link()
    assert r.ask(GET, PREESTABLISHED, link=stream) == "D80102"
    assert r.ask(RLRQ) == "6303800100"
    assert r.ask(GET, PREESTABLISHED, link=stream) == ABC


def test_preestablished_ends_with_its_connection():
    """What it holds is given back; on the next connection it is there again at once."""
    r = rig(True)
    free = r.pool.free
    r.link = r.new_link()
    for _ in range(3):
        assert r.ask(GET, PREESTABLISHED) == ABC
        r.server.abort(r.link)
        assert r.pool.free == free


def test_worked_conformance():
    """What the pre-established AA offers is what its Association object has."""
    r = rig(True)
    for config in r.server.opening.established:
        config.conformance = WORKED
    assert r.ask(GET, PREESTABLISHED) == ABC
    assert r.ask("C301C1" + THING + "01 01 0F00", PREESTABLISHED) == ("C701C10000" if WORKED & 1 else "D80102")


def test_pools_are_whole():
    r = rig(True)
    everyone(r, UNCONFIRMED)
    everyone(r, SET, PREESTABLISHED)
    r.server.abort(r.link)
    assert r.pool.free == 8
