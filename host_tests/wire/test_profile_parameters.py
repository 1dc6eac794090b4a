"""Protocol_Connection_Parameters in the log (IEC 62056-9-7 §8), and what the log never
shows: secrets, or more than it may.
"""

import re

import pytest

from host_tests.harness.raw import RawUdp, wpdu
from host_tests.wire.apdus import (
    AARQ,
    CLIENT_MANAGEMENT,
    MANAGEMENT,
    OTHER_DEVICE,
    PUBLIC,
    RLRE,
    RLRQ,
    UNCONFIRMED_AARQ,
    aarq,
    ask,
    associate,
    get,
    is_aare,
    receive,
    serves,
)

# A serial number of its own for each test, so that each has a meter of its own: a
# log is bounded in what it shows.
pytestmark = [pytest.mark.prefers(backfill_days=0), pytest.mark.caps("own-process")]


def endpoint(host, port):
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parameters(link, meter, host, client, server):
    """Both triplets and the protocol, as the log shows them."""
    own = endpoint(host, link.socket.getsockname()[1])
    protocol = "UDP" if isinstance(link, RawUdp) else "TCP"
    return f"{protocol} client={own}/{client} server={endpoint(host, meter.port)}/{server}"


class TestParameters:
    @pytest.mark.meter_config(serial="00000021")
    @pytest.mark.req("B-22", "A-54", "A-55", "B-21")
    def test_of_an_association_when_it_opens_and_ends(self, link, meter, host, logged):
        for client, server in ((PUBLIC, MANAGEMENT), (CLIENT_MANAGEMENT, OTHER_DEVICE)):
            associate(link, client, server)
            logged("dlms aa-open", parameters(link, meter, host, client, server))
        assert ask(link, RLRQ) == RLRE
        logged("dlms aa-close", parameters(link, meter, host, PUBLIC, 1))

    @pytest.mark.meter_config(serial="00000022")
    @pytest.mark.req("B-22")
    def test_of_an_association_that_is_refused(self, link, meter, host, logged):
        assert is_aare(ask(link, aarq("secret")), 1)
        logged("dlms aa-refused", parameters(link, meter, host, PUBLIC, 1), "answer=01010d")

    @pytest.mark.meter_config(serial="00000026")
    @pytest.mark.req("A-30", "A-58", "C-26")
    def test_of_every_aarq_that_is_refused(self, tcp, meter, host, logged):
        """Of a client that nobody knows, and one that cannot be decoded."""
        link = tcp()
        for client, apdu in ((77, AARQ), (PUBLIC, bytes.fromhex("6003A10100"))):
            assert ask(link, apdu, client).hex().upper() == "6117A109060760857405080101A203020101A305A103020101"
            logged("dlms aa-refused", parameters(link, meter, host, client, 1), "answer=010101")

    @pytest.mark.meter_config(serial="00000027", log="DEBUG")
    @pytest.mark.req("A-28", "A-29", "A-40", "A-42", "A-58", "B-07")
    def test_of_what_is_dropped(self, tcp, udp, meter, host, logged):
        """At DEBUG every WPDU without an answer has a line, and what is no WPDU too."""
        link, datagrams = tcp(), udp()
        for client, server, apdu, reason in (
            (PUBLIC, 0, AARQ, "no-station"),
            (PUBLIC, 9, AARQ, "no-device"),
            (PUBLIC, 1, UNCONFIRMED_AARQ, "unconfirmed-over-tcp"),
        ):
            link.send(wpdu(client, server, apdu))
            logged("DEBUG", "dlms dropped", parameters(link, meter, host, client, server), f"reason={reason}")
        datagrams.send(wpdu(PUBLIC, 1, get()))
        logged("DEBUG", "dlms dropped", parameters(datagrams, meter, host, PUBLIC, 1), "reason=no-association")
        peer = endpoint(host, datagrams.socket.getsockname()[1])
        for octets, reason in (
            ("00010010000100", "length"),
            ("0001001000010002 62", "length"),
            ("0002001000010002 6200", "version"),
        ):
            datagrams.send(bytes.fromhex(octets))
            logged("DEBUG", "udp dropped", f"peer={peer}", f"reason={reason}")
        associate(link)
        assert serves(link)

    @pytest.mark.meter_config(serial="00000023")
    @pytest.mark.req("A-25", "A-33", "A-52", "B-11", "B-22")
    @pytest.mark.parametrize("end", ["version", "fin", "reset"])
    def test_of_all_associations_when_the_connection_ends(self, tcp, meter, host, logged, end):
        link = tcp()
        for client in (PUBLIC, CLIENT_MANAGEMENT):
            associate(link, client)
        texts = [parameters(link, meter, host, client, 1) for client in (PUBLIC, CLIENT_MANAGEMENT)]
        own = endpoint(host, link.socket.getsockname()[1])
        if end == "version":
            link.send("0002001000010000")
            assert link.closed()
        elif end == "fin":
            link.finish()
            assert link.closed()
        else:
            link.reset()
        for text in texts:
            logged("dlms aa-close", text)
        reason = {"version": "version", "fin": "peer", "reset": "error-104"}[end]
        logged("tcp accept", own)
        logged("tcp close", own, "reason=" if end == "reset" else f"reason={reason}")


