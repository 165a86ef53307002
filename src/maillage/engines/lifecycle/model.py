"""Lifecycles as tables: from, to, role, guard, effect. Buttons, services, tests and documentation read the same."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from maillage.kernel.errors import MaillageError

Facts = Mapping[str, Any]

SYSTEM = "system"  # the role of what happens by itself: a worker, a date that passes


class TransitionRefused(MaillageError):
    """The state does not allow it, or the role, or the guard."""


@dataclass(frozen=True)
class Transition:
    """One row. `guard` answers why not, in French, or '' when it may be done.

    `effect` says in French what the service does besides.
    """

    name: str
    label: str
    source: str
    target: str
    roles: frozenset[str]
    guard: Callable[[Facts], str] | None = None
    effect: str = ""

    def obstacle(self, facts: Facts) -> str:
        return self.guard(facts) if self.guard is not None else ""


@dataclass(frozen=True)
class Lifecycle:
    """The table of one kind of object, `title` its French name.

    Raises ValueError when two rows bear the same name from the same state.
    """

    name: str
    title: str
    initial: str
    transitions: tuple[Transition, ...]
    labels: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        seen: set[tuple[str, str]] = set()
        for row in self.transitions:
            if (row.name, row.source) in seen:
                raise ValueError(f"{self.name}: {row.name} leaves {row.source} twice")
            seen.add((row.name, row.source))

    @property
    def states(self) -> tuple[str, ...]:
        """Every state, the initial one first, in the order of the table."""
        found = {self.initial: None}
        for row in self.transitions:
            found.setdefault(row.source)
            found.setdefault(row.target)
        return tuple(found)

    @property
    def final_states(self) -> frozenset[str]:
        """States that nothing leaves."""
        return frozenset(self.states) - {row.source for row in self.transitions}

    def offered(self, state: str, roles: Collection[str], facts: Facts | None = None) -> list[Transition]:
        """What someone with these roles may do now: the buttons of the page."""
        return [
            row
            for row in self.transitions
            if row.source == state and row.roles.intersection(roles) and not row.obstacle(facts or {})
        ]

    def next_state(self, name: str, state: str, roles: Collection[str], facts: Facts | None = None) -> str:
        """The state after the transition `name`. Raises TransitionRefused, saying which of the three refuses."""
        row = next((row for row in self.transitions if row.name == name and row.source == state), None)
        if row is None:
            raise TransitionRefused(f"L'état « {self.labels.get(state, state)} » ne permet pas cette action.")
        if not row.roles.intersection(roles):
            raise TransitionRefused(f"Votre rôle ne permet pas l'action « {row.label} ».")
        obstacle = row.obstacle(facts or {})
        if obstacle:
            raise TransitionRefused(obstacle)
        return row.target
