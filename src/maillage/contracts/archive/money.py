"""Tables of the money: caps, actions, lines, movements, legal commitments."""

from __future__ import annotations

from decimal import Decimal

from maillage.contracts.archive.files import voucher_path
from maillage.contracts.archive.negotiation import name_of
from maillage.contracts.archive.tables import ArchiveTable, FileRef
from maillage.contracts.models import ActionYear, Contract, Ej, FundingLine, Movement
from maillage.kernel.money import Money


def euros(amount: Decimal | None) -> Money | None:
    return None if amount is None else Money(amount)


def caps_table(contract: Contract) -> ArchiveTable:
    header = ("Année", "Plafond de l'État (AE)", "Crédits de paiement (CP)", "Budget, tous financeurs", "Référence")
    rows = [(one.year, euros(one.ae), euros(one.cp), euros(one.budget), one.reference) for one in contract.caps.all()]
    return ArchiveTable("plafonds", "Plafonds et budgets annuels", header, rows)


def sheets_table(contract: Contract) -> ArchiveTable:
    """The actions as they are now, those that an amendment took out included."""
    header = (
        "Fiche", "Intitulé", "Axe", "Mesure", "Pilote", "Dans le texte", "État", "Motif du dernier changement",
        "Redéployée par l'avenant",
    )  # fmt: skip
    found = contract.sheets.select_related("axis", "measure", "base_measure", "redeployed_by")
    rows = [
        (
            one.code, one.title, str(one.axis or ""), str(one.measure or one.base_measure or ""), one.pilot,
            one.in_text, one.get_status_display(), one.status_reason,
            one.redeployed_by.number if one.redeployed_by else "",
        )
        for one in found
    ]  # fmt: skip
    return ArchiveTable("fiches", "Fiches action", header, rows)


def costs_table(contract: Contract) -> ArchiveTable:
    found = ActionYear.objects.filter(sheet__contract=contract).select_related("sheet")
    ordered = found.order_by("sheet__position", "sheet__code", "year")
    rows = [(one.sheet.code, one.year, euros(one.total_cost), euros(one.eligible_cost)) for one in ordered]
    return ArchiveTable("couts", "Coût des actions", ("Fiche", "Année", "Coût total", "Assiette éligible"), rows)


def lines_table(contract: Contract) -> ArchiveTable:
    header = (
        "Fiche", "Ligne", "Année", "Financeur", "Nature du financeur", "En nature", "Prévu (AE)", "Prévu (CP)",
        "Attribué", "Engagé", "Payé", "Justifié",
    )  # fmt: skip
    found = FundingLine.objects.filter(sheet__contract=contract).select_related("sheet", "funder")
    rows = [
        (
            one.sheet.code, one.key, one.year, one.funder.name, one.funder.get_kind_display(), one.in_kind,
            euros(one.planned), euros(one.planned_cp), euros(one.awarded), euros(one.committed), euros(one.paid),
            euros(one.justified),
        )
        for one in found.order_by("sheet__position", "sheet__code", "year", "key")
    ]  # fmt: skip
    return ArchiveTable("lignes", "Lignes de financement", header, rows)


def movements_table(contract: Contract) -> ArchiveTable:
    header = ("Fiche", "Ligne", "Étape", "Montant", "Le", "EJ", "Note", "Pièce", "Enregistré le", "Par")
    found = Movement.objects.filter(line__sheet__contract=contract)
    found = found.select_related("line__sheet", "ej", "file", "by").order_by("at", "pk")
    rows = [
        (
            one.line.sheet.code, one.line.key, one.get_stage_display(), euros(one.amount), one.dated_on,
            one.ej.number if one.ej else "", one.note, FileRef(voucher_path(one)), one.at, name_of(one.by),
        )
        for one in found
    ]  # fmt: skip
    return ArchiveTable("mouvements", "Engagements, paiements et justifications", header, rows)


def ejs_table(contract: Contract) -> ArchiveTable:
    found = Ej.objects.filter(sheet__contract=contract).select_related("sheet").order_by("year", "number", "siret")
    rows = [(one.number, one.siret, one.year, one.sheet.code) for one in found]
    return ArchiveTable("ej", "Engagements juridiques", ("Numéro", "SIRET du bénéficiaire", "Année", "Fiche"), rows)
