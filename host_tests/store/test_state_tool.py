"""`python -m tools.state`: what it shows of a store, and that no file brings it down."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.launcher import ROOT
from tools.state.__main__ import DAMAGED, DONE, NO_STORE, main
from tools.state.reading import ENERGIES

FOLDER = str(Path(__file__).parent)
if FOLDER not in sys.path:
    sys.path.append(FOLDER)

from flash import SECTOR, Flash  # noqa: E402
from meter import metrology  # noqa: E402
from store import keys  # noqa: E402
from store.identity import BILLING, JOURNAL, LOAD, compose  # noqa: E402
from store.store import Store  # noqa: E402

pytestmark = [pytest.mark.req("I-19")]
PLAN = ((JOURNAL, 3), (LOAD, 4), (BILLING, 3))
SERIAL = b"REF0000000001"
SECRET = b"correct horse"
WORDS = ("show", "check", "export")
RUNNING = (
    bytes([1, 0])
    + (9560).to_bytes(4, "big")
    + (3600).to_bytes(4, "big")
    + bytes(6)
    + (12).to_bytes(4, "big")
    + bytes([1])
    + (45).to_bytes(2, "big")
    + bytes([18])
    + b"".join(b"\x06" + (1000 + i).to_bytes(4, "big") for i in range(9))
    + bytes(60)
)


def put(store: Store, key: int, octets: bytes) -> None:
    assert store.journal.put(key, octets, 0, len(octets))


@pytest.fixture(scope="module")
def image() -> bytes:
    """A store with records of every kind, secrets among them."""
    flash = Flash(10)
    store = Store(flash, PLAN, SERIAL)
    put(store, keys.MADE, b"\x01")
    put(store, keys.STATE, RUNNING)
    put(store, keys.SECURITY + 1, SECRET)
    put(store, keys.ASSOCIATIONS, SECRET)
    for again in range(40):
        put(store, keys.OBJECTS + again % 5, bytes([again]) * 100)
        store.tidy()
    assert store.counter(0).take()
    return bytes(flash.data)


@pytest.fixture
def file(image: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "meter.state"
    path.write_bytes(image)
    return path


def run(*words: object) -> int:
    return main([str(word) for word in words])


def test_show(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("show", file) == DONE
    text = capsys.readouterr().out
    for part in (
        "REF0000000001",
        "journal 3, load profile 4, billing 3",
        "not beyond 256",
        "2026-03-05T01:00:00Z",
        "A+ T1",
        "1005",
        "object record 4",
        "association record 0",
        "nothing",
    ):
        assert part in text
    assert SECRET.hex() not in text.replace(" ", "").lower()


def test_registers_have_the_names_that_the_meter_gives_them() -> None:
    assert tuple(name for name, _, _ in metrology.ENERGIES) == ENERGIES


def test_runs_alone(file: Path) -> None:
    """From a shell, without what the tests have on the path; the file may
    be one that cannot be written.
    """
    file.chmod(0o400)
    before = file.stat().st_mtime_ns, file.read_bytes()
    words = [sys.executable, "-m", "tools.state", "check", str(file)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=50, check=False)
    assert (done.returncode, done.stderr) == (DONE, "")
    assert done.stdout.startswith("sound: 11 records")
    assert (file.stat().st_mtime_ns, file.read_bytes()) == before


def test_export_keeps_secrets(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", file) == DONE
    text = capsys.readouterr().out
    assert SECRET.hex() not in text.lower()
    exported = json.loads(text)
    assert exported["identity"]["serial"] == "REF0000000001"
    assert exported["registers"]["A+"] == 1000
    assert exported["records"][str(keys.SECURITY + 1)] == {"name": "security 1", "octets": 13, "value": "hidden"}
    assert exported["records"][str(keys.OBJECTS)]["value"] == "23" * 100
    output = tmp_path / "secret.json"
    assert run("export", "--with-secrets", "--output", output, file) == DONE
    assert output.stat().st_mode & 0o777 == 0o600
    assert json.loads(output.read_text())["records"][str(keys.ASSOCIATIONS)]["value"] == SECRET.hex().upper()
    # a file that is there, and that others may read, stays as it is
    assert run("export", "--with-secrets", "--output", output, file) == NO_STORE
    assert "File exists" in capsys.readouterr().err
    with pytest.raises(SystemExit) as refused:
        run("export", "--with-secrets", file)
    assert refused.value.code == 2


def test_check_reports_what_has_gone_bad(file: Path, image: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check", file) == DONE
    data = bytearray(image)
    at = data.rindex(bytes([30]) * 100)
    data[at + 7] ^= 1
    file.write_bytes(data)
    assert run("check", file) == DAMAGED
    assert "1 places in the journal hold records that have gone bad" in capsys.readouterr().out


def test_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flash = Flash(10)
    rows = Store(flash, PLAN, SERIAL).rows(LOAD, 0)
    assert rows.shape(20, 7)
    for i in range(300):
        assert rows.append(i.to_bytes(2, "big") * 10)
    path = tmp_path / "meter.state"
    path.write_bytes(flash.data)
    assert run("export", path) == DONE
    ring = json.loads(capsys.readouterr().out)["rings"][0]
    assert (ring["first"], ring["last"], ring["corrupt"], len(ring["rows"])) == (1, 300, 0, 300)
    assert ring["rows"]["300"] == "012B" * 10
    flash.data[bytes(flash.data).index(b"\x00\x64" * 10)] ^= 1
    path.write_bytes(flash.data)
    assert run("check", path) == DAMAGED
    assert "1 rows of the load profile have gone bad" in capsys.readouterr().out


def test_torn_record_and_reset_are_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flash = Flash(10)
    store = Store(flash, PLAN, SERIAL)
    put(store, keys.RESET, b"\x01")
    flash.data[store.journal.end + 4] = 0
    path = tmp_path / "meter.state"
    path.write_bytes(flash.data)
    assert run("check", path) == DONE
    text = capsys.readouterr().out
    assert "factory reset" in text
    assert "the supply was cut" in text


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"", "no whole number of sectors"),
        (b"x" * 4097, "no whole number of sectors"),
        (b"\xff" * 4096 * 3, "blank"),
        (b"\x00" * 4096 * 3, "no store"),
        (b"DJ" * 2048 * 3, "no store"),
    ],
)
def test_no_store_is_one_line(octets: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "meter.state"
    path.write_bytes(octets)
    for command in WORDS:
        assert run(command, path) == NO_STORE
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
        assert words in said.err


def test_files_that_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    large = tmp_path / "large"
    with large.open("wb") as sparse:
        os.truncate(sparse.fileno(), 1 << 32)
    for path in (tmp_path / "missing", tmp_path, large):
        assert run("check", path) == NO_STORE
        assert capsys.readouterr().err.count("\n") == 1


_DAMAGE = st.lists(
    st.tuples(st.integers(0, 10 * SECTOR - 1), st.binary(min_size=1, max_size=40) | st.sampled_from([b"\xff" * 4096])),
    max_size=6,
)
_slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def bears(path: Path, octets: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever a file holds, each command makes a report or one line of it."""
    path.write_bytes(octets)
    for command in WORDS:
        code = run(command, path)
        said = capsys.readouterr()
        assert code in (DONE, DAMAGED, NO_STORE)
        assert said.err.count("\n") == (code == NO_STORE)
        assert bool(said.out) == (code != NO_STORE)
        assert SECRET.hex() not in said.out.lower().replace(" ", "")


@given(damage=_DAMAGE, sectors=st.integers(1, 10))
@_slow
def test_damaged_files(
    damage: list[tuple[int, bytes]], sectors: int, image: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = bytearray(image)
    for at, octets in damage:
        data[at : at + len(octets)] = octets
    bears(tmp_path / "meter.state", bytes(data[: sectors * SECTOR]), capsys)


@given(
    identity=st.binary(max_size=60)
    | st.binary(max_size=30).map(lambda tail: compose(PLAN, SERIAL)[: 1 + len(tail)] + tail),
    mark=st.binary(min_size=16, max_size=16),
    running=st.binary(max_size=90).map(lambda tail: RUNNING[: 100 - len(tail)] + tail),
)
@_slow
def test_odd_records(
    identity: bytes, mark: bytes, running: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Records that agree with their CRC and make no sense."""
    flash = Flash(10)
    store = Store(flash, PLAN, SERIAL)
    for key, octets in ((keys.IDENTITY, identity), (keys.RINGS, mark), (keys.STATE, running)):
        put(store, key, octets)
    bears(tmp_path / "meter.state", bytes(flash.data), capsys)
