"""What the address of the map asks, made sound: what cannot be shown is replaced, and said."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q

from maillage.engines.classes import Method
from maillage.indicators.enums import Known, Nature
from maillage.indicators.models import Indicator, Observation
from maillage.indicators.selectors import series
from maillage.indicators.selectors.values import period_label
from maillage.kernel.errors import MaillageError, shorten
from maillage.kernel.numbers import NBSP, format_number, parse_number
from maillage.observatory.selectors.explorer_kept import Kept, Mark
from maillage.territories import selectors as territories
from maillage.territories.enums import Level
from maillage.territories.models import Territory

FEWEST, MOST, USUAL = 3, 7, 5  # classes
METHODS = {
    "effectifs": Method.QUANTILE,
    "amplitudes": Method.EQUAL,
    "naturels": Method.NATURAL,
    "bornes": Method.MANUAL,
}
EVERYWHERE = "FRANCE"
LEVELS = (Level.REGION, Level.DEPARTEMENT, Level.EPCI, Level.COMMUNE, Level.IRIS)
AREA_LEVELS = (Level.COUNTRY, Level.REGION, Level.DEPARTEMENT, Level.EPCI, Level.COMMUNE)
PREFERRED = (Level.EPCI, Level.DEPARTEMENT, Level.COMMUNE, Level.IRIS, Level.REGION)
_PARTED = re.compile(r"[;\n|/]+")


class LimitsRefused(MaillageError):
    """Bounds of classes that cannot be used, and what to write instead."""


@dataclass(frozen=True)
class Asked:
    """One map. `period` may be "" : the latest. `limits` are the bounds of the method « bornes », else ().

    `levels` and `indicators` are what may be chosen; `refused` says, in French, what was asked and could not be shown;
    `limits_error` why the bounds typed are not used, `limits_text` what was typed.
    """

    indicator: Indicator
    indicators: Sequence[Indicator]
    level: str
    levels: Sequence[str]
    area: Territory | None
    period: str
    method: Method
    count: int
    limits: tuple[Decimal, ...] = ()
    limits_text: str = ""
    limits_error: str = ""
    refused: tuple[str, ...] = ()
    periods: Sequence[str] = ()

    @property
    def is_counted(self) -> bool:
        """A count is told by circles, a rate or a level by the colour of a surface."""
        return self.indicator.nature in (Nature.STOCK, Nature.FLOW)

    @property
    def area_code(self) -> str:
        return self.area.code if self.area is not None else EVERYWHERE

    @property
    def area_name(self) -> str:
        return self.area.name if self.area is not None else "France"

    @property
    def query(self) -> str:
        """All of it, for an address that goes on showing the same map."""
        method = next(code for code, one in METHODS.items() if one is self.method)
        said = {
            "indicateur": self.indicator.code,
            "niveau": self.level,
            "territoire": self.area_code,
            "periode": self.period,
            "methode": method,
            "classes": str(self.count),
            "bornes": "; ".join(format_number(limit) for limit in self.limits),
        }
        if self.is_counted:
            said = {name: said[name] for name in ("indicateur", "niveau", "territoire", "periode")}
        return urlencode({name: value for name, value in said.items() if value})


@dataclass
class _Reader:
    """Reads the address, and gathers what it cannot follow."""

    params: Mapping[str, str]
    refused: list[str] = field(default_factory=list)

    def text(self, name: str) -> str:
        return self.params.get(name, "").strip()

    def refuse(self, what: str, instead: str) -> None:
        self.refused.append(f"{what} {instead}")


def asked(params: Mapping[str, str], mark: Mark) -> Asked | None:
    """None where no indicator has a value. `mark` is that of the values (see `explorer_kept`)."""
    indicators = held_indicators()
    if not indicators:
        return None
    reader = _Reader(params)
    indicator = _indicator(reader, indicators)
    periods_by_level = _periods(indicator, mark)
    levels = [level.value for level in LEVELS if level.value in periods_by_level] or [Level.EPCI.value]
    level = _level(reader, levels)
    area = _area(reader, level)
    periods = periods_by_level.get(level, ())
    period = _period(reader, periods)
    method = _method(reader)
    limits, error = _limits(reader, method)
    return Asked(
        indicator,
        indicators,
        level,
        levels,
        area,
        period,
        method if not error else Method.QUANTILE,
        len(limits) + 1 if limits else _count(reader),
        limits,
        reader.text("bornes"),
        error,
        tuple(reader.refused),
        periods,
    )


def held_indicators() -> list[Indicator]:
    """Indicators with a value at least, and those that are computed when read, by label."""
    values = Observation.objects.filter(indicator=OuterRef("pk"))
    computed = series.DERIVED - {Known.PROJECTS.value}
    found = Indicator.objects.order_by("label", "code")
    held = list(found.filter(Exists(values) | Q(code__in=computed)))
    # What is computed needs something to be computed from.
    return held if any(one.code not in computed for one in held) else []


def area_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Groups of (code, name): the country, the régions, the départements, and the EPCI of this instance's region."""
    line = territories.current().filter(level__in=(Level.REGION, Level.DEPARTEMENT)).order_by("sort_name", "code")
    rows = list(line.values_list("level", "code", "name", "insee"))
    groups = [("Pays", [(EVERYWHERE, "France")])]
    groups.append(("Régions", [(code, name) for level, code, name, _ in rows if level == Level.REGION]))
    numbered = [(code, f"{name} ({insee})") for level, code, name, insee in rows if level == Level.DEPARTEMENT]
    groups.append(("Départements", numbered))
    region = territories.instance_region()
    held = territories.epci_of(region) if region is not None else []
    groups.append(("EPCI de la région", [(one.epci.code, one.epci.name) for one in held]))
    return [(label, choices) for label, choices in groups if choices]


