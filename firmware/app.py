"""The meter as a program: configuration, objects, server, sockets and
the supervisor, under asyncio.
"""

import gc
import sys
import time
from asyncio.core import create_task, run_until_complete, sleep_ms
from io import BytesIO
from uctypes import addressof

from micropython import const

import limits
import meter
from board.plain import make as make_board
from dlms.codec.octets import get32
from dlms.codec.wrapper import HEADER
from dlms.server import Server
from log import Console, Log
from meter.state import FAULTS, LOST, REFUSED, RESTARTS, STORE, UNPROVEN
from net.queue import install
from net.service import BindError, Service
from version import VERSION

# Compiled before the meter is made, when there is room for that.
if limits.PUSHES:
    from net.notifier import Notifier

_TICK = 100  # milliseconds between two looks of the supervisor
# the tasks of a look, in their order, and the loop itself: the poll, and
# what other programs make of it
_TASKS = ("log", "keeping", "metering", "connections", "sending", "board", "heap", "loop")
_LOG = const(0)
_KEEPING = const(1)
_METERING = const(2)
_CONNECTIONS = const(3)
_SENDING = const(4)
_BOARD = const(5)
_LOOP = const(7)
_FAILURES = const(50)  # of a task one after the other, until the board starts anew
_MOST = const(0x1FFFFFFF)  # restarts are counted modulo this and one
FAILED = 3  # exit code
_SMALLEST = 16  # octets of the smallest object, or less
_FRAME = 512  # octets, more than any frame of a request has
_FAR = 2048  # octets from the lowest that is free to room for a frame, and the frames of calls inside each other
_TAKEN = 8192  # octets of heap that may be taken until the next look
_ROOM = _TAKEN + _FAR  # octets in one piece
# the bits of an address that id() and addressof() agree on: on 32 bits one has a sign, one has not
_ADDRESS = sys.maxsize >> 1
_OPENINGS = 32  # AAs opened between two looks at the heap
_LOOK = 5000  # milliseconds between two looks where none are opened: datagrams take heap as well
_HOUSEKEEPING = 10000  # milliseconds without a moment in which nobody was answered
_LINGER = 1000  # milliseconds for the last answer to leave
_OLDEST = (1, 25)  # MicroPython
_LOOPBACK = ("127.0.0.1", "::1")
AGAIN = -1  # instead of an exit code: the meter is made anew
HARDWARE = limits.HARDWARE
LEFT_OUT = ()  # limits that are 0 for good: what they stand for is not in this image (tools/image/link)


