"""Small expressions on the figures of households: what `explanations.csv` says of OpenFisca's variables.

`rsa_socle - rsa_base_ressources`, `not amount and af_nbenf`, `statut in ('locataire_hlm', 'locataire_vide')`. They
show and compare what OpenFisca computed; the law itself is never written in them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache, reduce
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_TWO: dict[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Lt: np.less,
    ast.LtE: np.less_equal,
    ast.Gt: np.greater,
    ast.GtE: np.greater_equal,
    ast.Eq: np.equal,
    ast.NotEq: np.not_equal,
    ast.In: lambda value, names: np.isin(value, names),
    ast.And: lambda one, other: _true(one) & _true(other),
    ast.Or: lambda one, other: _true(one) | _true(other),
}
_CALLS: dict[str, Callable[[Any, Any], Any]] = {"max": np.maximum, "min": np.minimum}


class TermRefused(ValueError):
    """The expression is not one of this small language."""


@cache
def parsed(text: str) -> ast.expr:
    """The expression of a text. Raises TermRefused."""
    try:
        found = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise TermRefused(text) from error
    _check(found, text)
    return found


def names_of(text: str) -> tuple[str, ...]:
    """The names that an expression reads, in order; none for an empty text."""
    if not text:
        return ()
    calls = {id(node.func) for node in ast.walk(parsed(text)) if isinstance(node, ast.Call)}
    named = [node for node in ast.walk(parsed(text)) if isinstance(node, ast.Name) and id(node) not in calls]
    return tuple(dict.fromkeys(node.id for node in sorted(named, key=lambda node: node.col_offset)))


def evaluate(text: str, figures: Mapping[str, Array]) -> Array:
    """The value of an expression, one for each household. Raises KeyError for a figure that is not given."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(_value(parsed(text), figures))


def holds(text: str, figures: Mapping[str, Array]) -> npt.NDArray[np.bool_]:
    """Whether a condition holds, for each household; a figure holds when it is not 0."""
    return _true(evaluate(text, figures))


def _check(node: ast.AST, text: str) -> None:
    allowed: dict[type[ast.AST], Callable[[Any], bool]] = {
        ast.BinOp: lambda one: type(one.op) in _TWO,
        ast.BoolOp: lambda one: True,
        ast.UnaryOp: lambda one: isinstance(one.op, ast.Not | ast.USub),
        ast.Compare: lambda one: len(one.ops) == 1 and type(one.ops[0]) in _TWO,
        ast.Call: lambda one: isinstance(one.func, ast.Name) and one.func.id in _CALLS and len(one.args) == 2,
        ast.Name: lambda one: True,
        ast.Constant: lambda one: isinstance(one.value, int | float | str),
        ast.Tuple: lambda one: all(isinstance(item, ast.Constant) for item in one.elts),
    }
    for child in ast.walk(node):
        if isinstance(child, ast.expr) and not allowed.get(type(child), lambda one: False)(child):
            raise TermRefused(text)


def _value(node: ast.expr, figures: Mapping[str, Array]) -> Any:
    match node:
        case ast.Name(id=name):
            return figures[name]
        case ast.Constant(value=value):
            return value
        case ast.Tuple(elts=items):
            return [item.value for item in items if isinstance(item, ast.Constant)]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ~_true(_value(operand, figures))
        case ast.UnaryOp(operand=operand):
            return np.negative(_value(operand, figures))
        case ast.Call(func=ast.Name(id=name), args=[one, other]):
            return _CALLS[name](_value(one, figures), _value(other, figures))
        case ast.BoolOp(op=op, values=values):
            return reduce(_TWO[type(op)], [_value(one, figures) for one in values])
        case ast.BinOp(left=one, op=operator, right=other):
            return _TWO[type(operator)](_value(one, figures), _value(other, figures))
        case ast.Compare(left=one, ops=[comparison], comparators=[other]):
            return _TWO[type(comparison)](_value(one, figures), _value(other, figures))
    raise TermRefused(ast.dump(node))  # refused already when it was read


def _true(value: Any) -> npt.NDArray[np.bool_]:
    return np.asarray(value) != 0
