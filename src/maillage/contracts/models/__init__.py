"""Contracts, what they say, what is done under them, and how an envelope is shared.

The rows of a contract hold its text in negotiation, then its text in force: an amendment that is not signed changes
none of them (see `contracts.text`).
"""

from __future__ import annotations

from maillage.contracts.models.contract import (
    Amendment,
    AnnualCap,
    Attachment,
    Contract,
    ContractVersion,
    FieldComment,
    Participant,
    RuleWaiver,
    Signatory,
)
from maillage.contracts.models.documents import DocumentTemplate, GeneratedDocument
from maillage.contracts.models.envelope import AllocationDecision, Envelope, Simulation
from maillage.contracts.models.money import ActionYear, Ej, Funder, FundingLine, Movement
from maillage.contracts.models.results import (
    ComparedFigure,
    Evaluation,
    Evidence,
    ExecutionReport,
    Reading,
    ReadingPart,
    Recommendation,
)
from maillage.contracts.models.sheet import ActionSheet, IndicatorTarget, YearTarget

__all__ = [
    "ActionSheet",
    "ActionYear",
    "AllocationDecision",
    "Amendment",
    "AnnualCap",
    "Attachment",
    "ComparedFigure",
    "Contract",
    "ContractVersion",
    "DocumentTemplate",
    "Ej",
    "Envelope",
    "Evaluation",
    "Evidence",
    "ExecutionReport",
    "FieldComment",
    "Funder",
    "FundingLine",
    "GeneratedDocument",
    "IndicatorTarget",
    "Movement",
    "Participant",
    "Reading",
    "ReadingPart",
    "Recommendation",
    "RuleWaiver",
    "Signatory",
    "Simulation",
    "YearTarget",
]
