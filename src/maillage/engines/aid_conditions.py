"""Conditions of a local aid as data: a small closed language that a spreadsheet holds and anyone can read.

    quotient_familial <= 900 ou droit = aah ; age >= 18

« ; » parts what must all hold, « ou » what may replace it. A fact may be unknown, or known within bounds: the answer
is then neither yes nor no, and never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from maillage.kernel.errors import MaillageError, shorten
from maillage.kernel.numbers import NBSP, format_number, parse_number
from maillage.kernel.territory import TerritoryCode

Truth = bool | None
"""Yes, no, or unknown (None)."""


class ConditionUnreadable(MaillageError):
    """A condition that the closed language does not hold."""


class Fact(StrEnum):
    """What a condition may compare. The values are the words written in files."""

    AGE = "age"
    FAMILY_QUOTIENT = "quotient_familial"
    TAX_INCOME_PER_SHARE = "revenu_fiscal_par_part"
    CHILDREN = "enfants"
    RIGHT = "droit"
    STATUS = "statut"
    TERRITORY = "territoire"

    @property
    def label_fr(self) -> str:
        return _LABELS[self]

    @property
    def is_number(self) -> bool:
        return self in _UNITS


_LABELS = {
    Fact.AGE: "âge",
    Fact.FAMILY_QUOTIENT: "quotient familial de la CAF ou de la MSA",
    Fact.TAX_INCOME_PER_SHARE: "revenu fiscal de référence par part",
    Fact.CHILDREN: "enfants à charge",
    Fact.RIGHT: "droit déjà ouvert",
    Fact.STATUS: "situation",
    Fact.TERRITORY: "commune où l'on habite",
}
_UNITS = {Fact.AGE: "ans", Fact.FAMILY_QUOTIENT: "€", Fact.TAX_INCOME_PER_SHARE: "€", Fact.CHILDREN: ""}

# OpenFisca's own words for the activity, and two situations that local aids often ask for.
STATUSES = {
    "actif": "avoir un emploi",
    "chomeur": "chercher un emploi",
    "etudiant": "être élève ou étudiant",
    "retraite": "être à la retraite",
    "inactif": "être sans activité",
    "apprenti": "être apprenti",
    "handicap": "avoir un handicap reconnu",
}


@dataclass(frozen=True, slots=True)
class Range:
    """What is known of a number: its bounds, both included. None leaves a side open; both None: nothing is known."""

    low: Decimal | None = None
    high: Decimal | None = None

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("a range goes from low to high")

    @classmethod
    def exact(cls, value: Decimal | int) -> Range:
        return cls(Decimal(value), Decimal(value))


UNKNOWN = Range()


@dataclass(frozen=True, slots=True)
class HouseholdFacts:
    """Plain facts of one household, as far as they are known; what is left out is unknown, never zero and never « no ».

    `rights` and `statuses`: code → held or not; a code that is absent is unknown. `territories`: the codes of the
    commune and of all that contain it; None when the commune is not known.
    """

    numbers: Mapping[Fact, Range] = field(default_factory=dict)
    rights: Mapping[str, bool] = field(default_factory=dict)
    statuses: Mapping[str, bool] = field(default_factory=dict)
    territories: frozenset[str] | None = None

    def number(self, fact: Fact) -> Range:
        return self.numbers.get(fact, UNKNOWN)

    def holds(self, fact: Fact, code: str) -> Truth:
        """Whether the household has a right or a status, or lives in a territory."""
        if fact is Fact.TERRITORY:
            return None if self.territories is None else code in self.territories
        return (self.rights if fact is Fact.RIGHT else self.statuses).get(code)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison. `operand` is a Decimal for a number, a code otherwise (operators = and != only)."""

    fact: Fact
    operator: str
    operand: Decimal | str

    def truth(self, facts: HouseholdFacts) -> Truth:
        if isinstance(self.operand, Decimal):
            return _compare(facts.number(self.fact), self.operator, self.operand)
        held = facts.holds(self.fact, self.operand)
        return held if held is None or self.operator == "=" else not held

    def text_fr(self, labels: Mapping[str, str]) -> str:
        """The condition in plain French: « avoir moins de 26 ans », « recevoir : RSA »."""
        if isinstance(self.operand, Decimal):
            return _number_fr(self.fact, self.operator, self.operand)
        texts = {
            Fact.RIGHT: f"recevoir{NBSP}: {labels.get(self.operand, self.operand)}",
            Fact.STATUS: STATUSES.get(self.operand, self.operand),
            Fact.TERRITORY: f"habiter{NBSP}: {labels.get(self.operand, self.operand)}",
        }
        text = texts[self.fact]
        return text if self.operator == "=" else f"ne pas {text}"


