"""Completions: the whole households that the answers given so far leave possible.

Where every unknown can be enumerated in few rows, all of them: the bounds that follow are proven. Otherwise a sample,
always the same for the same answers: it depends on the code of each question and on nothing personal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from itertools import islice

from maillage.engines.simulator.answers import Answers
from maillage.engines.simulator.questions import Questionnaire, Value

MAX_ROWS = 300
MAX_REFINED = 4
_QUARTERS = 4

Row = Mapping[str, Value]


class Bound(StrEnum):
    """How sure the bounds of an interval are. EXACT: nothing is unknown, the interval is a point."""

    EXACT = "exact"
    PROVEN = "proven"
    SAMPLED = "sampled"


@dataclass(frozen=True)
class Design:
    """Completions, one per row; `whole` when the rows are every combination of the values tried."""

    rows: tuple[Row, ...]
    bound: Bound
    whole: bool


def completions(questionnaire: Questionnaire, answers: Answers, month: date, max_rows: int = MAX_ROWS) -> Design:
    """The rows to compute for these answers, at most `max_rows`; `month` is the first day of the month studied.

    A question is in a row only where the row's own earlier answers call for it.
    """
    whole: tuple[Row, ...] = ()
    for refined in range(MAX_REFINED + 1):
        rows = tuple(islice(_combinations(questionnaire, answers, month, refined), max_rows + 1))
        if len(rows) > max_rows or len(rows) == len(whole):
            break
        whole = rows
    if whole:
        return Design(whole, _bound(questionnaire, answers, whole), whole=True)
    return Design(_sample(questionnaire, answers, month, max_rows), Bound.SAMPLED, whole=False)


def _bound(questionnaire: Questionnaire, answers: Answers, rows: tuple[Row, ...]) -> Bound:
    tried = {code for row in rows for code in row if code not in answers.known}
    if all(questionnaire[code].countable for code in tried):
        return Bound.PROVEN if len(rows) > 1 else Bound.EXACT
    return Bound.SAMPLED


def _combinations(questionnaire: Questionnaire, answers: Answers, month: date, refined: int) -> Iterator[Row]:
    """Every combination, depth first, so that reading a few more than allowed costs little."""
    questions = questionnaire.questions
    last = len(questions)

    def follow(position: int, row: dict[str, Value]) -> Iterator[Row]:
        while position < last and not questions[position].condition.holds(row, month):
            position += 1
        if position == last:
            yield dict(row)
            return
        question = questions[position]
        values = (
            (answers.known[question.code],) if question.code in answers.known else question.every_value(month, refined)
        )
        for value in values:
            row[question.code] = value
            yield from follow(position + 1, row)
        del row[question.code]

    return follow(0, {})


def _sample(questionnaire: Questionnaire, answers: Answers, month: date, count: int) -> tuple[Row, ...]:
    """`count` rows in which each question's values are met equally often, in an order of its own.

    What most people do not have (an income of each kind, savings) is nothing at all in a quarter of the rows, and all
    but one of them in another quarter: extremes are where a right is highest, and independent draws would miss them.
    """
    rows: list[dict[str, Value]] = [{} for _ in range(count)]
    nothing = [question.code for question in questionnaire if question.may_be_nothing]
    for question in questionnaire:
        code, condition = question.code, question.condition
        values = (answers.known[code],) if code in answers.known else question.usual_values(month)
        order = _order(code, count)
        turn = nothing.index(code) if question.may_be_nothing else None
        for rank, row in enumerate(rows):
            if not condition.terms or condition.holds(row, month):
                first = turn is not None and _left_at_nothing(rank, turn, len(nothing))
                row[code] = values[0 if first else order[rank] * len(values) // count]
    return tuple(rows)


def _left_at_nothing(rank: int, turn: int, kinds: int) -> bool:
    """In the first quarter of rows nothing is had; in the second one kind at a time, each in its turn."""
    quarter, round_ = rank % _QUARTERS, rank // _QUARTERS
    return quarter == 0 or (quarter == 1 and round_ % kinds != turn)


@lru_cache(maxsize=128)
def _order(code: str, count: int) -> tuple[int, ...]:
    """A shuffling of the rows that only depends on the question's code: the same on every machine, for ever."""
    keys = [blake2b(f"{code}:{rank}".encode(), digest_size=8).digest() for rank in range(count)]
    order = [0] * count
    for place, rank in enumerate(sorted(range(count), key=keys.__getitem__)):
        order[rank] = place
    return tuple(order)
