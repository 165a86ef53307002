"""Pages of the reports. Each action calls one service; what may be done comes from `perms`."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from maillage.core import clock
from maillage.core import perms as core_perms
from maillage.core.models import User
from maillage.documents.enums import Format
from maillage.kernel.errors import MaillageError
from maillage.reports import forms, narrative, perms, services
from maillage.reports.enums import ReportStatus, Section
from maillage.reports.models import AnnualReport
from maillage.reports.selectors import pages, tables
from maillage.territories.selectors import instance_region
from maillage.ui.confirm import confirm_page
from maillage.ui.tables import respond

SLUGS = {"editorial": Section.FOREWORD, "paroles": Section.VOICES, "perspectives": Section.OUTLOOK}
SLUG_OF = {section: slug for slug, section in SLUGS.items()}


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (every page of the reports asks to sign in)
    return request.user


def _report(request: HttpRequest, pk: int) -> AnnualReport:
    """The report, or 404 for who may not even know of it."""
    report = pages.reports().filter(pk=pk).first()
    if report is None or not perms.can_view(_user(request), report, clock.today()):
        raise Http404
    return report


def _section(slug: str) -> Section:
    if slug not in SLUGS:
        raise Http404
    return SLUGS[slug]


def _may_write(request: HttpRequest, report: AnnualReport) -> bool:
    return perms.can_write(_user(request), report, clock.today())


@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """Published reports for everyone, drafts for the team."""
    user, today = _user(request), clock.today()
    table = tables.reports_table(pages.visible_reports(user, today))
    if (exported := respond(request, table)) is not None:
        return exported
    region = instance_region()
    may_open = region is not None and perms.can_write(user, AnnualReport(territory=region), today)
    context = {"table": table, "form": forms.YearForm() if may_open else None}
    return render(request, "reports/list.html", context)


@require_POST
def report_open(request: HttpRequest) -> HttpResponse:
    """Open the draft of a year on the instance's region."""
    region = instance_region()
    form = forms.YearForm(request.POST)
    if region is None:
        raise Http404
    if not form.is_valid():
        messages.error(request, "Écrivez une année à quatre chiffres, par exemple 2020.")
        return redirect("report-list")
    report = services.open_report(territory=region, year=form.cleaned_data["year"], by=_user(request), at=clock.now())
    return redirect("report", pk=report.pk)


@require_safe
def report_page(request: HttpRequest, pk: int) -> HttpResponse:
    """State, texts, files with their checksums, figures that changed since publication."""
    report, today = _report(request, pk), clock.today()
    user = _user(request)
    is_draft = report.status == ReportStatus.DRAFT
    may_write = perms.can_write(user, report, today)
    files = tables.files_table(pages.renditions(report, drafts=perms.follows_draft(user, report, today)))
    drifted = tables.drift_table(pages.drift(report, today))
    if (exported := respond(request, files, drifted)) is not None:
        return exported
    context = {
        "report": report,
        "is_draft": is_draft,
        "may_write": may_write and is_draft,
        "parts": [(part, SLUG_OF[part.section]) for part in pages.parts(report)],
        "files": files,
        "drift": drifted,
        "build_form": forms.BuildForm() if may_write and is_draft else None,
        "review": pages.review(report, today) if is_draft else None,
    }
    return render(request, "reports/report.html", context)


