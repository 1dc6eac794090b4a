"""The pictures of docs/pictures are drawn from the code, and the code is read rightly."""

from xml.etree import ElementTree

import pytest

from tools.upkeep import pictures

STATES = pictures.FIRMWARE / "dlms/long/states.py"


def test_the_pictures_are_what_the_code_says():
    assert list(pictures.stale()) == []


@pytest.mark.parametrize("name", pictures.DRAWN)
def test_a_picture_is_xml_and_inside_its_frame(name):
    root = ElementTree.fromstring((pictures.PICTURES / name).read_text(encoding="utf-8"))
    width, height = float(root.get("width")), float(root.get("height"))
    for element in root.iter():
        x, y = float(element.get("x", 0)), float(element.get("y", 0))
        assert 0 <= x <= width, element.attrib
        assert 0 <= y <= height, element.attrib


def test_another_import_makes_another_picture(tmp_path):
    sources = {
        "app.py": "import log\nfrom net.tcp import Connection\nfrom dlms import server\n",
        "log.py": "",
        "net/tcp.py": "def late():\n    from dlms.aa.pool import Pool\n",
        "dlms/server.py": "from dlms.aa import pool\n",
        "dlms/aa/pool.py": "from dlms.codec.octets import copy\nimport dlms.aa.acse\n",
        "dlms/codec/octets.py": "",
    }
    for name, source in sources.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    first = {("app", "net"), ("app", "server"), ("net", "aa"), ("server", "aa"), ("aa", "codec")}
    assert pictures.arrows(tmp_path) == first
    before = pictures.layers(tmp_path)
    (tmp_path / "dlms/codec/octets.py").write_text("import dlms.server\n")
    assert pictures.arrows(tmp_path) == first | {("codec", "server")}
    assert pictures.layers(tmp_path) != before


def test_every_arc_runs_down():
    assert [
        arrow for arrow in pictures.arrows() if pictures.PARTS.index(arrow[0]) > pictures.PARTS.index(arrow[1])
    ] == []


def test_the_table_is_read_as_the_meter_reads_it():
    module = {}
    exec(STATES.read_text(encoding="utf-8").replace("from micropython import const", "const = int"), module)
    states, events, actions, cells, said = pictures.table(STATES)
    assert bytes(cells) == module["TABLE"]
    for names in (states, events, actions):
        assert [module[name] for name in names] == list(range(len(names)))
    assert len(states) == module["_STATES"]
    assert set(actions) == set(pictures.FILLS) == set(said)


def test_what_is_stale_is_said_and_drawn(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(pictures, "PICTURES", tmp_path)
    assert pictures.main(["--check"]) == 1
    assert "run python -m tools.upkeep.pictures" in capsys.readouterr().err
    assert pictures.main([]) == 0
    assert pictures.main(["--check"]) == 0
