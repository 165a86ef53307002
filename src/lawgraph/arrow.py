"""Programs on Arrow tables: one table per entity, through Polars, which reads any table that speaks Arrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lawgraph.errors import BadColumns

if TYPE_CHECKING:
    import polars

    from lawgraph.program import Program


def run_tables(
    program: Program,
    tables: Mapping[str, Any],
    *,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, polars.DataFrame]:
    """Run a program on tables, and give tables back.

    `tables`: by key of entity, anything that exports an Arrow stream (Polars, PyArrow, DuckDB…). The persons' table has
    the columns of the groups ("famille.id", "famille.role") and the inputs of persons; a group's table has a row per
    group, in the order of the numbers, and its inputs. Raises `BadColumns`: an empty cell is told by column and row.
    """
    import polars

    columns: dict[str, Any] = {}
    problems: list[str] = []
    for entity, table in tables.items():
        for series in polars.DataFrame(table):
            if series.null_count():
                row = int(series.is_null().arg_max() or 0) + 1
                problems.append(f"{series.name}, row {row} of {entity}: an empty cell")
            columns[series.name] = series.to_numpy() if series.dtype != polars.String else np.array(series.to_list())
    if problems:
        raise BadColumns(problems)
    found = program.run(columns, processes=processes, progress=progress)
    entities = {program.output_entities[name] for name in found}
    return {
        entity: polars.DataFrame(
            {name: values for name, values in found.items() if program.output_entities[name] == entity}
        )
        for entity in sorted(entities)
    }
