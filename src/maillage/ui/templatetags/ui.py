"""The components of the interface, as template tags. They are built in: a template needs no `load`.

Each tag prepares what it is given and lets the theme draw it (see `ui.components`).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.forms import BoundField
from django.template.context import Context
from django.utils.formats import date_format
from django.utils.html import json_script
from django.utils.safestring import SafeString

from maillage.kernel.errors import MaillageError
from maillage.kernel.money import Money
from maillage.kernel.period import Period
from maillage.ui import form_view, messaging, navigation, statuses, table_view, units
from maillage.ui.charts import Chart
from maillage.ui.components import render, safe_url
from maillage.ui.maps import Map, swatches
from maillage.ui.tables import Table

register = template.Library()

ALERT_WORDS = {"info": "Information", "success": "Succès", "warning": "Attention", "error": "Erreur"}


@register.simple_tag(takes_context=True)
def ui_navigation(context: Context, place: str = "wide") -> SafeString:
    """The main menu: `place` is "wide" (a bar) or "narrow" (a disclosure, for a phone)."""
    request = context.get("request")
    return render("navigation", {"links": navigation.links(request) if request else [], "place": place})


@register.simple_tag(takes_context=True)
def ui_account_menu(context: Context) -> SafeString:
    """The entries under the person's name, as this person may see them."""
    request = context.get("request")
    return render("account_menu", {"links": navigation.links(request, "account") if request else []})


@register.simple_tag(takes_context=True)
def ui_part(context: Context, name: str) -> SafeString:
    """A part of the shell (session, footer) as the theme draws it, with what the page knows."""
    return render(name, {str(key): value for key, value in context.flatten().items()})


@register.simple_tag(takes_context=True)
def ui_chart_scripts(context: Context) -> SafeString:
    """What draws charts, on the pages that have one: at the end of the shell."""
    request = context.get("request")
    return render("chart_scripts", {}) if getattr(request, "ui_has_charts", False) else SafeString()


@register.simple_tag(takes_context=True)
def ui_messages(context: Context) -> SafeString:
    """Messages of the last action, some with a button that undoes it."""
    shown = messaging.shown(context.get("messages") or [])
    return (
        render("messages", {"messages": shown, "csrf_token": context.get("csrf_token", "")}) if shown else SafeString()
    )


@register.simple_tag
def ui_breadcrumbs(*labels_and_urls: str) -> SafeString:
    """`"Accueil" "/" "Territoires" "/territoires/" "Ici"`: pairs of label and address, then the page itself."""
    items = list(labels_and_urls)
    pairs = list(zip(items[0:-1:2], map(safe_url, items[1::2]), strict=False))
    current = items[-1] if len(items) % 2 else ""
    return render("breadcrumbs", {"links": pairs, "current": current})


@register.simple_tag
def ui_tabs(links: list[tuple[str, str, bool]], label: str = "Parties") -> SafeString:
    """The pages of one object: (label, address, whether it is this page). They are links, and read as such."""
    return render("tabs", {"links": [(text, safe_url(url), current) for text, url, current in links], "label": label})


@register.simple_tag
def ui_alert(kind: str = "info", title: str = "", text: str = "", url: str = "", url_label: str = "") -> SafeString:
    known = kind if kind in ALERT_WORDS else "info"
    return render(
        "alert",
        {
            "kind": known,
            "word": ALERT_WORDS[known],
            "title": title,
            "text": text,
            "url": safe_url(url),
            "url_label": url_label or "En savoir plus",
        },
    )


@register.simple_tag
def ui_badge(text: str, kind: str = "neutral") -> SafeString:
    return render("badge", {"text": text, "kind": statuses.kind(kind)})


@register.simple_tag
def ui_status(code: str, label: str = "") -> SafeString:
    """The mark and words of a status; `label` replaces the usual words."""
    return render("status", table_view.status_context(str(code), label))


@register.simple_tag
def ui_empty(title: str, text: str = "", action_label: str = "", action_url: str = "") -> SafeString:
    return render(
        "empty", {"title": title, "text": text, "action_label": action_label, "action_url": safe_url(action_url)}
    )


