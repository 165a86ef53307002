"""What the services write, refuse, and leave in the journal; what the database itself refuses."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from maillage.collection import perms, services
from maillage.collection.digests import answers_to_check, figures_to_give
from maillage.collection.enums import Answer, CampaignStatus
from maillage.collection.models import Campaign, RequestedFigure
from maillage.collection.selectors.campaigns import boards, own_lines, requests_of, seen_requests
from maillage.collection.selectors.history import Before, warnings, year_shifted
from maillage.collection.services import Entry
from maillage.collection.services.campaigns import Asked
from maillage.collection.services.reading import Answered, AnswerRefused, read_answer, written
from maillage.core.enums import Role
from maillage.core.models import AuditEntry, User
from maillage.indicators.enums import Status
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.series import series
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.sources.models import SourceEdition
from maillage.territories.models import Territory
from tests.collection.building import AT, TODAY, Collecting, make_campaign
from tests.factories import Held, make_user

pytestmark = pytest.mark.django_db
LATER = AT + timedelta(days=20)


def close(collecting: Collecting) -> Campaign:
    return services.close(campaign=collecting.campaign, by=collecting.team, at=AT)


def consolidate(collecting: Collecting, status: Status = Status.PROVISIONAL, *, later: bool = False) -> int:
    at = LATER if later else AT
    return services.consolidate(campaign=collecting.campaign, status=status, by=collecting.team, at=at).observations


# --- what the database refuses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"answer": Answer.KNOWN}, "unknown_is_not_zero"),
        ({"answer": Answer.AWAITED, "value": 0}, "unknown_is_not_zero"),
        ({"answer": Answer.UNAVAILABLE, "value": 0, "reason": "x"}, "unknown_is_not_zero"),
        ({"answer": Answer.UNAVAILABLE}, "missing_has_reason"),
        ({"answer": Answer.NOT_APPLICABLE}, "missing_has_reason"),
        ({"answer": Answer.KNOWN, "value": 200, "numerator": 2, "denominator": 1}, "numerator_within_denominator"),
        ({"answer": Answer.KNOWN, "value": 0, "numerator": 0, "denominator": 0}, "numerator_within_denominator"),
        ({"answer": Answer.KNOWN, "value": 1, "numerator": 1}, "numerator_within_denominator"),
        ({"answer": Answer.KNOWN, "value": 1, "denominator": 1}, "numerator_within_denominator"),
    ],
)
def test_the_database_refuses(collecting: Collecting, fields: dict[str, Any], constraint: str) -> None:
    figure = collecting.figures()[0]
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        RequestedFigure.objects.filter(pk=figure.pk).update(**fields)


def test_a_figure_is_asked_once(prepared: Collecting) -> None:
    asked = [Asked(prepared.indicators["MEALS"]), Asked(prepared.indicators["MEALS"], period="2025-06")]
    made = services.add_figures(figure_request=prepared.caf, figures=asked, by=prepared.team, at=AT)
    assert [one.period for one in made] == ["2025-06"]
    twin = prepared.figures()[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        RequestedFigure.objects.create(
            request=prepared.caf, indicator=twin.indicator, territory=twin.territory, period=twin.period
        )


# --- preparation ----------------------------------------------------------------------------------------------------


def test_a_list_does_not_change_once_the_campaign_is_open(collecting: Collecting) -> None:
    team, one = collecting.team, collecting.caf
    with pytest.raises(MaillageError, match="ne change plus"):
        services.remove_request(figure_request=one, by=team, at=AT)
    with pytest.raises(MaillageError, match="ne change plus"):
        services.add_figures(figure_request=one, figures=[Asked(collecting.indicators["MEALS"])], by=team, at=AT)


def test_a_campaign_waits_for_its_opening_day(prepared: Collecting) -> None:
    with pytest.raises(MaillageError, match="date d'ouverture"):
        services.open_campaign(campaign=prepared.campaign, by=prepared.team, at=AT - timedelta(days=60))


def test_a_partner_stands_in_the_territory_and_answers_there(
    prepared: Collecting, chloe: User, territories: dict[str, Territory]
) -> None:
    with pytest.raises(InputRefused) as refused:
        services.add_request(
            campaign=prepared.campaign,
            partner=" ",
            kind="caf",
            territory=territories["DEP-35"],
            responsible=prepared.operator,
            by=prepared.team,
            at=AT,
        )
    assert [problem.column for problem in refused.value.problems] == ["responsable", "partenaire", "territoire"]
    with pytest.raises(InputRefused, match="habilitation"):
        services.assign(figure_request=prepared.caf, responsible=chloe, by=prepared.team, at=AT)


def test_an_extension_says_why(collecting: Collecting) -> None:
    one, team = collecting.caf, collecting.team
    with pytest.raises(InputRefused, match="pourquoi"):
        services.extend(figure_request=one, due_on=date(2026, 5, 1), reason=" ", by=team, at=AT)
    services.extend(figure_request=one, due_on=date(2026, 5, 1), reason="Logiciel changé", by=team, at=AT)
    assert own_lines(collecting.operator, TODAY)[0].due_on == date(2026, 5, 1)
    assert AuditEntry.objects.filter(action="request.extend").count() == 1


def test_a_copy_leaves_out_who_has_no_role_any_more(prepared: Collecting) -> None:
    prepared.operator.memberships.update(ends_on=date(2025, 12, 31))
    made = services.copy_campaign(
        source=prepared.campaign,
        title="Collecte suivante",
        year=2026,
        opens_on=date(2027, 1, 1),
        due_on=date(2027, 3, 1),
        by=prepared.team,
        at=AT,
    )
    assert not made.requests.filter(responsible__isnull=False).exists()
    assert made.requests.count() == 4
    assert RequestedFigure.objects.filter(request__campaign=made, period="2026").count() == 12


@pytest.mark.parametrize(
    ("period", "years", "expected"),
    [("2024", 1, "2025"), ("2024-11", -1, "2023-11"), ("2023/2024", 1, "2024/2025"), ("2024-02-29", 1, "2025-02")],
)
def test_a_period_moves_by_years(period: str, years: int, expected: str) -> None:
    assert year_shifted(period, years) == expected


# --- answers --------------------------------------------------------------------------------------------------------


def test_the_same_answer_again_changes_nothing(collecting: Collecting) -> None:
    collecting.fill(collecting.caf, by=collecting.operator)
    before = AuditEntry.objects.count()
    collecting.fill(collecting.caf, by=collecting.operator)
    assert AuditEntry.objects.count() == before
    assert {figure.revision for figure in collecting.figures()} == {1}


def test_each_value_has_its_history(collecting: Collecting) -> None:
    figure = collecting.figures()[0]
    for value in ("1", "2"):
        entries = {figure.pk: Entry(Answered(Answer.KNOWN, Decimal(value)))}
        services.enter(figure_request=collecting.caf, entries=entries, by=collecting.operator, at=AT)
    lines = AuditEntry.objects.filter(object_type="collection.requestedfigure", object_id=str(figure.pk)).order_by("pk")
    assert [line.changes["value"] for line in lines] == [[None, "1"], ["1.0000", "2"]]
    assert {line.actor for line in lines} == {collecting.operator}


def test_a_list_of_another_partner_is_not_written(collecting: Collecting) -> None:
    figure = collecting.figures(collecting.cpam)[0]
    entries = {figure.pk: Entry(Answered(Answer.KNOWN, Decimal(1)))}
    with pytest.raises(MaillageError, match="n'appartient pas"):
        services.enter(figure_request=collecting.caf, entries=entries, by=collecting.operator, at=AT)


def test_a_transmitted_list_takes_no_more_values(collecting: Collecting) -> None:
    collecting.fill(collecting.caf)
    services.submit(figure_request=collecting.caf, by=collecting.operator, at=AT)
    with pytest.raises(MaillageError, match="ne se modifie plus"):
        collecting.fill(collecting.caf, value="3")


def test_a_remark_stands_until_the_answer_is_valid(collecting: Collecting) -> None:
    one, figure = collecting.caf, collecting.figures()[0]
    collecting.fill(one)
    services.submit(figure_request=one, by=collecting.operator, at=AT)
    services.ask(figure_request=one, remarks={figure.pk: "Par an ?"}, by=collecting.team, at=AT)
    assert collecting.figures()[0].review == "Par an ?"
    services.submit(figure_request=one, by=collecting.operator, at=AT)
    services.validate(figure_request=one, by=collecting.team, at=AT)
    assert collecting.figures()[0].review == ""


SHARE = Indicator(code="S", label="Part", unit="%", nature="share")
COUNT = Indicator(code="C", label="Repas", unit="meals", nature="flow")


@pytest.mark.parametrize(
    ("indicator", "texts", "expected"),
    [
        (COUNT, {}, Answered(Answer.AWAITED)),
        (COUNT, {"value": " 1\u202f234,5 "}, Answered(Answer.KNOWN, Decimal("1234.5"))),
        (COUNT, {"value": "0"}, Answered(Answer.KNOWN, Decimal(0))),
        (COUNT, {"value": "n.d.", "reason": "panne"}, Answered(Answer.UNAVAILABLE, reason="panne")),
        (COUNT, {"reason": "panne"}, Answered(Answer.UNAVAILABLE, reason="panne")),
        (COUNT, {"answer": "Sans objet", "reason": "r"}, Answered(Answer.NOT_APPLICABLE, reason="r")),
        (COUNT, {"comment": "à venir"}, Answered(Answer.AWAITED, comment="à venir")),
        (
            SHARE,
            {"numerator": "1", "denominator": "3"},
            Answered(Answer.KNOWN, Decimal("33.3333"), Decimal(1), Decimal(3)),
        ),
        (
            SHARE,
            {"value": "33,3 %", "numerator": "1", "denominator": "3"},
            Answered(Answer.KNOWN, Decimal("33.3333"), Decimal(1), Decimal(3)),
        ),
        (SHARE, {"value": "33,3"}, Answered(Answer.KNOWN, Decimal("33.3"))),
    ],
)
def test_an_answer_is_read(indicator: Indicator, texts: dict[str, str], expected: Answered) -> None:
    assert read_answer(indicator, texts) == expected
    assert read_answer(indicator, written(expected)) == expected


@pytest.mark.parametrize(
    ("indicator", "texts", "field"),
    [
        (COUNT, {"value": "douze"}, "value"),
        (COUNT, {"value": "-3"}, "value"),
        (COUNT, {"value": "1,23456"}, "value"),
        (COUNT, {"value": "1" * 17}, "value"),
        (COUNT, {"value": "3", "answer": "non disponible", "reason": "x"}, "value"),
        (COUNT, {"answer": "non disponible"}, "reason"),
        (COUNT, {"answer": "peut-être"}, "answer"),
        (COUNT, {"answer": "donné"}, "value"),
        (COUNT, {"numerator": "1", "denominator": "2"}, "numerator"),
        (COUNT, {"value": "3", "reason": "x"}, "reason"),
        (COUNT, {"comment": "x" * 501}, "comment"),
        (SHARE, {"value": "101"}, "value"),
        (SHARE, {"numerator": "3", "denominator": "2"}, "numerator"),
        (SHARE, {"numerator": "0", "denominator": "0"}, "denominator"),
        (SHARE, {"numerator": "3"}, "denominator"),
        (SHARE, {"value": "50", "numerator": "1", "denominator": "3"}, "value"),
    ],
)
def test_what_is_no_answer_is_refused_by_its_field(indicator: Indicator, texts: dict[str, str], field: str) -> None:
    with pytest.raises(AnswerRefused) as refused:
        read_answer(indicator, texts)
    assert list(refused.value.problems) == [field]


@pytest.mark.parametrize(
    ("value", "before", "told"),
    [("1000", "100", True), ("999", "100", False), ("10", "100", True), ("11", "100", False), ("5", "0", False)],
)
def test_an_order_of_magnitude_is_told(value: str, before: str, told: bool) -> None:
    found = warnings(COUNT, Decimal(value), Before(Decimal(before), "2024", "Collecte"))
    assert bool(found) is told


def test_pieces_have_no_decimals() -> None:
    assert warnings(COUNT, Decimal("1.5"), None)
    assert not warnings(SHARE, Decimal("1.5"), None)


# --- consolidation --------------------------------------------------------------------------------------------------


def test_consolidated_figures_lead_to_their_source(collecting: Collecting) -> None:
    collecting.validated(collecting.caf)
    collecting.fill(collecting.cpam)
    close(collecting)
    assert consolidate(collecting) == 3
    edition = SourceEdition.objects.get(publisher="Caisse inventée")
    assert (edition.title, edition.vintage, edition.rows) == ("Collecte inventée", "2025", 3)
    share = Observation.objects.get(indicator__code="TAKE-UP")
    assert (share.value, share.numerator, share.denominator, share.status) == (49, 49, 100, "provisional")
    point = series(collecting.indicators["MEALS"], "departement").points[0]
    assert str(point.value.source) == f"Caisse inventée, Collecte inventée, demande {collecting.caf.pk}"
    assert not Observation.objects.filter(edition__publisher="Assurance inventée").exists(), "it was not validated"


def test_consolidating_twice_adds_nothing(collecting: Collecting) -> None:
    collecting.validated(collecting.caf)
    collecting.validated(collecting.other)
    close(collecting)
    assert consolidate(collecting) == 6
    assert consolidate(collecting, later=True) == 0
    assert Observation.objects.count() == 6
    assert SourceEdition.objects.count() == 2


def test_a_second_consolidation_replaces_nothing_silently(collecting: Collecting) -> None:
    one, team = collecting.validated(collecting.caf), collecting.team
    close(collecting)
    consolidate(collecting)
    services.reopen(campaign=collecting.campaign, reason="Une erreur", by=team, at=AT)
    services.unlock(figure_request=one, reason="Une erreur", by=team, at=AT)
    figure = collecting.figures()[0]
    entries = {figure.pk: Entry(Answered(Answer.KNOWN, Decimal(150)))}
    services.enter(figure_request=one, entries=entries, by=team, at=AT)
    services.submit(figure_request=one, by=team, at=AT)
    services.validate(figure_request=one, by=team, at=AT)
    close(collecting)
    assert consolidate(collecting, later=True) == 1
    values = Observation.objects.filter(indicator__code="MEALS").order_by("pk").values_list("value", flat=True)
    assert list(values) == [120, 150]
    shown = series(collecting.indicators["MEALS"], "departement").points[0].value
    assert shown.amount == 150
    assert "Autre valeur selon" in shown.note
    assert "complément du" in str(shown.source)


def test_what_is_missing_is_unavailable_and_never_zero(collecting: Collecting) -> None:
    one = collecting.caf
    figures = collecting.figures()
    collecting.fill(one)
    entries = {
        figures[0].pk: Entry(Answered(Answer.UNAVAILABLE, reason="panne")),
        figures[1].pk: Entry(Answered(Answer.NOT_APPLICABLE, reason="hors mission")),
    }
    services.enter(figure_request=one, entries=entries, by=collecting.team, at=AT)
    services.submit(figure_request=one, by=collecting.team, at=AT)
    services.validate(figure_request=one, by=collecting.team, at=AT)
    close(collecting)
    assert consolidate(collecting) == 2
    missing = Observation.objects.get(indicator=figures[0].indicator)
    assert (missing.value, missing.status) == (None, Status.UNAVAILABLE)
    assert "panne" in missing.note
    assert not Observation.objects.filter(indicator=figures[1].indicator).exists()


def test_provisional_figures_become_published(collecting: Collecting) -> None:
    collecting.validated(collecting.caf)
    close(collecting)
    consolidate(collecting)
    assert consolidate(collecting, Status.PUBLISHED, later=True) == 3
    shown = series(collecting.indicators["MEALS"], "departement").points[0].value
    assert shown.status == Status.PUBLISHED
    assert not shown.note


# --- what waits, and for whom ---------------------------------------------------------------------------------------


def test_reminders_go_to_the_person_responsible_only(collecting: Collecting, ddets: User, chloe: User) -> None:
    given = figures_to_give(collecting.operator, TODAY)
    assert [item.label for item in given] == ["Chiffres à donner\u00a0: Collecte inventée, Caisse inventée (0 sur 3)"]
    assert not given[0].late
    assert figures_to_give(collecting.operator, date(2026, 4, 1))[0].late
    for other in (ddets, chloe, collecting.team):
        assert figures_to_give(other, TODAY) == []
    collecting.fill(collecting.caf)
    services.submit(figure_request=collecting.caf, by=collecting.operator, at=AT)
    assert figures_to_give(collecting.operator, TODAY) == []


def test_an_answer_waits_for_its_ddets_or_for_the_team(collecting: Collecting, ddets: User) -> None:
    for one in (collecting.caf, collecting.other, collecting.regional):
        collecting.fill(one)
        services.submit(figure_request=one, by=collecting.team, at=AT)
    assert [item.label for item in answers_to_check(ddets, TODAY)] == [
        "Réponse à relire\u00a0: Collecte inventée, Caisse inventée"
    ]
    assert [item.label for item in answers_to_check(collecting.team, TODAY)] == [
        "Réponse à relire\u00a0: Collecte inventée, Agence inventée"
    ]
    late = answers_to_check(collecting.team, date(2026, 4, 2))
    assert "1 partenaire en retard sur 4" in late[-1].label


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("where", ["FRANCE", "REG-52", "DEP-44", "EPCI-244400404", "DEP-35"])
@pytest.mark.parametrize("status", CampaignStatus.values)
def test_lists_and_permissions_agree(
    territories: dict[str, Territory], aicha: User, role: str, where: str, status: str
) -> None:
    """What a list shows is exactly what the page of each request would open."""
    collecting = make_campaign(territories, aicha)
    user = make_user("Agent", Held(Role(role), where))
    collecting.cpam.responsible = user
    collecting.cpam.save()
    Campaign.objects.update(status=status)
    opened = {one.pk for one in requests_of() if perms.can_view_request(user, one, TODAY)}
    assert {one.pk for one in seen_requests(user, TODAY)} == opened
    on_boards = {line.request.pk for board in boards(user, TODAY) for line in board.lines}
    assert on_boards <= opened
