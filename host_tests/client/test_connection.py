"""Where the connection comes from: options, variables, named meters, defaults;
what others may read is refused.
"""

from __future__ import annotations

import pytest

from host_tests.client.peer import Peer
from host_tests.client.test_cli_commands import OPEN, RELEASE
from tools.cli.connection import SETTINGS, conformance, resolve
from tools.cli.main import main
from tools.cli.options import build_parser
from tools.dlmsclient import Conformance, UsageError
from tools.dlmsclient.initiate import CLIENT_CONFORMANCE

METERS = """\
[lab]
host = "[2001:db8::7]:4060"
client = 48
udp = true
password-file = "lab.secret"
pdu_size = 512
conformance = ["get", "set"]

[open]
host = "meter.example"
sn = true
"""


def resolved(*words: str, **environment: str):
    """The options of a command line in this environment."""
    options = build_parser().parse_args([*words, "objects"])
    resolve(options, environment)
    return options


@pytest.fixture
def meters(tmp_path):
    """A file of meters and a secret, as they should be; the environment that names it."""
    (tmp_path / "lab.secret").write_text("s3cret\nnot this\n")
    (tmp_path / "lab.secret").chmod(0o600)
    (tmp_path / "meters.toml").write_text(METERS)
    return {"DLMS_METERS": str(tmp_path / "meters.toml")}


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("192.0.2.7", "192.0.2.7", 4059),
        ("192.0.2.7:4060", "192.0.2.7", 4060),
        ("meter.example:1", "meter.example", 1),
        ("[::1]:4060", "::1", 4060),
        ("[::1]", "::1", 4059),
        ("::1", "::1", 4059),
        ("fe80::1%eth0", "fe80::1%eth0", 4059),
        ("[fe80::1%eth0]:5", "fe80::1%eth0", 5),
    ],
)
def test_host_and_port_in_one(text, host, port):
    for options in (resolved("--host", text), resolved(DLMS_HOST=text)):
        assert (options.host, options.port) == (host, port)


