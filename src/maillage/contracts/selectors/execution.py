"""Execution of a contract: what each action owes each year, its reports, and the figures that fill them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from maillage.contracts import parameters
from maillage.contracts.models import ActionSheet, Contract, ExecutionReport, FundingLine, IndicatorTarget, Reading
from maillage.contracts.selectors.results import elapsed, slot_of_period, years_of_sheet
from maillage.contracts.values import exact
from maillage.engines.contract_rules import Amounts, ContractFacts, LineFacts, SheetFacts, totals
from maillage.engines.lifecycle.contracts import EXECUTION_REPORT, READING
from maillage.engines.parameters import Name
from maillage.kernel.money import Money
from maillage.kernel.numbers import format_number
from maillage.kernel.rate import Rate

FORMAT = 1
AMOUNTS = {
    "planned": "prévu",
    "awarded": "attribué",
    "committed": "engagé (AE)",
    "paid": "payé (CP)",
    "justified": "justifié",
}
WRITABLE_REPORT = frozenset(row.source for row in EXECUTION_REPORT.transitions if row.name == "submit")
VALIDATED_REPORT = frozenset({"validated", "consolidated", "published"})
# An action in these states reports only on the years in which money was committed.
LEFT = frozenset({"abandoned", "redeployed"})
NOT_YET = frozenset({"proposed", "retained"})


def due_on(contract: Contract, year: int) -> date | None:
    """The day when the report of a year is due; None when no parameter says it."""
    found = parameters.parameter_of(Name.REPORT_DUE_DAY, contract.kind, year)
    return found.due_on(year) if found is not None else None


def expected_years(contract: Contract, sheet: ActionSheet, on: date) -> tuple[int, ...]:
    """The years, begun or over, for which an action owes a report. Needs `lines` read with the sheet."""
    if sheet.status in NOT_YET:
        return ()
    begun = tuple(year for year in years_of_sheet(contract, sheet) if year <= on.year)
    if sheet.status not in LEFT:
        return begun
    spent = {line.year for line in sheet.lines.all() if line.committed}
    return tuple(year for year in begun if year in spent)


@dataclass(frozen=True, slots=True)
class YearReport:
    """The report of an action on a year; `report` None while nobody has written anything of it."""

    sheet: ActionSheet
    year: int
    report: ExecutionReport | None
    due_on: date | None
    year_is_over: bool
    execution: Rate | None
    is_late: bool

    @property
    def status(self) -> str:
        return self.report.status if self.report is not None else EXECUTION_REPORT.initial

    @property
    def label(self) -> str:
        return EXECUTION_REPORT.labels[self.status]

    @property
    def is_missing(self) -> bool:
        """The year is over and nothing was sent."""
        return self.year_is_over and self.status in WRITABLE_REPORT


def line_facts(line: FundingLine) -> LineFacts:
    """A line as the engines read it. Needs `funder`."""
    return LineFacts(
        key=line.key,
        year=line.year,
        funder=line.funder.code,
        family=line.funder.family,
        in_kind=line.in_kind,
        planned=line.planned,
        awarded=line.awarded,
        committed=line.committed,
        paid=line.paid,
        justified=line.justified,
    )


def money_facts(contract: Contract, sheets: Iterable[ActionSheet]) -> ContractFacts:
    """The money of these actions and nothing else: what totals need."""
    return ContractFacts(
        kind=contract.kind,
        years=tuple(contract.years),
        sheets=tuple(
            SheetFacts(
                sheet.code,
                sheet.title,
                axis_code=sheet.axis.code if sheet.axis else "",
                lines=tuple(line_facts(line) for line in sheet.lines.all()),
            )
            for sheet in sheets
        ),
    )


def sheets_with_money(contract: Contract) -> list[ActionSheet]:
    """The actions of a contract, those that an amendment took out included, with their lines and reports."""
    sheets = contract.sheets.select_related("axis").prefetch_related("lines__funder", "reports")
    return list(sheets)


@dataclass(frozen=True, slots=True)
class SheetExecution:
    """One action: its money over all years, and what each year's report has become."""

    sheet: ActionSheet
    amounts: Amounts
    reports: tuple[YearReport, ...]

    @property
    def late(self) -> list[YearReport]:
        return [one for one in self.reports if one.is_late]

    @property
    def missing(self) -> list[YearReport]:
        return [one for one in self.reports if one.is_missing and not one.is_late]

    def report_of(self, year: int) -> YearReport | None:
        return next((one for one in self.reports if one.year == year), None)


def execution_of(contract: Contract, on: date) -> list[SheetExecution]:
    """Every action of a contract, in its order."""
    sheets = sheets_with_money(contract)
    facts = money_facts(contract, sheets)
    found = []
    for sheet in sheets:
        summed = totals(facts, only=lambda one, code=sheet.code: one.code == code)  # type: ignore[misc]  # a default argument binds the loop's value
        rates = {year: amounts.total.execution_rate for year, amounts in summed.years.items()}
        found.append(SheetExecution(sheet, summed.overall.total, year_reports(contract, sheet, on, rates)))
    return found


