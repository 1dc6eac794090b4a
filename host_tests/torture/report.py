"""The table of a run of the torture."""

from __future__ import annotations

from collections import Counter

from rich.table import Table

from host_tests.torture.jobs import Result

KINDS = {
    "nothing": "nothing done",
    "all": "complete, not answered",
    "prefix": "a prefix, half an erase",
    "bits": "random bits",
    "order": "out of order",
    "weak": "an erase that is weak",
}


def rows(results: list[Result]) -> list[tuple[str, int]]:
    """(what, how many) of everything that was tried, and what was lost."""
    cuts = [r.figures for r in results if "twice" in r.figures]
    worn = [r.figures for r in results if "refused" in r.figures]
    damages: Counter[str] = Counter()
    for figures in cuts:
        damages.update(figures["tried"])
    faults: Counter[str] = Counter()
    for figures in worn:
        faults.update(figures["tried"])
    scenarios = {r.name.split("-part")[0]: r.figures for r in results if "twice" in r.figures}
    table = [("cut points", sum(damages.values()))]
    table += [(f"  {KINDS[kind]}", damages[kind]) for kind in KINDS]
    table.append(("  cut again while coming back", sum(figures["twice"] for figures in cuts)))
    table.append(("  went on, and started again", sum(figures["went on"] for figures in cuts)))
    table.append(("  in a fresh process", sum(r.fresh for r in results)))
    table.append(("scenarios", len(scenarios)))
    table.append(("  programs and erases", sum(figures["operations"] for figures in scenarios.values())))
    table.append(("  of them erases", sum(figures["erases"] for figures in scenarios.values())))
    table.append(("worn flashes", sum(faults.values())))
    table += [(f"  {how} fails", n) for how, n in sorted(faults.items())]
    table.append(("  changes that were refused", sum(figures["refused"] for figures in worn)))
    table.append(("lost, wrong or invented", sum(len(r.failures) for r in results)))
    return table


def table(results: list[Result], seconds: float) -> Table:
    shown = Table(title="Power cuts")
    shown.add_column("what")
    shown.add_column("tried", justify="right")
    for what, n in rows(results):
        shown.add_row(what, f"{n:,}", style="bold red" if what.startswith("lost") and n else "")
    shown.add_row("minutes of the machine", f"{sum(r.seconds for r in results) / 60:.1f}")
    shown.add_row("minutes of this run", f"{seconds / 60:.1f}")
    return shown
