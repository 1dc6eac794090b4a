"""Runs against a meter that is not ours: it is asked before the first test,
and only what speaks to it is run.

Who has to know what it has are the workers too: the process that they
belong to asks once and reports them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from . import ask, needs
from .roster import ROSTER
from .target import Target, TargetError

_ANSWERS = "meter_answers"


def found(config: pytest.Config, targets: Sequence[Target]) -> list[Target]:
    """The targets with what each running meter was found to have; TargetError when nobody answers."""
    told: dict[str, Any] | None = getattr(config, "workerinput", {}).get(_ANSWERS)
    done = []
    for target in targets:
        if target.foreign and told is not None and target.name in told:
            target = target.with_asked(ask.Asked(**told[target.name]))
        elif target.foreign and told is None and not config.option.collectonly:
            try:
                target = target.with_asked(ask.ask(target.host, target.port, ROSTER))
            except ask.AskError as error:
                raise TargetError(f"--target {target.name}: {error}") from None
        if target.asked is not None:
            ROSTER.refuse(target.asked.why)
        done.append(target)
    return done


def tell(workerinput: dict[str, Any], targets: Sequence[Target]) -> None:
    """Put what was found into what a worker is given."""
    workerinput[_ANSWERS] = {target.name: target.asked.as_dict() for target in targets if target.asked is not None}


def leave_out(config: pytest.Config, items: list[pytest.Item], targets: Sequence[Target]) -> None:
    """Take out what does not speak to a meter, where every target is somebody else's:
    our own code proves nothing of it.
    """
    if all(target.foreign for target in targets):
        ours = [item for item in items if not {"meter", "target"} & set(getattr(item, "fixturenames", ()))]
        if ours:
            config.hook.pytest_deselected(items=ours)
            items[:] = [item for item in items if item not in set(ours)]


def missing(item: pytest.Item, target: Target, wanted: set[str]) -> str:
    """Why a test cannot run against a target; empty when it can.

    By its markers (`wanted`), and against a meter that is not ours by what it names as well.
    """
    lacking = target.missing(wanted)
    if lacking or target.asked is None:
        return lacking
    caps, objects = needs.of(item)
    return target.missing(caps) or target.without(objects)
