"""What a running meter reports about itself as tables: its associations, the services
it offers, its communication objects.
"""

from __future__ import annotations

from collections.abc import Callable

from tools.dlmsclient import Association, AssociationRejected, Client, parse_object_list
from tools.dlmsclient.cosem import class_name, obis_name
from tools.dlmsclient.initiate import Conformance
from tools.dlmsclient.objects import ListedObject
from tools.upkeep.readme import rights

DEVICES = (1, 17)
MANAGEMENT = (48, "87654321")
EVENTS = 1  # the client that is notified of events
WHO = {16: "public client", 1: "client management process", 32: "reader", 48: "management client"}
# Clients with short names: who, secret
SHORT_NAMES = {
    64: ("reader with short names", "12345678"),
    80: ("management with short names", "87654321"),
    1: ("client management process with short names", None),
}
CONTEXTS = {
    1: "logical names, no ciphering",
    2: "short names, no ciphering",
    3: "logical names, ciphering",
    4: "short names, ciphering",
}
MECHANISMS = {
    0: "lowest level (none)",
    1: "low level (LLS)",
    5: "high level 5 (GMAC)",
    6: "high level 6",
    7: "high level 7",
}
# Push setup, TCP-UDP setup, IPv4 setup, MAC address setup, IPv6 setup, Security
# setup, and what names the associations
SETUP_CLASSES = (12, 15, 17, 40, 41, 42, 43, 48, 64)
_LN = 15
_OWN_FIRST = 128  # value groups C, D and E of an OBIS code: from here on the manufacturer's own …
_NOT_USED = 255  # … up to here


def _open(client: Client, device: int) -> tuple[Association, list[ListedObject]]:
    association = client.associate(MANAGEMENT[0], device, MANAGEMENT[1])
    return association, parse_object_list(association.get(_LN, "0.0.40.0.0.255", 2))


def associations(port: int) -> str:
    """Which client may open which AA: a line an Association object."""
    lines = [
        "| client wPort | who | logical device | application context | authentication | conformance offered |",
        "|---|---|---|---|---|---|",
    ]
    with Client.tcp("127.0.0.1", port, timeout=10) as client:
        for device in DEVICES:
            association, listed = _open(client, device)
            for item in listed:
                if item.class_id != _LN or item.instance.dotted == "0.0.40.0.0.255":
                    continue
                wport = association.get(_LN, item.instance, 3)[0].value
                context = association.get(_LN, item.instance, 4).value[-1]
                mechanism = association.get(_LN, item.instance, 6).value[-1]
                offered = int(association.get(_LN, item.instance, 5)[0].value, 2)
                cells = (
                    wport,
                    WHO.get(wport, ""),
                    device,
                    f"{context}: {CONTEXTS[context]}",
                    MECHANISMS[mechanism],
                    f"`{offered:06X}`",
                )
                lines.append("| " + " | ".join(map(str, cells)) + " |")
            for wport, (who, secret) in SHORT_NAMES.items():
                offered = _offered_short(port, wport, secret, device)
                if offered is not None:
                    cells = (
                        wport,
                        who,
                        device,
                        f"2: {CONTEXTS[2]}",
                        MECHANISMS[1 if secret else 0],
                        f"`{offered:06X}`",
                    )
                    lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _offered_short(port: int, wport: int, secret: str | None, device: int = 1) -> int | None:
    """The same in an AA with short names; None when there is no such AA. Its Association object
    is visible to its own client only.
    """
    with Client.tcp("127.0.0.1", port, timeout=10) as client:
        try:
            association = client.associate_short_names(wport, device, secret, conformance=Conformance(0xFFFFFF))
        except AssociationRejected:
            return None
        assert association.negotiated is not None
        return association.negotiated.conformance


def _offered(port: int, wport: int = MANAGEMENT[0], secret: str | None = MANAGEMENT[1]) -> int:
    """The conformance block that a client gets when it asks for everything; the
    management client unless another is named.
    """
    with Client.tcp("127.0.0.1", port, timeout=10) as client:
        association = client.associate(wport, 1, secret, conformance=Conformance(0xFFFFFF))
        assert association.negotiated is not None
        return association.negotiated.conformance


