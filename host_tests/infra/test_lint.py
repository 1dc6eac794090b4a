"""The lint finds what is planted, and nothing in a clean tree."""

import subprocess
import sys

import pytest

from tools.image import mpycross
from tools.upkeep.lint import (
    boards,
    calls,
    cited,
    constants,
    docstrings,
    images,
    imports,
    marks,
    names,
    prose,
    requirements,
    tags,
    text,
)
from tools.upkeep.lint.report import ROOT


@pytest.fixture
def tree(tmp_path):
    """Writes files below an empty project: `tree({"path": "text"})` gives its root."""

    def write(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path

    return write


def faults(problems):
    return [f"{problem.path}:{problem.line}" for problem in sorted(problems)]


# -- constants --------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ("_HEADER = const(8)  # as `wrapper.HEADER`", True),
        ("_HEADER = const(8)  # as `dlms.wrapper.HEADER`", True),
        ("_PLAIN = const(1)  # as `wrapper.PLAIN`", True),
        ("_HEADER = const(9)  # as `wrapper.HEADER`", False),
        ("_HEADER = const(8)  # as `wrapper.TRAILER`", False),
        ("_HEADER = const(8)  # as `cosem.wrapper.HEADER`", False),
        ("_HEADER = const(9)  # as ever", True),
    ],
)
def test_constants_written_twice_agree(tree, line, good):
    root = tree(
        {"firmware/dlms/server.py": f"A = 1\n{line}\n", "firmware/dlms/wrapper.py": "HEADER = const(8)\nPLAIN = 1\n"}
    )
    assert faults(constants.check(root)) == ([] if good else ["firmware/dlms/server.py:2"])


# -- calls ------------------------------------------------------------------

_SERVER = {
    "firmware/dlms/server.py": "class Server:\n    def dispatch(self):\n        pass\n    def take(self):\n"
    "        pass\n",
    "firmware/dlms/aa/pool.py": "class Pool:\n    def take(self):\n        pass\n",
}


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("firmware/dlms/ln/get.py", "server.abandon(aa)"),
        ("firmware/dlms/aa/acse.py", "p = aa.link.carrier.server.pdu"),
        ("firmware/dlms/long/gbt.py", "end = kit.door.dispatch(aa)"),
        ("firmware/dlms/long/stream.py", "self.kit.access.next(self)"),
        ("firmware/dlms/aa/opening.py", "self.server.refusal = 1"),
        ("firmware/cosem/data.py", "server.log('x')"),
        ("firmware/meter/meter.py", "self.server.scratch"),
        ("firmware/net/tcp.py", "self.server.opening.close(link, 0)"),
    ],
)
def test_call_the_wrong_way(tree, path, line):
    found = faults(calls.check(tree({**_SERVER, path: line + "\n"})))
    assert f"{path}:1" in found


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("firmware/dlms/ln/get.py", "t = kit.scratch\nother = pool.take(1)\n"),
        ("firmware/dlms/ln/access.py", "end = kit.whole.answer(kit)\n"),
        ("firmware/dlms/aa/opening.py", "if assoc.server == device:\n    pass\n"),
        ("firmware/net/tcp.py", "self.server.handle(self)\n"),
        ("firmware/app.py", "self.server.open_common(1)\n"),
    ],
)
def test_call_the_right_way(tree, path, line):
    assert faults(calls.check(tree({**_SERVER, path: line}))) == []


def test_call_that_is_allowed_and_gone(tree):
    assert faults(calls.check(tree({"firmware/dlms/long/response.py": "A = 1\n"}))) == [
        "firmware/dlms/long/response.py:1"
    ]
    assert faults(calls.check(tree({"firmware/dlms/long/response.py": "kit.whole.answer(kit)\n"}))) == []


