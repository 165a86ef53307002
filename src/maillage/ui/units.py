"""Values and their units as a French reader expects them."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any

from maillage.kernel.money import Money
from maillage.kernel.numbers import NARROW_NBSP, NBSP, format_number
from maillage.kernel.rate import Rate

UNKNOWN = f"n.{NBSP}c."
UNKNOWN_EXPLAINED = "non communiqué : la valeur n’est pas connue, elle n’est pas nulle"
MAX_NATURAL_DECIMALS = 2

# Codes of units (those of the data) and what a reader sees after the number: singular, plural.
_SUFFIXES = {
    "EUR": ("€", "€"),
    "MEUR": ("M€", "M€"),
    "%": ("%", "%"),
    "percent": ("%", "%"),
    "points": ("point", "points"),
    "persons": ("personne", "personnes"),
    "households": ("ménage", "ménages"),
    "foyers": ("foyer", "foyers"),  # of beneficiaries: neither a household nor a tax one
    "families": ("famille", "familles"),
    "children": ("enfant", "enfants"),
    "young_people": ("jeune", "jeunes"),
    "places": ("place", "places"),
    "visits": ("passage", "passages"),
    "meals": ("repas", "repas"),
    "projects": ("projet", "projets"),
    "actions": ("action", "actions"),
    "communes": ("commune", "communes"),
    "structures": ("structure", "structures"),
    "days": ("jour", "jours"),
    "hours": ("heure", "heures"),
    "jobs": ("emploi", "emplois"),
    "fte": ("ETP", "ETP"),
    "EUR/month": ("€ par mois", "€ par mois"),
    "EUR/year": ("€ par an", "€ par an"),
    "EUR/inhabitant": ("€ par habitant", "€ par habitant"),
    "EUR/person": ("€ par personne", "€ par personne"),
    "count": ("", ""),
    "number": ("", ""),
}


def to_decimal(value: Any) -> Decimal | None:
    """The number held by a value of any of our types; None when there is none."""
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, Money):
        return value.euros
    if isinstance(value, Rate):
        return value.percent
    try:
        number = Decimal(value) if isinstance(value, int | Decimal) else Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def natural(number: Decimal, at_most: int = MAX_NATURAL_DECIMALS) -> str:
    """A number with the decimals it has, `at_most` of them."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and -exponent > at_most:
        number = number.quantize(Decimal(1).scaleb(-at_most), rounding="ROUND_HALF_UP")
    return format_number(number)


def format_value(value: Any, *, unit: str = "", decimals: int | None = None) -> str:
    """« 1 234,5 € »; `n. c.` for None; a text that is not a number comes back as it is.

    `decimals` None shows the decimals the number has: two at most, one for a percentage, cents only where there are.
    """
    if value is None or value == "":
        return UNKNOWN
    number = to_decimal(value)
    if number is None:
        return str(value)
    if decimals is None and unit == "EUR" and number != number.to_integral_value():
        decimals = 2
    if decimals is None and unit in ("%", "percent"):
        decimals = 1
    written = natural(number) if decimals is None else format_number(number, decimals)
    suffix = suffix_of(unit, number)
    return f"{written}{NBSP}{suffix}" if suffix else written


def suffix_of(unit: str, number: Decimal | None = None) -> str:
    """What follows the number; French takes the plural from two on. An unknown unit is a French plural."""
    singular, plural = _SUFFIXES.get(unit) or (_singular(unit), unit)
    return singular if number is not None and abs(number) < 2 else plural


_SAME_IN_BOTH = frozenset({"rendez-vous", "repas", "mois", "temps"})


def _singular(plural: str) -> str:
    """« kiosques » for one of them: only for a single word of letters, the regular plural."""
    regular = plural.isalpha() and plural.islower() and plural.endswith("s") and plural not in _SAME_IN_BOTH
    return plural[:-1] if regular and len(plural) > 3 else plural


_TYPOGRAPHY = (
    (re.compile(r"(?<=\w)'(?=\w)"), "’"),
    (re.compile(r"«[ \u00a0\u202f]*"), f"«{NBSP}"),
    (re.compile(r"[ \u00a0\u202f]*»"), f"{NBSP}»"),
    (re.compile(r" (?=[;!?])"), NARROW_NBSP),
    (re.compile(r" (?=:(?:\s|$))"), NBSP),
    (re.compile(r"(?<=\d) (?=\d{3}(?!\d))"), NARROW_NBSP),
    (re.compile(r"(?<=\d) (?=[%€]|[kM]€)"), NBSP),
)


def typography(text: str) -> str:
    """Ordinary spaces made into those of French typography; no space is added where there was none, except in « »."""
    for pattern, replacement in _TYPOGRAPHY:
        text = pattern.sub(replacement, text)
    return text
