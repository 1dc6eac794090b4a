"""The pictures of docs/pictures, drawn from the code, so that they cannot drift.

    python -m tools.upkeep.pictures            draw them anew
    python -m tools.upkeep.pictures --check    exit 1 when one of them is not what the code says

`make lint` compares.

layers.svg: which part of firmware/ imports which, from the import statements. states.svg: the table
of long transfers, `dlms/long/states.py`, event by event and state by state.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FIRMWARE = ROOT / "firmware"
PICTURES = ROOT / "docs" / "pictures"
TOP = "server"  # the modules of dlms that stand in no room
# From the top: each imports of what stands below it.
PURPOSES = {
    "app": "the meter as a program: wires everything, and lets time pass",
    "board": "what a board has beside sockets",
    "net": "sockets: TCP, UDP, dialling out, what is sent unasked",
    "meter": "this meter: its object list, quantities and time",
    "cosem": "interface classes, rights, directory, rows of profiles",
    "store": "what is kept over a restart: flash, records, rows",
    TOP: "one WPDU in, one or none out; broadcasts; who yields",
    "sn": "services with short names",
    "ln": "services with logical names",
    "long": "values longer than an APDU, out and in",
    "unasked": "notifications, and where they wait",
    "aa": "application associations",
    "codec": "A-XDR, BER, wrapper, codes of answers",
}
PARTS = tuple(PURPOSES)
OUTSIDE = 6  # how many of them are not in dlms
COLOURS = (
    *("#444444", "#8a5a00", "#0b6e4f", "#a03070", "#1f5fa8", "#7a1f1f"),
    *("#6a3d9a", "#b15928", "#007a87", "#c2410c", "#4d7c0f", "#475569", "#111111"),
)
_FONT = 'font-family="Helvetica, Arial, sans-serif"'


def svg(width: int, height: int, title: str, parts: list[str]) -> str:
    """A picture of that size on white, which a screen reader calls by its title."""
    size = f'width="{width}" height="{height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {size} {_FONT} font-size="12">'
    return "\n".join([head, f"<title>{escape(title)}</title>", f'<rect {size} fill="#ffffff"/>', *parts, "</svg>\n"])


def text(x: float, y: float, words: str, more: str = "") -> str:
    """Words that begin at x, with their base line at y."""
    return f'<text x="{x:g}" y="{y:g}"{" " + more if more else ""}>{escape(words)}</text>'


# -- layers ----------------------------------------------------------------------------------------


def part_of(module: str, firmware: Path) -> str | None:
    """The part that a module belongs to, `dlms.aa.pool` to `aa`; None for the
    leaves that everybody may import.
    """
    words = module.split(".")
    if words[0] != "dlms":
        return words[0] if words[0] in PARTS else None
    if len(words) == 1:
        return None
    return words[1] if (firmware / "dlms" / words[1]).is_dir() else TOP


def modules_imported(tree: ast.Module) -> Iterator[str]:
    """The full name of each module that a file imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield from (
                (f"{node.module}.{alias.name}" for alias in node.names) if node.module == "dlms" else (node.module,)
            )


def arrows(firmware: Path = FIRMWARE) -> set[tuple[str, str]]:
    """(who, whom) for every part of the firmware that imports another one."""
    found = set()
    for path in sorted(firmware.rglob("*.py")):
        who = part_of(".".join(path.relative_to(firmware).with_suffix("").parts), firmware)
        for module in modules_imported(ast.parse(path.read_text(encoding="utf-8"))):
            whom = part_of(module, firmware)
            if who and whom and who != whom:
                found.add((who, whom))
    return found


def layers(firmware: Path = FIRMWARE) -> str:
    """The parts of the firmware below each other, an arc for each import: all of them run down."""
    step, height, left, width = 54, 38, 30, 560
    top = {part: 62 + step * i + (26 if i >= OUTSIDE else 0) for i, part in enumerate(PARTS)}
    bottom = top[PARTS[-1]] + height + 18
    frame = top[TOP] - 26
    parts = [
        text(left, 24, "firmware/: who imports whom", 'font-size="16" font-weight="bold"'),
        text(left, 42, "An arc runs from the importer to what it imports, and always down.", 'fill="#555555"'),
        f'<rect x="{left - 14}" y="{frame}" width="{width + 28}" height="{bottom - frame}" rx="8" '
        'fill="#f3f4f6" stroke="#9ca3af"/>',
        text(left, frame + 18, "dlms/", 'font-weight="bold" fill="#555555"'),
    ]
    for i, part in enumerate(PARTS):
        y = top[part]
        box = f'x="{left}" y="{y}" width="{width}" height="{height}" rx="5"'
        parts.append(f'<rect {box} fill="#ffffff" stroke="{COLOURS[i]}" stroke-width="1.5"/>')
        parts.append(text(left + 10, y + 24, part, f'font-size="14" font-weight="bold" fill="{COLOURS[i]}"'))
        parts.append(text(left + 86, y + 24, PURPOSES[part]))
    place = {part: i for i, part in enumerate(PARTS)}
    drawn = sorted(arrows(firmware), key=lambda arrow: (place[arrow[0]], place[arrow[1]]))
    for who, whom in drawn:
        i, j = place[who], place[whom]
        # each leaves and arrives at a height of its own, so that arcs can be distinguished
        y0 = top[who] + 6 + 28 * j / len(PARTS)
        y1 = top[whom] + 6 + 28 * i / len(PARTS)
        x, bend = left + width, 26 + 24 * abs(j - i)
        parts.append(
            f'<path d="M{x} {y0:.1f} C{x + bend} {y0:.1f} {x + bend} {y1:.1f} {x} {y1:.1f}" fill="none" '
            f'stroke="{COLOURS[i]}"/>'
        )
        parts.append(f'<path d="M{x} {y1:.1f} l7 -3 v6 z" fill="{COLOURS[i]}"/>')
    return svg(left + width + 230, bottom + 20, "Which part of firmware/ imports which", parts)


