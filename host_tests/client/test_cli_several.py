"""Several attributes in one run, object lists that are kept, raw APDUs, and texts in quotes;
with the meter and with scripted peers.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from host_tests.client.peer import Peer
from host_tests.client.test_cli_commands import LIST, OPEN, PLAIN_AARE, RELEASE
from tools.cli import cache
from tools.cli.access import wanted_of
from tools.cli.main import main
from tools.cli.values import parse_value
from tools.dlmsclient import UsageError, axdr

ENERGY, NAME = "1.0.1.8.0.255", "0.0.42.0.0.255"
DEVICE = ("C001C1 0001 00002A0000FF 0200", "C401C1 00 0903 414243")
FIRMWARE = ("C001C2 0001 0100000200FF 0200", "C401C2 00 0902 3031")


def at(step, invoke_id: int):
    """A step of a script with another invoke-id."""
    return tuple(f"{text[:4]}C{invoke_id:X}{text[6:]}" if isinstance(text, str) else text for text in step)


def run(capsys, peer, *words):
    """Exit code, stdout, stderr."""
    code = main(["--port", str(peer.port), "--timeout", "5", *words])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    return code, captured.out, captured.err


# Several attributes


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["1-0:1.8.0*255", "2"], [("1-0:1.8.0*255", "2")]),
        (["1.0.1.8.0.255", "value"], [("1.0.1.8.0.255", "value")]),
        (["1-0:1.8.0*255:value"], [("1-0:1.8.0*255", "value")]),
        (["1-0:1.8.0:2", "1.0.2.8.0.255:3"], [("1-0:1.8.0", "2"), ("1.0.2.8.0.255", "3")]),
        (["1.0.1.8.0.255:2"] * 3, [("1.0.1.8.0.255", "2")] * 3),
    ],
)
def test_words_that_name_attributes(words, wanted):
    assert wanted_of(words) == wanted


@pytest.mark.parametrize(
    "words",
    [[ENERGY], ["1-0:1.8.0*255"], [ENERGY, "1.0.2.8.0.255"], ["a:2"], [f"{ENERGY}:"], [":2"], [ENERGY, "2", "3"]],
)
def test_words_that_do_not(words, capsys):
    with pytest.raises(UsageError):
        wanted_of(words)
    assert main(["get", *words]) == 2


def test_several_by_one_list(capsys):
    asked = "C003C1 02 00030100010800FF0200 00030100010800FF0300"
    words = ["get", f"{ENERGY}:value", f"{ENERGY}:scaler_unit", "--class", "3"]
    with Peer(OPEN, (asked, "C403C1 02 00 06000003E8 00 02020FFF161E"), RELEASE) as peer:
        code, out, err = run(capsys, peer, *words)
    assert (code, err) == (0, "")
    assert [line.split()[-2:] for line in out.splitlines() if "1-0:1.8.0" in line][0] == ["100.0", "Wh"]
    with Peer(OPEN, (asked, "C403C1 02 00 06000003E8 00 02020FFF161E"), RELEASE) as peer:
        code, out, _ = run(capsys, peer, *words, "--format", "json")
    assert [reading["attribute"] for reading in json.loads(out)] == [2, 3]
    assert json.loads(out)[0]["scaled"] == 100.0


def test_several_one_by_one_where_the_meter_has_no_lists(capsys):
    steps = [("C001C1 00030100010800FF0300", "C401C1 00 02020FFF161E"), ("C001C2 00030100010800FF0100", "C401C2 01 03")]
    with Peer((None, PLAIN_AARE), *steps, RELEASE) as peer:
        code, out, err = run(capsys, peer, "get", f"{ENERGY}:3", f"{ENERGY}:1", "--class", "3", "--format", "csv")
    assert code == 1
    assert len(out.splitlines()) == 3
    assert "read-write-denied" in out
    assert "1 of 2 values were refused: the rows say why" in err


def test_rows_of_one_attribute_only(capsys):
    assert main(["get", f"{ENERGY}:2", f"{ENERGY}:3", "--entries", "1", "2"]) == 2
    assert "one attribute" in capsys.readouterr().err


# Lists that are kept


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Lists are kept, in this folder."""
    monkeypatch.delenv("DLMS_NO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "dlms" / "objects"


def value(invoke_id: int):
    """Steps that read the value and the unit of the register, by their class."""
    return [at(("C001C1 00030100010800FF0200", "C401C1 00 0600000005"), invoke_id),
            at(("C001C1 00030100010800FF0300", "C401C1 00 02020F00161E"), invoke_id + 1)]  # fmt: skip


FIRST = [OPEN, DEVICE, at(LIST, 2), at(FIRMWARE, 3), *value(4), RELEASE]
AGAIN = [OPEN, DEVICE, FIRMWARE, *value(3), RELEASE]
UNDEFINED = [OPEN, DEVICE, FIRMWARE, at(("C001C1 00030100010800FF0200", "C401C1 01 04"), 3)]
GET = ["get", ENERGY, "value"]


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.exists() else []


def test_a_list_is_read_once(capsys, kept):
    for steps in (FIRST, AGAIN, AGAIN):
        with Peer(*steps) as peer:
            assert run(capsys, peer, *GET) == (0, "5 Wh\n", "")
    (file,) = files(kept)
    assert file.stat().st_mode & 0o777 == 0o600
    # another client may see something else
    with Peer(*FIRST) as peer:
        assert run(capsys, peer, "--client", "48", *GET)[0] == 0
    assert len(files(kept)) == 2
    # another firmware has other objects
    other = (FIRMWARE[0], FIRMWARE[1][:-2] + "32")
    with Peer(OPEN, DEVICE, other, at(LIST, 3), at(other, 4), *value(5), RELEASE) as peer:
        assert run(capsys, peer, *GET)[0] == 0
    with Peer(OPEN, DEVICE, other, *value(3), RELEASE) as peer:
        assert run(capsys, peer, *GET)[0] == 0


def test_no_cache(capsys, kept):
    with Peer(OPEN, LIST, *value(2), RELEASE) as peer:
        assert run(capsys, peer, "--no-cache", *GET)[0] == 0
    assert files(kept) == []


def test_an_undefined_object_drops_the_list(capsys, kept):
    for steps, code in ((FIRST, 0), (UNDEFINED, 1), (FIRST, 0)):
        with Peer(*steps) as peer:
            assert run(capsys, peer, *GET)[0] == code
        assert len(files(kept)) == (code == 0)
    several = at(
        ("C003C1 03 00030100010800FF0200 00030100010800FF0100 00030100010800FF0300", "C403C1 03 01 04 01 04 01 04"), 3
    )
    with Peer(OPEN, DEVICE, FIRMWARE, several, RELEASE) as peer:
        assert run(capsys, peer, "get", f"{ENERGY}:2", f"{ENERGY}:1")[0] == 1
    assert files(kept) == []


def test_what_a_kept_list_does_not_have_may_be_in_the_meter(capsys, kept):
    with Peer(*FIRST) as peer:
        run(capsys, peer, *GET)
    with Peer(OPEN, DEVICE, FIRMWARE, at(LIST, 3), at(FIRMWARE, 4)) as peer:
        code, _, err = run(capsys, peer, "get", "1.0.2.8.0.255", "value")
    assert code == 2
    assert "shows no object" in err


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"\xff\x00",
        lambda content: b"[]",
        lambda content: b"null",
        lambda content: content[:-9],
        lambda content: content.replace(b'"format": 1', b'"format": 2'),
        lambda content: content.replace(b'["01', b'["11'),
        lambda content: content.replace(b'["01', b'["zz'),
        lambda content: b'{"format": 1, "firmware": "09023031", "lists": [5]}',
        lambda content: b'{"format": 1, "firmware": "09023031", "lists": [null]}',
        lambda content: b'{"format": 1, "firmware": "09023031", "lists": []}',
        lambda content: b"[" * 100_000,
    ],
)
def test_a_damaged_list_is_ignored(capsys, kept, damage):
    with Peer(*FIRST) as peer:
        run(capsys, peer, *GET)
    (file,) = files(kept)
    content = file.read_bytes()
    file.write_bytes(damage(content))
    with Peer(*FIRST) as peer:
        assert run(capsys, peer, *GET) == (0, "5 Wh\n", "")
    assert files(kept)[0].read_bytes() == content


