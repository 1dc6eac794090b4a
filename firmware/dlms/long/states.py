"""Long transfers: in which state an AA is, what can happen there, and
what is done about it. One table.

Theory of operation
===================

An AA has at most one long transfer. What it is doing is the state of the AA; it is held
in the `kind` of the `stream.Transfer` that belongs to the AA, and is NONE while none
does. Three families share the table:

*Service-specific blocks, outwards* (GET_OUT, ACTION_OUT, with short names READ_OUT). The server has
sent block `t.block` of an answer and waits to be asked for the next one by that very number. There
is one block at a time and no way to repeat one, so that a wrong number ends the transfer
(REQUIREMENTS D-15, D-32, D-50).

*Service-specific blocks, inwards* (SET_IN, ACTION_IN, with short names READ_IN, WRITE_IN). The
server has taken block `t.block` and waits for the one after it. Each is acknowledged by its number.
The request is executed when the last one has come and not before (D-24). Any fault ends the
transfer and leaves nothing done. Block 1 with short names begins a new transfer, whatever ran.

*General block transfer* (GBT_IN, GBT_OUT, GBT_SENT; D-80 to D-89). Requests and answers of any
service go in numbered blocks, many in a row, and what is lost is sent again. GBT_IN: the request
comes. GBT_OUT: the answer goes. GBT_SENT: its last block has gone, and what has not been
acknowledged may still be asked for again; the next request, or the last acknowledgement, ends it.
Unlike above, what is old is no fault here: datagrams are repeated and overtake each other.

*In one piece* (WHOLE_OUT; D-116 to D-119). An answer longer than the buffer goes without blocks.
The connection serves nothing else until it has left, so that no event meets this state.

A continuation - a service-specific block, or the request for the next one - belongs to the request
whose invoke-id it has, over TCP as over UDP. With another one it belongs to none: it is refused
before the table is asked, as if nothing ran, and the transfer that runs goes on, of whatever family
it is (`service_class.stray`, D-07). A new request ends the transfer whatever its invoke-id (D-17).
What has no invoke-id is recognized by what it has: Read and Write by service, direction and block
number alone (D-50, D-51), so that a wrong one ends the transfer; general blocks, of ACCESS too, by
number, acknowledgement and the octets of the block.

A general block that comes again is passed over when its octets are those of the block taken under
that number. With others it is a block of another transfer, late, and one of the two was taken
wrongly: the transfer ends, and of a request nothing is executed (GBT_OTHER, D-87).

A general block transfer that makes no progress ends: what is sent again without the
client having more, and blocks that cannot be taken, are counted, and nobody is
answered for ever (GBT_STUCK, D-89).

In every state a request that is no block of the running transfer ends it and is served (REQUEST:
that row is BEGIN throughout, so the services call `lending.abandon` without asking the table).
RLRQ, AARQ, the loss of the connection and silence end the AA, and its transfer with it. A transfer
is never ended by time alone, since it holds no more than its AA does.

How to read the table: a row is an event, a column the state it meets, the entry what is done.
Entries from BEGIN on end the transfer that ran, if one did; `step` sees to that, whoever asked.
"""

from micropython import const

from dlms.long.lending import abandon

# -- states
NONE = const(0)
GET_OUT = const(1)
ACTION_OUT = const(2)
SET_IN = const(3)
ACTION_IN = const(4)
READ_OUT = const(5)
READ_IN = const(6)
WRITE_IN = const(7)
GBT_IN = const(8)
GBT_OUT = const(9)
GBT_SENT = const(10)
WHOLE_OUT = const(11)

