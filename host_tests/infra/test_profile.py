"""docs/PROFILE.md tells the truth: its tables and octets are what meters and tests say, and it has every clause of the template."""

from __future__ import annotations

import re

import pytest

from tools.explain import Conversation, Octets
from tools.explain.parts import leaves
from tools.lint.requirements import known_ids
from tools.profile import conformity, document, reasons, sessions

TEXT = document.PROFILE.read_text(encoding="utf-8")


def clauses() -> dict[str, str]:
    """Heading -> what stands below it, up to the next heading of any level."""
    parts = re.split(r"^#+ (.+)$", TEXT, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def clause(number: str) -> str:
    """The text of a clause by its number, sub-clauses not included."""
    (text,) = [text for heading, text in clauses().items() if heading.startswith(number + " ")]
    return text


# id -> (clause number, words that it has to have)
CLAUSES = {
    "H-02": ("1", ("Wi-Fi", "Ethernet", "Outside its scope")),
    "H-03": (
        "2",
        ("62056-1-0", "62056-4-7", "62056-5-3", "62056-6-1", "62056-6-2", "62056-9-7:2013", "RFC 768", "RFC 8200", "IEEE 802.11"),
    ),
    "B-25": ("2", ("IEC 62056-4-7", "formerly IEC 62056-47:2006", "IEC 62056-5-3:2013")),
    "H-05": ("4", ("62056-1-0", "HES", "HHU")),
    "H-06": ("5.1", ("station mode", "WPA2-PSK", "No NAT traversal", "No standard is extended or modified")),
    "H-07": ("5.2", ("wrapper", "TCP", "UDP", "IPv4", "62056-4-7", "62056-9-7")),
    "H-08": ("5.3", ("Physical layer", "MAC layer", "Network layer", "IEEE 802.3")),
    "H-09": ("5.4", ("No adaptation layer", "TCP-DATA", "UDP-DATA", "TCP-ABORT")),
    "H-10": ("5.5", ("DHCP", "station", "AAs end", "anew", "`dial`")),
    "B-23": ("5.5", ("DHCP", "PPP", "SLAAC", "outside IEC 62056-9-7")),
    "H-11": ("6", ("4059", "0010", "0011", "007F", "no intermediate addresses")),
    "H-12": ("7.1", ("lose, repeat and reorder",)),
    "H-13": ("7.2", ("confirmed", "unconfirmed", "pre-established", "Protocol_Connection_Parameters", "User_Information", "Service_Class")),
    "H-14": ("7.3", ("solicited", "unsolicited", "broadcast", "| 19 | get | yes |", "| 22 | event-notification | no | yes |")),
    "H-15": ("7.4", ("Low level security", "no security suites", "certificates", "WPA2")),
    "H-16": ("7.5", ("general block transfer", "no segmentation below")),
    "H-17": ("7.6", ("`inactivity`", "`udp_inactivity`", "`frame_timeout`", "TCP connections at once", "hardware")),
    "H-18": ("7.7", ("failed authentication",)),
    "H-19": ("8", ("(41 v0)", "(42 v0)", "(43 v0)", "(48 v0)", "(40 v2)")),
    "H-20": ("9", ("simulated",)),
    "H-21": ("10", ("None",)),
}


@pytest.mark.req("H-02", "H-03", "H-05", "H-06", "H-07", "H-08", "H-09", "H-10", "H-11", "H-12", "H-13", "H-14")
@pytest.mark.req("H-15", "H-16", "H-17", "H-18", "H-19", "H-20", "H-21", "B-23", "B-25")
@pytest.mark.parametrize("identifier", CLAUSES)
def test_clause_says_what_the_template_asks_for(identifier: str):
    number, words = CLAUSES[identifier]
    text = " ".join(clause(number).split())
    assert [word for word in words if word not in text] == []


@pytest.mark.req("H-00", "H-01", "H-04", "H-23")
def test_frame_of_the_statement():
    assert re.match(r"# .+ communication profile for .+ networks\n", TEXT)
    introduction = clauses()["Introduction"]
    assert "Use cases" in introduction
    assert "IEC 62056-5-3, Annex A" in introduction
    terms = clause("3.1")
    assert "[SOURCE:" in terms
    assert "EXAMPLE 1" in terms
    assert "Note 1 to entry" in terms
    for abbreviation in re.findall(r"(?:^|· )([A-Z]{2,5})\b", " ".join(clause("3.2").split())):
        assert len(re.findall(rf"\b{abbreviation}s?\b", TEXT)) > 1, f"{abbreviation} is not used"
    assert "None" in clauses()["Annex B (normative) New COSEM interface classes and OBIS codes"]


@pytest.mark.req("H-24")
def test_index_names_clauses_that_speak_of_the_term():
    entries = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", clauses()["Index"], re.MULTILINE)[1:]
    assert len(entries) > 20
    assert [term.lower() for term, _ in entries] == sorted(term.lower() for term, _ in entries)
    for term, places in entries:
        for place in places.split(", "):
            if place.startswith("Annex"):
                assert any(heading.startswith(place) for heading in clauses())
            else:
                word = term.split()[0].rstrip("s,")
                assert word.lower() in clause(place).lower(), f"{word} in {place}"


@pytest.mark.req("H-25", "H-22")
def test_generated_parts_are_what_meters_and_tests_say():
    assert sorted(document.names(TEXT)) == sorted([*document.ASKED, *document.MADE])
    assert document.render(TEXT) == TEXT


@pytest.mark.req("H-22")
def test_every_session_ends_as_it_should():
    """What is written is a whole session: opened and released, or said to be without."""
    for session in [make() for make in sessions.SESSIONS]:
        apdus = [octets[8:] for step in session.steps for _, octets in step.wpdus]
        conversation = Conversation()
        for step in session.steps:
            for _, octets in step.wpdus:
                explained = conversation.take(Octets(octets))
                assert explained.faults == []
                assert sum(part.end - part.start for _, part in leaves(explained.description.parts)) == len(octets)
        assert conversation.unfinished() == []
        for direction, octets in [wpdu for step in session.steps for wpdu in step.wpdus]:
            assert direction in "<>"
            assert int.from_bytes(octets[6:8], "big") == len(octets) - 8
        if apdus[0][0] == 0x60:
            assert 0x62 in [apdu[0] for apdu in apdus]


def test_a_session_is_the_same_each_time():
    assert sessions.text_of(sessions.reader_tcp(), 1) == sessions.text_of(sessions.reader_tcp(), 1)


@pytest.mark.req("H-25")
def test_every_rule_is_in_the_table_once():
    listed = re.findall(r"^\| ([A-H]-\d+[a-z]?) [MSON] \|", TEXT, re.MULTILINE)
    assert sorted(listed) == sorted(set(listed)) == sorted(known_ids() or ())


@pytest.mark.req("H-25")
def test_what_decides_whether_a_rule_is_done():
    assert reasons.covers("A-01 A-03–A-05", "A-04")
    assert not reasons.covers("A-01 A-03–A-05", "A-02")
    assert not reasons.covers("A-01 A-03–A-05", "B-04")
    assert reasons.covers("D-80–D-89a", "D-89a")
    assert not reasons.covers("D-80–D-89", "D-89a")
    found = {"a::one": ["A-01", "C-01"], "a::two": ["C-01"]}
    assert conformity.status("A-01", found) == ("yes", "")
    assert conformity.status("C-01", found)[0] == "partly"
    assert conformity.status("C-01", {**found, "b::three": ["C-29"]}) == ("yes", "")
    assert conformity.status("C-29", found)[0] == "no"
    assert conformity.proofs(found, "C-01") == ["a::two", "a::one"]
    with pytest.raises(AssertionError, match="A-02"):
        conformity.status("A-02", found)


def test_every_reason_is_about_a_rule():
    known = known_ids() or set()
    for reason in reasons.REASONS:
        assert reason.status in ("partly", "no")
        assert reason.text
        assert [identifier for identifier in known if reasons.covers(reason.rules, identifier)], reason
        assert not reason.until or reason.until in known, reason


@pytest.mark.parametrize(
    ("rule", "beginning"),
    [
        ("Short. And more. [choice]", "Short. And more"),
        ("One WPDU a datagram, always. The rest. [9-7 §1] *Meter:* so. [choice]", "One WPDU a datagram, always"),
        ("a │ b | c " + "word " * 40, "a │ b \\| c"),
    ],
)
def test_rules_are_shortened(rule: str, beginning: str):
    assert conformity.short(rule).startswith(beginning)
    assert len(conformity.short(rule)) < 120


def test_a_part_without_a_place_is_an_error():
    with pytest.raises(SystemExit, match="no place for the part 'nothing'"):
        document.put("text", "nothing", "part")