def conformance(port: int) -> str:
    """Every bit of the conformance block, and whether the management client and the one
    that is notified of events are offered it.
    """
    short = (80, EVENTS)
    blocks = [_offered(port), _offered(port, EVENTS, None)] + [
        _offered_short(port, wport, SHORT_NAMES[wport][1]) or 0 for wport in short
    ]
    names = [WHO[MANAGEMENT[0]], WHO[EVENTS]] + [SHORT_NAMES[wport][0] for wport in short]
    lines = ["| bit | service | " + " | ".join(names) + " |", "|---|---|" + "---|" * len(names)]
    for bit in range(24):
        mask = 1 << (23 - bit)
        name = (Conformance(mask).name or "reserved").lower().replace("_", "-")
        lines.append(
            f"| {bit} | {name} | " + " | ".join("yes" if offered & mask else "no" for offered in blocks) + " |"
        )
    return "\n".join(lines)


def services(port: int) -> str:
    """How each service can be used: solicited or not, confirmed or not, to whom."""
    offered = Conformance(_offered(port))
    rows = [
        (
            "GET, SET, ACTION",
            "solicited",
            "confirmed, in confirmed and pre-established AAs",
            "one logical device",
            "TCP, UDP",
        ),
        (
            "GET",
            "solicited",
            "unconfirmed, in confirmed AAs: answered all the same (7.2)",
            "one logical device",
            "TCP, UDP",
        ),
        ("SET, ACTION", "solicited", "unconfirmed, in every AA", "one logical device", "TCP, UDP"),
        (
            "SET, ACTION",
            "solicited",
            "unconfirmed, in unconfirmed and pre-established AAs",
            "broadcast (007F), also to a multicast group",
            "UDP",
        ),
    ]
    if offered & Conformance.ACCESS:
        rows.append(("ACCESS", "solicited", "confirmed or unconfirmed", "one logical device", "TCP, UDP"))
    short = Conformance(_offered_short(port, 80, SHORT_NAMES[80][1]) or 0)
    if short:
        rows.append(
            ("Read, Write (short names)", "solicited", "confirmed, in confirmed AAs", "one logical device", "TCP, UDP")
        )
        rows.append(
            (
                "UnconfirmedWrite (short names)",
                "solicited",
                "unconfirmed, in every AA",
                "one logical device",
                "TCP, UDP",
            )
        )
    if Conformance(_offered(port, EVENTS, None)) & Conformance.EVENT_NOTIFICATION:
        told = ("unsolicited", "unconfirmed, in a confirmed AA or outside", "client management process", "TCP, UDP")
        rows.append(("EventNotification", *told))
        if short:
            rows.append(("InformationReport (short names)", *told))
        rows += [
            (
                "DataNotification (push)",
                "unsolicited",
                "unconfirmed or confirmed, outside any AA",
                "one client",
                "TCP, UDP",
            ),
        ]
    lines = ["| service | kind | service class | to | over |", "|---|---|---|---|---|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    if not offered & Conformance.ACCESS:
        lines += ["", "The ACCESS service is not offered."]
    return "\n".join(lines)


def long_messages(port: int) -> str:
    """How what is longer than an APDU travels."""
    offered = Conformance(_offered(port))
    blocks = [
        ("GET, response in blocks", Conformance.BLOCK_TRANSFER_WITH_GET_OR_READ),
        ("SET, request in blocks", Conformance.BLOCK_TRANSFER_WITH_SET_OR_WRITE),
        ("ACTION, request and response in blocks", Conformance.BLOCK_TRANSFER_WITH_ACTION),
        ("general block transfer, any service", Conformance.GENERAL_BLOCK_TRANSFER),
    ]
    lines = ["| block transfer | conformance bit | offered |", "|---|---|---|"]
    for text, bit in blocks:
        lines.append(f"| {text} | {24 - bit.bit_length()} | {'yes' if offered & bit else 'no'} |")
    return "\n".join(lines)


def setup_objects(port: int) -> str:
    """The objects of communication set-up with what the management client may do."""
    return _objects(port, lambda item: item.class_id in SETUP_CLASSES)


def own_codes(port: int) -> str:
    """The objects whose OBIS code is the manufacturer's own."""
    return _objects(port, lambda item: any(_OWN_FIRST <= group < _NOT_USED for group in item.instance.octets[2:5]))


def _objects(port: int, wanted: Callable[[ListedObject], bool]) -> str:
    lines = ["| device | object | OBIS | class | management client |", "|---|---|---|---|---|"]
    with Client.tcp("127.0.0.1", port, timeout=10) as client:
        for device in DEVICES:
            _, listed = _open(client, device)
            for item in sorted(listed, key=lambda item: item.instance.octets):
                if wanted(item):
                    kind = f"{class_name(item.class_id)} ({item.class_id} v{item.version})"
                    lines.append(
                        f"| {device} | {obis_name(item.instance)} | {item.instance} | {kind} | {rights(item)} |"
                    )
    return "\n".join(lines)
