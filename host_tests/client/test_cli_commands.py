"""The command line against a scripted peer: what it prints, what it says
when things go wrong, how it ends.
"""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from host_tests.client.peer import CLOSE, Peer, header
from host_tests.client.test_client_cosem import OBJECT_LIST
from tools.cli.main import main

ROOT = Path(__file__).resolve().parents[2]
AARE = "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F040000BE1D04000007"
PLAIN_AARE = AARE.replace("0000BE1D", "00000019")  # GET, SET and ACTION only: no lists, no blocks, no selection
WRONG_PASSWORD = "6117A109060760857405080101A203020101A305A10302010D"
OPEN = (None, AARE)
RELEASE = ("6203800100", "6303800100")
LIST = ("C001C1 000F0000280000FF0200", f"C401C1 00 {OBJECT_LIST}")


def run(capsys, peer, *arguments):
    """Exit code, stdout and stderr of one command."""
    port = [] if peer is None else ["--port", str(peer.port)]
    try:
        code = main([*port, "--timeout", "5", *arguments])
    except SystemExit as left:
        code = left.code
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.out, captured.err


def test_get(capsys):
    steps = [OPEN, LIST, ("C001C2 00030100010800FF0200", "C401C2 00 060000D431"),
             ("C001C3 00030100010800FF0300", "C401C3 00 02020FFD161E"), RELEASE]  # fmt: skip
    with Peer(*steps) as peer:
        assert run(capsys, peer, "get", "1-0:1.8.0*255", "value") == (0, "54.321 Wh\n", "")
    with Peer(*steps) as peer:
        code, out, _ = run(capsys, peer, "get", "1.0.1.8.0.255", "2", "--format", "json")
        assert code == 0
        assert json.loads(out) == {
            "obis": "1.0.1.8.0.255",
            "class_id": 3,
            "attribute": 2,
            "attribute_name": "value",
            "type": "double-long-unsigned",
            "value": 54321,
            "scaled": 54.321,
            "unit": "Wh",
        }
    with Peer(*steps) as peer:
        _, out, _ = run(capsys, peer, "--format", "csv", "get", "1.0.1.8.0.255", "2")
        assert out == "obis,attribute,value,unit,type\n1.0.1.8.0.255,2,54.321,Wh,double-long-unsigned\n"


def test_global_options_stand_before_or_after(capsys):
    for arguments in (["--trace", "--client", "16", "objects"], ["objects", "--trace", "--client", "16"]):
        with Peer(OPEN, LIST, RELEASE) as peer:
            code, out, err = run(capsys, peer, *arguments)
            assert code == 0
            assert "1-0:1.8.0*255" in out
            assert err.splitlines()[0].startswith("> 0001 0010 0001 ")
            assert err.splitlines()[1].startswith("< 0001 0001 0010 ")
            # Public: no password in the AARQ.
            assert b"\x8b" not in peer.requests[0].apdu[:20]


def test_objects_as_json_and_csv(capsys):
    with Peer(OPEN, LIST, RELEASE) as peer:
        _, out, err = run(capsys, peer, "objects", "--format", "json")
    listed = json.loads(out)
    assert err == ""
    assert [item["obis"] for item in listed] == ["0.0.40.0.0.255", "1.0.1.8.0.255"]
    assert listed[1]["attributes"][1] == {"id": 2, "name": "value", "access": "rw", "mode": 3, "selectors": []}
    with Peer(OPEN, LIST, RELEASE) as peer:
        _, out, _ = run(capsys, peer, "objects", "--format", "csv")
    assert out.splitlines()[2] == "1.0.1.8.0.255,active energy +,3,Register,0,1:r 2:rw 3:-,"


