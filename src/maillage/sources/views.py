"""Pages of sources: what was loaded, one edition, the import of a file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import localize
from django.utils.timezone import localtime
from django.views.decorators.http import require_http_methods, require_safe

from maillage.core import clock
from maillage.core.models import User
from maillage.core.perms import require
from maillage.kernel.errors import MaillageError
from maillage.kernel.numbers import format_number
from maillage.sources import perms, registry, selectors, services
from maillage.sources.forms import HistoryForm, ImportForm
from maillage.sources.models import SourceEdition
from maillage.sources.registry import ImportReport
from maillage.ui import tables
from maillage.ui.confirm import confirm_page
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography

PAGE = 50
SHOWN = 12  # characters of a checksum in the list; its page and its exports give it whole


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (login is required)
    return request.user


# --- history --------------------------------------------------------------------------------------------------------


@require_safe
def editions(request: HttpRequest) -> HttpResponse:
    form = HistoryForm(request.GET or None)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else {}
    found = selectors.editions(kind=asked.get("kind", ""), state=asked.get("state", ""))
    if request.GET.get("export") and (response := tables.respond(request, _editions_table(found, whole=True))):
        return response
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "is_filtered": any(asked.values()),
        "table": _editions_table(page.object_list),
        "may_import": perms.can_import(_user(request), clock.today()),
    }
    return render(request, "sources/editions.html", context)


def _editions_table(found: Any, *, whole: bool = False) -> Table:
    columns = [
        Column("title", "Source", kind="link"),
        Column("kind", "Nature"),
        Column("publisher", "Producteur"),
        Column("vintage", "Millésime"),
        Column("rows", "Lignes", kind="number"),
        Column("loaded_at", "Chargée le", kind="date"),
        Column("loaded_by", "Par"),
        Column("state", "État"),
        Column("sha256", "Empreinte SHA-256", help="Ses premiers caractères ; la page de la source la donne entière."),
    ]
    rows = [
        {
            "title": Cell(one.title, url=reverse("edition", args=[one.pk])),
            "kind": selectors.label_of(one.kind),
            "publisher": one.publisher,
            "vintage": one.vintage,
            "rows": one.rows,
            "loaded_at": one.loaded_at,
            "loaded_by": str(one.loaded_by) if one.loaded_by else "Ligne de commande",
            "state": "en vigueur" if one.is_current else "remplacée",
            "sha256": one.sha256 if whole else one.sha256[:SHOWN],
        }
        for one in found
    ]
    caption = "Fichiers chargés, du plus récent au plus ancien"
    return Table("sources", caption, columns, rows, empty="Aucun fichier n'a été chargé.", sortable=False)


@require_safe
def edition(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(SourceEdition.objects.select_related("loaded_by", "file"), pk=pk)
    may_import = perms.can_import(_user(request), clock.today())
    report = ImportReport.from_json(found.report)
    table = _differences_table(report)
    if response := tables.respond(request, table):
        return response
    offered = may_import and not found.is_current
    context = {
        "edition": found,
        "details": _details(found),
        "report": report,
        "restored": SourceEdition.objects.filter(pk=report.restores).first() if report.restores else None,
        "table": table,
        "file": found.file if may_import else None,
        "why_not": services.why_not(found) if offered else "",
        "offers_way_back": offered,
    }
    return render(request, "sources/edition.html", context)


def _details(found: SourceEdition) -> list[tuple[str, Any]]:
    return [
        ("Nature", selectors.label_of(found.kind)),
        ("Producteur", found.publisher or "non précisé"),
        ("Millésime", found.vintage or "non précisé"),
        ("Licence", found.licence or "non précisée"),
        ("Fichier ou adresse", found.origin or "non précisé"),
        ("Lignes", format_number(found.rows)),
        ("Chargée le", found.loaded_at),
        ("Par", str(found.loaded_by) if found.loaded_by else "Ligne de commande"),
        ("État", "en vigueur" if found.is_current else "remplacée par une édition plus récente"),
        ("Empreinte SHA-256", found.sha256 or "sans fichier"),
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def edition_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask once more before going back: what will be loaded again, and what will be undone."""
    user = _user(request)
    require(perms.can_import(user, clock.today()), services.REFUSED)
    found = get_object_or_404(SourceEdition.objects.select_related("loaded_by", "file"), pk=pk)
    if why := services.why_not(found):
        messages.error(request, typography(why))
        return redirect("edition", pk=pk)
    if request.method == "POST":
        job = services.start_way_back(edition=found, by=user, at=clock.now())
        return redirect("job", key=job.pk)
    undone = [f"{one.title}, chargée le {localize(localtime(one.loaded_at))}" for one in selectors.since(found)]
    return confirm_page(
        request,
        title=f"Revenir à l’édition « {found.title} »",
        message=typography(
            "Le fichier gardé est chargé de nouveau, et ce que les éditions suivantes ont écrit est défait. "
            "Elles restent dans l'histoire : vous pourrez y revenir de même."
        ),
        submit="Revenir à cette édition",
        cancel_url=reverse("edition", args=[pk]),
        danger=True,
        details=[*_details(found), ("Éditions défaites", " · ".join(undone))],
    )


def _differences_table(report: ImportReport) -> Table:
    columns = [
        Column("change", "Changement"),
        Column("code", "Code"),
        Column("label", "Objet"),
        Column("before", "Avant"),
        Column("after", "Après"),
    ]
    rows = [
        {
            "change": registry.CHANGES.get(one.change, one.change),
            "code": one.code,
            "label": one.label,
            "before": one.before,
            "after": one.after,
        }
        for one in report.examples
    ]
    note = f"Au plus {registry.MAX_EXAMPLES} exemples de chaque changement."
    return Table("differences", "Exemples de changements", columns, rows, note=note, row_header="label")


# --- import ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """Choose a file. It is examined first: nothing is written before the confirmation."""
    user = _user(request)
    require(perms.can_import(user, clock.today()), services.REFUSED)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            job, _ = services.start_preview(
                kind=form.cleaned_data["kind"],
                vintage=form.cleaned_data["vintage"],
                uploaded=form.cleaned_data["file"],
                url=form.cleaned_data["url"],
                by=user,
                at=clock.now(),
            )
        except MaillageError as error:
            form.refuse(error)
        else:
            return redirect("job", key=job.pk)
    status = 422 if form.errors else 200
    return render(request, "sources/imports.html", {"form": form, "kinds": registry.importers()}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def import_preview(request: HttpRequest, key: UUID) -> HttpResponse:
    """What the file would change, and the button that loads it."""
    user = _user(request)
    job = selectors.preview(key, user)
    if job is None or "report" not in job.result.get("data", {}):
        raise Http404
    if request.method == "POST":
        started = services.start_load(preview=job, by=user, at=clock.now())
        return redirect("job", key=started.pk)
    report = ImportReport.from_json(job.result["data"]["report"])
    table = _differences_table(report)
    if response := tables.respond(request, table):
        return response
    context = {
        "name": job.result["data"]["name"],
        "report": report,
        "table": table,
        "may_import": perms.can_import(user, clock.today()),
        "is_useful": not report.already_loaded,
    }
    return render(request, "sources/preview.html", context)
