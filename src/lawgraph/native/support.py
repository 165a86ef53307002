"""Which operations are compiled, by types: the others stay with NumPy.

Left to NumPy on purpose: exponentials, logarithms and powers (NumPy has its own, whose last bit is not the C
library's), `fmin`/`fmax` (NumPy itself gives either zero), floating remainders, calendars, unsigned numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lawgraph import ops
from lawgraph.graph import Node

_WHOLE = frozenset({"i1", "i2", "i4", "i8"})
_FLOATS = frozenset({"f4", "f8"})
_NUMBERS = _WHOLE | _FLOATS
_KNOWN = _NUMBERS | {"b1"}
#: Operations whose operands and result are of one type, and the types that each is compiled for.
_OF_ONE_TYPE: dict[str, frozenset[str]] = {
    **dict.fromkeys(("add", "multiply", "minimum", "maximum"), _KNOWN),
    **dict.fromkeys(("subtract", "negative", "absolute", "square", "positive"), _NUMBERS),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor", "invert"), _WHOLE | {"b1"}),
    **dict.fromkeys(("floor_divide", "remainder"), _WHOLE),
    **dict.fromkeys(("divide", "sqrt", "fabs", "floor", "ceil", "trunc", "rint", "sign"), _FLOATS),
}
_MOST_DECIMALS = 8
#: Places that a layout has for members: more than any group's (see `ranges.LARGEST_GROUP`).
MOST_SLOTS = 128


def supported(node: Node, kinds: list[str]) -> bool:
    """Whether an operation without texts is compiled; `kinds`: the types of its operands."""
    if any(kind[0] in "mM" for kind in (node.dtype, *kinds)):
        return _on_dates(node, kinds)
    if any(kind not in _KNOWN for kind in (node.dtype, *kinds)):
        return False
    types = _OF_ONE_TYPE.get(node.op)
    if types is not None:
        return node.dtype in types and all(kind == node.dtype for kind in kinds)
    rule = _RULES.get(node.op)
    return rule is not None and rule(node, kinds)


def _comparison(node: Node, kinds: list[str]) -> bool:
    return node.dtype == "b1" and kinds[0] == kinds[1]


def _logical(node: Node, kinds: list[str]) -> bool:
    return node.dtype == "b1"


def _about_floats(node: Node, kinds: list[str]) -> bool:
    return node.dtype == "b1" and kinds[0] in _FLOATS


def _where(node: Node, kinds: list[str]) -> bool:
    return kinds[0] == "b1" and kinds[1] == kinds[2] == node.dtype


def _guarded_divide(node: Node, kinds: list[str]) -> bool:
    return node.dtype in _FLOATS and kinds[3] == "b1" and all(kind == node.dtype for kind in kinds[:3])


def _round(node: Node, kinds: list[str]) -> bool:
    if kinds[0] != node.dtype:
        return False
    return (
        node.attrs[0] >= 0 if node.dtype in _WHOLE else node.dtype in _FLOATS and abs(node.attrs[0]) <= _MOST_DECIMALS
    )


def _take(node: Node, kinds: list[str]) -> bool:
    return kinds[0] in _WHOLE and node.dtype == node.attrs[1] and len(node.attrs[0]) > 0


def _table(node: Node, kinds: list[str]) -> bool:
    """A table that is searched: sorted numbers, without NaN."""
    values = np.array(node.attrs[0])
    if not len(values) or values.dtype.kind not in "if" or kinds[0] not in _NUMBERS:
        return False
    in_order = node.op == "isin" or bool((values[1:] >= values[:-1]).all())
    return (
        in_order and not np.isnan(values).any() and np.result_type(values.dtype, np.dtype(kinds[0])).str[1:] in _NUMBERS
    )


def _gathered(node: Node, kinds: list[str]) -> bool:
    if node.op in {"group_any", "group_all"}:
        return node.dtype == "b1"
    return node.dtype in _KNOWN


def _passed_on(node: Node, kinds: list[str]) -> bool:
    return kinds[0] == node.dtype


def _nth_person(node: Node, kinds: list[str]) -> bool:
    """A position that a layout has a place for."""
    return kinds[0] == node.dtype and 0 <= node.attrs[1] < MOST_SLOTS


def _always(node: Node, kinds: list[str]) -> bool:
    return True


_RULES: dict[str, Any] = {
    **dict.fromkeys(ops.COMPARISONS, _comparison),
    **dict.fromkeys(("logical_and", "logical_or", "logical_xor", "logical_not"), _logical),
    **dict.fromkeys(("isnan", "isfinite", "isinf"), _about_floats),
    **dict.fromkeys(("group_sum", "group_any", "group_all", "group_max", "group_min"), _gathered),
    **dict.fromkeys(("project", "from_role"), _passed_on),
    "nth_person": _nth_person,
    **dict.fromkeys(("cast", "input", "role_mask", "position", "group_size"), _always),
    "where": _where,
    "guarded_divide": _guarded_divide,
    "round": _round,
    "take": _take,
    "search": _table,
    "isin": _table,
    "rank": lambda node, kinds: node.dtype in _WHOLE and kinds[1] == "b1",
}


def _on_dates(node: Node, kinds: list[str]) -> bool:
    if node.op in {"input", "project", "from_role"}:
        return all(kind == node.dtype for kind in kinds)
    if node.op == "nth_person":
        return _nth_person(node, kinds)
    if node.op == "cast":
        return _cast_of_dates(kinds[0], node.dtype)
    if node.op == "where":
        return kinds[1] == kinds[2] == node.dtype
    if node.op == "isnat":
        return True
    if node.op in ops.COMPARISONS or node.op in {"minimum", "maximum"}:
        return kinds[0] == kinds[1] and node.dtype in {"b1", kinds[0]}
    return node.op in {"add", "subtract"} and len({kind[1:] for kind in (*kinds, node.dtype)}) == 1


def _cast_of_dates(before: str, after: str) -> bool:
    """Durations of days in months or years, and counts as numbers."""
    if before[0] in "mM":
        return after in _KNOWN or before == after or (before == "m8[D]" and after in {"m8[M]", "m8[Y]"})
    return before in _WHOLE
