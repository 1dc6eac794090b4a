"""Functions and classes as constants in the flash (tools/image/rom): a small program, frozen
with the tools that built the board.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.image.emulated import sources
from tools.image.rom.code import Code, decode, encode
from tools.image.rom.emit import Names
from tools.image.rom.image import functions
from tools.image.rom.mpytool import load
from tools.launcher import ROOT

pytestmark = pytest.mark.caps("board", "emulated-build")

SECONDS = 60.0

PROGRAM = '''
import struct

_TABLE = (1, "two", b"three")
_LIMIT = 1 << 40
changing = 1
counted = len(_TABLE)


class Base:
    """A class with one made of it."""

    KINDS = {1: _TABLE, 2: len}
    size = 0

    def grow(self, by=2):
        self.size += by
        return _TABLE[self.size % 3]

    @property
    def half(self):
        return self.size / 2


class Part(Base):
    def grow(self, by=_TABLE):
        return lambda: helper(self, by)


class Keyword:
    def named(self, *, to=None):
        return to


class Stored:
    count = 0


class Parent:
    pass


class Computed(Parent):
    room = bytearray(4)


class Failure(Exception):
    pass


def helper(part, by=b"x", stop=None):
    global changing
    changing += 1
    Stored.count += 1
    for k in range(len(by)):
        if k == changing:
            break
    else:
        try:
            return Part()
        except (OSError, Failure) as error:
            raise Failure(_LIMIT) from error
        finally:
            struct.pack("B", k)
    return helper, k


async def waiting():
    yield helper


def unused():
    return changing


def by_text():
    pass


def by_more_than_ten_characters():
    pass


def by_one_of_several():
    pass


if changing:
    maybe = helper
'''
TEXTS = {"by_text", "by_more_than_ten_characters", "by_one_of_several"}
OTHER = """
from image import helper


def use(part, kind="by_text"):
    import image
    getattr(image, "by_more_than_ten_characters")
    for name in ("by_one_of_several", "Base"):
        getattr(image, name)
    return helper(part, image.Failure), getattr(image, "Base"), getattr(image, kind)
