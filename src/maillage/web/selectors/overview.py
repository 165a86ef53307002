"""The commissioner's screen: what is known of a perimeter, what contradicts, what is missing, what waits for one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from maillage.core.digests import Item, Waiting, look
from maillage.core.models import User
from maillage.indicators import perms as figure_perms
from maillage.indicators.models import Observation, StatedFigure
from maillage.indicators.selectors import consistency
from maillage.indicators.selectors.credits import credits_by_axis
from maillage.indicators.selectors.gaps import LINKS, Gap, missing
from maillage.indicators.selectors.values import Value
from maillage.kernel.numbers import NBSP
from maillage.pacts.models import Axis, Pact
from maillage.pacts.selectors import (
    CalendarProgress,
    DatedMilestone,
    latest_pact,
    milestones_progress,
    pact_of_year,
    projects,
)
from maillage.territories.models import Territory
from maillage.ui import units
from maillage.ui.charts import Chart
from maillage.ui.maps import Map
from maillage.ui.tables import Cell, Column, Table
from maillage.web.links import address
from maillage.web.selectors import discrepancies
from maillage.web.selectors.charts import credits_chart
from maillage.web.selectors.collected import collected_table
from maillage.web.selectors.money import Money, cell_of, money_of, money_table
from maillage.web.selectors.poverty import poverty_map
from maillage.web.selectors.tiles import Tile
from maillage.web.selectors.waiting import Task, tasks

MOST_WAITING = 5


@dataclass(frozen=True)
class Link:
    """One link of the chain need → action → money → people → evidence → report, and what it lacks."""

    label: str
    gaps: tuple[Gap, ...]

    @property
    def complete(self) -> bool:
        return not self.gaps


@dataclass(frozen=True)
class Calendar:
    """The calendar on a day: how far, the last two steps passed, what is under way, what comes."""

    pact: Pact
    progress: CalendarProgress
    shown: tuple[DatedMilestone, ...]

    @property
    def label(self) -> str:
        plural = "s" if self.progress.past > 1 else ""
        passed = f"{self.progress.past} étape{plural} passée{plural} sur {self.progress.total}"
        return f"{self.pact.short_title}{NBSP}: {passed}"

    @property
    def url(self) -> str:
        return address("pact", self.pact.code)


@dataclass(frozen=True)
class Overview:
    territory: Territory
    year: str
    years: tuple[str, ...]
    on: date
    pact: Pact | None
    tiles: tuple[Tile, ...]
    money: Money
    credits: Table
    chart: Chart | None
    axes: Table | None
    axes_note: str
    map: Map | None
    collected: Table | None
    calendar: Calendar | None
    contradictions: discrepancies.DiscrepancySummary
    chain: tuple[Link, ...]
    tasks: tuple[Task, ...]
    waiting: Waiting

    @property
    def first_waiting(self) -> tuple[Item, ...]:
        """The most pressing things; the rest is one link away."""
        return self.waiting.items[:MOST_WAITING]

    @property
    def gaps(self) -> tuple[Gap, ...]:
        return tuple(gap for link in self.chain for gap in link.gaps)

    @property
    def query(self) -> str:
        """What the links of the page carry on: the perimeter that is looked at."""
        return f"&territoire={self.territory.code}"

    @property
    def consistency_url(self) -> str:
        return address("consistency")

    @property
    def import_url(self) -> str:
        return address("imports")

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table of the page, for the exports."""
        found = [
            self.credits,
            self.axes,
            self.chart.table if self.chart else None,
            self.map.table if self.map else None,
            self.collected,
        ]
        return tuple(table for table in found if table is not None)


def nothing_loaded() -> bool:
    """Whether the instance holds neither observation, nor stated figure, nor pact."""
    return not (Observation.objects.exists() or StatedFigure.objects.exists() or Pact.objects.exists())


def overview(*, user: User, territory: Territory, year: str, on: date, at: datetime) -> Overview:
    """Everything the page shows, in a number of queries that does not depend on how many territories there are."""
    money = money_of(territory, year)
    shown_year = money.year or year
    pact = pact_of_year(int(shown_year)) if shown_year.isdecimal() else None
    pact = pact or latest_pact()
    here = discrepancies.concerning(territory)
    contradictions = discrepancies.summary(here)
    axes, axes_note = _axes(pact, territory, shown_year, here)
    return Overview(
        territory=territory,
        year=shown_year,
        years=money.credits.years,
        on=on,
        pact=pact,
        tiles=_tiles(money),
        money=money,
        credits=money_table(money),
        chart=credits_chart(money),
        axes=axes,
        axes_note=axes_note,
        map=poverty_map(territory),
        collected=collected_table(territory),
        calendar=_calendar(on),
        contradictions=contradictions,
        chain=_chain(territory, pact, shown_year, here),
        tasks=tuple(tasks(user, territory, to_waive=_mine(user, here, on), on=on, at=at)),
        waiting=look(user, on),
    )


def _mine(user: User, here: list[consistency.Checked], on: date) -> int:
    """Open discrepancies on which this person may decide."""
    return sum(item.is_open and figure_perms.can_waive(user, item.figure, on) for item in here)


# --- key figures -----------------------------------------------------------------------------------------------------


