"""What every page of a contract starts with: the contract or 404, its parts as tabs, its banners."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.urls import NoReverseMatch, reverse

from maillage.contracts import perms
from maillage.contracts.models import ActionSheet, Contract
from maillage.core import clock
from maillage.core.models import User
from maillage.engines.lifecycle.contracts import BEFORE_SIGNATURE

# (label, name of the address, whether the contract must be signed)
TABS = (
    ("Vue d'ensemble", "contract", False),
    ("Négociation", "contract-negotiation", False),
    ("Financement", "contract-funding", False),
    ("Exécution", "contract-execution", True),
    ("Avenants", "contract-amendments", True),
    ("Documents", "contract-documents", False),
    ("Historique", "contract-history", False),
)


def user_of(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (every page of contracts asks to sign in)
    return request.user


def contract_or_404(request: HttpRequest, pk: int) -> Contract:
    """The contract, with its participants; 404 for who may not even know of it."""
    contract = (
        Contract.objects.select_related("territory__parent__parent__parent", "pact", "document", "linked_to")
        .prefetch_related("participants")
        .filter(pk=pk)
        .first()
    )
    if contract is None or not perms.can_see(user_of(request), contract, clock.today()):
        raise Http404
    return contract


def sheet_or_404(contract: Contract, code: str) -> ActionSheet:
    """A sheet of the contract, in its text or out of it by an amendment."""
    found = contract.sheets.select_related("axis", "measure", "base_measure", "need_indicator").filter(code=code)
    sheet = found.first()
    if sheet is None:
        raise Http404
    sheet.contract = contract
    return sheet


def frame(contract: Contract, active: str) -> dict[str, Any]:
    """What `contracts/_contract.html` needs. `active`: name of the address of the current tab."""
    signed = contract.status not in BEFORE_SIGNATURE and contract.status != "cancelled"
    shown = [(label, name) for label, name, after in TABS if signed or not after]
    return {
        "contract": contract,
        "tabs": [(label, url, name == active) for label, name in shown if (url := _address(name, contract))],
    }


def _address(name: str, contract: Contract) -> str:
    try:
        return reverse(name, args=[contract.pk])
    except NoReverseMatch:
        return ""
