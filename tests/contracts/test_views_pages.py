"""The list of contracts, the form that opens one, the page of a contract, its people and its papers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from maillage.contracts.models import Contract
from maillage.contracts.rules import checked
from maillage.contracts.services.contracts import name_participant, take_over
from maillage.contracts.services.money import waive_rule, withdraw_rule_waiver
from maillage.contracts.services.texts import change_text
from maillage.contracts.text import text_of
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.sources.models import SourceDocument
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.builders import AT, PDF, Cast
from tests.factories import Held, content_of, make_user

ClientFor = Callable[[User], Client]


@pytest.fixture
def cast(territories: dict[str, Territory]) -> Cast:
    builders.make_reference_rows()
    return builders.make_cast()


@pytest.fixture
def draft(territories: dict[str, Territory], cast: Cast) -> Contract:
    return builders.fill(builders.make_contract(territories["DEP-44"], cast), cast)


@pytest.fixture
def signed(territories: dict[str, Territory], cast: Cast) -> Contract:
    return builders.signed_contract(territories["DEP-44"], cast, reference="CLS-SIGNE")


def page_of(contract: Contract) -> str:
    return reverse("contract", args=[contract.pk])


def read(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    return response.content.decode()


def own_pages(contract: Contract) -> list[str]:
    return [reverse(name, args=[contract.pk]) for name in ("contract", "contract-participants", "contract-attach")]


# --- who sees what --------------------------------------------------------------------------------------------------


def test_the_team_works(client_for: ClientFor, aicha: User, draft: Contract) -> None:
    client = client_for(aicha)
    for address in [reverse("contracts"), reverse("contract-create"), *own_pages(draft)]:
        read(client, address)
    page = read(client, page_of(draft))
    for action in ("Ouvrir la négociation", "Annuler", "Désigner ou retirer", "Déposer une délibération", "Abandonner"):
        assert action in page
    assert "Ouvrir un contrat" in read(client, reverse("contracts"))


def test_the_colleague_reads_and_has_no_button(client_for: ClientFor, bruno: User, draft: Contract) -> None:
    client = client_for(bruno)
    assert draft.reference in read(client, reverse("contracts"))
    pages = read(client, reverse("contracts")) + read(client, page_of(draft))
    for action in ("Ouvrir un contrat", "/etape/", "/personnes/", "/pieces/", "/derogation/"):
        assert action not in pages
    for name in ("contract-participants", "contract-attach", "contract-waive"):
        assert client.get(reverse(name, args=[draft.pk])).status_code == 403
    assert client.get(reverse("contract-create")).status_code == 403


def test_those_outside_do_not_know_of_it(client_for: ClientFor, chloe: User, draft: Contract, signed: Contract) -> None:
    client = client_for(chloe)
    listed = read(client, reverse("contracts"))
    for contract in (draft, signed):
        assert contract.reference not in listed
        for address in own_pages(contract):
            assert client.get(address).status_code == 404
        assert client.post(reverse("contract-attach", args=[contract.pk])).status_code == 404


def test_everyone_signs_in(client: Client, draft: Contract) -> None:
    for address in [reverse("contracts"), reverse("contract-create"), *own_pages(draft)]:
        response = client.get(address)
        assert response.status_code == 302
        assert reverse("login") in response.headers["Location"]


def test_a_mayor_reads_the_signed_contract_and_no_name(
    client_for: ClientFor, cast: Cast, draft: Contract, signed: Contract
) -> None:
    name_participant(contract=signed, user=cast.lead, role=Role.DEPARTEMENT, by=cast.ddets, at=AT)
    client = client_for(make_user("Maire", Held(Role.MAYOR, "DEP-44")))
    assert client.get(page_of(draft)).status_code == 404
    page = read(client, page_of(signed))
    assert "En vigueur" in page
    assert cast.lead.full_name not in page
    assert "Dernières étapes" not in page


def test_nobody_has_a_contract_yet(client_for: ClientFor, bruno: User, territories: dict[str, Territory]) -> None:
    assert "Aucun contrat ne vous est ouvert" in read(client_for(bruno), reverse("contracts"))


# --- the list -------------------------------------------------------------------------------------------------------


def lines_of(client: Client, query: str = "") -> list[dict[str, str]]:
    """The list as its export gives it."""
    response = client.get(f"{reverse('contracts')}?export=csv&tableau=contrats{query}")
    return list(csv.DictReader(io.StringIO(content_of(response).decode("utf-8-sig")), delimiter=";"))


def test_a_line_says_what_comes_next_and_who_it_waits_for(
    client_for: ClientFor, aicha: User, cast: Cast, territories: dict[str, Territory], draft: Contract, signed: Contract
) -> None:
    empty = builders.make_contract(territories["DEP-85"], cast, reference="VIDE")
    builders.advance(draft, cast, until="agreed")
    lines = {line["Référence"]: line for line in lines_of(client_for(aicha))}
    agreed, over, blank = (lines[one.reference] for one in (draft, signed, empty))
    assert (agreed["État"], agreed["Prochaine étape"]) == ("Accord technique", "Enregistrer la délibération")
    assert agreed["Attendue de"] == "le département"
    assert (over["Prochaine étape"], over["Attendue de"]) == ("Constater l’échéance", "l’équipe régionale")
    assert agreed["Crédits de l'État prévus (€)"] == "10000"
    assert blank["Crédits de l'État prévus (€)"] == ""  # nothing is written: it is not zero
    assert blank["Maillons"] == "aucune fiche"


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("&territoire=DEP-85", {"AUTRE"}),
        ("&etat=in_force", {"CLS-SIGNE"}),
        ("&nature=calpae", {"AUTRE"}),
        ("&annee=2019", {"AUTRE"}),
        ("&annee=2024", {"CLS-ESSAI-1", "CLS-SIGNE"}),
        ("&etat=nimporte", {"AUTRE", "CLS-ESSAI-1", "CLS-SIGNE"}),
    ],
)
def test_the_list_is_filtered(
    client_for: ClientFor,
    aicha: User,
    cast: Cast,
    territories: dict[str, Territory],
    draft: Contract,
    signed: Contract,
    query: str,
    kept: set[str],
) -> None:
    years = {"starts_on": date(2019, 1, 1), "ends_on": date(2020, 12, 31)}
    builders.make_contract(territories["DEP-85"], cast, reference="AUTRE", kind="calpae", **years)
    assert {line["Référence"] for line in lines_of(client_for(aicha), query)} == kept


def test_the_list_is_cut_in_groups(client_for: ClientFor, aicha: User, draft: Contract, signed: Contract) -> None:
    page = read(client_for(aicha), f"{reverse('contracts')}?grouper=etat")
    assert page.index("Brouillon (1)") < page.index("En vigueur (1)")


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as seen:
        read(client, address)
    assert len(seen), "nothing was counted"
    return len(seen)


def test_the_list_asks_as_much_for_two_contracts_as_for_twelve(
    client_for: ClientFor, aicha: User, cast: Cast, territories: dict[str, Territory]
) -> None:
    def add(rank: int) -> None:
        code = ("DEP-44", "DEP-85", "DEP-53")[rank % 3]
        people = builders.make_cast(code)
        contract = builders.make_contract(territories[code], people, reference=f"C{rank}")
        builders.fill(contract, people, ("A01", "A02"))

    for rank in range(2):
        add(rank)
    before = queries_of(client_for(aicha), reverse("contracts"))
    for rank in range(2, 12):
        add(rank)
    assert queries_of(client_for(aicha), reverse("contracts")) == before
    assert before <= 22


# --- opening --------------------------------------------------------------------------------------------------------


def opening(**fields: Any) -> dict[str, Any]:
    given = {
        "reference": "CLS-44-2024",
        "kind": "cls",
        "title": "Contrat local des solidarités",
        "territory": "DEP-44",
        "starts_on": "2024-01-01",
        "ends_on": "31/12/2027",
    }
    return given | fields


def test_a_ddets_opens_a_contract_on_its_territory(client_for: ClientFor, ddets: User, cast: Cast) -> None:
    response = client_for(ddets).post(reverse("contract-create"), opening())
    contract = Contract.objects.get(reference="CLS-44-2024")
    assert response.headers["Location"] == page_of(contract)
    assert contract.created_by == ddets
    assert contract.caps.count() == 4


def test_the_form_offers_only_where_one_may_open(client_for: ClientFor, ddets: User, cast: Cast) -> None:
    page = read(client_for(ddets), reverse("contract-create"))
    assert "Loire-Atlantique" in page
    assert "Nantes Métropole" in page
    assert "Vendée" not in page
    assert client_for(ddets).post(reverse("contract-create"), opening(territory="DEP-85")).status_code == 422
    assert not Contract.objects.exists()


def test_a_refused_opening_keeps_what_was_typed(client_for: ClientFor, ddets: User, draft: Contract) -> None:
    typed = opening(reference=draft.reference, title="Un titre <tapé>", ends_on="2023-01-01")
    response = client_for(ddets).post(reverse("contract-create"), typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert "Un contrat porte déjà cette référence" in page
    assert "La fin précède le début" in page
    assert "Un titre &lt;tapé&gt;" in page
    assert Contract.objects.count() == 1


@pytest.mark.parametrize("who", ["lead", "prefect"])
def test_the_other_party_and_the_prefect_open_nothing(client_for: ClientFor, cast: Cast, who: str) -> None:
    client = client_for(getattr(cast, who))
    assert client.get(reverse("contract-create")).status_code == 403
    assert client.post(reverse("contract-create"), opening()).status_code == 403
    assert not Contract.objects.exists()


# --- the page -------------------------------------------------------------------------------------------------------


def test_every_point_that_blocks_is_listed_with_its_place(client_for: ClientFor, cast: Cast, draft: Contract) -> None:
    edits = {"sheets/A02/title": "Commencée", "sheets/A01/lines/D2025/planned": "4 000"}
    change_text(contract=draft, edits=edits, seen={}, by=cast.commissioner, at=AT)
    page = read(client_for(cast.ddets), page_of(draft))
    blocked = page[page.index('id="blocages"') : page.index('id="argent"')]
    for rule in ("F1", "F2", "A2"):
        assert f"<strong>{rule}</strong>" in blocked
    assert "La fiche A02 est proposée" in blocked
    assert "Fiche A02" in blocked
    assert "derogation/?constat=F2" in blocked
    assert "constat=F1" not in blocked  # a sum that is false is never waived


def test_a_waiver_is_shown_with_who_when_and_why(client_for: ClientFor, cast: Cast, draft: Contract) -> None:
    edits = {f"sheets/A01/lines/{key}2025/planned": value for key, value in (("E", "5500"), ("D", "4500"))}
    edits |= {"caps/2025/ae": "5500"}
    change_text(contract=draft, edits=edits, seen={}, by=cast.commissioner, at=AT)
    waivable = [one for one in checked(draft, text_of(draft)).findings if one.waivable]
    assert waivable
    for one in waivable:
        waiver = waive_rule(contract=draft, key=one.key, reason="Accord du 3 mars", by=cast.ddets, at=AT)
    for who in ("prefect", "lead"):
        page = read(client_for(getattr(cast, who)), page_of(draft))
        assert "Dérogation accordée par Denis Caro le 4 mars 2024" in page
        assert "Accord du 3 mars" in page
        assert ("Retirer la dérogation" in page) is (who == "prefect")
    withdraw_rule_waiver(waiver=waiver, by=cast.ddets, at=AT)
    assert "Accorder une dérogation" in read(client_for(cast.prefect), page_of(draft))


def test_amounts_are_by_year_and_family_with_what_the_cap_leaves(
    client_for: ClientFor, cast: Cast, draft: Contract
) -> None:
    change_text(contract=draft, edits={"caps/2025/ae": "7000"}, seen={}, by=cast.commissioner, at=AT)
    response = client_for(cast.ddets).get(f"{page_of(draft)}?export=csv&tableau=montants")
    rows = list(csv.reader(io.StringIO(content_of(response).decode("utf-8-sig")), delimiter=";"))
    found = {row[0]: row[1:] for row in rows if row}
    assert [value.split(",")[0] for value in found["2025"]] == ["5000", "5000", "0", "0", "10000", "50", "7000", "2000"]


def test_a_contract_taken_over_says_what_is_not_known_and_no_zero(
    client_for: ClientFor, cast: Cast, territories: dict[str, Territory]
) -> None:
    years = {"starts_on": date(2019, 1, 1), "ends_on": date(2020, 12, 31)}
    contract = builders.make_contract(territories["DEP-44"], cast, kind="calpae", **years)
    contract.caps.filter(year=2019).update(ae=1234567)
    document = SourceDocument.objects.create(code="CONV", title="La convention publiée")
    take_over(contract=contract, document=document, locator="page 3", signed_on=date(2019, 7, 5), by=cast.ddets, at=AT)
    page = read(client_for(cast.ddets), page_of(contract))
    for known in ("La convention publiée", "page 3", "1\u202f234\u202f567\u00a0€", "5 juillet 2019"):
        assert known in page
    for unknown in ("n.\u00a0c.", "ne l’est pas", "Les signataires ne sont pas connus", "ne sont pas connues"):
        assert unknown in page
    main = page[page.index("<main") : page.index("</main>")]
    assert "0\u00a0€" not in main.replace("567\u00a0€", "")
    assert "En négociation" not in main  # how it was negotiated is not known
    line = next(one for one in lines_of(client_for(cast.ddets)))
    assert (line["Maillons"], line["Crédits de l'État prévus (€)"]) == ("non mesurés", "1234567")


def test_a_document_that_gives_the_state_s_lines_only_says_nothing_of_the_others(
    client_for: ClientFor, cast: Cast, territories: dict[str, Territory]
) -> None:
    contract = builders.make_contract(territories["DEP-44"], cast, kind="calpae", ends_on=date(2024, 12, 31))
    edits = {"sheets/S1/title": "Mesure socle", "sheets/S1/axis": "PACTE-1"}
    edits |= {f"sheets/S1/lines/E/{name}": value for name, value in (("year", "2024"), ("funder", "ETAT"))}
    edits |= {"sheets/S1/lines/E/planned": "40000"}
    change_text(contract=contract, edits=edits, seen={}, by=cast.commissioner, at=AT)
    document = SourceDocument.objects.create(code="CONV", title="La convention publiée")
    take_over(contract=contract, document=document, locator="", signed_on=None, by=cast.ddets, at=AT)
    client = client_for(cast.ddets)
    page = read(client, page_of(contract))
    money = page[page.index('id="argent"') : page.index('id="fiches"')]
    assert "40\u202f000\u00a0€" in money
    assert ">0\u00a0€" not in money
    response = client.get(f"{page_of(contract)}?export=csv&tableau=montants")
    rows = list(csv.reader(io.StringIO(content_of(response).decode("utf-8-sig")), delimiter=";"))
    found = {row[0]: row[1:] for row in rows if row}
    assert found["2024"] == ["40000", "", "", "", "", "", "", ""]
    assert "date de signature non connue" in page


def test_the_page_shows_versions_papers_and_last_moves(client_for: ClientFor, cast: Cast, signed: Contract) -> None:
    page = read(client_for(cast.lead), page_of(signed))
    for text in (
        "Version 1, en vigueur depuis le",
        "Délibération du 4 mars 2024",
        "version 1",
        "en vigueur · Fabienne",
    ):
        assert text in page


def test_a_linked_contract_is_named_only_to_who_may_see_it(
    client_for: ClientFor, cast: Cast, territories: dict[str, Territory], signed: Contract
) -> None:
    link = builders.make_contract(
        territories["DEP-44"],
        cast,
        reference="LIEN-1",
        kind="annual_link",
        linked_to=signed,
        ends_on=date(2024, 12, 31),
    )
    assert "LIEN-1" in read(client_for(cast.lead), page_of(signed))
    assert signed.reference in read(client_for(cast.lead), page_of(link))
    mayor = make_user("Maire", Held(Role.MAYOR, "DEP-44"))
    assert "LIEN-1" not in read(client_for(mayor), page_of(signed))


def test_who_may_not_see_the_contract_above_does_not_read_its_name(
    client_for: ClientFor, cast: Cast, territories: dict[str, Territory], draft: Contract
) -> None:
    agreement = builders.make_contract(territories["DEP-44"], cast, reference="CPO-1", kind="cpo", linked_to=draft)
    person = make_user("Hélène Asso", Held(Role.ASSOCIATION, "DEP-44"))
    name_participant(contract=agreement, user=person, role=Role.ASSOCIATION, by=cast.ddets, at=AT)
    assert draft.reference in read(client_for(cast.ddets), page_of(agreement))
    assert draft.reference not in read(client_for(person), page_of(agreement))


def test_the_page_asks_as_much_for_one_sheet_as_for_six(
    client_for: ClientFor, cast: Cast, territories: dict[str, Territory], draft: Contract
) -> None:
    codes = tuple(f"A{rank:02}" for rank in range(1, 7))
    large = builders.fill(builders.make_contract(territories["DEP-44"], cast, reference="GRAND"), cast, codes)
    before = queries_of(client_for(cast.ddets), page_of(draft))
    assert queries_of(client_for(cast.ddets), page_of(large)) == before
    assert before <= 45


# --- people and papers ----------------------------------------------------------------------------------------------


def test_a_person_is_chosen_among_those_who_hold_the_role(client_for: ClientFor, cast: Cast, draft: Contract) -> None:
    elsewhere = make_user("Zoé Ailleurs", Held(Role.DEPARTEMENT, "DEP-85"))
    others = (Held(Role.DDETS, "DEP-85"), Held(Role.DEPARTEMENT, "EPCI-244400404"), Held(Role.DEPARTEMENT, "REG-52"))
    names = [make_user(f"Xavier {rank}", held).full_name for rank, held in enumerate(others)]
    address = reverse("contract-participants", args=[draft.pk])
    client = client_for(cast.ddets)
    page = read(client, address)
    assert cast.lead.full_name in page
    assert not [name for name in (elsewhere.full_name, *names) if name in page]
    assert client.post(address, {"person": f"{elsewhere.pk}:departement"}).status_code == 422
    assert client.post(address, {"person": f"{cast.lead.pk}:commissioner"}).status_code == 422
    assert client.post(address, {"person": f"{cast.lead.pk}:departement"}).status_code == 302
    assert [one.user for one in draft.participants.all()] == [cast.lead]


def test_an_association_is_named_then_reads_its_agreement_then_no_more(
    client_for: ClientFor, cast: Cast, territories: dict[str, Territory]
) -> None:
    agreement = builders.make_contract(territories["DEP-44"], cast, reference="CPO-1", kind="cpo")
    person = make_user("Hélène Asso", Held(Role.ASSOCIATION, "DEP-44"))
    assert client_for(person).get(page_of(agreement)).status_code == 404
    client = client_for(cast.ddets)
    address = reverse("contract-participants", args=[agreement.pk])
    client.post(address, {"person": f"{person.pk}:association"})
    read(client_for(person), page_of(agreement))
    named = agreement.participants.get()
    remove = reverse("contract-participant-remove", args=[agreement.pk, named.pk])
    assert "Hélène Asso" in read(client, remove)
    assert client_for(person).post(remove).status_code == 403
    assert client.post(remove).status_code == 302
    assert client.get(remove).status_code == 404
    assert client_for(person).get(page_of(agreement)).status_code == 404


def paper(**fields: Any) -> dict[str, Any]:
    file = SimpleUploadedFile("deliberation.pdf", PDF, content_type="application/pdf")
    return {"kind": "deliberation", "title": "Délibération", "dated_on": "2024-03-01", "file": file} | fields


def test_a_deliberation_is_deposited_and_downloaded(client_for: ClientFor, cast: Cast, draft: Contract) -> None:
    client = client_for(cast.lead)
    assert client.post(reverse("contract-attach", args=[draft.pk]), paper()).status_code == 302
    deposited = draft.attachments.get()
    assert (deposited.dated_on, deposited.by) == (date(2024, 3, 1), cast.lead)
    address = reverse("file", args=[deposited.file_id])
    assert address in read(client, page_of(draft))
    assert content_of(client.get(address)) == PDF


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"dated_on": "2999-01-01"}, "dans le futur"),
        ({"file": SimpleUploadedFile("piece.pdf", b"MZ not a pdf")}, "pas un PDF"),
        ({"file": SimpleUploadedFile("piece.exe", b"MZ")}, "type accepté"),
        ({"kind": "invented"}, "Nature de la pièce"),
    ],
)
def test_a_refused_paper_changes_nothing_and_keeps_its_title(
    client_for: ClientFor, cast: Cast, draft: Contract, fields: dict[str, Any], said: str
) -> None:
    response = client_for(cast.lead).post(
        reverse("contract-attach", args=[draft.pk]), paper(title="Un titre gardé", **fields)
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert "Un titre gardé" in page
    assert not draft.attachments.exists()
