"""The negotiation of a contract on one screen: what it shows, to whom, and what is done of sheets from there."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from maillage.contracts.models import Contract
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.services.texts import change_text
from maillage.contracts.services.transitions import move_contract
from maillage.contracts.text import text_of
from maillage.core.models import AuditEntry, User
from maillage.territories.models import Territory
from tests.contracts import builders

SignIn = Callable[[User], Client]


def page(client: Client, name: str, *args: object) -> str:
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return plain(response.content.decode())


def plain(html: str) -> str:
    """The page with ordinary spaces and characters."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", unescape(html))


@pytest.fixture
def cast(db: None) -> builders.Cast:
    return builders.make_cast()


@pytest.fixture
def contract(territories: dict[str, Territory], cast: builders.Cast) -> Contract:
    """Two actions written, in negotiation."""
    builders.make_reference_rows()
    made = builders.fill(builders.make_contract(territories["DEP-44"], cast), cast, ("A01", "A02"))
    return move_contract(contract=made, name="open", by=cast.lead, at=builders.AT)


def test_sheets_stand_side_by_side_with_what_they_say(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    shown = page(client_for(cast.lead), "contract-negotiation", contract.pk)
    for expected in (
        "2 fiches action, par axe",
        "Enfance",
        "A01 · Action A01",
        "Socialisation",
        "Peu de places",
        "5 000 €",
    ):
        assert expected in shown
    assert "Complète : 12 éléments sur 12" in shown


def test_what_a_sheet_lacks_is_named_and_linked(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    edits = {"sheets/A01/need": "", "sheets/A01/years/2025/eligible_cost": "", "sheets/A01/nature": "reinforced"}
    change_text(contract=contract, edits=edits, seen={}, by=cast.lead, at=builders.AT)
    shown = page(client_for(cast.lead), "contract-negotiation", contract.pk)
    edit = reverse("contract-sheet-edit", args=[contract.pk, "A01"])
    funding = reverse("contract-funding-sheet", args=[contract.pk, "A01"])
    assert f'href="{edit}#champ-sheets-A01-need">Besoin constaté</a>' in shown
    assert f'href="{edit}#champ-sheets-A01-enlargement">Public ou territoire élargi</a>' in shown
    assert f'href="{funding}">Assiette éligible 2025</a>' in shown
    assert "11 éléments sur 14 sont renseignés" in shown


def test_each_year_is_told_against_its_cap_its_budget_and_the_rule_of_sharing(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    edits = {"caps/2024/ae": "9 000", "caps/2025/ae": "", "sheets/A01/lines/D2025/planned": "4 000"}
    change_text(contract=contract, edits=edits, seen={}, by=cast.commissioner, at=builders.AT)
    shown = page(client_for(cast.ddets), "contract-negotiation", contract.pk)
    assert "−1 000 €" in shown  # left under the cap of 2024
    assert "1 000 € de plus que le plafond annuel" in shown
    assert "La tenue du plafond annuel de l'État en 2025 ne peut pas être vérifiée" in shown.replace("’", "'")
    assert "il manque 1 000 € pour atteindre" in shown
    # The parameter of the rule, its value, its reference, and whether it is confirmed.
    assert "Part maximale de l'État" in shown.replace("’", "'")
    assert "50 %" in shown
    assert "Banque des Territoires" in shown
    assert "confirmé par sa source" in shown
    assert "à confirmer" in shown


def test_what_blocks_the_signature_is_listed_with_links(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    change_text(
        contract=contract,
        edits={"sheets/A01/pilot": "", "caps/2024/ae": "1"},
        seen={},
        by=cast.commissioner,
        at=builders.AT,
    )
    shown = page(client_for(cast.lead), "contract-negotiation", contract.pk)
    assert f'href="{reverse("contract-sheet-edit", args=[contract.pk, "A01"])}">Fiche A01</a>' in shown
    assert f'href="{reverse("contract-caps", args=[contract.pk])}">Plafond et budget de 2024</a>' in shown
    assert "n'a pas de pilote" in shown.replace("’", "'")


def test_one_changed_amount_changes_the_page(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    before = page(client_for(cast.lead), "contract-negotiation", contract.pk)
    change_text(
        contract=contract, edits={"sheets/A01/lines/E2024/planned": "4321"}, seen={}, by=cast.lead, at=builders.AT
    )
    after = page(client_for(cast.lead), "contract-negotiation", contract.pk)
    assert "4 321 €" not in before
    assert "4 321 €" in after
    assert "9 321 €" in after  # the State over the two sheets


# --- who may -----


def test_the_colleague_reads_and_is_offered_nothing_the_stranger_sees_nothing(
    contract: Contract, bruno: User, chloe: User, client_for: SignIn
) -> None:
    shown = page(client_for(bruno), "contract-negotiation", contract.pk)
    assert "A01 · Action A01" in shown
    for act in ("Ajouter une fiche", "Dupliquer", "Retirer", "Ne plus retenir", ">Modifier"):
        assert act not in shown
    assert client_for(chloe).get(reverse("contract-negotiation", args=[contract.pk])).status_code == 404


def test_who_negotiates_is_offered_what_the_table_says(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    state = page(client_for(cast.ddets), "contract-negotiation", contract.pk)
    partner = page(client_for(cast.lead), "contract-negotiation", contract.pk)
    assert "Ne plus retenir" in state
    assert "Ne plus retenir" not in partner
    for shown in (state, partner):
        assert "Dupliquer" in shown
        assert "Ajouter une fiche" in shown


@pytest.mark.parametrize("name", ["contract-sheet-copy", "contract-sheet-remove", "contract-sheet-restore"])
def test_writes_are_refused_to_the_reader_and_hidden_from_the_stranger(
    name: str, contract: Contract, bruno: User, chloe: User, client_for: SignIn
) -> None:
    before = text_of(contract)
    client_for(bruno).post(reverse(name, args=[contract.pk, "A01"]))
    assert client_for(chloe).post(reverse(name, args=[contract.pk, "A01"])).status_code == 404
    assert text_of(contract) == before


# --- sheets -----


def test_a_sheet_is_added_with_the_next_code(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    client = client_for(cast.lead)
    url = reverse("contract-sheet-add", args=[contract.pk])
    assert 'value="A03"' in client.get(url).content.decode()
    response = client.post(url, {"code": "a03", "title": "Une action", "axis": "PACTE-1"})
    assert response["Location"] == reverse("contract-sheet-edit", args=[contract.pk, "A03"])
    assert text_of(contract)["sheets"]["A03"]["title"] == "Une action"


@pytest.mark.parametrize(
    ("code", "why"), [("A01", "déjà ce code"), ("a 1", "en capitales et chiffres"), ("é", "en capitales")]
)
def test_a_code_that_cannot_serve_is_refused_and_nothing_typed_is_lost(
    code: str, why: str, contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    url = reverse("contract-sheet-add", args=[contract.pk])
    response = client_for(cast.lead).post(url, {"code": code, "title": "Titre tapé", "axis": ""})
    assert response.status_code == 422
    assert why in plain(response.content.decode())
    assert "Titre tapé" in response.content.decode()


def test_a_sheet_is_copied_with_its_money_and_targets_and_the_copy_can_be_undone(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client = client_for(cast.lead)
    response = client.post(reverse("contract-sheet-copy", args=[contract.pk, "A02"]), follow=True)
    sheets = text_of(contract)["sheets"]
    assert sheets["A03"] == sheets["A02"] | {"title": "Action A02 (copie)"}
    undo = reverse("contract-sheet-remove", args=[contract.pk, "A03"])
    assert f'action="{undo}"' in response.content.decode()
    client.post(undo)
    assert set(text_of(contract)["sheets"]) == {"A01", "A02"}


def test_a_sheet_taken_out_is_put_back_as_it_was(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    client, before = client_for(cast.lead), text_of(contract)
    remove = reverse("contract-sheet-remove", args=[contract.pk, "A01"])
    asked = plain(client.get(remove).content.decode())
    assert "Lignes de financement" in asked
    response = client.post(remove, follow=True)
    assert "A01" not in text_of(contract)["sheets"]
    restore = reverse("contract-sheet-restore", args=[contract.pk, "A01"])
    assert f'action="{restore}"' in response.content.decode()
    client.post(restore)
    assert text_of(contract) == before
    actions = AuditEntry.objects.filter(action="contract.text").values_list("summary", flat=True)
    assert any("fiche A01 retirée" in one for one in actions)
    assert any("fiche A01 rétablie" in one for one in actions)


def test_what_was_never_taken_out_is_not_put_back(contract: Contract, cast: builders.Cast, client_for: SignIn) -> None:
    before = text_of(contract)
    response = client_for(cast.lead).post(reverse("contract-sheet-restore", args=[contract.pk, "Z99"]), follow=True)
    assert "n’en a jamais été retirée" in response.content.decode()
    assert text_of(contract) == before


def test_a_sheet_is_set_aside_and_the_message_undoes_it(
    contract: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    client = client_for(cast.ddets)
    response = client.post(reverse("contract-sheet-choose", args=[contract.pk, "A01", "ne-plus-retenir"]), follow=True)
    assert contract.sheets.get(code="A01").status == "proposed"
    assert "A01 est proposée : retenez-la" in plain(response.content.decode())
    undo = reverse("contract-sheet-choose", args=[contract.pk, "A01", "retenir"])
    assert f'action="{undo}"' in response.content.decode()
    client.post(undo)
    assert contract.sheets.get(code="A01").status == "retained"
    partner = client_for(cast.lead).post(undo, follow=True)
    assert "ne permet pas" in plain(partner.content.decode())


# --- an amendment -----


@pytest.fixture
def amended(territories: dict[str, Territory], cast: builders.Cast) -> Contract:
    """In force, with an amendment of amounts in which one amount differs."""
    made = builders.signed_contract(territories["DEP-44"], cast)
    propose_amendment(contract=made, title="Plus", kinds=["amount"], reason="", by=cast.lead, at=builders.AT)
    change_text(contract=made, edits={"sheets/A01/lines/D2025/planned": "6000"}, seen={}, by=cast.lead, at=builders.AT)
    return made


def test_an_open_amendment_says_which_version_is_in_force_and_what_differs(
    amended: Contract, cast: builders.Cast, client_for: SignIn
) -> None:
    shown = page(client_for(cast.lead), "contract-negotiation", amended.pk)
    assert "La version 1 reste en vigueur" in shown
    assert "Cet avenant ouvre : Montants." in shown
    assert "1 différence avec la version en vigueur" in shown
    assert "Fiche A01 · Ligne D2025 · Prévu (AE)" in shown
    assert "6 000 €" in shown
    for closed in ("Ajouter une fiche", "Dupliquer", "Retirer"):
        assert closed not in shown


def test_a_contract_in_force_without_amendment_is_read_only(
    territories: dict[str, Territory], cast: builders.Cast, client_for: SignIn
) -> None:
    made = builders.signed_contract(territories["DEP-44"], cast)
    shown = page(client_for(cast.commissioner), "contract-negotiation", made.pk)
    assert "Le texte n’est pas modifiable" in shown
    for closed in ("Ajouter une fiche", "Dupliquer", "Retirer", "Ne plus retenir"):
        assert closed not in shown
