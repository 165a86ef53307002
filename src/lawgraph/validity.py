"""Whether a program read from a file can run: a file may come from anywhere, and its numbers lead to memory and loops.

Nothing here is needed for a program that was traced. One that passes reads no other memory than its columns, runs no
code, and asks for no more room than its own size calls for; whether its answers mean anything is not said.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from lawgraph import ops

if TYPE_CHECKING:
    from lawgraph.graph import Node
    from lawgraph.program import Program

Entities = dict[str, dict[str, Any]]

_TYPE = re.compile(r"f[48]|i[1248]|u[1248]|b1|[Mm]8(\[(Y|M|W|D|h|m|s|ms|us|ns)\])?|[US]\d{1,3}")
_OPERANDS = {"where": 3, "guarded_divide": 4, "busday_count": 2, "rank": 2}
# The kinds of attributes of each operation that has some; the others have none.
_ATTRIBUTES: dict[str, tuple[type | tuple[type, ...], ...]] = {
    "const": (bytes,),
    "input": (str,),
    "cast": (str,),
    "round": (int,),
    "take": (tuple, str),
    "isin": (tuple,),
    "search": (tuple, str),
    "search_date": (tuple,),
    "startswith": (str,),
    "busday_count": (str,),
    "role_mask": (str, tuple),
    "nth_person": (str, int, (int, float, str)),
    "from_role": (str, tuple, (int, float, str)),
}
_ATTRIBUTES |= dict.fromkeys(
    ("position", "group_size", "project", "rank", *(one for one in ops.GROUP if one.startswith("group_"))), (str,)
)


def check(program: Program) -> None:
    """Raises `ValueError` on the first thing that no traced program has."""
    entities: Entities = {program.person: {}} | {kind.key: dict(kind.roles) for kind in program.kinds}
    _hold("entities", len(entities) == len(program.kinds) + 1)
    columns = {column.name: column for column in program.columns}
    _hold("columns", len(columns) == len(program.columns))
    for column in program.columns:
        _hold(f"column {column.name}", column.entity in entities and _is_type(column.dtype))
    kinds = [node.dtype for node in program.nodes]
    for number, node in enumerate(program.nodes):
        if not (_comes_after(node, number) and _has_parts(node) and _is_made_of(node, entities, program)):
            _hold(f"node {number}", False)
        if not _has_types(node, tuple(kinds[arg] for arg in node.args)):
            _hold(f"the type of node {number}", False)
        if node.op == "input":
            _hold(f"input {number}", node.attrs[0] in columns)
            read = columns[node.attrs[0]]
            _hold(f"input {number}", (read.dtype, read.entity) == (node.dtype, node.entity))
    _check_ends(program, entities)


def _comes_after(node: Node, number: int) -> bool:
    """What it reads comes before, its type is one that machines have."""
    return all(type(arg) is int and 0 <= arg < number for arg in node.args) and _is_type(node.dtype)


def _check_ends(program: Program, entities: Iterable[str]) -> None:
    nodes = program.nodes
    numbers = [*program.outputs.values(), *(number for number, _, _ in program.checks)]
    _hold("outputs", all(type(one) is int and 0 <= one < len(nodes) for one in numbers))
    _hold("checks", all(nodes[number].dtype == "b1" for number, _, _ in program.checks))
    _hold("outputs", program.outputs.keys() == program.output_entities.keys())
    for name, number in program.outputs.items():
        entity = program.output_entities[name]
        _hold(f"output {name}", entity in entities and nodes[number].entity in {None, entity})
    for name, names in program.enumerations.items():
        _hold(f"enumeration of {name}", name in program.outputs and all(isinstance(one, str) for one in names))
    for number, call in enumerate(program.calls):
        rows = call[4]
        _hold(
            f"call {number}", len(call) == 6 and all(type(one) is int and 0 <= one < len(program.calls) for one in rows)
        )


def _hold(what: str, condition: bool) -> None:
    if not condition:
        message = f"{what} is not one of a program"
        raise ValueError(message)


@cache
def _is_type(dtype: Any) -> bool:
    return isinstance(dtype, str) and _TYPE.fullmatch(dtype) is not None


def _has_parts(node: Node) -> bool:
    """As many operands and attributes as the operation has, of the right kinds."""
    if node.op in ops.SOURCES:
        operands = 0
    elif node.op in ops.UFUNCS:
        operands = ops.UFUNCS[node.op].nin
    elif node.op in ops.GROUP or node.op in ops.SPECIAL:
        operands = _OPERANDS.get(node.op, 1)
    else:
        return False
    kinds = _ATTRIBUTES.get(node.op, ())
    if len(node.args) != operands or len(node.attrs) != len(kinds):
        return False
    return all(isinstance(attr, kind) for attr, kind in zip(node.attrs, kinds, strict=True))


# The types of the operands and of the result, where an operation takes no others. The beginning of a type stands for
# all that begin so.
_TYPES: dict[str, tuple[tuple[str, ...], str]] = {
    "isin": (("",), "b1"),
    "search": (("",), "i8"),
    "search_date": (("M8[D]",), "i8"),
    "startswith": (("U",), "b1"),
    "busday_count": (("M8[D]", "M8[D]"), "i8"),
    "rank": (("f8", "b1"), "i8"),
    "group_any": (("b1",), "b1"),
    "group_all": (("b1",), "b1"),
    "group_max": (("f8",), "f8"),
    "group_min": (("f8",), "f8"),
    "role_mask": ((), "b1"),
    "position": ((), "i4"),
    "group_size": ((), "i8"),
}


def _has_types(node: Node, kinds: tuple[str, ...]) -> bool:
    """No operation converts what it reads, texts of several lengths apart: a machine reads memory as types tell it."""
    if node.op in _TYPES:
        wanted, result = _TYPES[node.op]
        return node.dtype == result and all(kind.startswith(one) for kind, one in zip(kinds, wanted, strict=True))
    if node.op == "group_sum":
        return node.dtype == "f8" and kinds[0][0] in "fiub"
    if node.op == "where":
        return kinds[0] == "b1" and all(_is_same(kind, node.dtype) for kind in kinds[1:])
    if node.op == "guarded_divide":
        return node.dtype in {"f4", "f8"} and kinds == (node.dtype, node.dtype, node.dtype, "b1")
    if node.op in {"project", "nth_person", "from_role", "round"}:
        return kinds[0] == node.dtype
    return node.op not in ops.UFUNCS or _loop(node.op, kinds) == node.dtype


def _is_same(one: str, other: str) -> bool:
    return one == other or (one[0] == other[0] in "US" and int(one[1:]) <= int(other[1:]))


@cache
def _loop(op: str, kinds: tuple[str, ...]) -> str:
    """The type that a ufunc gives, empty where it would convert what it reads."""
    if all(kind[0] in "US" for kind in kinds):
        return "b1" if op in ops.COMPARISONS and len({kind[0] for kind in kinds}) == 1 else ""
    *read, made = ops.UFUNCS[op].resolve_dtypes((*map(np.dtype, kinds), None))
    return str(made.str[1:]) if tuple(one.str[1:] for one in read) == kinds else ""


def _is_made_of(node: Node, entities: Entities, program: Program) -> bool:
    """Attributes and operands that mean something together, an entity that exists."""
    attrs = node.attrs
    if (node.entity is None) is not (node.op == "const") or (node.entity is not None and node.entity not in entities):
        return False
    if node.op == "const":
        return len(attrs[0]) == np.dtype(node.dtype).itemsize
    if node.op == "cast":
        return bool(attrs[0] == node.dtype)
    if node.op == "take":
        kind = np.dtype(program.nodes[node.args[0]].dtype).kind
        return kind in "iu" and attrs[1] == node.dtype and len(np.array(attrs[0], dtype=attrs[1])) > 0
    if node.op == "search":
        return attrs[1] in {"left", "right"}
    if node.op == "search_date":
        return np.array(attrs[0], dtype="M8[D]").ndim == 1
    if node.op in ops.GROUP or node.op in ops.STRUCTURE:
        return _is_of_group(node, entities, program)
    read = {program.nodes[arg].entity for arg in node.args} - {None}
    return not node.args or read == {node.entity}


def _is_of_group(node: Node, entities: Entities, program: Program) -> bool:
    """A group that exists, persons where persons are read, roles that it has."""
    group, person = node.attrs[0], program.person
    if group not in entities or group == person:
        return False
    of_persons = node.op in {"role_mask", "position", "project", "rank"}
    if node.entity != (person if of_persons else group):
        return False
    read = {program.nodes[arg].entity for arg in node.args} - {None}
    if not read <= {group if node.op == "project" else person}:
        return False
    roles = node.attrs[1] if node.op in {"role_mask", "from_role"} else ()
    return (not roles or set(roles) <= set(entities[group])) and bool(node.op != "nth_person" or node.attrs[1] >= 0)
