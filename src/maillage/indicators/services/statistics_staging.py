"""Cells of a file, staged in temporary tables: compared with what is in place, then swapped in by whole statements.

A country is a million cells. They are put aside in tables of this connection alone, which lock nobody out; the short
transaction that follows only moves them. `known` is the observation that a cell updates, `differs` whether it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db import connection

from maillage.indicators.importers.model import Cell
from maillage.indicators.models import Observation
from maillage.sources import bulk

_CHUNK = 50_000
_TABLES = {
    "staged_line": "line integer PRIMARY KEY, territory bigint, period varchar(21), geography varchar(20), "
    "perimeter varchar(300)",
    "staged_measure": "measure integer PRIMARY KEY, indicator bigint, locator varchar(200)",
    "staged_cell": "line integer, measure integer, value numeric(20, 4), status varchar(12), low numeric(20, 4), "
    "high numeric(20, 4), known bigint, differs integer",
    "staged_scope": "territory bigint PRIMARY KEY",
}
_OBSERVATION = Observation._meta.db_table
_CELL = ("line", "measure", "value", "status", "low", "high")


@dataclass(frozen=True, slots=True)
class StagedLine:
    """One territory and period. `territory` is None where it is made with the file (a new IRIS, named by `code`)."""

    code: str
    territory: int | None
    period: str
    geography: str
    perimeter: str
    cells: Sequence[Cell | None]
    name: str = ""


@dataclass(frozen=True, slots=True)
class StagedMeasure:
    """One indicator. `pk` is None where its definition is made with the file."""

    code: str
    label: str
    pk: int | None
    locator: str


@dataclass
class Staging:
    """The tables of one file. `fill`, then `compare`, then `write` in the transaction, and `drop` in any case."""

    lines: list[StagedLine]
    measures: list[StagedMeasure]
    scope: set[int] = field(default_factory=set)
    has_known: bool = False

    def fill(self) -> None:
        with _apart():
            self.drop()
            for table, columns in _TABLES.items():
                _run(f"CREATE TEMPORARY TABLE {table} ({columns})")
            lines = [(n, o.territory, o.period, o.geography, o.perimeter) for n, o in enumerate(self.lines)]
            bulk.fill("staged_line", ("line", "territory", "period", "geography", "perimeter"), lines)
            measures = [(n, one.pk, one.locator) for n, one in enumerate(self.measures)]
            bulk.fill("staged_measure", ("measure", "indicator", "locator"), measures)
            bulk.fill("staged_scope", ("territory",), [(pk,) for pk in sorted(self.scope)])
            rows = self._rows()
            while chunk := list(islice(rows, _CHUNK)):
                bulk.fill("staged_cell", _CELL, chunk)

    def _rows(self) -> Iterator[bulk.Row]:
        for line, one in enumerate(self.lines):
            for measure, cell in enumerate(one.cells):
                if cell is not None:
                    yield (line, measure, *cell)

    def compare(self) -> None:
        """Find the observation that each cell updates: one of the same thing, without axis or document."""
        self.has_known = Observation.objects.filter(
            indicator__in=[one.pk for one in self.measures if one.pk is not None],
            period__in={one.period for one in self.lines},
            axis__isnull=True,
            document__isnull=True,
        ).exists()
        if not self.has_known:
            return
        with _apart():
            _run(
                f"UPDATE staged_cell SET known = (SELECT o.id FROM staged_line l CROSS JOIN staged_measure m "  # noqa: S608  (no value is written in it)
                f"CROSS JOIN {_OBSERVATION} o WHERE l.line = staged_cell.line AND m.measure = staged_cell.measure "
                "AND o.territory_id = l.territory AND o.indicator_id = m.indicator AND o.period = l.period "
                "AND o.axis_id IS NULL AND o.document_id IS NULL "
                "ORDER BY COALESCE(o.edition_id, 0) DESC, o.id DESC LIMIT 1)"
            )
            _run("CREATE INDEX staged_cell_known ON staged_cell (known)")
            other = "IS NOT" if connection.vendor == "sqlite" else "IS DISTINCT FROM"
            differs = " OR ".join(f"o.{name} {other} staged_cell.{name}" for name in ("value", "status", "low", "high"))
            _run(
                f"UPDATE staged_cell SET differs = 1 WHERE known IS NOT NULL AND EXISTS (SELECT 1 FROM staged_line l "  # noqa: S608  (no value is written in it)
                f"CROSS JOIN {_OBSERVATION} o WHERE l.line = staged_cell.line AND o.id = staged_cell.known "
                f"AND ({differs} OR o.geography <> l.geography OR o.perimeter <> l.perimeter))"
            )

    def counts(self) -> dict[str, int]:
        """How many cells add, change or leave an observation as it is."""
        row = _rows("SELECT COUNT(*), COUNT(known), SUM(differs) FROM staged_cell")[0]
        total, known, differing = int(row[0]), int(row[1]), int(row[2] or 0)
        return {"added": total - known, "changed": differing, "unchanged": known - differing}

    def statuses(self) -> dict[str, int]:
        """How many cells of each status."""
        return {str(status): int(n) for status, n in _rows("SELECT status, COUNT(*) FROM staged_cell GROUP BY status")}

    def added(self, limit: int) -> list[tuple[StagedLine, StagedMeasure, Any, str]]:
        """Some of the new cells: line, measure, value, status."""
        rows = _rows(
            "SELECT line, measure, value, status FROM staged_cell WHERE known IS NULL ORDER BY line, measure LIMIT %s",
            [limit],
        )
        return [(self.lines[line], self.measures[measure], value, status) for line, measure, value, status in rows]

    def changed(self, limit: int) -> list[tuple[StagedLine, StagedMeasure, tuple[Any, ...], tuple[Any, ...]]]:
        """Some of the cells that change an observation: line, measure, then (value, status, perimeter) twice."""
        rows = _rows(
            "SELECT c.line, c.measure, o.value, o.status, o.perimeter, o.geography, c.value, c.status "  # noqa: S608  (no value is written in it)
            f"FROM staged_cell c JOIN {_OBSERVATION} o ON o.id = c.known WHERE c.differs = 1 "
            "ORDER BY c.line, c.measure LIMIT %s",
            [limit],
        )
        found = []
        for line, measure, *told in rows:
            one = self.lines[line]
            found.append((one, self.measures[measure], tuple(told[:4]), (*told[4:], one.perimeter, one.geography)))
        return found

    def superseded(self, editions: Iterable[int], undone: Iterable[int]) -> list[tuple[int, int, int, str]]:
        """Observations that the file no longer gives: (key, territory, indicator, period).

        Those that `editions` (of the same source) brought where this file speaks, and all that `undone` brought.
        """
        same, back = sorted(editions), sorted(undone)
        if not same and not back:
            return []
        indicators = [one.pk for one in self.measures if one.pk is not None]
        periods = sorted({one.period for one in self.lines})
        here = (
            f"o.edition_id IN ({_marks(same)}) AND o.indicator_id IN ({_marks(indicators)}) "  # noqa: S608  (values are parameters)
            f"AND o.period IN ({_marks(periods)}) AND o.territory_id IN (SELECT territory FROM staged_scope)"
        )
        return _rows(
            f"SELECT o.id, o.territory_id, o.indicator_id, o.period FROM {_OBSERVATION} o "  # noqa: S608  (values are parameters)
            f"WHERE (({here}) OR o.edition_id IN ({_marks(back)})) "
            "AND o.axis_id IS NULL AND o.document_id IS NULL "
            "AND NOT EXISTS (SELECT 1 FROM staged_cell c WHERE c.known = o.id) ORDER BY o.id",
            [*same, *indicators, *periods, *back],
        )

    def write(self, edition: int, territories: dict[str, int], indicators: dict[str, int]) -> None:
        """Move the cells. `territories` and `indicators`: keys of those made since, by code."""
        made = [(territories[one.code], n) for n, one in enumerate(self.lines) if one.territory is None]
        _run_many("UPDATE staged_line SET territory = %s WHERE line = %s", made)
        named = [(indicators[one.code], n) for n, one in enumerate(self.measures) if one.pk is None]
        _run_many("UPDATE staged_measure SET indicator = %s WHERE measure = %s", named)
        joined = "staged_cell c JOIN staged_line l ON l.line = c.line JOIN staged_measure m ON m.measure = c.measure"
        _run(
            f"INSERT INTO {_OBSERVATION} (indicator_id, territory_id, period, geography, axis_id, value, status, low, "  # noqa: S608  (values are parameters)
            "high, numerator, denominator, perimeter, document_id, edition_id, locator, note) "
            "SELECT m.indicator, l.territory, l.period, l.geography, NULL, c.value, c.status, c.low, c.high, NULL, "
            f"NULL, l.perimeter, NULL, %s, m.locator, '' FROM {joined} WHERE c.known IS NULL",
            [edition],
        )
        bulk.counted_again(_OBSERVATION, len(self.lines) * len(self.measures))
        if self.has_known:
            _run(
                f"UPDATE {_OBSERVATION} SET value = c.value, status = c.status, low = c.low, high = c.high, "  # noqa: S608  (values are parameters)
                "numerator = NULL, denominator = NULL, geography = l.geography, perimeter = l.perimeter, "
                f"edition_id = %s, locator = m.locator, note = '' FROM {joined} "
                f"WHERE {_OBSERVATION}.id = c.known AND c.differs = 1",
                [edition],
            )

    @staticmethod
    def drop() -> None:
        for table in _TABLES:
            _run(f"DROP TABLE IF EXISTS {table}")


@contextmanager
def _apart() -> Iterator[None]:
    """One transaction for many rows of temporary tables, that does not take SQLite's write lock.

    Django's own transactions are immediate: they would lock every colleague out while the rows are being put aside.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    _run("BEGIN DEFERRED")
    try:
        yield
    except BaseException:
        _run("ROLLBACK")
        raise
    _run("COMMIT")


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values)) or "NULL"


def _run(statement: str, parameters: Sequence[Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _run_many(statement: str, rows: Sequence[Sequence[Any]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(statement, rows)


def _rows(statement: str, parameters: Sequence[Any] | None = None) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