def test_a_folder_that_cannot_be_written(capsys, kept, monkeypatch):
    monkeypatch.setattr(cache.tempfile, "mkstemp", lambda **_: (_ for _ in ()).throw(PermissionError("no")))
    with Peer(*FIRST) as peer:
        assert run(capsys, peer, *GET) == (0, "5 Wh\n", "")
    assert files(kept) == []


def test_a_meter_that_does_not_say_who_it_is(capsys, kept):
    with Peer(OPEN, (DEVICE[0], "C401C1 01 04"), at(LIST, 2), *value(3), RELEASE) as peer:
        assert run(capsys, peer, *GET)[0] == 0
    assert files(kept) == []


# Raw APDUs


def test_raw(capsys):
    with Peer(OPEN, DEVICE, ("D9", "D80102"), RELEASE) as peer:
        code, out, _ = run(capsys, peer, "raw", DEVICE[0], "D9")
    assert code == 0
    assert "octet-string of 3 octets: ABC" in out
    assert "Data of 0-0:42.0.0*255" in out
    assert "service-error: service-not-supported (2)" in out
    with Peer(OPEN, DEVICE, RELEASE) as peer:
        code, out, _ = run(capsys, peer, "raw", DEVICE[0], "--format", "json")
    (answer,) = json.loads(out)
    assert answer["octets"].endswith("0903414243")


