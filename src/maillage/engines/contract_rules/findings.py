"""How a finding is made: one place for severities, identities and words."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from decimal import Decimal

from maillage.engines.contract_rules.model import RULES, Finding, SheetFacts
from maillage.kernel.errors import shorten
from maillage.kernel.money import Money
from maillage.kernel.numbers import french_list

UNKNOWN = "?"
MAX_KEY = 200

Compared = Decimal | None | str


def sheet_name(sheet: SheetFacts) -> str:
    """« A1 « Accueil de jour » », short enough for a message."""
    return f"{sheet.code} « {shorten(sheet.title, 80)} »" if sheet.title else sheet.code


def euros(amount: Decimal) -> str:
    return str(Money(amount))


def broken(rule: str, path: str, message: str, compared: Iterable[Compared], year: int | None = None) -> Finding:
    """A rule that does not hold. `compared`: what was looked at, so that a waiver falls when it changes."""
    row = RULES[rule]
    return Finding(rule, row.severity, row.waivable, message, path, year, _key(rule, path, compared))


def unknown(rule: str, path: str, subject: str, missing: Iterable[str], year: int | None = None) -> Finding:
    """« … ne peut pas être vérifiée », with what is missing. Never waivable: the figure is to be given."""
    listed = list(dict.fromkeys(missing))
    message = f"{subject} ne peut pas être vérifiée : il manque {french_list(listed)}."
    key = _key(rule, path, (UNKNOWN, *listed))
    return Finding(rule, RULES[rule].when_unknown, False, message, path, year, key, checkable=False)


def _key(rule: str, path: str, compared: Iterable[Compared]) -> str:
    """Rule, place and amounts. Too long for a column, the end gives way to a checksum of the whole."""
    text = "|".join([rule, path, *(_canonical(one) for one in compared)])
    return text if len(text) <= MAX_KEY else f"{text[: MAX_KEY - 65]}|{_digest(text)}"


def _canonical(value: Compared) -> str:
    """1000, 1000.0 and 1000.00 are one amount."""
    if value is None:
        return UNKNOWN
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
