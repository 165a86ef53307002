"""openfisca-country-template: random households, and its own cases as batches."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openfisca_country_template
import yaml
from openfisca_core import periods
from openfisca_core.commons import eval_expression
from openfisca_core.simulations import SimulationBuilder
from openfisca_core.tools.test_runner import InYamlTestReform, _get_tax_benefit_system

from tests.lawgraph.oracle import Columns, openfisca_warnings_aside, period_name, plain

FOLDER = Path(openfisca_country_template.__file__).parent
STATUSES = ("owner", "tenant", "free_lodger", "homeless")


@cache
def template() -> Any:
    with openfisca_warnings_aside():
        return openfisca_country_template.CountryTaxBenefitSystem()


def reformed(name: str) -> Any:
    """The template with one of its own reforms."""
    module = importlib.import_module(f"openfisca_country_template.reforms.{name}")
    with openfisca_warnings_aside():
        return getattr(module, name)(template())


def households(count: int, month: str, seed: int) -> Columns:
    """Random households at a month: of one to six persons, in the order of their dwelling or not."""
    rng = np.random.default_rng(seed)
    ids = rng.permutation(np.repeat(np.arange(count), rng.integers(1, 7, count)))
    persons = len(ids)
    children = rng.random(persons) < 0.4
    year = month[:4]
    days = np.where(children, rng.integers(0, 6500, persons), rng.integers(6600, 33_000, persons))
    return {
        "household.id": ids,
        "household.role": np.where(children, "child", "adult"),
        "birth@eternity": np.datetime64(f"{month}-01") - days,
        f"salary@{year}": np.where(children, 0, np.round(rng.gamma(2, 14_000, persons), 2)).astype(np.float32),
        f"salary@{month}": np.where(rng.random(persons) < 0.3, 0, rng.gamma(2, 900, persons)).astype(np.float32),
        f"capital_returns@{month}": np.where(rng.random(persons) < 0.2, 350.75, 0).astype(np.float32),
        f"rent@{month}": rng.uniform(0, 1500, count).astype(np.float32),
        f"accommodation_size@{year}-01": rng.uniform(8, 190, count).astype(np.float32),
        f"housing_occupancy_status@{year}-01": rng.choice(STATUSES, count),
        f"housing_occupancy_status@{month}": rng.choice(STATUSES, count),
    }


class _Loader(yaml.SafeLoader):
    """Dates stay text, as OpenFisca reads them."""

    yaml_implicit_resolvers = {
        letter: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


@dataclass(frozen=True)
class Case:
    """One of the template's own cases: its batch, and the values expected of "variable@period"."""

    name: str
    system: Any
    columns: Columns
    expected: Mapping[str, np.ndarray]
    margin: float


def cases() -> Iterator[Case]:
    for path in sorted((FOLDER / "tests").rglob("*.yaml")):
        for given in yaml.load(path.read_text(encoding="utf-8"), _Loader):  # noqa: S506 - a safe loader, less the dates
            yield _case(f"{path.stem}: {given['name']}", given)


def _case(name: str, given: Mapping[str, Any]) -> Case:
    system = _system(given)
    period = str(given["period"])
    builder = SimulationBuilder()
    builder.set_default_period(period)
    with openfisca_warnings_aside():
        simulation = builder.build_from_dict(system, dict(given.get("input", {})))
    expected: dict[str, list[Any]] = {}
    _expect(simulation, given["output"], period, expected)
    values = {key: np.array([eval_expression(one) if isinstance(one, str) else one for one in found])
              for key, found in expected.items()}  # fmt: skip
    return Case(name, system, batch(simulation), values, float(given.get("absolute_error_margin", 0)))


def _system(given: Mapping[str, Any]) -> Any:
    system = _get_tax_benefit_system(template(), given.get("reforms", []), [])
    return InYamlTestReform(system, given["parameters"]) if "parameters" in given else system


def batch(simulation: Any) -> Columns:
    """What a simulation knows, as columns."""
    columns: Columns = {}
    for population in simulation.populations.values():
        if not population.entity.is_person:
            columns[f"{population.entity.key}.id"] = np.asarray(population.members_entity_id)
            columns[f"{population.entity.key}.role"] = np.array([role.key for role in population.members_role])
        for name in population._holders:
            holder = population.get_holder(name)
            for period in holder.get_known_periods():
                columns[f"{name}@{period_name(period)}"] = plain(holder.get_array(period))
    return columns


def _expect(simulation: Any, output: Mapping[str, Any], period: str, expected: dict[str, list[Any]]) -> None:
    """Values by variable; by entity; or by instance of an entity."""
    for key, found in output.items():
        population = next((one for one in simulation.populations.values() if key == one.entity.key), None)
        plural = next((one for one in simulation.populations.values() if key == one.entity.plural), None)
        if population is not None:
            _expect(simulation, found, period, expected)
        elif plural is not None:
            for instance, values in found.items():
                alone: dict[str, list[Any]] = {}
                _expect(simulation, values, period, alone)
                for name, one in alone.items():
                    row = list(plural.ids).index(instance)
                    expected.setdefault(name, [np.nan] * plural.count)[row] = one[0]
        elif isinstance(found, Mapping):
            for at, value in found.items():
                _expect(simulation, {key: value}, str(at), expected)
        else:
            expected[f"{key}@{periods.period(period)}"] = list(found) if isinstance(found, list) else [found]