@register.simple_tag
def ui_help(text: str, label: str = "Aide") -> SafeString:
    """A help text folded under a mark, without a script."""
    return render("help", {"text": text, "label": label})


@register.simple_tag
def ui_source(label: str, url: str = "", prefix: str = "Source") -> SafeString:
    return render("source", {"label": label, "url": safe_url(url), "prefix": prefix})


@register.simple_tag
def ui_number(
    value: Any,
    unit: str = "",
    decimals: int | None = None,
    status: str = "",
    low: Any = None,
    high: Any = None,
    url: str = "",
) -> SafeString:
    """A number in French, linked to its source where `url` says it; an estimate shows its interval."""
    return render("number", _number_context(value, unit, decimals, status, low, high) | {"url": safe_url(url)})


def _number_context(
    value: Any, unit: str, decimals: int | None, status: str = "", low: Any = None, high: Any = None
) -> dict[str, Any]:
    mark = statuses.mark(status)
    interval = low is not None and high is not None
    return {
        "text": table_view.unknown_html(status) if value is None or value == "" else _written(value, unit, decimals),
        "symbol": mark.symbol if value is not None else "",
        "status_label": mark.label,
        "low": _written(low, "", decimals) if interval else "",
        "high": _written(high, "", decimals) if interval else "",
    }


def _written(value: Any, unit: str, decimals: int | None) -> str:
    if isinstance(value, Money):
        unit = unit or "EUR"
    return units.format_value(value, unit=unit, decimals=decimals)


@register.simple_tag
def ui_figure(
    label: str,
    value: Any,
    unit: str = "",
    source_label: str = "",
    source_url: str = "",
    note: str = "",
    status: str = "",
    decimals: int | None = None,
    url: str = "",
    low: Any = None,
    high: Any = None,
) -> SafeString:
    """A key figure as a tile: what it is, the number, its source."""
    number = units.to_decimal(value)
    long = units.suffix_of(unit, number) if number is not None else ""
    apart = len(long) > 2  # « personnes » is written small beside the number, « € » and « % » with it
    return render(
        "figure",
        _number_context(value, "" if apart else unit, decimals, status, low, high)
        | {
            "suffix": long if apart else "",
            "label": label,
            "source_label": source_label,
            "source_url": safe_url(source_url),
            "note": note,
            "url": safe_url(url),
        },
    )


@register.simple_tag(takes_context=True)
def ui_table(context: Context, table: Table) -> SafeString:
    request = context.get("request")
    return render("table", table_view.context_of(table, request.GET if request else None))


@register.simple_tag(takes_context=True)
def ui_chart(context: Context, chart: Chart) -> SafeString:
    """A chart with its alternative text and its table; the shell then loads what draws it (`ui_chart_scripts`)."""
    request = context.get("request")
    if request is not None:
        request.ui_has_charts = True
    return render(
        "chart",
        {
            "chart": chart,
            "spec": json_script(chart.spec, f"{chart.id}-spec"),
            "source_url": safe_url(chart.source_url),
            "data": render("table", table_view.context_of(chart.table, request.GET if request else None)),
        },
    )


@register.simple_tag(takes_context=True)
def ui_map(context: Context, map: Map) -> SafeString:
    request = context.get("request")
    query = request.GET if request else None
    data = render("table", table_view.context_of(map.table, query)) if map.table else ""
    return render(
        "map",
        {
            "map": map,
            "drawing": map.svg(),
            "legend": swatches(map),
            "source_url": safe_url(map.source_url),
            "data": data,
        },
    )


@register.simple_tag
def ui_progress(percent: int, label: str = "", poll_url: str = "") -> SafeString:
    """An advance in percent; with `poll_url`, replaced by what that address answers, every two seconds."""
    return render(
        "progress",
        {"percent": max(0, min(100, int(percent or 0))), "label": label, "poll_url": safe_url(poll_url)},
    )


