"""The money of the pact: by contract and year, by axis, evolution, per inhabitant and per person in poverty."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, QuerySet

from maillage.engines import estimates
from maillage.indicators.enums import Known, Status
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.values import Value, sum_over_territories, unknown, value_of
from maillage.kernel.numbers import NBSP
from maillage.kernel.rate import Rate
from maillage.pacts.models import Axis, Pact
from maillage.territories.enums import Level
from maillage.territories.models import Territory


@dataclass(frozen=True, slots=True)
class Evolution:
    """From one value to another. `percent` is None when it cannot be computed, and `warning` says why.

    `comparable` is False when the two perimeters differ: the rate is then shown with the warning, never alone.
    """

    percent: Decimal | None
    comparable: bool
    warning: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ContractCredits:
    """One contract: its territory, its credits by year (canonical period → value)."""

    territory: Territory
    by_year: dict[str, Value]
    evolution: Evolution


@dataclass(frozen=True, slots=True)
class CreditsTable:
    """Credits of every contract of a territory. `totals` are computed, `printed_totals` are what a document says."""

    indicator: Indicator | None
    years: tuple[str, ...]
    rows: tuple[ContractCredits, ...]
    totals: dict[str, Value]
    printed_totals: dict[str, Value]
    evolution: Evolution

    @property
    def warning(self) -> str:
        return self.evolution.warning

    def row(self, territory_code: str) -> ContractCredits | None:
        return next((row for row in self.rows if row.territory.code == territory_code), None)


@dataclass(frozen=True, slots=True)
class AxisCredits:
    """Credits of one axis in a year; unknown, with its reason, where no source splits them."""

    axis: Axis
    value: Value


def evolution(before: Value | None, after: Value | None) -> Evolution:
    """The change in percent, with a warning where the perimeters differ or a term is unknown."""
    if before is None or after is None or before.amount is None or after.amount is None:
        return Evolution(None, comparable=False, warning="Une des deux valeurs est inconnue.")
    rate = Rate.evolution(before.amount, after.amount)
    labels = {"before": before.period, "after": after.period}
    if rate is None:
        return Evolution(None, comparable=False, warning="La valeur de départ est nulle.", **labels)
    if before.perimeter != after.perimeter:
        warning = (
            f"Périmètres différents{NBSP}: {before.period_label}, {before.perimeter or 'non précisé'}"
            f"\u202f; {after.period_label}, {after.perimeter or 'non précisé'}. "
            "L'évolution ne compare pas la même chose."
        )
        return Evolution(rate.percent, comparable=False, warning=warning, **labels)
    return Evolution(rate.percent, comparable=True, **labels)


def credits_by_contract(territory: Territory) -> CreditsTable:
    """Credits of the contracts inside a territory (a region, a département, an EPCI), by year."""
    indicator = Indicator.objects.filter(code=Known.CREDITS).first()
    if indicator is None:
        nothing = Evolution(None, comparable=False, warning="Aucun crédit n'est chargé.")
        return CreditsTable(None, (), (), {}, {}, nothing)
    by_territory = _credits_inside(indicator, territory)
    years = tuple(sorted({year for by_year in by_territory.values() for year in by_year}))
    printed = by_territory.get(territory, {}) if territory.level in _GATHERING_LEVELS else {}
    rows = tuple(
        _contract(holder, by_year, years, indicator)
        for holder, by_year in by_territory.items()
        if holder.level not in _GATHERING_LEVELS
    )
    totals = {year: sum_over_territories(indicator, [row.by_year[year] for row in rows], period=year) for year in years}
    return CreditsTable(indicator, years, rows, totals, printed, _last_evolution(years, totals))


def credits_by_axis(pact: Pact, territory: Territory, year: str) -> tuple[AxisCredits, ...]:
    """Credits of a year split by axis; an axis that no loaded source gives an amount for is unknown, not zero."""
    observations: dict[int, list[Observation]] = defaultdict(list)
    for observation in _credits().filter(territory=territory, period=year, axis__pact=pact):
        observations[observation.axis_id or 0].append(observation)
    reason = f"Aucune source chargée ne répartit les crédits par {pact.axis_word}."
    return tuple(
        AxisCredits(axis, value_of(observations.get(axis.pk, [])) or unknown("EUR", reason, period=year))
        for axis in pact.axes.all()
    )


def per_person(amount: Value, persons: Value) -> Value:
    """Euros a head: unknown as soon as a term is; an estimate, with its interval, over an estimated number."""
    bounds = persons.estimate
    if amount.amount is None or bounds is None:
        return unknown(amount.unit, amount.reason if amount.amount is None else persons.reason, period=amount.period)
    ratio = estimates.amount_per_person(amount.amount, bounds)
    if ratio is None:
        return unknown(amount.unit, "dénominateur nul ou non borné", period=amount.period)
    estimated = persons.is_estimate
    return Value(
        amount=ratio.value,
        unit=amount.unit,
        status=Status.ESTIMATED if estimated else amount.status,
        period=amount.period,
        low=ratio.low if estimated else None,
        high=ratio.high if estimated else None,
        perimeter=amount.perimeter,
        sources=tuple(dict.fromkeys((*amount.sources, *persons.sources))),
    )


def _credits() -> QuerySet[Observation]:
    return Observation.objects.filter(indicator__code=Known.CREDITS).with_sources().select_related("territory")


def _credits_inside(indicator: Indicator, territory: Territory) -> dict[Territory, dict[str, Value]]:
    """Observations without axis on the territory and on those inside it, in the order of names."""
    found: dict[Territory, dict[str, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    inside = (
        _credits().filter(_inside(territory), axis__isnull=True).select_related("territory__parent__parent__parent")
    )
    for observation in inside.order_by("territory__level", "territory__sort_name", "period", "pk"):
        found[observation.territory][observation.period].append(observation)
    return {
        holder: {year: value for year, these in by_year.items() if (value := value_of(these)) is not None}
        for holder, by_year in found.items()
    }


def _inside(territory: Territory) -> Q:
    """The territory and all that it contains: a commune is three steps below the country."""
    steps = ("territory", "territory__parent", "territory__parent__parent", "territory__parent__parent__parent")
    return Q(*((step, territory) for step in steps), _connector=Q.OR)


def _contract(
    territory: Territory, by_year: dict[str, Value], years: Sequence[str], indicator: Indicator
) -> ContractCredits:
    full = {year: by_year.get(year) or unknown(indicator.unit, "non chargé", period=year) for year in years}
    return ContractCredits(territory, full, _last_evolution(years, full))


def _last_evolution(years: Sequence[str], values: dict[str, Value]) -> Evolution:
    if len(years) < 2:
        return Evolution(None, comparable=False, warning="Il faut deux années pour une évolution.")
    return evolution(values.get(years[-2]), values.get(years[-1]))


# A contract binds a collectivity. A row on one of these levels is a total that a document printed, not a contract.
_GATHERING_LEVELS = {Level.COUNTRY, Level.REGION}