# -- imports ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("firmware/dlms/get.py", "import cosem.data"),
        ("firmware/dlms/get.py", "from meter import clock"),
        ("firmware/dlms/get.py", "import socket"),
        ("firmware/dlms/get.py", "from asyncio import core"),
        ("firmware/dlms/get.py", "import utime"),
        ("firmware/dlms/get.py", "print(1)"),
        ("firmware/dlms/get.py", "open('x')"),
        ("firmware/cosem/data.py", "from net import tcp"),
        ("firmware/cosem/data.py", "import meter"),
        ("firmware/net/tcp.py", "import cosem"),
        ("firmware/net/tcp.py", "from app import run"),
        ("firmware/meter/objects.py", "import net"),
        ("firmware/meter/objects.py", "__import__('app')"),
        ("firmware/dlms/get.py", "import log"),
        ("firmware/dlms/codec/axdr.py", "from dlms.aa import pool"),
        ("firmware/dlms/aa/acse.py", "from dlms.long.states import NONE"),
        ("firmware/dlms/unasked/outbox.py", "import dlms.long.gbt"),
        ("firmware/dlms/long/stream.py", "from dlms.ln import get"),
        ("firmware/dlms/ln/get.py", "from dlms.sn.read import request"),
        ("firmware/dlms/sn/read.py", "from dlms import server"),
        ("firmware/dlms/sn/read.py", "from dlms.server import Server"),
        ("firmware/cosem/data.py", "import version"),
        ("firmware/meter/objects.py", "import config"),
        ("firmware/app.py", "import tools"),
        ("firmware/stray.py", ""),
        ("tools/cli/read.py", "from dlms import axdr"),
        ("tools/cli/read.py", "import firmware.dlms"),
        ("tools/cli/read.py", "import host_tests"),
        ("tools/cli/read.py", "from gurux_dlms import x"),
        ("tools/cli/read.py", "from tools.image import debian"),
        ("tools/cli/read.py", "from ..upkeep.lint import text"),
        ("tools/launcher/process.py", "import tools.image.boards"),
        ("tools/image/boards/deploy.py", "from tools import upkeep"),
        ("tools/image/debian.py", "from .. import upkeep"),
        ("firmware/app.py", "import dlms_cosem"),
    ],
)
def test_import_the_wrong_way(tree, path, line):
    assert faults(imports.check(tree({path: line + "\n"}))) == [f"{path}:1"]


def test_imports_the_right_way(tree):
    root = tree(
        {
            "firmware/main.py": "import app\n",
            "firmware/app.py": "import net.tcp, meter, asyncio, cosem, dlms\nprint(1)\n",
            "firmware/net/tcp.py": "import socket\nfrom dlms import wrapper\n",
            "firmware/meter/clock.py": "import time\nfrom cosem import data\n",
            "firmware/cosem/data.py": "from dlms import axdr\nfrom . import base\n",
            "firmware/dlms/codec/axdr.py": "import struct\nfrom micropython import const\n"
            "from dlms.codec import errors\n",
            "firmware/dlms/sn/read.py": "from dlms.codec import axdr\nfrom dlms.long.stream import HEAD\n"
            "import dlms.ln.get\n",
            "firmware/dlms/server.py": "from dlms import all_station\nfrom dlms.sn import short_names\n",
            "tools/cli/read.py": "from tools.dlmsclient import cosem\nfrom . import meter\n",
            "tools/image/debian.py": "from tools.launcher import ROOT\nfrom . import console\n",
            "tools/upkeep/readme.py": "from tools.image import boards\nfrom .lint import text\n",
            "host_tests/test_interop.py": "import gurux_dlms, dlms\n",
        }
    )
    assert imports.check(root) == []


# -- requirement ids --------------------------------------------------------

DOCUMENT = (
    "# Rules\n- **A-01 M** One.\n| **C-10 M** | two |\n- **D-89a S** Three, see **A-99**.\n- **A-15 note** Four.\n"
)


def test_ids_of_the_document(tree):
    assert requirements.known_ids(tree({"docs/REQUIREMENTS.md": DOCUMENT})) == {"A-01", "A-15", "C-10", "D-89a"}


def test_without_the_document_nothing_is_unknown(tree):
    root = tree({"host_tests/test_a.py": "@mark.req('Z-1')\ndef test(): ...\n"})
    assert requirements.check(root) == []


@pytest.mark.parametrize(
    "source",
    [
        "@pytest.mark.req('A-01', 'A-99')\ndef test_a(): ...\n",
        "CASES = [pytest.param(1, marks=pytest.mark.req('A-99'))]\n",
        "CASES = {'A-99': 1}\nMARKS = [pytest.mark.req(name) for name in CASES]\n",
        "REQ = {'test_a': ('A-99',)}\n",
    ],
)
def test_unknown_id(tree, source):
    root = tree({"docs/REQUIREMENTS.md": DOCUMENT, "host_tests/test_a.py": source})
    assert faults(requirements.check(root)) == ["host_tests/test_a.py:1"]


def test_ids_without_a_test(tree):
    source = "@pytest.mark.req('A-01')\ndef test_a(): ...\nREQ = {'*': ('C-10',)}\n"
    root = tree({"docs/REQUIREMENTS.md": DOCUMENT, "host_tests/test_a.py": source})
    assert requirements.untested(root) == {"A": ["A-15"], "D": ["D-89a"]}


# -- board compilation ------------------------------------------------------

VIPER = "import micropython\n\n\n@micropython.viper\ndef f(x: int) -> int:\n    return x & {}\n"


