"""Every transition of a campaign and of a request, for every role: generated from the tables."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from django.core.exceptions import PermissionDenied

from maillage.collection import perms, services
from maillage.collection.enums import CampaignStatus, RequestStatus
from maillage.collection.models import Campaign, FigureRequest
from maillage.core.enums import Role
from maillage.core.models import AuditEntry, User
from maillage.engines.lifecycle import Lifecycle, TransitionRefused
from maillage.engines.lifecycle.collection import CAMPAIGN, REQUEST, RESPONDENT
from tests.collection.building import AT, PROVISIONAL, TODAY, Collecting
from tests.factories import Held, make_user

pytestmark = pytest.mark.django_db

CAMPAIGN_ACTS: dict[str, Callable[[Campaign, User], object]] = {
    "open": lambda one, by: services.open_campaign(campaign=one, by=by, at=AT),
    "close": lambda one, by: services.close(campaign=one, by=by, at=AT),
    "consolidate": lambda one, by: services.consolidate(campaign=one, status=PROVISIONAL, by=by, at=AT),
    "reopen": lambda one, by: services.reopen(campaign=one, reason="Un chiffre à reprendre", by=by, at=AT),
}
REQUEST_ACTS: dict[str, Callable[[FigureRequest, User], object]] = {
    "submit": lambda one, by: services.submit(figure_request=one, by=by, at=AT),
    "withdraw": lambda one, by: services.withdraw(figure_request=one, by=by, at=AT),
    "validate": lambda one, by: services.validate(figure_request=one, by=by, at=AT),
    "ask": lambda one, by: services.ask(figure_request=one, remarks={}, remark="À reprendre", by=by, at=AT),
    "unlock": lambda one, by: services.unlock(figure_request=one, reason="Une erreur", by=by, at=AT),
}
ROLES = (*Role.values, RESPONDENT)


def holder(role: str, collecting: Collecting) -> User:
    """Someone who holds the role over the département of the first partner, or who answers for it."""
    if role == RESPONDENT:
        return collecting.operator
    where = "REG-52" if role == Role.COMMISSIONER else "DEP-44"
    return make_user("Agent", Held(Role(role), where))


def cases(cycle: Lifecycle) -> list[tuple[str, str, str]]:
    names = sorted({row.name for row in cycle.transitions})
    return list(product(cycle.states, names, ROLES))


@pytest.mark.parametrize(("state", "name", "role"), cases(CAMPAIGN))
def test_campaign_transition(collecting: Collecting, state: str, name: str, role: str) -> None:
    collecting.validated(collecting.caf)
    campaign = collecting.campaign
    Campaign.objects.filter(pk=campaign.pk).update(status=state)
    rows = [row for row in CAMPAIGN.transitions if (row.name, row.source) == (name, state) and role in row.roles]
    user = holder(role, collecting)
    if rows:
        CAMPAIGN_ACTS[name](campaign, user)
    else:
        with pytest.raises((TransitionRefused, PermissionDenied)):
            CAMPAIGN_ACTS[name](campaign, user)
    campaign.refresh_from_db()
    assert campaign.status == (rows[0].target if rows else state)
    assert AuditEntry.objects.filter(action=f"campaign.{name}", actor=user).count() == len(rows)


@pytest.mark.parametrize(("state", "name", "role"), cases(REQUEST))
def test_request_transition(collecting: Collecting, state: str, name: str, role: str) -> None:
    one = collecting.caf
    collecting.fill(one)
    FigureRequest.objects.filter(pk=one.pk).update(status=state)
    rows = [row for row in REQUEST.transitions if (row.name, row.source) == (name, state) and role in row.roles]
    user = holder(role, collecting)
    if rows:
        REQUEST_ACTS[name](one, user)
    else:
        with pytest.raises((TransitionRefused, PermissionDenied)):
            REQUEST_ACTS[name](one, user)
    one.refresh_from_db()
    assert one.status == (rows[0].target if rows else state)
    assert AuditEntry.objects.filter(action=f"request.{name}", actor=user).count() == len(rows)


def test_the_states_of_the_transition_tables_are_the_stored_codes() -> None:
    assert set(CAMPAIGN.states) == set(CampaignStatus.values)
    assert set(REQUEST.states) == set(RequestStatus.values)
    assert CAMPAIGN.labels == dict(CampaignStatus.choices)
    assert REQUEST.labels == dict(RequestStatus.choices)
    assert {row.name for row in CAMPAIGN.transitions} == set(CAMPAIGN_ACTS)
    assert {row.name for row in REQUEST.transitions} == set(REQUEST_ACTS)


@pytest.mark.parametrize(
    ("name", "state", "facts", "message"),
    [
        ("open", "draft", {}, "Aucun chiffre"),
        ("open", "draft", {"figures": 3, "empty_requests": 1}, "aucun chiffre à donner"),
        ("open", "draft", {"figures": 3, "too_early": True}, "n'est pas atteinte"),
        ("consolidate", "closed", {"validated": 0}, "rien à consolider"),
        ("consolidate", "closed", {"validated": 2, "submitted": 1}, "1 réponse attend"),
        ("reopen", "closed", {"reason": "  "}, "motif"),
    ],
)
def test_a_campaign_transition_refused_by_its_guard(
    name: str, state: str, facts: dict[str, object], message: str
) -> None:
    with pytest.raises(TransitionRefused, match=message):
        CAMPAIGN.next_state(name, state, {"commissioner"}, facts)


@pytest.mark.parametrize(
    ("name", "state", "facts", "message"),
    [
        ("submit", "to_enter", {"open": True, "missing": 2}, "Il manque encore 2 chiffres"),
        ("submit", "to_complete", {"open": False, "missing": 0}, "n'est pas ouverte"),
        ("withdraw", "submitted", {"open": False}, "n'est pas ouverte"),
        ("ask", "submitted", {"open": True, "comments": 0}, "remarque"),
        ("ask", "submitted", {"open": False, "comments": 1}, "close"),
        ("validate", "submitted", {"consolidated": True}, "consolidée"),
        ("unlock", "validated", {"open": True, "reason": ""}, "motif"),
    ],
)
def test_a_request_transition_refused_by_its_guard(
    name: str, state: str, facts: dict[str, object], message: str
) -> None:
    with pytest.raises(TransitionRefused, match=message):
        REQUEST.next_state(name, state, {"commissioner", RESPONDENT}, facts)


def test_a_ddets_does_not_check_what_she_answers(collecting: Collecting, ddets: User) -> None:
    services.assign(figure_request=collecting.caf, responsible=ddets, by=collecting.team, at=AT)
    one = collecting.refreshed(collecting.caf)
    assert perms.roles_on_request(ddets, one, TODAY) == {RESPONDENT}
    assert perms.roles_on_request(ddets, collecting.refreshed(collecting.cpam), TODAY) == {"ddets"}
