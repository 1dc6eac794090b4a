"""docs/PROFILE.md is true: its tables and octets are what meters and tests say,
and it has every clause of the template.
"""

from __future__ import annotations

import re

import pytest

from tools.explain import Conversation, Octets
from tools.explain.parts import leaves
from tools.upkeep.lint.requirements import known_ids
from tools.upkeep.profile import conformity, document, reasons, sessions

# The tables ask several meters, and collect every test: on a loaded machine that takes long.
SLOW = pytest.mark.timeout(300)
TEXT = document.PROFILE.read_text(encoding="utf-8")


def clauses() -> dict[str, str]:
    """Heading -> what stands below it, up to the next heading of any level."""
    parts = re.split(r"^#+ (.+)$", TEXT, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def clause(number: str) -> str:
    """The text of a clause by its number, sub-clauses not included."""
    (text,) = [text for heading, text in clauses().items() if heading.startswith(number + " ")]
    return text


# The clauses of IEC TS 62056-1-1 in their order, and what annexes the statement has beside them
TEMPLATE = (
    *(
        "Introduction",
        "1 Scope",
        "2 Normative references",
        "3 Terms, definitions and abbreviations",
        "3.1 Terms and definitions",
    ),
    *(
        "3.2 Abbreviations",
        "4 Targeted communication environments",
        "5 Use of the communication layers for this profile",
    ),
    *(
        "5.1 Information related to the use of the standards specifying the lower layers",
        "5.2 Structure of the communication profile",
    ),
    *(
        "5.3 Lower protocol layers and their use",
        "5.4 Service mapping and adaptation layers",
        "5.5 Registration and connection management",
    ),
    *(
        "6 Identification and addressing schemes",
        "7 Specific considerations for the application layer services",
        "7.1 Overview",
    ),
    *(
        "7.2 Application Association establishment and release: ACSE services",
        "7.3 xDLMS services",
        "7.4 Security mechanisms",
    ),
    *(
        "7.5 Transferring long application messages",
        "7.6 Media access, bandwidth and timing considerations",
        "7.7 Other considerations",
    ),
    *("8 Communication configuration and management", "9 The COSEM application process"),
    *("10 Additional considerations for the use of this profile", "Annex A (informative) Examples"),
    *(
        "Annex B (normative) New COSEM interface classes and OBIS codes",
        "Annex C (informative) Conformity",
        "Bibliography",
        "Index",
    ),
)
# Service primitives of IEC 62056-9-7, clause 7
PRIMITIVES = (
    *(
        f"TCP-{service}.{kind}"
        for service in ("CONNECT", "DISCONNECT")
        for kind in ("request", "indication", "response", "confirm")
    ),
    *(f"{protocol}-DATA.{kind}" for protocol in ("TCP", "UDP") for kind in ("request", "indication", "confirm")),
    "TCP-ABORT.indication",
)
# id -> (clause number, words that it has to have)
CLAUSES = {
    "H-02": (
        "1",
        ("Wi-Fi", "Ethernet", "Outside its scope", "data structures of the protocols below", "project-specific data"),
    ),
    "H-03": (
        "2",
        (
            "62056-1-0",
            "62056-4-7",
            "62056-5-3",
            "62056-6-1",
            "62056-6-2",
            "62056-9-7:2013",
            "RFC 768",
            "RFC 8200",
            "IEEE 802.11",
        ),
    ),
    "B-25": ("2", ("IEC 62056-4-7", "formerly IEC 62056-47:2006", "IEC 62056-5-3:2013")),
    "H-05": ("4", ("62056-1-0", "HES", "HHU", "router", "Figure 1")),
    "H-06": ("5.1", ("station mode", "WPA2-PSK", "No NAT traversal", "No standard is extended or modified")),
    "H-07": ("5.2", ("wrapper", "TCP", "UDP", "IPv4", "62056-4-7", "62056-9-7", "Figure 2")),
    "H-08": ("5.3", ("Physical layer", "MAC layer", "Network layer", "IEEE 802.3")),
    "H-09": ("5.4", ("No adaptation layer", *PRIMITIVES, "`usocket`", "`uasyncio`", "`socket` and `asyncio`")),
    "A-56": ("5.4", ("NO CONNECTION", "IDLE", "RECEIVING", "SENDING", "Figure 3")),
    "H-10": ("5.5", ("DHCP", "station", "AAs end", "anew", "`dial`")),
    "B-23": ("5.5", ("DHCP", "PPP", "SLAAC", "outside IEC 62056-9-7")),
    "H-11": (
        "6",
        (
            *("4059", "0010", "0011", "007F", "no intermediate addresses", "No-station", "All-station"),
            *("open for client SAP assignment | 0002–000F, 0011–00FF", "reserved for future use | 0002–000F"),
            *("open for server SAP assignment | 0010–007E", "any other | refused", "any other | dropped"),
        ),
    ),
    "A-17": ("6", ("reserved may be configured", "WARN")),
    "A-30": (
        "6",
        ("no association here is refused with result 1, acse-service-user 1", "`D8 01 02` over TCP, nothing over UDP"),
    ),
    "A-58": ("6", ("`aa-refused`", "DEBUG")),
    "C-43": ("7.2", ("mechanism-name 0", "jDLMS", "`errors=ctt`")),
    "H-12": ("7.1", ("lose, repeat and reorder",)),
    "H-13": (
        "7.2",
        (
            "confirmed",
            "unconfirmed",
            "pre-established",
            "Protocol_Connection_Parameters",
            "User_Information",
            "Service_Class",
        ),
    ),
    "H-14": (
        "7.3",
        ("solicited", "unsolicited", "broadcast", "| 19 | get | yes |", "| 22 | event-notification | no | yes |"),
    ),
    "H-15": ("7.4", ("Low level security", "no security suites", "certificates", "WPA2")),
    "H-16": ("7.5", ("general block transfer", "no segmentation below", "window", "`GBT_WINDOW`")),
    "H-17": ("7.6", ("`inactivity`", "`udp_inactivity`", "`frame_timeout`", "TCP connections at once", "hardware")),
    "H-18": ("7.7", ("failed authentication", "`D8 01 02`", "`0E 05 03 02`", "unconfirmed service is never answered")),
    "H-19": ("8", ("(41 v0)", "(42 v0)", "(43 v0)", "(48 v0)", "(40 v2)")),
    "H-20": ("9", ("simulated", "Annex B")),
    "H-21": ("10", ("None",)),
}


@pytest.mark.req("H-02", "H-03", "H-05", "H-06", "H-07", "H-08", "H-09", "H-10", "H-11", "H-12", "H-13", "H-14")
@pytest.mark.req("H-15", "H-16", "H-17", "H-18", "H-19", "H-20", "H-21", "B-23", "B-25")
@pytest.mark.parametrize("identifier", CLAUSES)
def test_clause_says_what_the_template_asks_for(identifier: str):
    number, words = CLAUSES[identifier]
    text = " ".join(clause(number).split())
    assert [word for word in words if word not in text] == []


@pytest.mark.req("H-00", "H-01")
def test_frame_of_the_statement():
    assert re.match(r"# .+ communication profile for .+ networks\n", TEXT)
    headings = [heading for heading in clauses() if heading in TEMPLATE]
    assert headings == list(TEMPLATE)
    introduction = clauses()["Introduction"]
    for words in ("As defined in IEC 62056-1-0", "Use cases", "IEC 62056-5-3, Annex A"):
        assert words in introduction


@pytest.mark.req("H-04")
def test_terms_are_in_the_form_of_the_standard():
    text = " ".join(clause("3.1").split())
    assert "IEC 60050-300, IEC 62051, IEC 62051-1, IEC 62056 (all parts) as well as the following apply" in text
    assert "latter take precedence" in text
    terms = re.findall(r"\*\*(3\.1\.\d+) ([^*]+)\*\*: (.+?)(?=\*\*3\.1\.|$)", text)
    assert [number for number, _, _ in terms] == [f"3.1.{number}" for number in range(1, len(terms) + 1)]
    assert [term for _, term, _ in terms][:2] == ["client", "server"]
    for _, term, definition in terms:
        # a definition is no sentence: it begins in lower case, and a note has its number
        assert not definition[0].isupper(), term
        assert re.findall(r"Note (?:\d+ )?to entry", definition) == ["Note 1 to entry"] * definition.count("Note "), (
            term
        )
        assert "[SOURCE: " in definition or "pre-established" in term or "WPDU" in term


def capitals(text: str) -> set[str]:
    """Words in capitals, of two letters or more; octets, ids of rules and
    what stands in code are none.
    """
    text = re.sub(r"```.*?```|`[^`\n]*`|<!--.*?-->|(?<=\])\([^)]*\)", " ", text, flags=re.DOTALL)
    found = set(re.findall(r"(?<![A-Za-z0-9])[A-Z][A-Z0-9]*[A-Z][A-Z0-9]*(?=s?(?![A-Za-z0-9]))", text))
    return {word for word in found if not re.fullmatch(r"(?:[0-9A-F]{2})+", word) or word in ("AA", "AE")}


@pytest.mark.req("H-04")
def test_every_word_in_capitals_is_explained():
    text = clause("3.2")
    listed = re.findall(r"^\| (\w+) \| ([^|]+) \|$", text, re.MULTILINE)[1:]
    abbreviations = [word for word, _ in listed]
    assert abbreviations == sorted(set(abbreviations), key=str.lower)
    names = capitals(" ".join(line for line in text.splitlines() if line.startswith(("- ", "  "))))
    elsewhere = TEXT.replace(text, "")
    used = capitals(elsewhere) | {"WPA2", "MD5"}
    assert sorted(used - set(abbreviations) - names) == [], (
        "neither among the abbreviations nor among the names of clause 3.2"
    )
    below = text[text.rindex("|") :]
    assert [word for word in abbreviations if not re.search(rf"(?<![A-Z]){word}", elsewhere + below)] == [], (
        "listed, and not used"
    )
    assert sorted(names - used - set(abbreviations)) == [], "a name of clause 3.2 that is not used"


def blocks() -> list[tuple[str, str, str]]:
    """Tables and figures of the document: kind, the line of text before it, that after it."""
    found = []
    lines = [
        line
        for line in re.sub(r"```.*?```", "```", TEXT, flags=re.DOTALL).splitlines()
        if line and not line.startswith("<!--")
    ]
    for before, line, i in zip(lines, lines[1:], range(1, len(lines)), strict=False):
        for kind, mark in (("Table", "|"), ("Figure", "    ")):
            if line.startswith(mark) and not before.startswith(mark):
                after = next((text for text in lines[i:] if not text.startswith(mark)), "")
                found.append((kind, before, after))
    return found


@pytest.mark.req("H-05", "H-07", "H-11")
def test_every_table_and_figure_has_a_number_and_a_caption():
    """The caption of a table stands above it, that of a figure below; numbers go on through
    the document, and anew in each annex.
    """
    found = blocks()
    assert len(found) > 20
    numbers: dict[tuple[str, str], list[int]] = {}
    for kind, before, after in found:
        caption = re.fullmatch(rf"\*\*{kind} (?:([A-C])\.)?(\d+) – .+\*\*", before if kind == "Table" else after)
        assert caption, f"no caption: {(kind, before, after)}"
        numbers.setdefault((kind, caption[1] or ""), []).append(int(caption[2]))
    for series in numbers.values():
        assert series == list(range(1, len(series) + 1))
    captions = re.findall(r"^\*\*((?:Table|Figure) [\w.]+) – ", TEXT, re.MULTILINE)
    assert len(captions) == len(found)
    # what the text refers to is there
    # its rules cite tables of the standards
    written = re.sub(r"<!-- begin conformity.*?<!-- end", "", TEXT, flags=re.DOTALL)
    for reference in re.findall(r"(?:Table|Figure) (?:[A-C]\.)?\d+", written):
        assert reference in captions, reference


@pytest.mark.req("H-23", "H-20")
def test_codes_of_the_manufacturer_are_listed():
    """Annex B has those of the running meter (it is generated), and clause 9 says what each is for."""
    annex = clauses()["Annex B (normative) New COSEM interface classes and OBIS codes"]
    assert "no new interface classes" in annex
    codes = re.findall(r"\| (\d+-\d+:\d+\.\d+\.\d+\*255) \|", annex)
    assert len(codes) >= 3
    for code in codes:
        assert code.replace("*", "\\*") in clause("9"), code


def test_bibliography_is_cited_or_a_source():
    text = clauses()["Bibliography"]
    entries = re.findall(r"^- (.+?),", text, re.MULTILINE)
    assert len(entries) > 8
    for glossary in ("IEC 60050-300", "IEC 62051:1999", "IEC 62051-1:2004"):
        assert glossary in entries


@pytest.mark.req("A-63", "F-19")
def test_a_session_joins_a_group():
    """By method 1 of the IPv4 setup object; then a datagram to the group is
    served, and method 2 leaves it.
    """
    apdus = [octets[8:] for step in sessions.udp_multicast().steps for _, octets in step.wpdus]
    group = bytes.fromhex("06EFFF283C")
    methods = [apdu[11] for apdu in apdus if apdu[0] == 0xC3 and apdu.endswith(group)]
    assert methods == [1, 2]
    assert any(apdu[0] == 0xC4 and group in apdu for apdu in apdus), "attribute 4 has the group"


@pytest.mark.req("H-24")
def test_index_names_clauses_that_speak_of_the_term():
    entries = re.findall(r"^- ([^:]+): (.+)$", clauses()["Index"], re.MULTILINE)
    assert len(entries) > 20
    assert [term.lower() for term, _ in entries] == sorted(term.lower() for term, _ in entries)
    for term, places in entries:
        for place in places.split(", "):
            if place.startswith(("Annex", "Bibliography")):
                assert any(heading.startswith(place) for heading in clauses())
            else:
                word = term.split()[0].rstrip("s,")
                assert word.lower() in clause(place).lower(), f"{word} in {place}"


@SLOW
@pytest.mark.req("H-25", "H-22")
def test_generated_parts_are_what_meters_and_tests_say():
    assert sorted(document.names(TEXT)) == sorted([*document.ASKED, *document.MADE])
    assert document.render(TEXT) == TEXT


@SLOW
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
    listed = re.findall(r"^\| ([A-I]-\d+[a-z]?) [MSON] \|", TEXT, re.MULTILINE)
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
