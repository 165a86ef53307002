"""Two people editing one sheet: the second is told, sees both versions, and loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from maillage.contracts.models import Contract
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.services.texts import change_text
from maillage.contracts.services.transitions import move_contract
from maillage.contracts.text import text_of
from maillage.core.models import User
from maillage.engines.contract_text import REMOVED
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.forms_sent import filled
from tests.contracts.test_views_negotiation import plain

SignIn = Callable[[User], Client]


@pytest.fixture
def cast(db: None) -> builders.Cast:
    return builders.make_cast()


@pytest.fixture
def contract(territories: dict[str, Territory], cast: builders.Cast) -> Contract:
    builders.make_reference_rows()
    made = builders.fill(builders.make_contract(territories["DEP-44"], cast), cast, ("A01",))
    return move_contract(contract=made, name="open", by=cast.lead, at=builders.AT)


def sheet_url(contract: Contract) -> str:
    return reverse("contract-sheet-edit", args=[contract.pk, "A01"])


def grid_url(contract: Contract) -> str:
    return reverse("contract-funding-sheet", args=[contract.pk, "A01"])


def sheet_of(contract: Contract) -> dict[str, Any]:
    return dict(text_of(contract)["sheets"]["A01"])


class Two:
    """Two people who opened the same page before either of them saved."""

    def __init__(self, first: Client, second: Client, url: str) -> None:
        self.first, self.second, self.url = first, second, url
        self.opened = {first: first.get(url), second: second.get(url)}

    def save(self, who: Client, **typed: Any) -> HttpResponse:
        return who.post(self.url, filled(self.opened[who], **typed))


@pytest.fixture
def two(contract: Contract, cast: builders.Cast, client_for: SignIn) -> Two:
    return Two(client_for(cast.ddets), client_for(cast.lead), sheet_url(contract))


def test_two_different_fields_go_together_and_the_second_is_told_by_whom(contract: Contract, two: Two) -> None:
    assert two.save(two.first, fiche__need="Besoin du premier").status_code == 302
    answer = two.save(two.second, fiche__title="Titre du second")
    assert answer.status_code == 302
    told = plain(two.second.get(answer["Location"]).content.decode())
    assert "Denis Caro a modifié entre-temps : Fiche A01 · Besoin constaté." in told
    assert "Vos modifications portaient sur d’autres champs" in told
    assert sheet_of(contract)["need"] == "Besoin du premier"
    assert sheet_of(contract)["title"] == "Titre du second"


def test_the_same_words_twice_are_no_conflict(contract: Contract, two: Two) -> None:
    two.save(two.first, fiche__need="Le même besoin")
    answer = two.save(two.second, fiche__need="Le même besoin")
    assert answer.status_code == 302
    assert "Vous aviez écrit la même chose" in plain(two.second.get(answer["Location"]).content.decode())


def conflict(two: Two) -> HttpResponse:
    two.save(two.first, fiche__need="Besoin du premier", fiche__area="Nantes")
    answer = two.save(two.second, fiche__need="Besoin du second", fiche__title="Titre du second")
    assert answer.status_code == 409
    return answer


def test_the_second_sees_both_versions_and_what_stood_before(contract: Contract, two: Two) -> None:
    before = sheet_of(contract)
    shown = plain(conflict(two).content.decode()).replace("’", "'")
    assert "Denis Caro a enregistré pendant votre saisie" in shown
    for expected in ("Besoin du premier", "Besoin du second", "Peu de places d'accueil", "Titre du second", "Nantes"):
        assert expected in shown
    now = sheet_of(contract)
    assert now["need"] == "Besoin du premier"
    assert now["title"] == before["title"], "nothing of the second is saved before the choice"


@pytest.mark.parametrize(
    ("choice", "text", "kept"),
    [
        ("mine", "", "Besoin du second"),
        ("theirs", "", "Besoin du premier"),
        ("text", "Les deux besoins", "Les deux besoins"),
    ],
)
def test_what_is_chosen_is_saved_with_the_rest_of_both(
    choice: str, text: str, kept: str, contract: Contract, two: Two
) -> None:
    page = conflict(two)
    url = reverse("contract-conflict", args=[contract.pk])
    answer = two.second.post(url, filled(page, c0=choice, **{"c0-text": text}))
    assert answer["Location"] == sheet_url(contract)
    now = sheet_of(contract)
    assert (now["need"], now["title"], now["area"]) == (kept, "Titre du second", "Nantes")


def test_without_a_choice_nothing_is_saved_and_nothing_typed_is_lost(contract: Contract, two: Two) -> None:
    page = conflict(two)
    url = reverse("contract-conflict", args=[contract.pk])
    answer = two.second.post(url, filled(page, **{"c0-text": "Une troisième version tapée"}))
    assert answer.status_code == 409
    shown = plain(answer.content.decode())
    assert "Il reste un choix à faire" in shown
    assert "Une troisième version tapée" in shown
    assert "Titre du second" in shown
    again = two.second.post(url, filled(answer, c0="mine"))
    assert again.status_code == 302
    assert sheet_of(contract)["need"] == "Besoin du second"


def test_a_third_saving_while_the_second_chooses_is_asked_again(contract: Contract, two: Two) -> None:
    page = conflict(two)
    two.opened[two.first] = two.first.get(two.url)
    two.save(two.first, fiche__need="Besoin changé encore", fiche__title="Titre du premier")
    url = reverse("contract-conflict", args=[contract.pk])
    again = two.second.post(url, filled(page, c0="mine"))
    assert again.status_code == 409
    shown = plain(again.content.decode())
    for expected in ("Besoin changé encore", "Besoin du second", "Titre du premier", "Titre du second"):
        assert expected in shown
    done = two.second.post(url, filled(again, c0="mine", c1="theirs"))
    assert done.status_code == 302
    assert (sheet_of(contract)["need"], sheet_of(contract)["title"]) == ("Besoin du second", "Titre du premier")


def test_a_sheet_taken_out_while_one_writes_it_is_a_choice(contract: Contract, cast: builders.Cast, two: Two) -> None:
    change_text(contract=contract, edits={"sheets/A01": REMOVED}, seen={}, by=cast.ddets, at=builders.AT)
    page = two.save(two.second, fiche__need="Un long texte")
    assert page.status_code == 409
    assert "Un long texte" in page.content.decode()
    answer = two.second.post(reverse("contract-conflict", args=[contract.pk]), filled(page, c0="mine"))
    assert answer.status_code == 302
    now = sheet_of(contract)
    assert now["need"] == "Un long texte"
    assert set(now["lines"]) == {"E2024", "D2024", "E2025", "D2025"}


def test_a_conflict_is_of_one_contract_and_is_not_made_up(
    contract: Contract, cast: builders.Cast, territories: dict[str, Territory], two: Two
) -> None:
    page = conflict(two)
    other = builders.make_contract(territories["DEP-44"], cast, reference="AUTRE")
    assert two.second.post(reverse("contract-conflict", args=[other.pk]), filled(page, c0="mine")).status_code == 404
    url = reverse("contract-conflict", args=[contract.pk])
    assert two.second.post(url, filled(page, c0="mine", conflict="inventé")).status_code == 404
    assert two.second.post(url, {}).status_code == 404


def test_a_reader_does_not_save_by_the_page_of_conflicts(
    contract: Contract, two: Two, bruno: User, client_for: SignIn
) -> None:
    page = conflict(two)
    before = sheet_of(contract)
    answer = client_for(bruno).post(reverse("contract-conflict", args=[contract.pk]), filled(page, c0="mine"))
    assert answer.status_code == 403
    assert sheet_of(contract) == before


# --- the grid -----


@pytest.fixture
def grids(contract: Contract, cast: builders.Cast, client_for: SignIn) -> Two:
    return Two(client_for(cast.ddets), client_for(cast.lead), grid_url(contract))


def test_two_people_each_add_a_line_and_both_stay(contract: Contract, grids: Two) -> None:
    grids.save(grids.first, **{"r2-funder": "CAF", "r2-2024-ae": "100"})
    answer = grids.save(grids.second, **{"r2-funder": "ETAT", "r2-2025-ae": "200"})
    assert answer.status_code == 302
    lines = sheet_of(contract)["lines"]
    added = sorted((one["funder"], one["planned"]) for key, one in lines.items() if key.startswith("L"))
    assert added == [("CAF", "100"), ("ETAT", "200")]


def test_one_cell_written_twice_is_a_choice(contract: Contract, grids: Two) -> None:
    grids.save(grids.first, **{"r0-2024-ae": "6 000"})
    page = grids.save(grids.second, **{"r0-2024-ae": "7 000", "r0-2025-ae": "7 500"})
    assert page.status_code == 409
    shown = plain(page.content.decode())
    for expected in ("6 000 €", "7 000 €", "5 000 €", "7 500 €"):
        assert expected in shown
    url = reverse("contract-conflict", args=[contract.pk])
    wrong = grids.second.post(url, filled(page, c0="text", **{"c0-text": "beaucoup"}))
    assert wrong.status_code == 409
    assert "n’est pas un nombre" in wrong.content.decode().replace("'", "’")
    grids.second.post(url, filled(wrong, c0="text", **{"c0-text": "6 500,50"}))
    lines = sheet_of(contract)["lines"]
    assert (lines["D2024"]["planned"], lines["D2025"]["planned"]) == ("6500.5", "7500")


def test_a_line_removed_by_one_and_changed_by_the_other_is_a_choice(contract: Contract, grids: Two) -> None:
    grids.save(grids.first, **{"r0-2024-ae": ""})
    page = grids.save(grids.second, **{"r0-2024-ae": "7 000"})
    assert page.status_code == 409
    answer = grids.second.post(reverse("contract-conflict", args=[contract.pk]), filled(page, c0="mine"))
    assert answer.status_code == 302
    assert sheet_of(contract)["lines"]["D2024"]["planned"] == "7000"


def test_the_form_and_the_grid_of_a_sheet_do_not_fight(contract: Contract, two: Two, grids: Two) -> None:
    grids.save(grids.first, **{"r0-2024-ae": "6 000"})
    assert two.save(two.second, fiche__title="Titre du second").status_code == 302
    assert sheet_of(contract)["lines"]["D2024"]["planned"] == "6000"
    assert sheet_of(contract)["title"] == "Titre du second"


# --- an amendment: the same, in its proposal -----


def test_two_people_write_an_amendment(
    territories: dict[str, Territory], cast: builders.Cast, client_for: SignIn
) -> None:
    made = builders.signed_contract(territories["DEP-44"], cast)
    amendment = propose_amendment(
        contract=made, title="Plus", kinds=["amount"], reason="", by=cast.lead, at=builders.AT
    )
    grids = Two(client_for(cast.ddets), client_for(cast.lead), grid_url(made))
    grids.save(grids.first, **{"r0-2025-ae": "6 000"})
    page = grids.save(grids.second, **{"r0-2025-ae": "7 000", "r1-2025-ae": "5 500"})
    assert page.status_code == 409
    grids.second.post(reverse("contract-conflict", args=[made.pk]), filled(page, c0="theirs"))
    amendment.refresh_from_db()
    lines = amendment.proposed["sheets"]["A01"]["lines"]
    assert (lines["D2025"]["planned"], lines["E2025"]["planned"]) == ("6000", "5500")
    assert sheet_of(made)["lines"]["D2025"]["planned"] == "5000"
