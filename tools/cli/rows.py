"""Rows of a profile buffer: taken from the octets as they come, and completed where a meter
leaves out what follows from the row before.

    RowStream   octets of the buffer in, whole rows out
    Completer   null-data: the value of the row before; in a clock column its time and one
                capture period (REQUIREMENTS D-104)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ..dlmsclient import CaptureObject, Data, DateTime, ProtocolError, Tag, axdr
from ..dlmsclient.cosem import ClassId
from ..dlmsclient.datetimes import ANY, Date, Time
from ..dlmsclient.octets import Reader
from .asking import with_octets

_TIME = 2  # attribute of a clock


class RowStream:
    """Decodes the elements of an array while its octets arrive. ``total``: as
    many as the array says it has.
    """

    def __init__(self) -> None:
        self.total: int | None = None
        self.taken = 0
        self._octets = bytearray()
        self._array = True

    def feed(self, octets: bytes) -> Iterator[Data]:
        """More octets; the elements that are whole now. What is no array, or broken,
        yields nothing: the whole value shows it.
        """
        self._octets += octets
        if self.total is None and not self._begin():
            return
        assert self.total is not None
        reader = Reader(bytes(self._octets), "buffer")
        end = 0
        while self._array and self.taken < self.total:
            try:
                row = axdr.read_data(reader)
            except ProtocolError:
                break  # cut off, or wrong
            end = reader.offset
            self.taken += 1
            yield row
        del self._octets[:end]

    def _begin(self) -> bool:
        reader = Reader(bytes(self._octets), "buffer")
        try:
            self._array = reader.u8() == Tag.ARRAY
            self.total = reader.length()
        except ProtocolError:
            return False
        del self._octets[: reader.offset]
        return True


@dataclass(frozen=True)
class Row:
    """Values of a row, as many as there are columns, None where there is
    none; and what was odd about it.
    """

    values: tuple[Data | None, ...]
    remark: str = ""


class Completer:
    """Rows with a value in each column. columns: None for one that is not known. period:
    seconds, None where it could not be read.
    """

    def __init__(self, columns: Sequence[CaptureObject | None], period: int | None, newest_first: bool = False) -> None:
        self._columns = columns
        self._period = period
        self._sign = -1 if newest_first else 1
        self._before: tuple[Data | None, ...] = ()

    def row(self, element: Data) -> Row:
        """An element of the buffer as a row."""
        width = len(self._columns)
        if element.tag is not Tag.STRUCTURE:
            remark = with_octets(f"{element.tag.text}, must be a structure", element.encode())
            return Row((None,) * width, remark)
        remarks = []
        values: list[Data | None] = list(element.value[:width])
        if len(element) != width:
            remarks.append(with_octets(f"{len(element)} values for {width} capture objects", element.encode()))
            values += [None] * (width - len(values))
        for i, value in enumerate(values):
            if value is not None and value.tag is Tag.NULL_DATA:
                values[i] = self._follows(i)
                if values[i] is None:
                    remarks.append(f"null-data in column {i + 1}, and nothing that it follows from")
        self._before = tuple(values)
        return Row(self._before, "; ".join(remarks))

    def _follows(self, i: int) -> Data | None:
        """What null-data stands for in column i."""
        before = self._before[i] if i < len(self._before) else None
        column = self._columns[i]
        if before is None or column is None or (column.class_id, column.attribute_id) != (ClassId.CLOCK, _TIME):
            return before
        if self._period is None:
            return None
        return later(before, self._sign * self._period)


def later(data: Data, seconds: int) -> Data | None:
    """A date-time, tagged or in an octet-string, so many seconds later; None
    where there is none to count from.
    """
    moment = data.value
    if data.tag is Tag.OCTET_STRING and len(data) == 12:
        moment = DateTime.decode(data.value)
    if not isinstance(moment, DateTime):
        return None
    when = moment.to_datetime()
    if when is None:
        return None
    try:
        then = when + timedelta(seconds=seconds)
    except OverflowError:
        return None
    weekday = moment.date.weekday if moment.date.weekday == ANY else then.isoweekday()
    second = ANY if moment.time.second == ANY else then.second
    date, time = (
        Date(then.year, then.month, then.day, weekday),
        Time(then.hour, then.minute, second, moment.time.hundredths),
    )
    found = DateTime(date, time, moment.deviation, moment.status)
    return Data(data.tag, found.encode() if data.tag is Tag.OCTET_STRING else found)
