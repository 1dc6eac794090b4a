"""What of the emulated RP2040 needs no emulator: its pins of packages, its sources, and
what it says when something is missing.
"""

from __future__ import annotations

import json
import os
import re
import stat

import pytest

from tools.image import crossbuild, debian
from tools.image.boards.catalog import BoardError
from tools.image.rp2040 import Emulator, build, sources
from tools.launcher import ROOT

RUNNER = ROOT / "tools" / "image" / "rp2040" / "runner"


def test_the_lockfile_pins_and_names_no_registry():
    text = (RUNNER / "package-lock.json").read_text()
    wanted = json.loads((RUNNER / "package.json").read_text())["dependencies"]
    packages = json.loads(text)["packages"]
    assert {name: packages[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert all("integrity" in entry for name, entry in packages.items() if name)
    assert "resolved" not in text
    assert not re.search(r"https?:", text)


def test_what_is_not_built_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "IMAGE", tmp_path / "firmware.uf2")
    with pytest.raises(BoardError, match=r"not built: python -m tools\.image\.rp2040 build"):
        Emulator(tmp_path / "flash.img", tmp_path / "console.log").power_on()


@pytest.mark.parametrize(
    ("version", "message"),
    [("v16.20.2", "node 18 or newer is needed, and this is v16.20.2"), (None, "node is not installed")],
)
def test_node_is_looked_at(tmp_path, monkeypatch, version, message):
    if version is not None:
        node = tmp_path / "node"
        node.write_text(f"#!/bin/sh\necho {version}\n")
        node.chmod(node.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BoardError, match=message):
        build.need_node()


def test_missing_tools_are_named_to_who_cannot_install_them(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "CACHE", tmp_path)
    monkeypatch.setattr(crossbuild, "missing", lambda packages: ["cmake", "npm"])
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(
        BoardError, match="tools are missing for the emulated RP2040: install cmake npm, or run this as root"
    ):
        build.build()


def test_without_sources_one_line_says_why(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "CACHE", tmp_path)

    def need(*tools):
        raise debian.DebianError("apt-get is needed (Debian, Ubuntu)")

    monkeypatch.setattr(debian, "need", need)
    with pytest.raises(
        BoardError, match=r"no MicroPython sources: apt-get is needed .*; or name a source tree with TOP="
    ):
        sources.tree()


def test_a_tree_that_lacks_a_library_is_not_taken_from_the_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "CACHE", tmp_path)
    tree = tmp_path / "1.25.0" / "micropython"
    for mark in sources._MARKS:
        (tree / mark).parent.mkdir(parents=True, exist_ok=True)
        (tree / mark).touch()
    assert sources.tree() == tree
    (tree / sources._MARKS[-1]).unlink()
    monkeypatch.setattr(sources, "_fetch", lambda: tmp_path / "fetched")
    assert sources.tree() == tmp_path / "fetched"
