"""A plain OpenFisca simulation given exactly what a batch gives, or less of it: to show what a care is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from openfisca_core.simulation_builder import SimulationBuilder

from maillage.gateways.openfisca_france.facts import Household, Housing, Person
from maillage.gateways.openfisca_france.household import Batch, Given, batch, signature
from maillage.gateways.openfisca_france.system import system

MONTH = "2026-01"
RURAL = "49126"
"""A commune of zone 3."""


def everything(given: Given) -> bool:
    return True


def compute(
    columns: Batch, month: str, variable: str, period: str = "", kept: Callable[[Given], bool] = everything
) -> npt.NDArray[Any]:
    """One variable, by OpenFisca itself, from the columns that `kept` keeps."""
    simulation = _empty(columns)
    for given in signature(month):
        if kept(given):
            _give(simulation, given, columns[given.column])
    return np.asarray(simulation.calculate(variable, period or month))


def amount(
    household: Household, variable: str, kept: Callable[[Given], bool] = everything, month: str = MONTH
) -> float:
    """The same for one household, in euros, all its members together."""
    return float(compute(batch([household], month), month, variable, kept=kept).sum())


def _empty(columns: Batch) -> Any:
    builder = SimulationBuilder()
    builder.create_entities(system())
    builder.declare_person_entity("individu", [str(rank) for rank in range(len(columns["famille.id"]))])
    for group in ("famille", "foyer_fiscal", "menage"):
        ids = columns[f"{group}.id"]
        entity = builder.declare_entity(group, [str(rank) for rank in range(int(ids.max()) + 1)])
        builder.join_with_persons(entity, [str(rank) for rank in ids], columns[f"{group}.role"].tolist())
    return builder.build(system())


def _give(simulation: Any, given: Given, values: npt.NDArray[Any]) -> None:
    variable = system().variables[given.variable]
    if hasattr(variable, "possible_values") and variable.possible_values is not None:
        values = variable.possible_values.encode(values)
    elif variable.value_type is str:
        values = values.astype("S")
    simulation.set_input(given.variable, "ETERNITY" if given.period == "eternity" else given.period, values)


def person(years: int = 35, **facts: Any) -> Person:
    """Somebody of so many years in January 2026."""
    return Person(born_on=date(2025 - years, 6, 15), **facts)


def household(*persons: Person, **facts: Any) -> Household:
    """A tenant of a rural commune, unless told."""
    given: dict[str, Any] = {"commune": RURAL, "housing": Housing.PRIVATE_TENANT, "rent": 450.0} | facts
    return Household(persons=persons, **given)


def columns(households: Sequence[Household], month: str = MONTH) -> Batch:
    return batch(households, month)