# -- events
REQUEST = const(0)  # any APDU that is no block of what follows
GET_NEXT = const(1)  # GET-request-next with the number of the last block sent …
GET_OTHER = const(2)  # … or with another
ACTION_NEXT = const(3)  # ACTION-request-next-pblock, likewise
ACTION_OTHER = const(4)
SET_BLOCK = const(5)  # SET-request-with-datablock: the block expected, more to follow
SET_LAST = const(6)  # … the last one
SET_OTHER = const(7)  # … another number
SET_BAD = const(8)  # … its raw data do not fill the APDU
SET_LONG = const(9)  # … the value outgrows the buffer
ACTION_BLOCK = const(10)  # ACTION-request-with-pblock, likewise
ACTION_LAST = const(11)
ACTION_STRAY = const(12)
ACTION_BAD = const(13)
ACTION_LONG = const(14)
READ_NEXT = const(15)  # Read of a block-number-access, likewise
READ_OTHER = const(16)
READ_BLOCK = const(17)  # Read of a read-data-block-access: part of a long request, likewise
READ_LAST = const(18)
READ_STRAY = const(19)
READ_BAD = const(20)
READ_LONG = const(21)
WRITE_BLOCK = const(22)  # Write of a write-data-block-access, likewise
WRITE_LAST = const(23)
WRITE_STRAY = const(24)
WRITE_BAD = const(25)
WRITE_LONG = const(26)
GBT_FIRST = const(27)  # general-block-transfer: block 1 of a request, with data
GBT_BLOCK = const(28)  # … the block expected, more of the stream to come
GBT_TURN = const(29)  # … the block expected, the last of its stream
GBT_LAST = const(30)  # … the block expected, the last of the request
GBT_LONG = const(31)  # … the block expected, and the request outgrows the buffer
GBT_AHEAD = const(32)  # … one after it: blocks are missing
GBT_OLD = const(33)  # … one that was taken already
GBT_ACK = const(34)  # no data: acknowledges some or all of what was sent, and there is more to send
GBT_ACK_ALL = const(35)  # … everything, and there is no more
GBT_ACK_OLD = const(36)  # … was overtaken by a later one
GBT_UNSENT = const(37)  # acknowledges what was not sent
GBT_BAD = const(38)  # malformed
GBT_OTHER = const(39)  # … one that was taken already, with other octets
GBT_STUCK = const(40)  # what would be answered has been, again and again

# Of the five events of a block inwards, counted from SET_BLOCK,
# ACTION_BLOCK, READ_BLOCK or WRITE_BLOCK
LAST = const(1)
OTHER = const(2)
BAD = const(3)
LONG = const(4)

# -- what is done
IGNORE = const(0)  # nothing, and nothing is answered
SEND = const(1)  # the next block or stream of blocks; with GBT from the one after the acknowledged one
TAKE = const(2)  # the block is kept; it is acknowledged if its sender waits for that
EXECUTE = const(3)  # … and with it the request is whole
ACKNOWLEDGE = const(4)  # say again how far the request has come
BEGIN = const(5)  # the APDU is served as if nothing had run
NOT_RUNNING = const(6)  # refused: no such long transfer in progress
WRONG_NUMBER = const(7)  # refused
MALFORMED = const(8)  # refused
NO_ROOM = const(9)  # refused
DONE = const(10)  # the transfer is complete
ABORT = const(11)  # refused: the general block transfer is over

_I, _S, _T, _X, _K, _B = IGNORE, SEND, TAKE, EXECUTE, ACKNOWLEDGE, BEGIN
_N, _W, _M, _R, _D, _A = NOT_RUNNING, WRONG_NUMBER, MALFORMED, NO_ROOM, DONE, ABORT

