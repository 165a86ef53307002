"""The spreadsheet that a partner fills: the list, what is already given, last year's values, and how to fill it.

Codes are text cells, so that no spreadsheet makes a number or a date of them. A text that would run as a formula is
neutralised. The situations are a closed list where the format allows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from django.utils.formats import date_format

from maillage.collection.enums import Answer
from maillage.collection.models import FigureRequest, RequestedFigure
from maillage.collection.selectors.history import Before
from maillage.collection.services.reading import FIELDS, MAX_COMMENT, MAX_REASON
from maillage.collection.services.sheets import COLUMNS, SHEET
from maillage.documents import workbook
from maillage.documents.workbook import Box, Choices, Column, Look, Page
from maillage.indicators.enums import Nature
from maillage.ui import units

GUIDE = "Mode d'emploi"
SITUATIONS = (str(Answer.UNAVAILABLE.label), str(Answer.NOT_APPLICABLE.label))
NUMBERS = ("value", "numerator", "denominator")
TERMS = ("numerator", "denominator")
USUAL_WIDTH, GUIDE_WIDTH = 14, 110  # characters, as XLSX counts them
_WIDTHS = {"label": 44, "place": 22, "reason": 30, "comment": 34, "unit": 14, "answer": 18}
_LENGTHS = {"reason": MAX_REASON, "comment": MAX_COMMENT}


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the template, in the columns of `sheets.COLUMNS`; numbers are numbers, all else is text."""

    cells: dict[str, Decimal | str | None]
    is_share: bool


def lines(figures: Sequence[RequestedFigure], before: Mapping[int, Before]) -> list[Line]:
    return [_line(one, before.get(one.pk)) for one in figures]


def _line(one: RequestedFigure, earlier: Before | None) -> Line:
    # A share given by its two terms leaves its value empty: it is computed again from them.
    value = one.value if one.numerator is None else None
    missing = one.answer in (Answer.UNAVAILABLE, Answer.NOT_APPLICABLE)
    return Line(
        {
            "indicator": one.indicator.code,
            "label": one.indicator.label,
            "territory": one.territory.code,
            "place": one.territory.name,
            "period": one.period,
            "unit": units.suffix_of(one.indicator.unit) or one.indicator.unit,
            "before": earlier.value if earlier else None,
            "value": value,
            "numerator": one.numerator,
            "denominator": one.denominator,
            "answer": str(Answer(one.answer).label) if missing else "",
            "reason": one.reason,
            "comment": one.comment,
        },
        one.indicator.nature == Nature.SHARE,
    )


def guide(figure_request: FigureRequest) -> list[str]:
    """How to fill the sheet, one line each; the title first."""
    campaign = figure_request.campaign
    due_on = figure_request.due_on or campaign.due_on
    return [
        f"{campaign.title} : {figure_request.partner}",
        f"À rendre jusqu'au {date_format(due_on, 'j F Y')}, année des chiffres : {campaign.year}.",
        *[line for line in campaign.instructions.split("\n") if line.strip()],
        f"1. Remplissez la feuille « {SHEET} ». Les colonnes Code, Code territoire et Période ne changent pas.",
        "2. Écrivez la valeur comme vous en avez l'habitude : 1 234,5 ou 1234.5. Zéro est une valeur.",
        "3. Pour une part, donnez le numérateur et le dénominateur : la part se calcule. Sinon, laissez-les vides.",
        f"4. Un chiffre manque ? Choisissez « {SITUATIONS[0]} » ou « {SITUATIONS[1]} », et dites pourquoi dans Motif.",
        "5. Une ligne laissée vide reste à donner : rien n'est perdu, vous pouvez rendre la feuille en plusieurs fois.",
        "6. Déposez le classeur sur la page de votre liste : vous voyez ce qui change avant d'enregistrer.",
    ]


def pages(figure_request: FigureRequest, rows: Sequence[Line]) -> list[Page]:
    """The workbook: the list to fill, then how to fill it."""
    columns = [_column(name, heading) for name, heading in COLUMNS.items()]
    listed = Page(SHEET, columns, [[_box(name, line) for name in COLUMNS] for line in rows], frozen=2)
    told = [[Box(text, Look.PLAIN if rank else Look.TITLE)] for rank, text in enumerate(guide(figure_request))]
    return [listed, Page(GUIDE, [Column("", GUIDE_WIDTH)], told, has_heading=False)]


def _column(name: str, heading: str) -> Column:
    return Column(
        heading,
        _WIDTHS.get(name, USUAL_WIDTH),
        choices=Choices(SITUATIONS) if name == "answer" else None,
        max_length=_LENGTHS.get(name, 0),
        is_number=name in NUMBERS,
    )


def _box(name: str, line: Line) -> Box:
    if name in TERMS and not line.is_share:
        return Box(None, Look.CLOSED)
    return Box(line.cells[name] or None if name not in NUMBERS else line.cells[name], _look(name))


def _look(name: str) -> Look:
    return Look.OPEN if name in FIELDS else Look.PLAIN


def write(figure_request: FigureRequest, rows: Sequence[Line], fmt: str) -> bytes:
    """The workbook in a format of `WRITERS`."""
    return workbook.WRITERS[fmt](pages(figure_request, rows), title=figure_request.campaign.title)


WRITERS = {fmt: partial(write, fmt=fmt) for fmt in workbook.WRITERS}
