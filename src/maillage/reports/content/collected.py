"""The chapter of the figures that partners gave for the year."""

from __future__ import annotations

from maillage.documents.model import Align, Chapter, Column, Row
from maillage.reports.content.data import AnnualData
from maillage.reports.content.writer import Writer, words


def collected_figures(data: AnnualData, writer: Writer) -> Chapter | None:
    """Each value with its partner; nothing is added up here: two partners may count the same person."""
    if not data.collected:
        return None
    columns = [
        Column("Indicateur", weight=4),
        Column("Territoire", weight=3),
        Column("Partenaire", weight=3),
        Column("Valeur", align=Align.END, weight=2),
    ]
    rows = [
        Row((words(line.indicator), words(line.territory), words(line.partner), writer.cite(line.value)))
        for line in data.collected
    ]
    note = words("Valeurs données par chaque partenaire et validées ; elles ne s'additionnent pas.")
    table = writer.table(f"Chiffres donnés pour {data.year}", columns, rows, note=note)
    return Chapter("collected", "Les chiffres des partenaires", (table,))
