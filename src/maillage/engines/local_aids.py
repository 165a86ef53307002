"""Local aids: what a commune, an EPCI, a département or a région adds to the law, evaluated on plain facts.

An aid is data (`engines.aid_conditions` reads its conditions). The answer is an amount, an interval, or « montant non
connu », with its reasons in French. Nothing is answered in silence from a source that is old, undated or expired: the
answer then says what must be checked, and with whom.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from maillage.engines.aid_conditions import (
    Clause,
    ConditionUnreadable,
    Fact,
    HouseholdFacts,
    Range,
    every,
    parse_conditions,
)
from maillage.kernel.errors import shorten
from maillage.kernel.numbers import NBSP, format_number, parse_number
from maillage.kernel.period import Period
from maillage.kernel.territory import TerritoryCode

CHECK_EVERY = timedelta(days=365)
"""An aid that nobody has checked for longer is « à vérifier »: local scales usually change once a year."""

AMOUNT_UNKNOWN = "montant non connu"


class Unit(StrEnum):
    """What the amount is. A price is what the household pays: the lower, the better for it."""

    EUR_MONTH = "eur_month"
    EUR_YEAR = "eur_year"
    EUR_ONCE = "eur_once"
    PERCENT_OFF = "percent_off"
    PRICE_MONTH = "price_month"
    PRICE_YEAR = "price_year"
    SERVICE = "service"

    @property
    def label_fr(self) -> str:
        return _UNITS[self]


_UNITS = {
    Unit.EUR_MONTH: "€ par mois",
    Unit.EUR_YEAR: "€ par an",
    Unit.EUR_ONCE: "€ en une fois",
    Unit.PERCENT_OFF: "% de réduction",
    Unit.PRICE_MONTH: "€ par mois à payer",
    Unit.PRICE_YEAR: "€ par an à payer",
    Unit.SERVICE: "service, sans somme versée",
}


class Outcome(StrEnum):
    """From the most useful to read to the least."""

    POSSIBLE = "possible"
    TO_CHECK = "to_check"
    NOT_MET = "not_met"
    NOT_IN_FORCE = "not_in_force"
    ELSEWHERE = "elsewhere"

    @property
    def label_fr(self) -> str:
        return _OUTCOMES[self]


_OUTCOMES = {
    Outcome.POSSIBLE: "vous pourriez y avoir droit",
    Outcome.TO_CHECK: "à vérifier",
    Outcome.NOT_MET: "conditions non remplies, d'après ce qui est dit ici",
    Outcome.NOT_IN_FORCE: "aide non ouverte à cette date",
    Outcome.ELSEWHERE: "aide d'un autre territoire",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where the facts were read. `published_on` is None for a page that shows no date: the answer says so."""

    title: str
    publisher: str
    published_on: date | None
    addresses: tuple[str, ...]
    read_on: date


@dataclass(frozen=True, slots=True)
class Band:
    """One line of a scale: what it needs, and its amount. `amount` is None where the source does not give it."""

    clauses: tuple[Clause, ...]
    amount: Range | None


@dataclass(frozen=True, slots=True)
class LocalAid:
    """One aid, between two dates.

    `clauses` are compared with facts; `other_conditions` is what no fact here can settle, told as it is. The first
    band that applies gives the amount. `verified_on`: the day somebody asked the body, or read its own page online.
    """

    code: str
    name: str
    body: str
    territory: TerritoryCode
    clauses: tuple[Clause, ...]
    other_conditions: str
    scale: tuple[Band, ...]
    unit: Unit
    what: str
    how: str
    source: Source
    starts_on: date | None = None
    ends_on: date | None = None
    verified_on: date | None = None


