"""When a question is asked: « couple=non & enfants>=1 & naissance<26 », over the answers that come before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

_TERM = re.compile(r"(?P<code>[a-z0-9_]+)(?:>=(?P<least>[0-9]+)|<(?P<below>[0-9]+)|=(?P<values>[a-z0-9_|]+))", re.ASCII)


def age_at(born: date, month: date) -> int:
    """Age in whole years at a month, for a person born any day of the month of `born`."""
    return month.year - born.year - (month.month < born.month)


@dataclass(frozen=True)
class Term:
    """One requirement: an answer among `values`, a number from `least` on or under `below`. Of a birth: the age."""

    code: str
    values: frozenset[str] = frozenset()
    least: int | None = None
    below: int | None = None

    def holds(self, given: Mapping[str, Any], month: date) -> bool:
        """Whether it is met; an answer that is not given meets nothing."""
        if self.code not in given:
            return False
        value = given[self.code]
        if self.values:
            return value in self.values
        number = age_at(value, month) if isinstance(value, date) else value
        if self.least is not None and number < self.least:
            return False
        return self.below is None or bool(number < self.below)


@dataclass(frozen=True)
class Condition:
    """Every term at once; no term at all is always met."""

    terms: tuple[Term, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition of the data file. Raises ValueError, quoting what cannot be read."""
        return cls(tuple(_term(part.strip()) for part in text.split("&") if part.strip()))

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(term.code for term in self.terms)

    def holds(self, given: Mapping[str, Any], month: date) -> bool:
        """Whether these answers call for the question, for the law of `month` (its first day)."""
        return all(term.holds(given, month) for term in self.terms)


def _term(text: str) -> Term:
    match = _TERM.fullmatch(text)
    if match is None:
        raise ValueError(f"condition not understood: {text!r}")
    least, below = (int(match[name]) if match[name] else None for name in ("least", "below"))
    return Term(match["code"], frozenset((match["values"] or "").split("|")) - {""}, least, below)
