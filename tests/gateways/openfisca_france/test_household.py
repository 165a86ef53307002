"""Households in, columns out: one signature, and every hostile answer refused by row and column."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pytest

from maillage.gateways.openfisca_france.facts import Household, Role, Union
from maillage.gateways.openfisca_france.household import batch, signature
from maillage.gateways.openfisca_france.rights import RIGHTS
from maillage.gateways.openfisca_france.system import system
from maillage.gateways.openfisca_france.timeline import MonthRefused, Span, Timeline
from maillage.kernel.errors import InputRefused
from tests.gateways.openfisca_france.oracle import MONTH, compute, household, person


def _refusal(*households: Household, month: str = MONTH) -> InputRefused:
    with pytest.raises(InputRefused) as caught:
        batch(list(households), month)
    return caught.value


@pytest.mark.parametrize("month", ["2020-01", "2021-08", "2025-02", "2025-03", "2026-01", "2026-12"])
def test_a_signature_names_variables_of_openfisca_and_a_batch_gives_every_column(month: str) -> None:
    variables = system().variables
    given = signature(month)
    assert {one.variable for one in given} <= set(variables)
    assert len({(one.variable, one.period) for one in given}) == len(given)
    single, couple = household(person()), household(person(), person(role=Role.PARTNER), union=Union.MARRIED)
    one, two = batch([single], month), batch([single, couple], month)
    assert set(one) == set(two)
    assert {g.column for g in given} <= set(one)
    counts = {"individu": 3, "famille": 2, "menage": 2, "foyer_fiscal": 2}
    for entry in given:
        column = two[entry.column]
        assert len(column) == counts[variables[entry.variable].entity.key], entry.variable
        if column.dtype.kind in "fib":
            assert column.min() >= entry.low
            assert column.max() <= entry.high


def test_the_spans_cover_every_month_once() -> None:
    for month in ("2026-01", "2026-04", "2026-12"):
        line = Timeline(month)
        months = [one for span in Span for one in line.months(span)]
        assert sorted(months) == list(line.all_months())
        assert line.months(Span.NOW)[0] == month
        assert len(line.months(Span.RECENT)) == 4


def test_a_household_among_others_has_the_answers_it_has_alone() -> None:
    first = household(person(wage=900.0), person(6, role=Role.CHILD))
    second = household(person(68, retirement_pension=800.0), person(66, role=Role.PARTNER), union=Union.COHABITING)
    together = batch([first, second], MONTH)
    for variable in ("rsa", "ppa", "aide_logement", "aspa"):
        alone = [compute(batch([one], MONTH), MONTH, variable)[0] for one in (first, second)]
        assert compute(together, MONTH, variable).tolist() == pytest.approx(alone)


def test_every_right_is_answered_for_a_household_of_each_kind() -> None:
    everybody = batch(
        [
            household(person(wage=1200.0), person(3, role=Role.CHILD), person(9, role=Role.CHILD)),
            household(person(70, retirement_pension=700.0)),
            household(person(40, disability_rate=80.0)),
            household(person(19, seeks_support=True)),
        ],
        MONTH,
    )
    for right in RIGHTS:
        for variable in right.variables:
            answer = compute(everybody, MONTH, variable, right.period(MONTH))
            assert np.isfinite(np.asarray(answer, dtype=float)).all()
    assert compute(everybody, MONTH, "aah").tolist().count(0) == 5


def test_forms_missing_fall_back_on_the_more_recent_figure() -> None:
    made = batch(
        [household(person(wage=1000.0)), household(person(wage=1000.0, wage_before=0.0, wage_n2=5000.0))], MONTH
    )
    assert made["salaire_net@before"].tolist() == [1000.0, 0.0]
    assert made["salaire_imposable@n2"] == pytest.approx([1000.0 * 1.035994, 5000 / 12], rel=1e-5)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1.0, 1e9])
@pytest.mark.parametrize("fact", ["wage", "wage_before", "retirement_pension", "disability_rate"])
def test_an_amount_that_cannot_be_is_refused_by_row_and_column(fact: str, value: float) -> None:
    bad = household(person(**{fact: value}))
    refusal = _refusal(household(person()), bad)
    assert {problem.row for problem in refusal.problems} == {2}
    assert len({problem.column for problem in refusal.problems}) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"born_on": date(2030, 1, 1)}, "après le mois calculé"),
        ({"born_on": date(1850, 1, 1)}, "avant 1900"),
        ({"born_on": "1990-01-01"}, "n'est pas une date"),
        ({"born_on": datetime(1990, 1, 1)}, "n'est pas une date"),  # noqa: DTZ001  # what a careless caller gives
        ({"born_on": date(2014, 1, 1)}, "15 ans au moins"),
        ({"unemployed_since": date(2026, 6, 1)}, "après le mois calculé"),
        ({"unemployed_since": date(1980, 6, 1)}, "avant la naissance"),
        ({"wage": "1 200"}, "n'est pas un nombre"),
        ({"wage": "1200"}, "n'est pas un nombre"),
        ({"wage": True}, "n'est pas un nombre"),
        ({"wage": None}, "il faut un nombre"),
        ({"expecting": "oui"}, "répondez par oui ou non"),
        ({"expecting": 1}, "répondez par oui ou non"),
        ({"activity": "astronaute"}, "n'est pas connu"),
        ({"activity": None}, "nécessaire"),
        ({"nationality": "FR"}, "n'est pas connu"),
        ({"alternating_care": True}, "concerne un enfant"),
    ],
)
def test_a_person_who_cannot_be_is_refused(changes: dict[str, Any], said: str) -> None:
    refusal = _refusal(household(person()), household(replace(person(), **changes)))
    assert {problem.row for problem in refusal.problems} == {2}
    assert said in str(refusal)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"persons": []}, "n'en a pas"),
        ({"persons": [person(8, role=Role.CHILD)]}, "il faut un adulte"),
        ({"persons": [person(), person()]}, "un seul demandeur"),
        ({"persons": [person(), person(role=Role.PARTNER)]}, "mariage, Pacs ou union libre"),
        ({"union": Union.MARRIED}, "il faut décrire le conjoint"),
        ({"persons": [person(50), person(30, role=Role.CHILD)]}, "forme un autre foyer"),
        ({"commune": "99999"}, "n'est pas dans le zonage"),
        ({"commune": ""}, "la commune est nécessaire"),
        ({"commune": None}, "la commune est nécessaire"),
        ({"housing": None}, "le logement est nécessaire"),
        ({"housing": "castle"}, "n'est pas connu"),
        ({"rent": -5.0}, "il faut une valeur de 0"),
    ],
)
def test_a_household_that_cannot_be_is_refused(changes: dict[str, Any], said: str) -> None:
    refusal = _refusal(household(person()), replace(household(person()), **changes))
    assert {problem.row for problem in refusal.problems} == {2}
    assert said in str(refusal)


def test_a_disabled_adult_child_stays_in_the_family() -> None:
    made = batch([household(person(60), person(30, role=Role.CHILD, disability_rate=80.0))], MONTH)
    assert made["famille.role"].tolist() == ["demandeur", "enfant"]


def test_every_problem_is_told_at_once() -> None:
    refusal = _refusal(household(person(wage=-1.0), commune="99999"), household(person(), union=Union.MARRIED))
    assert [problem.row for problem in refusal.problems] == [1, 1, 2]


def test_nothing_to_compute_is_refused() -> None:
    assert "aucun foyer" in str(_refusal())


def test_a_month_out_of_reach_is_refused_before_the_answers() -> None:
    for month in ("2019-12", "2035-01", "2026-1"):
        with pytest.raises(MonthRefused):
            batch([household(person(wage=-1.0))], month)
