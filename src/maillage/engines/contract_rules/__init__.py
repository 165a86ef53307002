"""The rules of contracts: facts in, findings out. No clock, no database; parameters are passed in."""

from __future__ import annotations

from maillage.engines.contract_rules.engine import check
from maillage.engines.contract_rules.execution import check_uses
from maillage.engines.contract_rules.model import (
    RULES,
    Breakdown,
    ContractFacts,
    EjUse,
    Family,
    Finding,
    LineFacts,
    ReadingFacts,
    Rule,
    Severity,
    SheetFacts,
    TargetFacts,
    YearFacts,
)
from maillage.engines.contract_rules.readings import check_reading
from maillage.engines.contract_rules.totals import Amounts, ContractTotals, Sum, Totals, totals, totals_by_axis
from maillage.engines.contract_rules.versions import check_version, snapshot_intact

__all__ = [
    "RULES",
    "Amounts",
    "Breakdown",
    "ContractFacts",
    "ContractTotals",
    "EjUse",
    "Family",
    "Finding",
    "LineFacts",
    "ReadingFacts",
    "Rule",
    "Severity",
    "SheetFacts",
    "Sum",
    "TargetFacts",
    "Totals",
    "YearFacts",
    "check",
    "check_reading",
    "check_uses",
    "check_version",
    "snapshot_intact",
    "totals",
    "totals_by_axis",
]
