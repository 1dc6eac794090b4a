"""Fixtures, one per concept: what is tested, the meter, raw links to it, the interpreter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from tools.launcher import Interpreter

from . import limits, report
from .meters import MeterError, MeterHandle, MeterPool
from .raw import RAW_TIMEOUT, RawLinks
from .target import Target

POOL = pytest.StashKey[MeterPool]()
TARGETS = pytest.StashKey[list[Target]]()
FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def target(request: pytest.FixtureRequest) -> Target:
    """What this run tests (`--target`)."""
    return getattr(request, "param", None) or request.config.stash[TARGETS][0]


@pytest.fixture(scope="session")
def meter_pool(request: pytest.FixtureRequest) -> MeterPool:
    """Starts and keeps the meters; for tests that want more than one of them."""
    return request.config.stash[POOL]


@pytest.fixture(scope="session")
def micropython(meter_pool: MeterPool) -> Interpreter:
    """The interpreter of this run (`--micropython`, or MICROPYTHON of the environment)."""
    return meter_pool.interpreter


@pytest.fixture(scope="module", autouse=True)
def end_of_group(request: pytest.FixtureRequest) -> Iterator[None]:
    """Stop the meters of a module after its last test, and let one that
    does not stop be an error there.
    """
    yield
    request.config.stash[POOL].close()


@pytest.fixture
def meter_settings(request: pytest.FixtureRequest) -> Mapping[str, object]:
    """The configuration of a meter that is started for the test: what it needs and what it prefers.

    `@pytest.mark.meter_config(key=value)` is a need,
    `@pytest.mark.prefers(key=value)` a wish. The marker nearest to the test wins key
    by key over those of its class and module, and a need over a wish.
    """
    settings: dict[str, object] = {}
    for name in ("prefers", "meter_config"):
        for mark in reversed(list(request.node.iter_markers(name))):
            settings.update(mark.kwargs)
    return settings


@pytest.fixture
def meter(
    request: pytest.FixtureRequest, target: Target, meter_pool: MeterPool, meter_settings: Mapping[str, object]
) -> Iterator[MeterHandle]:
    """The meter under test, shared by the tests of a module that declare the same configuration.

    `heapsize` among the settings is the interpreter's heap ("512K") and not a key of the meter.
    """
    settings = dict(meter_settings)
    heapsize = settings.pop("heapsize", None)
    handle = meter_pool.get(
        target, request.node.nodeid.partition("::")[0], settings, str(heapsize) if heapsize else None
    )
    if reason := limits.too_small(request.node, handle.limits):
        pytest.skip(reason)
    request.node.user_properties += report.properties(target.name, handle.ready)
    yield handle
    try:
        meter_pool.check(handle, request.node.stash.get(FAILED, False))
    except MeterError as fault:
        pytest.fail(str(fault), pytrace=False)


@pytest.fixture
def raw(meter: MeterHandle) -> Iterator[RawLinks]:
    """Plain TCP and UDP sockets to the meter, closed after the test."""
    more = {"small": meter.small, "release": meter.process is None, "no_udp": meter.no_udp}
    with RawLinks(meter.host, meter.port, meter.patience or RAW_TIMEOUT, **more) as links:
        yield links
