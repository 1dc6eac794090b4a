"""Requirement ids: read from docs/REQUIREMENTS.md, checked on every test that names one."""

from __future__ import annotations

import pytest

from tools.upkeep.lint.requirements import known_ids


def unknown_ids(items: list[pytest.Item]) -> list[str]:
    """One line for each test that names an id which the requirements do not have."""
    known = known_ids()
    if known is None:
        return []
    return [
        f"{item.nodeid}: {identifier} is no id of docs/REQUIREMENTS.md"
        for item in items
        for mark in item.iter_markers("req")
        for identifier in mark.args
        if identifier not in known
    ]
