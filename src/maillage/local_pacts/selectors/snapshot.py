"""The text of a pact as data: what a version freezes, what its page and its document are drawn from.

Canonical: keys sorted, no space, UTF-8, numbers and dates as text. The same text gives the same bytes, hence the same
SHA-256, on any machine and in any year.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from decimal import Decimal
from typing import Any

from maillage.indicators.selectors.values import Value
from maillage.local_pacts.enums import CommitmentState, PartnerState
from maillage.local_pacts.models import Commitment, Partner, Priority
from maillage.local_pacts.selectors.diagnosis import Figure, figures
from maillage.local_pacts.selectors.pacts import Loaded

SHAPE = 1  # raised when the keys below change: an old version says which shape it has


def compose(loaded: Loaded, number: int, on: date) -> dict[str, Any]:
    """The text and the figures as they are now, as version `number` entering in force on a day."""
    pact = loaded.pact
    chosen = pact.indicators.order_by("label", "code")
    return {
        "shape": SHAPE,
        "version": number,
        "title": pact.title,
        "territory": {"code": pact.territory.code, "name": pact.territory.name},
        "in_force_on": on.isoformat(),
        "ends_on": _day(pact.ends_on),
        "plan": {"title": pact.plan_title, "reference": pact.plan_reference, "url": pact.plan_url},
        "sections": [{"title": one.title, "body": one.body} for one in loaded.sections],
        "indicators": [one.code for one in chosen],
        "figures": [_figure(one) for one in figures(pact.territory, chosen)],
        "priorities": [_priority(one) for one in loaded.priorities],
        "partners": [{"key": p.pk, "organisation": p.organisation, "kind": p.kind} for p in loaded.partners],
        "signatories": [_signatory(one) for one in loaded.signatories],
    }


def canonical(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fingerprint(text: str) -> str:
    """SHA-256 of a canonical text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _day(day: date | None) -> str | None:
    return day.isoformat() if day is not None else None


def _number(number: Decimal | None) -> str | None:
    """« 100 » and « 100.0000 » are one number: the database's way of writing it is not the text's."""
    if number is None:
        return None
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _figure(one: Figure) -> dict[str, Any]:
    value: Value = one.value
    return {
        "code": one.code,
        "label": one.label,
        "value": _number(value.amount),
        "unit": value.unit,
        "status": str(value.status),
        "period": value.period,
        "low": _number(value.low),
        "high": _number(value.high),
        "reason": value.reason,
        "note": value.note,
        "sources": [{"label": str(source), "url": source.url} for source in value.sources],
    }


def _priority(one: Priority) -> dict[str, Any]:
    kept = [c for c in one.commitments.all() if c.state != CommitmentState.WITHDRAWN]
    return {
        "key": one.pk,
        "position": one.position,
        "title": one.title,
        "need": one.need,
        "pilot": one.pilot.organisation if one.pilot else None,
        "technical_partners": sorted(partner.organisation for partner in one.technical_partners.all()),
        "commitments": [_commitment(c) for c in kept],
    }


def _commitment(one: Commitment) -> dict[str, Any]:
    return {
        "key": one.pk,
        "partner": one.partner.organisation,
        "text": one.text,
        "due_on": one.due_on.isoformat(),
        "seen_by": one.seen_by,
    }


def _signatory(one: Partner) -> dict[str, Any]:
    signed = one.state == PartnerState.SIGNED
    return {
        "organisation": one.organisation,
        "kind": one.kind,
        "state": one.state,
        "signed_on": _day(one.signed_on) if signed else None,
    }
