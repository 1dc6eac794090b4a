"""The Wi-Fi station's states, on a FAKE radio: joining, settling,
back-off, loss, and the last means.
"""

import board_fakes
import network
from net import wifi, wifi_ports
from net.wifi import CAME_UP, HOPELESS, JOINING, LOST, NOTHING, SETTLING, UP, WAITING, Wifi

MICROPYTHON_ONLY = True
ACCESS = {"ssid": "net", "key": "secret-key", "hostname": "meter-1"}
STEP = 500


def station(driver="cyw43", access=ACCESS, patience=0):
    network.WLAN.code = 0
    network.WLAN.error = None
    network.WLAN.calls = []
    log = board_fakes.Lines()
    return Wifi(driver, access, patience, log), log


def run(made, seconds, code=None):
    """Let seconds pass; the events that came with the second of their coming."""
    if code is not None:
        network.WLAN.code = code
    found = []
    for i in range(seconds * 1000 // STEP):
        event = made.tick(STEP)
        if event != NOTHING:
            found.append((event, (i + 1) * STEP / 1000))
    return found


def connects():
    return len([call for call in network.WLAN.calls if call[0] == "connect"])


def test_joins_with_power_save_off():
    made, log = station()
    assert run(made, 1) == []
    assert made.state == JOINING
    assert network.WLAN.calls == [("active", True), ("config", {"pm": 0xA11140}), ("connect", "net", "secret-key")]
    assert network.name == "meter-1"


def test_open_network_has_no_key():
    made, log = station(access={"ssid": "open", "key": "", "hostname": ""})
    run(made, 1)
    assert network.WLAN.calls[-1] == ("connect", "open", None)


def test_comes_up_after_the_link_was_stable():
    made, log = station()
    run(made, 2)
    assert run(made, 3, 3) == []
    assert made.state == SETTLING
    assert [event for event, _ in run(made, 1)] == [CAME_UP]
    assert made.state == UP
    assert log.kept == [("INFO", "wifi", "up", "ip=127.0.0.1 rssi=-51")]


def test_a_link_that_does_not_settle_is_a_failure():
    made, log = station()
    run(made, 1)
    run(made, 1, 3)
    run(made, 1, 1)
    assert made.state == WAITING
    assert log.events() == ["failed"]


def test_the_status_is_told_in_the_log():
    made, log = station()
    run(made, 1)
    run(made, 7, -3)
    assert log.kept[0] == ("WARN", "wifi", "failed", "status=-3 reason=wrong-key failures=1 next=1s")


def test_a_failure_at_once_may_be_the_last_attempts():
    made, log = station("esp32")
    run(made, 4, 201)
    assert made.state == JOINING
    run(made, 3)
    assert log.events()[0] == "failed"


def test_joining_for_ever_is_a_failure():
    made, log = station()
    run(made, 22, 1)
    assert log.kept[0][3] == "status=1 reason=joining failures=1 next=1s"


def test_an_unknown_status_is_a_failure():
    made, log = station("esp32")
    run(made, 7, 99)
    assert log.kept[0][3] == "status=99 reason=status failures=1 next=1s"


def test_the_wait_doubles_up_to_a_minute():
    made, log = station()
    run(made, 400, -2)
    waits = [line[3].split("next=")[1] for line in log.kept if line[2] == "failed"]
    assert waits[:9] == ["1s", "2s", "4s", "8s", "16s", "32s", "60s", "60s", "60s"], waits


def test_every_sixth_failure_switches_the_radio_off():
    made, log = station()
    run(made, 120, -2)
    assert log.events()[:7] == ["failed"] * 6 + ["radio-reset"]
    assert ("active", False) in network.WLAN.calls
    before = connects()
    run(made, 60)
    assert connects() > before


def test_a_driver_that_refuses_is_a_failure():
    made, log = station()
    network.WLAN.error = 5
    run(made, 1)
    assert log.events() == ["driver", "failed"]
    assert made.state == WAITING
    network.WLAN.error = None
    run(made, 3, 3)
    assert [event for event, _ in run(made, 5)] == [CAME_UP]


def test_a_lost_link_is_told_and_joined_again():
    made, log = station()
    run(made, 10, 3)
    assert [event for event, _ in run(made, 1, 0)] == [LOST]
    assert log.kept[-1] == ("WARN", "wifi", "lost", "status=0 reason=down failures=1 next=1s")
    assert [event for event, _ in run(made, 10, 3)] == [CAME_UP]
    assert made.failures == 0


def test_patience_ends():
    made, log = station(patience=5)
    found = run(made, 700, -2)
    assert found == [(HOPELESS, 300.0), (HOPELESS, 600.0)]


def test_no_patience_never_ends():
    made, log = station(patience=0)
    assert run(made, 4000, -2) == []


def test_patience_counts_from_the_last_network():
    made, log = station(patience=1)
    run(made, 25, -2)
    assert [event for event, _ in run(made, 30, 3)] == [CAME_UP]
    assert [event for event, _ in run(made, 50, -2)] == [LOST]


def test_a_restart_begins_with_the_radio():
    made, log = station()
    run(made, 10, 3)
    network.WLAN.calls = []
    made.restart()
    assert network.WLAN.calls == [("disconnect",), ("active", False)]
    assert [event for event, _ in run(made, 6)] == [CAME_UP]
    assert ("active", True) in network.WLAN.calls


def test_the_steady_state_takes_no_heap():
    import gc

    import micropython

    made, log = station()
    run(made, 10, 3)
    # the fake reads a file: here the driver's answer is a number, as on a board
    made.wlan = Up()
    made.tick(100)
    gc.collect()
    before = gc.mem_alloc()
    micropython.heap_lock()
    for _ in range(50):
        made.tick(100)
    micropython.heap_unlock()
    assert gc.mem_alloc() == before
    assert made.state == UP


class Up:
    def status(self):
        return 3


def test_every_driver_has_one_status_that_is_up():
    for driver in wifi_ports.PORTS:
        codes = wifi_ports.PORTS[driver][0]
        assert len([code for code in codes if codes[code][0] == wifi_ports.UP]) == 1, driver
    assert wifi.UP == UP