@dataclass(frozen=True, slots=True)
class AidAnswer:
    """What can be said of one aid to one household. `amount` is None when it is not known, or when there is none.

    `reasons`: the conditions, met or not. `checks`: what stops this from being a plain answer. `missing`: the facts
    that would say more, the most telling first.
    """

    aid: LocalAid
    outcome: Outcome
    amount: Range | None = None
    reasons: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    missing: tuple[Fact, ...] = ()

    @property
    def amount_fr(self) -> str:
        """« 400 € en une fois », « entre 30 et 100 % de réduction », « montant non connu »."""
        if self.aid.unit is Unit.SERVICE:
            return self.aid.unit.label_fr
        if self.amount is None or self.amount.low is None or self.amount.high is None:
            return AMOUNT_UNKNOWN
        low, high = format_number(self.amount.low), format_number(self.amount.high)
        figure = low if low == high else f"entre {low} et {high}"
        return f"{figure}{NBSP}{self.aid.unit.label_fr}"


def evaluate(aid: LocalAid, facts: HouseholdFacts, *, on: date, labels: Mapping[str, str] | None = None) -> AidAnswer:
    """What the facts allow to say of an aid on a day. `labels`: code of a right or a territory → its French name."""
    reading = _Reading(aid, facts, on, labels or {})
    closed = reading.not_in_force()
    if closed:
        return AidAnswer(aid, Outcome.NOT_IN_FORCE, reasons=(closed,))
    here = facts.holds(Fact.TERRITORY, str(aid.territory)) if aid.territory.insee else True
    if here is False:
        return AidAnswer(
            aid, Outcome.ELSEWHERE, reasons=(f"Cette aide concerne un autre territoire{NBSP}: {reading.territory}.",)
        )
    reading.place(here)
    reading.conditions()
    reading.source()
    if every(aid.clauses, facts) is False:
        return reading.answer(Outcome.NOT_MET, None)
    amount = reading.amount()
    return reading.answer(Outcome.TO_CHECK if reading.checks else Outcome.POSSIBLE, amount)


def evaluate_all(
    aids: Iterable[LocalAid], facts: HouseholdFacts, *, on: date, labels: Mapping[str, str] | None = None
) -> list[AidAnswer]:
    """Every aid, the most useful to read first. Of an aid whose scale changed, only the one in force is kept."""
    answers = [evaluate(aid, facts, on=on, labels=labels) for aid in aids]
    in_force = {one.aid.code for one in answers if one.outcome is not Outcome.NOT_IN_FORCE}
    kept = [one for one in answers if one.outcome is not Outcome.NOT_IN_FORCE or one.aid.code not in in_force]
    return sorted(kept, key=lambda one: (list(Outcome).index(one.outcome), one.aid.name, one.aid.code))


def overlapping(aids: Iterable[LocalAid]) -> list[tuple[LocalAid, LocalAid]]:
    """Two aids of one code in force on a same day: which scale to apply would not be known."""
    ordered = sorted(aids, key=lambda aid: (aid.code, aid.starts_on or date.min))
    return [
        (before, after)
        for before, after in pairwise(ordered)
        if before.code == after.code and (before.ends_on is None or before.ends_on >= (after.starts_on or date.min))
    ]


def parse_scale(text: str, *, rights: Collection[str]) -> tuple[Band, ...]:
    """Read the amounts: « 400 », « ? », or bands « quotient_familial < 350 : 100 | quotient_familial <= 900 : ? ».

    The first band that applies wins. An amount is a number, « 30 à 60 » (both included), or « ? » where the source
    does not give it. Raises MaillageError, in French.
    """
    bands = []
    for part in text.split("|"):
        conditions, colon, amount = part.rpartition(":")
        if colon and not conditions.strip():
            raise ConditionUnreadable(f"«{NBSP}{shorten(part.strip(), 60)}{NBSP}»{NBSP}: la condition manque.")
        bands.append(Band(parse_conditions(conditions, rights=rights), _parse_amount(amount)))
    if any(not band.clauses for band in bands[:-1]):
        raise ConditionUnreadable("Une tranche sans condition ne peut être que la dernière.")
    return tuple(bands)


def _day_fr(day: date) -> str:
    return Period.parse(day.isoformat()).label_fr