def _tiles(money: Money) -> tuple[Tile, ...]:
    total = money.total
    if total is None:
        return ()
    contracts = f"{len(money.lines)} contrats" if len(money.lines) > 1 else "1 contrat"
    tiles = []
    if money.previous and total.before is not None:
        tiles.append(Tile(f"Crédits {money.previous}", total.before, explained=contracts))
    printed = money.printed_difference
    difference = f"Le document imprime {units.format_value(printed.amount, unit='EUR')}." if printed else ""
    tiles.append(Tile(f"Crédits {money.year}", total.after, explained=contracts, warning=difference))
    if money.previous:
        tiles.append(_evolution_tile(money))
    tiles.append(
        Tile(f"Par habitant, {money.year}", total.per_inhabitant, decimals=2, explained=_denominator(total.inhabitants))
    )
    label, poor = f"Par personne sous le seuil de pauvreté, {money.year}", _denominator(total.poor)
    tiles.append(Tile(label, total.per_poor, decimals=2, explained=poor))
    return tuple(tiles)


def _evolution_tile(money: Money) -> Tile:
    total = money.total
    percent = total.evolution.percent if total is not None else None
    sources = total.after.sources if total is not None else ()
    value = Value(percent, "%", reason=money.credits.warning, period=f"{money.previous}/{money.year}", sources=sources)
    differs = total is not None and percent is not None and not total.evolution.comparable
    warning = "les deux années n'ont pas le même périmètre ; le détail est sous le tableau." if differs else ""
    return Tile(f"Évolution {money.previous}-{money.year}", value, decimals=1, warning=warning, signed=True)


def _denominator(persons: Value) -> str:
    """« 3 907 156 habitants (population municipale 2023, publié) »."""
    if not persons.known:
        return f"Dénominateur inconnu{NBSP}: {persons.reason}."
    number = units.format_value(persons.amount, unit="persons", decimals=0)
    interval = ""
    if persons.is_estimate and persons.low is not None and persons.high is not None:
        low, high = (units.format_value(bound, decimals=0) for bound in (persons.low, persons.high))
        interval = f", entre {low} et {high}"
    source = f"{NBSP}; {persons.source}" if persons.source else ""
    return f"{number} en {persons.period_label} ({persons.status_label.lower()}{interval}{source})"


# --- by axis ---------------------------------------------------------------------------------------------------------


def _axes(
    pact: Pact | None, territory: Territory, year: str, here: list[consistency.Checked]
) -> tuple[Table | None, str]:
    """Credits, supported projects and stated figures by axis; unknown credits say why, once."""
    if pact is None or not year:
        return None, ""
    split = credits_by_axis(pact, territory, year)
    if not split:
        return None, ""
    counts = _projects_by_axis(territory, year)
    stated = Counter(item.figure.axis_id for item in here)
    rows = [_axis_row(territory, axis.axis, axis.value, counts, stated, year) for axis in split]
    reasons = list(dict.fromkeys(axis.value.reason for axis in split if not axis.value.known))
    table = Table(
        id="axes",
        caption=f"Par {pact.axis_word}, {year}",
        columns=(
            Column("axis", pact.axis_word.capitalize(), kind="link"),
            Column("credits", "Crédits", kind="money", decimals=0),
            Column("projects", "Projets soutenus", kind="number", decimals=0, total="sum"),
            Column("figures", "Chiffres énoncés", kind="number", decimals=0, total="sum"),
        ),
        rows=rows,
        note=" ".join(reasons),
        footer={"credits": Cell("", text=" ")} if reasons else None,
    )
    return table, " ".join(reasons)


def _axis_row(
    territory: Territory, axis: Axis, value: Value, counts: Counter[int], stated: Counter[int | None], year: str
) -> dict[str, Cell]:
    def listed(number: int, anchor: str) -> Cell:
        url = address("territory", territory.code, axe=axis.code, annee=year, anchor=anchor) if number else ""
        return Cell(Decimal(number), url=url)

    return {
        "axis": Cell(f"{axis.number}. {axis.title}", url=address("axis", axis.code), sort=axis.number),
        "credits": cell_of(value),
        "projects": listed(counts[axis.pk], "projets"),
        "figures": listed(stated[axis.pk], "enonces"),
    }


def _projects_by_axis(territory: Territory, year: str) -> Counter[int]:
    if not year.isdecimal():
        return Counter()
    return Counter(projects(inside=territory, year=int(year)).order_by("pk").values_list("axis_id", flat=True))


# --- calendar, chain --------------------------------------------------------------------------------------------


def _calendar(on: date) -> Calendar | None:
    pact = latest_pact()
    if pact is None:
        return None
    progress = milestones_progress(on, pact)
    if not progress.total:
        return None
    passed = tuple(one for one in progress.milestones if one.state == "past")
    ahead = tuple(one for one in progress.milestones if one.state != "past")
    return Calendar(pact, progress, passed[-2:] + ahead)


def _chain(territory: Territory, pact: Pact | None, year: str, here: list[consistency.Checked]) -> tuple[Link, ...]:
    gaps = missing(territory, pact, int(year) if year.isdecimal() else 0, checked=here)
    return tuple(Link(label, tuple(gap for gap in gaps if gap.link == code)) for code, label in LINKS.items())
