"""What is refused before anything is computed, with the row and the column, in French.

Every trap of the inputs that a check can close is closed here; the others are closed by what `inputs.csv` asks and by
how `batch.py` spreads it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from maillage.gateways.openfisca_france import zones
from maillage.gateways.openfisca_france.columns import NO_NUMBER, Array, Facts
from maillage.gateways.openfisca_france.inputs import Kind, Of, Question, question, questions_of
from maillage.gateways.openfisca_france.timeline import Timeline
from maillage.kernel.errors import InputProblem
from maillage.kernel.numbers import NBSP, format_number

OLDEST = np.datetime64("1900-01-01")
ADULT_FROM = 15
CHILD_UNTIL = 26
"""A child in charge is under 26 (complementary health cover looks so far); disability has no age."""

HOUSEHOLD = "foyer"
"""The column of what is wrong in a household as a whole: no question asks it, a file joins its tables by it."""

MOST_TOLD = 1000
"""Of one kind: a population where every row is wrong must not cost a message for each."""

Mask = npt.NDArray[np.bool_]


def problems_of(facts: Facts, month: str, earlier: zones.Earlier | None = None) -> list[InputProblem]:
    """Everything wrong in `facts` for the month asked, row by row. Raises MonthRefused for the month itself."""
    line = Timeline(month)
    found: list[InputProblem] = []
    for entity in Of:
        for asked in questions_of(entity):
            _check_range(facts, asked, found)
    _check_dates(facts, line, found)
    _check_family(facts, found)
    _check_ages(facts, line, found)
    _check_dwelling(facts, found, earlier)
    return sorted(found, key=lambda one: one.row or 0)


def _tell(rows: Array, bad: Mask, name: str, message: str | Callable[[int], str], found: list[InputProblem]) -> None:
    header = HOUSEHOLD if name == HOUSEHOLD else question(name).header_fr
    for place in np.flatnonzero(bad)[:MOST_TOLD]:
        text = message if isinstance(message, str) else message(int(place))
        found.append(InputProblem(int(rows[place]), header, text))


def _check_range(facts: Facts, asked: Question, found: list[InputProblem]) -> None:
    of_persons = asked.of is Of.PERSON
    values = (facts.persons if of_persons else facts.households)[asked.name]
    rows = facts.person_rows if of_persons else facts.household_rows
    if asked.kind is Kind.CHOICE and asked.name != "housing":
        _tell(rows, values < 0, asked.name, "cette réponse est nécessaire au calcul.", found)
    if asked.kind not in {Kind.AMOUNT, Kind.NUMBER}:
        return
    if asked.default:  # without a default, NaN is « the same as the more recent figure »
        _tell(rows, np.isnan(values), asked.name, NO_NUMBER, found)
    _tell(rows, np.isinf(values), asked.name, "il faut un nombre fini.", found)
    with np.errstate(invalid="ignore"):
        outside = np.isfinite(values) & ((values < (asked.minimum or 0)) | (values > (asked.maximum or np.inf)))
    if outside.any():
        largest = format_number(int(asked.maximum or 0))
        message = f"il faut une valeur de 0 à {largest}{NBSP}{asked.unit_fr}".rstrip() + "."
        _tell(rows, outside, asked.name, message, found)


def _check_dates(facts: Facts, line: Timeline, found: list[InputProblem]) -> None:
    after = np.datetime64(line.month, "M") + 1
    born, since = facts.persons["born_on"], facts.persons["unemployed_since"]
    _tell(facts.person_rows, np.isnat(born), "born_on", "la date de naissance est nécessaire.", found)
    _tell(facts.person_rows, born < OLDEST, "born_on", "cette date est avant 1900.", found)
    future = f"cette date est après le mois calculé ({line.month})."
    _tell(
        facts.person_rows,
        born >= after,
        "born_on",
        future + " Pour un enfant à naître : répondez à la question sur la grossesse.",
        found,
    )
    _tell(facts.person_rows, since >= after, "unemployed_since", future, found)
    _tell(facts.person_rows, since < born, "unemployed_since", "cette date est avant la naissance.", found)


def _check_family(facts: Facts, found: list[InputProblem]) -> None:
    counts = {
        role: np.bincount(facts.household_of[facts.person_is("role", role)], minlength=facts.count)
        for role in ("applicant", "partner", "child")
    }
    rows = facts.household_rows
    couple = ~facts.household_is("union", "single")
    _tell(rows, counts["applicant"] == 0, HOUSEHOLD, "il faut un adulte qui demande : ce foyer n'en a pas.", found)
    _tell(
        rows,
        counts["applicant"] > 1,
        HOUSEHOLD,
        "un seul demandeur par foyer : les autres adultes font un autre foyer.",
        found,
    )
    _tell(rows, couple & (counts["partner"] == 0), "union", "en couple, il faut décrire le conjoint.", found)
    _tell(
        rows,
        ~couple & (counts["partner"] > 0),
        "union",
        "un conjoint est décrit : mariage, Pacs ou union libre ?",
        found,
    )
    _tell(rows, counts["partner"] > 1, HOUSEHOLD, "un seul conjoint par foyer.", found)


def _check_ages(facts: Facts, line: Timeline, found: list[InputProblem]) -> None:
    born = facts.persons["born_on"]
    months = (np.datetime64(line.month, "M") - born.astype("datetime64[M]")).astype(np.int64)
    known = ~np.isnat(born)
    child = facts.person_is("role", "child")
    young = known & ~child & (months < ADULT_FROM * 12)
    _tell(facts.person_rows, young, "born_on", f"un demandeur ou un conjoint a {ADULT_FROM} ans au moins.", found)
    grown = known & child & (months >= CHILD_UNTIL * 12) & (facts.persons["disability_rate"] < 50)
    message = f"un enfant à charge a moins de {CHILD_UNTIL} ans : au-delà, cette personne forme un autre foyer."
    _tell(facts.person_rows, grown, "born_on", message, found)
    _tell(
        facts.person_rows,
        facts.persons["alternating_care"] & ~child,
        "alternating_care",
        "la résidence alternée concerne un enfant.",
        found,
    )


def _check_dwelling(facts: Facts, found: list[InputProblem], earlier: zones.Earlier | None) -> None:
    rows = facts.household_rows
    _tell(rows, facts.households["housing"] < 0, "housing", "le logement est nécessaire au calcul.", found)
    communes = facts.households["commune"]
    missing = communes == ""
    _tell(rows, missing, "commune", "la commune est nécessaire : son zonage n'est jamais supposé.", found)
    _, refused = zones.zones_of(list(communes[~missing]), earlier)
    places = np.flatnonzero(~missing)
    for rank, reason in refused.items():
        found.append(InputProblem(int(rows[places[rank]]), question("commune").header_fr, reason))