"""


@pytest.fixture(scope="module")
def tree() -> Path:
    return sources.tree(os.environ.get("TOP"))


def frozen(tree: Path, folder: Path, **texts: str) -> str:
    """The file of frozen modules that is made of these."""
    files = []
    for name, text in texts.items():
        source = folder / f"{name}.py"
        source.parent.mkdir(exist_ok=True)
        source.write_text(text)
        cross = [str(tree / "mpy-cross/build/mpy-cross"), "-s", f"{name}.py", "-march=armv7m", str(source)]
        subprocess.run(cross, check=True, timeout=SECONDS)
        files.append(str(source.with_suffix(".mpy")))
    words = [sys.executable, str(ROOT / "tools/image/rom/mpytool.py"), str(tree / "tools/mpy-tool.py"), "-f", *files]
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=SECONDS).stdout


@pytest.fixture(scope="module")
def text(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    return frozen(tree, tmp_path_factory.mktemp("rom"), image=PROGRAM, image_other=OTHER)


def code(text: str, scope: str) -> list[str]:
    """The instructions of a function as mpy-tool comments them."""
    body = re.search(rf"scope {scope}\nstatic const byte .*?// code info\n(.*?)\}};", text, re.DOTALL)
    assert body is not None, scope
    return re.findall(r"// (.*)", body[1])


def test_functions_and_classes_are_constants(text: str) -> None:
    made = set(re.findall(r"^static const mp_obj_fun_bc_t rom_fun_image_(?!other)(\w+) = ", text, re.MULTILINE))
    bodies = {"Keyword", "Stored", "Parent", "Computed"}  # of classes that are made at run time
    assert made - bodies == {"Base_grow", "Base_half", "Part_grow", "helper", "waiting", "unused", *TEXTS}
    classes = set(re.findall(r"^MP_DEFINE_CONST_OBJ_TYPE\(rom_type_image_(\w+),", text, re.MULTILINE))
    assert classes == {"Base", "Part", "Failure"}
    assert "parent, &rom_type_image_Base)" in text
    assert "parent, &mp_type_Exception)" in text
    assert re.search(
        r"rom_fun_image_waiting = \{\n    \.base = \{ &mp_type_gen_wrap \}, \.context = &rom_context_image,", text
    )
    assert re.search(
        r"rom_fun_image_Base_grow = \{\n.*\n.*\n    \.extra_args = \{ \(mp_obj_t\)\(MP_ROM_INT\(2\)\) \}", text
    )


def test_who_is_stored_into_or_has_children_made_at_run_time_stays_in_the_heap(text: str) -> None:
    for name in ("Keyword", "Stored", "Parent", "Computed"):
        assert f"rom_type_image_{name}" not in text
    body = code(text, "image__lt_module_gt_")
    assert sum(line.startswith("LOAD_BUILD_CLASS") for line in body) == 4


def test_names_that_nobody_asks_for_have_no_place(text: str) -> None:
    body = code(text, "image__lt_module_gt_")
    stored = {line.split()[1].strip("'") for line in body if line.startswith("STORE_")}
    # made at run time, or asked for then: of the module as an object, by a text
    assert stored - {"Base", "Failure", *TEXTS} == {
        "struct",
        "changing",
        "counted",
        "Keyword",
        "Stored",
        "Parent",
        "Computed",
        "maybe",
    }
    assert {"Base", "Failure", *TEXTS} <= stored
    assert [line for line in code(text, "image_helper") if line.startswith("LOAD_GLOBAL")] == [
        "LOAD_GLOBAL 'changing'",
        "LOAD_GLOBAL 'Stored'",
        "LOAD_GLOBAL 'changing'",
        "LOAD_GLOBAL 'struct'",
    ]
    assert not any("IMPORT_FROM" in line for line in code(text, "image_other__lt_module_gt_"))


def test_native_code_keeps_the_names_that_its_module_lists(tree: Path, tmp_path: Path) -> None:
    """Which names native code asks for cannot be seen in it: without a list none is left out."""
    native = "import micropython\ndef f():\n    pass\ndef g():\n    pass\n@micropython.native\ndef h():\n    return f\n"
    for name, listed, kept in (("all", "", {"f", "g", "h"}), ("few", "_ASKED = 'f'\n", {"f"})):
        text = frozen(tree, tmp_path / name, image_native=native + listed, image="from image_native import g, h\n")
        body = code(text, "image_native__lt_module_gt_")
        assert {line.split()[1].strip("'") for line in body if line.startswith("STORE_")} - {"micropython"} == kept


def test_what_changes_nothing_comes_out_as_it_was(tree: Path) -> None:
    """Every function of the board's own image, decoded and encoded: the same
    instructions, jumps and lines.
    """
    tool = load(tree / "tools/mpy-tool.py")
    tool.config.native_arch = tool.MP_NATIVE_ARCH_NONE
    tool.global_qstrs = tool.GlobalQStrList()
    count = 0
    for path in sorted(sources.CACHE.glob("build-*/frozen_mpy/**/*.mpy")):
        compiled = tool.read_mpy(str(path))
        names = {each.str: i for i, each in enumerate(compiled.qstr_table)}
        for rc in functions(compiled.raw_code):
            if rc.code_kind == tool.MP_CODE_BYTECODE:
                before = shape(decode(tool, rc))
                encode(tool, decode(tool, rc), names)
                assert shape(decode(tool, rc)) == before, rc.escaped_name
                count += 1
    assert count > 500


def shape(code: Code) -> list[tuple[object, ...]]:
    """Instructions with the number of the one that they jump to, and
    the lines that begin with them.
    """
    number = {id(one): i for i, one in enumerate(code.instructions)}
    begins: dict[int, int] = {}
    for offset, more in code.lines:
        begins[offset] = begins.get(offset, 0) + more
    return [
        (
            one.op,
            one.byte,
            None if one.target else one.arg,
            one.extra,
            number.get(id(one.target)),
            begins.get(one.offset),
        )
        for one in code.instructions
    ]


def test_lines_are_told_after_code_was_left_out(tree: Path, tmp_path: Path) -> None:
    """A traceback from the image names the line of the linked source."""
    tool = load(tree / "tools/mpy-tool.py")
    text = frozen(
        tree,
        tmp_path,
        image="\n" * 300 + "import sys\n" + "def f(a):\n    return len(a)\n" * 40 + "\n" * 9 + "x = sys.path\n",
    )
    body = re.search(
        r"scope image__lt_module_gt_\nstatic const byte fun_data\w+\[\d+\] = \{\n(.*?)\};", text, re.DOTALL
    )
    assert body is not None
    data = bytes(int(octet, 16) for octet in re.findall(r"0x(\w\w),", body[1]))
    *_, line_info, closure, opcodes, _, _, _ = tool.extract_prelude(data, 0)
    assert lines(data[line_info:closure])[-1][1] == 300 + 1 + 80 + 9 + 1


def lines(info: bytes) -> list[tuple[int, int]]:
    """(offset, line) of each entry, counted from line 1."""
    found, offset, line, i = [], 0, 1, 0
    while i < len(info):
        if info[i] & 0x80:
            offset, line, i = offset + (info[i] & 0x0F), line + (info[i] << 4 & 0x700 | info[i + 1]), i + 2
        else:
            offset, line, i = offset + (info[i] & 0x1F), line + (info[i] >> 5), i + 1
        found.append((offset, line))
    return found


@pytest.mark.parametrize("count", [0, 1, 2, 7, 40])
def test_names_are_found_where_their_hash_says(count: int) -> None:
    """As py/map.c looks: from the place of the hash on, round the end,
    until the name or a free place.
    """
    hashes = {f"name{k}": k * 7919 % 251 * 3 for k in range(count)}
    table = Names(hashes)
    at = {place: name for name, place in table.places.items()}
    assert len(at) == count <= table.size
    for name, value in hashes.items():
        place = value % table.size
        while at[place] != name:
            place = (place + 1) % table.size
    assert count == 0 or len(at) < table.size, "a name that is not there would be looked for everywhere"


def test_what_is_made_of_a_class_at_run_time_keeps_it_in_the_heap_however_it_is_named(
    tree: Path, tmp_path: Path
) -> None:
    """Making a class writes into its base."""
    bases = "".join(f"class {name}:\n    pass\n" for name in ("Alias", "Local", "Plain", "PlainLocal", "Free"))
    other = """
