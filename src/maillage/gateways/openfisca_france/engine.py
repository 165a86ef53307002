"""Rights of households, by the compiled law of a month: the one place where the compiler meets French law.

A program is traced once for a month, kept on disk under the fingerprint of the law, and run on as many households as
asked. What OpenFisca leaves to the order of calls is settled by `PAST`: see `docs/engineering/lawgraph.md`.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from maillage.gateways.openfisca_france import explanations, freshness, household, rights
from maillage.gateways.openfisca_france.columns import Facts
from maillage.gateways.openfisca_france.explanations import Step, TracedStep
from maillage.gateways.openfisca_france.facts import Household
from maillage.gateways.openfisca_france.layout import PAST_RSA
from maillage.gateways.openfisca_france.system import fingerprint, system

if TYPE_CHECKING:
    from lawgraph import Program
    from lawgraph.explain import Explanation

Array = npt.NDArray[Any]
Progress = Callable[[int, int], None]

#: Benefits that depend on themselves in the past through others: the months before are given, never computed. The name
#: of the column that gives them, and how many months back the law reads.
PAST: dict[str, str] = {"rsa": PAST_RSA, "asi": "asi@past"}
PAST_MONTHS = 36


@dataclass(frozen=True)
class Answers:
    """Rights of some households, in their order."""

    month: str
    values: Mapping[str, Array]
    reasons: Mapping[str, tuple[str, ...]]
    explain: Callable[[str], tuple[Step, ...]] | None = field(default=None, repr=False, compare=False)

    def amount(self, right: str) -> Array:
        """One value per household, in the unit of the right; a right that is open or not is 1 or 0."""
        return self.values[right]

    def flags(self, right: str) -> tuple[str, ...]:
        """Why the right is « à vérifier », in French; empty when nothing is known against the answer."""
        return self.reasons[right]

    def steps(self, right: str) -> tuple[Step, ...]:
        """Why: the figures of each household on the way to the amount, in order, with their articles and parameters."""
        return self.explain(right) if self.explain is not None else ()


class RightsEngine(Protocol):
    """What computes rights."""

    def answer(self, households: Sequence[Household], month: str) -> Answers: ...


class CompiledLaw:
    """The law of each month asked, compiled when first asked, kept in `folder` (none: in memory only)."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._months: dict[str, MonthOfLaw] = {}
        self._lock = Lock()

    def month(self, month: str) -> MonthOfLaw:
        """The compiled law of a month: from memory, from disk, or traced. Raises MonthRefused."""
        household.signature(month)
        with self._lock:  # two requests must not trace the same law side by side
            if month not in self._months:
                self._months[month] = self._loaded(month) or self._traced(month)
            return self._months[month]

    def compile(self, month: str) -> None:
        """Make the machine code of a month: a few seconds, after which one household is answered in one or two
        milliseconds instead of ten."""
        law = self.month(month)
        (law.explained or law.program).compile()

    def answer(self, households: Sequence[Household], month: str) -> Answers:
        """The rights of `households` under the law of `month`. Raises InputRefused, MonthRefused."""
        facts, problems = household.facts_of(households)
        columns = household.batch_of(facts, month, None, problems)
        law = self.month(month)
        found = law.run(columns, explained=True)
        values = law.by_household(facts, columns, found)
        return Answers(month, values, law.flags, lambda code: law.steps_of(code, facts, columns, found, values[code]))

    def _path(self, month: str) -> Path | None:
        return None if self._folder is None else self._folder / f"{month}-{fingerprint()[:16]}.law"

    def _loaded(self, month: str) -> MonthOfLaw | None:
        from lawgraph import LawgraphError, Program

        path = self._path(month)
        if path is None or not path.exists():
            return None
        try:
            program = Program.load(path, _signed(month))
            return MonthOfLaw.kept(program, json.loads(path.with_suffix(".json").read_text(encoding="utf-8")))
        except (LawgraphError, OSError, ValueError, KeyError, TypeError):
            return None  # of another law, or damaged: traced again

    def _traced(self, month: str) -> MonthOfLaw:
        program = traced(month, explained=True)
        steps = {right.code: explanations.traced(right.code, month) for right in rights.RIGHTS}
        found = MonthOfLaw(month, _amounts_only(program, month), _flags(program, month), program, steps)
        path = self._path(month)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            program.save(path)
            aside = path.with_name(f"{path.stem}.{os.getpid()}.part")
            aside.write_text(json.dumps(found.told(), ensure_ascii=False), encoding="utf-8")
            aside.replace(path.with_suffix(".json"))
        return found


