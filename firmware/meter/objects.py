"""THE object list of this meter: one line an object.

To add an object, add a line: its interface class, its logical name (OBIS), what its
constructor takes beside the name, and who may do what with it. To add an interface class,
write a module in `cosem/` and use it here.

Clients: 16 public and 1 client management process without a password, 32 reading and 48
management with one; 64 reading and 80 management with short names. The passwords are for
demonstration and are to be replaced.
"""

from cosem.clock import Clock
from cosem.data import Data
from cosem.demand_register import DemandRegister
from cosem.disconnect_control import DisconnectControl
from cosem.ip_setup import IPv4Setup, MacAddressSetup, TcpUdpSetup
from cosem.ipv6_setup import IPv6Setup
from cosem.profile_generic import ProfileGeneric
from cosem.register import ExtendedRegister, Register
from cosem.sap_assignment import SapAssignment
from dlms.codec import axdr
import limits
from meter.access import MANAGEMENT, PREESTABLISHED, PUBLIC, READER
from meter.events import EventLog
from meter.state import Health, Partners, State

_START_ONLY = True

CLIENT_MANAGEMENT = 1  # client wPort that events go to
MANAGEMENT_DEVICE = 1  # server wPort; that of the second logical device is configured

# Associations of every logical device: client wPort, place in an access group, name of its secret
# in the configuration. Without a secret the association is open to anyone (lowest level security),
# with one it asks for it (low level security).
ASSOCIATIONS = (
    (16, PUBLIC, None),
    (1, PUBLIC, None),
    (32, READER, "reader"),
    (48, MANAGEMENT, "management"),
)

# The same for clients that speak with short names; limits.SN_CLIENTS says
# how many of them the board has.
SHORT_NAME_ASSOCIATIONS = (
    (64, READER, "reader"),
    (80, MANAGEMENT, "management"),
)

# What the client management process gets as well, where the board sends unasked: with short
# names as InformationReport. It has an AA with short names with the management logical device
# alone, and sees in it the object that the reports are about.
REPORTS = ((CLIENT_MANAGEMENT, PUBLIC, None),)
REPORTED = "0.0.96.11.0.255"

# Access groups: what the public, the reading and the management client may do
# (`meter.access` explains the notation)
OPEN = ("r", "r", "r")
NAMEPLATE = ("r", "r", "r w2")
PRIVATE = ("", "r", "r")
CLOCK = ("r", "r", "r w2-3,5-8 x")
MEASURED = ("", "r", "r")
COUNTED = ("", "r", "r x1")
SETTING = ("", "r", "r w2")
NETWORK = ("", "r", "r x")
TCP = ("", "r", "r w6")
SUPPLY = ("", "r", "r w4 x")
DEMAND = ("", "r", "r w8-9 x")
PROFILE = ("", "r", "r w3-6,8 x")
LOG = ("", "r", "r x1")
ASSOCIATION = ("r1-6,8-11", "r1-6,8-11", "r1-6,8-11 w7 x3-6")  # the current one, 0.0.40.0.0.255
PUSHING = ("", "r", "r w2-7,9,11 x")
ASSOCIATION_SN = ("r", "r x3", "r x3,5")  # the same with short names
SCRIPTS = ("", "r", "r x")
INSTANCE = ("", "", "r1-6,8-11 w7 x3-6")  # 0.0.40.0.e.255
INSTANCE_OPEN = ("", "", "r1-6,8-11 x3-6")  # of an association without a secret

# kinds of rows, as `store.store` has them
LOAD = 0
BILLING = 1
EVENTS = 2

FACTORY_RESET = 1  # script of the global reset

LOAD_PERIOD = 900  # seconds
DAY = 86400
# Columns of the profiles: logical name, attribute
LOAD_COLUMNS = (
    ("0.0.1.0.0.255", 2),
    ("0.0.96.10.1.255", 2),
    ("1.0.1.8.0.255", 2),
    ("1.0.2.8.0.255", 2),
    ("1.0.3.8.0.255", 2),
    ("1.0.4.8.0.255", 2),
)
BILLING_COLUMNS = (
    ("0.0.1.0.0.255", 2),
    ("1.0.1.8.0.255", 2),
    ("1.0.1.8.1.255", 2),
    ("1.0.1.8.2.255", 2),
    ("1.0.2.8.0.255", 2),
    ("1.0.1.6.0.255", 2),
    ("1.0.1.6.0.255", 5),
)
EVENT_COLUMNS = (("0.0.1.0.0.255", 2), ("0.0.96.11.0.255", 2))


