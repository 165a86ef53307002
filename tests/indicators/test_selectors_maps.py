"""Maps of a page: contours where they are loaded, cells otherwise, unknown never the palest class."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from maillage.indicators.selectors.maps import SHORT_LENGTH, MapSubject, short_name, territory_map
from maillage.indicators.selectors.values import Value, unknown
from maillage.territories.models import Contour, Territory
from maillage.ui.maps import Map

SUBJECT = MapSubject("essai", "Taux", "Taux", "%", 1)


def drawn(territories: dict[str, Territory], values: dict[str, str | None]) -> Map:
    pairs = []
    for rank, (code, value) in enumerate(values.items()):
        territory = territories[code]
        territory.latitude, territory.longitude = 47 + rank / 2, -1 + rank / 3
        known = unknown("%", "secret") if value is None else Value(Decimal(value), "%")
        pairs.append((territory, known))
    made = territory_map(SUBJECT, pairs)
    assert made is not None
    return made


def test_without_contour_it_is_schematic(territories: dict[str, Territory]) -> None:
    made = drawn(territories, {"DEP-44": "10", "DEP-49": "11", "DEP-53": "12"})
    assert made.schematic
    assert {shape.code for shape in made.shapes} == {"DEP-44", "DEP-49", "DEP-53"}
    assert all(shape.url and shape.text for shape in made.shapes)


def test_unknown_has_no_class_and_its_own_line(territories: dict[str, Territory]) -> None:
    made = drawn(territories, {"DEP-44": "10", "DEP-49": None, "DEP-53": "0"})
    bins = {shape.code: shape.bin for shape in made.shapes}
    assert bins["DEP-49"] is None
    assert bins["DEP-53"] == 0  # a known zero is a value
    assert made.classes[-1].bin is None
    assert "1 valeur n'est pas connue" in made.alt


def test_contours_are_used_once_most_are_loaded(territories: dict[str, Territory]) -> None:
    for rank, code in enumerate(("DEP-44", "DEP-49")):
        west = float(rank)
        ring = [[west, 47.0], [west + 1, 47.0], [west + 1, 48.0], [west, 48.0], [west, 47.0]]
        Contour.objects.create(territory=territories[code], geometry={"type": "Polygon", "coordinates": [ring]})
    made = drawn(territories, {"DEP-44": "10", "DEP-49": "11", "DEP-53": "12"})
    assert not made.schematic
    assert "Mayenne" in made.note  # the one without contour is named
    with CaptureQueriesContext(connection) as queries:
        drawn(territories, {"DEP-44": "10", "DEP-49": "11", "DEP-53": "12"})
    assert len(queries) == 1  # the geometries are not read again


def test_nothing_to_place_gives_no_map(territories: dict[str, Territory]) -> None:
    assert territory_map(SUBJECT, [(territories["DEP-44"], Value(Decimal(1), "%"))]) is None


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("CC du Pays de Blain", "Blain"),
        ("CA de la Région Nazairienne et de l'Estuaire (CARENE)", "CARENE"),
        ("CU Le Mans Métropole", "Le Mans"),
        ("CC d'Erdre et Gesvres", "Erdre et G…"),
        ("Nantes Métropole", "Nantes"),
        ("CC", "CC"),
        ("", ""),
    ],
)
def test_short_names(name: str, short: str) -> None:
    assert short_name(name) == short
    assert len(short_name(name)) <= SHORT_LENGTH
