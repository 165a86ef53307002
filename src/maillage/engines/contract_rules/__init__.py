"""The rules of contracts: facts in, findings out. No clock, no database; parameters are passed in."""

from __future__ import annotations

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
from maillage.engines.contract_rules.totals import Amounts, ContractTotals, Sum, Totals, totals, totals_by_axis

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
    "totals",
    "totals_by_axis",
]
