"""What is read: the list, a pact, a partner, a commitment, a version, their documents."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from maillage.core import clock
from maillage.documents.enums import Format
from maillage.documents.model import Reference
from maillage.documents.renderers import CONTENT_TYPES
from maillage.documents.renderers import render as draw
from maillage.engines.lifecycle.local_pacts import COMMITMENT, LOCAL_PACT, LOCAL_PACT_PARTNER
from maillage.local_pacts import perms
from maillage.local_pacts.enums import PactState
from maillage.local_pacts.models import LocalPact, LocalPactVersion, Signature
from maillage.local_pacts.selectors import document, pacts, snapshot
from maillage.local_pacts.selectors.diagnosis import figures
from maillage.local_pacts.selectors.pacts import Loaded, progress
from maillage.local_pacts.services.follow_up import commitment_facts
from maillage.local_pacts.services.steps import partner_facts
from maillage.local_pacts.views import tables
from maillage.local_pacts.views.common import (
    commitment_of,
    partner_of,
    readable,
    reads_text,
    user_of,
    visible,
)
from maillage.local_pacts.views.parts import openable
from maillage.ui.tables import respond

TIMELINE = 15


@require_safe
def pact_list(request: HttpRequest) -> HttpResponse:
    """Every pact that the person may know of, by département."""
    user, today = user_of(request), clock.today()
    lines = [_line(request, found) for found in pacts.visible(user, today)]
    table = tables.pacts_table(lines)
    if (exported := respond(request, table)) is not None:
        return exported
    context = {"table": table, "has_pacts": bool(lines), "may_open": openable(user, today).exists()}
    return render(request, "local_pacts/list.html", context)


def _line(request: HttpRequest, found: Loaded) -> tables.Line:
    """Outside the territory a pact is its version in force, and its progress that of what binds."""
    mine = reads_text(request, found.pact)
    shown = found.commitments if mine else [one for one in found.commitments if one.since_version is not None]
    return tables.Line(found.pact, progress(shown, clock.today()), mine)


@require_safe
def pact_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The text in work; whoever may read only what is in force is led to the version."""
    found, today, user = visible(request, pk), clock.today(), user_of(request)
    pact = found.pact
    if not reads_text(request, pact):
        return redirect("local-pact-version", pk=pk, number=pact.version_number)
    commitments = tables.commitments_table(found.commitments, today)
    inside = perms.can_read_text(user, pact, today)
    partners = tables.partners_table(found.partners, linked=inside)
    shown_figures = tables.figures_table(figures(pact.territory, pact.indicators.order_by("label", "code")))
    versions = tables.versions_table(found.versions)
    if (exported := respond(request, commitments, partners, shown_figures, versions)) is not None:
        return exported
    context = {
        "pact": pact,
        "found": found,
        "successor": _successor(request, found),
        "mark": tables.PACT_MARKS[pact.state],
        "steps": _pact_steps(request, found),
        "obstacles": found.obstacles if perms.is_open_text(pact) and inside else (),
        "progress": found.progress(today),
        "review_due_on": found.review_due_on(),
        "today": today,
        "figures": shown_figures,
        "commitments": commitments,
        "partners": partners,
        "versions": versions,
        "timeline": found.follow_ups[:TIMELINE],
        "timeline_left": max(0, len(found.follow_ups) - TIMELINE),
        "inside": inside,
        "text_in_force": pact.state in pacts.HAS_BEEN_IN_FORCE,
        **_may(request, found),
    }
    return render(request, "local_pacts/pact.html", context)


def _successor(request: HttpRequest, found: Loaded) -> LocalPact | None:
    """The pact that renews this one, where the person may know of it."""
    if found.pact.state != PactState.RENEWED:
        return None
    following = LocalPact.objects.select_related("territory__parent__parent").filter(renews=found.pact).first()
    if following is None or not perms.can_view(user_of(request), following, clock.today()):
        return None
    return following


def _may(request: HttpRequest, found: Loaded) -> dict[str, bool]:
    user, pact, today = user_of(request), found.pact, clock.today()
    text_open = perms.is_open_text(pact)
    return {
        "may_write": text_open and perms.can_write(user, pact, today),
        "may_list": text_open and perms.can_list_partners(user, pact, today),
        "may_contribute": text_open and bool(found.priorities) and perms.can_contribute(user, pact, today),
        "may_review": pact.in_force_on is not None and perms.can_review(user, pact, today),
    }


def _pact_steps(request: HttpRequest, found: Loaded) -> list[Any]:
    """The buttons; the reason that some ask for is given on the next page."""
    roles = perms.pact_roles(user_of(request), found.pact, clock.today())
    return LOCAL_PACT.offered(found.pact.state, roles, found.facts(reason="à dire"))


