"""What belongs to one AA and to no other on the same association object; what an
AA learns of objects it cannot see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from host_tests.harness.roster import ROSTER
from host_tests.wire.aas import MANAGER
from host_tests.wire.apdus import MANAGEMENT
from tools.dlmsclient import Aarq, Association, AssociationRejected, Client, DataAccessError, UserDiagnostic, axdr

ASSOCIATION = (15, "0.0.40.0.0.255")
USERS = {7: "anna", 200: "bert"}

pytestmark = [pytest.mark.caps("writes", "own-process"), pytest.mark.prefers(backfill_days=0)]


def user(number: int) -> axdr.Data:
    return axdr.structure(axdr.unsigned(number), axdr.visible_string(USERS[number]))


def aarq(number: int) -> Aarq:
    return replace(Aarq.lls(None, (ROSTER.secret("manager") or "").encode()), calling_ae_invocation_id=number)


@pytest.fixture
def users(manager: Association):
    """The management association knows two users, and nobody else gets in."""
    for number in USERS:
        manager.action(*ASSOCIATION, 5, user(number))
    yield
    for number in USERS:
        manager.action(*ASSOCIATION, 6, user(number))


@pytest.mark.req("F-11", "C-24", "C-25")
def test_each_association_shows_its_own_user(users: None, client: Callable[..., Client]):
    """A user id above 127 takes two octets in BER."""
    first = client().associate(MANAGER, MANAGEMENT, aarq=aarq(7))
    second = client().associate(MANAGER, MANAGEMENT, aarq=aarq(200))
    assert [part.value for part in first.get(*ASSOCIATION, 11).value] == [7, "anna"]
    assert [part.value for part in second.get(*ASSOCIATION, 11).value] == [200, "bert"]
    assert [part.value for part in first.get(*ASSOCIATION, 11).value] == [7, "anna"]


@pytest.mark.req("C-24")
def test_a_user_that_is_not_listed_is_refused(users: None, client: Callable[..., Client]):
    with pytest.raises(AssociationRejected) as refusal:
        client().associate(MANAGER, MANAGEMENT, aarq=aarq(8))
    assert refusal.value.diagnostic == UserDiagnostic(6)


@pytest.mark.req("D-11")
@pytest.mark.parametrize("class_id", [1, 3, 70])
def test_an_object_that_is_not_visible_is_unknown_whatever_its_class(public: Association, class_id: int):
    with pytest.raises(DataAccessError) as error:
        public.get(class_id, "1.0.1.8.0.255", 2)
    assert error.value.code == 4


@pytest.mark.req("D-11")
def test_the_class_of_a_visible_object_is_told_apart(public: Association):
    with pytest.raises(DataAccessError) as error:
        public.get(3, "0.0.42.0.0.255", 2)
    assert error.value.code == 9
