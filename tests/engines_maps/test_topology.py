"""Shared borders: simplified once, so that neighbours keep touching."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np

from maillage.engines.cartogram import Site, contour_sheet
from maillage.engines.cartogram.contours import draw, sheet_of
from maillage.engines.cartogram.frame import frame_of
from maillage.engines.cartogram.packing import pack, unpack
from maillage.engines.cartogram.sheet import Point
from maillage.engines.cartogram.topology import Topology, build
from tests.engines_maps.test_contours import points_of, square

SIDE = 6


def wavy_cells(seed: int = 1, corners: int = 12) -> dict[str, list[list[Point]]]:
    """A mosaic of cells whose common sides wander: the same line for both neighbours, drawn from either end."""
    draw = random.Random(seed)  # noqa: S311  (a drawing, not a secret)
    sides: dict[tuple[Point, Point], list[Point]] = {}

    def side(a: Point, b: Point) -> list[Point]:
        if (b, a) in sides:
            return sides[b, a][::-1]
        if (a, b) not in sides:
            inner = [
                (a[0] + (b[0] - a[0]) * t + draw.uniform(-2, 2), a[1] + (b[1] - a[1]) * t + draw.uniform(-2, 2))
                for t in (n / corners for n in range(1, corners))
            ]
            sides[a, b] = [a, *inner, b]
        return sides[a, b]

    cells = {}
    for x in range(SIDE):
        for y in range(SIDE):
            loop = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)]
            around = [(40.0 * i, 40.0 * j) for i, j in loop]
            ring = [point for a, b in pairwise(around) for point in side(a, b)[:-1]]
            turn = draw.randrange(len(ring))
            cells[f"C{x}{y}"] = [ring[turn:] + ring[:turn]]
    return cells


def edges(topology: Topology) -> Counter[frozenset[Point]]:
    """How many rings run along each segment."""
    found: Counter[frozenset[Point]] = Counter()
    for chains in topology.shapes.values():
        for chain in chains:
            ring = topology.ring(chain)
            found.update(frozenset(pair) for pair in pairwise([*ring, ring[0]]))
    return found


def outer_length(topology: Topology) -> float:
    return sum(math.dist(*edge) for edge, number in edges(topology).items() if number == 1)


def test_neighbours_leave_no_gap_once_simplified() -> None:
    """Every segment inside the mosaic is run along twice, and those run along once make its outer border alone."""
    for tolerance in (0.0, 0.6, 3.0):
        topology = build(wavy_cells(), tolerance=tolerance)
        counted = edges(topology)
        assert set(counted.values()) == {1, 2}
        outer = [chain for chain, held in zip(topology.arcs, topology.users, strict=True) if len(held) == 1]
        border = sum(math.dist(*pair) for arc in outer for pair in pairwise((arc / topology.grid).tolist()))
        assert math.isclose(outer_length(topology), border)
        assert len(outer) == 4 * SIDE - 4, "each corner cell has one arc on the outside, as every cell of the edge"


def test_simplifying_each_ring_alone_would_have_left_gaps() -> None:
    """The measure sees them: a corner moved in one ring only."""
    cells = wavy_cells()
    ring = cells["C22"][0]
    cells["C22"] = [[(ring[0][0] + 1, ring[0][1] + 1), *ring[1:]]]
    whole, torn = (build(some, tolerance=0.0) for some in (wavy_cells(), cells))
    assert outer_length(torn) > outer_length(whole)


def test_a_larger_tolerance_makes_a_lighter_map() -> None:
    sizes = [sum(len(arc) for arc in build(wavy_cells(), tolerance=t).arcs) for t in (0.0, 0.6, 3.0)]
    assert sizes[0] > sizes[1] > sizes[2]


def test_a_hole_and_what_fills_it_are_one_line() -> None:
    outer = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
    hole = [(4.0, 4.0), (6.0, 4.0), (6.0, 6.0), (4.0, 6.0)]
    filled = [*hole[2:], *hole[:2]][::-1]
    topology = build({"A": [outer, hole], "B": [filled]}, tolerance=0.1)
    assert len(topology.arcs) == 2
    ((arc,),) = topology.shapes["B"]
    assert arc in (topology.shapes["A"][1][0], ~topology.shapes["A"][1][0])


def test_no_territory_loses_its_surface() -> None:
    """A tolerance larger than the cells: each keeps three corners at least."""
    topology = build(wavy_cells(), tolerance=500.0)
    assert len(topology.shapes) == SIDE * SIDE
    assert all(len(set(topology.ring(chain))) >= 3 for chains in topology.shapes.values() for chain in chains)


def test_nothing_gives_nothing() -> None:
    assert build({}, tolerance=1.0).arcs == ()
    assert build({"A": [[(0.0, 0.0), (0.01, 0.0), (0.0, 0.01)]]}, tolerance=1.0).shapes == {}


def test_borders_of_groups_are_the_lines_between_them() -> None:
    shapes = {"A": square(0, 47), "B": square(1, 47), "C": square(2, 47)}
    sheet = contour_sheet(shapes, groups={"A": "1", "B": "1", "C": "2"})
    (line,) = [part for part in sheet.borders.split("M") if part]
    of_c = next(outline for outline in sheet.outlines if outline.code == "C")
    assert set(points_of("M" + line)) < set(points_of(of_c.path))
    assert contour_sheet(shapes).borders == ""


def test_an_islet_that_borders_nobody_goes_an_enclave_stays() -> None:
    tiny = square(0.5, 47.5, 0.002)["coordinates"][0]
    around = {"type": "Polygon", "coordinates": [square(0, 47)["coordinates"][0], tiny]}
    islet = {
        "type": "MultiPolygon",
        "coordinates": [square(2, 47)["coordinates"], square(3.2, 47, 0.001)["coordinates"]],
    }
    sheet = contour_sheet({"A": around, "B": {"type": "Polygon", "coordinates": [tiny]}, "C": islet})
    parts = {outline.code: outline.path.count("M") for outline in sheet.outlines}
    assert parts == {"A": 2, "B": 1, "C": 1}


def test_a_drawing_packed_and_unpacked_is_the_same() -> None:
    shapes = {"A": square(0, 47), "B": square(1, 47), "C": square(2, 47), "LOIN": square(55, -21, 0.5)}
    drawn = draw(shapes, [Site("POINT", 47.5, 3.5)], groups={"A": "1", "B": "1", "C": "2"})
    assert drawn is not None
    again = unpack(json.loads(json.dumps(pack(drawn))))
    before, after = sheet_of(drawn), sheet_of(again)
    assert [(one.code, one.path) for one in after.outlines if not one.is_point] == [
        (one.code, one.path) for one in before.outlines if not one.is_point
    ]
    assert after.missing == before.missing == ("POINT",)
    assert after.borders == before.borders != ""
    assert len(after.insets) == 1


def test_what_lies_far_away_has_a_box_of_its_own() -> None:
    shapes: dict[str, Any] = {f"M{n}": square(n, 47) for n in range(5)}
    shapes["LOIN"] = square(55, -21, 0.5)
    sheet = contour_sheet(shapes)
    assert len(sheet.insets) == 1
    left, top, width, height = sheet.insets[0]
    far = next(outline for outline in sheet.outlines if outline.code == "LOIN")
    assert all(left <= x <= left + width and top <= y <= top + height for x, y in points_of(far.path))
    near = [outline for outline in sheet.outlines if outline.code != "LOIN"]
    assert all(y < top for outline in near for _, y in points_of(outline.path))
    assert max(x for outline in near for x, _ in points_of(outline.path)) > 600, "the mainland keeps the width"


def test_one_territory_fits_and_many_points_are_small() -> None:
    frame = frame_of({"A": np.array([[0.0, 47.0]])}, 720.0)
    assert frame.insets == ()
    many = contour_sheet({}, [Site(f"S{n}", 47 + n / 5000, n / 5000) for n in range(5000)])
    assert all(outline.is_point for outline in many.outlines)
    assert len(many.outlines[0].path) < 60
    assert len(many.missing) == 5000
