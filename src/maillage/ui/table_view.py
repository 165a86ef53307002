"""A table made ready for the theme's template: links to sort, cells as HTML.

Cells are written here and not in a template: a table of a thousand lines has ten thousand of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from maillage.ui import statuses, units
from maillage.ui.components import render, safe_url
from maillage.ui.export import FORMATS
from maillage.ui.tables import Cell, Column, Table, display

EMPTY = QueryDict()


@dataclass(frozen=True)
class Head:
    """A column header. `aria_sort` is "" where the table does not sort."""

    label: str
    unit: str
    kind: str
    url: str = ""
    aria_sort: str = ""
    next_order: str = ""


def context_of(table: Table, params: QueryDict | None = None) -> dict[str, Any]:
    """What the template of a table needs; `params` is the query of the page (order asked, kept in the links)."""
    query = EMPTY if params is None else params
    ordered = table.sorted_by(query)
    footer = ordered.footer_cells() if ordered.rows else None
    helps = [(column.label, column.help) for column in table.columns if column.help]
    return {
        "table": ordered,
        "heads": [_head(ordered, column, query) for column in ordered.columns],
        "rows": [_row(ordered, row) for row in ordered.rows],
        "footer": _row(ordered, footer) if footer else "",
        "legend": ordered.used_statuses(),
        "helps": helps,
        "exports": _exports(ordered, query) if ordered.exportable and ordered.rows else [],
        "source_url": safe_url(table.source_url),
    }


def _head(table: Table, column: Column, query: QueryDict) -> Head:
    kind = css_kind(column)
    if not table.sortable or len(table.rows) < 2:
        return Head(column.label, column.header_unit, kind)
    key, order = table.sort
    current = order if key == column.key else ""
    following = "asc" if current == "desc" or not current else "desc"
    changed = query.copy()
    changed[f"{table.id}-tri"] = column.key
    changed[f"{table.id}-sens"] = following
    return Head(
        column.label,
        column.header_unit,
        kind,
        url=f"?{changed.urlencode()}#{table.id}",
        aria_sort={"asc": "ascending", "desc": "descending"}.get(current, "none"),
        next_order="croissant" if following == "asc" else "décroissant",
    )


def _exports(table: Table, query: QueryDict) -> list[tuple[str, str]]:
    """Label and address of each format; the order asked by the page is kept."""
    kept = [(name, value) for name, values in query.lists() for value in values if name not in ("export", "tableau")]
    return [
        (label, "?" + urlencode([*kept, ("export", fmt), ("tableau", table.id)])) for fmt, (label, _) in FORMATS.items()
    ]


def css_kind(column: Column) -> str:
    """The class of the cells of a column."""
    return "ui-num" if column.numeric else f"ui-cell-{column.kind}"


def _row(table: Table, row: Mapping[str, Any]) -> SafeString:
    return mark_safe(  # noqa: S308  (each piece comes from format_html)
        "".join(_cell(column, table.cell(row, column.key), column.key == table.header_key) for column in table.columns)
    )


def _cell(column: Column, cell: Cell, is_header: bool) -> SafeString:
    opening = '<th scope="row" class="{}">{}</th>' if is_header else '<td class="{}">{}</td>'
    return format_html(opening, css_kind(column), cell_html(column, cell))


def cell_html(column: Column, cell: Cell) -> SafeString:
    """What stands in a cell: the value, linked where it leads somewhere, its mark, its note."""
    shown = _value_html(column, cell)
    url = safe_url(cell.url)
    if url:
        shown = format_html('<a href="{}">{}</a>', url, shown)
    parts = [shown]
    if column.numeric and cell.status and cell.value is not None:
        parts.append(_mark_html(cell.status))
    if cell.note:
        parts.append(format_html('<span class="ui-cell-note">{}</span>', cell.note))
    return mark_safe("".join(parts))  # noqa: S308  (each piece comes from format_html)


def _value_html(column: Column, cell: Cell) -> SafeString:
    text = display(column, cell)
    if column.kind == "status" and cell.value:
        return _small("status", settings.MAILLAGE_THEME, *status_context(str(cell.value), cell.text).items())
    if column.kind == "badge" and text:
        return _small("badge", settings.MAILLAGE_THEME, ("text", text), ("kind", statuses.kind(cell.status)))
    if column.numeric and cell.value is None and not cell.text:
        return unknown_html(cell.status)
    return format_html("{}", text)


@lru_cache(maxsize=512)
def _small(name: str, theme: str, *context: tuple[str, str]) -> SafeString:
    """A small component that a column repeats: drawn once per theme and content."""
    return render(name, dict(context))


def unknown_html(status: str = "") -> SafeString:
    """What stands for a value that is not known, and why, to those who read and those who listen."""
    if status == "suppressed":
        text, why = "secret", "secret statistique : la valeur existe, elle n’est pas diffusée"
    elif status == "unavailable":
        text, why = "n.\u00a0d.", "non disponible : la valeur n’est pas connue, elle n’est pas nulle"
    else:
        text, why = units.UNKNOWN, units.UNKNOWN_EXPLAINED
    return format_html(
        '<span class="ui-unknown" title="{}">{}<span class="ui-hidden"> ({})</span></span>', why, text, why
    )


def _mark_html(code: str) -> SafeString:
    mark = statuses.mark(code)
    if not mark.symbol:
        return mark_safe("")
    return format_html(
        ' <span class="ui-mark" title="{}">{}<span class="ui-hidden"> {}</span></span>',
        mark.label,
        mark.symbol,
        mark.label,
    )


def status_context(code: str, label: str = "") -> dict[str, Any]:
    """What the template of a status needs."""
    mark = statuses.mark(code)
    return {"kind": mark.kind, "symbol": mark.symbol, "label": label or mark.label or code}
