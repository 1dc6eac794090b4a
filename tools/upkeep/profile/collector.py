"""A pytest plugin for `--collect-only`: writes which tests name which requirement ids, as
JSON, to the file that PROFILE_TESTS names.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

VARIABLE = "PROFILE_TESTS"


def name_of(nodeid: str) -> str:
    """`wire/test_x::test_y` of `host_tests/wire/test_x.py::test_y[parameters]`."""
    path, _, test = nodeid.partition("::")
    return f"{path.removeprefix('host_tests/').removesuffix('.py')}::{test.partition('[')[0]}"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test with its ids, parameters put together."""
    found: dict[str, list[str]] = {}
    for item in items:
        ids = {identifier for mark in item.iter_markers("req") for identifier in mark.args}
        if ids:
            name = name_of(item.nodeid)
            found[name] = sorted(ids.union(found.get(name, ())))
    Path(os.environ[VARIABLE]).write_text(json.dumps(found, sort_keys=True), encoding="utf-8")
