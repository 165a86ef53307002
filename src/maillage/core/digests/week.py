"""The week of a digest: ISO 8601, from Monday to Sunday."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.formats import date_format

from maillage.kernel.errors import MaillageError

_WRITTEN = re.compile(r"(\d{4})-W(\d{2})")


class WeekInvalid(MaillageError):
    """A text that names no week."""


@dataclass(frozen=True, order=True)
class Week:
    """A week, written `2026-W47`."""

    year: int
    number: int

    @classmethod
    def of(cls, on: date) -> Week:
        year, number, _day = on.isocalendar()
        return cls(year, number)

    @classmethod
    def parse(cls, text: str) -> Week:
        """Raises WeekInvalid for a text that is not a week of the calendar."""
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise WeekInvalid("Une semaine s'écrit avec l'année et le numéro, par exemple 2026-W47.")
        week = cls(int(match[1]), int(match[2]))
        try:
            week.starts_on  # noqa: B018  (asking is the check: not every year has 53 weeks)
        except ValueError as error:
            raise WeekInvalid(f"L'année {week.year} n'a pas de semaine {week.number}.") from error
        return week

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"

    @property
    def starts_on(self) -> date:
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def ends_on(self) -> date:
        return self.starts_on + timedelta(days=6)

    @property
    def label(self) -> str:
        """« semaine du 16 novembre 2026 »."""
        return f"semaine du {date_format(self.starts_on, 'j F Y')}"
