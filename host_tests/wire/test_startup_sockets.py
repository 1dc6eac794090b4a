"""Which addresses and port the meter takes when it starts, and what it says when it cannot."""

import dataclasses
import json
import shutil
import socket
import subprocess

import pytest

from host_tests.harness import probe
from host_tests.harness.raw import RawTcp, RawUdp
from host_tests.wire.apdus import AARQ, RLRQ, ask, associate, is_aare
from tools.launcher import Meter, StartError

pytestmark = pytest.mark.caps("own-process")

# In a network of its own without IPv6: `sh` words that end with the interpreter's.
_NO_IPV6 = 'ip link set lo up && echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && exec "$@"'


@pytest.fixture
def start(micropython, tmp_path):
    """Starts meters with these settings; all are stopped after the test, with exit code 0."""
    started = []

    def one(interpreter=micropython, **settings):
        meter = Meter(
            {"port": 0, "backfill_days": 0, **settings}, micropython=interpreter, log=tmp_path / f"{len(started)}.log"
        )
        meter.start()
        started.append(meter)
        return meter

    yield one
    assert [meter.stop() for meter in started] == [0] * len(started)


def have_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not have_ipv6(), reason="this computer has no IPv6")


def answers(meter, host):
    """Whether it answers at that address over both transports."""
    port = meter.ready.port
    link = RawUdp((host, port), 10)
    try:
        over_udp = is_aare(ask(link, AARQ))
        link.send(b"\0\1\0\x10\0\1\0\5" + RLRQ)
    except ConnectionRefusedError:
        over_udp = False
    finally:
        link.close()
    assert probe.answers(host, port) == over_udp
    return over_udp


@pytest.mark.req("A-10", "A-11", "B-21")
def test_any_port_is_one_number_for_both_transports_and_families(start):
    meters = [start() for _ in range(3)]
    assert len({meter.ready.port for meter in meters}) == 3
    for meter in meters:
        assert set(meter.ready.ip) == ({"127.0.0.1", "::1"} if have_ipv6() else {"127.0.0.1"})
        for host in meter.ready.ip:
            assert answers(meter, host)


@needs_ipv6
@pytest.mark.req("B-21", "A-10")
@pytest.mark.parametrize(("bind", "other"), [("127.0.0.1", "::1"), ("::1", "127.0.0.1")])
def test_only_the_addresses_asked_for(start, bind, other):
    meter = start(bind=bind)
    assert meter.ready.ip == (bind,)
    assert answers(meter, bind)
    assert not answers(meter, other)


@needs_ipv6
@pytest.mark.req("B-21")
@pytest.mark.parametrize("bind", ["0.0.0.0,::", "::,0.0.0.0"])
def test_all_addresses_of_both_families_on_one_number(start, bind):
    """IPV6_V6ONLY: without it the second family would find the port taken."""
    meter = start(bind=bind)
    for host in ("127.0.0.1", "::1"):
        assert answers(meter, host)


@pytest.mark.req("A-10", "A-65")
@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1", "127.0.0.9"])
def test_nobody_shares_the_port_of_every_address(start, host):
    """The sockets of the single addresses share it with that of all of them, when the
    meter starts, and with no other program.
    """
    meter = start(bind="0.0.0.0")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind((host, meter.ready.port))


@needs_ipv6
@pytest.mark.req("A-10", "B-21")
@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_port_taken_on_one_transport_of_one_family(micropython, kind, family):
    with socket.socket(family, kind) as taken:
        # whoever has the port shares it with those who ask for it in the
        # same way: the meter does not
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("::1" if family == socket.AF_INET6 else "127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StartError) as caught:
            Meter({"port": port, "backfill_days": 0}, micropython=micropython).start()
    assert caught.value.exit_code == 1
    assert f":{port}: the port is taken" in caught.value.line


@pytest.mark.req("A-10")
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"bind": "192.0.2.1"}, "192.0.2.1"),
        ({"bind": "2001:db8::1"}, "2001:db8::1"),
        ({"broadcast": 17}, "broadcast: wPort 17 is a logical device"),
        ({"broadcast": 1}, "broadcast: wPort 1 is a logical device"),
        ({"broadcast": 300, "device2": 300}, "broadcast: wPort 300 is a logical device"),
        ({"device2": 1}, "device2"),
        ({"device2": 65536}, "device2"),
        ({"udp_inactivity": 0}, "udp_inactivity"),
    ],
)
def test_what_cannot_be_is_one_line(micropython, settings, said):
    with pytest.raises(StartError) as caught:
        Meter({"port": 0, "backfill_days": 0, **settings}, micropython=micropython).start()
    assert caught.value.exit_code == 1
    assert said in caught.value.line


@pytest.mark.req("A-10")
def test_started_again_at_once_on_the_same_port(start, micropython):
    """Connections that the meter closed itself linger on its port:
    SO_REUSEADDR lets it listen again.
    """
    with Meter({"port": 0, "backfill_days": 0}, micropython=micropython) as first:
        port = first.ready.port
        for host in first.ready.ip:
            link = RawTcp((host, port), 10)
            associate(link)
            link.send("0002001000010000")
            assert link.closed()
            link.close()
    again = start(port=port)
    for host in again.ready.ip:
        assert answers(again, host)


@pytest.mark.req("B-21")
def test_computer_without_ipv6(start, micropython):
    """It says so and serves IPv4, from within a network of its own."""
    words = ("unshare", "--user", "--map-root-user", "--net", "sh", "-c", _NO_IPV6, "sh")
    if (
        not all(map(shutil.which, ("unshare", "ip")))
        or subprocess.run([*words, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("a network without IPv6 cannot be made here")
    meter = start(dataclasses.replace(micropython, words=(*words, *micropython.words)))
    assert meter.ready.ip == ("127.0.0.1",)
    assert any(
        line.startswith("WARN ") and line.endswith("net no-ipv6 host=::1") for line in meter.log_tail().splitlines()
    )


@pytest.mark.req("A-10")
@pytest.mark.parametrize(
    "bind", ["localhost", "300.1.1.1", "1.2.3", "127.0.0.1,", "2001:db8::1::2", "12345::", "g::", "1:2:3:4:5:6:7:8:9"]
)
def test_an_address_that_is_none(micropython, bind):
    with pytest.raises(StartError) as error:
        Meter({"port": 0, "backfill_days": 0, "bind": bind}, micropython=micropython).start()
    assert error.value.exit_code == 1
    assert "is not a numeric address" in str(error.value)


@pytest.mark.req("E-50")
@pytest.mark.parametrize(("bind", "content", "clients"), [
    ("127.0.0.1,::1", None, None),
    ("0.0.0.0", None, "management,reader"),
    ("0.0.0.0", {"reader": "a secret of its own", "management": "12345678"}, "management"),
    ("0.0.0.0", {"reader": "a secret of its own", "management": "and another"}, None),
])  # fmt: skip
def test_meter_that_others_can_reach_tells_of_published_secrets(start, tmp_path, bind, content, clients):
    settings = {}
    if content is not None:
        path = tmp_path / "secrets.json"
        path.write_text(json.dumps(content))
        settings["secrets"] = str(path)
    meter = start(bind=bind.split(",")[0] if not have_ipv6() else bind, **settings)
    said = [line for line in meter.log_tail().splitlines() if "published-secrets" in line]
    assert [line.split()[0] + " " + line.split()[-1] for line in said] == (
        [f"WARN clients={clients}"] if clients else []
    )
