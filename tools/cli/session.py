"""From options to an open association, and the few lookups that several commands share."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from ..dlmsclient import (
    ActionError,
    Association,
    Client,
    Conformance,
    DataAccessError,
    DataAccessResult,
    DlmsError,
    ListedObject,
    Obis,
    ProtocolError,
    UsageError,
    Wpdu,
    decode_notification,
)
from ..dlmsclient.cosem import CLASSES, class_name
from ..dlmsclient.initiate import CLIENT_CONFORMANCE, SHORT_NAME_CONFORMANCE
from ..dlmsclient.wrapper import ALL_STATION, MANAGEMENT_LOGICAL_DEVICE
from .asking import with_octets
from .cache import ObjectLists
from .connection import secret_octets
from .notices import line
from .options import CONFIRMED, DEMONSTRATION_PASSWORDS, READER, SHORT_NAME_READER
from .render import say
from .trace import Trace

NOTHING = Conformance(0)


@contextmanager
def link(options: argparse.Namespace) -> Iterator[Client]:
    """The connection or socket of the options."""
    trace = Trace(options.trace) if options.trace else None
    if options.udp or is_silent(options):
        client = Client.udp(options.host, options.port, options.timeout, trace, options.interface)
    else:
        client = Client.tcp(options.host, options.port, options.timeout, trace)
    # What a meter sends unasked while it is read is distinguished from the results.
    client.unsolicited = tell_unasked
    with client:
        yield client


def tell_unasked(wpdu: Wpdu) -> None:
    """A line on stderr for a notification that came between a request and
    its answer, or a block of one.
    """
    way = f"unasked, {wpdu.source}->{wpdu.destination}:"
    try:
        say(f"{way} {line(decode_notification(wpdu.apdu))}")
    except ProtocolError as error:
        say(f"{way} {with_octets(str(error), error.octets or wpdu.apdu)}")


def password_of(options: argparse.Namespace, client_wport: int) -> bytes | None:
    """LLS secret, None for the lowest level."""
    given = options.password
    return secret_octets(DEMONSTRATION_PASSWORDS.get(client_wport, "") if given is None else given) or None


def is_silent(options: argparse.Namespace) -> bool:
    """Whether nothing is to be answered: ``--unconfirmed`` or ``--broadcast``."""
    return getattr(options, "unconfirmed", False) or getattr(options, "broadcast", False)


def check_silent(options: argparse.Namespace) -> None:
    """What is wrong with the options that let nothing be answered."""
    if options.preestablished and not is_silent(options):
        raise UsageError("--preestablished goes with --unconfirmed or --broadcast")
    if is_silent(options) and options.block_size is not None:
        raise UsageError("--block-size: nothing acknowledges blocks where nothing is answered")
    if is_silent(options) and options.class_id is None:
        raise UsageError("nothing is answered, and so nothing can be looked up: name the class with --class")


@contextmanager
def silent_association(options: argparse.Namespace) -> Iterator[Association]:
    """An unconfirmed association with one logical device or, for a broadcast, with all:
    opened and released without an answer.
    """
    client_wport = options.client or READER
    server = ALL_STATION if options.broadcast and options.server == MANAGEMENT_LOGICAL_DEVICE else options.server
    with link(options) as client:
        if options.preestablished:
            yield client.attach(client_wport, server, confirmed=False)
            return
        password = password_of(options, client_wport)
        opened = client.associate(client_wport, server, password, conformance=options.conformance, confirmed=False)
        yield opened
        opened.release()


@contextmanager
def association(options: argparse.Namespace, needed: Conformance = NOTHING) -> Iterator[Association]:
    """An association as the options say, released at the end. needed: proposed beside
    what this client always proposes.

    A release that fails takes nothing away: it is in ``options.afterwards``,
    said after what the command prints.
    """
    if is_silent(options):
        with silent_association(options) as opened:
            yield opened
        return
    with link(options) as client:
        opened = open_association(client, options, needed)
        yield opened
        try:
            opened.release()
        except DlmsError as error:
            options.afterwards.append(error)


def client_wport_of(options: argparse.Namespace) -> int:
    """The client wPort of the options, or the reader's."""
    return options.client or (SHORT_NAME_READER if options.sn else READER)


def open_association(client: Client, options: argparse.Namespace, needed: Conformance = NOTHING) -> Association:
    """A confirmed association as the options say. What
    ``--conformance`` names is proposed as it is.
    """
    client_wport = client_wport_of(options)
    associate = client.associate_short_names if options.sn else client.associate
    services = SHORT_NAME_CONFORMANCE if options.sn else CLIENT_CONFORMANCE
    return associate(
        client_wport,
        options.server,
        password_of(options, client_wport),
        conformance=services | needed if options.conformance is None else options.conformance,
        pdu_size=options.pdu_size,
        block_size=getattr(options, "block_size", None),
        gbt=options.gbt,
    )


def prepare_request(opened: Association, options: argparse.Namespace) -> None:
    """Let the next request have the invoke-id and the service class of the
    options; lookups before it are as ever.
    """
    opened.confirmed_services = options.service_class == CONFIRMED
    if options.invoke_id is not None:
        opened.count_from(options.invoke_id)


@contextmanager
def looking_up(opened: Association, options: argparse.Namespace) -> Iterator[ObjectLists]:
    """The object list, kept from another time where it may be; forgotten when the
    meter does not know one of its objects.
    """
    lists = ObjectLists(opened, not options.no_cache)
    try:
        yield lists
    except (DataAccessError, ActionError) as error:
        if error.code.value == DataAccessResult.OBJECT_UNDEFINED:
            lists.drop()
        raise


def find_kept(lists: ObjectLists, text: str) -> ListedObject:
    """:func:`find` in the object list; what a kept one does not have may be in the meter's."""
    Obis.parse(text)
    try:
        return find(lists.objects(), text)
    except UsageError:
        if not lists.from_cache:
            raise
    return find(lists.again(), text)


def object_list(opened: Association, odd: list[ProtocolError] | None = None) -> list[ListedObject]:
    """What this client may see. odd: entries of a wrong shape are left out and noted here."""
    return opened.objects(odd)


def find_all(objects: list[ListedObject], text: str) -> list[ListedObject]:
    """The objects of that name, of whatever class; a UsageError when there is none."""
    instance = Obis.parse(text)
    found = [item for item in objects if item.instance == instance]
    if not found:
        raise UsageError(f"the meter shows no object {instance} to this client: `objects` lists what there is")
    return found


def find(objects: list[ListedObject], text: str) -> ListedObject:
    """The one object of that name; a UsageError when there are several, of different classes."""
    found = find_all(objects, text)
    if len(found) > 1:
        kinds = ", ".join(f"{item.class_id} ({class_name(item.class_id)})" for item in found)
        raise UsageError(f"{found[0].instance} exists with the classes {kinds}: choose one with --class")
    return found[0]


def index_of(text: str, class_id: int, methods: bool = False) -> int:
    """Attribute or method number from a number or a name of the class."""
    kind = "method" if methods else "attribute"
    try:
        index = int(text, 0)
    except ValueError:
        known = CLASSES.get(class_id)
        names = (known.methods if methods else known.attributes) if known else ()
        lowered = [name.lower() for name in names]
        if text.lower() in lowered:
            return lowered.index(text.lower()) + 1
        offered = f"its {kind}s are {', '.join(names)}" if names else f"give the number of the {kind}"
        raise UsageError(f"{class_name(class_id)} has no {kind} {text!r}: {offered}") from None
    if not -128 <= index <= 127:
        raise UsageError(f"{kind} {index} is not -128 to 127")
    return index
