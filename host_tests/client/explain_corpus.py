"""Octets to be explained, right and wrong: every WPDU that the documents record, and every
kind of APDU that the client can make.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tools.dlmsclient import (
    Aarq,
    Conformance,
    CosemAttribute,
    CosemMethod,
    InitiateRequest,
    InitiateResponse,
    Obis,
    axdr,
)
from tools.dlmsclient.access_service import AccessItem, AccessKind, encode_request
from tools.dlmsclient.acse import AUTHENTICATION_UNIT, Aare, mechanism_name
from tools.dlmsclient.action_service import (
    ActionRequestFirstPblock,
    ActionRequestListFirstPblock,
    ActionRequestNormal,
    ActionRequestPblock,
)
from tools.dlmsclient.general_blocks import GeneralBlock
from tools.dlmsclient.get_service import GetRequestNormal, GetRequestWithList
from tools.dlmsclient.selection import by_entry, by_range
from tools.dlmsclient.set_service import (
    SetRequestDatablock,
    SetRequestFirstDatablock,
    SetRequestListFirstDatablock,
    SetRequestNormal,
    SetRequestWithList,
)
from tools.dlmsclient.short_name_service import (
    Part,
    Variable,
    read_next,
    read_part,
    read_request,
    write_part,
    write_request,
)
from tools.dlmsclient.wrapper import HEADER_SIZE
from tools.dlmsclient.xdlms import DataBlock
from tools.explain.pasted import items

ROOT = Path(__file__).resolve().parents[2]
SECRET = b"12345678"
ENERGY = CosemAttribute(3, Obis.parse("1.0.1.8.0.255"), 2)
LLS_SECRET = CosemAttribute(15, Obis.parse("0.0.40.0.0.255"), 7)
CHANGE_SECRET = CosemMethod(15, Obis.parse("0.0.40.0.0.255"), 2)
CHANGE_SECRET_SN = 0xFA40
RESET = CosemMethod(3, Obis.parse("1.0.1.8.0.255"), 1)
NOTE = CosemAttribute(1, Obis.parse("0.0.96.128.1.255"), 2)


def recorded(document: str) -> list[bytes]:
    """The WPDUs of the sessions in a document, in their order."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [item.octets.data for item in items(text) if len(item.octets) > HEADER_SIZE]


def worked() -> Iterator[bytes]:
    """APDUs and WPDUs that the rules give whole, in backticks."""
    text = (ROOT / "docs/REQUIREMENTS.md").read_text(encoding="utf-8")
    for match in re.finditer(r"`((?:[0-9A-F]{2} ?){3,})`", text):
        yield bytes.fromhex(match[1])


def types() -> axdr.Data:
    """A value of every type."""
    return axdr.structure(
        axdr.null_data(), axdr.boolean(True), axdr.bit_string("10110"), axdr.double_long(-5),
        axdr.double_long_unsigned(5),
        axdr.octet_string(b"\x00\x01"), axdr.octet_string(bytes.fromhex("07EA011E050C0F0000000000")),
        axdr.visible_string("a\x1bb"),
        axdr.utf8_string("µ"), axdr.bcd(0x12), axdr.integer(-1), axdr.long(-2), axdr.unsigned(1), axdr.long_unsigned(2),
        axdr.long64(-3), axdr.long64_unsigned(3), axdr.enum(30), axdr.float32(1.5), axdr.float64(2.5),
        axdr.array(axdr.structure(axdr.integer(-3), axdr.enum(30)), axdr.structure()), axdr.array(),
        axdr.decode(bytes.fromhex("190101010101010101010101FF")), axdr.decode(bytes.fromhex("1A07EA0101FF")),
        axdr.decode(bytes.fromhex("1B0C000000")), axdr.decode(bytes.fromhex("13020212060C0001000000640002000000C8")),
        axdr.decode(bytes.fromhex("1C01")), axdr.decode(bytes.fromhex("FF")),
    )  # fmt: skip


