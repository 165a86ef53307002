"""From the commune that a person types, by its name or its code, to the INSEE code that the law asks for."""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches

from maillage.engines.simulator import ValueRefused
from maillage.gateways.openfisca_france import zones
from maillage.kernel.numbers import NBSP
from maillage.territories import selectors as territories
from maillage.territories.enums import Level
from maillage.territories.importers.common import sort_name
from maillage.territories.models import Territory

SUGGESTED = 6
_CODE = re.compile(r"[0-9][0-9AB][0-9]{3}", re.ASCII | re.IGNORECASE)
_LABELLED = re.compile(r".*\((?P<code>[0-9][0-9AB][0-9]{3})\)", re.ASCII | re.IGNORECASE)


def find_commune(typed: str, *, on: date) -> str:
    """The INSEE code of « Dijon », « 21231 » or « Dijon (21231) » on a day. Raises ValueRefused, with suggestions."""
    text = typed.strip()
    labelled = _LABELLED.fullmatch(text)
    code = labelled["code"].upper() if labelled else text.upper()
    if not _CODE.fullmatch(code):
        code = _by_name(text)
    try:
        zones.zone_of(code, earlier=lambda one: codes_before(one, on))
    except zones.CommuneRefused as refused:
        unknown = not code.startswith(zones.OVERSEAS) and not codes_before(code, on)
        advice = " Un code postal ne convient pas : le nom suffit." if unknown else ""
        raise ValueRefused(f"{refused.message_fr}{advice}") from refused
    return code


def commune_label(code: str) -> str:
    """« Dijon (21231) », or the code alone where the commune is not loaded."""
    found = territories.by_code(f"COM-{code}")
    return _label(found) if found else code


def zoned_commune(code: str, on: date) -> str:
    """The code by which the table of zones knows a commune of a day: its own, or that of a commune it was made of."""
    zone = zones.zone_of(code, earlier=lambda one: codes_before(one, on))
    return zone.through[0] if zone.through else code


def suggestions(typed: str) -> list[str]:
    """Communes whose name starts as what is typed, written as the field expects them."""
    if len(typed.strip()) < 2:
        return []
    return [_label(one) for one in territories.search(typed, [Level.COMMUNE])[:SUGGESTED]]


def _label(commune: Territory) -> str:
    return f"{commune.name} ({commune.insee})"


def _by_name(text: str) -> str:
    named = territories.current().filter(level=Level.COMMUNE, sort_name=sort_name(text))
    found = list(named[: SUGGESTED + 1])
    if len(found) == 1:
        return found[0].insee
    if found:
        raise ValueRefused(f"Plusieurs communes portent ce nom : choisissez {_either(found)}.")
    near = list(territories.search(text, [Level.COMMUNE])[:SUGGESTED]) or _resembling(text)
    if near:
        raise ValueRefused(f"Aucune commune ne porte ce nom. Vouliez-vous dire {_either(near)} ?")
    raise ValueRefused("Aucune commune connue ne porte ce nom. Écrivez son code INSEE : cinq caractères.")


def _either(communes: list[Territory]) -> str:
    names = [f"«{NBSP}{_label(one)}{NBSP}»" for one in communes[:SUGGESTED]]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} ou {names[-1]}"


def _resembling(text: str) -> list[Territory]:
    """Names that look like a misspelt one, among those that start with the same letter."""
    folded = sort_name(text)
    if not folded:
        return []
    beginning = territories.current().filter(level=Level.COMMUNE, sort_name__startswith=folded[0])
    by_name = {one.sort_name: one for one in beginning}
    return [by_name[name] for name in get_close_matches(folded, list(by_name), n=3, cutoff=0.75)]


def codes_before(code: str, on: date) -> tuple[str, ...]:
    """The codes that a commune of a day had when the zones were drawn; none where the movements are not loaded."""
    if not territories.has_movements():
        return ()
    return territories.passage(code, on, zones.TABLE_ON).codes
