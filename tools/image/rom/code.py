"""A function's bytecode as instructions that know where they jump to, and back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

_NEW = -1  # offset of an instruction that was none before


@dataclass(eq=False)
class Instruction:
    """One operation: its opcode's name, the argument, the octet after it, the
    instruction it jumps to, and where it was.
    """

    op: str
    arg: Any = None
    extra: int | None = None
    target: Instruction | None = None
    offset: int = 0
    fmt: int = 0
    byte: int = 0


@dataclass
class Code:
    """The instructions of a function, and the lines of its source: (offset of the first
    instruction, lines since the one before).
    """

    rc: Any
    instructions: list[Instruction]
    lines: list[tuple[int, int]] = field(default_factory=list)


def dotted(compiled: Any) -> str:
    """The name by which a module is imported."""
    return str(compiled.source_file.str.removesuffix(".py").removesuffix("/__init__").replace("/", "."))


def made(tool: Any, op: str, arg: Any = None) -> Instruction:
    """A new instruction, which belongs to no line of the source."""
    byte = getattr(tool.Opcode, "MP_BC_" + op)
    fmt = 0x3A4 >> 2 * (byte >> 4) & 3
    return Instruction(op, arg, offset=_NEW, fmt=fmt, byte=byte)


def decode(tool: Any, rc: Any) -> Code:
    """The code of `rc`, mpy-tool's object for a function in bytecode; `arg` of an
    instruction with a name is that name's text.
    """
    data = rc.fun_data
    found: dict[int, Instruction] = {}
    jumps: list[tuple[Instruction, int]] = []
    ip = rc.offset_opcodes
    while ip < len(data):
        fmt, size, arg, extra = tool.mp_opcode_decode(data, ip)
        name = tool.Opcode.mapping[data[ip]].partition(" ")[0]
        if name == "LOAD_CONST_SMALL_INT" and arg is None:
            arg = (
                data[ip]
                - tool.Opcode.MP_BC_LOAD_CONST_SMALL_INT_MULTI
                - tool.Opcode.MP_BC_LOAD_CONST_SMALL_INT_MULTI_EXCESS
            )
        one = Instruction(name, arg, extra, offset=ip - rc.offset_opcodes, fmt=fmt, byte=data[ip])
        found[one.offset] = one
        ip += size
        if fmt == tool.MP_BC_FORMAT_OFFSET:
            # from after the distance, in front of the octet that UNWIND_JUMP has there
            jumps.append((one, ip - (extra is not None) - rc.offset_opcodes + arg))
        elif fmt == tool.MP_BC_FORMAT_QSTR:
            one.arg = rc.qstr_table[arg].str
    for one, offset in jumps:
        one.target = found[offset]
    return Code(rc, list(found.values()), _lines(data[rc.offset_line_info : rc.offset_closure_info]))


def encode(tool: Any, code: Code, names: dict[str, int]) -> None:
    """Give `code.rc` its instructions. names: text -> index in the module's table."""
    rc = code.rc
    moved: dict[int, int] = {}
    size, octets = -1, b""
    while size != len(octets):
        # jumps grow with the distance, and the distance with them
        size, octets = len(octets), b""
        for one in code.instructions:
            moved[id(one)] = len(octets)
            octets += _encoded(tool, one, names, moved, len(octets))
    places = {one.offset: moved[id(one)] for one in code.instructions}
    data = rc.fun_data
    line_info = _line_info(code.lines, places, len(octets))
    closure_info = data[rc.offset_closure_info : rc.offset_opcodes]
    source_info = data[rc.offset_source_info : rc.offset_line_info]
    prelude_size = bytes(tool.encode_prelude_size(len(source_info) + len(line_info), len(closure_info)))
    rc.fun_data = data[: rc.offset_prelude_size] + prelude_size + source_info + line_info + closure_info + octets
    rc.offset_source_info = rc.offset_prelude_size + len(prelude_size)
    rc.offset_line_info = rc.offset_source_info + len(source_info)
    rc.offset_closure_info = rc.offset_line_info + len(line_info)
    rc.offset_opcodes = rc.offset_closure_info + len(closure_info)


def _encoded(tool: Any, one: Instruction, names: dict[str, int], moved: dict[int, int], here: int) -> bytes:
    opcode = tool.Opcode(here, one.fmt, one.byte, one.arg, one.extra)
    if one.fmt == tool.MP_BC_FORMAT_QSTR:
        opcode.arg = names[one.arg]
    elif one.target is not None:
        opcode.target = tool.Opcode(moved.get(id(one.target), here + 2), 0, 0, None, None)
    _, octets = tool.mp_opcode_encode(opcode)
    return bytes(octets)


def _lines(octets: bytes) -> list[tuple[int, int]]:
    """The table of lines. An entry, py/bc.h: 0LLBBBBB skips up to 31 octets of code and 3
    lines, 1LLLBBBB LLLLLLLL up to 15 and 2047.
    """
    entries, offset, i = [], 0, 0
    while i < len(octets):
        first = octets[i]
        if first & 0x80:
            skip, lines = first & 0x0F, first << 4 & 0x700 | octets[i + 1]
            i += 2
        else:
            skip, lines = first & 0x1F, first >> 5
            i += 1
        offset += skip
        if lines:  # an entry without is a part of a longer way
            entries.append((offset, lines))
    return entries


def _line_info(entries: list[tuple[int, int]], places: dict[int, int], end: int) -> bytes:
    octets = bytearray()
    starts = sorted(places)
    at = done = 0
    for offset, lines in entries:
        while done < len(starts) and starts[done] < offset:
            done += 1  # an instruction that is gone: what comes after it is where its line begins
        place = places[starts[done]] if done < len(starts) else end
        octets += _skipped(place - at, lines)
        at = place
    return bytes(octets)


def _skipped(skip: int, lines: int) -> bytes:
    """Entries of MicroPython's line table for `skip` octets of bytecode and `lines` lines: one
    octet, or two for larger steps.
    """
    octets = bytearray()
    while True:
        if lines <= 6:
            step = min(skip, 0x1F)
            more = min(lines, 3) if step == skip else 0
            octets.append(step | more << 5)
        else:
            step = min(skip, 0x0F)
            more = min(lines, 0x7FF) if step == skip else 0
            octets += bytes((0x80 | step | more >> 4 & 0x70, more & 0xFF))
        skip -= step
        lines -= more
        if not skip and not lines:
            return bytes(octets)
