"""pytest set-up of the host tests: options, targets, capabilities, and the
report of a failed test's meter.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
# The firmware's pure parts import under CPython too, with a stand-in for the `micropython` module.
for _folder in ("firmware", "boards/unix", "host_tests/shim"):
    if str(ROOT / _folder) not in sys.path:
        sys.path.append(str(ROOT / _folder))

importlib.import_module("micropython")  # the stand-in gives `time` its ticks, whichever script is collected first

from host_tests.harness import (  # noqa: E402
    firmware,
    foreign,
    groups,
    leftovers,
    mp,
    options,
    report,
    requirements,
    roster,
    tape,
    verdicts,
)
from host_tests.harness import target as targets  # noqa: E402
from host_tests.harness.clients import client, manager, public, put_back, reader  # noqa: E402, F401
from host_tests.harness.fixtures import (  # noqa: E402, F401
    FAILED,
    POOL,
    TARGETS,
    end_of_group,
    meter,
    meter_pool,
    meter_settings,
    micropython,
    raw,
    target,
)
from host_tests.harness.hil import rig  # noqa: E402
from host_tests.harness.hil.board import HilBoard  # noqa: E402
from host_tests.harness.hil.boards import boards_there  # noqa: E402
from host_tests.harness.hil.errors import HilError  # noqa: E402
from host_tests.harness.meters import MeterHandle, MeterPool  # noqa: E402
from tools.launcher import LauncherError  # noqa: E402

RESULTS = pytest.StashKey[Path]()
SESSION = pytest.StashKey[str]()
WORKER_FAULTS = pytest.StashKey[list[str]]()
KEPT_RUNS = 10

# The third-party clients may be left out (INTEROP=0): their tests then do not exist.
collect_ignore_glob = ["interop/*"] if os.environ.get("INTEROP") == "0" else []


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    if not pluginmanager.has_plugin(options.__name__):
        options.pytest_addoption(parser)


def pytest_configure(config: pytest.Config) -> None:
    workerinput = getattr(config, "workerinput", None)
    if workerinput is None:
        session = f"{os.getpid()}-{time.time_ns()}"
        results = Path(config.getoption("results") or _new_results_folder())
    else:
        session = workerinput["meter_session"]
        results = Path(workerinput["results"])
    config.stash[SESSION] = session
    config.stash[WORKER_FAULTS] = []
    if workerinput is not None or not config.getoption("numprocesses", None):
        # Set where tests run and not before, or the xdist workers would carry it themselves.
        os.environ[leftovers.MARK] = session
    config.stash[RESULTS] = results
    try:
        firmware.use(config.getoption("firmware"))
        roster.configure(config)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from None
    pool = MeterPool(results, workerinput["workerid"] if workerinput else "main")
    command = config.getoption("micropython") or os.environ.get("MICROPYTHON")
    pool.use_interpreter(command)
    if command and workerinput is None:
        try:
            # Probed now, so that a wrong name is one line and not a hundred errors.
            _ = pool.interpreter
        except LauncherError as error:
            raise pytest.UsageError(str(error)) from None
    config.stash[POOL] = pool
    try:
        boards = rig.load(Path(config.getoption("rig"))) if config.getoption("rig") else {}
        named = [
            targets.parse(
                name,
                writes=config.getoption("allow_writes"),
                disconnect=config.getoption("allow_disconnect"),
                auth_failures=config.getoption("allow_auth_failures"),
                rig=boards,
            )
            for name in config.getoption("target") or boards or ["unix"]
        ]
        if workerinput is None and not config.option.collectonly:
            boards_there(named)
        config.stash[TARGETS] = foreign.found(config, named)
    except (targets.TargetError, rig.RigError, HilError) as error:
        raise pytest.UsageError(str(error)) from None
    if workerinput is None:
        config.pluginmanager.register(report.SuiteProperties(config), "meter-suite-properties")
        if strange := [each for each in config.stash[TARGETS] if each.foreign]:
            config.pluginmanager.register(verdicts.Verdicts(strange), "meter-verdicts")
    config.stash[mp.RUN_SCRIPT] = pool.script_runner(config.stash[TARGETS][0])


def _new_results_folder() -> Path:
    """A folder for this run; the oldest runs beyond the last few are dropped."""
    parent = ROOT / "test-results"
    for old in sorted(parent.glob("[0-9]*"))[: -KEPT_RUNS + 1]:
        shutil.rmtree(old, ignore_errors=True)
    return parent / f"{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:
    """Give an xdist worker the folder for results, and which session it belongs to."""
    node.workerinput["meter_session"] = node.config.stash[SESSION]
    node.workerinput["results"] = str(node.config.stash[RESULTS])
    foreign.tell(node.workerinput, node.config.stash[TARGETS])


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    return groups.scheduler(config, log, config.stash[TARGETS])


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node) -> None:
    """Take over what an xdist worker could not put back."""
    node.config.stash[WORKER_FAULTS] += getattr(node, "workeroutput", {}).get("meter_faults", [])


def pytest_report_header(config: pytest.Config) -> list[str]:
    named = ", ".join(each.name for each in config.stash[TARGETS])
    lines = [f"meter target: {named}; logs: {config.stash[RESULTS]}"]
    lines += [f"{each.name} {each.asked.line()}" for each in config.stash[TARGETS] if each.asked is not None]
    if all(each.foreign for each in config.stash[TARGETS]):
        return lines
    try:
        found = config.stash[POOL].interpreter
    except LauncherError as error:
        return [*lines, f"micropython: {error}"]
    version = ".".join(map(str, found.version))
    return [*lines, f"micropython: {version}, {'64' if found.is_64bit else '32'}-bit ({found.words[0]})"]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    # One that is named on the command line is a module for pytest, whatever its name:
    # pytest_pycollect_makemodule is asked for it.
    if _is_script(file_path) and not parent.session.isinitpath(file_path):
        return mp.MicroPythonFile.from_parent(parent, path=file_path)
    return None


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    return mp.MicroPythonFile.from_parent(parent, path=module_path) if _is_script(module_path) else None


def _is_script(path: Path) -> bool:
    """Whether a file holds cases for both interpreters."""
    return path.suffix == ".py" and path.name.startswith("mp_") and path.parent.name != "harness"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    several = metafunc.config.stash[TARGETS]
    if len(several) > 1 and "target" in metafunc.fixturenames:
        metafunc.parametrize("target", several, ids=[each.id for each in several], indirect=True, scope="session")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    faults = requirements.unknown_ids(items)
    groups.allow_time(items, config.stash[TARGETS])
    for item in items:
        if "meter" in getattr(item, "fixturenames", ()):
            item.add_marker("wire")
        faults += [
            f"{item.nodeid}: {name} is no capability ({', '.join(targets.CAPABILITIES)})"
            for name in _wanted(item)
            if name not in targets.CAPABILITIES
        ]
        faults += _wishes_called_needs(item)
    if faults:
        raise pytest.UsageError("\n".join(sorted(set(faults))))
    foreign.leave_out(config, items, config.stash[TARGETS])
    verdicts.leave_out(config, items)


def _wishes_called_needs(item: pytest.Item) -> list[str]:
    """Markers that would keep a test from every meter that runs already,
    for nothing but a quicker start.
    """
    return [
        f"{item.nodeid}: meter_config(backfill_days=0) is a need, and this only starts the meter quicker: "
        "write pytest.mark.prefers(backfill_days=0) (docs/HARNESS.md)"
        for mark in item.iter_markers("meter_config")
        if mark.kwargs == {"backfill_days": 0}
    ]


def _wanted(item: pytest.Item) -> set[str]:
    wanted = {name for mark in item.iter_markers("caps") for name in mark.args}
    if any(mark.kwargs for mark in item.iter_markers("meter_config")):
        wanted.add("config")
    return wanted


def pytest_runtest_setup(item: pytest.Item) -> None:
    tape.clear()
    missing = foreign.missing(item, groups.target_of(item, item.config.stash[TARGETS]), _wanted(item))
    if missing:
        pytest.skip(missing)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    outcome = yield
    result = outcome.get_result()
    if groups.target_of(item, item.config.stash[TARGETS]).foreign:
        verdicts.keep(item, result)
    if not result.failed:
        return
    item.stash[FAILED] = True
    if octets := tape.lines():
        result.sections.append(("octets sent (>) and received (<)", "\n".join(octets)))
    handle = getattr(item, "funcargs", {}).get("meter")
    if isinstance(handle, MeterHandle) and handle.process is not None:
        what = "console" if isinstance(handle.process, HilBoard) else "log"
        result.sections.append((f"meter {what}, last lines of {handle.process.log}", handle.log_tail()))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    session.config.stash[POOL].close()
    faults = session.config.stash[POOL].end()
    if hasattr(session.config, "workerinput"):
        session.config.workeroutput["meter_faults"] = faults
        return
    for fault in [*faults, *session.config.stash[WORKER_FAULTS]]:
        print(f"\nerror: {fault}", file=sys.stderr)
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
    left = leftovers.end_leftovers(session.config.stash[SESSION])
    if left:
        print(f"\nerror: processes left behind by the tests, now killed: {left}", file=sys.stderr)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
