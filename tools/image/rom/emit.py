"""The constants in C, as they stand in the file of frozen modules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .values import Class, Constant, Dict, Function, Property, Symbol, Tuple, Value

_COMMON = Path(__file__).with_name("common.c")
_FLAGS = ("EQ_NOT_REFLEXIVE", "EQ_CHECKS_OTHER_TYPE", "EQ_HAS_NEQ_TEST", "ITER_IS_GETITER", "INSTANCE_TYPE")
_SLOTS = (
    "make_new, rom_make_new, print, rom_print, call, mp_obj_instance_call, unary_op, rom_unary_op, "
    "binary_op, rom_binary_op,"
    " attr, rom_attr, subscr, rom_subscr, iter, mp_obj_instance_getiter, buffer, rom_buffer"
)


def declarations(modules: list[Any]) -> str:
    """What stands in front of all modules: any of them may mention any constant."""
    lines = [_COMMON.read_text(encoding="utf-8")]
    for module in modules:
        lines.append(f"static mp_module_context_t rom_context_{module.escaped_name};")
        lines.append(f"extern const mp_obj_fun_builtin_fixed_t rom_start_{module.escaped_name}_obj;")
        lines += [_declaration(value) for value in module.values]
    return "\n".join([*lines, ""])


def _declaration(value: Value) -> str:
    if isinstance(value, Class):
        return f"extern const mp_obj_type_t {value.c_name};"
    kind = {
        Function: "mp_obj_fun_bc_t",
        Property: "rom_property_t",
        Tuple: "mp_rom_obj_tuple_t",
        Dict: "mp_obj_dict_t",
    }[type(value)]
    return f"static const {kind} {value.c_name};"


class Constants:
    """The constants of one module, of which all code and MicroPython's own constants stand before."""

    def __init__(self, tool: Any, module: Any) -> None:
        self.tool = tool
        self.module = module
        self._count = 0

    def text(self) -> None:
        """Print them, as mpy-tool prints its own."""
        for value in self.module.values:
            getattr(self, "_" + type(value).__name__.lower())(value)
        name = self.module.escaped_name
        print(f"""
static mp_module_context_t rom_context_{name} = {{
    .module = {{ .base = {{ &mp_type_module }} }},
    .constants = {{
        .qstr_table = (qstr_short_t *)&const_qstr_table_data_{name},
        .obj_table = (mp_obj_t *)&const_obj_table_data_{name},
    }},
}};
static mp_obj_t rom_start_{name}(void) {{
    rom_context_{name}.module.globals = mp_globals_get();
    rom_take_slots();
    return mp_const_none;
}}
MP_DEFINE_CONST_FUN_OBJ_0(rom_start_{name}_obj, rom_start_{name});""")

    def reference(self, value: Value) -> str:
        """A value as a constant expression of the type mp_rom_obj_t."""
        if isinstance(value, Constant):
            self._count += 1
            return self.module.freeze_constant_obj(f"rom_const_{self.module.escaped_name}_{self._count}", value.value)
        return reference(value)

    def _function(self, value: Function) -> None:
        """Print the C constant of a function object, by the kind of its code."""
        rc, tool = value.rc, self.tool
        defaults = ", ".join(f"(mp_obj_t)({self.reference(each)})" for each in value.defaults)
        generator = bool(rc.scope_flags & tool.MP_SCOPE_FLAG_GENERATOR)
        children = f"&children_{rc.escaped_name}" if rc.children else "NULL"
        if rc.code_kind == tool.MP_CODE_BYTECODE:
            kind = "gen_wrap" if generator else "fun_bc"
        elif rc.code_kind == tool.MP_CODE_NATIVE_VIPER:
            kind = "fun_viper"
        else:
            if rc.code_kind != tool.MP_CODE_NATIVE_PY:
                raise tool.FreezeError(
                    self.module, f"{rc.escaped_name}: tools/image/rom does not know an assembler function's object"
                )
            kind = "native_gen_wrap" if generator else "fun_native"
            children = children if rc.children else f"fun_data_{rc.escaped_name}_prelude_macro"
        print(f"static const mp_obj_fun_bc_t {value.c_name} = {{")
        print(f"    .base = {{ &mp_type_{kind} }}, .context = &rom_context_{self.module.escaped_name},")
        print(f"    .child_table = (void *){children}, .bytecode = fun_data_{rc.escaped_name},")
        if defaults:
            print(f"    .extra_args = {{ {defaults} }},")
        print("};")

    def _property(self, value: Property) -> None:
        print(f"static const rom_property_t {value.c_name} = {{")
        print(f"    {{ &mp_type_property }}, {{ {self.reference(value.getter)}, MP_ROM_NONE, MP_ROM_NONE }}\n}};")

    def _tuple(self, value: Tuple) -> None:
        items = ", ".join(self.reference(each) for each in value.items)
        print(
            f"static const mp_rom_obj_tuple_t {value.c_name} = {{ {{ &mp_type_tuple }}, {len(value.items)}, {{ "
            f"{items} }} }};"
        )

    def _dict(self, value: Dict) -> None:
        items = [self.reference(each) for each in value.items]
        entries = ", ".join(f"{{ {key}, {item} }}" for key, item in zip(items[::2], items[1::2], strict=True))
        count = len(items) // 2
        print(f"static const mp_rom_map_elem_t rom_entries_{value.place}[{max(count, 1)}] = {{ {entries} }};")
        print(f"static const mp_obj_dict_t {value.c_name} = {{ {{ &mp_type_dict }}, {{")
        # not of names, and so few that they are looked through
        print(f"    .all_keys_are_qstrs = 0, .is_fixed = 1, .is_ordered = 1, .used = {count}, .alloc = {count},")
        print(f"    .table = (mp_map_elem_t *)&rom_entries_{value.place} }} }};")

    def _class(self, value: Class) -> None:
        """Print the C constants of a class: the table of its names, the dictionary, the type."""
        table = Names({name: self._hash(name) for name in value.names})
        name = value.rc.escaped_name
        entries = [
            f"    [{place}] = {{ MP_ROM_QSTR(MP_QSTR_{self.tool.qstrutil.qstr_escape(key)}), "
            f"{self.reference(value.names[key])} }},"
            for key, place in table.places.items()
        ]
        size = table.size
        print(f"static const mp_rom_map_elem_t rom_table_{name}[{max(size, 1)}] = {{")
        print("\n".join(entries) + "\n};")
        print(f"static const mp_obj_dict_t rom_names_{name} = {{ {{ &mp_type_dict }}, {{")
        print(f"    .all_keys_are_qstrs = 1, .is_fixed = 1, .is_ordered = 0, .used = {len(entries)}, .alloc = {size},")
        print(f"    .table = (mp_map_elem_t *)&rom_table_{name} }} }};")
        flags = [f"MP_TYPE_FLAG_{flag}" for flag in _FLAGS]
        flags += ["MP_TYPE_FLAG_IS_SUBCLASSED"] if value.subclassed else []
        flags += ["MP_TYPE_FLAG_HAS_SPECIAL_ACCESSORS"] if value.accessors else []
        parent = f", parent, &{value.base.c_name}" if value.base else ""
        print(
            f"MP_DEFINE_CONST_OBJ_TYPE({value.c_name}, MP_QSTR_{self.tool.qstrutil.qstr_escape(value.name)}, "
            f"{' | '.join(flags)},"
        )
        print(f"    {_SLOTS}, locals_dict, &rom_names_{name}{parent});")

    def _hash(self, name: str) -> int:
        octets = self.tool.config.MICROPY_QSTR_BYTES_IN_HASH
        return self.tool.qstrutil.compute_hash(bytes(name, "utf8"), octets)


def reference(value: Value) -> str:
    """A value that has a name in C."""
    assert isinstance(value, (Function, Class, Property, Tuple, Dict, Symbol))
    return f"MP_ROM_PTR(&{value.c_name})"


class Names:
    """A table in which py/map.c finds names: each from the place that its hash says
    on, round the end, until a free one.

    `size`: the one with the fewest steps in all lookups, up to twice as many places as names.
    `places`: name -> place, in their order.
    """

    def __init__(self, hashes: dict[str, int]) -> None:
        best = None
        for size in range(len(hashes) + 1, 2 * len(hashes) + 3) if hashes else (0,):
            places, steps = _placed(hashes, size)
            if best is None or steps < best[0]:
                best = steps, size, places
        assert best is not None
        self.size = best[1]
        self.places = dict(sorted(best[2].items(), key=lambda each: each[1]))


def _placed(hashes: dict[str, int], size: int) -> tuple[dict[str, int], int]:
    taken: dict[int, str] = {}
    steps = 0
    for name, value in hashes.items():
        place = value % size
        while place in taken:
            place = (place + 1) % size
            steps += 1
        taken[place] = name
    return {name: place for place, name in taken.items()}, steps