@register.simple_tag
def ui_field(field: BoundField) -> SafeString:
    """A field with its label, its help and its errors, tied together for those who listen."""
    return render("field", form_view.field_context(field))


@register.simple_tag(takes_context=True)
def ui_form(
    context: Context,
    form: Any,
    submit: str = "Enregistrer",
    cancel_url: str = "",
    action: str = "",
    method: str = "post",
    autosave: str = "",
    kind: str = "primary",
) -> SafeString:
    """A whole form. `autosave` names it: what is typed is then kept by the browser until it has been sent."""
    prepared = form_view.form_context(form)
    return render(
        "form",
        prepared
        | {
            "fields": [render("field", field) for field in prepared["fields"]],
            "submit": submit,
            "cancel_url": safe_url(cancel_url),
            "action": safe_url(action),
            "method": "get" if method == "get" else "post",
            "autosave": autosave,
            "kind": "danger" if kind == "danger" else "primary",
            "csrf_token": context.get("csrf_token", ""),
        },
    )


@register.simple_tag(takes_context=True)
def ui_confirm(
    context: Context,
    message: str = "",
    submit: str = "Confirmer",
    cancel_url: str = "",
    danger: bool = False,
    form: Any = None,
) -> SafeString:
    """What a confirmation page holds: the consequence in words, a button by POST, and the way back."""
    html = ui_form(context, form or form_view.NoFields(), submit, cancel_url, kind="danger" if danger else "primary")
    return render("confirm", {"message": message, "danger": danger, "form": html})


@register.simple_tag(takes_context=True)
def ui_post(
    context: Context, url: str, label: str, confirm: str = "", kind: str = "secondary", name: str = "", value: str = ""
) -> SafeString:
    """A button that acts: a form by POST. `confirm` asks once more in a dialog, where the browser runs scripts."""
    return render(
        "post",
        {
            "url": safe_url(url),
            "label": label,
            "confirm": confirm,
            "kind": kind if kind in ("primary", "secondary", "danger", "quiet") else "secondary",
            "name": name,
            "value": value,
            "csrf_token": context.get("csrf_token", ""),
        },
    )


@register.simple_tag(takes_context=True)
def ui_pagination(context: Context, page: Any, param: str = "page") -> SafeString:
    """Links between the pages of a list (`django.core.paginator.Page`), the rest of the address kept."""
    request = context.get("request")
    return render("pagination", form_view.pagination_context(page, request.GET if request else None, param))


@register.simple_tag
def ui_json(id: str, data: Any) -> SafeString:
    """Data for a script, escaped, in a block that does not run."""
    return json_script(data, id)


@register.filter(expects_localtime=True)
def day(value: Any) -> str:
    """A day in French: « 1er janvier 2024 », « 2 janvier 2024 »; nothing where there is none."""
    written = date_format(value, "j F Y") if value else ""
    return f"1er {written[2:]}" if written.startswith("1 ") else written


@register.filter
def french_number(value: Any, decimals: int | None = None) -> str:
    return units.format_value(value, decimals=decimals)


@register.filter
def money(value: Any) -> str:
    return units.format_value(value, unit="EUR")


@register.filter
def percent(value: Any, decimals: int = 1) -> str:
    """A percentage: 12.3 is « 12,3 % »."""
    return units.format_value(value, unit="%", decimals=decimals)


@register.filter
def signed_percent(value: Any, decimals: int = 1) -> str:
    """An evolution: its sign is always written."""
    number = units.to_decimal(value)
    written = units.format_value(value, unit="%", decimals=decimals)
    return f"+{written}" if number is not None and round(number, decimals) > Decimal(0) else written


@register.filter
def period(value: Any) -> str:
    """« 2020-11 » as « novembre 2020 »; a text that is not a period comes back as it is."""
    if isinstance(value, Period):
        return value.label_fr
    try:
        return Period.parse(str(value)).label_fr
    except MaillageError:
        return str(value)


@register.filter
def typo(value: Any) -> str:
    """The spaces of French typography."""
    return units.typography(str(value))
