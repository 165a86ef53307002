"""Tables of what was done: targets, readings and their breakdowns, execution reports, evaluations, evidence."""

from __future__ import annotations

import json

from maillage.contracts.archive.files import about_document, attachment_path, document_path, evidence_path
from maillage.contracts.archive.negotiation import name_of
from maillage.contracts.archive.tables import ArchiveTable, FileRef
from maillage.contracts.models import (
    ComparedFigure,
    Contract,
    Evidence,
    ExecutionReport,
    IndicatorTarget,
    Reading,
    ReadingPart,
    Recommendation,
)


def targets_table(contract: Contract) -> ArchiveTable:
    header = (
        "Fiche", "Indicateur", "Code", "Unité", "Situation initiale", "Période", "Comment on compte", "Année", "Cible",
    )  # fmt: skip
    found = IndicatorTarget.objects.filter(sheet__contract=contract).select_related("sheet", "indicator")
    found = found.prefetch_related("years").order_by("sheet__position", "sheet__code", "indicator__code")
    rows = [
        (
            one.sheet.code, one.indicator.label, one.indicator.code, one.indicator.unit, one.baseline,
            one.baseline_period, one.method, year.year, year.value,
        )
        for one in found
        for year in one.years.all()
    ]  # fmt: skip
    return ArchiveTable("cibles", "Indicateurs et cibles", header, rows)


def readings_table(contract: Contract) -> ArchiveTable:
    header = (
        "Relevé", "Fiche", "Indicateur", "Année", "Période", "Ce qui est compté", "Valeur", "Pourquoi elle manque",
        "Numérateur", "Dénominateur", "Ventilations incomplètes", "Méthode", "Commentaire", "État", "Motif",
        "Saisi le", "Par", "Validé le", "Par (validation)",
    )  # fmt: skip
    found = Reading.objects.filter(target__sheet__contract=contract)
    found = found.select_related("target__sheet", "target__indicator", "entered_by", "validated_by")
    rows = [
        (
            one.pk, one.target.sheet.code, one.target.indicator.label, one.year, one.period, one.get_counted_display(),
            one.value, one.unknown_reason, _share(one, one.numerator), _share(one, one.denominator),
            ", ".join(one.incomplete), one.method, one.comment, one.get_status_display(), one.status_reason,
            one.entered_at, name_of(one.entered_by), one.validated_at or "", str(one.validated_by or ""),
        )
        for one in found.order_by("target__sheet__position", "target__sheet__code", "period", "pk")
    ]  # fmt: skip
    return ArchiveTable("releves", "Relevés", header, rows)


def _share(reading: Reading, number: object) -> object:
    """Has no sense where the reading is no share."""
    return number if reading.denominator is not None or reading.numerator is not None else ""


def parts_table(contract: Contract) -> ArchiveTable:
    header = ("Relevé", "Fiche", "Indicateur", "Période", "Ventilation", "Catégorie", "Valeur")
    found = ReadingPart.objects.filter(reading__target__sheet__contract=contract)
    found = found.select_related("reading__target__sheet", "reading__target__indicator")
    rows = [
        (
            one.reading_id, one.reading.target.sheet.code, one.reading.target.indicator.label, one.reading.period,
            one.get_dimension_display(), one.category, one.value,
        )
        for one in found.order_by("reading", "dimension", "pk")
    ]  # fmt: skip
    return ArchiveTable("ventilations", "Ventilations des relevés", header, rows)


def reports_table(contract: Contract) -> ArchiveTable:
    header = (
        "Fiche", "Année", "Attendu le", "État", "Motif", "Ce qui a été fait", "Difficultés", "Suites", "Transmis le",
        "Par", "Validé le", "Par (validation)", "Chiffres figés",
    )  # fmt: skip
    rows = [
        (
            one.sheet.code, one.year, one.due_on or "", one.get_status_display(), one.status_reason, one.achievements,
            one.difficulties, one.outlook, one.submitted_at or "", str(one.submitted_by or ""), one.validated_at or "",
            str(one.validated_by or ""), FileRef(report_path(one)) if one.figures is not None else "",
        )
        for one in reports_of(contract)
    ]  # fmt: skip
    return ArchiveTable("rapports-execution", "Rapports d'exécution", header, rows)


def reports_of(contract: Contract) -> list[ExecutionReport]:
    found = ExecutionReport.objects.filter(sheet__contract=contract)
    found = found.select_related("sheet", "submitted_by", "validated_by")
    return list(found.order_by("sheet__position", "sheet__code", "year"))


