"""`make torture`: cut the supply at every program and erase of many scenarios, with every kind of
damage, and compare what comes back with the model. Exit code 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from time import monotonic

from rich.console import Console

from host_tests.torture import jobs
from host_tests.torture.report import table
from tools.launcher import ROOT, LauncherError, find


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m host_tests.torture", description=__doc__)
    parser.add_argument("--micropython", metavar="WORDS", help="interpreter command (default: MICROPYTHON)")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="at once (default 2)")
    parser.add_argument("--only", default="", metavar="TEXT", help="jobs whose name has this text")
    parser.add_argument("--resume", action="store_true", help="leave out what ran already on this very firmware")
    parser.add_argument("--list", action="store_true", help="list the jobs")
    parser.add_argument(
        "--results", type=Path, default=ROOT / "test-results" / "torture", metavar="FOLDER", help="a file for each job"
    )
    options = parser.parse_args(words)
    wanted = [job for job in jobs.whole() if options.only in job.name]
    if options.list:
        print("\n".join(job.name for job in wanted))
        return 0
    try:
        interpreter = find(options.micropython)
    except LauncherError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return run(wanted, interpreter, options)


def run(wanted: list[jobs.Job], interpreter: jobs.Interpreter, options: argparse.Namespace) -> int:
    console = Console()
    folder: Path = options.results
    folder.mkdir(parents=True, exist_ok=True)
    revision = jobs.digest()
    results = []
    left = []
    for job in wanted:
        result = jobs.load(folder, job, revision) if options.resume else None
        if result is None:
            left.append(job)
        else:
            results.append(result)
    began = monotonic()
    with ThreadPoolExecutor(options.processes) as pool:
        for running in as_completed([pool.submit(jobs.run, job, interpreter, folder) for job in left]):
            result = running.result()
            jobs.save(folder, result, revision)
            results.append(result)
            points = sum(result.figures.get("tried", {}).values())
            console.print(
                f"{len(results)}/{len(wanted)} {result.name}: {points:,} in {result.seconds:.0f} s", highlight=False
            )
            for text in result.failures[:5]:
                console.print(f"  {text[:600]}", style="red", highlight=False, markup=False)
    console.print(table(results, monotonic() - began))
    return 1 if any(result.failures for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
