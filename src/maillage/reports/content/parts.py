"""Small pieces that several chapters share."""

from __future__ import annotations

from maillage.documents.model import Paragraph, ParagraphKind, Text
from maillage.reports.content.data import AnnualData, AxisFacts
from maillage.reports.content.writer import words
from maillage.ui.units import typography

NO_TEXT: Text = ()


def unknown(text: str) -> Paragraph:
    """Says that something is not known, which is not a zero."""
    return Paragraph(words(text), ParagraphKind.PENDING)


def axis_name(data: AnnualData, axis: AxisFacts) -> str:
    """« Engagement 1 : … », with the pact's own word."""
    return typography(f"{data.axis_word.capitalize()} {axis.number} : {axis.title}")
