"""The chapter of the credits: by contract, per inhabitant, per poor person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from maillage.documents.model import (
    Align,
    Bar,
    Block,
    Chapter,
    Column,
    Paragraph,
    ParagraphKind,
    Picture,
    Row,
    Span,
    Table,
    Text,
    Tone,
)
from maillage.reports.content.data import AnnualData, CreditLine, Value
from maillage.reports.content.parts import NO_TEXT, unknown
from maillage.reports.content.writer import Writer, signed, verdict, words
from maillage.ui.units import UNKNOWN, format_value, typography


def credits_chapter(data: AnnualData, writer: Writer) -> Chapter:
    title = "Les crédits, contrat par contrat"
    if not data.credits:
        text = f"Aucun crédit par contrat n'est enregistré pour {data.year} : le montant est inconnu, il n'est pas nul."
        return Chapter("credits", title, (unknown(text),))
    lines = _ordered(data.credits)
    blocks: list[Block] = [_credits_table(data, lines, writer)]
    blocks += _perimeter_warning(data)
    blocks += _chart(lines, data.year, writer)
    blocks += [per_head_table(data, lines, writer)]
    for drawn in data.maps:
        for value in drawn.values:
            writer.cite(value)
        blocks.append(Picture(writer.figure_caption(drawn.title), alt=drawn.alt, svg=drawn.svg))
        if drawn.note:
            blocks.append(Paragraph(words(drawn.note), ParagraphKind.SMALL))
    return Chapter("credits", title, tuple(blocks))


def _ordered(lines: Iterable[CreditLine]) -> list[CreditLine]:
    """The largest first; what is not known last."""

    def amount(line: CreditLine) -> Decimal:
        return line.after.value if line.after and line.after.value is not None else Decimal(-1)

    return sorted(lines, key=lambda line: (-amount(line), line.territory))


def _credits_table(data: AnnualData, lines: Sequence[CreditLine], writer: Writer) -> Table:
    rows = [_credit_row(line, writer) for line in lines]
    if data.credits_total:
        rows.append(_credit_row(data.credits_total, writer, total=True))
    printed = data.credits_printed_total
    if printed and (printed.before or printed.after):
        rows.append(_credit_row(printed, writer))
    columns = [
        Column("Contrat", weight=3),
        Column(str(data.year - 1), align=Align.END),
        Column(str(data.year), align=Align.END),
        Column("Évolution recalculée", align=Align.END, weight=2),
        Column("Évolution imprimée", align=Align.END, weight=2),
        Column("Contrôle", weight=3),
    ]
    return writer.table(f"Crédits de la contractualisation, {data.year - 1} et {data.year}", columns, rows)


def _credit_row(line: CreditLine, writer: Writer, *, total: bool = False) -> Row:
    printed = line.printed_evolution
    return Row(
        (
            words(line.territory),
            writer.cite(line.before),
            writer.cite(line.after),
            evolution(line, writer),
            writer.cite_assertion(printed) if printed else NO_TEXT,
            verdict(printed.finding, waived=printed.waiver is not None) if printed else NO_TEXT,
        ),
        total=total,
    )


def evolution(line: CreditLine, writer: Writer) -> Text:
    """« +67,3 % » with its note; unknown where one of the two amounts is."""
    change = line.evolution
    if change is None or change.value is None:
        return (Span(UNKNOWN, tone=Tone.MUTED),)
    return (replace(writer.cite(change)[0], text=signed(change.value)),)


def _perimeter_warning(data: AnnualData) -> list[Block]:
    warnings = dict.fromkeys(line.warning for line in data.credits if line.warning)
    return [Paragraph(words(warning), ParagraphKind.WARNING) for warning in warnings]


def _chart(lines: Sequence[CreditLine], year: int, writer: Writer) -> list[Block]:
    """Two bars per contract; none at all while no amount is known."""
    bars = tuple(
        Bar(line.territory, str(when), value.value if value else None)
        for line in lines
        for when, value in ((year - 1, line.before), (year, line.after))
    )
    if all(bar.amount is None for bar in bars):
        return []
    caption = writer.figure_caption(f"Crédits par contrat en {year - 1} et {year}")
    return [Picture(caption, _chart_alt(lines, year), bars, "EUR")]


def _chart_alt(lines: Sequence[CreditLine], year: int) -> str:
    """The chart in words, values included: who cannot see it reads the same thing."""

    def amount(value: Value | None) -> str:
        known = value is not None and value.value is not None
        return format_value(value.value, unit="EUR") if known and value else "montant inconnu"

    parts = [f"{line.territory} : {amount(line.before)} puis {amount(line.after)}" for line in lines]
    return typography(f"Barres des crédits par contrat en {year - 1} et en {year}. " + " ; ".join(parts) + ".")


def per_head_table(data: AnnualData, lines: Sequence[CreditLine], writer: Writer) -> Table:
    rows = [_per_head_row(line, writer) for line in lines]
    if data.credits_total:
        rows.append(_per_head_row(data.credits_total, writer, total=True))
    columns = [
        Column("Contrat", weight=3),
        Column("Population", align=Align.END),
        Column("€ par habitant", align=Align.END),
        Column("Personnes pauvres (estimation)", align=Align.END, weight=3),
        Column("€ par personne pauvre", align=Align.END, weight=3),
    ]
    note = words(
        "La population d'une métropole est comprise dans celle de son département : les lignes ne s'additionnent pas. "
        "L'intervalle en euros suit celui du nombre de personnes."
    )
    return writer.table(f"Crédits {data.year} par habitant et par personne pauvre", columns, rows, note=note)


def _per_head_row(line: CreditLine, writer: Writer, *, total: bool = False) -> Row:
    cells = (
        words(line.territory),
        writer.cite(line.population, bare=True),
        writer.cite(line.per_head, decimals=2, bare=True),
        writer.cite(line.poor, decimals=0, bare=True),
        writer.cite(line.per_poor, decimals=1, bare=True),
    )
    return Row(cells, total=total)
