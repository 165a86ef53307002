"""The observatory's home, and the search in words: what may be seen, what is loaded, what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from maillage.core import clock, perms
from maillage.indicators.models import Indicator
from maillage.indicators.selectors.values import period_label
from maillage.kernel.numbers import NBSP
from maillage.observatory import perms as observatory_perms
from maillage.observatory.selectors import asking
from maillage.observatory.selectors import home as reading
from maillage.observatory.selectors.asking import Answer, Answers
from maillage.observatory.views.reader import reader
from maillage.territories import selectors as territories
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.ui import tables
from maillage.ui.tables import Cell, Column, Table
from maillage.ui.units import typography


@dataclass(frozen=True)
class Screen:
    """A card of the home page."""

    label: str
    text: str
    url: str


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    loaded = reading.editions()
    held_table, editions_table = _held_table(reading.held()), _editions_table(loaded)
    if (exported := tables.respond(request, held_table, editions_table)) is not None:
        return exported
    context = {
        "screens": _screens(request),
        "held": held_table,
        "editions": editions_table,
        "lacking": reading.lacking(loaded),
        "examples": _examples(),
    }
    return render(request, "observatory/home.html", context)


def _screens(request: HttpRequest) -> list[Screen]:
    screens = [
        Screen("Carte", "Un indicateur à tous les niveaux, avec ses classes et son tableau.", reverse("explorer")),
        Screen("Comparer", "Classer, croiser deux indicateurs, suivre dans le temps.", reverse("compare")),
        Screen("Besoins", "Un indice par EPCI, ce qui le compose et ce qu'il vaut.", reverse("needs")),
        Screen("Typologie", "Les EPCI qui se ressemblent, et à quoi ils tiennent.", reverse("typology")),
        Screen("Écarts", "Besoin, offre et crédits côte à côte.", reverse("gaps")),
    ]
    own = _own_territory(request)
    if own is not None:
        told = f"Portrait{NBSP}: {own.name}"
        screens.append(Screen(told, "Ses chiffres, à imprimer sur deux pages.", reverse("portrait", args=[own.code])))
    return [Screen(one.label, typography(one.text), one.url) for one in screens]


def _own_territory(request: HttpRequest) -> Territory | None:
    """The territory of the person's first role, else the region of the instance."""
    on = clock.today()
    held = perms.memberships_in_force(reader(request), on)
    own = territories.by_code(held[0].territory_code) if held else None
    own = own or territories.instance_region()
    readable = own is not None and observatory_perms.can_see_portrait(reader(request), own, on)
    return own if readable else None


def _held_table(held: list[reading.Held]) -> Table:
    return Table(
        id="indicateurs",
        caption="Indicateurs chargés, par niveau",
        columns=[
            Column("indicator", "Indicateur", kind="link"),
            Column("level", "Niveau"),
            Column("latest", "Dernière période"),
            Column("periods", "Périodes", kind="number"),
            Column("values", "Valeurs", kind="number"),
            Column("see", "Voir", kind="link"),
        ],
        rows=[
            {
                "indicator": Cell(typography(one.indicator.label), url=reverse("indicator", args=[one.indicator.code])),
                "level": one.level_label,
                "latest": Cell(period_label(one.latest), sort=one.latest),
                "periods": one.periods,
                "values": one.values,
                "see": Cell("Classement", url=ranking_url(one.indicator.code, one.level, one.latest)),
            }
            for one in held
        ],
        empty="Aucun indicateur n'est chargé.",
    )


def _editions_table(loaded: list[Any]) -> Table:
    return Table(
        id="editions",
        caption="Éditions chargées",
        columns=[
            Column("title", "Fichier", kind="link"),
            Column("kind", "Nature"),
            Column("vintage", "Millésime"),
            Column("loaded", "Chargé le", kind="date"),
        ],
        rows=[
            {
                "title": Cell(typography(one.title), url=reverse("edition", args=[one.pk])),
                "kind": typography(str(one.get_kind_display())),
                "vintage": one.vintage,
                "loaded": timezone.localtime(one.loaded_at).date(),
            }
            for one in loaded
        ],
        empty="Aucune édition n'est chargée.",
    )


# --- asking in words ------------------------------------------------------------------------------------------------


