"""Steering: sums made by the database are those of the rules' engine; what is unknown is never zero nor mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from maillage.contracts.enums import FunderKind, Origin
from maillage.contracts.models import (
    ActionSheet,
    AnnualCap,
    Contract,
    ExecutionReport,
    Funder,
    FundingLine,
    IndicatorTarget,
    Reading,
)
from maillage.contracts.rules import facts_of, families, spent_of
from maillage.contracts.selectors.alerts import Shown, alerts_of, contract_alerts
from maillage.contracts.selectors.steering import Filters, Row, Rows, Steering, steering, summary
from maillage.contracts.selectors.steering.filters import NO_AXIS
from maillage.contracts.selectors.steering.ledger import FAMILY
from maillage.contracts.selectors.steering.people import persons_together
from maillage.contracts.selectors.steering.scope import scope_of
from maillage.contracts.selectors.steering.screen import UNBROKEN
from maillage.contracts.text import text_of
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.engines.alerts import AlertKind
from maillage.engines.contract_rules import ContractFacts, ContractTotals, Totals, totals, totals_by_axis
from maillage.indicators.enums import Known, Nature, Status
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.people import poor_persons
from maillage.indicators.selectors.poor_counts import poor_counts
from maillage.indicators.selectors.values import Value, unknown
from maillage.kernel.money import Money
from maillage.kernel.rate import Rate
from maillage.pacts.models import Axis, Pact
from maillage.territories.models import Territory
from tests.factories import Held, make_territories, make_user

AT = datetime(2024, 1, 1, tzinfo=UTC)
ON = date(2026, 7, 15)
YEARS = (2024, 2025)


@dataclass(frozen=True)
class Line:
    """A line as a test draws it: cents, each stage within the one before. `awarded` None is unknown."""

    axis: int
    year: int
    funder: int
    in_kind: bool
    planned: int
    awarded: int | None
    committed: int
    paid: int
    justified: int


def make_contract(territory: Territory, reference: str, **fields: object) -> Contract:
    given = {
        "kind": "cls",
        "title": "Contrat d'essai",
        "starts_on": date(2024, 1, 1),
        "ends_on": date(2025, 12, 31),
        "status": "in_force",
        "created_at": AT,
    }
    return Contract.objects.create(reference=reference, territory=territory, **{**given, **fields})


def make_axes() -> list[Axis]:
    pact = Pact.objects.create(code="PACTE", title="Pacte", short_title="Pacte", period="2024/2027")
    return [Axis.objects.create(pact=pact, code=f"PACTE-{n}", number=n, title=f"Axe {n}") for n in (1, 2)]


def make_funders() -> list[Funder]:
    kinds = (FunderKind.STATE, FunderKind.DEPARTEMENT, FunderKind.SOCIAL_SECURITY)
    return [Funder.objects.create(code=f"F-{kind}", name=str(kind), kind=kind) for kind in kinds]


def euros(cents: int | None) -> Decimal | None:
    return None if cents is None else Decimal(cents) / 100


def write(contract: Contract, axes: Sequence[Axis], funders: Sequence[Funder], lines: Sequence[Line]) -> None:
    """One sheet an axis, and one without an axis; the lines in them."""
    sheets = [
        ActionSheet.objects.create(contract=contract, code=f"A{n}", title=f"Action {n}", axis=axis, position=n)
        for n, axis in enumerate([*axes, None])
    ]
    FundingLine.objects.bulk_create(
        FundingLine(
            sheet=sheets[line.axis],
            key=f"L{rank}",
            year=line.year,
            funder=funders[line.funder],
            in_kind=line.in_kind,
            planned=euros(line.planned),
            awarded=euros(line.awarded),
            committed=euros(line.committed),
            paid=euros(line.paid),
            justified=euros(line.justified),
        )
        for rank, line in enumerate(lines)
    )


def one_line(planned: int, paid: int, *, year: int = 2024, axis: int = 0, funder: int = 0) -> Line:
    """Euros: all of it awarded, what is paid is committed and justified."""
    return Line(axis, year, funder, False, planned * 100, planned * 100, paid * 100, paid * 100, paid * 100)


def screen_of(user: User, **asked: str) -> Steering:
    scope = scope_of(user, ON)
    return steering(scope, scope.filters(asked))


def page_totals(contract: Contract) -> tuple[ContractFacts, ContractTotals]:
    """What the page of the contract shows: the engine, line by line, with what was awarded as the rows hold it."""
    spent = spent_of(contract)
    facts = facts_of(contract.kind, text_of(contract), families(), spent)
    sheets = tuple(
        replace(sheet, lines=tuple(replace(line, awarded=spent[sheet.code, line.key].awarded) for line in sheet.lines))
        for sheet in facts.sheets
    )
    facts = replace(facts, sheets=sheets)
    return facts, totals(facts)


def without_cap(found: Totals) -> tuple[object, object, object]:
    return (found.cash, found.in_kind, found.total)


# --- screens agree by construction ----------------------------------------------------------------------------------

CENTS = st.integers(0, 10**14 - 1) | st.integers(0, 999) | st.sampled_from([0, 1, 10, 29, 10**14 - 1])


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Any line that the database accepts, the largest amounts included: where floats lose cents."""
    planned = draw(CENTS)
    awarded = draw(st.none() | st.just(planned))
    committed = draw(st.integers(0, awarded)) if awarded is not None else 0
    paid = draw(st.integers(0, committed))
    return Line(
        draw(st.integers(0, 2)),
        draw(st.sampled_from(YEARS)),
        draw(st.integers(0, 2)),
        draw(st.booleans()),
        planned,
        awarded,
        committed,
        paid,
        draw(st.integers(0, paid)),
    )


