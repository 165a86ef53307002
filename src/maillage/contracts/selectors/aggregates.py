"""Totals of readings over actions and over territories: only what is validated, only what may be added.

A total that would mean nothing is refused, with its reason; one that lacks readings says which.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from maillage.contracts.enums import Counted
from maillage.contracts.models import Contract, IndicatorTarget, Reading, YearTarget
from maillage.contracts.selectors.results import counted_of, slots_of
from maillage.engines.aggregation import Across, Aggregate, Part, Refused, Summable, aggregate
from maillage.indicators.enums import Nature
from maillage.indicators.models import Indicator

Result = Aggregate | Refused


@dataclass(frozen=True)
class IndicatorTotal:
    """An indicator over the actions of a contract, or over territories, for one year.

    `parts` are what was added, or awaited. `target` is the sum of the targets, None where it would mean nothing.
    """

    indicator: Indicator
    year: int
    result: Result
    parts: tuple[Part, ...]
    target: Decimal | None = None

    @property
    def refused(self) -> str:
        """Why there is no total, '' when there may be one."""
        return self.result.reason_fr if isinstance(self.result, Refused) else ""

    @property
    def value(self) -> Decimal | None:
        return self.result.value if isinstance(self.result, Aggregate) else None

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the total must know: double counts, what is missing from it."""
        if isinstance(self.result, Refused):
            return ()
        coverage = (self.result.coverage_fr,) if self.result.partial else ()
        return (*self.result.notes, *coverage, *self.result.missing)


def summable(indicator: Indicator) -> Summable:
    return Summable(indicator.label, indicator.nature, indicator.summable_territories, indicator.summable_actions)


def year_part(target: IndicatorTarget, year: int, *, key: str, label: str) -> Part:
    """What an action counted in a year: its yearly reading, else what its two halves make.

    Two halves of a flow add up, but for unique persons, who may be in both; of a stock or a cumulated value the second
    half is the year's end. Anything else is not known. Needs `readings` read with the target.
    """
    by_period = {reading.period: reading for reading in target.readings.all() if reading.year == year}
    whole, first, second = (by_period.get(slot.period.canonical) for slot in slots_of(year))
    part = Part(key, label, counted=counted_of(target.indicator), period=str(year))
    if whole is not None:
        return _of_reading(part, whole)
    if second is not None and (target.indicator.nature == Nature.STOCK or target.indicator.cumulative):
        return _of_reading(part, second)
    if first is None or second is None or target.indicator.nature != Nature.FLOW or part.counted == Counted.PERSONS:
        return part
    if first.value is None or second.value is None:
        return part
    validated = first.status == second.status == "validated"
    return replace(part, value=first.value + second.value, validated=validated)


def _of_reading(part: Part, reading: Reading) -> Part:
    return replace(
        part,
        value=reading.value,
        numerator=reading.numerator,
        denominator=reading.denominator,
        validated=reading.status == "validated",
    )


def targets_with_readings(contracts: Iterable[Contract]) -> list[IndicatorTarget]:
    """The indicators followed by actions that are, or were, in the text of these contracts."""
    found = IndicatorTarget.objects.filter(sheet__contract__in=list(contracts))
    found = found.select_related("indicator", "sheet__contract__territory").prefetch_related("years", "readings")
    return list(found.order_by("indicator__label", "indicator__code", "sheet__position", "sheet__code"))


def contract_totals(contract: Contract, year: int) -> list[IndicatorTotal]:
    """Every indicator of a contract over its actions, for a year. Three queries whatever the contract."""
    return totals_over_actions(targets_with_readings([contract]), year)


def totals_over_actions(targets: Sequence[IndicatorTarget], year: int) -> list[IndicatorTotal]:
    """The indicators of the actions of one contract. One action alone is its own total, whatever the indicator."""
    found = []
    for indicator, group in _by_indicator(targets):
        parts = tuple(
            year_part(target, year, key=target.sheet.code, label=f"{target.sheet.code} {target.sheet.title}")
            for target in group
        )
        result = aggregate(summable(indicator), parts, Across.ACTIONS) if len(parts) > 1 else _alone(indicator, parts)
        aimed = _target(group, year) if isinstance(result, Aggregate) and indicator.nature != Nature.SHARE else None
        found.append(IndicatorTotal(indicator, year, result, parts, aimed))
    return found


def _by_indicator(targets: Sequence[IndicatorTarget]) -> list[tuple[Indicator, list[IndicatorTarget]]]:
    groups: dict[int, list[IndicatorTarget]] = {}
    for target in targets:
        groups.setdefault(target.indicator_id, []).append(target)
    return [(group[0].indicator, group) for group in groups.values()]


def _alone(indicator: Indicator, parts: Sequence[Part]) -> Result:
    """Nothing is added: the rule against sums does not apply to a single action."""
    return aggregate(
        replace(summable(indicator), summable_actions=True, nature=_read_as(indicator)), parts, Across.ACTIONS
    )


def _read_as(indicator: Indicator) -> str:
    """A level of one action is read as it is."""
    return Nature.STOCK if indicator.nature == Nature.LEVEL else indicator.nature


def _target(targets: Sequence[IndicatorTarget], year: int) -> Decimal | None:
    """The sum of the targets of a year; None as soon as one action has none."""
    aimed: list[YearTarget | None] = [
        next((one for one in target.years.all() if one.year == year), None) for target in targets
    ]
    known = [one.value for one in aimed if one is not None]
    return sum(known, Decimal(0)) if len(known) == len(aimed) and known else None


def territory_totals(contracts: Sequence[Contract], year: int) -> list[IndicatorTotal]:
    """Every indicator over the territories of these contracts: each contract first, then the territories.

    Give one contract by territory, none inside another, or the same persons count twice. A contract whose own total
    is refused is a part that is not known.
    """
    by_contract: dict[int, list[IndicatorTarget]] = {}
    for target in targets_with_readings(contracts):
        by_contract.setdefault(target.sheet.contract_id, []).append(target)
    inside: dict[int, list[tuple[Contract, IndicatorTotal]]] = {}
    for contract in contracts:
        for total in totals_over_actions(by_contract.get(contract.pk, []), year):
            inside.setdefault(total.indicator.pk, []).append((contract, total))
    return [_over_territories(year, group) for group in inside.values()]


def _over_territories(year: int, group: Sequence[tuple[Contract, IndicatorTotal]]) -> IndicatorTotal:
    indicator = group[0][1].indicator
    parts = tuple(_territory_part(contract, total) for contract, total in group)
    notes = {note for _, total in group if isinstance(total.result, Aggregate) for note in total.result.notes}
    result = aggregate(summable(indicator), parts, Across.TERRITORIES) if len(parts) > 1 else group[0][1].result
    if isinstance(result, Aggregate):
        result = replace(result, notes=tuple(sorted({*result.notes, *notes})))
    return IndicatorTotal(indicator, year, result, parts)


def _territory_part(contract: Contract, total: IndicatorTotal) -> Part:
    result, year = total.result, str(total.year)
    part = Part(contract.territory.code, contract.territory.name, counted=counted_of(total.indicator), period=year)
    if isinstance(result, Refused) or result.partial:
        return part
    return replace(part, value=result.value, numerator=result.numerator, denominator=result.denominator, validated=True)
