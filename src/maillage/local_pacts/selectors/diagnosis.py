"""The figures of a diagnosis: what the instance observes of the département, each with its source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from maillage.indicators.enums import Known
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors.people import poor_persons, population
from maillage.indicators.selectors.series import DERIVED
from maillage.indicators.selectors.values import Value, unknown, value_of
from maillage.territories.models import Territory


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of the diagnosis. An unknown value stays in it, with the reason."""

    code: str
    label: str
    value: Value


NOT_LOADED = "aucune observation chargée pour ce territoire"


def offered() -> QuerySet[Indicator]:
    """The indicators that a diagnosis may add to the three that it always shows."""
    return Indicator.objects.exclude(code__in=[*DERIVED, Known.POVERTY_RATE]).order_by("label", "code")


def figures(territory: Territory, chosen: Iterable[Indicator]) -> list[Figure]:
    """Population, persons under the poverty line, poverty rate, then the indicators chosen, the latest value of each.

    Of an indicator, the value of the whole population of the territory, never of one axis.
    """
    wanted = list(chosen)
    values = _observed(territory, [Known.POVERTY_RATE.value, *(one.code for one in wanted)])
    rate = values.get(Known.POVERTY_RATE.value, unknown("%", NOT_LOADED))
    return [
        Figure(Known.POPULATION.value, Known.POPULATION.label, population(territory)),
        Figure(Known.POOR_PERSONS.value, Known.POOR_PERSONS.label, poor_persons([territory])[territory.code]),
        Figure(Known.POVERTY_RATE.value, Known.POVERTY_RATE.label, rate),
        *(Figure(one.code, one.label, values.get(one.code, unknown(one.unit, NOT_LOADED))) for one in wanted),
    ]


def _observed(territory: Territory, codes: list[str]) -> dict[str, Value]:
    """The value in force of the latest period, by indicator code."""
    observations = Observation.objects.filter(territory=territory, indicator__code__in=codes, axis__isnull=True)
    grouped: dict[str, dict[str, list[Observation]]] = defaultdict(lambda: defaultdict(list))
    for observation in observations.with_sources().order_by("period", "pk"):
        grouped[observation.indicator.code][observation.period].append(observation)
    found = {code: value_of(by_period[max(by_period)]) for code, by_period in grouped.items()}
    return {code: value for code, value in found.items() if value is not None}
