"""The linker for images of boards: what it makes of a small program, what it
refuses, and the whole meter linked.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools.image.link import LinkError, linked
from tools.launcher import ROOT, Interpreter

SECONDS = 55.0
WHOLE_SECONDS = 240.0  # of a run of tests of its own, which takes long on a loaded machine

# A firmware in little: every way in which a name of one module comes to be used in another.
PROGRAM = {
    "app.py": """
import sys
from array import array

import report
from parts import LIMIT, Part as Piece, tools

_SCALE = 10
TWICE = 2 * LIMIT
total = 0


def scaled(limit):
    LIMIT = limit * _SCALE  # its own, not the constant
    return LIMIT


def count(tools):
    global total
    total += len(tools)
    return total


def main():
    from start import names

    pieces = [Piece(name, k) for k, name in enumerate(names())]
    value = [tools.mark(piece.name) for piece in pieces if piece.size < LIMIT]
    forget()
    found = report.find(pieces, "b")
    return (value, scaled(2), TWICE, count(pieces), count(pieces), found, array("H", (tools.BIG & 0xFF,))[0])


def forget():
    for name in list(sys.modules):
        if hasattr(sys.modules[name], "_START_ONLY"):
            del sys.modules[name]
""",
    "report.py": """
from parts import Part
from twins import double


def find(pieces, name):
    '''The same name as a function elsewhere.'''
    return [double(piece.size) for piece in pieces if isinstance(piece, Part) and piece.name == name]


def unused():
    return find(None, None)
""",
    "parts/__init__.py": """
from micropython import const

LIMIT = const(3)
_STEP = const(LIMIT - 2)


class Part:
    LIMIT = "of the class"
    STEP = _STEP

    def __init__(self, name, size=_STEP):
        self.name = name
        self.size = size * self.STEP

    def shown(self, LIMIT):
        return LIMIT, self.LIMIT
""",
    "parts/tools.py": """
from parts import LIMIT

BIG = 1 << 20 | LIMIT


def mark(name):
    find = lambda LIMIT: LIMIT + "!"  # noqa: E731
    return find(name)


def find(name):
    return name
""",
    "twins.py": """
try:
    from twins_native import double

    KIND = "native"
except ImportError:
    from twins_plain import double
""",
    "twins_native.py": """
import micropython
from letters import same


@micropython.viper
def double(n):
    return same(2 * n)
""",
    "twins_plain.py": "def double(n):\n    return n + n\n",
    "start.py": """
from letters import alphabet

_START_ONLY = True


def names():
    return alphabet()[:4]
