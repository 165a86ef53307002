"""What a formula receives as its entity: the persons, a group, and the projectors between them.

Same names and same meaning as `openfisca_core.populations` and `openfisca_core.projectors`; every answer is a recorded
column. Group operations become one node each, which the runner computes from the composition of the groups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from openfisca_core import periods

from lawgraph.graph import dtype_name
from lawgraph.symbolic import EnumSym, MemberSym, Sym, apply, choose, is_enum_member, node_of

if TYPE_CHECKING:
    from lawgraph.trace import Tracer

#: Methods whose answer is projected when they are called through a projector (`person.family.sum(…)`).
PROJECTABLE = frozenset(
    {
        "sum", "any", "all", "max", "min", "reduce", "nb_persons", "value_from_person", "value_nth_person",
        "value_from_first_person", "has_role", "value_from_partner", "get_rank",
    }
)  # fmt: skip


class Holder:
    """The known values of one variable: what formulas that look at their own past ask for."""

    def __init__(self, tracer: Tracer, variable: Any) -> None:
        self.tracer = tracer
        self.variable = variable

    def get_known_periods(self) -> list[Any]:
        self.tracer.looked_at(self.variable.name)
        return list(self.tracer.known.get(self.variable.name, {}))

    def get_array(self, period: Any) -> Sym | None:
        self.tracer.looked_at(self.variable.name)
        return self.tracer.known.get(self.variable.name, {}).get(self.tracer.period_of(self.variable, period))

    def default_array(self) -> Sym:
        return self.tracer.default(self.variable)


class Population:
    """The persons."""

    def __init__(self, tracer: Tracer, entity: Any) -> None:
        self.tracer = tracer
        self.entity = entity

    @property
    def count(self) -> int:
        return self.tracer.rows()

    def __call__(self, variable_name: str, period: Any, options: Sequence[str] | None = None) -> Any:
        self.entity.check_variable_defined_for_entity(variable_name)
        return self.tracer.asked(variable_name, periods.period(period), options)

    def __getattr__(self, name: str) -> Any:
        projector = shortcut(self, name)
        if projector is None:
            if name.startswith("__"):
                raise AttributeError(name)
            self.tracer.refuse(f"'{self.entity.key}' has no '{name}' that can be traced")
        return projector

    def get_holder(self, variable_name: str) -> Holder:
        self.entity.check_variable_defined_for_entity(variable_name)
        return Holder(self.tracer, self.entity.get_variable(variable_name))

    def filled_array(self, value: Any, dtype: Any = None) -> Sym:
        node = node_of(self.tracer, value, None if dtype is None else dtype_name(dtype))
        return MemberSym(self.tracer, node, type(value)) if is_enum_member(value) else Sym(self.tracer, node)

    def empty_array(self) -> Sym:
        return Sym(self.tracer, self.tracer.graph.constant(0.0, "f4"))

    def has_role(self, role: Any) -> Sym:
        keys = role_keys(role)
        attrs = (role.entity.key, keys)
        return Sym(self.tracer, self.tracer.graph.source("role_mask", attrs, "b1", self.tracer.person.key, (0.0, 1.0)))

    def value_from_partner(self, array: Sym, entity: Any, role: Any) -> Any:
        if len(role.subroles or ()) != 2:
            self.tracer.refuse(f"'{role.key}' has no two roles, so nobody has a partner in it")
        one, other = role.subroles
        values = [entity.value_from_person(array, other), entity.value_from_person(array, one)]
        return choose(self.tracer, [self.has_role(one), self.has_role(other)], [*values, 0])

    def _check_persons(self, column: Any) -> None:
        if not isinstance(column, Sym):
            return
        if column.mask is not None:
            self.tracer.refuse("some persons only are gathered")
        if column.entity not in {None, self.tracer.person.key}:
            self.tracer.refuse(f"a column of {column.entity} is used as one of persons")

    def get_rank(self, entity: Any, criteria: Any, condition: Any = True) -> Sym:
        group = entity.reference_entity if isinstance(entity, Projector) else entity
        graph = self.tracer.graph
        for column in (criteria, condition):
            self._check_persons(column)
        nodes = (
            graph.cast(node_of(self.tracer, criteria), "f8"),
            graph.cast(node_of(self.tracer, condition), "b1"),
        )
        return Sym(self.tracer, graph.make("rank", nodes, (group.entity.key,), "i8", self.tracer.person.key))


class GroupPopulation(Population):
    """Families, dwellings, tax units: groups of persons with roles."""

    @property
    def members(self) -> Population:
        return self.tracer.populations[self.tracer.person.key]

    @property
    def members_position(self) -> Sym:
        attrs = (self.entity.key,)
        return Sym(self.tracer, self.tracer.graph.source("position", attrs, "i4", self.tracer.person.key, (0, 99)))

    def __getattr__(self, name: str) -> Any:
        if name in {"members_entity_id", "members_role", "ordered_members_map"}:
            self.tracer.refuse(f"the formula reads '{name}' of {self.entity.key}, which depends on the order of rows")
        return super().__getattr__(name)

    # Persons to groups

    def sum(self, array: Any, role: Any = None) -> Sym:
        return self._gathered("group_sum", self._of_role(array, role, 0), "f8")

    def any(self, array: Any, role: Any = None) -> Sym:
        values = self._of_role(array, role, 0)
        if values.dtype == np.bool_:
            return self._gathered("group_any", values, "b1")
        return apply(self.tracer, np.greater, self._gathered("group_sum", values, "f8"), 0)

    def all(self, array: Any, role: Any = None) -> Sym:
        values = apply(self.tracer, np.logical_and, self._of_role(array, role, True), True)
        return self._gathered("group_all", values, "b1")

    def max(self, array: Any, role: Any = None) -> Sym:
        return self._gathered("group_max", self._of_role(array, role, -np.inf).astype("f8"), "f8")

    def min(self, array: Any, role: Any = None) -> Sym:
        return self._gathered("group_min", self._of_role(array, role, np.inf).astype("f8"), "f8")

    def reduce(self, array: Any, reducer: Any, neutral_element: Any, role: Any = None) -> Sym:
        """The neutral element is one of the values reduced, as in OpenFisca."""
        if reducer is np.logical_and:
            return apply(self.tracer, reducer, self.all(array, role), neutral_element)
        if reducer is not np.maximum and reducer is not np.minimum:
            self.tracer.refuse(f"a group is reduced by {reducer!r}")
        op = "group_max" if reducer is np.maximum else "group_min"
        column = self._of_role(array, role, neutral_element)
        if column.dtype.kind == "M":  # dates are compared as days
            days = self._gathered(op, column.astype("i8").astype("f8"), "f8").astype("i8")
            return apply(self.tracer, reducer, days.astype(column.dtype), neutral_element)
        return apply(self.tracer, reducer, self._gathered(op, column.astype("f8"), "f8"), neutral_element)

    def nb_persons(self, role: Any = None) -> Sym:
        if role is not None:
            return self.sum(self.members.has_role(role))
        attrs = (self.entity.key,)
        return Sym(self.tracer, self.tracer.graph.source("group_size", attrs, "i8", self.entity.key, (1, 100)))

    def value_from_person(self, array: Any, role: Any, default: Any = 0) -> Sym:
        if role.max != 1:
            self.tracer.refuse(f"several persons can have the role '{role.key}'")
        return self._picked("from_role", array, (self.entity.key, role_keys(role)), default)

    def value_nth_person(self, n: int, array: Any, default: Any = 0) -> Sym:
        return self._picked("nth_person", array, (self.entity.key, int(n)), default)

    def value_from_first_person(self, array: Any) -> Sym:
        return self.value_nth_person(0, array)

    # Groups to persons

    def project(self, array: Any, role: Any = None) -> Sym:
        node = node_of(self.tracer, array)
        if isinstance(array, Sym) and (array.entity not in {None, self.entity.key} or array.mask is not None):
            self.tracer.refuse(f"what is projected is no column of {self.entity.key}")
        projected = self.tracer.graph.make(
            "project", (node,), (self.entity.key,), self.tracer.graph.nodes[node].dtype, self.tracer.person.key
        )
        result = _like(array, self.tracer, projected)
        return result if role is None else choose(self.tracer, [self.members.has_role(role)], [result, 0])

    def _of_role(self, array: Any, role: Any, neutral: Any) -> Sym:
        column = array if isinstance(array, Sym) else Sym(self.tracer, node_of(self.tracer, array))
        self._check_persons(column)
        return column if role is None else choose(self.tracer, [self.members.has_role(role)], [column, neutral])

    def _gathered(self, op: str, column: Sym, dtype: str) -> Sym:
        graph = self.tracer.graph
        return Sym(self.tracer, graph.make(op, (column.node,), (self.entity.key,), dtype, self.entity.key))

    def _picked(self, op: str, array: Any, attrs: tuple[Any, ...], default: Any) -> Sym:
        node = node_of(self.tracer, array)
        dtype = self.tracer.graph.nodes[node].dtype
        self._check_persons(array)
        default = getattr(default, "index", default) if isinstance(array, EnumSym) else default
        value = np.asarray(default).astype(dtype).item() if dtype[0] in "fiub" else default
        made = self.tracer.graph.make(op, (node,), (*attrs, value), dtype, self.entity.key)
        return _like(array, self.tracer, made)


def _like(array: Any, tracer: Tracer, node: int) -> Sym:
    return type(array)(tracer, node, array.possible_values) if isinstance(array, EnumSym) else Sym(tracer, node)


def role_keys(role: Any) -> tuple[str, ...]:
    """The keys of the roles that a person can hold which make up this one."""
    return tuple(sub.key for sub in role.subroles) if role.subroles else (role.key,)


class Projector:
    """`person.family`, `family.first_person`, `tax_unit.declarant_principal`: answers of one entity for another."""

    def __init__(self, reference: Population, transform: Callable[[Any], Any], parent: Projector | None) -> None:
        self.reference_entity = reference
        self._transform = transform
        self._parent = parent

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._bubbled(self.reference_entity(*args, **kwargs))

    def __getattr__(self, name: str) -> Any:
        projector = shortcut(self.reference_entity, name, self)
        if projector is not None:
            return projector
        found = getattr(self.reference_entity, name)
        if name not in PROJECTABLE:
            return found
        return lambda *args, **kwargs: self._bubbled(found(*args, **kwargs))

    def _bubbled(self, result: Any) -> Any:
        moved = self._transform(result)
        return moved if self._parent is None else self._parent._bubbled(moved)


def shortcut(population: Population, name: str, parent: Projector | None = None) -> Projector | None:
    """The projector that a name stands for, None when it stands for none."""
    populations = population.tracer.populations
    if not isinstance(population, GroupPopulation):
        target = populations.get(name)
        return Projector(target, target.project, parent) if isinstance(target, GroupPopulation) else None
    if name == "first_person":
        return Projector(population.members, population.value_from_first_person, parent)
    for role in population.entity.roles:
        for one in (role, *(role.subroles or ())):
            if one.max == 1 and one.key == name:
                return Projector(population.members, _value_of(population, one), parent)
    if name in population.entity.containing_entities:
        first = Projector(population.members, population.value_from_first_person, parent)
        return shortcut(population.members, name, first)
    return None


def _value_of(population: GroupPopulation, role: Any) -> Callable[[Any], Any]:
    return lambda array: population.value_from_person(array, role)
