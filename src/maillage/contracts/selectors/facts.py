"""What the guards of the transition tables need to know of a contract or of an amendment."""

from __future__ import annotations

from datetime import date
from typing import Any

from maillage.contracts.enums import AttachmentKind, SignatorySide
from maillage.contracts.models import Amendment, Contract, ExecutionReport, FieldComment
from maillage.contracts.rules import Checked, checked
from maillage.contracts.selectors import execution
from maillage.contracts.text import text_of
from maillage.engines.contract_text import Text
from maillage.engines.lifecycle.contracts import BEFORE_SIGNATURE

_NEED_RULES = frozenset({"agree", "send_to_sign", "sign_partner", "sign_prefect"})


def text_to_sign(contract: Contract, amendment: Amendment | None) -> Text:
    """The text that a signature would put in force."""
    return amendment.proposed if amendment is not None else text_of(contract)


def facts_of_move(
    contract: Contract,
    amendment: Amendment | None,
    name: str,
    *,
    on: date,
    reason: str = "",
    result: Checked | None = None,
) -> dict[str, Any]:
    """The facts of one transition: only what its guard reads is looked up. `result`: the rules, if already applied."""
    facts: dict[str, Any] = {"reason": reason}
    if name in _NEED_RULES:
        found = result if result is not None else checked(contract, text_to_sign(contract, amendment))
        facts["blocking"] = undecided(contract) + [one.message_fr for one in found.blocking]
        facts["signatories"] = has_both_sides(found.text)
    if name in ("request_corrections", "resubmit", "agree"):
        facts |= comment_counts(contract, amendment)
    if name == "deliberate":
        deposited = contract.attachments.filter(amendment=amendment, kind=AttachmentKind.DELIBERATION)
        facts["deliberation"] = deposited.filter(version__isnull=True).exists()
    if name == "expire":
        facts["days_left"] = max((contract.ends_on - on).days + 1, 0)
    if name == "close":
        facts["unvalidated_reports"] = unvalidated_reports(contract)
    return facts


def all_facts(
    contract: Contract, amendment: Amendment | None, result: Checked | None = None, *, on: date
) -> dict[str, Any]:
    """The facts of every transition at once, for a page that shows what may be done and what stands in the way."""
    facts: dict[str, Any] = {}
    for name in ("agree", "deliberate", "expire", "close"):
        facts |= facts_of_move(contract, amendment, name, on=on, result=result)
    return facts


def undecided(contract: Contract) -> list[str]:
    """The sheets of a first text that are neither retained nor taken out: a signature would not say which."""
    if contract.status not in BEFORE_SIGNATURE:
        return []
    codes = contract.sheets.filter(in_text=True, status="proposed").values_list("code", flat=True)
    return [f"La fiche {code} est proposée : retenez-la, ou retirez-la du texte." for code in codes]


def has_both_sides(text: Text) -> bool:
    sides = {one.get("side") for one in text["signatories"].values()}
    return {SignatorySide.STATE, SignatorySide.PARTNER} <= sides


def comment_counts(contract: Contract, amendment: Amendment | None) -> dict[str, int]:
    comments = FieldComment.objects.filter(contract=contract, amendment=amendment, closed_at__isnull=True)
    answered = list(comments.values_list("answered_at", flat=True))
    return {"open_comments": len(answered), "unanswered_comments": sum(1 for at in answered if at is None)}


def unvalidated_reports(contract: Contract) -> int:
    """Those begun and not validated; once the contract has expired, those that nobody began too."""
    if contract.status == "expired":
        return execution.unvalidated_reports(contract)
    reports = ExecutionReport.objects.filter(sheet__contract=contract)
    return reports.exclude(status__in=execution.VALIDATED_REPORT).count()
