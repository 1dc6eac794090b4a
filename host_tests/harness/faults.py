"""A walk over many things goes on after a fault: each is kept with where it was met, and the
test fails with all of them at its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tools.dlmsclient import DlmsError
from tools.dlmsclient.errors import Timeout, TransportError

_SHOWN = 40


class Faults:
    """What a walk has found wrong."""

    def __init__(self) -> None:
        self.found: list[str] = []

    @contextmanager
    def at(self, where: str) -> Iterator[None]:
        """A step of the walk: a failed assertion, a refusal or an answer that cannot be
        understood is kept, and the walk goes on.

        Not so when the meter is silent or the connection is lost: what would follow says nothing.
        """
        try:
            yield
        except (Timeout, TransportError) as error:
            self.found.append(f"{where}: {error}; the walk ends here")
            self.tell()
        except (AssertionError, DlmsError) as error:
            self.found.append(f"{where}: {_words(error)}")

    def tell(self) -> None:
        """Fail the test with everything that was found; nothing where nothing was."""
        if self.found:
            more = [f"… and {len(self.found) - _SHOWN} more"] if len(self.found) > _SHOWN else []
            pytest.fail("\n".join([f"{len(self.found)} faults", *self.found[:_SHOWN], *more]), pytrace=False)


@contextmanager
def collected() -> Iterator[Faults]:
    """`with collected() as faults:` around a walk, and
    `with faults.at("clock, attribute 2"):` around each of its steps.
    """
    faults = Faults()
    yield faults
    faults.tell()


def _words(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
