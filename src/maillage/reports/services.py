"""Writes of the reports: open one, write its parts, build its files, publish it.

Reading and drawing take seconds and happen outside any transaction; what they give is stored at the end, in one short
transaction. A process that dies on the way leaves nothing of the report behind it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify
from django.utils.timezone import localdate

from maillage.core import audit, files, jobs
from maillage.core import perms as core_perms
from maillage.core.models import Job, User
from maillage.documents.enums import Format
from maillage.documents.model import Document
from maillage.documents.renderers import CONTENT_TYPES, render
from maillage.engines.lifecycle import REPORT
from maillage.kernel.errors import MaillageError
from maillage.pacts.selectors import pact_of_year
from maillage.reports import perms
from maillage.reports.content import build
from maillage.reports.enums import ReportStatus, Section
from maillage.reports.models import AnnualReport, CitedFigure, NarrativeVersion, Rendition
from maillage.reports.selectors.annual import annual_data
from maillage.territories.models import Territory
from maillage.territories.selectors import instance_region

MAX_NARRATIVE_LENGTH = 50_000
FIRST_YEAR, LAST_YEAR = 1900, 2200
WRITE_REFUSED = "Seuls l'équipe du commissaire et le préfet de ce territoire écrivent et publient ce rapport."
PUBLISHED_REFUSED = "Ce rapport est publié : ses textes et ses fichiers ne changent plus."

Advance = Callable[[int, str], None]


class NarrativeConflict(MaillageError):
    """Someone saved the same part meanwhile. `current` is theirs; the other text is still in the caller's hands."""

    def __init__(self, current: NarrativeVersion) -> None:
        self.current = current
        super().__init__(
            f"« {current.get_section_display()} » a été enregistré par quelqu'un d'autre pendant que vous écriviez "
            f"(version {current.number}). Votre texte n'est pas perdu : comparez, puis enregistrez à nouveau."
        )


@dataclass(frozen=True, slots=True)
class Built:
    """One file drawn, not stored yet."""

    format: Format
    content: bytes


def _silent(percent: int, step: str) -> None:
    """For callers that follow nothing."""


def _require_write(by: User | None, report: AnnualReport, on: date) -> None:
    """None is a command run on the instance's own machine: whoever runs it holds the database already."""
    if by is not None:
        core_perms.require(perms.can_write(by, report, on), WRITE_REFUSED)


def _locked(report: AnnualReport) -> AnnualReport:
    return (
        AnnualReport.objects.select_for_update(of=("self",))
        .select_related("territory__parent__parent", "pact")
        .get(pk=report.pk)
    )


