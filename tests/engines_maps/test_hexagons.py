"""Schematic maps: one cell each, none over another, neighbours near, the same map for the same territories."""

from __future__ import annotations

import itertools
import math
import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.cartogram import Sheet, Site, hexagon_sheet
from maillage.engines.cartogram.hexagons import displacement

coordinates = st.tuples(
    st.floats(41, 51, allow_nan=False).map(lambda v: round(v, 2)),
    st.floats(-5, 9, allow_nan=False).map(lambda v: round(v, 2)),
)


def sites_at(places: list[tuple[float, float]]) -> list[Site]:
    return [Site(f"EPCI-{n:04}", latitude, longitude) for n, (latitude, longitude) in enumerate(places)]


def corners(path: str) -> list[tuple[float, float]]:
    numbers = [float(text) for text in re.findall(r"-?[0-9.]+", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def apart(sheet: Sheet) -> float:
    """The smallest distance between two cells' centres, in inner diameters of a cell."""
    inner = math.dist(*corners(sheet.outlines[0].path)[:2]) * math.sqrt(3)
    places = [(outline.x, outline.y) for outline in sheet.outlines]
    return min(math.dist(a, b) for i, a in enumerate(places) for b in places[i + 1 :]) / inner


@given(st.lists(coordinates, min_size=2, max_size=40))
def test_each_territory_has_its_own_cell_and_none_overlaps(places: list[tuple[float, float]]) -> None:
    sheet = hexagon_sheet(sites_at(places))
    assert [outline.code for outline in sheet.outlines] == [site.code for site in sites_at(places)]
    assert apart(sheet) > 1  # two hexagons whose centres are an inner diameter apart do not touch
    sides = {round(math.dist(a, b)) for o in sheet.outlines for a, b in itertools.pairwise(corners(o.path))}
    assert max(sides) - min(sides) <= 1  # equal areas, but for the rounding of coordinates


@given(st.lists(coordinates, min_size=1, max_size=25), st.randoms(use_true_random=False))
def test_the_order_of_the_territories_does_not_matter(
    places: list[tuple[float, float]], shuffle: random.Random
) -> None:
    sites = sites_at(places)
    mixed = list(sites)
    shuffle.shuffle(mixed)
    assert hexagon_sheet(mixed) == hexagon_sheet(sites)


@given(st.lists(coordinates, min_size=1, max_size=40))
def test_everything_stays_inside_the_frame(places: list[tuple[float, float]]) -> None:
    sheet = hexagon_sheet(sites_at(places), width=500)
    for outline in sheet.outlines:
        for x, y in corners(outline.path):
            assert -0.1 <= x <= sheet.width + 0.1
            assert -0.1 <= y <= sheet.height + 0.1


def test_a_regular_grid_keeps_every_row_in_order() -> None:
    sites = [Site(f"{row}{column}", 47 - row * 0.2, column * 0.3) for row in range(6) for column in range(6)]
    at = {outline.code: outline for outline in hexagon_sheet(sites).outlines}
    for row in range(6):
        line = [at[f"{row}{column}"].x for column in range(6)]
        assert line == sorted(line)
    assert displacement(sites) < 1.0


def test_the_border_is_drawn_between_groups_only() -> None:
    places = [(47.0 + row / 5, column / 4) for row in range(4) for column in range(4)]
    one = [Site(f"{n:02}", *place, group="A") for n, place in enumerate(places)]
    two = [Site(f"{n:02}", *place, group="A" if n < 8 else "B") for n, place in enumerate(places)]
    assert hexagon_sheet(one).borders == ""
    assert hexagon_sheet(two).borders.startswith("M")


def test_thirteen_hundred_cells_in_under_a_second() -> None:
    draw = random.Random(7)  # noqa: S311  (the same invented country at each run)
    sites = sites_at([(draw.gauss(46.5, 2), draw.gauss(2.5, 2.5)) for _ in range(1300)])
    start = time.process_time()
    sheet = hexagon_sheet(sites)
    assert time.process_time() - start < 1.0
    assert len(sheet.outlines) == 1300


def test_no_territory_gives_an_empty_sheet_and_twice_the_same_is_refused() -> None:
    assert hexagon_sheet([]).outlines == ()
    assert displacement([]) == 0
    with pytest.raises(ValueError, match="own code"):
        hexagon_sheet([Site("A", 47, 0), Site("A", 47, 1)])


def test_rows_that_do_not_fit_the_honeycomb_are_not_torn_apart() -> None:
    """Territories farther apart in latitude than rows of cells: an empty row would cut the map in two."""
    sheet = hexagon_sheet([Site(f"{n:02}", 47 + n // 4 / 5, n % 4 / 4) for n in range(16)])
    centres = [(outline.x, outline.y) for outline in sheet.outlines]
    inner = math.dist(*corners(sheet.outlines[0].path)[:2]) * math.sqrt(3) / 0.96
    assert all(sum(math.dist(a, b) < inner * 1.1 for b in centres) >= 3 for a in centres)  # itself and two others


def test_overseas_far_away_does_not_exhaust_the_machine() -> None:
    sites = [*sites_at([(47 + n / 50, n / 60) for n in range(30)]), Site("EPCI-97", -21.1, 55.5)]
    start = time.process_time()
    assert len(hexagon_sheet(sites).outlines) == 31
    assert time.process_time() - start < 1.0
