"""A small contract that breaks no rule, and how to change one thing of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from maillage.engines.contract_rules import ContractFacts, Finding, LineFacts, SheetFacts, TargetFacts, YearFacts, check
from maillage.engines.parameters import Name, Parameter, Unit

PARAMETERS = tuple(
    Parameter(name, "cls", value, unit, date(2024, 1, 1), date(2027, 12, 31), "essai")
    for name, value, unit in (
        (Name.CO_FUNDING_LEVELS, "both", Unit.CODE),
        (Name.CO_FUNDING_STATE_MAX_RATE, Decimal("0.5"), Unit.RATE),
        (Name.CO_FUNDING_COLLECTIVITY_MIN_RATIO, Decimal(1), Unit.RATIO),
        (Name.CO_FUNDING_TOLERANCE_RATE, Decimal(0), Unit.RATE),
        (Name.IN_KIND_COUNTS, "no", Unit.YES_NO),
    )
)


def amount(value: int | str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def line(key: str, family: str, planned: int | str | None, **changes: Any) -> LineFacts:
    """A line of 2025, with nothing awarded yet."""
    money = {
        name: amount(changes.pop(name)) for name in ("awarded", "committed", "paid", "justified") if name in changes
    }
    return LineFacts(
        key, changes.pop("year", 2025), f"Financeur {key}", family, planned=amount(planned), **money, **changes
    )


SHEET = SheetFacts(
    "A1",
    "Accueil de jour",
    axis_code="AXE-1",
    measure_code="M-01",
    need="Personnes sans abri",
    pilot="Service social",
    years={2025: YearFacts(Decimal(100_000), Decimal(90_000))},
    lines=(line("L1", "state", 45_000), line("L2", "collectivity", 45_000), line("L3", "other", 10_000)),
    targets=(TargetFacts("PERSONS", 2025, Decimal(120)),),
)
CONTRACT = ContractFacts(
    "cls", (2025,), caps={2025: Decimal(45_000)}, budgets={2025: Decimal(100_000)}, sheets=(SHEET,)
)


def with_sheet(**changes: Any) -> ContractFacts:
    return replace(CONTRACT, sheets=(replace(SHEET, **changes),))


def with_lines(*lines: LineFacts, **changes: Any) -> ContractFacts:
    return with_sheet(lines=lines, **changes)


def found(facts: ContractFacts, rule: str, parameters: Sequence[Parameter] = PARAMETERS) -> list[Finding]:
    return [finding for finding in check(facts, parameters) if finding.rule == rule]


def the(facts: ContractFacts, rule: str, parameters: Sequence[Parameter] = PARAMETERS) -> Finding:
    """The one finding of a rule."""
    (finding,) = found(facts, rule, parameters)
    return finding


def without(*names: str) -> tuple[Parameter, ...]:
    return tuple(row for row in PARAMETERS if row.name not in names)


def saying(name: str, value: Decimal | str) -> tuple[Parameter, ...]:
    return tuple(replace(row, value=value) if row.name == name else row for row in PARAMETERS)