def requests() -> list[bytes]:
    """Every kind of request of the client."""
    block = DataBlock(False, 1, b"\x12\x00")
    last = DataBlock(True, 2, b"\x05")
    selected = CosemAttribute(7, Obis.parse("1.0.99.1.0.255"), 2, by_entry(1, 6))
    ranged = CosemAttribute(
        7, Obis.parse("1.0.99.1.0.255"), 2, by_range(axdr.octet_string(b"\0" * 12), axdr.octet_string(b"\0" * 12))
    )
    info = InitiateRequest(response_allowed=False, proposed_quality_of_service=1, dedicated_key=b"k" * 16).encode()
    access = [
        AccessItem(AccessKind.GET, selected),
        AccessItem(AccessKind.SET, LLS_SECRET, axdr.octet_string(SECRET)),
        AccessItem(AccessKind.ACTION, RESET, axdr.integer(0)),
    ]
    return [
        Aarq.lls(info, SECRET).encode(),
        Aarq(
            user_information=info, calling_ap_title=b"ZZZ00000", called_ae_invocation_id=3, protocol_version=b"\x07\x80"
        ).encode(),
        GetRequestNormal(0xC1, selected).encode(),
        GetRequestWithList(0xC1, (ENERGY, ranged)).encode(),
        SetRequestNormal(0xC1, NOTE, types()).encode(),
        SetRequestFirstDatablock(0xC1, NOTE, block).encode(),
        SetRequestDatablock(0xC1, last).encode(),
        SetRequestWithList(0xC1, (NOTE, LLS_SECRET), (axdr.unsigned(5), axdr.octet_string(SECRET))).encode(),
        SetRequestListFirstDatablock(0xC1, (NOTE, NOTE), block).encode(),
        ActionRequestNormal(0xC1, RESET, axdr.integer(0)).encode(),
        ActionRequestNormal(0xC1, RESET).encode(),
        ActionRequestFirstPblock(0xC1, RESET, block).encode(),
        ActionRequestListFirstPblock(0xC1, (RESET, RESET), block).encode(),
        ActionRequestPblock(0xC1, last).encode(),
        encode_request(0x40000001, access),
        read_request([Variable(0xFA08), Variable(0xFA10, 1, axdr.long_unsigned(1))]),
        read_next(1),
        read_part(Part(True, 1, b"\x01\x02\xfa\x08")),
        write_request([Variable(CHANGE_SECRET_SN)], [axdr.octet_string(SECRET)]),
        write_part(Part(True, 1, b"\x01\x02\xfa\x08\x01\x00")),
        GeneralBlock(True, True, 5, 1, 0, GetRequestNormal(0xC1, ENERGY).encode()).encode(),
    ]


def answers() -> list[bytes]:
    """What servers answer, in forms that the recorded sessions lack."""
    response = InitiateResponse(Conformance(0x501F), 0x1F4).encode()
    hls = Aare(b"\x60\x85\x74\x05\x08\x01\x03", 0, "user", 14, response, responding_ap_title=b"ZZZ00000",
    responding_ae_invocation_id=1,
               responder_acse_requirements=AUTHENTICATION_UNIT, mechanism_name=mechanism_name(5),
               responding_authentication_value=b"P6wRJ21F").encode()  # fmt: skip
    return [hls] + [
        bytes.fromhex(text)
        for text in (
            "611FA109060760857405080101A203020101A305A203020102BE0604040E010601",
            "C40101010B",
            "C401C1010B",
            "C402C10100000002010E",
            "C402C10113",
            "C403C102000611111111010B",
            "C501C10C",
            "C502C100000001",
            "C503C10000000002",
            "C504C102000C00000002",
            "C505C102000C",
            "C701C10000",
            "C701C10C01010B",
            "C701C1000100110A",
            "C702C10100000001021105",
            "C703C1020000000100120005",
            "C704C100000001",
            "D80102",
            "D8010600000005",
            "0E010602",
            "DA40000001000002060000000500020100030C",
            "0C020011050104",
            "0C01020100010401001105",
            "0C01030001",
            "0D0200010B",
            "0D01020001",
            "10400000010C07EA011E050C0F0000000000",
            "18010E32303236303133313132303030300102FA08011105",
            "C2010C07EA011E050C0F00000000000001000060600BFF021105",
            "C2000001000060600BFF021105",
            "DB085A5A5A00000000011E3000000001" + "AA" * 13 + "BB" * 12,
            "C81E3000000001" + "AA" * 13 + "BB" * 12,
            "DD0000000000010001" + "1E3000000001" + "AA" * 13 + "BB" * 12,
            "21062000000001AA",
            "6200",
            "6303800100",
            "6203800105",
        )
    ]
