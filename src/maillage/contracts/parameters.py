"""The dated parameters of contracts, read once from `data/parameters.csv`.

Their meaning, and how one is looked up, is in `engines.parameters`. Each row has its reference; `confirmed` says
whether the source named there states the value, and pages show it.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from maillage.engines.parameters import ALL_KINDS, Name, Parameter, Unit, overlaps, parameter
from maillage.engines.rows import CellRefused, Field, choice, number, read_rows, yes_no
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError

FILE = Path(__file__).parent / "data" / "parameters.csv"
KINDS = ("calpae", "cls", "annual_link", "cpo", ALL_KINDS)
LEVELS = ("both", "action", "contract", "none")

_TEXT_UNITS = frozenset({Unit.MONTH_DAY, Unit.YES_NO, Unit.CODE})


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CellRefused(f"« {text} » n'est pas une date : écrivez AAAA-MM-JJ.") from None


def _codes(codes: Sequence[str]) -> dict[str, str]:
    return {code: code for code in codes}


_FIELDS = (
    Field("name", (), choice(_codes(tuple(Name))), needed=True, filled=True),
    Field("kind", (), choice(_codes(KINDS)), needed=True, filled=True),
    Field("value", (), needed=True, filled=True),
    Field("unit", (), choice(_codes(tuple(Unit))), needed=True, filled=True),
    Field("starts_on", (), _day, needed=True, filled=True),
    Field("ends_on", (), _day, needed=True, empty=None),
    Field("reference", (), needed=True, filled=True),
    Field("note", (), needed=True),
    Field("confirmed", (), yes_no, needed=True, filled=True),
)


class _Table:
    """The file as `engines.rows` reads tables: texts only."""

    def __init__(self, lines: Sequence[Sequence[str]]) -> None:
        self.columns = list(lines[0]) if lines else []
        self.rows = [list(line) for line in lines[1:]]
        self.row_numbers = list(range(2, len(lines) + 1))


@cache
def all_parameters() -> tuple[Parameter, ...]:
    """Every parameter, of every kind and date. Read once: the file comes with the code."""
    return read_parameters(FILE)


def parameter_of(name: str, kind: str, on: date | int) -> Parameter | None:
    """The parameter in force for a kind of contract on a day (or in a year); None when none is known."""
    return parameter(all_parameters(), name, kind, on)


def read_parameters(path: Path) -> tuple[Parameter, ...]:
    """The parameters of a file. Raises InputRefused with every problem, by row and column."""
    with path.open(encoding="utf-8", newline="") as handle:
        read = read_rows(_Table(list(csv.reader(handle))), _FIELDS)
    problems: list[InputProblem] = []
    made: list[Parameter] = []
    for row in read:
        try:
            made.append(Parameter(**{**row.values, "value": _value(row.values)}))
        except MaillageError as error:
            problems.append(row.problem("value", error.message_fr))
    problems.extend(
        InputProblem(None, None, f"deux valeurs de « {before.name} » ({before.kind}) valent le {after.starts_on}.")
        for before, after in overlaps(made)
    )
    if problems:
        raise InputRefused(problems, "Les paramètres des contrats ne peuvent pas être lus.")
    return tuple(made)


def _value(values: dict[str, Any]) -> Decimal | str:
    """A number, or a text that its unit accepts."""
    text, unit = values["value"], values["unit"]
    if unit not in _TEXT_UNITS:
        amount: Decimal = number(minimum=Decimal(0))(text)
        return amount
    if unit == Unit.CODE and text not in LEVELS:
        raise CellRefused(f"« {text} » n'est pas connu. Valeurs admises : {', '.join(LEVELS)}.")
    probe = Parameter(values["name"], values["kind"], text, unit, values["starts_on"], None, "")
    if unit == Unit.YES_NO:
        return "yes" if probe.is_yes else "no"
    if unit == Unit.MONTH_DAY:
        probe.due_on(2000)
    return str(text)
