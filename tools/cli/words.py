"""What the value of an attribute means, in words: enumerations, status bits, addresses,
push structures, names of objects, units.

An enumeration reads ``associated (2)``, the word and then the number; a status its bits,
``daylight saving (8)``. Words are those of the Blue Book; the bits of the profile status and the
codes of the event log follow the common use of European meters. A value that does not have the form
its attribute asks for is shown by its type alone (:mod:`plain`), never hidden.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..dlmsclient import ClockStatus, Data, Obis, ProtocolError, ScalerUnit, Tag, axdr
from ..dlmsclient.cosem import UNITS, ClassId, attribute_name, obis_name
from ..dlmsclient.initiate import Conformance
from .plain import is_number, octets_text, scaled, text

# raised by words of a value of another form
_NOT_OF_THAT_FORM = (ProtocolError, ValueError, TypeError, IndexError, AttributeError)
Words = Callable[[Data], str]
_STATUS_BITS = {
    0x01: "critical error",
    0x02: "clock invalid",
    0x04: "data not valid",
    0x08: "daylight saving",
    0x20: "clock adjusted",
    0x80: "power down or up",
}
_CLOCK_BITS = {bit.value: str(bit.name).lower().replace("_", " ") for bit in ClockStatus}
_EVENTS = {
    1: "power down",
    2: "power up",
    3: "daylight saving time begins or ends",
    4: "clock adjusted, old time",
    5: "clock adjusted, new time",
    6: "clock invalid",
    59: "disconnector ready for reconnection",
    60: "manual disconnection",
    61: "manual connection",
    62: "remote disconnection",
    63: "remote connection",
    64: "local disconnection",
    255: "event log cleared",
}
CONTEXTS = {1: "LN", 2: "SN", 3: "LN ciphered", 4: "SN ciphered"}
MECHANISMS = {
    0: "lowest",
    1: "LLS",
    2: "HLS",
    3: "HLS MD5",
    4: "HLS SHA-1",
    5: "HLS GMAC",
    6: "HLS SHA-256",
    7: "HLS ECDSA",
}
_TRANSPORTS = ("TCP", "UDP", "FTP", "SMTP", "SMS", "HDLC", "M-Bus", "ZigBee", "DLMS gateway")
_MESSAGES = {0: "A-XDR", 1: "XML"}


def _chosen(words: Mapping[int, str]) -> Words:
    """The words of an enumeration."""

    def read(data: Data) -> str:
        return f"{words[data.value]} ({text(data)})" if data.value in words else text(data)

    return read


def _bits(words: Mapping[int, str]) -> Words:
    """The words of the bits that are set; bits without a word as hex."""

    def read(data: Data) -> str:
        value = int(data.value, 2) if isinstance(data.value, str) else int(data.value)
        found = [word for bit, word in words.items() if value & bit]
        rest = value & ~sum(words)
        if rest:
            found.append(f"bits {rest:02X}")
        return f"{', '.join(found)} ({value})" if value else "0"

    return read


def object_text(instance: Obis) -> str:
    """Name and OBIS code of an object, the code alone where it has no name here."""
    return f"{obis_name(instance)} {instance}".strip()


def attribute_of(class_id: int, instance: Obis, attribute_id: int, index: int = 0) -> str:
    """What an attribute is called: the name of its object, and its own where it is
    not the value; an element as ``[3]``.
    """
    name = obis_name(instance) or str(instance)
    if attribute_name(class_id, attribute_id) != "value":
        name += f" {attribute_name(class_id, attribute_id)}"
    return f"{name} [{index}]" if index else name


def _reference(data: Data) -> str:
    octets = data.value
    return object_text(Obis(octets)) if any(octets) else "none"


def _ipv4(data: Data) -> str:
    return str(ipaddress.IPv4Address(data.value))


def _ipv6(data: Data) -> str:
    return str(ipaddress.IPv6Address(data.value))


def _mac(data: Data) -> str:
    return str(data.value.hex(":").upper())


def _last_arc(words: Mapping[int, str]) -> Words:
    """A registered name of seven arcs, recognized by its last one: a structure of seven, or
    the octets of the object identifier.
    """

    def read(data: Data) -> str:
        arc = axdr.elements(data)[6].value if data.tag is Tag.STRUCTURE else data.value[-1]
        return f"{words[arc]} ({arc})" if arc in words else text(data)

    return read


def _partners(data: Data) -> str:
    client, server = axdr.elements(data)
    return f"client {client.value}, server {server.value}"


def _context_info(data: Data) -> str:
    bits, receive, send, version, _, _ = axdr.elements(data)
    names = " ".join(Conformance(int(bits.value, 2)).names)
    return f"receives {receive.value}, sends {send.value} octets, version {version.value}: {names}"


def _sap(data: Data) -> str:
    return "{} {}".format(*(text(part) for part in axdr.elements(data)))


def _capture(data: Data) -> str:
    class_id, name, attribute, index = (part.value for part in axdr.elements(data)[:4])
    return attribute_of(class_id, Obis(name), attribute, index) if any(name) else "none"


def _destination(data: Data) -> str:
    transport, destination, message = axdr.elements(data)
    if not destination.value:
        return "nowhere"
    kind = _TRANSPORTS[transport.value] if transport.value < len(_TRANSPORTS) else f"transport {transport.value}"
    return f"{kind} {octets_text(destination.value)}, {_MESSAGES.get(message.value, f'message {message.value}')}"


def _window(data: Data) -> str:
    return "{} to {}".format(*(text(end) for end in axdr.elements(data)))


def _delays(data: Data) -> str:
    if data.tag is not Tag.STRUCTURE:
        return f"{data.value} s"
    least, exponent, most = (item.value for item in axdr.elements(data))
    return f"{least} s, then times {exponent / 100:g}, up to {most} s"


def _scaler_unit(data: Data) -> str:
    found = ScalerUnit.from_data(data)
    return f"10^{found.scaler} {found.symbol}".rstrip()


def _counters(data: Data) -> str:
    used, free, requests, uptime = (item.value for item in axdr.elements(data))
    return f"heap {used} used, {free} free, {requests} requests, up {uptime} s"


_HEALTH = (
    "faults",
    "restarts of tasks",
    "clients refused",
    "wrong secrets",
    "log lines lost",
    "records skipped",
    "pages programmed",
    "writes failed",
    "erases of a sector",
)


def _health(data: Data) -> str:
    counts = [item.value for item in axdr.elements(data)]
    named = [f"{count} {name}" for count, name in zip(counts, _HEALTH, strict=True) if count]
    return ", ".join(named) or "nothing has gone wrong"


_SORT_METHODS = ("fifo", "lifo", "largest", "smallest", "nearest to zero", "farthest from zero")
_CLOCK_BASES = ("not defined", "internal crystal", "mains 50 Hz", "mains 60 Hz", "GPS", "radio controlled")
_IMAGE_STATES = (
    "not initiated",
    "initiated",
    "verification initiated",
    "verification successful",
    "verification failed",
    "activation initiated",
    "activation successful",
    "activation failed",
)
_IPV4_ADDRESSES = (3, 6, 7, 9, 10)
# Of arrays: the words of one element.
_ELEMENTS: dict[tuple[int, int], Words] = {
    (ClassId.PROFILE_GENERIC, 3): _capture,
    (ClassId.SAP_ASSIGNMENT, 2): _sap,
    (40, 2): _capture,
    (40, 4): _window,
    (42, 4): _ipv4,
    (48, 4): _ipv6,
    (48, 5): _ipv6,
    (48, 6): _ipv6,
}
_WORDS: dict[tuple[int, int], Words] = {
    (ClassId.REGISTER, 3): _scaler_unit,
    (ClassId.EXTENDED_REGISTER, 3): _scaler_unit,
    (ClassId.DEMAND_REGISTER, 4): _scaler_unit,
    (ClassId.PROFILE_GENERIC, 2): lambda data: f"{len(axdr.elements(data))} rows",
    (ClassId.PROFILE_GENERIC, 5): _chosen(dict(enumerate(_SORT_METHODS, 1))),
    (ClassId.PROFILE_GENERIC, 6): _capture,
    (ClassId.CLOCK, 4): _bits(_CLOCK_BITS),
    (ClassId.CLOCK, 9): _chosen(dict(enumerate(_CLOCK_BASES))),
    (ClassId.ASSOCIATION_LN, 3): _partners,
    (ClassId.ASSOCIATION_LN, 4): _last_arc(CONTEXTS),
    (ClassId.ASSOCIATION_LN, 5): _context_info,
    (ClassId.ASSOCIATION_LN, 6): _last_arc(MECHANISMS),
    (ClassId.ASSOCIATION_LN, 8): _chosen({0: "non-associated", 1: "association-pending", 2: "associated"}),
    (ClassId.ASSOCIATION_LN, 9): _reference,
    (18, 6): _chosen(dict(enumerate(_IMAGE_STATES))),
    (40, 3): _destination,
    (40, 7): _delays,
    (40, 8): _reference,
    (40, 11): _chosen(
        {0: "unconfirmed", 1: "unconfirmed, repeated without confirmation of the layer below", 2: "confirmed"}
    ),
    (41, 3): _reference,
    (42, 2): _reference,
    **dict.fromkeys(((42, number) for number in _IPV4_ADDRESSES), _ipv4),
    (43, 2): _mac,
    (48, 2): _reference,
    (48, 3): _chosen({0: "auto-configuration", 1: "DHCPv6", 2: "manual", 3: "neighbour discovery"}),
    (48, 7): _ipv6,
    (48, 8): _ipv6,
    (70, 2): _chosen({False: "disconnected", True: "connected"}),
    (70, 3): _chosen({0: "disconnected", 1: "connected", 2: "ready for reconnection"}),
}
# Of Data objects, by OBIS code: what their value stands for.
_OBJECTS: tuple[tuple[re.Pattern[str], Words], ...] = (
    (re.compile(r"0\.\d+\.96\.10\.\d+\.255"), _bits(_STATUS_BITS)),
    (re.compile(r"0\.\d+\.96\.11\.\d+\.255"), _chosen(_EVENTS)),
    (re.compile(r"0\.0\.96\.128\.0\.255"), _counters),
    (re.compile(r"0\.0\.96\.128\.4\.255"), _health),
)
_SECONDS, _MINUTES = UNITS[7], UNITS[6]
_UNITS: dict[tuple[int, int], str] = {
    (ClassId.DEMAND_REGISTER, 8): _SECONDS,
    (ClassId.PROFILE_GENERIC, 4): _SECONDS,
    (ClassId.CLOCK, 7): _MINUTES,
    (40, 5): _SECONDS,
    (41, 4): "octets",
    (41, 6): _SECONDS,
}
_MOMENT = (Tag.OCTET_STRING, Tag.DATE_TIME)
_ARRAY = (Tag.ARRAY, Tag.COMPACT_ARRAY)
_NUMBER = (Tag.INTEGER, Tag.LONG, Tag.UNSIGNED, Tag.LONG_UNSIGNED, Tag.DOUBLE_LONG, Tag.DOUBLE_LONG_UNSIGNED)
# The types that the Blue Book gives an attribute, where it leaves no choice to the manufacturer.
_TYPES: dict[tuple[int, int], tuple[Tag, ...]] = {
    (ClassId.REGISTER, 3): (Tag.STRUCTURE,),
    (ClassId.EXTENDED_REGISTER, 3): (Tag.STRUCTURE,),
    (ClassId.EXTENDED_REGISTER, 5): (*_MOMENT, Tag.NULL_DATA),
    (ClassId.DEMAND_REGISTER, 4): (Tag.STRUCTURE,),
    (ClassId.DEMAND_REGISTER, 6): (*_MOMENT, Tag.NULL_DATA),
    (ClassId.DEMAND_REGISTER, 7): _MOMENT,
    (ClassId.DEMAND_REGISTER, 8): (Tag.DOUBLE_LONG_UNSIGNED,),
    (ClassId.DEMAND_REGISTER, 9): (Tag.LONG_UNSIGNED,),
    (ClassId.PROFILE_GENERIC, 2): _ARRAY,
    (ClassId.PROFILE_GENERIC, 3): (Tag.ARRAY,),
    (ClassId.PROFILE_GENERIC, 4): (Tag.DOUBLE_LONG_UNSIGNED,),
    (ClassId.PROFILE_GENERIC, 5): (Tag.ENUM,),
    (ClassId.PROFILE_GENERIC, 6): (Tag.STRUCTURE,),
    (ClassId.PROFILE_GENERIC, 7): (Tag.DOUBLE_LONG_UNSIGNED,),
    (ClassId.PROFILE_GENERIC, 8): (Tag.DOUBLE_LONG_UNSIGNED,),
    (ClassId.CLOCK, 2): _MOMENT,
    (ClassId.CLOCK, 3): (Tag.LONG,),
    (ClassId.CLOCK, 4): (Tag.UNSIGNED,),
    (ClassId.CLOCK, 5): _MOMENT,
    (ClassId.CLOCK, 6): _MOMENT,
    (ClassId.CLOCK, 7): (Tag.INTEGER,),
    (ClassId.CLOCK, 8): (Tag.BOOLEAN,),
    (ClassId.CLOCK, 9): (Tag.ENUM,),
    (ClassId.ASSOCIATION_LN, 2): _ARRAY,
    (ClassId.ASSOCIATION_LN, 3): (Tag.STRUCTURE,),
    (ClassId.ASSOCIATION_LN, 4): (Tag.STRUCTURE, Tag.OCTET_STRING),
    (ClassId.ASSOCIATION_LN, 5): (Tag.STRUCTURE,),
    (ClassId.ASSOCIATION_LN, 6): (Tag.STRUCTURE, Tag.OCTET_STRING),
    (ClassId.ASSOCIATION_LN, 8): (Tag.ENUM,),
    (ClassId.ASSOCIATION_LN, 9): (Tag.OCTET_STRING,),
    (ClassId.SAP_ASSIGNMENT, 2): (Tag.ARRAY,),
    (18, 6): (Tag.ENUM,),
    (40, 2): (Tag.ARRAY,),
    (40, 3): (Tag.STRUCTURE,),
    (40, 4): (Tag.ARRAY,),
    (40, 7): (Tag.LONG_UNSIGNED, Tag.STRUCTURE),
    (40, 8): (Tag.OCTET_STRING,),
    (40, 11): (Tag.ENUM,),
    (41, 2): (Tag.LONG_UNSIGNED,),
    (41, 3): (Tag.OCTET_STRING,),
    (42, 2): (Tag.OCTET_STRING,),
    **{(42, number): (Tag.DOUBLE_LONG_UNSIGNED,) for number in _IPV4_ADDRESSES},
    (42, 4): (Tag.ARRAY,),
    (43, 2): (Tag.OCTET_STRING,),
    (48, 2): (Tag.OCTET_STRING,),
    (48, 3): (Tag.ENUM,),
    **{(48, number): (Tag.ARRAY,) for number in (4, 5, 6)},
    **{(48, number): (Tag.OCTET_STRING,) for number in (7, 8)},
    (70, 2): (Tag.BOOLEAN,),
    (70, 3): (Tag.ENUM,),
    (70, 4): (Tag.ENUM,),
}


@dataclass(frozen=True)
class Told:
    """A value as its attribute reads: the text, its unit or nothing, and
    what is odd about it or nothing.
    """

    text: str
    unit: str = ""
    remark: str = ""

    @property
    def line(self) -> str:
        """Text and unit."""
        return f"{self.text} {self.unit}".rstrip()


def _words_for(class_id: int, attribute_id: int, instance: Obis | None) -> Words | None:
    if class_id == ClassId.DATA and attribute_id == 2 and instance is not None:
        return next((words for pattern, words in _OBJECTS if pattern.fullmatch(instance.dotted)), None)
    if (class_id, attribute_id) in _ELEMENTS:
        words = _ELEMENTS[class_id, attribute_id]
        return lambda data: ", ".join(words(element) for element in axdr.elements(data)) or text(data)
    return _WORDS.get((class_id, attribute_id))


def elements_told(class_id: int, attribute_id: int, data: Data) -> list[str]:
    """The elements of an array, a text for each."""
    words = _ELEMENTS.get((class_id, attribute_id), text)
    found = []
    for element in axdr.elements(data):
        try:
            found.append(words(element))
        except _NOT_OF_THAT_FORM:
            found.append(text(element))
    return found


def tell(
    class_id: int, attribute_id: int, data: Data, scaler_unit: ScalerUnit | None = None, instance: Obis | None = None
) -> Told:
    """A value as its attribute wants to be read. instance: the object, where it is known: some
    Data objects have words of their own.
    """
    if attribute_id == 1:
        return _logical_name(data, instance)
    types = _TYPES.get((class_id, attribute_id), ())
    if types and data.tag not in types:
        wanted = " or ".join(tag.text for tag in types)
        return Told(text(data), remark=f"{data.tag.text}, must be {wanted}: {data.encode()[:24].hex().upper()}")
    words = _words_for(class_id, attribute_id, instance)
    if words is not None:
        try:
            return Told(words(data))
        except _NOT_OF_THAT_FORM:
            remark = "has not the form of its attribute" if types else ""
            return Told(text(data), remark=remark and f"{remark}: {data.encode()[:40].hex().upper()}")
    if scaler_unit is not None and is_number(data):
        return Told(scaled(data, scaler_unit), scaler_unit.symbol)
    return Told(text(data), _UNITS.get((class_id, attribute_id), "") if data.tag in _NUMBER else "")


def _logical_name(data: Data, instance: Obis | None) -> Told:
    if data.tag is not Tag.OCTET_STRING or len(data) != 6:
        return Told(text(data), remark=f"is no logical name: {data.encode()[:24].hex().upper()}")
    if instance is not None and data.value != instance.octets:
        return Told(str(Obis(data.value)), remark=f"is another logical name than {instance}")
    return Told(str(Obis(data.value)))