@pytest.mark.parametrize("text", ["", "[::1", "::1]:5", "[]", "a:b", "a:0", "a:65536", "a:", "[::1]x", "[::1]:"])
def test_what_is_no_host(text, capsys):
    with pytest.raises(UsageError, match="--host"):
        resolved("--host", text)
    assert main(["--host", text, "objects"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_two_ports_are_one_too_many():
    with pytest.raises(UsageError, match="two ports"):
        resolved("--host", "a:5", "--port", "6")
    assert resolved("--host", "a:5", "--port", "5").port == 5
    assert resolved("--host", "a:5", DLMS_PORT="6").port == 5  # each level for itself
    assert resolved("--port", "6", DLMS_HOST="a:5").port == 6


def test_every_option_has_a_variable_and_an_entry(meters, tmp_path, monkeypatch):
    samples = {
        "host": ("m", "m"), "port": ("5", 5), "udp": ("yes", True), "interface": ("eth0", "eth0"), "client": ("17", 17),
        "server": ("2", 2),
        "sn": ("1", True), "password": ("x", "x"), "password_file": ("lab.secret", None), "pdu_size": ("128", 128),
        "gbt": ("3", 3),
        "timeout": ("1.5", 1.5), "conformance": ("get,set", Conformance.GET | Conformance.SET), "no_cache": ("on",
        True),
    }  # fmt: skip
    assert set(samples) == {setting.name for setting in SETTINGS}
    monkeypatch.chdir(tmp_path)
    for name, (text, value) in samples.items():
        options = resolved(**{f"DLMS_{name.upper()}": text})
        assert getattr(options, "password" if name == "password_file" else name) == (value or "s3cret"), name
        (tmp_path / "meters.toml").write_text(f'[one]\n{name} = "{text}"\n')
        (tmp_path / "meters.toml").chmod(0o600)
        options = resolved("--meter", "one", **meters)
        assert getattr(options, "password" if name == "password_file" else name) == (value or "s3cret"), name


def test_which_goes_before_which(meters):
    assert (resolved().client, resolved().pdu_size, resolved().host) == (None, 65535, "127.0.0.1")
    options = resolved("--meter", "lab", **meters)
    assert (options.host, options.port, options.client, options.udp, options.pdu_size) == (
        "2001:db8::7",
        4060,
        48,
        True,
        512,
    )
    assert options.password == "s3cret"
    assert options.conformance == Conformance.GET | Conformance.SET
    assert resolved("--meter", "lab", DLMS_CLIENT="32", **meters).client == 32
    assert resolved("--meter", "lab", "--client", "16", DLMS_CLIENT="32", **meters).client == 16
    assert resolved("--meter", "lab", "--password", "", **meters).password == ""
    assert resolved("--meter", "lab", DLMS_PASSWORD="other", **meters).password == "other"
    assert not resolved("--meter", "lab", "--tcp", **meters).udp
    assert not resolved("--meter", "open", "--ln", **meters).sn
    assert resolved(DLMS_METER="open", **meters).host == "meter.example"
    assert resolved("--meter", "lab", DLMS_METER="open", **meters).client == 48


def test_where_the_file_is(meters, tmp_path):
    folder = tmp_path / "configuration" / "dlms"
    folder.mkdir(parents=True)
    (folder / "meters.toml").write_text('[here]\nhost = "there"\n')
    assert resolved("--meter", "here", XDG_CONFIG_HOME=str(folder.parent)).host == "there"
    with pytest.raises(UsageError, match=r"there is no .*none/dlms/meters.toml"):
        resolved("--meter", "here", XDG_CONFIG_HOME=str(tmp_path / "none"))


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o601, 0o644, 0o666])
def test_a_file_with_a_secret_that_others_may_read_is_refused(meters, tmp_path, mode, capsys, monkeypatch):
    file = tmp_path / "meters.toml"
    file.chmod(mode)
    assert resolved("--meter", "open", **meters).host == "meter.example"  # no secret in it
    file.write_text(METERS + '[other]\npassword = "x"\n')
    monkeypatch.setenv("DLMS_METERS", str(file))
    assert main(["--meter", "open", "objects"]) == 2
    err = capsys.readouterr().err
    assert err == f"error: {file} has a secret that others may read (mode {mode:03o}): chmod 600 {file}.\n"
    file.chmod(0o600)
    assert resolved("--meter", "open", **meters).host == "meter.example"
    (tmp_path / "lab.secret").chmod(mode)
    with pytest.raises(UsageError, match="others may read"):
        resolved("--meter", "lab", **meters)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lab", "is no TOML"),
        ("\xff", "is no TOML"),
        ("lab = 5", "has no meter 'lab'; there are: none"),
        ("[other]\n[third]", "has no meter 'lab'; there are: other, third"),
        ("[lab]\nhots = 'x'", "no such entry"),
        ("[lab]\nport = 70000", "70000 is not 1 to 65535"),
        ("[lab]\nudp = 'perhaps'", "neither true nor false"),
        ("[lab]\nhost = [1]", "is no value"),
        ("[lab]\nhost = 'a:x'", "not a whole number"),
        ("[lab]\npassword = 'a'\npassword_file = 'b'", "give one of them"),
        ("[lab]\npassword_file = 'none'", "cannot be read"),
        ("[lab]\nconformance = 'gett'", "'gett' is none of general-protection"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_in_one_line(tmp_path, text, said, monkeypatch, capsys):
    file = tmp_path / "meters.toml"
    file.write_bytes(text.encode("latin-1"))
    file.chmod(0o600)
    monkeypatch.setenv("DLMS_METERS", str(file))
    assert main(["--meter", "lab", "objects"]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("variable", "text"), [("PORT", "x"), ("UDP", "maybe"), ("CLIENT", "0"), ("TIMEOUT", "0"), ("CONFORMANCE", "x")]
)
def test_a_wrong_variable_is_named(variable, text, monkeypatch, capsys):
    monkeypatch.setenv(f"DLMS_{variable}", text)
    assert main(["objects"]) == 2
    assert f"DLMS_{variable}" in capsys.readouterr().err


def test_conformance_by_names_and_octets():
    assert conformance("00501F") == conformance("0x00501f") == Conformance(0x501F)
    assert conformance("get, action") == Conformance.GET | Conformance.ACTION
    assert conformance("") == Conformance(0)


GET_ONLY = OPEN[1].replace("0000BE1D", "00000010")


@pytest.mark.parametrize(
    ("words", "proposed"),
    [
        (["--conformance", "get"], Conformance.GET),
        (["--conformance", "00501F"], Conformance(0x501F)),
        ([], CLIENT_CONFORMANCE),
    ],
)
def test_what_is_proposed(words, proposed):
    with Peer((None, GET_ONLY), ("C001C1 0001 00002A0000FF 0200", "C401C1 00 1105"), RELEASE) as peer:
        assert main(["--host", f"127.0.0.1:{peer.port}", *words, "get", "0.0.42.0.0.255", "2", "--class", "1"]) == 0
    assert bytes.fromhex("5F1F0400") + int(proposed).to_bytes(3, "big") in peer.requests[0].apdu


def test_invoke_id_and_service_class(capsys):
    common = ["--class", "1", "--invoke-id", "9", "--service-class", "unconfirmed"]
    with Peer(OPEN, ("C00189 0001 00002A0000FF 0200", "C40189 00 1105"), RELEASE) as peer:
        assert main(["--port", str(peer.port), "get", "0.0.42.0.0.255", "2", *common]) == 0
    assert capsys.readouterr().out == "5\n"
    with Peer(OPEN, ("C10189 0001 00002A0000FF 0200 1105", None), RELEASE) as peer:
        assert main(["--port", str(peer.port), "set", "0.0.42.0.0.255", "2", "unsigned:5", *common]) == 0
    assert capsys.readouterr().err.endswith(": sent\n")
    with Peer(OPEN, ("C30189 0001 00002A0000FF 01 01 0F00", None), RELEASE) as peer:
        assert main(["--port", str(peer.port), "action", "0.0.42.0.0.255", "1", *common]) == 0


@pytest.mark.parametrize("content", ["12345678\n", "12345678", "12345678\r\nmore\n", "hex:3132333435363738\n"])
def test_the_password_of_a_file(tmp_path, content):
    file = tmp_path / "secret"
    file.write_text(content, newline="")
    file.chmod(0o600)
    with Peer(OPEN, ("C001C1 0001 00002A0000FF 0200", "C401C1 00 1105"), RELEASE) as peer:
        words = ["--port", str(peer.port), "--client", "99", "--password-file", str(file)]
        assert main([*words, "get", "0.0.42.0.0.255", "2", "--class", "1"]) == 0
    assert b"\xac\x0a\x80\x0812345678" in peer.requests[0].apdu