# -- states ----------------------------------------------------------------------------------------

FILLS = {
    "IGNORE": "#f3f4f6",
    "SEND": "#bfdbfe",
    "TAKE": "#bbf7d0",
    "EXECUTE": "#4ade80",
    "ACKNOWLEDGE": "#cffafe",
    "BEGIN": "#ffffff",
    "NOT_RUNNING": "#fee2e2",
    "WRONG_NUMBER": "#fca5a5",
    "MALFORMED": "#fecaca",
    "NO_ROOM": "#fdba74",
    "DONE": "#86efac",
    "ABORT": "#f87171",
}


def table(path: Path) -> tuple[list[str], list[str], list[str], list[int], dict[str, str]]:
    """(states, events, actions, the table row by row, what the comments say
    of the actions) of the module.
    """
    source = path.read_text(encoding="utf-8")
    sections = re.split(r"^# -- (?:states|events|what is done).*$", source, flags=re.MULTILINE)[1:4]
    numbered = [
        re.findall(r"^([A-Z_]+) = const\((\d+)\)(?:  # (.*))?$", section.split("\n# Of ")[0], re.MULTILINE)
        for section in sections
    ]
    names = [[name for name, _, _ in group if not name.startswith("_")] for group in numbered]
    body = source[source.index("TABLE = bytes((") : source.index("))  # fmt: skip")]
    letters = dict(zip(*(re.findall(r"\w+", side) for side in _letters(source)), strict=True))
    cells = [names[2].index(letters[letter]) for letter in re.findall(r"(?<=[\s(])(_[A-Z])(?=,)", body)]
    return names[0], names[1], names[2], cells, {name: said for name, _, said in numbered[2] if name in names[2]}


def _letters(source: str) -> tuple[str, str]:
    """The short names that the table is written in, and what they stand for, as two lists of words."""
    pairs = re.findall(r"^((?:_[A-Z], )+_[A-Z]) = (.+)$", source, re.MULTILINE)
    return ", ".join(left for left, _ in pairs), ", ".join(right for _, right in pairs)


def states(firmware: Path = FIRMWARE) -> str:
    """The table of long transfers: a row for an event, a column for a
    state, a colour for what is done.
    """
    columns, rows, actions, cells, said = table(firmware / "dlms" / "long" / "states.py")
    if len(cells) != len(columns) * len(rows):
        raise SystemExit(f"error: the table of states has {len(cells)} cells, not {len(columns)} times {len(rows)}")
    left, wide, high, top = 150, 62, 19, 122
    parts = [
        text(16, 24, "Long transfers: what can happen, and what is done", 'font-size="16" font-weight="bold"'),
        text(
            16,
            42,
            "A row is an event, a column the state that it meets. An empty cell passes it over.",
            'fill="#555555"',
        ),
    ]
    for j, state in enumerate(columns):
        x = left + wide * j + wide / 2
        parts.append(text(x, top - 6, state, f'transform="rotate(-35 {x:g} {top - 6})" font-weight="bold"'))
    for i, event in enumerate(rows):
        y = top + high * i
        parts.append(text(left - 8, y + 14, event, 'text-anchor="end"'))
        for j in range(len(columns)):
            action = actions[cells[len(columns) * i + j]]
            x = left + wide * j
            parts.append(
                f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" fill="{FILLS[action]}" stroke="#d1d5db"/>'
            )
            if action != "IGNORE":
                label = action.replace("_", " ").lower()
                parts.append(text(x + wide / 2, y + 13, label, 'text-anchor="middle" font-size="7.5"'))
    y = top + high * len(rows) + 24
    for action in actions:
        parts.append(f'<rect x="16" y="{y - 11}" width="14" height="14" fill="{FILLS[action]}" stroke="#9ca3af"/>')
        parts.append(text(38, y, action.replace("_", " ").lower(), 'font-weight="bold"'))
        parts.append(text(152, y, said[action]))
        y += 19
    return svg(left + wide * len(columns) + 60, y, "Long transfers: events, states and what is done", parts)


# -- the command -----------------------------------------------------------------------------------

DRAWN: dict[str, Callable[[], str]] = {"layers.svg": layers, "states.svg": states}


def stale() -> dict[Path, str]:
    """The pictures that are not what the code says -> what they have to be."""
    found = {}
    for name, draw in DRAWN.items():
        path = PICTURES / name
        picture = draw()
        if not path.is_file() or path.read_text(encoding="utf-8") != picture:
            found[path] = picture
    return found


def main(words: list[str] | None = None) -> int:
    """Draw or check the pictures; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.upkeep.pictures", description="Draw the pictures of docs/pictures from the code."
    )
    parser.add_argument("--check", action="store_true", help="only compare")
    options = parser.parse_args(words)
    found = stale()
    if found and options.check:
        print(
            "error: pictures of docs/pictures are not what the code says; run python -m tools.upkeep.pictures",
            file=sys.stderr,
        )
        return 1
    for path, picture in found.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(picture, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
