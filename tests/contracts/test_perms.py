"""Who sees a contract, and who opens one: object by object, and by one query that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maillage.contracts import perms
from maillage.contracts.enums import ContractKind
from maillage.contracts.models import Contract, Participant
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.engines.lifecycle.contracts import CONTRACT, SIGNED
from maillage.territories.models import EpciMember, Territory
from tests.contracts import builders
from tests.factories import Held, make_territory, make_user

ON = date(2024, 6, 1)
METROPOLE = "EPCI-244400404"
PLACES = ("FRANCE", "REG-52", "REG-53", "DEP-44", "DEP-85", METROPOLE, "COM-44109", "COM-44001", "COM-85191")


@pytest.fixture
def places(territories: dict[str, Territory]) -> dict[str, Territory]:
    """The territories, with a commune in the métropole, one outside it, and one of another département."""
    for code, name, parent in (
        ("COM-44109", "Nantes", "DEP-44"),
        ("COM-44001", "Abbaretz", "DEP-44"),
        ("COM-85191", "La Roche-sur-Yon", "DEP-85"),
    ):
        territories[code] = make_territory(code, name, parent=territories[parent])
    EpciMember.objects.create(commune=territories["COM-44109"], epci=territories[METROPOLE], vintage=2024)
    return territories


def contract_on(territory: Territory, *, status: str = "draft", kind: str = "cls", reference: str = "C-1") -> Contract:
    return Contract.objects.create(
        reference=reference,
        kind=kind,
        title="Essai",
        territory=territory,
        status=status,
        starts_on=date(2024, 1, 1),
        ends_on=date(2025, 12, 31),
        created_at=builders.AT,
    )


def fresh(contract: Contract) -> Contract:
    """The contract as a page reads it."""
    return Contract.objects.select_related("territory__parent__parent__parent").get(pk=contract.pk)


def sees(user: User, contract: Contract) -> bool:
    """Both answers, which must be the same."""
    one = perms.can_see(user, fresh(contract), ON)
    assert perms.visible(user, ON).filter(pk=contract.pk).exists() is one
    return one


def test_the_departement_does_not_see_the_draft_of_the_metropole(places: dict[str, Territory]) -> None:
    draft = contract_on(places[METROPOLE])
    assert not sees(make_user("Département", Held(Role.DEPARTEMENT, "DEP-44")), draft)
    assert sees(make_user("Métropole", Held(Role.DEPARTEMENT, METROPOLE)), draft)
    assert sees(make_user("DDETS", Held(Role.DDETS, "DEP-44")), draft)


def test_a_mayor_sees_the_signed_contracts_that_hold_the_commune(places: dict[str, Territory]) -> None:
    departement = contract_on(places["DEP-44"], reference="D")
    metropole = contract_on(places[METROPOLE], reference="M")
    nantes = make_user("Maire", Held(Role.MAYOR, "COM-44109"))
    abbaretz = make_user("Maire", Held(Role.MAYOR, "COM-44001"))
    assert not sees(nantes, departement)
    assert not sees(nantes, metropole)
    Contract.objects.update(status="in_force")
    assert sees(nantes, departement)
    assert sees(nantes, metropole)
    assert sees(abbaretz, departement)
    assert not sees(abbaretz, metropole)
    assert not sees(make_user("Maire", Held(Role.MAYOR, "COM-85191")), departement)


def test_an_association_sees_its_own_agreement_only_once_named(places: dict[str, Territory]) -> None:
    agreement = contract_on(places["DEP-44"], kind=ContractKind.CPO)
    other = contract_on(places["DEP-44"], kind=ContractKind.CPO, reference="C-2")
    person = make_user("Association", Held(Role.ASSOCIATION, "DEP-44"))
    assert not sees(person, agreement)
    Participant.objects.create(contract=agreement, user=person, role=Role.ASSOCIATION)
    assert sees(person, agreement)
    assert not sees(person, other)
    assert perms.roles_on(person, fresh(agreement), ON) == {Role.ASSOCIATION}


def test_a_name_on_a_list_gives_no_role_that_is_not_held(places: dict[str, Territory]) -> None:
    agreement = contract_on(places["DEP-44"], kind=ContractKind.CPO)
    person = make_user("Lecteur", Held(Role.READER, "REG-53"))
    Participant.objects.create(contract=agreement, user=person, role=Role.ASSOCIATION)
    assert perms.roles_on(person, fresh(agreement), ON) == frozenset()
    assert not perms.is_party(person, fresh(agreement), ON)


def test_a_role_on_one_axis_is_no_role_on_the_contract(places: dict[str, Territory]) -> None:
    contract = contract_on(places["DEP-44"])
    person = make_user("DDETS d'un axe", Held(Role.DDETS, "DEP-44", "PACTE-1"))
    assert perms.roles_on(person, contract, ON) == frozenset()


def test_an_ended_membership_gives_nothing(places: dict[str, Territory]) -> None:
    contract = contract_on(places["DEP-44"])
    person = make_user("DDETS", Held(Role.DDETS, "DEP-44"))
    person.memberships.update(ends_on=date(2024, 5, 31))
    assert not sees(person, contract)


@pytest.mark.parametrize(
    ("role", "place", "allowed"),
    [
        (Role.COMMISSIONER, "REG-52", True),
        (Role.DDETS, "DEP-44", True),
        (Role.DDETS, "DEP-85", False),
        (Role.COMMISSIONER, "REG-53", False),
        (Role.DEPARTEMENT, "DEP-44", False),
        (Role.PREFECT, "DEP-44", False),
        (Role.READER, "REG-52", False),
    ],
)
def test_the_state_opens_a_contract_where_it_stands(
    places: dict[str, Territory], role: Role, place: str, allowed: bool
) -> None:
    assert perms.can_create(make_user("Agent", Held(role, place)), places["DEP-44"], ON) is allowed
    assert perms.can_create(make_user("Agent", Held(role, place)), places[METROPOLE], ON) is allowed


# --- the same answer twice --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    held: tuple[tuple[str, str], ...]
    contracts: tuple[tuple[str, str, str], ...]
    named: tuple[tuple[int, str], ...]


_CONTRACT = st.tuples(
    st.sampled_from(["REG-52", "DEP-44", "DEP-85", METROPOLE]),
    st.sampled_from(CONTRACT.states),
    st.sampled_from(ContractKind.values),
)
_CASES = st.builds(
    Case,
    held=st.lists(st.tuples(st.sampled_from(Role.values), st.sampled_from(PLACES)), max_size=3, unique=True).map(tuple),
    contracts=st.lists(_CONTRACT, min_size=1, max_size=6).map(tuple),
    named=st.lists(st.tuples(st.integers(0, 5), st.sampled_from(Role.values)), max_size=2, unique=True).map(tuple),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=_CASES)
def test_what_the_list_shows_is_what_each_page_shows(places: dict[str, Territory], case: Case) -> None:
    """`visible()` in one query answers as `can_see()` on each contract."""
    Participant.objects.all().delete()
    Contract.objects.all().delete()
    made = [
        contract_on(places[place], status=status, kind=kind, reference=f"C-{rank}")
        for rank, (place, status, kind) in enumerate(case.contracts)
    ]
    person = make_user("Agent", *(Held(Role(role), place) for role, place in case.held))
    for rank, role in case.named:
        if rank < len(made):
            Participant.objects.create(contract=made[rank], user=person, role=role)
    listed = list(perms.visible(person, ON).values_list("pk", flat=True))
    assert len(listed) == len(set(listed))
    assert set(listed) == {one.pk for one in made if perms.can_see(person, fresh(one), ON)}


def test_a_signed_contract_is_shown_to_more_people_than_a_draft(places: dict[str, Territory]) -> None:
    contract = contract_on(places["DEP-44"])
    people = {role: make_user("Agent", Held(Role(role), "DEP-44")) for role in Role.values}
    before = {role for role, person in people.items() if sees(person, contract)}
    Contract.objects.update(status="in_force")
    after = {role for role, person in people.items() if sees(person, contract)}
    assert "in_force" in SIGNED
    assert before == {"prefect", "commissioner", "ddets", "departement", "auditor", "reader"}
    assert after == set(Role.values) - {"association"}
