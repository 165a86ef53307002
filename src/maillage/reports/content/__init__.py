"""Assembles the annual report once, from facts already read.

No database, no clock: the same facts give the same document.
"""

from __future__ import annotations

from maillage.documents.model import Chapter, Cover, Document
from maillage.reports import narrative
from maillage.reports.content import axes, closing, collected, credits, health, year
from maillage.reports.content.data import AnnualData
from maillage.reports.content.parts import unknown
from maillage.reports.content.writer import Writer, period_label
from maillage.reports.enums import Section
from maillage.ui.units import typography


def build(data: AnnualData) -> Document:
    """The document of one year on one territory. Raises FigureUnresolved for a figure without source (P1)."""
    writer = Writer()
    chapters = [
        _narrative(Section.FOREWORD, data),
        year.key_figures(data, writer),
        credits.credits_chapter(data, writer),
        *axes.group_chapters(data, writer),
        health.health_cover(data, writer),
        collected.collected_figures(data, writer),
        _narrative(Section.VOICES, data),
        closing.governance(data, writer),
        closing.calendar(data, writer),
        _narrative(Section.OUTLOOK, data),
        closing.discrepancies(data, writer),
        closing.method(data, writer, _missing_parts(data)),
        closing.sources(data, writer),
    ]
    return Document(
        cover=_cover(data),
        chapters=tuple(chapter for chapter in chapters if chapter is not None),
        notes=writer.notes,
        citations=writer.citations,
        discrepancies=tuple(assertion.code for assertion in data.open_discrepancies),
    )


def _narrative(section: Section, data: AnnualData) -> Chapter | None:
    """A written part. Empty, it says so in a draft; a published report leaves it out and its method says it."""
    blocks = narrative.parse(data.narrative.get(section.value, ""))
    title = typography(section.label)
    if blocks:
        return Chapter(section.value, title, blocks)
    if not data.draft:
        return None
    return Chapter(section.value, title, (unknown("Partie à rédiger : aucun texte n'est enregistré."),))


def _missing_parts(data: AnnualData) -> tuple[str, ...]:
    return tuple(
        str(section.label).lower() for section in Section if not narrative.parse(data.narrative.get(section.value, ""))
    )


def _cover(data: AnnualData) -> Cover:
    marks = []
    if data.demonstration:
        marks.append("Instance de démonstration : ce document n’est pas officiel")
    if data.draft:
        marks.append("Brouillon : ne pas diffuser")
    subtitle = data.pact.title if data.pact else "Aucun pacte enregistré pour cette année"
    return Cover(
        title=f"Bilan {data.year}",
        subtitle=typography(subtitle),
        territory=data.territory,
        year=data.year,
        publisher=data.instance_name,
        edited_on=period_label(data.edited_on.isoformat()),
        marks=tuple(typography(mark) for mark in marks),
    )
