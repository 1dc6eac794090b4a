"""Data, Register, Extended register, Demand register, Disconnect control and the
address set-ups: values, methods, refusals.
"""

from array import array

from cosem.data import Data
from cosem.demand_register import DemandRegister
from cosem.disconnect_control import (
    LOCAL_DISCONNECT,
    LOCAL_RECONNECT,
    MANUAL_DISCONNECT,
    MANUAL_RECONNECT,
    REMOTE_DISCONNECT,
    REMOTE_RECONNECT,
    DisconnectControl,
)
from cosem_model import (
    act,
    dlu,
    elements,
    everything,
    find,
    get,
    lu,
    made,
    moment,
    name,
    number,
    ostr,
    put,
    run,
    settle,
    structure,
)
from dlms.aa.association import ROW
from dlms.codec.errors import (
    OBJECT_UNDEFINED,
    OTHER_REASON,
    READ_WRITE_DENIED,
    SUCCESS,
    TEMPORARY_FAILURE,
    TYPE_UNMATCHED,
)
from dlms.codec.octets import scan
from meter.addresses import ipv4, ipv6
from meter.state import State

REQ = {
    "test_data": ("F-01", "D-21"),
    "test_register_reset": ("F-02",),
    "test_scaler_and_unit": ("F-02", "F-33"),
    "test_extended_register": ("F-03",),
    "test_demand_block": ("F-04",),
    "test_demand_sliding_window": ("F-04",),
    "test_demand_methods": ("F-04",),
    "test_demand_period": ("F-04",),
    "test_disconnect_stops_the_flow": ("F-23", "F-37"),
    "test_control_mode": ("F-23", "F-37"),
    "test_tcp_udp_setup": ("F-18", "A-31", "A-32"),
    "test_ipv4_setup": ("F-19",),
    "test_mac_address": ("F-21",),
    "test_ipv6_setup": ("F-20",),
    "test_state": (),
    "test_nothing_else_can_be_written": ("D-21",),
}


def test_data():
    note = Data(bytearray(dlu(7)))
    assert put(note, 2, dlu(0xFFFFFFFE)) == SUCCESS
    assert get(note, 2) == dlu(0xFFFFFFFE)
    assert put(note, 2, lu(1)) == TYPE_UNMATCHED
    assert put(note, 2, structure(dlu(1))) == TYPE_UNMATCHED
    assert put(note, 1, ostr(bytes(6))) == READ_WRITE_DENIED
    text = Data(bytearray(ostr(b"abc")))
    for value in (b"xyz", b"", b"longer text", bytes(48)):
        assert put(text, 2, ostr(value)) == SUCCESS
        assert get(text, 2) == ostr(value)
    assert put(text, 2, ostr(bytes(49))) == TYPE_UNMATCHED
    assert put(text, 2, b"\x0a\x01x") == TYPE_UNMATCHED
    fixed = Data(ostr(b"abc"))
    assert put(fixed, 2, ostr(b"xyz")) == READ_WRITE_DENIED


def test_register_reset():
    meter = made(rate=3600)
    meter.tick(10000)
    settle(meter)
    register = find(meter, "1.0.1.8.0.255")
    assert number(get(register, 2)) > 1000
    for wrong in (b"\x11\x00", b"\x10\x00\x00", structure()):
        assert act(register, 1, wrong) == TYPE_UNMATCHED
    assert number(get(register, 2)) > 1000
    assert act(register, 1, b"\x0f\x00") == b""
    assert get(register, 2) == dlu(0)
    assert put(register, 3, get(register, 3)) == READ_WRITE_DENIED


def test_scaler_and_unit():
    meter = made()
    for text, scaler, unit in (
        ("1.0.1.8.0.255", 0, 30),
        ("1.0.3.8.0.255", 0, 32),
        ("1.0.1.7.0.255", 0, 27),
        ("1.0.3.7.0.255", 0, 29),
        ("1.0.9.7.0.255", 0, 28),
        ("1.0.32.7.0.255", 255, 35),
        ("1.0.31.7.0.255", 254, 33),
        ("1.0.14.7.0.255", 254, 44),
        ("1.0.13.7.0.255", 253, 255),
        ("1.0.1.6.0.255", 0, 27),
    ):
        assert get(find(meter, text), 3) == structure(bytes((0x0F, scaler)), bytes((0x16, unit))), text
    assert get(find(meter, "1.0.1.4.0.255"), 4) == structure(b"\x0f\x00", b"\x16\x1b")


