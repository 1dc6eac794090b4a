"""The I/O queue of asyncio, ours: it hands the meter's own sockets straight to their handlers.

asyncio wakes a task for every readable socket, which costs a registration, a task switch and
several heap objects a request. The meter's sockets have no tasks: they are registered once, and
`wait_io_event` calls their handler as soon as the poll says so. All other sockets are waited for by
tasks as ever. One poll is served, or as many as bring plain requests only until a task is due; then
asyncio looks for due tasks again, so that a busy client cannot starve the metrology.

A handler has two methods: `ready(event)`, with the poll's event bits, and `failed(e)`,
for what `ready` raised; and `have`, below 0 where it is no connection that the short
way may read from (`net.hot_plain`).
"""

import select
from asyncio import core
from asyncio.core import IOQueue

from net import address
from net.hot import serve_ready


class MeterQueue(IOQueue):
    def __init__(self):
        super().__init__()
        self.own = {}
        self.waker = self.wake  # bound once: a bound method is a heap object

    def add(self, sock, handler):
        """Watch a socket of the meter for reading. When this raises it is not watched."""
        address.reserve()
        self.own[id(sock)] = handler
        try:
            self.poller.register(sock, select.POLLIN)
        except Exception:
            del self.own[id(sock)]
            raise

    def want(self, sock, event):
        """Watch a socket added before for POLLIN or for POLLOUT."""
        self.poller.modify(sock, event)

    def discard(self, sock):
        """Watch a socket no longer, if it is."""
        if self.own.pop(id(sock), None) is not None:
            self.poller.unregister(sock)

    def wait_io_event(self, dt):
        serve_ready(self.poller, self.own, dt, self.waker)

    def wake(self, sock, event):
        """Wake the tasks that wait for a socket which is not the meter's,
        as asyncio's own queue does.
        """
        entry = self.map[id(sock)]
        if event & ~select.POLLOUT and entry[0] is not None:
            core._task_queue.push(entry[0])
            entry[0] = None
        if event & ~select.POLLIN and entry[1] is not None:
            core._task_queue.push(entry[1])
            entry[1] = None
        if entry[0] is None and entry[1] is None:
            self._dequeue(sock)
        elif entry[0] is None:
            self.poller.modify(sock, select.POLLOUT)
        else:
            self.poller.modify(sock, select.POLLIN)


class WatchedQueue(MeterQueue):
    """For boards with a watchdog: `polled` shows that the sockets have been
    polled since it was last cleared.
    """

    def __init__(self):
        super().__init__()
        self.polled = False

    def wait_io_event(self, dt):
        serve_ready(self.poller, self.own, dt, self.waker)
        self.polled = True


def install(watched=False):
    """Make asyncio use a queue of ours from now on, and return it. Call before
    the first task waits for a socket.
    """
    core.new_event_loop()
    core._io_queue = WatchedQueue() if watched else MeterQueue()
    return core._io_queue
