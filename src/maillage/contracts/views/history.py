"""The history of a contract, and that of one field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from maillage.contracts import perms
from maillage.contracts.forms.amendments import HistoryFilter
from maillage.contracts.models import ActionSheet, Amendment, Contract
from maillage.contracts.selectors import history
from maillage.contracts.selectors.comparison import named, shown_at
from maillage.contracts.selectors.drafts import draft_of
from maillage.contracts.selectors.history import Detail
from maillage.contracts.selectors.versions import snapshot_of
from maillage.contracts.text import Names, all_names
from maillage.contracts.views.common import contract_or_404, frame, user_of
from maillage.core import clock
from maillage.core.models import AuditEntry
from maillage.engines.contract_text import at_path, bad_code, field_at, part_at
from maillage.ui.export import FORMATS
from maillage.ui.tables import Column, Table, respond

TAB = "contract-history"
PAGE = 30
FEW = 6  # changes of a line shown at once; the others unfold
MANY = 100  # of a big import: the rest is in the export
SYSTEM = "Le système"


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the journal as the page shows it."""

    entry: AuditEntry
    who: str
    first: list[Detail]
    others: list[Detail]
    left: int


@require_safe
def contract_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Everything that happened, the newest first: who, when, what."""
    contract = contract_or_404(request, pk)
    entries = _visible(request, contract)
    sheets, amendments = list(contract.sheets.all()), list(contract.amendments.all())
    people = [(str(one.pk), str(one)) for one in history.actors_of(contract)]
    form = HistoryFilter(request.GET, people, _objects(sheets, amendments))
    entries = _filtered(entries, form.chosen, contract, sheets, amendments)
    names = all_names()
    if request.GET.get("export") in FORMATS:
        exported = respond(request, _table(entries, names))
        if exported is not None:
            return exported
    page = Paginator(entries, PAGE).get_page(request.GET.get("page"))
    context = frame(contract, TAB) | {
        "form": form,
        "filtered": any(form.chosen.values()),
        "page": page,
        "events": _events(list(page), names),
        "exports": _exports(request),
        "may_audit": perms.can_audit(user_of(request), contract, clock.today()),
    }
    return render(request, "contracts/amendments/history.html", context)


def _visible(request: HttpRequest, contract: Contract) -> QuerySet[AuditEntry]:
    """What happened to amendments that are not signed is for those who follow the negotiation."""
    entries = history.journal_of(contract)
    if perms.can_see_unsigned(user_of(request), contract, clock.today()):
        return entries
    hidden = contract.amendments.exclude(status="in_force").values_list("pk", flat=True)
    return entries.exclude(object_type="contracts.amendment", object_id__in=[str(pk) for pk in hidden])


def _objects(sheets: Iterable[ActionSheet], amendments: Iterable[Amendment]) -> list[tuple[str, str]]:
    found = [("contrat", "Le contrat lui-même")]
    found += [(f"avenant-{one.number}", f"Avenant {one.number}") for one in amendments]
    return found + [(f"fiche-{one.pk}", f"Fiche {one.code}") for one in sheets]


def _filtered(
    entries: QuerySet[AuditEntry],
    chosen: dict[str, str],
    contract: Contract,
    sheets: list[ActionSheet],
    amendments: list[Amendment],
) -> QuerySet[AuditEntry]:
    kind, _, key = chosen["objet"].partition("-")
    if chosen["personne"]:
        entries = entries.filter(actor_id=int(chosen["personne"]))
    if kind == "contrat":
        entries = history.of_contract(entries, contract)
    elif kind == "avenant":
        entries = history.of_amendment(entries, next(one for one in amendments if str(one.number) == key))
    elif kind == "fiche":
        entries = history.of_sheet(entries, next(one for one in sheets if str(one.pk) == key))
    return history.of_kind_of_field(entries, *chosen["champ"].split(".")) if chosen["champ"] else entries


def _events(entries: list[AuditEntry], names: Names) -> list[Event]:
    people = history.people_of(entries)
    return [_event(one, history.details(one, names, people)) for one in entries]


def _event(entry: AuditEntry, found: list[Detail]) -> Event:
    who = str(entry.actor) if entry.actor is not None else SYSTEM
    return Event(entry, who, found[:FEW], found[FEW:MANY], max(0, len(found) - MANY))


def _exports(request: HttpRequest) -> list[tuple[str, str]]:
    """Addresses of the whole history, as it is filtered, in each format."""
    query = request.GET.copy()
    query.pop("page", None)
    found = []
    for fmt, (label, _) in FORMATS.items():
        query["export"], query["tableau"] = fmt, "historique"
        found.append((label, f"?{query.urlencode()}"))
    return found


def _table(entries: QuerySet[AuditEntry], names: Names) -> Table:
    """One row a change; a line that changed nothing named keeps one row."""
    labels = ("Quand", "Qui", "Ce qui s'est passé", "Champ", "Avant", "Après")
    keys = ("at", "who", "what", "label", "before", "after")
    columns = [Column(key, label, "date" if key == "at" else "text") for key, label in zip(keys, labels, strict=True)]
    listed = list(entries)
    people = history.people_of(listed)
    rows = [
        {
            "at": entry.at,
            "who": str(entry.actor) if entry.actor is not None else SYSTEM,
            "what": entry.summary,
            "label": one.label,
            "before": one.before,
            "after": one.after,
        }
        for entry in listed
        for one in history.details(entry, names, people) or [Detail("", "", "")]
    ]
    return Table("historique", "Historique du contrat", columns, rows, sortable=False)


# --- one field ---


@require_safe
def field_history(request: HttpRequest, pk: int, path: str) -> HttpResponse:
    """Every value that a field has had, with who and when; what it is now, and in each version."""
    contract = contract_or_404(request, pk)
    if bad_code(path) or (field_at(path) is None and part_at(path) is None):
        raise Http404
    names = all_names()
    whole = perms.can_see_unsigned(user_of(request), contract, clock.today())
    changed = history.field_changes(_visible(request, contract), contract, path, names)
    context = frame(contract, TAB) | {
        "path": path,
        "label": named(path, names),
        "changes": changed,
        "values": _values(contract, path, names, whole=whole),
        "system": SYSTEM,
    }
    return render(request, "contracts/amendments/field.html", context)


def _values(contract: Contract, path: str, names: Names, *, whole: bool) -> list[tuple[str, str, str]]:
    """(where, address, value): the text that is worked on, then each version by its own snapshot."""
    found = []
    draft = draft_of(contract)
    if whole and draft.is_open:
        where = f"Avenant {draft.amendment.number}, proposé" if draft.amendment else "Texte en négociation"
        url = reverse("amendment", args=[contract.pk, draft.amendment.number]) if draft.amendment else ""
        found.append((where, url, _value(draft.text, path, names)))
    for version in contract.versions.all():
        snapshot = snapshot_of(version)
        if snapshot is None:
            continue
        url = reverse("contract-version", args=[contract.pk, version.number])
        found.append((f"Version {version.number}", url, _value(snapshot["text"], path, snapshot["names"])))
    return found


def _value(text: dict[str, object], path: str, names: Names) -> str:
    parent = path.rpartition("/")[0] if field_at(path) is not None else path
    if at_path(text, parent) is None:
        return "(n’existe pas)"
    return shown_at(path, at_path(text, path), names)