def test_set_and_action(capsys):
    wire = "C101C1 00080000010000FF0300 10FFC4"
    with Peer(OPEN, (wire, "C501C1 00"), RELEASE) as peer:
        code, out, err = run(
            capsys, peer, "--client", "48", "set", "0-0:1.0.0*255", "time_zone", "long:-60", "--class", "8"
        )
        assert (code, out, err) == (0, "", "0-0:1.0.0*255 time_zone: success\n")
        assert b"87654321" in peer.requests[0].apdu
    with Peer(OPEN, ("C301C1 00080000010000FF06 01 10001E", "C701C1 00 01 00 1107"), RELEASE) as peer:
        code, out, _ = run(capsys, peer, "action", "0.0.1.0.0.255", "shift_time", "long:30", "--class", "8")
        assert (code, out) == (0, "7\n")
    with Peer(OPEN, ("C301C1 00460000600300FF01 01 0F00", "C701C1 00 00"), RELEASE) as peer:
        code, out, _ = run(capsys, peer, "action", "0.0.96.3.0.255", "1", "--class", "70", "--format", "json")
        assert json.loads(out)["result"] == "success"
    with Peer(OPEN, ("C301C1 00460000600300FF01 00", "C701C1 00 00"), RELEASE) as peer:
        assert run(capsys, peer, "action", "0.0.96.3.0.255", "1", "--class", "70", "--no-parameter")[0] == 0


def test_set_in_blocks(capsys):
    steps = [
        OPEN,
        ("C102C1 00080000010000FF0300 00 00000001 02 10FF", "C502C1 00000001"),
        ("C103C1 01 00000002 01 C4", "C503C1 00 00000002"),
        RELEASE,
    ]
    with Peer(*steps) as peer:
        code, *_ = run(capsys, peer, "set", "0.0.1.0.0.255", "3", "long:-60", "--class", "8", "--block-size", "2")
        assert code == 0


def test_read_in_lists_and_one_by_one(capsys):
    together = ("C003C2 02 00030100010800FF0200 00030100010800FF0300", "C403C2 02 00 06000003E8 00 02020FFF161E")
    with Peer(OPEN, LIST, together, RELEASE) as peer:
        code, out, _ = run(capsys, peer, "read", "--format", "csv")
        assert code == 0
        assert out.splitlines()[1:] == ["1.0.1.8.0.255,active energy +,3,2,value,100.0,Wh"]
    single = [
        ("C001C2 00030100010800FF0200", "C401C2 01 0B"),
        ("C001C3 00030100010800FF0300", "C401C3 00 02020FFF161E"),
    ]
    with Peer((None, PLAIN_AARE), LIST, *single, RELEASE) as peer:
        code, out, _ = run(capsys, peer, "read", "--format", "csv")
        assert code == 0
        assert "(object-unavailable (11))" in out


def test_an_attribute_of_every_object_that_has_it(capsys):
    with Peer(OPEN, LIST, ("C001C2 00030100010800FF0300", "C401C2 00 02020FFF161E"), RELEASE) as peer:
        code, out, _ = run(capsys, peer, "read", "--attribute", "scaler_unit", "--format", "csv")
        assert code == 0
        assert out.splitlines()[1:] == ["1.0.1.8.0.255,active energy +,3,3,scaler_unit,10^-1 Wh,"]
    with Peer(OPEN, LIST) as peer:
        code, _, err = run(capsys, peer, "read", "--attribute", "wrong")
        assert code == 2
        assert "no object has an attribute wrong" in err


def test_a_profile_without_selective_access(capsys):
    listed = "C401C1 00 0101 0204 120007 1101 09060100630100FF 0202 0102 0203 0F02 1601 00 0203 0F03 1601 00 0100"
    captured = "0102 0204 120008 09060000010000FF 0F02 120000 0204 120003 09060100010800FF 0F02 120000"
    moment = "090C 07EA0501050C000000000000"
    steps = [
        (None, PLAIN_AARE),
        (LIST[0], listed),
        ("C001C2 00070100630100FF0300", f"C401C2 00 {captured}"),
        ("C001C3 00070100630100FF0400", "C401C3 00 0600000384"),
        ("C001C4 00070100630100FF0500", "C401C4 00 1601"),
        ("C001C5 00070100630100FF0700", "C401C5 00 0600000003"),
        ("C001C6 00030100010800FF0300", "C401C6 00 02020FFD161E"),
        (
            "C001C7 00070100630100FF0200",
            f"C401C7 00 0103 0202 {moment} 0600000001 0202 {moment} 0600000002 0202 00 0600000003",
        ),
        RELEASE,
    ]
    with Peer(*steps) as peer:
        code, out, _ = run(capsys, peer, "read", "--object", "1.0.99.1.0.255", "--rows", "2", "--format", "csv")
    assert code == 0
    assert out.splitlines() == [
        "clock,active energy + (Wh)",
        "2026-05-01 12:00:00+00:00,0.002",
        "2026-05-01 12:15:00+00:00,0.003",
    ]


