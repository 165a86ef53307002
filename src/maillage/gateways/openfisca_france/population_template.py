"""What a population file holds, column by column, and an empty one to fill: made from `inputs.csv`, never drifting."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from maillage.gateways.openfisca_france.inputs import Kind, Of, Question, questions_of
from maillage.gateways.openfisca_france.tables import HOUSEHOLD_KEY, PERSON_KEY
from maillage.kernel.numbers import NBSP, format_number

_TYPES: dict[Kind, Any] = {
    Kind.AMOUNT: pl.Float64,
    Kind.NUMBER: pl.Float64,
    Kind.YES_NO: pl.Boolean,
    Kind.CHOICE: pl.String,
    Kind.DATE: pl.Date,
    Kind.COMMUNE: pl.String,
}
_SAME = "voir la question"


@dataclass(frozen=True)
class About:
    """One column. `default`: what an empty cell stands for, in words; « obligatoire » where it cannot be empty."""

    header: str
    of: str
    question: str
    values: str
    default: str
    dtype: Any


def columns() -> list[About]:
    """The columns of the template, in order."""
    household = [_about(one, "foyer") for one in questions_of(Of.HOUSEHOLD)]
    person = [_about(one, "personne") for one in questions_of(Of.PERSON)]
    of_household = "Quel foyer ? Le même sur chacune de ses lignes, qui se suivent. Jamais un nom ni un numéro réel."
    of_person = "Quelle personne ? Facultatif ; une personne ne figure qu'une fois dans le fichier."
    return [
        About(HOUSEHOLD_KEY, "foyer", of_household, "un identifiant", "obligatoire", pl.String),
        *household,
        About(PERSON_KEY, "personne", of_person, "un identifiant", "rien", pl.String),
        *person,
    ]


def write_empty_parquet(path: Path) -> None:
    """An empty table with typed columns. Raises OSError."""
    pl.DataFrame(schema={one.header: one.dtype for one in columns()}).write_parquet(path)


def _about(asked: Question, of: str) -> About:
    question = " ".join(part for part in (asked.question_fr, asked.help_fr) if part)
    return About(asked.header_fr, of, question, _values(asked), _default(asked), _TYPES[asked.kind])


def _values(asked: Question) -> str:
    if asked.kind is Kind.CHOICE:
        return " | ".join(asked.choices.values())
    if asked.kind in {Kind.AMOUNT, Kind.NUMBER}:
        return f"de 0 à {format_number(int(asked.maximum or 0))}{NBSP}{asked.unit_fr}".rstrip()
    return {
        Kind.YES_NO: "oui | non",
        Kind.DATE: "AAAA-MM-JJ ou JJ/MM/AAAA",
        Kind.COMMUNE: "code INSEE, cinq caractères",
    }[asked.kind]


def _default(asked: Question) -> str:
    if asked.is_required or asked.name == "housing":  # a page may leave it unknown, a computation may not
        return "obligatoire"
    if not asked.default:
        return _SAME if asked.kind in {Kind.AMOUNT, Kind.NUMBER} else "rien"
    if asked.kind is Kind.YES_NO:
        return "oui" if asked.default == "yes" else "non"
    return asked.choices.get(asked.default, asked.default)