_STATES = const(12)
TABLE = bytes((
    # NONE GET_OUT ACTION_OUT SET_IN ACTION_IN READ_OUT READ_IN WRITE_IN
    # GBT_IN GBT_OUT GBT_SENT WHOLE_OUT
    _B, _B, _B, _B, _B, _B, _B, _B, _B, _B, _B, _B,  # REQUEST
    _N, _S, _N, _N, _N, _N, _N, _N, _N, _N, _N, _N,  # GET_NEXT
    _N, _W, _N, _N, _N, _N, _N, _N, _N, _N, _N, _N,  # GET_OTHER
    _N, _N, _S, _N, _N, _N, _N, _N, _N, _N, _N, _N,  # ACTION_NEXT
    _N, _N, _W, _N, _N, _N, _N, _N, _N, _N, _N, _N,  # ACTION_OTHER
    _N, _N, _N, _T, _N, _N, _N, _N, _N, _N, _N, _N,  # SET_BLOCK
    _N, _N, _N, _X, _N, _N, _N, _N, _N, _N, _N, _N,  # SET_LAST
    _N, _N, _N, _W, _N, _N, _N, _N, _N, _N, _N, _N,  # SET_OTHER
    _M, _M, _M, _M, _M, _M, _M, _M, _M, _M, _M, _M,  # SET_BAD
    _N, _N, _N, _R, _N, _N, _N, _N, _N, _N, _N, _N,  # SET_LONG
    _N, _N, _N, _N, _T, _N, _N, _N, _N, _N, _N, _N,  # ACTION_BLOCK
    _N, _N, _N, _N, _X, _N, _N, _N, _N, _N, _N, _N,  # ACTION_LAST
    _N, _N, _N, _N, _W, _N, _N, _N, _N, _N, _N, _N,  # ACTION_STRAY
    _M, _M, _M, _M, _M, _M, _M, _M, _M, _M, _M, _M,  # ACTION_BAD
    _N, _N, _N, _N, _R, _N, _N, _N, _N, _N, _N, _N,  # ACTION_LONG
    _N, _N, _N, _N, _N, _S, _N, _N, _N, _N, _N, _N,  # READ_NEXT
    _N, _N, _N, _N, _N, _W, _N, _N, _N, _N, _N, _N,  # READ_OTHER
    _N, _N, _N, _N, _N, _N, _T, _N, _N, _N, _N, _N,  # READ_BLOCK
    _N, _N, _N, _N, _N, _N, _X, _N, _N, _N, _N, _N,  # READ_LAST
    _N, _N, _N, _N, _N, _N, _W, _N, _N, _N, _N, _N,  # READ_STRAY
    _M, _M, _M, _M, _M, _M, _M, _M, _M, _M, _M, _M,  # READ_BAD
    _N, _N, _N, _N, _N, _N, _R, _N, _N, _N, _N, _N,  # READ_LONG
    _N, _N, _N, _N, _N, _N, _N, _T, _N, _N, _N, _N,  # WRITE_BLOCK
    _N, _N, _N, _N, _N, _N, _N, _X, _N, _N, _N, _N,  # WRITE_LAST
    _N, _N, _N, _N, _N, _N, _N, _W, _N, _N, _N, _N,  # WRITE_STRAY
    _M, _M, _M, _M, _M, _M, _M, _M, _M, _M, _M, _M,  # WRITE_BAD
    _N, _N, _N, _N, _N, _N, _N, _R, _N, _N, _N, _N,  # WRITE_LONG
    _B, _B, _B, _B, _B, _B, _B, _B, _B, _B, _B, _B,  # GBT_FIRST
    _I, _I, _I, _I, _I, _I, _I, _I, _T, _A, _A, _I,  # GBT_BLOCK
    _I, _I, _I, _I, _I, _I, _I, _I, _T, _A, _A, _I,  # GBT_TURN
    _I, _I, _I, _I, _I, _I, _I, _I, _X, _A, _A, _I,  # GBT_LAST
    _I, _I, _I, _I, _I, _I, _I, _I, _R, _A, _A, _I,  # GBT_LONG
    _I, _I, _I, _I, _I, _I, _I, _I, _K, _A, _A, _I,  # GBT_AHEAD
    _I, _I, _I, _I, _I, _I, _I, _I, _K, _S, _S, _I,  # GBT_OLD
    _I, _I, _I, _I, _I, _I, _I, _I, _K, _S, _S, _I,  # GBT_ACK
    _I, _I, _I, _I, _I, _I, _I, _I, _K, _S, _D, _I,  # GBT_ACK_ALL
    _I, _I, _I, _I, _I, _I, _I, _I, _I, _I, _I, _I,  # GBT_ACK_OLD
    _I, _I, _I, _I, _I, _I, _I, _I, _A, _A, _A, _I,  # GBT_UNSENT
    _M, _M, _M, _M, _M, _M, _M, _M, _M, _M, _M, _M,  # GBT_BAD
    _I, _I, _I, _I, _I, _I, _I, _I, _A, _A, _A, _I,  # GBT_OTHER
    _I, _I, _I, _I, _I, _I, _I, _I, _A, _A, _A, _I,  # GBT_STUCK
))  # fmt: skip


def step(aa, event):
    """What is to be done about an event, by the state of the AA; a transfer that
    it ends is over when this returns.
    """
    t = aa.transfer
    action = TABLE[_STATES * event + (NONE if t is None else t.kind)]
    if action >= BEGIN:
        abandon(aa)
    return action
