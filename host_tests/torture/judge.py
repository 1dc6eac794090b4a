"""Compares a meter that came back after a cut with the model: what was answered is kept, what was
not is as before or as after, never a mixture. For MicroPython and CPython.

`expected(scenario, step, i)` is what may be seen after a cut at operation i of a step, as plain
data; `judge(stage, expected)` the first thing that is wrong, or "".
"""

from stage import EVENTS, LOAD, PROFILES

POWER = (1, 2)  # codes of the events that a start logs: power down, power up
# numbers of a counter that a cut may leave unused: reserved ones, and as many
# for each record that may be lost
RESERVED = 4096


def expected(scenario, life, kept, step, i):
    """life: how many factory resets came before the step, -1 for the first start. kept:
    what clients had written before it.
    """
    lasts = [last for _, last, _ in step.rows[0]]
    counted = step.counted
    for end, rows, number in step.answers:
        if end <= i:
            lasts = rows
            counted = number
    runs = []
    for start, end, values, instant, where in scenario.checkpoints:
        if end <= i:
            runs = []
        if start <= i:
            # a checkpoint before the ends of periods: what they do is done again
            runs.append((instant, where.runs if values is None else values))
    return {
        "step": step.name,
        "fresh": step.fresh,
        "kept": kept,
        "new": scenario.kept[life + 1] if step.fresh else kept,
        "changed": step.changed,
        "runs": runs,
        "after": step.runs,
        "instants": step.instants,
        "rows": step.rows,
        "lasts": lasts,
        "contents": scenario.rows[max(life, 0)],
        "new contents": scenario.rows[life + 1] if step.fresh else None,
        "counted": counted,
    }


def judge(stage, wanted):
    """What is wrong, in words; "" when nothing is."""
    if stage.notes:
        return "the meter reports " + stage.notes[0]
    seen = stage.look()
    if wanted["fresh"] and is_new(seen, wanted):
        return new_rows(stage, seen, wanted) or counter(stage, wanted)
    sides = {}
    return (
        kept(seen, wanted, sides)
        or running(seen, wanted)
        or behind(stage, seen, wanted)
        or rows(stage, seen, wanted, sides)
        or counter(stage, wanted)
        or ("%d corrupt records" % stage.corrupt() if stage.corrupt() else "")
    )


def is_new(seen, wanted):
    """Whether nothing is left of what was before a factory reset, or a first start."""
    return seen.kept == wanted["new"] and seen.runs == wanted["after"]


def new_rows(stage, seen, wanted):
    """Of rows there are those that the first start captures, and what a start logs."""
    for q in range(3):
        first, last, _ = seen.rows[q]
        known = wanted["new contents"][q].values()
        for sequence in range(first, last + 1):
            row = stage.row(q, sequence)
            if row not in known and (q != EVENTS or row[-1] not in POWER):
                return "profile %d: row %d is %s after a reset" % (q, sequence, row)
    return ""


def kept(seen, wanted, sides):
    """What clients wrote: of each object all as before (side 0) or all as after the step (side 1)."""
    changed = wanted["changed"]
    for key in wanted["kept"]:
        value = seen.kept.get(key)
        if key in changed:
            before, after = changed[key]
            if value in (before, after):
                side = 0 if value == before else 1
                if sides.get(key[0], side) != side:
                    return "a mixture of old and new in " + key[0]
                sides[key[0]] = side
                continue
        elif value == wanted["kept"][key]:
            continue
        return "%s attribute %s is %s, not %s" % (key[0], key[1], value, changed.get(key, wanted["kept"][key]))
    return ""


def running(seen, wanted):
    """Registers, demand and maxima: all of one checkpoint, the last one or the one that was on its
    way. The clock goes on from there to the newest row at most.
    """
    latest = max(wanted["instants"])
    wrong = ""
    for instant, runs in wanted["runs"]:
        if seen.runs == runs:
            if min(instant, latest) <= seen.instant <= latest:
                return ""
            wrong = "the clock stands at %d, not in %d to %d" % (seen.instant, instant, latest)
    return wrong or "registers of no checkpoint: " + difference(seen.runs, wanted["runs"][0][1])


def behind(stage, seen, wanted):
    """No register is below its value in the newest row of the load profile,
    but one that was reset since.
    """
    first, last, _ = seen.rows[LOAD]
    row = stage.row(LOAD, last) if last >= first else None
    if row is None:
        return ""
    columns = stage.profiles[LOAD].columns
    for i in range(columns.n):
        for key in seen.runs:
            value = seen.runs[key]
            if key[1] == 2 and stage.is_object(key[0], columns.object(i)) and columns.attribute(i) == 2:
                captured = b"\x06" + row[columns.offset(i) : columns.offset(i) + 4]
                if value < captured <= wanted["after"][key]:
                    return "%s is %s, and was %s in the newest row" % (key[0], value, captured)
    return ""


def difference(one, other):
    for key in one:
        if one[key] != other.get(key):
            return "%s attribute %s is %s, not %s" % (key[0], key[1], one[key], other.get(key))
    return ""


def rows(stage, seen, wanted, sides):
    """Rows: those of the model, none lost, none wrong, none invented but what a start logs."""
    for q in range(3):
        wrong = rows_of(stage, q, seen, wanted, sides.get(PROFILES[q], -1))
        if wrong:
            return "profile %d: " % q + wrong
    return ""


def rows_of(stage, q, seen, wanted, side):
    """side: whether the profile is as before (0) or after the step (1); -1 where that is the same."""
    before, after = wanted["rows"][0][q], wanted["rows"][0 if wanted["fresh"] else 1][q]
    first, last, _ = seen.rows[q]
    contents = wanted["contents"][q]
    clears = after[2] > before[2]
    if clears and side != 0 and (last < first or first > before[1]):
        if last < first:
            return ""
        least, oldest = after[2], after[2] + 1
    elif clears and side == 1:
        return "rows %d to %d have the columns of before" % (first, last)
    else:
        least, oldest = wanted["lasts"][q], min(before[0], after[0])
    if last < least:
        return "rows %d to %d are lost" % (last + 1, least)
    if first > max(oldest, before[0], after[0] if last >= after[0] else 0, last - seen.limits[q] + 1):
        return "rows up to %d are lost, of those from %d on" % (first - 1, oldest)
    if first < oldest:
        return "rows from %d on are back, which were given up up to %d" % (first, oldest - 1)
    started = False
    for sequence in range(first, last + 1):
        row = stage.row(q, sequence)
        if row is None:
            return "row %d is corrupt" % sequence
        if not started and sequence <= after[1] and contents.get(sequence) == row:
            continue
        if q == EVENTS and sequence > least and row[-1] in POWER:
            started = True
            continue
        return "row %d is %s, not %s" % (sequence, row, contents.get(sequence))
    return ""


def counter(stage, wanted):
    """No number is used twice, and few are lost."""
    if not stage.number.take():
        return "no number can be taken"
    number = stage.counted()
    if number <= wanted["counted"]:
        return "number %d is used again, %d was taken" % (number, wanted["counted"])
    if number > wanted["counted"] + RESERVED + 1:
        return "%d numbers are lost" % (number - wanted["counted"])
    return ""
