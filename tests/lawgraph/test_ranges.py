"""Proven bounds hold: for random graphs, and at the ends of each type."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lawgraph import ops, ranges
from lawgraph.signature import DATES
from tests.lawgraph.twins import Twins

DAYS = st.integers(int(DATES[0]), int(DATES[1]))
FLOATS = st.one_of(st.floats(-1e30, 1e30), st.floats(-50, 50))


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 90))
def test_the_values_of_a_random_graph_are_within_its_bounds(seed: int, steps: int) -> None:
    Twins.draw(seed, steps).check_bounds()


def _range(dtype: str, one: float, other: float) -> tuple[np.ndarray, ranges.Range]:
    """Two values of a type and the range between them."""
    with np.errstate(all="ignore"):
        ends = np.sort(np.array([one, other]).astype(dtype))
    return ends, (float(ends[0]), float(ends[1]))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["add", "subtract", "multiply", "divide", "remainder", "minimum", "maximum"]),
       st.sampled_from(["f4", "f8"]), FLOATS, FLOATS, FLOATS, FLOATS)  # fmt: skip
def test_the_ends_of_an_operation_are_within_its_bounds(
    op: str, dtype: str, a: float, b: float, c: float, d: float
) -> None:
    left, left_range = _range(dtype, a, b)
    right, right_range = _range(dtype, c, d)
    found = ranges.of_operation(op, [left_range, right_range], dtype)
    with np.errstate(all="ignore"):
        values = ops.UFUNCS[op](left[:, None], right[None, :])
    if found is not None:
        assert np.isfinite(values).all()
        assert found[0] <= float(values.min())
        assert float(values.max()) <= found[1]


@pytest.mark.parametrize("dtype", ["f4", "f8", "i4", "i8"])
@pytest.mark.parametrize("op", ["negative", "absolute", "fabs", "sign", "floor", "ceil", "rint", "trunc"])
def test_the_ends_of_an_operation_on_one_column_are_within_its_bounds(op: str, dtype: str) -> None:
    for low, high in ((-7.5, 2.25), (0.5, 2.5), (-9, -1.5), (0, 0)):
        ends, found = _range(dtype, low, high)
        if dtype[0] == "i" and op not in {"negative", "absolute", "sign"}:
            continue
        bounds = ranges.of_operation(op, [found], dtype)
        assert bounds is not None
        values = ops.UFUNCS[op](np.unique(np.append(ends, np.clip(0, *ends)).astype(dtype)))
        assert bounds[0] <= float(values.min())
        assert float(values.max()) <= bounds[1]


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["f4", "f8"]), FLOATS, FLOATS, st.integers(-3, 5))
def test_a_rounding_is_within_its_bounds(dtype: str, one: float, other: float, decimals: int) -> None:
    ends, found = _range(dtype, one, other)
    with np.errstate(all="ignore"):
        values = np.round(np.append(ends, ends.mean(dtype=dtype)), decimals)
    rounded = ranges.of_round(found, decimals, dtype)
    if rounded is not None:
        assert rounded[0] <= float(values.min())
        assert float(values.max()) <= rounded[1]
    else:
        assert not np.isfinite(values).all()


@settings(max_examples=60, deadline=None)
@given(FLOATS, st.sampled_from(["f4", "f8", "i4", "i8", "i2", "i1", "u1", "b1"]))
def test_a_cast_is_within_its_bounds(value: float, dtype: str) -> None:
    found = ranges.of_cast((value, value), dtype)
    if found is None:
        return
    cast = float(np.array([value]).astype(dtype)[0])
    assert found[0] <= cast <= found[1]


def test_a_sum_of_a_hundred_roundings_is_within_its_bounds() -> None:
    low, high = 0.1, 0.1 + 1e-9
    found = ranges.of_group("group_sum", (low, high), 0.0, "f8")
    assert found is not None
    total = np.float64(0)
    for _ in range(ranges.LARGEST_GROUP):
        total = total + np.float64(high)
    assert found[0] <= 0
    assert total <= found[1]


@pytest.mark.parametrize(("op", "operands", "dtype"), [
    ("subtract", [(0.0, 9.0), (0.0, 9.0)], "u1"),
    ("negative", [(0.0, 9.0)], "u1"),
    ("multiply", [(0.0, 1e5), (0.0, 1e5)], "i4"),
    ("add", [(0.0, 9e15), (0.0, 9e15)], "i8"),
    ("multiply", [(0.0, 1e30), (0.0, 1e30)], "f4"),
    ("divide", [(1.0, 2.0), (-1.0, 1.0)], "f8"),
    ("add", [None, (0.0, 1.0)], "f8"),
    ("power", [(1.0, 2.0), (1.0, 2.0)], "f8"),
])  # fmt: skip
def test_what_is_not_proven_has_no_bounds(op: str, operands: list[Any], dtype: str) -> None:
    assert ranges.of_operation(op, operands, dtype) is None


@pytest.mark.parametrize("default", [np.nan, np.inf, -np.inf])
def test_a_default_that_is_no_number_leaves_no_bounds(default: float) -> None:
    assert ranges.of_group("from_role", (0.0, 1.0), default, "f4") is None
    assert ranges.of_group("nth_person", (0.0, 1.0), default, "f4") is None


def test_a_table_is_bounded_as_it_is_read() -> None:
    found = ranges.of_table((0.1, 0.2), "f4")
    assert found == (float(np.float32(0.1)), float(np.float32(0.2)))
    assert ranges.of_table((0.1, np.inf), "f8") is None
    assert ranges.of_table(("a", "b"), "U1") is None


@pytest.mark.parametrize("value", [np.float64(np.nan), np.float32(np.inf), np.datetime64("NaT"), np.int64(2**53 + 1),
                                   np.str_("7")])  # fmt: skip
def test_a_constant_without_bounds(value: Any) -> None:
    assert ranges.of_constant(value) is None


@settings(max_examples=60, deadline=None)
@given(DAYS, DAYS, st.sampled_from(["M8[M]", "M8[Y]"]))
def test_a_change_of_unit_of_dates_is_within_its_bounds(one: int, other: int, unit: str) -> None:
    low, high = sorted((one, other))
    found = ranges.of_dates("cast", [(float(low), float(high))], ["M8[D]"], unit)
    assert found is not None
    days = np.array([low, high, (low + high) // 2]).astype("M8[D]")
    values = days.astype(unit).astype("i8")
    assert found[0] <= values.min()
    assert values.max() <= found[1]
    assert found[1] - found[0] <= (values.max() - values.min()) + 6, "bounds that say something"
