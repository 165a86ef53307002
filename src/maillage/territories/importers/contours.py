"""Outlines in GeoJSON (WGS84), told apart by the names of their properties; or points in a table, by code.

Several features of one territory (an EPCI cut by département) are put together. Outlines are kept as they are given.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from maillage.gateways.tabular import Table
from maillage.gateways.tabular import refused as unreadable
from maillage.kernel.errors import InputProblem, MaillageError, shorten
from maillage.kernel.territory import TerritoryCode
from maillage.sources.registry import LeftOut
from maillage.territories.importers.common import Columns, Problems, read_json, refused

Position = list[float]
Ring = list[Position]
Polygon = list[Ring]

# Property names in order: a feature that cuts an EPCI by département bears both codes, and is a piece of the EPCI.
_PROPERTIES = (
    ("EPCI", ("siren_epci", "code_epci", "epci_siren")),
    ("COM", ("insee_com", "codgeo", "code_insee", "com_code", "depcom")),
    ("DEP", ("insee_dep", "code_dep", "dep_code")),
    ("REG", ("insee_reg", "code_reg", "reg_code")),
)
_WGS84 = re.compile(r"CRS:?:?84$|EPSG:?:?4326$", re.IGNORECASE)
_CODES_OF_REGIONS = {
    "01",
    "02",
    "03",
    "04",
    "06",
    "11",
    "24",
    "27",
    "28",
    "32",
    "44",
    "52",
    "53",
    "75",
    "76",
    "84",
    "93",
}
_CODES_OF_REGIONS |= {"94"}


@dataclass
class Shape:
    """The outline of one territory: polygons in (longitude, latitude), rings as given."""

    row: int
    code: str
    polygons: list[Polygon]

    @property
    def geometry(self) -> dict[str, Any]:
        if len(self.polygons) == 1:
            return {"type": "Polygon", "coordinates": self.polygons[0]}
        return {"type": "MultiPolygon", "coordinates": self.polygons}


@dataclass
class Contours:
    """A parsed file: outlines, or points (code → latitude, longitude), by territory code."""

    shapes: dict[str, Shape] = field(default_factory=dict)
    points: dict[str, tuple[float, float]] = field(default_factory=dict)
    read: int = 0
    left_out: list[LeftOut] = field(default_factory=list)

    @property
    def codes(self) -> set[str]:
        return set(self.shapes) | set(self.points)

    @property
    def levels(self) -> list[str]:
        return sorted({code.partition("-")[0] for code in self.codes})


def read_geojson(path: Path, name: str) -> dict[str, Any]:
    """The JSON of a file, its size and its depth being bounded. Raises InputRefused."""
    content = read_json(path, name)
    if not isinstance(content, dict) or not isinstance(content.get("features"), list):
        raise unreadable(name, [InputProblem(None, None, "Ce n'est pas un GeoJSON (FeatureCollection).")])
    return content


def parse_contours(content: Mapping[str, Any], name: str) -> Contours:
    """The outlines of a FeatureCollection. Raises InputRefused with every problem; rows count features from 1."""
    problems = Problems(name)
    _check_projection(content, problems)
    features = content["features"]
    bearer = _bearer(features)
    parsed = Contours(read=len(features))
    empty: list[str] = []
    uncoded = 0
    for number, feature in enumerate(features, start=1):
        code = _code(feature, bearer, number, problems)
        if code is None:
            uncoded += 1
        if not code:
            continue
        geometry = feature.get("geometry")
        if geometry is None:
            empty.append(code)
            continue
        polygons = _polygons(geometry, number, problems)
        if polygons and code in parsed.shapes:
            parsed.shapes[code].polygons += polygons
        elif polygons:
            parsed.shapes[code] = Shape(number, code, polygons)
    if empty:
        parsed.left_out.append(LeftOut("Le fichier n'en donne pas le contour.", len(empty), tuple(empty[:5])))
    if uncoded:
        parsed.left_out.append(LeftOut("Contours sans code (hors de tout EPCI, par exemple).", uncoded))
    if not parsed.shapes and not problems.found:
        problems.add(None, None, "Le fichier ne contient aucun contour.")
    problems.refuse_if_any()
    return parsed


def parse_points(table: Table, name: str) -> Contours:
    """Points of communes: a code, a latitude, a longitude in degrees (dot or comma)."""
    columns = Columns(table)
    places = [
        columns.place("Code_Officiel_Commune", "insee", "codgeo", "code_insee", "code"),
        columns.place("latitude", "lat"),
        columns.place("longitude", "lon", "lng"),
    ]
    if None in places:
        message = "Ce n'est ni un GeoJSON, ni une table de points : il faut un code, une latitude et une longitude."
        raise refused(name, [InputProblem(1, None, message)])
    problems = Problems(name)
    parsed = Contours(read=len(table.rows))
    code_at, latitude_at, longitude_at = (place or 0 for place in places)
    for number, cells in zip(table.row_numbers, table.rows, strict=True):
        code = _territory_code("COM", cells[code_at], number, problems)
        latitude = _degrees(cells[latitude_at], 90, table.columns[latitude_at], number, problems)
        longitude = _degrees(cells[longitude_at], 180, table.columns[longitude_at], number, problems)
        if not code or latitude is None or longitude is None:
            continue
        if code in parsed.points and parsed.points[code] != (latitude, longitude):
            problems.add(number, table.columns[code_at], f"{code} a déjà un autre point dans le fichier.")
        parsed.points[code] = (latitude, longitude)
    if not parsed.points and not problems.found:
        problems.add(None, None, "Le fichier ne contient aucun point.")
    problems.refuse_if_any()
    return parsed


def _check_projection(content: Mapping[str, Any], problems: Problems) -> None:
    crs = content.get("crs")
    properties = crs.get("properties") if isinstance(crs, dict) else None
    named = str(properties.get("name", "")) if isinstance(properties, dict) else ""
    if named and not _WGS84.search(named):
        problems.add(None, None, f"La projection « {shorten(named, 60)} » n'est pas WGS84 : convertissez le fichier.")


def _prefix_of_plain_codes(given: list[dict[str, Any]]) -> str:
    """What a property named plainly « code » holds, by the shape of the codes; '' when features do not have it.

    Two figures are a département, unless every one of them is a region's and none names the region it lies in.
    """
    codes = {str(properties.get("code") or "") for properties in given} - {""}
    if not codes:
        return ""
    lengths = {len(code) for code in codes}
    if lengths == {9}:
        return "EPCI"
    if lengths == {5}:
        return "COM"
    located = any({"region", "reg", "departement"} & properties.keys() for properties in given)
    return "REG" if codes <= _CODES_OF_REGIONS and not located else "DEP"


def _bearer(features: list[Any]) -> tuple[str, str]:
    """(level prefix, property) that names the territories of this file: the first of `_PROPERTIES` that it has."""
    given = [f["properties"] for f in features if isinstance(f, dict) and isinstance(f.get("properties"), dict)]
    present = {str(key).lower() for properties in given for key, value in properties.items() if value}
    for prefix, names in _PROPERTIES:
        for one in names:
            if one in present:
                return prefix, one
    return _prefix_of_plain_codes(given), "code"


def _code(feature: Any, bearer: tuple[str, str], number: int, problems: Problems) -> str | None:
    """The territory code of a feature; '' when it is wrong (the problem is told), None when it bears none."""
    prefix, column = bearer
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        problems.add(number, None, "Ce n'est pas un objet GeoJSON avec des propriétés.")
        return ""
    if not prefix:
        message = "Aucune propriété ne donne le code du territoire (code, siren_epci, insee_com …)."
        problems.add(number, "code", message)
        return ""
    value = {str(key).lower(): given for key, given in properties.items()}.get(column)
    return _territory_code(prefix, value, number, problems, column) if value else None


def _territory_code(prefix: str, value: object, number: int, problems: Problems, column: str = "code") -> str:
    try:
        return str(TerritoryCode.parse(f"{prefix}-{str(value or '').strip()}"))
    except MaillageError as error:
        problems.add(number, column, error.message_fr)
        return ""


def _polygons(geometry: Any, number: int, problems: Problems) -> list[Polygon]:
    """The polygons of a geometry, checked: rings closed, of four positions at least, in degrees."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind not in {"Polygon", "MultiPolygon"} or not isinstance(coordinates, list):
        problems.add(number, "geometry", "La géométrie n'est ni un Polygon, ni un MultiPolygon.")
        return []
    polygons = [coordinates] if kind == "Polygon" else coordinates
    checked = []
    for polygon in polygons:
        wrong = "Un polygone est vide." if not isinstance(polygon, list) or not polygon else ""
        wrong = wrong or next((found for ring in polygon if (found := _wrong_ring(ring))), "")
        if wrong:
            problems.add(number, "geometry", wrong)
            return []
        checked.append([[[float(at[0]), float(at[1])] for at in ring] for ring in polygon])
    if not checked:
        problems.add(number, "geometry", "La géométrie est vide.")
    return checked


