"""The chapter of the year's figures: what is computed here, then what documents assert of the whole territory."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

from maillage.documents.model import Align, Block, Chapter, Column, KeyFigure, KeyFigures, Row, Span, Table
from maillage.reports.content.data import COMPUTED, AnnualData, Assertion, Value
from maillage.reports.content.parts import unknown
from maillage.reports.content.writer import STATUS_WORDS, Writer, period_label, signed, verdict, words
from maillage.ui.units import format_value, typography

MAX_HEADLINES = 5  # with the four computed ones, three lines of three


def key_figures(data: AnnualData, writer: Writer) -> Chapter:
    if data.is_empty:
        text = (
            f"Aucun chiffre n'est enregistré pour {data.year} sur ce territoire. Ce rapport se construit quand même : "
            "il dit ce qui manque, il n'affiche aucun zéro à la place."
        )
        return Chapter("key-figures", "L’année en chiffres", (unknown(text),))
    tiles = [*_computed_tiles(data, writer), *_headline_tiles(data, writer)]
    blocks: list[Block] = [KeyFigures(tuple(tiles))] if tiles else []
    matrix = _projects_matrix(data, writer)
    if matrix:
        blocks.append(matrix)
    return Chapter("key-figures", "L’année en chiffres", tuple(blocks))


def _tile(writer: Writer, value: Value, *, extra: str = "") -> KeyFigure:
    shown, note = writer.cite_bare(value, decimals=0 if value.status == "estimated" else None)
    parts = [period_label(value.period), STATUS_WORDS.get(value.status, value.status)]
    if value.low is not None and value.high is not None:
        low, high = (format_value(bound, decimals=0) for bound in (value.low, value.high))
        parts.append(f"entre {low} et {high}")
    if extra:
        parts.append(extra)
    value_text = (Span(shown, strong=True, notes=(note,)),)
    return KeyFigure(value_text, typography(value.label), words(" · ".join(parts)))


def _computed_tiles(data: AnnualData, writer: Writer) -> list[KeyFigure]:
    tiles = []
    total = data.credits_total
    if total and total.after and total.after.value is not None:
        change = total.evolution
        extra = f"{signed(change.value)} en un an" if change and change.value is not None else ""
        extra += ", périmètres différents" if extra and total.warning else ""
        tiles.append(_tile(writer, total.after, extra=extra))
    region_rate = next((rate for rate in data.rates if rate.territory_code == data.territory_code), None)
    tiles += [_tile(writer, region_rate)] if region_rate else []
    poor = total.poor if total else None
    tiles += [_tile(writer, poor)] if poor and poor.value is not None else []
    if data.projects:
        tiles.append(_tile(writer, _project_count(data)))
    return tiles


def _project_count(data: AnnualData) -> Value:
    first = data.projects[0]
    return Value(
        key=f"projects|{data.territory_code}|{data.year}",
        label="Projets soutenus, d'après la liste imprimée",
        territory_code=data.territory_code,
        period=str(data.year),
        value=Decimal(len(data.projects)),
        unit="",
        status=COMPUTED,
        sources=(first.source,),
        formula=f"Compte des projets listés par « {first.source.title} » ; la liste imprimée peut ne pas être complète",
    )


def _headline_tiles(data: AnnualData, writer: Writer) -> list[KeyFigure]:
    """What documents assert of the whole territory and of no axis in particular."""
    found = [
        assertion
        for assertion in data.of_the_year
        if not assertion.axis_code and not assertion.in_table and assertion.territory_code == data.territory_code
    ]
    return [_assertion_tile(writer, assertion) for assertion in found[:MAX_HEADLINES]]


def _assertion_tile(writer: Writer, assertion: Assertion) -> KeyFigure:
    value = tuple(Span(span.text, strong=True, notes=span.notes) for span in writer.cite_assertion(assertion))
    detail = words(f"{period_label(assertion.period)} · ")
    detail += verdict(assertion.finding, waived=assertion.waiver is not None)
    return KeyFigure(value, typography(assertion.label), detail)


def _projects_matrix(data: AnnualData, writer: Writer) -> Table | None:
    """Supported projects by axis and territory: counts of the printed list, where an empty cell is a true zero."""
    if not data.projects or not data.axes:
        return None
    counts = Counter((project.axis_code, project.territory) for project in data.projects)
    territories = sorted({project.territory for project in data.projects})
    columns = [Column(data.axis_word.capitalize(), weight=3)]
    columns += [Column(typography(name), align=Align.END, weight=1) for name in territories] + [
        Column("Total", align=Align.END)
    ]
    rows = []
    for axis in data.axes:
        numbers = [counts[axis.code, name] for name in territories]
        cells = [words(f"{axis.number}. {axis.title}")] + [words(str(number)) for number in (*numbers, sum(numbers))]
        rows.append(Row(tuple(cells)))
    sums = [sum(counts[axis.code, name] for axis in data.axes) for name in territories]
    rows.append(Row((words("Total"), *(words(str(number)) for number in (*sums, sum(sums)))), total=True))
    note = writer.note(data.projects[0].source)
    legend = words("Projets tels que le document les liste ; une case à 0 veut dire qu'il n'en liste aucun.")
    return writer.table(
        f"Projets soutenus en {data.year} par {data.axis_word} et par territoire",
        columns,
        rows,
        note=legend,
        notes=(note,),
    )