@dataclass(frozen=True)
class MonthOfLaw:
    """One month of law, compiled. `flags`: why each right is to be verified.

    `explained`: the same program with the figures that `steps` show among its outputs.
    """

    month: str
    program: Program
    flags: Mapping[str, tuple[str, ...]]
    explained: Program | None = None
    steps: Mapping[str, tuple[TracedStep, ...]] = field(default_factory=dict)

    @classmethod
    def kept(cls, explained: Program, told: Mapping[str, Any]) -> MonthOfLaw:
        """A month from its program and from what `told` said of it. Raises KeyError or TypeError."""
        flags = {code: tuple(reasons) for code, reasons in told["flags"].items()}
        steps = {code: tuple(explanations.from_plain(one) for one in listed) for code, listed in told["steps"].items()}
        month = explained.law.period
        return cls(month, _amounts_only(explained, month), flags, explained, steps)

    def told(self) -> dict[str, Any]:
        """What is kept beside the program, as JSON holds it."""
        return {
            "flags": {code: list(reasons) for code, reasons in self.flags.items()},
            "steps": {code: [one.plain() for one in steps] for code, steps in self.steps.items()},
        }

    def run(
        self,
        columns: Mapping[str, Array],
        *,
        passes: int = 1,
        processes: int = 1,
        compiled: bool | None = None,
        progress: Progress | None = None,
        explained: bool = False,
    ) -> dict[str, Array]:
        """The outputs for a batch of `household.batch`; those that explain them too when they are asked.

        `processes`, `compiled`, `progress`: see `Program.run`.

        The past amounts of `PAST` that the batch does not give are none at the first pass, then those of the pass
        before: two passes say "as if the household's situation, and what it receives, had not changed".
        """
        from lawgraph import BadColumns

        program = self.explained if explained and self.explained is not None else self.program
        found: dict[str, Array] = {}
        given = self._with_past(columns, {})
        for rank in range(passes):
            try:
                found = program.run(given, processes=processes, compiled=compiled, progress=progress)
            except BadColumns as error:
                raise _refusal(error.problems) from error
            if rank + 1 < passes:
                given = self._with_past(columns, found)
        return found

    def of_right(self, right: rights.Right, found: Mapping[str, Array]) -> Array:
        """One value per row of the right's entity: euros, or 1 where the right is open."""
        amounts = [found[name] for name in right.outputs(self.month)]
        if right.unit is rights.Unit.OPEN:
            return np.logical_or.reduce([one > 0 for one in amounts]).astype(np.float64)
        return amounts[0].astype(np.float64)

    def household_of(self, right: rights.Right, columns: Mapping[str, Array], persons: Array) -> Array:
        """The household of each row of the right's entity."""
        return self._owners(right.entity.value, columns, persons)

    def _owners(self, entity: str, columns: Mapping[str, Array], persons: Array) -> Array:
        if entity == self.program.person:
            return persons
        members = columns[f"{entity}.id"]
        of_group = np.zeros(int(members.max(initial=-1)) + 1, np.int64)
        of_group[members] = persons
        return of_group

    def by_household(self, facts: Facts, columns: Mapping[str, Array], found: Mapping[str, Array]) -> dict[str, Array]:
        """Right → one value per household, of what `run` found for the batch of `facts`."""
        ruled_out = household.ruled_out(facts)
        values = {}
        for right in rights.RIGHTS:
            amounts = self.of_right(right, found)
            if right.code in ruled_out:
                amounts = np.where(ruled_out[right.code], 0, amounts)
            of = self.household_of(right, columns, facts.household_of)
            values[right.code] = _by_household(amounts, of, facts.count)
        return values

    def steps_of(
        self, code: str, facts: Facts, columns: Mapping[str, Array], found: Mapping[str, Array], amount: Array
    ) -> tuple[Step, ...]:
        """Why `amount` (one for each household): the steps of a right, from what an explained `run` found."""
        right, ruled_out = rights.right(code), household.ruled_out(facts).get(code)
        entities = (self.explained or self.program).output_entities
        owners = {one: self._owners(one, columns, facts.household_of) for one in set(entities.values())}
        set_aside = np.zeros(facts.count)
        if ruled_out is not None:
            refused = np.where(ruled_out, self.of_right(right, found), 0)
            set_aside = _by_household(refused, owners[right.entity.value], facts.count)
        kept = None if ruled_out is None else ~ruled_out
        figures = explanations.Figures(found, entities, owners, facts.count, self.program.person)
        return tuple(explanations.step(one, figures, amount, set_aside, kept) for one in self.steps.get(code, ()))

    def explain(self, right: rights.Right) -> Explanation:
        """What the amount of a right rests on, nearest first."""
        return self.program.explain(right.outputs(self.month)[0])

    def _with_past(self, columns: Mapping[str, Array], found: Mapping[str, Array]) -> dict[str, Array]:
        given = dict(columns)
        for variable, column in PAST.items():
            amounts = found.get(f"{variable}@{self.month}")
            if amounts is not None:
                given[column] = np.where(given[column] > 0, given[column], amounts) if column in columns else amounts
            elif column not in given:
                given[column] = np.zeros(self._rows(column, columns), np.float32)
        return given

    def _rows(self, column: str, columns: Mapping[str, Array]) -> int:
        entity = self._entities[column]
        if entity == self.program.person:
            return len(next(values for name, values in columns.items() if name.endswith(".id")))
        return int(columns[f"{entity}.id"].max(initial=-1)) + 1

    @cached_property
    def _entities(self) -> dict[str, str]:
        return {column.name: column.entity for column in self.program.columns}