class App:
    """The parts, wired, and the tasks that the supervisor runs."""

    def __init__(self, config):
        self.log = Log(config.log, Console(not HARDWARE))
        for text in config.reserved:
            self.log("WARN", "config", "reserved-wport", text)
        self.bind = config.bind
        self.port = config.port
        self.state = config.state
        self.gc = config.gc
        self.frame_timeout = config.frame_timeout * 1000
        self.udp_inactivity = config.udp_inactivity * 1000
        self.behind = bytes(4)  # seconds of simulated time given up, as far as that was said
        self.gaps = False  # there are some to be closed
        self.room = 0  # where there was room for any frame after that, last time
        self.openings = 0  # AAs opened when the heap was looked at last
        self.restarts = 0  # of tasks that failed
        self.failures = bytearray(len(_TASKS))  # of each, one after the other
        # milliseconds since; the first look comes soon, because the start leaves gaps as well
        self.looked = _LOOK - 1000
        self.board = make_board(limits, config, self.log)
        self.store = self.opened(config)
        self.meter = meter.build(config, self.board.source, self.store, self.log)
        self.board.wire(self.meter)
        self.unused(config)
        self.housekeeping = 0  # milliseconds since the store's last step
        forget_start()  # before the buffers of the connections are made
        self.server = Server(
            [wport for wport, _ in self.meter.devices],
            self.meter.associations,
            limits,
            config.errors == "ctt",
            self.log,
            config.broadcast,
            self.meter.counters,
            self.meter.failed,
        )
        self.server.kit.keeper = self.meter.keeper
        self.server.trail.debug = config.log == "DEBUG"
        self.server.trail.talks = config.log in ("DEBUG", "INFO")
        self.server.open_common(limits.DATAGRAM - HEADER)
        self.queue = install(HARDWARE)
        self.service = Service(self.served(config.trace), limits, self.queue, self.log, self.connections)
        self.service.own = self.board.address
        self.meter.show_health(self)
        self.meter.links.extend(self.service.connections + self.service.links)
        if self.service.multicast is not None:
            self.meter.receive_groups(self.service.multicast)
        if config.published and (HARDWARE or any(host not in _LOOPBACK for host in config.bind)):
            self.log("WARN", "app", "published-secrets", "clients=%s" % ",".join(config.published))
        self.manager = None
        self.notifier = None
        if config.dial or limits.PUSHES:
            self.outgoing(config)

    def opened(self, config):
        """The store of the meter's state, None where it keeps none. ValueError for the operator."""
        if not config.state:
            return None
        from board.storage import device

        device = device(limits, config, self.log)
        if device is None:
            return None
        from meter.layout import plan
        from store.store import Store, StoreError

        try:
            store = Store(device, plan(device.count), config.serial.encode())
        except StoreError as e:
            raise ValueError(str(e))
        if self.board.reset_wanted():
            self.log("WARN", "app", "factory-reset", "by=button done=%d" % store.reset())
        return store

    def unused(self, config):
        """Report settings that were given and only a new store takes."""
        keeper = self.meter.keeper
        given = [key for key in ("start", "seed", "backfill_days") if key in config.given]
        if keeper is not None and keeper.resumed and given:
            self.log(
                "WARN", "app", "not-used", "keys=%s because the meter goes on where its state is" % ",".join(given)
            )

    def served(self, traces):
        """The server as the transports get it: traced if the configuration says so."""
        if traces:
            from trace import traced

            return traced(self.server, self.log.say)
        return self.server

    def outgoing(self, config):
        """What the meter begins: connections that it opens, and what it sends unasked."""
        from net.manager import Manager

        self.manager = Manager(self.service, self.queue, self.log, config.dial_pause)
        self.service.outgoing = self.manager
        if config.dial:
            self.manager.line(config.dial[0], config.dial[1], True)
        if limits.PUSHES:
            if config.push_window:
                from net.long_push import LongPush

                self.server.kit.long_push = LongPush(self.server, config.push_window, limits.DATAGRAM)
            sources = self.meter.unsolicited.sources
            self.notifier = Notifier(
                self.service, self.manager, self.queue, self.log, sources, long=self.server.kit.long_push
            )
            self.service.outgoing = self.notifier
            self.server.confirm = self.notifier.confirm

    def connections(self):
        """nb_of_sim_conn of the TCP-UDP setup object."""
        return self.meter.tcp_udp.a[5][1]

    def start(self):
        """Take the past up to now into the profiles, and listen; a board that has to
        bring its network up listens later.
        """
        self.meter.backfill()
        self.board.start(self)
        if not self.board.waits:
            self.listen()

    def listen(self):
        """Open the sockets, and say so."""
        port = self.service.start(self.bind, self.port)
        self.meter.tcp_udp.listening(port)
        self.announce(port)
        self.board.listening()
        self.meter.online()

    def announce(self, port):
        """The line that harness and reader wait for. Garbage collection is decided
        here: `gc=off` holds from now on.
        """
        text = self.board.ready_text()
        if self.store is not None:
            text += " state=" + self.state
        forget_start()
        gc.collect()
        # the threshold of main.py was for the start; serving takes no heap, and what it
        # borrows shall not add up to a collection
        gc.threshold(-1)
        used = gc.mem_alloc()  # before the line itself takes some
        free = gc.mem_free()
        self.log.say(
            "READY ip=%s port=%d version=%s board=%s micropython=%s heap=%d free=%d%s"
            % (
                self.board.address() or ",".join(self.service.addresses),
                port,
                VERSION,
                limits.BOARD,
                ".".join(str(part) for part in sys.implementation.version[:3]),
                used,
                free,
                text,
            )
        )
        self.gaps = True

    async def supervise(self):
        """Ten times a second: run each task. Allocates nothing, but to close gaps.

        Returns FAILED when one fails again and again, and there is no board to start anew.
        """
        last = time.ticks_ms()
        while True:
            if self.gaps:
                # not before the frames of the start are gone, which would leave others
                gc.collect()
                self.room = close_gaps()
                self.gaps = False
                if not self.gc:
                    gc.disable()
            await sleep_ms(_TICK)
            if self.meter.restarting:
                return await self.ending()
            now = time.ticks_ms()
            ms = time.ticks_diff(now, last)
            last = now
            for task in range(_LOOP):
                try:
                    self.run(task, ms)
                    self.failures[task] = 0
                except Exception as e:
                    if self.failed(task, e):
                        return FAILED
            self.failures[_LOOP] = 0

    def run(self, task, ms):
        """Let a task of `_TASKS` do what is due, ms milliseconds after its last turn."""
        if task == _LOG:
            self.log.tick()
        elif task == _KEEPING:
            if self.store is not None:
                self.keep(ms)
        elif task == _METERING:
            self.meter.tick(ms)
            if self.meter.lost != self.behind:
                self.behind = self.meter.lost  # said once
                self.log(
                    "WARN", "app", "behind", "rate=%d is more than this interpreter can simulate" % self.meter.rate
                )
        elif task == _CONNECTIONS:
            self.service.watch(ms, self.meter.tcp_udp.inactivity() * 1000, self.frame_timeout, self.udp_inactivity)
        elif task == _SENDING:
            if self.manager is not None and self.meter.connected and self.board.online():
                self.manager.tick(ms)
                if self.notifier is not None:
                    self.notifier.tick(ms)
        elif task == _BOARD:
            self.board.tick(ms)
        elif self.gc:
            self.keep_closed(ms)

    def failed(self, task, e):
        """A task raised e. The look is lost for it and for no other task, and it is run again
        (REQUIREMENTS I-61). True when it does nothing but fail and the program has to end.
        """
        gc.collect()  # which may be switched off
        self.restarts = self.restarts + 1 & _MOST
        self.failures[task] += 1
        times = self.failures[task]
        self.log("ERROR", "app", "task-failed", "task=%s error=%s times=%d" % (_TASKS[task], type(e).__name__, times))
        if times < _FAILURES:
            return False
        self.failures[task] = 0
        self.end()
        if self.board.reset("task-" + _TASKS[task]):
            return False
        fail("the meter ends, because its task %s keeps failing: %s" % (_TASKS[task], type(e).__name__))
        return True

    def count(self, n):
        """Number n of what `meter.state.Health` shows."""
        if n == FAULTS:
            return self.log.faults
        if n == RESTARTS:
            return self.restarts
        if n == REFUSED:
            return self.service.refused
        if n == UNPROVEN:
            return get32(self.meter.failed, 1)
        if n == LOST:
            return self.log.lost + self.log.told
        return 0 if self.store is None else self.store.health.shown(n - STORE)

    def end(self):
        """An orderly end."""
        try:
            if self.meter.keeper is not None:
                self.meter.keeper.close()
        except Exception:
            pass  # as if the power had gone

    def keep(self, ms):
        """Time passes for the store: a checkpoint when it is due, and a step of its housekeeping
        while nobody is being answered, or now and then where somebody always is.
        """
        self.meter.keeper.tick(ms)
        self.housekeeping += ms
        if self.housekeeping >= _HOUSEKEEPING or self.service.quiet():
            self.housekeeping = 0
            self.meter.keeper.tidy()

    async def ending(self):
        """Everything was forgotten, and the client has to hear of it: then the meter ends."""
        self.log("WARN", "app", "factory-reset", "by=client")
        await sleep_ms(_LINGER)
        self.service.drop("factory-reset")
        self.service.close_sockets()

    def keep_closed(self, ms):
        """Close the gaps that came about since, `ms` after the call before.

        They show as the way from the lowest free octets, where MicroPython begins to look, to room
        for a frame. Something was given back there, by a collection or one by one; or much was
        taken, and the room has to be looked for anew. (Comparing gc.mem_alloc() would show the
        same, and go through the whole heap each time: 520,000 instructions on a Cortex-M3.)
        """
        self.looked += ms
        if self.server.places.openings - self.openings < _OPENINGS and self.looked < _LOOK:
            return
        self.openings = self.server.places.openings
        self.looked = 0
        lowest = id(object()) & _ADDRESS
        if lowest > self.room + _TAKEN or place(_FRAME) - lowest > _FAR:
            self.room = close_gaps(self.room if lowest < self.room else _ADDRESS)