def year_reports(
    contract: Contract, sheet: ActionSheet, on: date, rates: Mapping[int, Rate | None]
) -> tuple[YearReport, ...]:
    """The reports that an action owes or has given, by year. Needs `lines` and `reports` read with the sheet."""
    stored = {report.year: report for report in sheet.reports.all()}
    over = elapsed(contract.years, on)
    found = []
    for year in sorted({*expected_years(contract, sheet, on), *stored}):
        report = stored.get(year)
        due = report.due_on if report is not None else due_on(contract, year)
        waiting = report is None or report.status in WRITABLE_REPORT
        late = waiting and due is not None and due < on
        found.append(YearReport(sheet, year, report, due, year in over, rates.get(year), late))
    return tuple(found)


def unvalidated_reports(contract: Contract) -> int:
    """How many reports are not validated, once every year of the contract is over: those nobody began count too."""
    left = 0
    for sheet in sheets_with_money(contract):
        stored = {report.year: report.status for report in sheet.reports.all()}
        owed = {*expected_years(contract, sheet, contract.ends_on), *stored}
        left += sum(1 for year in owed if stored.get(year) not in VALIDATED_REPORT)
    return left


# --- the figures of a report ------------------------------------------------------------------------------------------


def report_figures(sheet: ActionSheet, year: int) -> dict[str, Any]:
    """What fills the report of an action on a year, from its lines, readings and evidence: plain texts, to be kept.

    Amounts and values are exact decimals as text, None where unknown. A reading that is not validated has no value.
    """
    lines = list(sheet.lines.select_related("funder").filter(year=year))
    summed = Amounts.of(line_facts(line) for line in lines)
    return {
        "format": FORMAT,
        "year": year,
        "lines": {line.key: _line(line) for line in lines},
        "total": {name: _text(getattr(summed, name).known) for name in AMOUNTS},
        "execution_rate": _rate(summed.execution_rate),
        "readings": [row for target in _targets(sheet) for row in _readings(target, year)],
        "evidence": _evidence(sheet, year),
    }


def _text(number: Decimal | None) -> str | None:
    return None if number is None else exact(number)


def _rate(rate: Rate | None) -> str | None:
    return None if rate is None else exact(rate.percent.quantize(Decimal("0.01")))


def _line(line: FundingLine) -> dict[str, Any]:
    amounts = {name: _text(getattr(line, name)) for name in AMOUNTS}
    return {"funder": line.funder.name, "family": line.funder.family, "in_kind": line.in_kind, **amounts}


def _targets(sheet: ActionSheet) -> Iterable[IndicatorTarget]:
    return sheet.targets.select_related("indicator").prefetch_related("years", "readings")


def _readings(target: IndicatorTarget, year: int) -> list[dict[str, Any]]:
    """The readings of a year; one row that says nothing was entered where there is none."""
    aimed = next((one.value for one in target.years.all() if one.year == year), None)
    about = {
        "indicator": target.indicator.code,
        "label": target.indicator.label,
        "unit": target.indicator.unit,
        "baseline": _text(target.baseline),
        "target": _text(aimed),
    }
    rows = [one for one in target.readings.all() if one.year == year]
    return [{**about, **_reading(one)} for one in rows] or [{**about, **_NO_READING, "period": str(year)}]


_NO_READING: dict[str, Any] = {
    "status": "",
    "status_label": "Non saisi",
    "counted": "",
    "value": None,
    "numerator": None,
    "denominator": None,
    "unknown_reason": "",
}


def _reading(reading: Reading) -> dict[str, Any]:
    validated = reading.status == "validated"
    return {
        "period": reading.period,
        "status": reading.status,
        "status_label": READING.labels[reading.status],
        "counted": reading.counted,
        "value": _text(reading.value) if validated else None,
        "numerator": _text(reading.numerator) if validated else None,
        "denominator": _text(reading.denominator) if validated else None,
        "unknown_reason": reading.unknown_reason if validated else "",
    }


def _evidence(sheet: ActionSheet, year: int) -> list[dict[str, str]]:
    kept = sheet.evidence.filter(withdrawn_at__isnull=True).select_related("file", "reading", "report")
    return [
        {"title": one.title, "dated_on": one.dated_on.isoformat(), "sha256": one.file.sha256}
        for one in kept
        if evidence_year(one) == year
    ]


def evidence_year(evidence: Any) -> int:
    """The year that a piece of evidence speaks of: that of its reading or report, else that of its date."""
    tied = evidence.reading or evidence.report
    return int(tied.year if tied is not None else evidence.dated_on.year)


@dataclass(frozen=True, slots=True)
class Difference:
    """What a validated report says, and what the same figure has become since. Texts in French, '' when unknown."""

    label: str
    before: str
    after: str


def differences(frozen: Mapping[str, Any], live: Mapping[str, Any]) -> list[Difference]:
    """The figures that changed since the validation, those that appeared and those that went."""
    before, after = _flat(frozen), _flat(live)
    keys = list(dict.fromkeys([*before, *after]))
    return [
        Difference(key, before.get(key, ""), after.get(key, "")) for key in keys if before.get(key) != after.get(key)
    ]


def _flat(figures: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, line in figures["lines"].items():
        for name, label in AMOUNTS.items():
            amount = line[name]
            found[f"{line['funder']} ({key}), {label}"] = "" if amount is None else str(Money(Decimal(amount)))
    for row in figures["readings"]:
        slot = slot_of_period(row["period"])
        value = "" if row["value"] is None else format_number(Decimal(row["value"]))
        found[f"{row['label']}, {slot.label_fr if slot else row['period']}"] = value
    found["Nombre de preuves"] = str(len(figures["evidence"]))
    return found
