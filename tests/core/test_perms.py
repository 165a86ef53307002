"""Role × perimeter × date: the one question."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied

from maillage.core import clock, jobs, perms
from maillage.core.enums import Role
from maillage.core.models import Membership, User
from tests.factories import Held, make_user

ON = date(2026, 11, 20)
LINEAGE = {"EPCI-244400404", "DEP-44", "REG-52", "FRANCE"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("held", "axis", "expected"),
    [
        (Held(Role.DDETS, "DEP-44"), "", True),
        (Held(Role.DDETS, "REG-52"), "", True),
        (Held(Role.DDETS, "FRANCE"), "", True),
        (Held(Role.DDETS, "DEP-49"), "", False),
        (Held(Role.READER, "DEP-44"), "", False),
        (Held(Role.DDETS, "DEP-44", "AXE-1"), "AXE-1", True),
        (Held(Role.DDETS, "DEP-44", "AXE-1"), "AXE-2", False),
        (Held(Role.DDETS, "DEP-44", "AXE-1"), "", False),
        (Held(Role.DDETS, "DEP-44"), "AXE-2", True),
    ],
)
def test_a_membership_covers_an_object(held: Held, axis: str, expected: bool) -> None:
    user = make_user("Quelqu'un", held)
    assert perms.holds(user, {Role.DDETS}, LINEAGE, on=ON, axis_code=axis) is expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2025, 12, 31), False), (date(2026, 1, 1), True), (date(2026, 6, 30), True), (date(2026, 7, 1), False)],
)
def test_a_membership_is_in_force_from_its_first_day_to_its_last(day: date, expected: bool) -> None:
    user = make_user("Quelqu'un")
    Membership.objects.create(
        user=user, role=Role.DDETS, territory_code="DEP-44", starts_on=date(2026, 1, 1), ends_on=date(2026, 6, 30)
    )
    assert perms.holds(user, {Role.DDETS}, LINEAGE, on=day) is expected


def test_a_visitor_holds_nothing() -> None:
    assert not perms.holds(AnonymousUser(), set(Role), LINEAGE, on=ON)


def test_require_refuses_in_french() -> None:
    perms.require(True, "Non.")
    with pytest.raises(PermissionDenied, match="Non"):
        perms.require(False, "Non.")


def test_who_leads_and_who_reads_the_journal(
    aicha: User, bruno: User, chloe: User, ddets: User, departement_lead: User, prefect: User, auditor: User
) -> None:
    cast = (aicha, bruno, chloe, ddets, departement_lead, prefect, auditor)
    assert [perms.leads_instance(user, ON) for user in cast] == [True, False, False, False, False, False, False]
    assert [perms.can_read_journal(user, ON) for user in cast] == [True, False, False, False, False, False, True]


@pytest.mark.django_db
def test_a_job_is_seen_by_its_author_and_the_team(aicha: User, bruno: User, chloe: User) -> None:
    @jobs.handler("test.nothing", label="Ne rien faire")
    def nothing(progress: jobs.Progress) -> jobs.Result:
        return jobs.Result()

    job = jobs.start(kind="test.nothing", title="Essai", parameters={}, by=bruno, at=clock.now())
    assert [perms.can_see_job(user, job, ON) for user in (aicha, bruno, chloe)] == [True, True, False]
    job.created_by = None
    assert [perms.can_see_job(user, job, ON) for user in (aicha, bruno, chloe)] == [True, False, False]
    assert not perms.can_see_job(AnonymousUser(), job, ON)
    del jobs._handlers["test.nothing"]


@pytest.mark.django_db
def test_a_commissioner_whose_term_is_over_leads_no_more() -> None:
    user = make_user("Quelqu'un", Held(Role.COMMISSIONER, "REG-52"))
    user.memberships.update(ends_on=ON - timedelta(days=1))
    assert not perms.leads_instance(user, ON)
