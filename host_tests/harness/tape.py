"""The octets that the present test has sent and received, for its report. Secrets
of the clients stand there as `**`.
"""

from __future__ import annotations

from collections import deque

from .roster import ROSTER

SENT, RECEIVED = ">", "<"
_KEPT = 400
_SHOWN = 16
_LONGEST = 160  # octets of a line that are shown

_tape: deque[tuple[str, bytes]] = deque(maxlen=_KEPT)


def note(direction: str, octets: bytes) -> None:
    """Keep what was sent (">") or received ("<")."""
    _tape.append((direction, bytes(octets)))


def clear() -> None:
    """Forget the octets of the test before."""
    _tape.clear()


def lines() -> list[str]:
    """The newest of them, a line each, in hexadecimal."""
    kept = list(_tape)
    text = [f"{direction} {_shown(octets)}" for direction, octets in kept[-_SHOWN:]]
    return [f"… {len(kept) - _SHOWN} before these", *text] if len(kept) > _SHOWN else text


def _shown(octets: bytes) -> str:
    text = octets[:_LONGEST].hex().upper()
    for secret in ROSTER.secrets.values():
        if secret:
            text = text.replace(secret.encode().hex().upper(), "**" * len(secret.encode()))
    return text + (f" … {len(octets)} octets" if len(octets) > _LONGEST else "")
