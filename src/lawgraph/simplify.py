"""Identities that hold exactly, applied as the graph is made.

"Exactly" means: the same number in the type used, for every input within the bounds that a program accepts. Where an
identity needs a finite operand (x × 0 = 0 is false for an infinite x), it is applied only when the bounds of the node
prove it. The sign of a zero is not kept: -0 and 0 are the same number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lawgraph import ops, ranges
from lawgraph.graph import Graph

Rule = Callable[[Graph, tuple[int, ...], tuple[Any, ...], str, str | None], int | None]


def simplify(
    graph: Graph, op: str, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None
) -> int | None:
    """A node that has the same values, or None when the operation has to be made."""
    rule = _RULES.get(op)
    if rule is not None:
        found = rule(graph, args, attrs, dtype, entity)
        if found is not None:
            return found
    if op in ops.COMPARISONS:
        decided = _decided(graph, op, args)
        if decided is not None:
            return graph.constant(decided)
    return _sunk(graph, op, args, attrs, dtype)


def _number(graph: Graph, node: int) -> float | None:
    if not graph.is_constant(node):
        return None
    value = graph.value(node)
    return float(value) if value.dtype.kind in "fiub" else None


def _add(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    left, right = args
    if _number(graph, left) == 0:
        return right
    return left if _number(graph, right) == 0 else None


def _subtract(
    graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None
) -> int | None:
    left, right = args
    if _number(graph, right) == 0 and dtype[0] in "fi":
        return left
    if left == right and graph.ranges[left] is not None and dtype[0] in "fi":
        return graph.constant(0, dtype)
    return None


def _multiply(
    graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None
) -> int | None:
    for one, other in (args, args[::-1]):
        number = _number(graph, one)
        if number == 1:
            return other
        if number == 0 and graph.ranges[other] is not None:
            return graph.constant(0, dtype)
    if args[0] == args[1] and _is_boolean_cast(graph, args[0]):
        return args[0]
    if all(_is_boolean_cast(graph, arg) for arg in args):
        sources = tuple(graph.nodes[arg].args[0] for arg in args)
        return graph.cast(graph.make("logical_and", sources, (), "b1", entity), dtype)
    return None


def _is_boolean_cast(graph: Graph, node: int) -> bool:
    one = graph.nodes[node]
    return one.op == "cast" and graph.nodes[one.args[0]].dtype == "b1"


def _divide(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    above, below = args
    if _number(graph, below) == 1:
        return above
    bounds = graph.ranges[below]
    if _number(graph, above) == 0 and bounds is not None and not bounds[0] <= 0 <= bounds[1]:
        return graph.constant(0, dtype)
    return None


def _minimum(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    return _extremum(graph, args, lambda one, other: one[1] <= other[0])


def _maximum(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    return _extremum(graph, args, lambda one, other: one[0] >= other[1])


def _extremum(graph: Graph, args: tuple[int, ...], wins: Callable[[Any, Any], bool]) -> int | None:
    left, right = args
    if left == right:
        return left
    one, other = graph.ranges[left], graph.ranges[right]
    if one is None or other is None:
        return None
    if wins(one, other):
        return left
    return right if wins(other, one) else None


def _and(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    return _junction(graph, args, absorbing=False)


def _or(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    return _junction(graph, args, absorbing=True)


def _junction(graph: Graph, args: tuple[int, ...], *, absorbing: bool) -> int | None:
    if any(graph.nodes[arg].dtype != "b1" for arg in args):
        return None
    if args[0] == args[1]:
        return args[0]
    for one, other in (args, args[::-1]):
        if graph.is_constant(one):
            return one if bool(graph.value(one)) is absorbing else other
    return None


def _not(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    return _negated(graph, args[0])


def _negated(graph: Graph, node: int) -> int | None:
    """The boolean that a node is the negation of. (The negation of a number is true where the number is 0.)"""
    one = graph.nodes[node]
    if one.op in {"logical_not", "invert"} and graph.nodes[one.args[0]].dtype == "b1":
        return one.args[0]
    return None


def _where(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    condition, yes, no = args
    if graph.is_constant(condition):
        return yes if bool(graph.value(condition)) else no
    if yes == no:
        return yes
    if dtype == "b1" and graph.is_constant(yes) and graph.is_constant(no):
        return condition if bool(graph.value(yes)) else graph.make("logical_not", (condition,), (), "b1", entity)
    negated = _negated(graph, condition)
    if negated is not None:
        return graph.make("where", (negated, no, yes), (), dtype, entity)
    return None


_WIDER = {"f4": {"f8"}, "b1": {"i1", "i2", "i4", "i8", "u1", "f4", "f8"}, "i2": {"i4", "i8", "f4", "f8"}}
_WIDER |= {"i4": {"i8", "f8"}, "u1": {"i2", "i4", "i8", "f4", "f8"}, "i1": {"i2", "i4", "i8", "f4", "f8"}}


def _cast(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    inner = graph.nodes[args[0]]
    if inner.op == "cast":
        origin = inner.args[0]
        first = graph.nodes[origin].dtype
        # Nothing was lost on the way: cast from the origin. (A number too large for a whole number becomes anything.)
        safe = not (first[0] == "f" and dtype[0] in "iu") or ranges.of_cast(graph.ranges[origin], dtype) is not None
        if inner.dtype in _WIDER.get(first, ()) and safe:
            return graph.cast(origin, dtype)
    return None


def _decided(graph: Graph, op: str, args: tuple[int, ...]) -> bool | None:
    """What the bounds alone say of a comparison."""
    one, other = graph.ranges[args[0]], graph.ranges[args[1]]
    if one is None or other is None:
        return None
    if args[0] == args[1]:
        return op in {"equal", "less_equal", "greater_equal"}
    if op in {"greater", "greater_equal"}:
        op, one, other = ("less" if op == "greater" else "less_equal"), other, one
    if op == "less":
        return True if one[1] < other[0] else False if one[0] >= other[1] else None
    if op == "less_equal":
        return True if one[1] <= other[0] else False if one[0] > other[1] else None
    if one[1] < other[0] or one[0] > other[1]:
        return op == "not_equal"
    return None


def _group(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    """No group is empty: any and all of a constant are that constant."""
    return args[0] if graph.is_constant(args[0]) else None


def _sum(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    return graph.constant(0, dtype) if _number(graph, args[0]) == 0 else None


def _project(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    return args[0] if graph.is_constant(args[0]) else None


def _nth(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None) -> int | None:
    """The first person of a group always exists."""
    if attrs[1] != 0:
        return _default(graph, args, attrs)
    if graph.is_constant(args[0]):
        return args[0]
    inner = graph.nodes[args[0]]
    return inner.args[0] if inner.op == "project" and inner.attrs[0] == attrs[0] else None


def _default(graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...]) -> int | None:
    """What is the default for everybody is the default for the person who is missing."""
    if graph.is_constant(args[0]) and args[0] == graph.constant(attrs[-1], graph.nodes[args[0]].dtype):
        return args[0]
    return None


def _from_role(
    graph: Graph, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str, entity: str | None
) -> int | None:
    return _default(graph, args, attrs)


def _sunk(graph: Graph, op: str, args: tuple[int, ...], attrs: tuple[Any, ...], dtype: str) -> int | None:
    """f(project(a), project(b)) = project(f(a, b)): groups are fewer than persons."""
    if op in ops.GROUP or not args:
        return None
    groups = {graph.nodes[arg].attrs[0] for arg in args if graph.nodes[arg].op == "project"}
    if len(groups) != 1 or any(graph.nodes[arg].op != "project" and not graph.is_constant(arg) for arg in args):
        return None
    group = groups.pop()
    inner = tuple(graph.nodes[arg].args[0] if graph.nodes[arg].op == "project" else arg for arg in args)
    person = next(graph.nodes[arg].entity for arg in args if graph.nodes[arg].op == "project")
    made = graph.make(op, inner, attrs, dtype, group)
    return made if graph.is_constant(made) else graph.make("project", (made,), (group,), dtype, person)


_RULES: dict[str, Rule] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "minimum": _minimum,
    "maximum": _maximum,
    "logical_and": _and,
    "bitwise_and": _and,
    "logical_or": _or,
    "bitwise_or": _or,
    "logical_not": _not,
    "invert": _not,
    "where": _where,
    "cast": _cast,
    "group_any": _group,
    "group_all": _group,
    "group_max": _group,
    "group_min": _group,
    "group_sum": _sum,
    "project": _project,
    "nth_person": _nth,
    "from_role": _from_role,
}