def test_extended_register():
    meter = made(start="2026-03-01T18:00:00", rate=60)
    highest = find(meter, "1.0.1.6.0.255")
    assert get(highest, 2) == dlu(0)
    meter.tick(15000)
    settle(meter)
    assert get(highest, 2) == get(find(meter, "1.0.1.4.0.255"), 3)
    assert number(get(highest, 2)) > 0
    assert get(highest, 5) == ostr(moment(2026, 3, 1, 18, 15, 0, weekday=7))
    assert get(highest, 4) == b"\x11\x00"
    run(meter, 1)
    assert act(highest, 1, b"\x0f\x00") == b""
    assert get(highest, 2) == dlu(0)
    assert get(highest, 5) == ostr(moment(2026, 3, 1, 18, 16, 0, weekday=7))


def demand(number_of_periods=1):
    meter = made(start="2026-03-01T10:00:00")
    register = DemandRegister(b"\x02\x02\x0f\x00\x16\x1b", 900, meter.clock)
    assert put(register, 9, lu(number_of_periods)) == SUCCESS
    return meter, register


def test_demand_block():
    meter, register = demand()
    register.add(100000)
    register.render()
    assert get(register, 2) == dlu(400)
    register.add(150000)
    run(meter, 900)
    register.period_end()
    assert get(register, 3) == dlu(1000)
    assert get(register, 2) == dlu(0)
    assert get(register, 6) == get(register, 7) == ostr(moment(2026, 3, 1, 10, 15, 0, weekday=7))


def test_demand_sliding_window():
    _, register = demand(3)
    for energy, average in ((300000, 400), (600000, 1200), (0, 1200), (0, 800), (30000000, 40000)):
        register.add(energy)
        register.period_end()
        assert get(register, 3) == dlu(average)
    register.add(300)
    register.render()
    assert number(get(register, 2)) == 40000


def test_demand_methods():
    meter, register = demand()
    register.add(250000)
    run(meter, 300)
    assert act(register, 2, b"\x0f\x00") == b""
    assert get(register, 3) == dlu(1000)
    assert get(register, 2) == dlu(0)
    assert get(register, 7) == ostr(moment(2026, 3, 1, 10, 5, 0, weekday=7))
    register.add(250000)
    run(meter, 60)
    assert act(register, 1, b"\x0f\x00") == b""
    assert get(register, 2) == get(register, 3) == dlu(0)
    assert get(register, 6) == get(register, 7) == ostr(moment(2026, 3, 1, 10, 6, 0, weekday=7))
    assert act(register, 1, b"\x12\x00\x00") == TYPE_UNMATCHED
    assert act(register, 2, b"\x12\x00\x00") == TYPE_UNMATCHED


def test_demand_period():
    _, register = demand()
    register.add(250000)
    for k, data, result in (
        (8, lu(900), TYPE_UNMATCHED),
        (8, dlu(0), OTHER_REASON),
        (8, dlu(28801), OTHER_REASON),
        (8, dlu(0xFFFFFFFF), OTHER_REASON),
        (9, lu(0), OTHER_REASON),
        (9, lu(16), OTHER_REASON),
        (9, dlu(1), TYPE_UNMATCHED),
        (3, dlu(1), READ_WRITE_DENIED),
    ):
        assert put(register, k, data) == result
    assert register.sum == 250000
    assert put(register, 8, dlu(300)) == SUCCESS
    assert (register.period, register.sum) == (300, 0)
    register.add(250000)
    register.period_end()
    assert get(register, 3) == dlu(3000)


# every control mode: (state, command) -> next state, for what the mode
# allows; everything else leaves the state
R_DIS, R_RE = REMOTE_DISCONNECT, REMOTE_RECONNECT
M_DIS, M_RE = MANUAL_DISCONNECT, MANUAL_RECONNECT
L_DIS, L_RE = LOCAL_DISCONNECT, LOCAL_RECONNECT
_REMOTE = {(1, R_DIS): 0, (2, R_DIS): 0}
MODES = (
    {},
    {(1, M_DIS): 2, (1, L_DIS): 2, (0, R_RE): 2, (2, M_RE): 1},
    {(1, M_DIS): 2, (1, L_DIS): 2, (0, R_RE): 1, (2, M_RE): 1},
    {(1, L_DIS): 2, (0, R_RE): 2, (2, M_RE): 1},
    {(1, L_DIS): 2, (0, R_RE): 1, (2, M_RE): 1},
    {(1, M_DIS): 2, (1, L_DIS): 2, (0, R_RE): 2, (2, M_RE): 1, (2, L_RE): 1},
    {(1, L_DIS): 2, (0, R_RE): 2, (2, M_RE): 1, (2, L_RE): 1},
)