def traced(month: str, *, explained: bool = False) -> Program:
    """Compile every right for the law of a month: a few seconds. `explained`: with the figures of explanations."""
    from lawgraph.signature import Input
    from lawgraph.trace import trace

    inputs = [Input(one.variable, one.period, one.column, one.low, one.high) for one in household.signature(month)]
    known = {(one.variable, one.period) for one in inputs}
    inputs += [
        Input(variable, past, column, 0, 1e7)
        for variable, column in PAST.items()
        for past in months_before(month, PAST_MONTHS)
        if (variable, past) not in known
    ]
    outputs = [variable for right in rights.RIGHTS for variable in right.variables]
    if explained:
        outputs += explanations.outputs([right.code for right in rights.RIGHTS], month)
    with _quiet():
        return trace(system(), outputs, month, inputs, law=_signed(month))


def _amounts_only(program: Program, month: str) -> Program:
    """The program without the figures that explain: less to compute and to write for a whole population."""
    from lawgraph.graph import kept

    asked = {name for right in rights.RIGHTS for name in right.outputs(month)}
    names = [name for name in program.outputs if name in asked]
    nodes, roots = kept(
        list(program.nodes), [*(program.outputs[name] for name in names), *(node for node, _, _ in program.checks)]
    )
    return replace(
        program,
        nodes=tuple(nodes),
        outputs=dict(zip(names, roots, strict=False)),
        checks=tuple((node, why, at) for node, (_, why, at) in zip(roots[len(names) :], program.checks, strict=True)),
        output_entities={name: program.output_entities[name] for name in names},
        enumerations={name: one for name, one in program.enumerations.items() if name in names},
        statistics={**program.statistics, "kept": len(nodes)},
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Formulas that warn on some data are traced as if they did: nothing was said about anybody."""
    # OpenFisca loads each file of formulas under a module name of its own making, and so are its loggers named.
    modules = {type(variable).__module__ for variable in system().variables.values()}
    loggers = [logging.getLogger(name) for name in modules]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)


def months_before(month: str, count: int) -> tuple[str, ...]:
    """The months before one, latest first."""
    rank = int(month[:4]) * 12 + int(month[5:]) - 1
    return tuple(f"{one // 12}-{one % 12 + 1:02d}" for one in range(rank - 1, rank - count - 1, -1))


def _signed(month: str) -> str:
    """The fingerprint of the law and of what a program is given: either changes, and the program is another."""
    import hashlib

    given = json.dumps([list(one) for one in household.signature(month)])
    outputs = json.dumps([right.variables for right in rights.RIGHTS])
    explained = json.dumps([astuple(row) for row in explanations.rows()])
    return hashlib.sha256("|".join((fingerprint(), month, given, outputs, explained)).encode()).hexdigest()


def _flags(program: Program, month: str) -> dict[str, tuple[str, ...]]:
    """Why each right is to be verified, from the parameters that its amount rests on."""
    found = {}
    for right in rights.RIGHTS:
        used: set[str] = set()
        for output in right.outputs(month):
            used.update(program.explain(output).parameters)
        told = freshness.flags(right.code, used, month)
        found[right.code] = tuple(one.reason_fr for one in told if one.weight is freshness.Weight.TO_VERIFY)
    return found


def _by_household(amounts: Array, household_of: Array, count: int) -> Array:
    return np.bincount(household_of, weights=amounts, minlength=count)


def _refusal(problems: Sequence[str]) -> Exception:
    from maillage.kernel.errors import InputProblem, InputRefused

    return InputRefused(
        [InputProblem(None, None, one) for one in problems], "Les colonnes ne permettent pas le calcul."
    )