def _wrong_ring(ring: Any) -> str:
    """Why a ring is refused; '' when it is fine."""
    if not isinstance(ring, list) or len(ring) < 4:
        return "Un anneau a moins de quatre points."
    for at in ring:
        if not isinstance(at, list) or len(at) < 2 or not all(_is_number(value) for value in at[:2]):
            return "Un point n'est pas fait de deux nombres."
        if abs(at[0]) > 180 or abs(at[1]) > 90:
            return "Les coordonnées ne sont pas des degrés WGS84 (Lambert-93 ?) : convertissez le fichier."
    if ring[0][:2] != ring[-1][:2]:
        return "Un anneau n'est pas fermé."
    return "" if _signed_area(ring) else "Un anneau n'a pas de surface."


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _degrees(text: str | None, limit: int, column: str, number: int, problems: Problems) -> float | None:
    try:
        value = float((text or "").strip().replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > limit:
        problems.add(number, column, f"« {shorten(text or '', 30)} » n'est pas une coordonnée en degrés.")
        return None
    return value


def _signed_area(ring: Ring) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring)) / 2


def middle(polygons: list[Polygon]) -> tuple[float, float]:
    """(latitude, longitude) of the centre of gravity of the widest polygon, to 0.0001°: a place for its label."""
    outer = max((polygon[0] for polygon in polygons), key=lambda ring: abs(_signed_area(ring)))
    twice = 2 * _signed_area(outer)
    x = y = 0.0
    for a, b in pairwise(outer):
        cross = a[0] * b[1] - b[0] * a[1]
        x += (a[0] + b[0]) * cross
        y += (a[1] + b[1]) * cross
    return round(y / (3 * twice), 4), round(x / (3 * twice), 4)
