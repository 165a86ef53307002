"""Tables, map and chart of the typology."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.urls import reverse

from maillage.engines.classes import Classes, Method
from maillage.engines.typology import Class, Placed, Typology, deviation_fr
from maillage.engines.variables import Measure
from maillage.indicators.selectors.maps import sheet_for
from maillage.kernel.numbers import NBSP
from maillage.observatory.selectors.typology import EpciTypes
from maillage.observatory.selectors.variables import Offered, sources_of
from maillage.observatory.views.understand_needs import decimal_of, measure_fr, part_cell
from maillage.ui import charts, maps
from maillage.ui.charts import Chart
from maillage.ui.tables import Cell, Column, Table


def class_name(number: int) -> str:
    return f"Classe {number}"


def cards(types: EpciTypes, found: Typology) -> list[dict[str, Any]]:
    """Each class as a page tells it."""
    in_region = _members_in_region(types, found)
    return [
        {
            "number": one.number,
            "title": one.title,
            "size": one.size,
            "in_region": len(in_region.get(one.number, ())),
            "typical": ", ".join(one.typical),
            "traits": one.traits,
        }
        for one in found.classes
    ]


def classes_table(types: EpciTypes, found: Typology) -> Table:
    """Each class in words made from its numbers."""
    in_region = _members_in_region(types, found)
    rows = [
        {
            "name": Cell(class_name(one.number), note=one.title, sort=one.number),
            "size": one.size,
            "region": len(in_region.get(one.number, ())),
            "profile": one.profile,
            "typical": ", ".join(one.typical),
            "spread": decimal_of(one.spread),
        }
        for one in found.classes
    ]
    return Table(
        id="classes",
        caption="Classes et leur profil",
        columns=[
            Column("name", "Classe"),
            Column("size", "EPCI", kind="number"),
            Column("region", "Dans la région", kind="number"),
            Column("profile", "Profil, d’après les moyennes"),
            Column("typical", "Les plus proches du centre"),
            Column("spread", "Distance moyenne au centre", kind="number", decimals=2),
        ],
        rows=rows,
        source=sources_of(types.chosen),
        note="Le profil est écrit à partir des nombres : « nettement » à partir d’un écart-type de la moyenne "
        "de tous les EPCI classés, rien au-dessous d’un demi.",
    )


def _members_in_region(types: EpciTypes, found: Typology) -> dict[int, list[Placed]]:
    inside = {area.epci.code for area in types.offer.areas}
    members: dict[int, list[Placed]] = {}
    for one in found.placed:
        if one.code in inside:
            members.setdefault(one.number, []).append(one)
    return members


def means_table(types: EpciTypes, found: Typology) -> Table:
    """Class means, in the units of the variables, with how far each is from the mean of all."""
    shown = [one for one in types.chosen if one.code in found.means]
    columns = [Column("class", "Classe"), *(Column(f"v{n}", one.label) for n, one in enumerate(shown, start=1))]
    rows: list[dict[str, object]] = [_means_row(one, shown) for one in found.classes]
    footer: dict[str, object] = {"class": Cell("Ensemble")}
    for number, variable in enumerate(shown, start=1):
        footer[f"v{number}"] = Cell(measure_fr(variable, Measure(found.means[variable.code])))
    return Table(
        id="moyennes",
        caption="Moyenne de chaque variable par classe",
        columns=columns,
        rows=rows,
        footer=footer,
        sortable=False,
        source=sources_of(types.chosen),
        note="Au-dessous de chaque moyenne : l’écart à la moyenne de l’ensemble, en écarts-types.",
    )


def _means_row(one: Class, shown: list[Offered]) -> dict[str, object]:
    row: dict[str, object] = {"class": Cell(class_name(one.number), note=one.title)}
    for number, variable in enumerate(shown, start=1):
        told = measure_fr(variable, Measure(one.means[variable.code]))
        row[f"v{number}"] = Cell(told, note=deviation_fr(one.deviations[variable.code]))
    return row


def members_table(types: EpciTypes, found: Typology) -> Table:
    """Every EPCI of the region: its class, how far it is from its centre, the nearest other class."""
    rows = []
    for area in types.offer.areas:
        one = found.of(area.epci.code)
        left = next((out for out in found.left_out if out.code == area.epci.code), None)
        rows.append(
            {
                "epci": Cell(area.epci.name, url=reverse("territory", args=[area.epci.code]), sort=area.epci.sort_name),
                "class": _class_cell(found, one, left.reason if left is not None else ""),
                "distance": decimal_of(one.distance) if one is not None else None,
                "nearest": Cell(class_name(one.nearest), sort=one.nearest) if one is not None else Cell(""),
                "other": decimal_of(one.nearest_distance) if one is not None else None,
                "between": "entre deux classes" if one is not None and one.is_between else "",
                "part": part_cell(area),
            }
        )
    return Table(
        id="epci",
        caption="EPCI de la région, leur classe et leur distance",
        columns=[
            Column("epci", "EPCI", kind="link"),
            Column("class", "Classe"),
            Column("distance", "Distance à sa classe", kind="number", decimals=2),
            Column("nearest", "Autre classe la plus proche"),
            Column("other", "Distance à celle-ci", kind="number", decimals=2),
            Column(
                "between",
                "Remarque",
                help="« Entre deux classes » : la distance à sa classe atteint 80\u00a0% de la distance à "
                "l’autre la plus proche.",
            ),
            Column("part", "Part dans la région"),
        ],
        rows=rows,
        source=sources_of(types.chosen),
    )


def _class_cell(found: Typology, one: Placed | None, reason: str) -> Cell:
    if one is None:
        return Cell("non classé", note=reason, sort=99)
    return Cell(class_name(one.number), note=found.class_of(one.number).title, sort=one.number)


def axes_table(types: EpciTypes, found: Typology) -> Table:
    """The axes of the analysis: what each explains, and the correlation of each variable with it."""
    columns = [
        Column("axis", "Axe"),
        Column("explained", "Inertie expliquée", kind="percent", decimals=1),
        Column("kept", "Retenu"),
        *(Column(f"v{n}", one.label, "number", decimals=2) for n, one in enumerate(found.features, start=1)),
    ]
    rows = []
    for axis in found.axes:
        row: dict[str, object] = {
            "axis": Cell(f"Axe {axis.number}", sort=axis.number),
            "explained": decimal_of(100 * axis.explained, 1),
            "kept": "oui" if axis.kept else "non",
        }
        for number, feature in enumerate(found.features, start=1):
            row[f"v{number}"] = decimal_of(axis.loadings[feature.code])
        rows.append(row)
    return Table(
        id="axes",
        caption="Axes de l’analyse en composantes principales",
        columns=columns,
        rows=rows,
        sortable=False,
        note="Sous chaque variable : sa corrélation avec l’axe. Les classes sont faites sur les axes retenus.",
        source=sources_of(types.chosen),
    )


def criteria_table(found: Typology) -> Table:
    """What each number of classes gives, and the one that is proposed."""
    rows = [
        {
            "count": Cell(one.count, note="proposé par défaut" if one.count == found.chosen_by_default else ""),
            "between": decimal_of(100 * one.between, 1),
            "gain": decimal_of(100 * one.gain, 1),
            "ratio": decimal_of(one.ratio) if one.ratio is not None else None,
        }
        for one in found.criteria
    ]
    return Table(
        id="critere",
        caption="Choix du nombre de classes (arbre de Ward)",
        columns=[
            Column("count", "Classes", kind="number"),
            Column("between", "Inertie entre les classes", kind="percent", decimals=1),
            Column("gain", "Gain de la dernière classe", kind="percent", decimals=1),
            Column("ratio", "Ce gain sur le suivant", kind="number", decimals=2),
        ],
        rows=rows,
        sortable=False,
        note="Le nombre proposé est celui après lequel une classe de plus apporte le moins, au regard de la "
        "précédente.",
    )


def profile_chart(types: EpciTypes, found: Typology) -> Chart | None:
    """How far each class is from the mean, variable by variable; more classes than colours are left to the table."""
    if len(found.classes) > len(charts.BAR_COLOURS):
        return None
    rows = [
        {
            "variable": feature.label,
            "class": class_name(one.number),
            "deviation": decimal_of(one.deviations[feature.code]),
        }
        for feature in found.features
        for one in found.classes
    ]
    told = " ".join(f"{class_name(one.number)}{NBSP}: {one.title.lower()}." for one in found.classes)
    return charts.grouped_bar(
        rows,
        "variable",
        "deviation",
        "class",
        id="profils",
        title="Profil des classes, en écarts-types de la moyenne",
        alt=f"Pour chaque variable, l’écart de chaque classe à la moyenne de tous les EPCI classés. {told}",
        x_title="Variable",
        y_title="Écarts-types",
        series_title="Classe",
        decimals=2,
        source=sources_of(types.chosen),
    )


def classes_map(types: EpciTypes, found: Typology) -> maps.Map | None:
    """The class of each EPCI, its number written on it: nothing rests on colour alone."""
    sheet = sheet_for([area.epci for area in types.offer.areas])
    if not sheet.outlines:
        return None
    told = {area.epci.code: _told(found, area.epci.code, area.epci.name) for area in types.offer.areas}
    drawn = maps.from_sheet(
        sheet,
        told,
        _as_classes(found, types),
        id="carte-classes",
        title="Classes des EPCI de la région",
        alt=_alternative(types, found),
        legend="Classe",
        source=sources_of(types.chosen),
        table=members_table(types, found),
    )
    places = {outline.code: outline for outline in sheet.outlines}
    in_region = _members_in_region(types, found)
    legend = [
        maps.MapClass(one.number - 1, f"{one.number}. {one.title} ({len(in_region.get(one.number, ()))})")
        for one in found.classes
    ]
    unknown = [item for item in drawn.classes if item.bin is None]
    numbered = [
        replace(shape, x=places[shape.code].x, y=places[shape.code].y, short=told[shape.code].short)
        if shape.code in told
        else shape
        for shape in drawn.shapes
    ]
    table = replace(members_table(types, found), id="carte-classes-donnees")
    return replace(drawn, shapes=numbered, classes=[*legend, *unknown], table=table)


def _told(found: Typology, code: str, name: str) -> maps.Told:
    one = found.of(code)
    if one is None:
        return maps.Told(name, None, "non classé", reverse("territory", args=[code]))
    text = f"classe {one.number} ({found.class_of(one.number).title.lower()})"
    return maps.Told(name, Decimal(one.number), text, reverse("territory", args=[code]), short=str(one.number))


def _as_classes(found: Typology, types: EpciTypes) -> Classes:
    """Numbers of classes as the classes of a map: one each."""
    in_region = _members_in_region(types, found)
    counts = tuple(len(in_region.get(one.number, ())) for one in found.classes)
    breaks = tuple(Decimal(one.number) - Decimal("0.5") for one in found.classes[1:])
    unknown = len(types.offer.areas) - sum(counts)
    return Classes(breaks, Decimal(1), Decimal(len(counts)), counts, unknown, Method.EQUAL, 0)


def _alternative(types: EpciTypes, found: Typology) -> str:
    in_region = _members_in_region(types, found)
    told = ", ".join(f"{class_name(number).lower()}{NBSP}: {len(held)}" for number, held in sorted(in_region.items()))
    return f"Carte des EPCI de la région par classe. Nombre d’EPCI{NBSP}: {told}."
