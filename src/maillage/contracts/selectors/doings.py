"""What may be done now of a contract or of an amendment: the steps offered, those that wait, and what holds them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from maillage.contracts.models import Amendment, Contract
from maillage.contracts.rules import Checked
from maillage.contracts.selectors.facts import all_facts
from maillage.contracts.selectors.progress import Point, Step, next_row, next_step, points
from maillage.engines.contract_rules import Finding
from maillage.engines.lifecycle.contracts import AMENDMENT, CONTRACT, MIN_REASON
from maillage.engines.lifecycle.model import Lifecycle, Transition

# Facts under which no guard refuses: what a person will write is taken as written.
CLEAR: Mapping[str, Any] = {
    "reason": "." * MIN_REASON,
    "blocking": (),
    "open_comments": 0,
    "unanswered_comments": 0,
    "deliberation": True,
    "signatories": True,
    "unvalidated_reports": 0,
    "days_left": 0,
}
# Where a step asks for what the others have to be free of: corrections are asked by comments.
_CLEAR_OF: Mapping[str, Mapping[str, Any]] = {"request_corrections": {"open_comments": 1}}


def clear_of(row: Transition) -> Mapping[str, Any]:
    """Facts under which the guard of a step does not refuse."""
    return {**CLEAR, **_CLEAR_OF.get(row.name, {})}


@dataclass(frozen=True)
class Obstacle:
    """One thing that stands in the way of a step. `fact`: which fact of the table says so; `finding`: of which rule."""

    fact: str
    text: str
    finding: Finding | None = None


@dataclass(frozen=True)
class Doings:
    """The subject is the amendment where there is one, else the contract."""

    contract: Contract
    amendment: Amendment | None
    roles: frozenset[str]
    facts: Mapping[str, Any]
    result: Checked
    step: Step

    @property
    def table(self) -> Lifecycle:
        return CONTRACT if self.amendment is None else AMENDMENT

    @property
    def state(self) -> str:
        return self.contract.status if self.amendment is None else self.amendment.status

    @property
    def points(self) -> list[Point]:
        return points(self.table, self.state)

    @cached_property
    def offered(self) -> list[Transition]:
        """The buttons: what the person's roles may do now, a reason being written on the next page."""
        return self.table.offered(self.state, self.roles, {**self.facts, "reason": CLEAR["reason"]})

    @property
    def held_back(self) -> list[tuple[Transition, str]]:
        """What the person's roles could do, and why it cannot be done yet."""
        facts = {**self.facts, "reason": CLEAR["reason"]}
        own = [row for row in self.table.transitions if row.source == self.state and row.roles & self.roles]
        return [(row, row.obstacle(facts)) for row in own if row.obstacle(facts)]

    @property
    def is_next_offered(self) -> bool:
        return any(row == self.step.row for row in self.offered)

    def obstacles(self, row: Transition | None = None) -> list[Obstacle]:
        """Everything that holds a step (the next one by default), fact by fact: a guard alone tells the first only."""
        asked = row or next_row(self.table, self.state)
        return list(_obstacles(asked, self.facts, self.result)) if asked is not None else []

    @property
    def before_signature(self) -> list[Obstacle]:
        """What the rules would refuse at the signature, where the next step does not ask it yet."""
        known = {one.text for one in self.obstacles()}
        return [one for one in _blocking(self.facts["blocking"], self.result) if one.text not in known]


def _obstacles(row: Transition, facts: Mapping[str, Any], result: Checked) -> Iterator[Obstacle]:
    clear = clear_of(row)
    for name in clear:
        if name == "reason":
            continue
        text = row.obstacle({**clear, name: facts[name]})
        if text and name == "blocking":
            yield from _blocking(facts[name], result)
        elif text:
            yield Obstacle(name, text)


def _blocking(messages: Collection[str], result: Checked) -> Iterator[Obstacle]:
    """The findings that block, each with its rule; a message without a finding is a sheet left undecided."""
    by_message = {one.message_fr: one for one in result.blocking}
    for message in messages:
        finding = by_message.get(message)
        yield Obstacle("blocking" if finding is not None else "undecided", message, finding)


def doings(contract: Contract, amendment: Amendment | None, roles: frozenset[str], result: Checked, on: date) -> Doings:
    """What may be done of a contract (or of its amendment) by somebody with these roles."""
    facts = all_facts(contract, amendment, result, on=on)
    return Doings(contract, amendment, roles, facts, result, next_step(contract, on, amendment))
