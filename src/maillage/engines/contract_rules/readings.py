"""I1 to I4: what a reading must respect before anybody adds it to another."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from maillage.engines.contract_rules.findings import broken, unknown
from maillage.engines.contract_rules.model import Breakdown, Finding, ReadingFacts
from maillage.engines.contract_rules.totals import sum_of
from maillage.kernel.errors import shorten
from maillage.kernel.numbers import format_number

SHARE, LEVEL = "share", "level"


def check_reading(facts: ReadingFacts) -> list[Finding]:
    """Every finding of one reading: I1, I2, I3, I4. A value that is not known is said so, never taken for zero."""
    return [*_breakdowns(facts), *_share(facts), *_cumulative(facts), *_added_up(facts)]


def _name(facts: ReadingFacts) -> str:
    return f"« {shorten(facts.label, 80)} »"


def _breakdowns(facts: ReadingFacts) -> Iterator[Finding]:
    """I1. The parts of a share or of a median do not add up: only counts and amounts are compared to their total."""
    if facts.nature in {SHARE, LEVEL}:
        return
    for breakdown in facts.breakdowns:
        if not breakdown.incomplete:
            yield from _breakdown(facts, breakdown)


def _breakdown(facts: ReadingFacts, breakdown: Breakdown) -> Iterator[Finding]:
    path = f"breakdowns/{breakdown.dimension}"
    parts = sum_of(breakdown.parts.values())
    if not parts.count:
        return
    subject = f"La ventilation « {shorten(breakdown.label, 60)} » de {_name(facts)}"
    if facts.value is None or (not parts.complete and parts.known <= facts.value):
        missing = ["le total"] if facts.value is None else []
        missing += ["la valeur d'une catégorie au moins"] if not parts.complete else []
        yield unknown("I1", path, subject, missing)
    elif parts.known != facts.value:
        at_least = "" if parts.complete else "au moins "
        message = (
            f"{subject} fait {at_least}{format_number(parts.known)} pour un total de {format_number(facts.value)} : "
            "corrigez-la, ou dites-la incomplète."
        )
        yield broken("I1", path, message, [parts.known, facts.value])


def _share(facts: ReadingFacts) -> Iterator[Finding]:
    """I2. Without numerator and denominator a share can be neither verified nor aggregated."""
    if facts.nature != SHARE:
        return
    numerator, denominator = facts.numerator, facts.denominator
    if numerator is None or denominator is None:
        if facts.value is None and numerator is None and denominator is None:
            return
        missing = [] if numerator is not None else ["le numérateur"]
        missing += [] if denominator is not None else ["le dénominateur"]
        yield unknown("I2", "denominator" if numerator is not None else "numerator", f"La part {_name(facts)}", missing)
    elif numerator > denominator or numerator < 0:
        message = (
            f"Le numérateur de {_name(facts)} ({format_number(numerator)}) doit être compris entre 0 et son "
            f"dénominateur ({format_number(denominator)})."
        )
        yield broken("I2", "numerator", message, [numerator, denominator])


def _cumulative(facts: ReadingFacts) -> Iterator[Finding]:
    """I3: not below the last value before, nor above the first value after (a reading may be entered late)."""
    if not facts.cumulative or facts.value is None:
        return
    before = max((day for day in facts.history if day < facts.ends_on), default=None)
    after = min((day for day in facts.history if day > facts.ends_on), default=None)
    if before is not None and facts.value < facts.history[before]:
        yield _fall(facts, facts.history[before], facts.value, before.strftime("%d/%m/%Y"), "au relevé du")
    if after is not None and facts.history[after] < facts.value:
        yield _fall(facts, facts.value, facts.history[after], after.strftime("%d/%m/%Y"), "pour tomber ensuite, au")


def _fall(facts: ReadingFacts, high: Decimal, low: Decimal, day: str, words: str) -> Finding:
    if words.startswith("pour"):
        told = f"vaut {format_number(high)} {words} {day}, à {format_number(low)}"
    else:
        told = f"passe à {format_number(low)} après {format_number(high)} {words} {day}"
    return broken("I3", "value", f"La valeur cumulée {_name(facts)} {told} : elle ne peut pas baisser.", [high, low])


def _added_up(facts: ReadingFacts) -> Iterator[Finding]:
    """I4, for a value made by adding up others."""
    if not facts.added_up:
        return
    if facts.nature in {SHARE, LEVEL} or not facts.summable:
        yield broken(
            "I4", "value", f"{_name(facts)} ne s'additionne pas : cette somme ne veut rien dire.", [facts.value]
        )
    elif facts.unique_persons and not facts.double_count_note:
        message = (
            f"{_name(facts)} additionne des personnes de plusieurs actions sans dire qu'une même personne "
            "peut être comptée plusieurs fois."
        )
        yield broken("I4", "value", message, [facts.value])
