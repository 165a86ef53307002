"""The map explorer: any indicator at any level, with its table, its files, and an address that holds all of it."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.cache import patch_vary_headers
from django.utils.http import urlencode
from django.utils.text import slugify
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from maillage.core import clock
from maillage.kernel.numbers import format_number
from maillage.observatory.selectors.explorer_asked import EVERYWHERE, LEVELS, Asked, asked
from maillage.observatory.selectors.explorer_ground import HEXAGONS_AT_MOST, Ground, ground, whole_sheet
from maillage.observatory.selectors.explorer_kept import Mark, ground_mark, values_mark
from maillage.observatory.selectors.explorer_picture import picture, sent_values
from maillage.observatory.views.explorer_form import ExplorerForm
from maillage.observatory.views.explorer_map import PLURALS, explorer_map
from maillage.observatory.views.explorer_table import on_page, table_of
from maillage.territories import selectors as territories
from maillage.territories.enums import Level
from maillage.ui import maps, tables
from maillage.ui.units import typography

PAGE_SIZE = 100
PNG_SCALE = 2.0
FOR_EVER = "private, max-age=31536000, immutable"  # the address changes with the content


@require_safe
def explorer(request: HttpRequest) -> HttpResponse:
    mark = values_mark()
    wanted = asked(request.GET, mark)
    if wanted is None:
        return render(request, "observatory/explorer.html", {"asked": None})
    found = picture(wanted, mark)
    table = table_of(wanted, found, request.GET)
    exported = tables.respond(request, table)
    if exported is not None:
        return exported
    place = ground(wanted.level, wanted.area, ground_mark())
    page = Paginator(table.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "asked": wanted,
        "form": ExplorerForm(wanted),
        "map": explorer_map(wanted, found, place) if place.exists else None,
        "ground": place,
        "why_no_map": "" if place.exists else _why_no_map(wanted, place),
        "has_places": place.total > 0,
        "has_values": found.tally["known"] > 0,
        "table": replace(table, rows=list(page.object_list), columns=on_page(table.columns)),
        "page": page,
        "refused": typography(" ".join(wanted.refused)),
        "permalink": f"?{wanted.query}",
        "files": [(label, f"{reverse(name)}?{wanted.query}") for label, name in FILES] if place.exists else [],
        "drawing": _drawing(wanted, place, mark) if place.is_sent else None,
    }
    return render(request, "observatory/explorer.html", context)


def _why_no_map(wanted: Asked, place: Ground) -> str:
    """What is missing to draw, in words."""
    level = PLURALS[Level(wanted.level)]
    if place.total > HEXAGONS_AT_MOST:
        return typography(
            f"Les contours de {format_number(place.contours)} {level} sur {format_number(place.total)} sont chargés : "
            "trop peu pour une carte, et trop de territoires pour une carte schématique. Choisissez un territoire plus "
            "petit, ou chargez les contours (maillage import contours)."
        )
    return f"Ces {level} n'ont ni contours ni coordonnées : chargez-les (maillage import contours)."


def _drawing(wanted: Asked, place: Ground, mark: Mark) -> dict[str, str]:
    """What the script needs to draw: where the contours and the values are, where a territory leads."""
    values = f"{reverse('explorer-values')}?{wanted.query}&{urlencode({'v': _version(mark)})}"
    contours = reverse("explorer-ground", args=[wanted.level, wanted.area_code, place.token])
    return {"contours": contours, "values": values, "portrait": reverse("portrait", args=["CODE"])}


def _version(mark: Mark) -> str:
    return "-".join(mark)


@require_safe
@gzip_page
def values(request: HttpRequest) -> HttpResponse:
    """The values of a map that the browser draws, in the order of its contours."""
    mark = values_mark()
    wanted = asked(request.GET, mark)
    place = ground(wanted.level, wanted.area, ground_mark()) if wanted is not None else None
    if wanted is None or place is None or not place.is_sent:
        raise Http404
    found = picture(wanted, mark)
    sent = sent_values(wanted, found, place, mark) | {"classes": _swatches(explorer_map(wanted, found, place))}
    answer = HttpResponse(json.dumps(sent, separators=(",", ":"), ensure_ascii=False), content_type="application/json")
    current = request.GET.get("v") == _version(mark)
    answer["Cache-Control"] = FOR_EVER if current else "private, no-cache"
    return answer


def _swatches(shown: maps.Map) -> list[str]:
    """Class of the style sheet of each class of values, the lowest first."""
    known = [item for item in shown.classes if item.bin is not None]
    return [css for css, _ in maps.swatches(replace(shown, classes=known))]


@require_safe
def ground_file(request: HttpRequest, level: str, area: str, token: str) -> HttpResponse:
    """The contours of a map that the browser draws, compressed as they are kept."""
    held = territories.by_code(area) if area != EVERYWHERE else None
    if level not in LEVELS or (held is None and area != EVERYWHERE):
        raise Http404
    place = ground(level, held, ground_mark())
    if not place.is_sent:
        raise Http404
    accepted = "gzip" in request.headers.get("Accept-Encoding", "")
    content = place.packed if accepted else gzip.decompress(place.packed)
    answer = HttpResponse(content, content_type="application/json")
    if accepted:
        answer["Content-Encoding"] = "gzip"
    patch_vary_headers(answer, ["Accept-Encoding"])
    answer["ETag"] = f'"{place.token}{"" if accepted else "-plain"}"'
    answer["Cache-Control"] = FOR_EVER if token == place.token else "private, no-cache"
    return answer


def _file(request: HttpRequest) -> tuple[Asked, str]:
    """The map as a drawing that goes about alone."""
    mark = values_mark()
    wanted = asked(request.GET, mark)
    place = ground(wanted.level, wanted.area, ground_mark()) if wanted is not None else None
    if wanted is None or place is None or not place.exists:
        raise Http404
    shown = explorer_map(wanted, picture(wanted, mark), place, whole_sheet(place))
    schematic = "Carte schématique : chaque case est un territoire, les surfaces ne sont pas les vraies."
    notes = [
        typography(schematic) if shown.schematic else "",
        shown.note,
        typography(f"Source : {shown.source}.") if shown.source else "",
        f"Maillage, {clock.today():%d/%m/%Y}.",
    ]
    return wanted, maps.standalone(shown, *[note for note in notes if note])


def _download(wanted: Asked, content: str | bytes, kind: str, ending: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    name = slugify(f"carte {wanted.indicator.label} {wanted.level} {wanted.area_name} {wanted.period}")[:90]
    answer["Content-Disposition"] = f'attachment; filename="{name}.{ending}"'
    return answer


@require_safe
def svg(request: HttpRequest) -> HttpResponse:
    wanted, drawing = _file(request)
    return _download(wanted, drawing, "image/svg+xml; charset=utf-8", "svg")


@require_safe
def png(request: HttpRequest) -> HttpResponse:
    import vl_convert  # it starts a JavaScript engine: only for those who ask for a picture

    from maillage.documents.renderers.pictures import OFFICE_FONT

    wanted, drawing = _file(request)
    picture_ = vl_convert.svg_to_png(drawing.replace("sans-serif", OFFICE_FONT), scale=PNG_SCALE)
    return _download(wanted, bytes(picture_), "image/png", "png")


FILES = (("PNG", "explorer-png"), ("SVG", "explorer-svg"))
urls: list[URLPattern] = [
    path("carte/", explorer, name="explorer"),
    path("carte/valeurs.json", values, name="explorer-values"),
    path("carte/contours/<str:level>/<str:area>/<str:token>.json", ground_file, name="explorer-ground"),
    path("carte/carte.svg", svg, name="explorer-svg"),
    path("carte/carte.png", png, name="explorer-png"),
]
