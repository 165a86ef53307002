"""What the pages of one action share: its parts as a second line of tabs, and what a person may do of an object."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from maillage.contracts import perms
from maillage.contracts.models import ActionSheet, Contract
from maillage.contracts.selectors.results import is_open_to_results
from maillage.contracts.views.common import frame, user_of
from maillage.core import clock
from maillage.engines.lifecycle.contracts import BEFORE_SIGNATURE, MIN_REASON
from maillage.engines.lifecycle.model import Lifecycle, Transition
from maillage.ui.units import typography

EXECUTION = "contract-execution"

# (label, name of the address, whether the contract must be signed)
PARTS = (
    ("Chaîne", "contract-sheet", False),
    ("Engagements et paiements", "contract-movements", True),
    ("Relevés", "contract-readings", True),
    ("Preuves", "contract-evidence", True),
)


@dataclass(frozen=True)
class Rights:
    """What the person who asks may do on the results of a contract."""

    is_partner: bool
    is_state_team: bool
    is_open: bool

    @property
    def is_party(self) -> bool:
        return self.is_partner or self.is_state_team

    @property
    def may_enter(self) -> bool:
        """Readings and reports."""
        return self.is_partner and self.is_open

    @property
    def may_deposit(self) -> bool:
        return self.is_party and self.is_open


def rights_of(request: HttpRequest, contract: Contract) -> Rights:
    user, today = user_of(request), clock.today()
    return Rights(
        is_partner=perms.is_partner(user, contract, today),
        is_state_team=perms.is_state_team(user, contract, today),
        is_open=is_open_to_results(contract),
    )


def sheet_frame(contract: Contract, sheet: ActionSheet, active: str) -> dict[str, Any]:
    """What `contracts/results/_sheet.html` needs. `active`: name of the address of the current part."""
    signed = contract.status not in BEFORE_SIGNATURE and contract.status != "cancelled"
    parts = [
        (label, reverse(name, args=[contract.pk, sheet.code]), name == active)
        for label, name, after in PARTS
        if signed or not after
    ]
    return frame(contract, EXECUTION if signed else "contract-negotiation") | {"sheet": sheet, "parts": parts}


@dataclass(frozen=True)
class Button:
    """A transition offered. `obstacle`: what stands in its way, in French; '' when it may be done."""

    row: Transition
    url: str
    obstacle: str


def buttons(
    request: HttpRequest,
    contract: Contract,
    table: Lifecycle,
    state: str,
    facts: Mapping[str, Any],
    *,
    name: str,
    args: tuple[Any, ...],
) -> list[Button]:
    """The transitions that this person's roles allow now; a reason that is not written yet is no obstacle.

    `name` and `args`: the address of the page of a transition, to which its name is added.
    """
    roles = perms.roles_on(user_of(request), contract, clock.today())
    rows = [row for row in table.transitions if row.source == state and row.roles.intersection(roles)]
    known = {**facts, "reason": "." * MIN_REASON}
    return [Button(row, reverse(name, args=[*args, row.name]), typography(row.obstacle(known))) for row in rows]
