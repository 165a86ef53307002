"""A spreadsheet that a partner filled: read, compared with what is there, then entered whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.db import transaction

from maillage.collection.models import FigureRequest, RequestedFigure
from maillage.collection.selectors.campaigns import figures_of
from maillage.collection.services.answers import Entry, enter
from maillage.collection.services.reading import FIELDS, LABELS, Answered, AnswerRefused, read_answer
from maillage.core.models import StoredFile, User
from maillage.engines import rows as reading
from maillage.engines.rows import Field, Row
from maillage.gateways.tabular import MEBIBYTE, Limits, read_table
from maillage.gateways.tabular.model import Table
from maillage.kernel.errors import InputProblem, InputRefused
from maillage.kernel.numbers import NBSP
from maillage.ui.export import unneutral

SHEET = "Chiffres"
LIMITS = Limits(max_bytes=10 * MEBIBYTE, max_rows=5000, max_columns=60, max_cells=200_000, seconds=20)

# The columns of the template, in their order: name, heading. Those of `SHOWN` are read by nobody: they help to fill.
KEY_COLUMNS = {"indicator": "Code", "territory": "Code territoire", "period": "Période"}
SHOWN_COLUMNS = {"label": "Chiffre", "place": "Territoire", "unit": "Unité", "before": "Valeur de l'an passé"}
COLUMNS: dict[str, str] = {
    "indicator": KEY_COLUMNS["indicator"],
    "label": SHOWN_COLUMNS["label"],
    "territory": KEY_COLUMNS["territory"],
    "place": SHOWN_COLUMNS["place"],
    "period": KEY_COLUMNS["period"],
    "unit": SHOWN_COLUMNS["unit"],
    "before": SHOWN_COLUMNS["before"],
    **LABELS,
}
COLUMN_NAMES = {reading.fold(heading): name for name, heading in COLUMNS.items()}
_FIELDS = (
    Field("indicator", (COLUMNS["indicator"],), needed=True, filled=True),
    Field("territory", (COLUMNS["territory"],), needed=True, filled=True),
    Field("period", (COLUMNS["period"],), reading.period, needed=True, filled=True),
    *(Field(name, (heading,)) for name, heading in SHOWN_COLUMNS.items()),
    *(Field(name, (heading,), needed=name == "value") for name, heading in LABELS.items()),
)


@dataclass(frozen=True, slots=True)
class Change:
    """One figure as it is, and as the sheet would have it. `row` is that of the spreadsheet."""

    figure: RequestedFigure
    answered: Answered
    row: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sheet would change, what it leaves, and the figures of the list that it does not speak of."""

    changes: tuple[Change, ...]
    same: int
    absent: tuple[RequestedFigure, ...]

    @property
    def entries(self) -> dict[int, Entry]:
        return {one.figure.pk: Entry(one.answered, one.figure.revision) for one in self.changes}


def read_sheet(content: bytes | IO[bytes], *, name: str) -> Table:
    """The table of a filled template. Raises InputRefused when it cannot be read."""
    data = content if isinstance(content, bytes) else content.read()
    wanted = SHEET if data.startswith(b"PK") else None
    return read_table(data, name=name, sheet=wanted, limits=LIMITS)


def plan_sheet(*, figure_request: FigureRequest, table: Table) -> Plan:
    """Compare a table with the list. Raises InputRefused with every problem, by row and column; nothing is written."""
    rows = reading.read_rows(table, _FIELDS)
    problems = reading.unique(rows, "indicator", "territory", "period")
    figures = {(one.indicator.code, one.territory.code, one.period): one for one in figures_of(figure_request)}
    seen: dict[int, Change] = {}
    for row in rows:
        figure = figures.get((row["indicator"], row["territory"], row["period"]))
        if figure is None:
            problems.append(row.problem("indicator", _unknown(row)))
            continue
        answered = _answered(figure, row, problems)
        if answered is not None:
            seen[figure.pk] = Change(figure, answered, row.number)
    if problems:
        title = "La feuille est refusée : rien n'est enregistré."
        raise InputRefused(sorted(problems, key=lambda problem: problem.row or 0), title)
    changes = tuple(one for one in seen.values() if _changes(one))
    absent = tuple(one for one in figures.values() if one.pk not in seen)
    return Plan(changes, len(seen) - len(changes), absent)


@transaction.atomic
def enter_sheet(*, figure_request: FigureRequest, file: StoredFile, by: User, at: datetime) -> list[RequestedFigure]:
    """Enter what the stored sheet says; returns the figures that changed. A second time changes nothing."""
    with file.content.open("rb") as handle:
        table = read_sheet(handle, name=file.name)
    plan = plan_sheet(figure_request=figure_request, table=table)
    origin = f"tableur, empreinte {file.sha256[:12]}"
    return enter(figure_request=figure_request, entries=plan.entries, by=by, at=at, origin=origin)


def _answered(figure: RequestedFigure, row: Row, problems: list[InputProblem]) -> Answered | None:
    """The answer of a row. A column that the sheet does not have leaves what was there."""
    texts: Mapping[str, str] = {
        name: unneutral(row[name]) if name in row.headers else str(getattr(figure, name) or "") for name in FIELDS
    }
    try:
        return read_answer(figure.indicator, texts)
    except AnswerRefused as error:
        problems.extend(row.problem(name, text) for name, text in error.problems.items())
        return None


def _changes(one: Change) -> bool:
    return any(getattr(one.figure, name) != getattr(one.answered, name) for name in FIELDS)


def _unknown(row: Row) -> str:
    shown: Sequence[str] = [row["indicator"], row["territory"], row["period"]]
    return f"«{NBSP}{', '.join(shown)}{NBSP}» n'est pas un chiffre de cette liste : ne changez pas les codes."
