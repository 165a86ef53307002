"""Columns without values: what formulas receive while they are traced.

A `Sym` answers the operators and the NumPy functions that OpenFisca formulas use, and records each in the graph. It is
no `ndarray` and holds no data: whatever would need a value (a branch, a loop over rows, an unknown function) raises at
once. Nothing can be lost silently.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn, Protocol

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from lawgraph import ops
from lawgraph.graph import Graph, dtype_name


class Decisions(Protocol):
    """What answers a branch on data: see `trace.Tracer.decide`."""

    graph: Graph

    def decide(self, node: int) -> bool: ...

    def rows(self) -> int: ...

    def altered(self) -> None: ...

    def refuse(self, message: str) -> NoReturn: ...


class Sym(NDArrayOperatorsMixin):
    """One column: a node of the graph. In-place operations change the node that it stands for, as an array would."""

    __slots__ = ("cached", "mask", "node", "tracer")
    __hash__ = None  # type: ignore[assignment]  # as an array

    def __init__(self, tracer: Decisions, node: int, mask: int | None = None) -> None:
        self.tracer = tracer
        self.node = node
        #: Set on `x[condition]`: the values stand for the rows where the condition holds, and for nothing elsewhere.
        self.mask = mask
        #: Set on the columns that the tracing keeps for whoever asks again.
        self.cached = False

    # What it is

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(self.tracer.graph.nodes[self.node].dtype)

    @property
    def entity(self) -> str | None:
        return self.tracer.graph.nodes[self.node].entity

    @property
    def ndim(self) -> int:
        return 1

    def __repr__(self) -> str:
        return f"<column {self.node}: {self.tracer.graph.nodes[self.node]}>"

    # What needs values

    def __bool__(self) -> bool:
        return self.tracer.decide(self.node)

    def _needs_rows(self, *args: Any, **kwargs: Any) -> NoReturn:
        self.tracer.refuse("the formula reads rows one by one")

    __float__ = __int__ = __index__ = __array__ = _needs_rows

    def __len__(self) -> int:
        return self.tracer.rows()

    def __iter__(self) -> Iterator[Any]:
        """A constant gives its one value, the same for every row; anything else would need rows."""
        graph = self.tracer.graph
        if not graph.is_constant(self.node):
            self.tracer.refuse("the formula loops over rows")
        return iter([graph.value(self.node)] * self.tracer.rows())

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self.tracer.refuse(f"a column has no '{name}' while it is traced")

    # NumPy

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__":
            self.tracer.refuse(f"{ufunc.__name__}.{method} is not known")
        out = kwargs.pop("out", None)
        where = kwargs.pop("where", True)
        if ufunc.__name__ == "startswith":
            return _startswith(self.tracer, *inputs)
        if kwargs:
            self.tracer.refuse(f"{ufunc.__name__} with {', '.join(kwargs)} is not known")
        if where is not True:
            return _guarded(self.tracer, ufunc, inputs, out, where)
        result = apply(self.tracer, ufunc, *inputs)
        return result if out is None else _written(out[0], result)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Any, kwargs: Any) -> Any:
        handler = FUNCTIONS.get(function.__name__)
        if handler is None:
            self.tracer.refuse(f"numpy.{function.__name__} is not known")
        return handler(self.tracer, *args, **kwargs)

    # Methods of arrays

    def astype(self, dtype: Any, copy: bool = True, **unused: Any) -> Sym:
        return Sym(self.tracer, cast(self.tracer, self.node, dtype), self.mask)

    def copy(self, order: str = "C") -> Sym:
        return type(self)(self.tracer, self.node, self.mask)

    def any(self) -> Whole:
        return Whole(self)

    def all(self) -> Whole:
        return Whole(self)

    def round(self, decimals: int = 0) -> Sym:
        return _round(self.tracer, self, decimals)

    @property
    def T(self) -> Sym:
        return self

    def __pow__(self, other: Any) -> Any:
        """As arrays do: the powers that they compute by another loop than numpy.power round as it does."""
        exponent = other if type(other) in (int, float) else None
        if exponent == 2 and self.dtype.kind in "fiu":
            return np.square(self)
        if self.dtype.kind == "f" and exponent in (0.5, -1):
            return np.sqrt(self) if exponent == 0.5 else 1 / self
        return np.power(self, other)

    def chosen_by(self, key: Any) -> int:
        """The condition between brackets."""
        if not isinstance(key, Sym) or key.dtype != np.bool_:
            self.tracer.refuse("a column is read or written row by row")
        if self.mask is not None or key.mask is not None:
            self.tracer.refuse("rows are chosen among chosen rows")
        common_entity(self.tracer, [key.node, self.node])
        return key.node

    def __getitem__(self, key: Any) -> Sym:
        return Sym(self.tracer, self.node, self.chosen_by(key))

    def __setitem__(self, key: Any, value: Any) -> None:
        condition = self.chosen_by(key)
        if isinstance(value, Sym) and value.mask != condition:
            self.tracer.refuse("rows are written from others than those chosen")
        graph, dtype = self.tracer.graph, self.tracer.graph.nodes[self.node].dtype
        new = graph.cast(node_of(self.tracer, value, dtype), dtype)
        entity = common_entity(self.tracer, [condition, new, self.node])
        self.node = graph.make("where", (condition, new, self.node), (), dtype, entity)
        if self.cached:
            self.tracer.altered()


class EnumSym(Sym):
    """A column of indices into an enumeration: only == and != mean something."""

    __slots__ = ("possible_values",)

    def __init__(self, tracer: Decisions, node: int, possible_values: Any, mask: int | None = None) -> None:
        super().__init__(tracer, node, mask)
        self.possible_values = possible_values

    def copy(self, order: str = "C") -> Sym:
        return type(self)(self.tracer, self.node, self.possible_values, self.mask)

    @property
    def indices(self) -> Sym:
        return Sym(self.tracer, self.node, self.mask)

    def __getitem__(self, key: Any) -> Sym:
        return type(self)(self.tracer, self.node, self.possible_values, self.chosen_by(key))

    def __eq__(self, other: Any) -> Any:
        if isinstance(other, EnumSym) and isinstance(other, MemberSym) is isinstance(self, MemberSym):
            return apply(self.tracer, np.equal, self.indices, other.indices)
        if is_enum_member(other) and type(other).__name__ == self.possible_values.__name__:
            return apply(self.tracer, np.equal, self.indices, int(other.index))
        if isinstance(other, int | np.integer) and not isinstance(self, MemberSym):
            return apply(self.tracer, np.equal, self.indices, int(other))
        return self.tracer.refuse(f"{self.possible_values.__name__} is compared with {other!r}")

    def __ne__(self, other: object) -> Any:
        return apply(self.tracer, np.logical_not, self == other)

    def decode_to_str(self) -> Sym:
        names = tuple(str(name) for name in self.possible_values.names)
        return take(self.tracer, self, names)


class MemberSym(EnumSym):
    """A column of members chosen by numpy.where or numpy.select, which OpenFisca turns into indices when a formula
    returns it. A row where nothing was chosen has no member (see `NO_MEMBER`)."""

    __slots__ = ()


class Whole:
    """The answer of `column.any()` or `.all()`: one value for all rows, unknown while tracing.

    Known when the column is constant; otherwise the branch that it decides is tried both ways (see `Tracer.decide`).
    """

    __slots__ = ("column",)
    __hash__ = None  # type: ignore[assignment]  # no value, nothing to be found by

    def __init__(self, column: Sym) -> None:
        self.column = column

    def __bool__(self) -> bool:
        tracer = self.column.tracer
        if self.column.mask is not None and tracer.graph.is_constant(self.column.node):
            tracer.refuse("any() or all() of rows that may be none")
        return tracer.decide(self.column.node)

    def _compared(self, other: object) -> NoReturn:
        self.column.tracer.refuse("the answer of any() or all() is compared")

    __eq__ = __ne__ = _compared


def node_of(tracer: Decisions, value: Any, dtype: str | None = None) -> int:
    """The node of an operand: a column, a number, or an array that holds the same value for every row."""
    if isinstance(value, Sym):
        return value.node
    array = np.asarray(getattr(value, "index", value)) if is_enum_member(value) else np.asarray(value)
    flat = array.reshape(-1)
    if array.dtype == object or array.ndim > 1 or not flat.size or not ((flat == flat[0]) | (flat != flat)).all():
        tracer.refuse(f"an array of shape {array.shape} and type {array.dtype} is met beside columns")
    if dtype is not None and dtype[0] in "iu" and flat.dtype.kind in "iu":
        bounds = np.iinfo(dtype)
        if not bounds.min <= int(flat[0]) <= bounds.max:
            tracer.refuse(f"{flat[0]} does not fit beside columns of type {np.dtype(dtype)}")
    return tracer.graph.constant(flat[0], dtype)


def is_enum_member(value: Any) -> bool:
    return hasattr(type(value), "__members__") and isinstance(getattr(value, "index", None), int | np.integer)


def common_entity(tracer: Decisions, nodes: list[int]) -> str | None:
    """The entity whose rows the operands share."""
    found = {tracer.graph.nodes[node].entity for node in nodes} - {None}
    if len(found) > 1:
        tracer.refuse(f"columns of {' and '.join(sorted(str(one) for one in found))} are mixed")
    return found.pop() if found else None


def common_mask(tracer: Decisions, values: Iterable[Any]) -> int | None:
    """The condition that chose the rows of the operands: the same for all, or none."""
    found = {one.mask for one in values if isinstance(one, Sym)}
    if len(found) > 1:
        tracer.refuse("rows chosen by a condition are used beside other rows")
    return found.pop() if found else None


def cast(tracer: Decisions, node: int, dtype: Any) -> int:
    name = str(np.dtype(dtype)) if isinstance(dtype, str) else dtype
    wanted = dtype_name(name)
    inner = np.dtype(tracer.graph.nodes[node].dtype)
    if np.dtype(wanted).kind in "US":
        if inner.kind not in "US":
            tracer.refuse(f"a column of type {inner} is turned into text")
        length = inner.itemsize // (4 if inner.kind == "U" else 1)
        wanted = f"{wanted[0]}{length}"
    return tracer.graph.cast(node, wanted)


def apply(tracer: Decisions, ufunc: np.ufunc, *inputs: Any) -> Sym:
    """Record a ufunc with the types that NumPy would choose: a bare number takes the type of the column beside it."""
    key = _application(ufunc, inputs)
    found = None if key is None else tracer.graph.applied.get(key)
    if found is not None:  # formulas run again for every month, mostly on the same constants
        tracer.graph.recorded += 1
        return Sym(tracer, found)
    result = _applied(tracer, ufunc, inputs)
    if key is not None:
        tracer.graph.applied[key] = result.node
    return result


def _application(ufunc: np.ufunc, inputs: tuple[Any, ...]) -> tuple[Any, ...] | None:
    """What says all of an application to plain columns and numbers; None for any other operand."""
    key: list[Any] = [ufunc.__name__]
    for one in inputs:
        kind = type(one)
        if kind is Sym and one.mask is None:
            key.append(one.node)
        elif kind is float:
            key.append(one.hex())  # 0.0 and -0.0 are two
        elif kind is int or kind is bool:
            key.append((kind, one))
        else:
            return None
    return tuple(key)


def _applied(tracer: Decisions, ufunc: np.ufunc, inputs: tuple[Any, ...]) -> Sym:
    name = ufunc.__name__
    inputs = tuple(np.datetime64(one) if isinstance(one, datetime.date) else one for one in inputs)
    if name not in ops.UFUNCS:
        tracer.refuse(f"numpy.{name} is not known")
    if any(isinstance(one, EnumSym) for one in inputs):
        tracer.refuse(f"numpy.{name} is applied to an enumeration")
    if any(isinstance(one, list | tuple) for one in inputs):
        tracer.refuse(f"numpy.{name} is applied to a list")
    if _text_and_bytes(inputs) and name in {"equal", "not_equal"}:
        return Sym(tracer, tracer.graph.constant(name == "not_equal"))  # as NumPy answers
    mask = common_mask(tracer, inputs)
    if name in {"equal", "not_equal"} and any(is_enum_member(one) for one in inputs):
        # As OpenFisca answers: indices that went through numpy.where are plain numbers, and no number is a member.
        return Sym(tracer, tracer.graph.constant(name == "not_equal"), mask)
    loop = _loop(tracer, ufunc, inputs)
    graph = tracer.graph
    nodes = []
    for one, dtype in zip(inputs, loop, strict=False):
        name_of_type = dtype_name(dtype)
        node = node_of(tracer, one, None if isinstance(one, Sym) else name_of_type)
        nodes.append(graph.cast(node, name_of_type) if name_of_type[0] not in "US" else node)
    entity = common_entity(tracer, nodes)
    return Sym(tracer, graph.make(name, tuple(nodes), (), dtype_name(loop[-1]), entity), mask)


_LOOPS: dict[tuple[Any, ...], tuple[np.dtype[Any], ...]] = {}


def _loop(tracer: Decisions, ufunc: np.ufunc, inputs: tuple[Any, ...]) -> tuple[np.dtype[Any], ...]:
    """The types of the loop that NumPy would run, one per operand and the result's."""
    kinds = tuple(_kind(one) for one in inputs)
    key = (ufunc.__name__, *kinds)
    found = _LOOPS.get(key)
    if found is None:
        try:
            found = ufunc.resolve_dtypes((*kinds, *(None,) * ufunc.nout))
        except (TypeError, ValueError) as error:
            tracer.refuse(f"numpy.{ufunc.__name__} on {', '.join(str(kind) for kind in kinds)}: {error}")
        if any(dtype.kind == "O" for dtype in found):
            tracer.refuse(f"numpy.{ufunc.__name__} on {', '.join(str(kind) for kind in kinds)}")
        _LOOPS[key] = found
    return found


