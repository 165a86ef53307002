"""Reads about the pact shared by pages and reports: axes and measures, calendar at a day, supported projects."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from maillage.kernel.period import Period, PeriodInvalid
from maillage.pacts.enums import MeasureKind
from maillage.pacts.models import Axis, BaseMeasure, Measure, Milestone, Pact, SupportedProject
from maillage.territories.models import Territory


@dataclass(frozen=True, slots=True)
class MeasureCount:
    """What the listed measures count by kind, beside what the pact announces. Neither corrects the other."""

    announced: int | None
    by_kind: dict[str, int]

    @property
    def listed(self) -> int:
        return sum(self.by_kind.values())

    @property
    def differs(self) -> bool:
        """Whether the list and the announcement disagree; False where one of them is not known."""
        return self.announced is not None and bool(self.listed) and self.announced != self.listed

    @property
    def lines(self) -> list[tuple[str, int]]:
        """(French label, count) of the kinds that are present."""
        return [(str(kind.label), self.by_kind[kind.value]) for kind in MeasureKind if self.by_kind.get(kind.value)]


@dataclass(frozen=True, slots=True)
class DatedMilestone:
    """A milestone seen from a day: past, under way or to come."""

    milestone: Milestone
    state: str  # "past" | "current" | "next"

    @property
    def state_label(self) -> str:
        return {"past": "Passée", "current": "En cours", "next": "À venir"}[self.state]

    @property
    def period_label(self) -> str:
        return label_of_period(self.milestone.period)


@dataclass(frozen=True, slots=True)
class CalendarProgress:
    """The calendar of a pact on a day. `percent` counts what is past: progress is derived, never typed."""

    on: date
    milestones: tuple[DatedMilestone, ...]

    @property
    def past(self) -> int:
        return sum(1 for one in self.milestones if one.state == "past")

    @property
    def total(self) -> int:
        return len(self.milestones)

    @property
    def percent(self) -> int:
        return round(100 * self.past / self.total) if self.total else 0

    @property
    def next(self) -> DatedMilestone | None:
        return next((one for one in self.milestones if one.state != "past"), None)


def pacts() -> QuerySet[Pact]:
    """Every pact, the oldest first, with its axes."""
    return Pact.objects.select_related("document").prefetch_related("axes")


def latest_pact() -> Pact | None:
    """The pact that started last."""
    return Pact.objects.select_related("document").order_by("-starts_on", "-code").first()


def pact_of_year(year: int) -> Pact | None:
    """The pact whose period holds the year: the earliest started, since a year of overlap closes the older one."""
    for pact in Pact.objects.order_by("starts_on", "code"):
        if _holds(pact.period, year):
            return pact
    return None


def measures_of(pact: Pact) -> QuerySet[Measure]:
    return (
        Measure.objects.filter(axis__pact=pact).select_related("axis", "document").order_by("axis__number", "position")
    )


def base_measures_of(pact: Pact) -> QuerySet[BaseMeasure]:
    return pact.base_measures.select_related("document")


def measure_count(pact: Pact) -> MeasureCount:
    """Listed by kind beside announced: both are shown, no correspondence is invented."""
    kinds = Counter(measures_of(pact).order_by().values_list("kind", flat=True))
    return MeasureCount(pact.announced_measures, dict(kinds))


def milestones_progress(on: date, pact: Pact | None = None) -> CalendarProgress:
    """The calendar seen from a day, of one pact or of all."""
    milestones = Milestone.objects.select_related("pact", "document").order_by("starts_on", "ends_on", "pk")
    if pact is not None:
        milestones = milestones.filter(pact=pact)
    return CalendarProgress(on, tuple(DatedMilestone(one, _state(one, on)) for one in milestones))


def projects(
    *,
    territory: Territory | None = None,
    inside: Territory | None = None,
    axis: Axis | None = None,
    year: int | None = None,
) -> QuerySet[SupportedProject]:
    """Supported projects: on a territory itself, or on it and all that lies inside it."""
    found = SupportedProject.objects.select_related("axis__pact", "territory", "document")
    if territory is not None:
        found = found.filter(territory=territory)
    if inside is not None:
        found = found.filter(_inside(inside))
    if axis is not None:
        found = found.filter(axis=axis)
    if year is not None:
        found = found.filter(year=year)
    return found


def label_of_period(period: str) -> str:
    """« septembre 2018 », « depuis 2019 » for an open span; the text itself where it is no period."""
    text = period.strip()
    try:
        if text.endswith("/"):
            return f"depuis {Period.parse(text[:-1]).label_fr}"
        return Period.parse(text).label_fr if text else ""
    except PeriodInvalid:
        return text


def _holds(period: str, year: int) -> bool:
    try:
        return Period.parse(period).contains(Period.of_year(year))
    except PeriodInvalid:
        return False


def _state(milestone: Milestone, on: date) -> str:
    if milestone.ends_on < on:
        return "past"
    return "current" if milestone.starts_on <= on else "next"


def _inside(territory: Territory) -> Q:
    """On the territory itself or on what lies inside it along the administrative line."""
    return (
        Q(territory=territory)
        | Q(territory__parent=territory)
        | Q(territory__parent__parent=territory)
        | Q(territory__parent__parent__parent=territory)
    )