class SumsAgree(TestCase):
    """On whatever lines, the screen, the page of a contract and a plain addition say the same to the cent."""

    @hypothesis_settings(max_examples=40)
    @given(st.lists(st.lists(lines(), max_size=8), min_size=2, max_size=2))
    def test_the_screen_sums_as_the_page_of_a_contract_does(self, drawn: list[list[Line]]) -> None:
        territories = make_territories()
        aicha = make_user("Aïcha Benali", Held(Role.COMMISSIONER, "REG-52"))
        axes, funders = make_axes(), make_funders()
        contracts = [make_contract(territories[code], code) for code in ("DEP-44", "DEP-49")]
        for contract, these in zip(contracts, drawn, strict=True):
            write(contract, axes, funders, these)
        pages = {contract.pk: page_totals(contract) for contract in contracts}
        self._same_by_contract(aicha, pages)
        self._same_by_axis(aicha, pages)
        self._same_as_a_plain_addition(aicha, [line for these in drawn for line in these])

    def _same_by_contract(self, user: User, pages: dict[int, tuple[ContractFacts, ContractTotals]]) -> None:
        for year in ("toutes", *map(str, YEARS)):
            for row in screen_of(user, lignes="contrat", annee=year).rows:
                found = pages[int(str(row.key))][1]
                expected = found.overall if year == "toutes" else found.years[int(year)]
                assert without_cap(row.totals) == without_cap(expected)

    def _same_by_axis(self, user: User, pages: dict[int, tuple[ContractFacts, ContractTotals]]) -> None:
        for pk, (facts, _) in pages.items():
            by_code = totals_by_axis(facts)
            for row in screen_of(user, lignes="axe", annee="toutes", contrat=str(pk)).rows:
                code = row.subject.code if isinstance(row.subject, Axis) else ""
                assert without_cap(row.totals) == without_cap(by_code[code].overall)

    def _same_as_a_plain_addition(self, user: User, drawn: Sequence[Line]) -> None:
        for rows in Rows.values:
            screen = screen_of(user, lignes=rows, annee="toutes")
            for stage in ("planned", "committed", "paid", "justified"):
                expected = sum(getattr(line, stage) for line in drawn)
                assert getattr(screen.total.totals.total, stage).known == Decimal(expected) / 100
                if screen.filters.rows in (Rows.TERRITORY, Rows.AXIS, Rows.YEAR, Rows.CONTRACT):
                    rowed = sum((getattr(row.totals.total, stage).known for row in screen.rows), Decimal(0))
                    assert rowed == Decimal(expected) / 100
            missing = sum(1 for line in drawn if line.awarded is None)
            assert screen.total.totals.total.awarded.missing == missing


