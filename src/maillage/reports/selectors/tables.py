"""The tables that the reports' pages show and export, and the preview of a written part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from maillage.documents.model import Bullets, Paragraph, Text
from maillage.reports import narrative
from maillage.reports.models import AnnualReport, Rendition
from maillage.reports.selectors.pages import Drift
from maillage.ui.tables import Cell, Column, Table


@dataclass(frozen=True, slots=True)
class PreviewBlock:
    """A paragraph (one line) or a list (several), ready for a template."""

    is_list: bool
    lines: tuple[Text, ...]


def preview(body: str) -> list[PreviewBlock]:
    """A written part as the report will show it."""
    found = []
    for block in narrative.parse(body):
        if isinstance(block, Bullets):
            found.append(PreviewBlock(is_list=True, lines=block.items))
        elif isinstance(block, Paragraph):
            found.append(PreviewBlock(is_list=False, lines=(block.text,)))
    return found


def reports_table(found: Sequence[AnnualReport]) -> Table:
    return Table(
        id="rapports",
        caption="Rapports annuels",
        columns=(
            Column("report", "Rapport", kind="link"),
            Column("territory", "Territoire"),
            Column("status", "État", kind="status"),
            Column("published", "Publié le", kind="date"),
        ),
        rows=[_report_row(report) for report in found],
        empty="Aucun rapport n’est publié.",
    )


def _report_row(report: AnnualReport) -> dict[str, Cell]:
    files: list[Rendition] = report.published_files  # type: ignore[attr-defined]  # fetched by `pages.reports`
    return {
        "report": Cell(str(report), url=reverse("report", args=[report.pk]), sort=report.year),
        "territory": Cell(report.territory.name),
        "status": Cell(report.get_status_display(), status=report.status),
        "published": Cell(files[0].published_at) if files else Cell(""),
    }


def files_table(found: Sequence[Rendition]) -> Table:
    return Table(
        id="fichiers",
        caption="Fichiers produits",
        columns=(
            Column("file", "Fichier", kind="link"),
            Column("state", "État", kind="status"),
            Column("built", "Produit le", kind="date"),
            Column("by", "Par"),
            Column("size", "Taille", kind="number", unit="Ko", decimals=0),
            Column("sha256", "Empreinte SHA-256", kind="code"),
        ),
        rows=[_file_row(rendition) for rendition in found],
        empty="Aucun fichier n’est encore produit.",
    )


def _file_row(rendition: Rendition) -> dict[str, Cell]:
    published = rendition.published_at is not None
    return {
        "file": Cell(rendition.get_format_display(), url=reverse("file", args=[rendition.file_id])),
        "state": Cell("Publié" if published else "Brouillon", status="published" if published else "draft"),
        "built": Cell(rendition.built_at),
        "by": Cell(str(rendition.built_by) if rendition.built_by else "Ligne de commande"),
        "size": Cell(rendition.file.size // 1024),
        "sha256": Cell(rendition.file.sha256),
    }


def drift_table(found: Sequence[Drift]) -> Table:
    return Table(
        id="derive",
        caption="Chiffres qui ont changé depuis la publication",
        columns=(
            Column("label", "Chiffre"),
            Column("territory", "Territoire"),
            Column("period", "Période"),
            Column("cited", "Valeur publiée"),
            Column("cited_source", "Source citée"),
            Column("now", "Valeur actuelle"),
            Column("source", "Source actuelle"),
        ),
        rows=[
            {
                "label": Cell(one.cited.label),
                "territory": Cell(one.cited.territory_code),
                "period": Cell(one.cited.period),
                "cited": Cell(one.cited_value),
                "cited_source": Cell(one.cited.source),
                "now": Cell(one.current_value),
                "source": Cell(one.current_source),
            }
            for one in found
        ],
        note="Le fichier publié reste tel qu’il était." if found else "",
        empty="Aucun chiffre cité n’a changé depuis la publication.",
    )
