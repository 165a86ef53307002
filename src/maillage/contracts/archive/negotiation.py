"""Tables of what was agreed, decided, said and accepted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from maillage.contracts import parameters
from maillage.contracts.archive.tables import ArchiveTable, FileRef
from maillage.contracts.models import Amendment, Contract, ContractVersion
from maillage.contracts.rules import checked
from maillage.contracts.selectors.amendments import compared_amendment
from maillage.contracts.selectors.comparison import KIND_LABELS
from maillage.contracts.selectors.history import decisions
from maillage.contracts.selectors.versions import is_intact
from maillage.contracts.text import text_of
from maillage.core.enums import Role
from maillage.core.models import AuditEntry
from maillage.engines.contract_rules import RULES
from maillage.engines.contract_text import kind_labels, label_of
from maillage.engines.parameters import ALL_KINDS

SYSTEM = "Le système"


def name_of(user: Any) -> str:
    return str(user) if user is not None else SYSTEM


def version_path(version: ContractVersion) -> str:
    return f"versions/version-{version.number}.json"


def amendment_path(amendment: Amendment) -> str:
    return f"avenants/avenant-{amendment.number}.json"


def versions_table(versions: Sequence[ContractVersion]) -> ArchiveTable:
    header = (
        "Version",
        "En vigueur depuis le",
        "Avenant",
        "Texte signé",
        "Empreinte (SHA-256)",
        "État",
        "Créée le",
        "Par",
    )
    rows = [
        (
            one.number,
            one.signed_on,
            one.amendment.number if one.amendment else "",
            FileRef(version_path(one)),
            one.sha256,
            "intacte" if is_intact(one) else "MODIFIÉE DEPUIS SA SIGNATURE",
            one.created_at,
            name_of(one.created_by),
        )
        for one in versions
    ]
    return ArchiveTable("versions", "Versions signées", header, rows)


def amendments_table(amendments: Sequence[Amendment]) -> ArchiveTable:
    header = (
        "Avenant", "Objet", "Natures", "Motif", "État", "Motif du dernier changement", "Part de la version",
        "Délibéré le", "Signé par le partenaire le", "Signé par le préfet le", "Proposé le", "Par", "Proposition",
    )  # fmt: skip
    rows = [
        (
            one.number, one.title, ", ".join(kind_labels(one.kinds)), one.reason, one.get_status_display(),
            one.status_reason, one.base.number, one.deliberated_on or "", one.partner_signed_on or "",
            one.prefect_signed_on or "", one.created_at, name_of(one.created_by), FileRef(amendment_path(one)),
        )
        for one in amendments
    ]  # fmt: skip
    return ArchiveTable("avenants", "Avenants", header, rows)


def differences_table(amendments: Sequence[Amendment]) -> ArchiveTable:
    """What each amendment changes of the version that it starts from."""
    header = ("Avenant", "Partie", "Champ", "Chemin", "Changement", "Avant", "Après", "Écart")
    rows = [
        (
            one.number,
            row["part"],
            row["label"],
            row["path"],
            KIND_LABELS[row["kind"]],
            row["before"],
            row["after"],
            row["gap"],
        )
        for one in amendments
        for row in compared_amendment(one).plain()
    ]
    return ArchiveTable("avenants-comparaison", "Avenants, champ par champ", header, rows)


def decisions_table(entries: Sequence[AuditEntry]) -> ArchiveTable:
    """Every change of state, oldest first."""
    header = ("Quand", "Qui", "Objet", "Décision", "État avant", "État après", "Motif", "Date de l'acte")
    rows = [
        (one.entry.at, name_of(one.entry.actor), one.subject, one.step, one.before, one.after, one.reason, one.acted_on)
        for one in decisions(entries)
    ]
    return ArchiveTable("decisions", "Décisions", header, rows)


def comments_table(contract: Contract) -> ArchiveTable:
    header = (
        "Champ", "Chemin", "Avenant", "Commentaire", "Par", "Le", "Réponse", "Répondu par", "Répondu le",
        "Clos par", "Clos le",
    )  # fmt: skip
    found = contract.comments.select_related("by", "answered_by", "closed_by", "amendment").order_by("at", "pk")
    rows = [
        (
            label_of(one.path), one.path, one.amendment.number if one.amendment else "", one.body, name_of(one.by),
            one.at, one.answer, str(one.answered_by or ""), one.answered_at or "", str(one.closed_by or ""),
            one.closed_at or "",
        )
        for one in found
    ]  # fmt: skip
    return ArchiveTable("commentaires", "Commentaires", header, rows)


def waivers_table(contract: Contract) -> ArchiveTable:
    header = ("Règle", "Constat, tel qu'il était", "Motif", "Par", "Le", "Retirée par", "Retirée le")
    found = contract.waivers.select_related("by", "withdrawn_by").order_by("at", "pk")
    rows = [
        (
            one.rule, one.message, one.reason, name_of(one.by), one.at, str(one.withdrawn_by or ""),
            one.withdrawn_at or "",
        )
        for one in found
    ]  # fmt: skip
    return ArchiveTable("derogations", "Dérogations aux règles", header, rows)


def findings_table(contract: Contract) -> ArchiveTable:
    """What the rules say of the rows as they are."""
    header = ("Règle", "Énoncé", "Gravité", "Constat", "Année", "Dérogation")
    result = checked(contract, text_of(contract))
    rows = [
        (
            one.rule,
            RULES[one.rule].title_fr,
            one.severity.label_fr if one.checkable else "Ne peut pas être vérifié",
            one.message_fr,
            one.year or "",
            result.waived[one.key].reason if one.key in result.waived else "",
        )
        for one in result.findings
    ]
    return ArchiveTable("constats", "Ce que les règles constatent", header, rows)


def parameters_table(contract: Contract) -> ArchiveTable:
    """The dated parameters of this kind of contract, each with its reference."""
    header = ("Paramètre", "Code", "Nature", "Valeur", "Depuis le", "Jusqu'au", "Référence", "Note", "Source confirmée")
    kept = [one for one in parameters.all_parameters() if one.kind in (contract.kind, ALL_KINDS)]
    rows = [
        (
            one.label_fr, one.name, one.kind, one.value_fr, one.starts_on, one.ends_on or "", one.reference, one.note,
            one.confirmed,
        )
        for one in kept
    ]  # fmt: skip
    return ArchiveTable("parametres", "Paramètres utilisés", header, rows)


def people_table(contract: Contract) -> ArchiveTable:
    """Who signs, and the agents who answer for the contract: names only."""
    signatories = [
        ("Signataire", one.get_side_display(), one.organisation, one.siret, one.office)
        for one in contract.signatories.all()
    ]
    named = contract.participants.select_related("user").order_by("role", "pk")
    people = [("Personne désignée", str(Role(one.role).label), str(one.user), "", "") for one in named]
    header = ("À quel titre", "Partie ou rôle", "Organisme ou agent", "SIRET", "Qualité")
    return ArchiveTable("parties", "Parties et personnes désignées", header, [*signatories, *people])