def management(m, wport):
    """Logical device 1: the meter. m has the parts that the objects show (`meter.assembly`)."""
    q = m.metrology.quantity
    return (
        # what the meter is
        (Data, "0.0.42.0.0.255", (axdr.octets(m.title(wport)),), OPEN),  # COSEM logical device name
        (Data, "0.0.96.1.0.255", (axdr.octets(m.serial),), OPEN),  # device id 1: serial number
        # device id 2: the user's own
        (Data, "0.0.96.1.1.255", (bytearray(axdr.octets(b"reference meter")),), NAMEPLATE),
        (Data, "1.0.0.2.0.255", (axdr.octets(m.version),), OPEN),  # active firmware identifier
        (SapAssignment, "0.0.41.0.0.255", (m.titles(),), OPEN),
        (State, "0.0.96.128.0.255", (m.counters, m.uptime), OPEN),  # manufacturer-specific
        (Partners, "0.0.96.128.2.255", (m.links,), PRIVATE),  # manufacturer-specific: who is connected
        # manufacturer-specific: AARQs refused for their authentication
        (Data, "0.0.96.128.3.255", (m.failed,), PRIVATE),
        (Health, "0.0.96.128.4.255", (), PRIVATE),  # manufacturer-specific: what has gone wrong
        (Data, "0.0.96.128.1.255", (bytearray(axdr.double_long_unsigned(0)),), SETTING),  # a note of the client's own
        # time
        (Clock, "0.0.1.0.0.255", m.clock, CLOCK),
        # energy
        (Register, "1.0.1.8.0.255", q("A+"), COUNTED),
        (Register, "1.0.1.8.1.255", q("A+ T1"), COUNTED),
        (Register, "1.0.1.8.2.255", q("A+ T2"), COUNTED),
        (Register, "1.0.2.8.0.255", q("A-"), COUNTED),
        (Register, "1.0.2.8.1.255", q("A- T1"), COUNTED),
        (Register, "1.0.2.8.2.255", q("A- T2"), COUNTED),
        (Register, "1.0.3.8.0.255", q("R+"), COUNTED),
        (Register, "1.0.4.8.0.255", q("R-"), COUNTED),
        (Data, "0.0.96.14.0.255", (m.tariff,), PRIVATE),  # currently active tariff
        # instantaneous values
        (Register, "1.0.1.7.0.255", q("P+"), MEASURED),
        (Register, "1.0.2.7.0.255", q("P-"), MEASURED),
        (Register, "1.0.16.7.0.255", q("P"), MEASURED),
        (Register, "1.0.3.7.0.255", q("Q+"), MEASURED),
        (Register, "1.0.4.7.0.255", q("Q-"), MEASURED),
        (Register, "1.0.9.7.0.255", q("S"), MEASURED),
        (Register, "1.0.13.7.0.255", q("PF"), MEASURED),
        (Register, "1.0.14.7.0.255", q("f"), MEASURED),
        (Register, "1.0.21.7.0.255", q("P+ L1"), MEASURED),
        (Register, "1.0.41.7.0.255", q("P+ L2"), MEASURED),
        (Register, "1.0.61.7.0.255", q("P+ L3"), MEASURED),
        (Register, "1.0.22.7.0.255", q("P- L1"), MEASURED),
        (Register, "1.0.42.7.0.255", q("P- L2"), MEASURED),
        (Register, "1.0.62.7.0.255", q("P- L3"), MEASURED),
        (Register, "1.0.32.7.0.255", q("U L1"), MEASURED),
        (Register, "1.0.52.7.0.255", q("U L2"), MEASURED),
        (Register, "1.0.72.7.0.255", q("U L3"), MEASURED),
        (Register, "1.0.31.7.0.255", q("I L1"), MEASURED),
        (Register, "1.0.51.7.0.255", q("I L2"), MEASURED),
        (Register, "1.0.71.7.0.255", q("I L3"), MEASURED),
        # demand: the running quarter of an hour, and the highest one since midnight
        (DemandRegister, "1.0.1.4.0.255", m.demand[0], DEMAND),
        (DemandRegister, "1.0.2.4.0.255", m.demand[1], DEMAND),
        (ExtendedRegister, "1.0.1.6.0.255", m.maximum[0], COUNTED),
        (ExtendedRegister, "1.0.2.6.0.255", m.maximum[1], COUNTED),
        # profiles
        # load profile
        (ProfileGeneric, "1.0.99.1.0.255", (m.rows(LOAD, m.depth), LOAD_COLUMNS, LOAD_PERIOD, m.clock), PROFILE),
        # daily billing
        (ProfileGeneric, "0.0.98.1.0.255", (m.rows(BILLING, limits.DAYS), BILLING_COLUMNS, DAY, m.clock), PROFILE),
        (
            EventLog,
            "0.0.99.98.0.255",
            (m.rows(EVENTS, limits.EVENTS), EVENT_COLUMNS, m.clock, m.event),
            LOG,
        ),  # event log
        (Data, "0.0.96.10.1.255", (m.status,), PRIVATE),  # status of the load profile
        (Data, "0.0.96.11.0.255", (m.event,), PRIVATE),  # code of the last event
        (Data, "0.0.0.1.0.255", (m.billing_periods,), PRIVATE),  # billing period counter
        # supply
        (DisconnectControl, "0.0.96.3.10.255", m.supply, SUPPLY),
        # communication
        (TcpUdpSetup, "0.0.25.0.0.255", m.tcp_udp, TCP),  # over IPv4
        (TcpUdpSetup, "0.1.25.0.0.255", m.tcp_udp_ipv6, TCP),  # over IPv6
        (IPv4Setup, "0.0.25.1.0.255", (m.MAC_NAME, m.ipv4, m.mask), NETWORK),
        (MacAddressSetup, "0.0.25.2.0.255", (m.mac,), PRIVATE),
        (IPv6Setup, "0.0.25.7.0.255", (m.MAC_NAME, m.ipv6), NETWORK),
    ) + further(m)