""",
    "letters.py": "def alphabet():\n    return list('abcdef')\n\n\ndef same(n):\n    return n\n",
    "never.py": "import nothing\n",
    "micropython.py": "def const(value):\n    return value\n\n\nviper = const\n",
    "board/hardware.py": "HARDWARE = 1\n",
}


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def run(folder: Path, module: str, *after: str) -> str:
    """What `main()` of a module returns, in an interpreter of its own, and what is asked after it."""
    code = f"import {module}, sys\nprint({module}.main())\n" + "\n".join(after)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def link(folder: Path, files: dict[str, str]) -> Path:
    # micropython is foreign: the interpreter's own
    firmware = written(folder / "firmware", {name: text for name, text in files.items() if name != "micropython.py"})
    linked(firmware, folder / "linked")
    return written(folder / "linked", {"micropython.py": files["micropython.py"]})


def test_a_linked_program_does_the_same(tmp_path: Path) -> None:
    plain = run(written(tmp_path / "plain", PROGRAM), "app")
    assert plain.startswith("(['a!', 'b!', 'c!'], 20, 6, 4, 8, [2], 3)"), plain
    assert run(link(tmp_path, PROGRAM), "image") == plain


def test_constants_and_imports_and_what_is_unused_are_gone(tmp_path: Path) -> None:
    folder = link(tmp_path, PROGRAM)
    image = (folder / "image.py").read_text()
    for gone in (
        "const(",
        "_SCALE =",
        "BIG =",
        "def unused",
        "from parts",
        "import report",
        "twins_plain",
        "The same name",
    ):
        assert gone not in image, gone
    assert "size=1" in image
    # a name that stands for two things, or is a function's own somewhere, is distinguished
    assert {"def report_find", "class Part"} <= {line.partition("(")[0].rstrip(":") for line in image.splitlines()}
    made = {"image.py", "image_native.py", "image_start.py"}
    assert {path.name for path in folder.iterdir()} == made | {"micropython.py"}


def test_native_code_and_what_it_uses_is_a_module_of_its_own(tmp_path: Path) -> None:
    """Code for ARMv6-M finds no names but the first of its module; of the
    whole image they would be others.
    """
    folder = link(tmp_path, PROGRAM)
    native = (folder / "image_native.py").read_text()
    assert {name for name in ("double", "same") if f"def {name}(" in native} == {"double", "same"}
    assert "from image_native import double" in (folder / "image.py").read_text()
    # what its code does not show: `double` asks for `same`, and nobody there asks for `double`
    assert native.splitlines()[-1] == "_ASKED = 'same'"
    names = "\n".join(f"    n.name_{i}" for i in range(300))
    many = {
        **PROGRAM,
        "twins_native.py": f"import micropython\n\n\n@micropython.viper\ndef double(n):\n{names}\n    return n\n",
    }
    with pytest.raises(LinkError, match="more than 287 names"):
        link(tmp_path / "many", many)


def test_what_only_the_start_uses_is_let_go(tmp_path: Path) -> None:
    folder = link(tmp_path, PROGRAM)
    there = "print(sorted(name for name in sys.modules if name.startswith('image')))"
    assert run(folder, "image", there).splitlines()[1] == "['image', 'image_native']"


def test_tables_of_constants_are_literals(tmp_path: Path) -> None:
    text = (
        "from micropython import const\n\n_A, _B = const(1), 2\n_ROW = (_A, 'a')\n"
        "TABLE = bytes((_A, _B, _A))\nROWS = (_ROW, (None, _B))\n"
    )
    files = {
        **PROGRAM,
        "report.py": text
        + PROGRAM["report.py"].replace("double(piece.size)", "double(piece.size) * TABLE[0] * ROWS[0][0]"),
    }
    folder = link(tmp_path, files)
    assert "TABLE = b'\\x01\\x02\\x01'\nROWS = ((1, 'a'), (None, 2))\n" in (folder / "image.py").read_text()
    assert run(folder, "image") == run(written(tmp_path / "plain", files), "app")


def test_files_that_do_not_change_are_left_alone(tmp_path: Path) -> None:
    folder = link(tmp_path, PROGRAM)
    (folder / "image_old.py").write_text("")
    os.utime(folder / "image.py", (1, 1))
    link(tmp_path, PROGRAM)
    assert (folder / "image.py").stat().st_mtime == 1
    assert not (folder / "image_old.py").exists()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "report.py",
            "from parts import tools\n\n\ndef find(a, b):\n    tools.BIG = 2\n",
            "report: tools.BIG is a constant and changed",
        ),
        ("report.py", "from . import parts\n", "relative imports"),
        (
            "parts/tools.py",
            "from report import find\nBIG = 1\n\n\ndef mark(name):\n    return name\n",
            "a circle of imports",
        ),
        (
            "report.py",
            "from parts import nobody\n\n\ndef find(pieces, name):\n    return nobody\n",
            "parts has no nobody",
        ),
        ("report.py", "import parts.tools\n", "import parts.tools: write from"),
    ],
)
def test_what_cannot_be_linked_is_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    files = {**PROGRAM, name: text}
    if said.startswith("a circle"):
        files["report.py"] = "from parts import tools\n\n\ndef find(pieces, name):\n    return tools.mark(name)\n"
    with pytest.raises(LinkError, match=re.escape(said)):
        link(tmp_path, files)


@pytest.mark.timeout(WHOLE_SECONDS + 2 * SECONDS)
def test_the_whole_meter_serves_linked(tmp_path: Path, micropython: Interpreter) -> None:
    """Tests of the wire, with nothing of the firmware there but what an image for a board has."""
    viper = [*micropython.words, "-c", "import micropython\n@micropython.viper\ndef f(): pass\n"]
    if subprocess.run(viper, capture_output=True, timeout=SECONDS, check=False).returncode:
        pytest.skip("images are for boards, and those have an emitter of native code")
    folder = tmp_path / "firmware"
    linked(ROOT / "firmware", folder, ROOT / "boards" / "unix" / "limits.py")
    (folder / "board").mkdir()
    for name in ("main.py", "limits_default.py", "board/__init__.py", "board/watchdog.py"):
        shutil.copy(ROOT / "firmware" / name, folder / name)
    # a stand-in: boards have it, this computer does not
    shutil.copy(ROOT / "host_tests" / "boards" / "fakes" / "machine.py", folder)
    wire = ROOT / "host_tests" / "wire"
    tests = ("test_set_values.py", "test_action_methods.py", "test_udp_datagrams.py")
    words = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "-p",
        "host_tests.harness.options",
    ]
    words += [
        "--firmware",
        str(folder),
        "--results",
        str(tmp_path / "results"),
        "--micropython",
        shlex.join(micropython.words),
    ]
    done = subprocess.run(
        [*words, *(str(wire / name) for name in tests)],
        cwd=ROOT,
        env={**os.environ, "INTEROP": "0", "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=WHOLE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:]


# Features in little: one that is imported where it is used, and a module
# that is handed on as a value.
FEATURED = {
    **{name: text for name, text in PROGRAM.items() if name != "app.py"},
    "app.py": """
import limits
import report
from meters import Meter

