"""Bounds of whole numbers that hold whatever is in memory: an index within them needs no check.

Nothing is assumed of the inputs (rows beyond the last of a block hold anything): only clamps, tables and constants
bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lawgraph.graph import Node

Bounds = tuple[int, int] | None
_OF_TYPES: dict[str, tuple[int, int]] = {
    f"i{size}": (-(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1) for size in (1, 2, 4, 8)
}
_OF_TYPES["b1"] = (0, 1)


def bounds(node: Node, known: Sequence[Bounds], value: Any) -> Bounds:
    """The bounds of a whole number; `known`: those of the nodes before. None for other types."""
    limits = _OF_TYPES.get(node.dtype)
    if limits is None:
        return None
    if node.op == "const":
        return int(value), int(value)
    found = _found(node, [known[arg] for arg in node.args])
    return found if found is not None and limits[0] <= found[0] and found[1] <= limits[1] else limits


def _found(node: Node, args: list[Bounds]) -> Bounds:
    if node.op == "search":
        return 0, len(node.attrs[0])
    if node.op == "take":
        return int(min(node.attrs[0])), int(max(node.attrs[0]))
    if any(one is None for one in args):
        return None
    operands = [one for one in args if one is not None]
    if node.op == "minimum":
        return min(low for low, _ in operands), min(high for _, high in operands)
    if node.op == "maximum":
        return max(low for low, _ in operands), max(high for _, high in operands)
    if node.op in {"cast", "fill", "positive"}:
        return operands[0]
    if node.op == "where":
        return min(operands[1][0], operands[2][0]), max(operands[1][1], operands[2][1])
    return _of_arithmetic(node.op, operands)


def _of_arithmetic(op: str, operands: list[tuple[int, int]]) -> Bounds:
    if op not in {"add", "subtract"}:
        return None
    (low, high), (least, most) = operands
    return (low + least, high + most) if op == "add" else (low - most, high - least)
