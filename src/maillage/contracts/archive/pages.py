"""Pages of the archive: plain HTML that any browser opens from a disk, without a script, without this software."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.resources import files
from string import Template
from typing import Any

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.timezone import localtime

from maillage.contracts.archive.gathering import ArchivedAmendment, Gathered
from maillage.contracts.archive.negotiation import name_of
from maillage.contracts.archive.tables import ArchiveTable
from maillage.contracts.models import Contract, ContractVersion
from maillage.contracts.selectors.comparison import KIND_LABELS
from maillage.contracts.selectors.versions import is_intact, readable, snapshot_of
from maillage.engines.contract_text import kind_labels
from maillage.ui.units import typography

UP = "../"
_INVENTED = "CONTRAT INVENTÉ POUR LA DÉMONSTRATION : RIEN ICI NE DÉCRIT LE RÉEL."


def html_path(path: str) -> str:
    """The page beside a file."""
    return path.rpartition(".")[0] + ".html"


def _render(template: str, gathered: Gathered, title: str, up: str, context: Mapping[str, Any]) -> str:
    about = {
        "contract": gathered.contract,
        "title": typography(title),
        "up": up,
        "made_on": date_format(localtime(gathered.at), "j F Y, H:i"),
    }
    return render_to_string(f"contracts/archive/{template}.html", {**about, **context})


def table_page(gathered: Gathered, table: ArchiveTable) -> str:
    context = {"table": table, "rows": list(table.shown(UP)), "csv": f"{UP}{table.csv_path}"}
    return _render("table", gathered, table.title, UP, context)


def since(version: ContractVersion) -> str:
    """« en vigueur depuis le 3 mars 2024 »; a version taken over from a document may have no known day."""
    day = version.signed_on
    return f"en vigueur depuis le {date_format(day, 'j F Y')}" if day else "date de signature non connue"


def version_page(gathered: Gathered, version: ContractVersion) -> str:
    """A version from its own snapshot, and nothing else."""
    snapshot = snapshot_of(version)
    context = {
        "version": version,
        "snapshot": snapshot,
        "signed_on": since(version),
        "intact": is_intact(version),
        "blocks": readable(snapshot["text"], snapshot["names"]) if snapshot is not None else [],
        "file": f"version-{version.number}.json",
    }
    return _render("version", gathered, f"Version {version.number}", UP, context)


def amendment_page(gathered: Gathered, archived: ArchivedAmendment) -> str:
    amendment = archived.amendment
    context = {
        "amendment": amendment,
        "kinds": kind_labels(amendment.kinds),
        "by": name_of(amendment.created_by),
        "comparison": archived.comparison,
        "kind_labels": KIND_LABELS,
        "file": f"avenant-{amendment.number}.json",
    }
    return _render("amendment", gathered, f"Avenant {amendment.number} : {amendment.title}", UP, context)


def index_page(
    gathered: Gathered, sections: Sequence[tuple[str, Sequence[ArchiveTable]]], problems: Sequence[str]
) -> str:
    context = {
        "facts": facts_of(gathered.contract),
        "problems": [typography(one) for one in problems],
        "versions": [(one, is_intact(one), since(one)) for one in gathered.versions],
        "amendments": [one.amendment for one in gathered.amendments],
        "sections": [(typography(title), [(one, _rows(one)) for one in tables]) for title, tables in sections],
        "reports": [path for path, _ in gathered.figures],
    }
    return _render("index", gathered, f"Archive du contrat {gathered.contract.reference}", "", context)


def _rows(table: ArchiveTable) -> str:
    count = len(table.rows)
    return "aucune ligne" if not count else f"{count} ligne{'s' if count > 1 else ''}"


def facts_of(contract: Contract) -> list[tuple[str, str]]:
    """What identifies the contract; a date that is not there is said."""
    given = [
        ("Intitulé", contract.title),
        ("Référence", contract.reference),
        ("Nature", contract.get_kind_display()),
        ("Territoire", f"{contract.territory.name} ({contract.territory.code})"),
        ("Pacte ou stratégie", str(contract.pact) if contract.pact else "aucun"),
        ("Lié au contrat", str(contract.linked_to) if contract.linked_to else "aucun"),
        ("Du", date_format(contract.starts_on, "j F Y")),
        ("Au", date_format(contract.ends_on, "j F Y")),
        ("État", contract.get_status_display()),
        ("Motif du dernier changement d'état", contract.status_reason or "aucun"),
        ("Origine", contract.get_origin_display()),
    ]
    dates = (
        ("Délibéré le", contract.deliberated_on),
        ("Signé par le partenaire le", contract.partner_signed_on),
        ("Signé par le préfet le", contract.prefect_signed_on),
    )
    given += [(label, date_format(day, "j F Y") if day else "non connu") for label, day in dates]
    if contract.document is not None:
        given.append(("Document repris", f"{contract.document.title}, {contract.locator}".rstrip(", ")))
    return [(label, typography(value)) for label, value in given]


def read_me(gathered: Gathered, problems: Sequence[str]) -> str:
    """How to read and to check, in plain text."""
    contract = gathered.contract
    text = files("maillage.contracts.archive").joinpath("LISEZ-MOI.txt").read_text(encoding="utf-8")
    return Template(text).substitute(
        reference=contract.reference,
        title=contract.title,
        made_on=date_format(localtime(gathered.at), "j F Y, H:i"),
        invented=f"\n{_INVENTED}" if contract.is_demonstration else "",
        problems="\n".join(f"  - {one}" for one in problems) or "  Aucune.",
    )
