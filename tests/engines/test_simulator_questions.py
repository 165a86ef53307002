"""The questionnaire is sound data, and an answer is read or refused with what to do."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from maillage.engines.simulator import Kind, Questionnaire, ValueRefused, questionnaire, read_value
from maillage.engines.simulator.conditions import Condition
from maillage.engines.simulator.questions import parse

MONTH = date(2026, 1, 1)
HEAD = "code,section,label,help,kind,choices,minimum,maximum,levels,condition,unit,repeat\n"


def small(*rows: str) -> Questionnaire:
    return parse(HEAD + "".join(f"{row}\n" for row in rows))


def test_the_questionnaire_is_short_and_plain() -> None:
    questions = questionnaire().questions
    asked = {question.group or question.code for question in questions}
    always = {question.code for question in questions if not question.condition.terms}
    assert 15 <= len(always) <= 20
    assert len(asked) <= 32
    assert all(question.label.endswith("?") or question.group for question in questions)
    assert all(question.code.isascii() and question.code == question.code.lower() for question in questions)


def test_usual_values_are_themselves_acceptable_answers() -> None:
    for question in questionnaire():
        for value in question.usual_values(MONTH, 2):
            assert read_value(question, str(value), MONTH) == value, question.code


def test_finer_usual_values_hold_the_coarser_ones() -> None:
    for question in questionnaire():
        coarse, fine = (set(question.usual_values(MONTH, times)) for times in (1, 2))
        assert coarse <= fine


def test_a_question_is_asked_once_its_condition_is_met() -> None:
    def asked(**known: object) -> set[str]:
        return {question.code for question in questionnaire().relevant(known, MONTH)}  # type: ignore[arg-type]  # values of each kind

    assert "naissance_conjoint" not in asked()
    assert "naissance_conjoint" not in asked(couple="non")
    assert "naissance_conjoint" in asked(couple="pacse")
    assert "loyer" in asked(logement="locataire_hlm")
    assert "loyer" not in asked(logement="proprietaire")
    assert {"naissance_enfant_1", "naissance_enfant_2"} <= asked(enfants=2)
    assert "naissance_enfant_3" not in asked(enfants=2)


def test_what_an_answer_no_longer_calls_for_is_not_asked_even_if_it_was_answered() -> None:
    known = {"couple": "marie", "enfants": 1, "autre_parent": "participe"}
    assert "pension_alimentaire" not in {q.code for q in questionnaire().relevant(known, MONTH)}


@pytest.mark.parametrize(
    "rows",
    [
        ("a,S,A ?,,choice,x=X,,,,,,",),
        ("a,S,A ?,,amount,,0,10,,,,",),
        ("a,S,A ?,,choice,x=X|y=Y,,,,b=x,,", "b,S,B ?,,choice,x=X|y=Y,,,,,,"),
        ("a,S,A ?,,choice,x=X|y=Y,,,,,,", "a,S,A ?,,choice,x=X|y=Y,,,,,,"),
        ("a,S,A ?,,choice,x=X|y=Y,,,,b <> 2,,",),
    ],
    ids=["one choice", "no usual value", "condition on a later question", "twice", "condition not understood"],
)
def test_unsound_data_are_refused(rows: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"a|b"):
        small(*rows)


def test_conditions_join_answers_and_counts() -> None:
    condition = Condition.parse("logement=hlm|foyer & enfants>=2")
    assert condition.holds({"logement": "foyer", "enfants": 2}, MONTH)
    assert not condition.holds({"logement": "foyer", "enfants": 1}, MONTH)
    assert not condition.holds({"logement": "autre", "enfants": 3}, MONTH)
    assert not condition.holds({"enfants": 3}, MONTH)


def test_of_a_birth_a_condition_looks_at_the_age() -> None:
    young, old = Condition.parse("naissance<26"), Condition.parse("naissance>=26")
    for born, is_young in ((date(2000, 1, 1), False), (date(2000, 2, 1), True), (date(2010, 1, 1), True)):
        assert young.holds({"naissance": born}, MONTH) is is_young
        assert old.holds({"naissance": born}, MONTH) is not is_young


@pytest.mark.parametrize(
    ("code", "typed", "value"),
    [
        ("salaire", "1 234,50", Decimal("1234.50")),
        ("salaire", "850 €", Decimal(850)),
        ("salaire", "0", Decimal(0)),
        ("enfants", "3", 3),
        ("naissance", "03/1985", date(1985, 3, 1)),
        ("naissance", "1985-03", date(1985, 3, 1)),
        ("naissance", "17/03/1985", date(1985, 3, 1)),
        ("naissance", "3.1985", date(1985, 3, 1)),
        ("couple", "marie", "marie"),
        ("commune", " 2a004 ", "2A004"),
    ],
)
def test_an_answer_is_read_as_people_type_it(code: str, typed: str, value: object) -> None:
    assert read_value(questionnaire()[code], typed, MONTH) == value


@pytest.mark.parametrize(
    ("code", "typed"),
    [
        ("salaire", "-100"),
        ("salaire", "NaN"),
        ("salaire", "inf"),
        ("salaire", "1e9"),
        ("salaire", "beaucoup"),
        ("salaire", "99999999"),
        ("salaire", "9" * 500),
        ("enfants", "40"),
        ("enfants", "1,5"),
        ("enfants", "-1"),
        ("naissance", "03/2030"),
        ("naissance", "13/1985"),
        ("naissance", "00/1985"),
        ("naissance", "03/0000"),
        ("naissance", "1961"),
        ("naissance", "01/1700"),
        ("naissance", "01/2020"),
        ("naissance_enfant_1", "01/1990"),
        ("couple", "peut-être"),
        ("commune", "Springfield"),
        ("commune", "'; --"),
        ("loyer", ""),
        ("naissance", "٠٣/١٩٨٥"),
    ],
)
def test_an_answer_that_cannot_be_true_is_refused_without_repeating_it(code: str, typed: str) -> None:
    with pytest.raises(ValueRefused) as refused:
        read_value(questionnaire()[code], typed, MONTH)
    assert str(refused.value).endswith(".")
    assert len(typed) < 2 or typed not in str(refused.value)


def test_the_age_is_that_of_the_month_studied() -> None:
    youngest = questionnaire()["naissance"]
    assert read_value(youngest, "01/2010", MONTH) == date(2010, 1, 1)
    with pytest.raises(ValueRefused):
        read_value(youngest, "02/2010", MONTH)


def test_every_kind_has_a_reader() -> None:
    assert {question.kind for question in questionnaire()} == set(Kind)
