"""Bounds of the values of a node, so that a simplification can be proven instead of hoped for.

A range (low, high) says that every value is a finite number within it; None says that nothing is known (a value could
be NaN or infinite). Bounds are widened by one unit in the last place at each step: they hold for the rounded result
too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Bounds = tuple[float, float]
Range = Bounds | None

#: A group has at most so many members: structures beyond it are refused when a program runs.
LARGEST_GROUP = 100
# Each addition of a sum rounds: a hundred of them stay within this factor.
_ROUNDED_SUM = 1 + 1e-12
# Beyond this a float32 is not a finite number any more, and a bound of int64 is not exact in a float64.
_LARGEST = {"f4": float(np.finfo(np.float32).max), "f8": float(np.finfo(np.float64).max), "i4": 2.0**31 - 1}
_LARGEST |= {"i8": 2.0**53 - 1, "i2": 2.0**15 - 1, "u1": 255.0, "b1": 1.0, "i1": 127.0}

#: Days in each unit of dates and durations, for bounds that follow a change of unit.
_DAYS = {"D": 1.0, "M": 30.436875, "Y": 365.2425}


def of_dates(op: str, operands: list[Range], args: list[str], dtype: str) -> Range:
    """Bounds of dates and durations, counted in their own unit. A change of unit may be off by one or two units."""
    known = [one for one in operands if one is not None]
    if len(known) < len(operands) or op not in {"add", "subtract", "cast"}:
        return None
    if op == "cast":
        return _change_of_unit(known[0], args[0], dtype)
    units = {_unit(one) for one in (*args, dtype)}
    if len(units) != 1:
        return None
    return _RULES[op](*known)


def _unit(dtype: str) -> str:
    return dtype.partition("[")[2].rstrip("]")


def _change_of_unit(operand: Bounds, before: str, after: str) -> Range:
    if after[0] in "fi":
        return _fitting(_widened(operand, after), after)
    one, other = _DAYS.get(_unit(before)), _DAYS.get(_unit(after))
    if one is None or other is None or other < one:
        return None
    return (operand[0] * one / other - 2, operand[1] * one / other + 2)


def of_constant(value: np.generic) -> Range:
    if value.dtype.kind in "mM":
        number = float(value.astype("i8"))
        return None if np.isnat(value) else (number, number)
    if value.dtype.kind not in "bif" and value.dtype.kind != "u":
        return None
    number = float(value)
    return _fitting((number, number), "f8" if value.dtype.kind == "f" else "i8")


def of_cast(operand: Range, dtype: str) -> Range:
    if operand is None:
        return None
    low, high = operand
    if dtype == "b1":
        return (0.0, 1.0)
    if dtype[0] in "iu":
        return _fitting((float(np.trunc(low)), float(np.trunc(high))), dtype)
    return _fitting(_widened(operand, dtype), dtype)


def of_operation(op: str, operands: list[Range], dtype: str) -> Range:
    """Bounds of an elementwise operation, None when they cannot be proven."""
    if dtype == "b1":
        return (0.0, 1.0)
    known = [one for one in operands if one is not None]
    rule = _RULES.get(op)
    if dtype not in _LARGEST or len(known) < len(operands) or rule is None:
        return None
    found = rule(*known)
    if found is None:
        return None
    return _fitting(_widened(found, dtype), dtype)


def of_round(operand: Range, decimals: int, dtype: str) -> Range:
    """Bounds of a rounding, which never turns two numbers round: those of the rounded bounds."""
    if operand is None:
        return None
    with np.errstate(all="ignore"):
        low, high = np.round(np.array(operand, dtype), decimals)
    return _fitting((float(low), float(high)), dtype)


def of_table(values: tuple[Any, ...], dtype: str) -> Range:
    """Bounds of the values of a table, in the type in which it is read."""
    numbers = np.array(values, dtype=dtype)
    if numbers.dtype.kind not in "fiub" or not np.isfinite(numbers).all() or not numbers.size:
        return None
    return _fitting((float(numbers.min()), float(numbers.max())), dtype)


def of_group(op: str, operand: Range, default: float, dtype: str) -> Range:
    if operand is None:
        return None
    low, high = operand
    if op == "group_sum":
        most = LARGEST_GROUP * _ROUNDED_SUM
        return _fitting(_widened((min(0.0, low * most), max(0.0, high * most)), dtype), dtype)
    if op in {"nth_person", "from_role"} and np.isfinite(default):
        return (min(low, default), max(high, default))
    return operand if op in {"group_max", "group_min", "project"} else None


def hull(one: Range, other: Range) -> Range:
    return None if one is None or other is None else (min(one[0], other[0]), max(one[1], other[1]))


def _widened(found: tuple[float, float], dtype: str) -> tuple[float, float]:
    if dtype[0] in "iub":
        return found
    kind = np.float32 if dtype == "f4" else np.float64
    with np.errstate(over="ignore"):
        low, high = kind(found[0]), kind(found[1])
        low = low if float(low) == found[0] == 0 else np.nextafter(low, kind(-np.inf))
        high = high if float(high) == found[1] == 0 else np.nextafter(high, kind(np.inf))
    return float(low), float(high)


def _fitting(found: tuple[float, float], dtype: str) -> Range:
    largest = _LARGEST.get(dtype, -1.0)
    smallest = 0.0 if dtype[0] in "ub" else -largest
    return found if smallest <= found[0] <= found[1] <= largest else None


def _corners(of: Callable[[float, float], float], a: Bounds, b: Bounds) -> Range:
    with np.errstate(all="ignore"):
        values = [of(x, y) for x in a for y in b]
    return (min(values), max(values)) if all(np.isfinite(values)) else None


def _divide(a: Bounds, b: Bounds) -> Range:
    if b[0] <= 0 <= b[1]:
        return None
    return _corners(lambda x, y: x / y, a, b)


def _absolute(a: Bounds) -> Range:
    low, high = a
    return (0.0 if low <= 0 <= high else min(abs(low), abs(high)), max(abs(low), abs(high)))


def _remainder(a: Bounds, b: Bounds) -> Range:
    return (0.0, b[1]) if b[0] > 0 else None


def _monotone(of: Callable[[float], float]) -> Callable[[Bounds], Range]:
    def rule(a: Bounds) -> Range:
        return (float(of(a[0])), float(of(a[1])))

    return rule


_RULES: dict[str, Callable[..., Range]] = {
    "add": lambda a, b: (a[0] + b[0], a[1] + b[1]),
    "subtract": lambda a, b: (a[0] - b[1], a[1] - b[0]),
    "multiply": lambda a, b: _corners(lambda x, y: x * y, a, b),
    "divide": _divide,
    "remainder": _remainder,
    "minimum": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "maximum": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "negative": lambda a: (-a[1], -a[0]),
    "absolute": _absolute,
    "fabs": _absolute,
    "floor": _monotone(np.floor),
    "ceil": _monotone(np.ceil),
    "rint": _monotone(np.rint),
    "trunc": _monotone(np.trunc),
    "sign": _monotone(np.sign),
    "where": lambda c, a, b: hull(a, b),
}
