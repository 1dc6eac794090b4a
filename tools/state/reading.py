"""What stands in a store: identity, records, counters, registers, rows, and what is damaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .firmware import load
from .image import Image, StateError

_LONGEST = 1200  # octets of a record
_SECTORS = 255  # in which a journal is looked for
_HIDDEN = "hidden"
# the energy registers, in their order in the record of the meter's running values
ENERGIES = ("A+", "A-", "R+", "R-", "G", "A+ T1", "A+ T2", "A- T1", "A- T2")
_RUNNING = 1  # version of the layout of the meter's running values that is understood here


@dataclass
class Rows:
    """The rows of one ring. octets: each row in hexadecimal, by its number."""

    name: str
    sectors: int
    generation: int = 0
    size: int = 0
    first: int = 1
    last: int = 0
    whole: int = 0
    corrupt: int = 0
    octets: dict[int, str] = field(default_factory=dict)


@dataclass
class Store:
    """A store as it was found. damage: what is wrong, a line each; notes: what is worth knowing."""

    sectors: int
    identity: dict[str, Any] | None = None
    generation: int = 0
    used: int = 0
    torn: int = 0
    corrupt: int = 0
    records: dict[int, bytes] = field(default_factory=dict)
    counters: dict[int, int] = field(default_factory=dict)
    registers: dict[str, Any] = field(default_factory=dict)
    rings: list[Rows] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(image: Image) -> Store:
    """What an image holds; StateError when there is no store in it."""
    store = Store(image.count)
    pages = load("store.pages").Pages(image, load("store.health").Health(((0, image.count),)))
    journal = load("store.journal").Journal(pages, 0, min(image.count, _SECTORS))
    if not journal.found:
        raise StateError(_nothing(image, journal))
    keys = load("store.keys")
    areas = _identity(store, _value(journal, keys.IDENTITY))
    if areas and areas[0][2] < journal.count:
        journal = load("store.journal").Journal(pages, 0, areas[0][2])
    _journal(store, journal)
    _state(store, keys)
    for kind, first, sectors in areas[1:]:
        store.rings.append(_rows(store, pages, journal, (kind, first, sectors)))
    return store


def _nothing(image: Image, journal: Any) -> str:
    if not image.octets.strip(b"\xff"):
        return "it is blank: no store was made there yet"
    if journal.segments.foreign:
        return "it is a store of another version"
    return "it is no store: no segment of a journal has a header"


def _value(journal: Any, key: int) -> bytes | None:
    buf = bytearray(_LONGEST)
    n = journal.get(key, buf, 0, _LONGEST)
    return bytes(buf[:n]) if n >= 0 else None


def _identity(store: Store, record: bytes | None) -> list[tuple[int, int, int]]:
    """Take the identity record; the areas of its map, none when it is not to be had."""
    module = load("store.identity")
    if record is None:
        store.damage.append("the identity is lost: version, map and serial number are not known")
        return []
    if len(record) < 2 or record[0] != module.VERSION or len(record) < 2 + 5 * record[1]:
        store.damage.append("the identity is of another version: the map is not known")
        return []
    areas: list[tuple[int, int, int]] = module.areas_of(record)
    if not areas or areas[0][:2] != (module.JOURNAL, 0) or any(a[1] + a[2] > store.sectors for a in areas):
        store.damage.append("the map of the identity does not fit the file")
        return []
    store.identity = {
        "version": record[0],
        "serial": module.text(module.serial_of(record)),
        "map": [{"area": _area(kind), "first": first, "sectors": sectors} for kind, first, sectors in areas],
    }
    return areas


def _area(kind: int) -> str:
    name: str = load("store.identity").NAMES.get(kind, f"kind {kind}")
    return name


def _journal(store: Store, journal: Any) -> None:
    """Take all records of the journal."""
    store.generation = journal.generation
    store.used = journal.octets
    for key in range(1, load("store.keys").COUNT):
        value = _value(journal, key)
        if value is not None:
            store.records[key] = value
    store.corrupt = journal.corrupt
    if journal.corrupt:
        store.damage.append(f"{journal.corrupt} places in the journal hold records that have gone bad")
    if journal.torn < journal.end:
        store.torn = journal.end - journal.torn
        store.notes.append(f"{store.torn} octets after the last record: the supply was cut while one was written")


def _state(store: Store, keys: Any) -> None:
    """Take counters and registers out of the records."""
    for i in range(keys.COUNTER_COUNT):
        record = store.records.get(keys.COUNTERS + i)
        if record is not None and len(record) == 4:
            store.counters[i] = int.from_bytes(record, "big")
    if keys.RESET in store.records:
        store.notes.append("a factory reset is on its way: the next start finishes it")
    elif keys.MADE not in store.records:
        store.notes.append("the meter has not lived through its first start yet")
    if keys.STATE in store.records:
        store.registers = registers(store.records[keys.STATE])
        if not store.registers:
            store.notes.append("the record of the registers has a layout that is not known here")


def registers(record: bytes) -> dict[str, Any]:
    """Instant, billing periods and energies of the record of `meter.running`;
    empty when it is another layout.
    """
    if len(record) < 24 or record[0] != _RUNNING:
        return {}
    day, second = int.from_bytes(record[2:6], "big"), int.from_bytes(record[6:10], "big")
    n = int.from_bytes(record[21:23], "big")
    energies = record[24 : 24 + n]
    if day > 150_000 or second >= 86_400 or len(energies) != 5 * len(ENERGIES) or n != len(energies):
        return {}
    return {
        "instant": (datetime(2000, 1, 1) + timedelta(days=day, seconds=second)).isoformat() + "Z",
        "billing periods": int.from_bytes(record[16:20], "big"),
        "tariff": record[20] + 1,
    } | {name: int.from_bytes(energies[5 * i + 1 : 5 * i + 5], "big") for i, name in enumerate(ENERGIES)}


def _rows(store: Store, pages: Any, journal: Any, area: tuple[int, int, int]) -> Rows:
    """The rows of a ring."""
    kind, first, sectors = area
    module = load("store.ring")
    rows = Rows(_area(kind), sectors)
    mark = _value(journal, load("store.keys").RINGS + kind)
    if mark is None or len(mark) != 16:
        return rows
    rows.generation = int.from_bytes(mark[0:4], "big")
    rows.size = int.from_bytes(mark[12:14], "big")
    ring = module.Ring(pages, first, sectors, kind)
    if not rows.generation or not 0 < rows.size <= 4096 - module.HEADER - module.SEAL:
        return rows
    ring.fit(rows.size)
    ring.open(rows.generation)
    if ring.newest < 0:
        return rows
    rows.first = max(int.from_bytes(mark[4:8], "big"), ring.oldest * ring.per + 1)
    rows.last = ring.newest * ring.per + ring.used
    row = bytearray(ring.stride)
    for number, sector, off in _places(ring, rows):
        pages.read(first + sector, off, row, 0, ring.stride)
        if sector >= 0 and ring.holds(row, 0, number):
            rows.whole += 1
            rows.octets[number] = row[: rows.size].hex().upper()
        else:
            rows.corrupt += 1
    if rows.corrupt:
        store.damage.append(f"{rows.corrupt} rows of the {rows.name} have gone bad")
    if ring.damaged:
        store.notes.append(f"{rows.name}: the supply was cut while a row was written")
    return rows


def _places(ring: Any, rows: Rows) -> Iterator[tuple[int, int, int]]:
    """(number, sector of the ring or -1, octet there) of each row."""
    for number in range(rows.first, rows.last + 1):
        slot = (number - 1) % ring.per
        yield number, ring.sector((number - 1) // ring.per), load("store.ring").HEADER + slot * ring.stride


def name_of(key: int) -> str:
    """What a key of the journal stands for."""
    keys = load("store.keys")
    named = {
        value: name.lower().replace("_", " ")
        for name, value in vars(keys).items()
        if name.isupper() and isinstance(value, int) and name not in ("COUNT", "COUNTER_COUNT", "RING_COUNT", "CLEARED")
    }
    if keys.COUNTERS <= key < keys.COUNTERS + keys.COUNTER_COUNT:
        return f"counter {key - keys.COUNTERS}"
    if keys.RINGS <= key < keys.RINGS + keys.RING_COUNT:
        return f"mark of the {_area(key - keys.RINGS)}"
    if keys.SECURITY <= key < keys.SECURITY + 16:
        return f"security {key - keys.SECURITY}"
    if key >= keys.ASSOCIATIONS:
        return f"association record {key - keys.ASSOCIATIONS}"
    if key >= keys.OBJECTS:
        return f"object record {key - keys.OBJECTS}"
    return named.get(key, f"key {key}")


def is_secret(key: int) -> bool:
    """Whether the octets of a record are shown to nobody."""
    secret: bool = load("store.keys").is_secret(key)
    return secret


def exported(store: Store, secrets: bool) -> dict[str, Any]:
    """All of a store for JSON; without secrets and keys unless they are asked for."""
    return {
        "sectors": store.sectors,
        "identity": store.identity,
        "generation": store.generation,
        "damage": store.damage,
        "notes": store.notes,
        "counters": {str(i): value for i, value in store.counters.items()},
        "registers": store.registers,
        "records": {
            str(key): {
                "name": name_of(key),
                "octets": len(value),
                "value": _HIDDEN if is_secret(key) and not secrets else value.hex().upper(),
            }
            for key, value in store.records.items()
        },
        "rings": [
            {
                "name": rows.name,
                "sectors": rows.sectors,
                "generation": rows.generation,
                "octets of a row": rows.size,
                "first": rows.first,
                "last": rows.last,
                "corrupt": rows.corrupt,
                "rows": {str(number): octets for number, octets in rows.octets.items()},
            }
            for rows in store.rings
        ],
    }
