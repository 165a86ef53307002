"""Signed versions: each shown from its own snapshot, its fingerprint checked, any two compared."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from maillage.contracts.forms.amendments import CompareForm
from maillage.contracts.models import Contract, ContractVersion
from maillage.contracts.selectors.amendments import UNREADABLE, compared
from maillage.contracts.selectors.comparison import KIND_LABELS
from maillage.contracts.selectors.versions import is_intact, names_for, readable, snapshot_of
from maillage.contracts.views.amendments import TAB, changes_table, effects_table
from maillage.contracts.views.common import contract_or_404, frame
from maillage.ui.tables import Cell, Column, Table, respond


def version_or_404(contract: Contract, number: int) -> ContractVersion:
    found = contract.versions.select_related("amendment", "created_by").filter(number=number).first()
    if found is None:
        raise Http404
    return found


@require_safe
def version_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Every version, its fingerprint recomputed now."""
    contract = contract_or_404(request, pk)
    versions = list(contract.versions.select_related("amendment", "created_by"))
    table = _table(contract, versions)
    exported = respond(request, table)
    if exported is not None:
        return exported
    context = frame(contract, TAB) | {
        "table": table,
        "versions": versions,
        "form": _form(None, versions),
        "compare_url": reverse("contract-versions-compare", args=[pk]),
    }
    return render(request, "contracts/amendments/versions.html", context)


def _table(contract: Contract, versions: list[ContractVersion]) -> Table:
    columns = [
        Column("number", "Version", "link"),
        Column("signed_on", "En vigueur depuis le", "date"),
        Column("amendment", "Faite par", "link"),
        Column("state", "Empreinte", "badge"),
        Column("sha256", "SHA-256", "code"),
    ]
    rows = [
        {
            "number": Cell(
                f"Version {one.number}",
                url=reverse("contract-version", args=[contract.pk, one.number]),
                sort=one.number,
            ),
            "signed_on": one.signed_on,
            "amendment": _made_by(contract, one),
            "state": Cell("Vérifiée", status="success") if is_intact(one) else Cell("Altérée", status="error"),
            "sha256": one.sha256,
        }
        for one in versions
    ]
    return Table("versions", "Versions signées", columns, rows, empty="Aucune version : le contrat n'est pas signé.")


def _made_by(contract: Contract, version: ContractVersion) -> Cell:
    if version.amendment is None:
        return Cell("Signature du contrat")
    number = version.amendment.number
    return Cell(f"Avenant {number}", url=reverse("amendment", args=[contract.pk, number]), sort=number)


def _form(data: object, versions: list[ContractVersion]) -> CompareForm | None:
    """The choice of two versions, where there are two. At first, the last one and the one before."""
    numbers = [one.number for one in versions]
    if len(numbers) < 2:
        return None
    return CompareForm(data, numbers, initial={"de": numbers[1], "a": numbers[0]})


@require_safe
def version_page(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A version as it was signed: its snapshot says everything, names included, whatever was renamed since."""
    contract = contract_or_404(request, pk)
    version = version_or_404(contract, number)
    snapshot = snapshot_of(version)
    numbers = list(contract.versions.order_by("number").values_list("number", flat=True))
    context = frame(contract, TAB) | {
        "version": version,
        "snapshot": snapshot,
        "intact": is_intact(version),
        "is_last": number == numbers[-1],
        "before": number - 1 if number - 1 in numbers else None,
        "after": number + 1 if number + 1 in numbers else None,
        "blocks": readable(snapshot["text"], snapshot["names"]) if snapshot is not None else [],
    }
    return render(request, "contracts/amendments/version.html", context)


@require_safe
def version_compare(request: HttpRequest, pk: int) -> HttpResponse:
    """Two versions side by side, whichever they are."""
    contract = contract_or_404(request, pk)
    versions = list(contract.versions.all())
    form = _form(request.GET, versions)
    if form is None or not form.is_valid():
        raise Http404
    by_number = {one.number: one for one in versions}
    old, new = by_number[form.cleaned_data["de"]], by_number[form.cleaned_data["a"]]
    before, after = snapshot_of(old), snapshot_of(new)
    comparison = UNREADABLE
    if before is not None and after is not None:
        names = names_for(new, names_for(old, {}))
        comparison = compared(before["text"], after["text"], names, contract.kind)
    effects = effects_table(comparison.effects, f"De la version {old.number} à la version {new.number}", "effets")
    exported = respond(request, effects, changes_table(comparison))
    if exported is not None:
        return exported
    context = frame(contract, TAB) | {
        "old": old,
        "new": new,
        "form": form,
        "comparison": comparison,
        "kind_labels": KIND_LABELS,
        "effects": effects,
        "changes_url": f"?de={old.number}&a={new.number}&export=csv&tableau=comparaison",
    }
    return render(request, "contracts/amendments/compare.html", context)
