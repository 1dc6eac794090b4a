"""The rig file: what it may say, and each fault in one line."""

from __future__ import annotations

import pytest

from host_tests.harness import target
from host_tests.harness.hil import rig
from tools.launcher import ROOT

GOOD = """
[boards.pico]
device = "id:E66110000000002A"
type = "RPI_PICO_W"
network = "lab"
power = "port-3"
pulses = "siggen"
answer_ms = 50
[boards.pico.config]
ntp = "192.0.2.1"
[boards.esp]
device = "rfc2217://rig:4001"
address = "[2001:db8::7]:4060"
lines = true
[networks.lab]
down = "ssh ap 'wifi down'"
up = ["ssh", "ap", "wifi up"]
[relays.port-3]
off = "uhubctl -l 1-1 -p 3 -a off"
on = "uhubctl -l 1-1 -p 3 -a on"
[pulses.siggen]
send = "siggen --pulses {count}"
"""
BOARD = '[boards.a]\ndevice = "/dev/ttyACM0"\n'


def load(tmp_path, text):
    path = tmp_path / "rig.toml"
    path.write_text(text)
    return rig.load(path)


def test_what_a_rig_says_of_its_boards(tmp_path):
    found = load(tmp_path, GOOD)
    assert list(found) == ["pico", "esp"]
    pico, esp = found.values()
    assert (pico.device, pico.type, pico.answer_ms, pico.config) == (
        "id:E66110000000002A",
        "RPI_PICO_W",
        50.0,
        {"ntp": "192.0.2.1"},
    )
    assert pico.network.down == ("ssh", "ap", "wifi down")
    assert pico.network.up == ("ssh", "ap", "wifi up")
    assert pico.power.off[-1] == "off"
    assert pico.pulses.send == ("siggen", "--pulses", "{count}")
    assert (esp.address, esp.lines, esp.power) == (("2001:db8::7", 4060), True, None)
    assert pico.capabilities == {"power", "network-loss", "pulse", "timing", "direct"}
    assert esp.capabilities == frozenset()


def test_the_example_of_the_manual_is_a_rig():
    assert set(rig.load(ROOT / "docs" / "rig.example.toml")) == {"pico", "esp32"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[boards.a", "rig.toml: Expected ']'"),
        ("", "no board: a rig has at least one [boards.NAME]"),
        (BOARD + "[board.b]", "unknown table 'board' (known: boards, networks, relays, pulses)"),
        ("boards = 3", "[boards] is not made of tables: write [boards.NAME]"),
        ('[boards.unix]\ndevice = "x"', "[boards.unix] a name is a letter, then"),
        ('[boards."a b"]\ndevice = "x"', "[boards.a b] a name is a letter, then"),
        ("[boards.a]\n", "[boards.a] device is missing"),
        ("[boards.a]\ndevice = 7", "[boards.a] device must be a text"),
        (BOARD + 'colour = "red"', "[boards.a] unknown key 'colour' (known: device, type,"),
        (BOARD + 'type = "PICO"', "[boards.a] type: there is no board PICO (known: EMU_M3, EMU_RP2040, ESP32_GENERIC,"),
        (BOARD + 'power = "r1"', "[boards.a] power: there is no [relays.r1]"),
        (BOARD + "boot_seconds = 0", "[boards.a] boot_seconds must be a number above 0"),
        (BOARD + "answer_ms = true", "[boards.a] answer_ms must be a number above 0"),
        (BOARD + "lines = 1", "[boards.a] lines must be true or false"),
        (BOARD + 'config = "ntp="', "[boards.a] config must be a table of the meter's configuration keys"),
        (BOARD + 'address = "a:b"', "[boards.a] address must be HOST or HOST:PORT"),
        (BOARD + 'address = "a:70000"', "[boards.a] address must be HOST or HOST:PORT"),
        (BOARD + '[relays.r]\noff = "x"', "[relays.r] on is missing"),
        (BOARD + '[relays.r]\noff = ""\non = "x"', "[relays.r] off must be a command: a text, or a list of words"),
        (BOARD + "[relays.r]\noff = \"a 'b\"\non = 'x'", "[relays.r] off: No closing quotation"),
        (BOARD + '[pulses.p]\nsend = "x"', "[pulses.p] send must say where the number of pulses goes: {count}"),
        (BOARD + '[boards.b]\ndevice = "/dev/ttyACM0"', "[boards.b] device /dev/ttyACM0 is that of a already"),
    ],
)
def test_a_fault_is_one_line(tmp_path, text, said):
    with pytest.raises(rig.RigError) as caught:
        load(tmp_path, text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{tmp_path}/rig.toml: ")


def test_a_rig_file_that_is_not_there(tmp_path):
    with pytest.raises(rig.RigError, match=r"none\.toml: No such file"):
        rig.load(tmp_path / "none.toml")


# -- targets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["id:E661", "/dev/ttyACM0", "COM5", "socket://rig:4000", "rfc2217://rig:4000"])
def test_serial_ports_are_targets(name):
    found = target.parse(name)
    assert (found.kind, found.board.device) == ("board", name)
    assert (
        found.missing({"board", "console", "watchdog", "config", "writes", "disconnect", "auth-failures", "direct"})
        == ""
    )
    for capability, text in (
        ("power", "relay"),
        ("network-loss", "network"),
        ("pulse", "pulses"),
        ("timing", "answer_ms"),
    ):
        assert text in found.missing({capability})
    assert found.missing({"own-process", "roomy", "emulated"})


def test_boards_of_a_rig_are_targets_by_name_and_by_device(tmp_path):
    boards = load(tmp_path, GOOD)
    assert target.parse("pico", rig=boards).board is boards["pico"]
    assert target.parse("rfc2217://rig:4001", rig=boards).board is boards["esp"]
    assert target.parse("pico", rig=boards).missing({"power", "network-loss", "pulse", "timing"}) == ""
    with pytest.raises(target.TargetError, match=r"--target pica: known are unix, .*\(its boards: pico, esp\)"):
        target.parse("pica", rig=boards)
