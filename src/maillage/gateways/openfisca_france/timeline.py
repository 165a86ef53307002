"""Which months a declared figure stands for, counted from the month asked.

A person gives one figure for « these three last months », one for « the year before », one for the calendar year before
last. The law looks at months, one by one, up to three years back: a figure is spread over whole spans of months, so
that no month is silently empty. A month left empty is what makes false rights (income of one month only: a false RSA).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from maillage.kernel.errors import MaillageError

FIRST_MONTH = "2020-01"
LAST_MONTH = "2027-12"
"""Beyond it no parameter is known and every answer would be a guess: moved on with each yearly update of the law."""

SOLIDARITY_FROM = "2025-03"
"""Since this month RSA and prime d'activité look at months M-4 to M-2 everywhere (« solidarité à la source »)."""

RECENT = 4
"""The window of the law is M-3…M-1, or M-4…M-2: the recent figure holds for the four months before the month asked."""


class MonthRefused(MaillageError):
    """No answer can be given for this month."""


class Span(StrEnum):
    """Months to which one figure applies. NOW goes on to the end of the year, which yearly formulas ask for."""

    NOW = "now"
    RECENT = "recent"
    BEFORE = "before"
    YEAR_N2 = "n2"


@dataclass(frozen=True, slots=True)
class Timeline:
    """The calendar around one month, "YYYY-MM"."""

    month: str

    def __post_init__(self) -> None:
        year, _, number = self.month.partition("-")
        shaped = len(self.month) == 7 and year.isdecimal() and number.isdecimal() and 1 <= int(number) <= 12
        if not shaped:
            raise MonthRefused(f"« {self.month[:20]} » n'est pas un mois : écrivez par exemple 2026-01.")
        if not FIRST_MONTH <= self.month <= LAST_MONTH:
            raise MonthRefused(
                f"Le mois {self.month} n'est pas calculé : choisissez un mois de {FIRST_MONTH} à {LAST_MONTH}."
            )

    @property
    def year(self) -> int:
        return int(self.month[:4])

    @property
    def _rank(self) -> int:
        return self.year * 12 + int(self.month[5:]) - 1

    def months(self, span: Span) -> tuple[str, ...]:
        """The months of a span, in order."""
        start = {
            Span.NOW: self._rank,
            Span.RECENT: self._rank - RECENT,
            Span.BEFORE: (self.year - 1) * 12,
            Span.YEAR_N2: (self.year - YEARS_BACK) * 12,
        }[span]
        stop = {
            Span.NOW: (self.year + 1) * 12,
            Span.RECENT: self._rank,
            Span.BEFORE: self._rank - RECENT,
            Span.YEAR_N2: (self.year - 1) * 12,
        }[span]
        return tuple(_month(rank) for rank in range(start, stop))

    def all_months(self) -> tuple[str, ...]:
        """Every month from the earliest year looked at to the end of the year asked."""
        return tuple(_month(rank) for rank in range((self.year - YEARS_BACK) * 12, (self.year + 1) * 12))

    def past_months(self) -> tuple[str, ...]:
        """Every month before the one asked."""
        return tuple(month for month in self.all_months() if month < self.month)

    def years(self) -> tuple[str, ...]:
        return tuple(str(year) for year in range(self.year - YEARS_BACK, self.year + 1))


YEARS_BACK = 4
"""Supplementary cover adds twelve past months of AAH, which look three months and two civil years further back."""


def _month(rank: int) -> str:
    return f"{rank // 12}-{rank % 12 + 1:02d}"