@transaction.atomic
def open_report(*, territory: Territory, year: int, by: User | None, at: datetime) -> AnnualReport:
    """The report of a year on a territory: the one that exists, or a new draft on the pact in force that year."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise MaillageError(
            f"L'année {year} n'est pas une année de rapport : écrivez quatre chiffres, par exemple 2020."
        )
    found = AnnualReport.objects.filter(territory=territory, year=year).first()
    if found is not None:
        return found
    report = AnnualReport(territory=territory, year=year, pact=pact_of_year(year), created_at=at, created_by=by)
    _require_write(by, report, localdate(at))
    report.save()
    audit.record(
        action="report.open", obj=report, by=by, at=at, summary=f"Bilan {year} ouvert", territory_code=territory.code
    )
    return report


@transaction.atomic
def save_narrative(
    *, report: AnnualReport, section: Section, body: str, base_number: int, by: User | None, at: datetime
) -> NarrativeVersion | None:
    """Save a part as a new version. `base_number` is the version that the writer started from (0 for none).

    Raises NarrativeConflict when another version was saved meanwhile. The same text again saves nothing; None is
    returned when nothing was ever written.
    """
    report = _locked(report)
    _require_write(by, report, localdate(at))
    _require_draft(report)
    body = body.replace("\r\n", "\n").replace("\r", "\n").strip()
    if len(body) > MAX_NARRATIVE_LENGTH:
        raise MaillageError(f"Ce texte dépasse {MAX_NARRATIVE_LENGTH} caractères : raccourcissez-le.")
    latest = report.narratives.filter(section=section).order_by("-number").first()
    if body == (latest.body if latest else ""):
        return latest
    if latest is not None and latest.number != base_number:
        raise NarrativeConflict(latest)
    version = NarrativeVersion.objects.create(
        report=report, section=section, number=(latest.number if latest else 0) + 1, body=body, by=by, at=at
    )
    _record_narrative(version, by, at, f"Texte « {section.label} » enregistré, version {version.number}")
    return version


@transaction.atomic
def restore_narrative(
    *, report: AnnualReport, section: Section, number: int, by: User | None, at: datetime
) -> NarrativeVersion:
    """Put an old version in force again, as a new version: the history keeps everything."""
    report = _locked(report)
    _require_write(by, report, localdate(at))
    _require_draft(report)
    versions = report.narratives.filter(section=section)
    old = versions.filter(number=number).first()
    latest = versions.order_by("-number").first()
    if old is None or latest is None:
        raise MaillageError(f"La version {number} n'existe pas.")
    if latest.body == old.body:
        return latest
    version = NarrativeVersion.objects.create(
        report=report, section=section, number=latest.number + 1, body=old.body, by=by, at=at
    )
    _record_narrative(version, by, at, f"Texte « {section.label} » : version {number} rétablie")
    return version


def _record_narrative(version: NarrativeVersion, by: User | None, at: datetime, summary: str) -> None:
    report = version.report
    audit.record(
        action="report.narrative",
        obj=report,
        by=by,
        at=at,
        summary=summary,
        changes={version.section: [version.number - 1, version.number]},
        territory_code=report.territory.code,
    )


def _require_draft(report: AnnualReport) -> None:
    if report.status != ReportStatus.DRAFT:
        raise MaillageError(PUBLISHED_REFUSED)


def start_build(*, report: AnnualReport, format: Format, by: User, at: datetime) -> Job:
    """Ask the worker for one file of the draft."""
    _require_write(by, report, localdate(at))
    _require_draft(report)
    return jobs.start(
        kind="report.annual",
        title=f"{report}, {format.label}",
        parameters={"report_id": report.pk, "format": format.value, "by_id": by.pk},
        by=by,
        at=at,
    )


def start_publication(*, report: AnnualReport, acknowledged: Collection[str], by: User, at: datetime) -> Job:
    """Ask the worker to publish; refused now rather than later when it can be known now."""
    _require_write(by, report, localdate(at))
    _require_draft(report)
    return jobs.start(
        kind="report.publish",
        title=f"Publication : {report}",
        parameters={"report_id": report.pk, "acknowledged": sorted(acknowledged), "by_id": by.pk},
        by=by,
        at=at,
    )


def build_rendition(
    *, report: AnnualReport, format: Format, by: User | None, at: datetime, advance: Advance = _silent
) -> Rendition:
    """Build one file of a draft and store it. The same facts give the same bytes: then nothing new is stored."""
    _require_write(by, report, localdate(at))
    _require_draft(report)
    advance(10, "Lecture des chiffres")
    document = build(annual_data(report, on=localdate(at)))
    advance(45, "Mise en page")
    built = Built(format, render(document, format))
    advance(90, "Enregistrement du fichier")
    return _store_draft(report, document, built, by, at)


@transaction.atomic
def _store_draft(report: AnnualReport, document: Document, built: Built, by: User | None, at: datetime) -> Rendition:
    report = _locked(report)
    _require_draft(report)
    last = report.renditions.filter(format=built.format).select_related("file").first()
    if last is not None and last.file.sha256 == hashlib.sha256(built.content).hexdigest():
        return last
    rendition = _store(report, document, built, by, at)
    audit.record(
        action="report.build",
        obj=report,
        by=by,
        at=at,
        summary=f"{report} : {built.format.label} produit",
        changes={"sha256": [last.file.sha256 if last else None, rendition.file.sha256]},
        territory_code=report.territory.code,
    )
    return rendition


def _store(report: AnnualReport, document: Document, built: Built, by: User | None, at: datetime) -> Rendition:
    """The file, its rendition, and every figure that it cites. In the caller's transaction."""
    stored = files.store(
        name=file_name(report, built.format),
        content=built.content,
        content_type=CONTENT_TYPES[built.format],
        by=by,
        at=at,
    )
    rendition = Rendition.objects.create(report=report, format=built.format, file=stored, built_at=at, built_by=by)
    CitedFigure.objects.bulk_create(
        CitedFigure(
            rendition=rendition,
            key=citation.key[:200],
            label=citation.label[:300],
            territory_code=citation.territory_code,
            period=citation.period,
            value=citation.value[:60],
            status=citation.status,
            source=citation.source,
        )
        for citation in document.citations
    )
    return rendition


