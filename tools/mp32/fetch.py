"""Fetch Debian's i386 `micropython` with apt, unpack it into .cache/mp32/<version>, and say how to run it.

apt is given a configuration of its own (lists, cache, one source), so the machine's
is neither needed nor changed. The mirror is the one the machine's apt uses.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

CACHE = Path(__file__).resolve().parent.parent.parent / ".cache" / "mp32"
SUITE = "trixie"
PACKAGES = ("micropython", "libc6", "libffi8", "libmbedcrypto16", "libmbedtls21", "libmbedx509-7", "libgcc-s1")
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Names a Debian mirror where the machine's own apt has none (Ubuntu).
MIRROR_VARIABLE = "DEBIAN_MIRROR"
_APT_TIMEOUT = 300
_RUN_TIMEOUT = 20
# glibc then takes the interpreter's heap from brk, below 2**30 as on a board, so that addresses stay small ints.
_HEAP_BELOW_2_30 = "MALLOC_MMAP_THRESHOLD_=1073741824"


class Unavailable(Exception):
    """Why there is no 32-bit interpreter on this machine, in one line."""


def _command(folder: Path) -> list[str]:
    libraries = folder / "usr" / "lib" / "i386-linux-gnu"
    loader = next((path for path in (libraries / "ld-linux.so.2", folder / "usr" / "lib" / "ld-linux.so.2") if path.exists()), None)
    if loader is None:
        raise Unavailable(f"{folder.name} has no loader")
    return ["env", _HEAP_BELOW_2_30, str(loader), "--library-path", str(libraries), str(folder / "usr" / "bin" / "micropython")]


def _check(words: Sequence[str]) -> None:
    """Unavailable unless `words` run a MicroPython whose machine word has 32 bits."""
    try:
        asked = [*words, "-c", "import sys;print(sys.maxsize)"]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=_RUN_TIMEOUT, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"it does not run: {error}") from None
    if done.stdout.strip() != str(2**31 - 1):
        raise Unavailable(f"it does not run here: {(done.stderr or done.stdout).strip()[:200] or done.returncode}")


def cached() -> list[str] | None:
    """The command of the interpreter that was fetched before; None when there is none that runs."""
    for folder in sorted(CACHE.glob("[0-9]*"), reverse=True):
        try:
            words = _command(folder)
            _check(words)
        except Unavailable:
            continue
        return words
    return None


def fetch() -> list[str]:
    """Fetch and unpack the packages and return the command; Unavailable says why not."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise Unavailable(f"it is built for Linux on x86-64, this is {platform.system()} on {platform.machine()}")
    for tool in ("apt-get", "dpkg", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise Unavailable(f"{tool} is needed (Debian, Ubuntu)")
    if not KEYRING.exists():
        raise Unavailable("the archive's keys are needed (package debian-archive-keyring)")
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="apt-") as name:
        work = Path(name)
        _download(work, _mirror())
        return _unpack(work)


def _mirror() -> str:
    """The Debian mirror of the machine's apt configuration."""
    if os.environ.get(MIRROR_VARIABLE):
        return os.environ[MIRROR_VARIABLE]
    listed = _apt(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"], {})
    for address in listed.split():
        if re.search(r"/debian/?$", address):
            return address
    raise Unavailable(f"apt knows no Debian mirror: name one with {MIRROR_VARIABLE}=")


def _download(work: Path, mirror: str) -> None:
    (work / "lists" / "partial").mkdir(parents=True)
    (work / "archives" / "partial").mkdir(parents=True)
    (work / "status").touch()
    (work / "sources.list").write_text(f"deb [arch=i386 signed-by={KEYRING}] {mirror} {SUITE} main\n")
    settings = {
        "Dir::Etc::SourceList": work / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": work / "lists",
        "Dir::State::status": work / "status",
        "Dir::Cache": work,
        "APT::Architecture": "i386",
        "APT::Architectures": "i386",
        "APT::Sandbox::User": "root",
        "APT::Get::List-Cleanup": "0",
    }
    # APT_CONFIG is read before the machine's own files, so its proxies still count.
    (work / "apt.conf").write_text("#clear APT::Architectures;\n" + "".join(f'{key} "{value}";\n' for key, value in settings.items()))
    env = {"APT_CONFIG": str(work / "apt.conf")}
    _apt(["-q", "update"], env, work)
    _apt(["-q", "download", *(f"{package}:i386" for package in PACKAGES)], env, work)


def _apt(words: Sequence[str], env: dict[str, str], folder: Path | None = None) -> str:
    try:
        done = subprocess.run(
            ["apt-get", *words],
            cwd=folder,
            env={**os.environ, **env, "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_APT_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"apt-get {words[-1]} took longer than {_APT_TIMEOUT} s") from None
    if done.returncode != 0 or "\nW: Failed to fetch" in done.stderr:
        faults = [line for line in done.stderr.splitlines() if line.startswith(("E:", "W: Failed"))]
        raise Unavailable(f"apt-get failed: {faults[0] if faults else done.stderr.strip()[-200:]}")
    return done.stdout


def _unpack(work: Path) -> list[str]:
    unpacked = work / "unpacked"
    version = ""
    for package in sorted(work.glob("*.deb")):
        subprocess.run(["dpkg", "-x", str(package), str(unpacked)], check=True, timeout=60)
        if package.name.startswith("micropython_"):
            shown = subprocess.run(["dpkg-deb", "-f", str(package), "Version"], capture_output=True, text=True, check=True, timeout=60)
            version = re.sub(r"[^\w.+~-]", "_", shown.stdout.strip())
    _check(_command(unpacked))
    folder = CACHE / version
    if folder.exists():
        shutil.rmtree(folder)
    unpacked.rename(folder)
    return _command(folder)