def test_literal_that_a_32_bit_board_cannot_hold(tree):
    problems = boards.check(tree({"firmware/a.py": VIPER.format("0x40000000")}))
    assert {problem.text.split(":")[0] for problem in problems} == {
        f"does not compile for {name}" for name in boards.ARCHITECTURES
    }


def test_syntax_error_names_its_line(tree):
    problems = boards.check(tree({"boards/unix/limits.py": "A = 1\nB = )\n"}))
    assert faults(problems) == ["boards/unix/limits.py:2"] * len(boards.ARCHITECTURES)


def test_good_viper_compiles(tree):
    assert boards.check(tree({"firmware/a.py": VIPER.format("0x3FFFFFFF"), "boards/PICO/manifest.py": "(\n"})) == []


# -- what images are compiled with -------------------------------------------

NATIVE = "import micropython\n\n\n@micropython.{}\ndef f({}\n{}\n    return x\n"


@pytest.fixture(scope="module")
def older():
    """The mpy-cross of images, which is built when nobody has built it yet."""
    try:
        return str(mpycross.get())
    except mpycross.Unavailable as reason:
        pytest.skip(f"no mpy-cross of images: {reason}")


@pytest.mark.timeout(300)
def test_function_too_long_for_the_older_compiler_on_armv6m(tree, older, tmp_path):
    """The pinned compiler takes it, and the older one does for ARMv7-M."""
    lines = "\n".join(f"        b[{n % 8}] = b[{n % 7}] + x" for n in range(400))
    text = NATIVE.format("viper", "b: ptr8, x: int) -> int:", f"    while x:\n{lines}\n        x -= 1")
    root = tree({"firmware/a.py": text})
    assert boards.check(root) == []
    (problem,) = images.compile_all(root, older, tmp_path)
    assert str(problem.path) == "firmware/a.py"
    assert problem.text.startswith("does not compile for armv6m: ")
    assert "native method too big" in problem.text


@pytest.mark.timeout(300)
def test_wrong_code_of_the_older_compiler(tree, older, tmp_path):
    """From the 288th name of a module on it adds the wrong register, for ARMv6-M alone."""

    def found(count):
        folder = tmp_path / str(count)
        folder.mkdir()
        root = tree(
            {"firmware/a.py": NATIVE.format("native", "o):", "\n".join(f"    x = o.n{n}" for n in range(count)))}
        )
        return [(str(problem.path), problem.text) for problem in images.compile_all(root, older, folder)]

    assert found(280) == []
    wrong = "MicroPython 1.25 makes wrong code of it for armv6m: too many names in one module"
    assert found(300) == [("firmware/a.py", wrong)]


def test_without_the_older_compiler_one_line_says_so(tree, monkeypatch, capsys):
    def none():
        raise mpycross.Unavailable("it is built on Linux with apt")

    monkeypatch.setattr(mpycross, "get", none)
    assert images.check(tree({"firmware/a.py": "(\n"})) == []
    assert capsys.readouterr().out == (
        "left out: no mpy-cross of MicroPython 1.25 here: it is built on Linux with apt\n"
    )


# -- tags -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ("x = tag == 0xC0", False),
        ("x = rx[p] in (5, 0x0E)", False),
        ("tx[p] = 0xC0", False),
        ("tx[p] = 0x0E", True),
        ("x = tag == _GET_REQUEST", True),
        ("x = tag & 0xC0", True),
        ("x = n < 0xC0", True),
        ("x = n == 192", True),
    ],
)
def test_tag_without_a_name(tree, line, good):
    table = "GET_REQUEST = const(0xC0)\nCONFIRMED_SERVICE_ERROR = const(0x0E)\n"
    root = tree({"firmware/dlms/codec/tags.py": table, "firmware/dlms/ln/get.py": line + "\n"})
    assert faults(tags.check(root)) == ([] if good else ["firmware/dlms/ln/get.py:1"])


# -- text -------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "see /" + "root/notes",
        "cd /" + "home/ann/meter",
        "https://" + "py" + "pi.org/project/x",
        "https://mirror.example/" + "simple/x",
        "http://deb.example/" + "debian trixie",
        "# rule of CORRECTIONS" + " A-01",
        "# by the rule LEDGER" + " D-14",
        "pip install -" + "-index-url=x",
    ],
)
def test_forbidden_words(tree, line):
    assert faults(text.check(tree({"docs/a.md": "fine\n" + line + "\n"}))) == ["docs/a.md:2"]


def test_long_module(tree):
    assert faults(text.check(tree({"tools/a.py": "x = 1\n" * 601, "tools/b.py": "x = 1\n" * 600}))) == [
        "tools/a.py:601"
    ]


# -- prose ------------------------------------------------------------------

LONG = "word " * 30 + "end."


