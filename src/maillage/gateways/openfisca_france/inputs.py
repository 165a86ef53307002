"""What is asked of a household: the inputs with their French questions, units, defaults and ranges (inputs.csv).

One list serves the questions of a page, the columns of a file and the fields of `facts.Person` and `facts.Household`:
a test holds them equal.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files

from maillage.kernel.errors import MaillageError


class InputUnknown(MaillageError):
    """No input bears this name."""


class Kind(StrEnum):
    AMOUNT = "amount"
    NUMBER = "number"
    YES_NO = "yes_no"
    CHOICE = "choice"
    DATE = "date"
    COMMUNE = "commune"


class Of(StrEnum):
    """Whom the question is about."""

    PERSON = "person"
    HOUSEHOLD = "household"


@dataclass(frozen=True, slots=True)
class Question:
    """One input. `header_fr` is its column in a file; `choices` maps a stored code to the French word shown and read.

    `default` is text as in a file, "" when none: then the answer is required, or falls back on another one as
    `help_fr` says. `may_be_unknown`: a person may not know, and the answers become an interval.
    `minimum`, `maximum`: the values accepted, both included, for amounts and numbers.
    """

    order: int
    name: str
    of: Of
    kind: Kind
    unit_fr: str
    header_fr: str
    question_fr: str
    help_fr: str
    default: str
    may_be_unknown: bool
    minimum: float | None = None
    maximum: float | None = None
    choices: dict[str, str] = field(default_factory=dict)

    @property
    def is_required(self) -> bool:
        return not self.may_be_unknown and not self.default


@cache
def questions() -> tuple[Question, ...]:
    """Every input, in the order in which they are asked."""
    text = files(__package__).joinpath("inputs.csv").read_text(encoding="utf-8")
    found = [_question(row) for row in csv.DictReader(text.splitlines())]
    return tuple(sorted(found, key=lambda one: one.order))


def questions_of(entity: Of) -> tuple[Question, ...]:
    """The inputs of a person, or of a household."""
    return tuple(one for one in questions() if one.of is entity)


def question(name: str) -> Question:
    """The input of this name. Raises InputUnknown."""
    for one in questions():
        if one.name == name:
            return one
    raise InputUnknown(f"Aucune question ne porte le nom « {name} ».")


def _question(row: dict[str, str]) -> Question:
    pairs = [choice.split("=", 1) for choice in row["choices"].split("|") if choice]
    return Question(
        order=int(row["order"]),
        name=row["name"],
        of=Of(row["entity"]),
        kind=Kind(row["kind"]),
        unit_fr=row["unit"],
        header_fr=row["header"],
        question_fr=row["question"],
        help_fr=row["help"],
        default=row["default"],
        may_be_unknown=row["unknown"] == "yes",
        minimum=float(row["minimum"]) if row["minimum"] else None,
        maximum=float(row["maximum"]) if row["maximum"] else None,
        choices=dict(pairs),
    )
