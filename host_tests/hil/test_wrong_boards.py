"""The tests of hardware fail on a board that is wrong, each for its own fault:
stand-ins with faults on purpose.
"""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.timeout(200)
@pytest.mark.parametrize(
    ("faults", "names"),
    [
        (
            ("wrong-cause", "no-return"),
            {
                "test_reset_by_program": False,
                "test_power_cut": True,
                "test_lost_network_ends_connections_and_comes_back": False,
                "test_ctrl_c_reaches_the_repl_of_a_serving_meter": True,
            },
        ),
        (("writes-flash",), {"test_serving_does_not_wear_the_flash": False}),
        (("loses-pulses", "slow"), {"test_every_pulse_is_counted_once": False, "test_answers_come_in_time": False}),
    ],
    ids=lambda value: "-and-".join(value) if isinstance(value, tuple) else "",
)
def test_the_hardware_tests_fail_on_a_board_that_is_wrong(standin, run_pytest, rig_file, faults, names):
    """Each fault by its test; what has none passes."""
    path = Path(rig_file(standin(faults=faults), answer_ms=20))
    path.write_text(path.read_text().replace("seconds = 15", "seconds = 4"))
    done = run_pytest(
        {}, "--rig", str(path), "-v", "-k", " or ".join(names), "host_tests/hardware/test_on_board.py", timeout=180
    )
    for name, good in names.items():
        assert f"::{name} {'PASSED' if good else 'FAILED'}" in done.stdout, done.stdout


@pytest.mark.timeout(150)
def test_a_watchdog_that_does_not_bite_is_found(standin, run_pytest, rig_file):
    one = standin(faults=("no-watchdog",))
    done = run_pytest(
        {},
        "--rig",
        rig_file(one, boot_seconds=4),
        "-k",
        "test_watchdog_bites",
        "host_tests/hardware/test_on_board.py",
        timeout=140,
    )
    assert "2 failed" in done.stdout, done.stdout
