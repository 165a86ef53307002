"""What a program is given: which variables, for which periods, in which columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

#: Bounds of an input that says none: amounts beyond a billion are refused, which is what lets the compiler prove that
#: nothing overflows.
LARGEST_INPUT = 1e9
#: Bounds of a date, in days since 1970: from 1850 to the end of 9999, which stands for "never".
DATES = (-43829.0, 2932896.0)


@dataclass(frozen=True, order=True)
class Input:
    """One variable known for one period ("2026-01", "2025", "eternity").

    `column`: the name of its column in a batch, "variable@period" unless told. Two inputs may share one column: the
    compiler then knows that they are equal, and computes what depends on them once. `low`, `high`: the values accepted.
    """

    variable: str
    period: str
    column: str = ""
    low: float = -LARGEST_INPUT
    high: float = LARGEST_INPUT

    @property
    def name(self) -> str:
        return self.column or f"{self.variable}@{self.period}"


def signature(inputs: Iterable[Input]) -> tuple[Input, ...]:
    """Inputs in order, each variable and period once."""
    found: dict[tuple[str, str], Input] = {}
    for one in inputs:
        key = (one.variable, one.period)
        if found.setdefault(key, one) != one:
            message = f"{one.variable} is given twice for {one.period}"
            raise ValueError(message)
    return tuple(sorted(found.values()))
