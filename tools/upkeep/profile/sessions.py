"""Whole sessions with a running meter, recorded octet by octet: Annex A of the profile statement.

Every meter starts at the same moment of simulated time with the same seed, and its time stands
still (`rate=0`), so that each session is the same whenever it is recorded.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tools.dlmsclient import AssociationRejected, Client, CosemAttribute, Data, DataAccessError, Obis, axdr, by_entry
from tools.dlmsclient.general_blocks import GeneralBlock
from tools.dlmsclient.selection import short_name_of
from tools.dlmsclient.transport import TcpTransport
from tools.dlmsclient.wrapper import ALL_STATION, HEADER_SIZE, Wpdu
from tools.explain import Conversation, Octets
from tools.explain.lines import text_lines
from tools.launcher import Meter

SETTINGS: Mapping[str, object] = {
    "port": 0,
    "backfill_days": 1,
    "start": "2026-01-31T12:00:00",
    "seed": 1,
    "rate": 0,
    "bind": "127.0.0.1",
}
HOST = "127.0.0.1"
TIMEOUT = 20.0
PREESTABLISHED = 100
PUBLIC, READER, MANAGER = 16, 32, 48
SECRETS = {READER: "12345678", MANAGER: "87654321"}
NOBODY = 0x4444  # a client wPort that no meter knows
NAME = (1, "0.0.42.0.0.255", 2)
NOTE = (1, "0.0.96.128.1.255", 2)
ENERGY = "1.0.1.8.0.255"
PUSH = (40, "0.0.25.9.0.255")
IPV4 = (42, "0.0.25.1.0.255")
GROUP = "239.255.40.60"  # of the organization's own scope
LOAD = "1.0.99.1.0.255"
EVENTS_CLIENT = 1  # the client management process
_WIDTH = 128  # columns of a line


@dataclass
class Step:
    """What is said before some WPDUs, and these WPDUs: direction (">" to the meter) and octets."""

    text: str
    wpdus: list[tuple[str, bytes]] = field(default_factory=list)


@dataclass
class Session:
    """A session under its title, with the settings of the meter that differ from its defaults."""

    title: str
    about: str
    settings: str = ""
    steps: list[Step] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Begin a step."""
        self.steps.append(Step(text))

    def trace(self, direction: str, octets: bytes) -> None:
        """Take a WPDU into the step that was begun last; `tools.dlmsclient` calls this."""
        self.steps[-1].wpdus.append((direction, octets))


@contextmanager
def _meter(session: Session, **settings: object) -> Iterator[int]:
    """A meter for one session; yields its port."""
    session.settings = " ".join(f"{key}={value}" for key, value in settings.items())
    with Meter({**SETTINGS, **settings}) as running:
        yield running.ready.port


def _settle(port: int) -> None:
    """Return when the meter has served the datagrams that came before: the refusal of
    an unknown client comes after them.
    """
    with Client.udp(HOST, port, TIMEOUT) as client:
        try:
            client.associate(NOBODY)
        except AssociationRejected:
            return
    raise AssertionError("an unknown client was taken")


def _note(port: int) -> int:
    """The note, as the public client reads it over TCP."""
    with Client.tcp(HOST, port, TIMEOUT) as client:
        return client.associate(READER, 1, SECRETS[READER]).get(*NOTE).value


def _noted(port: int, value: int) -> None:
    """Return when the note has this value: nothing that is sent to a group is answered."""
    deadline = time.monotonic() + TIMEOUT
    while _note(port) != value:
        if time.monotonic() > deadline:
            raise AssertionError(f"the note is not {value}")


def plain_tcp() -> Session:
    """AARQ, GET, RLRQ of the public client."""
    session = Session("Plain TCP: the public client", "What any client may do, without a secret.")
    with _meter(session) as port, Client.tcp(HOST, port, TIMEOUT, session.trace) as client:
        session.say("Open an AA with the management logical device.")
        public = client.associate(PUBLIC)
        session.say("Read the COSEM logical device name.")
        public.get(*NAME)
        session.say("Read the clock.")
        public.get(8, "0.0.1.0.0.255", 2)
        session.say("An object that this client may not see is unknown to it: object-undefined (4).")
        with suppress(DataAccessError):
            public.get(3, ENERGY, 2)
        session.say("Release. The TCP connection stays.")
        public.release()
    return session


