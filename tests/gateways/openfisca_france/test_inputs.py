"""The questions: complete, in French, and one with the fields that are filled."""

from __future__ import annotations

from dataclasses import MISSING, fields
from enum import StrEnum

import pytest

from maillage.gateways.openfisca_france import facts
from maillage.gateways.openfisca_france.inputs import InputUnknown, Kind, Of, question, questions, questions_of


def test_about_forty_five_questions_in_order() -> None:
    assert 40 <= len(questions()) <= 50
    assert [one.order for one in questions()] == list(range(1, len(questions()) + 1))
    assert len({one.header_fr for one in questions()}) == len(questions())


@pytest.mark.parametrize("one", questions(), ids=lambda one: one.name)
def test_a_question_is_whole(one: object) -> None:
    asked = question(one.name)  # type: ignore[attr-defined]  # pytest types a parameter as object
    assert asked.question_fr.endswith(" ?"), "a French question, its mark after a space"
    assert bool(asked.choices) == (asked.kind is Kind.CHOICE)
    if asked.kind in {Kind.AMOUNT, Kind.NUMBER}:
        assert asked.minimum == 0
        assert asked.maximum
        assert asked.unit_fr
    if asked.choices and asked.default:
        assert asked.default in asked.choices


@pytest.mark.parametrize(("of", "thing"), [(Of.PERSON, facts.Person), (Of.HOUSEHOLD, facts.Household)])
def test_questions_and_facts_are_one_list(of: Of, thing: type) -> None:
    known = {one.name: one for one in fields(thing) if one.name != "persons"}
    assert set(known) == {one.name for one in questions_of(of)}
    for asked in questions_of(of):
        default = known[asked.name].default
        if asked.is_required:
            assert default is MISSING, asked.name
        elif asked.kind in {Kind.AMOUNT, Kind.NUMBER}:
            assert default == (float(asked.default) if asked.default else None), asked.name
        elif asked.kind is Kind.YES_NO:
            assert default is False
            assert asked.default == "no"
        else:
            assert (default or "") == asked.default, asked.name


def test_choices_are_those_of_the_enumerations() -> None:
    enumerations = {
        "role": facts.Role,
        "union": facts.Union,
        "housing": facts.Housing,
        "activity": facts.Activity,
        "nationality": facts.Nationality,
        "micro_activity": facts.MicroActivity,
        "other_parent": facts.OtherParent,
    }
    choices: dict[str, type[StrEnum]] = {one.name: enumerations[one.name] for one in questions() if one.choices}
    assert set(choices) == set(enumerations)
    for name, enumeration in enumerations.items():
        assert list(question(name).choices) == [str(one) for one in enumeration]


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(InputUnknown, match="Aucune question"):
        question("shoe_size")


def test_an_age_becomes_a_date_of_birth_in_the_middle_of_what_is_possible() -> None:
    born = facts.born_on_for_age(30, "2026-01")
    assert (born.year, born.month) == (1995, 7)
    assert facts.born_on_for_age(0, "2026-09").isoformat() == "2026-03-01"
