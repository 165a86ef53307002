"""Where OpenFisca itself answers otherwise than a program: which rows, by how much, and why.

OpenFisca is asked plainly, each output in a simulation of its own that has computed nothing else, because its answers
can depend on what was asked before. It is asked twice:

- with exactly what the program was given: any difference is then a fault of the program;
- without the past of the variables that the program cuts (`past`): OpenFisca computes that past, down to where its own
  rule stops it. A difference there, and none above, comes from the past alone.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from openfisca_core import indexed_enums, periods
from openfisca_core.simulations import Simulation

from lawgraph.program import Columns, Program
from lawgraph.structure import Structure

Array = npt.NDArray[Any]

#: One cent: what an amount may differ by.
TOLERANCE = 0.01
PAST = "the past is given, and OpenFisca left to itself computes another one"
UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Difference:
    """One row of an output. `row`: of the output's entity; `person`: the first of its persons, as rows of the batch.

    `openfisca`: what it answers when it computes the past itself, or with the past given where `reason` is UNEXPLAINED.
    """

    output: str
    row: int
    person: int
    program: Any
    openfisca: Any
    reason: str

    def __str__(self) -> str:
        return f"{self.output}, row {self.row + 1}: {self.program} for {self.openfisca} ({self.reason})"


@dataclass(frozen=True)
class Report:
    """`compared`: values compared, by output; `exact`: those equal to the last bit; `differences`: beyond the cent."""

    compared: Mapping[str, int]
    exact: Mapping[str, int]
    differences: tuple[Difference, ...]

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        return tuple(one for one in self.differences if one.reason == UNEXPLAINED)

    def counts(self) -> Counter[tuple[str, str]]:
        """How many rows differ, by output and reason."""
        return Counter((one.output, one.reason) for one in self.differences)


def differences(
    program: Program,
    system: Any,
    columns: Columns,
    *,
    outputs: Iterable[str] | None = None,
    past: Collection[str] = (),
    tolerance: float = TOLERANCE,
) -> Report:
    """Compare a program with fresh runs of the system that it was traced from, on one batch.

    `outputs`: keys of the program ("rsa@2026-01"), all of them unless told. `past`: the variables whose earlier periods
    are inputs of the program although OpenFisca could compute them. The batch is run whole: some thousand households
    at a time keep the memory of OpenFisca in bounds. Raises `BadColumns`.
    """
    asked = tuple(program.outputs if outputs is None else outputs)
    answers = program.run(columns)
    reference = Reference(program, system, columns)
    compared: dict[str, int] = {}
    exact: dict[str, int] = {}
    found: list[Difference] = []
    for output in asked:
        ours = answers[output]
        given = reference.answer(output)
        wrong = unequal(ours, given, tolerance)
        found += reference.told(output, wrong, ours, given, UNEXPLAINED)
        if past:
            alone = reference.answer(output, without=past)
            moved = unequal(ours, alone, tolerance) & ~wrong
            found += reference.told(output, moved, ours, alone, PAST)
        compared[output], exact[output] = len(ours), int((~unequal(ours, given, 0.0)).sum())
    return Report(compared, exact, tuple(found))


def unequal(ours: Array, theirs: Array, tolerance: float) -> npt.NDArray[np.bool_]:
    """Where two columns differ by more than the tolerance; what is no number differs unless it is the same."""
    if ours.dtype.kind not in "fiu":
        return np.asarray(ours != theirs)
    first, second = ours.astype(np.float64), theirs.astype(np.float64)
    with np.errstate(invalid="ignore"):
        near = (first == second) | (np.abs(first - second) <= tolerance)
    return np.asarray(~(near | (np.isnan(first) & np.isnan(second))))


class Reference:
    """Plain OpenFisca on a batch of a program's columns, which it is given under their own variables and periods."""

    def __init__(self, program: Program, system: Any, columns: Columns) -> None:
        self._system = system
        self._entities = program.output_entities
        self._person = program.person
        self._period = program.law.period
        structure = Structure.read(program.kinds, {name: np.asarray(values) for name, values in columns.items()})
        self._structure = structure
        self._roles = {key: _roles(system, key, structure.roles[key]) for key in structure.members}
        self._inputs = _inputs(program, system, columns)

    def simulation(self, without: Collection[str] = ()) -> Any:
        """A simulation that knows the inputs and nothing more. `without`: variables whose past is kept from it."""
        made = Simulation(self._system, self._system.instantiate_entities())
        made.persons.count = self._structure.persons
        made.persons.ids = list(range(self._structure.persons))
        for key, members in self._structure.members.items():
            group = made.populations[key]
            group.count = self._structure.counts[key]
            group.ids = list(range(group.count))
            group.members_entity_id, group.members_role = members, self._roles[key]
        start = periods.period(self._period).start
        with _quiet():
            for variable, period, values in self._inputs:
                if variable not in without or period.start >= start:
                    made.set_input(variable, period, values)
        return made

    def answer(self, output: str, without: Collection[str] = ()) -> Array:
        """One output, from a simulation of its own."""
        variable, period = output.split("@")
        made = self.simulation(without)
        with _quiet():
            values = made.calculate(variable, period)
        return np.asarray(values.decode_to_str() if isinstance(values, indexed_enums.EnumArray) else values)

    def told(
        self, output: str, wrong: npt.NDArray[np.bool_], ours: Array, theirs: Array, reason: str
    ) -> list[Difference]:
        """A difference for each wrong row."""
        rows = np.flatnonzero(wrong)
        if not len(rows):
            return []
        first = self._first_persons(self._entities[output])
        return [Difference(output, int(row), int(first[row]), ours[row], theirs[row], reason) for row in rows]

    def _first_persons(self, entity: str) -> npt.NDArray[np.int64]:
        if entity == self._person:
            return np.arange(self._structure.persons)
        return np.unique(self._structure.members[entity], return_index=True)[1]