def reader_tcp() -> Session:
    """LLS, a list, a profile in blocks, by a client that takes short APDUs."""
    session = Session(
        "Plain TCP: a head-end reads",
        "The reader proves itself with its secret (LLS) and announces that it takes APDUs of 128 octets at most.",
    )
    with _meter(session) as port, Client.tcp(HOST, port, TIMEOUT, session.trace) as client:
        session.say("Open the AA.")
        reader = client.associate(READER, 1, SECRETS[READER], pdu_size=128)
        session.say("Value and scaler_unit of active energy import, with one request.")
        reader.get_list([CosemAttribute(3, Obis.parse(ENERGY), 2), CosemAttribute(3, Obis.parse(ENERGY), 3)])
        session.say(
            "The oldest six rows of the load profile (selective access by entry), too long for one APDU: in blocks."
        )
        reader.get(7, "1.0.99.1.0.255", 2, by_entry(1, 6))
        session.say("Release.")
        reader.release()
    return session


def writing_tcp() -> Session:
    """SET and ACTION, and what is refused."""
    session = Session(
        "Plain TCP: the management client writes",
        "A wrong secret, the right one, a SET, an ACTION, and a SET that is refused.",
    )
    with _meter(session) as port, Client.tcp(HOST, port, TIMEOUT, session.trace) as client:
        session.say("A wrong secret: rejected-permanent, authentication-failure (13).")
        with suppress(AssociationRejected):
            client.associate(MANAGER, 1, "00000000")
        session.say("The right one.")
        manager = client.associate(MANAGER, 1, SECRETS[MANAGER])
        session.say("SET the note of the client.")
        manager.set(*NOTE, axdr.double_long_unsigned(5))
        session.say("SET it to a value of another type: type-unmatched (12).")
        with suppress(DataAccessError):
            manager.set(*NOTE, axdr.unsigned(5))
        session.say("ACTION: open the supply switch (remote_disconnect), and close it (remote_reconnect).")
        manager.action(70, "0.0.96.3.10.255", 1, axdr.integer(0))
        manager.action(70, "0.0.96.3.10.255", 2, axdr.integer(0))
        session.say("Release.")
        manager.release()
        session.say("After the release there is no AA: a GET is not allowed.")
        client.exchange(bytes.fromhex("C001C100010000608001FF0200"), MANAGER)
    return session


def udp_confirmed() -> Session:
    """The first session, in datagrams."""
    session = Session("UDP: a confirmed association", "The same octets as over TCP, a WPDU a datagram.")
    with _meter(session) as port, Client.udp(HOST, port, TIMEOUT, session.trace) as client:
        session.say("Open, read, release.")
        public = client.associate(PUBLIC)
        public.get(*NAME)
        public.release()
    return session


def udp_unconfirmed() -> Session:
    """AARQ with response-allowed FALSE, unconfirmed SETs to one device and to all."""
    session = Session("UDP: an unconfirmed association, and a broadcast", "Nothing comes back.")
    with _meter(session) as port:
        with Client.udp(HOST, port, TIMEOUT, session.trace) as client:
            session.say("Open an unconfirmed AA with the management logical device: response-allowed is FALSE.")
            manager = client.associate(MANAGER, 1, SECRETS[MANAGER], confirmed=False)
            session.say("SET the note, unconfirmed.")
            manager.set(*NOTE, axdr.double_long_unsigned(7))
            session.say("Release: no RLRE.")
            manager.release()
            session.say(
                f"The same to the All-station wPort ({ALL_STATION:04X}): an AA with every logical device, a SET in "
                "each, the end of each."
            )
            everyone = client.associate(MANAGER, ALL_STATION, SECRETS[MANAGER], confirmed=False)
            everyone.set(*NOTE, axdr.double_long_unsigned(8))
            everyone.release()
        _settle(port)
        value = _note(port)
    assert value == 8, value
    session.say(
        f"Read over TCP afterwards, the note is {value}. (The second logical device has no such object: "
        "nobody says so.)"
    )
    return session


