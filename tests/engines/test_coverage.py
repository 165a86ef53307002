"""Who is near a service: against a naive computation, and what no new service may do."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from itertools import combinations
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maillage.engines.coverage import (
    EARTH_KM,
    Demand,
    Reached,
    Supply,
    Threshold,
    TravelModel,
    best_places,
    coverage,
    summary,
)

MODEL = TravelModel(1.3, {"": 50.0, "1": 25.0, "7": 60.0}, 2.0)
NEAR = Threshold(km=15)
SOON = Threshold(minutes=20)

latitudes, longitudes = st.floats(45, 49), st.floats(-3, 3)
densities, islands = st.sampled_from(["", "1", "7"]), st.sampled_from(["", "", "", "one"])
demands = st.lists(
    st.builds(
        Demand, st.uuids().map(str), st.just("A place"), latitudes, longitudes, st.integers(0, 5000),
        st.integers(0, 500).map(Decimal), densities, islands,
    ),
    min_size=1, max_size=12, unique_by=lambda one: one.code,
)  # fmt: skip
supplies = st.lists(
    st.builds(
        Supply, st.uuids().map(str), st.just("A service"), latitudes, longitudes, st.just(""), densities, islands
    ),
    max_size=8,
)
thresholds = st.sampled_from([NEAR, SOON, Threshold(minutes=60), Threshold(km=80)])


def haversine(one: Demand, other: Supply) -> float:
    """The textbook formula, with nothing shared with the engine."""
    phi, psi = math.radians(one.latitude or 0), math.radians(other.latitude or 0)
    half = math.sin((psi - phi) / 2) ** 2
    half += (
        math.cos(phi) * math.cos(psi) * math.sin(math.radians((other.longitude or 0) - (one.longitude or 0)) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(half))


def minutes(one: Demand, other: Supply) -> float:
    speed = (MODEL.speed(one.density) + MODEL.speed(other.density)) / 2
    return haversine(one, other) * MODEL.detour / speed * 60 + MODEL.start_minutes


def share(rows: tuple[Reached, ...]) -> float:
    return summary(rows).share_within or 0.0


@given(demands, supplies, thresholds)
def test_the_nearest_is_that_of_a_naive_search(
    places: list[Demand], services: list[Supply], threshold: Threshold
) -> None:
    for one in coverage(places, services, threshold, MODEL):
        measure = haversine if threshold.km is not None else minutes
        by_road = [measure(one.demand, other) for other in services if other.island == one.demand.island]
        if not by_road:
            assert (one.nearest, one.km, one.minutes, one.within) == ("", None, None, False)
            continue
        found = one.km if threshold.km is not None else one.minutes
        assert found == pytest.approx(min(by_road), abs=1e-3)
        assert one.within == (found <= (threshold.km or threshold.minutes or 0))


@given(demands, supplies, supplies, thresholds)
def test_a_service_more_never_worsens_coverage(
    places: list[Demand], services: list[Supply], more: list[Supply], threshold: Threshold
) -> None:
    before = coverage(places, services, threshold, MODEL)
    after = coverage(places, services + more, threshold, MODEL)
    assert all(new.within or not old.within for old, new in zip(before, after, strict=True))
    assert summary(after).beyond <= summary(before).beyond


@given(demands, supplies, supplies, thresholds)
def test_a_remote_service_never_changes_it(
    places: list[Demand], services: list[Supply], more: list[Supply], threshold: Threshold
) -> None:
    remote = [replace(one, remote=True, commune=places[0].code) for one in more]
    assert coverage(places, services + remote, threshold, MODEL) == coverage(places, services, threshold, MODEL)


@given(demands, supplies, thresholds, st.randoms(use_true_random=False))
def test_the_order_changes_no_sum(
    places: list[Demand], services: list[Supply], threshold: Threshold, random: Random
) -> None:
    turned, served = list(places), list(services)
    random.shuffle(turned)
    random.shuffle(served)
    one, other = (coverage(given_, to, threshold, MODEL) for given_, to in ((places, services), (turned, served)))
    assert summary(one) == summary(other)


@settings(max_examples=40, deadline=None)
@given(demands, supplies, st.integers(1, 3))
def test_new_places_bring_at_least_what_is_guaranteed(places: list[Demand], services: list[Supply], count: int) -> None:
    threshold = Threshold(km=80)
    before = coverage(places, services, threshold, MODEL)
    chosen = best_places(before, count, threshold, MODEL)
    best = max(_gained(places, services, before, some) for some in combinations(places, min(count, len(places))))
    greedy = sum(one.gained for one in chosen)
    assert (1 - 1 / math.e) * best - 1e-9 <= greedy <= best
    one_at_a_time = [one.gained for one in chosen]
    assert one_at_a_time == sorted(one_at_a_time, reverse=True)


def _gained(places: list[Demand], services: list[Supply], before: tuple[Reached, ...], some: tuple[Demand, ...]) -> int:
    """What services at these places bring, by counting again."""
    more = [
        Supply(f"new {one.code}", "", one.latitude, one.longitude, one.code, one.density, one.island) for one in some
    ]
    after = coverage(places, services + more, Threshold(km=80), MODEL)
    return summary(before).beyond - summary(after).beyond


A_PLACE = Demand("P", "A place", 47.0, 0.0, 1000, Decimal(120))
FAR = Supply("S", "A service", 48.9, 2.3)


def test_a_service_in_the_commune_is_reached_whatever_the_threshold() -> None:
    (one,) = coverage([A_PLACE], [replace(FAR, commune="P")], Threshold(km=0.1), MODEL)
    assert one.within is True
    assert one.km is not None
    assert one.km > 200


def test_a_service_whose_point_is_unknown_still_covers_its_commune() -> None:
    (one,) = coverage([A_PLACE], [replace(FAR, latitude=None, longitude=None, commune="P")], NEAR, MODEL)
    assert (one.within, one.nearest) == (True, "")


def test_without_a_point_nothing_is_known_and_nothing_is_zero() -> None:
    rows = coverage([A_PLACE, replace(A_PLACE, code="Q", latitude=None, longitude=None)], [FAR], NEAR, MODEL)
    assert [one.within for one in rows] == [False, None]
    found = summary(rows)
    assert (found.persons, found.beyond, found.unplaced, found.share_within) == (2000, 1000, 1000, 0.0)


def test_poor_persons_that_are_not_known_are_counted_apart() -> None:
    rows = coverage([A_PLACE, replace(A_PLACE, code="Q", poor=None)], [FAR], NEAR, MODEL)
    found = summary(rows)
    assert (found.poor, found.poor_beyond, found.poor_uncounted) == (Decimal(120), Decimal(120), 1)
    assert (summary(rows[1:]).poor, summary(rows[1:]).poor_beyond) == (None, None)
    near = coverage([A_PLACE], [replace(FAR, commune="P")], NEAR, MODEL)
    assert (summary(near).poor, summary(near).poor_beyond) == (Decimal(120), Decimal(0))


def test_water_is_not_a_road() -> None:
    island = replace(A_PLACE, island="one")
    beside = replace(FAR, latitude=47.0, longitude=0.01)
    assert [one.within for one in coverage([island], [beside], NEAR, MODEL)] == [False]
    assert [one.within for one in coverage([island], [replace(beside, island="one")], NEAR, MODEL)] == [True]


def test_nobody_is_no_share() -> None:
    assert summary(()).share_within is None
    assert best_places((), 3, NEAR, MODEL) == ()


@pytest.mark.parametrize("given_", [{}, {"km": 0.0}, {"km": 5.0, "minutes": 5.0}, {"minutes": -1.0}])
def test_a_threshold_is_one_number_above_zero(given_: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="threshold"):
        Threshold(**given_)


@pytest.mark.parametrize("speeds", [{}, {"1": 20.0}, {"": 0.0}])
def test_a_model_moves(speeds: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"speed|still"):
        TravelModel(1.3, speeds)
