"""Local aids from files: those that come with Maillage (`data/local_aids.csv`), and those that an instance adds.

The format is documented in `docs/aides-locales.md`; a file is CSV, XLSX or ODS, read whole, and refused by row and
column. What the columns mean, and how an aid is evaluated, is in `engines.local_aids`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from maillage.engines.aid_conditions import Clause, parse_conditions
from maillage.engines.local_aids import Band, LocalAid, Source, Unit, overlapping, parse_scale
from maillage.engines.rows import Field, Row, choice, identifier, read_rows, unique
from maillage.gateways.openfisca_france.rights import RIGHTS
from maillage.gateways.tabular import read_table
from maillage.kernel.errors import InputProblem, InputRefused
from maillage.kernel.numbers import NBSP
from maillage.kernel.territory import TerritoryCode
from maillage.rights.cells import day, plain, web_addresses

FILE = Path(__file__).parent / "data" / "local_aids.csv"
OWN_FILE_STEM = "local_aids"
"""An instance's own file, in its data folder: this name, with .csv, .xlsx or .ods."""
OWN_FILE_SUFFIXES = (".csv", ".xlsx", ".ods")

_RIGHT_CODES = tuple(one.code for one in RIGHTS)
_UNITS = {unit.value: unit.value for unit in Unit} | {unit.label_fr: unit.value for unit in Unit}


def _conditions(text: str) -> tuple[Clause, ...]:
    return parse_conditions(text, rights=_RIGHT_CODES)


def _unit(text: str) -> Unit:
    return Unit(choice(_UNITS)(text))


def _scale(text: str) -> tuple[Band, ...]:
    return parse_scale(text, rights=_RIGHT_CODES)


def _short(read: Callable[[str], Any], *headers: str, name: str, empty: Any = "", filled: bool = False) -> Field:
    return Field(name, headers, read, needed=True, filled=filled, empty=empty)


FIELDS = (
    _short(identifier, "code", name="code", filled=True),
    _short(plain, "nom", name="name", filled=True),
    _short(plain, "organisme", name="body", filled=True),
    _short(TerritoryCode.parse, "territoire", name="territory", filled=True),
    _short(_conditions, "conditions", name="clauses", empty=()),
    _short(plain, "autres conditions", name="other_conditions"),
    _short(_scale, "montant", name="scale", filled=True),
    _short(_unit, "unité", name="unit", filled=True),
    _short(plain, "ce que c'est", name="what", filled=True),
    _short(plain, "comment demander", name="how", filled=True),
    _short(str, "source", name="source_title", filled=True),
    _short(str, "éditeur", name="publisher", filled=True),
    _short(day, "publiée le", name="published_on", empty=None),
    _short(web_addresses, "adresse", name="addresses", empty=()),
    _short(day, "lue le", name="read_on", filled=True),
    _short(day, "début", name="starts_on", empty=None),
    _short(day, "fin", name="ends_on", empty=None),
    _short(day, "vérifiée le", name="verified_on", empty=None),
)


@cache
def shipped() -> tuple[LocalAid, ...]:
    """The aids that come with Maillage. Read once: the file comes with the code."""
    return read_local_aids(FILE, name=FILE.name)


def read_local_aids(source: str | Path | bytes, *, name: str) -> tuple[LocalAid, ...]:
    """The aids of a file (CSV, XLSX or ODS). Raises InputRefused with every problem, by row and column."""
    rows = read_rows(read_table(source, name=name), FIELDS)
    problems = unique(rows, "code", "starts_on") + [problem for row in rows for problem in _dates(row)]
    aids = tuple(_aid(row) for row in rows)
    if not problems:
        rows_by_key = {_key(aid): row for aid, row in zip(aids, rows, strict=True)}
        problems = [_overlap(before, rows_by_key[_key(after)]) for before, after in overlapping(aids)]
    if problems:
        raise InputRefused(problems, "Les aides locales ne peuvent pas être chargées.")
    return aids


def with_own(own: Iterable[LocalAid]) -> tuple[LocalAid, ...]:
    """The shipped aids and an instance's own. A code that the instance gives replaces the shipped aid wholly."""
    given = tuple(own)
    codes = {aid.code for aid in given}
    return (*(aid for aid in shipped() if aid.code not in codes), *given)


def of_instance(folder: Path) -> tuple[LocalAid, ...]:
    """The aids of the instance whose data folder this is. Raises InputRefused when its own file cannot be read."""
    for suffix in OWN_FILE_SUFFIXES:
        path = folder / f"{OWN_FILE_STEM}{suffix}"
        if path.exists():
            return _own(path, path.stat().st_mtime_ns)
    return shipped()


def template() -> str:
    """The heading of an empty file, to fill in a spreadsheet (CSV, parted by semicolons)."""
    return ";".join(field.headers[0] for field in FIELDS) + "\r\n"


@cache
def _own(path: Path, _changed_ns: int) -> tuple[LocalAid, ...]:
    return with_own(read_local_aids(path, name=path.name))


def _aid(row: Row) -> LocalAid:
    values = dict(row.values)
    values["source"] = Source(
        title=values.pop("source_title"),
        publisher=values.pop("publisher"),
        published_on=values.pop("published_on"),
        addresses=values.pop("addresses"),
        read_on=values.pop("read_on"),
    )
    return LocalAid(**values)


def _key(aid: LocalAid) -> tuple[str, date | None]:
    return aid.code, aid.starts_on


def _dates(row: Row) -> list[InputProblem]:
    """Dates that contradict each other."""
    ordered = (
        ("starts_on", "ends_on", "la fin précède le début."),
        ("published_on", "read_on", "la source est lue avant d'être publiée."),
    )
    return [
        row.problem(second, message)
        for first, second, message in ordered
        if row[first] is not None and row[second] is not None and row[second] < row[first]
    ]


def _overlap(before: LocalAid, row: Row) -> InputProblem:
    return row.problem(
        "starts_on",
        f"«{NBSP}{before.code}{NBSP}» est déjà en vigueur à cette date{NBSP}: donnez une fin à la ligne précédente.",
    )
