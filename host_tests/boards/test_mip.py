"""`mpremote mip install` of the meter, for real: from a folder and from a web server, onto
the unix port's REPL (see repl_board).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from host_tests.boards.repl_board import SOURCES_FLASH, ReplBoard
from tools.image.boards import catalog, deploy, files
from tools.image.boards.repl import Repl
from tools.launcher import ROOT

PICO = catalog.BOARDS["RPI_PICO2_W"]
PARTS = ("firmware", "boards/RPI_PICO2_W")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


def _shortened(package: Path) -> None:
    """Keep one file of every folder of a package.json: a serial line takes a minute for all,
    which deploying has to do in its own tests.
    """
    listed = json.loads(package.read_text(encoding="utf-8"))
    folders = {name.rpartition("/")[0]: [name, url] for name, url in reversed(listed["urls"])}
    package.write_text(json.dumps({**listed, "urls": list(folders.values())}), encoding="utf-8")


@pytest.fixture
def copy(tmp_path):
    """A copy of what a repository publishes."""
    for part in PARTS:
        shutil.copytree(ROOT / part, tmp_path / part)
        _shortened(tmp_path / part / "package.json")
    return tmp_path


@pytest.fixture(params=["folder", "web"])
def origin(request, copy):
    """Where mpremote finds the copy: a path, or the URL of a web server."""
    if request.param == "folder":
        yield str(copy)
        return
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(copy))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(10)


def test_mip_installs_what_deploy_would(origin, copy, micropython):
    """Two commands of the manual: the firmware, then the limits of the board; each
    file is where a deploy would put it.
    """
    with ReplBoard(micropython.words, size=SOURCES_FLASH) as board:
        for part in PARTS:
            # "." is the root here: the stand-in mounts its file system below it
            line = [sys.executable, "-m", "mpremote", "connect", board.url, "resume", "mip", "install", "--target", "."]
            done = subprocess.run(
                [*line, f"{origin}/{part}/package.json"],
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
                stdin=subprocess.DEVNULL,
            )
            assert done.returncode == 0, done.stdout + done.stderr
        wanted = deploy.sources(PICO)
        kept = {path: ("boards/RPI_PICO2_W" if path == "limits.py" else "firmware") for path in wanted}
        with Repl.open(board.url, 10) as repl:
            there = files.Files(repl)
            for part in PARTS:
                for name, _ in json.loads((copy / part / "package.json").read_text(encoding="utf-8"))["urls"]:
                    assert there.read(name) == (ROOT / kept[name] / name).read_bytes(), name
