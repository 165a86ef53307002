"""What is counted under a contract: periods of readings, what a reading says, and what its rules find."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet

from maillage.contracts.enums import Counted, Dimension
from maillage.contracts.models import ActionSheet, Contract, IndicatorTarget, Reading, ReadingPart
from maillage.contracts.values import exact
from maillage.engines.contract_rules import Breakdown, Finding, ReadingFacts, check_reading
from maillage.engines.lifecycle.contracts import READING, SIGNED
from maillage.indicators.models import Indicator
from maillage.kernel.period import Period
from maillage.territories.enums import Level
from maillage.territories.models import Territory

# While a signed contract is not closed, what was done under it may be entered; ended early, it still reports.
REPORTING = SIGNED - {"closed"}

# A reading may be rewritten in the states from which it is sent.
WRITABLE_READING = frozenset(row.source for row in READING.transitions if row.name == "submit")

_PERSONS = frozenset({"persons", "children", "young_people"})
_VISITS = frozenset({"visits"})

SEX = {"women": "Femmes", "men": "Hommes", "unknown": "Non connu"}
AGE = {
    "0-17": "Moins de 18 ans",
    "18-24": "18 à 24 ans",
    "25-59": "25 à 59 ans",
    "60+": "60 ans et plus",
    "unknown": "Non connu",
}
ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Slot:
    """A period for which a reading is entered: a year, or one of its halves. `code` is that of addresses."""

    code: str
    period: Period

    @property
    def year(self) -> int:
        return self.period.start.year

    @property
    def is_year(self) -> bool:
        return "-" not in self.code

    @property
    def label_fr(self) -> str:
        if self.is_year:
            return str(self.year)
        return f"{'1er' if self.code.endswith('s1') else '2d'} semestre {self.year}"


def slots_of(year: int) -> tuple[Slot, Slot, Slot]:
    """The year, then its two halves."""
    return (
        Slot(str(year), Period.of_year(year)),
        Slot(f"{year}-s1", Period.parse(f"{year}-01/{year}-06")),
        Slot(f"{year}-s2", Period.parse(f"{year}-07/{year}-12")),
    )


def slot_of(code: str, years: Iterable[int]) -> Slot | None:
    """The slot that a code names, within these years; None for anything else."""
    return next((slot for year in years for slot in slots_of(year) if slot.code == code), None)


def slot_of_period(period: str) -> Slot | None:
    """The slot of a stored period; None where it is another span."""
    year = int(period[:4])
    return next((slot for slot in slots_of(year) if slot.period.canonical == period), None)


def counted_of(indicator: Indicator) -> Counted:
    """What a reading of this indicator counts, from its unit: it is never chosen, so that it cannot be mixed."""
    if indicator.unit in _PERSONS:
        return Counted.PERSONS
    return Counted.VISITS if indicator.unit in _VISITS else Counted.OTHER


def years_of_sheet(contract: Contract, sheet: ActionSheet) -> tuple[int, ...]:
    """The years of the contract in which the action runs."""
    first = sheet.starts_on.year if sheet.starts_on else contract.starts_on.year
    last = sheet.ends_on.year if sheet.ends_on else contract.ends_on.year
    return tuple(year for year in contract.years if first <= year <= last)


def elapsed(years: Iterable[int], on: date) -> tuple[int, ...]:
    """The years that are over."""
    return tuple(year for year in years if year < on.year)


def categories(contract: Contract) -> dict[str, dict[str, str]]:
    """Dimension → code → label of the categories that a reading of this contract may be broken down by."""
    return {Dimension.SEX: SEX, Dimension.AGE: AGE, Dimension.TERRITORY: _territories(contract.territory)}


def _territories(territory: Territory) -> dict[str, str]:
    """The territories inside: EPCI of a département, communes of an EPCI, départements of a region."""
    if territory.level == Level.EPCI:
        inside = Territory.objects.filter(epci_links__epci=territory, level=Level.COMMUNE)
    else:
        inside = Territory.objects.filter(parent=territory).exclude(level=Level.COMMUNE)
    found = dict(inside.order_by("sort_name", "code").values_list("code", "name").distinct())
    return {**found, ELSEWHERE: "Ailleurs ou non connu"} if found else {}


def targets_of(sheet: ActionSheet) -> QuerySet[IndicatorTarget]:
    """The indicators of an action, with their targets by year and their readings."""
    readings = Prefetch("readings", Reading.objects.prefetch_related("parts"))
    return sheet.targets.select_related("indicator").prefetch_related("years", readings)


def reading_of(target: IndicatorTarget, slot: Slot) -> Reading | None:
    return (
        Reading.objects.filter(target=target, period=slot.period.canonical)
        .select_related("entered_by", "validated_by")
        .prefetch_related("parts", "evidence__file")
        .first()
    )


def reading_fields(reading: Reading) -> dict[str, Any]:
    """What a reading says, as plain texts: what a form shows, and what a token is made of."""
    return {
        "value": _text(reading.value),
        "unknown_reason": reading.unknown_reason,
        "numerator": _text(reading.numerator),
        "denominator": _text(reading.denominator),
        "incomplete": sorted(reading.incomplete),
        "method": reading.method,
        "comment": reading.comment,
        "parts": {f"{part.dimension}/{part.category}": _text(part.value) for part in reading.parts.all()},
        "status": reading.status,
    }


def _text(number: Decimal | None) -> str:
    return "" if number is None else exact(number)


def history_of(target: IndicatorTarget, period: Period) -> dict[date, Decimal]:
    """The validated values of the other periods of a target, by the last day of each."""
    others = Reading.objects.filter(target=target, status="validated", value__isnull=False)
    rows = others.exclude(period=period.canonical).values_list("period", "value")
    return {Period.parse(canonical).end: value for canonical, value in rows if value is not None}


def reading_findings(
    target: IndicatorTarget, period: Period, fields: Mapping[str, Any], labels: Mapping[str, Mapping[str, str]]
) -> list[Finding]:
    """I1, I2 and I3 on what a reading says (see `reading_fields`). `labels`: those of `categories`."""
    indicator = target.indicator
    return check_reading(
        ReadingFacts(
            indicator_code=indicator.code,
            label=indicator.label,
            nature=indicator.nature,
            value=_number(fields["value"]),
            ends_on=period.end,
            numerator=_number(fields["numerator"]),
            denominator=_number(fields["denominator"]),
            cumulative=indicator.cumulative,
            breakdowns=_breakdowns(fields, labels),
            history=history_of(target, period) if indicator.cumulative else {},
        )
    )


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None


def _breakdowns(fields: Mapping[str, Any], labels: Mapping[str, Mapping[str, str]]) -> tuple[Breakdown, ...]:
    found: dict[str, dict[str, Decimal | None]] = {}
    for key, value in fields["parts"].items():
        dimension, _, category = key.partition("/")
        found.setdefault(dimension, {})[labels.get(dimension, {}).get(category, category)] = _number(value)
    return tuple(
        Breakdown(dimension, str(Dimension(dimension).label), parts, dimension in fields["incomplete"])
        for dimension, parts in found.items()
    )


def parts_by_dimension(
    parts: Iterable[ReadingPart], labels: Mapping[str, Mapping[str, str]]
) -> list[tuple[str, str, list[tuple[str, Decimal | None]]]]:
    """(code, label, [(label of category, value)]) of each breakdown of a reading, in the order of their entry."""
    found: dict[str, list[tuple[str, Decimal | None]]] = {}
    for part in parts:
        label = labels.get(part.dimension, {}).get(part.category, part.category)
        found.setdefault(part.dimension, []).append((label, part.value))
    return [(code, str(Dimension(code).label), rows) for code, rows in found.items()]


def is_open_to_results(contract: Contract) -> bool:
    """Whether readings, reports and evidence may still be entered."""
    return contract.status in REPORTING
