"""The facts of many households side by side, one array per fact: what is checked, then turned into a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from numbers import Real
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from maillage.gateways.openfisca_france.facts import Household, Person
from maillage.gateways.openfisca_france.inputs import Kind, Of, Question, questions_of
from maillage.kernel.errors import InputProblem, shorten
from maillage.kernel.numbers import NBSP

Array = npt.NDArray[Any]

_EPOCH = date(1970, 1, 1).toordinal()
_PLAIN_NUMBERS = {float, int, type(None)}
NO_NUMBER = "il faut un nombre : 0 s'il n'y a rien."

_PERSON_CODES = {one.name: tuple(one.choices) for one in questions_of(Of.PERSON) if one.choices}
_HOUSEHOLD_CODES = {one.name: tuple(one.choices) for one in questions_of(Of.HOUSEHOLD) if one.choices}


@dataclass(frozen=True)
class Facts:
    """`persons` and `households`: name of the fact → array. `household_of`: rank of the household of each person.

    Choices are held as ranks in `inputs.csv` (−1: not known), amounts as float64 (NaN: none given), dates as days
    (NaT: none). `person_rows`, `household_rows`: the row that a message names.
    """

    persons: Mapping[str, Array]
    households: Mapping[str, Array]
    household_of: npt.NDArray[np.int64]
    person_rows: npt.NDArray[np.int64]
    household_rows: npt.NDArray[np.int64]

    @property
    def count(self) -> int:
        return len(self.household_rows)

    def person_is(self, name: str, code: str) -> npt.NDArray[np.bool_]:
        return np.asarray(self.persons[name] == _PERSON_CODES[name].index(code))

    def household_is(self, name: str, code: str) -> npt.NDArray[np.bool_]:
        return np.asarray(self.households[name] == _HOUSEHOLD_CODES[name].index(code))

    def coded(self, name: str, values: Mapping[str, Any]) -> Array:
        """An array of `values` by code of a choice; the first value where nothing is known."""
        codes = _PERSON_CODES.get(name) or _HOUSEHOLD_CODES[name]
        ranks = self.persons[name] if name in _PERSON_CODES else self.households[name]
        table = np.array([values[code] for code in codes])
        return np.asarray(table[np.maximum(ranks, 0)])


def facts_of(households: Sequence[Household]) -> tuple[Facts, list[InputProblem]]:
    """The facts of `households`, and what cannot be read in them, by rank from 1 of the household."""
    problems: list[InputProblem] = []
    sizes = [len(one.persons) for one in households]
    household_of = np.repeat(np.arange(len(households)), sizes)
    household_rows = np.arange(1, len(households) + 1)
    person_rows = household_of + 1
    persons = [person for one in households for person in one.persons]
    facts = Facts(
        _arrays(persons, questions_of(Of.PERSON), person_rows, problems),
        _arrays(households, questions_of(Of.HOUSEHOLD), household_rows, problems),
        household_of,
        person_rows,
        household_rows,
    )
    return facts, problems


def _arrays(
    things: Sequence[Person] | Sequence[Household],
    asked: Sequence[Question],
    rows: npt.NDArray[np.int64],
    problems: list[InputProblem],
) -> dict[str, Array]:
    return {one.name: _array(list(map(attrgetter(one.name), things)), one, rows, problems) for one in asked}


def _array(values: list[Any], asked: Question, rows: npt.NDArray[np.int64], problems: list[InputProblem]) -> Array:
    """Values of one fact, as `Facts` holds them. What cannot be read becomes a problem and « not known »."""
    readers = {Kind.AMOUNT: _numbers, Kind.NUMBER: _numbers, Kind.YES_NO: _flags, Kind.DATE: _days}
    if asked.kind is Kind.COMMUNE:
        return np.array([value if isinstance(value, str) else "" for value in values], dtype=object)
    if asked.kind is Kind.CHOICE:
        return _ranks(values, asked, rows, problems)
    return readers[asked.kind](values, asked, rows, problems)


def _numbers(values: list[Any], asked: Question, rows: npt.NDArray[np.int64], problems: list[InputProblem]) -> Array:
    if set(map(type, values)) <= _PLAIN_NUMBERS:
        found = np.array(values, dtype=np.float64)  # None becomes NaN
    else:  # numpy would read texts and booleans as numbers
        found = np.array([_number(value, asked, row, problems) for value, row in zip(values, rows, strict=True)])
    given = [place for place in np.flatnonzero(np.isnan(found)) if values[place] is not None]
    problems += [InputProblem(int(rows[place]), asked.header_fr, NO_NUMBER) for place in given]
    return found


def _number(value: Any, asked: Question, row: int, problems: list[InputProblem]) -> float:
    if value is None:
        return np.nan
    if isinstance(value, (Real, Decimal)) and not isinstance(value, (bool, np.bool_)):
        return float(value)
    problems.append(InputProblem(int(row), asked.header_fr, f"{_shown(value)} n'est pas un nombre."))
    return 0.0


def _flags(values: list[Any], asked: Question, rows: npt.NDArray[np.int64], problems: list[InputProblem]) -> Array:
    if not set(map(type, values)) <= {bool}:
        for value, row in zip(values, rows, strict=True):
            if not isinstance(value, bool):
                problems.append(InputProblem(int(row), asked.header_fr, f"{_shown(value)} : répondez par oui ou non."))
    return np.array([value is True for value in values], dtype=bool)


def _days(values: list[Any], asked: Question, rows: npt.NDArray[np.int64], problems: list[InputProblem]) -> Array:
    found = np.full(len(values), np.datetime64("NaT"), dtype="datetime64[D]")
    for place, value in enumerate(values):
        if type(value) is date:
            found[place] = value.toordinal() - _EPOCH  # far quicker than numpy's own reading of dates
        elif value is not None:
            problems.append(InputProblem(int(rows[place]), asked.header_fr, f"{_shown(value)} n'est pas une date."))
    return found


def _ranks(values: list[Any], asked: Question, rows: npt.NDArray[np.int64], problems: list[InputProblem]) -> Array:
    known: dict[Any, int] = {code: rank for rank, code in enumerate(asked.choices)}
    ranks = np.array([known.get(value, -1) for value in values], dtype=np.int64)
    for place in np.flatnonzero(ranks < 0):
        if values[place] is not None:
            allowed = ", ".join(asked.choices.values())
            message = f"{_shown(values[place])} n'est pas connu. Valeurs admises : {allowed}."
            problems.append(InputProblem(int(rows[place]), asked.header_fr, message))
    return ranks


def _shown(value: Any) -> str:
    return f"«{NBSP}{shorten(str(value), 40)}{NBSP}»"
