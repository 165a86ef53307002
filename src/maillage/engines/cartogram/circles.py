"""Proportional circles: the area of a circle is proportional to the value, so its radius to the square root.

    r = R · √(v / v_max)        R: the radius of the largest value

R is chosen so that all circles together cover a fifth of the drawing, within bounds: enough to compare, not so much
that they hide the map. Source: J. Bertin, Sémiologie graphique, 1967 (surface as the variable of quantities).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

_COVERED = 0.2
_LARGEST = 1 / 12  # of the width of the drawing
_SMALLEST = 1 / 120  # for the largest value, even where there are thousands
_STEPS = (5, 2, 1)  # values of the legend: 1, 2 or 5 times a power of ten
DOT = 1.2  # units: a value of zero is known; it is shown as a dot


@dataclass(frozen=True, slots=True)
class Circles:
    """`radii` by code, in units of the drawing, for known values; `scale` is the legend: (value, radius)."""

    radii: Mapping[str, float]
    scale: tuple[tuple[Decimal, float], ...]


def circles(values: Mapping[str, Decimal | None], *, width: float, height: float) -> Circles:
    """Circles of the known values. A negative value is drawn by its size: its sign is told in words."""
    known = {code: abs(value) for code, value in values.items() if value is not None}
    largest = max(known.values(), default=Decimal(0))
    if not largest:
        return Circles(dict.fromkeys(known, DOT), ())
    shares = {code: float(value / largest) for code, value in known.items()}
    radius = math.sqrt(_COVERED * width * height / (math.pi * sum(shares.values())))
    radius = min(max(radius, width * _SMALLEST), width * _LARGEST)
    radii = {code: max(DOT, radius * math.sqrt(share)) for code, share in shares.items()}
    scale = tuple((value, radius * math.sqrt(float(value / largest))) for value in _round_values(largest))
    return Circles(radii, scale)


def _round_values(largest: Decimal) -> tuple[Decimal, ...]:
    """Three round values to read the circles by: the largest that is reached, about a third of it, about a tenth."""
    found = [_round_down(largest)]
    for part in (3, 10):
        value = _round_down(largest / part)
        if value < found[-1]:
            found.append(value)
    return tuple(found)


def _round_down(value: Decimal) -> Decimal:
    """The largest of 1, 2 or 5 times a power of ten that does not exceed a positive value."""
    power = Decimal(1).scaleb(value.adjusted())
    return next(step * power for step in _STEPS if step * power <= value)
