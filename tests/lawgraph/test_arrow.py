"""Programs on Arrow tables: the same answers as on arrays, and empty cells told by column and row."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from openfisca_country_template import CountryTaxBenefitSystem

from lawgraph import BadColumns, Input, Program
from lawgraph.arrow import run_tables
from lawgraph.trace import trace

MONTH = "2020-01"


@pytest.fixture(scope="module")
def program() -> Program:
    inputs = [Input("salary", MONTH), Input("rent", MONTH)]
    return trace(CountryTaxBenefitSystem(), ["income_tax", "housing_allowance"], MONTH, inputs)


@pytest.fixture
def tables() -> dict[str, pl.DataFrame]:
    persons = pl.DataFrame(
        {
            "household.id": [0, 0, 1],
            "household.role": ["adult", "child", "adult"],
            f"salary@{MONTH}": [2500.0, 0.0, 1200.0],
        }
    )
    return {"person": persons, "household": pl.DataFrame({f"rent@{MONTH}": [700.0, 450.0]})}


class Stream:
    """A table known by the Arrow protocol alone, as another library would give it."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        return self.frame.__arrow_c_stream__(requested_schema)


def test_tables_answer_as_arrays(program: Program, tables: dict[str, pl.DataFrame]) -> None:
    columns = {name: np.array(table[name].to_list()) for table in tables.values() for name in table.columns}
    by_arrays = program.run(columns)
    for given in (tables, {entity: Stream(table) for entity, table in tables.items()}):
        found = run_tables(program, given)
        assert set(found) == {"person", "household"}
        for frame in found.values():
            for name in frame.columns:
                np.testing.assert_array_equal(frame[name].to_numpy(), by_arrays[name])
    assert by_arrays[f"income_tax@{MONTH}"][0] > 0


def test_an_empty_cell_is_told_by_column_and_row(program: Program, tables: dict[str, pl.DataFrame]) -> None:
    tables["household"] = pl.DataFrame({f"rent@{MONTH}": [700.0, None]})
    with pytest.raises(BadColumns, match=r"rent@2020-01, row 2 of household: an empty cell"):
        run_tables(program, tables)
