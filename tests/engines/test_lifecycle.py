"""The tables of transitions, and the one of jobs, transition by transition and role by role."""

from __future__ import annotations

from itertools import product

import pytest

from maillage.core.enums import JobStatus
from maillage.engines.lifecycle import JOB, SYSTEM, Facts, Lifecycle, Transition, TransitionRefused


def _needs_a_reason(facts: Facts) -> str:
    return "" if facts.get("reason") else "Il faut un motif."


DOOR = Lifecycle(
    name="door",
    title="Porte",
    initial="closed",
    labels={"closed": "Fermée", "open": "Ouverte", "sealed": "Scellée"},
    transitions=(
        Transition("open", "Ouvrir", "closed", "open", frozenset({"guest", "owner"})),
        Transition("close", "Fermer", "open", "closed", frozenset({"guest", "owner"})),
        Transition("seal", "Sceller", "closed", "sealed", frozenset({"owner"}), guard=_needs_a_reason),
    ),
)


def test_the_table_tells_its_states() -> None:
    assert DOOR.states == ("closed", "open", "sealed")
    assert DOOR.final_states == {"sealed"}


def test_a_transition_leads_to_the_next_state() -> None:
    assert DOOR.next_state("open", "closed", {"guest"}) == "open"
    assert DOOR.next_state("seal", "closed", {"owner"}, {"reason": "Travaux"}) == "sealed"


@pytest.mark.parametrize(
    ("name", "state", "roles", "message"),
    [
        ("close", "closed", {"owner"}, "« Fermée » ne permet pas"),
        ("unknown", "closed", {"owner"}, "ne permet pas"),
        ("seal", "closed", {"guest"}, "Votre rôle ne permet pas"),
        ("seal", "closed", {"owner"}, "Il faut un motif"),
    ],
)
def test_each_refusal_says_why(name: str, state: str, roles: set[str], message: str) -> None:
    with pytest.raises(TransitionRefused, match=message.replace(" ", r"\s")):
        DOOR.next_state(name, state, roles)


def test_buttons_are_what_may_be_done_now() -> None:
    assert [row.name for row in DOOR.offered("closed", {"owner"})] == ["open"]
    assert [row.name for row in DOOR.offered("closed", {"owner"}, {"reason": "Travaux"})] == ["open", "seal"]
    assert DOOR.offered("sealed", {"owner"}) == []


def test_a_name_leaves_a_state_once() -> None:
    twice = Transition("open", "Ouvrir", "closed", "open", frozenset({"owner"}))
    with pytest.raises(ValueError, match="twice"):
        Lifecycle("door", "Porte", "closed", (twice, twice))


ROLES = (SYSTEM, "author", "commissioner", "reader")
NAMES = sorted({row.name for row in JOB.transitions})


@pytest.mark.parametrize(("state", "name", "role"), product(JOB.states, NAMES, ROLES))
def test_jobs_follow_their_table(state: str, name: str, role: str) -> None:
    rows = [row for row in JOB.transitions if (row.source, row.name) == (state, name) and role in row.roles]
    if rows:
        assert JOB.next_state(name, state, {role}) == rows[0].target
    else:
        with pytest.raises(TransitionRefused):
            JOB.next_state(name, state, {role})


def test_the_states_of_jobs_are_the_stored_codes() -> None:
    assert set(JOB.states) == set(JobStatus.values)
    assert JOB.labels == dict(JobStatus.choices)
    assert JOB.final_states == {JobStatus.DONE, JobStatus.CANCELLED}, "a presumed failure may still be corrected"