def _text_and_bytes(inputs: tuple[Any, ...]) -> bool:
    kinds = {np.dtype(_kind(one)).kind for one in inputs}
    return kinds == {"U", "S"}


def _kind(value: Any) -> Any:
    if isinstance(value, Sym):
        return value.dtype
    if isinstance(value, bool):
        return np.dtype(np.bool_)
    if type(value) in (int, float):
        return type(value)
    return np.asarray(value).dtype


def _written(target: Any, result: Sym) -> Any:
    """x += y: the column changes in place, in its own type."""
    if not isinstance(target, Sym):
        result.tracer.refuse("a column is written into an array")
    if not np.can_cast(result.dtype, target.dtype, "same_kind"):
        result.tracer.refuse(f"a column of type {result.dtype} is written into one of type {target.dtype}")
    common_entity(result.tracer, [target.node, result.node])
    if target.cached:
        target.tracer.altered()
    target.node = target.tracer.graph.cast(result.node, dtype_name(target.dtype))
    return target


def _guarded(tracer: Decisions, ufunc: np.ufunc, inputs: tuple[Any, ...], out: Any, where: Any) -> Sym:
    """numpy.divide(a, b, out=…, where=…): divided where allowed, `out` elsewhere."""
    if ufunc is not np.divide or out is None:
        tracer.refuse(f"numpy.{ufunc.__name__} with where= is known for divide with out= only")
    mask = common_mask(tracer, [*inputs, *out, where])
    loop = _loop(tracer, ufunc, inputs)
    nodes = [node_of(tracer, one, dtype_name(dtype)) for one, dtype in zip(inputs, loop, strict=False)]
    dtype = dtype_name(loop[-1])
    above, below = (tracer.graph.cast(node, dtype_name(kind)) for node, kind in zip(nodes, loop, strict=False))
    otherwise = tracer.graph.cast(node_of(tracer, out[0]), dtype)
    allowed = _typed(tracer, where, "b1")
    args = (above, below, otherwise, allowed)
    made = Sym(tracer, tracer.graph.make("guarded_divide", args, (), dtype, common_entity(tracer, list(args))), mask)
    return _written(out[0], made) if isinstance(out[0], Sym) else made


