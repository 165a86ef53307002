"""The journal, and the instance's health."""

from __future__ import annotations

from django.apps import apps
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from maillage.core import clock, health, perms, selectors
from maillage.core.forms import JournalForm
from maillage.core.models import AuditEntry

PAGE = 50


def _label(object_type: str) -> str:
    """The French name of a model, from its label; the label itself when the model is gone."""
    try:
        name = str(apps.get_model(object_type)._meta.verbose_name)
    except (LookupError, ValueError):
        return object_type
    return name[:1].upper() + name[1:]


def _changes(entry: AuditEntry) -> list[str]:
    """« field: before → after », whatever was recorded."""
    lines = []
    for name, change in entry.changes.items():
        if isinstance(change, list) and len(change) == 2:
            before, after = ("rien" if value is None else value for value in change)
            lines.append(f"{name}\u00a0: {before} → {after}")
        else:
            lines.append(f"{name}\u00a0: {change}")
    return lines


@require_safe
@never_cache
def journal(request: HttpRequest) -> HttpResponse:
    if not perms.can_read_journal(request.user, clock.today()):
        raise Http404
    types = [(one, _label(one)) for one in selectors.journal_object_types()]
    form = JournalForm(request.GET, types)
    chosen = form.cleaned_data if form.is_valid() else {}
    entries = selectors.journal(
        object_type=chosen.get("objet", ""),
        object_id=chosen.get("identifiant", ""),
        since=chosen.get("depuis"),
        until=chosen.get("jusqu_au"),
    )
    page = Paginator(entries, PAGE).get_page(request.GET.get("page"))
    rows = [(entry, _label(entry.object_type), _changes(entry)) for entry in page]
    return render(request, "core/journal.html", {"form": form, "page": page, "rows": rows})


@login_not_required
@require_safe
@never_cache
def healthz(request: HttpRequest) -> JsonResponse:
    """For what watches the service: one word to outsiders, the detail to those who read the journal."""
    checks = health.look(at=clock.now())
    vital = all(check.ok for check in checks if check.vital)
    status = "ok" if all(check.ok for check in checks) else "degraded" if vital else "down"
    answer: dict[str, object] = {"status": status}
    # The account is asked of the database: not when the database itself is what fails.
    if vital and perms.can_read_journal(request.user, clock.today()):
        answer["checks"] = {check.name: {"ok": check.ok, "detail": check.detail} for check in checks}
    return JsonResponse(answer, status=200 if vital else 503)