@require_safe
def partner_page(request: HttpRequest, pk: int, part: int) -> HttpResponse:
    """A partner: its signature and what it may do about it, its commitments, its account."""
    found, today, user = readable(request, pk), clock.today(), user_of(request)
    partner = partner_of(found, part)
    if not perms.can_read_text(user, found.pact, today) and not perms.speaks_for(user, partner, today):
        raise Http404
    roles = perms.partner_roles(user, partner, today)
    own = tables.commitments_table([one for one in found.commitments if one.partner_id == partner.pk], today)
    if (exported := respond(request, own)) is not None:
        return exported
    context = {
        "pact": found.pact,
        "partner": partner,
        "mark": tables.PARTNER_MARKS[partner.state],
        "steps": LOCAL_PACT_PARTNER.offered(partner.state, roles, partner_facts(found.pact)),
        "piloted": [one for one in found.priorities if one.pilot_id == partner.pk],
        "commitments": own,
        "may_list": perms.can_list_partners(user, found.pact, today),
        "text_open": perms.is_open_text(found.pact),
    }
    return render(request, "local_pacts/partner.html", context)


@require_safe
def commitment_page(request: HttpRequest, pk: int, part: int) -> HttpResponse:
    """A commitment: what was promised, how it goes, its evidence."""
    found, today, user = readable(request, pk), clock.today(), user_of(request)
    commitment = commitment_of(found, part)
    roles = perms.partner_roles(user, commitment.partner, today)
    facts = commitment_facts(commitment, reason="à dire")
    binding = commitment.since_version is not None
    may_follow = perms.can_follow(user, commitment, today)
    state = tables.commitment_state(commitment, today)
    context = {
        "pact": found.pact,
        "commitment": commitment,
        "mark": state.value,
        "state_label": state.text,
        "notes": [one for one in found.follow_ups if one.commitment_id == commitment.pk],
        "steps": COMMITMENT.offered(commitment.state, roles, facts) if may_follow else [],
        "may_note": binding and may_follow,
        "may_write": perms.is_open_text(found.pact)
        and commitment.is_open()
        and perms.can_write_commitment(user, commitment, today),
        "sees_evidence": perms.can_read_text(user, found.pact, today) or may_follow,
    }
    return render(request, "local_pacts/commitment.html", context)


# --- versions and documents -----------------------------------------------------------------------------------------


def _version(found: Loaded, number: int) -> LocalPactVersion:
    return get_object_or_404(LocalPactVersion.objects.select_related("by"), pact=found.pact, number=number)


@require_safe
def version_page(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A version as it entered in force, drawn from what was frozen."""
    found = visible(request, pk)
    version = _version(found, number)
    content = version.content
    signed = {one["organisation"] for one in content["signatories"] if one["signed_on"]}
    joined = Signature.objects.filter(partner__pact=found.pact, version=number).select_related("partner")
    late = [one for one in joined.order_by("signed_on", "pk") if one.partner.organisation not in signed]
    priorities = [(one, tables.frozen_commitments(one)) for one in content["priorities"]]
    shown_figures, signatories = tables.frozen_figures(content), tables.frozen_signatories(content, late)
    exported = respond(request, shown_figures, signatories, *(table for _, table in priorities))
    if exported is not None:
        return exported
    context = {
        "pact": found.pact,
        "version": version,
        "label": str(version),
        "content": content,
        "is_current": number == found.pact.version_number,
        "closed": found.pact.closed_on is not None,
        "reads_text": reads_text(request, found.pact),
        "figures": shown_figures,
        "priorities": priorities,
        "signatories": signatories,
    }
    return render(request, "local_pacts/version.html", context)


def _format(name: str) -> Format:
    if name not in Format.values:
        raise Http404
    return Format(name)


@require_safe
def pact_document(request: HttpRequest, pk: int, file_format: str) -> HttpResponse:
    """The text in work as a file; once in force, the version itself."""
    found, wanted = readable(request, pk), _format(file_format)
    pact = found.pact
    if pact.state in pacts.HAS_BEEN_IN_FORCE:
        return redirect("local-pact-version-document", pk=pk, number=pact.version_number, file_format=file_format)
    content = snapshot.compose(found, pact.version_number + 1, clock.today())
    return _file(content, wanted, name=f"pacte-local-{slugify(pact.territory.name)}-projet", in_force=False)


@require_safe
def version_document(request: HttpRequest, pk: int, number: int, file_format: str) -> HttpResponse:
    found, wanted = visible(request, pk), _format(file_format)
    version = _version(found, number)
    page = request.build_absolute_uri(reverse("local-pact-version", args=[pk, number]))
    words = f"Pacte local {found.pact.territory.code} · version {number} · empreinte {version.sha256[:12]}…"
    name = f"pacte-local-{slugify(found.pact.territory.name)}-v{number}"
    return _file(version.content, wanted, name=name, in_force=True, reference=Reference(words, page))


def _file(
    content: dict[str, Any], wanted: Format, *, name: str, in_force: bool, reference: Reference | None = None
) -> HttpResponse:
    made = document.build(
        content,
        in_force=in_force,
        edited_on=clock.today(),
        publisher=settings.MAILLAGE_NAME,
        reference=reference,
        demonstration=settings.MAILLAGE_DEMONSTRATION,
    )
    response = HttpResponse(draw(made, wanted), content_type=CONTENT_TYPES[wanted])
    response["Content-Disposition"] = f'attachment; filename="{name}.{wanted.value}"'
    response["Cache-Control"] = "private, no-store"
    return response