@pytest.mark.django_db
def test_the_database_and_the_funder_give_the_same_family() -> None:
    contract = make_contract(make_territories()["DEP-44"], "C")
    sheet = ActionSheet.objects.create(contract=contract, code="A", title="Action")
    for kind in FunderKind.values:
        funder = Funder.objects.create(code=f"F-{kind}", name=kind, kind=kind)
        FundingLine.objects.create(sheet=sheet, key=kind, year=2024, funder=funder, planned=1)
    for line in FundingLine.objects.annotate(said=FAMILY).select_related("funder"):
        assert line.said == line.funder.family


# --- what a row says ------------------------------------------------------------------------------------------------


@pytest.fixture
def axes(db: None) -> list[Axis]:
    return make_axes()


@pytest.fixture
def funders(db: None) -> list[Funder]:
    return make_funders()


def test_rates_are_on_what_was_awarded_and_unknown_stays_unknown(
    territories: dict[str, Territory], axes: list[Axis], funders: list[Funder], aicha: User
) -> None:
    known, blank = make_contract(territories["DEP-44"], "A"), make_contract(territories["DEP-49"], "B")
    write(known, axes, funders, [one_line(200, 50), one_line(100, 40, funder=1)])
    write(blank, axes, funders, [Line(0, 2024, 0, False, 100, None, 0, 0, 0)])
    first, second = screen_of(aicha, lignes="contrat", annee="2024").rows
    assert first.paid_rate == Rate(Decimal(30))
    assert first.totals.state_share == Rate.of(200, 300)
    assert second.paid_rate is None
    assert second.cash.awarded.money is None, "an amount that nobody knows is no zero"


def test_credits_known_without_breakdown_are_apart_and_never_zero(
    territories: dict[str, Territory], axes: list[Axis], funders: list[Funder], aicha: User
) -> None:
    write(make_contract(territories["DEP-44"], "A"), axes, funders, [one_line(200, 50)])
    old = make_contract(territories["DEP-49"], "B", origin=Origin.TAKEN_OVER, status="expired", kind="calpae")
    AnnualCap.objects.create(contract=old, year=2024, ae=700)
    AnnualCap.objects.create(contract=old, year=2025)
    by_axis = screen_of(aicha, lignes="axe", annee="2024")
    assert [row.key for row in by_axis.rows] == [axes[0].pk, UNBROKEN]
    assert by_axis.rows[-1].unbroken.exact == Money.of(700)
    assert by_axis.total.cash.planned.exact == Money.of(200), "they are in no total of lines"
    assert by_axis.total.unbroken.exact == Money.of(700)
    by_territory = {row.label: row for row in screen_of(aicha, annee="toutes").rows}
    assert by_territory["Maine-et-Loire"].unbroken.missing == 1, "the credits of 2025 are not known"
    assert by_territory["Maine-et-Loire"].cash.planned.count == 0
    assert by_territory["Loire-Atlantique"].unbroken.count == 0
    narrowed = screen_of(aicha, lignes="territoire", annee="2024", axe="PACTE-1")
    assert (narrowed.left_out.exact, narrowed.total.unbroken.count) == (Money.of(700), 0)
    crossed = screen_of(aicha, lignes="croise", annee="2024")
    assert {key: one.exact for key, one in crossed.unbroken_in.items()} == {territories["DEP-49"].pk: Money.of(700)}
    assert [one.code for one in crossed.columns] == ["DEP-44", "DEP-49"]
    others = screen_of(aicha, annee="2024", famille="collectivity")
    assert others.total.unbroken.count == 0, "they are the State's"


def test_what_is_negotiated_is_apart(
    territories: dict[str, Territory], axes: list[Axis], funders: list[Funder], aicha: User
) -> None:
    write(make_contract(territories["DEP-44"], "A", status="negotiation"), axes, funders, [one_line(200, 0)])
    write(make_contract(territories["DEP-44"], "B", status="cancelled"), axes, funders, [one_line(900, 0)])
    row = screen_of(aicha, annee="2024").rows[0]
    assert row.cash.planned.count == 0
    assert row.negotiated.exact == Money.of(200)


def test_a_sheet_taken_out_of_the_text_counts_no_more(
    territories: dict[str, Territory], axes: list[Axis], funders: list[Funder], aicha: User
) -> None:
    contract = make_contract(territories["DEP-44"], "A")
    write(contract, axes, funders, [one_line(200, 50), one_line(100, 0, axis=1)])
    contract.sheets.filter(axis=axes[1]).update(in_text=False)
    assert screen_of(aicha, annee="2024").total.cash.planned.exact == Money.of(200)


