"""Intervals hold the truth and only narrow; the next question is the one that narrows most."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.simulator import (
    Answers,
    Bound,
    Design,
    Questionnaire,
    completions,
    intervals,
    next_question,
    questionnaire,
)
from maillage.engines.simulator.completions import MAX_ROWS
from maillage.engines.simulator.narrowing import Amounts, expected_narrowing
from maillage.engines.simulator.questions import Value, parse

MONTH = date(2026, 1, 1)
DISCRETE = parse(
    "code,section,label,help,kind,choices,minimum,maximum,levels,condition,unit,repeat\n"
    "couple,S,Couple ?,,choice,non=Non|oui=Oui,,,,,,\n"
    "enfants,S,Enfants ?,,count,,0,3,0|1,,,\n"
    "isole,S,Isolé ?,,choice,oui=Oui|non=Non|autre=Autre,,,,couple=non & enfants>=1,,\n"
    "logement,S,Logement ?,,choice,hlm=HLM|prive=Privé|aucun=Aucun,,,,,,\n"
    "bail,S,Bail ?,,choice,vide=Vide|meuble=Meublé,,,,logement=prive,,\n"
)
WEIGHTS = {"couple": 90.0, "enfants": 150.0, "isole": 120.0, "logement": 200.0, "bail": 30.0}


def score(row: Mapping[str, Value], code: str) -> float:
    """A deterministic amount for an answer: any function would do, as long as it does not depend on the order."""
    return WEIGHTS[code] * (sum(map(ord, str(row[code]))) % 7) if code in row else 0.0


def rights(design: Design) -> Amounts:
    """Two invented rights over the discrete questions: a sum, and a product with a threshold."""
    total = [sum(score(row, code) for code in WEIGHTS) for row in design.rows]
    other = [max(0.0, 900 - score(row, "couple") * score(row, "logement") / 50) for row in design.rows]
    return {"total": numpy.array(total, dtype=float), "seuil": numpy.array(other, dtype=float)}


def answered(known: Mapping[str, Any]) -> Answers:
    return Answers(dict(known))


def whole_household(draw: st.DrawFn, asked: Questionnaire) -> dict[str, Value]:
    row: dict[str, Value] = {}
    for question in asked:
        if question.condition.holds(row, MONTH):
            row[question.code] = draw(st.sampled_from(question.every_value(MONTH)))
    return row


@st.composite
def partly_answered(draw: st.DrawFn) -> tuple[dict[str, Value], list[str]]:
    row = whole_household(draw, DISCRETE)
    return row, draw(st.permutations(list(row)))


@given(partly_answered())
def test_each_answer_only_narrows_what_is_proven_and_the_last_gives_a_point(
    case: tuple[dict[str, Value], list[str]],
) -> None:
    household, order = case
    known: dict[str, Value] = {}
    before = None
    for code in ["", *order]:
        if code:
            known[code] = household[code]
        design = completions(DISCRETE, answered(known), MONTH)
        now = intervals(rights(design), design)
        assert design.bound in (Bound.PROVEN, Bound.EXACT)
        truth = intervals(rights(Design((household,), Bound.EXACT, True)), Design((household,), Bound.EXACT, True))
        for right, interval in now.items():
            assert interval.low <= truth[right].low <= interval.high
            if before is not None:
                assert before[right].low <= interval.low <= interval.high <= before[right].high
        before = now
    assert design.bound is Bound.EXACT
    assert all(interval.is_point for interval in now.values())


@given(partly_answered(), st.integers(0, 5))
def test_the_order_of_the_answers_does_not_matter(case: tuple[dict[str, Value], list[str]], count: int) -> None:
    household, order = case
    known = {code: household[code] for code in order[:count]}
    turned = {code: household[code] for code in reversed(order[:count])}
    one, two = (completions(DISCRETE, answered(each), MONTH) for each in (known, turned))
    assert one == two
    asked = [next_question(DISCRETE, answered(each), MONTH, one, rights(one)) for each in (known, turned)]
    assert asked[0] == asked[1]


@given(partly_answered(), st.integers(0, 5))
def test_the_next_question_is_the_one_that_narrows_most(case: tuple[dict[str, Value], list[str]], count: int) -> None:
    """Against the plain definition: answer the question each way, measure again, weigh by how often it is met."""
    household, order = case
    known = {code: household[code] for code in order[:count]}
    design = completions(DISCRETE, answered(known), MONTH)
    now = intervals(rights(design), design)
    found = next_question(DISCRETE, answered(known), MONTH, design, rights(design))
    gains = {}
    for question in DISCRETE.relevant(known, MONTH):
        if question.code in known:
            continue
        left = 0.0
        for value in question.every_value(MONTH):
            narrower = completions(DISCRETE, answered({**known, question.code: value}), MONTH)
            widths = sum(each.width for each in intervals(rights(narrower), narrower).values())
            left += widths * len(narrower.rows) / len(design.rows)
        gains[question.code] = sum(each.width for each in now.values()) - left
    best = max(gains.values(), default=0.0)
    if found is None:
        assert best <= 0.02
    else:
        assert gains[found.code] == pytest.approx(best)


@st.composite
def real_answers(draw: st.DrawFn) -> Answers:
    household = whole_household(draw, REAL)
    kept = draw(st.sets(st.sampled_from(sorted(household))))
    declined = draw(st.sets(st.sampled_from(sorted(set(household) - kept) or ["couple"])))
    return Answers({code: household[code] for code in kept}, frozenset(declined - kept))


REAL = questionnaire().with_domain("commune", ("75056", "69123", "01004"))


@given(real_answers())
def test_completions_keep_what_is_answered_and_hold_only_what_is_asked(answers: Answers) -> None:
    design = completions(REAL, answers, MONTH)
    assert 1 <= len(design.rows) <= MAX_ROWS
    for row in design.rows:
        given_so_far: dict[str, Value] = {}
        for question in REAL:
            assert (question.code in row) == question.condition.holds(given_so_far, MONTH)
            if question.code in row:
                given_so_far[question.code] = row[question.code]
                assert question.code not in answers.known or row[question.code] == answers.known[question.code]
    assert completions(REAL, answers, MONTH) == design


def test_a_sample_meets_the_extremes_and_every_answer() -> None:
    design = completions(REAL, Answers({"couple": "non"}), MONTH)
    assert design.bound is Bound.SAMPLED
    assert not design.whole
    incomes = ["salaire", "chomage", "retraite", "invalidite", "indemnites", "epargne"]
    assert any(all(row[code] == 0 for code in incomes) for row in design.rows)
    for code in incomes:
        alone = [row for row in design.rows if row[code] and not any(row[o] for o in incomes if o != code)]
        assert alone, code
    for question in REAL.relevant({"couple": "non"}, MONTH):
        if question.code != "couple":
            assert {row[question.code] for row in design.rows} == set(question.usual_values(MONTH))


def test_an_amount_not_known_is_never_called_proven() -> None:
    whole = next(iter(completions(REAL, Answers({"couple": "non", "enfants": 0}), MONTH).rows))
    known = {code: value for code, value in whole.items() if code != "salaire"}
    design = completions(REAL, Answers(known), MONTH)
    assert design.bound is Bound.SAMPLED
    assert design.whole
    assert len(design.rows) > len(REAL["salaire"].levels)
    known = {code: value for code, value in whole.items() if code != "handicap"}
    assert completions(REAL, Answers(known), MONTH).bound is Bound.PROVEN


def test_a_question_answered_i_do_not_know_is_not_asked_again() -> None:
    design = completions(DISCRETE, Answers(), MONTH)
    first = next_question(DISCRETE, Answers(), MONTH, design, rights(design))
    assert first is not None
    second = next_question(DISCRETE, Answers({}, frozenset({first.code})), MONTH, design, rights(design))
    assert second is not None
    assert second.code != first.code


def test_nothing_is_asked_that_changes_nothing() -> None:
    design = completions(DISCRETE, Answers(), MONTH)
    flat = {"total": numpy.full(len(design.rows), 42.0)}
    assert next_question(DISCRETE, Answers(), MONTH, design, flat) is None


def test_equal_questions_keep_their_order() -> None:
    design = completions(DISCRETE, Answers({"couple": "oui"}), MONTH)
    both = {
        "a": numpy.array([100.0 if row["logement"] == "hlm" else 0.0 for row in design.rows]),
        "b": numpy.array([100.0 if row["enfants"] == 0 else 0.0 for row in design.rows]),
    }
    gains = {code: expected_narrowing(DISCRETE[code], design, both) for code in ("enfants", "logement")}
    assert gains["enfants"] == pytest.approx(gains["logement"])
    found = next_question(DISCRETE, Answers({"couple": "oui"}), MONTH, design, both)
    assert found is not None
    assert found.code == "enfants"


@pytest.mark.parametrize("wrong", [numpy.array([1.0]), numpy.full(999, numpy.nan)])
def test_amounts_that_miss_a_row_or_are_not_numbers_are_refused(wrong: Any) -> None:
    design = completions(DISCRETE, Answers(), MONTH)
    values = wrong if len(wrong) == 1 else numpy.full(len(design.rows), numpy.nan)
    with pytest.raises(ValueError, match="rsa"):
        intervals({"rsa": values}, design)


def test_an_amount_typed_is_kept_to_the_cent() -> None:
    design = completions(REAL, Answers({"salaire": Decimal("1234.56")}), MONTH)
    assert all(row["salaire"] == Decimal("1234.56") for row in design.rows)
