"""boot.py of the measured board: counts, in ticks of 40 ns, what the CPU does
for what the meter's poll finds.

Prints `PROBE ready TICKS` when the meter starts to listen, and for every ready socket
`PROBE WINDOW LOOP CALLS`: from the poll's result to the handler's end, without interrupts; from one
wait to the next, interrupts and the rest of the loop included; and calls of gc_alloc in the first
of the two. Time asleep counts for neither.

The counting is done in the port (emu.Poll), because what it would take of the heap here would be in
the meter's way. The meter's own functions are in the flash and cannot be replaced; the module
`select` can: one that is there already is what it imports.
"""

import select
import sys

import emu


def first():
    """The poll of the queue that asyncio begins with and the meter replaces."""
    Select.poll = second
    return select.poll()


def second():
    """The poll of the console. The next one is that of the meter's sockets, which is counted."""
    Select.poll = emu.Poll
    return select.poll()


class Select:
    POLLIN = select.POLLIN
    POLLOUT = select.POLLOUT
    POLLERR = select.POLLERR
    POLLHUP = select.POLLHUP
    poll = first


sys.modules["select"] = Select
