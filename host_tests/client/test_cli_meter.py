"""The command line against the meter: every command, every format, TCP
and UDP, small and large PDUs.
"""

import csv
import io
import json
import re

import pytest

from host_tests.client.answering import command, in_terminal
from host_tests.client.test_cli_output import clean
from tools.cli.main import main
from tools.dlmsclient import AssociationRejected, Client

pytestmark = [pytest.mark.wire]
CLOCK = "0-0:1.0.0*255"
NOTE = ("0-0:96.128.1*255", "2")


@pytest.fixture
def cli(meter, capsys, pytestconfig):
    """``cli("read", ...)`` returns stdout; anything but exit code 0 fails the test."""

    option = pytestconfig.getoption

    def run(*arguments, code=0, client="reader"):
        given = {
            "reader": ["--client", str(option("client")), "--password", option("password")],
            "manager": ["--client", str(option("manager")), "--password", option("manager_password")],
            "public": ["--client", "16"],
        }[client]
        found = main(["--host", meter.host, "--port", str(meter.port), "--timeout", "20", *given, *arguments])
        captured = capsys.readouterr()
        assert found == code, captured.err
        return captured.out if code == 0 else captured.err

    return run


def table(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.req("F-31")
def test_read_shows_values_with_units_and_profile_rows(cli):
    out = cli("read")
    for piece in ("1-0:1.8.0*255", "active energy +", "Wh", "1-0:32.7.0*255", "load profile 1-0:99.1.0*255"):
        assert piece in out


@pytest.mark.parametrize("transport", [[], ["--udp"]], ids=["tcp", "udp"])
@pytest.mark.parametrize("size", ["64", "65", "128", "0"])
@pytest.mark.req("B-03", "D-14")
def test_every_readable_attribute_at_every_pdu_size(cli, transport, size):
    rows = table(cli(*transport, "--pdu-size", size, "read", "--all", "--rows", "3", "--format", "csv"))
    objects = json.loads(cli("objects", "--format", "json"))
    readable = {
        (item["obis"], item["class_id"], attribute["id"])
        for item in objects
        for attribute in item["attributes"]
        if attribute["access"].startswith("r")
    }
    assert {(row["obis"], int(row["class_id"]), int(row["attribute"])) for row in rows} == readable
    assert len(rows) == len(readable)
    refused = [row for row in rows if row["value"].endswith("))") and row["value"].startswith("(")]
    assert refused == []
    names = {(row["obis"], row["attribute"]): row["value"] for row in rows}
    assert names["1.0.1.8.0.255", "1"] == "1-0:1.8.0*255"


@pytest.mark.req("D-110", "D-111")
def test_rows_by_entry_and_by_range(cli):
    newest = table(cli("read", "--object", "1.0.99.1.0.255", "--rows", "4", "--format", "csv"))
    assert len(newest) == 4
    moments = [row["clock"] for row in newest]
    assert moments == sorted(moments)
    start, end = (moment.replace(" ", "T") for moment in (moments[1], moments[2]))
    ranged = table(cli("read", "--object", "1.0.99.1.0.255", "--range", start, end, "--format", "csv"))
    assert ranged == newest[1:3]
    assert len(table(cli("read", "--entries", "2", "3", "--format", "csv"))) == 2


def test_read_as_json(cli):
    document = json.loads(cli("read", "--rows", "2", "--format", "json"))
    energy = next(value for value in document["values"] if value["obis"] == "1.0.1.8.0.255")
    assert energy["unit"] == "Wh"
    assert isinstance(energy["scaled"], int | float)
    (profile,) = document["profiles"]
    assert len(profile["rows"]) == 2
    assert len(profile["rows"][0]) == len(profile["columns"])


def test_get_by_name_and_by_number(cli):
    assert cli("get", "0-0:42.0.0*255", "value") == cli("get", "0.0.42.0.0.255", "2")


@pytest.mark.caps("own-process")
def test_discover_names_both_logical_devices(cli):
    devices = json.loads(cli("discover", "--format", "json", client="public"))
    assert [device["wport"] for device in devices] == [1, 17]
    assert all(device["name"] for device in devices)
    notes = {offer["client"]: offer["note"] for offer in devices[0]["associations"]}
    wanted = {1: "open to anybody", 16: "in use", 32: "wants a password", 48: "wants a password"}
    assert notes == {**wanted, 64: "wants a password", 80: "wants a password"}
    assert "logical devices" in cli("discover", "--no-probe", client="public")


@pytest.mark.caps("writes")
@pytest.mark.req("D-20", "D-22")
def test_set_and_action_by_the_manager(cli, put_back):
    put_back(8, "0.0.1.0.0.255", 3)
    cli("set", CLOCK, "time_zone", "long:-120", client="manager")
    assert cli("get", CLOCK, "time_zone").strip() == "-120"
    cli("set", CLOCK, "3", "long:60", "--block-size", "1", client="manager")
    assert json.loads(cli("get", CLOCK, "3", "--format", "json"))["value"] == 60
    cli("action", CLOCK, "shift_time", "long:1", client="manager")


@pytest.mark.caps("writes")
@pytest.mark.req("D-21")
def test_refused_writes(cli):
    assert "read-write-denied" in cli("set", CLOCK, "time_zone", "long:0", code=1)
    assert "type-unmatched" in cli("set", CLOCK, "time_zone", "unsigned:0", code=1, client="manager")
    assert "type-unmatched" in cli("action", CLOCK, "shift_time", "unsigned:0", code=1, client="manager")


@pytest.mark.caps("auth-failures")
@pytest.mark.req("C-12")
def test_wrong_password_and_then_the_right_one(cli):
    assert "The password is wrong" in cli("--password", "wrong", "read", code=1)
    assert "1-0:1.8.0*255" in cli("read")


@pytest.fixture
def note(cli, meter, put_back, settled):
    """Reads the note of the meter, when what was sent to it before has been served."""
    put_back(1, "0.0.96.128.1.255", 2)

    def read():
        settled()
        return int(cli("get", "0-0:96.128.1*255", "2"))

    return read


@pytest.fixture
def settled(meter):
    """`settled()` returns when the meter has served the datagrams that came before: a
    refusal of its own comes after them.
    """

    def wait():
        with Client.udp(meter.host, meter.port, timeout=20) as client, pytest.raises(AssociationRejected):
            client.associate(0x4444)

    return wait


@pytest.mark.caps("writes")
@pytest.mark.req("A-60", "B-04", "B-06", "B-12")
@pytest.mark.parametrize("how", ["--unconfirmed", "--broadcast"])
def test_set_without_an_answer(cli, note, how):
    for value in (71, 72):
        assert cli("set", *NOTE, f"double-long-unsigned:{value}", "--class", "1", how, client="manager") == ""
        assert note() == value
    # nobody says that this is not allowed
    cli("set", *NOTE, "double-long-unsigned:73", "--class", "1", how, client="reader")
    assert note() == 72
    document = json.loads(
        cli("set", *NOTE, "double-long-unsigned:74", "--class", "1", how, "--format", "json", client="manager")
    )
    assert document["result"] == "sent"
    assert note() == 74


@pytest.mark.caps("writes")
@pytest.mark.req("A-60", "B-09")
def test_action_without_an_answer(cli, note, settled):
    settled()
    before = int(cli("get", "1-0:99.1.0*255", "7"))
    cli("action", "1-0:99.1.0*255", "2", "--class", "7", "--broadcast", client="manager")
    settled()
    assert int(cli("get", "1-0:99.1.0*255", "7")) == before + 1


@pytest.mark.meter_config(preestablished=100, multicast="239.255.40.62")
@pytest.mark.caps("writes", "own-process")
@pytest.mark.req("C-53", "A-60", "A-63")
def test_broadcast_in_a_preestablished_association(cli, note, meter):
    words = (
        "set",
        *NOTE,
        "double-long-unsigned:81",
        "--class",
        "1",
        "--broadcast",
        "--preestablished",
        "--client",
        "100",
    )
    cli(*words)
    assert note() == 81
    group = ("--host", "239.255.40.62", "--interface", meter.host)
    cli(*[word.replace(":81", ":82") for word in words], *group)
    assert note() == 82


def test_what_cannot_be_sent_without_an_answer(cli):
    assert "--class" in cli("set", *NOTE, "double-long-unsigned:1", "--broadcast", code=2)
    assert "--preestablished" in cli("set", *NOTE, "double-long-unsigned:1", "--class", "1", "--preestablished", code=2)
    assert "blocks" in cli(
        "set", *NOTE, "double-long-unsigned:1", "--class", "1", "--unconfirmed", "--block-size", "2", code=2
    )


@pytest.mark.caps("own-process")
@pytest.mark.req("D-50", "D-53", "F-10")
@pytest.mark.parametrize("transport", [[], ["--udp"]], ids=["tcp", "udp"])
def test_short_names_show_the_same(cli, transport):
    logical = table(cli(*transport, "read", "--all", "--format", "csv"))
    short = table(
        cli(*transport, "--sn", "--client", "64", "--password", "12345678", "read", "--all", "--format", "csv")
    )

    def still(rows):
        moving = ("0.0.40.0.0.255", "0.0.96.128.0.255", "0.0.1.0.0.255")
        return [(row["obis"], row["attribute"]) for row in rows if row["obis"] not in moving]

    assert still(short) == still(logical)
    arguments = ["--sn", "--client", "64", "--password", "12345678"]
    assert cli(*arguments, "get", "0-0:42.0.0*255", "value") == cli("get", "0-0:42.0.0*255", "value")
    assert "read-write-denied" in cli(*arguments, "action", "1-0:1.8.0*255", "reset", code=1)
    assert cli(*arguments, "get", "1.0.99.1.0.255", "2", "--entries", "1", "2") == cli(
        "get", "1.0.99.1.0.255", "2", "--entries", "1", "2"
    )


@pytest.mark.req("D-80", "D-85")
@pytest.mark.parametrize("transport", [[], ["--udp"]], ids=["tcp", "udp"])
@pytest.mark.parametrize("window", ["1", "16"])
def test_general_block_transfer_reads_the_same(cli, transport, window):
    arguments = ["get", "0.0.40.0.0.255", "object_list", "--format", "json"]
    assert cli(*transport, "--gbt", window, "--pdu-size", "128", *arguments) == cli(*arguments)


@pytest.mark.caps("own-process")
@pytest.mark.req("D-50", "D-51", "D-88")
@pytest.mark.parametrize("transport", [[], ["--udp"]], ids=["tcp", "udp"])
def test_general_block_transfer_with_short_names(cli, transport):
    # the services' own blocks are not proposed, so that without general ones
    # the first long answer is refused
    blocks = ["--sn", "--gbt", "4", "--pdu-size", "64"]
    reader = [*blocks, "--client", "64", "--password", "12345678"]
    writer = [*blocks, "--client", "80", "--password", "87654321"]
    arguments = ["get", "1.0.99.1.0.255", "capture_objects", "--format", "json"]
    assert cli(*transport, *reader, *arguments) == cli(*arguments)
    cli(*transport, *writer, "set", "0.0.96.128.1.255", "value", "double-long-unsigned:5")
    assert cli("get", "0.0.96.128.1.255", "value", client="manager").strip() == "5"
    assert "does not offer the ACCESS service" in cli(*reader, "access", "--get", CLOCK, "time", code=2)


@pytest.mark.req("D-40", "D-41")
def test_access_prints_a_line_for_each(cli):
    reading = ["--get", CLOCK, "time_zone", "--get", "0-0:42.0.0*255", "value", "--get", "1-0:1.8.0*255", "3"]
    rows = table(cli("access", *reading, "--self-descriptive", "--format", "csv"))
    assert [(row["service"], row["name"], row["result"]) for row in rows] == [
        ("get", "time_zone", "success (0)"),
        ("get", "value", "success (0)"),
        ("get", "scaler_unit", "success (0)"),
    ]
    assert rows[0]["value"] == cli("get", CLOCK, "time_zone").strip()
    writing = [
        "--set",
        CLOCK,
        "time_zone",
        "long:0",
        "--get",
        CLOCK,
        "time_zone",
        "--action",
        CLOCK,
        "shift_time",
        "long:0",
    ]
    answers = json.loads(cli("access", *writing, "--break-on-error", "--format", "json"))
    assert [answer["result"] for answer in answers] == [
        "read-write-denied (3)",
        "other-reason (250)",
        "other-reason (250)",
    ]


def test_access_asks_for_something(cli):
    assert "at least one" in cli("access", code=2)
    assert "no OBIS code" in cli("access", "--get", "1.2", "2", code=2)


_ROWS = ["read", "--object", "1.0.99.1.0.255", "--entries", "1", "30", "--format", "csv"]
_SHORT = ["--sn", "--client", "64", "--password", "12345678"]


@pytest.mark.caps("own-process")
@pytest.mark.parametrize(
    "words",
    [
        ["--pdu-size", "64"],
        ["--udp", "--pdu-size", "300"],
        ["--gbt", "4", "--pdu-size", "64"],
        ["--udp", "--gbt", "4", "--pdu-size", "128"],
        [*_SHORT, "--pdu-size", "64"],
        [*_SHORT, "--gbt", "4", "--pdu-size", "64"],
    ],
    ids=["blocks", "blocks over UDP", "general blocks", "general blocks over UDP", "parts", "parts in general blocks"],
)
def test_rows_are_the_same_however_they_come(cli, words):
    """They are taken from the octets as these arrive, by each kind of block transfer."""
    assert cli(*words, *_ROWS) == cli("--pdu-size", "0", *_ROWS)


@pytest.mark.meter_config(null_data="32", backfill_days=2, rate=0, start="2026-03-01T12:00:00")
@pytest.mark.caps("own-process")
@pytest.mark.req("D-104")
@pytest.mark.parametrize("form", ["csv", "json"])
@pytest.mark.parametrize(
    "words", [["--rows", "12"], ["--range", "2026-03-01T00:00", "2026-03-01T03:00"], ["--entries", "5", "90"]]
)
def test_rows_with_null_data_are_shown_whole(cli, words, form):
    """The reader gets null-data, the manager does not."""
    arguments = ["read", "--object", "1.0.99.1.0.255", *words, "--format", form]
    assert cli(*arguments) == cli(*arguments, client="manager")
    assert "null-data" in cli("get", "1.0.99.1.0.255", "2", "--entries", "5", "90", "--format", "json")


@pytest.mark.parametrize("columns", [40, 80, 160])
@pytest.mark.parametrize(
    "words", [["read"], ["objects"], ["discover"], ["get", "1.0.99.1.0.255", "2"]], ids=lambda words: words[0]
)
def test_every_command_fits_its_terminal(meter, pytestconfig, words, columns):
    option = pytestconfig.getoption
    given = ["--client", str(option("client")), "--password", option("password")] if words != ["discover"] else []
    arguments = command("--host", meter.host, "--port", str(meter.port), "--timeout", "20", *given, *words)
    shown = clean(in_terminal(columns, arguments))
    assert all(len(line) <= columns for line in shown.splitlines())
    if words == ["read"]:
        for whole in re.findall(r"\d+-\d+:\d+\.\d+\.\d+\*\d+", shown):
            assert whole.endswith("*255")
        assert re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[+-]\d\d:\d\d", shown)