def transitions(mode):
    allowed = dict(MODES[mode])
    if mode:
        allowed.update(_REMOTE)
    for state in (0, 1, 2):
        for command in (R_DIS, R_RE, M_DIS, M_RE, L_DIS, L_RE):
            o = DisconnectControl(mode)
            o.a[3][1] = state
            o.a[2][1] = 1 if state == 1 else 0
            wanted = allowed.get((state, command), state)
            assert o.command(command) == (wanted != state)
            assert o.a[3][1] == wanted
            assert o.a[2][1] == (1 if wanted == 1 else 0)


def test_control_mode():
    meter = made()
    supply = find(meter, "0.0.96.3.10.255")
    assert [get(supply, k) for k in (2, 3, 4)] == [b"\x03\x01", b"\x16\x01", b"\x16\x02"]
    for k, data, result in (
        (4, b"\x16\x07", OTHER_REASON),
        (4, b"\x11\x01", TYPE_UNMATCHED),
        (2, b"\x03\x00", READ_WRITE_DENIED),
        (3, b"\x16\x00", READ_WRITE_DENIED),
    ):
        assert put(supply, k, data) == result
    assert act(supply, 1, b"\x0f\x00") == b""
    assert get(supply, 3) == b"\x16\x00"
    assert put(supply, 4, b"\x16\x00") == SUCCESS
    assert get(supply, 2) == b"\x03\x01"
    assert act(supply, 1, b"\x0f\x00") == b""
    assert get(supply, 3) == b"\x16\x01"


def test_disconnect_stops_the_flow():
    meter = made(start="2026-06-01T12:00:00")
    supply = find(meter, "0.0.96.3.10.255")
    assert act(supply, 1, b"\x11\x00") == TYPE_UNMATCHED
    assert act(supply, 1, b"\x0f\x00") == b""
    before = [number(get(find(meter, text), 2)) for text in ("1.0.1.8.0.255", "1.0.2.8.0.255")]
    run(meter, 3600)
    assert [number(get(find(meter, text), 2)) for text in ("1.0.1.8.0.255", "1.0.2.8.0.255")] == before
    for text in ("1.0.1.7.0.255", "1.0.2.7.0.255", "1.0.31.7.0.255", "1.0.9.7.0.255"):
        assert number(get(find(meter, text), 2)) == 0
    assert number(get(find(meter, "1.0.32.7.0.255"), 2)) > 2000
    assert act(supply, 2, b"\x0f\x00") == b""
    run(meter, 3600)
    assert number(get(find(meter, "1.0.2.8.0.255"), 2)) > before[1]
    assert [r[-1] for r in elements(find(meter, "0.0.99.98.0.255"), 2)] == [2, 62, 63]


def test_tcp_udp_setup():
    setup = find(made(port=4061, inactivity=90), "0.0.25.0.0.255")
    assert get(setup, 2) == lu(4061)
    assert get(setup, 3) == ostr(name("0.0.25.1.0.255"))
    assert get(setup, 4) == lu(1460)
    assert get(setup, 5) == b"\x11\x08"
    assert (get(setup, 6), setup.inactivity()) == (lu(90), 90)
    assert put(setup, 6, lu(0)) == SUCCESS
    assert setup.inactivity() == 0
    assert put(setup, 6, dlu(5)) == TYPE_UNMATCHED
    assert put(setup, 2, lu(4059)) == READ_WRITE_DENIED
    assert put(setup, 5, b"\x11\x01") == READ_WRITE_DENIED


def test_tcp_udp_setup_over_ipv6():
    """It refers to the IPv6 setup; port, connections and time-out are those of the
    other one, whichever a client writes.
    """
    meter = made(port=4061, inactivity=90)
    setup, six = find(meter, "0.0.25.0.0.255"), find(meter, "0.1.25.0.0.255")
    assert get(six, 3) == ostr(name("0.0.25.7.0.255"))
    assert get(six, 4) == lu(1440)
    for k in (2, 5, 6):
        assert get(six, k) == get(setup, k)
    assert put(six, 6, lu(7)) == SUCCESS
    assert (setup.inactivity(), get(setup, 6)) == (7, lu(7))
    assert put(setup, 6, lu(8)) == SUCCESS
    assert get(six, 6) == lu(8)
    setup.listening(4062)
    assert get(six, 2) == lu(4062)


