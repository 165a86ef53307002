"""From the rights of every completion: an interval per right, and the question that would narrow them most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy
from numpy.typing import NDArray

from maillage.engines.simulator.answers import Answers
from maillage.engines.simulator.completions import Bound, Design
from maillage.engines.simulator.questions import Question, Questionnaire, Value

Amounts = Mapping[str, NDArray[numpy.float64]]

# Below a cent a month a question narrows nothing: it is the noise of floating point.
_LEAST = 0.01


@dataclass(frozen=True)
class Interval:
    """The least and the greatest amount found, in euros; `bound` says how sure they are."""

    low: float
    high: float
    bound: Bound

    @property
    def width(self) -> float:
        return self.high - self.low

    @property
    def is_point(self) -> bool:
        return self.width < _LEAST

    @property
    def is_certain(self) -> bool:
        """Whether every possible household was computed."""
        return self.bound is not Bound.SAMPLED

    @property
    def is_nothing(self) -> bool:
        """Nothing, whatever the completion tried."""
        return self.high < _LEAST


def intervals(amounts: Amounts, design: Design) -> dict[str, Interval]:
    """One interval per right, to the cent. Raises ValueError when a right misses a row or is not a number."""
    found = {}
    for right, values in amounts.items():
        if len(values) != len(design.rows) or not numpy.isfinite(values).all():
            raise ValueError(f"{right}: {len(values)} finite amounts were due for {len(design.rows)} completions")
        found[right] = Interval(round(float(values.min()), 2), round(float(values.max()), 2), design.bound)
    return found


def next_question(
    questionnaire: Questionnaire, answers: Answers, month: date, design: Design, amounts: Amounts
) -> Question | None:
    """The relevant question not answered yet that would narrow the rights most, in euros; None when none would.

    Equal ones keep the order of the questionnaire.
    """
    best: Question | None = None
    most = _LEAST
    rights = _matrix(amounts)
    for question in questionnaire.relevant(answers.known, month):
        if question.code in answers.known or question.code in answers.declined:
            continue
        gained = _narrowing(question, design, rights)
        if gained > most * (1 + 1e-9):
            best, most = question, gained
    return best


def expected_narrowing(question: Question, design: Design, amounts: Amounts) -> float:
    """How much less spread the rights would be, all added, once this question is answered: each answer weighs its rows.

    Over all combinations the spread is the width of the interval. In a sample it is the standard deviation: a width
    shrinks with the number of rows alone, which would favour the questions that have many answers.
    """
    return _narrowing(question, design, _matrix(amounts))


def _matrix(amounts: Amounts) -> NDArray[numpy.float64]:
    """One row per completion, one column per right."""
    return numpy.column_stack(list(amounts.values()))


def _narrowing(question: Question, design: Design, rights: NDArray[numpy.float64]) -> float:
    found: dict[Value | None, list[int]] = {}
    for rank, row in enumerate(design.rows):
        found.setdefault(row.get(question.code), []).append(rank)
    left = sum(len(rows) / len(design.rows) * _spread(rights[rows], design) for rows in found.values())
    return _spread(rights, design) - left


def _spread(rights: NDArray[numpy.float64], design: Design) -> float:
    """The spreads of all rights, added."""
    if design.whole:
        return float(numpy.ptp(rights, axis=0).sum())
    return float(rights.std(axis=0, ddof=1).sum()) if len(rights) > 1 else 0.0
