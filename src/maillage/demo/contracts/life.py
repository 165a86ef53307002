"""What happens to the invented contracts once signed: money, readings, reports, amendments, ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from django.core.files.base import ContentFile

from maillage.contracts.enums import Outcome, Stage
from maillage.contracts.models import ActionSheet, FundingLine, IndicatorTarget
from maillage.contracts.selectors.results import SEX, slots_of
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.services.comments import comment
from maillage.contracts.services.evaluations import (
    Compared,
    compare_figure,
    evaluation_fields,
    follow_recommendation,
    open_evaluation,
    recommend,
    save_evaluation,
)
from maillage.contracts.services.evidence import Tied, add_evidence
from maillage.contracts.services.money import record_movement, register_ej
from maillage.contracts.services.readings import Given, move_reading, save_reading
from maillage.contracts.services.reports import move_report, save_report
from maillage.contracts.services.seen import token_of
from maillage.contracts.services.texts import change_text
from maillage.contracts.services.transitions import move_amendment, move_contract, move_sheet
from maillage.core.enums import Role
from maillage.demo.contracts.invented import EXAMPLE, REASON, STEPS, Story, deposit
from maillage.demo.contracts.papers import invented_pdf
from maillage.kernel.money import Money

# --- money ----------------------------------------------------------------------------------------------------------


def _spend(story: Story, year: int, committed: str, paid: str) -> None:
    """Commit, pay and justify a part of the cash lines of a year, in June, in October and in December."""
    lines = FundingLine.objects.filter(sheet__contract=story.contract, year=year, in_kind=False, sheet__in_text=True)
    for line in lines.select_related("sheet__contract", "funder"):
        engaged = Money.of(line.planned).share(Decimal(committed))
        spent = engaged.share(Decimal(paid))
        _record(story, line, Stage.COMMITTED, engaged, date(year, 6, 14))
        _record(story, line, Stage.PAID, spent, date(year, 10, 16))
        if year < 2026:
            _record(story, line, Stage.JUSTIFIED, spent.share(Decimal("0.9")), date(year, 12, 11))


def _record(story: Story, line: FundingLine, stage: str, amount: Money, on: date) -> None:
    by = story.state if line.funder.family == "state" else story.partner
    at = story.at(on.month, year=on.year, day=on.day + 1)
    record_movement(line=line, stage=stage, amount=amount, dated_on=on, by=by, at=at, note="Exemple")


# --- people and reports ---------------------------------------------------------------------------------------------


def _read(story: Story, sheet: ActionSheet, year: int, reach: str, *, until: str = "validated") -> None:
    """Enter what each indicator of a sheet reached: a part of its target."""
    for target in sheet.targets.select_related("indicator").prefetch_related("years"):
        given = _given(target, year, Decimal(reach))
        at = story.at(1, year=year + 1, day=20)
        target.sheet = sheet
        made = save_reading(target=target, slot=slots_of(year)[0], given=given, seen="", by=story.partner, at=at)
        made.target = target
        if until == "draft":
            continue
        made = move_reading(reading=made, name="submit", by=story.partner, at=story.at(2, year=year + 1, day=2))
        made.target = target
        if until == "validated":
            move_reading(reading=made, name="validate", by=story.state, at=story.at(2, year=year + 1, day=20))


def _given(target: IndicatorTarget, year: int, reach: Decimal) -> Given:
    aimed = next((one.value for one in target.years.all() if one.year == year), Decimal(0))
    if target.indicator.code == "DEMO-STAYED":
        accompanied = Decimal(120)
        stayed = (accompanied * aimed * reach / 100).quantize(Decimal(1))
        return Given(numerator=stayed, denominator=accompanied, method=EXAMPLE)
    value = (aimed * reach).quantize(Decimal(1))
    if target.indicator.unit != "persons":
        return Given(value=value, method=EXAMPLE)
    women = (value * Decimal("0.6")).quantize(Decimal(1))
    first, second, *_ = SEX
    return Given(value=value, parts={("sex", first): women, ("sex", second): value - women}, method=EXAMPLE)


def _report(story: Story, sheet: ActionSheet, year: int, *steps: str) -> None:
    """Write a report, then do these transitions in order."""
    at = story.at(3, year=year + 1, day=10)
    texts = {"achievements": EXAMPLE, "difficulties": EXAMPLE, "outlook": EXAMPLE}
    save_report(sheet=sheet, year=year, texts=texts, seen="", by=story.partner, at=at)
    sides = {"submit": "partner", "validate": "state", "ask_completion": "state"}
    for rank, name in enumerate(steps):
        by = story.who(sides[name]) if name in sides else story.people.of(Role.COMMISSIONER)
        move_report(
            sheet=sheet, year=year, name=name, by=by, at=story.at(4 + rank, year=year + 1, day=12), reason=REASON
        )


def _evidence(story: Story, sheet: ActionSheet, year: int) -> None:
    file = ContentFile(invented_pdf("Feuille d'emargement", sheet.code), name="emargement-exemple.pdf")
    add_evidence(
        sheet=sheet,
        kind="attendance",
        title="Feuille d'émargement d'exemple",
        dated_on=date(year, 11, 20),
        file=file,
        by=story.partner,
        at=story.at(12, year=year),
        tied=Tied(),
    )


# --- amendments -----------------------------------------------------------------------------------------------------


def _amend(story: Story, *, sign: bool) -> None:
    """More money for the first action in 2026: signed, or still in negotiation."""
    at = story.at(9, year=2025)
    amendment = propose_amendment(
        contract=story.contract,
        title="Renforcer la première action en 2026 (exemple)",
        kinds=["amount"],
        reason=REASON,
        by=story.partner,
        at=at,
    )
    sheet = story.contract.sheets.filter(in_text=True).order_by("position")[0]
    change_text(
        contract=story.contract,
        edits=_more(sheet, 2026, Decimal(4000)),
        seen={},
        by=story.people.of(Role.COMMISSIONER),
        at=at,
        source="démonstration",
    )
    steps = STEPS if sign else STEPS[:1]
    for rank, (name, side, _) in enumerate(steps):
        moment = story.at(10, year=2025, day=5 + rank)
        if name == "deliberate":
            deposit(story, "deliberation", "Délibération d'exemple", moment)
        move_amendment(amendment=amendment, name=name, by=story.who(side), at=moment, on=moment.date())
    if not sign:
        body = "Exemple : pouvez-vous justifier cette hausse ?"
        path = f"sheets/{sheet.code}/lines/E2026/planned"
        comment(contract=story.contract, path=path, body=body, by=story.state, at=story.at(10, year=2025, day=20))
    story.reload()


def _more(sheet: ActionSheet, year: int, half: Decimal) -> dict[str, str]:
    """The edits that add the same amount to the State and to the partner, and keep every sum true."""
    base, costs = f"sheets/{sheet.code}", sheet.years.get(year=year)
    state, partner = sheet.lines.get(key=f"E{year}"), sheet.lines.get(key=f"P{year}")
    cap = sheet.contract.caps.get(year=year)
    assert costs.total_cost is not None and costs.eligible_cost is not None  # noqa: S101, PT018  (written above)
    assert cap.ae is not None and cap.budget is not None  # noqa: S101, PT018  (written above)
    return {
        f"{base}/years/{year}/total_cost": str(costs.total_cost + 2 * half),
        f"{base}/years/{year}/eligible_cost": str(costs.eligible_cost + 2 * half),
        f"{base}/lines/E{year}/planned": str(state.planned + half),
        f"{base}/lines/E{year}/planned_cp": str(state.planned + half),
        f"{base}/lines/P{year}/planned": str(partner.planned + half),
        f"caps/{year}/ae": str(cap.ae + half),
        f"caps/{year}/budget": str(cap.budget + 2 * half),
    }


# --- lives ----------------------------------------------------------------------------------------------------------


def _sheets(story: Story) -> list[ActionSheet]:
    found = list(story.contract.sheets.filter(in_text=True).order_by("position"))
    for sheet in found:
        sheet.contract = story.contract
    return found


def _start(story: Story) -> list[ActionSheet]:
    for sheet in _sheets(story):
        move_sheet(sheet=sheet, name="start", by=story.partner, at=story.at(5))
    return _sheets(story)


def executed(story: Story) -> None:
    """Two years done and reported, a third under way, an amendment signed, an evaluation, actions in every state."""
    sheets = _start(story)
    deposit(story, "signed_scan", "Exemplaire signé d'exemple", story.at(5))
    for sheet in sheets:
        register_ej(
            sheet=sheet, number=f"9000{sheet.pk:04d}", siret="0" * 14, year=2024, by=story.state, at=story.at(5)
        )
    for year, committed, paid in ((2024, "0.96", "0.94"), (2025, "0.9", "0.85")):
        _spend(story, year, committed, paid)
        for sheet in sheets:
            _read(story, sheet, year, "0.9" if year == 2024 else "1.05")
            _evidence(story, sheet, year)
    for sheet in sheets:
        _report(story, sheet, 2024, "submit", "validate", "consolidate", "publish")
    steps = [
        ("submit", "validate", "consolidate"),
        ("submit", "validate"),
        ("submit",),
        ("submit", "ask_completion"),
        (),
    ]
    for rank, sheet in enumerate(sheets[:-1]):
        _report(story, sheet, 2025, *steps[rank % len(steps)])
    _amend(story, sign=True)
    _spend(story, 2026, "0.55", "0.4")
    _evaluate(story, sheets[0])
    _vary(story, sheets)


def _vary(story: Story, sheets: list[ActionSheet]) -> None:
    at = story.at(9, year=2026)
    move_sheet(sheet=sheets[0], name="finish", by=story.partner, at=at)
    move_sheet(sheet=sheets[0], name="evaluate", by=story.state, at=at)
    move_sheet(sheet=sheets[1], name="block", by=story.partner, at=at, reason=REASON)
    move_sheet(sheet=sheets[2], name="suspend", by=story.state, at=at, reason=REASON)
    move_sheet(sheet=sheets[3], name="finish", by=story.partner, at=at)


def _evaluate(story: Story, sheet: ActionSheet) -> None:
    by, at = story.state, story.at(6, year=2026)
    made = open_evaluation(
        contract=story.contract,
        question="Exemple : les lieux d'accueil touchent-ils des familles qui n'y venaient pas ?",
        by=by,
        at=at,
        sheet=sheet,
        method=EXAMPLE,
    )
    target = sheet.targets.select_related("indicator").order_by("pk")[0]
    compared = Compared(
        indicator=target.indicator,
        before=target.baseline,
        before_period="2023",
        after=Decimal(1100),
        after_period="2025",
        note="Exemple",
    )
    compare_figure(evaluation=made, compared=compared, by=by, at=at)
    texts = {"question": made.question, "method": EXAMPLE, "findings": EXAMPLE}
    save_evaluation(
        evaluation=made,
        texts=texts,
        finished_on=date(2026, 6, 30),
        seen=token_of(evaluation_fields(made)),
        by=by,
        at=story.at(7, year=2026),
    )
    kept = recommend(evaluation=made, body="Exemple : ouvrir un soir par semaine.", by=by, at=story.at(7, year=2026))
    recommend(evaluation=made, body="Exemple : compter aussi les pères.", by=by, at=story.at(7, year=2026))
    follow_recommendation(recommendation=kept, outcome=Outcome.PARTLY, note=REASON, by=by, at=story.at(9, year=2026))


def amended(story: Story) -> None:
    """In force, with an amendment in negotiation."""
    sheets = _start(story)
    _spend(story, 2024, "0.9", "0.9")
    for sheet in sheets:
        _read(story, sheet, 2024, "0.8")
        _report(story, sheet, 2024, "submit", "validate")
    _spend(story, 2025, "0.7", "0.6")
    for sheet in sheets[:2]:
        _read(story, sheet, 2025, "0.7", until="submitted")
    _amend(story, sign=False)


def late(story: Story) -> None:
    """In force, with a low execution and reports that nobody has written."""
    sheets = _start(story)
    _spend(story, 2024, "0.6", "0.5")
    _read(story, sheets[0], 2024, "0.4")
    _report(story, sheets[0], 2024, "submit")
    _read(story, sheets[1], 2024, "0.3", until="draft")


def _over(story: Story, name: str) -> None:
    sheets = _start(story)
    year = story.contract.starts_on.year
    _spend(story, year, "1", "1")
    for sheet in sheets:
        _read(story, sheet, year, "1")
    if name == "close":
        for sheet in sheets:
            _report(story, sheet, year, "submit", "validate", "consolidate", "publish")
    commissioner = story.people.of(Role.COMMISSIONER)
    move_contract(contract=story.contract, name="expire", by=commissioner, at=story.at(1, year=year + 1, day=2))
    if name == "close":
        move_contract(contract=story.contract, name="close", by=commissioner, at=story.at(11, year=year + 1))


def _end(story: Story, name: str, side: str) -> None:
    move_contract(contract=story.contract, name=name, by=story.who(side), at=story.at(10), reason=REASON)


def _cancelled(story: Story) -> None:
    """Cancelled before signature: nothing was in force, and no version was made."""
    _end(story, "cancel", "state")


LIVES: dict[str, Callable[[Story], None]] = {
    "executed": executed,
    "amendment": amended,
    "late": late,
    "closed": lambda story: _over(story, "close"),
    "expired": lambda story: _over(story, "expire"),
    "terminated": lambda story: _end(story, "terminate", "prefect"),
    "denounced": lambda story: _end(story, "denounce", "partner"),
    "cancelled": _cancelled,
}
