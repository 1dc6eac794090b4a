"""APDUs of the wire tests, octet by octet: requests as a client would send
them, and what they are answered with.

Everything here can be read by the public client and is there in every meter of the profile, so that
the tests of transports and associations run against any of them.
"""

from __future__ import annotations

import select

from host_tests.harness.raw import HEADER, RawTcp, RawUdp, wpdu
from host_tests.harness.roster import ROSTER

_CLIENTS = {"PUBLIC": "public", "CLIENT_MANAGEMENT": "client-management"}


def __getattr__(name: str) -> int:
    """wPorts of the meter under test.

    PUBLIC, CLIENT_MANAGEMENT    clients: public, and the client management process,
                                 which has public rights too
    MANAGEMENT, OTHER_DEVICE     logical devices: the management one, and a second one
    """
    if name in _CLIENTS:
        return ROSTER.wport(_CLIENTS[name])
    if name == "MANAGEMENT":
        return ROSTER.management
    if name == "OTHER_DEVICE":
        return ROSTER.other_device
    raise AttributeError(name)


RLRQ = bytes.fromhex("6203800100")
RLRE = bytes.fromhex("6303800100")
NOT_ALLOWED = bytes.fromhex("D80102")  # ExceptionResponse service-not-allowed, service-not-supported
TOO_LONG = bytes.fromhex("D80104")  # … pdu-too-long

DEVICE_NAME = "0.0.42.0.0.255"  # logical device name
CURRENT_ASSOCIATION = "0.0.40.0.0.255"

_LOWEST = "A109060760857405080101"
_LOW = "A1090607608574050801018A0207808B0760857405080201"
CONFORMANCE = 0x007E1F


def initiate(pdu_size: int = 0x04B0, response_allowed: bool = True, conformance: int = CONFORMANCE) -> bytes:
    """InitiateRequest (REQUIREMENTS C-30)."""
    start = bytes.fromhex("01000000" if response_allowed else "0100010000")
    return start + bytes.fromhex("065F1F0400") + conformance.to_bytes(3, "big") + pdu_size.to_bytes(2, "big")


def aarq(
    password: str | None = None, pdu_size: int = 0x04B0, response_allowed: bool = True, conformance: int = CONFORMANCE
) -> bytes:
    """AARQ of lowest level security, or of low level security with a password."""
    unit = bytes.fromhex(_LOWEST if password is None else _LOW)
    if password is not None:
        secret = password.encode()
        unit += bytes((0xAC, len(secret) + 2, 0x80, len(secret))) + secret
    info = initiate(pdu_size, response_allowed, conformance)
    body = unit + bytes((0xBE, len(info) + 2, 0x04, len(info))) + info
    return bytes((0x60, len(body))) + body


AARQ = aarq()
SMALL_AARQ = aarq(pdu_size=128)
UNCONFIRMED_AARQ = aarq(response_allowed=False)


def descriptor(class_id: int, instance: str, attribute_id: int) -> bytes:
    """class-id, instance-id, attribute-id (or a method's)."""
    return class_id.to_bytes(2, "big") + bytes(int(part) for part in instance.split(".")) + bytes((attribute_id,))


def get(class_id: int = 1, instance: str = DEVICE_NAME, attribute_id: int = 2, iip: int = 0xC1) -> bytes:
    """GET-request-normal; without arguments that of the logical device name."""
    return bytes((0xC0, 1, iip)) + descriptor(class_id, instance, attribute_id) + b"\0"


def get_next(block: int, iip: int = 0xC1) -> bytes:
    """GET-request-next."""
    return bytes((0xC0, 2, iip)) + block.to_bytes(4, "big")


def set_(class_id: int, instance: str, attribute_id: int, value: bytes, iip: int = 0xC1) -> bytes:
    """SET-request-normal."""
    return bytes((0xC1, 1, iip)) + descriptor(class_id, instance, attribute_id) + b"\0" + value


NOTE = (1, "0.0.96.128.1.255", 2)  # a double-long-unsigned that a client of the reference meter may write


def set_note(value: int, iip: int) -> bytes:
    """SET-request-normal of the note."""
    return set_(*NOTE, b"\x06" + value.to_bytes(4, "big"), iip)


# Answered in one APDU, or, in an AA opened with SMALL_AARQ, in blocks.
OBJECT_LIST = get(15, CURRENT_ASSOCIATION, 2)


def is_name(apdu: bytes, iip: int = 0xC1) -> bool:
    """Whether this is the answer to `get(iip=iip)`: an octet-string with success."""
    return len(apdu) > 6 and apdu[:5] == bytes((0xC4, 1, iip, 0, 0x09)) and apdu[5] == len(apdu) - 6


def is_aare(apdu: bytes, result: int = 0) -> bool:
    """Whether this is an AARE of lowest or low level security with that result."""
    return apdu[:1] == b"\x61" and apdu[13:18] == bytes((0xA2, 3, 2, 1, result))


def diagnostic(aare: bytes) -> tuple[int, int]:
    """(source: 1 user, 2 provider; diagnostic) of an AARE."""
    return aare[20] & 3, aare[24]


def receive_pdu_size(aare: bytes) -> int:
    """server-max-receive-pdu-size: the octets in front of vaa-name, which ends an accepting AARE."""
    return int.from_bytes(aare[-4:-2], "big")


def _ends(client: int | None, server: int | None) -> tuple[int, int]:
    """The wPorts of both ends: those of the public client and the management
    logical device where none are named.
    """
    return ROSTER.wport("public") if client is None else client, ROSTER.management if server is None else server


def apdu_of(answer: bytes, client: int | None = None, server: int | None = None) -> bytes:
    """The APDU of a response WPDU, whose header must be exactly right (REQUIREMENTS A-01 to A-04)."""
    client, server = _ends(client, server)
    assert answer[:HEADER] == wpdu(server, client, answer[HEADER:])[:HEADER]
    return answer[HEADER:]


def receive(link: RawTcp | RawUdp) -> bytes:
    """The next WPDU, whichever the transport."""
    return link.receive() if isinstance(link, RawUdp) else link.receive_wpdu()


def ask(link: RawTcp | RawUdp, apdu: bytes, client: int | None = None, server: int | None = None) -> bytes:
    """Send one APDU and return the APDU that is the next thing to come
    back, between the same two wPorts.
    """
    return apdu_of(link.ask(wpdu(*_ends(client, server), apdu)), client, server)


def associate(
    link: RawTcp | RawUdp, client: int | None = None, server: int | None = None, request: bytes = AARQ
) -> bytes:
    """Open an association and return the AARE, which must accept."""
    ROSTER.expect(*_ends(client, server))
    aare = ask(link, request, client, server)
    assert is_aare(aare), aare.hex()
    if isinstance(link, RawUdp):
        link.pairs.add(_ends(client, server))
    return aare


def serves(link: RawTcp | RawUdp, client: int | None = None, server: int | None = None, iip: int = 0xC1) -> bool:
    """Whether the very next answer is the one to a GET that is sent now. Proves, too,
    that nothing else was answered before.
    """
    return is_name(ask(link, get(iip=iip), client, server), iip)


def silent(link: RawTcp | RawUdp) -> bool:
    """Whether nothing has arrived up to now; worth something after `settle` only."""
    return not select.select([link.socket], [], [], 0)[0]
