"""Pages of the exchange with spreadsheets: who may, what they show, what they write."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.contracts.models import Contract
from maillage.contracts.selectors.drafts import draft_of
from maillage.contracts.services.texts import change_text
from maillage.core.enums import Role
from maillage.core.models import AuditEntry, User
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.builders import AT, Cast
from tests.contracts.test_exchange import Sheets
from tests.factories import Held, make_user

ClientFor = Callable[[User], Client]


@pytest.fixture
def cast(territories: dict[str, Territory]) -> Cast:
    return builders.make_cast()


@pytest.fixture
def contract(territories: dict[str, Territory], cast: Cast) -> Contract:
    builders.make_reference_rows()
    return builders.fill(builders.make_contract(territories["DEP-44"], cast), cast)


@pytest.fixture
def reader(territories: dict[str, Territory]) -> User:
    return make_user("Bruno Le Goff", Held(Role.READER, "REG-52"))


@pytest.fixture
def stranger(territories: dict[str, Territory]) -> User:
    return make_user("Chloé Martin", Held(Role.DEPARTEMENT, "DEP-35"))


def address(contract: Contract, name: str = "contract-spreadsheet", *more: object) -> str:
    return reverse(name, args=[contract.pk, *more])


def taken(client: Client, contract: Contract, fmt: str = "xlsx") -> bytes:
    return client.get(address(contract, "contract-template-file", fmt)).content


def send(client: Client, contract: Contract, content: bytes, name: str = "retour.xlsx") -> HttpResponse:
    answer: Any = client.post(address(contract), {"file": SimpleUploadedFile(name, content)})
    return answer


def text(answer: HttpResponse) -> str:
    """What a page says, without its marks, its typography apart."""
    plain = re.sub(r"<[^>]+>", " ", answer.content.decode()).replace("&#x27;", "'").replace("\u2019", "'")
    return re.sub(r"\s+", " ", plain)


# --- who may ----------------------------------------------------------------------------------------------------------


def test_who_sees_the_contract_takes_the_workbook_and_only_its_parties_send_it(
    contract: Contract, cast: Cast, reader: User, stranger: User, client_for: ClientFor
) -> None:
    pages = [address(contract), address(contract, "contract-template-file", "ods")]
    for url in pages:
        assert Client().get(url).status_code == 302
        assert client_for(stranger).get(url).status_code == 404
        assert client_for(reader).get(url).status_code == 200
        assert client_for(cast.lead).get(url).status_code == 200
    assert "Examiner le classeur" not in text(client_for(reader).get(pages[0]))
    assert "Examiner le classeur" in text(client_for(cast.lead).get(pages[0]))
    assert send(client_for(reader), contract, b"x").status_code == 403
    assert client_for(reader).get(address(contract, "contract-paste", "A01")).status_code == 403
    assert client_for(stranger).get(address(contract, "contract-paste", "A01")).status_code == 404
    assert Client().get(address(contract, "contract-paste", "A01")).status_code == 302
    assert client_for(cast.lead).get(address(contract, "contract-paste", "A09")).status_code == 404
    assert client_for(cast.lead).get(address(contract, "contract-template-file", "csv")).status_code == 404


def test_a_file_is_examined_by_who_sent_it(contract: Contract, cast: Cast, client_for: ClientFor) -> None:
    sent = send(client_for(cast.lead), contract, taken(client_for(cast.lead), contract))
    assert client_for(cast.lead).get(sent["Location"]).status_code == 200
    assert client_for(cast.ddets).get(sent["Location"]).status_code == 404


def test_a_contract_in_force_is_read_and_not_sent_back(contract: Contract, cast: Cast, client_for: ClientFor) -> None:
    signed = builders.advance(contract, cast)
    client = client_for(cast.lead)
    assert "Rien à déposer ici" in text(client.get(address(signed)))
    sheets = Sheets(taken(client, signed))
    assert all(sheets.book[name].protection.sheet for name in ("Contrat", "Plafonds", "Fiches", "Financement"))
    sent = send(client, signed, sheets.set("Fiches", 2, Intitulé="Autre").content)
    assert "Le texte n'est pas modifiable dans cet état" in text(client.get(sent["Location"]))


# --- from the workbook to the text ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fmt", ["xlsx", "ods"])
def test_a_workbook_sent_back_as_it_is_has_nothing_to_write(
    contract: Contract, cast: Cast, client_for: ClientFor, fmt: str
) -> None:
    client = client_for(cast.lead)
    sent = send(client, contract, taken(client, contract, fmt), f"retour.{fmt}")
    page = text(client.get(sent["Location"]))
    assert "Rien ne change" in page
    assert "Enregistrer ces changements" not in page


def test_what_changes_is_shown_then_written_at_once(contract: Contract, cast: Cast, client_for: ClientFor) -> None:
    client = client_for(cast.lead)
    sheets = Sheets(taken(client, contract)).set("Fiches", 2, Intitulé="Ouvrir des places", Pilote=None)
    sheets.put("Financement", 6, {"Fiche": "A01", "Année": 2024, "Financeur": "CAF", "Prévu (AE)": "1 234,50 €"})
    sheets.put("Financement", 3, {"Retirer": "oui"})
    sent = send(client, contract, sheets.content)
    before = AuditEntry.objects.filter(action="contract.text").count()
    page = text(client.get(sent["Location"]))
    assert "1 champ modifié, 1 champ effacé, 1 ajout, 1 retrait" in page
    assert "Fiches, ligne 2 Fiche A01 · Intitulé Modifié Action A01 Ouvrir des places" in page
    assert draft_of(contract).text["sheets"]["A01"]["title"] == "Action A01"
    answer = client.post(sent["Location"])
    assert answer.status_code == 302
    sheet = draft_of(contract).text["sheets"]["A01"]
    assert (sheet["title"], sheet["pilot"], sheet["lines"]["L1"]["planned"]) == ("Ouvrir des places", None, "1234.5")
    assert "D2025" not in sheet["lines"]
    written = AuditEntry.objects.filter(action="contract.text")
    assert written.count() == before + 1
    assert "(tableur)" in str(written.latest("pk").summary)
    assert "Rien ne change" in text(client.get(sent["Location"]))


def test_what_another_wrote_meanwhile_is_asked_about(contract: Contract, cast: Cast, client_for: ClientFor) -> None:
    client = client_for(cast.lead)
    content = Sheets(taken(client, contract)).set("Fiches", 2, Intitulé="Du tableur", Pilote="CAF").content
    change_text(contract=contract, edits={"sheets/A01/title": "De la page"}, seen={}, by=cast.ddets, at=AT)
    sent = send(client, contract, content)
    page = text(client.get(sent["Location"]))
    assert "1 champ modifié, 1 conflit" in page
    assert "Fiche A01 · Intitulé Action A01 Du tableur De la page" in page
    asked = client.post(sent["Location"])
    assert asked.status_code == 409
    assert draft_of(contract).text["sheets"]["A01"]["title"] == "De la page"
    found = re.search(r'name="conflict"\s+value="([^"]+)"', asked.content.decode())
    assert found is not None
    done = client.post(address(contract, "contract-conflict"), {"conflict": found[1], "c0": "mine"})
    assert done.status_code == 302
    sheet = draft_of(contract).text["sheets"]["A01"]
    assert (sheet["title"], sheet["pilot"]) == ("Du tableur", "CAF")


def test_caps_are_closed_to_the_partner(contract: Contract, cast: Cast, client_for: ClientFor) -> None:
    mine = Sheets(taken(client_for(cast.ddets), contract)).put("Plafonds", 2, {"Plafond de l'État (AE)": 1}).content
    sent = send(client_for(cast.lead), contract, mine)
    answer = client_for(cast.lead).get(sent["Location"])
    assert answer.status_code == 422
    assert "Feuille « Plafonds », ligne 2, colonne « Plafond de l'État (AE) * »" in text(answer)
    assert "écrits par l'État" in text(answer)
    assert client_for(cast.lead).post(sent["Location"]).status_code == 422
    assert draft_of(contract).text["caps"]["2024"]["ae"] == "5000"


def test_the_workbook_of_another_contract_is_refused(
    contract: Contract, cast: Cast, territories: dict[str, Territory], client_for: ClientFor
) -> None:
    other = builders.make_contract(territories["DEP-44"], cast, reference="AUTRE")
    client = client_for(cast.lead)
    sent = send(client, other, taken(client, contract))
    assert "celui d'un autre contrat" in text(client.get(sent["Location"]))


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xlsm", b"PK\x03\x04", "type accepté"),
        ("a.csv", b"a;b\n1;2\n", "type accepté"),
        ("a.xlsx", b"", "vide"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "abîmé"),
    ],
)
def test_a_file_of_another_kind_is_refused_at_the_door(
    contract: Contract, cast: Cast, client_for: ClientFor, name: str, content: bytes, told: str
) -> None:
    answer = send(client_for(cast.lead), contract, content, name)
    assert answer.status_code == 422
    assert told in text(answer)


# --- pasting ----------------------------------------------------------------------------------------------------------

BLOCK = (
    "Financeur\tEn nature\t2024 (AE)\t2024 (CP)\t2025 (AE)\n"
    "État\tnon\t6 000,50\t\t\nCAF\toui\t12,5\t10\t\nTotal\t\t9\t9\t9\n"
)


def hidden(answer: HttpResponse, name: str) -> str:
    found = re.search(rf'name="{name}"\s+value="([^"]*)"', answer.content.decode())
    assert found is not None
    return found[1]


def test_a_block_is_examined_then_written(contract: Contract, cast: Cast, client_for: ClientFor) -> None:
    client, url = client_for(cast.lead), address(contract, "contract-paste", "A01")
    base = hidden(client.get(url), "base")
    seen = client.post(url, {"pasted": BLOCK, "base": base})
    assert seen.status_code == 200
    page = text(seen)
    assert "2024 (AE) Prévu (AE) 2024" in page
    assert "État 2024 non 6 000,50 € avant : 5 000 € " in page
    assert "CAF 2024 oui 12,50 € 10 € L1 Ajouté" in page
    assert draft_of(contract).text["sheets"]["A01"]["lines"]["E2024"]["planned"] == "5000"
    sent = {"pasted": BLOCK, "base": base, "examined": hidden(seen, "examined")}
    assert client.post(url, sent).status_code == 302
    lines = draft_of(contract).text["sheets"]["A01"]["lines"]
    assert (lines["E2024"]["planned"], lines["L1"]["planned_cp"], lines["L1"]["in_kind"]) == ("6000.5", "10", True)
    assert "(collage)" in str(AuditEntry.objects.filter(action="contract.text").latest("pk").summary)
    client.post(url, sent)
    assert draft_of(contract).text["sheets"]["A01"]["lines"] == lines


def test_a_block_changed_after_its_examination_is_examined_again(
    contract: Contract, cast: Cast, client_for: ClientFor
) -> None:
    client, url = client_for(cast.lead), address(contract, "contract-paste", "A01")
    base = hidden(client.get(url), "base")
    mark = hidden(client.post(url, {"pasted": BLOCK, "base": base}), "examined")
    answer = client.post(url, {"pasted": BLOCK.replace("12,5", "99"), "base": base, "examined": mark})
    assert answer.status_code == 200
    assert "L1" not in draft_of(contract).text["sheets"]["A01"]["lines"]


def test_a_refused_block_is_still_there(contract: Contract, cast: Cast, client_for: ClientFor) -> None:
    client, url = client_for(cast.lead), address(contract, "contract-paste", "A01")
    answer = client.post(url, {"pasted": "Inconnu\tnon\t12\n", "base": ""})
    assert answer.status_code == 422
    assert "Ligne 1, colonne « Financeur »" in text(answer)
    assert "Inconnu" in answer.content.decode()


def test_a_block_over_what_another_wrote_asks(contract: Contract, cast: Cast, client_for: ClientFor) -> None:
    client, url = client_for(cast.lead), address(contract, "contract-paste", "A01")
    base = hidden(client.get(url), "base")
    change_text(contract=contract, edits={"sheets/A01/lines/E2024/planned": "7"}, seen={}, by=cast.ddets, at=AT)
    seen = client.post(url, {"pasted": BLOCK, "base": base})
    assert "Ce que quelqu'un d'autre a changé entre-temps" in text(seen)
    sent = {"pasted": BLOCK, "base": base, "examined": hidden(seen, "examined")}
    assert client.post(url, sent).status_code == 409
    assert draft_of(contract).text["sheets"]["A01"]["lines"]["E2024"]["planned"] == "7"


def test_queries_do_not_grow_with_the_sheets(
    contract: Contract, cast: Cast, client_for: ClientFor, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = client_for(cast.lead)
    codes = ("A01", "A02", "A03", "A04")
    builders.fill(contract, cast, codes)
    with django_assert_max_num_queries(30):
        content = taken(client, contract)
    sent = send(client, contract, Sheets(content).set("Fiches", 2, Intitulé="X").content)
    with django_assert_max_num_queries(34):
        client.get(sent["Location"])
    with django_assert_max_num_queries(30):
        client.get(address(contract, "contract-paste", "A01"))
