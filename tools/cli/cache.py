"""Object lists kept between commands, so that one value does not cost a whole list.

A list belongs to a logical device, by its logical device name and firmware identifier, and to a
client: what another client or another firmware shows may differ. The two are read from the meter
before a list is taken. Lists are in ``dlms/objects`` of ``XDG_CACHE_HOME`` (``~/.cache``), one file
each; one that is damaged is as if it were not there, and one after which the meter does not know an
object is dropped. Nothing here raises because of a file.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from ..dlmsclient import (
    Association,
    Data,
    DlmsError,
    ListedObject,
    Obis,
    ProtocolError,
    ServiceFailure,
    ShortNameAssociation,
    axdr,
)
from ..dlmsclient.cosem import ClassId
from ..dlmsclient.short_names import LOGICAL_DEVICE_NAME, attribute_name

_FORMAT = 1
_NAME = Obis.parse("0.0.42.0.0.255")
_FIRMWARE = (Obis.parse("1.0.0.2.0.255"), Obis.parse("0.0.0.2.0.255"))
_VALUE = 2


class ObjectLists:
    """The object list of an association: kept, or read from the meter and then
    kept. ``keep`` False: always read.
    """

    def __init__(self, opened: Association, keep: bool = True, folder: Path | None = None) -> None:
        self._opened = opened
        self._keep = keep
        self._folder = folder or folder_of_lists()
        self._path: Path | None = None
        self._objects: list[ListedObject] | None = None
        self.from_cache = False

    def objects(self) -> list[ListedObject]:
        """What this client may see."""
        if self._objects is None:
            self._objects = self._kept() if self._keep else None
            self.from_cache = self._objects is not None
        return self.again() if self._objects is None else self._objects

    def again(self) -> list[ListedObject]:
        """The list as the meter has it now."""
        self.drop()
        odd: list[ProtocolError] = []
        lists = self._opened.object_lists()
        self._objects = self._opened.parse_objects(lists, odd)
        firmware = self._firmware() if self._path is not None and not odd else None
        if firmware is not None:
            self._store({"format": _FORMAT, "firmware": firmware, "lists": [_text(each) for each in lists]})
        return self._objects

    def drop(self) -> None:
        """Forget the list: the meter does not know an object that it has."""
        self.from_cache = False
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()

    # The meter

    def _name(self) -> str | None:
        """The logical device name, which has a short name that is the same in every meter."""
        try:
            if isinstance(self._opened, ShortNameAssociation):
                return self._opened.read(attribute_name(LOGICAL_DEVICE_NAME, _VALUE)).encode().hex()
            return self._opened.get(ClassId.DATA, _NAME, _VALUE).encode().hex()
        except ServiceFailure:
            return None

    def _firmware(self) -> str | None:
        """The firmware identifier; with short names the list has to be there, kept or read."""
        for instance in _FIRMWARE:
            with contextlib.suppress(ServiceFailure):
                return self._opened.get(ClassId.DATA, instance, _VALUE).encode().hex()
        return None

    # Files

    def _kept(self) -> list[ListedObject] | None:
        """The list of this logical device, its firmware and this client; None
        where there is none that holds.
        """
        name = self._name()
        if name is None:
            return None
        kind = type(self._opened).__name__
        key = json.dumps([name, kind, self._opened.client_wport, self._opened.server_wport])
        self._path = self._folder / f"{hashlib.sha256(key.encode()).hexdigest()}.json"
        try:
            content: Any = json.loads(self._path.read_text(encoding="ascii"))
            lists = [None if text is None else axdr.decode(bytes.fromhex(text)) for text in content["lists"]]
            objects = self._opened.parse_objects(lists)
            holds = content["format"] == _FORMAT and content["firmware"]
        except (OSError, ValueError, KeyError, TypeError, AttributeError, DlmsError, RecursionError):
            return None
        return objects if holds and self._firmware() == holds else None

    def _store(self, content: dict[str, Any]) -> None:
        assert self._path is not None
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._folder)  # readable by nobody else; complete or not there
            with open(handle, "w", encoding="ascii") as file:
                json.dump(content, file)
            os.replace(name, self._path)


def _text(data: Data | None) -> str | None:
    return None if data is None else data.encode().hex()


def folder_of_lists() -> Path:
    """Where lists are kept."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "dlms" / "objects"