@dataclass(frozen=True, slots=True)
class Clause:
    """Comparisons of which one at least must hold."""

    comparisons: tuple[Comparison, ...]

    def truth(self, facts: HouseholdFacts) -> Truth:
        answers = [one.truth(facts) for one in self.comparisons]
        if True in answers:
            return True
        return None if None in answers else False

    def unknown(self, facts: HouseholdFacts) -> list[Fact]:
        """The facts that would settle it, in the order written."""
        return [one.fact for one in self.comparisons if one.truth(facts) is None]

    def text_fr(self, labels: Mapping[str, str]) -> str:
        return ", ou ".join(one.text_fr(labels) for one in self.comparisons)


def every(clauses: Iterable[Clause], facts: HouseholdFacts) -> Truth:
    """Whether all hold."""
    answers = [clause.truth(facts) for clause in clauses]
    if False in answers:
        return False
    return None if None in answers else True


def parse_conditions(text: str, *, rights: Collection[str]) -> tuple[Clause, ...]:
    """Read a cell of conditions; an empty one holds none. Raises ConditionUnreadable, in French."""
    return tuple(
        Clause(tuple(_parse_comparison(part, rights) for part in re.split(r"\s+ou\s+", clause.strip())))
        for clause in text.split(";")
        if clause.strip()
    )


_OPERATORS = {"<": "<", "<=": "<=", "≤": "<=", ">": ">", ">=": ">=", "≥": ">=", "=": "=", "!=": "!=", "≠": "!="}
_COMPARISON = re.compile(r"(?P<fact>[a-z_]+)\s*(?P<operator><=|>=|!=|[<>=≤≥≠])\s*(?P<operand>.+)")


def _parse_comparison(text: str, rights: Collection[str]) -> Comparison:
    match = _COMPARISON.fullmatch(text.strip())
    if match is None:
        raise ConditionUnreadable(
            f"«{NBSP}{shorten(text.strip(), 60)}{NBSP}» n'est pas une condition{NBSP}: "
            f"écrivez un fait, un signe (<, <=, >, >=, =, !=) et une valeur, par exemple «{NBSP}age < 26{NBSP}»."
        )
    if match["fact"] not in set(Fact):
        raise ConditionUnreadable(
            f"«{NBSP}{shorten(match['fact'], 40)}{NBSP}» n'est pas un fait connu. Faits admis{NBSP}: {', '.join(Fact)}."
        )
    fact, operator, operand = Fact(match["fact"]), _OPERATORS[match["operator"]], match["operand"].strip()
    if fact.is_number:
        if operator == "!=":
            raise ConditionUnreadable(f"«{NBSP}!={NBSP}» ne se compare pas à un nombre{NBSP}: employez < ou >.")
        return Comparison(fact, operator, parse_number(operand))
    if operator not in {"=", "!="}:
        raise ConditionUnreadable(f"«{NBSP}{fact}{NBSP}» ne se compare que par = ou !=.")
    return Comparison(fact, operator, _code(fact, operand, rights))


def _code(fact: Fact, operand: str, rights: Collection[str]) -> str:
    if fact is Fact.TERRITORY:
        return str(TerritoryCode.parse(operand))
    known = rights if fact is Fact.RIGHT else STATUSES
    if operand not in known:
        raise ConditionUnreadable(
            f"«{NBSP}{shorten(operand, 40)}{NBSP}» n'est pas connu pour «{NBSP}{fact}{NBSP}». "
            f"Valeurs admises{NBSP}: {', '.join(known)}."
        )
    return operand


def _compare(known: Range, operator: str, bound: Decimal) -> Truth:
    low, high = known.low, known.high
    if operator in {">", ">="}:
        return _invert(_compare(known, "<=" if operator == ">" else "<", bound))
    if operator == "=":
        return _equal(known, bound)
    strict = operator == "<"
    if high is not None and (high < bound or (high == bound and not strict)):
        return True
    if low is not None and (low > bound or (low == bound and strict)):
        return False
    return None


def _equal(known: Range, bound: Decimal) -> Truth:
    if known.low is not None and known.low == known.high:
        return known.low == bound
    outside = (known.low is not None and bound < known.low) or (known.high is not None and bound > known.high)
    return False if outside else None


def _invert(truth: Truth) -> Truth:
    return None if truth is None else not truth


def _number_fr(fact: Fact, operator: str, bound: Decimal) -> str:
    words = {"<": "moins de {}", "<=": "{} au plus", ">": "plus de {}", ">=": "{} au moins", "=": "{}"}
    unit = _UNITS[fact]
    amount = words[operator].format(f"{format_number(bound)}{NBSP}{unit}" if unit else format_number(bound))
    return f"{fact.label_fr}{NBSP}: {amount}"
