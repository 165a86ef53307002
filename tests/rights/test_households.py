"""Every completion of the questionnaire is a household that the law engine accepts, and nothing typed is lost."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.simulator import Answers, Kind, Value, completions
from maillage.gateways.openfisca_france import household
from maillage.gateways.openfisca_france.facts import Household, Person, Role, Union
from maillage.rights.households import household_of
from maillage.rights.selectors.simulation import questions

MONTH = date(2026, 1, 1)
NOBODY = Answers({"couple": "non", "enfants": 0})


@st.composite
def some_answers(draw: st.DrawFn) -> Answers:
    row: dict[str, Value] = {}
    kept: dict[str, Value] = {}
    for question in questions():
        if question.condition.holds(row, MONTH):
            row[question.code] = draw(st.sampled_from(question.every_value(MONTH, 1)))
            if draw(st.booleans()):
                kept[question.code] = row[question.code]
    return Answers(kept)


@given(some_answers())
def test_no_completion_is_refused(answers: Answers) -> None:
    design = completions(questions(), answers, MONTH)
    columns = household.batch([household_of(row) for row in design.rows], "2026-01")
    assert len(columns["famille.id"]) == sum(len(household_of(row).persons) for row in design.rows)


@pytest.mark.parametrize("code", [question.code for question in questions()])
def test_every_answer_changes_the_household_it_describes(code: str) -> None:
    """A question that no fact depends on would be asked for nothing."""
    start = Answers({"enfants": 8}) if questions()[code].group else Answers()
    row = next(row for row in completions(questions(), start, MONTH).rows if code in row)
    others = [value for value in questions()[code].every_value(MONTH) if value != row[code]]
    changed = {
        str(household_of(other))
        for value in others
        for other in completions(questions(), Answers({**row, code: value}), MONTH).rows
    }
    assert changed - {str(household_of(row))}


def facts(**known: Value) -> Household:
    """The household of a plain single person, with what is given."""
    whole = completions(questions(), Answers({**NOBODY.known, **known}), MONTH).rows[0]
    return household_of(whole)


def test_amounts_are_put_on_the_person_who_answers() -> None:
    person = facts(
        salaire=Decimal("713.29"),
        chomage=Decimal(200),
        retraite=Decimal(300),
        invalidite=Decimal(10),
        epargne=Decimal(9),
    ).persons[0]
    assert (person.wage, person.unemployment_benefit, person.retirement_pension) == (713.29, 200.0, 300.0)
    assert (person.invalidity_pension, person.savings) == (10.0, 9.0)


def test_incomes_that_did_not_change_are_left_to_the_recent_ones() -> None:
    person = facts(changement="non").persons[0]
    assert person.wage_before is None
    assert person.wage_n2 is None
    person = facts(changement="moins_un_an", salaire_avant=Decimal(900), revenus_avant=Decimal(12000)).persons[0]
    assert (person.wage_before, person.wage_n2) == (900.0, 12000.0)
    assert person.unemployment_benefit_n2 == 0.0


def test_a_couple_with_children_is_described_whole() -> None:
    found = facts(
        couple="pacse",
        naissance_conjoint=date(1990, 5, 1),
        salaire_conjoint=Decimal(1100),
        enfants=2,
        naissance_enfant_1=date(2015, 1, 1),
        naissance_enfant_2=date(2020, 1, 1),
    )
    assert found.union is Union.CIVIL_UNION
    assert [person.role for person in found.persons] == [Role.APPLICANT, Role.PARTNER, Role.CHILD, Role.CHILD]
    assert found.persons[1].wage == 1100.0


def test_a_restriction_of_employment_goes_with_its_rate() -> None:
    for answer, rate, restricted in (("taux_50", 50, False), ("taux_50_restriction", 50, True), ("taux_80", 80, False)):
        person = facts(handicap=answer).persons[0]
        assert (person.disability_rate, person.limited_employment) == (rate, restricted)


def test_facts_keep_the_names_this_mapping_relies_on() -> None:
    assert {"wage_n2", "wage_before", "seeks_support"} <= {field.name for field in fields(Person)}


def test_one_commune_of_each_zone_stands_for_all() -> None:
    asked = questions()["commune"]
    assert asked.kind is Kind.COMMUNE
    assert len(asked.domain) == 3
    assert asked.countable
