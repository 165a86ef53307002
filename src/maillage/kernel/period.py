"""Periods as documents name them: a year, a month, a day, or a range of these."""

import calendar
import re
from dataclasses import dataclass, field
from datetime import date

from maillage.kernel.errors import MaillageError, shorten

MONTHS_FR = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)

_PART = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1800, 2200


class PeriodInvalid(MaillageError):
    """The text is not a period."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One end of a period, as precise as it was written."""

    year: int
    month: int | None
    day: int | None

    @property
    def first(self) -> date:
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    @property
    def label_fr(self) -> str:
        if self.month is None:
            return str(self.year)
        month = f"{MONTHS_FR[self.month - 1]} {self.year}"
        if self.day is None:
            return month
        return f"{'1er' if self.day == 1 else self.day} {month}"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A span of whole days, both ends included; ordered by start, then end; equal when they span the same days.

    `canonical` is the text to store: parsing it gives the same period, with the precision it was written with.
    """

    start: date
    end: date
    canonical: str = field(compare=False)
    label_fr: str = field(compare=False, repr=False)

    @classmethod
    def parse(cls, text: str) -> "Period":
        """Read « 2020 », « 2020-11 », « 2023-11-07 » or two of these parted by « / ». Raises PeriodInvalid."""
        first_text, slash, last_text = text.strip().partition("/")
        first = _parse_part(first_text, text)
        last = _parse_part(last_text, text) if slash else first
        if last.first < first.first or last.last < first.last:
            raise PeriodInvalid(f"Période « {shorten(text, 40)} » : la fin précède le début.")
        if first == last:
            return cls(first.first, first.last, first_text, first.label_fr)
        return cls(first.first, last.last, f"{first_text}/{last_text}", _range_label(first, last))

    @classmethod
    def of_year(cls, year: int) -> "Period":
        return cls.parse(f"{year:04d}")

    def contains(self, other: "Period | date") -> bool:
        """Whether every day of `other` is in this period."""
        if isinstance(other, date):
            return self.start <= other <= self.end
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: "Period") -> bool:
        return self.start <= other.end and other.start <= self.end

    def distance_days(self, other: "Period") -> int:
        """Days between the two middles (doubled to stay whole): what « nearest period » compares."""
        own = self.start.toordinal() + self.end.toordinal()
        return abs(own - other.start.toordinal() - other.end.toordinal())

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def __str__(self) -> str:
        return self.canonical


def _parse_part(part: str, whole: str) -> _Part:
    match = _PART.fullmatch(part)
    if match is None:
        raise PeriodInvalid(
            f"Période illisible : « {shorten(whole, 40)} ». Écrivez 2020, 2020-11, 2023-11-07 ou 2019/2023."
        )
    year, month, day = (int(match[name]) if match[name] else None for name in ("year", "month", "day"))
    if year is None or not _exists(year, month, day):
        raise PeriodInvalid(f"Période « {shorten(whole, 40)} » : cette date n'existe pas.")
    return _Part(year, month, day)


def _exists(year: int, month: int | None, day: int | None) -> bool:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        return False
    try:
        date(year, 1 if month is None else month, 1 if day is None else day)
    except ValueError:
        return False
    return True


def _range_label(first: _Part, last: _Part) -> str:
    """« mai-juin 2020 », « 2019-2023 », « 1er au 15 mars 2021 », « octobre 2019 à novembre 2020 »."""
    same_month = first.month is not None and (first.year, first.month) == (last.year, last.month)
    if first.month is None and last.month is None:
        return f"{first.year}-{last.year}"
    if first.day is None and last.day is None and first.month and last.month and first.year == last.year:
        joiner = "-" if last.month == first.month + 1 else " à "
        return f"{MONTHS_FR[first.month - 1]}{joiner}{MONTHS_FR[last.month - 1]} {last.year}"
    if same_month and first.day is not None and last.day is not None:
        return f"{'1er' if first.day == 1 else first.day} au {last.label_fr}"
    return f"{first.label_fr} à {last.label_fr}"
