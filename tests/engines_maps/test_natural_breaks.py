"""Natural breaks against every way of parting a few numbers; breaks chosen by the reader are kept."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.classes import Method, cut, cut_at
from maillage.engines.natural_breaks import groups

numbers = st.one_of(st.integers(-5, 5).map(float), st.floats(-1e6, 1e6, allow_nan=False))


def spread(values: list[float]) -> float:
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values)


def cost(values: list[float], starts: tuple[int, ...]) -> float:
    return sum(spread(values[a:b]) for a, b in pairwise([0, *starts, len(values)]))


@given(st.lists(numbers, min_size=1, max_size=10), st.integers(1, 5))
def test_no_other_parting_is_better(some: list[float], count: int) -> None:
    values = sorted(some)
    found = groups(values, count)
    wanted = min(count, len(set(values)))
    assert len(found) == wanted - 1
    least = min(cost(values, starts) for starts in combinations(range(1, len(values)), wanted - 1))
    scale = 1 + spread(values)
    assert cost(values, found) == pytest.approx(least, abs=1e-9 * scale)
    assert all(values[at - 1] < values[at] for at in found), "equal values are never parted"


def test_three_heaps_are_found() -> None:
    values = [Decimal(n) for n in (1, 2, 3, 40, 41, 42, 90, 91)]
    classes = cut(values, count=3, method=Method.NATURAL, decimals=0)
    assert classes.counts == (3, 3, 2)
    assert 3 < classes.breaks[0] <= 40
    assert classes.method.label_fr == "seuils naturels (Jenks)"


def test_a_country_of_values_is_parted() -> None:
    values = [float((n * 7919) % 35_001) for n in range(35_000)]
    assert len(groups(sorted(values), 7)) == 6


def test_nothing_to_part() -> None:
    assert groups([], 3) == ()
    assert groups([4.0, 4.0], 3) == ()
    with pytest.raises(ValueError, match="one group"):
        groups([1.0], 0)


def test_chosen_breaks_are_kept_even_where_a_class_is_empty() -> None:
    classes = cut_at([Decimal("4.5"), Decimal(12), None], [Decimal(20), Decimal("7.25"), Decimal(5)], decimals=1)
    assert classes.breaks == (Decimal(5), Decimal("7.25"), Decimal(20))
    assert classes.counts == (1, 0, 1, 0)
    assert classes.unknown == 1
    assert classes.labels("%")[1] == "de 5,00 à moins de 7,25\u00a0%"
    assert classes.index_of(Decimal(5)) == 1, "a value equal to a break goes in the class above it"


def test_chosen_breaks_without_any_value_or_twice_the_same() -> None:
    assert cut_at([None], [Decimal(3)]).size == 0
    with pytest.raises(ValueError, match="equal"):
        cut_at([Decimal(1)], [Decimal(3), Decimal("3.0")])
    with pytest.raises(ValueError, match="cut_at"):
        cut([Decimal(1)], method=Method.MANUAL)


@given(st.lists(st.decimals(-100, 100, places=2), min_size=1), st.lists(st.decimals(-100, 100, places=1), unique=True))
def test_every_value_lies_between_the_breaks_chosen(some: list[Decimal], limits: list[Decimal]) -> None:
    classes = cut_at(some, limits)
    assert sum(classes.counts) == len(some)
    for value in some:
        rank = classes.index_of(value)
        assert rank is not None
        assert rank == 0 or value >= classes.breaks[rank - 1]
        assert rank == len(classes.breaks) or value < classes.breaks[rank]
