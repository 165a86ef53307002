"""Axis × territory: one number in each cell, unknown and zero told apart, each cell leading to its list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices

from maillage.indicators.enums import Known
from maillage.indicators.models import Observation
from maillage.indicators.selectors.values import Value, value_of
from maillage.kernel.numbers import NBSP
from maillage.pacts.models import Axis, Pact
from maillage.pacts.selectors import projects
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.ui.tables import Cell, Column, Table
from maillage.web.links import address
from maillage.web.selectors.discrepancies import concerning
from maillage.web.selectors.money import cell_of


class Counted(TextChoices):
    """What a cell holds. The codes are those of the address."""

    PROJECTS = "projets", "Projets soutenus"
    FIGURES = "enonces", "Chiffres énoncés"
    CREDITS = "credits", "Crédits"


MEANING = {
    Counted.PROJECTS: "0 : la liste imprimée ne nomme aucun projet ; elle peut ne pas être complète.",
    Counted.FIGURES: "0 : aucun document chargé n'énonce de chiffre rattaché à cet axe sur ce territoire.",
    Counted.CREDITS: "n. c. : aucune source chargée ne donne ce montant ; ce n'est pas zéro.",
}


@dataclass(frozen=True)
class Matrix:
    """`table` is None when the pact has no axis or nothing is loaded on the perimeter."""

    territory: Territory
    pact: Pact
    counted: Counted
    year: str
    years: tuple[str, ...]
    table: Table | None
    note: str

    @property
    def empty_title(self) -> str:
        return f"Rien à compter{NBSP}: {self.counted.label.lower()}, {self.pact.short_title}"


CellAt = Callable[[Axis, Territory], Cell]


def matrix(territory: Territory, pact: Pact, counted: Counted, year: str = "") -> Matrix:
    """Lines are the axes of a pact; columns the territories that have something to count, the widest last."""
    axes = list(pact.axes.select_related("pact", "document").order_by("number"))
    build = {Counted.PROJECTS: _projects, Counted.FIGURES: _figures, Counted.CREDITS: _credits}[counted]
    years, year, territories, cell_at = build(territory, pact, axes, year)
    columns = _ordered(territories, territory)
    table = _table(axes, columns, territory, counted, year, cell_at) if axes and columns else None
    return Matrix(territory, pact, counted, year, years, table, MEANING[counted])


def _ordered(territories: Iterable[Territory], scope: Territory) -> list[Territory]:
    unique = {territory.pk: territory for territory in territories}
    return sorted(unique.values(), key=lambda t: (t.pk == scope.pk, t.level == "country", t.sort_name, t.code))


def _table(
    axes: list[Axis], columns: list[Territory], scope: Territory, counted: Counted, year: str, cell_at: CellAt
) -> Table:
    money, pact = counted == Counted.CREDITS, axes[0].pact
    kind = "money" if money else "number"
    rows = []
    for axis in axes:
        cells = {territory.code: cell_at(axis, territory) for territory in columns}
        title = Cell(f"{axis.number}. {axis.title}", url=address("axis", axis.code), sort=axis.number)
        rows.append({"axis": title, **cells, "total": _sum(cells.values(), axis, scope, counted, year)})
    return Table(
        id="matrice",
        caption=f"{counted.label} par {pact.axis_word} et territoire" + (f", {year}" if year else ""),
        columns=(
            Column("axis", pact.axis_word.capitalize(), kind="link"),
            *(Column(t.code, _heading(t, scope), kind=kind, decimals=0, total="sum") for t in columns),
            Column("total", "Ensemble", kind=kind, decimals=0, total="sum"),
        ),
        rows=rows,
        note=MEANING[counted],
        source=", ".join(_documents(axes)),
    )


def _documents(axes: list[Axis]) -> list[str]:
    return list(dict.fromkeys(axis.document.code for axis in axes if axis.document is not None))


def _heading(territory: Territory, scope: Territory) -> str:
    """What is attached to the whole perimeter and to nothing inside it says so."""
    if territory.pk != scope.pk:
        return territory.name
    return f"{territory.name} ({Level(territory.level).label.lower()} en propre)"


def _sum(cells: Iterable[Cell], axis: Axis, scope: Territory, counted: Counted, year: str) -> Cell:
    """The sum of a line; unknown as soon as one of its cells is, since a part is not the whole."""
    values = [cell.value for cell in cells]
    if any(value is None for value in values):
        return Cell(None)
    total = sum(values, Decimal(0))
    if counted == Counted.CREDITS or not total:
        return Cell(total)
    return Cell(total, url=address("territory", scope.code, axe=axis.code, annee=year, anchor=counted.value))


Built = tuple[tuple[str, ...], str, list[Territory], CellAt]


def _chosen(years: Iterable[str], asked: str) -> tuple[tuple[str, ...], str]:
    known = tuple(sorted(set(years)))
    return known, asked if asked in known else (known[-1] if known else "")


def _projects(scope: Territory, pact: Pact, axes: list[Axis], asked: str) -> Built:
    rows = list(projects(inside=scope).filter(axis__pact=pact))
    years, year = _chosen((str(row.year) for row in rows), asked)
    rows = [row for row in rows if str(row.year) == year]
    counts = Counter((row.axis_id, row.territory_id) for row in rows)

    def cell_at(axis: Axis, territory: Territory) -> Cell:
        return _count(counts[axis.pk, territory.pk], axis, territory, "projets", year)

    return years, year, [row.territory for row in rows], cell_at


def _figures(scope: Territory, pact: Pact, axes: list[Axis], asked: str) -> Built:
    keys = {axis.pk for axis in axes}
    here = [item for item in concerning(scope) if item.figure.axis_id in keys]
    counts = Counter((item.figure.axis_id, item.figure.territory_id) for item in here)

    def cell_at(axis: Axis, territory: Territory) -> Cell:
        return _count(counts[axis.pk, territory.pk], axis, territory, "enonces", "")

    return (), "", [item.figure.territory for item in here], cell_at


def _count(number: int, axis: Axis, territory: Territory, anchor: str, year: str) -> Cell:
    query = {"axe": axis.code, "annee": year, "propre": "1"}
    url = address("territory", territory.code, anchor=anchor, **query) if number else ""
    return Cell(Decimal(number), url=url)


def _credits(scope: Territory, pact: Pact, axes: list[Axis], asked: str) -> Built:
    """Credits split by axis. Territories that hold credits without a split are columns too: their cells are unknown."""
    observations = [
        one
        for one in Observation.objects.filter(indicator__code=Known.CREDITS)
        .with_sources()
        .select_related("territory__parent__parent__parent")
        .order_by("period", "pk")
        if _is_inside(one.territory, scope)
    ]
    years, year = _chosen((one.period for one in observations), asked)
    found: dict[tuple[int, int], list[Observation]] = {}
    for one in observations:
        if one.period == year and one.axis_id is not None:
            found.setdefault((one.axis_id, one.territory_id), []).append(one)
    values: dict[tuple[int, int], Value | None] = {key: value_of(these) for key, these in found.items()}

    def cell_at(axis: Axis, territory: Territory) -> Cell:
        value = values.get((axis.pk, territory.pk))
        return cell_of(value) if value is not None else Cell(None)

    return years, year, [one.territory for one in observations if one.period == year], cell_at


def _is_inside(territory: Territory, scope: Territory) -> bool:
    current: Territory | None = territory
    while current is not None:
        if current.pk == scope.pk:
            return True
        current = current.parent
    return False