@require_POST
def report_build(request: HttpRequest, pk: int) -> HttpResponse:
    """Start the job that builds a file, and follow it on its page."""
    report = _report(request, pk)
    form = forms.BuildForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choisissez un format : PDF, ODT ou DOCX.")
        return redirect("report", pk=pk)
    try:
        job = services.start_build(
            report=report, format=Format(form.cleaned_data["format"]), by=_user(request), at=clock.now()
        )
    except MaillageError as error:
        messages.error(request, error.message_fr)
        return redirect("report", pk=pk)
    return redirect("job", key=job.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def report_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what will be published, discrepancies included, then publish by a job."""
    report = _report(request, pk)
    core_perms.require(_may_write(request, report), services.WRITE_REFUSED)
    form = forms.PublishForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = services.start_publication(
                report=report, acknowledged=form.codes(), by=_user(request), at=clock.now()
            )
        except MaillageError as error:
            messages.error(request, error.message_fr)
            return redirect("report", pk=pk)
        return redirect("job", key=job.pk)
    return _confirm_publication(request, report)


def _confirm_publication(request: HttpRequest, report: AnnualReport) -> HttpResponse:
    review = pages.review(report, clock.today())
    details = [
        (f"Écart sans dérogation : {one.label}", f"imprimé « {one.printed_as} » ({one.finding.label})")
        for one in review.discrepancies
        if one.finding
    ]
    details += [("Partie vide, laissée de côté", section.label) for section in review.empty_parts]
    return confirm_page(
        request,
        title=f"Publier : {report}",
        message=(
            "Les trois fichiers (PDF, ODT, DOCX) seront produits avec les chiffres d'aujourd'hui. Ensuite, ni les "
            "textes ni les fichiers ne changent ; un chiffre qui changerait est signalé sur la page du rapport."
        ),
        submit="Publier",
        cancel_url=reverse("report", args=[report.pk]),
        details=details,
        form=forms.PublishForm(initial={"acknowledged": ",".join(review.codes)}),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def narrative_edit(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Write a part. A save that meets another one keeps both texts on the page."""
    report, section = _report(request, pk), _section(slug)
    may_write = _may_write(request, report) and report.status == ReportStatus.DRAFT
    current = next(part.current for part in pages.parts(report) if part.section == section)
    if request.method == "POST":
        if not may_write:
            raise PermissionDenied(services.WRITE_REFUSED)
        return _save_narrative(request, report, section, slug)
    initial = {"body": current.body if current else "", "base_number": current.number if current else 0}
    return _narrative_page(request, report, section, forms.NarrativeForm(initial=initial) if may_write else None)


def _save_narrative(request: HttpRequest, report: AnnualReport, section: Section, slug: str) -> HttpResponse:
    form = forms.NarrativeForm(request.POST)
    if not form.is_valid():
        return _narrative_page(request, report, section, form, status=400)
    try:
        version = services.save_narrative(
            report=report,
            section=section,
            body=form.cleaned_data["body"],
            base_number=form.cleaned_data["base_number"],
            by=_user(request),
            at=clock.now(),
        )
    except services.NarrativeConflict as conflict:
        mine = forms.NarrativeForm(initial={"body": form.cleaned_data["body"], "base_number": conflict.current.number})
        changes = narrative.compare(conflict.current.body, form.cleaned_data["body"])
        extra = {"conflict": conflict, "changes": changes}
        return _narrative_page(request, report, section, mine, status=409, **extra)
    except MaillageError as error:
        form.refuse(error)
        return _narrative_page(request, report, section, form, status=400)
    saved = f"{section.label} : version {version.number} enregistrée." if version else "Rien à enregistrer."
    messages.success(request, saved)
    return redirect("report-narrative", pk=report.pk, slug=slug)


def _narrative_page(
    request: HttpRequest,
    report: AnnualReport,
    section: Section,
    form: forms.NarrativeForm | None,
    *,
    status: int = 200,
    **extra: object,
) -> HttpResponse:
    part = next(part for part in pages.parts(report) if part.section == section)
    context = {
        "report": report,
        "part": part,
        "slug": SLUG_OF[section],
        "form": form,
        "autosave": f"rapport-{report.pk}-{section.value}",
        "preview": tables.preview(part.current.body if part.current else ""),
        "conflict": None,
        "changes": [],
        **extra,
    }
    return render(request, "reports/narrative.html", context, status=status)


@require_safe
def narrative_history(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Every version of a part, and two of them compared (`?de=1&a=3`)."""
    report, section = _report(request, pk), _section(slug)
    versions = list(report.narratives.filter(section=section).select_related("by").order_by("-number"))
    by_number = {str(version.number): version for version in versions}
    newest, before = versions[:1], versions[1:2]
    first = by_number.get(request.GET.get("de", ""), before[0] if before else None)
    second = by_number.get(request.GET.get("a", ""), newest[0] if newest else None)
    context = {
        "report": report,
        "section": section,
        "slug": slug,
        "versions": versions,
        "first": first,
        "second": second,
        "changes": narrative.compare(first.body, second.body) if first and second else [],
        "may_restore": _may_write(request, report) and report.status == ReportStatus.DRAFT,
    }
    return render(request, "reports/history.html", context)


@require_POST
def narrative_restore(request: HttpRequest, pk: int, slug: str, number: int) -> HttpResponse:
    """Put an old version in force again, as a new one."""
    report, section = _report(request, pk), _section(slug)
    try:
        version = services.restore_narrative(
            report=report, section=section, number=number, by=_user(request), at=clock.now()
        )
    except MaillageError as error:
        messages.error(request, error.message_fr)
    else:
        messages.success(request, f"Version {number} rétablie : c'est maintenant la version {version.number}.")
    return redirect("report-history", pk=pk, slug=slug)
