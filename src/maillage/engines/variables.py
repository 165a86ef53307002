"""Territories described by several variables: what the needs index and the typology both start from.

A territory with an unknown value is named and left out: no value is ever put in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy
from numpy.typing import NDArray

from maillage.kernel.errors import MaillageError
from maillage.kernel.numbers import NBSP, french_list

Matrix = NDArray[numpy.float64]

# Two territories described alike must get the very same score, whatever the order in which a machine adds.
STEADY_DECIMALS = 9
_FLAT = 1e-12  # a spread this small beside the values themselves is rounding, not difference


class VariablesRefused(MaillageError):
    """What was asked cannot be computed: the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Measure:
    """The value of a variable for a territory. `low` and `high` bound it when it is rounded or estimated.

    `value` None is unknown, and `reason` (French) says why. `status` is the publisher's code, which the engines leave
    aside. Units are those of the variable.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str = ""
    status: str = ""

    @property
    def bounds(self) -> tuple[float, float]:
        """The interval of a known value; a value without bounds is its own."""
        if self.value is None:
            raise ValueError("an unknown value has no bounds")
        low = self.value if self.low is None else min(self.low, self.value)
        high = self.value if self.high is None else max(self.high, self.value)
        return low, high


@dataclass(frozen=True, slots=True)
class Described:
    """A territory and its measures by code of variable. A variable that is absent is unknown."""

    code: str
    label: str
    measures: Mapping[str, Measure]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A territory that cannot be placed among the others, and why, in French."""

    code: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class DescribedTable:
    """Territories × variables, complete: `values`, `lows` and `highs` have shape (territories, variables).

    Territories are in the order of their codes, so that no result depends on the order in which they are given.
    """

    territories: tuple[Described, ...]
    left_out: tuple[LeftOut, ...]
    values: Matrix
    lows: Matrix
    highs: Matrix


@dataclass(frozen=True, slots=True)
class Standard:
    """Columns centred and reduced (population standard deviation). A constant column is all zeros.

    `means` and `deviations` are in the units of the variables; `constant` says which columns do not vary.
    """

    z: Matrix
    means: Matrix
    deviations: Matrix
    constant: tuple[bool, ...]


def tabulate(codes: Sequence[str], labels: Mapping[str, str], territories: Sequence[Described]) -> DescribedTable:
    """The territories for which every variable of `codes` is known; the others named with what they lack."""
    complete: list[Described] = []
    left_out: list[LeftOut] = []
    for one in sorted(territories, key=lambda one: one.code):
        missing = [code for code in codes if _of(one, code).value is None]
        if missing:
            left_out.append(LeftOut(one.code, one.label, _why(one, missing, labels)))
        else:
            complete.append(one)
    shape = (len(complete), len(codes))
    triples = [[_triple(_of(one, code)) for code in codes] for one in complete]
    cube = numpy.array(triples, dtype=float).reshape((*shape, 3))
    return DescribedTable(tuple(complete), tuple(left_out), cube[:, :, 1], cube[:, :, 0], cube[:, :, 2])


def standardise(values: Matrix) -> Standard:
    """Each column centred on its mean and divided by its standard deviation; a column without spread gives zeros."""
    means = values.mean(axis=0)
    deviations = values.std(axis=0)
    constant = deviations <= _FLAT * numpy.maximum(1.0, numpy.abs(means))
    z = (values - means) / numpy.where(constant, 1.0, deviations)
    z[:, constant] = 0.0
    return Standard(z, means, numpy.where(constant, 0.0, deviations), tuple(bool(one) for one in constant))


def _of(one: Described, code: str) -> Measure:
    return one.measures.get(code) or Measure(None, reason="aucune valeur chargée")


def _triple(measure: Measure) -> tuple[float, float, float]:
    low, high = measure.bounds
    return low, float(measure.value or 0.0), high


def _why(one: Described, missing: Sequence[str], labels: Mapping[str, str]) -> str:
    told = [f"{labels.get(code, code)}{NBSP}: {_of(one, code).reason or 'valeur inconnue'}" for code in missing]
    return french_list(told)