def _roles(system: Any, key: str, indices: npt.NDArray[np.int8]) -> npt.NDArray[np.object_]:
    entity = next(one for one in system.group_entities if one.key == key)
    held = np.empty(len(entity.flattened_roles), dtype=object)
    held[:] = list(entity.flattened_roles)
    return held[indices]


def _inputs(program: Program, system: Any, columns: Columns) -> list[tuple[str, Any, Array]]:
    """Every input with the values of its column, short periods first: a year is spread over what months leave."""
    typed: dict[tuple[str, str], Array] = {}
    found: list[tuple[str, Any, Array]] = []
    for one in program.inputs:
        variable = system.get_variable(one.variable, check_existence=True)
        key = (one.name, one.variable)
        if key not in typed:
            typed[key] = _typed(variable, np.asarray(columns[one.name]))
        found.append((one.variable, periods.period(one.period), typed[key]))
    return sorted(found, key=lambda one: _days(one[1]))


def _typed(variable: Any, values: Array) -> Array:
    """As OpenFisca keeps them, so that a column shared by many months is converted once."""
    if variable.value_type is indexed_enums.Enum:
        with _quiet():
            return np.asanyarray(variable.possible_values.encode(values))
    return values.astype(variable.dtype)


def _days(period: Any) -> int:
    """A length to sort by; what always holds comes last."""
    return 10**9 if period.unit == periods.DateUnit.ETERNITY else int(period.size_in_days)


def _quiet() -> warnings.catch_warnings[Any]:
    """OpenFisca divides by zero where the result is not used, and says so."""
    return warnings.catch_warnings(action="ignore")


def merged(reports: Sequence[Report]) -> Report:
    """One report of several batches: counts added; the rows remain those of each batch."""
    compared: Counter[str] = Counter()
    exact: Counter[str] = Counter()
    for one in reports:
        compared.update(one.compared)
        exact.update(one.exact)
    return Report(compared, exact, tuple(each for one in reports for each in one.differences))