def test_everyone_steers_what_they_see(
    territories: dict[str, Territory],
    axes: list[Axis],
    funders: list[Funder],
    aicha: User,
    departement_lead: User,
    chloe: User,
) -> None:
    for code in ("DEP-44", "DEP-49"):
        write(make_contract(territories[code], code), axes, funders, [one_line(100, 10)])
    assert screen_of(aicha, annee="2024").total.cash.planned.exact == Money.of(200)
    assert screen_of(departement_lead, annee="2024").total.cash.planned.exact == Money.of(100)
    assert screen_of(chloe).rows == ()


def test_filters_keep_what_they_say_and_forget_what_means_nothing(
    territories: dict[str, Territory], axes: list[Axis], funders: list[Funder], aicha: User
) -> None:
    for code in ("DEP-44", "EPCI-244400404"):
        drawn = [one_line(100, 10), one_line(30, 0, axis=2), one_line(7, 0, year=2025, funder=1)]
        write(make_contract(territories[code], code), axes, funders, drawn)

    def planned(**asked: str) -> Money | None:
        return screen_of(aicha, **asked).total.cash.planned.exact

    assert planned(annee="2024") == Money.of(260)
    assert planned(annee="toutes", niveau="epci") == Money.of(137)
    assert planned(annee="toutes", famille="collectivity") == Money.of(14)
    assert planned(annee="toutes", axe=NO_AXIS) == Money.of(60)
    assert planned(annee="toutes", territoire="DEP-44") == Money.of(137)
    scope = scope_of(aicha, ON)
    wrong = scope.filters({"lignes": "x", "annee": "1789", "axe": "x", "niveau": "x", "famille": "x", "contrat": "0"})
    assert wrong == Filters(year=2025), "the nearest year to today"
    assert scope.filters({"lignes": "action"}).rows == Rows.CONTRACT, "the actions of a country are no page"


def test_axis_and_territory_cross(
    territories: dict[str, Territory], axes: list[Axis], funders: list[Funder], aicha: User
) -> None:
    write(make_contract(territories["DEP-44"], "A"), axes, funders, [one_line(100, 10), one_line(30, 0, axis=1)])
    write(make_contract(territories["DEP-49"], "B"), axes, funders, [one_line(5, 0)])
    screen = screen_of(aicha, lignes="croise", annee="2024")
    planned = {key: found.total.planned.exact for key, found in screen.crossed.items()}
    assert planned == {
        (axes[0].pk, territories["DEP-44"].pk): Money.of(100),
        (axes[1].pk, territories["DEP-44"].pk): Money.of(30),
        (axes[0].pk, territories["DEP-49"].pk): Money.of(5),
    }
    assert [one.code for one in screen.columns] == ["DEP-44", "DEP-49"]


def test_a_summary_for_another_page(
    territories: dict[str, Territory], axes: list[Axis], funders: list[Funder], aicha: User, chloe: User
) -> None:
    write(make_contract(territories["DEP-44"], "A"), axes, funders, [one_line(100, 10)])
    found = summary(aicha, ON, year=2024)
    assert found.total is not None
    assert (found.year, found.contracts, found.total.cash.paid.exact) == (2024, 1, Money.of(10))
    assert [row.label for row in found.by_axis] == ["1. Axe 1"]
    assert summary(chloe, ON).year is None


# --- persons --------------------------------------------------------------------------------------------------------


def _poverty(territory: Territory, period: str, rate: str, persons: int) -> None:
    for code, value, nature in (
        (Known.POVERTY_RATE, rate, Nature.SHARE),
        (Known.FISCAL_PERSONS, persons, Nature.STOCK),
    ):
        indicator, _ = Indicator.objects.get_or_create(
            code=code, defaults={"label": code, "unit": "u", "nature": nature, "decimals": 1}
        )
        Observation.objects.create(
            indicator=indicator, territory=territory, period=period, value=value, status=Status.PUBLISHED
        )


