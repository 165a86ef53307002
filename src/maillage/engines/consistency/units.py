"""Units: which can be compared, and by what factor."""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from maillage.engines.consistency.text import fold, label_key
from maillage.kernel.numbers import NBSP, format_number

MONEY = "EUR"
PERCENT = "%"
POINTS = "points"
TIMES = "times"
PERSONS = "persons"
FOYERS = "foyers"
HOUSEHOLDS = "households"

_ONE = Decimal(1)
_SYNONYMS: dict[str, tuple[str, Decimal]] = {
    **dict.fromkeys(("eur", "euro", "euros", "€", "e"), (MONEY, _ONE)),
    **dict.fromkeys(("k€", "keur", "ke", "milliers d'euros", "millier d'euros"), (MONEY, Decimal(10) ** 3)),
    **dict.fromkeys(("m€", "meur", "me", "millions d'euros", "million d'euros"), (MONEY, Decimal(10) ** 6)),
    **dict.fromkeys(
        ("md€", "mds€", "mrd€", "mdeur", "mde", "milliards d'euros", "milliard d'euros"), (MONEY, Decimal(10) ** 9)
    ),
    **dict.fromkeys(("%", "pct", "pour cent", "pourcent", "pourcents", "percent", "pourcentage"), (PERCENT, _ONE)),
    **dict.fromkeys(("ratio", "proportion", "quotient"), (PERCENT, Decimal(100))),
    "‰": (PERCENT, Decimal("0.1")),
    **dict.fromkeys(("points", "point", "pts", "pt", "pp"), (POINTS, _ONE)),
    **dict.fromkeys(("fois", "times", "x", "facteur"), (TIMES, _ONE)),
    **dict.fromkeys(
        ("persons", "person", "personnes", "personne", "people", "pers", "individus", "habitants", "inhabitants"),
        (PERSONS, _ONE),
    ),
    **dict.fromkeys(("foyers", "foyer"), (FOYERS, _ONE)),
    **dict.fromkeys(("households", "household", "menages", "menage"), (HOUSEHOLDS, _ONE)),
    **dict.fromkeys(("days", "day", "jours", "jour"), ("days", _ONE)),
    **dict.fromkeys(("structures", "structure"), ("structures", _ONE)),
}
_PER = re.compile(r"(?:eur|euros?|€) ?(?:/|par|per) ?(.+)")
_LABELS_FR = {
    MONEY: "€",
    PERCENT: "%",
    POINTS: "points",
    TIMES: "fois",
    PERSONS: "personnes",
    HOUSEHOLDS: "ménages",
    "days": "jours",
    "": "",
}
# Who is counted: one foyer holds several persons, and a ménage is not a foyer. These are never added nor compared.
WHO = frozenset({PERSONS, FOYERS, HOUSEHOLDS})


@dataclass(frozen=True, slots=True)
class Unit:
    """A dimension (two units of one dimension are comparable) and the factor to its base unit."""

    dimension: str
    scale: Decimal
    label_fr: str

    @property
    def is_money(self) -> bool:
        """Euros, or euros for each of something."""
        return self.dimension.startswith(MONEY)

    @property
    def is_relative(self) -> bool:
        """Rates, points and factors: never added across territories, no natural size."""
        return self.dimension in {PERCENT, POINTS, TIMES}

    @property
    def is_count(self) -> bool:
        """Things that are counted one by one: neither money, nor a rate, nor a duration."""
        return not self.is_money and not self.is_relative and self.dimension not in {"days", ""}


@lru_cache(maxsize=10_000)
def parse_unit(text: str) -> Unit:
    """Any text is a unit; known synonyms (k€, M€, ratio, personnes …) meet in one dimension."""
    folded = fold(text)
    known = _SYNONYMS.get(folded) or _SYNONYMS.get(folded.replace(" ", ""))
    if known is not None:
        dimension, scale = known
        return Unit(dimension, scale, _LABELS_FR.get(dimension, text.strip()))
    if folded.startswith("%"):
        return Unit(PERCENT, _ONE, "%")
    per = _PER.fullmatch(folded)
    if per:
        return Unit(f"{MONEY} {label_key(per[1])}", _ONE, text.strip()[:40])
    return Unit(label_key(text) or folded, _ONE, text.strip()[:40])


def show(value: Decimal, unit: Unit, decimals: int | None = None) -> str:
    """A value of the unit's base, in French: « 4 348 420 € », « 72,93 % », « 212 000 foyers »."""
    if decimals is None:
        decimals = 0 if value == value.to_integral_value() else 2
    number = format_number(value, decimals)
    return f"{number}{NBSP}{unit.label_fr}" if unit.label_fr else number
