"""Plain OpenFisca on a flat batch: what the compiler's answers are compared with.

A batch is one dict of arrays: "<group>.id" and "<group>.role" (one value per person), "<variable>@<period>" (one value
per instance of the variable's entity). Nothing here is clever: populations, roles, `set_input`, `calculate`.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from openfisca_core import periods
from openfisca_core.indexed_enums import EnumArray
from openfisca_core.populations import GroupPopulation
from openfisca_core.simulations import Simulation
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

Batch = Mapping[str, np.ndarray]
Columns = dict[str, np.ndarray]

RIGHTS = (
    "rsa",
    "ppa",
    "aah",
    "aide_logement",
    "cmu_c",
    "css_participation_forfaitaire",
    "af",
    "cf",
    "asf",
    "paje_base",
    "ars",
    "aspa",
    "asi",
    "cheque_energie",
    "contrat_engagement_jeune",
)


@contextmanager
def openfisca_warnings_aside() -> Iterator[None]:
    """OpenFisca divides by zero and calls deprecated functions; our tests make every warning an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@cache
def france() -> TaxBenefitSystem:
    """The French system as installed, without any correction, loaded once (2.5 s)."""
    with openfisca_warnings_aside():
        from openfisca_france import FranceTaxBenefitSystem

        return FranceTaxBenefitSystem()


def output_period(variable: Variable, month: str) -> str:
    """The period in which a variable is asked when one studies a month: its own year for the yearly ones."""
    unit = variable.definition_period
    if unit == periods.DateUnit.ETERNITY:
        return "eternity"
    return month[:4] if unit == periods.DateUnit.YEAR else month[:7]


def split_name(column: str) -> tuple[str, str]:
    """ "rsa@2026-01" → ("rsa", "2026-01")."""
    variable, _, period = column.partition("@")
    return variable, period


