"""Parameters as formulas read them: plain values, remembered; a table when they are indexed by a column."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from lawgraph.graph import dtype_name
from lawgraph.symbolic import EnumSym, Sym, apply, take

if TYPE_CHECKING:
    from lawgraph.trace import Tracer


class Parameters:
    """A node of the legislation at a date. Reading a leaf is remembered as a use of that parameter.

    Children are read when they are asked for: OpenFisca would build the whole legislation for each date, most of
    which no formula reads.
    """

    def __init__(self, tracer: Tracer, source: Any, instant: Any) -> None:
        object.__setattr__(self, "_tracer", tracer)
        object.__setattr__(self, "_source", source)
        object.__setattr__(self, "_instant", instant)

    @property
    def _node(self) -> Any:
        """The node as OpenFisca builds it, for what needs all its children."""
        return self._at("", self._source)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name.startswith("_"):
            return getattr(self._node, name)
        return self._read(name, lambda: getattr(self._node, name))

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, Sym):
            return indexed(self._tracer, self._node, key)
        return self._read(str(getattr(key, "name", key)), lambda: self._node[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self._node)

    def __contains__(self, key: object) -> bool:
        return key in self._node._children

    def _read(self, name: str, as_openfisca: Callable[[], Any]) -> Any:
        """A child; where there is none at this date, whatever OpenFisca answers."""
        child = self._source.children.get(name)
        if hasattr(child, "children"):
            return Parameters(self._tracer, child, self._instant)
        found = None if child is None else self._at(name, child)
        if found is None:
            found = as_openfisca()
        self._tracer.used(f"{self._source.name}.{name}" if self._source.name else name, str(self._instant), found)
        return found

    def _at(self, name: str, what: Any) -> Any:
        """A leaf or a whole node at the date: built once, scales above all."""
        key = (id(self._source), self._instant, name)
        built = self._tracer.built
        if key not in built:
            built[key] = what.get_at_instant(self._instant)
        return built[key]


class Choice:
    """Nodes of the legislation among which a column chooses, row by row: `parameters.by_zone[zone]`."""

    def __init__(self, tracer: Tracer, index: Sym, nodes: list[Any]) -> None:
        self._tracer = tracer
        self._index = index
        self._nodes = nodes

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, Sym):
            return self._chosen(key)
        name = str(getattr(key, "name", key))
        return chosen(self._tracer, self._index, [None if one is None else one[name] for one in self._nodes])

    def _chosen(self, key: Sym) -> Any:
        """A second column: the table has one row per pair."""
        names, second = keys_of(self._tracer, self._first(), key)
        pairs = [None if one is None else one._children.get(name) for one in self._nodes for name in names]
        shifted = apply(self._tracer, np.multiply, self._index.astype("i8"), len(names))
        return chosen(self._tracer, apply(self._tracer, np.add, shifted, second.astype("i8")), pairs)

    def _first(self) -> Any:
        return next(one for one in self._nodes if one is not None)


def indexed(tracer: Tracer, node: Any, key: Sym) -> Any:
    """What `node[key]` is for each row."""
    names, index = keys_of(tracer, node, key)
    return chosen(tracer, index, [node._children.get(name) for name in names])


def _names_of(tracer: Tracer, key: EnumSym) -> tuple[list[str], Sym]:
    """An index that stands for no member is refused when the program runs, as OpenFisca does."""
    tracer.must_hold(key.indices >= 0, f"no value of {key.possible_values.__name__}")
    return [str(name) for name in key.possible_values.names], key.indices


def keys_of(tracer: Tracer, node: Any, key: Sym) -> tuple[list[str], Sym]:
    """The names of the children that the rows can choose, and for each row the number of its name."""
    children = [str(name) for name in node._children]
    if isinstance(key, EnumSym):
        return _names_of(tracer, key)
    kind = key.dtype.kind
    if kind in "US":
        return sorted(children), _searched(tracer, node, sorted(children), key)
    if kind in "iu":
        # A name such as "03" or "4_and_more" is the text of no number: OpenFisca never finds it.
        numbers = sorted(int(name) for name in children if name.isdecimal() and str(int(name)) == name)
        return [str(number) for number in numbers], _searched(tracer, node, numbers, key.astype("i8"))
    if kind == "M":
        dated = [name for name in children if not name.startswith("before")]
        starts = tuple(str(np.datetime64("-".join(name[len("after_") :].split("_")))) for name in dated)
        index = tracer.graph.make("search_date", (tracer.graph.cast(key.node, "M8[D]"),), (starts,), "i8", key.entity)
        return children, Sym(tracer, index, key.mask)
    return tracer.refuse(f"parameters are indexed by a column of type {key.dtype}")


def _searched(tracer: Tracer, node: Any, ordered: list[Any], key: Sym) -> Sym:
    """The place of each row's key among the sorted names. A key that is no name is refused when the program runs."""
    if not ordered:
        tracer.refuse(f"'{node._name}' has no parameter for a column of type {key.dtype}")
    found = tracer.graph.make("search", (key.node,), (tuple(ordered), "left"), "i8", key.entity)
    index = apply(tracer, np.minimum, Sym(tracer, found, key.mask), len(ordered) - 1)
    tracer.must_hold(take(tracer, index, tuple(ordered)) == key, f"no parameter '{node._name}' for this value")
    return index


def chosen(tracer: Tracer, index: Sym, found: list[Any]) -> Any:
    """A choice among nodes, or the column of values when the leaves are reached."""
    known = [one for one in found if one is not None]
    if known and hasattr(known[0], "_children"):
        return Choice(tracer, index, found)
    if not known or any(hasattr(one, "thresholds") for one in known):
        tracer.refuse("a column chooses among scales")
    dtype = dtype_name(np.array(known).dtype)
    # A name without a parameter: OpenFisca fails on the row that has it, and so does a run.
    values = tuple(known[0] if one is None else one for one in found)
    if any(one is None for one in found):
        there = take(tracer, index, tuple(one is not None for one in found))
        tracer.must_hold(there, "no parameter for this value")
    return take(tracer, index, values, dtype)
