"""Where a contract stands on the line of its life, what comes next, and who it waits for: read off the tables."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from maillage.contracts import perms
from maillage.contracts.models import Amendment, Contract
from maillage.core.enums import Role
from maillage.engines.lifecycle.contracts import AMENDMENT, CONTRACT, LIFECYCLES, needs_reason
from maillage.engines.lifecycle.model import SYSTEM, Lifecycle, Transition
from maillage.kernel.numbers import french_list
from maillage.territories.enums import Level

_WORDS = {
    Role.DEPARTEMENT: "le département",
    Role.ASSOCIATION: "l'association",
    Role.OPERATOR: "l'opérateur",
    Role.DDETS: "la DDETS",
    Role.COMMISSIONER: "l'équipe régionale",
    Role.PREFECT: "le préfet",
}


def _forward(table: Lifecycle) -> list[Transition]:
    """The rows that go on: a step back, or out, asks for a reason."""
    return [row for row in table.transitions if row.guard is not needs_reason]


def _line(table: Lifecycle) -> tuple[str, ...]:
    """The shortest way, by the rows that go on, from the first state to the first that none of them leaves."""
    ways: dict[str, tuple[str, ...]] = {table.initial: (table.initial,)}
    waiting = deque([table.initial])
    while waiting:
        state = waiting.popleft()
        for row in _forward(table):
            if row.source == state and row.target not in ways:
                ways[row.target] = (*ways[state], row.target)
                waiting.append(row.target)
    left = {row.source for row in _forward(table)}
    return next(ways[state] for state in table.states if state in ways and state not in left)


_LINES = {table.name: _line(table) for table in LIFECYCLES}


def line_of(table: Lifecycle) -> tuple[str, ...]:
    """The states that a subject goes through when all goes well, the first and the last included."""
    return _LINES[table.name]


def next_row(table: Lifecycle, state: str) -> Transition | None:
    """The step that brings a subject on: along the line, or back to it. None when there is no more."""
    line = line_of(table)
    after = line[line.index(state) + 1 :] if state in line else line
    return next((row for row in _forward(table) if row.source == state and row.target in after), None)


@dataclass(frozen=True)
class Point:
    """A state on the line: `place` is past, here or ahead."""

    label: str
    place: str


def points(table: Lifecycle, state: str) -> list[Point]:
    """The line as people read it. A state beside it (corrections) stands after the one that it came from."""
    line = list(line_of(table))
    if state not in line:
        origin = next(row.source for row in table.transitions if row.target == state and row.source in line)
        line.insert(line.index(origin) + 1, state)
        if state in table.final_states:  # cancelled, terminated: what would have followed does not
            line = line[: line.index(state) + 1]
    here = line.index(state)
    places = ("past" if rank < here else "here" if rank == here else "ahead" for rank in range(len(line)))
    return [Point(table.labels[name], place) for name, place in zip(line, places, strict=True)]


@dataclass(frozen=True)
class Step:
    """What comes next. `row` None: nothing more, or nothing before `due_on`."""

    row: Transition | None
    label: str
    waits_for: str
    due_on: date | None = None


NO_MORE = Step(None, "", "")


def actors(contract: Contract, row: Transition) -> frozenset[str]:
    """The roles that may do a step on this contract: the State's, and those of the party it is signed with."""
    return frozenset(row.roles & (perms.STATE | perms.PARTNER_ROLES[contract.kind]))


def words_for(contract: Contract, roles: Iterable[str]) -> str:
    """« la DDETS ou l'équipe régionale »."""
    kept = set(roles)
    found = [_word(contract, role) for role in _WORDS if role in kept]
    return french_list(found).replace(" et ", " ou ") if found else ""


def _word(contract: Contract, role: str) -> str:
    if role == Role.DEPARTEMENT and contract.territory.level == Level.EPCI:
        return "la métropole"
    return _WORDS[Role(role)]


def next_step(contract: Contract, on: date, amendment: Amendment | None = None) -> Step:
    """The next step of a contract, or of its amendment, and who it waits for."""
    table, state = (CONTRACT, contract.status) if amendment is None else (AMENDMENT, amendment.status)
    row = next_row(table, state)
    if row is None:
        return NO_MORE
    if SYSTEM in row.roles and contract.ends_on >= on:
        return Step(None, "Échéance", "", contract.ends_on)
    return Step(row, row.label, words_for(contract, actors(contract, row)))