class WatchedSimulation(Simulation):
    """Plain OpenFisca that also notes the loops it cuts: the variable met again, and those between."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.loops: Counter[tuple[str, ...]] = Counter()

    def invalidate_spiral_variables(self, variable: str) -> None:
        names = [str(frame["name"]) for frame in self.tracer.stack]
        last = len(names) - 1 - names[-2::-1].index(variable) - 1
        self.loops[tuple(names[last:])] += 1
        super().invalidate_spiral_variables(variable)


def loops(system: TaxBenefitSystem, batch: Batch, outputs: Sequence[str], month: str) -> Counter[tuple[str, ...]]:
    """The loops that OpenFisca cuts by its heuristic, each output asked of a fresh simulation.

    Where there is none, an answer does not depend on what was asked before it.
    """
    found: Counter[tuple[str, ...]] = Counter()
    for name in outputs:
        simulation = build(system, batch, WatchedSimulation)
        with openfisca_warnings_aside():
            simulation.calculate(name, output_period(system.get_variable(name, check_existence=True), month))
        found += simulation.loops
    return found


def build(system: TaxBenefitSystem, batch: Batch, kind: type[Simulation] = Simulation) -> Any:
    """A simulation that knows what the batch says, and has computed nothing.

    Short periods are set before long ones, as OpenFisca's own builder does, because a year is spread over what the
    months left unknown; a value after the variable's end is left out, as there too.
    """
    simulation = kind(system, system.instantiate_entities())
    inputs = [(*split_name(column), values) for column, values in batch.items() if "@" in column]
    _count(system, simulation, batch, inputs)
    by_size = sorted(inputs, key=lambda one: periods.key_period_size(periods.period(one[1])))
    with openfisca_warnings_aside():
        for variable, period, values in by_size:
            simulation.set_input(variable, period, values)
    return simulation


def _count(
    system: TaxBenefitSystem, simulation: Simulation, batch: Batch, inputs: Sequence[tuple[str, str, np.ndarray]]
) -> None:
    sizes: dict[str, int] = {}
    for variable, _, values in inputs:
        sizes.setdefault(system.get_variable(variable, check_existence=True).entity.key, len(values))
    for entity in system.group_entities:
        members = batch[f"{entity.key}.id"]
        sizes[system.person_entity.key] = len(members)
        # A declared group may have no member; only its columns know that it exists.
        sizes[entity.key] = max(int(members.max()) + 1, sizes.get(entity.key, 0))
    for population in simulation.populations.values():
        population.count = sizes[population.entity.key]
        population.ids = list(range(population.count))
        if isinstance(population, GroupPopulation):
            key = population.entity.key
            population.members_entity_id = np.asarray(batch[f"{key}.id"])
            population.members_role = _roles(population, batch[f"{key}.role"])


def _roles(population: GroupPopulation, names: np.ndarray) -> np.ndarray:
    roles = {role.key: role for role in population.entity.flattened_roles}
    unknown = set(np.unique(names).tolist()) - set(roles)
    if unknown:
        message = f"{population.entity.key}: unknown roles {sorted(unknown)}"
        raise ValueError(message)
    result = np.empty(len(names), dtype=object)
    for key, role in roles.items():
        result[names == key] = role
    return result


def openfisca(
    system: TaxBenefitSystem,
    batch: Batch,
    outputs: Sequence[str],
    period: str,
    *,
    chunk: int | None = 20_000,
    fresh_per_output: bool = False,
) -> Columns:
    """The outputs at the month `period`, under "variable@period", one value per instance of the variable's entity.

    `chunk`: households (persons linked by any group) per simulation, None for a single simulation whatever the memory.
    `fresh_per_output`: a new simulation for every output, so that no answer depends on what was asked before it.
    (`Simulation.clone` would not do: its holders share their memory with the original.)
    """
    asked = [(name, output_period(system.get_variable(name, check_existence=True), period)) for name in outputs]
    parts = [(part, _answers(system, part.batch, asked, fresh_per_output)) for part in cut(system, batch, chunk)]
    if len(parts) == 1:
        return parts[0][1]
    result: Columns = {}
    for name, at in asked:
        column = f"{name}@{at}"
        entity = system.get_variable(name).entity.key
        order = np.concatenate([part.instances[entity] for part, _ in parts])
        values = np.concatenate([answers[column] for _, answers in parts])
        result[column] = np.empty_like(values)
        result[column][order] = values
    return result


def _answers(
    system: TaxBenefitSystem, batch: Batch, asked: Sequence[tuple[str, str]], fresh_per_output: bool
) -> Columns:
    simulation = build(system, batch)
    result: Columns = {}
    for position, (name, at) in enumerate(asked):
        if fresh_per_output and position:
            simulation = build(system, batch)
        with openfisca_warnings_aside():
            result[f"{name}@{at}"] = plain(simulation.calculate(name, at))
    return result


def plain(values: np.ndarray) -> np.ndarray:
    """An enum as the names of its items, as in a batch; the rest as it is."""
    return values.decode_to_str() if isinstance(values, EnumArray) else values


@dataclass(frozen=True)
class Part:
    """Some households of a batch, renumbered, and where each instance of each entity was in the whole."""

    batch: Columns
    instances: dict[str, np.ndarray]


def cut(system: TaxBenefitSystem, batch: Batch, chunk: int | None) -> Iterator[Part]:
    """The batch by `chunk` households at most. Persons who share any group stay together.

    Raises ValueError when a batch to be cut holds a group without members: nothing says where it would go.
    """
    groups = {entity.key: np.asarray(batch[f"{entity.key}.id"]) for entity in system.group_entities}
    households = components(list(groups.values()))
    count = int(households.max()) + 1
    if chunk is None or count <= chunk:
        yield Part(dict(batch), {})
        return
    for key, ids in groups.items():
        if len(np.unique(ids)) != int(ids.max()) + 1:
            message = f"{key}: a group has no member, the batch cannot be cut"
            raise ValueError(message)
    for start in range(0, count, chunk):
        persons = np.flatnonzero((households >= start) & (households < start + chunk))
        yield _part(system, batch, persons)


def _part(system: TaxBenefitSystem, batch: Batch, persons: np.ndarray) -> Part:
    instances = {system.person_entity.key: persons}
    result: Columns = {}
    for entity in system.group_entities:
        key = entity.key
        instances[key], result[f"{key}.id"] = np.unique(batch[f"{key}.id"][persons], return_inverse=True)
        result[f"{key}.role"] = batch[f"{key}.role"][persons]
    for column, values in batch.items():
        if "@" in column:
            result[column] = values[instances[system.get_variable(split_name(column)[0]).entity.key]]
    return Part(result, instances)


def components(groups: Sequence[np.ndarray]) -> np.ndarray:
    """The household of each person, 0..n-1 in order of first appearance: persons linked by a chain of groups."""
    label = np.arange(len(groups[0]))
    while True:
        before = label
        for ids in groups:
            smallest = np.full(int(ids.max()) + 1, len(label))
            np.minimum.at(smallest, ids, label)
            label = smallest[ids]
        if np.array_equal(label, before):
            return np.unique(label, return_inverse=True)[1]


def spread(system: TaxBenefitSystem, batch: Batch) -> Columns:
    """The same batch with every input at its variable's own period, spread by OpenFisca's rules."""
    simulation = build(system, batch)
    result: Columns = {column: values for column, values in batch.items() if "@" not in column}
    for variable in dict.fromkeys(split_name(column)[0] for column in batch if "@" in column):
        holder = simulation.get_holder(variable)
        for period in sorted(holder.get_known_periods()):
            result[f"{variable}@{period_name(period)}"] = plain(holder.get_array(period))
    return result


def period_name(period: Any) -> str:
    """ "2026-01", "2025", "eternity": lower case, where OpenFisca writes the last one in capitals."""
    return str(period).lower()