def further(m):
    """What the management logical device has as well where the board sends unasked, and where a
    store runs.
    """
    sending = () if m.unsolicited is None else m.unsolicited.objects(PUSHING)
    if m.store is None:
        return sending
    from cosem.script_table import ScriptTable

    return sending + (
        (Data, "0.0.97.97.0.255", (m.error,), PRIVATE),  # error register
        (Data, "0.0.97.98.0.255", (m.alarm,), SETTING),  # alarm register
        (ScriptTable, "0.0.10.0.0.255", ((FACTORY_RESET,),), SCRIPTS),  # global reset
    )


def second(m, wport):
    """Logical device 17: the solar generation, metered for itself. It shows that a logical
    name belongs to its logical device.
    """
    q = m.metrology.quantity
    return (
        (Data, "0.0.42.0.0.255", (axdr.octets(m.title(wport)),), OPEN),
        (Clock, "0.0.1.0.0.255", m.clock, ("r", "r", "r")),
        (Register, "1.0.2.8.0.255", q("G"), MEASURED),
        (Register, "1.0.2.7.0.255", q("PG"), MEASURED),
    )


LOGICAL_DEVICES = (management, second)

# What a client with pre-established AAs may do in each logical device, if the configuration names
# one. It proves nothing, and anyone can send under its wPort: no more than broadcasts are for.
UNPROVEN = (
    {
        "0.0.1.0.0.255": "r w2 x1-4,6",
        "0.0.40.0.0.255": "r1-6,8-11",
        "0.0.42.0.0.255": "r",
        "0.0.96.128.1.255": "r w2",
    },
    {"0.0.1.0.0.255": "r", "0.0.40.0.0.255": "r1-6,8-11", "0.0.42.0.0.255": "r"},
)


def wports():
    """wPorts of the clients that open AAs of their own with this board,
    with logical or with short names.
    """
    return [client for client, _, _ in ASSOCIATIONS + SHORT_NAME_ASSOCIATIONS[: limits.SN_CLIENTS]]


def clients(preestablished):
    """ASSOCIATIONS, and with them that of the client wPort `preestablished`, 0 for none."""
    if preestablished in wports():
        raise ValueError("preestablished: wPort %d is that of a client with AAs of its own" % preestablished)
    return ASSOCIATIONS + ((preestablished, PREESTABLISHED, None),) if preestablished else ASSOCIATIONS
