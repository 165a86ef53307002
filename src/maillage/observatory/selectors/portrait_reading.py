"""What a portrait reads of figures: every loaded value of a few territories, in three queries.

Populations and poor persons are computed by `indicators`, the others are observations. Unknown stays unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from maillage.indicators.enums import Known, Nature, Status
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.people import PERSONS, poor_persons, population_source
from maillage.indicators.selectors.series import Break, Point, Series
from maillage.indicators.selectors.values import Source, Value, of_observation, sum_over_territories, value_of
from maillage.sources.models import SourceEdition
from maillage.territories.enums import Level
from maillage.territories.models import Population, Territory

COVERED = "Couverts par la CAF"
# In the order of reading. What is loaded and is not named here follows, under its own title.
GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Population", ("POPULATION", "FISCAL-HOUSEHOLDS", "FISCAL-PERSONS")),
    ("Pauvreté", ("POVERTY-RATE", "POOR-PERSONS")),
    ("Niveau de vie", ("MEDIAN-INCOME", "DECILE-1", "DECILE-9", "DECILE-RATIO", "GINI")),
    (
        "Pauvreté selon l’âge",
        (
            "POVERTY-RATE-UNDER-30",
            "POVERTY-RATE-30-39",
            "POVERTY-RATE-40-49",
            "POVERTY-RATE-50-59",
            "POVERTY-RATE-60-74",
            "POVERTY-RATE-75-PLUS",
        ),
    ),
    ("Pauvreté selon le logement", ("POVERTY-RATE-TENANTS", "POVERTY-RATE-OWNERS")),
    (
        "Ce qui fait le revenu",
        (
            "SHARE-TAXED",
            "SHARE-ACTIVITY",
            "SHARE-WAGES",
            "SHARE-UNEMPLOYMENT",
            "SHARE-SELF-EMPLOYMENT",
            "SHARE-PENSIONS",
            "SHARE-ASSETS",
            "SHARE-SOCIAL-BENEFITS",
            "SHARE-FAMILY-BENEFITS",
            "SHARE-MINIMA",
            "SHARE-HOUSING-BENEFITS",
            "SHARE-TAXES",
        ),
    ),
    (
        COVERED,
        ("CAF-HOUSEHOLDS", "CAF-PERSONS", "CAF-RSA", "CAF-PPA", "CAF-HOUSING", "CAF-AAH"),
    ),
    ("Services", ("FRANCE-SERVICES",)),
)
OTHERS = "Autres chiffres chargés"
ALWAYS = ("POPULATION", "POVERTY-RATE", "POOR-PERSONS", "MEDIAN-INCOME")
_NOT_FIGURES = {Known.CREDITS.value, Known.PROJECTS.value}  # money and projects have a section of their own
_COUNTED = (Known.POPULATION.value, Known.POOR_PERSONS.value)

Periods = dict[str, Value]


@dataclass
class Readings:
    """Values by territory and indicator code, then by period; the definitions and the editions behind them."""

    values: dict[tuple[int, str], Periods] = field(default_factory=dict)
    indicators: dict[str, Indicator] = field(default_factory=dict)
    editions: dict[int, dict[int, SourceEdition]] = field(default_factory=dict)  # territory → those behind its values

    def latest(self, territory: Territory, code: str) -> Value | None:
        """The value of the latest period, known or not; None where nothing is loaded."""
        periods = self.values.get((territory.pk, code))
        return periods[max(periods)] if periods else None

    def cite(self, territory: int, edition: SourceEdition | None) -> None:
        """An edition gave a value of this territory."""
        if edition is not None:
            self.editions.setdefault(territory, {})[edition.pk] = edition

    def near(self, territory: Territory, code: str, period: str) -> Value | None:
        """The value of the same period, else the latest one."""
        periods = self.values.get((territory.pk, code), {})
        return periods.get(period) or self.latest(territory, code)

    def share_a_period(self, territory: Territory, other: Territory, code: str) -> bool:
        """Whether the value shown of the territory has one of the same period beside it."""
        value = self.latest(territory, code)
        beside = self.values.get((other.pk, code), {}).get(value.period) if value is not None else None
        return value is not None and value.known and beside is not None and beside.known

    def series(self, territory: Territory, code: str) -> Series:
        points = tuple(
            Point(territory, period, value)
            for period, value in sorted(self.values.get((territory.pk, code), {}).items())
        )
        return Series(self.indicators[code], territory.level, points)

    def holds(self, territory: Territory, codes: Iterable[str]) -> bool:
        """Whether one of these is known there."""
        found = (self.latest(territory, code) for code in codes)
        return any(value is not None and value.known for value in found)

    def groups(self, territories: Sequence[Territory], without: Iterable[str] = ()) -> list[tuple[str, list[str]]]:
        """Titles and codes in the order of reading: what is loaded for one of the territories, and the essential."""
        wanted = {one.pk for one in territories}
        loaded = {code for pk, code in self.values if pk in wanted} - _NOT_FIGURES - set(without)
        named = {code for _, codes in GROUPS for code in codes}
        found = [(title, [c for c in codes if c in loaded or c in ALWAYS]) for title, codes in GROUPS]
        others = sorted(loaded - named, key=lambda code: self.indicators[code].label)
        return [(title, codes) for title, codes in (*found, (OTHERS, others)) if codes]


def read(territories: Sequence[Territory], populations: Iterable[Population]) -> Readings:
    """Everything loaded for these territories. `populations`: legal populations already read, theirs among them."""
    readings = Readings()
    _definitions(readings)
    _observations(readings, territories)
    for row in populations:
        readings.values.setdefault((row.territory_id, Known.POPULATION.value), {})[str(row.year)] = _people(row)
        readings.cite(row.territory_id, row.edition)
    for territory in territories:
        readings.values.setdefault((territory.pk, Known.POPULATION.value), {})
    return readings


def add_poor_persons(readings: Readings, territories: Sequence[Territory]) -> None:
    """The estimates, with their intervals; a commune has none of its own, and says so."""
    for territory, value in zip(territories, poor_persons(territories).values(), strict=True):
        readings.values[territory.pk, Known.POOR_PERSONS.value] = {value.period: value}


def add_quarters(readings: Readings, commune: Territory) -> None:
    """What only the quarters (IRIS) of a commune have, added up where it may be; one that is hushed hushes the sum."""
    quarters = list(Territory.objects.filter(parent=commune, level=Level.IRIS).values_list("pk", flat=True))
    if not quarters:
        return
    codes = [code for title, codes in GROUPS if title == COVERED for code in codes]
    keys = [readings.indicators[code].pk for code in codes if code in readings.indicators]
    rows = Observation.objects.filter(territory__in=quarters, indicator__in=keys)
    found: dict[str, dict[str, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.with_sources().order_by("period", "pk"):
        if row.axis_id is None and (commune.pk, row.indicator.code) not in readings.values:
            found[row.indicator.code][row.period].append(row)
            readings.cite(commune.pk, row.edition)
    for code, periods in found.items():
        indicator = readings.indicators[code]
        if indicator.summable_territories:
            sums = {period: _summed(indicator, period, group) for period, group in periods.items()}
            readings.values[commune.pk, code] = sums


def _summed(indicator: Indicator, period: str, quarters: list[Observation]) -> Value:
    values = [of_observation(one) for one in quarters]
    total = sum_over_territories(indicator, values, period=period)
    if total.known:
        return replace(total, note=f"Somme des {len(values)} IRIS de la commune.")
    known = [value for value in values if value.amount is not None]
    reason = f"{len(values) - len(known)} IRIS sur {len(values)} sans valeur connue"
    least = sum((value.amount for value in known if value.amount is not None), Decimal(0)) if known else None
    return replace(total, reason=reason, low=least, sources=known[0].sources if known else ())


def breaks_of(series: Series) -> dict[str, Break]:
    """The period after which values no longer compare → the break."""
    return {one.after: one for one in series.breaks}


def _definitions(readings: Readings) -> None:
    """Derived indicators have a definition only where data brought one."""
    for code in (*_COUNTED, Known.POVERTY_RATE.value, "MEDIAN-INCOME"):
        readings.indicators[code] = Indicator(code=code, label=_LABELS[code], **_UNITS[code])
    known = {code for _, codes in GROUPS for code in codes}
    readings.indicators.update({one.code: one for one in Indicator.objects.filter(code__in=known)})


def _observations(readings: Readings, territories: Sequence[Territory]) -> None:
    # The split by axis is left out below: asked of the database, it takes the index of axes, null for nearly every row.
    rows = Observation.objects.filter(territory__in=territories).with_sources()
    grouped: dict[tuple[int, str], dict[str, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    for row in rows.order_by("period", "pk"):
        if row.axis_id is not None:
            continue
        readings.indicators.setdefault(row.indicator.code, row.indicator)
        grouped[row.territory_id, row.indicator.code][row.period].append(row)
        readings.cite(row.territory_id, row.edition)
    for key, periods in grouped.items():
        values = {period: value_of(group) for period, group in periods.items()}
        readings.values[key] = {period: value for period, value in values.items() if value is not None}


def _people(row: Population) -> Value:
    return Value(
        amount=Decimal(row.municipal),
        unit=PERSONS,
        status=Status.PUBLISHED,
        period=str(row.year),
        perimeter="population municipale",
        sources=(Source(population_source(row), "", "", "indicator", Known.POPULATION.value),),
    )


_LABELS = {
    "POPULATION": "Population municipale",
    "POOR-PERSONS": "Personnes sous le seuil de pauvreté",
    "POVERTY-RATE": "Taux de pauvreté",
    "MEDIAN-INCOME": "Niveau de vie médian annuel",
}
_UNITS: dict[str, dict[str, object]] = {
    "POPULATION": {"unit": PERSONS, "nature": Nature.STOCK, "summable_territories": True},
    "POOR-PERSONS": {"unit": PERSONS, "nature": Nature.STOCK, "summable_territories": True},
    "POVERTY-RATE": {"unit": "%", "decimals": 1, "nature": Nature.SHARE},
    "MEDIAN-INCOME": {"unit": "EUR", "nature": Nature.LEVEL},
}
