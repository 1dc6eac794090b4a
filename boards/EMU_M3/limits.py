"""Limits of the meter on the emulated Cortex-M3 board: 264 KiB of RAM in all, as on a Raspberry Pi Pico W."""

BOARD = "EMU_M3"
BIND = "0.0.0.0"  # addresses listened on unless `bind` says otherwise; `board` puts the one in that DHCP gave
CONNECTIONS = 4  # TCP connections at once (TCP-UDP setup nb_of_sim_conn): lwIP has memory for five
ASSOCIATIONS = 4  # AAs on one TCP connection
ALL_ASSOCIATIONS = 8  # AAs on all TCP connections together
UDP_LINKS = 4  # UDP peers (address and port) that hold AAs
UDP_ASSOCIATIONS = 2  # AAs of one UDP peer
ALL_UDP_ASSOCIATIONS = 6  # AAs of all UDP peers together
TRANSFERS = 5  # long transfers over TCP at once; every connection is sure of one
UDP_TRANSFERS = 2  # long transfers over UDP at once
PDU = 1024  # largest APDU received or sent, octets
DATAGRAM = 1472  # largest UDP payload, octets: Ethernet MTU less the IPv4 and UDP headers
REASSEMBLY = 512  # largest value written in blocks, octets
ELEMENT = 512  # largest single element or simple attribute value, octets
LIST = 32  # entries of a with-list request
NESTING = 12  # depth of arrays and structures in received data
ROWS = 500  # load profile rows kept
EVENTS = 50  # event log rows kept
DAYS = 62  # daily billing rows kept
COLUMNS = 16  # capture objects of a profile
