"""What a deploy sends is the program of the repository, line by line, without what is only read."""

from __future__ import annotations

import ast

import pytest

from tools.image.boards import catalog, deploy
from tools.image.boards.bare import bare
from tools.launcher import ROOT

SOURCES = sorted((ROOT / "firmware").rglob("*.py"))


class Undocumented(ast.NodeTransformer):
    """`pass` for each docstring."""

    def visit(self, node):
        self.generic_visit(node)
        if hasattr(node, "body") and isinstance(node.body, list) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                if isinstance(first.value.value, str):
                    node.body[0] = ast.Pass()
        return node


def lines(tree):
    return [(type(node).__name__, node.lineno) for node in ast.walk(tree) if isinstance(node, (ast.stmt, ast.Call))]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_source_is_the_same_program_on_the_same_lines(path):
    whole = path.read_text(encoding="utf-8")
    sent = bare(whole)
    wanted = Undocumented().visit(ast.parse(whole))
    assert ast.dump(ast.parse(sent)) == ast.dump(wanted)
    counted = [entry for entry in lines(ast.parse(sent)) if entry[0] != "Pass"]
    assert counted == [entry for entry in lines(ast.parse(whole)) if entry in counted]


def test_comments_and_docstrings_are_gone_and_texts_are_not():
    source = '"""Module."""\n\nA = "# no comment"  # one\n\n\ndef f():\n    """All of it.\n\n    More.\n    """\n'
    assert bare(source) == 'pass\n\nA = "# no comment"\n\n\ndef f():\n    pass\n\n\n\n'


def test_a_deploy_sends_two_thirds_and_the_limits_whole():
    board = catalog.BOARDS["RPI_PICO2_W"]
    sent = deploy.sources(board)
    assert sum(map(len, sent.values())) < 0.7 * sum(path.stat().st_size for path in SOURCES)
    assert sent["limits.py"] == (board.folder / "limits.py").read_bytes()
