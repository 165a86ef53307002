"""The columns of a batch, read and checked before anything is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lawgraph.errors import BadColumns
from lawgraph.signature import DATES
from lawgraph.structure import MOST_PROBLEMS, Structure

if TYPE_CHECKING:
    from lawgraph.program import Column, Columns, Program


def read_columns(program: Program, columns: Columns) -> tuple[Structure, dict[str, npt.NDArray[Any]]]:
    """The structure and the input columns in the types of the program. Raises `BadColumns` naming column and row."""
    given = {name: np.asarray(values) for name, values in columns.items()}
    structure = Structure.read(program.kinds, given)
    counts = {program.person: structure.persons, **structure.counts}
    problems: list[str] = []
    read = {}
    for column in program.columns:
        if column.name not in given:
            problems.append(f"{column.name}: the column is missing")
        elif given[column.name].shape != (counts[column.entity],):
            shape = " × ".join(str(size) for size in given[column.name].shape)
            problems.append(f"{column.name}: {shape} rows, for {counts[column.entity]} of {column.entity}")
        else:
            read[column.name] = _read(column, given[column.name], problems)
    if problems:
        raise BadColumns(problems)
    return structure, read


def _read(column: Column, values: npt.NDArray[Any], problems: list[str]) -> npt.NDArray[Any]:
    if column.names:
        return _enumeration(column, values, problems)
    kind = np.dtype(column.dtype).kind
    if kind == "b":
        return _boolean(column, values, problems)
    if kind in "fi":
        return _number(column, values, problems)
    try:
        found = values.astype(column.dtype)
    except (TypeError, ValueError, UnicodeError):
        problems.append(f"{column.name}: {'a date' if kind == 'M' else 'text'} is expected, not {values.dtype}")
        return np.zeros(len(values), column.dtype)
    if kind == "M":
        _tell(column, np.isnat(found), "no date", problems)
        days = found.astype("i8")
        _tell(column, ~np.isnat(found) & ((days < DATES[0]) | (days > DATES[1])), "a date out of reach", problems)
    elif kind in "US":
        _tell(column, found.astype(str) != values.astype(str), "a text that is too long, or not of this kind", problems)
    return found


def _tell(column: Column, bad: npt.NDArray[np.bool_], what: str, problems: list[str]) -> None:
    rows = np.flatnonzero(bad)
    problems += [f"{column.name}, row {row + 1}: {what}" for row in rows[:MOST_PROBLEMS]]
    if len(rows) > MOST_PROBLEMS:
        problems.append(f"{column.name}: {len(rows) - MOST_PROBLEMS} other rows: {what}")


def _number(column: Column, values: npt.NDArray[Any], problems: list[str]) -> npt.NDArray[Any]:
    if values.dtype.kind not in "fiub":
        problems.append(f"{column.name}: numbers are expected, not {values.dtype}")
        return np.zeros(len(values), column.dtype)
    if values.dtype.kind == "f":
        missing = ~np.isfinite(values)
        if missing.any():
            _tell(column, missing, "not a number", problems)
            return np.zeros(len(values), column.dtype)
        if column.dtype[0] == "i":
            _tell(column, values != np.trunc(values), "a whole number is expected", problems)
    outside = (values < column.low) | (values > column.high)
    if outside.any():
        _tell(column, outside, f"not between {column.low:g} and {column.high:g}", problems)
        return np.zeros(len(values), column.dtype)
    return values.astype(column.dtype)


def _boolean(column: Column, values: npt.NDArray[Any], problems: list[str]) -> npt.NDArray[Any]:
    if values.dtype.kind == "b":
        return values
    if values.dtype.kind not in "iuf":
        problems.append(f"{column.name}: yes or no is expected, not {values.dtype}")
        return np.zeros(len(values), bool)
    _tell(column, (values != 0) & (values != 1), "neither yes nor no", problems)
    return values.astype(bool)


def _enumeration(column: Column, values: npt.NDArray[Any], problems: list[str]) -> npt.NDArray[Any]:
    if values.dtype.kind in "iu":
        _tell(column, (values < 0) | (values >= len(column.names)), "no such value", problems)
        return values.astype(column.dtype)
    names = np.array(column.names)
    order = np.argsort(names)
    text = values if values.dtype.kind == "U" else values.astype(str)
    place = np.minimum(np.searchsorted(names, text, sorter=order), len(names) - 1)
    index = order[place]
    _tell(column, names[index] != text, f"not one of {', '.join(column.names)}", problems)
    return index.astype(column.dtype)
