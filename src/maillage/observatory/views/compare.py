"""Compare: a ranking with its intervals, a cloud of two indicators, lines in time. The address holds the state."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_safe

from maillage.engines.asking import Place
from maillage.engines.comparability import Verdict
from maillage.indicators.models import Indicator
from maillage.indicators.selectors.level_values import LevelValues, at_level
from maillage.indicators.selectors.series import levels_of
from maillage.indicators.selectors.values import period_label
from maillage.observatory.selectors import asking
from maillage.observatory.selectors import compare as reading
from maillage.observatory.views import compare_drawn as drawn
from maillage.territories import selectors as territories
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.ui import tables
from maillage.ui.units import typography

PAGE_SIZE = 100
RANKING, CLOUD, LINES = "classement", "nuage", "series"
TABS = ((RANKING, "Classement"), (CLOUD, "Deux indicateurs"), (LINES, "Dans le temps"))
EVERYWHERE = "FRANCE"
ANY = "tous"  # perimeters
Option = tuple[str, str]
Select = tuple[str, str, list[Option], str]


@dataclass(frozen=True)
class Asked:
    """What the address asks, made sound: an indicator that is held, a level that it has."""

    tab: str
    indicator: Indicator
    other: Indicator | None
    held: Sequence[Indicator]
    levels: Sequence[str]
    level: str
    area: Territory | None
    areas: Sequence[Territory]
    chosen: tuple[Territory, ...]
    query: QueryDict

    @property
    def marked(self) -> frozenset[str]:
        return frozenset(one.code for one in self.chosen)

    @property
    def kept(self) -> list[tuple[str, str]]:
        """What the form of a tab sends on besides its own fields."""
        return [("onglet", self.tab), *(("territoire", one.code) for one in self.chosen)]

    def address(self, **changes: str | Sequence[str]) -> str:
        """The same comparison, some of it changed ("" takes a parameter away)."""
        query = self.query.copy()
        for name in ("page", "ajouter", "export", "tableau"):
            query.pop(name, None)
        for name, value in changes.items():
            values = [value] if isinstance(value, str) else list(value)
            query.setlist(name, [one for one in values if one])
        return f"?{query.urlencode()}"


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    held = list(reading.indicators_held())
    if not held:
        return render(request, "observatory/compare.html", {"asked": None})
    asked = _asked(request.GET, held)
    typed = request.GET.get("ajouter", "").strip()
    added = asking.named(typed, asked.level) if typed else None
    if added is not None and added.is_sure and len(asked.chosen) < reading.MAX_LINES:
        codes = dict.fromkeys([*(one.code for one in asked.chosen), added.name.code])
        return redirect(reverse("compare") + asked.address(territoire=list(codes)))
    shown = _SCREENS[asked.tab](request, asked)
    if isinstance(shown, HttpResponse):
        return shown
    context = _shell(asked) | {"typed": typed, "proposed": _proposed(asked, added)} | shown
    return render(request, "observatory/compare.html", context)


def _asked(query: QueryDict, held: Sequence[Indicator]) -> Asked:
    by_code = {one.code: one for one in held}
    tab = query.get("onglet", "")
    indicator = by_code.get(query.get("indicateur", ""), by_code.get("POVERTY-RATE", held[0]))
    levels = levels_of(indicator)
    level = query.get("niveau", "")
    region = territories.instance_region()
    within = query.get("dans", region.code if region else EVERYWHERE)
    areas = reading.areas(within)
    codes = query.getlist("territoire")[: reading.MAX_LINES]
    found = {one.code: one for one in Territory.objects.filter(code__in=codes).select_related("parent")}
    return Asked(
        tab=tab if tab in dict(TABS) else RANKING,
        indicator=indicator,
        other=by_code.get(query.get("avec", "")),
        held=held,
        levels=levels,
        level=level if level in levels else _usual(levels),
        area=next((one for one in areas if one.code == within), None),
        areas=areas,
        chosen=tuple(found[code] for code in dict.fromkeys(codes) if code in found),
        query=query,
    )


def _usual(levels: Sequence[str]) -> str:
    """EPCI first: the level at which most figures are known for all."""
    for level in (Level.EPCI, Level.DEPARTEMENT):
        if level in levels:
            return level.value
    return levels[-1] if levels else Level.DEPARTEMENT.value


def _shell(asked: Asked) -> dict[str, Any]:
    """What all tabs share; a screen overrides what it fills."""
    return {
        "asked": asked,
        "tabs": [(label, asked.address(onglet=code), code == asked.tab) for code, label in TABS],
        "chosen": [(one, asked.address(territoire=_without(asked, one))) for one in asked.chosen],
        "kept": asked.kept,
        "is_full": len(asked.chosen) >= reading.MAX_LINES,
        "most": reading.MAX_LINES,
        "verdict": None,
        "notes": (),
        "selects": [],
        "chart": None,
        "table": None,
        "page": None,
        "said": [],
        "choices": [],
    }


def _proposed(asked: Asked, added: Place | None) -> list[Option]:
    """Territories that answer to what was typed, where no one of them is sure."""
    if added is None:
        return []
    codes = [one.code for one in asked.chosen]
    return [
        (f"{one.name} ({asking.level_of(one)})", asked.address(territoire=[*codes, one.code]))
        for one in (added.name, *added.others)
    ]


# --- the choices ----------------------------------------------------------------------------------------------------


def _indicators(asked: Asked) -> list[Option]:
    return [(one.code, typography(one.label)) for one in asked.held]


def _levels(levels: Sequence[str]) -> list[Option]:
    return [(one, str(Level(one).label)) for one in levels]


def _areas(asked: Asked) -> list[Option]:
    return [(EVERYWHERE, "France entière"), *((one.code, one.name) for one in asked.areas)]


def _periods(values: LevelValues) -> list[Option]:
    return [(one, period_label(one)) for one in reversed(values.periods)]


def _area_select(asked: Asked) -> Select:
    return ("dans", "Dans", _areas(asked), asked.area.code if asked.area else EVERYWHERE)


def _values(asked: Asked, indicator: Indicator, period: str, level: str = "") -> LevelValues:
    return at_level(indicator, level or asked.level, period=asked.query.get(period, ""), within=asked.area)


# --- ranking --------------------------------------------------------------------------------------------------------


def _ranking(request: HttpRequest, asked: Asked) -> HttpResponse | dict[str, Any]:
    values = _values(asked, asked.indicator, "periode")
    perimeter = asked.query.get("perimetre")
    known = {value.perimeter for _, value in values.known}
    kept = perimeter if perimeter in known else None
    rising = asked.query.get("sens") == "croissant"
    found = reading.ranking(values, perimeter=kept, highest_first=not rising)
    if request.GET.get("export"):
        whole = drawn.ranking_table(found, found.rows, asked.marked)
        if (exported := tables.respond(request, whole)) is not None:
            return exported
    page = Paginator(found.rows, PAGE_SIZE).get_page(request.GET.get("page"))
    order = [("decroissant", "Du plus élevé au plus bas"), ("croissant", "Du plus bas au plus élevé")]
    return {
        "selects": [
            ("indicateur", "Indicateur", _indicators(asked), asked.indicator.code),
            ("niveau", "Niveau", _levels(asked.levels), asked.level),
            ("periode", "Période", _periods(values), values.period),
            _area_select(asked),
            ("sens", "Ordre", order, "croissant" if rising else "decroissant"),
        ],
        "verdict": found.verdict,
        "notes": found.verdict.notes,
        "choices": _perimeter_choices(asked, found, kept),
        "chart": drawn.ranking_bars(found, asked.marked),
        "table": drawn.ranking_table(found, list(page.object_list), asked.marked) if found.verdict.comparable else None,
        "page": page,
        "said": _ranking_said(asked, found),
    }


def _perimeter_choices(asked: Asked, found: reading.Ranking, kept: str | None) -> list[Option]:
    """One ranking for each perimeter, where there are several."""
    if len(found.perimeters) < 2:
        return []
    return [
        (f"{typography(text) or 'Périmètre non précisé'} ({number})", asked.address(perimetre=text))
        for text, number in found.perimeters
        if text != kept
    ]


def _ranking_said(asked: Asked, found: reading.Ranking) -> list[str]:
    """Where the chosen territories stand, and what is not ranked."""
    if not found.verdict.comparable:
        return []
    total, indicator = len(found.rows), asked.indicator
    said = []
    for one in asked.chosen:
        row = found.of(one.code)
        if row is None:
            said.append(f"{one.name} : hors de ce classement.")
            continue
        value = drawn.written(indicator, row.value.amount)
        said.append(f"{one.name} : rang {drawn.rank_text(row)} sur {total}, {value}.")
    if found.unknown:
        number = len(found.unknown)
        said.append(f"{number} territoires sans valeur connue ne sont pas classés : inconnu n'est pas zéro.")
    return [typography(text) for text in said]


# --- two indicators -------------------------------------------------------------------------------------------------


def _cloud(request: HttpRequest, asked: Asked) -> HttpResponse | dict[str, Any]:
    other = asked.other or _second(asked)
    across = _values(asked, asked.indicator, "periode")
    own = levels_of(other)
    level = asked.level if asked.level in own else _usual(own)
    upward = _values(asked, other, "periode_avec", level)
    found = reading.cloud(across, upward)
    common = [one for one in asked.levels if one in own]
    chart = None
    if request.GET.get("export") or len(found.points) <= drawn.MAX_DRAWN:
        table = drawn.cloud_table(found, found.points, asked.marked)
        if (exported := tables.respond(request, table)) is not None:
            return exported
        chart = drawn.cloud_chart(found, asked.marked, table)
    page = Paginator(found.points, PAGE_SIZE).get_page(request.GET.get("page"))
    few = chart is None and found.verdict.comparable
    return {
        "selects": [
            ("indicateur", "En abscisse", _indicators(asked), asked.indicator.code),
            ("periode", "Période", _periods(across), across.period),
            ("avec", "En ordonnée", _indicators(asked), other.code),
            ("periode_avec", "Période", _periods(upward), upward.period),
            ("niveau", "Niveau", _levels(asked.levels), asked.level),
            _area_select(asked),
        ],
        "verdict": found.verdict,
        "notes": found.verdict.notes,
        "choices": _other_levels(asked, common, found.verdict),
        "chart": chart,
        "table": drawn.cloud_table(found, list(page.object_list), asked.marked) if few else None,
        "page": page if few else None,
        "said": _cloud_said(found),
    }


def _second(asked: Asked) -> Indicator:
    """The first other indicator, the median income where there is one."""
    others = [one for one in asked.held if one != asked.indicator] or [asked.indicator]
    return next((one for one in others if one.code == "MEDIAN-INCOME"), others[0])


def _other_levels(asked: Asked, common: Sequence[str], verdict: Verdict) -> list[Option]:
    if verdict.comparable or asked.level in common:
        return []
    return [(f"Niveau {Level(one).label}", asked.address(niveau=one)) for one in common]


def _cloud_said(found: reading.Cloud) -> list[str]:
    if not found.verdict.comparable:
        return []
    number = len(found.points)
    said = [f"{number} territoires ont les deux valeurs{f', {found.missing} non' if found.missing else ''}."]
    if found.correlation is not None:
        said.append(
            f"Corrélation linéaire : r = {found.correlation.coefficient:.2f}".replace(".", ",").replace("-", "\u2212")
            + f", sur n = {found.correlation.points} territoires. Elle ne dit ni cause ni sens, et ce qui vaut entre "
            "territoires ne vaut pas forcément entre personnes."
        )
    else:
        said.append("Corrélation non calculée : il faut au moins dix territoires, et des valeurs qui varient.")
    if number > drawn.MAX_DRAWN:
        said.append(f"Plus de {drawn.MAX_DRAWN} points : choisissez un territoire plus petit pour les voir dessinés.")
    return [typography(text) for text in said]


# --- lines in time --------------------------------------------------------------------------------------------------


def _lines(request: HttpRequest, asked: Asked) -> HttpResponse | dict[str, Any]:
    chosen = asked.chosen or tuple(one for one in [territories.instance_region()] if one is not None)
    found = reading.lines(asked.indicator, chosen)
    table = drawn.lines_table(found)
    if (exported := tables.respond(request, table)) is not None:
        return exported
    chart = drawn.lines_chart(found)
    refused = [line for line in found.lines if not line.refused.comparable]
    return {
        "selects": [("indicateur", "Indicateur", _indicators(asked), asked.indicator.code)],
        "chart": chart,
        "table": table if chart is None else None,
        "verdict": refused[0].refused if refused else None,
        "notes": _line_notes(found),
        "choices": [
            (f"Sans {line.territory.name}", asked.address(territoire=_without(asked, line.territory)))
            for line in refused
        ],
        "said": _lines_said(found),
    }


def _without(asked: Asked, territory: Territory) -> list[str]:
    return [one.code for one in asked.chosen if one != territory]


def _line_notes(found: reading.Lines) -> list[str]:
    """What is to be known of the lines; many notes of one kind are left to the table, which has each at its place."""
    moments = [one for line in found.lines for one in line.moments if one.since is not None]
    told = list(dict.fromkeys(note for one in moments if one.since for note in one.since.notes))
    if len(told) > 1:
        told = ["Les contours ont pu changer d'une période à l'autre : le tableau dit lesquelles."]
    return [*told, *dict.fromkeys(note for line in found.lines for note in line.refused.notes)]


def _lines_said(found: reading.Lines) -> list[str]:
    said = [f"{one.territory.name} : aucune valeur chargée." for one in found.lines if not one.moments]
    cut: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for line in found.lines:
        for one in line.breaks:
            cut[one].append(line.territory.name)
    for (before, after, reason), names in cut.items():
        where = f"{period_label(before)} et {period_label(after)} ({', '.join(names)})"
        said.append(f"Rupture entre {where}. {reason}")
    if len(found.periods) == 1:
        said.append("Une seule période chargée : aucune évolution à dessiner.")
    return [typography(text) for text in dict.fromkeys(said)]


_SCREENS: Mapping[str, Any] = {RANKING: _ranking, CLOUD: _cloud, LINES: _lines}

urls: list[URLPattern] = [path("comparer/", compare, name="compare")]
