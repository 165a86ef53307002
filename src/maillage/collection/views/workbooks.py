"""The spreadsheet that a partner fills: the list, what is already given, last year's values, and how to fill it.

Codes are text cells, so that no spreadsheet makes a number or a date of them. A text that would run as a formula is
neutralised. The situations are a closed list where the format allows it.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from odfdo import Cell as OdfCell
from odfdo import Column, Document, Element, Row, Table
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from maillage.collection.enums import Answer
from maillage.collection.models import FigureRequest, RequestedFigure
from maillage.collection.selectors.history import Before
from maillage.collection.services.reading import FIELDS
from maillage.collection.services.sheets import COLUMNS, SHEET
from maillage.indicators.enums import Nature
from maillage.ui import units
from maillage.ui.export import neutral

GUIDE = "Mode d'emploi"
SITUATIONS = (str(Answer.UNAVAILABLE.label), str(Answer.NOT_APPLICABLE.label))
NUMBERS = ("value", "numerator", "denominator")
USUAL_WIDTH, GUIDE_WIDTH = 14, 110  # characters, as XLSX counts them
_WIDTHS = {"label": 44, "place": 22, "reason": 30, "comment": 34, "unit": 14, "answer": 18}
_GROUND = PatternFill("solid", fgColor="EAF1F8")
_SHARE_ONLY = PatternFill("solid", fgColor="E4E4E4")


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
    told = [
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
    return [str(neutral(line)) for line in told]


def write_xlsx(figure_request: FigureRequest, rows: Sequence[Line]) -> bytes:
    book = Workbook()
    page = book.active
    page.title = SHEET
    page.freeze_panes = "C2"
    for column, (name, heading) in enumerate(COLUMNS.items(), start=1):
        head = page.cell(1, column, heading)
        head.font, head.alignment = Font(bold=True), Alignment(wrap_text=True, vertical="top")
        page.column_dimensions[get_column_letter(column)].width = _WIDTHS.get(name, USUAL_WIDTH)
        for number, line in enumerate(rows, start=2):
            _xlsx_cell(page.cell(number, column), name, line)
    _validate(page, len(rows))
    about = book.create_sheet(GUIDE)
    about.column_dimensions["A"].width = GUIDE_WIDTH
    for number, text in enumerate(guide(figure_request), start=1):
        cell = about.cell(number, 1, text)
        cell.alignment = Alignment(wrap_text=True)
        cell.font = Font(bold=number == 1)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _xlsx_cell(cell: Any, name: str, line: Line) -> None:
    value = line.cells[name]
    if name in ("numerator", "denominator") and not line.is_share:
        cell.fill = _SHARE_ONLY
        return
    if name in FIELDS:
        cell.fill, cell.protection = _GROUND, Protection(locked=False)
    cell.value = neutral(value) or None
    if isinstance(value, Decimal):
        cell.value = value
        cell.number_format = "#,##0" if value == value.to_integral_value() else "#,##0.####"
    elif name not in NUMBERS:
        cell.number_format = "@"  # text: « 2025 » and « 01004 » stay as they are


def _validate(page: Any, count: int) -> None:
    """A closed list of situations, and limits that a spreadsheet tells at once."""
    if not count:
        return
    letters = {name: get_column_letter(place) for place, name in enumerate(COLUMNS, start=1)}
    situations = DataValidation(type="list", formula1=f'"{",".join(SITUATIONS)}"', allow_blank=True)
    situations.errorTitle, situations.error = "Situation", "Choisissez dans la liste, ou laissez vide."
    situations.add(f"{letters['answer']}2:{letters['answer']}{count + 1}")
    page.add_data_validation(situations)
    for name, limit in (("reason", 300), ("comment", 500)):
        length = DataValidation(type="textLength", operator="lessThanOrEqual", formula1=str(limit), allow_blank=True)
        length.errorTitle, length.error = COLUMNS[name], f"{limit} caractères au plus."
        length.add(f"{letters[name]}2:{letters[name]}{count + 1}")
        page.add_data_validation(length)


def write_ods(figure_request: FigureRequest, rows: Sequence[Line]) -> bytes:
    document = Document("spreadsheet")
    document.body.clear()
    _add_situations(document)
    _add_styles(document)
    page = Table(SHEET)
    for name in COLUMNS:
        page.append(Column(style=f"width-{_WIDTHS.get(name, USUAL_WIDTH)}"))
    page.append_row(_ods_row(list(COLUMNS.values()), style="heading"))
    for line in rows:
        row = Row()
        for name in COLUMNS:
            row.append_cell(_ods_cell(line.cells[name], closed=name == "answer"))
        page.append_row(row)
    about = Table(GUIDE)
    about.append(Column(style=f"width-{GUIDE_WIDTH}"))
    for text in guide(figure_request):
        about.append_row(_ods_row([text]))
    document.body.append(page)
    document.body.append(about)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _add_situations(document: Any) -> None:
    choices = ";".join(f'"{one}"' for one in SITUATIONS)
    condition = f"of:cell-content-is-in-list({choices})".replace('"', "&quot;")
    document.body.append(
        Element.from_tag(
            "<table:content-validations>"
            f'<table:content-validation table:name="situations" table:condition="{condition}" '
            'table:allow-empty-cell="true" table:display-list="unsorted"/>'
            "</table:content-validations>"
        )
    )


def _add_styles(document: Any) -> None:
    """Widths of the columns, in the same proportions as in XLSX, and the bold heading."""
    widths = sorted({USUAL_WIDTH, GUIDE_WIDTH, *_WIDTHS.values()})
    styles = [
        f'<style:style style:name="width-{width}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{width * 0.2:.1f}cm"/></style:style>'
        for width in widths
    ]
    styles.append(
        '<style:style style:name="heading" style:family="table-cell">'
        '<style:table-cell-properties fo:wrap-option="wrap"/>'
        '<style:text-properties fo:font-weight="bold"/></style:style>'
    )
    for one in styles:
        document.insert_style(Element.from_tag(one), automatic=True)


def _ods_row(texts: Sequence[str], style: str = "") -> Row:
    row = Row()
    for text in texts:
        cell = _ods_cell(text)
        if style:
            cell.set_attribute("table:style-name", style)
        row.append_cell(cell)
    return row


def _ods_cell(value: Decimal | str | None, *, closed: bool = False) -> OdfCell:
    """A number as a number; a text typed as text, which no spreadsheet reads as a date or a number."""
    if value is None or value == "":
        cell = OdfCell()
    elif isinstance(value, Decimal):
        cell = OdfCell(value.normalize() if value != value.to_integral_value() else int(value))
    else:
        cell = OdfCell(str(neutral(value)), cell_type="string")
    if closed:
        cell.set_attribute("table:content-validation-name", "situations")
    return cell


WRITERS = {"xlsx": write_xlsx, "ods": write_ods}