def test_bare_counts_are_those_of_the_sourced_estimates(territories: dict[str, Territory]) -> None:
    epci, codes = territories["EPCI-244400404"], list(territories.values())
    _poverty(epci, "2020", "11.0", 600_000)
    _same_counts(codes)
    assert poor_counts(codes)["DEP-44"].estimate is not None
    names = {"level": "epci", "name": "A", "sort_name": "a", "parent": epci.parent}
    other = Territory.objects.create(code="EPCI-1", insee="1", **names)
    _poverty(other, "2021", "10.0", 100)
    _same_counts([*codes, other])
    assert poor_counts(codes)["DEP-44"].estimate is None, "two EPCI of two years do not add"
    _poverty(epci, "2021", "12.0", 610_000)
    _same_counts([*codes, other])
    assert poor_counts(codes)["DEP-44"].period == "2021"


def _same_counts(territories: Sequence[Territory]) -> None:
    bare, sourced = poor_counts(territories), poor_persons(territories)
    for code, value in sourced.items():
        found = bare[code]
        assert (found.estimate, found.period, found.reason) == (value.estimate, value.period, value.reason)


def test_euros_per_poor_person_show_their_interval(
    territories: dict[str, Territory], axes: list[Axis], funders: list[Funder], aicha: User
) -> None:
    _poverty(territories["EPCI-244400404"], "2020", "10.0", 100_000)
    write(make_contract(territories["DEP-44"], "A"), axes, funders, [one_line(20_000, 0), one_line(500, 0, funder=1)])
    write(make_contract(territories["DEP-49"], "B"), axes, funders, [one_line(20_000, 0)])
    rows: dict[str, Row] = {row.label: row for row in screen_of(aicha, annee="2024").rows}
    value = rows["Loire-Atlantique"].per_poor_person
    assert value is not None
    assert (value.amount, value.status) == (Decimal(2), Status.ESTIMATED)
    assert value.low is not None
    assert value.high is not None
    assert value.low < 2 < value.high
    other = rows["Maine-et-Loire"].per_poor_person
    assert other is not None
    assert (other.amount, bool(other.reason)) == (None, True)


def test_persons_of_a_metropole_are_not_added_to_those_of_its_departement(territories: dict[str, Territory]) -> None:
    pair = [territories["DEP-44"], territories["EPCI-244400404"]]
    exact = {"DEP-44": Value(Decimal(9), "persons"), "EPCI-244400404": Value(Decimal(5), "persons")}
    assert persons_together(pair, exact).amount == 9
    assert persons_together([*pair, territories["DEP-49"]], exact | {"DEP-49": unknown("persons", "?")}).amount is None


# --- alerts ---------------------------------------------------------------------------------------------------------


def _alerts(user: User, year: int | None = 2024, on: date = ON) -> list[Shown]:
    return alerts_of(scope_of(user, on).contracts, user, year, on)


def _kinds(found: Sequence[Shown]) -> list[AlertKind]:
    return [one.alert.kind for one in found]


def _late(
    territories: dict[str, Territory], axes: list[Axis], funders: list[Funder], paid: dict[str, int]
) -> dict[str, Contract]:
    made = {}
    for code, amount in paid.items():
        made[code] = make_contract(territories[code], code, ends_on=date(2027, 12, 31))
        write(made[code], axes, funders, [one_line(100, amount)])
        made[code].sheets.update(starts_on=date(2026, 1, 1))  # no report is owed yet
        AnnualCap.objects.create(contract=made[code], year=2024, ae=1000)
    return made


def test_ten_points_under_the_median_of_every_contract_of_the_level(
    territories: dict[str, Territory], axes: list[Axis], funders: list[Funder], aicha: User, departement_lead: User
) -> None:
    _late(territories, axes, funders, {"DEP-44": 40, "DEP-49": 50, "DEP-53": 60})
    found = _alerts(aicha)
    assert [(one.alert.kind, one.contract and one.contract.reference) for one in found] == [
        (AlertKind.EXECUTION_GAP, "DEP-44")
    ]
    assert {one.label for one in found[0].alert.why} >= {"Payé", "Prévu", "Médiane de 3"}
    gap = found[0].parameters[0]
    assert (gap.name, gap.confirmed, bool(gap.reference)) == ("alert_gap_points", False, True)
    assert _kinds(_alerts(departement_lead)) == [AlertKind.EXECUTION_GAP], "the median counts what the lead cannot see"


