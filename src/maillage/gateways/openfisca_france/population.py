"""Rights of a whole population: a file of persons in, a file with a row per household out, in bounded memory.

A file is refused as a whole, with every problem by row and column, and nothing is then left behind. The columns of a
file are those of `population_columns.headers`; its results are those of `population_results`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from maillage.gateways.openfisca_france import checks
from maillage.gateways.openfisca_france.batch import build
from maillage.gateways.openfisca_france.population_columns import HouseholdReader, Households
from maillage.gateways.openfisca_france.population_files import BLOCK_ROWS, open_population
from maillage.gateways.openfisca_france.population_results import Results
from maillage.gateways.openfisca_france.rights import RIGHTS
from maillage.gateways.openfisca_france.system import fingerprint, versions
from maillage.gateways.openfisca_france.timeline import Timeline
from maillage.gateways.openfisca_france.zones import Earlier
from maillage.kernel.errors import InputProblem, InputRefused, shorten

if TYPE_CHECKING:
    from maillage.gateways.openfisca_france.engine import MonthOfLaw

MOST_TOLD = 1000
"""Problems after which a file is no longer read: it is of another shape, and reading on helps nobody."""

# What a check says of a household from all its persons, and of a person from the role: columns of its problems.
_OF_THE_WHOLE = {checks.HOUSEHOLD, "situation_familiale"}
_OF_THE_ROLE = {"date_naissance", "garde_alternee"}

#: Told the share of the file that is done, from 0 to 1.
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Count:
    """How many a file holds."""

    households: int
    persons: int


def _nothing(share: float) -> None:
    return None


def validate(
    path: Path,
    month: str,
    *,
    earlier: Earlier | None = None,
    progress: Progress = _nothing,
    block_rows: int = BLOCK_ROWS,
) -> Count:
    """Check a whole file for the month asked. Raises MonthRefused, or InputRefused with every problem found."""
    Timeline(month)
    checked = _Checked(path, month, earlier)
    households = persons = 0
    for one in checked.blocks(block_rows):
        households += one.facts.count
        persons += len(one.facts.household_of)
        progress(one.done)
    checked.refuse()
    return Count(households, persons)


def compute(
    path: Path,
    law: MonthOfLaw,
    results: Results,
    *,
    earlier: Earlier | None = None,
    passes: int = 1,
    processes: int = 1,
    progress: Progress = _nothing,
    block_rows: int = BLOCK_ROWS,
) -> Count:
    """The rights of every household of a file, given to `results` block by block, in the order of the file.

    `passes`: see `MonthOfLaw.run`. Raises InputRefused with every problem found: whoever holds `results` drops them.
    """
    checked = _Checked(path, law.month, earlier)
    households = persons = 0
    done = 0.0
    for one in checked.blocks(block_rows):
        households += one.facts.count
        persons += len(one.facts.household_of)
        if not checked.problems:
            columns = build(one.facts, law.month, earlier)
            told = _within(progress, done, one.done, passes)
            compiled = _is_large(persons, one.done, passes) or None
            found = law.run(columns, passes=passes, processes=processes, compiled=compiled, progress=told)
            results.add(one.keys, law.by_household(one.facts, columns, found))
        done = one.done
        progress(done)
    checked.refuse()
    return Count(households, persons)


def _is_large(persons: int, done: float, passes: int) -> bool:
    """Whether a file, of which these persons are a share, is worth the seconds that machine code takes to be made."""
    from lawgraph.run import COMPILED_FROM

    return persons * passes >= COMPILED_FROM * done


def about(law: MonthOfLaw, results: Results, count: Count, *, passes: int, source: str, at: datetime) -> dict[str, Any]:
    """What is written beside the results: the law they were computed under, and what is « à vérifier » in it."""
    return {
        "mois": law.month,
        "calcule_le": at.isoformat(timespec="seconds"),
        "fichier": source,
        "foyers": count.households,
        "personnes": count.persons,
        "passes": passes,
        "loi": about_law(),
        "droits": [
            {
                "code": right.code,
                "libelle": right.label_fr,
                "unite": right.unit.label_fr,
                "foyers": results.open[right.code],
                "a_verifier": list(law.flags[right.code]),
            }
            for right in RIGHTS
        ],
    }


def about_law() -> dict[str, Any]:
    """Versions and fingerprint of the law in force here."""
    return {"versions": versions(), "empreinte": fingerprint()}


class _Checked:
    """The households of a file, each block checked; what is wrong is gathered, and told once all is read."""

    def __init__(self, path: Path, month: str, earlier: Earlier | None) -> None:
        self.problems: list[InputProblem] = []
        self._path, self._month, self._earlier = path, month, earlier

    def blocks(self, size: int) -> Iterator[Households]:
        file = open_population(self._path)
        reader = HouseholdReader(file.columns)
        is_empty = True
        for one in reader.read(file.blocks(size)):
            is_empty = False
            self.problems += one.problems
            self.problems += _beyond(one, checks.problems_of(one.facts, self._month, self._earlier))
            yield one
            if len(self.problems) >= MOST_TOLD:
                return
        if is_empty:
            self.problems.append(InputProblem(None, None, "Aucun foyer : le fichier n'a pas de ligne de données."))

    def refuse(self) -> None:
        """Raises InputRefused when anything is wrong."""
        if not self.problems:
            return
        found = sorted(self.problems, key=lambda one: one.row or 0)
        if len(found) >= MOST_TOLD:
            found = found[:MOST_TOLD]
            found.append(InputProblem(None, None, f"La lecture s'est arrêtée : plus de {MOST_TOLD} problèmes."))
        raise InputRefused(found, f"Le fichier « {shorten(self._path.name, 80)} » est refusé.")


def _beyond(one: Households, found: list[InputProblem]) -> list[InputProblem]:
    """What the checks find, less what only follows from a cell that could not be read and is told already."""
    if not one.problems or not found:
        return found
    told = {(problem.row, problem.column) for problem in one.problems}
    rows = one.facts.household_rows
    of_row = dict(zip(one.facts.person_rows.tolist(), one.facts.household_of.tolist(), strict=True))
    doubtful = {int(rows[of_row[row]]) for row, _ in told if row in of_row}
    return [
        problem
        for problem in found
        if (problem.row, problem.column) not in told
        and not (problem.column in _OF_THE_WHOLE and problem.row in doubtful)
        and not (problem.column in _OF_THE_ROLE and (problem.row, "role") in told)
    ]


def _within(progress: Progress, start: float, end: float, passes: int) -> Callable[[int, int], None]:
    """The progress of a block, told as that of the file."""
    ended = 0

    def told(done: int, total: int) -> None:
        nonlocal ended
        progress(start + (end - start) * (ended + done / max(1, total)) / passes)
        if done >= total:
            ended = min(ended + 1, passes - 1)

    return told
