"""The columns of a batch, read and checked before anything is computed."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from lawgraph.errors import BadColumns
from lawgraph.signature import DATES
from lawgraph.structure import MOST_PROBLEMS, Arrays, Structure

if TYPE_CHECKING:
    from lawgraph.program import Column, Columns, Program


def read_columns(program: Program, columns: Columns) -> tuple[Structure, Arrays]:
    """The structure and the input columns in the types of the program. Raises `BadColumns` naming column and row."""
    given = {name: _plain(name, values) for name, values in columns.items()}
    structure = Structure.read(program.kinds, given)
    counts = {program.person: structure.persons, **structure.counts}
    problems: list[str] = []
    read = Arrays()
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


def _plain(name: str, values: Any) -> npt.NDArray[Any]:
    if np.ma.is_masked(values):
        raise BadColumns([f"{name}, row {int(np.argmax(np.ma.getmaskarray(values))) + 1}: a value is missing"])
    return np.asarray(values)


def _read(column: Column, values: npt.NDArray[Any], problems: list[str]) -> npt.NDArray[Any]:
    if column.names:
        return _enumeration(column, values, problems)
    kind = np.dtype(column.dtype).kind
    if kind == "b":
        return _boolean(column, values, problems)
    if kind in "fi":
        return _number(column, values, problems)
    return _date(column, values, problems) if kind == "M" else _text(column, values, problems)


def _letters(column: Column, values: npt.NDArray[Any]) -> npt.NDArray[Any] | None:
    """Text of plain letters in the bytes of a column; None when it does not fit, and must be looked at row by row."""
    width, wanted = values.dtype.itemsize // 4, np.dtype(column.dtype).itemsize
    if values.dtype.kind != "U" or column.dtype[0] != "S" or not values.dtype.isnative or not values.size or not width:
        return None
    codes = np.ascontiguousarray(values).view(np.uint32).reshape(len(values), width)
    if codes.max() > _LAST_LETTER or codes[:, wanted:].any():
        return None
    found = np.zeros((len(values), wanted), np.uint8)
    found[:, :width] = codes[:, :wanted]
    return found.view(column.dtype).reshape(-1)


#: The last code of ASCII.
_LAST_LETTER = 127


def _text(column: Column, values: npt.NDArray[Any], problems: list[str]) -> npt.NDArray[Any]:
    letters = _letters(column, values)
    if letters is not None:
        return letters
    texts = _texts(column, values, problems)
    found = _converted(texts, column.dtype)
    if found is None:
        _tell(column, ~np.array([text.isascii() for text in texts], bool), "letters that are not expected", problems)
        return np.zeros(len(values), column.dtype)
    _tell(column, found.astype(str) != texts, "a text that is too long", problems)
    return found


def _texts(column: Column, values: npt.NDArray[Any], problems: list[str]) -> npt.NDArray[np.str_]:
    """Values that are text, as text. A number is none: the postal code 01000 would have lost its zero."""
    if values.dtype.kind == "U":
        return values
    if values.dtype.kind == "S":
        found = _converted(values, "U")
        if found is not None:
            return found
    if values.dtype.kind == "O":
        _tell(column, ~np.array([isinstance(one, str) for one in values], bool), "text is expected", problems)
        return np.array([one if isinstance(one, str) else "" for one in values], dtype=str)
    if len(values):
        problems.append(f"{column.name}: text is expected, not {values.dtype}")
    return np.zeros(len(values), "U1")


def _date(column: Column, values: npt.NDArray[Any], problems: list[str]) -> npt.NDArray[Any]:
    if values.dtype.kind not in "MUSO" and len(values):
        problems.append(f"{column.name}: dates are expected, not {values.dtype}")
        return np.zeros(len(values), column.dtype)
    if values.dtype.kind == "O":
        wrong = ~np.array([isinstance(one, str | datetime.date | np.datetime64) for one in values], bool)
        values = np.where(wrong, "NaT", values)
    found = _converted(values, column.dtype)
    if found is None:
        read = [_converted(np.asarray(one).reshape(1), column.dtype) for one in values]
        _tell(column, np.array([one is None for one in read], bool), "not a date", problems)
        return np.zeros(len(values), column.dtype)
    _tell(column, np.isnat(found), "no date", problems)
    days = found.astype("i8")
    _tell(column, ~np.isnat(found) & ((days < DATES[0]) | (days > DATES[1])), "a date out of reach", problems)
    return found


def _converted(values: npt.NDArray[Any], dtype: str) -> npt.NDArray[Any] | None:
    try:
        return values.astype(dtype)
    except (TypeError, ValueError, OverflowError):  # UnicodeError is a ValueError
        return None


def _tell(column: Column, bad: npt.NDArray[np.bool_], what: str, problems: list[str]) -> None:
    rows = np.flatnonzero(bad)
    problems += [f"{column.name}, row {row + 1}: {what}" for row in rows[:MOST_PROBLEMS]]
    if len(rows) > MOST_PROBLEMS:
        problems.append(f"{column.name}: {len(rows) - MOST_PROBLEMS} other rows: {what}")


def _number(column: Column, values: npt.NDArray[Any], problems: list[str]) -> npt.NDArray[Any]:
    if values.dtype.kind not in "fiub":
        if len(values):
            problems.append(f"{column.name}: numbers are expected, not {values.dtype}")
        return np.zeros(len(values), column.dtype)
    if _is_within(column, values):
        return values.astype(column.dtype, copy=False)
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


def _is_within(column: Column, values: npt.NDArray[Any]) -> bool:
    """Whether every number is one, within bounds: told by the lowest and the highest, with no column in between."""
    if not len(values) or (values.dtype.kind == "f" and column.dtype[0] != "f"):
        return False
    low, high = values.min(), values.max()
    return bool(np.isfinite(low) and np.isfinite(high) and column.low <= low and high <= column.high)


def _boolean(column: Column, values: npt.NDArray[Any], problems: list[str]) -> npt.NDArray[Any]:
    if values.dtype.kind == "b":
        return values
    if values.dtype.kind not in "iuf":
        if len(values):
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
    before = len(problems)
    text = _texts(column, values, problems)
    place = np.minimum(np.searchsorted(names, text, sorter=order), len(names) - 1)
    index: npt.NDArray[np.intp] = order[place]
    if len(problems) == before:
        _tell(column, names[index] != text, f"not one of {', '.join(column.names)}", problems)
    return index.astype(column.dtype)
