"""How a portrait says in words what two values are to each other, and why it does not when they do not compare."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.utils.formats import date_format

from maillage.indicators.enums import Nature, Status
from maillage.indicators.models import Indicator
from maillage.indicators.selectors.values import Value, period_label
from maillage.kernel.numbers import NBSP, format_number
from maillage.ui import units

_COUNTS = frozenset({Nature.STOCK, Nature.FLOW})


def written(indicator: Indicator, value: Value | None) -> str:
    """« 12,3 % », or why there is no number: « secret », « n. d. »."""
    if value is None:
        return "non chargé"
    if value.amount is None:
        return _unknown(indicator, value)
    text = _number(indicator, value.amount)
    if value.status != Status.FLOOR:
        return text
    bound = "au plus " if value.high == value.amount else "au moins " if value.low == value.amount else ""
    return f"{bound}{text}{NBSP}(plancher)"


def _unknown(indicator: Indicator, value: Value) -> str:
    """The part of it that is known, where there is one."""
    if value.low is not None:
        return f"au moins {_number(indicator, value.low)}"
    return "secret statistique" if value.status == Status.SUPPRESSED else f"n.{NBSP}d."


def _number(indicator: Indicator, amount: Decimal) -> str:
    return units.format_value(amount, unit=_short(indicator.unit), decimals=indicator.decimals)


def _short(unit: str) -> str:
    """Units that a number does not go without; the others are in the name of what is counted."""
    return unit if unit in ("%", "EUR") else ""


def interval(value: Value | None) -> str:
    """« entre 1 et 2 » for a value given with its bounds."""
    if value is None or value.low is None or value.high is None or value.status == Status.FLOOR:
        return ""
    decimals = 0 if value.high >= 100 else None
    low, high = (units.format_value(bound, decimals=decimals) for bound in (value.low, value.high))
    return f"entre {low} et {high}"


def not_comparable(value: Value, other: Value) -> str:
    """Why two known values are not to be subtracted; '' when nothing forbids it."""
    if value.period != other.period:
        return f"années différentes ({period_label(value.period)} et {period_label(other.period)})"
    if value.perimeter and other.perimeter and value.perimeter != other.perimeter:
        return f"périmètres différents (« {value.perimeter} » et « {other.perimeter} »)"
    if Status.FLOOR in (value.status, other.status):
        return "valeur plancher"
    return ""


def difference(indicator: Indicator, value: Value, other: Value | None, *, holder: bool) -> str:
    """« 2,3 points de plus », « 4,2 % de l'ensemble ». `holder`: the other territory contains this one."""
    if other is None or value.amount is None or other.amount is None:
        return ""
    is_count = indicator.nature in _COUNTS
    if is_count and not holder:
        return ""
    why = not_comparable(value, other)
    if why:
        return f"non comparé{NBSP}: {why}"
    return _share(value.amount, other.amount) if is_count else gap(indicator, value.amount, other.amount)


def _share(part: Decimal, whole: Decimal) -> str:
    if not whole:
        return ""
    percent = 100 * part / whole
    return f"{units.format_value(percent, unit='%', decimals=1 if percent >= 1 else 2)} du total"


def gap(indicator: Indicator, amount: Decimal, other: Decimal) -> str:
    """How much more or less, at the precision of the publication."""
    step = Decimal(1).scaleb(-indicator.decimals)
    ours, theirs = (number.quantize(step, rounding=ROUND_HALF_UP) for number in (amount, other))
    far = ours - theirs
    if not far:
        return "égal, à l’arrondi près"
    sign = "de plus" if far > 0 else "de moins"
    size = format_number(abs(far), indicator.decimals)
    if indicator.unit == "%":
        return f"{size}{NBSP}{'points' if abs(far) >= 2 else 'point'} {sign}"
    if indicator.unit == "EUR":
        percent = f" ({units.format_value(100 * abs(far) / theirs, unit='%', decimals=1)})" if theirs else ""
        return f"{size}{NBSP}€ {sign}{percent}"
    return f"{size} {sign}"


def ordinal(rank: int) -> str:
    return "1er" if rank == 1 else f"{rank}e"


def day(value: date) -> str:
    """« 1er janvier 2025 », « 2 janvier 2025 »."""
    written_day = date_format(value, "j F Y")
    return f"1er {written_day[2:]}" if value.day == 1 else written_day
