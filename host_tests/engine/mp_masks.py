"""What the meter's trace hides: every way in which a request carries a
secret, and nothing else of it.
"""

from masks import Masks

SECRET = "3132333435363738"
HIDDEN = "**" * 8
WRAPPER = "0001003000010000"
LLS = "8A0207808B0760857405080201AC0A8008" + SECRET
INFO = "BE10040E01000000065F1F040000FE1DFFFF"
AARQ = "6036A109060760857405080101" + LLS + INFO
ATTRIBUTE = "000F0000280000FF07"
METHOD = "000F0000280000FF02"
NOTE = "00010000608001FF02"
VALUE = "0908" + SECRET
LISTED = "C104C102" + NOTE + "00" + ATTRIBUTE + "0002" + "1105" + VALUE


def shown(*apdus):
    """APDUs of one client as the trace has them, without their headers."""
    masks = Masks()
    return [masks.hex("link", bytes.fromhex(WRAPPER + apdu))[16:].upper() for apdu in apdus]


def hidden(apdu):
    assert shown(apdu) == [apdu.replace(SECRET, HIDDEN)], shown(apdu)


def test_secrets_are_hidden_and_nothing_else():
    for apdu in (
        AARQ,
        "608136A109060760857405080101" + LLS + INFO,
        "6028A109060760857405080101AC0A8008" + SECRET + INFO,
        "6025A109060760857405080101BE1904170101" + "08" + SECRET + "0000065F1F040000FE1DFFFF",
        "C101C1" + ATTRIBUTE + "00" + VALUE,
        "C101C1" + ATTRIBUTE + "010100" + VALUE,
        "C301C1" + METHOD + "01" + VALUE,
        "C303C102" + METHOD + METHOD + "02" + VALUE + "00",
        LISTED,
        "D94000000100020" + "2" + ATTRIBUTE + "01" + NOTE + "02" + VALUE + "00",
        "0601" + "02FA40" + "01" + VALUE,
        "1602" + "02FA08" + "02FA40" + "02" + "1105" + VALUE,
        "050104FA4000" + VALUE,
    ):
        hidden(apdu)


def test_what_is_no_secret_is_shown():
    for apdu in (
        AARQ.replace("8B0760857405080201", "8B0760857405080205"),  # a challenge
        "C101C1" + NOTE + "00" + VALUE,
        "C301C1" + METHOD[:-2] + "0301" + VALUE,
        "C001C1" + ATTRIBUTE + "00",
        "0601" + "02FA48" + "01" + VALUE,
        "C103C1" + "01" + "00000002" + VALUE,
        "6203800100",
    ):
        assert shown(apdu) == [apdu], apdu


def test_blocks_of_a_secret():
    first = "C102C1" + ATTRIBUTE + "0000" + "00000001" + "05" + VALUE[:10]
    more = "C103C1" + "01" + "00000002" + "05" + VALUE[10:]
    assert shown(first, more, more) == [first[:-10] + "**" * 5, more[:-10] + "**" * 5, more]
    first = "C304C1" + METHOD + "00" + "00000001" + "05" + VALUE[:10]
    more = "C306C1" + "01" + "00000002" + "05" + VALUE[10:]
    assert shown(first, more) == [first[:-10] + "**" * 5, more[:-10] + "**" * 5]
    # another value in blocks: nothing is hidden, nor of the rest of a transfer that ended
    plain = "C102C1" + NOTE + "0000" + "00000001" + "05" + VALUE[:10]
    more = "C103C1" + "01" + "00000002" + "05" + VALUE[10:]
    assert shown(first, plain, more)[1:] == [plain, more]


def test_general_blocks():
    for size in (3, 7, 20, 64):
        for apdu in (AARQ, "C101C1" + ATTRIBUTE + "00" + VALUE, "C101C1" + NOTE + "00" + VALUE):
            cut = [apdu[i : i + 2 * size] for i in range(0, len(apdu), 2 * size)]
            blocks = []
            for i, data in enumerate(cut):
                last = "80" if i == len(cut) - 1 else "40"
                blocks.append("E0" + last + f"{i + 1:04X}" + "0000" + f"{len(data) // 2:02X}")
            texts = [text[14:] for text in shown(*[head + data for head, data in zip(blocks, cut)])]
            if NOTE in apdu:
                assert "".join(texts) == apdu
            else:
                assert SECRET[:8] not in "".join(texts), texts
                assert SECRET[8:] not in "".join(texts), texts
            assert len("".join(texts)) == len(apdu)
    # a block that is said again or does not follow is hidden whole
    one, two = "E0400001000003010203", "E0400003000003010203"
    assert shown(one, one, two) == [one, one, two[:-6] + "******"]


def test_parts_of_long_requests_by_short_name():
    apdu = "060107010001" + "0109" + "05" + VALUE[:10]
    assert shown(apdu) == [apdu[:-10] + "**" * 5]
    apdu = "05010601000105" + VALUE[:10]
    assert shown(apdu) == [apdu[:-10] + "**" * 5]


def test_cut_short_and_wrong():
    for apdu in (
        AARQ,
        LISTED,
        "C301C1" + METHOD + "01" + VALUE,
        "D940000001000102" + ATTRIBUTE + "01" + VALUE,
        "060102FA4001" + VALUE,
    ):
        at = apdu.index(SECRET) // 2
        for end in range(len(apdu) // 2):
            (text,) = shown(apdu[: 2 * end])
            assert len(text) == 2 * end
            for i in range(at, end):
                assert text[2 * i : 2 * i + 2] == "**" or i >= at + 8, (apdu, end, text)
        for i in range(len(apdu) // 2):
            for octet in ("00", "7F", "84", "FF"):
                assert len(shown(apdu[: 2 * i] + octet + apdu[2 * i + 2 :])[0]) == len(apdu)
