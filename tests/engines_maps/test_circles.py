"""Proportional circles: areas say the values, and the legend says the circles."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.engines.cartogram.circles import DOT, circles

amounts = st.decimals(0, 10**9, places=2)


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.one_of(st.none(), amounts), min_size=1, max_size=30))
def test_area_is_proportional_to_the_value(values: dict[str, Decimal | None]) -> None:
    found = circles(values, width=720, height=600)
    known = {code: value for code, value in values.items() if value is not None}
    assert set(found.radii) == set(known), "no circle for what is not known"
    if not any(known.values()):
        assert found.scale == ()
        return
    top = max(known, key=lambda code: known[code])
    for code, value in known.items():
        if found.radii[code] > DOT:
            assert found.radii[code] ** 2 / found.radii[top] ** 2 == pytest.approx(float(value / known[top]), rel=1e-6)


@given(st.decimals("0.01", 10**9, places=2))
def test_the_legend_has_round_values_that_are_reached(largest: Decimal) -> None:
    found = circles({"A": largest}, width=720, height=600)
    assert 2 <= len(found.scale) <= 3
    for value, radius in found.scale:
        assert value <= largest
        assert value.normalize().as_tuple().digits in ((1,), (2,), (5,))
        assert radius == pytest.approx(found.radii["A"] * math.sqrt(float(value / largest)))
    assert [value for value, _ in found.scale] == sorted((value for value, _ in found.scale), reverse=True)


def test_zero_is_a_dot_and_unknown_is_nothing() -> None:
    found = circles({"ZERO": Decimal(0), "N": None, "A": Decimal(9)}, width=720, height=600)
    assert found.radii["ZERO"] == DOT
    assert "N" not in found.radii
    assert circles({"ZERO": Decimal(0)}, width=720, height=600).radii == {"ZERO": DOT}


def test_many_circles_do_not_hide_the_map() -> None:
    few = circles({f"A{n}": Decimal(10) for n in range(5)}, width=720, height=600)
    many = circles({f"A{n}": Decimal(10) for n in range(500)}, width=720, height=600)
    assert many.radii["A1"] < few.radii["A1"] == pytest.approx(60)
    covered = sum(math.pi * radius**2 for radius in many.radii.values())
    assert covered <= 0.25 * 720 * 600