from image import Alias as A
def f():
    from image import Local
    class X(Local):
        def g(self):
            return f
    return X
for k in range(2):
    class Y(A):
        pass
"""
    plain = """
from image import Plain as P
class W(P):
    pass
def f():
    from image import PlainLocal
    class V(PlainLocal):
        pass
"""
    text = frozen(tree, tmp_path, image=bases, image_other=other, plain=plain)
    assert re.findall(r"^MP_DEFINE_CONST_OBJ_TYPE\(rom_type_image_(\w+),", text, re.MULTILINE) == ["Free"]


def test_a_dictionary_that_somebody_fills_stays_in_the_heap(tree: Path, tmp_path: Path) -> None:
    image = "".join(f"{name} = {{1: 2}}\n" for name in ("a", "b", "c", "d", "e", "f", "read"))
    image += """
class C:
    own = {1: 2}
    table = {1: 2}
def change(k, v):
    a[k] = v
    del b[k + 1]
    c[len(k)] += v
    d.update(v)
    local = e
    local[k[0]] = v
    v[k] = read[k]
def own(self):
    self.own[1] = 5
    return self.table[1]
"""
    text = frozen(tree, tmp_path, image=image, image_other="from image import f as g\ndef fill():\n    g[1] = 3\n")
    assert len(re.findall(r"^static const mp_obj_dict_t rom_dict_\w+ = ", text, re.MULTILINE)) == 1
    loaded = [line.split()[1].strip("'") for line in code(text, "image_change") if line.startswith("LOAD_GLOBAL")]
    assert loaded == ["a", "b", "c", "d", "e"]
    assert "rom_type_image_C" not in text


def test_asyncio_can_say_what_became_of_a_task(tree: Path, tmp_path: Path) -> None:
    text = frozen(tree, tmp_path, **{"asyncio/core": (tree / "extmod/asyncio/core.py").read_text()})
    assert "LOAD_GLOBAL '_exc_context'" in code(text, "asyncio_core_run_until_complete")


def test_what_somebody_gives_a_module_is_no_constant(tree: Path, tmp_path: Path) -> None:
    image = "x = 5\ny = 6\nz = 7\ndef f():\n    return x, y, z\n"
    other = "def g(v):\n    import image\n    image.x = v\n    setattr(image, 'y', v)\n"
    assert code(frozen(tree, tmp_path, image=image, image_other=other), "image_f")[:3] == [
        "LOAD_GLOBAL 'x'",
        "LOAD_GLOBAL 'y'",
        "LOAD_CONST_SMALL_INT 7",
    ]


def test_names_in_long_texts_and_in_tuples_of_texts_keep_their_place(tree: Path, tmp_path: Path) -> None:
    """The compiler makes no name of a text of more than ten octets."""
    image = "".join(f"def {name}():\n    pass\n" for name in ("a_name_of_many_letters", "second", "third", "unasked"))
    other = """
