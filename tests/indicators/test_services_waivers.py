"""Waivers: a reason, a name, a date; on a discrepancy only; shown, withdrawn, journalled."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from maillage.core.models import AuditEntry, User
from maillage.indicators import perms, services
from maillage.indicators.models import StatedFigure, Waiver
from maillage.indicators.selectors import consistency
from maillage.kernel.errors import MaillageError
from maillage.territories.models import Territory
from tests.indicators.samples import AT, axis, contradiction, document

pytestmark = pytest.mark.django_db
REASON = "Le calcul porte sur un périmètre élargi, note du 3 mars."


@pytest.fixture
def wrong(territories: dict[str, Territory]) -> StatedFigure:
    """An evolution that its two amounts do not give, on the region."""
    return contradiction(territories["REG-52"], document())


def item(figure: StatedFigure) -> consistency.Checked:
    return next(one for one in consistency.check() if one.figure.pk == figure.pk)


def test_a_waiver_goes_with_the_figure(wrong: StatedFigure, aicha: User) -> None:
    assert item(wrong).is_open
    services.waive(figure=wrong, reason=f"  {REASON} ", by=aicha, at=AT)
    found = item(wrong)
    assert found.is_discrepancy
    assert not found.is_open
    assert found.waiver is not None
    assert (found.waiver.reason, found.waiver.by, found.waiver.at) == (REASON, aicha, AT)
    assert found.waiver.verdict == "contradicts_components"


def test_it_is_journalled(wrong: StatedFigure, aicha: User) -> None:
    services.waive(figure=wrong, reason=REASON, by=aicha, at=AT)
    line = AuditEntry.objects.get(action="figure.waive")
    assert (line.actor, line.territory_code, line.object_id) == (aicha, "REG-52", str(wrong.pk))
    assert line.changes["waiver"] == [None, REASON]


@pytest.mark.parametrize("reason", ["", "   ", "court", " " * 40 + "x"])
def test_a_reason_is_due(wrong: StatedFigure, aicha: User, reason: str) -> None:
    with pytest.raises(MaillageError, match="motif"):
        services.waive(figure=wrong, reason=reason, by=aicha, at=AT)
    assert not Waiver.objects.exists()


def test_only_a_discrepancy_is_waived(wrong: StatedFigure, aicha: User) -> None:
    agreeing = StatedFigure.objects.get(code="K1")
    with pytest.raises(MaillageError, match="n'est pas en écart"):
        services.waive(figure=agreeing, reason=REASON, by=aicha, at=AT)


def test_one_waiver_at_a_time(wrong: StatedFigure, aicha: User) -> None:
    services.waive(figure=wrong, reason=REASON, by=aicha, at=AT)
    with pytest.raises(MaillageError, match="déjà"):
        services.waive(figure=wrong, reason=REASON, by=aicha, at=AT)


def test_a_withdrawn_waiver_stays_in_the_history(wrong: StatedFigure, aicha: User, prefect: User) -> None:
    waiver = services.waive(figure=wrong, reason=REASON, by=aicha, at=AT)
    services.withdraw_waiver(waiver=waiver, by=prefect, at=AT + timedelta(days=1))
    assert item(wrong).is_open
    kept = Waiver.objects.get()
    assert (kept.withdrawn_by, kept.reason) == (prefect, REASON)
    with pytest.raises(MaillageError, match="déjà retirée"):
        services.withdraw_waiver(waiver=waiver, by=aicha, at=AT)
    services.waive(figure=wrong, reason=REASON, by=aicha, at=AT + timedelta(days=2))
    assert Waiver.objects.count() == 2


@pytest.mark.parametrize("who", ["bruno", "chloe", "departement_lead", "auditor", "ddets"])
def test_the_others_may_not(wrong: StatedFigure, request: pytest.FixtureRequest, who: str) -> None:
    """The DDETS answers for its département, not for the region."""
    with pytest.raises(PermissionDenied):
        services.waive(figure=wrong, reason=REASON, by=request.getfixturevalue(who), at=AT)
    assert not Waiver.objects.exists()


def test_the_ddets_waives_in_its_departement_only(territories: dict[str, Territory], ddets: User) -> None:
    own = contradiction(territories["DEP-44"], document())
    other = contradiction(territories["DEP-49"], document("DOC-B"), prefix="L")
    services.waive(figure=own, reason=REASON, by=ddets, at=AT)
    with pytest.raises(PermissionDenied):
        services.waive(figure=other, reason=REASON, by=ddets, at=AT)


def test_the_region_answers_for_a_national_figure(territories: dict[str, Territory], aicha: User, ddets: User) -> None:
    national = contradiction(territories["FRANCE"], document())
    assert perms.can_waive(aicha, national, AT.date())
    assert not perms.can_waive(ddets, national, AT.date())


def test_an_axis_narrows_the_perimeter(wrong: StatedFigure, aicha: User) -> None:
    aicha.memberships.update(axis_code="P-1")
    assert not perms.can_waive(User.objects.get(pk=aicha.pk), wrong, AT.date())
    wrong.axis = axis()
    assert perms.can_waive(User.objects.get(pk=aicha.pk), wrong, AT.date())


def test_a_past_membership_gives_nothing(wrong: StatedFigure, aicha: User) -> None:
    aicha.memberships.update(ends_on=AT.date() - timedelta(days=1))
    assert not perms.can_waive(User.objects.get(pk=aicha.pk), wrong, AT.date())