if limits.PUSHES:
    from net.notifier import notify

LEFT_OUT = ()


def main():
    meter = Meter(limits)
    said = [meter.blocks.sent("a") if meter.blocks else "alone", report.unused.__name__]
    if limits.PUSHES and said:
        said.append(notify())
    return said, LEFT_OUT
""",
    "meters.py": """
class Meter:
    def __init__(self, limits):
        self.blocks = None
        if limits.GBT_WINDOW:
            from dlms.long import gbt

            self.blocks = gbt
""",
    "dlms/__init__.py": "",
    "dlms/long/gbt.py": "def sent(text):\n    return text + ' in blocks'\n\n\ndef unasked():\n    pass\n",
    "dlms/ln/access.py": "",
    "net/notifier.py": "def notify():\n    return 'told'\n",
    "net/manager.py": "",
    "meter/unsolicited.py": "",
    "meter/reports.py": "",
    "limits_default.py": "SN_CLIENTS = GROUPS = 0\nPUSHES = 1\nGBT_WINDOW = 4\n",
}


@pytest.mark.parametrize(
    ("table", "said", "there", "gone"),
    [
        (
            "",
            "(['a in blocks', 'unused', 'told'], ('SN_CLIENTS', 'GROUPS'))",
            ("def notify", "sent = sent"),
            ("import", "unasked ="),
        ),
        (
            "PUSHES = 0\n",
            "(['a in blocks', 'unused'], ('SN_CLIENTS', 'PUSHES', 'GROUPS'))",
            ("def sent",),
            ("notify", "PUSHES and"),
        ),
        (
            "PUSHES = GBT_WINDOW = 0\n",
            "(['alone', 'unused'], ('SN_CLIENTS', 'GBT_WINDOW', 'PUSHES', 'GROUPS'))",
            (),
            ("def sent", "notify"),
        ),
    ],
    ids=["both", "one", "none"],
)
def test_a_board_s_table_decides_what_is_linked(
    tmp_path: Path, table: str, said: str, there: tuple[str, ...], gone: tuple[str, ...]
) -> None:
    firmware = written(
        tmp_path / "firmware", {name: text for name, text in FEATURED.items() if name != "micropython.py"}
    )
    board = tmp_path / "limits.py"
    board.write_text("from limits_default import *\n" + table)
    folder = Path(linked(firmware, tmp_path / "linked", board))
    image = re.sub("import limits|from image_native import .*", "", (folder / "image.py").read_text())
    for each in there:
        assert each in image, each
    for each in gone:
        assert each not in image, each
    written(folder, {"micropython.py": FEATURED["micropython.py"]})
    shutil.copy(board, folder)
    shutil.copy(firmware / "limits_default.py", folder)
    assert run(folder, "image").strip() == said


def test_only_what_means_the_parent_is_written_so(tmp_path: Path) -> None:
    """`super()` stays where the parent is a class in C, or where `self` or the
    parent's name means something else.
    """
    main = """
class Parent:
    def __init__(self, *words):
        self.words = words

    def say(self):
        return self.words


class Child(Parent):
    def __init__(self):
        super().__init__(1, 2)

    def say(this, Parent=None):
        return super().say()


class Failure(Exception):
    def __init__(self, text):
        super().__init__(text, 1)


def main():
    print(Child().say(), Failure("x").args)
"""
    folder = link(tmp_path, PROGRAM | {"app.py": main})
    text = (folder / "image.py").read_text()
    assert text.count("super()") == 2
    assert "Parent.__init__(self, 1, 2)" in text
    assert run(folder, "image") == "(1, 2) ('x', 1)\nNone\n"


IMAGE = "HARDWARE = True\n\n\ndef main(words, beside):\n    print('linked')\n"
APP = IMAGE.replace("linked", "modules")
UNUSED = (
    "WARN files of the firmware on the board are not used, because its image has no modules beside them: no module "
    "named 'app'"
)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"image.py": IMAGE}, ["linked"]),
        ({"image.py": IMAGE, "log.py": "", "app.py": APP}, ["modules"]),
        # an image without the modules, of which a file can take no place
        (
            {"image.py": IMAGE, "log.py": ""},
            [UNUSED, "linked"],
        ),
        ({"app.py": APP}, ["modules"]),
        ({"log.py": "", "app.py": "import gone\n"}, ["ImportError: no module named 'gone'"]),
    ],
    ids=["linked", "modules", "linked-alone", "sources", "broken-sources"],
)
def test_what_main_runs(tmp_path: Path, micropython: Interpreter, files: dict[str, str], said: list[str]) -> None:
    written(tmp_path, files)
    shutil.copy(ROOT / "firmware" / "main.py", tmp_path)
    words = [*micropython.words, "main.py"]
    done = subprocess.run(
        words, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert (done.stdout + done.stderr).splitlines()[-len(said) :] == said
