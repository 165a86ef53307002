"""Writes on accounts and memberships."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied

from maillage.core import clock, services
from maillage.core.models import AuditEntry, Membership, User
from maillage.kernel.errors import InputRefused
from maillage.kernel.territory import TerritoryInvalid
from tests.factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db


def create(by: User | None = None, **changes: object) -> User:
    given = {"email": "Nouvelle.Venue@Exemple.test", "full_name": "Nouvelle Venue", "password": PASSWORD}
    return services.create_account(**{**given, **changes}, by=by, at=clock.now())


def test_an_account_is_opened_and_journalled(aicha: User) -> None:
    user = create(by=aicha)
    assert user.email == "nouvelle.venue@exemple.test"
    assert user.check_password(PASSWORD)
    line = AuditEntry.objects.get(action="account.create")
    assert (line.actor, line.object_id) == (aicha, str(user.pk))
    assert user.email not in str(line.summary) + str(line.changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"email": "sans-arobase"}, "nom@domaine"),
        ({"email": "aicha@exemple.test"}, "existe déjà"),
        ({"email": "AICHA@exemple.test"}, "existe déjà"),
        ({"password": "court"}, "mot de passe"),
        ({"password": "nouvelle.venue"}, "mot de passe"),
        ({"password": "98765432109876"}, "mot de passe"),
    ],
)
def test_a_wrong_account_is_refused(aicha: User, changes: dict[str, str], message: str) -> None:
    with pytest.raises(InputRefused, match=message):
        create(by=aicha, **changes)
    assert User.objects.count() == 1


def test_only_the_team_manages_accounts(aicha: User, bruno: User, ddets: User, chloe: User) -> None:
    for user in (bruno, ddets, chloe):
        with pytest.raises(PermissionDenied):
            create(by=user)
        with pytest.raises(PermissionDenied):
            services.deactivate_account(user=aicha, by=user, at=clock.now())
        with pytest.raises(PermissionDenied):
            give(user, by=user)


def test_one_changes_ones_own_password_only(aicha: User, bruno: User) -> None:
    services.set_password(user=bruno, password="encore une autre phrase", by=bruno, at=clock.now())
    bruno.refresh_from_db()
    assert bruno.check_password("encore une autre phrase")
    with pytest.raises(PermissionDenied):
        services.set_password(user=bruno, password="encore une autre phrase", by=aicha, at=clock.now())


def test_a_closed_account_signs_in_no_more(aicha: User, bruno: User) -> None:
    assert not services.deactivate_account(user=bruno, by=aicha, at=clock.now()).is_active
    assert AuditEntry.objects.filter(action="account.deactivate", object_id=str(bruno.pk)).exists()


def give(user: User, by: User | None = None, **changes: object) -> Membership:
    given = {"role": "reader", "territory_code": "REG-52", "starts_on": date(2026, 1, 1)}
    return services.add_membership(user=user, by=by, at=clock.now(), **{**given, **changes})


def test_a_membership_is_given_and_ended(aicha: User) -> None:
    user = make_user("Nouvelle Venue")
    membership = give(user, by=aicha, axis_code="AXE-1")
    ended = services.end_membership(membership=membership, ends_on=date(2026, 6, 30), by=aicha, at=clock.now())
    assert ended.ends_on == date(2026, 6, 30)
    line = AuditEntry.objects.get(action="membership.end")
    assert (line.changes, line.territory_code) == ({"ends_on": [None, "2026-06-30"]}, "REG-52")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"role": "chef"}, InputRefused),
        ({"territory_code": "Bretagne"}, TerritoryInvalid),
        ({"ends_on": date(2025, 12, 31)}, InputRefused),
    ],
)
def test_a_wrong_membership_is_refused(changes: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        give(make_user("Nouvelle Venue"), **changes)
    assert not Membership.objects.exists()


def test_the_same_membership_is_not_given_twice() -> None:
    user = make_user("Nouvelle Venue")
    give(user)
    with pytest.raises(InputRefused, match="existe déjà"):
        give(user)


def test_a_membership_does_not_end_before_it_begins() -> None:
    membership = give(make_user("Nouvelle Venue"))
    with pytest.raises(InputRefused):
        services.end_membership(membership=membership, ends_on=date(2025, 1, 1), by=None, at=clock.now())


def test_traces_are_purged_once_they_lock_nobody() -> None:
    at = clock.now()
    for minutes in (1, 20):
        attempt = AccessAttempt.objects.create(
            username=f"{minutes}@exemple.test", ip_address="127.0.0.1", failures_since_start=1
        )
        AccessAttempt.objects.filter(pk=attempt.pk).update(attempt_time=at - timedelta(minutes=minutes))
    Session.objects.create(session_key="finie", session_data="", expire_date=at - timedelta(hours=1))
    Session.objects.create(session_key="ouverte", session_data="", expire_date=at + timedelta(hours=1))
    assert services.purge_traces(at=at) == {"attempts": 1, "sessions": 1}
    assert AccessAttempt.objects.get().username == "1@exemple.test"
    assert Session.objects.get().session_key == "ouverte"