def test_ipv4_setup():
    assert get(find(made(), "0.0.25.1.0.255"), 6) == b"\x06\xff\x00\x00\x00"
    setup = find(made(bind=("::1", "192.0.2.7")), "0.0.25.1.0.255")
    assert get(setup, 6) == b"\x06" + bytes(4)
    assert get(setup, 3) == b"\x06\xc0\x00\x02\x07"
    assert get(setup, 8) == b"\x03\x00"
    group = b"\x06\xe0\x00\x01\x02"
    for k in (2, 5, 6, 7, 9, 10):
        assert scan(get(setup, k), 0, len(get(setup, k)), array("H", [0] * 8), 8) == len(get(setup, k))
    assert act(setup, 1, group) == b""
    assert act(setup, 1, group) == b""
    assert elements(setup, 4) == [group]
    assert act(setup, 3, b"\x0f\x00") == b"\x11\x01"
    assert act(setup, 1, b"\x06\xc0\x00\x02\x01") == OTHER_REASON
    assert act(setup, 1, b"\x12\xe0\x00") == TYPE_UNMATCHED
    for i in range(7):
        assert act(setup, 1, group[:4] + bytes((0x80 + i,))) == b""
    assert act(setup, 1, group[:4] + b"\xff") == TEMPORARY_FAILURE
    assert act(setup, 2, group) == b""
    assert act(setup, 2, group) == OBJECT_UNDEFINED
    assert elements(setup, 4) == [group[:4] + bytes((0x80 + i,)) for i in range(7)]
    assert act(setup, 3) == b"\x11\x07"
    assert act(setup, 3, lu(0)) == TYPE_UNMATCHED


def test_ipv6_setup():
    setup = find(made(bind=("2001:db8::7", "::1")), "0.0.25.7.0.255")
    assert elements(setup, 4) == [ostr(ipv6("2001:db8::7")), ostr(ipv6("::1"))]
    assert get(setup, 3) == b"\x16\x02"
    multicast = structure(b"\x16\x01", ostr(ipv6("ff05::2")))
    assert act(setup, 1, multicast) == b""
    assert elements(setup, 5) == [ostr(ipv6("ff05::2"))]
    assert act(setup, 1, structure(b"\x16\x02", ostr(ipv6("ff05::2")))) == OTHER_REASON
    assert act(setup, 1, structure(b"\x16\x03", ostr(ipv6("ff05::2")))) == OTHER_REASON
    assert act(setup, 1, structure(b"\x16\x00", ostr(ipv6("2001:db8::8")))) == READ_WRITE_DENIED
    assert act(setup, 1, structure(b"\x16\x01", ostr(bytes(15)))) == TYPE_UNMATCHED
    assert act(setup, 1, structure(b"\x16\x02", ostr(ipv6("fe80::1")))) == b""
    assert elements(setup, 6) == [ostr(ipv6("fe80::1"))]
    assert act(setup, 2, multicast) == b""
    assert act(setup, 2, multicast) == OBJECT_UNDEFINED
    assert elements(setup, 5) == []


def test_mac_address():
    mac = get(find(made(serial="00000258"), "0.0.25.2.0.255"), 2)
    assert mac == ostr(b"\x02\x00\x00\x00\x01\x02")


def test_state():
    meter = made()
    meter.counters[3] = 9
    meter.uptime[2] = 1
    state = get(find(meter, "0.0.96.128.0.255"), 2)
    assert state[:3] == b"\x02\x04\x06"
    assert state[12:] == dlu(9) + dlu(256)


def test_nothing_else_can_be_written():
    """Objects refuse a write to what no client may write, even if the access rights let it through."""
    meter = made()
    for _, directory in meter.devices:
        for i in range(directory.n):
            o = directory.objs[i]
            if o is None:
                continue
            limit = directory.rows[ROW * directory.limit[i] :]
            for k in range(2, o.ATTRIBUTES + 1):
                if limit[k] & 2 or o.a[k] is None or not isinstance(o.a[k], bytes):
                    continue
                before = everything(o)
                data = bytearray(get(o, k))
                assert o.set(k, data, 0, len(data), None, True) == READ_WRITE_DENIED, (o.CLASS_ID, k)
                assert everything(o) == before or isinstance(o, State)


def addresses(text, octets):
    assert (ipv6 if ":" in text else ipv4)(text) == octets


def cases():
    for mode in range(7):
        yield "control-mode-" + str(mode), transitions, (mode,)
    for text, octets in (
        ("127.0.0.1", b"\x7f\x00\x00\x01"),
        ("::1", bytes(15) + b"\x01"),
        ("::", bytes(16)),
        ("2001:db8::1:2", b"\x20\x01\x0d\xb8" + bytes(8) + b"\x00\x01\x00\x02"),
        ("1:2:3:4:5:6:7:8", b"\x00\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00\x06\x00\x07\x00\x08"),
    ):
        yield "address-" + text, addresses, (text, octets)