@pytest.mark.parametrize(
    ("steps", "arguments", "code", "words"),
    [
        ([(None, WRONG_PASSWORD)], ["read"], 1, "authentication-failure (13). The password is wrong or missing"),
        ([(None, "D80102")], ["read"], 1, "service-not-supported"),
        ([(None, None)], ["--timeout", "0.05", "read"], 3, "no answer within 0.05 s. Check --host"),
        ([(None, CLOSE)], ["read"], 3, "closed the connection"),
        ([(None, header(AARE, 2, 16))], ["read"], 1, "wPort 2 to 16"),
        ([OPEN, LIST], ["get", "1-0:9.9.9*255", "2"], 2, "shows no object 1-0:9.9.9*255"),
        ([OPEN, LIST], ["get", "1-0:1.8.0*255", "wrong"], 2, "attributes are logical_name, value, scaler_unit"),
        ([OPEN, LIST], ["action", "1-0:1.8.0*255", "wrong"], 2, "its methods are reset"),
        ([OPEN, LIST], ["get", "1-0:1.8.0*255", "200"], 2, "200 is not -128 to 127"),
        ([OPEN, (LIST[0], "C401C1 00 1105")], ["objects"], 1, "object_list is unsigned"),
        (
            [OPEN, ("C001C1 00030100010800FF0200", "C401C1 01 03")],
            ["get", "1-0:1.8.0", "2", "--class", "3"],
            1,
            "`objects` lists",
        ),
    ],
    ids=[
        "password",
        "exception",
        "silence",
        "closed",
        "wPorts",
        "object",
        "attribute",
        "method",
        "number",
        "list",
        "denied",
    ],
)
def test_failures_are_one_line_with_advice(capsys, steps, arguments, code, words):
    with Peer(*steps) as peer:
        found, out, err = run(capsys, peer, *arguments)
    assert found == code
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert words in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["get", "1.2.3", "2"], "no OBIS code"),
        (["read", "--object", "1.2.3"], "no OBIS code"),
        (["set", "1.0.1.8.0.255", "2", "unsigned:999"], "does not fit"),
        (["read", "--range", "a", "b"], "no date-time"),
        (["action", "1.0.1.8.0.255", "1", "integer:0", "--no-parameter"], "exclude each other"),
        (["--password", "hex:xy", "read"], "not hex"),
        ([], "COMMAND"),
        (["write"], "invalid choice"),
        (["--port", "99999", "read"], "99999 is not 1 to 65535"),
        (["--timeout", "0", "read"], "not above 0"),
        (["--timeout", "soon", "read"], "not a number of seconds"),
        (["--pdu-size", "x", "read"], "not a whole number"),
        (["read", "--entries", "1", "-1"], "-1"),
        (["read", "--range", "a", "b", "--entries", "1", "2"], "not allowed with"),
    ],
)
def test_wrong_command_lines_never_reach_a_meter(capsys, arguments, words):
    code, out, err = run(capsys, None, *arguments)
    assert code == 2
    assert out == ""
    assert words in err


def test_nobody_listens(capsys):
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        code, _, err = run(capsys, None, "read", "--port", str(placeholder.getsockname()[1]))
    assert code == 3
    assert "Connection refused. Is the meter running?" in err


def test_unknown_host(capsys):
    code, _, err = run(capsys, None, "--host", "host.invalid", "read")
    assert code == 3
    assert "'host.invalid' is not known" in err


@pytest.mark.parametrize("command", ["read", "objects", "get", "set", "action", "discover"])
def test_help(capsys, command):
    code, out, _ = run(capsys, None, command, "--help")
    assert code == 0
    assert "--host" in out
    if command in ("set", "action"):
        assert "TYPE:CONTENT" in out
        assert "long-unsigned" in out


def test_interrupt_ends_quietly():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        command = [sys.executable, "-m", "tools.cli", "--port", str(server.getsockname()[1]), "--timeout", "60", "read"]
        # As a terminal starts it: a run in the background passes on that SIGINT is ignored.
        heeding = signal.signal(signal.SIGINT, signal.default_int_handler)
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        signal.signal(signal.SIGINT, heeding)
        try:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(30)
                assert connection.recv(8), "the AARQ is there, so the command waits for its answer"
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=30)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (130, "", "")
