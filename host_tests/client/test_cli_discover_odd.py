"""`discover` of a meter that is odd in places: the rest is found all the same."""

from __future__ import annotations

import json

import pytest

from host_tests.client.answering import PLAIN, Answering, run
from host_tests.client.peer import octets
from host_tests.client.test_cli_odd_answers import BROKEN, WRONG_TYPES
from host_tests.client.test_cli_output import RIGHTS
from tools.dlmsclient.wrapper import Wpdu

REJECTED = "6117A109060760857405080101A203020101A305A103020101"
ASSOCIATION = f"0204 12000F 1101 0906 0000280000FF 0202 {RIGHTS} 0100"
SAPS = "00 0102 0202 120001 0905 6669727374 0202 120011 0906 7365636F6E64"
CLOSE = "close"
# (class, attribute) -> what is answered; class 1 is the logical device name, 11 the firmware
SAID = {(17, 2): SAPS, (1, 2): "00 0903 5A5A5A", (15, 2): f"00 0101 {ASSOCIATION}", (15, 3): "00 0202 0F10 120001"}
SAID |= {(15, 4): "01 03", (15, 6): "01 03"}


class Meter(Answering):
    """Two logical devices. ``aarqs``: what an AARQ of a client wPort meets instead of
    a refusal; client 16 is accepted.
    """

    def __init__(self, odd: dict | None = None, aarqs: dict | None = None) -> None:
        said = SAID | (odd or {})
        super().__init__(lambda class_id, name, number: said.get((class_id, number), "01 04"))
        self.aarqs = aarqs or {}

    def associate(self, wpdu: Wpdu) -> list[bytes]:
        meets = self.aarqs.get(wpdu.source, PLAIN if wpdu.source == 16 else REJECTED)
        if meets == CLOSE:
            raise OSError
        return [] if meets is None else [octets(meets)]

    def _serve(self, connection) -> None:
        super()._serve(connection)
        connection.close()


def discover(meter: Meter, *words: str) -> tuple[int, list[dict], str]:
    with meter:
        code, out, err = run(meter.port, "discover", "--format", "json", *words, timeout="0.3")
    return code, json.loads(out), err


def test_what_is_right():
    code, devices, err = discover(Meter())
    assert (code, err) == (0, "")
    assert [(device["wport"], device["name"]) for device in devices] == [(1, "ZZZ"), (17, "ZZZ")]


@pytest.mark.parametrize(
    ("meets", "note"),
    [
        (None, "no answer"),
        (CLOSE, "the connection is closed"),
        ("D80102", "service-not-supported"),
        ("61", "answers wrongly"),
        ("C4", "answers wrongly"),
    ],
)
@pytest.mark.parametrize("client", [1, 32, 80])
def test_a_client_that_meets_something_else(client, meets, note):
    code, devices, err = discover(Meter(aarqs={client: meets}))
    assert [device["wport"] for device in devices] == [1, 17]
    for device in devices:
        notes = {offer["client"]: offer["note"] for offer in device["associations"]}
        assert note in notes[client]
        assert notes[16] == "in use"
    assert code == (1 if note == "answers wrongly" else 0), err
    assert all(bool(device.get("remarks")) == (note == "answers wrongly") for device in devices)


@pytest.mark.parametrize("tag", ["09", "0A", "0C"], ids=["octet-string", "visible-string", "utf8-string"])
def test_names_of_every_type_of_string(tag):
    saps = SAPS.replace("0906", f"{tag}06")
    code, devices, _ = discover(Meter({(17, 2): saps, (1, 2): f"00 {tag}03 414243"}), "--no-probe")
    assert (code, [device["name"] for device in devices]) == (0, ["ABC", "ABC"])


@pytest.mark.parametrize(
    "of", [(17, 2), (1, 2), (15, 2), (15, 3), (15, 4), (15, 6)], ids=lambda of: f"class {of[0]} attribute {of[1]}"
)
@pytest.mark.parametrize("kind", [*BROKEN, *WRONG_TYPES])
def test_an_odd_answer_to_what_it_asks(kind, of):
    said, shown = (BROKEN | WRONG_TYPES)[kind]
    code, devices, err = discover(Meter({of: said}), "--no-probe")
    assert devices[0]["wport"] == 1
    assert devices[0]["associations"][0]["client"] == 16
    remarks = json.dumps(devices)
    if kind in BROKEN:
        assert code == 1, err
        assert shown in remarks
    assert of == (17, 2) or len(devices) == 2


def test_an_odd_entry_of_the_devices():
    saps = "00 0104 0202 120001 0905 6669727374 1105 0202 1111 0901 41 0202 120011 0906 7365636F6E64"
    code, devices, err = discover(Meter({(17, 2): saps}), "--no-probe")
    assert (code, [device["wport"] for device in devices]) == (1, [1, 17])
    assert "1105" in devices[0]["remarks"][0]
    assert "02021111090141" in devices[0]["remarks"][1]
    assert "2 answers" in err
