"""The tables of docs/reference and README.md that say what the code says: made from
the code, so that they cannot drift.

    python -m tools.upkeep.readme            write the tables anew (a meter is started for the object list)
    python -m tools.upkeep.readme --check    exit 1 when one of them is not what the code says
    python -m tools.upkeep.readme --bench FILE   also put the figures of a bench run (`--json FILE`) in

README.md shows the rows of the figures that matter most. Each other table stands in a page of its
own, between a line `<!-- name: … -->` and the next empty line that follows it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from tools.dlmsclient import Client, parse_object_list
from tools.dlmsclient.cosem import class_name, obis_name
from tools.dlmsclient.objects import ListedObject
from tools.launcher import LauncherError, Meter
from tools.upkeep.commented import commented

ROOT = Path(__file__).resolve().parent.parent.parent
README = ROOT / "README.md"
REFERENCE = ROOT / "docs" / "reference"
DEVICES = (1, 17)
# The rows of the figures that README.md shows
HEADLINE = (
    "TCP, whole server, GET of a Register",
    "TCP, whole server, SET of a Data",
    "TCP, whole server, AARQ and RLRQ, the pair",
    "heap per request, TCP, GET of a Register",
    "heap after boot, frozen code",
)
CLIENTS = ((16, None), (32, "12345678"), (48, "87654321"))
_LIMIT = re.compile(r"^([A-Z_]+) = (.+?)(?:  # (.+))?$")
_KEY = re.compile(r'^    "(\w+)": \((.+)\),(?:  # (.+))?$')


def runs(numbers: list[int]) -> str:
    """``1-3,5`` of [1, 2, 3, 5]."""
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ",".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)


def rights(listed: ListedObject | None) -> str:
    """What one client may do: ``r1-9 w2 x1`` for read, write, invoke; empty when
    the object is not visible to it.
    """
    if listed is None:
        return ""
    writable = [number for number, access in listed.attributes.items() if access.writable]
    groups = (("r", listed.readable), ("w", writable), ("x", listed.invocable))
    return " ".join(letter + runs(numbers) for letter, numbers in groups if numbers)


def objects(port: int) -> str:
    """The object list of both logical devices as the three clients see it."""
    lines = ["| device | OBIS | object | class | public | reader | management |", "|---|---|---|---|---|---|---|"]
    with Client.tcp("127.0.0.1", port, timeout=10) as client:
        for device in DEVICES:
            seen = []
            for wport, password in CLIENTS:
                association = client.associate(wport, device, password)
                listed = parse_object_list(association.get(15, "0.0.40.0.0.255", 2))
                seen.append({item.instance.octets: item for item in listed})
                association.release()
            for name, item in sorted(seen[-1].items()):
                kind = f"{class_name(item.class_id)} ({item.class_id} v{item.version})"
                cells = [str(device), str(item.instance), obis_name(item.instance), kind]
                lines.append("| " + " | ".join(cells + [rights(view.get(name)) for view in seen]) + " |")
    return "\n".join(lines)


def limits() -> str:
    """The limits of the unix port with their meaning."""
    lines = ["| limit | value | meaning |", "|---|---|---|"]
    for match, meaning in commented(ROOT / "boards/unix/limits.py", _LIMIT):
        if meaning and match[1] != "BIND":
            lines.append(f"| `{match[1]}` | {match[2]} | {meaning} |")
    return "\n".join(lines)


def configuration() -> str:
    """The configuration keys with default, range and meaning."""
    lines = ["| key | default | meaning |", "|---|---|---|"]
    for match, meaning in commented(ROOT / "firmware/config.py", _KEY):
        default = match[2].split(",")[0].strip()
        default = {"True": "on", "False": "off", '""': ""}.get(default, default.strip('"'))
        lines.append(f"| `{match[1]}` | {default} | {meaning} |")
    return "\n".join(lines)


def figures(path: Path) -> str:
    """The rows of a bench run."""
    lines = ["| what | figure | aged | bar | how measured |", "|---|---|---|---|---|"]
    for row in json.loads(path.read_text())["rows"]:
        bar = "" if row["bar"] is None else f"{_number(row['bar'])}"
        if row["aim"] is not None:
            bar += f" (aim {_number(row['aim'])})"
        figure = "-" if row["figure"] is None else f"{_number(row['figure'])} {row['unit']}"
        aged = "" if row["aged"] is None else _number(row["aged"])
        lines.append(f"| {row['what']} | {figure} | {aged} | {bar} | {row['how']} |")
    return "\n".join(lines)


def headline(text: str) -> str:
    """The rows of the page of figures that matter most, without how they were measured."""
    rows = {cells[1].strip(): cells for line in text.splitlines() if len(cells := line.split("|")) == 7}
    missing = [what for what in HEADLINE if what not in rows]
    if missing:
        raise SystemExit(
            f"error: the figures have no row {missing[0]!r}, which tools/upkeep/readme.py puts into README.md"
        )
    return "\n".join("|".join([*rows[what][:5], ""]) for what in ("what", "---", *HEADLINE))


def _number(value: float) -> str:
    """Whole numbers with separators, ratios with as many digits as they need."""
    return f"{value:,.0f}" if value >= 1000 or value == int(value) else f"{value:.3g}"


def put(text: str, name: str, table: str) -> str:
    """The text with the table of that name replaced."""
    pattern = re.compile(rf"(<!-- {name}: [^\n]*-->\n)(?:[^\n]+\n)*")
    if not pattern.search(text):
        raise SystemExit(f"error: docs/reference has no place for the table {name!r}")
    return pattern.sub(lambda match: match[1] + table + "\n", text)


def page(name: str) -> Path:
    """Where the table of that name stands."""
    if name == "headline":
        return README
    return REFERENCE / f"{name}.md"


def tables(bench: Path | None = None) -> dict[str, str]:
    """Every table made anew, by its name; the figures only from a bench run."""
    with Meter({"port": 0, "backfill_days": 0}) as meter:
        made = {"objects": objects(meter.ready.port)}
    made["limits"] = limits()
    made["configuration"] = configuration()
    if bench:
        made["figures"] = figures(bench)
    return made


def render(bench: Path | None = None) -> dict[Path, str]:
    """The pages whose text is not what the code says -> what it has to be."""
    changed: dict[Path, str] = {}
    made = tables(bench)
    made["headline"] = headline(made["figures"] if bench else page("figures").read_text(encoding="utf-8"))
    for name, table in made.items():
        old = page(name).read_text(encoding="utf-8")
        new = put(old, name, table)
        if new != old:
            changed[page(name)] = new
    return changed


def main(words: list[str] | None = None) -> int:
    """Write or check the tables; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.upkeep.readme", description="Make the tables of docs/reference from the code."
    )
    parser.add_argument("--check", action="store_true", help="only compare")
    parser.add_argument("--bench", type=Path, metavar="FILE", help="figures of a bench run, as its --json wrote them")
    options = parser.parse_args(words)
    try:
        changed = render(options.bench)
    except LauncherError as error:
        parser.error(str(error))
    if changed and options.check:
        print(
            "error: tables of docs/reference are not what the code says; run python -m tools.upkeep.readme",
            file=sys.stderr,
        )
        return 1
    for path, text in changed.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
