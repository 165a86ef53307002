"""OpenFisca's public cases through compiled programs, only what they expect of the rights.

`python -m tests.lawgraph.compiled_cases FOLDER` runs those of a folder and lists the exceptions with their reason.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from lawgraph import LawgraphError
from tests.lawgraph.france import quiet, traced
from tests.lawgraph.law_cases import LawCase, check, rights_cases, run
from tests.lawgraph.oracle import RIGHTS, france, split_name

#: Groups of cases handed to a process at a time.
_AT_A_TIME = 4
AS_OPENFISCA = "OpenFisca itself fails it"


@dataclass(frozen=True)
class Outcome:
    """One case. `differences`: with what it expects; `reason`: why, when OpenFisca itself fails it."""

    file: str
    name: str
    values: int
    differences: tuple[str, ...] = ()
    reason: str = ""

    @property
    def passes(self) -> bool:
        return not self.differences


@dataclass(frozen=True)
class Passed:
    """Every case of a folder on a right, how many programs they took, and the seconds."""

    outcomes: Sequence[Outcome]
    programs: int
    seconds: float

    @property
    def exceptions(self) -> list[Outcome]:
        return [one for one in self.outcomes if not one.passes]


def passed(folder: Path, processes: int | None = None) -> Passed:
    """Trace and run every case on a right, the programs shared by cases that give and ask the same."""
    started = time.perf_counter()
    groups = grouped(rights_cases(folder))
    count = processes or len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if count == 1:
        outcomes = [one for group in groups for one in of_group(group)]
    else:
        with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
            outcomes = [one for found in pool.map(of_group, groups, chunksize=_AT_A_TIME) for one in found]
    return Passed(outcomes, sum(len(periods_of(group[0])) for group in groups), time.perf_counter() - started)


def grouped(cases: Sequence[LawCase]) -> list[list[LawCase]]:
    """The cases that share a signature and what they ask."""
    found: dict[tuple[object, ...], list[LawCase]] = defaultdict(list)
    for case in cases:
        found[case.signature, tuple(periods_of(case).items())].append(case)
    return list(found.values())


def periods_of(case: LawCase) -> dict[str, tuple[str, ...]]:
    """The rights that a case asks, by period."""
    asked: dict[str, set[str]] = defaultdict(set)
    for column in case.outputs:
        variable, period = split_name(column)
        if variable in RIGHTS:
            asked[period].add(variable)
    return {period: tuple(sorted(variables)) for period, variables in sorted(asked.items())}


def of_group(cases: Sequence[LawCase]) -> list[Outcome]:
    """Cases that share their programs."""
    return [_outcome(case) for case in cases]


def _outcome(case: LawCase) -> Outcome:
    values = sum(one.variable in RIGHTS for one in case.expected)
    try:
        differences = check(case, answers(case), RIGHTS)
    except LawgraphError as error:
        return Outcome(case.file, case.name, values, (f"{type(error).__name__}: {error}",))
    if not differences:
        return Outcome(case.file, case.name, values)
    with quiet():
        own = run(france(), case)
    reason = AS_OPENFISCA if set(differences) <= set(own) else ""
    return Outcome(case.file, case.name, values, tuple(differences), reason)


def answers(case: LawCase) -> Mapping[str, np.ndarray]:
    """What the programs of a case answer."""
    signature = tuple(split_name(column) for column in case.signature)
    found: dict[str, np.ndarray] = {}
    for period, outputs in periods_of(case).items():
        found |= traced(france(), signature, period, outputs=outputs).run(case.batch)
    return found


def lines(done: Passed) -> Iterator[str]:
    for one in done.exceptions:
        yield f"{one.reason or 'FAILS'}: {one.file}, {one.name}: {' | '.join(one.differences)[:400]}"
    values = sum(one.values for one in done.outcomes)
    yield (
        f"{len(done.outcomes)} cases on a right, {values} values expected of rights, {done.programs} programs, "
        f"{len(done.exceptions)} exceptions, {done.seconds:.0f} s"
    )


if __name__ == "__main__":
    result = passed(Path(sys.argv[1]))
    sys.stdout.write("\n".join(lines(result)) + "\n")
    sys.exit(any(not one.reason for one in result.exceptions))