def take(tracer: Decisions, index: Sym, values: tuple[Any, ...], dtype: str | None = None) -> Sym:
    """The value of a table at the index of each row."""
    name = dtype or dtype_name(np.array(values).dtype)
    return Sym(tracer, tracer.graph.make("take", (index.node,), (values, name), name, index.entity), index.mask)


# NumPy functions that are no ufunc


def _where(tracer: Decisions, condition: Any, yes: Any = None, no: Any = None) -> Sym:
    if yes is None or no is None:
        tracer.refuse("numpy.where with a condition alone gives row numbers")
    return choose(tracer, [condition], [yes, no])


def _select(tracer: Decisions, condlist: Any, choicelist: Any, default: Any = 0) -> Sym:
    conditions, choices = list(condlist), list(choicelist)
    if len(conditions) != len(choices):
        tracer.refuse("numpy.select with as many conditions as choices only")
    return choose(tracer, conditions, [*choices, default])


#: What stands in a column of enumeration members for a value that is none of them.
NO_MEMBER = -1


def choose(tracer: Decisions, conditions: list[Any], values: list[Any]) -> Sym:
    """The first value whose condition holds, the last value where none does."""
    mask = common_mask(tracer, [*conditions, *values])
    enumeration = _enumeration_of(tracer, values)
    if enumeration is not None:
        values = [_index_of(one) for one in values]
    values = [one.indices if isinstance(one, EnumSym) else one for one in values]
    dtype = _result_type(values)
    result = _typed(tracer, values[-1], dtype)
    for condition, value in zip(reversed(conditions), reversed(values[:-1]), strict=True):
        nodes = (_typed(tracer, condition, "b1"), _typed(tracer, value, dtype), result)
        result = tracer.graph.make("where", nodes, (), dtype, common_entity(tracer, list(nodes)))
    return Sym(tracer, result, mask) if enumeration is None else MemberSym(tracer, result, enumeration, mask)


