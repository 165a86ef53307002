"""The map of the report: poverty rates by EPCI, on contours where they are loaded, on schematic cells otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Q

from maillage.engines.cartogram import Outline, Sheet, Site, contour_sheet, hexagon_sheet
from maillage.engines.classes import Classes, cut
from maillage.indicators.enums import Known
from maillage.indicators.models import Observation
from maillage.indicators.selectors.values import of_observation, source_of
from maillage.kernel.period import Period, PeriodInvalid
from maillage.reports.content.data import MapFacts, Source, Value
from maillage.territories.enums import Level
from maillage.territories.models import Contour, Territory
from maillage.ui import maps
from maillage.ui.units import format_value, typography

SHORT_LENGTH = 11
_FORMS = frozenset(
    ("CA", "CC", "CU", "Communauté", "communes", "d'agglomération", "Pays", "de", "du", "des", "la", "le", "les")
)


def poverty_map(region: Territory, year: int) -> MapFacts | None:
    """The rate of each EPCI of the territory for the year nearest to the report's; None where nothing can be placed."""
    found = _nearest(region, year)
    if not found:
        return None
    sheet = _sheet([one.territory for one in found.values()])
    if not sheet.outlines:
        return None
    classes = cut([one.value for one in found.values()], decimals=1)
    periods = sorted({one.period for one in found.values()})
    title = f"Taux de pauvreté par EPCI, {', '.join(periods)}"
    note = "Carte schématique : une case par EPCI, de même taille, près de sa place réelle. " if sheet.schematic else ""
    drawing = maps.Map(
        id="poverty-rate",
        title=title,
        alt=_alternative(title, found, classes),
        shapes=[_shape(outline, found[outline.code], classes, sheet) for outline in sheet.outlines],
        classes=_legend(classes),
        view_box=(0.0, 0.0, sheet.width, sheet.height),
        legend="Taux de pauvreté",
        schematic=sheet.schematic,
        outlines=(sheet.borders,) if sheet.borders else (),
    )
    return MapFacts(
        title + (" (carte schématique)" if sheet.schematic else ""),
        drawing.alt,
        maps.svg(drawing),
        f"{note}Un EPCI à cheval sur le territoire y figure en entier.",
        tuple(_value(one) for one in found.values()),
    )


def _nearest(region: Territory, year: int) -> dict[str, Observation]:
    """One observation by EPCI whose seat lies in the territory, all of the year nearest to the report's."""
    inside = Q(territory__parent=region) | Q(territory__parent__parent=region)
    found = list(
        Observation.objects.filter(
            inside, indicator__code=Known.POVERTY_RATE, territory__level=Level.EPCI, axis__isnull=True
        )
        .select_related("indicator", "territory", "document", "edition")
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


def _sheet(territories: list[Territory]) -> Sheet:
    """Contours when most territories have one, hexagons otherwise."""
    geometries = dict(Contour.objects.filter(territory__in=territories).values_list("territory__code", "geometry"))
    sites = [
        Site(one.code, one.latitude, one.longitude, str(one.parent_id or ""))
        for one in territories
        if one.latitude is not None and one.longitude is not None
    ]
    if 2 * len(geometries) > len(territories):
        return contour_sheet(geometries, sites)
    return hexagon_sheet(sites)


def _shape(outline: Outline, one: Observation, classes: Classes, sheet: Sheet) -> maps.MapShape:
    return maps.MapShape(
        code=outline.code,
        label=one.territory.name,
        path=outline.path,
        bin=classes.index_of(one.value),
        text=format_value(one.value, unit="%", decimals=1),
        status=one.status,
        x=outline.x if sheet.schematic else None,
        y=outline.y if sheet.schematic else None,
        short=_short(one.territory.name) if sheet.schematic else "",
    )


def _short(name: str) -> str:
    """A name that fits in a cell: without its legal form and the particles that follow it."""
    words = name.split()
    while len(words) > 1 and words[0] in _FORMS:
        words = words[1:]
    short = " ".join(words)
    return short if len(short) <= SHORT_LENGTH else f"{short[: SHORT_LENGTH - 1].rstrip(' -')}…"


def _legend(classes: Classes) -> list[maps.MapClass]:
    lines = [maps.MapClass(rank, label) for rank, label in enumerate(classes.labels("%"))]
    return [*lines, maps.MapClass(None, "non connu")] if classes.unknown else lines


def _alternative(title: str, found: Mapping[str, Observation], classes: Classes) -> str:
    known = sorted((one.value, one.territory.name) for one in found.values() if one.value is not None)
    if not known:
        return typography(f"{title} : aucune valeur connue.")
    (low, where_low), (high, where_high) = known[0], known[-1]
    said = f"de {format_value(low, unit='%')} ({where_low}) à {format_value(high, unit='%')} ({where_high})"
    missing = f" {classes.unknown} valeurs ne sont pas connues." if classes.unknown else ""
    return typography(f"{title} : {said}.{missing}")


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
