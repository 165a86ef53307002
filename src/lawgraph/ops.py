"""The operations of a graph: what each is called, and how NumPy computes it.

Every operation has one output and explicit types: where NumPy would convert an operand, the graph holds a `cast`. So an
operation means the same thing whoever runs it, and rounding is the one that OpenFisca's own arrays would have met.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

UNARY = (
    "negative", "absolute", "fabs", "floor", "ceil", "rint", "trunc", "sign", "sqrt", "exp", "log", "logical_not",
    "invert", "isnan", "isfinite", "isinf", "square", "positive", "isnat", "log2", "log10", "log1p", "expm1",
)  # fmt: skip
BINARY = (
    "add", "subtract", "multiply", "divide", "floor_divide", "remainder", "power", "minimum", "maximum", "fmin", "fmax",
    "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
    "logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor",
)  # fmt: skip
COMPARISONS = frozenset({"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"})
COMMUTATIVE = frozenset(
    {"add", "multiply", "minimum", "maximum", "equal", "not_equal"}
    | {"logical_and", "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor"}
)
UFUNCS: dict[str, np.ufunc] = {name: getattr(np, name) for name in (*UNARY, *BINARY)}

# Operations that change the entity of what they read: persons to groups, and back.
GROUP = frozenset(
    {"group_sum", "group_any", "group_all", "group_max", "group_min", "nth_person", "from_role", "project", "rank"}
)
# What the composition of the groups gives, without any input column.
STRUCTURE = frozenset({"role_mask", "position", "group_size"})
SOURCES = frozenset({"const", "input"}) | STRUCTURE


def _where(attrs: tuple[Any, ...], condition: Any, yes: Any, no: Any) -> Any:
    return np.where(condition, yes, no)


def _cast(attrs: tuple[Any, ...], value: Any) -> Any:
    return value.astype(attrs[0])


def _round(attrs: tuple[Any, ...], value: Any) -> Any:
    return np.round(value, attrs[0])


def _take(attrs: tuple[Any, ...], index: Any) -> Any:
    return np.array(attrs[0], dtype=attrs[1])[index]


def _isin(attrs: tuple[Any, ...], value: Any) -> Any:
    return np.isin(value, np.array(attrs[0]))


def _search(attrs: tuple[Any, ...], value: Any) -> Any:
    return np.searchsorted(np.array(attrs[0]), value, side=attrs[1])


def _search_date(attrs: tuple[Any, ...], value: Any) -> Any:
    starts = np.array(attrs[0], dtype="M8[D]")
    return (starts[None, :] <= value[:, None]).sum(axis=1)


def _guarded_divide(attrs: tuple[Any, ...], above: Any, below: Any, otherwise: Any, allowed: Any) -> Any:
    result = np.array(np.broadcast_to(otherwise, np.broadcast(above, below, otherwise, allowed).shape))
    return np.divide(above, below, out=result, where=allowed)


def _startswith(attrs: tuple[Any, ...], value: Any) -> Any:
    return np.char.startswith(value, attrs[0])


def _busday_count(attrs: tuple[Any, ...], begin: Any, end: Any) -> Any:
    return np.busday_count(begin, end, weekmask=attrs[0])


#: Elementwise operations that are not a ufunc: their arguments are (attributes, operands…).
SPECIAL: dict[str, Callable[..., Any]] = {
    "where": _where,
    "cast": _cast,
    "round": _round,
    "take": _take,
    "isin": _isin,
    "search": _search,
    "search_date": _search_date,
    "guarded_divide": _guarded_divide,
    "startswith": _startswith,
    "busday_count": _busday_count,
}


def compute(op: str, attrs: tuple[Any, ...], operands: list[Any]) -> Any:
    """Compute one elementwise operation on NumPy operands."""
    ufunc = UFUNCS.get(op)
    if ufunc is not None:
        return ufunc(*operands)
    return SPECIAL[op](attrs, *operands)
