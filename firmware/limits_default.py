"""What every board starts from: no hardware of its own, and limits for some 300 KB of
RAM and lwIP's five TCP connections.

A board's `limits.py` begins with `from limits_default import *` and says what is
different there; the code reads `limits` only. A pin is what `machine.Pin` takes, None for
a part that the board does not have.
"""

_START_ONLY = True

# -- hardware --------------------------------------------------------------------------------------

BOARD = "unknown"
HARDWARE = False  # whether there is a `machine` module whose parts the meter may use
WIFI = None  # row of net.wifi_ports for the station interface; None: the network is there already
LAN = False  # whether the network is a cable: network.LAN
WATCHDOG = None  # milliseconds until a watchdog that is not fed resets the board
WATCHDOG_STOP = None  # (address, word to write there) that stops it again; None: it has to be fed for ever
LED = None  # pin of the status LED
LED_ON = 1  # its level when lit
RELAY = None  # output pin of the disconnector
RELAY_CONNECTED = 1  # its level while the supply is connected
POWER_FAIL = None  # input pin that goes low when the supply fails, some tenths of a second before it is gone
BUTTON = (
    None  # input pin, low while a button is pressed: held for ten seconds at the start, the meter forgets all it keeps
)
PULSE = None  # input pin of S0 pulses, active low
PULSE_KIND = "edges"  # how they are counted: edges, counter or falling (see board.pulse)

# -- network ---------------------------------------------------------------------------------------

BIND = "0.0.0.0"  # addresses listened on unless `bind` says otherwise
CONNECTIONS = 4  # TCP connections at once (TCP-UDP setup nb_of_sim_conn)
ASSOCIATIONS = 4  # AAs on one TCP connection
ALL_ASSOCIATIONS = 8  # AAs on all TCP connections together
UDP_LINKS = 4  # UDP peers (address and port) that hold AAs
UDP_ASSOCIATIONS = 2  # AAs of one UDP peer; fewer than logical devices, and a broadcast AARQ does not reach all
ALL_UDP_ASSOCIATIONS = 4  # AAs of all UDP peers together
GROUPS = 4  # multicast groups of each IP family; 0: none
SN_CLIENTS = 2  # clients with short names of each logical device; 0: no short names

# -- buffers ---------------------------------------------------------------------------------------

TRANSFERS = 5  # long transfers over TCP at once; every connection is sure of one
UDP_TRANSFERS = 1  # long transfers over UDP at once
PDU = 512  # largest APDU received or sent, octets
DATAGRAM = 520  # largest UDP payload, octets: a PDU and its wrapper header
REASSEMBLY = 512  # largest value written in blocks, octets
ELEMENT = 256  # largest single element or simple attribute value, octets
LIST = 16  # entries of a with-list request
GBT_WINDOW = 4  # blocks of a stream in general block transfer, 1 to 63; 0: neither general block transfer nor ACCESS
NESTING = 8  # depth of arrays and structures in received data

# -- what is sent unasked --------------------------------------------------------------------------

PUSHES = 3  # Push setup objects: on an interval, on connectivity, on alarm; 0: no pushes and no events
OUTBOX = 512  # octets that each of them, and the events, keep until they are sent

# -- what is kept ----------------------------------------------------------------------------------

STATE = ""  # where the state is kept unless `state` says otherwise: "flash" on a board; empty: nowhere
# Sectors of 4 KiB that an image gives to the file system at the start of the flash,
# and to the store after it, as "flash-map files=64 store=148": the tools read this
# in the image. Empty: it has no map.
MAP = ""
SECTORS = 148  # of the store where there is no map: in a file, or in a folder

# -- profiles --------------------------------------------------------------------------------------

ROWS = 672  # load profile rows kept: a week of quarters of an hour
EVENTS = 100  # event log rows kept
DAYS = 62  # daily billing rows kept
COLUMNS = 16  # capture objects of a profile
BACKFILL = 0  # days of simulated profile captured before READY unless `backfill_days` says otherwise
