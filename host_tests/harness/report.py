"""What a test report says of the meter under test: firmware, interpreter, board and
heap at boot, from its READY line.

Each test case gets them as properties, and the whole suite those of every target's first
boot, as `TARGET.firmware` and so on.
"""

from __future__ import annotations

import pytest
from _pytest.junitxml import xml_key

from tools.launcher import Ready

# Property -> what it is in the READY line; all of a board, the first five of any meter of ours.
_FIELDS = {
    "firmware": "version",
    "micropython": "micropython",
    "board": "board",
    "boot-heap": "heap",
    "boot-free": "free",
    "board-id": "id",
    "reset": "reset",
}
_TARGET = "target"


def properties(target: str, ready: Ready | None) -> list[tuple[str, str]]:
    """(name, value) of one test case; only the target where the meter is not ours."""
    found = [(_TARGET, target)]
    if ready is not None:
        found += [(name, ready.fields[key]) for name, key in _FIELDS.items() if key in ready.fields]
    return found


class SuiteProperties:
    """A plugin of the process that writes the report: takes the properties of each
    target's first test case for the suite.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._seen: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        xml = self._config.stash.get(xml_key, None)
        told = dict(report.user_properties)
        target = told.pop(_TARGET, None)
        if xml is None or target is None or target in self._seen or not told:
            return
        self._seen.add(str(target))
        for name, value in told.items():
            if name in _FIELDS:
                xml.add_global_property(f"{target}.{name}", value)