def publish(
    *,
    report: AnnualReport,
    acknowledged: Collection[str],
    by: User,
    at: datetime,
    advance: Advance = _silent,
) -> list[Rendition]:
    """Publish the report: three files, drawn from the figures of now, that nothing changes afterwards.

    Invariant P1, as it is held here. A figure without source stops the assembly (FigureUnresolved). A figure that
    the documents contradict, and that nobody waived, does not block: no validated value exists for it, and a report
    held back for an old misprint would be written elsewhere, without the check. It is printed as a discrepancy, with
    what the control recomputes, and whoever publishes names each of them (`acknowledged`, codes of stated figures).
    If that list is not exactly the one found at this moment, publication is refused.
    """
    _require_write(by, report, localdate(at))
    _require_draft(report)
    advance(5, "Lecture des chiffres")
    document = build(annual_data(report, on=localdate(at), draft=False))
    facts = {"acknowledged": set(acknowledged) == set(document.discrepancies)}
    roles = perms.roles_on(by, report.territory, localdate(at))
    REPORT.next_state("publish", report.status, roles, facts)
    built = []
    for index, format in enumerate(Format):
        advance(20 + 25 * index, f"Mise en page : {format.label}")
        built.append(Built(format, render(document, format)))
    advance(95, "Publication")
    return _store_published(report, document, built, facts, by, at)


@transaction.atomic
def _store_published(
    report: AnnualReport,
    document: Document,
    built: list[Built],
    facts: Mapping[str, bool],
    by: User,
    at: datetime,
) -> list[Rendition]:
    report = _locked(report)
    if build(annual_data(report, on=localdate(at), draft=False)) != document:
        raise MaillageError(
            "Un texte ou un chiffre a changé pendant la publication : relisez le rapport, puis publiez à nouveau."
        )
    roles = perms.roles_on(by, report.territory, localdate(at))
    report.status = REPORT.next_state("publish", report.status, roles, facts)
    report.save(update_fields=["status"])
    renditions = []
    for one in built:
        rendition = _store(report, document, one, by, at)
        rendition.published_at, rendition.published_by = at, by
        rendition.save(update_fields=["published_at", "published_by"])
        renditions.append(rendition)
    audit.record(
        action="report.publish",
        obj=report,
        by=by,
        at=at,
        summary=f"{report} publié",
        changes={
            "status": [ReportStatus.DRAFT, ReportStatus.PUBLISHED],
            "sha256": [None, [rendition.file.sha256 for rendition in renditions]],
            "acknowledged": [None, list(document.discrepancies)],
        },
        territory_code=report.territory.code,
    )
    return renditions


def file_name(report: AnnualReport, format: Format) -> str:
    """« bilan-2020-nom-du-territoire.pdf »."""
    return f"bilan-{report.year}-{slugify(report.territory.name)}.{format.value}"


def write_annual_report(
    *,
    year: int,
    format: str,
    by: User | None,
    at: datetime,
    output_dir: Path | None = None,
    output: Path | None = None,
) -> Path:
    """Build the instance's report of a year and copy it to a folder (by default, `reports` of the instance).

    A published report is given back as it was published.
    """
    region = instance_region()
    if region is None:
        raise MaillageError(
            "La région de l'instance n'est pas chargée. Choisissez-la (MAILLAGE_REGION) et chargez ses territoires."
        )
    wanted = Format(format)
    report = open_report(territory=region, year=year, by=by, at=at)
    rendition = published_rendition(report, wanted) or build_rendition(report=report, format=wanted, by=by, at=at)
    path = output or (output_dir or settings.DATA_DIR / "reports") / file_name(report, wanted)
    path.parent.mkdir(parents=True, exist_ok=True)
    with rendition.file.content.open("rb") as stored:
        _replace(path, stored.read())
    return path


def published_rendition(report: AnnualReport, format: Format) -> Rendition | None:
    """The published file of a format, if the report is published."""
    return report.renditions.filter(format=format, published_at__isnull=False).select_related("file").first()


def _replace(path: Path, content: bytes) -> None:
    """Write beside, then rename: whoever reads the file meanwhile never sees half of it."""
    beside = path.with_name(f".{path.name}.part")
    beside.write_bytes(content)
    beside.replace(path)
