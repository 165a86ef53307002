"""Every transition × role, generated from the tables, in the engine and through the services."""

from __future__ import annotations

from itertools import product

import pytest
from django.core.exceptions import PermissionDenied

from maillage.core.enums import Role
from maillage.core.models import AuditEntry, User
from maillage.engines.lifecycle.local_pacts import (
    ASK_REASON,
    COMMITMENT,
    LIFECYCLES,
    LOCAL_PACT,
    LOCAL_PACT_PARTNER,
    PARTNER,
    signature_obstacles,
)
from maillage.engines.lifecycle.model import SYSTEM, Lifecycle, Transition, TransitionRefused
from maillage.local_pacts import services
from maillage.local_pacts.enums import CommitmentState, PactState, PartnerState
from maillage.local_pacts.models import Commitment, Partner
from maillage.territories.models import Territory
from tests.factories import Held, make_user
from tests.local_pacts.building import AT, Made, make, sign

ROLES = (*(role.value for role in Role), PARTNER, SYSTEM)
# Facts under which no guard of a table objects, by the row that asks.
WILLING = {
    "priorities": 1,
    "without_pilot": (),
    "without_commitment": (),
    "invited": 1,
    "plan_named": True,
    "prefect_signed": True,
    "partners_signed": 1,
    "reason": "Motif",
    "signable": True,
    "binding": True,
}


def willing(row: Transition) -> dict[str, object]:
    return WILLING | {"version": 1 if row.name == "abandon" else 0}


def names(table: Lifecycle) -> list[str]:
    return sorted({row.name for row in table.transitions})


CASES = [
    pytest.param(table, state, name, role, id=f"{table.name}-{state}-{name}-{role}")
    for table in LIFECYCLES
    for state, name, role in product(table.states, names(table), ROLES)
]


@pytest.mark.parametrize(("table", "state", "name", "role"), CASES)
def test_transition_by_role(table: Lifecycle, state: str, name: str, role: str) -> None:
    rows = [row for row in table.transitions if (row.source, row.name) == (state, name) and role in row.roles]
    if rows:
        assert table.next_state(name, state, {role}, willing(rows[0])) == rows[0].target
    else:
        with pytest.raises(TransitionRefused):
            table.next_state(name, state, {role}, WILLING | {"version": 0})


GUARDED = [
    pytest.param(table, row, id=f"{table.name}-{row.source}-{row.name}")
    for table in LIFECYCLES
    for row in table.transitions
    if row.guard is not None
]


@pytest.mark.parametrize(("table", "row"), GUARDED)
def test_transition_guard_refuses_what_is_not_ready(table: Lifecycle, row: Transition) -> None:
    """With nothing done, or in a pact that is closed, each guard says why not."""
    unready = {"closed": True, "version": 1 if row.name == "cancel" else 0}
    with pytest.raises(TransitionRefused) as refusal:
        table.next_state(row.name, row.source, row.roles, unready)
    assert str(refusal.value).endswith(".")


@pytest.mark.parametrize(
    ("missing", "said"),
    [
        ({"priorities": 0}, "au moins une priorité"),
        ({"without_pilot": ("Logement",)}, "« Logement » n'a pas de pilote"),
        ({"without_commitment": ("Logement",)}, "« Logement » n'a aucun engagement"),
        ({"invited": 0}, "Aucun signataire"),
        ({"plan_named": False}, "SDAASP"),
    ],
)
def test_transition_to_signature_names_each_obstacle(missing: dict[str, object], said: str) -> None:
    assert signature_obstacles(WILLING) == ()
    (found,) = signature_obstacles(WILLING | missing)
    assert said in found


def test_transitions_that_ask_a_reason_are_those_whose_guard_wants_one() -> None:
    for row in (row for table in LIFECYCLES for row in table.transitions if row.guard):
        wants = bool(row.obstacle(willing(row) | {"reason": ""}))
        assert wants == (row.name in ASK_REASON), row.name


def test_transition_tables_hold_the_states_that_are_stored() -> None:
    assert list(LOCAL_PACT.labels) == list(PactState)
    assert list(LOCAL_PACT_PARTNER.labels) == list(PartnerState)
    assert list(COMMITMENT.labels) == list(CommitmentState)
    assert set(LOCAL_PACT.states) == set(PactState)
    assert set(LOCAL_PACT_PARTNER.states) == set(PartnerState)
    assert set(COMMITMENT.states) == set(CommitmentState)


