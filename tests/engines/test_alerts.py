"""Alerts: each is drawn from figures that it shows, by thresholds that are parameters."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.contracts.parameters import all_parameters
from maillage.engines.alerts import (
    AlertFacts,
    AlertKind,
    AlertSeverity,
    CapFacts,
    ChainFacts,
    ExecutionFacts,
    ReportFacts,
    SeriesFacts,
    Used,
    alerts,
    caps_reached,
    execution_gaps,
    falling_trends,
    late_reports,
    missing_links,
    report_due_on,
)
from maillage.engines.parameters import Name, Parameter, Unit
from maillage.kernel.money import Money

ON = date(2026, 7, 10)


def row(name: str, value: str, unit: Unit, kind: str = "all") -> Parameter:
    held: Decimal | str = value if unit is Unit.MONTH_DAY else Decimal(value)
    return Parameter(name, kind, held, unit, date(2020, 1, 1), None, "essai")


ROWS = (
    row(Name.ALERT_GAP_POINTS, "10", Unit.POINTS),
    row(Name.ALERT_GROUP_MIN, "3", Unit.COUNT),
    row(Name.TREND_PERIODS, "3", Unit.COUNT),
    row(Name.REPORT_DUE_DAY, "06-30", Unit.MONTH_DAY, "cls"),
    row(Name.REPORT_REMINDER_DAYS, "30", Unit.DAYS),
    row(Name.CAP_ALERT_RATE, "0.9", Unit.RATE),
)


def without(name: str) -> tuple[Parameter, ...]:
    return tuple(each for each in ROWS if each.name != name)


def executed(subject: str, paid: int | None, planned: int | None = 100, level: str = "DEP") -> ExecutionFacts:
    return ExecutionFacts(
        subject,
        f"Département {subject}",
        level,
        None if paid is None else Decimal(paid),
        None if planned is None else Decimal(planned),
    )


# Execution


def test_ten_points_under_the_median_of_the_level() -> None:
    (alert,) = execution_gaps([executed("A", 60), executed("B", 70), executed("C", 80)], ROWS, ON)
    assert (alert.kind, alert.subject) == (AlertKind.EXECUTION_GAP, "A")
    assert "60,0\u00a0% du prévu est payé, 10,0 points sous la médiane de son niveau (70,0\u00a0%)" in alert.message_fr
    assert Used("Payé", str(Money.of(60))) in alert.why
    assert Used("Médiane de 3", "70,0\u00a0%") in alert.why


def test_nine_points_are_not_ten() -> None:
    assert not list(execution_gaps([executed("A", 61), executed("B", 70), executed("C", 80)], ROWS, ON))


def test_each_level_has_its_own_median() -> None:
    facts = [executed("A", 60), executed("B", 60), executed("C", 60)]
    facts += [executed("R", 90, level="REG"), executed("S", 90, level="REG"), executed("T", 90, level="REG")]
    assert not list(execution_gaps(facts, ROWS, ON))


@pytest.mark.parametrize("facts", [[], [("A", 0), ("B", 100)], [("A", 0), ("B", 100), ("C", None)]])
def test_too_few_known_rates_compare_nothing(facts: list[tuple[str, int | None]]) -> None:
    assert not list(execution_gaps([executed(*each) for each in facts], ROWS, ON))


def test_what_was_not_planned_has_no_rate() -> None:
    facts = [executed("A", 60), executed("B", 70), executed("C", 80), executed("D", 0, 0), executed("E", 0, None)]
    assert [alert.subject for alert in execution_gaps(facts, ROWS, ON)] == ["A"]


# Trend


def series(*values: int | None, polarity: str = "more") -> SeriesFacts:
    points = tuple((str(2020 + n), None if v is None else Decimal(v)) for n, v in enumerate(values))
    return SeriesFacts("indicators/X", "Personnes accueillies", points, polarity)


def test_three_falls_in_a_row() -> None:
    (alert,) = falling_trends([series(5, 9, 8, 7, 6)], ROWS, ON)
    assert alert.message_fr == "Personnes accueillies baisse depuis 3 périodes : de 9 (2021) à 6 (2024)."
    assert [used.value for used in alert.why] == ["9", "8", "7", "6"]


def test_where_less_is_better_a_rise_is_told() -> None:
    (alert,) = falling_trends([series(1, 2, 3, 4, polarity="less")], ROWS, ON)
    assert "monte depuis 3 périodes" in alert.message_fr
    assert not list(falling_trends([series(4, 3, 2, 1, polarity="less")], ROWS, ON))


@pytest.mark.parametrize(
    "facts",
    [
        series(9, 8, 7),
        series(9, 8, 8, 7),
        series(9, 8, None, 7, 6),
        series(9, 8, 7, 6, 7),
        series(9, 8, 7, 6, polarity="neutral"),
        series(),
    ],
)
def test_what_does_not_fall_enough_says_nothing(facts: SeriesFacts) -> None:
    assert not list(falling_trends([facts], ROWS, ON))


# Reports

REPORT = ReportFacts("reports/1", "A1", "cls", 2025, done=False)


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2026, 5, 30), []),
        (date(2026, 5, 31), [AlertKind.REPORT_DUE_SOON]),
        (date(2026, 6, 30), [AlertKind.REPORT_DUE_SOON]),
        (date(2026, 7, 1), [AlertKind.REPORT_OVERDUE]),
    ],
)
def test_a_report_is_announced_then_overdue(on: date, expected: list[AlertKind]) -> None:
    assert [alert.kind for alert in late_reports([REPORT], ROWS, on)] == expected


def test_days_late_are_counted() -> None:
    (alert,) = late_reports([REPORT], ROWS, ON)
    assert alert.message_fr == "Le rapport d'exécution 2025 de A1 était attendu le 30/06/2026 : 10 jours de retard."
    assert alert.severity is AlertSeverity.ERROR


def test_its_own_deadline_wins_and_a_done_report_is_left_alone() -> None:
    assert not list(late_reports([replace(REPORT, due_on=date(2026, 12, 31))], ROWS, ON))
    assert not list(late_reports([replace(REPORT, done=True)], ROWS, ON))
    assert report_due_on(ROWS, "cls", 2025) == date(2026, 6, 30)


def test_a_kind_without_a_deadline_says_so_once() -> None:
    unknown = [replace(REPORT, kind="annual_link", subject=str(n)) for n in range(3)]
    (alert,) = late_reports(unknown, ROWS, ON)
    assert alert.kind is AlertKind.UNVERIFIABLE
    assert "la date limite de 3 rapports (annual_link)" in alert.message_fr


# Caps

CAP = CapFacts("caps/2025", "Contrat 1", "cls", 2025, Decimal(1000), Decimal(900))


@pytest.mark.parametrize(
    ("used", "expected"),
    [
        (0, []),
        ("899.99", []),
        (900, [AlertKind.CAP_NEARLY_REACHED]),
        (1000, [AlertKind.CAP_NEARLY_REACHED]),
        ("1000.01", [AlertKind.CAP_EXCEEDED]),
    ],
)
def test_a_cap_is_announced_before_it_is_reached(used: int | str, expected: list[AlertKind]) -> None:
    assert [alert.kind for alert in caps_reached([replace(CAP, used=Decimal(used))], ROWS)] == expected


def test_what_is_left_of_a_cap_is_said() -> None:
    (near,) = caps_reached([CAP], ROWS)
    assert near.message_fr.endswith(f"({'90,0'}\u00a0%) ; il reste {Money.of(100)}.")
    (beyond,) = caps_reached([replace(CAP, used=Decimal(1200))], ROWS)
    assert beyond.message_fr.endswith(f"{Money.of(200)} de trop.")


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"cap": None}, "le plafond annuel"), ({"used": None}, "une part de l'État")],
)
def test_an_unknown_cap_is_said_not_passed(changes: dict[str, None], words: str) -> None:
    (alert,) = caps_reached([replace(CAP, **changes)], ROWS)
    assert alert.kind is AlertKind.UNVERIFIABLE
    assert words in alert.message_fr
    assert not list(caps_reached([replace(CAP, cap=None, used=Decimal(0))], ROWS))


def test_no_credit_reaches_no_cap() -> None:
    assert not list(caps_reached([replace(CAP, cap=Decimal(0), used=Decimal(0))], ROWS))


# Chain

CHAIN = ChainFacts("sheets/A1", "A1", need=True, action=True, money=True, people=True, evidence=True)


def test_each_missing_link_is_named() -> None:
    assert not list(missing_links([CHAIN]))
    (alert,) = missing_links([replace(CHAIN, need=False, evidence=False)])
    assert alert.message_fr == "A1 : il manque le besoin et la preuve dans la chaîne."
    assert Used("Le besoin", "manquant") in alert.why
    assert Used("L'argent", "présent") in alert.why


def test_an_action_that_has_not_started_owes_only_its_need() -> None:
    waiting = replace(CHAIN, money=False, people=False, evidence=False, started=False)
    assert not list(missing_links([waiting]))
    assert len(list(missing_links([replace(waiting, need=False)]))) == 1


# All of them

EVERYTHING = AlertFacts(
    execution=(executed("A", 10), executed("B", 70), executed("C", 80)),
    series=(series(9, 8, 7, 6),),
    reports=(REPORT,),
    caps=(CAP,),
    chains=(replace(CHAIN, people=False),),
)


def test_the_most_serious_comes_first() -> None:
    assert [alert.kind for alert in alerts(EVERYTHING, ROWS, ON)] == [
        AlertKind.REPORT_OVERDUE,
        AlertKind.EXECUTION_GAP,
        AlertKind.FALLING_TREND,
        AlertKind.MISSING_LINK,
        AlertKind.CAP_NEARLY_REACHED,
    ]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (Name.ALERT_GAP_POINTS, AlertKind.EXECUTION_GAP),
        (Name.ALERT_GROUP_MIN, AlertKind.EXECUTION_GAP),
        (Name.TREND_PERIODS, AlertKind.FALLING_TREND),
        (Name.REPORT_DUE_DAY, AlertKind.REPORT_OVERDUE),
        (Name.CAP_ALERT_RATE, AlertKind.CAP_NEARLY_REACHED),
    ],
)
def test_without_its_parameter_an_alert_says_it_cannot_be_verified(name: str, kind: AlertKind) -> None:
    kinds = [alert.kind for alert in alerts(EVERYTHING, without(name), ON)]
    assert kind not in kinds
    assert kinds.count(AlertKind.UNVERIFIABLE) == 1


def test_the_parameters_of_the_product_answer_every_alert() -> None:
    assert AlertKind.UNVERIFIABLE not in {alert.kind for alert in alerts(EVERYTHING, all_parameters(), ON)}


@given(st.lists(st.tuples(st.none() | st.integers(0, 100), st.sampled_from(["DEP", "REG"])), max_size=12), st.data())
def test_the_order_of_the_facts_is_nothing(rates: list[tuple[int | None, str]], data: st.DataObject) -> None:
    facts = [executed(str(n), rate, level=level) for n, (rate, level) in enumerate(rates)]
    shuffled = data.draw(st.permutations(facts))
    first = alerts(AlertFacts(execution=tuple(facts)), ROWS, ON)
    assert first == alerts(AlertFacts(execution=tuple(shuffled)), ROWS, ON)
    assert len(first) * 2 <= len(facts), "fewer than half can be under a median"
