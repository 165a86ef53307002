"""Two tables in, columns out: a population file, households in one table and persons in the other.

Columns bear the headers of `inputs.csv` (or the English names); `foyer` joins the tables, `personne` is optional and
must then be unique. A column left out, or an empty cell (None or ""), takes the default of the question. Values may be
typed (a Parquet file) or texts (a CSV file); in a typed column of numbers, NaN is refused where the question has a
default, and falls back on the more recent figure where it has none. Rows are numbered as a spreadsheet shows them,
heading included; the column of a message says which table it is of, since no header is in both but `foyer`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt

from maillage.engines.rows import choice, fold, yes_no
from maillage.gateways.openfisca_france.columns import Array, Facts
from maillage.gateways.openfisca_france.household import Batch, batch_of
from maillage.gateways.openfisca_france.inputs import Kind, Of, Question, questions_of
from maillage.gateways.openfisca_france.zones import Earlier
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError, shorten
from maillage.kernel.numbers import NBSP, parse_number

HOUSEHOLD_KEY = "foyer"
PERSON_KEY = "personne"

Table = Mapping[str, Sequence[Any] | Array]


class CellRefused(MaillageError):
    """A cell that does not hold what its column needs."""


def batch_from_tables(households: Table, persons: Table, month: str, earlier: Earlier | None = None) -> Batch:
    """The columns of `signature(month)` for a population. Raises MonthRefused, or InputRefused with every problem."""
    facts, problems = facts_of_tables(households, persons)
    return batch_of(facts, month, earlier, problems)


def facts_of_tables(households: Table, persons: Table) -> tuple[Facts, list[InputProblem]]:
    """The facts of two tables, and what cannot be read in them.

    Raises InputRefused when the columns themselves do not do: unknown, missing, twice, of unequal length.
    """
    of_households = _columns(households, Of.HOUSEHOLD, (HOUSEHOLD_KEY,))
    of_persons = _columns(persons, Of.PERSON, (HOUSEHOLD_KEY, PERSON_KEY))
    problems: list[InputProblem] = []
    household_of = _joined(of_households, of_persons, problems)
    facts = Facts(
        _arrays(of_persons, Of.PERSON, problems),
        _arrays(of_households, Of.HOUSEHOLD, problems),
        household_of,
        np.arange(2, len(household_of) + 2),
        np.arange(2, len(of_households[HOUSEHOLD_KEY]) + 2),
    )
    return facts, sorted(problems, key=lambda one: one.row or 0)


def headers(entity: Of) -> tuple[str, ...]:
    """The columns of the template of one table, in order."""
    keys = (HOUSEHOLD_KEY,) if entity is Of.HOUSEHOLD else (HOUSEHOLD_KEY, PERSON_KEY)
    return (*keys, *(one.header_fr for one in questions_of(entity)))


def _columns(table: Table, entity: Of, keys: tuple[str, ...]) -> dict[str, Array]:
    known = {fold(key): key for key in keys}
    known |= {fold(name): one.name for one in questions_of(entity) for name in (one.header_fr, one.name)}
    found: dict[str, Array] = {}
    problems = []
    for header, values in table.items():
        name = known.get(fold(header))
        if name is None:
            allowed = ", ".join(headers(entity))
            problems.append(InputProblem(1, header, f"colonne inconnue. Colonnes admises : {allowed}."))
        elif name in found:
            problems.append(InputProblem(1, header, "cette colonne est donnée deux fois."))
        else:
            found[name] = values if isinstance(values, np.ndarray) else _plain(values)
    needed = [HOUSEHOLD_KEY, *(one.name for one in questions_of(entity) if one.is_required)]
    titles = {one.name: one.header_fr for one in questions_of(entity)}
    problems += [InputProblem(1, titles.get(name, name), "colonne manquante.") for name in needed if name not in found]
    if len({len(values) for values in found.values()}) > 1:
        problems.append(InputProblem(None, None, "les colonnes n'ont pas toutes le même nombre de lignes."))
    if problems:
        raise InputRefused(problems, "Les colonnes du fichier ne conviennent pas.")
    return found


def _plain(values: Sequence[Any]) -> Array:
    column = np.empty(len(values), dtype=object)
    column[:] = list(values)
    return column


def _joined(
    households: Mapping[str, Array], persons: Mapping[str, Array], problems: list[InputProblem]
) -> npt.NDArray[np.int64]:
    """The rank of the household of each person; 0 where it is not found, which a problem then says."""
    ranks: dict[str, int] = {}
    for rank, key in enumerate(map(_key, households[HOUSEHOLD_KEY])):
        if not key:
            problems.append(InputProblem(rank + 2, HOUSEHOLD_KEY, "l'identifiant du foyer est nécessaire."))
        elif key in ranks:
            message = f"le foyer {shown(key)} figure déjà ligne {ranks[key] + 2}."
            problems.append(InputProblem(rank + 2, HOUSEHOLD_KEY, message))
        ranks.setdefault(key, rank)
    found = []
    for place, key in enumerate(map(_key, persons[HOUSEHOLD_KEY])):
        if key not in ranks:
            message = f"personne du foyer {shown(key)}, qui n'est pas dans la table des foyers."
            problems.append(InputProblem(place + 2, HOUSEHOLD_KEY, message))
        found.append(ranks.get(key, 0))
    _check_persons_once(persons, found, problems)
    return np.array(found, dtype=np.int64)


def _check_persons_once(persons: Mapping[str, Array], ranks: Sequence[int], problems: list[InputProblem]) -> None:
    seen: dict[str, int] = {}
    for place, key in enumerate(map(_key, persons.get(PERSON_KEY, ()))):
        if key and key in seen:
            where = "dans deux foyers" if ranks[seen[key]] != ranks[place] else "deux fois"
            message = f"la personne {shown(key)} est {where} : déjà ligne {seen[key] + 2}."
            problems.append(InputProblem(place + 2, PERSON_KEY, message))
        seen.setdefault(key, place)


def _arrays(columns: Mapping[str, Array], entity: Of, problems: list[InputProblem]) -> dict[str, Array]:
    count = len(columns[HOUSEHOLD_KEY])
    return {
        one.name: _array(columns[one.name], one, problems) if one.name in columns else _default(one, count)
        for one in questions_of(entity)
    }


_EMPTY: dict[Kind, Any] = {
    Kind.AMOUNT: np.nan,
    Kind.NUMBER: np.nan,
    Kind.YES_NO: False,
    Kind.CHOICE: -1,
    Kind.DATE: np.datetime64("NaT"),
    Kind.COMMUNE: "",
}
DTYPES: dict[Kind, Any] = {
    Kind.AMOUNT: np.float64,
    Kind.NUMBER: np.float64,
    Kind.YES_NO: bool,
    Kind.CHOICE: np.int64,
    Kind.DATE: "datetime64[D]",
    Kind.COMMUNE: object,
}


def default_of(asked: Question) -> Any:
    """What an empty cell stands for, as `Facts` holds it."""
    return reader_of(asked)(asked.default) if asked.default else _EMPTY[asked.kind]


def _default(asked: Question, count: int) -> Array:
    return np.full(count, default_of(asked), dtype=DTYPES[asked.kind])


def _array(values: Array, asked: Question, problems: list[InputProblem]) -> Array:
    """One column as `Facts` holds it: typed columns as they are, the others cell by cell, each distinct cell once."""
    if asked.kind in {Kind.AMOUNT, Kind.NUMBER} and values.dtype.kind in "fiu":
        return values.astype(np.float64)
    if asked.kind is Kind.YES_NO and values.dtype.kind == "b":
        return values
    if asked.kind is Kind.DATE and values.dtype.kind == "M":
        return values.astype("datetime64[D]")
    return _read(values, asked, problems)


def _read(values: Array, asked: Question, problems: list[InputProblem]) -> Array:
    reader = reader_of(asked)
    empty = default_of(asked)
    known: dict[Any, Any] = {}
    found = np.full(len(values), empty, dtype=DTYPES[asked.kind])
    for place, value in enumerate(values.tolist()):
        if value is None or value == "":
            continue
        key = (type(value), value)
        if key not in known:
            known[key] = _outcome(reader, value)
        outcome = known[key]
        if isinstance(outcome, MaillageError):
            problems.append(InputProblem(place + 2, asked.header_fr, outcome.message_fr))
        else:
            found[place] = outcome
    return found


def _outcome(reader: Callable[[Any], Any], value: Any) -> Any:
    try:
        return reader(value)
    except MaillageError as refusal:
        return refusal


def reader_of(asked: Question) -> Callable[[Any], Any]:
    """What reads one cell of a question into what `Facts` holds. It raises MaillageError, in French."""
    if asked.kind is Kind.CHOICE:
        words = {label: code for code, label in asked.choices.items()} | {code: code for code in asked.choices}
        to_code = choice({word: asked.choices[code] for word, code in words.items()})
        ranks = {label: rank for rank, label in enumerate(asked.choices.values())}
        return lambda value: ranks[to_code(str(value))]
    return {
        Kind.AMOUNT: _number,
        Kind.NUMBER: _number,
        Kind.YES_NO: _yes_no,
        Kind.DATE: _day,
        Kind.COMMUNE: _commune,
    }[asked.kind]


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise CellRefused(f"{shown(value)} n'est pas un nombre.")
    return float(value) if isinstance(value, (int, float, Decimal)) else float(parse_number(str(value)))


def _yes_no(value: Any) -> bool:
    return value if isinstance(value, bool) else bool(yes_no(str(value).removesuffix(".0")))


def _day(value: Any) -> np.datetime64:
    if isinstance(value, date):
        return np.datetime64(value.strftime("%Y-%m-%d"), "D")
    text = str(value).strip()
    for shape in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return np.datetime64(datetime.strptime(text, shape).date())  # noqa: DTZ007  # a day, without any hour
        except ValueError:
            continue
    raise CellRefused(f"{shown(text)} n'est pas une date : écrivez 1990-06-15 ou 15/06/1990.")


def _commune(value: Any) -> str:
    text = str(value).strip()
    return text.zfill(5) if len(text) == 4 and text.isdecimal() else text  # a spreadsheet drops the first 0


def _key(value: Any) -> str:
    return "" if value is None else str(value).strip()


def shown(value: Any) -> str:
    """A cell as a message quotes it."""
    return f"«{NBSP}{shorten(str(value), 40)}{NBSP}»"
