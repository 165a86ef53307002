"""The rules of a contract, all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from maillage.engines.contract_rules.budget import check_caps, check_contract_budget, check_sheet_budget
from maillage.engines.contract_rules.co_funding import check_co_funding
from maillage.engines.contract_rules.execution import check_execution
from maillage.engines.contract_rules.model import RULES, ContractFacts, Finding, Severity
from maillage.engines.contract_rules.sheets import check_additionality, check_completeness
from maillage.engines.parameters import Parameter

_SEVERITIES = tuple(Severity)
_RULES = tuple(RULES)


def check(facts: ContractFacts, parameters: Sequence[Parameter]) -> list[Finding]:
    """F1, F2, F3, F4, A1 and A2: the most serious first, then by rule and place. The order of the facts is nothing."""
    return sorted(_findings(facts, parameters), key=_order)


def _findings(facts: ContractFacts, parameters: Sequence[Parameter]) -> Iterator[Finding]:
    yield from check_contract_budget(facts)
    yield from check_caps(facts)
    yield from check_co_funding(facts, parameters)
    for sheet in facts.sheets:
        yield from check_sheet_budget(sheet, facts.years)
        yield from check_execution(sheet)
        yield from check_additionality(sheet)
        yield from check_completeness(sheet)


def _order(finding: Finding) -> tuple[int, int, str, str]:
    return _SEVERITIES.index(finding.severity), _RULES.index(finding.rule), finding.path, finding.key