def _enumeration_of(tracer: Decisions, values: list[Any]) -> Any:
    """The enumeration whose members are chosen. None for columns of indices: chosen, they are plain numbers."""
    found = {type(one) for one in values if is_enum_member(one)}
    found |= {one.possible_values for one in values if isinstance(one, MemberSym)}
    if len(found) > 1:
        tracer.refuse(f"members of {' and '.join(sorted(one.__name__ for one in found))} are mixed")
    if found and any(isinstance(one, Sym) and not isinstance(one, MemberSym) for one in values):
        tracer.refuse("members of an enumeration and columns are mixed")
    return found.pop() if found else None


def _index_of(value: Any) -> Any:
    if isinstance(value, MemberSym):
        return value.indices
    return np.int16(value.index if is_enum_member(value) else NO_MEMBER)


def _typed(tracer: Decisions, value: Any, dtype: str) -> int:
    if dtype[0] in "US":
        return node_of(tracer, value)
    return tracer.graph.cast(node_of(tracer, value, None if isinstance(value, Sym) else dtype), dtype)


def _result_type(values: list[Any]) -> str:
    """The type that NumPy gives the values together; bare numbers give way to columns."""
    known = [one.dtype if isinstance(one, Sym) else one for one in values]
    return dtype_name(np.result_type(*(np.asarray(one) if isinstance(one, str) else one for one in known)))


