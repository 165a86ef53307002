"""ANCT, list of France services: a table (2022 and later) or a GeoJSON (2021); the headings differ by year.

Hours are written in prose by each place: they are kept as they are, never computed with. A bus, or a team that goes
from hall to hall, is not a fixed point. A commune code may be wrong or older than the list: the point is kept all the
same, and the loader says which ones it could not place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.db.models import CharField

from maillage.directory.enums import PointKind
from maillage.directory.models import ServicePoint
from maillage.engines.rows import fold
from maillage.gateways.tabular import read_table
from maillage.kernel.errors import InputProblem, shorten
from maillage.kernel.numbers import NARROW_NBSP
from maillage.territories.importers.common import Problems, duplicates, read_json, refused, starts_as_json

# Our name → the headings it goes by, the newest first.
HEADINGS: dict[str, tuple[str, ...]] = {
    "code": ("id_fs", "MATRICULE"),
    "name": ("lib_fs", "lib_france_services"),
    "insee": ("insee_com",),
    "address": ("adresse",),
    "more_address": ("complement_adresse", "COMPLEMENT.D.ADRESSE"),
    "postcode": ("code_postal",),
    "town": ("lib_com",),
    "latitude": ("latitude",),
    "longitude": ("longitude",),
    "phone": ("telephone",),
    "comment": ("commentaire", "Commentaire.horaires"),
    "type": ("type_fs", "categorie"),
    "format": ("format_fs",),
    "roams": ("ITINERANCE",),
}
NEEDED = ("code", "name", "insee")
DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi")
_MOBILE = re.compile(r"itineran|\bbus\b", re.IGNORECASE)
_DAY = re.compile(r"(?<!\d)(20\d\d)([01]\d)([0-3]\d)(?!\d)")
_YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class PointRow:
    """One place of the list. `insee`: the commune code as written; '' and None: the list does not say."""

    row: int
    code: str
    name: str
    kind: PointKind
    insee: str
    address: str
    postcode: str
    town: str
    latitude: float | None
    longitude: float | None
    phone: str
    hours: str


@dataclass
class Points:
    """A parsed list. `vintage`: its day (2024-08-01) or its year, as its name tells; '' when it tells none."""

    rows: list[PointRow]
    vintage: str


def parse_points(path: Path, name: str) -> Points:
    """The places of the list. Raises InputRefused with every problem; in a GeoJSON, rows count features from 1."""
    problems = Problems(name)
    records = list(_of_geojson(path, name) if starts_as_json(path) else _of_table(path, name))
    rows = [row for number, values in records if (row := _row(number, values, problems)) is not None]
    for code, first, other in duplicates((row.code, row.row) for row in rows):
        problems.add(other, "id_fs", f"L'identifiant {code} figure déjà ligne {first}.")
    if not rows and not problems.found:
        problems.add(None, None, "Le fichier ne contient aucun espace France services.")
    problems.refuse_if_any()
    return Points(rows, vintage_of(name))


def vintage_of(name: str) -> str:
    """The day or the year written in the name of a file; '' when there is none, or several."""
    days = {"-".join(found) for found in _DAY.findall(name)}
    years = set(_YEAR.findall(_DAY.sub("", name)))
    told = days or years
    if len(told) != 1:
        return ""
    only = told.pop()
    try:
        return date.fromisoformat(only).isoformat() if days else only
    except ValueError:
        return only[:4]


Values = Mapping[str, str]


def _of_table(path: Path, name: str) -> Iterable[tuple[int, Values]]:
    table = read_table(path, name=name)
    places = _places(table.columns, name)
    return [
        (number, {ours: (cells[place] or "").strip() for ours, place in places.items()})
        for number, cells in zip(table.row_numbers, table.rows, strict=True)
    ]


def _places(titles: list[str], name: str) -> dict[str, int]:
    """Our name → place of its column. Raises InputRefused where a needed one is missing."""
    found = {fold(title): place for place, title in reversed(list(enumerate(titles)))}
    wanted = HEADINGS | {day: (f"h_{day}",) for day in DAYS}
    places = {
        ours: next(found[fold(one)] for one in theirs if fold(one) in found)
        for ours, theirs in wanted.items()
        if any(fold(one) in found for one in theirs)
    }
    missing = [" ou ".join(HEADINGS[one]) for one in NEEDED if one not in places]
    if missing:
        message = (
            f"Ce n'est pas une liste des espaces France services : il manque {', '.join(missing)}. "
            "Les titres doivent être sur la première ligne."
        )
        raise refused(name, [InputProblem(1, None, message)])
    return places


def _of_geojson(path: Path, name: str) -> Iterable[tuple[int, Values]]:
    content = read_json(path, name)
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not features:
        raise refused(name, [InputProblem(None, None, "Ce n'est pas un GeoJSON de points (FeatureCollection).")])
    titles: dict[str, None] = {}
    for feature in features:
        properties = feature.get("properties") if isinstance(feature, dict) else None
        titles |= dict.fromkeys(properties if isinstance(properties, dict) else {})
    places = _places(list(titles), name)
    named = list(titles)
    records = []
    for number, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        given: dict[str, Any] = properties if isinstance(properties, dict) else {}
        records.append((number, {ours: _text(given.get(named[place])) for ours, place in places.items()}))
    return records


def _text(value: object) -> str:
    return "" if value is None or isinstance(value, dict | list | bool) else str(value).strip()


def _row(number: int, values: Values, problems: Problems) -> PointRow | None:
    before = len(problems.found)
    for ours in ("code", "name"):
        limit = _length(ours)
        if not values[ours]:
            problems.add(number, HEADINGS[ours][0], "La valeur manque.")
        elif len(values[ours]) > limit:
            problems.add(number, HEADINGS[ours][0], f"Le texte dépasse {limit} caractères.")
    latitude = _degrees(values, "latitude", 90, number, problems)
    longitude = _degrees(values, "longitude", 180, number, problems)
    if len(problems.found) > before:
        return None
    address = ", ".join(part for part in (values.get("address", ""), values.get("more_address", "")) if part)
    return PointRow(
        row=number,
        code=values["code"],
        name=values["name"],
        kind=_kind(values),
        insee=values["insee"],
        address=shorten(address, _length("address")),
        postcode=_postcode(values.get("postcode", "")),
        town=shorten(values.get("town", ""), _length("town")),
        latitude=latitude if longitude is not None else None,
        longitude=longitude if latitude is not None else None,
        phone=shorten(values.get("phone", ""), _length("phone")),
        hours=shorten(_hours(values), _length("hours")),
    )


def _length(field: str) -> int:
    found = ServicePoint._meta.get_field(field)
    assert isinstance(found, CharField)  # noqa: S101  (the texts of a list are)
    assert found.max_length is not None  # noqa: S101  (a CharField has one)
    return found.max_length


def _kind(values: Values) -> PointKind:
    words = " ".join(fold(values.get(one, "")) for one in ("type", "format"))
    if _MOBILE.search(words) or fold(values.get("roams", "")) == "oui":
        return PointKind.MOBILE
    return PointKind.BRANCH if fold(values.get("type", "")).startswith("antenne") else PointKind.FIXED


def _postcode(text: str) -> str:
    digits = re.sub(r"\D", "", text)
    return digits.zfill(5) if len(digits) in {4, 5} else ""


def _hours(values: Values) -> str:
    """« lundi 9h-12h ; mardi … », then the comment, each as written; a mere dash is a day without opening."""
    days = [f"{day} {values[day]}" for day in DAYS if values.get(day, "") not in {"", "-"}]
    return f"{NARROW_NBSP}; ".join([*days, *([values["comment"]] if values.get("comment") else [])])


def _degrees(values: Values, ours: str, limit: int, number: int, problems: Problems) -> float | None:
    text = values.get(ours, "")
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > limit:
        problems.add(number, ours, f"« {shorten(text, 30)} » n'est pas une coordonnée en degrés.")
        return None
    return value