def test_raw_without_an_association(capsys):
    with Peer(DEVICE) as peer:
        assert run(capsys, peer, "--client", "16", "raw", "--no-association", DEVICE[0])[0] == 0
    assert (peer.requests[0].source, peer.requests[0].destination) == (16, 1)
    with Peer(DEVICE) as peer:
        assert run(capsys, peer, "raw", "--no-association", "0001 0077 0022 000D " + DEVICE[0])[0] == 0
    assert (peer.requests[0].source, peer.requests[0].destination) == (0x77, 0x22)


def test_raw_ends(capsys):
    with Peer(OPEN, (RELEASE[0], RELEASE[1]), RELEASE) as peer:  # the second release is answered, or not
        assert run(capsys, peer, "raw", RELEASE[0])[0] == 0
    with Peer(OPEN, (DEVICE[0], "C401C1 00 0903 4142")) as peer:
        code, out, _ = run(capsys, peer, "--timeout", "1", "raw", DEVICE[0])
    assert code == 1
    assert "!! " in out
    with Peer(OPEN, (DEVICE[0], None), RELEASE) as peer:
        assert run(capsys, peer, "raw", "--no-answer", DEVICE[0])[:2] == (0, "")
    with Peer(OPEN, (DEVICE[0], None)) as peer:
        assert run(capsys, peer, "--timeout", "0.3", "raw", DEVICE[0])[0] == 3
    assert main(["raw", "xyz"]) == 2


# Texts in quotes


@pytest.mark.parametrize(
    ("written", "wire"),
    [
        ('octet-string:"hello"', "090568656C6C6F"),
        ('octet-string:""', "0900"),
        ('octet-string:"\u00e9"', "0902C3A9"),
        ('octet-string:"a\\"b\\\\"', "09046122625C"),
        ('visible-string:"hello"', "0A0568656C6C6F"),
        ('utf8-string:"\u00e9"', "0C02C3A9"),
        ("visible-string:hello", "0A0568656C6C6F"),
        ('structure:["octet-string:\\"ab\\""]', "020109026162"),
    ],
)
def test_texts_in_quotes(written, wire):
    assert parse_value(written).encode().hex().upper() == wire


@pytest.mark.parametrize(
    "written", ['octet-string:"abc', 'octet-string:"a"b"', 'visible-string:"\u20ac"', 'octet-string:"a"x']
)
def test_texts_that_are_not_whole(written):
    with pytest.raises(UsageError):
        parse_value(written)


def test_what_is_printed_is_given_back_with_its_quotes():
    assert parse_value('{"type": "visible-string", "value": "\\"a\\""}') == axdr.visible_string('"a"')


# With the meter


@pytest.mark.wire
@pytest.mark.parametrize("kind", [[], ["--sn", "--client", "64"], ["--udp"]], ids=["names", "short", "udp"])
def test_the_meter_is_read_by_a_kept_list(meter, capsys, kept, kind):
    words = ["--host", f"{meter.host}:{meter.port}", "--timeout", "20", *kind]
    texts = []
    for _ in range(2):
        traced = main([*words, "--trace", "get", f"{ENERGY}:value", "0.0.1.0.0.255:time", f"{NAME}:2"])
        captured = capsys.readouterr()
        assert traced == 0, captured.err
        assert "Wh" in captured.out
        texts.append(captured.err)
    assert len(texts[1]) < len(texts[0]) / 2  # without the list
    assert len(files(kept)) == 1


@pytest.mark.wire
@pytest.mark.caps("config")
def test_raw_and_explained_with_the_meter(meter, capsys):
    words = ["--host", meter.host, "--port", str(meter.port), "--timeout", "20"]
    assert main([*words, "raw", "C001C1 000100002A0000FF 0200", "C001C2 000F0000280000FF0200"]) == 0
    assert "GET-response-normal" in capsys.readouterr().out
    assert main([*words, "--trace=explain", "--pdu-size", "128", "get", f"{ENERGY}:2"]) == 0
    assert "joined" in capsys.readouterr().err
