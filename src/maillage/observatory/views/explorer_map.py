"""The map of the explorer as a component: drawn in the page, or left to the browser with the same legend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from django.urls import reverse

from maillage.engines.cartogram import Sheet
from maillage.engines.cartogram.circles import Circles
from maillage.indicators.selectors.maps import short_name
from maillage.indicators.selectors.values import period_label
from maillage.kernel.numbers import format_number, french_list
from maillage.observatory.selectors.explorer_asked import Asked
from maillage.observatory.selectors.explorer_ground import Ground
from maillage.observatory.selectors.explorer_picture import Picture, status_of
from maillage.territories.enums import Level
from maillage.territories.selectors import BORDER_RULES
from maillage.ui import maps, units
from maillage.ui.units import typography

MAP_ID = "carte"
NAMED_POINTS = 5
PLURALS = {
    Level.REGION: "régions",
    Level.DEPARTEMENT: "départements",
    Level.EPCI: "EPCI",
    Level.COMMUNE: "communes",
    Level.IRIS: "IRIS",
}


def title(asked: Asked, found: Picture) -> str:
    """« Taux de pauvreté, 2021 : EPCI, Bretagne »."""
    when = period_label(found.values.period)
    what = f"{asked.indicator.label}, {when}" if when else asked.indicator.label
    return typography(f"{what} : {PLURALS[Level(asked.level)]}, {asked.area_name}")


def explorer_map(asked: Asked, found: Picture, ground: Ground, sheet: Sheet | None = None) -> maps.Map:
    """The map of a ground; `sheet` is that of a ground which the browser draws, for a file to download."""
    circles = found.circles(ground) if found.classes is None else Circles({}, ())
    unit = asked.indicator.unit
    shown = sheet or ground.sheet or Sheet((), ground.width, ground.height, schematic=False, insets=ground.insets)
    made = maps.from_sheet(
        shown,
        _told(found, circles.radii, named=shown.schematic) if shown.outlines else {},
        found.classes,
        id=MAP_ID,
        title=title(asked, found),
        alt=alternative(asked, found),
        unit=units.suffix_of(unit),
        legend=_legend(asked, found),
        note=" ".join(_notes(asked, found, ground)),
        source=" ; ".join(source.label for source in found.sources),
        source_url=reverse("indicator", args=[asked.indicator.code]),
        scale=[maps.MapScale(radius, units.format_value(value, unit=unit)) for value, radius in circles.scale],
    )
    if shown.outlines:
        return made
    unknown = [str(value.status) for _, value in found.without_value]
    return replace(made, classes=maps.legend_of(found.classes, units.suffix_of(unit), unknown))


def _told(found: Picture, radii: Mapping[str, float], *, named: bool) -> dict[str, maps.Told]:
    return {
        place.code: maps.Told(
            label=place.name,
            value=value.amount,
            text=found.text(value),
            url=reverse("portrait", args=[place.code]),
            status=status_of(value),
            short=short_name(place.name) if named else "",
            radius=radii.get(place.code),
        )
        for place, value in found.values.rows
    }


def alternative(asked: Asked, found: Picture) -> str:
    """What the map says, in one sentence or two."""
    total = len(found.values.rows)
    if found.extremes is None:
        return typography(f"{title(asked, found)} : aucune valeur connue pour {format_number(total)} territoires.")
    (lowest, low), (highest, high) = found.extremes
    unknown = total - found.tally["known"]
    several = "valeurs ne sont pas connues" if unknown > 1 else "valeur n'est pas connue"
    rest = f" {format_number(unknown)} {several}." if unknown else ""
    said = f"de {found.text(low)} ({lowest.name}) à {found.text(high)} ({highest.name})"
    return typography(f"{title(asked, found)}. Les valeurs vont {said}.{rest}")


def _legend(asked: Asked, found: Picture) -> str:
    if found.classes is None:
        return typography(f"{asked.indicator.label} (la surface du cercle est proportionnelle à la valeur)")
    return typography(f"{asked.indicator.label} (classes : {found.classes.method.label_fr})")


def _notes(asked: Asked, found: Picture, ground: Ground) -> list[str]:
    """What a reader must know of the drawing: the border rule, the perimeter, who stands as a point, what it weighs."""
    said = []
    if asked.level == Level.EPCI and asked.area is not None:
        rule = BORDER_RULES["touches"]
        said.append(f"{rule[0].upper()}{rule[1:]} ; la valeur est celle de l'EPCI entier.")
    said += [f"Périmètre : {perimeter.rstrip('.')}." for perimeter in found.perimeters]
    if found.tally["floor"]:
        said.append(f"{_several(found.tally['floor'], 'valeur est un plancher', 'valeurs sont des planchers')}.")
    said += _points(found, ground)
    if ground.exists and not ground.schematic:
        kilobytes = max(1, round(ground.size / 1000))
        said.append(f"Contours simplifiés pour l'écran : {format_number(kilobytes)} ko.")
    if ground.insets:
        said.append("Les territoires éloignés sont dans des cadres, chacun à son échelle.")
    return [typography(text) for text in said]


def _points(found: Picture, ground: Ground) -> list[str]:
    """Who has no contour, or no place at all."""
    names = [found.by_code[code][0].name for code in ground.missing if code in found.by_code]
    said = []
    if 0 < len(names) <= NAMED_POINTS:
        said.append(f"Sans contour chargé, figurés par un point : {french_list(names)}.")
    elif names:
        said.append(f"{format_number(len(names))} territoires sans contour chargé sont figurés par un point.")
    placed = len(ground.sheet.outlines) if ground.sheet is not None else len(ground.codes)
    if ground.exists and ground.total > placed:
        absent = _several(ground.total - placed, "territoire est absent", "territoires sont absents")
        said.append(f"{absent} de la carte, faute de coordonnées ; le tableau les donne.")
    return said


def _several(number: int, one: str, many: str) -> str:
    return f"{format_number(number)} {many if number > 1 else one}"