def udp_preestablished() -> Session:
    """A broadcast without an AARQ."""
    session = Session(
        "UDP: a broadcast in pre-established associations", "No AARQ, no RLRQ; often to a multicast group."
    )
    with _meter(session, preestablished=PREESTABLISHED) as port:
        with Client.udp(HOST, port, TIMEOUT, session.trace) as client:
            session.say("SET the note, unconfirmed, in every logical device.")
            client.attach(PREESTABLISHED, ALL_STATION, confirmed=False).set(*NOTE, axdr.double_long_unsigned(9))
        _settle(port)
        value = _note(port)
    assert value == 9, value
    session.say(f"Read over TCP afterwards, the note is {value}.")
    return session


def udp_multicast() -> Session:
    """A group joined by the IPv4 setup object, a broadcast to it, and the group left."""
    session = Session(
        "UDP: a multicast group joined by the setup object",
        "The management client adds a group to the IPv4 setup object; from then on one datagram reaches "
        "every meter in the group.",
    )
    group = axdr.double_long_unsigned(int.from_bytes(socket.inet_aton(GROUP), "big"))
    with _meter(session) as port, Client.tcp(HOST, port, TIMEOUT, session.trace) as client:
        session.say("Over TCP: open an AA.")
        manager = client.associate(MANAGER, 1, SECRETS[MANAGER])
        session.say(
            f"ACTION add_mc_IP_address with {GROUP} as a double-long-unsigned: the group is joined before the "
            "answer leaves."
        )
        manager.action(*IPV4, 1, group)
        session.say("Attribute 4 has it, and keeps it when the network comes and goes.")
        manager.get(*IPV4, 4)
        session.say(
            f"In datagrams to {GROUP}, wPort {ALL_STATION:04X}: an AA with every logical device, a SET in each, "
            "their end."
        )
        with Client.udp(GROUP, port, TIMEOUT, session.trace, interface=HOST) as everyone:
            opened = everyone.associate(MANAGER, ALL_STATION, SECRETS[MANAGER], confirmed=False)
            opened.set(*NOTE, axdr.double_long_unsigned(10))
            opened.release()
        _noted(port, 10)
        session.say("Over TCP again: the note was written.")
        value = manager.get(*NOTE).value
        assert value == 10, value
        session.say("ACTION delete_mc_IP_address: the group is left.")
        manager.action(*IPV4, 2, group)
        session.say("Release.")
        manager.release()
    return session


def _destination(port: int, transport: int) -> Data:
    return axdr.structure(axdr.enum(transport), axdr.octet_string(f"{HOST}:{port}".encode()), axdr.enum(0))


def push_udp() -> Session:
    """A Push setup pushed by its method to a UDP port of ours."""
    session = Session(
        "Push over UDP", "The management client names a destination (Push setup, attribute 3) and invokes method push."
    )
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener,
        _meter(session, push_interval=0) as port,
        Client.tcp(HOST, port, TIMEOUT) as client,
    ):
        listener.bind((HOST, 0))
        listener.settimeout(TIMEOUT)
        manager = client.associate(MANAGER, 1, SECRETS[MANAGER])
        manager.set(*PUSH, 3, _destination(listener.getsockname()[1], 1))
        manager.action(*PUSH, 1, axdr.integer(0))
        session.say("What the destination receives: the values of push_object_list, outside any AA.")
        session.trace("<", listener.recv(65536))
    return session


def push_in_blocks() -> Session:
    """A push longer than one APDU, to a UDP port of ours that takes two blocks in a row."""
    session = Session(
        "A push longer than one APDU",
        "The newest 32 rows of the load profile, by general block transfer. The destination takes two blocks in a row.",
    )
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener,
        _meter(session, push_interval=0, push_window=2) as port,
        Client.tcp(HOST, port, TIMEOUT) as client,
    ):
        listener.bind((HOST, 0))
        listener.settimeout(TIMEOUT)
        manager = client.associate(MANAGER, 1, SECRETS[MANAGER])
        manager.set(*PUSH, 2, axdr.array(_newest(LOAD, 32)))
        manager.set(*PUSH, 3, _destination(listener.getsockname()[1], 1))
        manager.action(*PUSH, 1, axdr.integer(0))
        number, last = 0, False
        while not last:
            session.say("A stream: the DataNotification begins." if number == 0 else "The next stream.")
            octets, streaming = b"", True
            while streaming:
                octets, meter = listener.recvfrom(65536)
                session.trace("<", octets)
                streaming, last = bool(octets[9] & 0x40), bool(octets[9] & 0x80)
            number += 1
            session.say("All taken.")
            answer = GeneralBlock(True, False, 2, number, int.from_bytes(octets[10:12], "big"))
            octets = Wpdu(1, 1, answer.encode()).encode()
            listener.sendto(octets, meter)
            session.trace(">", octets)
    return session


