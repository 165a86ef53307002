"""The questionnaire, read from `questions.csv`: one row a question, in the order they are asked."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from importlib.resources import files
from itertools import pairwise

from maillage.engines.simulator.conditions import Condition

# A choice or a commune is a code, a count an int, an amount a Decimal in euros, a birth the first day of its month.
Value = str | int | Decimal | date


class Kind(StrEnum):
    CHOICE = "choice"
    COUNT = "count"
    AMOUNT = "amount"
    BIRTH = "birth"
    COMMUNE = "commune"


@dataclass(frozen=True)
class Choice:
    code: str
    label: str


@dataclass(frozen=True)
class Question:
    """One question in plain French.

    `minimum` and `maximum` bound a count, an amount in euros, or the age in years of a birth. `levels` are the usual
    values tried when the answer is not known: those of the same unit. `domain` replaces them where the caller knows
    every case there is (one commune per zone). `group` and `rank` tie the repetitions of one question.
    """

    code: str
    section: str
    label: str
    help: str
    kind: Kind
    choices: tuple[Choice, ...]
    minimum: int
    maximum: int
    levels: tuple[int, ...]
    condition: Condition
    unit: str
    group: str = ""
    rank: int = 0
    domain: tuple[Value, ...] = ()

    @property
    def countable(self) -> bool:
        """Whether every possible answer can be tried."""
        return self.kind in (Kind.CHOICE, Kind.COUNT) or bool(self.domain)

    def every_value(self, month: date, refined: int = 0) -> tuple[Value, ...]:
        """Every answer of a countable question; otherwise its usual values, `refined` times cut in two."""
        if self.kind is Kind.COUNT:
            return tuple(range(self.minimum, self.maximum + 1))
        return self.usual_values(month, refined)

    def usual_values(self, month: date, refined: int = 0) -> tuple[Value, ...]:
        """The answers tried for this question in a sample, for the law of `month` (its first day)."""
        if self.kind is Kind.CHOICE:
            return tuple(choice.code for choice in self.choices)
        if self.kind is Kind.COMMUNE:
            return self.domain
        levels = self.levels if self.kind is Kind.COUNT else _refined(self.levels, refined)
        if self.kind is Kind.BIRTH:
            return tuple(dict.fromkeys(_born(month, age) for age in levels))
        return tuple(Decimal(level) if self.kind is Kind.AMOUNT else level for level in levels)

    @property
    def may_be_nothing(self) -> bool:
        """An amount that most people do not have: its first usual value is zero."""
        return self.kind is Kind.AMOUNT and self.levels[0] == 0

    def choice_label(self, code: str) -> str:
        return next((choice.label for choice in self.choices if choice.code == code), code)


def _refined(levels: Sequence[int], times: int) -> tuple[int, ...]:
    """Levels with the middles between them, `times` over: those of one time are among those of the next."""
    found = list(levels)
    for _ in range(times):
        found = sorted({*found, *((one + two) // 2 for one, two in pairwise(found))})
    return tuple(found)


def _born(month: date, age: int) -> date:
    return date(month.year - age, month.month, 1)


@dataclass(frozen=True)
class Questionnaire:
    """The questions in the order they are asked; repetitions (one per child) stand as questions of their own."""

    questions: tuple[Question, ...]

    def __post_init__(self) -> None:
        known: set[str] = set()
        for question in self.questions:
            if question.code in known:
                raise ValueError(f"question {question.code} stands twice")
            if not question.condition.codes <= known:
                raise ValueError(f"the condition of {question.code} looks at a question asked later")
            known.add(question.code)

    def __iter__(self) -> Iterator[Question]:
        return iter(self.questions)

    def __getitem__(self, code: str) -> Question:
        for question in self.questions:
            if question.code == code:
                return question
        raise KeyError(code)

    def __contains__(self, code: object) -> bool:
        return any(question.code == code for question in self.questions)

    def relevant(self, known: Mapping[str, Value], month: date) -> list[Question]:
        """The questions that these answers call for at a month (its first day), answered ones included."""
        given: dict[str, Value] = {}
        found = []
        for question in self.questions:
            if question.condition.holds(given, month):
                found.append(question)
                if question.code in known:
                    given[question.code] = known[question.code]
        return found

    def sections(self) -> list[tuple[str, list[Question]]]:
        """Sections in their order, with their questions."""
        found: dict[str, list[Question]] = {}
        for question in self.questions:
            found.setdefault(question.section, []).append(question)
        return list(found.items())

    def with_domain(self, code: str, domain: Iterable[Value]) -> Questionnaire:
        """The same, every case of one question being known."""
        values = tuple(domain)
        return Questionnaire(tuple(replace(q, domain=values) if q.code == code else q for q in self.questions))


@cache
def questionnaire() -> Questionnaire:
    """The questionnaire of the product."""
    return parse((files("maillage.engines.simulator") / "questions.csv").read_text(encoding="utf-8"))


def parse(text: str) -> Questionnaire:
    """Read the CSV. Raises ValueError or KeyError, naming the question, when a row does not make sense."""
    questions: list[Question] = []
    for row in csv.DictReader(io.StringIO(text)):
        questions.extend(_repeated(_question(row), row["repeat"]))
    return Questionnaire(tuple(questions))


def _question(row: Mapping[str, str]) -> Question:
    kind = Kind(row["kind"])
    question = Question(
        code=row["code"],
        section=row["section"],
        label=row["label"],
        help=row["help"],
        kind=kind,
        choices=tuple(Choice(*part.split("=", 1)) for part in row["choices"].split("|") if part),
        minimum=int(row["minimum"] or 0),
        maximum=int(row["maximum"] or 0),
        levels=tuple(int(level) for level in row["levels"].split("|") if level),
        condition=Condition.parse(row["condition"]),
        unit=row["unit"],
    )
    if kind is Kind.CHOICE and len(question.choices) < 2:
        raise ValueError(f"question {question.code}: a choice needs two answers")
    if kind in (Kind.COUNT, Kind.AMOUNT, Kind.BIRTH) and not question.levels:
        raise ValueError(f"question {question.code}: no usual value")
    return question


def _repeated(question: Question, counter: str) -> list[Question]:
    """One question per unit of another, a count: `naissance_enfant` becomes `naissance_enfant_1` … `_8`."""
    if not counter:
        return [question]
    count_code, times = counter.split(":")
    return [
        replace(
            question,
            code=f"{question.code}_{rank}",
            label=question.label.replace("{rank}", str(rank)),
            condition=Condition.parse(f"{count_code}>={rank}"),
            group=question.code,
            rank=rank,
        )
        for rank in range(1, int(times) + 1)
    ]
