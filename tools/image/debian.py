"""Debian's archive as a source of tools and sources, through the machine's own apt.

What is only to be unpacked is fetched with a configuration of its own (lists, cache, one
source), so that the machine's apt is neither needed to know the suite nor changed. The
mirror is the one that the machine's apt uses.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# Names a Debian mirror where the machine's own apt has none (Ubuntu).
MIRROR_VARIABLE = "DEBIAN_MIRROR"
_TIMEOUT = 300
_UNPACK_TIMEOUT = 120
_INSTALL_TIMEOUT = 900


class DebianError(Exception):
    """Why something cannot be had from Debian's archive, in one line."""


def run_apt(
    words: Sequence[str], env: Mapping[str, str] | None = None, folder: Path | None = None, timeout: float = _TIMEOUT
) -> str:
    """What `apt-get` with these words printed; DebianError when it fails or takes too long."""
    try:
        done = subprocess.run(
            ["apt-get", *words],
            cwd=folder,
            env={**os.environ, **(env or {}), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise DebianError(f"apt-get {words[-1]} took longer than {timeout:.0f} s") from None
    if done.returncode != 0 or "\nW: Failed to fetch" in done.stderr:
        faults = [line for line in done.stderr.splitlines() if line.startswith(("E:", "W: Failed"))]
        raise DebianError(f"apt-get failed: {faults[0] if faults else done.stderr.strip()[-200:]}")
    return done.stdout


def need(*tools: str) -> None:
    """DebianError unless these commands and the archive's keys are here."""
    for tool in tools:
        if shutil.which(tool) is None:
            raise DebianError(f"{tool} is needed (Debian, Ubuntu)")
    if not KEYRING.exists():
        raise DebianError("the archive's keys are needed (package debian-archive-keyring)")


def mirror() -> str:
    """The Debian mirror of the machine's apt configuration."""
    if os.environ.get(MIRROR_VARIABLE):
        return os.environ[MIRROR_VARIABLE]
    listed = run_apt(["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"])
    for address in listed.split():
        if re.search(r"/debian/?$", address):
            return address
    raise DebianError(f"apt knows no Debian mirror: name one with {MIRROR_VARIABLE}=")


class Archive:
    """One suite, seen from the folder `work`, which everything is fetched into.

    architecture: of binary packages; None for source packages. timeout: seconds, of each call of
    apt-get.
    """

    def __init__(self, work: Path, suite: str, architecture: str | None = None, timeout: float = _TIMEOUT) -> None:
        self._work = work
        self._timeout = timeout
        (work / "lists" / "partial").mkdir(parents=True)
        (work / "archives" / "partial").mkdir(parents=True)
        (work / "status").touch()
        kind, only = ("deb", f"arch={architecture} ") if architecture else ("deb-src", "")
        (work / "sources.list").write_text(f"{kind} [{only}signed-by={KEYRING}] {mirror()} {suite} main\n")
        settings = {
            "Dir::Etc::SourceList": work / "sources.list",
            "Dir::Etc::SourceParts": "/dev/null",
            "Dir::State::Lists": work / "lists",
            "Dir::State::status": work / "status",
            "Dir::Cache": work,
            "APT::Sandbox::User": "root",
            "APT::Get::List-Cleanup": "0",
        }
        if architecture:
            settings |= {"APT::Architecture": architecture, "APT::Architectures": architecture}
        # APT_CONFIG is read before the machine's own files, so its proxies still count.
        cleared = "#clear APT::Architectures;\n" if architecture else ""
        (work / "apt.conf").write_text(cleared + "".join(f'{key} "{value}";\n' for key, value in settings.items()))
        self._env = {"APT_CONFIG": str(work / "apt.conf")}
        run_apt(["-q", "update"], self._env, work, timeout)

    def download(self, packages: Sequence[str]) -> None:
        """Fetch binary packages, without what they depend on."""
        run_apt(["-q", "download", *packages], self._env, self._work, self._timeout)

    def source(self, packages: Sequence[str]) -> None:
        """Fetch source packages, packed as they are."""
        run_apt(["-q", "source", "--download-only", *packages], self._env, self._work, self._timeout)


def unpack_source(described: Path, folder: Path, *, patched: bool = True) -> None:
    """Unpack a source package, given its .dsc file, into a folder that does not exist
    yet; with Debian's patches or without.
    """
    # apt has checked the files; dpkg-source would want the signer's key as well.
    _unpack(
        ["dpkg-source", "--no-check", *([] if patched else ["--skip-patches"]), "-x", str(described), str(folder)],
        described,
    )


def unpack(package: Path, folder: Path) -> None:
    """Unpack the files of a binary package below a folder, without installing it."""
    _unpack(["dpkg-deb", "--extract", str(package), str(folder)], package)


def _unpack(words: Sequence[str], package: Path) -> None:
    """Run a command that unpacks a package; DebianError gives the last line of its complaint."""
    try:
        subprocess.run(
            words,
            check=True,
            capture_output=True,
            text=True,
            timeout=_UNPACK_TIMEOUT,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        raise DebianError(f"{words[0]} took longer than {_UNPACK_TIMEOUT} s for {package.name}") from None
    except subprocess.CalledProcessError as error:
        raise DebianError(
            f"{package.name} cannot be unpacked: {(error.stderr.strip().splitlines() or ['no reason given'])[-1]}"
        ) from None


def install(packages: Sequence[str]) -> None:
    """Install packages on this machine, as root."""
    if os.geteuid() != 0:
        raise DebianError(f"install {' '.join(packages)}, or run this as root (Debian, Ubuntu)")
    if shutil.which("apt-get") is None:
        raise DebianError(f"install {' '.join(packages)} (this machine has no apt)")
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    run_apt(["-q", "update"], env)
    run_apt(["-q", "install", "-y", "--no-install-recommends", *packages], env, timeout=_INSTALL_TIMEOUT)
