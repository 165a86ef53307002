"""Workbooks as ODS, written as text: a tree of thousands of cells costs seconds."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from maillage.documents.workbook.model import Box, Choices, Column, Look, Page, Value, letters, settled
from maillage.ui.export import FORMATS, ODS_MANIFEST, ODS_META, ODS_NAMESPACES, XML, neutral, plain_number

_BLANKS = re.compile(r" {2,}|^ | $")
_CM_PER_CHARACTER = 0.2
_GROUNDS = {Look.OPEN: "#eaf1f8", Look.CLOSED: "#e4e4e4"}
_FORMATS = {"text": "as-text", "number": "as-number", "date": "as-date"}


def write_ods(pages: Sequence[Page], *, title: str = "") -> bytes:
    """The workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), FORMATS["ods"][1])  # first and not compressed, says the standard
        archive.writestr("META-INF/manifest.xml", ODS_MANIFEST)
        archive.writestr("meta.xml", ODS_META.format(title=escape(str(neutral(title)))))
        archive.writestr("content.xml", "".join(_content(pages)))
    return out.getvalue()


def _content(pages: Sequence[Page]) -> Iterator[str]:
    yield f"{XML}<office:document-content {ODS_NAMESPACES}><office:automatic-styles>"
    yield from _styles(pages)
    yield "</office:automatic-styles><office:body><office:spreadsheet>"
    yield from _validations(pages)
    rules = _rules(pages)
    for page in pages:
        yield from _table(page, [rules.get((page.name, column.heading), "") for column in page.columns])
    yield "</office:spreadsheet></office:body></office:document-content>"


# --- styles and rules -------------------------------------------------------------------------------------------------


def _styles(pages: Sequence[Page]) -> Iterator[str]:
    yield (
        '<number:date-style style:name="as-date"><number:day number:style="long"/><number:text>/</number:text>'
        '<number:month number:style="long"/><number:text>/</number:text><number:year number:style="long"/>'
        '</number:date-style><number:text-style style:name="as-text"><number:text-content/></number:text-style>'
        '<number:number-style style:name="as-number"><number:number number:min-integer-digits="1" '
        'number:grouping="true"/></number:number-style>'
    )
    yield (
        '<style:style style:name="hidden" style:family="table"><style:table-properties table:display="false"/>'
        "</style:style>"
    )
    for width in sorted({column.width for page in pages for column in page.columns}):
        yield (
            f'<style:style style:name="width-{width}" style:family="table-column"><style:table-column-properties '
            f'style:column-width="{width * _CM_PER_CHARACTER:.1f}cm"/></style:style>'
        )
    for look in Look:
        yield from (_cell_style(look, name, data) for name, data in _FORMATS.items())


def _cell_style(look: Look, name: str, data: str) -> str:
    ground = f' fo:background-color="{_GROUNDS[look]}" fo:border="0.5pt solid #c8cdd3"' if look in _GROUNDS else ""
    bold = '<style:text-properties fo:font-weight="bold"/>' if look is Look.TITLE else ""
    locked = "none" if look is Look.OPEN else "protected"
    return (
        f'<style:style style:name="{look.value}-{name}" style:family="table-cell" style:data-style-name="{data}">'
        f'<style:table-cell-properties fo:wrap-option="wrap" style:vertical-align="top" '
        f'style:cell-protect="{locked}"{ground}/>{bold}</style:style>'
    )


def _rules(pages: Sequence[Page]) -> dict[tuple[str, str], str]:
    """(page, heading) → name of the rule of that column."""
    ruled = [(page.name, one.heading) for page in pages for one in page.columns if one.choices and one.choices.values]
    return {place: f"list-{rank}" for rank, place in enumerate(ruled, start=1)}


def _validations(pages: Sequence[Page]) -> Iterator[str]:
    rules = _rules(pages)
    if not rules:
        return
    columns = {(page.name, one.heading): one for page in pages for one in page.columns}
    yield "<table:content-validations>"
    for place, name in rules.items():
        yield _validation(name, place[0], columns[place])
    yield "</table:content-validations>"


def _validation(name: str, page: str, column: Column) -> str:
    choices = column.choices or Choices(())
    kind = "stop" if choices.strict else "warning"
    return (
        f"<table:content-validation table:name={quoteattr(name)} "
        f"table:condition={quoteattr(f'of:cell-content-is-in-list({_source(choices)})')} "
        'table:allow-empty-cell="true" table:display-list="unsorted" '
        f"table:base-cell-address={quoteattr(f'{_quoted(page)}.A1')}>"
        f'<table:error-message table:display="true" table:message-type="{kind}">'
        "<text:p>Choisissez dans la liste, ou laissez vide.</text:p></table:error-message>"
        "</table:content-validation>"
    )


def _source(choices: Choices) -> str:
    if not choices.page:
        return ";".join('"' + one.replace('"', '""') + '"' for one in choices.values)
    letter = letters(choices.column)
    return f"[{'$' + _quoted(choices.page)}.${letter}$2:.${letter}${len(choices.values) + 1}]"


def _quoted(page: str) -> str:
    return "'" + page.replace("'", "''") + "'"


# --- cells ------------------------------------------------------------------------------------------------------------


def _table(page: Page, rules: Sequence[str]) -> Iterator[str]:
    hidden = ' table:style-name="hidden"' if page.hidden else ""
    protected = ' table:protected="true"' if page.protected else ""
    yield f"<table:table table:name={quoteattr(page.name)}{hidden}{protected}>"
    for column in page.columns:
        yield f'<table:table-column table:style-name="width-{column.width}"/>'
    if page.has_heading:
        head = "".join(_cell(Box(column.heading, Look.TITLE), column, "") for column in page.columns)
        yield f"<table:table-header-rows><table:table-row>{head}</table:table-row></table:table-header-rows>"
    for row in page.rows:
        cells = (_cell(box, column, rule) for box, column, rule in zip(row, page.columns, rules, strict=True))
        yield f"<table:table-row>{''.join(cells)}</table:table-row>"
    yield "</table:table>"


def _cell(box: Box, column: Column, rule: str) -> str:
    value = settled(box.value)
    ruled = f" table:content-validation-name={quoteattr(rule)}" if rule else ""
    style = f'table:style-name="{box.look.value}-{_format(value, column)}"{ruled}'
    if value is None or value == "":
        return f"<table:table-cell {style}/>"
    return f"<table:table-cell {style} {_typed(value)}</table:table-cell>"


def _format(value: Value, column: Column) -> str:
    if isinstance(value, Decimal):
        return "number"
    if isinstance(value, date):
        return "date"
    if value is None:
        return "number" if column.is_number else "date" if column.is_date else "text"
    return "text"


def _typed(value: Any) -> str:
    if isinstance(value, int | Decimal):
        number = plain_number(Decimal(value))
        return f'office:value-type="float" office:value="{number}"><text:p>{number.replace(".", ",")}</text:p>'
    if isinstance(value, date):
        return f'office:value-type="date" office:date-value="{value.isoformat()}"><text:p>{value:%d/%m/%Y}</text:p>'
    lines = "".join(f"<text:p>{_line(line)}</text:p>" for line in str(neutral(value)).split("\n"))
    return f'office:value-type="string">{lines}'


def _line(line: str) -> str:
    """One paragraph. A run of spaces is an element, or readers keep one of them; a tab, which some lose, is four."""
    return _BLANKS.sub(lambda run: f'<text:s text:c="{len(run[0])}"/>', escape(line.replace("\t", "    ")))
