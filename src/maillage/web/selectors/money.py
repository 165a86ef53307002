"""The money of a perimeter as the overview and the territory page show it: lines by contract, ratios, table, chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from maillage.indicators.enums import Status
from maillage.indicators.selectors.credits import CreditsTable, Evolution, credits_by_contract, evolution, per_person
from maillage.indicators.selectors.people import poor_persons, populations
from maillage.indicators.selectors.values import Value
from maillage.kernel.numbers import NBSP
from maillage.territories.models import Territory
from maillage.ui import units
from maillage.ui.tables import Cell, Column, Table


@dataclass(frozen=True)
class MoneyLine:
    """A contract, or the whole: amounts of the two years, their evolution, and what the second comes to per person."""

    territory: Territory
    before: Value | None
    after: Value
    evolution: Evolution
    inhabitants: Value
    poor: Value
    per_inhabitant: Value
    per_poor: Value


@dataclass(frozen=True)
class Money:
    """Credits of a perimeter for `year` beside `previous` (empty when no earlier year is loaded)."""

    credits: CreditsTable
    year: str
    previous: str
    lines: tuple[MoneyLine, ...]
    total: MoneyLine | None
    overlap: str

    @property
    def printed_difference(self) -> Value | None:
        """The total that a document prints for the year, when it is not the one that its lines give."""
        printed = self.credits.printed_totals.get(self.year)
        computed = self.credits.totals.get(self.year)
        if printed is None or computed is None or not printed.known or printed.amount == computed.amount:
            return None
        return printed


def money_of(territory: Territory, year: str = "", credits: CreditsTable | None = None) -> Money:
    """The money of a perimeter; `year` the latest loaded unless it is one of those loaded. No query by contract."""
    credits = credits if credits is not None else credits_by_contract(territory)
    if not credits.years:
        return Money(credits, "", "", (), None, "")
    year = year if year in credits.years else credits.years[-1]
    earlier = [one for one in credits.years if one < year]
    previous = earlier[-1] if earlier else ""
    holders = [row.territory for row in credits.rows]
    everyone = [*holders, territory] if territory not in holders else holders
    inhabitants, poor = populations(everyone, near=year), poor_persons(everyone)

    def line(holder: Territory, by_year: dict[str, Value]) -> MoneyLine:
        after = by_year[year]
        before = by_year.get(previous)
        persons, poor_ones = inhabitants[holder.code], poor[holder.code]
        return MoneyLine(
            territory=holder,
            before=before,
            after=after,
            evolution=evolution(before, after),
            inhabitants=persons,
            poor=poor_ones,
            per_inhabitant=per_person(after, persons),
            per_poor=per_person(after, poor_ones),
        )

    lines = tuple(line(row.territory, row.by_year) for row in credits.rows)
    total = line(territory, credits.totals) if lines else None
    return Money(credits, year, previous, lines, total, _overlap(holders))


def _overlap(holders: Sequence[Territory]) -> str:
    """Two contracts whose territories hold the same persons: their ratios are read apart and never added."""
    codes = {holder.code: holder for holder in holders}
    pairs = [(h, codes[h.parent.code]) for h in holders if h.parent is not None and h.parent.code in codes]
    return " ".join(
        f"Les habitants de {inner.name} sont aussi comptés dans {outer.name}{NBSP}: ces deux lignes se lisent à part."
        for inner, outer in pairs
    )


# --- as a table ------------------------------------------------------------------------------------------------------


def money_table(money: Money, *, id: str = "credits") -> Table:
    """Contracts in lines, the two years, the evolution and the ratios in columns; every number leads to its source."""
    columns = [Column("contract", "Contrat", kind="link")]
    if money.previous:
        columns.append(Column("before", f"Crédits {money.previous}", kind="money", decimals=0))
    columns.append(Column("after", f"Crédits {money.year}", kind="money", decimals=0))
    if money.previous:
        columns.append(Column("evolution", "Évolution", kind="percent", decimals=1))
    columns += [
        Column(
            "per_inhabitant",
            f"Par habitant, {money.year}",
            kind="money",
            decimals=2,
            help=_people_note(money, "inhabitants"),
        ),
        Column(
            "per_poor",
            f"Par personne sous le seuil, {money.year}",
            kind="money",
            decimals=2,
            help=_people_note(money, "poor"),
        ),
    ]
    source = money.lines[0].after.source if money.lines else None
    return Table(
        id=id,
        caption=f"Crédits par contrat, {money.previous}-{money.year}"
        if money.previous
        else f"Crédits par contrat, {money.year}",
        columns=columns,
        rows=[
            _row(line, line.territory.name, reverse("territory", args=[line.territory.code])) for line in money.lines
        ],
        footer=_row(money.total, "Ensemble", "") if money.total is not None and len(money.lines) > 1 else None,
        source=str(source) if source else "",
        source_url=source.url if source else "",
        note=" ".join(part for part in (_star_note(money), money.overlap) if part),
        empty="Aucun crédit n'est chargé sur ce périmètre.",
    )


def _star_note(money: Money) -> str:
    compared = [line.evolution for line in money.lines if line.evolution.percent is not None]
    differing = next((change for change in compared if not change.comparable), None)
    return f"* {differing.warning}" if differing is not None else ""


def _row(line: MoneyLine, label: str, url: str) -> dict[str, Cell]:
    change = line.evolution
    return {
        "contract": Cell(label, url=url, sort=line.territory.sort_name),
        "before": cell_of(line.before) if line.before is not None else Cell(None),
        "after": cell_of(line.after),
        "evolution": _evolution_cell(change),
        "per_inhabitant": cell_of(line.per_inhabitant, decimals=2),
        "per_poor": cell_of(line.per_poor, decimals=2),
    }


def _evolution_cell(change: Evolution) -> Cell:
    """A rate with its sign; a star where it compares two perimeters, which the note under the table explains."""
    if change.percent is None:
        return Cell(None)
    sign = "+" if change.percent > 0 else ""
    star = "" if change.comparable else f"{NBSP}*"
    return Cell(change.percent, text=f"{sign}{units.format_value(change.percent, unit='%', decimals=1)}{star}")


def cell_of(value: Value, *, decimals: int | None = None, url: str = "") -> Cell:
    """A value in a table: linked to its source, marked with its status, an estimate with its interval under it."""
    status = "" if value.status == Status.PUBLISHED or not value.known else value.status
    link = url or (value.source.url if value.source and value.known else "")
    return Cell(value.amount, url=link, status=status, note=interval_of(value, decimals))


def interval_of(value: Value, decimals: int | None = None) -> str:
    """« 12 à 13 » for an estimate, nothing otherwise."""
    if value.low is None or value.high is None or not value.is_estimate:
        return ""
    low, high = (units.format_value(bound, decimals=decimals) for bound in (value.low, value.high))
    return f"{low} à {high}".replace(" ", NBSP)


def _people_note(money: Money, what: str) -> str:
    """Source, year and status of the denominators, said once for the column."""
    values: list[Value] = [getattr(line, what) for line in (*money.lines, money.total) if line is not None]
    known = [value for value in values if value.known]
    if not known:
        return values[0].reason if values else ""
    first = known[0]
    years = sorted({value.period for value in known})
    parts = [
        f"Dénominateur{NBSP}: {first.perimeter or 'personnes'}, {', '.join(years)}",
        f"statut{NBSP}: {first.status_label.lower()}",
    ]
    if first.source:
        parts.append(f"source{NBSP}: {first.source}")
    return ", ".join(parts) + "." + (f" {first.note}" if what == "poor" and first.note else "")