def report_path(report: ExecutionReport) -> str:
    """The figures of a report, as they were at its validation."""
    return f"rapports/rapport-{report.sheet.code}-{report.year}.json"


def frozen_figures(contract: Contract) -> list[tuple[str, str]]:
    """(path, JSON) of the reports whose figures are kept."""
    return [
        (report_path(one), json.dumps(one.figures, ensure_ascii=False, sort_keys=True, indent=2) + "\n")
        for one in reports_of(contract)
        if one.figures is not None
    ]


def evaluations_table(contract: Contract) -> ArchiveTable:
    header = ("Évaluation", "Fiche", "Question", "Méthode", "Constats", "Rendue le", "Ouverte le", "Par")
    found = contract.evaluations.select_related("sheet", "by").order_by("at", "pk")
    rows = [
        (
            one.pk, one.sheet.code if one.sheet else "", one.question, one.method, one.findings, one.finished_on or "",
            one.at, name_of(one.by),
        )
        for one in found
    ]  # fmt: skip
    return ArchiveTable("evaluations", "Évaluations", header, rows)


def compared_table(contract: Contract) -> ArchiveTable:
    header = ("Évaluation", "Indicateur", "Avant", "Période", "Après", "Période (après)", "Note")
    found = ComparedFigure.objects.filter(evaluation__contract=contract).select_related("indicator")
    rows = [
        (
            one.evaluation_id, one.indicator.label, one.before, one.before_period, one.after, one.after_period,
            one.note,
        )
        for one in found.order_by("evaluation", "indicator__code")
    ]  # fmt: skip
    return ArchiveTable("evaluations-indicateurs", "Indicateurs avant et après", header, rows)


def recommendations_table(contract: Contract) -> ArchiveTable:
    header = ("Évaluation", "Recommandation", "Suite", "Explication", "Le", "Par")
    found = Recommendation.objects.filter(evaluation__contract=contract).select_related("outcome_by")
    rows = [
        (
            one.evaluation_id, one.body, one.get_outcome_display(), one.outcome_note, one.outcome_at or "",
            str(one.outcome_by or ""),
        )
        for one in found.order_by("evaluation", "pk")
    ]  # fmt: skip
    return ArchiveTable("recommandations", "Recommandations et suites", header, rows)


def evidence_table(contract: Contract) -> ArchiveTable:
    header = (
        "Fiche", "Nature", "Intitulé", "Date", "Relevé", "Rapport d'exécution", "Évaluation", "Fichier", "Déposée le",
        "Par", "Retirée le", "Motif du retrait",
    )  # fmt: skip
    found = Evidence.objects.filter(sheet__contract=contract)
    found = found.select_related("sheet", "reading", "report", "file", "by")
    rows = [
        (
            one.sheet.code, one.get_kind_display(), one.title, one.dated_on, one.reading_id or "",
            one.report.year if one.report else "", one.evaluation_id or "",
            FileRef(evidence_path(one), "retirée" if one.withdrawn_at else ""), one.at, name_of(one.by),
            one.withdrawn_at or "", one.withdrawn_reason,
        )
        for one in found.order_by("sheet__position", "sheet__code", "dated_on", "pk")
    ]  # fmt: skip
    return ArchiveTable("preuves", "Preuves", header, rows)


def attachments_table(contract: Contract) -> ArchiveTable:
    header = ("Nature", "Intitulé", "Date", "Version", "Avenant", "Fichier", "Déposée le", "Par")
    found = contract.attachments.select_related("version", "amendment", "file", "by").order_by("at", "pk")
    rows = [
        (
            one.get_kind_display(), one.title, one.dated_on, one.version.number if one.version else "",
            one.amendment.number if one.amendment else "", FileRef(attachment_path(one)), one.at, name_of(one.by),
        )
        for one in found
    ]  # fmt: skip
    return ArchiveTable("pieces", "Délibérations, exemplaires signés, notifications", header, rows)


def documents_table(contract: Contract) -> ArchiveTable:
    header = ("Document", "Format", "Se rapporte à", "Fichier", "Produit le", "Par")
    found = contract.documents.select_related("version", "amendment", "sheet", "report", "file", "by")
    rows = [
        (
            one.get_kind_display(), one.format.upper(), about_document(one), FileRef(document_path(one)), one.at,
            name_of(one.by),
        )
        for one in found.order_by("at", "pk")
    ]  # fmt: skip
    return ArchiveTable("documents", "Documents produits", header, rows)