def _newest(profile: str, rows: int) -> Data:
    """An element of push_object_list: the newest rows of a profile."""
    name = axdr.octet_string(Obis.parse(profile).octets)
    nothing = axdr.structure(axdr.enum(0), axdr.null_data())
    return axdr.structure(
        axdr.long_unsigned(7), name, axdr.integer(2), axdr.long_unsigned(0xF000 + rows), nothing, axdr.array()
    )


def short_names() -> Session:
    """The client management process with short names: a read, a selected
    read, and an InformationReport.
    """
    session = Session(
        "Short names: reads, and an event as InformationReport",
        "The client management process opens an AA of the other kind.",
    )
    with _meter(session) as port, Client.tcp(HOST, port, TIMEOUT, session.trace) as client:
        session.say("Application context 2.")
        opened = client.associate_short_names(EVENTS_CLIENT)
        session.say(
            "Read the COSEM logical device name: its base name is FD00 in every meter, attribute 2 is 8 further."
        )
        opened.read(0xFD08)
        session.say(
            "The short name of the last event code: from object_list (FA08), the element of this object alone "
            "(selector 2)."
        )
        opened.read(0xFA08, 2, short_name_of(1, "0.0.96.11.0.255").parameters)
        session.say("Another client opens the supply switch; the meter reports it without a request.")
        with Client.tcp(HOST, port, TIMEOUT) as other:
            other.associate(MANAGER, 1, SECRETS[MANAGER]).action(70, "0.0.96.3.10.255", 1, axdr.integer(0))
        client.receive(TIMEOUT)
        session.say("Release.")
        opened.release()
    return session


def dial_out() -> Session:
    """A connection that the meter opens; the client sends the AARQ over it."""
    session = Session(
        "A TCP connection that the meter opens", "The client listens; the connection manager of the meter connects."
    )
    with socket.create_server((HOST, 0)) as listener:
        listener.settimeout(TIMEOUT)
        with _meter(session, dial=f"{HOST}:{listener.getsockname()[1]}"):
            session.settings = "dial=HOST:PORT"
            sock, _ = listener.accept()
            with Client(TcpTransport(sock=sock), TIMEOUT, session.trace) as client:
                session.say(
                    "The meter says nothing first. The client opens an AA, reads and releases, as on a connection "
                    "of its own."
                )
                public = client.associate(PUBLIC)
                public.get(*NAME)
                public.release()
    return session


SESSIONS: tuple[Callable[[], Session], ...] = (
    plain_tcp,
    reader_tcp,
    writing_tcp,
    udp_confirmed,
    udp_unconfirmed,
    udp_preestablished,
    udp_multicast,
    push_udp,
    push_in_blocks,
    short_names,
    dial_out,
)


def wpdu_lines(conversation: Conversation, direction: str, octets: bytes) -> list[str]:
    """A WPDU: its header, then its APDU in the words of `decode --brief`,
    and the long value that it ends.
    """
    header = octets[:HEADER_SIZE].hex(" ", 2).upper()
    explained = conversation.take(Octets(octets))
    return [f"{direction} {header}", *text_lines(explained, _WIDTH, brief=True, start=HEADER_SIZE)]


def text_of(session: Session, number: int) -> str:
    """A session as Markdown."""
    lines = [f"### A.{number} {session.title}", "", session.about]
    if session.settings:
        lines += ["", f"The meter runs with `{session.settings}`."]
    conversation = Conversation()
    for step in session.steps:
        lines += ["", step.text]
        if step.wpdus:
            lines += ["", "```text"]
            for direction, octets in step.wpdus:
                lines += wpdu_lines(conversation, direction, octets)
            lines.append("```")
    return "\n".join(lines)


def render() -> str:
    """All sessions."""
    return "\n\n".join(text_of(make(), number) for number, make in enumerate(SESSIONS, 2))
