"""Short name (SN) referencing: what the services Read, Write and
UnconfirmedWrite share (REQUIREMENTS D.6).

    05  ReadRequest             0C  ReadResponse        module `read`
    06  WriteRequest            0D  WriteResponse       module `write`
    16  UnconfirmedWriteRequest                         module `write`

A short name, 16 bits, names an attribute or a method of an object in the logical device of the AA:
its base name is that of attribute 1. `assoc.names.find(buf, off)` looks one up
(`cosem.short_names`). Requests hold variable-access-specifications:

    02 name(2)                          variable-name
    04 name(2) selector(1) Data         parameterized-access
    05 number(2)                        block-number-access: the block after that
                                        one, alone in a Read
    06 last(1) number(2) length raw     read-data-block-access: a part of a long Read request, alone
    07 last(1) number(2)                write-data-block-access: a part of a long Write request,
                                        alone; its Data is an octet-string

These services have no invoke-id: a request is recognized from its repetition by
nothing but the numbers of its blocks.
"""

from micropython import const

from dlms.codec.errors import READ_ERROR, WRITE_ERROR
from dlms.aa.refusal import service_error
from dlms.sn import read, write

READ_REQUEST = const(0x05)  # as `dlms.codec.tags.READ_REQUEST`
WRITE_REQUEST = const(0x06)  # as `dlms.codec.tags.WRITE_REQUEST`
UNCONFIRMED_WRITE_REQUEST = const(0x16)  # as `dlms.codec.tags.UNCONFIRMED_WRITE_REQUEST`
SERVICES = b"\x05\x06\x16"  # the tags of these


def serve(kit, aa, tag, rx, p, end, tx):
    """Serve the APDU rx[p:end] of an SN AA, one of SERVICES; returns the
    offset after the answer, or 0 for none.
    """
    if tag == UNCONFIRMED_WRITE_REQUEST:
        write.unconfirmed(kit, aa, rx, p, end, tx)
        return 0
    if not aa.confirmed:
        return 0  # B-08: the other services are confirmed
    if tag == READ_REQUEST:
        return read.request(kit, aa, rx, p, end, tx)
    return write.request(kit, aa, rx, p, end, tx)


def escaped(kit, aa, tag, tx):
    """The answer when an object raised (`Server.escaped`)."""
    if tag == READ_REQUEST or tag == WRITE_REQUEST:
        return service_error(tx, aa.start, READ_ERROR if tag == READ_REQUEST else WRITE_ERROR, kit.errors.sn_escaped)
    return 0
