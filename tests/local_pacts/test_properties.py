"""Random legal sequences of steps: whatever people do that the tables allow, nothing that must hold is broken."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from maillage.engines.lifecycle.local_pacts import COMMITMENT, LOCAL_PACT, LOCAL_PACT_PARTNER
from maillage.local_pacts import perms, services
from maillage.local_pacts.enums import CommitmentState, PactState, PartnerState
from maillage.local_pacts.models import Commitment, LocalPact, LocalPactVersion, Signature
from maillage.local_pacts.selectors import snapshot
from maillage.local_pacts.selectors.pacts import Loaded, with_parts
from maillage.local_pacts.services.follow_up import commitment_facts
from maillage.local_pacts.services.steps import partner_facts
from tests.factories import make_territories
from tests.local_pacts.building import AT, DUE, make

ROLES = perms.EVERY_ROLE - {"system"}


# What ends or undoes is drawn seldom, or no walk would go far.
SELDOM = {"cancel", "end", "renew", "reopen", "write_again", "decline", "uninvite", "withdraw", "aside"}


def _acts(found: Loaded, choice: int) -> list[tuple[str, int, str]]:
    """Everything that somebody may do now, and three ways of changing the text."""
    acts = [("pact", 0, row.name) for row in LOCAL_PACT.offered(found.pact.state, ROLES, found.facts("Motif"))]
    for partner in found.partners:
        offered = LOCAL_PACT_PARTNER.offered(partner.state, ROLES, partner_facts(found.pact))
        acts += [("partner", partner.pk, row.name) for row in offered]
    for one in found.commitments:
        offered = COMMITMENT.offered(one.state, ROLES, commitment_facts(one, "Motif"))
        acts += [("commitment", one.pk, row.name) for row in offered]
    acts += [("write", 0, name) for name in ("add", "rename", "aside")]
    if choice % 9 == 0:
        return acts
    usual = [act for act in acts if act[2] not in SELDOM]
    onward = [act for act in usual if act[0] in ("pact", "partner")]
    return onward if choice % 3 and onward else usual


def _do(found: Loaded, act: tuple[str, int, str]) -> None:
    kind, key, name = act
    if kind == "pact":
        services.move_pact(pact=found.pact, name=name, by=None, at=AT, reason="Motif")
    elif kind == "partner":
        partner = next(one for one in found.partners if one.pk == key)
        services.move_partner(partner=partner, name=name, by=None, at=AT)
    elif kind == "commitment":
        commitment = next(one for one in found.commitments if one.pk == key)
        services.follow_commitment(commitment=commitment, name=name, text="Motif", by=None, at=AT)
    else:
        _write(found, name)


def _write(found: Loaded, name: str) -> None:
    """A change of the text; refused when the text is not open, which is part of what is tried."""
    open_text = perms.is_open_text(found.pact)
    before = found.priorities
    try:
        if name == "add" and found.priorities:
            services.save_commitment(
                priority=found.priorities[-1],
                partner=found.partners[0],
                text="En plus",
                due_on=DUE,
                seen_by="Un fait",
                by=None,
                at=AT,
            )
        elif name == "rename":
            services.save_priority(
                pact=found.pact,
                title=f"Priorité {Commitment.objects.count()}",
                need="",
                pilot=found.partners[0],
                technical_partners=[],
                by=None,
                at=AT,
            )
        elif found.priorities:
            services.remove_priority(priority=found.priorities[-1], by=None, at=AT)
    except services.Refused:
        return
    assert open_text or (name != "rename" and not before)


def _check(hashes: dict[int, str]) -> None:
    """The invariants of a pact, from the database."""
    for pact in LocalPact.objects.order_by("pk"):
        found = Loaded(with_parts().get(pk=pact.pk))
        versions = list(LocalPactVersion.objects.filter(pact=pact).order_by("number"))
        assert [one.number for one in versions] == list(range(1, pact.version_number + 1))
        for version in versions:
            assert version.is_intact
            assert hashes.setdefault(version.pk, version.sha256) == version.sha256
            assert {one["state"] for one in version.content["signatories"] if one["kind"] == "prefect"} == {"signed"}
        assert len(found.priorities) <= 3
        if pact.state == PactState.CANCELLED:
            assert not versions
        if pact.state == PactState.IN_FORCE:
            assert _same_text(found, versions[-1])
        for partner in found.partners:
            under = Signature.objects.filter(partner=partner).order_by("-version").first()
            assert (partner.state == PartnerState.SIGNED) <= (under is not None)
        for one in found.commitments:
            assert one.since_version is None or 1 <= one.since_version <= pact.version_number
            assert one.since_version is not None or one.state == CommitmentState.PROMISED
            assert one.reason or one.state not in (CommitmentState.NOT_KEPT, CommitmentState.WITHDRAWN)


def _same_text(found: Loaded, version: LocalPactVersion) -> bool:
    """What is in force is what was signed. How commitments go, who joins since, is not the text."""
    now = snapshot.compose(found, version.number, date.fromisoformat(version.content["in_force_on"]))
    kept = {one["key"]: {key: value for key, value in one.items() if key != "commitments"} for one in now["priorities"]}
    signed = {
        one["key"]: {key: value for key, value in one.items() if key != "commitments"}
        for one in version.content["priorities"]
    }
    words = ("title", "plan", "sections", "ends_on", "partners")
    return kept == signed and all(now[word] == version.content[word] for word in words)


class RandomSteps(TestCase):
    """Hypothesis' own test case: each example in its transaction."""

    @settings(max_examples=25)
    @given(
        start=st.sampled_from([PactState.DRAFT, PactState.TO_SIGN, PactState.IN_FORCE]),
        choices=st.lists(st.integers(min_value=0, max_value=10_000), min_size=5, max_size=40),
    )
    def test_transition_sequences_never_break_an_invariant(self, start: PactState, choices: list[int]) -> None:
        made = make(make_territories()["DEP-44"], start)
        hashes: dict[int, str] = {}
        for choice in choices:
            found = Loaded(with_parts().get(pk=made.pact.pk))
            acts = _acts(found, choice)
            _do(found, acts[choice // 9 % len(acts)])
            _check(hashes)

    def test_transition_sequences_reach_every_state(self) -> None:
        """The walk is worth something: from the draft, what is offered leads to every state of the table."""
        territory = make_territories()["DEP-44"]
        for state in PactState:
            assert make(territory, state).pact.state == state


pytestmark = pytest.mark.django_db
