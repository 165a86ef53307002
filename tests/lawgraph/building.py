"""Small countries made for a test, random batches for them, and the comparison with plain OpenFisca.

A country has persons, families (`parent` is two roles, `child` any number), homes (one `holder`, any number of
`other`) and parameters; each test adds the variables that it is about.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from openfisca_core.entities import build_entity
from openfisca_core.indexed_enums import Enum
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import DateUnit
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from lawgraph import Input, Program
from lawgraph.trace import trace
from tests.lawgraph.oracle import Columns, openfisca, openfisca_warnings_aside, output_period, split_name

MONTH = "2024-05"

Person = build_entity(key="person", plural="persons", label="", is_person=True)
Family = build_entity(
    key="family",
    plural="families",
    label="",
    roles=[
        {"key": "parent", "plural": "parents", "label": "", "subroles": ["first_parent", "second_parent"]},
        {"key": "child", "plural": "children", "label": ""},
    ],
)
Home = build_entity(
    key="home",
    plural="homes",
    label="",
    containing_entities=["family"],
    roles=[
        {"key": "holder", "plural": "holders", "label": "", "max": 1},
        {"key": "other", "plural": "others", "label": ""},
    ],
)


class Housing(Enum):
    owner = "Owner"
    tenant = "Tenant"
    free = "Housed for free"


PARAMETERS: dict[str, Any] = {
    "rate": {"values": {"2000-01-01": {"value": 0.25}, "2024-03-01": {"value": 0.5}}},
    "minimum": {"values": {"2000-01-01": {"value": 1200}}},
    "rent": {
        "owner": {"values": {"2000-01-01": {"value": 0}}},
        "tenant": {"values": {"2000-01-01": {"value": 310.5}}},
        "free": {"values": {"2000-01-01": {"value": 20}}},
    },
    "partial": {
        "owner": {"values": {"2000-01-01": {"value": 7}}},
        "tenant": {"values": {"2000-01-01": {"value": 8}}},
    },
    "by_size": {
        name: {"values": {"2000-01-01": {"value": rank * 1.5}}}
        for rank, name in enumerate(("1", "2", "3", "10", "007", "11_and_more"))
    },
    "by_place": {name: {"values": {"2000-01-01": {"value": rank}}} for rank, name in enumerate(("b", "a", "c"))},
    "by_housing": {
        name: {
            "low": {"values": {"2000-01-01": {"value": rank}}},
            "high": {"values": {"2000-01-01": {"value": 10 * rank + 1}}},
        }
        for rank, name in enumerate(("owner", "tenant", "free"))
    },
    "by_birth": {
        "before_1960_01_01": {"values": {"2000-01-01": {"value": 60}}},
        "after_1960_01_01": {"values": {"2000-01-01": {"value": 62}}},
        "after_1975_06_15": {"values": {"2000-01-01": {"value": 64}}},
    },
    "scales": {
        "marginal": {
            "metadata": {"type": "marginal_rate"},
            "brackets": [
                {"threshold": {"2000-01-01": {"value": low}}, "rate": {"2000-01-01": {"value": rate}}}
                for low, rate in ((0, 0), (500, 0.1), (1500.25, 0.3), (4000, 0.55))
            ],
        },
        "single": {
            "metadata": {"type": "single_amount"},
            "brackets": [
                {"threshold": {"2000-01-01": {"value": low}}, "amount": {"2000-01-01": {"value": amount}}}
                for low, amount in ((0, 5), (600, 9), (2000, 30))
            ],
        },
        "amounts": {
            "brackets": [
                {"threshold": {"2000-01-01": {"value": low}}, "amount": {"2000-01-01": {"value": amount}}}
                for low, amount in ((0, 5), (600, 9), (2000, 30))
            ],
        },
        "average": {
            "brackets": [
                {"threshold": {"2000-01-01": {"value": low}}, "average_rate": {"2000-01-01": {"value": rate}}}
                for low, rate in ((0, 0), (600, 0.1), (2000, 0.4), (9_999_999, 0.5))
            ],
        },
    },
}


def variable(name: str, entity: Any, value_type: Any = float, *, unit: DateUnit = DateUnit.MONTH, **rest: Any) -> type:
    """A variable of a test: `rest` are its formulas and attributes."""
    members = {"value_type": value_type, "entity": entity, "definition_period": unit, "label": name}
    return type(name, (Variable,), members | {key: one for key, one in rest.items() if one is not None})


def _inputs() -> Iterable[type]:
    yield variable("wage", Person)
    yield variable("count", Person, int)
    yield variable("works", Person, bool)
    yield variable("birth", Person, datetime.date, unit=DateUnit.ETERNITY, default_value=datetime.date(1970, 1, 1))
    yield variable("place", Person, str, default_value="")
    yield variable("housing", Home, Enum, possible_values=Housing, default_value=Housing.tenant)
    yield variable("size", Home, int)
    yield variable("need", Family)


def country(*variables: type, parameters: Mapping[str, Any] | None = None) -> Any:
    """A country with the common inputs and these variables."""
    system = TaxBenefitSystem([Person, Family, Home])
    for one in (*_inputs(), *variables):
        system.add_variable(one)
    system.parameters = ParameterNode("", data=dict(PARAMETERS if parameters is None else parameters))
    return system


def groups(rng: np.random.Generator, persons: int) -> Columns:
    """Persons in families and homes: some homes are a family, others split families or hold several."""
    family = np.sort(rng.integers(0, max(persons // 3, 1), persons))
    family = np.unique(family, return_inverse=True)[1]
    home = np.where(rng.random(persons) < 0.15, rng.integers(0, persons, persons), family)
    home = np.unique(home, return_inverse=True)[1]
    order = rng.permutation(persons)
    columns: Columns = {"family.id": family[order], "home.id": home[order]}
    columns["family.role"] = _roles(columns["family.id"], ("first_parent", "second_parent"), "child", rng)
    columns["home.role"] = _roles(columns["home.id"], ("holder",), "other", rng)
    return columns


def _roles(ids: np.ndarray, unique: tuple[str, ...], others: str, rng: np.random.Generator) -> np.ndarray:
    """Each unique role is held by one member at most, not always the first."""
    roles = np.full(len(ids), others, dtype="U20")
    for group in range(int(ids.max(initial=-1)) + 1):
        members = rng.permutation(np.flatnonzero(ids == group))
        for name, member in zip(unique, members, strict=False):
            if rng.random() < 0.85:
                roles[member] = name
    return roles


def random_batch(persons: int, seed: int, *, months: Sequence[str] = (MONTH,)) -> Columns:
    """The common inputs for each of `months`, for persons of random groups."""
    rng = np.random.default_rng(seed)
    columns = groups(rng, persons)
    homes, families = (int(columns[f"{kind}.id"].max(initial=-1)) + 1 for kind in ("home", "family"))
    columns["birth@eternity"] = np.datetime64("1930-01-01") + rng.integers(0, 34_000, persons)
    for month in months:
        wage = np.round(rng.normal(1200, 1100, persons), 2)
        columns[f"wage@{month}"] = np.where(rng.random(persons) < 0.2, 0, wage).astype(np.float32)
        columns[f"count@{month}"] = rng.integers(-3, 9, persons).astype(np.int32)
        columns[f"works@{month}"] = rng.random(persons) < 0.5
        columns[f"place@{month}"] = rng.choice(["a", "b", "c"], persons)
        columns[f"housing@{month}"] = rng.choice(list(Housing.names), homes)
        columns[f"size@{month}"] = rng.choice([1, 2, 3, 10], homes).astype(np.int32)
        columns[f"need@{month}"] = rng.uniform(-50, 900, families).astype(np.float32)
    return columns


def inputs_of(columns: Columns) -> list[Input]:
    return [Input(*split_name(name)) for name in columns if "@" in name]


def compiled(system: Any, outputs: Iterable[str], columns: Columns, month: str = MONTH, **options: Any) -> Program:
    with openfisca_warnings_aside():
        return trace(system, outputs, month, inputs_of(columns), **options)


def assert_as_openfisca(
    system: Any, outputs: Sequence[str], columns: Columns, month: str = MONTH, *, exact: bool = True, **options: Any
) -> Program:
    """Every output is that of a fresh OpenFisca run: to the last bit, or to a millionth where scales are summed."""
    program = compiled(system, outputs, columns, month, **options)
    answers = program.run(columns)
    expected = openfisca(system, columns, outputs, month, chunk=None, fresh_per_output=True)
    assert set(answers) == set(expected)
    for name, values in expected.items():
        assert answers[name].shape == values.shape, name
        if exact or values.dtype.kind != "f":
            assert answers[name].dtype.kind == values.dtype.kind.replace("O", "U"), name
            assert np.array_equal(answers[name], values, equal_nan=values.dtype.kind == "f"), name
        else:
            np.testing.assert_allclose(answers[name], values, rtol=1e-6, atol=1e-6, err_msg=name)
    return program


def asked(system: Any, name: str, month: str = MONTH) -> str:
    """The key of an output."""
    return f"{name}@{output_period(system.get_variable(name), month)}"