# --- through the services, on a real pact ---------------------------------------------------------------------------

REACHED = {
    row: state
    for row in LOCAL_PACT.transitions
    if (state := PactState(row.source)) and not (row.name == "abandon" or state in LOCAL_PACT.final_states)
}


def _ready(land: Territory, row: Transition) -> Made:
    """A pact in the state that the row leaves, with what its guard wants."""
    made = make(land, PactState(row.source))
    if row.name == "enter_in_force":
        sign(made)
    return made


@pytest.mark.django_db
@pytest.mark.parametrize("row", REACHED, ids=lambda row: f"{row.source}-{row.name}")
@pytest.mark.parametrize("role", [Role.PREFECT, Role.DDETS, Role.COMMISSIONER, Role.DEPARTEMENT, Role.READER])
def test_transition_of_a_pact_through_its_service(land: Territory, row: Transition, role: Role) -> None:
    made = _ready(land, row)
    user = make_user("Essai", Held(role, "DEP-44"))
    if role in row.roles:
        moved = services.move_pact(pact=made.pact, name=row.name, by=user, at=AT, reason="Motif")
        assert made.again().state == row.target
        assert (moved.pk == made.pact.pk) == (row.name != "renew")
        line = AuditEntry.objects.filter(action=f"local_pact.{row.name}").get()
        assert line.changes["state"] == [row.source, row.target]
        assert line.territory_code == "DEP-44"
    else:
        with pytest.raises(TransitionRefused, match="rôle"):
            services.move_pact(pact=made.pact, name=row.name, by=user, at=AT, reason="Motif")
        assert made.again().state == row.source


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(ASK_REASON & {row.name for row in LOCAL_PACT.transitions}))
def test_transition_of_a_pact_without_its_reason(land: Territory, name: str) -> None:
    row = next(row for row in LOCAL_PACT.transitions if row.name == name)
    made = _ready(land, row)
    with pytest.raises(TransitionRefused, match="motif"):
        services.move_pact(pact=made.pact, name=name, by=None, at=AT, reason="  ")


@pytest.mark.django_db
@pytest.mark.parametrize("cast", ["local_prefect", "ddets", "linked", "aicha", "departement_lead"])
def test_transition_of_a_signatory_through_its_service(draft: Made, cast: str, request: pytest.FixtureRequest) -> None:
    """An invitation is answered by the partner itself, or recorded by the prefect or the DDETS; nobody else."""
    user: User = request.getfixturevalue(cast)
    may = cast in {"local_prefect", "ddets", "linked"}
    if may:
        services.move_partner(partner=draft.shelter, name="accept", by=user, at=AT)
    else:
        with pytest.raises(TransitionRefused):
            services.move_partner(partner=draft.shelter, name="accept", by=user, at=AT)
    assert Partner.objects.get(pk=draft.shelter.pk).state == ("accepted" if may else "invited")


@pytest.mark.django_db
def test_transition_invite_is_the_prefect_s(draft: Made, local_prefect: User, ddets: User, linked: User) -> None:
    with pytest.raises(TransitionRefused, match="rôle"):
        services.move_partner(partner=draft.caf, name="invite", by=ddets, at=AT)
    with pytest.raises(PermissionDenied):
        services.move_partner(partner=draft.caf, name="invite", by=linked, at=AT)
    services.move_partner(partner=draft.caf, name="invite", by=local_prefect, at=AT)
    assert Partner.objects.get(pk=draft.caf.pk).state == "invited"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cast", "allowed"),
    [("linked", True), ("ddets", True), ("local_prefect", False), ("aicha", False)],
)
def test_transition_of_a_commitment_through_its_service(
    land: Territory, linked: User, cast: str, allowed: bool, request: pytest.FixtureRequest
) -> None:
    made = make(land, PactState.IN_FORCE, user=linked)
    user: User = request.getfixturevalue(cast)

    def start() -> Commitment:
        return services.follow_commitment(commitment=made.commitment, name="start", text="Local trouvé", by=user, at=AT)

    if allowed:
        assert start().state == CommitmentState.UNDER_WAY
    else:
        with pytest.raises(TransitionRefused, match="rôle"):
            start()