@pytest.mark.parametrize(
    ("words", "good"),
    [
        ("word " * 29 + "end. " + "Word " + "word " * 28 + "end.", True),
        (LONG, False),
        ("Short.\n" + LONG.capitalize().replace(" ", "\n", 15), False),
        ("- " + LONG, False),
        ("    " + LONG, True),
        ("| " + LONG, True),
        ("```text\n" + LONG + "\n```", True),
        ("[" + "word " * 27 + "](a.md) end.", True),
    ],
)
def test_long_sentences(tree, words, good):
    found = faults(prose.check(tree({"docs/guide/a.md": "fine\n\n" + words + "\n", "docs/b.md": LONG})))
    assert found == ([] if good else ["docs/guide/a.md:3"])


@pytest.mark.parametrize(
    ("words", "good"),
    [
        ("The log tells the reason.", False),
        ("The reason stands behind the level.", False),
        ("The meter answers, else it is silent.", False),
        ("Told in one line.", False),
        ("A meter behind a router serves nobody else, and everything else waits.", True),
        ("`tells` is a word of the code.", True),
        ("    if told: pass", True),
        ("```python\nelse: tells\n```", True),
    ],
)
def test_words_of_our_own(tree, words, good):
    found = faults(prose.check(tree({"docs/b.md": "fine\n\n" + words + "\n"})))
    assert found == ([] if good else ["docs/b.md:3"])


# -- cited ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "good"),
    [
        ("# see docs/A.md", True),
        ("# see A.md", True),
        ("[a](../docs/A.md#part)", True),
        ("# the port's ports/rp2/README.md", True),
        ("# see docs/B.md", False),
        ("# SPECULATION.md has it", False),
    ],
)
def test_documents_that_are_cited_are_there(tree, line, good):
    found = faults(cited.check(tree({"docs/A.md": "fine\n", "firmware/a.py": line + "\n"})))
    assert found == ([] if good else ["firmware/a.py:1"])


# -- docstrings -------------------------------------------------------------

_BODY = "".join(f"    a = {n}\n" for n in range(12))


@pytest.mark.parametrize(
    ("path", "head", "good"),
    [
        ("firmware/a.py", "def f():\n", False),
        ("firmware/a.py", 'def f():\n    """What it does."""\n', True),
        ("tools/a.py", "def f():\n", False),
        ("host_tests/test_a.py", "def test_f():\n", True),
        ("firmware/b_viper.py", "def f():\n", False),
        ("firmware/a_viper.py", "def f():\n", True),
        ("firmware/a_viper.py", "def g():\n", False),
    ],
)
def test_long_functions_are_described(tree, path, head, good):
    twin = 'def f():\n    """The contract."""\n'
    found = faults(docstrings.check(tree({"firmware/a_plain.py": twin, path: head + _BODY})))
    assert found == ([] if good else [f"{path}:1"])


def test_a_constructor_is_described_by_its_class(tree):
    body = _BODY.replace("    ", "        ")
    good = tree({"tools/a.py": 'class A:\n    """What it is."""\n\n    def __init__(self):\n' + body})
    assert faults(docstrings.check(good)) == []
    bad = tree({"tools/a.py": "class A:\n    def __init__(self):\n" + body})
    assert faults(docstrings.check(bad)) == ["tools/a.py:2"]


# -- names ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "good"),
    [
        ("net/tcp.py:Connection.receive and net/tcp.py:frame.", True),
        ("see `net/tcp.py:Connection`", True),
        ("net/tcp.py:Connection.send", False),
        ("net/tcp.py:receive", False),
        ("net/udp.py:frame", False),
    ],
)
def test_documents_name_what_is_there(tree, words, good):
    module = "def frame(): ...\nclass Connection:\n    def receive(self): ...\n"
    root = tree({"firmware/net/tcp.py": module, "docs/guide/a.md": f"fine\n{words}\n"})
    assert faults(names.check(root)) == ([] if good else ["docs/guide/a.md:2"])


# -- the command ------------------------------------------------------------


def test_unknown_check_is_refused():
    done = subprocess.run(
        [sys.executable, "-m", "tools.upkeep.lint", "nope"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "no such check: nope" in done.stderr


# -- marks ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mark", "good"),
    [
        ("meter_config(backfill_days=0)", False),
        ("prefers(backfill_days=0)", True),
        ("meter_config(backfill_days=0, inactivity=1)", True),
        ("meter_config(backfill_days=1)", True),
        ("meter_config(**KEYS)", True),
    ],
)
def test_a_wish_is_no_need(tree, mark, good):
    root = tree({"host_tests/wire/test_a.py": f"import pytest\npytestmark = [pytest.mark.{mark}, pytest.mark.wire]\n"})
    assert faults(marks.check(root)) == ([] if good else ["host_tests/wire/test_a.py:2"])