def g():
    import image
    for n in ('second', 'third'):
        getattr(image, n)
    return getattr(image, 'a_name_of_many_letters')
"""
    body = code(frozen(tree, tmp_path, image=image, image_other=other), "image__lt_module_gt_")
    assert [line.split()[1] for line in body if line.startswith("STORE_")] == [
        "'a_name_of_many_letters'",
        "'second'",
        "'third'",
    ]


def test_modules_that_are_let_go_keep_the_name_that_says_so(tree: Path, tmp_path: Path) -> None:
    """firmware/app.py asks for it of every module there is."""
    text = frozen(tree, tmp_path, image="import image_start\n", image_start="_START_ONLY = True\ndef f():\n    pass\n")
    assert "STORE_NAME '_START_ONLY'" in code(text, "image_start__lt_module_gt_")


def test_what_a_module_takes_from_a_later_one_is_there(tree: Path, tmp_path: Path) -> None:
    image = "from image_other import TABLE, Base\nclass Part(Base):\n    pass\ndef use():\n    return TABLE\n"
    text = frozen(
        tree, tmp_path, image=image, image_other="def f():\n    pass\nTABLE = (f, 1)\nclass Base:\n    pass\n"
    )
    assert len(set(re.findall(r"\brom_tuple_\w+", text))) == 1
    assert re.search(r"\(rom_type_image_other_Base, .*MP_TYPE_FLAG_IS_SUBCLASSED", text)


def test_long_texts_do_not_become_names(tree: Path, tmp_path: Path) -> None:
    text = frozen(tree, tmp_path, image=f"TEXT = {'y' * 300!r}\ndef f():\n    return TEXT\n")
    assert code(text, "image_f")[0].startswith("LOAD_CONST_OBJ")


def test_assembler_functions_are_refused(tree: Path, tmp_path: Path) -> None:
    image = "import micropython\n@micropython.asm_thumb\ndef f(r0):\n    add(r0, r0, r0)\n"
    with pytest.raises(subprocess.CalledProcessError):
        frozen(tree, tmp_path, image=image)


def test_a_class_of_which_a_name_is_deleted_stays_in_the_heap(tree: Path, tmp_path: Path) -> None:
    text = frozen(tree, tmp_path, image="class C:\n    x = 1\ndef f():\n    del C.x\n")
    assert "rom_type_image_C" not in text


def test_the_last_value_of_a_key_counts(tree: Path, tmp_path: Path) -> None:
    assert "rom_dict_" not in frozen(tree, tmp_path, image="d = {1: 2, 1: 3}\ndef f():\n    return d[1]\n")


def test_what_a_star_may_bind_is_not_known(tree: Path, tmp_path: Path) -> None:
    image = "def f():\n    return 1\nfrom image_other import *\ndef g():\n    return f()\n"
    text = frozen(tree, tmp_path, image=image, image_other="def f():\n    return 2\n")
    assert code(text, "image_g")[0] == "LOAD_GLOBAL 'f'"
    assert "STORE_NAME 'f'" in code(text, "image_other__lt_module_gt_")
