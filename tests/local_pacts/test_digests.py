"""What waits: each person is told of what is hers to do, and of nothing else."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from maillage.core.models import User
from maillage.local_pacts import services
from maillage.local_pacts.digests import local_pacts_to_follow
from maillage.local_pacts.enums import PactState
from maillage.territories.models import Territory
from tests.local_pacts.building import AT, DUE, ON, Made, make, sign

pytestmark = pytest.mark.django_db


def kinds(user: User, on: date) -> set[str]:
    return {item.kind.removeprefix("local_pact_") for item in local_pacts_to_follow(user, on)}


def test_an_invitation_waits_for_the_partner_alone(
    draft: Made, linked: User, ddets: User, bruno: User, chloe: User
) -> None:
    assert kinds(linked, ON) == {"invitation"}
    assert kinds(ddets, ON) == set()
    assert kinds(bruno, ON) == kinds(chloe, ON) == set()


def test_steps_wait_for_those_whose_role_it_is(land: Territory, linked: User, local_prefect: User, ddets: User) -> None:
    made = make(land, PactState.CONSULTATION, user=linked)
    assert kinds(local_prefect, ON) == {"open_signature"}
    assert kinds(ddets, ON) == set()
    services.move_pact(pact=made.pact, name="open_signature", by=None, at=AT)
    assert kinds(local_prefect, ON) == kinds(linked, ON) == {"signature"}
    sign(made)
    assert kinds(local_prefect, ON) == kinds(ddets, ON) == {"enter_in_force"}
    assert kinds(linked, ON) == set()


def test_a_commitment_waits_for_its_partner_or_else_for_the_ddets(land: Territory, linked: User, ddets: User) -> None:
    made = make(land, PactState.IN_FORCE, user=linked)
    assert kinds(linked, DUE - timedelta(days=31)) == set()
    (soon,) = local_pacts_to_follow(linked, DUE)
    assert (soon.kind, soon.due_on, soon.late) == ("local_pact_commitment", DUE, False)
    (late,) = local_pacts_to_follow(linked, DUE + timedelta(days=1))
    assert late.late
    assert "Loire-Atlantique" in late.label
    assert kinds(ddets, DUE) == set()
    services.save_partner(
        pact=made.pact, partner=made.shelter, organisation="Abri inventé", kind="association", by=None, at=AT
    )
    assert kinds(ddets, DUE) == {"commitment"}
    assert kinds(linked, DUE) == set()


def test_the_review_and_the_term(land: Territory, ddets: User, local_prefect: User) -> None:
    make(land, PactState.IN_FORCE)
    assert "review" in kinds(ddets, ON.replace(year=2027))
    assert kinds(local_prefect, date(2028, 12, 1)) == {"term"}


def test_it_asks_the_same_for_one_pact_as_for_many(
    territories: dict[str, Territory], aicha: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make(territories["DEP-44"], PactState.IN_FORCE)
    aicha.memberships.all()
    with django_assert_num_queries(7):
        local_pacts_to_follow(aicha, ON)
    for code in ("DEP-49", "DEP-53"):
        make(territories[code], PactState.IN_FORCE)
    with django_assert_num_queries(6):
        local_pacts_to_follow(aicha, ON)