def _parse_amount(text: str) -> Range | None:
    text = text.strip()
    if text == "?":
        return None
    low, _, high = text.partition(" à ")
    bounds = parse_number(low), parse_number(high or low)
    if not Decimal(0) <= bounds[0] <= bounds[1]:
        raise ConditionUnreadable(
            f"«{NBSP}{shorten(text, 40)}{NBSP}»{NBSP}: il faut un montant positif, ou deux dans l'ordre croissant."
        )
    return Range(*bounds)


@dataclass
class _Reading:
    """An answer being made: what is said so far."""

    aid: LocalAid
    facts: HouseholdFacts
    on: date
    labels: Mapping[str, str]
    reasons: list[str] = field(default_factory=list)
    checks: list[str] = field(default_factory=list)
    missing: list[Fact] = field(default_factory=list)

    @property
    def territory(self) -> str:
        return self.labels.get(str(self.aid.territory), str(self.aid.territory))

    def not_in_force(self) -> str:
        """Why the aid is closed on that day; '' when it is open."""
        if self.aid.starts_on is not None and self.on < self.aid.starts_on:
            return f"Cette aide ouvre le {_day_fr(self.aid.starts_on)}."
        if self.aid.ends_on is not None and self.on > self.aid.ends_on:
            return f"Cette aide a pris fin le {_day_fr(self.aid.ends_on)}."
        return ""

    def place(self, here: bool | None) -> None:
        if here is None:
            self.checks.append(f"La commune n'est pas connue{NBSP}: cette aide concerne {self.territory}.")
            self.missing.append(Fact.TERRITORY)

    def conditions(self) -> None:
        for clause in self.aid.clauses:
            text, truth = clause.text_fr(self.labels), clause.truth(self.facts)
            if truth is None:
                self.checks.append(f"Condition à vérifier{NBSP}: {text}.")
                self.missing.extend(clause.unknown(self.facts))
            else:
                self.reasons.append(f"Condition {'remplie' if truth else 'non remplie'}{NBSP}: {text}.")
        if self.aid.other_conditions:
            self.checks.append(f"Condition à vérifier auprès de l'organisme{NBSP}: {self.aid.other_conditions}")

    def source(self) -> None:
        """What the age of the information asks to check."""
        verified = self.aid.verified_on
        if verified is None:
            self.checks.append(
                f"Cette aide n'a pas été vérifiée auprès de l'organisme ({self.aid.body})"
                f"{NBSP}: {self._dated()}. Elle a pu changer."
            )
        elif self.on - verified > CHECK_EVERY:
            self.checks.append(f"Dernière vérification le {_day_fr(verified)}{NBSP}: l'aide a pu changer depuis.")

    def _dated(self) -> str:
        published = self.aid.source.published_on
        return "la source n'est pas datée" if published is None else f"la source date du {_day_fr(published)}"

    def amount(self) -> Range | None:
        """The amount or its interval over the bands that may apply; None when one of them has no known amount."""
        possible: list[Range | None] = []
        depends: list[Fact] = []
        for band in self.aid.scale:
            truth = every(band.clauses, self.facts)
            if truth is False:
                continue
            possible.append(band.amount)
            if truth is True:
                break
            depends.extend(fact for clause in band.clauses for fact in clause.unknown(self.facts))
        else:
            possible.append(None)  # no band surely applies: the source does not say what is given then
        if depends:
            self.missing.extend(depends)
            names = ", ".join(dict.fromkeys(fact.label_fr for fact in depends))
            self.checks.append(f"Le montant dépend d'un fait à préciser{NBSP}: {names}.")
        return _span(possible)

    def answer(self, outcome: Outcome, amount: Range | None) -> AidAnswer:
        missing = tuple(dict.fromkeys(self.missing))
        return AidAnswer(self.aid, outcome, amount, tuple(self.reasons), tuple(self.checks), missing)


def _span(possible: list[Range | None]) -> Range | None:
    known = [one for one in possible if one is not None and one.low is not None and one.high is not None]
    if not known or len(known) < len(possible):
        return None
    return Range(min(one.low for one in known if one.low is not None), max(o.high for o in known if o.high is not None))
