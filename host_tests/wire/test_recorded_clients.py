"""What shipped clients send, octet by octet, played to the meter without them: their
habits stay served when they are left out.

Recorded from Gurux's Python client 1.0.203 and from dlms-cosem 25.1.0: both propose services that
the meter has not, and release with a plain InitiateRequest in the RLRQ, which belongs to ciphered
associations; dlms-cosem names itself in calling-AP-title.
"""

from __future__ import annotations

import pytest

from host_tests.harness.meters import MeterHandle
from host_tests.harness.raw import RawLinks, wpdu
from host_tests.harness.roster import ROSTER
from host_tests.wire.aas import PUBLIC, READER
from host_tests.wire.apdus import MANAGEMENT

SECRET = (ROSTER.secret("reader") or "").encode()
LOW = f"8A0207808B0760857405080201AC{len(SECRET) + 2:02X}80{len(SECRET):02X}" + SECRET.hex()
GURUX = "BE10040E01000000065F1F0400401E5DFFFF"
COSEM = "BE10040E01000000065F1F040020525FFFFF"


def aarq_of(content: str) -> str:
    """The AARQ with its length, which depends on that of the secret."""
    return f"60{len(content) // 2:02X}" + content


CLIENTS = {
    "gurux-public": (PUBLIC, "601DA109060760857405080101" + GURUX, "6215800100" + GURUX, "001E5D"),
    "gurux-reader": (READER, aarq_of("A109060760857405080101" + LOW + GURUX), "6215800100" + GURUX, "001E5D"),
    "dlms-cosem-public": (
        PUBLIC,
        "6029A109060760857405080101A60A040875746930A2E5A485" + COSEM,
        "6215800100" + COSEM,
        "20125D",
    ),
    "dlms-cosem-reader": (
        READER,
        aarq_of("A109060760857405080101A60A04087574691191897758" + LOW + COSEM),
        "6215800100" + COSEM,
        "20125D",
    ),
}


@pytest.mark.limits(GBT_WINDOW=1)
@pytest.mark.req("C-25", "C-38", "C-50", "B-10")
@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_recorded_session_is_served(raw: RawLinks, meter: MeterHandle, transport: str, name: str) -> None:
    wport, aarq, rlrq, conformance = CLIENTS[name]
    link = raw.udp() if transport == "udp" else raw.tcp()
    aare = link.ask(wpdu(wport, MANAGEMENT, bytes.fromhex(aarq)))
    accepted = (
        "6129A109060760857405080101A203020100A305A103020100BE10040E0800065F1F0400"
        + conformance
        + f"{meter.limits.PDU:04X}0007"
    )
    assert aare == wpdu(MANAGEMENT, wport, bytes.fromhex(accepted))
    name_of_device = link.ask(wpdu(wport, MANAGEMENT, bytes.fromhex("C001C1000100002A0000FF0200")))
    assert name_of_device[8:14] == bytes.fromhex("C401C1000910")
    assert link.ask(wpdu(wport, MANAGEMENT, bytes.fromhex(rlrq))) == wpdu(
        MANAGEMENT, wport, bytes.fromhex("6303800100")
    )