def _round(tracer: Decisions, value: Any, decimals: int = 0, out: Any = None) -> Sym:
    if out is not None:
        tracer.refuse("numpy.round with out=")
    if not isinstance(value, Sym) or value.dtype.kind not in "fiu":
        tracer.refuse("numpy.round of what is no column of numbers")
    dtype = dtype_name(value.dtype)
    if dtype[0] in "iu" and decimals >= 0:
        return Sym(tracer, value.node, value.mask)
    if decimals == 0 and dtype[0] == "f":
        return apply(tracer, np.rint, value)
    node = tracer.graph.make("round", (value.node,), (int(decimals),), dtype, value.entity)
    return Sym(tracer, node, value.mask)


def _isin(tracer: Decisions, element: Any, test_elements: Any) -> Sym:
    if not isinstance(element, Sym) or isinstance(element, EnumSym):
        tracer.refuse("numpy.isin of what is no plain column")
    values = tuple(np.asarray(test_elements).tolist())
    if not all(type(one) in (bool, int, float, str) for one in values):
        tracer.refuse("numpy.isin among other values than numbers and texts")
    return Sym(tracer, tracer.graph.make("isin", (element.node,), (values,), "b1", element.entity), element.mask)


def _filled(value: Any) -> Callable[..., Sym]:
    def made(tracer: Decisions, like: Sym, dtype: Any = None) -> Sym:
        return _full_like(tracer, like, value, dtype)

    return made


