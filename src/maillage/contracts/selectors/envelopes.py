"""What an envelope may be shared on: territories, persons, indicators, current credits; and simulations to compare.

Territories are those that hold a contract of the envelope's kind. A métropole with a contract of its own has its
inhabitants counted apart: its département is then counted without them, so that nobody is counted twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet

from maillage.contracts.models import AnnualCap, Contract, Envelope, Simulation
from maillage.engines import estimates
from maillage.engines.envelope import Share, TerritoryBase
from maillage.engines.equity import Equity, PerPerson, equity_of
from maillage.engines.lifecycle.contracts import SIGNED
from maillage.indicators.enums import Nature, Polarity
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.people import poor_persons, populations
from maillage.indicators.selectors.values import Value, unknown
from maillage.kernel.money import Money
from maillage.territories.enums import Level
from maillage.territories.models import EpciPart, Territory
from maillage.territories.selectors import current as current_territories

# What an index is made of: a rate or a level. A number of persons would weigh the persons twice.
INDEXABLE = (Nature.SHARE, Nature.LEVEL)


@dataclass(frozen=True)
class Base:
    """A territory as the engine takes it, and what a page says of its figures."""

    territory: Territory
    facts: TerritoryBase
    inhabitants: Value
    poor: Value
    without: tuple[Territory, ...] = ()


@dataclass(frozen=True)
class Bases:
    """`current_year`: the year of the caps that shares are compared with; None when no cap is known."""

    rows: tuple[Base, ...]
    current_year: int | None

    @property
    def facts(self) -> list[TerritoryBase]:
        return [row.facts for row in self.rows]

    @property
    def crossed(self) -> list[Base]:
        """The territories counted without another one of the list."""
        return [row for row in self.rows if row.without]


def holders(region: Territory, kind: str) -> list[Territory]:
    """The territories of a région that hold a contract of a kind, whatever its state before its end."""
    inside = Q(territory__parent=region) | Q(territory__parent__parent=region)
    held = Contract.objects.filter(inside, kind=kind).exclude(status="cancelled").values("territory")
    levels = [Level.DEPARTEMENT, Level.EPCI]
    found = Territory.objects.filter(pk__in=held, level__in=levels).select_related("parent__parent__parent")
    return list(found.order_by("sort_name", "code"))


def bases_of(
    envelope: Envelope, indicators: Collection[Indicator] = (), manual: Mapping[str, Money] | None = None
) -> Bases:
    """The territories of an envelope with what is known of each, in a number of queries that theirs does not change."""
    territories = holders(envelope.territory, envelope.kind)
    inner = _inner(territories)
    inhabitants, poor = _inhabitants(territories, inner, envelope.year), _poor(territories, inner)
    caps, year = _current(territories, envelope)
    values = indicator_values(territories, indicators)
    rows = []
    for one in territories:
        without = tuple(inner.get(one.pk, ()))
        label = f"{one.name} (hors {', '.join(other.name for other in without)})" if without else one.name
        facts = TerritoryBase(
            one.code,
            label,
            inhabitants=inhabitants[one.code].amount,
            poor_persons=poor[one.code].estimate,
            indicators={code: by_territory.get(one.pk) for code, by_territory in values.items()},
            manual=(manual or {}).get(one.code),
            current=caps.get(one.pk),
        )
        rows.append(Base(one, facts, inhabitants[one.code], poor[one.code], without))
    return Bases(tuple(rows), year)


# --- persons, each counted once -------------------------------------------------------------------------------------


def _inner(territories: Sequence[Territory]) -> dict[int, list[Territory]]:
    """Key of a département → the métropoles of the list that lie in it."""
    found: dict[int, list[Territory]] = defaultdict(list)
    keys = {one.pk for one in territories}
    for one in territories:
        if one.parent_id in keys and one.parent_id is not None:
            found[one.parent_id].append(one)
    return found


def _inhabitants(
    territories: Sequence[Territory], inner: Mapping[int, Sequence[Territory]], year: int
) -> dict[str, Value]:
    counts = populations(territories, near=str(year))
    crossing = set(
        EpciPart.objects.filter(
            epci__in=[one for some in inner.values() for one in some], communes__lt=F("communes_total")
        )
        .order_by("pk")
        .values_list("epci", "area")
    )
    return {
        one.code: _without(one, counts, inner.get(one.pk, ()), crossing) if one.pk in inner else counts[one.code]
        for one in territories
    }


def _without(
    territory: Territory, counts: Mapping[str, Value], inner: Sequence[Territory], crossing: Collection[tuple[int, int]]
) -> Value:
    """The inhabitants of a département without those of its métropoles: exact, or unknown."""
    whole, parts = counts[territory.code], [counts[one.code] for one in inner]
    if whole.amount is None or any(part.amount is None for part in parts):
        return unknown("persons", "population légale non chargée, pour le département ou pour sa métropole")
    if {part.period for part in parts} != {whole.period}:
        return unknown("persons", "les populations légales ne sont pas de la même année")
    if any((one.pk, territory.pk) in crossing for one in inner):
        return unknown("persons", "une métropole dépasse les limites du département")
    left = whole.amount - sum((part.amount or Decimal(0) for part in parts), Decimal(0))
    if left < 0:
        return unknown("persons", "une métropole compterait plus d'habitants que son département")
    return Value(left, "persons", whole.status, whole.period, sources=whole.sources)


def _poor(territories: Sequence[Territory], inner: Mapping[int, Sequence[Territory]]) -> dict[str, Value]:
    """Estimates; that of a département without its métropole sums the other EPCI whose seat lies there."""
    apart = {one.pk for some in inner.values() for one in some}
    others = current_territories().filter(level=Level.EPCI, parent__in=list(inner)).exclude(pk__in=apart)
    rest: dict[int, list[Territory]] = defaultdict(list)
    for one in others.select_related("parent"):
        if one.parent_id is not None:
            rest[one.parent_id].append(one)
    everyone = [*territories, *(one for some in rest.values() for one in some)]
    values = poor_persons(everyone)
    return {
        one.code: _sum([values[epci.code] for epci in rest[one.pk]]) if one.pk in inner else values[one.code]
        for one in territories
    }


def _sum(values: Sequence[Value]) -> Value:
    missing = [value for value in values if not value.known]
    if missing or not values:
        return unknown("persons", f"estimation inconnue pour {len(missing)} EPCI sur {len(values)}")
    if len({value.period for value in values}) > 1:
        return unknown("persons", "les EPCI n'ont pas tous la même année")
    total = estimates.total(value.estimate for value in values if value.estimate is not None)
    sources = tuple(dict.fromkeys(source for value in values for source in value.sources))
    period = values[0].period
    return Value(total.value, "persons", "estimated", period, low=total.low, high=total.high, sources=sources)


# --- what they get today --------------------------------------------------------------------------------------------


def _current(territories: Sequence[Territory], envelope: Envelope) -> tuple[dict[int, Money], int | None]:
    """The State's caps in force, of the envelope's year where most territories have one, else of the year before."""
    years = (envelope.year, envelope.year - 1)
    caps = AnnualCap.objects.filter(
        contract__territory__in=territories,
        contract__kind=envelope.kind,
        contract__status__in=SIGNED,
        year__in=years,
        ae__isnull=False,
    )
    found: dict[int, dict[int, Money]] = {year: {} for year in years}
    for territory, year, amount in caps.order_by("pk").values_list("contract__territory", "year", "ae"):
        held = found[year].get(territory, Money.zero())
        found[year][territory] = held + Money(amount or Decimal(0))
    chosen = max(years, key=lambda year: (len(found[year]), year))
    return found[chosen], chosen if found[chosen] else None


# --- indicators -----------------------------------------------------------------------------------------------------


def indicators_for(territories: Sequence[Territory]) -> list[Indicator]:
    """The rates and levels with a direction known on one at least of these territories."""
    found = (
        Indicator.objects.filter(
            nature__in=INDEXABLE,
            polarity__in=[Polarity.MORE_IS_BETTER, Polarity.LESS_IS_BETTER],
            observations__territory__in=territories,
            observations__value__isnull=False,
        )
        .distinct()
        .order_by("label", "code")
    )
    return list(found)


def indicator_values(
    territories: Sequence[Territory], indicators: Collection[Indicator]
) -> dict[str, dict[int, Decimal]]:
    """Code → key of territory → value, of the period that most of the territories have, the latest of these."""
    if not indicators:
        return {}
    values: dict[str, dict[str, dict[int, Decimal]]] = defaultdict(lambda: defaultdict(dict))
    for code, period, territory, value in _observations(territories, indicators):
        values[code][period][territory] = value
    chosen = {}
    for one in indicators:
        periods = values[one.code]
        best = max(periods, key=lambda period: (len(periods[period]), period), default=None)
        chosen[one.code] = periods[best] if best is not None else {}
    return chosen


def _observations(
    territories: Sequence[Territory], indicators: Collection[Indicator]
) -> Iterable[tuple[str, str, int, Decimal]]:
    """In the order of their load: the last one of a thing is the current one."""
    found = Observation.objects.filter(
        indicator__in=indicators, territory__in=territories, value__isnull=False, axis__isnull=True
    )
    return found.order_by("edition__loaded_at", "pk").values_list(  # type: ignore[return-value]  # not null: filtered
        "indicator__code", "period", "territory", "value"
    )


# --- simulations ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Simulated:
    """A simulation with its shares on the territories of today, and its effect."""

    simulation: Simulation
    shares: tuple[Share, ...]
    equity: Equity


def simulated(simulation: Simulation, bases: Bases) -> Simulated:
    """The effect of the shares as they were computed, on what is known of the territories now."""
    amounts = {code: Money.of(Decimal(text)) for code, text in simulation.shares.items()}
    shares = tuple(Share(one, amounts[one.code]) for one in bases.facts if one.code in amounts)
    return Simulated(simulation, shares, equity_of(shares))


def is_whole(found: Simulated, bases: Bases) -> bool:
    """Whether it still serves every territory and no other: one may have signed a contract since."""
    return set(found.simulation.shares) == {one.code for one in bases.facts}


def simulations_of(envelope: Envelope) -> QuerySet[Simulation]:
    return Simulation.objects.filter(envelope=envelope).select_related("by").order_by("-at", "-pk")


def equity_record(found: Simulated) -> dict[str, Any]:
    """The effect as the decision keeps it: what was shown, in plain texts."""
    return {
        "per_inhabitant": _per_person(found.equity.per_inhabitant),
        "per_poor_person": _per_person(found.equity.per_poor_person),
        "differences": {
            share.territory.code: None if share.difference is None else str(share.difference.euros)
            for share in found.shares
        },
        "unknown_current": list(found.equity.unknown_current),
    }


def _per_person(effect: PerPerson) -> dict[str, Any]:
    amounts = {
        code: None if one is None else [f"{bound:.4f}" for bound in (one.low, one.value, one.high)]
        for code, one in effect.amounts.items()
    }
    return {
        "amounts": amounts,
        "ratio": None if effect.ratio is None else f"{effect.ratio:.4f}",
        "gini": None if effect.gini is None else f"{effect.gini:.4f}",
        "unknown": list(effect.unknown),
    }
