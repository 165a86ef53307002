"""The map of the report: poverty rates by EPCI, on contours where they are loaded, on schematic cells otherwise."""

from __future__ import annotations

from django.db.models import Q

from maillage.indicators.enums import Known
from maillage.indicators.models import Observation
from maillage.indicators.selectors.maps import MapSubject, territory_map
from maillage.indicators.selectors.values import of_observation, source_of
from maillage.kernel.period import Period, PeriodInvalid
from maillage.reports.content.data import MapFacts, Source, Value
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.ui import maps


def poverty_map(region: Territory, year: int) -> MapFacts | None:
    """The rate of each EPCI of the territory for the year nearest to the report's; None where nothing can be placed."""
    found = _nearest(region, year)
    if not found:
        return None
    periods = sorted({one.period for one in found.values()})
    title = f"Taux de pauvreté par EPCI, {', '.join(periods)}"
    subject = MapSubject(id="poverty-rate", title=title, value_label="Taux de pauvreté", unit="%")
    drawing = territory_map(subject, [(one.territory, of_observation(one)) for one in found.values()])
    if drawing is None:
        return None
    schematic = "Carte schématique : une case par EPCI, de même taille, près de sa place réelle."
    notes = (
        schematic if drawing.schematic else "",
        drawing.note,
        "Un EPCI à cheval sur le territoire y est en entier.",
    )
    return MapFacts(
        title + (" (carte schématique)" if drawing.schematic else ""),
        drawing.alt,
        maps.svg(drawing),
        " ".join(note for note in notes if note),
        tuple(_value(one) for one in found.values()),
    )


def _nearest(region: Territory, year: int) -> dict[str, Observation]:
    """One observation by EPCI whose seat lies in the territory, all of the year nearest to the report's."""
    inside = Q(territory__parent=region) | Q(territory__parent__parent=region)
    found = list(
        Observation.objects.filter(
            inside, indicator__code=Known.POVERTY_RATE, territory__level=Level.EPCI, axis__isnull=True
        )
        .with_sources()
        .select_related("territory")
        .order_by("territory__code", "period", "pk")
    )
    if not found:
        return {}
    target = Period.of_year(year)
    nearest = min({one.period for one in found}, key=lambda period: (_distance(period, target), period))
    return {one.territory.code: one for one in found if one.period == nearest}


def _distance(text: str, target: Period) -> int:
    try:
        return Period.parse(text).distance_days(target)
    except PeriodInvalid:
        return 10**6


def _value(one: Observation) -> Value:
    found = of_observation(one)
    source = source_of(one)
    return Value(
        key=f"{one.indicator.code}|{one.territory.code}|{one.period}",
        label=f"{one.indicator.label}, {one.territory.name}",
        territory_code=one.territory.code,
        period=one.period,
        value=found.amount,
        unit=found.unit,
        status=str(found.status),
        sources=(Source(source.label, source.locator),),
        perimeter=found.perimeter,
    )
