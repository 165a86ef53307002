"""Maps drawn as SVG, from shapes already projected by an engine, each with the table of what it shows.

`map_model` says what a map is, `map_drawing` draws it; pages and documents only need this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maillage.engines.cartogram.sheet import Outline, Sheet
from maillage.engines.classes import UNKNOWN_LABEL, Classes
from maillage.ui.map_drawing import FILLS, FINE_FILLS, standalone, svg, swatches
from maillage.ui.map_model import SUPPRESSED, Map, MapClass, MapScale, MapShape, Told
from maillage.ui.tables import Table
from maillage.ui.units import UNKNOWN

__all__ = [
    "FILLS",
    "FINE_FILLS",
    "Map",
    "MapClass",
    "MapScale",
    "MapShape",
    "Told",
    "from_sheet",
    "legend_of",
    "standalone",
    "svg",
    "swatches",
]

SUPPRESSED_LABEL = "secret statistique"


def from_sheet(
    sheet: Sheet,
    told: Mapping[str, Told],
    classes: Classes | None,
    *,
    id: str,
    title: str,
    alt: str,
    unit: str = "",
    legend: str = "",
    note: str = "",
    table: Table | None = None,
    source: str = "",
    source_url: str = "",
    scale: Sequence[MapScale] = (),
) -> Map:
    """The map of a sheet drawn by the engine, its territories coloured by the classes of their values.

    `unit` is what the legend prints after each bound; the number of territories of the class follows.
    Without `classes` it is a map of circles: each `Told` has its radius, and `scale` is their legend.
    A territory of the sheet that `told` leaves out is unknown.
    """
    shapes = [_shape(outline, told.get(outline.code), classes, sheet) for outline in sheet.outlines]
    unknown = [shape.status for shape in shapes if shape.bin is None and shape.radius is None]
    return Map(
        id=id,
        title=title,
        alt=alt,
        shapes=shapes,
        classes=legend_of(classes, unit, unknown),
        view_box=(0.0, 0.0, sheet.width, sheet.height),
        legend=legend,
        note=note,
        table=table,
        schematic=sheet.schematic,
        source=source,
        source_url=source_url,
        outlines=[sheet.borders] if sheet.borders else [],
        scale=scale,
        insets=sheet.insets,
    )


def legend_of(classes: Classes | None, unit: str, unknown: Sequence[str]) -> list[MapClass]:
    """A line per class with how many territories it holds, then those without a value, by the status each has."""
    lines = (
        [
            MapClass(rank, f"{label} ({count})")
            for rank, (label, count) in enumerate(zip(classes.labels(unit), classes.counts, strict=True))
        ]
        if classes
        else []
    )
    hidden = sum(status == SUPPRESSED for status in unknown)
    if hidden:
        lines.append(MapClass(None, f"{SUPPRESSED_LABEL} ({hidden})", suppressed=True))
    if len(unknown) > hidden:
        lines.append(MapClass(None, f"{UNKNOWN_LABEL} ({len(unknown) - hidden})"))
    return lines


def _shape(outline: Outline, said: Told | None, classes: Classes | None, sheet: Sheet) -> MapShape:
    said = said or Told(outline.code, None)
    placed = sheet.schematic or said.radius is not None
    return MapShape(
        code=outline.code,
        label=said.label,
        path=outline.path,
        bin=classes.index_of(said.value) if classes else None,
        text=said.text or (UNKNOWN if said.value is None else ""),
        url=said.url,
        status=said.status,
        x=outline.x if placed else None,
        y=outline.y if placed else None,
        short=said.short,
        radius=said.radius,
    )
