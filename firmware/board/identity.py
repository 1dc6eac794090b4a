"""Which board this is, and why it started: for the READY line."""

import machine

_START_ONLY = True

# `machine` constant -> word. A port has some of them; on RP2 a `machine.reset()` counts as one
# by the watchdog, which carries it out.
_CAUSES = (
    ("PWRON_RESET", "power"),
    ("HARD_RESET", "hard"),
    ("WDT_RESET", "watchdog"),
    ("DEEPSLEEP_RESET", "deep-sleep"),
    ("SOFT_RESET", "soft"),
)


def reset_cause():
    """One word for why the board started last; the number where the port has no name for it."""
    cause = machine.reset_cause()
    for name, word in _CAUSES:
        if getattr(machine, name, None) == cause:
            return word
    return str(cause)


def board_id():
    """The unique id of the processor in hexadecimal, `none` where there is none."""
    return machine.unique_id().hex() if hasattr(machine, "unique_id") else "none"
