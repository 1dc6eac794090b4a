"""The simulated household and what the meter makes of it: nothing lost, nothing
random, everything at its second.
"""

from cosem_model import act, elements, find, get, made, now, number, put, run, settle
from meter.integration_plain import _apparent as apparent
from meter.meter import BEHIND, STEPS
from meter.metrology import ENERGIES, INSTANTANEOUS
from meter.simulation import CHANNELS, EXPORT, IMPORT, Simulation
from meter.state import State

REQ = {
    "test_same_seed_same_octets": ("F-02", "F-06"),
    "test_registers_agree_with_the_source": ("F-02",),
    "test_tariffs_switch_by_the_hour": ("F-02",),
    "test_tariff_1_*": ("F-02",),
    "test_uptime_is_real_time": ("F-01",),
    "test_the_first_days_of_time": ("F-06",),
    "test_load_profile_follows_the_registers": ("F-06",),
    "test_start_up_is_logged": ("F-06",),
}

# import, export, reactive import and export, then the tariffs of import and of export
ENERGY_NAMES = [
    "1.0." + name + ".255" for name in ("1.8.0", "2.8.0", "3.8.0", "4.8.0", "1.8.1", "1.8.2", "2.8.1", "2.8.2")
]


def snapshot(meter):
    """Every simple value of the meter and the rows of its profiles, as octets."""
    values = []
    directory = meter.devices[0][1]
    for o in directory.objs:
        if o is None or o.CLASS_ID == 15 or isinstance(o, State):
            continue
        for k in range(2, o.ATTRIBUTES + 1):
            values.append(elements(o, k) if k in o.LONG else get(o, k))
    return values


def energies(meter):
    return [number(get(find(meter, text), 2)) for text in ENERGY_NAMES]


def test_same_seed_same_octets():
    """However the milliseconds are dealt out, at whatever rate."""
    wanted = None
    for rate, ms in (
        (1, (60000,) * 121),
        (10, (726000,)),
        (60, (1000,) * 121),
        (121, (37, 63) * 600),
        (1210, (1, 2, 3, 994) * 6),
    ):
        meter = made(rate=rate, start="2026-06-01T05:30:00")
        for part in ms:
            meter.tick(part)
        settle(meter)
        assert now(meter)[5:8] == bytes((7, 31, 0))
        wanted = wanted or snapshot(meter)
        assert snapshot(meter) == wanted
    other = made(seed=8, start="2026-06-01T05:30:00")
    run(other, 7260)
    assert snapshot(other) != wanted


def test_nothing_is_lost_between_steps():
    """The energies of a day do not depend on how its seconds are dealt out."""
    totals = []
    for pattern in ((60,), (1, 59), (7, 13, 40), (30, 30)):
        source = Simulation(3)
        total = [0] * CHANNELS
        second = 0
        while second < 7200:
            for part in pattern:
                source.advance(9000, second, part)
                for c in range(CHANNELS):
                    total[c] += source.energy[c]
                second += part
        totals.append(total)
    assert totals[0] == totals[1] == totals[2] == totals[3]


def test_energy_is_power_times_time():
    source = Simulation(5)
    joule = 0
    milli = 0
    for minute in range(1440):
        source.advance(9100, minute * 60, 60)
        joule += max(0, sum(source.now[:3])) * 60
        milli += source.energy[IMPORT]
        assert source.energy[IMPORT] == 0 or source.energy[EXPORT] == 0
    assert joule * 10 // 36 == milli


