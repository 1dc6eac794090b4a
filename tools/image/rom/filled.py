"""Which names a function stores into, by a subscript or by a method that changes a dictionary."""

from __future__ import annotations

from collections.abc import Iterator

from .code import Instruction

_METHODS = ("clear", "pop", "popitem", "setdefault", "update")
_NAMES = ("LOAD_NAME", "LOAD_GLOBAL", "LOAD_ATTR", "IMPORT_FROM")
# What else may stand in an expression: operands taken, operands left
_EFFECTS = {"LOAD_ATTR": (1, 1), "LOAD_SUBSCR": (2, 1), "LOAD_METHOD": (1, 2), "UNARY_OP": (1, 1), "BINARY_OP": (2, 1)}
_CALLS = {"CALL_FUNCTION": 1, "CALL_METHOD": 2, "BUILD_TUPLE": 0}  # operands beside the arguments
_LOADS = ("LOAD_CONST", "LOAD_FAST", "LOAD_DEREF", "LOAD_NAME", "LOAD_GLOBAL")


def filled(code: list[Instruction]) -> Iterator[str]:
    """The names by which a function has what it stores into, also when it put
    that into a local name before.

    Of an expression that is not understood, any global name that the function uses may be the one.
    """
    for i, one in enumerate(code):
        if one.op == "STORE_SUBSCR":
            key = _start(code, _key(code, i))
            base = None if key is None else key - 1
        elif one.op == "LOAD_METHOD" and one.arg in _METHODS:
            base = i - 1
        else:
            continue
        if base is None:
            yield from (each.arg for each in code if each.op in ("LOAD_NAME", "LOAD_GLOBAL"))
        elif code[base].op in _NAMES:
            yield code[base].arg
        elif code[base].op.startswith("LOAD_FAST"):
            for k, each in enumerate(code):
                if each.op.startswith("STORE_FAST") and each.arg == code[base].arg and code[k - 1].op in _NAMES:
                    yield code[k - 1].arg


def _key(code: list[Instruction], store: int) -> int:
    """The last instruction of the subscript: in front of the store, or for `d[k] += v` and
    `del d[k]` of what they do to the stack.
    """
    if code[store - 1].op != "ROT_THREE":
        return store - 1
    if code[store - 2].op == "LOAD_NULL":
        return store - 3
    return next((k - 1 for k in range(store, 0, -1) if code[k].op == "DUP_TOP_TWO"), 0)


def _start(code: list[Instruction], last: int) -> int | None:
    """The first instruction of the expression that ends with `last`,
    None when it is not understood.
    """
    needed = 1
    for k in range(last, 0, -1):
        one = code[k]
        if one.op in _CALLS:
            named, positional = divmod(one.arg, 0x100) if one.op != "BUILD_TUPLE" else (0, one.arg)
            takes, leaves = positional + 2 * named + _CALLS[one.op], 1
        elif one.op in _EFFECTS:
            takes, leaves = _EFFECTS[one.op]
        elif one.op.startswith(_LOADS):
            takes, leaves = 0, 1
        else:
            return None
        needed += takes - leaves
        if not needed:
            return k
    return None
