"""The rules of contracts applied to a text: from text and money to the facts of `engines.contract_rules`."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from maillage.contracts import parameters
from maillage.contracts.models import Contract, Funder, FundingLine, RuleWaiver
from maillage.engines.contract_rules import (
    ContractFacts,
    Finding,
    LineFacts,
    SheetFacts,
    TargetFacts,
    YearFacts,
    check,
)
from maillage.engines.contract_text import Text

Spent = Mapping[tuple[str, str], FundingLine]


@dataclass(frozen=True, slots=True)
class Checked:
    """What the rules say of a text. `waived` holds the waiver in force of a finding, by its key."""

    text: Text
    facts: ContractFacts
    findings: tuple[Finding, ...]
    waived: Mapping[str, RuleWaiver]

    @property
    def blocking(self) -> list[Finding]:
        """What keeps the text from being agreed and signed: a waivable warning counts until someone waives it."""
        return [one for one in self.findings if one.blocks_signature or self.needs_waiver(one)]

    def needs_waiver(self, finding: Finding) -> bool:
        return finding.waivable and finding.checkable and finding.key not in self.waived

    @property
    def warnings(self) -> list[Finding]:
        kept = {one.key for one in self.blocking}
        return [one for one in self.findings if one.key not in kept]


def years_of(text: Text) -> tuple[int, ...]:
    """The calendar years from the start to the end that the text gives."""
    start, end = text["contract"].get("starts_on"), text["contract"].get("ends_on")
    if not start or not end:
        return ()
    return tuple(range(int(start[:4]), int(end[:4]) + 1))


def families(codes: Collection[str] | None = None) -> dict[str, str]:
    """Code of funder → state, collectivity or other."""
    funders = Funder.objects.all() if codes is None else Funder.objects.filter(code__in=codes)
    return {one.code: one.family for one in funders}


def spent_of(contract: Contract) -> dict[tuple[str, str], FundingLine]:
    """(code of sheet, key of line) → the line, with what is awarded, committed, paid and justified."""
    lines = FundingLine.objects.filter(sheet__contract=contract).select_related("sheet", "funder")
    return {(line.sheet.code, line.key): line for line in lines}


def facts_of(kind: str, text: Text, family: Mapping[str, str], spent: Spent | None = None) -> ContractFacts:
    """The facts of a text. What it plans is what its signature would award; what is spent comes from the lines."""
    return ContractFacts(
        kind=kind,
        years=years_of(text),
        caps={int(year): _decimal(cap.get("ae")) for year, cap in text["caps"].items()},
        budgets={int(year): _decimal(cap.get("budget")) for year, cap in text["caps"].items()},
        sheets=tuple(_sheet(code, sheet, family, spent or {}) for code, sheet in text["sheets"].items()),
    )


def _decimal(value: Any) -> Decimal | None:
    return None if value is None or value == "" else Decimal(value)


def _sheet(code: str, sheet: Mapping[str, Any], family: Mapping[str, str], spent: Spent) -> SheetFacts:
    targets = sheet.get("targets", {})
    return SheetFacts(
        code=code,
        title=sheet.get("title") or "",
        axis_code=sheet.get("axis") or "",
        measure_code=sheet.get("measure") or sheet.get("base_measure") or "",
        need=sheet.get("need") or "",
        pilot=sheet.get("pilot") or "",
        nature=sheet.get("nature") or "",
        justification=sheet.get("justification") or "",
        baseline_known=any(one.get("baseline") is not None for one in targets.values()),
        larger_public_or_area=bool(sheet.get("enlargement")),
        years={
            int(year): YearFacts(_decimal(one.get("total_cost")), _decimal(one.get("eligible_cost")))
            for year, one in sheet.get("years", {}).items()
        },
        lines=tuple(_line(code, key, line, family, spent) for key, line in sheet.get("lines", {}).items()),
        targets=tuple(_targets(targets)),
    )


def _line(code: str, key: str, line: Mapping[str, Any], family: Mapping[str, str], spent: Spent) -> LineFacts:
    funder, planned = line.get("funder") or "", _decimal(line.get("planned"))
    row = spent.get((code, key))
    return LineFacts(
        key=key,
        year=int(line.get("year") or 0),
        funder=funder,
        family=family.get(funder, "other"),
        in_kind=bool(line.get("in_kind")),
        planned=planned,
        awarded=planned,
        committed=row.committed if row is not None else Decimal(0),
        paid=row.paid if row is not None else Decimal(0),
        justified=row.justified if row is not None else Decimal(0),
    )


def _targets(targets: Mapping[str, Any]) -> list[TargetFacts]:
    found = []
    for code, target in targets.items():
        years = target.get("years", {})
        found += [TargetFacts(code, int(year), _decimal(one.get("value"))) for year, one in years.items()]
    return found


def checked(contract: Contract, text: Text) -> Checked:
    """The rules over a text of this contract, with what is spent, and the waivers in force."""
    facts = facts_of(contract.kind, text, families(), spent_of(contract))
    waivers = {one.key: one for one in contract.waivers.filter(withdrawn_at__isnull=True).select_related("by")}
    return Checked(text, facts, tuple(check(facts, parameters.all_parameters())), waivers)
