"""A start on a store: the first one, and every one after it (REQUIREMENTS I-20 to I-30). Needed at
the start only.

`keep` makes the Keeper of a meter whose objects are complete, and takes what clients wrote.
`begin` then decides: a new store lives through the past; another one goes on where the last
checkpoint stands, and lets the time pass that the meter was off.
"""

import time

from micropython import const

from cosem import kept
from cosem.civil import DAY
from cosem.demand_register import PERIODS
from cosem.directory import obis
from dlms.codec.errors import SUCCESS
from dlms.codec.octets import get32, put32
from meter import events, records
from meter.keeper import ROOM, Keeper
from meter.meter import STATUS_POWER_UP
from meter.running import machine_seconds
from store.keys import MADE, STATE

_START_ONLY = True

_SECONDS = const(0x3FFFFFFF)  # the longest time off that is believed: 34 years
_SEED = const(4)  # octets of MADE


def machine_clock():
    """Seconds of the machine's clock, since whenever it counts from."""
    return int(time.time())


def keep(meter, store, log, checkpoint):
    """The Keeper of a meter; what clients wrote is taken into its objects."""
    profiles = [meter.load_profile, meter.billing, meter.events]
    keeper = Keeper(meter, store, profiles, log, checkpoint, machine_clock)
    meter.keeper = keeper
    directory = meter.devices[0][1]
    keeper.error = directory.objs[directory.index(obis("0.0.97.97.0.255"))]
    keeper.alarm = directory.objs[directory.index(obis("0.0.97.98.0.255"))]
    directory.objs[directory.index(obis("0.0.10.0.0.255"))].listener = meter
    give_keys(meter)
    for _, directory in meter.devices:
        directory.longer(kept_object)
    for profile in profiles:
        profile.keep = keeper.save
    take_objects(meter, keeper, log)
    keeper.resumed = keeper.journal.size(MADE) >= 0
    for profile in profiles:
        # rows of a first start that was cut are none
        if profile.resume() != SUCCESS or not (keeper.resumed or profile.clear()):
            log("ERROR", "store", "no-rows", "key=%d" % profile.record)
            keeper.failed = True
    if keeper.resumed:
        made = bytearray(_SEED)
        keeper.journal.get(MADE, made, 0, _SEED)
        meter.metrology.source.seed = get32(made, 0)
    return keeper


def kept_object(o):
    """Whether a change of an object has to take the slow path, where it is written."""
    return bool(o.RUNS or o.record)


def give_keys(meter):
    """Give every object that is kept the key of its first record."""
    directory = meter.devices[0][1]
    for key, text in records.RECORDS:
        i = directory.index(obis(text))
        if i >= 0:
            directory.objs[i].record = key
    wports = [wport for wport, _ in meter.devices]
    for association in meter.associations:
        table = records.ASSOCIATIONS if association.context & 1 else records.SHORT_NAME_ASSOCIATIONS
        for key, client in table:
            if client == association.client:
                association.record = key + records.NEXT_DEVICE * wports.index(association.server)


def kept_objects(meter):
    """Every object with a key, once."""
    found = []
    for _, directory in meter.devices:
        found.extend([o for o in directory.objs if o is not None and o.record and o not in found])
    return found + [o for o in meter.associations if o.record and o not in found]


def take_objects(meter, keeper, log):
    """Take what clients wrote. What this firmware cannot take any more is reported and left out."""
    buf = keeper.buf
    for o in kept_objects(meter):
        for g in range(len(o.KEPT)):
            n = keeper.journal.get(o.record + g, buf, 0, ROOM)
            if n < 0:
                continue
            try:
                result = kept.unpack(o, buf, 0, n)
            except (ValueError, IndexError, TypeError) as e:
                result = type(e).__name__
            if result != SUCCESS:
                log("WARN", "store", "left-out", "key=%d result=%s" % (o.record + g, result))
                keeper.left_out = True


