"""From the cells of a population file to facts in columns: one row per person, what is of the household on each row.

Columns bear the headers of `inputs.csv` (or the English names). `foyer` says which rows go together: they follow each
other. What is said of the household is read on its first row; on the others it is the same, or empty. Each distinct
cell of a column is read once, by the same readers as `tables`, so that a million rows cost little more than a thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from maillage.engines.rows import fold
from maillage.gateways.openfisca_france.columns import Array, Facts
from maillage.gateways.openfisca_france.inputs import Kind, Of, Question, questions, questions_of
from maillage.gateways.openfisca_france.population_files import Block
from maillage.gateways.openfisca_france.tables import (
    DTYPES,
    HOUSEHOLD_KEY,
    PERSON_KEY,
    default_of,
    reader_of,
    shown,
)
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError

LARGEST = 100
"""Persons of one household: beyond it, rows of several households bear one key."""

MOST_TOLD = 1000
REFUSED = "Les colonnes du fichier ne conviennent pas."
_DIGITS = r"^[0-9]{1,12}([.,][0-9]{1,6})?$"
_TYPED: dict[Kind, Callable[[pl.DataType], bool]] = {
    Kind.AMOUNT: lambda dtype: dtype.is_numeric(),
    Kind.NUMBER: lambda dtype: dtype.is_numeric(),
    Kind.YES_NO: lambda dtype: dtype == pl.Boolean,
    Kind.DATE: lambda dtype: dtype in (pl.Date, pl.Datetime),
    Kind.CHOICE: lambda dtype: False,
    Kind.COMMUNE: lambda dtype: False,
}
_POLARS: dict[Kind, Any] = {
    Kind.AMOUNT: pl.Float64,
    Kind.NUMBER: pl.Float64,
    Kind.YES_NO: pl.Boolean,
    Kind.DATE: pl.Date,
    Kind.CHOICE: pl.Int64,
    Kind.COMMUNE: pl.String,
}


@dataclass(frozen=True)
class Households:
    """Whole households of a file: facts, keys as the file gives them, and what is wrong with their cells."""

    facts: Facts
    keys: pl.Series
    problems: list[InputProblem]
    done: float


def headers() -> tuple[str, ...]:
    """The columns of a file, in the order of its template: the household, then the person."""
    of_household = (one.header_fr for one in questions_of(Of.HOUSEHOLD))
    of_person = (one.header_fr for one in questions_of(Of.PERSON))
    return (HOUSEHOLD_KEY, *of_household, PERSON_KEY, *of_person)


def names_of(columns: Sequence[str]) -> dict[str, str]:
    """Column of the file → name of the question, or key. Raises InputRefused: unknown, twice, missing."""
    known = {fold(key): key for key in (HOUSEHOLD_KEY, PERSON_KEY)}
    known |= {fold(name): one.name for one in questions() for name in (one.header_fr, one.name)}
    found: dict[str, str] = {}
    problems: list[InputProblem] = []
    for column in columns:
        name = known.get(fold(column))
        if name is None:
            message = (
                "colonne inconnue." if problems else f"colonne inconnue. Colonnes admises : {', '.join(headers())}."
            )
            problems.append(InputProblem(1, column or "(sans titre)", message))
        elif name in found.values() or column in found:
            problems.append(InputProblem(1, column, "cette colonne est donnée deux fois."))
        else:
            found[column] = name
    titles = {one.name: one.header_fr for one in questions()}
    needed = (HOUSEHOLD_KEY, *(one.name for one in questions() if one.is_required))
    missing = [name for name in needed if name not in found.values()]
    problems += [InputProblem(1, titles.get(name, name), "colonne manquante.") for name in missing]
    if problems:
        raise InputRefused(problems, REFUSED)
    return found


@dataclass
class Seen:
    """Keys met so far, by their hash: sixteen bytes for each, so that a whole country fits in memory.

    Two different keys of a million share a hash about once in forty million files.
    """

    _hashes: npt.NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))
    _rows: npt.NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def add(self, keys: pl.Series, rows: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
        """Take keys in, with their rows; (rank, row of the first) for each that was there already."""
        hashes = keys.hash(seed=0).to_numpy()
        order = np.argsort(hashes, kind="stable")
        new, new_rows = hashes[order], rows[order]
        places = np.searchsorted(self._hashes, new)
        within = np.zeros(len(new), bool)
        within[1:] = new[1:] == new[:-1]
        before = np.zeros(len(new), bool)
        inside = places < len(self._hashes)
        before[inside] = self._hashes[places[inside]] == new[inside]
        again = [
            (int(order[rank]), int(self._rows[places[rank]] if before[rank] else new_rows[rank - 1]))
            for rank in np.flatnonzero(within | before)[:MOST_TOLD]
        ]
        self._hashes = np.insert(self._hashes, places, new)
        self._rows = np.insert(self._rows, places, new_rows)
        return iter(sorted(again))


class HouseholdReader:
    """Whole households, block by block, from the blocks of one file."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._names = names_of(columns)
        self._households, self._persons = Seen(), Seen()

    def read(self, blocks: Iterator[Block]) -> Iterator[Households]:
        """The households of the blocks, in order. A household that a block cuts waits for the next one."""
        rest: Block | None = None
        for block in blocks:
            _check_types(block.frame)
            whole = _joined(rest, Block(block.frame.rename(self._names), block.rows, block.done))
            starts = _starts(_key(whole.frame))
            cut = int(starts[-1]) if len(starts) else 0
            if cut:
                yield self._households_of(_part(whole, 0, cut))
            rest = _part(whole, cut, whole.frame.height)
            if rest.frame.height > LARGEST:
                break  # not one household: told as such
        if rest is not None and rest.frame.height:
            yield self._households_of(rest)

    def _households_of(self, block: Block) -> Households:
        frame, rows = block.frame, block.rows
        problems: list[InputProblem] = []
        keys = _key(frame)
        starts = _starts(keys)
        of = np.zeros(len(rows), np.int64)
        of[starts[1:]] = 1
        of = np.cumsum(of)
        self._check_keys(keys, rows, starts, of, problems)
        self._check_persons(frame, rows, problems)
        persons = {one.name: _facts(frame, one, rows, problems) for one in questions_of(Of.PERSON)}
        _check_same(frame, starts, of, rows, problems)
        kept = [HOUSEHOLD_KEY, *(one.name for one in questions_of(Of.HOUSEHOLD) if one.name in frame.columns)]
        first = frame.select(kept)[starts]
        households = {one.name: _facts(first, one, rows[starts], problems) for one in questions_of(Of.HOUSEHOLD)}
        facts = Facts(persons, households, of, rows, rows[starts])
        return Households(facts, first[HOUSEHOLD_KEY], problems, block.done)

    def _check_keys(self, keys: pl.Series, rows: Array, starts: Array, of: Array, problems: list[InputProblem]) -> None:
        problems += [
            InputProblem(int(rows[place]), HOUSEHOLD_KEY, "l'identifiant du foyer est nécessaire.")
            for place in np.flatnonzero((keys == "").to_numpy())[:MOST_TOLD]
        ]
        first = keys.gather(starts)
        for rank, row in self._households.add(first, rows[starts]):
            if first[rank]:
                message = f"le foyer {shown(first[rank])} est déjà ligne {row} : ses personnes doivent se suivre."
                problems.append(InputProblem(int(rows[starts[rank]]), HOUSEHOLD_KEY, message))
        for rank in np.flatnonzero(np.bincount(of) > LARGEST)[:MOST_TOLD]:
            message = f"plus de {LARGEST} personnes se suivent sous l'identifiant {shown(first[int(rank)])}."
            problems.append(InputProblem(int(rows[starts[rank]]), HOUSEHOLD_KEY, message))

    def _check_persons(self, frame: pl.DataFrame, rows: Array, problems: list[InputProblem]) -> None:
        if PERSON_KEY not in frame.columns:
            return
        keys = _as_texts(frame[PERSON_KEY])
        given = np.flatnonzero((keys != "").to_numpy())
        known = keys.gather(given)
        for rank, row in self._persons.add(known, rows[given]):
            message = f"la personne {shown(known[rank])} est déjà ligne {row} : elle n'est que dans un foyer, une fois."
            problems.append(InputProblem(int(rows[given[rank]]), PERSON_KEY, message))


