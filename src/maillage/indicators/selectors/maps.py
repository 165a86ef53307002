"""Maps of a set of territories: contours where they are loaded, otherwise hexagons that say they are schematic."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock

from django.urls import reverse

from maillage.engines.cartogram import Sheet, Site, contour_sheet, hexagon_sheet
from maillage.engines.classes import Classes, Method, cut
from maillage.indicators.selectors.values import Value
from maillage.kernel.numbers import NBSP, french_list
from maillage.territories.models import Contour, Territory
from maillage.ui import maps, units
from maillage.ui.tables import Cell, Column, Table

CLASS_COUNT = 5
SHORT_LENGTH = 11
_BORDER = "border:"  # a département's contour among the others, drawn over them and not filled


@dataclass(frozen=True)
class MapSubject:
    """What a map shows: its title, the name of the value, its unit code, decimals of the legend, and its source."""

    id: str
    title: str
    value_label: str
    unit: str
    decimals: int = 1
    source: str = ""
    source_url: str = ""
    note: str = ""
    method: Method = Method.QUANTILE


def territory_map(subject: MapSubject, values: Sequence[tuple[Territory, Value]]) -> maps.Map | None:
    """The map of a value by territory; None when no territory can be placed. Two queries at most."""
    sheet = sheet_for([territory for territory, _ in values])
    if not sheet.outlines:
        return None
    classes = cut(
        [value.amount for _, value in values], count=CLASS_COUNT, method=subject.method, decimals=subject.decimals
    )
    told = {territory.code: _told(territory, value, subject, named=sheet.schematic) for territory, value in values}
    placing = _placing_note(sheet, [territory for territory, _ in values])
    return maps.from_sheet(
        sheet,
        told,
        classes,
        id=subject.id,
        title=subject.title,
        alt=_alternative(subject, values, classes),
        unit=units.suffix_of(subject.unit),
        legend=f"{subject.value_label} ({classes.method.label_fr})",
        note=" ".join(part for part in (placing, subject.note) if part),
        table=_table(subject, values),
        source=subject.source,
        source_url=subject.source_url,
    )


def _told(territory: Territory, value: Value, subject: MapSubject, *, named: bool) -> maps.Told:
    return maps.Told(
        label=territory.name,
        value=value.amount,
        text=units.format_value(value.amount, unit=subject.unit, decimals=subject.decimals),
        url=reverse("territory", args=[territory.code]),
        status=value.status,
        short=short_name(territory.name) if named else "",
    )


def sheet_for(territories: Sequence[Territory]) -> Sheet:
    """Contours when most territories have one, hexagons otherwise."""
    with_contour = dict(
        Contour.objects.filter(territory__in=territories)
        .order_by("territory__code")
        .values_list("territory__code", "pk")
    )
    sites = [
        Site(t.code, t.latitude, t.longitude, _group(t))
        for t in territories
        if t.latitude is not None and t.longitude is not None
    ]
    if 2 * len(with_contour) > len(territories):
        return _contours(with_contour, sites)
    return hexagon_sheet(sites)


def _group(territory: Territory) -> str:
    return str(territory.parent_id or "")


# Simplifying contours costs more than the rest of a page; they change only when a file is loaded, under new keys.
_drawn: OrderedDict[tuple[tuple[str, int], ...], Sheet] = OrderedDict()
_drawn_lock = Lock()
_DRAWN_AT_MOST = 32


def _contours(with_contour: dict[str, int], sites: Sequence[Site]) -> Sheet:
    key = tuple(sorted(with_contour.items())) + tuple(
        sorted((site.code, 0) for site in sites if site.code not in with_contour)
    )
    with _drawn_lock:
        if key in _drawn:
            _drawn.move_to_end(key)
            return _drawn[key]
    geometries = dict(
        Contour.objects.filter(pk__in=with_contour.values()).order_by("pk").values_list("territory__code", "geometry")
    )
    sheet = contour_sheet(geometries, sites)
    with _drawn_lock:
        _drawn[key] = sheet
        while len(_drawn) > _DRAWN_AT_MOST:
            _drawn.popitem(last=False)
    return sheet


def short_name(name: str) -> str:
    """A name that fits in a cell: the short form in brackets if there is one, else without legal form nor particle."""
    given = _IN_BRACKETS.search(name)
    if given:
        return _cut(given.group(1))
    words = name.replace("d'", "").replace("l'", "").split()
    while len(words) > 1 and words[0] in _FORMS:
        words = words[1:]
    return _cut(" ".join(words))


def _cut(text: str) -> str:
    """At most `SHORT_LENGTH` letters, cut after a word that says something, else in the middle of one."""
    if len(text) <= SHORT_LENGTH:
        return text
    kept = re.split(r"[ -](?=[^ -]*$)", text[: SHORT_LENGTH + 1])[0]
    kept = _TRAILING.sub("", kept)
    return kept if _LEAST_WORD <= len(kept) <= SHORT_LENGTH else f"{text[: SHORT_LENGTH - 1].rstrip()}…"


_LEAST_WORD = 6
_IN_BRACKETS = re.compile(r"\(([^)]+)\)")
_TRAILING = re.compile(r"(?:[ -]+(?:de|du|des|d|la|le|les|et|sur|en|au|aux)|[ ,-]+)+$")
_FORMS = frozenset(("CA", "CC", "CU", "Communauté", "Métropole", "Pays", "de", "du", "des", "la", "le", "les"))


def _alternative(subject: MapSubject, values: Sequence[tuple[Territory, Value]], classes: Classes) -> str:
    """What the map says, in one sentence."""
    known = [(value.amount, territory.name) for territory, value in values if value.amount is not None]
    if not known:
        return f"{subject.title}{NBSP}: aucune valeur connue pour {len(values)} territoires."
    (low, where_low), (high, where_high) = min(known), max(known)

    def written(amount: object) -> str:
        return units.format_value(amount, unit=subject.unit, decimals=subject.decimals)

    several = "valeurs ne sont pas connues" if classes.unknown > 1 else "valeur n'est pas connue"
    unknown = f" {classes.unknown} {several}." if classes.unknown else ""
    return f"{subject.title}{NBSP}: de {written(low)} ({where_low}) à {written(high)} ({where_high}).{unknown}"


def _placing_note(sheet: Sheet, territories: Sequence[Territory]) -> str:
    """Who is missing from the drawing, or stands there as a point."""
    if sheet.schematic:
        drawn = {outline.code for outline in sheet.outlines}
        left_out = [territory.name for territory in territories if territory.code not in drawn]
        return f"Sans coordonnées, absents de la carte{NBSP}: {french_list(left_out)}." if left_out else ""
    points = [territory.name for territory in territories if territory.code in sheet.missing]
    return f"Sans contour chargé, figurés par un point{NBSP}: {french_list(points)}." if points else ""


def _table(subject: MapSubject, values: Sequence[tuple[Territory, Value]]) -> Table:
    ordered = sorted(values, key=lambda pair: (pair[1].amount is None, -(pair[1].amount or 0), pair[0].sort_name))
    return Table(
        id=f"{subject.id}-donnees",
        caption=subject.title,
        columns=(
            Column("territory", "Territoire", kind="link"),
            Column("value", subject.value_label, kind="number", unit=subject.unit, decimals=subject.decimals),
        ),
        rows=[
            {
                "territory": Cell(
                    territory.name, url=reverse("territory", args=[territory.code]), sort=territory.sort_name
                ),
                "value": Cell(value.amount, url=value.source.url if value.source else "", status=_marked(value)),
            }
            for territory, value in ordered
        ],
        source=subject.source,
        source_url=subject.source_url,
        sort=("value", "desc"),
    )


def _marked(value: Value) -> str:
    """A published value needs no mark beside it."""
    return "" if value.status == "published" else str(value.status)