def begin(meter):
    """The first start on a store, or a further one; the Keeper writes from now on."""
    keeper = meter.keeper
    if keeper.resumed:
        resume(meter, keeper)
        keeper.live = True
        keeper.checkpoint()
        return
    meter.live_through()
    keeper.live = True
    made = bytearray(_SEED)
    put32(made, 0, getattr(meter.metrology.source, "seed", 0))
    for profile in keeper.running.profiles:
        keeper.save(profile)
    keeper.checkpoint()
    keeper.store.sync()
    if not keeper.journal.put(MADE, made, 0, _SEED):
        keeper.failed = True
    keeper.store.sync()


def resume(meter, keeper):
    """Go on where the last checkpoint stands."""
    running = keeper.running
    n = keeper.journal.get(STATE, keeper.buf, 0, ROOM)
    off = 0
    if n > 0 and running.fits(keeper.buf, n):
        off = get32(keeper.machine, 0) - machine_seconds(keeper.buf)
        running.unpack(keeper.buf, n)
    else:
        # the start of the configuration has to do; energies begin at 0
        keeper.log("ERROR", "store", "no-checkpoint", "octets=%d" % n)
        keeper.lost = True
    if running.due:
        finish(meter, running)
    off -= signs_of_life(meter, running)
    meter.clock.render()
    meter.events.log(events.POWER_DOWN)
    passed(meter, min(max(off, 0), _SECONDS))
    meter.switch_tariff()
    meter.clock_doubtful(True)
    meter.events.log(events.POWER_UP)
    meter.status[1] |= STATUS_POWER_UP
    meter.render()


def newer(running, o):
    """Whether a profile has rows that the checkpoint does not know, or was emptied after it: then
    its numbers have gone on, or began anew.
    """
    for profile, last in zip(running.profiles, running.lasts):
        if profile is o:
            return profile.rows.last != last
    return False


def finish(meter, running):
    """The power went between the checkpoint and the last end of a period of that second: what the
    rows do not show is done once more.
    """
    clock = meter.clock
    second = clock.local_second
    before = (second or DAY) - 1  # the last second of the period
    meter.metrology.source.recall(clock.local_day if second else clock.local_day - 1, before)
    meter.render()
    for o in meter.periodic:
        if o.period and second % o.period == 0 and not newer(running, o):
            o.period_end()
    meter.ended(second)


def signs_of_life(meter, running):
    """Let the clock go on to the newest row that was written after the checkpoint; returns the
    seconds that this took.
    """
    clock = meter.clock
    gone = 0
    for profile in running.profiles:
        rows = profile.rows
        if not newer(running, profile) or rows.last < rows.first or profile.clock_column < 0:
            continue
        row = bytearray(profile.columns.size)
        if rows.read(rows.last, row) is False:
            continue
        minute = clock.read_time(row, profile.columns.offset(profile.clock_column), 0)
        seconds = (minute - clock.minutes()) * 60 + clock.centiseconds // 100 - clock.second % 60
        if minute >= 0 and 0 < seconds <= DAY:
            advance(clock, seconds)
            gone += seconds
    return gone


def advance(clock, seconds):
    """Let any time pass on the clock alone."""
    while seconds > 0:
        n = min(seconds, DAY)
        clock.advance(n)
        seconds -= n


def passed(meter, off):
    """Let `off` seconds pass in which nothing was measured: the running demand periods end, and
    billing periods are closed at their time. Of the load profile no row is made up.
    """
    clock = meter.clock
    billing = meter.billing
    ends = [PERIODS + 1] * len(meter.demand)  # further ends change nothing
    while off > 0:
        second = clock.local_second
        n = min(DAY - second, off)
        for o, left in zip(meter.demand + [billing], ends + [1]):
            if o.period and left:
                n = min(n, o.period - second % o.period)
        clock.advance(n)
        off -= n
        second = clock.local_second
        meter.render()
        for i in range(len(meter.demand)):
            if ends[i] and second % meter.demand[i].period == 0:
                ends[i] -= 1
                meter.demand[i].period_end()
        if billing.period and second % billing.period == 0 and off <= billing.period * billing.rows.limit:
            billing.capture()
        if second == 0:
            meter.midnight()
