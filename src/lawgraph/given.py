"""The columns that a signature gives, by variable and period: what a simulation knows before anything is computed.

Types, ends of variables and the spreading of long periods are those of `openfisca_core.holders`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from openfisca_core import indexed_enums, periods

from lawgraph.errors import TraceError
from lawgraph.graph import dtype_name
from lawgraph.signature import DATES, Input
from lawgraph.symbolic import EnumSym, Sym

if TYPE_CHECKING:
    from lawgraph.trace import Tracer

Known = dict[str, dict[Any, Sym]]


def given_columns(tracer: Tracer, inputs: Sequence[Input]) -> Known:
    """Months first: a year's amount is spread over the months that are not known, as OpenFisca does."""
    known: Known = {}
    kinds: dict[str, tuple[Any, ...]] = {}
    for one in sorted(inputs, key=lambda given: (_size(given.period), given)):
        variable = tracer.system.get_variable(one.variable, check_existence=True)
        period = periods.period(one.period)
        ended = variable.end is not None and period.start.date > variable.end
        if not ended and not variable.is_neutralized:  # OpenFisca leaves such a value aside too
            _give(tracer, variable, period, _column(tracer, variable, one, kinds), known.setdefault(variable.name, {}))
    return known


def _column(tracer: Tracer, variable: Any, one: Input, kinds: dict[str, tuple[Any, ...]]) -> Sym:
    dtype = input_dtype(variable)
    members = variable.possible_values if variable.value_type == indexed_enums.Enum else None
    bounds = _bounds(one, dtype) if members is None else (0.0, float(len(members.names) - 1))
    kind = (dtype, variable.entity.key, bounds, one.low, one.high, members)
    if kinds.setdefault(one.name, kind) != kind:
        tracer.refuse(f"the column {one.name} stands for inputs of different types or bounds")
    node = tracer.graph.source("input", (one.name,), dtype, variable.entity.key, bounds)
    return Sym(tracer, node) if members is None else EnumSym(tracer, node, members)


def _give(tracer: Tracer, variable: Any, period: Any, column: Sym, known: dict[Any, Sym]) -> None:
    unit = variable.definition_period
    if is_eternal(unit):
        known[periods.period(periods.DateUnit.ETERNITY)] = column
    elif period.unit == unit and period.size == 1:
        known[period] = column
    elif variable.set_input is None or weight(period.unit) < weight(unit) or is_eternal(period.unit):
        tracer.refuse(f"{variable.name} is given for {period}, and is defined for one {unit} at a time")
    elif variable.set_input.__name__ == "set_input_dispatch_by_period":
        for part in period.get_subperiods(unit):  # a part that is known holds for those after it: so does OpenFisca
            column = known.setdefault(part, column)
    elif variable.set_input.__name__ == "set_input_divide_by_period":
        _divide(tracer, variable, period, column, known)
    else:
        tracer.refuse(f"the input rule '{variable.set_input.__name__}' of {variable.name} is not known")


def _divide(tracer: Tracer, variable: Any, period: Any, column: Sym, known: dict[Any, Sym]) -> None:
    """What the parts that are known leave, shared between the others."""
    parts = list(period.get_subperiods(variable.definition_period))
    missing = [part for part in parts if part not in known]
    rest: Any = column
    for part in parts:
        rest = rest - known[part] if part in known else rest
    if not missing:
        tracer.must_hold(rest == 0, f"{variable.name} for {period} is not the sum of its parts")
        return
    share = (rest / len(missing)).astype(variable.dtype)
    for part in missing:
        known[part] = share


def weight(unit: Any) -> int:
    """How long a unit of time is, to compare units."""
    return int(periods.unit_weight(unit))


def is_eternal(unit: Any) -> bool:
    return bool(unit == periods.DateUnit.ETERNITY)


def input_dtype(variable: Any) -> str:
    """The type of an input column. Text without a length, which OpenFisca keeps as objects, has up to 64 letters."""
    name = dtype_name(variable.dtype)
    return "U64" if name == "O" else name


def _bounds(one: Input, dtype: str) -> tuple[float, float] | None:
    if dtype[0] in "fi":
        if not (one.low <= one.high and (dtype[0] == "f" or max(abs(one.low), abs(one.high)) < 2**31)):
            message = f"the bounds of {one.name}, {one.low} to {one.high}, are not those of a column of type {dtype}"
            raise TraceError(message)
        low, high = np.array((one.low, one.high), "f8").astype(dtype)  # an accepted value is rounded as they are
        return (float(low), float(high))
    if dtype == "b1":
        return (0.0, 1.0)
    return DATES if dtype == "M8[D]" else None


def _size(period: str) -> int:
    found = periods.period(period)
    return 10**9 if is_eternal(found.unit) else int(found.size_in_days)
