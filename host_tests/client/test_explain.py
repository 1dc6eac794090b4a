"""Octets explained: each octet once, whatever comes; long values joined; secrets
known; the same words taken back.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host_tests.client.explain_corpus import (
    CHANGE_SECRET,
    CHANGE_SECRET_SN,
    ENERGY,
    LLS_SECRET,
    NOTE,
    RESET,
    SECRET,
    answers,
    recorded,
    requests,
    types,
    worked,
)
from tools.dlmsclient import Aarq, Obis, Wpdu, axdr
from tools.dlmsclient.access_service import AccessItem, AccessKind, encode_request
from tools.dlmsclient.acse import AUTHENTICATION_UNIT, mechanism_name
from tools.dlmsclient.action_service import (
    ActionRequestFirstPblock,
    ActionRequestListFirstPblock,
    ActionRequestNormal,
    ActionRequestPblock,
    ActionResponseWithPblock,
)
from tools.dlmsclient.general_blocks import GeneralBlock
from tools.dlmsclient.get_service import (
    GetRequestNormal,
    GetRequestWithList,
    GetResponseNormal,
    GetResponseWithDatablock,
)
from tools.dlmsclient.initiate import InitiateRequest
from tools.dlmsclient.set_service import (
    SetRequestDatablock,
    SetRequestFirstDatablock,
    SetRequestListFirstDatablock,
    SetRequestNormal,
)
from tools.dlmsclient.short_name_service import Part, Variable, read_part, write_part, write_request
from tools.dlmsclient.xdlms import DataBlock
from tools.explain import Conversation, Explained, Octets
from tools.explain.apdus import Description
from tools.explain.lines import as_json, heading, text_lines
from tools.explain.parts import leaves
from tools.explain.pasted import items
from tools.upkeep.lint.requirements import known_ids

SESSIONS = {document: recorded(document) for document in ("README.md", "docs/PROFILE.md")}
RIGHT = [*requests(), *answers()]
CORPUS = [octets for session in SESSIONS.values() for octets in session] + RIGHT + list(worked())


RULES = (known_ids() or set()) | {"", "C.1"}
NEVER_LATE = settings(deadline=None)


def covers(description: Description) -> None:
    """Every octet is in one leaf, in order; every rule that is named is one."""
    at = 0
    for _, part in leaves(description.parts):
        assert part.start == at, part
        assert part.end >= part.start
        assert part.end > part.start or part.fault, part
        assert part.name
        assert part.rule in RULES, part
        at = part.end
    assert at == len(description.octets)


HEADS = [b"", b"\x00\x01\x00\x10\x00\x01\x00\x20", b"\xc4\x02\xc1", b"\xe0\x40"]


def explained(octets: bytes | Octets, conversation: Conversation | None = None) -> Explained:
    """Explained, checked, and made into text and JSON."""
    found = (conversation or Conversation()).take(octets if isinstance(octets, Octets) else Octets(octets))
    covers(found.description)
    if found.joined:
        covers(found.joined.description)
    for brief in (False, True):
        assert "".join(line[4:28].strip() for line in text_lines(found, 80, brief)) or not octets
    assert "".join(field["octets"] for field in as_json(found)["fields"]) == found.description.octets.hex()
    return found


@pytest.mark.parametrize("document", SESSIONS)
def test_recorded_sessions_are_explained_whole(document):
    conversation = Conversation()
    assert len(SESSIONS[document]) >= 6
    for octets in SESSIONS[document]:
        assert explained(octets, conversation).faults == [], octets.hex()


@pytest.mark.parametrize("octets", RIGHT, ids=lambda octets: octets.hex()[:16])
def test_every_kind_of_apdu_is_explained_whole(octets):
    assert explained(octets).faults == []


@pytest.mark.parametrize("octets", CORPUS, ids=lambda octets: octets.hex()[:16])
def test_truncated_and_longer_input_is_explained_as_far_as_it_goes(octets):
    whole = [part.text for _, part in leaves(explained(octets).description.parts) if not part.fault]
    for end in range(len(octets)):
        found = Conversation().take(Octets(octets[:end]))
        covers(found.description)
        if octets[:2] == b"\xc4\x02":
            continue  # cut short it is the short form of the other answer
        assert found.faults, octets[:end].hex()
        # What was complete is explained as in the whole.
        told = [
            part.text
            for _, part in leaves(found.description.parts)
            if not part.fault and part.end <= end - 4 and part.value != ""
        ]
        assert len([text for text in told if text not in whole]) <= 1, (told, whole)
    assert explained(octets + b"\x00").faults


@NEVER_LATE
@given(st.sampled_from(CORPUS), st.data())
def test_corrupt_input_never_raises(octets, data):
    changed = bytearray(octets)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    hidden = data.draw(st.frozensets(st.integers(0, len(changed) - 1), max_size=4))
    explained(Octets(bytes(changed), hidden))


@NEVER_LATE
@given(st.lists(st.binary(max_size=80), max_size=6), st.sampled_from(HEADS))
def test_any_octets_are_covered(many, head):
    conversation = Conversation()
    for octets in many:
        explained(head + octets, conversation)
    conversation.unfinished()


@NEVER_LATE
@given(
    st.integers(0, 2**16 - 1),
    st.lists(st.sampled_from([axdr.unsigned(5), axdr.octet_string(b"abc"), types()]), max_size=4),
)
def test_data_of_any_shape(count, values):
    octets = GetResponseNormal(0xC1, axdr.array(*values)).encode()
    assert explained(octets).faults == []
    explained(octets[:4] + bytes([0x82]) + count.to_bytes(2, "big") + octets[5:])


def test_deep_and_endless_data():
    assert "nested deeper" in explained(b"\xc4\x01\xc1\x00" + b"\x01\x01" * 40 + b"\x00").faults[0]
    assert explained(b"\xc4\x01\xc1\x00" + bytes.fromhex("1301FFFF01FFFF0000")).faults == []
    assert "without contents" in explained(b"\xc4\x01\xc1\x00" + bytes.fromhex("1301FFFF01FFFF0001FF")).faults[0]


# Long values


@pytest.mark.req("D-14", "D-15")
def test_blocks_of_a_get_are_joined_by_their_invoke_id():
    value = types().encode()
    conversation = Conversation()
    for iip, attribute in ((0xC1, ENERGY), (0xC2, NOTE)):
        explained(Wpdu(16, 1, GetRequestNormal(iip, attribute).encode()).encode(), conversation)
    joined = []
    for number, at in enumerate(range(0, len(value), 40), 1):
        last = at + 40 >= len(value)
        for iip in (0xC1, 0xC2):
            block = GetResponseWithDatablock(iip, last, number, value[at : at + 40]).encode()
            for _ in range(2):  # the second one is a repetition
                found = explained(Wpdu(1, 16, block).encode(), conversation)
                joined += [found.joined] if found.joined else []
            assert found.remarks == []
    assert [each.description.octets.data for each in joined] == [value, value]
    assert all(not each.description.faults for each in joined)
    assert "1-0:1.8.0*255" in joined[0].title
    assert "0-0:96.128.1*255" in joined[1].title
    assert conversation.unfinished() == []


def test_a_block_that_does_not_follow_is_told_and_not_joined():
    conversation = Conversation()
    first = GetResponseWithDatablock(0xC1, False, 1, b"\x09\x02").encode()
    third = GetResponseWithDatablock(0xC1, True, 3, b"ab").encode()
    assert explained(third, conversation).remarks == ["block 3 without those before it: it is not joined"]
    explained(first, conversation)
    assert explained(third, conversation).remarks == ["block 3 after block 1: it is not joined"]
    assert conversation.unfinished() == ["answer to a GET: 1 block, the last one did not come"]


def test_a_list_in_blocks_whose_request_was_not_seen():
    raw = bytes.fromhex("02 00 06 00000005 01 0B")
    conversation = Conversation()
    explained(GetResponseWithDatablock(0xC1, False, 1, raw[:5]).encode(), conversation)
    found = explained(GetResponseWithDatablock(0xC1, True, 2, raw[5:]).encode(), conversation)
    assert found.joined
    assert found.joined.description.faults == []
    assert "data-access-result: object-unavailable (11)" in [
        part.text for _, part in leaves(found.joined.description.parts)
    ]


RAW = types().encode()


def cut(raw: bytes) -> list[DataBlock]:
    """Blocks of 50 octets."""
    return [
        DataBlock(at + 50 >= len(raw), number, raw[at : at + 50]) for number, at in enumerate(range(0, len(raw), 50), 1)
    ]


def of_set(raw: bytes) -> list[bytes]:
    first, *more = cut(raw)
    return [
        SetRequestFirstDatablock(0xC1, NOTE, first).encode(),
        *(SetRequestDatablock(0xC1, each).encode() for each in more),
    ]


def of_set_list(raw: bytes) -> list[bytes]:
    first, *more = cut(b"\x02" + raw + raw)
    begun = SetRequestListFirstDatablock(0xC1, (NOTE, ENERGY), first).encode()
    return [begun, *(SetRequestDatablock(0xC1, each).encode() for each in more)]


def of_action(raw: bytes) -> list[bytes]:
    first, *more = cut(raw)
    return [
        ActionRequestFirstPblock(0xC1, RESET, first).encode(),
        *(ActionRequestPblock(0xC1, each).encode() for each in more),
    ]


def of_action_list(raw: bytes) -> list[bytes]:
    first, *more = cut(b"\x02" + raw + b"\x00")
    begun = ActionRequestListFirstPblock(0xC1, (RESET, RESET), first).encode()
    return [begun, *(ActionRequestPblock(0xC1, each).encode() for each in more)]


def of_outcome(*before: int) -> Callable[[bytes], list[bytes]]:
    return lambda raw: [ActionResponseWithPblock(0xC1, each).encode() for each in cut(bytes(before) + raw)]


def of_read(raw: bytes) -> list[bytes]:
    parts = cut(b"\x01\x00" + raw)
    return [
        bytes([0x0C, 1, 2, each.last]) + each.number.to_bytes(2, "big") + bytes([len(each.raw)]) + each.raw
        for each in parts
    ]


def of_read_request(raw: bytes) -> list[bytes]:
    return [read_part(Part(each.last, each.number, each.raw)) for each in cut(b"\x01\x04\xfa\x08\x02" + raw)]


def of_write_request(raw: bytes) -> list[bytes]:
    return [write_part(Part(each.last, each.number, each.raw)) for each in cut(b"\x01\x02\xfd\x08\x01" + raw)]


@pytest.mark.req("D-22", "D-32", "D-33", "D-50", "D-51")
@pytest.mark.parametrize(
    ("make", "title"),
    [
        (of_set, "value for 0-0:96.128.1*255"),
        (of_set_list, "value of a list"),
        (of_action, "parameters for 1-0:1.8.0*255"),
        (of_action_list, "parameters of a list"),
        (of_outcome(0, 1, 0), "outcome of an ACTION"),
        (of_outcome(1, 0), "outcome of an ACTION"),
        (of_outcome(), "outcome of an ACTION"),
        (of_read, "answer to a Read"),
        (of_read_request, "ReadRequest in parts"),
        (of_write_request, "WriteRequest in parts"),
    ],
)
def test_blocks_of_every_service_are_joined(make, title):
    apdus = make(RAW)
    assert len(apdus) > 2
    conversation = Conversation()
    found = [explained(Wpdu(16, 1, each).encode(), conversation) for each in apdus]
    assert [each.remarks for each in found if each.remarks] == []
    assert [bool(each.joined) for each in found] == [False] * (len(found) - 1) + [True]
    joined = found[-1].joined
    assert joined
    assert joined.title.startswith(title)
    assert f"{len(apdus)} blocks joined" in joined.title
    assert joined.description.faults == []
    texts = [part.text for _, part in leaves(joined.description.parts)]
    assert "double-long: -5" in texts  # of the value that was cut
    assert conversation.unfinished() == []


@pytest.mark.req("D-80", "D-87")
def test_general_blocks_are_joined_out_of_order_and_repeated():
    apdu = GetResponseNormal(0xC1, types()).encode()
    pieces = [apdu[at : at + 30] for at in range(0, len(apdu), 30)]
    blocks = [
        GeneralBlock(n == len(pieces), n < len(pieces), 3, n, 0, octets).encode() for n, octets in enumerate(pieces, 1)
    ]
    conversation = Conversation()
    explained(Wpdu(16, 1, GetRequestNormal(0xC1, ENERGY).encode()).encode(), conversation)
    order = [0, 2, 3, 1, 1, *range(4, len(blocks))]
    found = [explained(Wpdu(1, 16, blocks[index]).encode(), conversation).joined for index in order]
    (joined,) = [each for each in found if each]
    assert joined.description.octets.data == apdu
    assert joined.description.faults == []
    assert any("1-0:1.8.0*255" in part.text for _, part in leaves(joined.description.parts))  # the request was seen
    # acknowledgements of the other side count, and are no APDU
    assert not explained(Wpdu(16, 1, GeneralBlock(True, False, 3, 1, 3).encode()).encode(), conversation).joined


def test_an_apdu_in_general_blocks_that_holds_blocks_of_its_own():
    conversation = Conversation()
    inner = GetResponseWithDatablock(0xC1, True, 1, types().encode()).encode()
    found = explained(GeneralBlock(True, False, 1, 1, 0, inner).encode(), conversation)
    assert found.joined
    assert found.joined.description.octets.data == inner


# Secrets


def shown(*apdus: bytes) -> list[str]:
    """APDUs of client 48 as a trace shows them."""
    conversation = Conversation()
    return [explained(Wpdu(48, 1, apdu).encode(), conversation).masked.hex()[16:] for apdu in apdus]


def general_blocks(apdu: bytes, size: int) -> list[bytes]:
    """An APDU in one stream of general blocks."""
    pieces = [apdu[at : at + size] for at in range(0, len(apdu), size)]
    last = len(pieces)
    return [GeneralBlock(n == last, n < last, 5, n, 0, octets).encode() for n, octets in enumerate(pieces, 1)]


HIDDEN = "**" * len(SECRET)
SET_SECRET = SetRequestNormal(0xC1, LLS_SECRET, axdr.octet_string(SECRET)).encode()
INFO = InitiateRequest().encode()


@pytest.mark.parametrize(
    "apdu",
    [
        Aarq.lls(INFO, SECRET).encode(),
        Aarq(user_information=INFO, calling_authentication_value=SECRET).encode(),
        SET_SECRET,
        ActionRequestNormal(0xC1, CHANGE_SECRET, axdr.octet_string(SECRET)).encode(),
        write_request([Variable(CHANGE_SECRET_SN)], [axdr.octet_string(SECRET)]),
        write_request([Variable(CHANGE_SECRET_SN)], [axdr.octet_string(SECRET)], 0x16),
        encode_request(0x40000001, [AccessItem(AccessKind.SET, LLS_SECRET, axdr.octet_string(SECRET))]),
        Aarq.lowest(InitiateRequest(dedicated_key=SECRET).encode()).encode(),
        write_part(Part(True, 1, write_request([Variable(CHANGE_SECRET_SN)], [axdr.octet_string(SECRET)])[1:])),
    ],
    ids=lambda octets: octets.hex()[:8],
)
def test_secrets_are_hidden_and_nothing_else(apdu):
    (text,) = shown(apdu)
    assert text == apdu.hex().upper().replace(SECRET.hex(), HIDDEN)
    assert HIDDEN in text


@pytest.mark.parametrize("size", range(1, 12))
def test_a_secret_in_blocks_is_hidden(size):
    raw = axdr.octet_string(SECRET).encode()
    pieces = [raw[at : at + size] for at in range(0, len(raw), size)]
    blocks = [DataBlock(n == len(pieces), n, octets) for n, octets in enumerate(pieces, 1)]
    apdus = [SetRequestDatablock(0xC1, each).encode() for each in blocks[1:]]
    texts = shown(SetRequestFirstDatablock(0xC1, LLS_SECRET, blocks[0]).encode(), *apdus)
    # a tag alone in a block is hidden with it
    assert "".join(texts).count("**") in (len(SECRET), len(SECRET) + 1, len(SECRET) + 2)
    for octet in range(0, len(SECRET) - 3, 4):
        assert SECRET[octet : octet + 4].hex() not in "".join(texts)
    texts = shown(
        SetRequestListFirstDatablock(0xC1, (NOTE, LLS_SECRET), DataBlock(True, 1, b"\x02\x11\x05" + raw)).encode()
    )
    assert texts[0].endswith("021105" + "0908" + HIDDEN)


@pytest.mark.parametrize("apdu", [SET_SECRET, Aarq.lls(INFO, SECRET).encode()], ids=["set", "aarq"])
@pytest.mark.parametrize("size", [3, 14, 20, 64])
def test_a_secret_in_general_blocks_is_hidden(apdu, size):
    texts = shown(*general_blocks(apdu, size))
    assert "".join(texts).count("**") >= len(SECRET)
    assert SECRET[:4].hex() not in "".join(texts)
    assert SECRET[4:].hex() not in "".join(texts)


def test_a_secret_that_is_read_is_hidden():
    conversation = Conversation()
    answer = GetResponseNormal(0xC1, axdr.octet_string(SECRET)).encode()
    explained(Wpdu(48, 1, GetRequestNormal(0xC1, LLS_SECRET).encode()).encode(), conversation)
    assert HIDDEN in explained(Wpdu(1, 48, answer).encode(), conversation).masked.hex()
    explained(Wpdu(48, 1, GetRequestWithList(0xC2, (NOTE, LLS_SECRET)).encode()).encode(), conversation)
    text = explained(Wpdu(1, 48, bytes.fromhex("C403C202001105000908") + SECRET).encode(), conversation).masked.hex()
    assert text.endswith("02001105000908" + HIDDEN)
    explained(Wpdu(48, 1, GetRequestNormal(0xC1, NOTE).encode()).encode(), conversation)
    assert "**" not in explained(Wpdu(1, 48, answer).encode(), conversation).masked.hex()


@pytest.mark.parametrize("size", [3, 8, 40])
@pytest.mark.parametrize("asked_in_blocks", [False, True])
def test_a_secret_that_is_read_in_general_blocks_is_hidden(size, asked_in_blocks):
    conversation = Conversation()
    request = GetRequestNormal(0xC1, LLS_SECRET).encode()
    request = GeneralBlock(True, False, 5, 1, 0, request).encode() if asked_in_blocks else request
    explained(Wpdu(48, 1, request).encode(), conversation)
    answer = GetResponseNormal(0xC1, axdr.octet_string(SECRET)).encode()
    texts = [
        explained(Wpdu(1, 48, each).encode(), conversation).masked.hex()[30:] for each in general_blocks(answer, size)
    ]
    text = "".join(texts)
    assert text.endswith(HIDDEN)
    assert len(text) == 2 * len(answer)


def test_challenges_are_shown():
    challenge = b"K5iVagWY"
    hls = Aarq(user_information=INFO, sender_acse_requirements=AUTHENTICATION_UNIT, mechanism_name=mechanism_name(5),
               calling_authentication_value=challenge).encode()  # fmt: skip
    assert shown(hls) == [hls.hex().upper()]


def test_what_a_trace_shows_is_taken_back():
    for octets in RIGHT:
        for brief in (False, True):
            conversation = Conversation()
            masked = conversation.take(Octets(Wpdu(48, 1, octets).encode())).masked
            again = Conversation().take(masked)
            for width in (60, 100):
                text = "\n".join([heading(again, ">"), *text_lines(again, width, brief)])
                (item,) = items(text)
                assert (item.octets, item.direction) == (masked, ">"), text
    (item,) = items("> 0001 0030 0001 " + f"{len(SET_SECRET):04X} " + shown(SET_SECRET)[0])
    assert [text for text in explained(item.octets).faults if "hidden" not in text] == []
    assert item.octets.data[-8:] == bytes(8)


def test_values_are_told_by_name():
    octets = Wpdu(1, 16, bytes.fromhex("C401C100020 20FFD161E".replace(" ", ""))).encode()
    texts = [part.text for _, part in leaves(explained(octets).description.parts)]
    assert "enum: 30 (Wh)" in texts
    name = Obis.parse("1.0.1.8.0.255")
    texts = [part.text for _, part in leaves(explained(GetRequestNormal(0xC1, ENERGY).encode()).description.parts)]
    assert f"instance-id: {name}, active energy +" in texts
    assert "attribute-id: 2 (value)" in texts
