"""What the simulator's page and its API show: rights as intervals, the next useful question, local aids.

Nothing is read from a person's file and nothing is kept: answers come in, a result goes out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from typing import Any, Protocol

import numpy
from django.conf import settings
from django.utils.module_loading import import_string
from numpy.typing import NDArray

from maillage.engines.simulator import (
    Answers,
    Bound,
    Interval,
    Question,
    Questionnaire,
    completions,
    intervals,
    next_question,
    questionnaire,
)
from maillage.gateways.openfisca_france import explanations, zones
from maillage.gateways.openfisca_france.rights import RIGHTS, Right, Unit
from maillage.rights.guidance import Guidance, guidance_of
from maillage.rights.households import household_of
from maillage.rights.selectors.aids import LocalAids, local_aids_for
from maillage.rights.selectors.communes import commune_label, zoned_commune

# What an open right is worth beside amounts, when the next question is chosen: in euros per month.
_OPEN_RIGHT = 50.0
_MONTHS_PER_YEAR = 12


class LawAnswers(Protocol):
    """Rights of many households at once."""

    def amount(self, right: str) -> NDArray[Any]:
        """One value per household, in the unit of the right; for a right that is open or not, more than 0 is open."""
        ...

    def flags(self, right: str) -> Sequence[str]:
        """Why the answer is to be checked, in French; empty when nothing is known against it."""
        ...

    def steps(self, right: str) -> Sequence[explanations.Step]:
        """Why: the figures of each household on the way to the amount, in order."""
        ...


class LawEngine(Protocol):
    """What computes rights: `engine.answer(households, "2026-01")`."""

    def answer(self, households: Sequence[Any], month: str) -> LawAnswers: ...


@dataclass(frozen=True)
class Step:
    """One step of an explanation: a sentence, the article it comes from and its public address, where known.

    `details`: the parameters of the law that the step rests on, told the same way. `is_reason`: a rule, not a figure.
    """

    text: str
    reference: str = ""
    url: str = ""
    details: tuple[Step, ...] = ()
    is_reason: bool = False


class Standing(StrEnum):
    """How a right stands after the answers given: open whatever is left unknown, perhaps, or not."""

    LIKELY = "likely"
    POSSIBLE = "possible"
    NOTHING_FOUND = "nothing_found"
    NOTHING = "nothing"


@dataclass(frozen=True)
class RightResult:
    """One right for this household. `flags`: why it is « à vérifier »."""

    right: Right
    interval: Interval
    flags: tuple[str, ...]
    steps: tuple[Step, ...]
    guidance: Guidance | None

    @property
    def refusals(self) -> tuple[Step, ...]:
        """Why there is nothing, where there is nothing."""
        return tuple(step for step in self.steps if step.is_reason) if self.interval.is_nothing else ()

    @property
    def standing(self) -> Standing:
        if self.interval.is_nothing:
            return Standing.NOTHING if self.interval.is_certain else Standing.NOTHING_FOUND
        return Standing.POSSIBLE if self.interval.low < 0.01 else Standing.LIKELY


@dataclass(frozen=True)
class Simulation:
    """Everything a page shows. `rows`: how many completed households were computed."""

    month: date
    results: tuple[RightResult, ...]
    next_question: Question | None
    local_aids: LocalAids
    commune: str
    rows: int
    bound: Bound

    def standing(self, *standings: Standing) -> list[RightResult]:
        return [result for result in self.results if result.standing in standings]


@cache
def engine() -> LawEngine:
    """The engine of this instance, built once for the process."""
    built: LawEngine = import_string(settings.MAILLAGE_RIGHTS_ENGINE)(settings.DATA_DIR / "law")
    return built


@cache
def questions() -> Questionnaire:
    """The questionnaire; every zone of the housing aid can be tried, by a commune of each."""
    by_zone: dict[str, str] = {}
    for code, zone in sorted(zones.table().items()):
        if not code.startswith(zones.OVERSEAS):
            by_zone.setdefault(zone, code)
    return questionnaire().with_domain("commune", sorted(by_zone.values()))


def simulate(answers: Answers, month: date, law: LawEngine | None = None) -> Simulation:
    """The rights that these answers leave possible, under the law of `month` (its first day)."""
    asked = questions()
    design = completions(asked, answers, month)
    zoned = {str(code): zoned_commune(str(code), month) for code in {row["commune"] for row in design.rows}}
    households = [household_of({**row, "commune": zoned[str(row["commune"])]}) for row in design.rows]
    found = (law or engine()).answer(households, f"{month:%Y-%m}")
    amounts = {right.code: numpy.asarray(found.amount(right.code), dtype=numpy.float64) for right in RIGHTS}
    bounds = intervals(amounts, design)
    commune = answers.known.get("commune")
    return Simulation(
        month=month,
        results=tuple(_result(right, bounds[right.code], found) for right in RIGHTS),
        next_question=next_question(asked, answers, month, design, _per_month(amounts)),
        local_aids=local_aids_for(answers, month),
        commune=commune_label(str(commune)) if commune else "",
        rows=len(design.rows),
        bound=design.bound,
    )


def explanation(right: Right, found: LawAnswers) -> tuple[Step, ...]:
    """Why: what the right is, then the steps of its calculation over the households that remain possible.

    The one place where a page takes its explanation.
    """
    guidance = guidance_of(right.code)
    opening = (Step(guidance.what, " ; ".join(guidance.law), right.page),) if guidance else ()
    return opening + tuple(_step(one) for one in found.steps(right.code) if one.shown.any())


def _step(one: explanations.Step) -> Step:
    details = tuple(Step(parameter.text_fr, parameter.reference, parameter.url) for parameter in one.parameters)
    return Step(one.text_fr, one.article, one.url, details, is_reason=one.unit is None)


def _result(right: Right, interval: Interval, found: LawAnswers) -> RightResult:
    flags = tuple(found.flags(right.code))
    return RightResult(right, interval, flags, explanation(right, found), guidance_of(right.code))


def _per_month(amounts: Mapping[str, NDArray[numpy.float64]]) -> dict[str, NDArray[numpy.float64]]:
    """Amounts made comparable, for choosing a question."""
    scales = {Unit.EUR_MONTH: 1.0, Unit.EUR_YEAR: 1 / _MONTHS_PER_YEAR, Unit.OPEN: _OPEN_RIGHT}
    return {right.code: amounts[right.code] * scales[right.unit] for right in RIGHTS}
