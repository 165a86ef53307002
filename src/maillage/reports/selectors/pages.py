"""What the reports' pages show: the list, one report, its texts and their history, its drift."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from django.db.models import Prefetch, QuerySet

from maillage.core.models import User
from maillage.documents.model import Citation
from maillage.reports import perms
from maillage.reports.content import build
from maillage.reports.content.data import Assertion
from maillage.reports.enums import ReportStatus, Section
from maillage.reports.models import AnnualReport, CitedFigure, NarrativeVersion, Rendition
from maillage.reports.selectors.annual import annual_data, narrative_in_force
from maillage.ui.units import format_value


@dataclass(frozen=True, slots=True)
class Part:
    """A written part of a report: what is in force, and how many versions there are."""

    section: Section
    current: NarrativeVersion | None

    @property
    def is_written(self) -> bool:
        return self.current is not None and bool(self.current.body.strip())


@dataclass(frozen=True, slots=True)
class Drift:
    """A figure that is no longer what a published file cites. `now` is None when it is not found any more."""

    cited: CitedFigure
    now: Citation | None

    @property
    def cited_value(self) -> str:
        return _shown(self.cited.value)

    @property
    def current_value(self) -> str:
        return _shown(self.now.value) if self.now else "n’est plus enregistré"

    @property
    def current_source(self) -> str:
        return self.now.source if self.now else ""


@dataclass(frozen=True, slots=True)
class Review:
    """What whoever publishes must have read: the discrepancies that nobody waived, the parts left empty."""

    discrepancies: tuple[Assertion, ...]
    empty_parts: tuple[Section, ...]

    @property
    def codes(self) -> list[str]:
        return [assertion.code for assertion in self.discrepancies]


def reports() -> QuerySet[AnnualReport]:
    """Every report, the latest year first, with its published files."""
    published = Rendition.objects.filter(published_at__isnull=False).select_related("file").order_by("format")
    return (
        AnnualReport.objects.select_related("territory__parent__parent", "pact")
        .prefetch_related(Prefetch("renditions", queryset=published, to_attr="published_files"))
        .order_by("-year", "territory__sort_name", "pk")
    )


def visible_reports(user: User, on: date) -> list[AnnualReport]:
    """Published reports, and the drafts that the user may follow."""
    return [report for report in reports() if perms.can_view(user, report, on)]


def parts(report: AnnualReport) -> list[Part]:
    """The written parts in the order of the report."""
    current = narrative_in_force(report)
    return [Part(section, current.get(section.value)) for section in Section]


def renditions(report: AnnualReport, *, drafts: bool) -> list[Rendition]:
    """The files, the latest first; those of the draft only for who may see them."""
    found = report.renditions.select_related("file", "built_by", "published_by")
    return list(found if drafts else found.filter(published_at__isnull=False))


def review(report: AnnualReport, on: date) -> Review:
    """What publishing this report today asks to acknowledge."""
    data = annual_data(report, on=on, draft=False)
    empty = tuple(part.section for part in parts(report) if not part.is_written)
    return Review(data.open_discrepancies, empty)


def drift(report: AnnualReport, on: date) -> list[Drift]:
    """Figures of the published files whose value is another today. Empty for a draft, which follows the figures."""
    if report.status != ReportStatus.PUBLISHED:
        return []
    rendition = report.renditions.filter(published_at__isnull=False).order_by("format").first()
    if rendition is None:
        return []
    now = {citation.key: citation for citation in build(annual_data(report, on=on)).citations}
    cited = rendition.cited_figures.order_by("pk")
    return [Drift(figure, now.get(figure.key)) for figure in cited if _differs(figure, now.get(figure.key))]


def _differs(cited: CitedFigure, now: Citation | None) -> bool:
    return now is None or cited.value != now.value[:60]


def _shown(value: str) -> str:
    if not value:
        return format_value(None)
    try:
        return format_value(Decimal(value))
    except InvalidOperation:
        return value
