"""Contours: one projection, a stated simplification, a disc for those without a polygon."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.cartogram import Site, contour_sheet
from maillage.engines.cartogram.contours import TOLERANCE
from maillage.engines.cartogram.topology import simplify


def square(west: float, south: float, side: float = 1.0) -> dict[str, Any]:
    east, north = west + side, south + side
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def points_of(path: str) -> list[tuple[float, float]]:
    numbers = [float(text) for text in re.findall(r"-?[0-9.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def test_two_neighbours_share_their_edge() -> None:
    sheet = contour_sheet({"A": square(0, 47), "B": square(1, 47)})
    a, b = (set(points_of(outline.path)) for outline in sheet.outlines)
    assert len(a & b) == 2
    assert not sheet.schematic
    assert sheet.tolerance == TOLERANCE


def test_north_is_up_and_east_is_right() -> None:
    sheet = contour_sheet({"NORD": square(0, 49), "SUD": square(0, 47), "EST": square(2, 47)})
    at = {outline.code: (outline.x, outline.y) for outline in sheet.outlines}
    assert at["NORD"][1] < at["SUD"][1]
    assert at["EST"][0] > at["SUD"][0]


def test_a_kilometre_is_the_same_both_ways() -> None:
    """At 60° north a degree of longitude is half a degree of latitude."""
    sheet = contour_sheet({"A": square(0, 59.5)})
    xs, ys = zip(*points_of(sheet.outlines[0].path), strict=True)
    assert (max(xs) - min(xs)) / (max(ys) - min(ys)) == pytest.approx(0.5, abs=0.01)


def test_a_territory_without_polygon_is_a_disc_and_is_named() -> None:
    sheet = contour_sheet({"A": square(0, 47)}, [Site("A", 47.5, 0.5), Site("ÎLE", 47.2, 1.4)])
    disc = next(outline for outline in sheet.outlines if outline.code == "ÎLE")
    assert disc.is_point
    assert sheet.missing == ("ÎLE",)


def test_holes_and_islands_are_kept_specks_are_not() -> None:
    hole = [[0.4, 47.4], [0.6, 47.4], [0.6, 47.6], [0.4, 47.6], [0.4, 47.4]]
    outer = square(0, 47)["coordinates"][0]
    speck = square(1.5, 47, 0.001)["coordinates"]
    island = square(1.2, 47, 0.2)["coordinates"]
    geometry = {"type": "MultiPolygon", "coordinates": [[outer, hole], island, speck]}
    (outline,) = contour_sheet({"A": geometry}).outlines
    assert outline.path.count("M") == 3


@pytest.mark.parametrize(
    "geometry", [{"type": "Point", "coordinates": [0, 47]}, {}, {"type": "Polygon", "coordinates": []}]
)
def test_what_is_not_a_polygon_counts_as_no_contour(geometry: dict[str, Any]) -> None:
    assert contour_sheet({"A": geometry}).outlines == ()
    (disc,) = contour_sheet({"A": geometry}, [Site("A", 47, 0)]).outlines
    assert disc.is_point


def distance_to_ring(point: tuple[float, float], ring: list[tuple[float, float]]) -> float:
    best = math.inf
    for a, b in zip(ring, [*ring[1:], ring[0]], strict=True):
        dx, dy = b[0] - a[0], b[1] - a[1]
        squared = dx * dx + dy * dy
        t = min(1.0, max(0.0, ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / squared)) if squared else 0.0
        best = min(best, math.dist(point, (a[0] + t * dx, a[1] + t * dy)))
    return best


rings = st.lists(
    st.tuples(st.floats(0, 100, allow_nan=False), st.floats(0, 100, allow_nan=False)),
    min_size=3,
    max_size=60,
    unique=True,
)


@given(rings, st.floats(0.1, 10))
def test_no_dropped_corner_is_farther_than_the_tolerance(ring: list[tuple[float, float]], tolerance: float) -> None:
    kept = simplify([*ring, ring[0]], tolerance)
    assert set(kept) <= set(ring)
    assert len(kept) >= 3
    assert all(distance_to_ring(point, kept) <= tolerance + 1e-6 for point in ring)


@given(rings, st.integers(0, 59))
def test_simplification_does_not_depend_on_where_the_ring_begins(ring: list[tuple[float, float]], turn: int) -> None:
    turn %= len(ring)
    assert simplify(ring[turn:] + ring[:turn], 2.0) == simplify(ring, 2.0)


def test_a_dense_coast_becomes_light() -> None:
    coast = [[math.cos(n / 1000), 47 + math.sin(n / 1000)] for n in range(6283)]
    sheet = contour_sheet({"A": {"type": "Polygon", "coordinates": [[*coast, coast[0]]]}})
    assert len(points_of(sheet.outlines[0].path)) < 150
    assert sheet.size < 2000