def test_registers_agree_with_the_source():
    meter = made(start="2026-05-05T00:00:00")
    total = [0] * CHANNELS
    for _ in range(24 * 60):
        meter.tick(60000)
        for c in range(CHANNELS):
            total[c] += meter.metrology.source.energy[c]
    assert [number(meter.metrology.energies[c]) for c in range(CHANNELS)] == [t // 1000 for t in total]
    assert total[IMPORT] > 1000000
    assert total[EXPORT] > 1000000


def test_tariffs_switch_by_the_hour():
    meter = made(start="2026-01-05T05:00:00")
    tariff = find(meter, "0.0.96.14.0.255")
    assert get(tariff, 2) == b"\x11\x02"
    run(meter, 3600)
    assert get(tariff, 2) == b"\x11\x01"
    before = energies(meter)
    assert before[4] == 0
    assert before[5] == before[0] > 0
    run(meter, 12 * 3600)
    after = energies(meter)
    assert after[5] == before[5]
    assert after[4] > 0
    run(meter, 5 * 3600)
    assert get(tariff, 2) == b"\x11\x02"
    assert energies(meter)[0] - sum(energies(meter)[4:6]) in (0, 1)
    assert energies(meter)[1] - sum(energies(meter)[6:8]) in (0, 1)


def test_tariff_1_over_midnight():
    meter = made(start="2026-01-05T21:00:00", tariff1_from=22, tariff1_to=6)
    tariff = find(meter, "0.0.96.14.0.255")
    seen = []
    for _ in range(24):
        seen.append(get(tariff, 2)[1])
        run(meter, 3600)
    assert seen == [2] + [1] * 8 + [2] * 15
    assert energies(meter)[4] > 0
    assert energies(meter)[0] - sum(energies(meter)[4:6]) in (0, 1)


def test_tariff_1_all_day():
    meter = made(start="2026-01-05T00:00:00", tariff1_from=6, tariff1_to=6)
    run(meter, 86400)
    assert energies(meter)[5] == 0
    assert energies(meter)[4] > 0


def test_uptime_is_real_time():
    """Seconds since the start, whatever the rate; simulated time that
    stands still does not stop it.
    """
    for rate in (0, 1, 60):
        meter = made(rate=rate)
        for _ in range(125):
            meter.tick(100)
        assert number(b"\x06" + meter.uptime) == 12
        meter.tick(3600000 - 500)
        assert get(find(meter, "0.0.96.128.0.255"), 2)[-5:] == b"\x06" + (3612).to_bytes(4, "big")


def test_a_rate_that_cannot_be_kept():
    """With a capture a second the steps are too short for the rate: what is owed is
    bounded, what is given up counted.
    """
    meter = made(rate=3600, depth=10)
    profile = find(meter, "1.0.99.1.0.255")
    assert put(profile, 4, b"\x06\x00\x00\x00\x01") == 0
    meter.tick(3600000)
    assert meter._owed == BEHIND - STEPS
    assert number(b"\x06" + meter.lost) == 3600 * 3600 - BEHIND
    meter.tick(100)
    assert meter._owed == BEHIND - STEPS
    other = made(rate=3600)
    other.tick(10000)
    settle(other)
    assert other.lost == bytes(4)


def test_the_first_days_of_time():
    """No days are made up before 2000: the rows begin with it, and the meter starts when it shall."""
    for start, days in (("2000-01-01T00:00:00", 0), ("2000-01-03T06:00:00", 2)):
        meter = made(start=start, backfill_days=31)
        assert now(meter)[:8] == bytes((7, 0xD0, 1, 1 + days, 6 if days == 0 else 1)) + bytes((6 if days else 0, 0, 0))
        assert len(elements(find(meter, "0.0.98.1.0.255"), 2)) == days


def test_the_sun_follows_the_clock():
    def generated(start):
        meter = made(start=start)
        run(meter, 3600)
        return number(get(find(meter, "1.0.2.8.0.255", 1), 2))

    noon, winter = generated("2026-06-21T11:30:00"), generated("2026-12-21T11:30:00")
    assert generated("2026-06-21T01:00:00") == 0
    assert noon > 2 * winter > 0


def value(meter, text):
    """The number that a register holds, signed where its type is."""
    raw = get(find(meter, text), 2)
    v = number(raw)
    return v - (1 << 32) if raw[0] == 5 and v >> 31 else v


def test_instantaneous_values_agree_with_each_other():
    for start in ("2026-06-21T12:00:00", "2026-12-21T19:00:00"):
        meter = made(start=start)
        for _ in range(30):
            run(meter, 60)

            phases = ("21", "41", "61"), ("22", "42", "62"), ("32", "52", "72"), ("31", "51", "71")
            plus, minus, volt, ampere = [[value(meter, "1.0." + c + ".7.0.255") for c in group] for group in phases]
            net = sum(plus) - sum(minus)
            assert value(meter, "1.0.16.7.0.255") == net
            assert (value(meter, "1.0.1.7.0.255"), value(meter, "1.0.2.7.0.255")) == (max(net, 0), max(-net, 0))
            for i in range(3):
                assert 2150 < volt[i] < 2450
                assert plus[i] == 0 or minus[i] == 0
                watt = volt[i] * ampere[i] / 1000
                assert watt >= max(plus[i], minus[i]) - 10
            s = value(meter, "1.0.9.7.0.255")
            q = value(meter, "1.0.3.7.0.255") - value(meter, "1.0.4.7.0.255")
            assert s * s <= net * net + q * q < (s + 1) * (s + 1)
            assert value(meter, "1.0.13.7.0.255") == (abs(net) * 1000 // s if s else 1000)
            assert 4990 < value(meter, "1.0.14.7.0.255") < 5010


def test_load_profile_follows_the_registers():
    meter = made(start="2026-02-01T00:00:00", backfill_days=31)
    profile = find(meter, "1.0.99.1.0.255")
    rows = elements(profile, 2)
    assert len(rows) == 31 * 96
    for c in range(4):
        column = [number(r[18 + 5 * c : 23 + 5 * c]) for r in rows]
        assert column == sorted(column)
        assert column[-1] == energies(meter)[c]
    assert column[-1] > 0
    assert rows[0][4:13] == bytes((7, 0xEA, 1, 1, 4, 0, 15, 0, 0))
    assert rows[-1][4:13] == bytes((7, 0xEA, 2, 1, 7, 0, 0, 0, 0))
    assert now(meter)[:8] == rows[-1][4:12]
    assert len(elements(find(meter, "0.0.98.1.0.255"), 2)) == 31
    run(meter, 900)
    assert len(elements(profile, 2)) == min(31 * 96 + 1, 3000)


def test_start_up_is_logged():
    meter = made(start="2026-02-01T00:10:00", backfill_days=1)
    assert [r[-1] for r in elements(find(meter, "0.0.99.98.0.255"), 2)] == [2]
    run(meter, 300)
    assert elements(find(meter, "1.0.99.1.0.255"), 2)[-1][16:18] == b"\x11\x80"
    run(meter, 900)
    assert elements(find(meter, "1.0.99.1.0.255"), 2)[-1][16:18] == b"\x11\x00"
    assert act(find(meter, "0.0.99.98.0.255"), 1, b"\x0f\x00") == b""
    assert [r[-1] for r in elements(find(meter, "0.0.99.98.0.255"), 2)] == [255]
    assert get(find(meter, "0.0.96.11.0.255"), 2) == b"\x11\xff"


def test_a_long_pause_is_caught_up_in_portions():
    meter = made(rate=3600)
    meter.tick(10000)
    assert meter._owed > 0
    settle(meter)
    assert now(meter)[3:8] == bytes((1, 7, 10, 0, 0))


def test_a_clock_set_adds_no_energy():
    meter = made(start="2026-02-01T18:00:00")
    run(meter, 90)
    before = energies(meter)
    assert act(meter.clock, 6, b"\x10\x02\x58") == b""
    assert energies(meter) == before
    assert now(meter)[5:8] == bytes((18, 11, 30))
    run(meter, 60)
    assert energies(meter)[0] > before[0]


def test_quantities_are_named_once():
    names = [row[0] for row in ENERGIES] + [row[0] for row in INSTANTANEOUS]
    assert len(set(names)) == len(names)


def rooted(p, q):
    s = apparent(p, q)
    assert s * s <= p * p + q * q < (s + 1) * (s + 1)


def refused(key, value, why):
    try:
        made(**{key: value})
    except ValueError as e:
        text = str(e)
    else:
        text = "accepted"
    assert text.startswith(key + ": ") and why in text, text


def cases():
    for p, q in ((0, 0), (1, 0), (0, -7), (3, 4), (-3000, 4001), (19999, 19999), (255, 256)):
        yield "apparent {} {}".format(p, q), rooted, (p, q)
    for key, value in (
        ("start", "yesterday"),
        ("start", "2026-02-30T00:00:00"),
        ("start", "2100-02-29T00:00:00"),
        ("start", "2026-02-01T24:00:00"),
        ("start", "2026-02-01T12"),
    ):
        yield "refuses {}={}".format(key, value), refused, (key, value, "is not a UTC date-time")
    for value in ("1999-02-01", "2400-01-01T00:00:00Z"):
        yield "refuses start={}".format(value), refused, ("start", value, value + " is not in the years 2000 to 2399")
