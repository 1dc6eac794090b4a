"""``read``: walk the object list, print the values with their units, then the
newest rows of the load profile.

Everything that was read is printed, also when something was odd (then the exit code is 1) or
the connection was lost on the way (3).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field

from ..dlmsclient import Association, CosemAttribute, ListedObject, Obis, ProtocolError, Selection, UsageError
from ..dlmsclient.cosem import ClassId
from .asking import with_octets
from .errors import Odd
from .options import LOAD_PROFILE
from .plot import check_plot, print_chart, save_chart
from .profile import Profile, ProfileReader, Sink, selection_of
from .profile_output import CsvSink, print_profile_table, profile_json
from .progress import progress
from .readings import Reading, print_readings_csv, print_readings_table, read_all, reading_json
from .render import print_json, print_line, say
from .session import association, find_all, index_of, object_list

_SHOWN = 8  # newest rows
_PLOTTED = 96  # … of a chart: a day of quarters of an hour
# What a reader looks for first, per class; attribute 2 where nothing is said.
_VALUE_ATTRIBUTES: dict[int, tuple[int, ...]] = {
    ClassId.EXTENDED_REGISTER: (2, 5),
    ClassId.DEMAND_REGISTER: (2, 3),
    ClassId.PROFILE_GENERIC: (7,),
    ClassId.ASSOCIATION_LN: (8,),
    42: (3,),
    48: (3,),
    70: (2, 3),
}


@dataclass
class _Read:
    """What has come so far."""

    begun: bool = False
    only_rows: bool = False
    readings: list[Reading] = field(default_factory=list)
    profiles: list[Profile] = field(default_factory=list)
    left_out: list[ProtocolError] = field(default_factory=list)  # entries of the object list

    @property
    def odd(self) -> tuple[int, int]:
        """Rows and parts that were odd, and of how many."""
        rows = sum(bool(reading.remark) for reading in self.readings) + sum(profile.odd for profile in self.profiles)
        of = len(self.readings) + sum(len(profile.rows) + len(profile.remarks) for profile in self.profiles)
        return rows + len(self.left_out), of + len(self.left_out)


def _attributes_of(item: ListedObject, options: argparse.Namespace) -> list[int]:
    """Attributes to read of an object.

    One that was asked for by object and attribute is read even if the list denies it, so that the
    meter says why; in a walk over all objects an attribute counts where an object has it.
    """
    if options.attribute and options.object:
        return [index_of(text, item.class_id) for text in options.attribute]
    if options.attribute:
        return [number for text in options.attribute if (number := _listed_index(text, item)) is not None]
    if options.all:
        return item.readable
    return [number for number in _VALUE_ATTRIBUTES.get(item.class_id, (2,)) if number in item.readable]


def _listed_index(text: str, item: ListedObject) -> int | None:
    try:
        number = index_of(text, item.class_id)
    except UsageError:
        return None
    return number if number in item.attributes else None


def _read_values(opened: Association, items: list[ListedObject], options: argparse.Namespace, found: _Read) -> None:
    """The values with their units; what is not asked for because the
    connection is lost is among them.
    """
    wanted = [_attribute(item, number) for item in items for number in _attributes_of(item, options)]
    if options.attribute and not wanted:
        raise UsageError(f"no object has an attribute {' or '.join(options.attribute)}: `objects` lists them")
    found.begun = True
    with progress("values") as tell:
        read_all(opened, wanted, found.readings, tell)


def _attribute(item: ListedObject, number: int) -> CosemAttribute:
    return CosemAttribute(item.class_id, item.instance, number)


def _profiles_to_read(items: list[ListedObject], options: argparse.Namespace) -> list[ListedObject]:
    """The profiles that were named, otherwise the load profile if this client sees it."""
    if options.attribute:
        return []
    if options.object:
        return [item for item in items if item.class_id == ClassId.PROFILE_GENERIC]
    return [item for item in items if item.instance == Obis.parse(LOAD_PROFILE) and 2 in item.readable]


def _read_profile(opened: Association, item: ListedObject, options: argparse.Namespace, found: _Read) -> None:
    found.begun = True
    streamed = options.format == "csv" and found.only_rows
    with progress("rows", quiet=streamed) as tell:
        reader = ProfileReader(opened, item.instance, CsvSink() if streamed else Sink(), tell)
        found.profiles.append(reader.profile)
        default = _PLOTTED if options.plot is not None else _SHOWN
        reader.run(selection_of(options), default if options.rows is None else options.rows)


def run(options: argparse.Namespace) -> None:
    """Read and print."""
    for text in options.object or []:
        Obis.parse(text)
    selection = selection_of(options)
    check_plot(options)
    found = _Read()
    try:
        with association(options) as opened:
            items = object_list(opened, found.left_out)
            for error in found.left_out:
                say(f"left out of the object list: {with_octets(str(error), error.octets)}")
            if options.object:
                items = [item for text in options.object for item in find_all(items, text)]
            found.only_rows = _only_rows(items, options, selection)
            # The rows that are streamed come last, so that nothing stands between them.
            if not found.only_rows:
                _read_values(opened, items, options, found)
            profiles = _profiles_to_read(items, options)
            if options.plot is not None and not profiles:
                raise UsageError("--plot: there is no profile among these objects")
            for item in profiles:
                if found.only_rows or options.format != "csv":
                    _read_profile(opened, item, options, found)
    finally:
        # what was read is shown also when the file cannot be written, and the file is written also
        # when nobody reads the output to its end
        try:
            _print(options, found)
        finally:
            if options.plot:
                save_chart(found.profiles, options.plot)
    odd, of = found.odd
    if odd:
        raise Odd(odd, of)


def _only_rows(items: list[ListedObject], options: argparse.Namespace, selection: Selection | None) -> bool:
    """Whether rows are what was asked for: a chart, a time or entries given,
    or nothing but profiles named.
    """
    if options.attribute or options.all:
        return False
    if options.plot is not None:
        return True
    return selection is not None or bool(
        options.object and all(item.class_id == ClassId.PROFILE_GENERIC for item in items)
    )


def _print(options: argparse.Namespace, found: _Read) -> None:
    """What there is; CSV of rows has been written as they came."""
    if not found.begun:
        return
    if options.format == "json":
        profiles = [profile_json(profile) for profile in found.profiles]
        print_json({"values": [reading_json(reading) for reading in found.readings], "profiles": profiles})
        return
    if options.format == "csv":
        if not found.only_rows:
            print_readings_csv(found.readings)
        return
    if found.readings:
        print_readings_table(found.readings)
    for number, profile in enumerate(found.profiles):
        if found.readings or number:
            print_line("")
        if options.plot == "":
            print_chart(profile)
        else:
            print_profile_table(profile)