@pytest.mark.meter_config(serial="00000024")
class TestSecrets:
    @pytest.mark.req("B-22")
    @pytest.mark.caps("auth-failures", "writes")
    def test_are_not_in_the_log(self, opener, meter, logged, pytestconfig):
        """Right and wrong passwords, one that is written, and one inside
        an APDU that makes no sense.
        """
        secrets = [
            pytestconfig.getoption("--password"),
            pytestconfig.getoption("--manager-password"),
            "0pen5esame",
            "wr0ngw0rd",
        ]
        reader, manager = pytestconfig.getoption("--client"), pytestconfig.getoption("--manager")
        link = opener()
        associate(link, reader, request=aarq(secrets[0]))
        associate(link, manager, request=aarq(secrets[1]))
        assert is_aare(ask(link, aarq(secrets[3]), reader), 1)
        # LLS_secret of the association, attribute 7, written and put back
        for secret in (secrets[2], secrets[1]):
            written = (
                b"\xc1\1\xc1" + bytes.fromhex("000F 0000280000FF 07 00 09") + bytes((len(secret),)) + secret.encode()
            )
            assert ask(link, written, manager)[:3].hex() == "c501c1"
        link.send(wpdu(manager, MANAGEMENT, b"\xc1\1\xc1" + secrets[2].encode()))
        link.send(wpdu(reader, MANAGEMENT, b"\x60\x20\xac" + secrets[3].encode()))
        link.send(wpdu(PUBLIC, OTHER_DEVICE, AARQ))
        while receive(link)[2:6] != bytes((0, OTHER_DEVICE, 0, PUBLIC)):
            pass
        logged("aa-open", f":{link.socket.getsockname()[1]}/{PUBLIC} ")
        text = meter.process.log.read_text(encoding="utf-8").lower()
        for secret in secrets:
            for form in (secret, secret.encode().hex(), repr(secret.encode())):
                assert form.lower() not in text


@pytest.mark.meter_config(serial="00000025")
class TestRate:
    BURST = 50
    PER_SECOND = 20

    @pytest.mark.req("B-22")
    def test_lines_of_a_flood_are_counted_and_not_printed(self, tcp, meter, logged):
        link = tcp()
        for _ in range(500):
            associate(link)
            assert ask(link, RLRQ) == RLRE
        # the next line that goes out shows how many did not
        for _ in range(100):
            associate(link)
            assert ask(link, RLRQ) == RLRE
            assert link.nothing(0.01)
        logged("WARN", "log lost lines=")
        lines = [line.split() for line in meter.process.log.read_text(encoding="utf-8").splitlines()]
        events = [words for words in lines if words[0] in ("INFO", "WARN") and words[1].isdigit()]
        lost = sum(int(words[4].partition("=")[2]) for words in events if words[2:4] == ["log", "lost"])
        assert lost > 500
        shown = [words for words in events if words[2] != "log"]
        seconds = (int(events[-1][1]) - int(events[0][1])) / 1000
        assert len(shown) <= self.BURST + self.PER_SECOND * (seconds + 1)
        assert serves_again(tcp)

    @pytest.mark.req("B-22")
    def test_every_line_has_its_form(self, tcp, meter, logged):
        associate(tcp())
        form = re.compile(r"(READY .*|(DEBUG|INFO|WARN|ERROR) \d+ [a-z]+ [a-z-]+ .*)")
        for line in meter.process.log.read_text(encoding="utf-8").splitlines():
            assert form.fullmatch(line), line


def serves_again(tcp):
    link = tcp()
    associate(link)
    return serves(link)
