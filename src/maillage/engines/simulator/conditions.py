"""When a question is asked: « couple=oui & enfants>=1 », over the answers that come before it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TERM = re.compile(r"(?P<code>[a-z0-9_]+)(?:>=(?P<least>[0-9]+)|=(?P<values>[a-z0-9_|]+))", re.ASCII)


@dataclass(frozen=True)
class Term:
    """One requirement: an answer among `values`, or a count of at least `least`."""

    code: str
    values: frozenset[str] = frozenset()
    least: int | None = None

    def holds(self, given: Mapping[str, Any]) -> bool:
        """Whether it is met; an answer that is not given meets nothing."""
        if self.code not in given:
            return False
        value = given[self.code]
        return value >= self.least if self.least is not None else value in self.values


@dataclass(frozen=True)
class Condition:
    """Every term at once; no term at all is always met."""

    terms: tuple[Term, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Condition:
        """Read a condition of the data file. Raises ValueError, quoting what cannot be read."""
        terms = []
        for part in filter(None, map(str.strip, text.split("&"))):
            match = _TERM.fullmatch(part)
            if match is None:
                raise ValueError(f"condition not understood: {part!r}")
            least = int(match["least"]) if match["least"] else None
            terms.append(Term(match["code"], frozenset((match["values"] or "").split("|")) - {""}, least))
        return cls(tuple(terms))

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(term.code for term in self.terms)

    def holds(self, given: Mapping[str, Any]) -> bool:
        return all(term.holds(given) for term in self.terms)