def test_alerts_are_for_those_who_may_act(
    territories: dict[str, Territory],
    axes: list[Axis],
    funders: list[Funder],
    bruno: User,
    chloe: User,
    auditor: User,
    ddets: User,
) -> None:
    made = _late(territories, axes, funders, {"DEP-44": 90, "DEP-49": 0, "DEP-53": 95})
    made["DEP-44"].sheets.update(starts_on=None)
    assert _alerts(bruno) == _alerts(chloe) == _alerts(auditor) == []
    assert set(_kinds(_alerts(ddets))) == {AlertKind.REPORT_OVERDUE}, "the gap is the contract of somebody else"
    assert contract_alerts(made["DEP-44"], bruno, ON) == []
    assert _kinds(contract_alerts(made["DEP-44"], ddets, ON))


def test_reports_overdue_are_counted_by_contract_and_year(
    territories: dict[str, Territory], axes: list[Axis], funders: list[Funder], ddets: User
) -> None:
    contract = make_contract(territories["DEP-44"], "A")
    write(contract, axes, funders, [])
    first, second, third = contract.sheets.order_by("code")
    ExecutionReport.objects.create(sheet=first, year=2024, status="submitted")
    ExecutionReport.objects.create(sheet=second, year=2024, status="to_complete", due_on=date(2026, 7, 14))
    found = _alerts(ddets)
    assert [(one.alert.kind, one.alert.subject) for one in found] == [
        (AlertKind.REPORT_OVERDUE, f"{contract.pk}/2024"),
        (AlertKind.REPORT_OVERDUE, f"{contract.pk}/2024"),
        (AlertKind.REPORT_OVERDUE, f"{contract.pk}/2025"),
    ]
    said = " ".join(one.alert.message_fr for one in found)
    assert "14/07/2026 : 1 jour de retard" in said
    assert "1 action sur 3" in said
    assert "3 actions sur 3" in said
    third.status = "abandoned"
    third.save()
    assert "2 actions sur 2" in " ".join(one.alert.message_fr for one in _alerts(ddets))
    contract.origin = Origin.TAKEN_OVER
    contract.save()
    assert _alerts(ddets) == [], "what was executed before the instance owes no report here"


def test_a_cap_nearly_reached_and_a_cap_exceeded(
    territories: dict[str, Territory], axes: list[Axis], funders: list[Funder], ddets: User
) -> None:
    made = _late(territories, axes, funders, {"DEP-44": 90})["DEP-44"]
    for cap, kinds in ((1000, []), (105, [AlertKind.CAP_NEARLY_REACHED]), (99, [AlertKind.CAP_EXCEEDED])):
        made.caps.filter(year=2024).update(ae=cap)
        assert _kinds(_alerts(ddets)) == kinds


@pytest.mark.parametrize(
    ("polarity", "values", "alerts"),
    [
        ("more", (9, 8, 7, 6), 1),
        ("more", (1, 9, 8, 7, 6), 1),
        ("more", (9, 8, 8, 6), 0),
        ("more", (8, 7, 6), 0),
        ("more", (9, 8, None, 6), 0),
        ("less", (6, 7, 8, 9), 1),
        ("less", (9, 8, 7, 6), 0),
        ("neutral", (9, 8, 7, 6), 0),
    ],
)
def test_a_continued_fall_of_validated_readings(
    territories: dict[str, Territory],
    axes: list[Axis],
    funders: list[Funder],
    ddets: User,
    polarity: str,
    values: tuple[int | None, ...],
    alerts: int,
) -> None:
    made = _late(territories, axes, funders, {"DEP-44": 90})["DEP-44"]
    indicator = Indicator.objects.create(code="I", label="Enfants", unit="children", nature="flow", polarity=polarity)
    target = IndicatorTarget.objects.create(sheet=made.sheets.order_by("code")[0], indicator=indicator)
    for year, value in enumerate(values, start=2020):
        reason = "" if value is not None else "non compté"
        fields = {"target": target, "year": year, "value": value, "unknown_reason": reason, "entered_at": AT}
        Reading.objects.create(period=str(year), status="validated", **fields)
    Reading.objects.create(target=target, year=2030, period="2030", value=99, status="draft", entered_at=AT)
    half = {"target": target, "year": 2031, "value": 1, "entered_at": AT, "status": "validated"}
    Reading.objects.create(period="2031-01/2031-06", **half)
    found = _alerts(ddets)
    assert _kinds(found) == [AlertKind.FALLING_TREND] * alerts
    assert all(one.alert.subject == f"{made.pk}/A0" for one in found)