def parse_limits(text: str) -> tuple[Decimal, ...]:
    """« 5 ; 7,5 ; 12 » as numbers, ascending. Raises LimitsRefused."""
    pieces = [piece for piece in _PARTED.split(text) if piece.strip()]
    if not FEWEST - 1 <= len(pieces) <= MOST - 1:
        raise LimitsRefused(
            f"Écrivez de {FEWEST - 1} à {MOST - 1} bornes séparées par des points-virgules "
            f"(de {FEWEST} à {MOST} classes), par exemple «{NBSP}8{NBSP}; 10,5{NBSP}; 14{NBSP}»."
        )
    try:
        limits = sorted(parse_number(piece) for piece in pieces)
    except MaillageError as error:
        raise LimitsRefused(f"{error.message_fr} Séparez les bornes par des points-virgules.") from error
    if len(set(limits)) != len(limits):
        raise LimitsRefused("Deux bornes sont égales : chaque borne ne s'écrit qu'une fois.")
    return tuple(limits)


# --- one parameter after the other -----------------------------------------------------------------------------------


def _indicator(reader: _Reader, indicators: Sequence[Indicator]) -> Indicator:
    code = reader.text("indicateur")
    by_code = {one.code: one for one in indicators}
    usual = by_code.get(Known.POVERTY_RATE.value, indicators[0])
    if code and code not in by_code:
        reader.refuse(
            f"L'indicateur «{NBSP}{shorten(code, 40)}{NBSP}» n'a pas de valeur chargée{NBSP}:",
            f"voici «{NBSP}{usual.label}{NBSP}».",
        )
    return by_code.get(code, usual)


def _level(reader: _Reader, levels: Sequence[str]) -> str:
    level = reader.text("niveau")
    usual = next((one.value for one in PREFERRED if one.value in levels), levels[0])
    if level and level not in levels:
        label = f"{Level(level).label}" if level in Level.values else shorten(level, 40)
        reader.refuse(
            f"Cet indicateur n'a pas de valeur au niveau «{NBSP}{label}{NBSP}»{NBSP}:",
            f"voici le niveau «{NBSP}{Level(usual).label}{NBSP}».",
        )
    return level if level in levels else usual


def _area(reader: _Reader, level: str) -> Territory | None:
    """The area asked; the widest that suits where it does not exist or holds nothing of the level."""
    code = reader.text("territoire")
    if code == EVERYWHERE:
        return None
    found = territories.by_code(code) if code else territories.instance_region()
    if found is not None and found.level == Level.COUNTRY:
        return None
    if found is not None and _holds(found.level, level):
        return found
    if code:
        reader.refuse(
            f"Le territoire «{NBSP}{found.name}{NBSP}» ne contient pas de carte à ce niveau{NBSP}:"
            if found is not None
            else f"Le territoire «{NBSP}{shorten(code, 40)}{NBSP}» n'est pas chargé{NBSP}:",
            "voici un territoire plus large.",
        )
    region = territories.instance_region()
    return region if region is not None and _holds(region.level, level) else None


def _holds(area_level: str, level: str) -> bool:
    """Whether an area of a level is made of territories of another."""
    if area_level not in AREA_LEVELS:
        return False
    return AREA_LEVELS.index(Level(area_level)) < [*AREA_LEVELS, Level.IRIS].index(Level(level))


def _period(reader: _Reader, periods: Sequence[str]) -> str:
    period = reader.text("periode")
    latest = periods[-1] if periods else ""
    if period and periods and period not in periods:
        reader.refuse(
            f"La période «{NBSP}{shorten(period, 40)}{NBSP}» n'est pas chargée à ce niveau{NBSP}:",
            f"voici {period_label(latest)}.",
        )
    return period if period in periods else latest


def _method(reader: _Reader) -> Method:
    code = reader.text("methode")
    if code and code not in METHODS:
        reader.refuse(f"La méthode «{NBSP}{shorten(code, 40)}{NBSP}» n'existe pas{NBSP}:", "voici des effectifs égaux.")
    return METHODS.get(code, Method.QUANTILE)


def _count(reader: _Reader) -> int:
    text = reader.text("classes")
    if not text:
        return USUAL
    if text in {str(number) for number in range(FEWEST, MOST + 1)}:
        return int(text)
    reader.refuse(f"Une carte a de {FEWEST} à {MOST} classes{NBSP}:", f"en voici {USUAL}.")
    return USUAL


def _limits(reader: _Reader, method: Method) -> tuple[tuple[Decimal, ...], str]:
    """The bounds, or why they are not used."""
    if method is not Method.MANUAL:
        return (), ""
    try:
        return parse_limits(reader.text("bornes")), ""
    except LimitsRefused as refusal:
        return (), refusal.message_fr


_known_periods: Kept[dict[str, tuple[str, ...]]] = Kept(10_000)


def _periods(indicator: Indicator, mark: Mark) -> dict[str, tuple[str, ...]]:
    """Level → its periods, the latest last."""
    return _known_periods.get((indicator.pk, mark), lambda: _read_periods(indicator), lambda found: 1)


def _read_periods(indicator: Indicator) -> dict[str, tuple[str, ...]]:
    if indicator.code in series.DERIVED:
        return {level: series.series(indicator, level).periods for level in series.levels_of(indicator)}
    columns = ("territory__level", "period", "axis_id")
    held = Observation.objects.filter(indicator=indicator).order_by(*columns).values_list(*columns).distinct()
    found: dict[str, tuple[str, ...]] = {}
    for level, period, axis in held:  # asked of SQLite, « no axis » makes it walk every observation without one
        if axis is None:
            found[level] = (*found.get(level, ()), period)
    return found