def close_gaps(most=_ADDRESS):
    """Make frames that stand on the heap cheap (a call with more than eleven words of
    locals and stack borrows its frame there).

    Every such call looks for room from the lowest free octet on, past all the gaps that compiling
    left and that are too small: thousands of instructions. So the gaps are filled with objects that
    nobody keeps, up to where there is room for frames, and for all that is taken until the next
    look (`App.keep_closed`). They are given back when memory runs short, and then no more is lost
    than the speed, until that look. Nothing is collected here: before READY somebody has, and later
    a collection would cost more than an AA, and leave the gaps to be filled again.

    Returns where that room is. most: where it was; it is not looked for further up. (The frame of
    this function is small enough for the C stack: one on the heap would leave a gap.)
    """
    room = min(place(_ROOM), most)
    fill(room)
    return room


def place(octets):
    """Address of the first free piece of heap of that size, or of half of it where a heap is nearly
    full; only one octet of it is taken.

    A buffer of `octets` is read into, and the interpreter gives back what a short read has
    not filled. In plain code it would be `id(bytearray(octets))`, which keeps the very room
    that was looked for until a collection.
    """
    try:
        return addressof(BytesIO(b"0").read(octets)) & _ADDRESS
    except MemoryError:
        return place(octets // 2) if octets else 0


def fill(room):
    """Fill every gap below `room`; one object at least, which leads MicroPython's
    search for room past all that is full.
    """
    lowest = id(object()) & _ADDRESS
    most = (room - lowest) // _SMALLEST  # an end in any case, where a heap is made of several pieces
    while most > 0 and id(object()) & _ADDRESS < room:
        most -= 1


def forget_start():
    """Let the modules go that say `_START_ONLY`: nothing asks for them again once the meter serves."""
    for name in list(sys.modules):
        if hasattr(sys.modules[name], "_START_ONLY"):
            del sys.modules[name]
            package, dot, own = name.partition(".")
            if dot:
                delattr(sys.modules[package], own)


def fail(text):
    """One line for the operator; the exit code of a start that failed."""
    print("error:", text, file=sys.stderr)
    return 1


def configured(words):
    """The configuration: the files of a board, then the words of the command line."""
    for name in LEFT_OUT:
        if getattr(limits, name):
            raise ValueError("limits.py: %s must be 0, because this image was made without what it is for" % name)
    from config import parse
    from meter.addresses import destination, numeric

    if HARDWARE:
        from board.files import words as files

        words = files() + list(words)
    config = parse(words, limits.BIND, limits.BACKFILL, limits.STATE)
    for host in config.bind:
        if not numeric(host):
            raise ValueError("bind: %r is not a numeric address such as 127.0.0.1 or ::1" % host)
    if config.dial:
        where = destination(config.dial)
        if where is None:
            raise ValueError("dial: %r is not a numeric address and a port such as 192.0.2.7:4059" % config.dial)
        config.dial = where
    return config


def main(words, beside=None):
    """Run the meter until it is interrupted; returns the exit code.

    beside: a coroutine function without parameters. It runs as a task of the same loop, and may
    make more of them: what else this node is to do (REQUIREMENTS B-24). What it raises ends that
    task and not the meter. Tasks made before belong to a loop that is not run.
    """
    if sys.implementation.version[:2] < _OLDEST:
        return fail("MicroPython %d.%d or newer is needed" % _OLDEST)
    while True:
        code = run_once(words, beside)
        if code != AGAIN:
            return code
        beside = None  # its tasks are in the loop already


def run_once(words, beside):
    """Run the meter until it is interrupted, or has been reset to how it left the factory; returns
    the exit code, or AGAIN.
    """
    app = None
    try:
        app = App(configured(words))
        app.start()
    except KeyboardInterrupt:
        # First, and without a new object: the signal may come while the heap is
        # collected, and leaves it locked.
        if HARDWARE and app is not None:
            app.board.stop()
        return 0
    except (BindError, ValueError) as e:
        return fail(str(e))
    except MemoryError:
        return fail("not enough heap: raise -X heapsize or lower backfill_days and depth")
    try:
        if beside is not None:
            create_task(beside())
        code = serve(app)
    except KeyboardInterrupt:
        app.end()
        if HARDWARE:
            app.board.stop()
        return 0
    if code == FAILED:
        return code
    app.board.again()
    return AGAIN


def serve(app):
    """Run the loop until the supervisor ends; returns what it returns.

    What the loop itself raises - the poll, or waking the task of another program - is borne as the
    failure of a task is: asyncio goes on where it was.
    """
    task = create_task(app.supervise())
    while True:
        try:
            return run_until_complete(task)
        except Exception as e:
            if app.failed(_LOOP, e):
                return FAILED
            if task.done():
                task = create_task(app.supervise())
