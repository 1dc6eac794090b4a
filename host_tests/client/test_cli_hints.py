"""What a failure means to the user: what was the matter, and what to do about it."""

from __future__ import annotations

import pytest

from host_tests.client.answering import Answering, run
from tools.cli.errors import advice, message
from tools.dlmsclient import (
    ActionError,
    ActionResult,
    ConfirmedServiceError,
    DataAccessError,
    DataAccessResult,
    ExceptionResponse,
    ExceptionResponseError,
    ExceptionService,
    ExceptionState,
    ServiceErrorResponse,
)
from tools.dlmsclient.initiate import ERROR_CLASSES

GET, SET, ACTION = (
    "GET of 1-0:1.8.0*255 attribute 2 (class 3)",
    "SET of 0-0:1.0.0*255 attribute 3 (class 8)",
    "ACTION of …",
)


@pytest.mark.parametrize(
    ("error", "words", "not_words"),
    [
        (DataAccessError(DataAccessResult.TYPE_UNMATCHED, GET), "may not have this attribute", "see its type"),
        (
            DataAccessError(DataAccessResult.TYPE_UNMATCHED, "Read of 0140"),
            "may not have this attribute",
            "see its type",
        ),
        (DataAccessError(DataAccessResult.TYPE_UNMATCHED, SET), "another type", "attributes"),
        (DataAccessError(DataAccessResult.TYPE_UNMATCHED, "Write of 0140"), "another type", "attributes"),
        (ActionError(ActionResult.TYPE_UNMATCHED, ACTION), "parameter of another type", "attribute"),
        (ActionError(ActionResult.TYPE_UNMATCHED, ACTION), "may not have this method", "attribute"),
        (DataAccessError(DataAccessResult.READ_WRITE_DENIED, GET), "may not read", "write"),
        (DataAccessError(DataAccessResult.READ_WRITE_DENIED, SET), "may not write", "read it"),
        (DataAccessError(DataAccessResult.OBJECT_CLASS_INCONSISTENT, GET), "another class", "type"),
        (DataAccessError(DataAccessResult.OTHER_REASON, SET), "out of the range", "type of"),
        (ActionError(ActionResult.READ_WRITE_DENIED, ACTION), "may not invoke", "read"),
        (ServiceErrorResponse(ConfirmedServiceError(1, 0, 6), GET), "ciphered", "does not offer"),
        (ServiceErrorResponse(ConfirmedServiceError(5, 3, 2), GET), "does not offer this service", "ciphered"),
        (ServiceErrorResponse(ConfirmedServiceError(5, 3, 1), GET), "longer than the meter", "ciphered"),
        (ServiceErrorResponse(ConfirmedServiceError(5, 4, 1), GET), "no such object", "ciphered"),
    ],
)
def test_what_was_the_matter(error, words, not_words):
    assert words in advice(error)
    assert not_words not in advice(error)


@pytest.mark.parametrize(
    ("service", "words"),
    [
        (1, "cannot do this now"),
        (2, "does not offer this"),
        (3, "no reason"),
        (4, "--block-size"),
        (5, "ciphered"),
        (6, "ciphered"),
    ],
)
@pytest.mark.parametrize("state", list(ExceptionState))
def test_an_exception_response(service, words, state):
    response = ExceptionResponse(state, ExceptionService(service), 7 if service == 6 else None)
    found = message(ExceptionResponseError(response, GET))
    assert words in found
    assert ("does not offer" in found) == (service == 2)


def test_no_refusal_is_left_without_a_hint():
    for code in set(DataAccessResult) - {DataAccessResult.SUCCESS}:
        assert advice(DataAccessError(code, GET))
        assert advice(DataAccessError(code, SET))
    for result in set(ActionResult) - {ActionResult.SUCCESS}:
        assert advice(ActionError(result, ACTION))
    for error_class, (_, values) in ERROR_CLASSES.items():
        for value in range(len(values)):
            assert advice(ServiceErrorResponse(ConfirmedServiceError(1, error_class, value), GET))


@pytest.mark.parametrize(("said", "words"), [("01 0C", "may not have this attribute"), ("01 04", "no such object")])
def test_get_of_what_is_not_there(said, words):
    with Answering(lambda class_id, name, number: said) as meter:
        code, _, err = run(meter.port, "get", "1.0.1.8.0.255", "99", "--class", "3")
    assert code == 1
    assert words in err
    assert "see its type" not in err
