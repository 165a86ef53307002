"""OpenFisca's public test cases, read as OpenFisca reads them, as flat batches with expected answers.

`python -m tests.lawgraph.law_cases FOLDER` runs every case of the folder through OpenFisca itself and lists those that
OpenFisca fails: a compiler is not asked to do better than what it compiles.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from openfisca_core import periods
from openfisca_core.commons import eval_expression
from openfisca_core.errors import SituationParsingError, VariableNotFoundError
from openfisca_core.indexed_enums import Enum
from openfisca_core.populations import GroupPopulation
from openfisca_core.simulations import Simulation, SimulationBuilder
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.tools import assert_near
from openfisca_core.variables import Variable

from tests.lawgraph.oracle import (
    RIGHTS,
    Columns,
    build,
    france,
    openfisca_warnings_aside,
    period_name,
    plain,
    split_name,
    spread,
)

READ_KEYS = {
    "absolute_error_margin",
    "description",
    "extensions",
    "input",
    "keywords",
    "name",
    "output",
    "period",
    "reforms",
    "relative_error_margin",
}


@dataclass(frozen=True)
class Expected:
    """What a case expects of one variable: for one instance of its entity, or for all (`instance` None)."""

    variable: str
    period: str
    value: Any
    instance: int | None = None

    @property
    def column(self) -> str:
        return f"{self.variable}@{self.period}"


@dataclass(frozen=True)
class LawCase:
    """One case: a small population, and what it must answer.

    `refusal` says why OpenFisca cannot read the case ("" when it can): such a case has neither batch nor expectation.
    Margins are by variable, under "default" for the others; None is no margin of that kind (both None: equality).
    """

    name: str
    file: str
    period: str
    batch: Columns = field(repr=False)
    expected: tuple[Expected, ...]
    absolute_error_margin: Mapping[str, float | None]
    relative_error_margin: Mapping[str, float | None]
    keywords: tuple[str, ...] = ()
    reforms: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    refusal: str = ""
    source: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def outputs(self) -> tuple[str, ...]:
        """The columns that the case asks for, each once, in the order of the file."""
        return tuple(dict.fromkeys(one.column for one in self.expected))

    @property
    def signature(self) -> tuple[str, ...]:
        """The columns that the case gives, in order: the key of a compiled program."""
        return tuple(sorted(column for column in self.batch if "@" in column))


# ---- reading ----------------------------------------------------------------------------------------------------


def read_cases(folder: Path, system: TaxBenefitSystem | None = None) -> list[LawCase]:
    """Every case of the YAML files under `folder`, in the order of paths then of the files."""
    read_by = france() if system is None else system
    cases = []
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
        file = path.relative_to(folder).as_posix()
        loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        listed = loaded if isinstance(loaded, list) else [loaded]
        cases += [read_case(read_by, file, position, raw) for position, raw in enumerate(listed, start=1)]
    return cases


def rights_cases(
    folder: Path, outputs: Sequence[str] = RIGHTS, system: TaxBenefitSystem | None = None
) -> list[LawCase]:
    """The readable cases that expect something of one of the variables `outputs`."""
    asked = set(outputs)
    return [case for case in read_cases(folder, system) if any(one.variable in asked for one in case.expected)]


def read_case(system: TaxBenefitSystem, file: str, position: int, raw: Mapping[str, Any]) -> LawCase:
    head: dict[str, Any] = {
        "name": f"{position}: {raw.get('name', '')}",
        "file": file,
        "period": "" if raw.get("period") is None else period_name(periods.period(str(raw["period"]))),
        "absolute_error_margin": _margin(raw.get("absolute_error_margin")),
        "relative_error_margin": _margin(raw.get("relative_error_margin")),
        "keywords": _texts(raw.get("keywords")),
        "reforms": _texts(raw.get("reforms")),
        "extensions": _texts(raw.get("extensions")),
        "source": raw,
    }
    unread = sorted(set(raw) - READ_KEYS)
    if unread:
        return LawCase(**head, batch={}, expected=(), refusal=f"keys not read: {', '.join(unread)}")
    own = _system_of(system, head["reforms"], head["extensions"])
    try:
        builder, simulation = situation(own, raw)
        batch, orders = _batch(own, builder, simulation, raw)
        expected = tuple(_expected(own, simulation, orders, raw))
    except (SituationParsingError, VariableNotFoundError, ValueError, TypeError, KeyError) as error:
        return LawCase(**head, batch={}, expected=(), refusal=f"{type(error).__name__}: {error}")
    return LawCase(**head, batch=batch, expected=expected)


def situation(system: TaxBenefitSystem, raw: Mapping[str, Any]) -> tuple[SimulationBuilder, Simulation]:
    """The simulation that OpenFisca's own test runner builds for a case."""
    builder = SimulationBuilder()
    with openfisca_warnings_aside():
        builder.set_default_period(raw.get("period"))
        simulation = builder.build_from_dict(system, raw.get("input") or {})
    if simulation is None:
        message = "neither entities nor variables in the input"
        raise ValueError(message)
    return builder, simulation


