"""What a text must hold to be written at all, were it a draft: the rows that keep it admit nothing else.

Whether it may be signed is another matter (`engines.contract_rules`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from maillage.engines.contract_text.fields import PARTS

# Without these an object says nothing that can be kept: a line without a year, a target without a value.
_ASKED: dict[str, dict[str, str]] = {
    "contract": {
        "reference": "Donnez la référence du contrat.",
        "title": "Donnez l'intitulé du contrat.",
        "starts_on": "Donnez la date de début.",
        "ends_on": "Donnez la date de fin.",
    },
    "signatory": {"side": "Dites de quelle partie il s'agit."},
    "line": {
        "year": "Donnez l'année de la ligne.",
        "funder": "Choisissez un financeur.",
        "planned": "Donnez le montant prévu ; sans montant, retirez la ligne.",
    },
    "year_target": {"value": "Donnez la cible ; sans valeur, retirez l'année."},
}
MAX_YEARS = 10


def unfit(text: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(path of the field, what is wrong in French), in the order of the text."""
    return list(_unfit(text))


def _unfit(text: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for path, kind, content in _objects(text):
        for name, message in _ASKED.get(kind, {}).items():
            if content.get(name) in (None, ""):
                yield f"{path}/{name}", message
        if _CHECKS.get(kind):
            yield from _CHECKS[kind](path, content)


def _objects(text: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every object of the text, with its path and the name of its part."""
    for part in PARTS:
        yield from ((path, part.name, found) for path, found in _found(text, part.path, ""))


def _found(content: Any, pattern: tuple[str, ...], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not pattern:
        yield path, content
        return
    step, *rest = pattern
    names = list(content) if step == "*" else [step] if step in content else []
    for name in names:
        yield from _found(content[name], tuple(rest), f"{path}/{name}" if path else name)


def _dates(path: str, content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    start, end = content.get("starts_on"), content.get("ends_on")
    if not start or not end:
        return
    if end < start:
        yield f"{path}/ends_on", "La fin précède le début."
    elif path == "contract" and int(end[:4]) - int(start[:4]) >= MAX_YEARS:
        yield f"{path}/ends_on", f"Un contrat couvre {MAX_YEARS} années au plus."


def _costs(path: str, content: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    total, eligible = content.get("total_cost"), content.get("eligible_cost")
    if total is not None and eligible is not None and Decimal(eligible) > Decimal(total):
        yield f"{path}/eligible_cost", "L'assiette éligible dépasse le coût total."


_CHECKS = {"contract": _dates, "sheet": _dates, "year": _costs}
