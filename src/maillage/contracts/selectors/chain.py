"""The chain of an action, from its rows to `engines.chain`: need, action, money, people, evidence, report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Prefetch, QuerySet

from maillage.contracts.models import ActionSheet, Contract, Evidence, IndicatorTarget
from maillage.contracts.selectors.execution import VALIDATED_REPORT, evidence_year, expected_years
from maillage.contracts.selectors.results import elapsed, slots_of, years_of_sheet
from maillage.engines.chain import Chain, ChainFacts, Followed, Spent, chain
from maillage.engines.lifecycle.contracts import SIGNED
from maillage.indicators.models import Observation
from maillage.indicators.selectors.values import Value, value_of


def sheets_for_chain(contract: Contract) -> QuerySet[ActionSheet]:
    """The actions of a contract with all that their chain is made of."""
    return with_parts(contract.sheets.all())


def with_parts(sheets: QuerySet[ActionSheet]) -> QuerySet[ActionSheet]:
    """Action sheets, of one contract or of many, with all that their chain is made of."""
    return sheets.select_related("axis", "measure", "base_measure", "need_indicator").prefetch_related(
        "lines__funder",
        "targets__indicator",
        "targets__years",
        "targets__readings",
        Prefetch("evidence", Evidence.objects.select_related("reading", "report", "file")),
        "reports",
    )


def need_values(contract: Contract, sheets: Iterable[ActionSheet]) -> dict[int, Value | None]:
    """Indicator → its last value on the contract's territory, with its source; one query for all the actions."""
    wanted = {sheet.need_indicator_id for sheet in sheets if sheet.need_indicator_id is not None}
    if not wanted:
        return {}
    rows = Observation.objects.with_sources().filter(
        territory=contract.territory, indicator__in=wanted, axis__isnull=True
    )
    by_indicator: dict[int, dict[str, list[Observation]]] = {}
    for row in rows.order_by("indicator", "period"):
        by_indicator.setdefault(row.indicator_id, {}).setdefault(row.period, []).append(row)
    return {key: value_of(periods[max(periods)]) for key, periods in by_indicator.items()}


def chain_of(contract: Contract, sheet: ActionSheet, need: Value | None, on: date) -> Chain:
    """The chain of one action. Needs a sheet of `sheets_for_chain`."""
    return chain(facts_of_sheet(contract, sheet, need, on))


def facts_of_sheet(contract: Contract, sheet: ActionSheet, need: Value | None, on: date) -> ChainFacts:
    signed = contract.status in SIGNED
    years = years_of_sheet(contract, sheet)
    evidence = kept_evidence(sheet)
    return ChainFacts(
        years=years,
        elapsed=elapsed(expected_years(contract, sheet, on), on) if signed else (),
        signed=signed,
        need=bool(sheet.need.strip()),
        need_indicator=sheet.need_indicator.label if sheet.need_indicator else "",
        need_figure_known=need is not None and need.known,
        axis=sheet.axis_id is not None,
        measure=sheet.measure_id is not None or sheet.base_measure_id is not None,
        pilot=bool(sheet.pilot.strip()),
        spent=_spent(sheet),
        followed=tuple(_followed(target) for target in sheet.targets.all()),
        evidence_years=frozenset(evidence_year(one) for one in evidence),
        evidence_count=len(evidence),
        reports={report.year: report.status in VALIDATED_REPORT for report in sheet.reports.all()},
    )


def kept_evidence(sheet: ActionSheet) -> list[Evidence]:
    """The evidence that counts: what was not withdrawn."""
    return [one for one in sheet.evidence.all() if one.withdrawn_at is None]


def _spent(sheet: ActionSheet) -> dict[int, Spent]:
    """By year, what is in cash: a contribution in kind is neither committed nor paid."""
    by_year: dict[int, list[tuple[Decimal, Decimal | None, Decimal, Decimal, Decimal]]] = {}
    for line in sheet.lines.all():
        rows = by_year.setdefault(line.year, [])
        if not line.in_kind:
            rows.append((line.planned, line.awarded, line.committed, line.paid, line.justified))
    return {year: _summed(rows) for year, rows in by_year.items()}


def _summed(rows: Sequence[tuple[Decimal, Decimal | None, Decimal, Decimal, Decimal]]) -> Spent:
    zero = Decimal(0)
    awarded = [row[1] for row in rows if row[1] is not None]
    return Spent(
        planned=sum((row[0] for row in rows), zero),
        awarded=sum(awarded, zero) if len(awarded) == len(rows) else None,
        committed=sum((row[2] for row in rows), zero),
        paid=sum((row[3] for row in rows), zero),
        justified=sum((row[4] for row in rows), zero),
    )


def _followed(target: IndicatorTarget) -> Followed:
    states: dict[int, set[str]] = {}
    for reading in target.readings.all():
        whole, _, end = slots_of(reading.year)
        if reading.period in (whole.period.canonical, end.period.canonical):  # a first half does not tell a year
            states.setdefault(reading.year, set()).add(reading.status)
    return Followed(
        label=target.indicator.label,
        baseline_known=target.baseline is not None,
        target_years=frozenset(one.year for one in target.years.all()),
        validated_years=frozenset(year for year, found in states.items() if "validated" in found),
        waiting_years=frozenset(states),
    )


@dataclass(frozen=True)
class SheetChain:
    """One action and its chain, for the list of a contract."""

    sheet: ActionSheet
    chain: Chain
    need: Value | None


def chains_of(contract: Contract, on: date) -> list[SheetChain]:
    """The chain of every action of a contract, in a fixed number of queries."""
    sheets = list(sheets_for_chain(contract))
    values: Mapping[int, Value | None] = need_values(contract, sheets)
    made = []
    for sheet in sheets:
        need = values.get(sheet.need_indicator_id) if sheet.need_indicator_id is not None else None
        made.append(SheetChain(sheet, chain_of(contract, sheet, need, on), need))
    return made
