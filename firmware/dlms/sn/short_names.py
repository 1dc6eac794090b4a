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
    05 number(2)                        block-number-access: the block behind that
                                        one, alone in a Read
    06 last(1) number(2) length raw     read-data-block-access: a part of a long Read request, alone
    07 last(1) number(2)                write-data-block-access: a part of a long Write request,
                                        alone; its Data is an octet-string

These services have no invoke-id: a request is told from its repetition by
nothing but the numbers of its blocks.
"""

from micropython import const

from dlms.codec.errors import READ_ERROR, WRITE_ERROR
from dlms.sn import read, write

READ_REQUEST = const(0x05)
WRITE_REQUEST = const(0x06)
UNCONFIRMED_WRITE_REQUEST = const(0x16)


def serve(server, aa, tag, rx, p, end, tx):
    """Serve the APDU rx[p:end] of an SN AA, one that is no LN service; returns the
    offset behind the answer, or 0 for none.
    """
    if tag == UNCONFIRMED_WRITE_REQUEST:
        write.unconfirmed(server, aa, rx, p, end, tx)
        return 0
    if not aa.confirmed:
        return 0  # B-08: the other services are confirmed
    if tag == READ_REQUEST:
        return read.request(server, aa, rx, p, end, tx)
    if tag == WRITE_REQUEST:
        return write.request(server, aa, rx, p, end, tx)
    return server.no_service(aa, tag, tx)


def escaped(server, aa, tag, tx):
    """The answer when an object raised (`server.escaped`)."""
    if tag == READ_REQUEST or tag == WRITE_REQUEST:
        return server.service_error(
            tx, aa.start, READ_ERROR if tag == READ_REQUEST else WRITE_ERROR, server.errors.sn_escaped
        )
    return 0
