"""The parts of a board, on FAKES: LED, relay, watchdog, reset causes, clock, files."""

import os

import board_fakes
import machine
from board import files, identity, led, relay, rtc, watchdog

MICROPYTHON_ONLY = True
FOLDER = "/tmp/board-files-%d" % (id(board_fakes) & 0xFFFF)


class Limits:
    WATCHDOG = 8000
    WATCHDOG_STOP = None


def fresh():
    machine.WDT.started = []
    machine.WDT.feeds = 0
    machine.Timer.made = []
    machine.mem32.clear()
    machine.cause = machine.PWRON_RESET
    watchdog.release()


def test_the_watchdog_runs_from_its_start_on():
    fresh()
    made = watchdog.Watchdog(8000)
    made.feed()
    assert (machine.WDT.started, machine.WDT.feeds) == ([], 0)
    made.arm()
    made.feed()
    assert (machine.WDT.started, machine.WDT.feeds) == ([8000], 1)


def test_holding_stops_the_watchdog_of_an_rp2():
    fresh()

    class Pico(Limits):
        WATCHDOG_STOP = (0x4005B000, 1 << 30)

    watchdog.hold(Pico)
    assert machine.mem32 == {0x4005B000: 1 << 30}
    assert machine.WDT.started == []


def test_holding_feeds_where_it_cannot_be_stopped():
    fresh()
    watchdog.hold(Limits)
    assert machine.WDT.started == [8000]
    timer = machine.Timer.made[-1]
    assert timer.period == 2000
    feeds = machine.WDT.feeds
    timer.callback(timer)
    assert machine.WDT.feeds == feeds + 1
    watchdog.Watchdog(8000).arm()
    assert timer.callback is None


def test_after_a_soft_reset_the_watchdog_may_be_running():
    for cause, held in ((machine.PWRON_RESET, False), (machine.WDT_RESET, False), (machine.SOFT_RESET, True)):
        fresh()
        machine.cause = cause
        watchdog.hold(Limits, False)
        assert bool(machine.Timer.made) == held, cause
    fresh()


def test_without_a_watchdog_there_is_nothing_to_hold():
    fresh()

    class None_(Limits):
        WATCHDOG = None

    watchdog.hold(None_)
    assert machine.WDT.started == []


def test_words_for_reset_causes():
    for cause, word in ((1, "power"), (2, "hard"), (3, "watchdog"), (5, "soft"), (4, "4")):
        machine.cause = cause
        assert identity.reset_cause() == word
    assert identity.board_id() == "e66110000000002a"
    machine.cause = machine.PWRON_RESET


def test_the_relay_takes_its_level_with_its_direction():
    made = relay.Relay(14, 0)
    pin = machine.Pin.made[14]
    assert pin.changes == [0]
    made.switch(False)
    made.switch(True)
    assert pin.changes == [0, 1, 0]


def test_the_led_shows_its_pattern():
    made = led.Led(25, 1)
    pin = machine.Pin.made[25]
    made.show(led.SERVING)
    for _ in range(40):
        made.tick(100)
    assert pin.changes == [1, 0, 1, 0, 1]
    made.show(led.JOINING)
    made.show(led.JOINING)
    made.tick(100)
    made.tick(100)
    assert pin.changes[-2:] == [0, 1]


def test_an_led_that_shines_when_low():
    made = led.Led(8, 0)
    made.show(led.JOINING)
    made.tick(100)
    assert machine.Pin.made[8].changes == [0, 1]


class Epoch:
    """In place of `time`, of a port that counts from this year."""

    def __init__(self, year):
        self.zero = 0 if year == 1970 else -946684800

    def gmtime(self, seconds=None):
        import time

        return time.gmtime((0 if seconds is None else seconds) - self.zero)


def test_the_clock_is_set_in_both_epochs():
    for year in (1970, 2000):
        rtc.time = Epoch(year)
        rtc.put(9656, 3661)  # 2026-06-09 is a Tuesday
        assert machine.RTC.set_to == (2026, 6, 9, 1, 1, 1, 1, 0), (year, machine.RTC.set_to)


def test_a_clock_that_was_never_set_is_not_plausible():
    import time

    rtc.time = Epoch(2000)
    assert not rtc.plausible()
    rtc.time = time
    assert rtc.plausible() == (time.gmtime()[0] >= 2026)


def put(name, text):
    with open(name, "w") as f:
        f.write(text)


def in_folder(function):
    kept = os.getcwd()
    try:
        os.mkdir(FOLDER)
    except OSError:
        pass
    os.chdir(FOLDER)
    try:
        function()
    finally:
        for name in ("config.json", "secrets.json", "wifi.json"):
            try:
                os.remove(name)
            except OSError:
                pass
        os.chdir(kept)
        os.rmdir(FOLDER)


def test_files_of_a_board():
    def check():
        assert (files.words(), files.wifi()) == ([], None)
        put("config.json", "{}")
        assert files.words() == ["--config", "config.json"]
        put("secrets.json", "{}")
        assert files.words() == ["--config", "config.json", "secrets=secrets.json"]
        put("wifi.json", '{"ssid": "a", "key": "b"}')
        assert files.wifi() == {"ssid": "a", "key": "b", "hostname": ""}

    in_folder(check)


def test_wifi_files_that_are_wrong():
    def check():
        for text, what in (
            ("oops", "not JSON"),
            ("[]", "must hold an ssid"),
            ('{"ssid": ""}', "must hold an ssid"),
            ('{"ssid": "a", "pass": "b"}', "keys are"),
            ('{"ssid": "a", "key": 1}', "keys are"),
        ):
            put("wifi.json", text)
            try:
                files.wifi()
            except ValueError as e:
                assert what in str(e), e
            else:
                raise AssertionError(text)

    in_folder(check)