def _check_types(frame: pl.DataFrame) -> None:
    problems = [
        InputProblem(1, name, f"une colonne de type {dtype} n'est pas comprise : un nombre, un texte ou une date.")
        for name, dtype in frame.schema.items()
        if dtype.is_nested() or dtype in (pl.Object, pl.Binary)
    ]
    if problems:
        raise InputRefused(problems, REFUSED)


def _joined(rest: Block | None, block: Block) -> Block:
    if rest is None or not rest.frame.height:
        return block
    return Block(pl.concat([rest.frame, block.frame]), np.concatenate([rest.rows, block.rows]), block.done)


def _part(block: Block, start: int, stop: int) -> Block:
    return Block(block.frame[start:stop], block.rows[start:stop], block.done)


def _key(frame: pl.DataFrame) -> pl.Series:
    return _as_texts(frame[HOUSEHOLD_KEY])


def _as_texts(cells: pl.Series) -> pl.Series:
    """Keys as texts without spaces around, "" where there is none."""
    return cells.cast(pl.String).str.strip_chars().fill_null("")


def _starts(keys: pl.Series) -> npt.NDArray[np.int64]:
    """The rank of the first row of each household. A row without a key is a household by itself."""
    if not len(keys):
        return np.zeros(0, np.int64)
    changes = ((keys != keys.shift(1)) | (keys == "")).to_numpy().copy()
    changes[0] = True
    return np.flatnonzero(changes)