def _full_like(tracer: Decisions, like: Sym, fill_value: Any, dtype: Any = None) -> Sym:
    if isinstance(fill_value, Sym):
        tracer.refuse("numpy.full_like with a column")
    name = dtype_name(dtype) if dtype is not None else dtype_name(like.dtype)
    return Sym(tracer, tracer.graph.cast(node_of(tracer, fill_value), name), like.mask)


def _clip(tracer: Decisions, value: Any, a_min: Any = None, a_max: Any = None) -> Sym:
    result = value if a_min is None else apply(tracer, np.maximum, value, a_min)
    return result if a_max is None else apply(tracer, np.minimum, result, a_max)


def _whole(tracer: Decisions, value: Sym) -> Whole:
    return Whole(value)


def _startswith(tracer: Decisions, value: Any, prefix: Any, start: Any = 0, end: Any = None) -> Sym:
    most = np.iinfo(np.int64).max
    if not isinstance(value, Sym) or isinstance(prefix, Sym) or start != 0 or end not in (None, most):
        tracer.refuse("numpy.char.startswith is known for one prefix, from the first letter")
    text = np.asarray(prefix)
    if text.size != 1 or text.dtype.kind != "U" or value.dtype.kind != "U":
        tracer.refuse("numpy.char.startswith is known for one prefix of text")
    attrs = (str(text.reshape(-1)[0]),)
    return Sym(tracer, tracer.graph.make("startswith", (value.node,), attrs, "b1", value.entity), value.mask)


def _busday_count(tracer: Decisions, begindates: Any, enddates: Any, weekmask: Any = "1111100") -> Sym:
    mask = common_mask(tracer, [begindates, enddates])
    nodes = [tracer.graph.cast(node_of(tracer, one), "M8[D]") for one in (begindates, enddates)]
    attrs = (str(weekmask) if isinstance(weekmask, str) else "".join(str(int(day)) for day in weekmask),)
    entity = common_entity(tracer, nodes)
    return Sym(tracer, tracer.graph.make("busday_count", tuple(nodes), attrs, "i8", entity), mask)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "where": _where,
    "select": _select,
    "round": _round,
    "around": _round,
    "round_": _round,
    "isin": _isin,
    "zeros_like": _filled(0),
    "ones_like": _filled(1),
    "full_like": _full_like,
    "clip": _clip,
    "any": _whole,
    "all": _whole,
    "busday_count": _busday_count,
}
