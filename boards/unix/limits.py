"""Limits of the meter on MicroPython's unix port. Every board has a module of this name
and these keys; the code reads no other.
"""

from limits_default import *  # noqa: F403

BOARD = "unix"
# addresses listened on unless `bind` says otherwise: loopback, because
# the default secrets are public
BIND = "127.0.0.1,::1"
CONNECTIONS = 8  # TCP connections at once (TCP-UDP setup nb_of_sim_conn)
ASSOCIATIONS = 4  # AAs on one TCP connection
ALL_ASSOCIATIONS = 16  # AAs on all TCP connections together
UDP_LINKS = 8  # UDP peers (address and port) that hold AAs
UDP_ASSOCIATIONS = 2  # AAs of one UDP peer
ALL_UDP_ASSOCIATIONS = 8  # AAs of all UDP peers together
GROUPS = 8  # multicast groups of each IP family; 0: none
SN_CLIENTS = 2  # clients with short names of each logical device; 0: no short names
TRANSFERS = 9  # long transfers over TCP at once; every connection is sure of one
UDP_TRANSFERS = 2  # long transfers over UDP at once
PDU = 1024  # largest APDU received or sent, octets
DATAGRAM = 1472  # largest UDP payload, octets: Ethernet MTU less the IPv4 and UDP headers
REASSEMBLY = 1024  # largest value written in blocks, octets
ELEMENT = 512  # largest single element or simple attribute value, octets
LIST = 32  # entries of a with-list request
GBT_WINDOW = 16  # blocks of a stream in general block transfer, 1 to 63; 0: neither general block transfer nor ACCESS
NESTING = 12  # depth of arrays and structures in received data
PUSHES = 3  # Push setup objects: on an interval, on connectivity, on alarm; 0: no pushes and no events
OUTBOX = 1024  # octets that each of them, and the events, keep until they are sent
ROWS = 3000  # load profile rows kept
EVENTS = 200  # event log rows kept
DAYS = 400  # daily billing rows kept
COLUMNS = 16  # capture objects of a profile
BACKFILL = 31  # days of simulated profile captured before READY unless `backfill_days` says otherwise
