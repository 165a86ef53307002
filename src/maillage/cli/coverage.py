"""`maillage coverage`: who lives beyond a threshold from a network's points, and where one more would change most."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import click
from django.conf import settings

from maillage.cli import output
from maillage.engines.coverage import Reached, Summary, Threshold
from maillage.kernel.errors import MaillageError
from maillage.kernel.numbers import NBSP, format_number
from maillage.observatory.selectors import coverage as reading
from maillage.territories.selectors import by_code

SHOWN = 10
_THRESHOLD = re.compile(r"(?P<number>\d+(?:[.,]\d+)?)\s*(?P<unit>min|km)", re.IGNORECASE)


class Thresholds(click.ParamType):
    """« 30min » by the model of travel, « 10km » as the crow flies."""

    name = "seuil"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Threshold:
        found = _THRESHOLD.fullmatch(str(value).strip())
        number = float(found["number"].replace(",", ".")) if found else 0.0
        if found is None or not number:
            self.fail(f"« {str(value)[:20]} » n'est pas un seuil : écrivez 30min ou 10km.", param, ctx)
        return Threshold(minutes=number) if found["unit"].lower() == "min" else Threshold(km=number)


@click.command("coverage")
@click.option("--need", metavar="RÉSEAU", required=True, help="Réseau de points, par exemple france-services.")
@click.option(
    "--threshold", type=Thresholds(), required=True, help="30min (modèle de trajet) ou 10km (à vol d'oiseau)."
)
@click.option("--territory", metavar="CODE", default="", help="Territoire étudié ; sinon la région de l'instance.")
@click.option(
    "--places", metavar="N", type=click.IntRange(0, 50), default=0, help="Chercher où mettre N points de plus."
)
@click.option("--poor", is_flag=True, help="Chercher ces lieux d'après les personnes pauvres, non tous les habitants.")
@click.option("--mobile", is_flag=True, help="Compter aussi les services itinérants.")
@output.json_option
def coverage(
    need: str, threshold: Threshold, territory: str, places: int, poor: bool, mobile: bool, as_json: bool
) -> int:
    """Dit qui vit au-delà d'un seuil de distance ou de temps des points d'un réseau."""
    code = territory or settings.MAILLAGE_REGION
    area = by_code(code)
    if area is None:
        raise MaillageError(f"Le territoire « {code[:40]} » n'est pas chargé.")
    found = reading.coverage(area, need, threshold, mobile=mobile, places=places, by_poor=poor)
    output.emit(_object(found), as_json=as_json, text=lambda: _text(found))
    return output.DONE


def _object(found: reading.Coverage) -> dict[str, Any]:
    return {
        "territory": found.area.code,
        "network": found.network,
        "threshold": {"minutes": found.threshold.minutes, "km": found.threshold.km},
        "model": {"detour": found.model.detour, "start": found.model.start_minutes, "speeds": dict(found.model.speeds)},
        "points": found.points,
        "source": found.edition.title if found.edition is not None else "",
        "total": _summary(found.summary),
        "departements": [{"code": one.territory.code, **_summary(one.summary)} for one in found.by_departement],
        "epci": [{"code": one.territory.code, **_summary(one.summary)} for one in found.by_epci],
        "communes": [_commune(one) for one in found.reached],
        "places": [
            {"code": one.code, "name": one.label, "persons": one.gained, "poor": _whole(one.gained_poor)}
            for one in found.places
        ],
        "poor_rule": reading.POOR_RULE,
        "missing": list(found.missing),
    }


def _summary(one: Summary) -> dict[str, Any]:
    return {
        "communes": one.demands,
        "communes_beyond": one.demands_beyond,
        "persons": one.persons,
        "persons_beyond": one.beyond,
        "persons_unplaced": one.unplaced,
        "communes_without_population": one.uncounted,
        "share_within": None if one.share_within is None else round(one.share_within, 4),
        "poor": _whole(one.poor),
        "poor_beyond": _whole(one.poor_beyond),
        "communes_without_poor": one.poor_uncounted,
    }


def _commune(one: Reached) -> dict[str, Any]:
    return {
        "code": one.demand.code,
        "persons": one.demand.persons,
        "nearest": one.nearest,
        "km": None if one.km is None else round(one.km, 2),
        "minutes": None if one.minutes is None else round(one.minutes, 1),
        "within": one.within,
    }


def _whole(number: Any) -> int | None:
    return None if number is None else round(number)


def _text(found: reading.Coverage) -> str:
    total = found.summary
    limit = found.threshold
    near = f"{limit.km:g} km à vol d'oiseau" if limit.km is not None else f"{limit.minutes:g} min de trajet estimé"
    source = f" ({found.edition.title})" if found.edition is not None else ""
    lines = [
        f"{found.area.name}{NBSP}: {found.network}, {format_number(found.points)} points dans tout le pays{source}.",
        f"À moins de {near}{NBSP}: {_share(total)} des habitants placés.",
        f"Au-delà{NBSP}: {format_number(total.beyond)} habitants{_poor(total)}.",
        f"Communes au-delà{NBSP}: {format_number(total.demands_beyond)} sur {format_number(total.demands)}.",
    ]
    lines += [f"  {one.territory.name}{NBSP}: {_share(one.summary)}" for one in found.by_departement]
    without = [one.territory.name for one in found.by_epci if one.summary.demands_beyond == one.summary.demands]
    if without:
        lines.append(f"EPCI dont aucune commune n'est sous le seuil{NBSP}: {', '.join(without)}.")
    widest = found.widest
    if widest:
        lines.append("Les communes les plus peuplées au-delà du seuil :")
        lines += [f"  {_told(one)}" for one in widest[:SHOWN]]
    for rank, place in enumerate(found.places, start=1):
        gained = f"{format_number(place.gained)} habitants de plus sous le seuil"
        lines.append(f"Lieu {rank}{NBSP}: {place.label}, {gained}.")
    if found.places:
        lines.append("Choix fait un lieu après l'autre : au moins 63 % de ce qu'apporterait le meilleur choix.")
    if total.poor is not None:
        lines.append(reading.POOR_RULE)
    if limit.minutes is not None:
        lines.append("Temps d'un modèle (ligne droite × détour ÷ vitesse selon la densité) : un ordre de grandeur.")
    return "\n".join([*lines, *found.missing])


def _written(number: float, decimals: int) -> str:
    return format_number(Decimal(str(number)), decimals)


def _share(one: Summary) -> str:
    share = one.share_within
    return "inconnu" if share is None else f"{_written(100 * share, 1)}{NBSP}%"


def _poor(one: Summary) -> str:
    if one.poor_beyond is None:
        return ""
    return f", dont environ {format_number(round(one.poor_beyond))} personnes pauvres"


def _told(one: Reached) -> str:
    persons = "population inconnue" if one.demand.persons is None else f"{format_number(one.demand.persons)} habitants"
    if one.km is None:
        return f"{one.demand.label}{NBSP}: {persons}, aucun point par la route"
    return f"{one.demand.label}{NBSP}: {persons}, {_written(one.km, 1)} km à vol d'oiseau"
