"""The funding grid of a sheet: rows are funders, columns are years. Lines of the text are year by year, one a cell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import QueryDict

from maillage.contracts.enums import FunderKind
from maillage.contracts.forms.text import Source, typed
from maillage.contracts.values import clean
from maillage.engines.contract_text import REMOVED, Change, Field, field_at, part_at
from maillage.kernel.errors import MaillageError
from maillage.ui.forms import BaseForm

BLANK_ROWS = 2
MAX_ROWS = 200
ChangeRefusal = Callable[[Change], str]  # a change → why it may not be made, in French, or ''


@dataclass
class Cell:
    """One control. `text` is what stands in it, as typed; `value` what it means; `error` why it means nothing.

    `path`: the field of the text that it writes, '' where there is none yet.
    """

    name: str
    text: Any
    label: str
    refusal: str = ""
    path: str = ""
    error: str = ""
    value: Any = None
    before: str = ""  # what the version in force says, where an amendment says otherwise

    @property
    def id(self) -> str:
        return f"id_{self.name}"


@dataclass
class YearCells:
    """What a funder brings in a year. `key` is that of the line in the text; '' for a line that is not there."""

    year: str
    key: str
    planned: Cell
    cp: Cell


@dataclass
class GridRow:
    """A funder, in cash or in kind, over the years."""

    rank: int
    funder: Cell
    in_kind: Cell
    years: list[YearCells]

    @property
    def is_blank(self) -> bool:
        typed_amounts = any(str(cell.text).strip() for one in self.years for cell in (one.planned, one.cp))
        return not typed_amounts and not str(self.funder.text).strip()

    @property
    def keys(self) -> list[str]:
        return [one.key for one in self.years if one.key]


@dataclass
class CostCells:
    """What the action costs in a year."""

    year: str
    total_cost: Cell
    eligible_cost: Cell


@dataclass
class Grid:
    """The grid of one sheet: as the text has it, or as it was sent."""

    path: str
    years: Sequence[str]
    content: Mapping[str, Any]
    rows: list[GridRow] = field(default_factory=list)
    costs: list[CostCells] = field(default_factory=list)

    def cells(self) -> Iterator[Cell]:
        for row in self.rows:
            yield row.funder
            yield row.in_kind
            for one in row.years:
                yield from (one.planned, one.cp)
        for cost in self.costs:
            yield from (cost.total_cost, cost.eligible_cost)

    @property
    def problems(self) -> list[tuple[str, str, str]]:
        """(label, id of the control, what is wrong), in the order of the grid."""
        return [(cell.label, cell.id, cell.error) for cell in self.cells() if cell.error]

    def edits(self) -> dict[str, Any]:
        """Path → value, or REMOVED for a line whose cells were emptied. A cell in error counts as not known."""
        made = dict(self._cost_edits())
        fresh = _fresh_keys({*self.content.get("lines", {})})
        for row in self.rows:
            for one in row.years:
                made |= self._line_edits(row, one, fresh)
        return made

    def _cost_edits(self) -> Iterator[tuple[str, Any]]:
        for cost in self.costs:
            before = self.content.get("years", {}).get(cost.year, {})
            for name, cell in (("total_cost", cost.total_cost), ("eligible_cost", cost.eligible_cost)):
                if not cell.refusal and cell.value != before.get(name):
                    yield f"{self.path}/years/{cost.year}/{name}", cell.value

    def _line_edits(self, row: GridRow, one: YearCells, fresh: Iterator[str]) -> dict[str, Any]:
        given = {"planned": one.planned.value, "planned_cp": one.cp.value}
        said = any(str(cell.text).strip() for cell in (one.planned, one.cp))
        if not one.key:
            if not said or one.planned.refusal:
                return {}
            place = f"{self.path}/lines/{next(fresh)}"
            wanted = {"year": one.year, "funder": row.funder.value, "in_kind": row.in_kind.value, **given}
            return {f"{place}/{name}": value for name, value in wanted.items()}
        place, before = f"{self.path}/lines/{one.key}", self.content["lines"][one.key]
        if not said:
            return {} if one.planned.refusal else {place: REMOVED}
        cells = {"funder": row.funder, "in_kind": row.in_kind, "planned": one.planned, "planned_cp": one.cp}
        return {
            f"{place}/{name}": cell.value
            for name, cell in cells.items()
            if not cell.refusal and (cell.value or None) != (before.get(name) or None)
        }


def _fresh_keys(taken: set[str]) -> Iterator[str]:
    """Keys for new lines: above every number in use, so that a line taken out is not mistaken for a new one."""
    numbers = [int(key[1:]) for key in taken if key[:1] == "L" and key[1:].isdecimal()]
    rank = max(numbers, default=0)
    while True:
        rank += 1
        if f"L{rank}" not in taken:
            yield f"L{rank}"


@dataclass(frozen=True)
class GridSource:
    """What a grid is made from: the sheet as it was read, its years, and which changes are closed."""

    path: str
    years: Sequence[str]
    content: Mapping[str, Any]
    source: Source
    refusal: ChangeRefusal


# --- as the text has it -----------------------------------------------------------------------------------------------


def grid_of(given: GridSource, *, blanks: int = BLANK_ROWS) -> Grid:
    """The grid that the text fills, with blank rows to add funders where something may be added."""
    grid = Grid(given.path, given.years, given.content)
    for rank, (keys, line) in enumerate(_grouped(given)):
        grid.rows.append(_row(given, rank, keys, line))
    grid.rows += [_row(given, len(grid.rows) + extra, {}, {}) for extra in range(blanks if _may_add(given) else 0)]
    grid.costs = [_costs(given, year) for year in given.years]
    _read(grid, given)
    return grid


def _grouped(given: GridSource) -> list[tuple[dict[str, str], Mapping[str, Any]]]:
    """Rows of the grid: year → key of line, one row a funder and nature, a second one where a year has two lines."""
    rows: list[tuple[tuple[str, bool], dict[str, str], Mapping[str, Any]]] = []
    lines = given.content.get("lines", {})
    for key in sorted(lines, key=lambda one: (str(lines[one].get("year")), one)):
        line = lines[key]
        who, year = (line.get("funder") or "", bool(line.get("in_kind"))), str(line.get("year") or "")
        free = next((keys for same, keys, _ in rows if same == who and year not in keys), None)
        if free is None:
            free = {}
            rows.append((who, free, line))
        free[year] = key
    return [(keys, line) for _, keys, line in rows]


def _may_add(given: GridSource) -> bool:
    return any(not given.refusal(_new_line(given, year)) for year in given.years)


def _new_line(given: GridSource, year: str) -> Change:
    return Change(f"{given.path}/lines/NEW", "added", None, {"year": year})


def _row(given: GridSource, rank: int, keys: Mapping[str, str], line: Mapping[str, Any]) -> GridRow:
    def of_line(name: str, label: str) -> Cell:
        closed = (given.refusal(_change(given, key, name)) for key in keys.values())
        refusal = next((one for one in closed if one), "")
        spec = _spec(given, name)
        return Cell(f"r{rank}-{name}", typed(spec, line.get(name)), f"Ligne {rank + 1}, {label}", refusal)

    years = [_year_cells(given, rank, year, keys.get(year, "")) for year in given.years]
    return GridRow(rank, of_line("funder", "financeur"), of_line("in_kind", "en nature"), years)


def _year_cells(given: GridSource, rank: int, year: str, key: str) -> YearCells:
    line = given.content.get("lines", {}).get(key, {})
    added = given.refusal(_new_line(given, year)) if not key else ""

    def cell(name: str, short: str) -> Cell:
        refusal = added if not key else given.refusal(_change(given, key, name))
        label = f"Ligne {rank + 1}, {year}, {'prévu (AE)' if short == 'ae' else 'paiement (CP)'}"
        path = f"{given.path}/lines/{key}/{name}" if key else ""
        return Cell(f"r{rank}-{year}-{short}", typed(_spec(given, name), line.get(name)), label, refusal, path)

    return YearCells(year, key, cell("planned", "ae"), cell("planned_cp", "cp"))


def _change(given: GridSource, key: str, name: str) -> Change:
    return Change(f"{given.path}/lines/{key}/{name}", "changed", None, "")


def _spec(given: GridSource, name: str) -> Field:
    part = part_at(f"{given.path}/lines/L1")
    found = part.field(name) if part is not None else None
    if found is None:
        raise ValueError(f"no such field of a line: {name}")
    return found


def _costs(given: GridSource, year: str) -> CostCells:
    content = given.content.get("years", {}).get(year, {})

    def cell(name: str) -> Cell:
        path = f"{given.path}/years/{year}/{name}"
        found = field_at(path)
        if found is None:
            raise ValueError(f"no such year: {year}")
        change = Change(path, "changed", content.get(name), "") if content else None
        refusal = given.refusal(change or Change(path.rpartition("/")[0], "added", None, {"year": year}))
        return Cell(f"c-{year}-{name}", typed(found[1], content.get(name)), f"{found[1].label} {year}", refusal, path)

    return CostCells(year, cell("total_cost"), cell("eligible_cost"))


# --- as it was sent ---------------------------------------------------------------------------------------------------


def grid_sent(given: GridSource, data: QueryDict, *, more: int = 0) -> Grid:
    """The grid with what was typed in each cell, whatever it is; `more` blank rows are added. Cells are read."""
    grid = grid_of(given, blanks=0)
    count = min(_count(data), MAX_ROWS)
    sent, taken = [], set[str]()
    for rank in range(count):
        keys = {year: key for year, key in _keys_sent(given, data, rank).items() if key not in taken}
        taken.update(keys.values())  # one line is in one cell
        line = given.content["lines"][next(iter(keys.values()))] if keys else {}
        sent.append(_row(given, rank, keys, line))
    grid.rows = [*sent, *(_row(given, len(sent) + extra, {}, {}) for extra in range(more))]
    for cell in grid.cells():
        _fill(cell, data)
    _read(grid, given)
    return grid


def _count(data: QueryDict) -> int:
    text = data.get("rows", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0


def _keys_sent(given: GridSource, data: QueryDict, rank: int) -> dict[str, str]:
    """Year → key, of the lines that the text has: what is sent never names a line elsewhere."""
    lines = given.content.get("lines", {})
    named = {year: data.get(f"r{rank}-{year}-key", "") for year in given.years}
    return {year: key for year, key in named.items() if key in lines and str(lines[key].get("year")) == year}


def _fill(cell: Cell, data: QueryDict) -> None:
    """A closed cell keeps what the text says: the browser does not send it, and what it would send does not count."""
    if not cell.refusal:
        cell.text = cell.name in data if cell.name.endswith("-in_kind") else data.get(cell.name, "")


def _read(grid: Grid, given: GridSource) -> None:
    for row in grid.rows:
        _read_cell(row.funder, _spec(given, "funder"), given.source)
        row.in_kind.value = bool(row.in_kind.text)
        for one in row.years:
            _read_cell(one.planned, _spec(given, "planned"), given.source)
            _read_cell(one.cp, _spec(given, "planned_cp"), given.source)
            if str(one.cp.text).strip() and not str(one.planned.text).strip() and not one.planned.refusal:
                one.planned.error = "Donnez le prévu (AE), ou videz le paiement."
        _check_row(row)
    for cost in grid.costs:
        _read_cell(cost.total_cost, _cost_spec(grid, cost, "total_cost"), given.source)
        _read_cell(cost.eligible_cost, _cost_spec(grid, cost, "eligible_cost"), given.source)


def _cost_spec(grid: Grid, cost: CostCells, name: str) -> Field:
    found = field_at(f"{grid.path}/years/{cost.year}/{name}")
    if found is None:
        raise ValueError(f"no such field of a year: {name}")
    return found[1]


def _read_cell(cell: Cell, spec: Field, source: Source) -> None:
    try:
        cell.value = clean(spec, cell.text, source.codes)
    except MaillageError as error:
        cell.error = error.message_fr


def _check_row(row: GridRow) -> None:
    if row.is_blank or row.funder.refusal:
        return
    amounts = any(str(one.planned.text).strip() for one in row.years)
    if not str(row.funder.text).strip():
        row.funder.error = "Choisissez le financeur de cette ligne."
    elif not amounts and not row.keys:
        row.funder.error = "Donnez un montant à ce financeur, ou retirez-le."


class FunderForm(BaseForm):
    """A funder that the list does not have."""

    name = forms.CharField(label="Nom", max_length=200)
    kind = forms.ChoiceField(label="Nature", choices=FunderKind.choices)
    siret = forms.CharField(
        label="SIRET", required=False, max_length=20, help_text="14 chiffres ; la clé est vérifiée."
    )
