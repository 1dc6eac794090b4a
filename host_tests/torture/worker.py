"""What the runner starts in MicroPython: one scenario and its cuts, or one flash that was put down.

    micropython worker.py ROOT FIRMWARE cuts SEED SECTORS STEPS VIEW PART PARTS FOLDER
    micropython worker.py ROOT FIRMWARE faults SEED SECTORS STEPS RUNS
    micropython worker.py ROOT FIRMWARE case FILE

Prints `@@ fail TEXT`, `@@ case FILE` for every hundredth point, and at
the end `@@ done` with figures.
"""

import gc
import sys

_EACH = 100  # every so many points one is put down, for a fresh process


def words(seed):
    """The configuration of the meter of a scenario."""
    return [
        "start=2026-03-28T20:00:00",
        "backfill_days=%d" % (seed % 3 == 0),
        "depth=0",
        "seed=%d" % seed,
        "serial=%08d" % (10000000 + seed),
    ]


def shared(text):
    """The sectors of journal, load profile, billing and event log: "4,6,3,3"."""
    return tuple([int(word) for word in text.split(",")])


def say(kind, text):
    print("@@ %s %s" % (kind, text))


def play_cuts(seed, sectors, steps, view, part, parts, folder):
    from cuts import Cuts
    from scenario import Scenario

    scenario = Scenario(seed, sectors, words(seed), steps, bool(view)).play()
    cuts = Cuts(scenario, seed, part, parts)

    def keep(number, flash, wanted):
        if folder != "-" and (number // parts) % _EACH == 0:
            path = "%s/%d-%d.case" % (folder, seed, number)
            with open(path, "w") as f:
                f.write(repr((sectors, scenario.words, bool(view), sorted(flash.weak), bytes(flash.data), wanted)))
            say("case", path)

    cuts.run(lambda text: say("fail", "seed %d: %s" % (seed, text)), keep)
    erases = len([1 for operation in scenario.flash.tape if operation[2] is None])
    figures = {
        "operations": scenario.operations,
        "erases": erases,
        "steps": len(scenario.steps),
        "rows": sum([step.rows[1][q][1] for step in scenario.steps[-1:] for q in range(3)]),
        "tried": cuts.tried,
        "twice": cuts.twice,
        "went on": cuts.went_on,
        "failures": len(cuts.failures),
    }
    say("done", repr(figures))


def play_case(path):
    from cuts import come_back
    from flash import Flash

    with open(path) as f:
        sectors, configuration, view, weak, data, wanted = eval(f.read())
    flash = Flash(sum(sectors), view)
    flash.data[:] = data
    flash.weak = set(weak)
    text = come_back(flash, sectors, configuration, wanted, True)
    if text:
        say("fail", path + ": " + text)
    say("done", "{}")


def play_faults(seed, sectors, steps, runs):
    from faults import Faults

    faults = Faults(seed, sectors, words(seed), steps)
    for i in range(runs):
        gc.collect()
        faults.run(i, lambda text: say("fail", "seed %d: %s" % (seed, text)))
    say("done", repr(faults.figures()))


def main():
    root, firmware, kind = sys.argv[1:4]
    sys.path[:0] = [firmware, root + "/boards/unix", root + "/host_tests/torture", root + "/host_tests/store"]
    if kind == "case":
        play_case(sys.argv[4])
    elif kind == "faults":
        seed, sectors, *numbers = sys.argv[4:]
        play_faults(int(seed), shared(sectors), *[int(word) for word in numbers])
    else:
        seed, sectors, *numbers = sys.argv[4:10]
        play_cuts(int(seed), shared(sectors), *[int(word) for word in numbers], sys.argv[10])


if __name__ == "__main__":
    main()
