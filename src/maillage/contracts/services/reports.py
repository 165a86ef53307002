"""Execution reports: one an action and a year. Their figures come from lines and readings; people write the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.timezone import localdate

from maillage.contracts import perms
from maillage.contracts.models import ActionSheet, Contract, ExecutionReport
from maillage.contracts.selectors.execution import (
    WRITABLE_REPORT,
    due_on,
    expected_years,
    report_figures,
    sheets_with_money,
)
from maillage.contracts.selectors.results import is_open_to_results
from maillage.contracts.services.seen import refuse_if_moved
from maillage.contracts.services.texts import lock
from maillage.core import audit
from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.lifecycle.contracts import EXECUTION_REPORT
from maillage.kernel.errors import InputProblem, InputRefused, MaillageError

TEXTS = {"achievements": "ce qui a été fait", "difficulties": "difficultés", "outlook": "suites"}
NEEDED = ("achievements",)
MAX_TEXT = 10_000


def report_fields(report: ExecutionReport) -> dict[str, str]:
    """What people type in a report, and its state: what a token is made of."""
    return {name: getattr(report, name) for name in TEXTS} | {"status": report.status}


@transaction.atomic
def save_report(
    *, sheet: ActionSheet, year: int, texts: Mapping[str, str], seen: str, by: User, at: datetime
) -> ExecutionReport:
    """Write what the figures cannot say. The row is made by the first save.

    `seen`: token of `report_fields` when it was read, '' when there was no row. Raises Moved where someone saved
    meanwhile, InputRefused for a text that is too long.
    """
    contract = lock(sheet.contract)
    require(perms.is_partner(by, contract, localdate(at)), "Vous ne pouvez pas écrire ce rapport.")
    _refuse_closed(contract)
    held = _held(sheet, year)
    before = report_fields(held) if held is not None else None
    refuse_if_moved(f"Rapport {year}", seen, before)
    if held is not None and held.status not in WRITABLE_REPORT:
        raise MaillageError("Ce rapport est transmis : il ne se modifie plus. Demandez son complément.")
    report = held or _new(contract, sheet, year, at)
    _fill(report, texts)
    report.save()
    _record(contract, report, "save", by, at, {"texts": [before, report_fields(report)]})
    return report


def _refuse_closed(contract: Contract) -> None:
    if not is_open_to_results(contract):
        raise MaillageError("Un rapport se saisit sur un contrat signé qui n'est pas clos.")


def _held(sheet: ActionSheet, year: int) -> ExecutionReport | None:
    found = ExecutionReport.objects.select_for_update(of=("self",)).filter(sheet=sheet, year=year).first()
    if found is not None:
        found.sheet = sheet
    return found


def _new(contract: Contract, sheet: ActionSheet, year: int, at: datetime) -> ExecutionReport:
    if year not in expected_years(contract, sheet, localdate(at)):
        raise MaillageError(f"Cette action ne doit pas de rapport pour {year}.")
    return ExecutionReport(sheet=sheet, year=year, due_on=due_on(contract, year))


def _fill(report: ExecutionReport, texts: Mapping[str, str]) -> None:
    problems = []
    for name, label in TEXTS.items():
        text = texts.get(name, "").replace("\r\n", "\n").strip()
        if len(text) > MAX_TEXT:
            problems.append(InputProblem(None, label, f"{len(text)} caractères ; {MAX_TEXT} au plus."))
        setattr(report, name, text)
    if problems:
        raise InputRefused(problems, title="Le rapport n'est pas enregistré.")


@transaction.atomic
def move_report(
    *, sheet: ActionSheet, year: int, name: str, by: User, at: datetime, reason: str = ""
) -> ExecutionReport:
    """Do one transition of a report. Its validation keeps the figures as they are; its unlocking lets them live again.

    Raises TransitionRefused (state, role, or what is missing, in French).
    """
    contract = lock(sheet.contract)
    on = localdate(at)
    require(perms.can_see(by, contract, on), "Vous ne voyez pas ce contrat.")
    _refuse_closed(contract)
    report = _held(sheet, year) or _new(contract, sheet, year, at)
    before, frozen = report.status, report.figures
    roles = perms.roles_on(by, contract, on)
    report.status = EXECUTION_REPORT.next_state(name, before, roles, facts_of(report, reason))
    report.status_reason = reason.strip()[:500]
    effect = _EFFECTS.get(name)
    if effect is not None:
        effect(report, by, at)
    report.save()
    changes: dict[str, Any] = {"status": [before, report.status], "reason": [None, reason.strip()]}
    if report.figures != frozen:
        changes["figures"] = [frozen, report.figures]
    _record(contract, report, name, by, at, changes)
    return report


def _submitted(report: ExecutionReport, by: User, at: datetime) -> None:
    report.submitted_at, report.submitted_by = at, by


def _validated(report: ExecutionReport, by: User, at: datetime) -> None:
    report.validated_at, report.validated_by = at, by
    report.figures = report_figures(report.sheet, report.year)


def _unlocked(report: ExecutionReport, by: User, at: datetime) -> None:
    """The figures that were kept stay in the journal."""
    report.validated_at, report.validated_by, report.figures = None, None, None


_EFFECTS = {"submit": _submitted, "validate": _validated, "unlock": _unlocked}


def facts_of(report: ExecutionReport, reason: str = "", *, figures: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What the guards of the table read of a report: `missing` to send it, `blocking` to validate it.

    `figures`: the live ones, where they are already read.
    """
    figures = figures if figures is not None else report_figures(report.sheet, report.year)
    return {"reason": reason, "missing": missing_of(report, figures), "blocking": blocking_of(figures)}


def missing_of(report: ExecutionReport, figures: Mapping[str, Any]) -> list[str]:
    """What a report lacks to be sent: the texts that are needed, and a reading of each indicator, sent itself."""
    missing = [TEXTS[name] for name in NEEDED if not getattr(report, name).strip()]
    missing += [
        f"le relevé de « {row['label']} » ({row['period'][:4]}), transmis"
        for row in figures["readings"]
        if row["status"] not in ("submitted", "validated")
    ]
    return list(dict.fromkeys(missing))


def blocking_of(figures: Mapping[str, Any]) -> list[str]:
    """A report is validated on validated readings only."""
    return [
        f"Le relevé de « {row['label']} » n'est pas validé."
        for row in figures["readings"]
        if row["status"] != "validated"
    ]


@transaction.atomic
def ensure_reports(*, contract: Contract, at: datetime, by: User | None = None) -> list[ExecutionReport]:
    """Make the rows of the reports that are owed by now and that nobody has begun; answers those made."""
    locked = lock(contract)
    if not is_open_to_results(locked):
        return []
    made = []
    for sheet in sheets_with_money(locked):
        have = {report.year for report in sheet.reports.all()}
        owed = expected_years(locked, sheet, localdate(at))
        made += [_new(locked, sheet, year, at) for year in owed if year not in have]
    for report in made:
        report.save()
        _record(locked, report, "open", by, at, {"status": [None, report.status]})
    return made


def _record(
    contract: Contract, report: ExecutionReport, name: str, by: User | None, at: datetime, changes: Mapping[str, Any]
) -> None:
    state = EXECUTION_REPORT.labels[report.status].lower()
    audit.record(
        action=f"execution_report.{name}",
        obj=report,
        by=by,
        at=at,
        summary=f"{contract} · fiche {report.sheet.code} · rapport {report.year} : {state}",
        changes=changes,
        territory_code=contract.territory.code,
    )