def _system_of(system: TaxBenefitSystem, reforms: Sequence[str], extensions: Sequence[str]) -> TaxBenefitSystem:
    if not reforms and not extensions:
        return system
    changed = system.clone()
    for reform in reforms:
        changed = changed.apply_reform(reform)
    for extension in extensions:
        changed.load_extension(extension)
    return changed


def _texts(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(str(one) for one in value) if isinstance(value, list) else (str(value),)


def _margin(value: Any) -> dict[str, float | None]:
    if isinstance(value, Mapping):
        return {"default": None} | {name: None if one is None else float(one) for name, one in value.items()}
    return {"default": None if value is None else float(value)}


def _batch(
    system: TaxBenefitSystem, builder: SimulationBuilder, simulation: Simulation, raw: Mapping[str, Any]
) -> tuple[Columns, dict[str, np.ndarray]]:
    """The flat batch of a built simulation, and by entity the place in OpenFisca of each instance of the batch."""
    orders = {key: _order(population, raw) for key, population in simulation.populations.items()}
    batch: Columns = {}
    for key, population in simulation.populations.items():
        if isinstance(population, GroupPopulation):
            place = np.argsort(orders[key])
            batch[f"{key}.id"] = place[np.asarray(population.members_entity_id)]
            batch[f"{key}.role"] = np.array([role.key for role in population.members_role])
    for variable, period, values in _inputs(system, builder, simulation, raw):
        if variable.end is not None and period.start.date > variable.end:
            continue
        eternal = variable.definition_period == periods.DateUnit.ETERNITY
        name = f"{variable.name}@{'eternity' if eternal else period_name(period)}"
        batch[name] = _column(variable, values)[orders[variable.entity.key]]
    return _by_plain_periods(system, batch), orders


def _by_plain_periods(system: TaxBenefitSystem, batch: Columns) -> Columns:
    """Periods that a flat batch cannot name (a year from April, ten months) spread over those of the variable."""
    odd = {split_name(column)[0] for column in batch if ":" in column}
    if not odd:
        return batch
    kept = {column: values for column, values in batch.items() if split_name(column)[0] not in odd}
    named = {column: values for column, values in batch.items() if "@" not in column or column not in kept}
    return kept | spread(system, named)


def _order(population: Any, raw: Mapping[str, Any]) -> np.ndarray:
    """Declared instances first, then the groups that OpenFisca adds for persons left alone, in the persons' order.

    OpenFisca adds them in the order of a set, which changes from one process to the next.
    """
    places = np.arange(population.count)
    given = raw.get("input") or {}
    if not isinstance(population, GroupPopulation) or "axes" in given:
        return places
    entity = population.entity
    declared = len(given.get(entity.plural) or {}) + (entity.key in given)
    if declared == 0:
        return places
    first_member = np.full(population.count, -1)
    ids = np.asarray(population.members_entity_id)
    first_member[ids[::-1]] = np.arange(len(ids))[::-1]
    return np.concatenate([places[:declared], places[declared:][np.argsort(first_member[declared:])]])


def _inputs(
    system: TaxBenefitSystem, builder: SimulationBuilder, simulation: Simulation, raw: Mapping[str, Any]
) -> Iterator[tuple[Variable, periods.Period, Any]]:
    given = raw.get("input") or {}
    if builder.input_buffer or builder.entity_ids:
        for name, by_period in builder.input_buffer.items():
            count = simulation.get_variable_population(name).count
            for period, values in by_period.items():
                yield system.get_variable(name), periods.period(period), np.tile(values, count // len(values))
        return
    for name, value in given.items():
        by_period = value if isinstance(value, Mapping) else {builder.default_period: value}
        for period, values in by_period.items():
            yield system.get_variable(name), periods.period(period), values


def _column(variable: Variable, values: Any) -> np.ndarray:
    """An input as the batch wants it: enums and texts as str, dates by day, the rest in the variable's dtype."""
    if isinstance(values, str) and variable.value_type in (float, int):
        values = eval_expression(values)
    array = np.atleast_1d(np.asarray(values))
    if variable.value_type == Enum:
        if array.dtype.kind in "iu":
            return variable.possible_values.encode(array).decode_to_str()
        return array.astype(np.str_)
    if variable.value_type is str:
        return np.array([one.decode() if isinstance(one, bytes) else str(one) for one in array.tolist()])
    return array.astype(variable.dtype)


def _expected(
    system: TaxBenefitSystem, simulation: Simulation, orders: Mapping[str, np.ndarray], raw: Mapping[str, Any]
) -> Iterator[Expected]:
    for key, value in (raw.get("output") or {}).items():
        if system.get_variable(key):
            yield from _of_variable(system, key, value, raw.get("period"), None)
        elif key in simulation.populations:
            for variable, one in value.items():
                yield from _of_variable(system, variable, one, raw.get("period"), None)
        else:
            population = simulation.get_population(plural=key)
            if population is None:
                raise VariableNotFoundError(key, system)
            places = np.argsort(orders[population.entity.key])
            for instance, by_variable in value.items():
                place = int(places[population.get_index(instance)])
                for variable, one in by_variable.items():
                    yield from _of_variable(system, variable, one, raw.get("period"), place)


def _of_variable(
    system: TaxBenefitSystem, variable: str, value: Any, period: Any, instance: int | None
) -> Iterator[Expected]:
    if isinstance(value, Mapping):
        for at, one in value.items():
            yield from _of_variable(system, variable, one, at, instance)
        return
    found = system.get_variable(variable, check_existence=True)
    eternal = found.definition_period == periods.DateUnit.ETERNITY
    yield Expected(variable, "eternity" if eternal else period_name(periods.period(str(period))), value, instance)


# ---- checking ---------------------------------------------------------------------------------------------------


def check(case: LawCase, answers: Mapping[str, np.ndarray], variables: Iterable[str] | None = None) -> list[str]:
    """The differences between answers ("variable@period" → one value per instance) and the case, within its margins.

    `variables`: look only at what is expected of those.
    """
    kept = None if variables is None else set(variables)
    differences = []
    for one in case.expected:
        if kept is not None and one.variable not in kept:
            continue
        values = answers[one.column]
        try:
            assert_near(
                values if one.instance is None else values[one.instance],
                one.value,
                _of(case.absolute_error_margin, one.variable),
                f"{one.column}: ",
                _of(case.relative_error_margin, one.variable),
            )
        except AssertionError as error:
            differences.append(" ".join(str(error).split()))
    return differences


def _of(margin: Mapping[str, float | None], variable: str) -> float | None:
    return margin.get(variable, margin["default"])


def answer(case: LawCase, simulation: Simulation) -> Columns:
    """What OpenFisca answers, in one simulation and in the order of the file, as its own test runner does."""
    with openfisca_warnings_aside():
        return {one.column: plain(simulation.calculate(one.variable, one.period)) for one in case.expected}


def run(system: TaxBenefitSystem, case: LawCase) -> list[str]:
    """The differences of OpenFisca itself with a case; what it raises counts as one."""
    if case.refusal:
        return [case.refusal]
    own = _system_of(system, case.reforms, case.extensions)
    try:
        return check(case, answer(case, build(own, case.batch)))
    except Exception as error:  # noqa: BLE001 - whatever a formula raises is a failure of the case to be listed
        return [f"{type(error).__name__}: {error}"]


def main(folder: Path) -> int:
    """Run every case of the folder, print those that fail and the figures."""
    system = france()
    cases = read_cases(folder, system)
    rights = [case for case in cases if any(one.variable in RIGHTS for one in case.expected)]
    start = time.perf_counter()
    failed = 0
    for case in cases:
        differences = run(system, case)
        failed += bool(differences)
        for difference in differences:
            sys.stdout.write(f"FAILS {case.file} | {case.name} | {case.period} | {difference[:400]}\n")
    units = Counter(periods.period(column.split("@")[1]).unit for case in rights for column in case.signature)
    for label, figure in {
        "cases": len(cases),
        "cases that OpenFisca fails": failed,
        "of which cannot be read": sum(bool(case.refusal) for case in cases),
        "cases on a right": len(rights),
        "signatures": len({case.signature for case in cases}),
        "signatures of cases on a right": len({case.signature for case in rights}),
        "signatures with outputs, on a right": len({(case.signature, case.outputs) for case in rights}),
        "inputs by unit of period": {str(unit): count for unit, count in units.items()},
        "seconds": round(time.perf_counter() - start),
    }.items():
        sys.stdout.write(f"{label}: {figure}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
