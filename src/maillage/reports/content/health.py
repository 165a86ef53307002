"""The chapter of the complementary health cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from maillage.documents.model import Align, Block, Chapter, Column, Paragraph, ParagraphKind, Row
from maillage.reports.content.data import AnnualData, CoverLine, Value
from maillage.reports.content.writer import Writer, period_label, verdict, words


def health_cover(data: AnnualData, writer: Writer) -> Chapter | None:
    if not data.covers:
        return None
    columns = [
        Column("Territoire", weight=3),
        Column("Date", weight=3),
        Column("Population protégée", align=Align.END, weight=3),
        Column("Bénéficiaires", align=Align.END, weight=3),
        Column("Taux recalculé", align=Align.END, weight=2),
        Column("Taux imprimé", align=Align.END, weight=2),
        Column("Contrôle", weight=3),
    ]
    rows = [_cover_row(line, writer) for line in _with_shared_perimeters(data.covers)]
    note = words("Un taux élevé peut dire un besoin plus grand ou un recours meilleur.")
    table = writer.table("Complémentaire santé solidaire, par territoire", columns, rows, note=note)
    return Chapter("health-cover", "La complémentaire santé", (table, *_cover_warning(data)))


def _with_shared_perimeters(lines: Sequence[CoverLine]) -> list[CoverLine]:
    """Keep of each perimeter what a whole column shares at one date: the fund's name is the row's, not a note's."""

    def shared(line: CoverLine, name: str) -> Value | None:
        value: Value | None = getattr(line, name)
        if value is None:
            return None
        same_date = [getattr(other, name) for other in lines if other.period == line.period]
        others = [set(other.perimeter.split(", ")) for other in same_date if other is not None]
        parts = [part for part in value.perimeter.split(", ") if all(part in other for other in others)]
        return replace(value, perimeter=", ".join(parts))

    return [
        replace(
            line,
            protected=shared(line, "protected"),
            beneficiaries=shared(line, "beneficiaries"),
            printed_rate=shared(line, "printed_rate"),
        )
        for line in lines
    ]


def _cover_row(line: CoverLine, writer: Writer) -> Row:
    printed = line.printed
    return Row(
        (
            words(line.territory),
            words(period_label(line.period)),
            writer.cite(line.protected, bare=True),
            writer.cite(line.beneficiaries, bare=True),
            writer.cite(line.rate, decimals=2),
            writer.cite_assertion(printed) if printed else writer.cite(line.printed_rate),
            verdict(printed.finding if printed else None, waived=bool(printed and printed.waiver)),
        )
    )


def _cover_warning(data: AnnualData) -> list[Block]:
    perimeters = sorted(
        {
            (line.period, line.beneficiaries.perimeter.rsplit(", ", 1)[-1])
            for line in data.covers
            if line.beneficiaries and line.beneficiaries.perimeter
        }
    )
    if len({perimeter for _, perimeter in perimeters}) < 2:
        return []
    said = " ; ".join(f"{period_label(period)} : {perimeter}" for period, perimeter in perimeters)
    text = f"Droits comptés : {said}. Les deux dates ne comptent pas le même droit : elles ne se comparent pas."
    return [Paragraph(words(text), ParagraphKind.WARNING)]
