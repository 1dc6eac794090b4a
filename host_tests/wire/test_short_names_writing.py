"""Write, UnconfirmedWrite and methods by short name, over TCP and UDP, and what an
association with short names refuses.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from host_tests.harness.clients import ClientFactory
from host_tests.wire.aas import BUFFER, PUBLIC, Associate, login
from host_tests.wire.apdus import MANAGEMENT
from host_tests.wire.short import LOGICAL, MANAGER, READER, SECRETS, Short, short, udp  # noqa: F401
from tools.dlmsclient import (
    AssociationRejected,
    Conformance,
    Data,
    DataAccessError,
    DataAccessResult,
    ServiceErrorResponse,
    Variable,
    axdr,
)
from tools.dlmsclient.initiate import SHORT_NAME_CONFORMANCE
from tools.dlmsclient.short_names import ASSOCIATION_SN, LOGICAL_DEVICE_NAME

pytestmark = [
    pytest.mark.prefers(rate=0, backfill_days=1, start="2026-03-05T12:00:00"),
    pytest.mark.caps("own-process", "writes"),
]

NOTE = (1, "0.0.96.128.1.255")  # a double-long-unsigned of the client's own
LABEL = (1, "0.0.96.1.1.255")  # an octet-string
COUNTER = (3, "1.0.4.8.0.255")


def number(value: int) -> Data:
    return axdr.double_long_unsigned(value)


def refused(call: Callable[..., object], *arguments: object, **more: object) -> DataAccessResult:
    with pytest.raises(DataAccessError) as refusal:
        call(*arguments, **more)
    return DataAccessResult(refusal.value.code)


@pytest.mark.req("D-51", "D-24", "B-19", "D-53")
@pytest.mark.parametrize("block_size", [None, 1, 5, 30])
def test_what_is_written_is_read(short: Short, associate: Associate, block_size: int | None) -> None:  # noqa: F811
    association, logical = short(MANAGER, pdu_size=64, block_size=block_size), associate(LOGICAL[MANAGER])
    for value in (5, 0xFFFFFFFF, 0):
        association.set(*NOTE, 2, number(value))
        assert association.get(*NOTE, 2) == logical.get(*NOTE, 2) == number(value)
    note, label = association.find(*NOTE).attribute(2), association.find(*LABEL).attribute(2)
    variables = [Variable(note), Variable(0x0000), Variable(label), Variable(LOGICAL_DEVICE_NAME + 8)]
    values = [number(6), number(7), axdr.octet_string(b"a label of 21 octets!"), number(8)]
    assert association.write_list(variables, values) == (0, 4, 0, 3)
    assert logical.get(*NOTE, 2) == number(6)
    assert logical.get(*LABEL, 2).value == b"a label of 21 octets!"
    assert refused(association.set, *NOTE, 2, axdr.unsigned(1)) is DataAccessResult.TYPE_UNMATCHED


@pytest.mark.req("D-51", "D-99", "B-09")
def test_unconfirmed_write_is_carried_out_and_not_answered(short: Short) -> None:  # noqa: F811
    """The answer to the Read after it is the next thing that comes."""
    association = short(MANAGER)
    for value in (11, 12, 13):
        association.set(*NOTE, 2, number(value), confirmed=False)
        assert association.get(*NOTE, 2) == number(value)
    note = Variable(association.find(*NOTE).attribute(2))
    association.unconfirmed_write([note, Variable(0xFFFF), note], [number(1), number(2), number(3)])
    assert association.get(*NOTE, 2) == number(3)


@pytest.mark.req("D-51", "D-99", "B-08", "B-12")
def test_unconfirmed_association(client: ClientFactory, associate: Associate) -> None:
    """Over UDP only; UnconfirmedWrite is carried out, what would be answered is dropped."""
    logical = associate(LOGICAL[MANAGER])
    logical.set(*NOTE, 2, number(1))
    link = client(udp=True)
    names = client().associate_short_names(MANAGER, 1, SECRETS[MANAGER])
    note = Variable(names.find(*NOTE).attribute(2))
    association = link.associate_short_names(MANAGER, 1, SECRETS[MANAGER], confirmed=False)
    association.send_apdu(bytes.fromhex("050102FA00"))
    association.send_apdu(bytes.fromhex(f"060102{note.name:04X}010600000002"))
    association.unconfirmed_write([note], [number(3)])
    # the AARE of another client on the same socket is the first thing to come back
    link.associate(PUBLIC).release()
    assert logical.get(*NOTE, 2) == number(3)
    association.release()
    association.unconfirmed_write([note], [number(4)])
    link.associate(PUBLIC).release()
    assert logical.get(*NOTE, 2) == number(3)


@pytest.mark.req("D-50", "D-51", "D-53")
def test_methods(short: Short, associate: Associate) -> None:  # noqa: F811
    """By Read, with and without a parameter, and by Write."""
    association, logical = short(MANAGER), associate(LOGICAL[MANAGER])
    rows = logical.get(*BUFFER, 7).value
    capture = association.find(*BUFFER).method(2)
    assert association.action(*BUFFER, 2, axdr.integer(0)) is None
    assert association.read(capture) == axdr.null_data()
    association.write(capture, axdr.integer(0))
    association.write(capture, axdr.integer(0), confirmed=False)
    assert association.read_list(
        [Variable(capture), Variable(association.find(*BUFFER).attribute(7)), Variable(capture)]
    ) == (
        axdr.null_data(),
        axdr.double_long_unsigned(rows + 5),
        axdr.null_data(),
    )
    assert logical.get(*BUFFER, 7).value == rows + 6
    assert refused(association.action, *COUNTER, 1, axdr.structure(axdr.integer(0))) is DataAccessResult.TYPE_UNMATCHED
    assert association.action(*COUNTER, 1, axdr.integer(0)) is None
    reader = short(READER)
    assert refused(reader.action, *COUNTER, 1, axdr.integer(0)) is DataAccessResult.READ_WRITE_DENIED
    assert refused(reader.write, capture, axdr.integer(0)) is DataAccessResult.READ_WRITE_DENIED


@pytest.mark.req("D-51", "F-31")
def test_nothing_is_written_or_invoked_without_a_right(short: Short) -> None:  # noqa: F811
    association = short(READER)
    for each in association.objects():
        names = [association.find(each.class_id, each.instance).attribute(k) for k in each.attributes]
        names += [association.find(each.class_id, each.instance).method(k) for k in each.methods if not each.methods[k]]
        results = association.write_list([Variable(name) for name in names], [axdr.null_data()] * len(names))
        assert set(results) == {DataAccessResult.READ_WRITE_DENIED}, each


@pytest.mark.req("F-10", "E-50", "C-12")
@pytest.mark.caps("auth-failures")
def test_change_secret(short: Short, client: ClientFactory) -> None:  # noqa: F811
    association = short(MANAGER)
    association.change_secret(b"another one")
    try:
        with pytest.raises(AssociationRejected):
            client().associate_short_names(MANAGER, 1, SECRETS[MANAGER])
        # the secret of the management client with logical names is another one
        client().associate(*login("manager")).release()
        client().associate_short_names(MANAGER, 1, "another one").release()
        for wrong, code in ((b"", 250), (bytes(65), 250)):
            assert refused(association.change_secret, wrong) == code
        assert refused(association.write, ASSOCIATION_SN + 0x40, axdr.unsigned(1)) is DataAccessResult.TYPE_UNMATCHED
    finally:
        association.change_secret(SECRETS[MANAGER].encode())
    client().associate_short_names(MANAGER, 1, SECRETS[MANAGER]).release()
    assert refused(short(READER).change_secret, b"87654321") is DataAccessResult.READ_WRITE_DENIED
    # reply_to_HLS_authentication and the reserved methods
    for method in (1, 2, 4, 6, 7, 8):
        name = ASSOCIATION_SN + 0x20 + 8 * (method - 1)
        assert refused(association.write, name, axdr.octet_string(b"87654321")) is DataAccessResult.READ_WRITE_DENIED


@pytest.mark.req("C-01", "C-32", "C-35", "C-36", "C-14")
def test_what_is_negotiated(short: Short, client: ClientFactory) -> None:  # noqa: F811
    """vaa-name and application context are checked by the client."""
    everything = Conformance(0xFFFFFF)
    association = short(READER, conformance=everything)
    assert association.negotiated is not None
    assert association.negotiated.vaa_name == 0xFA00
    assert association.negotiated.conformance == (
        SHORT_NAME_CONFORMANCE & ~Conformance.INFORMATION_REPORT | Conformance.GENERAL_BLOCK_TRANSFER
    )
    some = short(READER, conformance=Conformance.READ)
    assert some.negotiated is not None
    assert some.negotiated.conformance == Conformance.READ
    logical, short_names = (READER, MANAGEMENT, SECRETS[READER]), login("reader")
    for wrong in (lambda: client().associate(*logical), lambda: client().associate_short_names(*short_names)):
        with pytest.raises(AssociationRejected) as rejection:
            wrong()
        assert (rejection.value.result, rejection.value.diagnostic) == (1, 2)


@pytest.mark.req("D-55", "D-91", "C-37", "D-94")
def test_refusals_as_whole_apdus(client: ClientFactory, short: Short, udp: bool) -> None:  # noqa: F811
    """ConfirmedServiceError in an AA with short names, and outside one
    between its wPorts; the AA stays.
    """
    association = short(MANAGER)
    for request, answer in (
        ("C001C1000F0000280000FF0100", "0E010302"),
        ("C101C1000100006080 01FF0200 0600000000", "0E010302"),
        ("C301C1000100006080 01FF0100", "0E010302"),
        ("7F01", "0E010302"),
        ("0501", "0E050300"),
        ("050103FA00", "0E050300"),
        ("0601FA00", "0E060300"),
        ("0521" + "02FA00" * 33, "0E050301"),
        ("050102FA00", "0C010009060000280000FF"),
    ):
        assert association.exchange(bytes.fromhex(request)) == bytes.fromhex(answer), request
    for bit, call in (
        (Conformance.READ, lambda aa: aa.read(ASSOCIATION_SN)),
        (Conformance.WRITE, lambda aa: aa.write(ASSOCIATION_SN, axdr.null_data())),
        (Conformance.MULTIPLE_REFERENCES, lambda aa: aa.read_list([Variable(ASSOCIATION_SN)] * 2)),
        (Conformance.PARAMETERIZED_ACCESS, lambda aa: aa.read(ASSOCIATION_SN, 1, axdr.null_data())),
    ):
        with pytest.raises(ServiceErrorResponse) as error:
            call(short(MANAGER, conformance=SHORT_NAME_CONFORMANCE & ~bit))
        assert (error.value.error.error_class, error.value.error.value) == (3, 2)
    association.release()
    if not udp:
        assert association.exchange(bytes.fromhex("050102FA00")) == bytes.fromhex("0E010302")
    # an SN service in an LN AA, and outside any
    logical = client().associate(*login("reader"))
    assert logical.exchange(bytes.fromhex("050102FA00")) == bytes.fromhex("D80102")
    logical.release()
    assert logical.exchange(bytes.fromhex("050102FA00")) == bytes.fromhex("D80102")