def _check_same(frame: pl.DataFrame, starts: Array, of: Array, rows: Array, problems: list[InputProblem]) -> None:
    """What is said of the household on its other rows is what the first row says, or nothing."""
    is_start = np.zeros(len(rows), bool)
    is_start[starts] = True
    for one in questions_of(Of.HOUSEHOLD):
        if one.name not in frame.columns:
            continue
        cells = frame[one.name]
        if not (cells.is_not_null() & cells.ne_missing(cells.shift(1)) & ~pl.Series(is_start)).any():
            continue  # each row says what the row before says, or nothing: quick, and true of nearly all files
        cells = _as_texts(cells)
        first = cells.gather(starts).gather(of)
        for place in np.flatnonzero(((cells != "") & (cells != first)).to_numpy())[:MOST_TOLD]:
            told = shown(first[int(place)]) if first[int(place)] else "vide"
            message = f"sur la première ligne du foyer, cette colonne est {told} : répétez-la, ou laissez vide ici."
            problems.append(InputProblem(int(rows[place]), one.header_fr, message))


def _facts(frame: pl.DataFrame, asked: Question, rows: Array, problems: list[InputProblem]) -> Array:
    """One column as `Facts` holds it. A cell that cannot be read is told, and taken as empty."""
    if asked.name not in frame.columns:
        return np.full(frame.height, default_of(asked), dtype=DTYPES[asked.kind])
    cells = frame[asked.name]
    dtype = _POLARS[asked.kind]
    if _TYPED[asked.kind](cells.dtype):
        return _held(cells.cast(dtype, strict=False), asked)
    if cells.dtype in (pl.Categorical, pl.Enum):
        cells = cells.cast(pl.String)
    distinct = cells.drop_nulls().unique()
    read, refused = _read(distinct, asked)
    if refused:
        ranks = cells.replace_strict(distinct, pl.Series(range(len(distinct)), dtype=pl.Int64), default=-1).to_numpy()
        problems += [
            InputProblem(int(rows[place]), asked.header_fr, refused[int(ranks[place])])
            for place in np.flatnonzero(np.isin(ranks, list(refused)))[:MOST_TOLD]
        ]
    return _held(cells.replace_strict(distinct, read, default=None, return_dtype=dtype), asked)


def _read(distinct: pl.Series, asked: Question) -> tuple[pl.Series, dict[int, str]]:
    """The value of each distinct cell, and why some are refused: plain ones all at once, others as a person wrote."""
    read = _plain(distinct, asked)
    reader = reader_of(asked)
    others: dict[int, Any] = {}
    refused: dict[int, str] = {}
    for place in read.is_null().arg_true().to_list():
        value = distinct[place]
        if isinstance(value, str) and not value.strip():
            continue
        try:
            found = reader(value)
            others[place] = found.item() if isinstance(found, np.generic) else found
        except MaillageError as refusal:
            refused[place] = refusal.message_fr
    if others:
        read = read.scatter(list(others), pl.Series(list(others.values()), dtype=read.dtype))
    return read, refused


def _plain(distinct: pl.Series, asked: Question) -> pl.Series:
    """Numbers in digits and dates from the year down; null for what takes a reader."""
    dtype = _POLARS[asked.kind]
    if distinct.dtype == pl.String and dtype == pl.Float64:
        digits = distinct.str.extract(_DIGITS, 0)
        return digits.str.replace(",", ".", literal=True).cast(dtype)
    if distinct.dtype == pl.String and dtype == pl.Date:
        return distinct.str.to_date("%Y-%m-%d", strict=False)
    return pl.Series([None] * len(distinct), dtype=dtype)


def _held(read: pl.Series, asked: Question) -> Array:
    if asked.kind is Kind.COMMUNE:
        return np.array(read.fill_null("").to_list(), dtype=object)
    if asked.kind is Kind.DATE:
        return read.to_numpy().astype("datetime64[D]")
    if read.null_count():
        read = read.fill_null(default_of(asked))
    return read.to_numpy().astype(DTYPES[asked.kind])
