"""The command line as if nobody had configured it: no variables, no meters,
no lists kept from another run.
"""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def nothing_configured(monkeypatch, tmp_path_factory):
    """Own folders for configuration and cache; scripted peers are asked what their
    scripts say, and for no identity.
    """
    for variable in [name for name in os.environ if name.startswith("DLMS_")]:
        monkeypatch.delenv(variable)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setenv("DLMS_NO_CACHE", "1")
