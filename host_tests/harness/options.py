"""The harness's command-line options.

Loaded by name (`-p host_tests.harness.options`, as `make test` does), so that
`--target tcp://meter` is understood even where no test path precedes it: pytest
would take the value for a path and never look at host_tests/conftest.py.
"""

from __future__ import annotations

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("meter", "the meter under test")
    group.addoption(
        "--target",
        action="append",
        metavar="TARGET",
        help="unix (default), emulated, tcp://HOST[:PORT], a board's serial port (id:…, /dev/…, socket://…, "
        "rfc2217://…), "
        "a board of --rig or labgrid:PLACE; may be repeated (default with --rig: all its boards)",
    )
    group.addoption(
        "--rig", metavar="FILE", help="TOML file that describes boards, networks and relays (docs/HARNESS.md)"
    )
    group.addoption(
        "--meter",
        dest="meter_file",
        metavar="FILE",
        help="TOML file on a meter that is not ours: clients, secrets, devices",
    )
    group.addoption("--client", type=int, metavar="N", help="client wPort for tests that read (default 32)")
    group.addoption("--password", help="its LLS secret (default: the demonstration value; '' for none)")
    group.addoption("--manager", type=int, metavar="N", help="client wPort for tests that write (default 48)")
    group.addoption("--manager-password", help="its LLS secret (default: the demonstration value; '' for none)")
    group.addoption(
        "--allow-writes", action="store_true", help="tests may write to a meter that is not ours; values are put back"
    )
    group.addoption("--allow-disconnect", action="store_true", help="tests may operate its disconnect control")
    group.addoption("--allow-auth-failures", action="store_true", help="tests may try wrong passwords on it")
    group.addoption(
        "--level",
        choices=("all", "standard"),
        default="all",
        help="standard: leave out tests of what this meter chose where it was free",
    )
    group.addoption(
        "--micropython", metavar="WORDS", help="interpreter command (default: MICROPYTHON, then the pinned one)"
    )
    group.addoption("--firmware", metavar="DIR", help="run this firmware (default: firmware/ of this checkout)")
    group.addoption("--results", metavar="DIR", help="where logs are kept (default: a new folder in test-results/)")


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """What `-n auto` means: half as many again as there are cores, because tests wait
    for a meter longer than they compute.

    xdist's own number where a board takes part, which has one worker or
    is emulated by a whole core.
    """
    elsewhere = config.getoption("rig") or set(config.getoption("target") or ()) - {"unix"}
    if elsewhere or os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):
        return None
    cores = os.cpu_count() or 1
    return cores + (cores + 1) // 2
