"""Outlines and points: checked geometry, older vintages followed, territories without an outline told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from maillage.kernel.errors import InputRefused
from maillage.territories.models import Contour, Territory
from tests.territories.invented import epci_workbook, geojson, load, load_corsica, movements, square

pytestmark = pytest.mark.django_db

TWO = geojson(({"code": "2A001"}, square(9.0, 42.0)), ({"code": "2B001"}, square(9.4, 42.6)))


def _codes() -> set[str]:
    return set(Contour.objects.order_by("pk").values_list("territory__code", flat=True))


def test_outlines_and_a_point_for_each(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    report = load(tmp_path, "contours", TWO)
    assert report.counts == {"added": 2}
    assert Contour.objects.get(territory__code="COM-2A001").geometry == square(9.0, 42.0)
    found = Territory.objects.get(code="COM-2A001")
    assert (found.latitude, found.longitude) == (pytest.approx(42.05), pytest.approx(9.05))
    assert load(tmp_path, "contours", TWO).already_loaded
    assert load(tmp_path, "contours", TWO + "\n").changes_nothing


def test_pieces_of_an_epci_are_put_together_and_a_feature_without_code_is_told(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "epci", epci_workbook([("2A", "200000002", "CC", "CC", 1, 1, 1, "2A001")]))
    pieces = [
        ({"insee_dep": "2A", "siren_epci": "200000002"}, square(9.0, 42.0)),
        ({"insee_dep": "2B", "siren_epci": "200000002"}, square(9.1, 42.0)),
        ({"insee_dep": "2B", "siren_epci": None}, square(9.9, 42.9)),
    ]
    report = load(tmp_path, "contours", geojson(*pieces))
    assert _codes() == {"EPCI-200000002"}
    assert len(Contour.objects.get().geometry["coordinates"]) == 2
    assert report.left_out[0].count == 1


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"code": "2A", "region": "94"}, "DEP-2A"),
        ({"code": "94", "nom": "Corse"}, "REG-94"),
        ({"code": "01", "region": "84"}, "DEP-01"),
        ({"INSEE_COM": "2A001"}, "COM-2A001"),
        ({"codgeo": "2A001"}, "COM-2A001"),
        ({"insee_dep": "2A"}, "DEP-2A"),
    ],
)
def test_the_level_is_read_in_the_properties(tmp_path: Path, properties: dict[str, str], code: str) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "contours", geojson((properties, square(9, 42))))
    assert _codes() == {code}


def test_outlines_of_an_older_year_follow_the_code_passage(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    moves = [
        (50, "2024-01-01", "2B009", "2B002"),
        (32, "2024-01-01", "2A001", "2A001"),
        (32, "2024-01-01", "2A008", "2A001"),
        (21, "2024-01-01", "2A003", "2A003"),
        (21, "2024-01-01", "2A003", "2A004"),
    ]
    load(tmp_path, "movements", movements(*moves))
    old = [({"code": code}, square(9 + n / 10, 42)) for n, code in enumerate(("2B009", "2A001", "2A008", "2A003"))]
    report = load(tmp_path, "contours", geojson(*old), vintage="2022")
    assert _codes() == {"COM-2B002", "COM-2A001"}
    assert len(Contour.objects.get(territory__code="COM-2A001").geometry["coordinates"]) == 2
    assert report.left_out[0].examples == ("COM-2A003",)


def test_half_of_a_merger_is_no_outline(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    load(tmp_path, "movements", movements((32, "2024-01-01", "2A001", "2A001"), (32, "2024-01-01", "2A008", "2A001")))
    load(
        tmp_path,
        "contours",
        geojson(({"code": "2A001"}, square(9, 42)), ({"code": "2B001"}, square(9, 43))),
        vintage="2022",
    )
    assert _codes() == {"COM-2B001"}


def test_unknown_territories_and_missing_outlines_are_told(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    content = geojson(({"code": "2A001"}, square(9, 42)), ({"code": "13001"}, square(5, 43)), ({"code": "2A002"}, None))
    report = load(tmp_path, "contours", content)
    assert [(one.count, one.examples) for one in report.left_out] == [(1, ("COM-2A002",)), (1, ("COM-13001",))]


def test_a_table_of_points_stands_for_missing_outlines(tmp_path: Path) -> None:
    load_corsica(tmp_path)
    points = ";Code_Officiel_Commune;latitude;longitude\n0;2A001;42,05;9.05\n1;99999;1;1\n"
    report = load(tmp_path, "contours", points, name="points.csv")
    found = Territory.objects.get(code="COM-2A001")
    assert (found.latitude, found.longitude) == (42.05, 9.05)
    assert report.left_out[0].examples == ("COM-99999",)
    assert load(tmp_path, "contours", points + "\n", name="points.csv").changes_nothing


def _feature(geometry: Any, **properties: str) -> str:
    return geojson((properties or {"code": "2A001"}, geometry))


OPEN_RING = {"type": "Polygon", "coordinates": [[[9, 42], [9, 43], [10, 43], [10, 42]]]}
FLAT = {"type": "Polygon", "coordinates": [[[9, 42], [9, 43], [9, 44], [9, 42]]]}
WRONG = {
    "a point": _feature({"type": "Point", "coordinates": [9, 42]}),
    "open ring": _feature(OPEN_RING),
    "flat ring": _feature(FLAT),
    "short ring": _feature({"type": "Polygon", "coordinates": [[[9, 42], [9, 43], [9, 42]]]}),
    "projected": _feature(square(650000.0, 6860000.0, 1000)),
    "texts": _feature({"type": "Polygon", "coordinates": [[["9", "42"]] * 4]}),
    "empty": _feature({"type": "MultiPolygon", "coordinates": []}),
    "no coordinates": _feature({"type": "Polygon"}),
    "declared projection": geojson(
        ({"code": "2A001"}, square(9, 42)), crs={"properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    ),
    "bad code": _feature(square(9, 42), insee_com="2A1"),
    "no code": _feature(square(9, 42), nom="Alta"),
    "not features": json.dumps({"type": "Topology"}),
    "no feature": geojson(),
    "not an object": json.dumps({"features": ["x"]}),
    "not JSON": '{"features": [',
    "not a number": '{"features": [{"properties": {"code": "2A001"}, "geometry": {"x": NaN}}]}',
    "too deep": '{"features": ' + "[" * 100_000,
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG.keys())
def test_what_is_not_an_outline_is_refused(tmp_path: Path, content: str) -> None:
    load_corsica(tmp_path)
    with pytest.raises(InputRefused):
        load(tmp_path, "contours", content)
    assert not Contour.objects.exists()


@pytest.mark.parametrize(
    "row", ["2A001;95;9", "2A001;nan;9", "2A001;;9", "2A1;42;9", "2A001;42;9\n2A001;43;9"]
)  # fmt: skip
def test_a_wrong_point_is_refused(tmp_path: Path, row: str) -> None:
    load_corsica(tmp_path)
    with pytest.raises(InputRefused):
        load(tmp_path, "contours", f"code;lat;lon\n{row}\n", name="points.csv")
