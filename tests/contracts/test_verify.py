"""The public check of a paper copy: every answer, and nothing learned without the fingerprint."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maillage.contracts.models import Contract, ContractVersion
from maillage.contracts.paper import verifying
from maillage.contracts.paper.verifying import Standing, digits_of, number_of, verify
from maillage.contracts.services.transitions import move_contract
from maillage.core.enums import Role
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.papers import plain
from tests.contracts.results_world import LATER, World, make_world
from tests.contracts.test_documents import MORE, propose, sign
from tests.factories import Held, make_user

REFERENCE = "CLS-ESSAI-1"


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories, ("A01", "A02"))


def digits(world: World, number: int = 1) -> str:
    return ContractVersion.objects.get(contract=world.contract, number=number).sha256[:16]


def page(reference: str, number: str, fingerprint: str) -> str:
    """The page as a visitor without an account reads it."""
    response = Client().get(reverse("verify-code", args=[reference, number, fingerprint]))
    assert response.status_code == 200
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    return plain(response.content.decode())


def wrong(fingerprint: str, count: int) -> str:
    """The same fingerprint with so many digits changed."""
    return "".join("0" if one != "0" else "1" for one in fingerprint[:count]) + fingerprint[count:]


def test_the_version_in_force_is_told_and_what_the_paper_says(world: World) -> None:
    said = page(REFERENCE, "1", digits(world))
    for expected in (
        "Cette version est en vigueur",
        REFERENCE,
        "Contrat d’essai",
        "Préfecture, Conseil départemental",
        "1er janvier 2024",
        digits(world),
        "inventé",
    ):
        assert expected in said, expected


def test_neither_an_amount_nor_a_person_is_told(world: World) -> None:
    said = page(REFERENCE, "1", digits(world))
    assert "€" not in said
    assert "Fabienne" not in said
    assert "Présidente" not in said


def test_a_version_replaced_names_the_one_in_force(world: World) -> None:
    before = digits(world)
    propose(world, MORE)
    sign(world, world.contract.amendments.get())
    assert verify(REFERENCE, "1", before).standing is Standing.SUPERSEDED
    assert "La version 2 est en vigueur depuis le 01/09/2025" in page(REFERENCE, "1", before)
    assert "Cette version est en vigueur" in page(REFERENCE, "2", digits(world, 2))


def test_a_contract_that_ended_is_told(world: World) -> None:
    world.contract.refresh_from_db()
    move_contract(
        contract=world.contract, name="terminate", by=world.cast.prefect, at=LATER, reason="Fin décidée ensemble"
    )
    said = page(REFERENCE, "1", digits(world))
    assert "Ce contrat n’est plus en vigueur" in said
    assert "État du contrat" in said


def test_a_draft_is_told_without_a_look_at_any_contract(world: World, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert verify(REFERENCE, "projet", "0" * 16).standing is Standing.DRAFT
    assert "Ce papier est un projet" in page(REFERENCE, "projet", "0" * 16)


def test_without_the_fingerprint_nothing_is_learned(world: World) -> None:
    """Known reference or not, known number or not: the same answer, word for word."""
    asked = ((REFERENCE, "1"), (REFERENCE, "9"), ("INCONNU-77", "1"), ("INCONNU-77", "99999"))
    pages = [page(reference, number, "0123456789abcdef") for reference, number in asked]
    told = {one.partition("<main")[2].partition("<form")[0] for one in pages}
    assert len(told) == 1
    assert "Ce papier n’est pas reconnu" in told.pop()
    assert not [one for one in pages if "Contrat d’essai" in one]


def test_as_many_queries_whether_the_contract_exists_or_not(world: World) -> None:
    counts = set()
    for reference in (REFERENCE, "INCONNU-77"):
        with CaptureQueriesContext(connection) as queries:
            verify(reference, "1", "0123456789abcdef")
        counts.add(len(queries))
    assert counts == {1}


def test_a_slip_of_the_pen_is_told_apart_and_still_tells_nothing(world: World) -> None:
    kept = digits(world)
    assert verify(REFERENCE, "1", wrong(kept, 4)).standing is Standing.MISTYPED
    assert verify(REFERENCE, "1", wrong(kept, 5)).standing is Standing.UNKNOWN
    said = page(REFERENCE, "1", wrong(kept, 1))
    assert "ne correspond pas tout à fait" in said
    assert "Contrat d’essai" not in said


def test_the_fingerprint_of_another_version_is_not_that_of_this_one(world: World) -> None:
    before = digits(world)
    propose(world, MORE)
    sign(world, world.contract.amendments.get())
    assert verify(REFERENCE, "2", before).standing is Standing.UNKNOWN


def test_a_version_that_was_altered_here_is_not_vouched_for(world: World) -> None:
    version = ContractVersion.objects.get(contract=world.contract)
    version.content = version.content.replace("5000", "6000")
    assert verifying._standing(version).standing is Standing.DAMAGED


def test_a_pluriannual_agreement_is_checked_too(territories: dict[str, Territory]) -> None:
    cast = builders.make_cast()
    builders.make_reference_rows()
    contract = builders.make_contract(territories["DEP-44"], cast, reference="CPO 2024/7", kind="cpo")
    builders.fill(contract, cast)
    association = make_user("Ida Morel", Held(Role.ASSOCIATION, "DEP-44"))
    contract.participants.create(user=association, role=Role.ASSOCIATION)
    signed = builders.advance(contract, builders.Cast(cast.commissioner, cast.ddets, association, cast.prefect))
    version = signed.versions.get()
    assert "Cette version est en vigueur" in page("CPO 2024/7", "1", version.sha256[:16])


def test_the_form_leads_to_the_address_of_the_code(world: World) -> None:
    client = Client()
    assert client.get(reverse("verify")).status_code == 200
    typed = {"reference": REFERENCE, "number": "Version 1", "fingerprint": f" {digits(world).upper()} "}
    answered = client.get(reverse("verify"), typed)
    assert answered.status_code == 302
    assert answered["Location"] == reverse("verify-code", args=[REFERENCE, "1", digits(world)])
    refused = client.get(reverse("verify"), {"reference": "", "number": "x", "fingerprint": "12"})
    assert refused.status_code == 200
    assert "au moins seize caractères" in plain(refused.content.decode())


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("2", "2"),
        ("v02", "2"),
        ("version 12", "12"),
        ("Projet", "projet"),
        ("0", ""),
        ("", ""),
        ("²", ""),
        ("99999", ""),
    ],
)
def test_numbers_as_people_type_them(typed: str, read: str) -> None:
    assert number_of(typed) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("0123 4567 89AB CDEF", "0123456789abcdef"),
        ("0123456789abcdef…", "0123456789abcdef"),
        ("a" * 64, "a" * 16),
        ("a" * 65, ""),
        ("0123456789abcde", ""),
        ("0123456789abcdeg", ""),
    ],
)
def test_fingerprints_as_people_type_them(typed: str, read: str) -> None:
    assert digits_of(typed) == read


def test_a_contract_in_negotiation_is_not_known(territories: dict[str, Territory]) -> None:
    cast = builders.make_cast()
    builders.make_reference_rows()
    builders.fill(builders.make_contract(territories["DEP-44"], cast), cast)
    assert Contract.objects.count() == 1
    assert verify(REFERENCE, "1", "0123456789abcdef").standing is Standing.UNKNOWN