@require_safe
@vary_on_headers("HX-Request")
def ask(request: HttpRequest) -> HttpResponse:
    """The page; or, for what is being typed, its answers alone."""
    text = request.GET.get("q", "").strip()
    found = asking.ask(text)
    readable = _portraits(request, found)
    context = {
        "q": text,
        "found": found,
        "direct": [_shown(one, readable) for one in found.direct],
        "others": [_shown(one, readable) for one in found.others],
        "rankings": _rankings(found),
        "portraits": [
            (f"{place.name.name} ({asking.level_of(place.name)})", reverse("portrait", args=[place.name.code]))
            for place in found.places
            if place.name.code in readable
        ],
        "namesakes": _namesakes(found, readable),
        "corrected": found.reading.corrected,
        "examples": [] if found.direct else _examples(),
    }
    partial = request.headers.get("HX-Request") == "true"
    return render(request, "observatory/_answers.html" if partial else "observatory/ask.html", context)


def _portraits(request: HttpRequest, found: Answers) -> frozenset[str]:
    """Codes of the territories named whose portrait the reader may open."""
    names = [one.name for one in (*found.direct, *found.others)]
    names += [name for place in found.places for name in (place.name, *place.others)]
    if not names:
        return frozenset()
    wanted = asking.with_parents({name.code for name in names})
    return observatory_perms.visible_portraits(reader(request), wanted, clock.today())


def _shown(answer: Answer, readable: frozenset[str]) -> dict[str, Any]:
    value, indicator = answer.value, answer.indicator
    source = value.source
    return {
        "indicator": typography(indicator.label),
        "name": answer.name.name,
        "level": answer.level_label,
        "period": value.period_label,
        "amount": value.amount,
        "unit": indicator.unit,
        "decimals": indicator.decimals,
        "status": "" if value.status == "published" else value.status,
        "low": value.low,
        "high": value.high,
        "reason": typography(value.reason),
        "note": typography(answer.note),
        "source": typography(str(source)) if source is not None else "",
        "source_url": source.url if source is not None else "",
        "links": _links(answer, readable),
    }


def _links(answer: Answer, readable: frozenset[str]) -> list[tuple[str, str]]:
    code, level = answer.name.code, answer.name.level
    links = [("portrait", reverse("portrait", args=[code]))] if code in readable else []
    if level in (Level.DEPARTEMENT, Level.EPCI, Level.COMMUNE):
        indicator, period = answer.indicator.code, answer.value.period
        links.append(("carte", map_url(indicator, level, period)))
        links.append(("classement", ranking_url(indicator, level, period, code)))
    return [*links, ("indicateur", reverse("indicator", args=[answer.indicator.code]))]


def map_url(indicator: str, level: str, period: str = "") -> str:
    """The map explorer showing an indicator at a level."""
    return f"{reverse('explorer')}?{_query(indicateur=indicator, niveau=level, periode=period)}"


def ranking_url(indicator: str, level: str, period: str = "", marked: str = "", within: str = "") -> str:
    """The ranking of an indicator at a level, one territory marked."""
    query = _query(indicateur=indicator, niveau=level, periode=period, dans=within, territoire=marked)
    return f"{reverse('compare')}?{query}"


def _query(**parameters: str) -> str:
    return urlencode({name: value for name, value in parameters.items() if value})


def _rankings(found: Answers) -> list[tuple[str, str]]:
    """Rankings that answer « les communes de la Creuse », or an indicator asked of no territory."""
    where = f", {found.within.name}" if found.within else ""
    inside = found.within.code if found.within else ""
    return [
        (_ranking_label(one, _PLURAL[level], where), ranking_url(one.code, level, within=inside))
        for one, level in found.rankings
    ]


_PLURAL = {
    "country": "pays",
    "region": "régions",
    "departement": "départements",
    "epci": "EPCI",
    "commune": "communes",
    "iris": "IRIS",
}


def _ranking_label(indicator: Indicator, level: str, where: str) -> str:
    return typography(f"{indicator.label} : classement des {level}{where}")


def _namesakes(found: Answers, readable: frozenset[str]) -> list[tuple[str, str]]:
    """Other territories of the name, for a question without indicator."""
    if found.indicators or len(found.places) != 1:
        return []
    return [
        (f"{one.name} ({asking.level_of(one)})", reverse("portrait", args=[one.code])) for one in found.places[0].others
    ]


def _examples() -> list[tuple[str, str]]:
    """Questions to start from, about a territory that is loaded."""
    texts = ["niveau de vie médian des EPCI", "France services par département"]
    inside = reading.a_departement()
    if inside is not None:
        texts = [f"taux de pauvreté {inside.name}", *texts, f"pauvreté {inside.insee}"]
    return [(text, f"{reverse('ask')}?{urlencode({'q': text})}") for text in texts]


urls: list[URLPattern] = [path("", home, name="observatory"), path("chercher/", ask, name="ask")]
