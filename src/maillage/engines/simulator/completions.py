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
from maillage.engines.simulator.questions import Question, Questionnaire, Value

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
    sample = tuple(_sampled(questionnaire, answers, month, rank, max_rows) for rank in range(max_rows))
    return Design(sample, Bound.SAMPLED, whole=False)


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


def _sampled(questionnaire: Questionnaire, answers: Answers, month: date, rank: int, count: int) -> Row:
    """One row of the sample: each question's values are met equally often, in an order of its own.

    What most people do not have (an income of each kind, savings) is nothing at all in a quarter of the rows, and all
    but one of them in another quarter: extremes are where a right is highest, and independent draws would miss them.
    """
    nothing = [question.code for question in questionnaire if question.may_be_nothing]
    row: dict[str, Value] = {}
    for question in questionnaire:
        if not question.condition.holds(row, month):
            continue
        if question.code in answers.known:
            row[question.code] = answers.known[question.code]
            continue
        values = question.usual_values(month)
        place = 0 if _left_at_nothing(question, nothing, rank) else _place(question.code, rank, count, len(values))
        row[question.code] = values[place]
    return row


def _left_at_nothing(question: Question, nothing: list[str], rank: int) -> bool:
    if not question.may_be_nothing:
        return False
    quarter, turn = rank % _QUARTERS, rank // _QUARTERS
    return quarter == 0 or (quarter == 1 and nothing[turn % len(nothing)] != question.code)


def _place(code: str, rank: int, count: int, levels: int) -> int:
    return _order(code, count)[rank] * levels // count


@lru_cache(maxsize=128)
def _order(code: str, count: int) -> tuple[int, ...]:
    """A shuffling of the rows that only depends on the question's code: the same on every machine, for ever."""
    keys = [blake2b(f"{code}:{rank}".encode(), digest_size=8).digest() for rank in range(count)]
    order = [0] * count
    for place, rank in enumerate(sorted(range(count), key=keys.__getitem__)):
        order[rank] = place
    return tuple(order)
