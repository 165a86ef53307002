"""Facts written as a population file is: one row per person, what is of the household on each row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from maillage.gateways.openfisca_france.columns import Facts
from maillage.gateways.openfisca_france.inputs import Kind, Of, Question, questions_of


def table_of(facts: Facts) -> pl.DataFrame:
    """Typed columns, under their French headers, the persons of a household together."""
    order = np.argsort(facts.household_of, kind="stable")
    of = facts.household_of[order]
    columns: dict[str, Any] = {"foyer": [f"F{rank}" for rank in of.tolist()]}
    for entity, held, places in ((Of.HOUSEHOLD, facts.households, of), (Of.PERSON, facts.persons, order)):
        for asked in questions_of(entity):
            columns[asked.header_fr] = _cells(asked, held[asked.name][places])
    return pl.DataFrame(columns)


def write(table: pl.DataFrame, path: Path) -> Path:
    """As Parquet, or as the CSV of a French spreadsheet, by the name of the file."""
    if path.suffix == ".parquet":
        table.write_parquet(path)
    else:
        words = pl.col(pl.Boolean).replace_strict({True: "oui", False: "non"}, return_dtype=pl.String)
        table.with_columns(words).write_csv(path, separator=";", decimal_comma=True, include_bom=True)
    return path


def _cells(asked: Question, values: Any) -> Any:
    if asked.kind is Kind.CHOICE:
        return np.array(list(asked.choices.values()))[values]
    if asked.kind is Kind.COMMUNE:
        return values.tolist()
    if asked.kind in {Kind.AMOUNT, Kind.NUMBER}:
        return pl.Series(values).fill_nan(None)
    return values
