"""The two places of `openfisca_core` that take arrays only: scales, and the encoding of enumerations.

While a tracing lasts, they accept columns too, and behave as ever for arrays.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np
from openfisca_core import indexed_enums
from openfisca_core.taxscales import (
    LinearAverageRateTaxScale,
    MarginalAmountTaxScale,
    MarginalRateTaxScale,
    RateTaxScaleLike,
    SingleAmountTaxScale,
)

from lawgraph.graph import dtype_name
from lawgraph.symbolic import EnumSym, Sym, apply, choose, node_of, take

if TYPE_CHECKING:
    from lawgraph.trace import Tracer

_ONE_AT_A_TIME = RLock()
_EPSILON = float(np.finfo(np.float64).eps)


@contextmanager
def applied(tracer: Tracer) -> Iterator[None]:
    """Patch for the time of a tracing: one at a time, since the patches hold for every thread."""
    places: list[tuple[Any, str, Callable[..., Any]]] = [
        (MarginalRateTaxScale, "calc", _marginal_rate),
        (MarginalRateTaxScale, "marginal_rates", _marginal_rates),
        (RateTaxScaleLike, "bracket_indices", _bracket_indices),
        (MarginalAmountTaxScale, "calc", _marginal_amount),
        (SingleAmountTaxScale, "calc", _single_amount),
        (LinearAverageRateTaxScale, "calc", _linear_average),
    ]
    with _ONE_AT_A_TIME:
        before = [(owner, name, owner.__dict__[name]) for owner, name, _ in places]
        encode = indexed_enums.Enum.__dict__["encode"]
        try:
            for owner, name, traced in places:
                setattr(owner, name, _either(owner.__dict__[name], traced))
            type.__setattr__(indexed_enums.Enum, "encode", classmethod(_encode(encode.__func__)))
            yield
        finally:
            for owner, name, original in before:
                setattr(owner, name, original)
            type.__setattr__(indexed_enums.Enum, "encode", encode)


def _either(original: Callable[..., Any], traced: Callable[..., Any]) -> Callable[..., Any]:
    def calc(self: Any, tax_base: Any, *args: Any, **kwargs: Any) -> Any:
        parts = (tax_base, *args, *kwargs.values())
        if not any(isinstance(one, Sym) for one in parts):
            return original(self, tax_base, *args, **kwargs)
        tracer = next(one.tracer for one in parts if isinstance(one, Sym))
        return traced(tracer, self, tax_base, *args, **kwargs)

    return calc


def _encode(original: Callable[..., Any]) -> Callable[..., Any]:
    def encode(cls: Any, array: Any) -> Any:
        if not isinstance(array, Sym):
            return original(cls, array)
        if isinstance(array, EnumSym):
            return array
        return _from_names(cls, array) if array.dtype.kind == "U" else _from_indices(cls, array)

    return encode


def _from_indices(cls: Any, array: Sym) -> EnumSym:
    """Whole numbers; one that is the index of no member is refused when the program runs."""
    tracer: Any = array.tracer
    if array.dtype.kind not in "iu":
        tracer.refuse(f"{cls.__name__} is computed from a column of type {array.dtype}")
    tracer.must_hold((array >= 0) & (array < len(cls.names)), f"a value that is not one of {cls.__name__}")
    return EnumSym(tracer, tracer.graph.cast(array.node, dtype_name(np.int16)), cls, array.mask)


def _from_names(cls: Any, array: Sym) -> EnumSym:
    """Names turned into indices; a name that is none of the enumeration is refused when the program runs."""
    tracer: Any = array.tracer
    names = sorted(str(name) for name in cls.names)
    found = tracer.graph.make("search", (array.node,), (tuple(names), "left"), "i8", array.entity)
    place = apply(tracer, np.minimum, Sym(tracer, found, array.mask), len(names) - 1)
    tracer.must_hold(take(tracer, place, tuple(names)) == array, f"a value that is not one of {cls.__name__}")
    index = take(tracer, place, tuple(cls[name].index for name in names), "i2")
    return EnumSym(tracer, index.node, cls, array.mask)


def _summed(tracer: Tracer, parts: list[Any]) -> Any:
    if not parts:
        return Sym(tracer, tracer.graph.constant(0.0))
    total = parts[0]
    for one in parts[1:]:
        total = total + one
    return total


def _bounds(scale: Any, factor: Any, decimals: int | None) -> list[Any]:
    """The thresholds times the factor, as OpenFisca nudges them, and infinity at the end."""
    nudged = factor + _EPSILON if isinstance(factor, Sym) else np.float64(factor) + _EPSILON
    nudged = nudged.astype("f8") if isinstance(nudged, Sym) else nudged
    found = [nudged * np.float64(one) for one in scale.thresholds]
    if decimals is not None:
        found = [np.round(one, decimals) for one in found]
    return [*found, np.float64(np.inf)]


def _in_bracket(base: Any, low: Any, high: Any) -> Any:
    capped = base if not isinstance(high, Sym) and np.isinf(high) else np.minimum(base, high)
    return np.maximum(capped - low, np.float64(0))


def _marginal_rate(
    tracer: Tracer, scale: Any, tax_base: Any, factor: Any = 1.0, round_base_decimals: int | None = None
) -> Any:
    base = _column(tracer, tax_base).astype("f8")
    bounds = _bounds(scale, factor, round_base_decimals)
    parts = []
    for rate, low, high in zip(scale.rates, bounds[:-1], bounds[1:], strict=True):
        if rate == 0:
            continue
        inside = _in_bracket(base, low, high)
        if round_base_decimals is not None:
            inside = np.round(inside, round_base_decimals)
        part = inside * np.float64(rate)
        parts.append(part if round_base_decimals is None else np.round(part, round_base_decimals))
    return _summed(tracer, parts)


def _bracket_indices(
    tracer: Tracer, scale: Any, tax_base: Any, factor: Any = 1.0, round_decimals: int | None = None
) -> Any:
    base = _column(tracer, tax_base).astype("f8")
    bounds = _bounds(scale, factor, round_decimals)[:-1]
    return _summed(tracer, [(base - low >= 0).astype("i8") for low in bounds]) - 1


def _marginal_rates(
    tracer: Tracer, scale: Any, tax_base: Any, factor: Any = 1.0, round_base_decimals: int | None = None
) -> Any:
    index = _bracket_indices(tracer, scale, tax_base, factor, round_base_decimals)
    # NumPy reads rates[-1], the last one, below the first threshold.
    last = len(scale.rates) - 1
    place = choose(tracer, [index < 0], [np.int64(last), index])
    return take(tracer, place, tuple(float(rate) for rate in scale.rates))


def _marginal_amount(tracer: Tracer, scale: Any, tax_base: Any, right: bool = False) -> Any:
    base = _column(tracer, tax_base).astype("f8")
    parts = [
        (base > np.float64(low)).astype("f8") * np.float64(amount)
        for low, amount in zip(scale.thresholds, scale.amounts, strict=True)
        if amount != 0
    ]
    return _summed(tracer, parts)


def _single_amount(tracer: Tracer, scale: Any, tax_base: Any, right: bool = False) -> Any:
    guarded = np.array([-np.inf, *scale.thresholds, np.inf]).astype("f8")
    column = _column(tracer, tax_base).astype("f8")
    side = "left" if right else "right"
    place = tracer.graph.make("search", (column.node,), (tuple(guarded.tolist()), side), "i8", column.entity)
    bracket = Sym(tracer, place, column.mask)
    amounts = np.array([0, *scale.amounts, 0])
    # numpy.digitize then one back: the amount of the bracket that holds the base.
    return take(tracer, apply(tracer, np.subtract, bracket, 1), tuple(amounts.tolist()), dtype_name(amounts.dtype))


def _linear_average(tracer: Tracer, scale: Any, tax_base: Any, right: bool = False) -> Any:
    if len(scale.rates) == 1:
        return tax_base * scale.rates[0]
    base = _column(tracer, tax_base)
    rates, thresholds = np.array(scale.rates), np.array(scale.thresholds)
    with np.errstate(all="ignore"):
        slopes = (rates[1:] - rates[:-1]) / (thresholds[1:] - thresholds[:-1])
    inside = [
        apply(tracer, np.logical_and, base >= np.float64(low), base < np.float64(high))
        for low, high in itertools.pairwise(thresholds)
    ]
    start, slope, threshold = (
        _summed(tracer, [one.astype("f8") * np.float64(value) for one, value in zip(inside, values, strict=False)])
        for values in (rates[:-1], slopes, thresholds[:-1])
    )
    return base * (start + (base - threshold) * slope)


def _column(tracer: Tracer, value: Any) -> Sym:
    return value if isinstance(value, Sym) else Sym(tracer, node_of(tracer, value))
