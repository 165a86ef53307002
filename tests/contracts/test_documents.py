"""Documents of contracts: what they say in the three formats, from which text, and how a page is tied to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from maillage.contracts.models import ContractVersion, Funder, GeneratedDocument
from maillage.contracts.paper import contexts
from maillage.contracts.paper.making import make
from maillage.contracts.paper.source import from_version
from maillage.contracts.paper.subjects import subject_of, subjects
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.services.contracts import create_contract
from maillage.contracts.services.documents import produce
from maillage.contracts.services.texts import change_text
from maillage.contracts.services.transitions import move_amendment
from maillage.core.models import AuditEntry
from maillage.documents.enums import Format
from maillage.engines.contract_text import REMOVED
from maillage.kernel.errors import MaillageError
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.papers import furniture_of, pages_of, pictures_of, plain, words_of
from tests.contracts.results_world import LATER, World, make_world

FORMATS = ("pdf", "docx", "odt")
OFFICE = ("docx", "odt")


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories, ("A01", "A02"))


def made(world: World, key: str, format: str) -> GeneratedDocument:
    return produce(contract=world.contract, key=key, format=format, by=world.cast.ddets, at=LATER)


def content(world: World, key: str, format: str) -> bytes:
    with made(world, key, format).file.content.open("rb") as handle:
        held: bytes = handle.read()
    return held


def said(world: World, key: str, format: str) -> str:
    return words_of(content(world, key, format), format)


def propose(world: World, edits: dict[str, Any], kinds: tuple[str, ...] = ("amount",)) -> Any:
    world.contract.refresh_from_db()
    amendment = propose_amendment(
        contract=world.contract, title="Relever 2025", kinds=kinds, reason="Besoins", by=world.cast.ddets, at=LATER
    )
    change_text(contract=world.contract, edits=edits, seen={}, by=world.cast.ddets, at=LATER)
    amendment.refresh_from_db()
    return amendment


MORE = {
    "sheets/A01/lines/E2025/planned": "5500",
    "sheets/A01/lines/D2025/planned": "5500",
    "sheets/A01/years/2025/total_cost": "11000",
    "sheets/A01/years/2025/eligible_cost": "11000",
    "caps/2025/budget": "21000",
    "caps/2025/ae": "10500",
}


def sign(world: World, amendment: Any) -> None:
    for name, who in builders.STEPS:
        if name == "deliberate":
            builders.deposit(world.contract, world.cast)
        amendment = move_amendment(amendment=amendment, name=name, by=getattr(world.cast, who), at=LATER)


# --- what is said, in the three formats -------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_a_convention_says_its_parties_its_money_and_its_actions(world: World, format: str) -> None:
    words = said(world, "convention-v1", format)
    for expected in (
        "Contrat d’essai",
        "Préfecture",
        "Conseil départemental",
        "Présidente",
        "40 000 € (quarante mille euros)",
        "20 000 € (vingt mille euros) en autorisations d’engagement",
        "en crédits de paiement",
        "Action A01",
        "Action A02",
        "Signé le 4 mars 2024",
        "Enfants accueillis",
        "20 personnes",
    ):
        assert expected in words, expected


@pytest.mark.parametrize("format", FORMATS)
def test_one_amount_changed_changes_everywhere_it_is_said(
    territories: dict[str, Territory], client_for: Any, format: str
) -> None:
    """The amount is typed once: the page, the text of the file, its sum and its words all follow."""
    builders.make_reference_rows()
    cast = builders.make_cast()
    contract = builders.fill(builders.make_contract(territories["DEP-44"], cast), cast)

    def shown() -> tuple[str, str]:
        document = produce(contract=contract, key="convention-projet", format=format, by=cast.ddets, at=LATER)
        with document.file.content.open("rb") as handle:
            words = words_of(handle.read(), format)
        page = client_for(cast.ddets).get(f"/contrats/{contract.pk}/negociation/")
        return words, plain(page.content.decode())

    words, page = shown()
    assert "10 000 € (dix mille euros) en autorisations" in words
    assert "7 321" not in words + page
    edits = {"sheets/A01/lines/E2024/planned": "7321", "sheets/A01/years/2024/total_cost": "12321"}
    change_text(contract=contract, edits=edits, seen={}, by=cast.ddets, at=LATER)
    words, page = shown()
    assert "12 321 € (douze mille trois cent vingt et un euros) en autorisations" in words
    assert "22 321 € (vingt-deux mille trois cent vingt et un euros)" in words
    assert "7 321 €" in words
    assert "7 321" in page


@pytest.mark.parametrize("format", FORMATS)
def test_what_people_typed_comes_out_whole(world: World, format: str) -> None:
    """Signs that mean something to XML, to Typst or to a template are only letters in a title."""
    title = "État & Dpt <44> #let {{ 7 * 7 }} *gras* $x$"
    propose(world, {"sheets/A01/title": title, "sheets/A01/need": "Ligne 1\nLigne <2>"}, ("action",))
    sign(world, world.contract.amendments.get())
    for key in ("convention-v2", "sheet-v2-A01", "amendment-1"):
        assert title in said(world, key, format), key


def test_a_funder_renamed_since_keeps_the_name_that_was_signed(world: World) -> None:
    Funder.objects.filter(code="DEP").update(name="Autre nom")
    for format in FORMATS:
        words = said(world, "convention-v1", format)
        assert "Autre nom" not in words
        assert "Département" in words


def test_a_version_gives_the_same_bytes_years_later(world: World) -> None:
    first = {format: content(world, "convention-v1", format) for format in FORMATS}
    propose(world, MORE)
    sign(world, world.contract.amendments.get())
    assert {format: content(world, "convention-v1", format) for format in FORMATS} == first
    assert "20 500 €" in said(world, "convention-v2", "pdf")


# --- what every page carries ------------------------------------------------------------------------------------------


def test_every_page_of_a_pdf_carries_its_reference_and_what_it_is_worth(world: World) -> None:
    version = ContractVersion.objects.get(contract=world.contract)
    pages = pages_of(content(world, "convention-v1", "pdf"))
    assert len(pages) > 3
    for page in pages:
        assert f"CLS-ESSAI-1 · version 1 · {version.sha256[:16]}" in page
        assert "Données de démonstration inventées" in page
        assert "Projet" not in page


@pytest.mark.parametrize("format", OFFICE)
def test_the_furniture_of_office_pages_carries_it_too(world: World, format: str) -> None:
    version = ContractVersion.objects.get(contract=world.contract)
    held = content(world, "convention-v1", format)
    furniture = furniture_of(held, format)
    assert f"CLS-ESSAI-1 · version 1 · {version.sha256[:16]}" in furniture
    assert "Données de démonstration inventées" in furniture
    assert pictures_of(held)


@pytest.mark.parametrize("format", FORMATS)
def test_a_draft_says_on_every_page_that_it_is_worth_nothing(world: World, format: str) -> None:
    propose(world, MORE)
    held = content(world, "amendment-1", format)
    everywhere = pages_of(held) if format == "pdf" else [furniture_of(held, format)]
    assert everywhere
    for page in everywhere:
        assert "Projet, sans valeur contractuelle · Données de démonstration inventées" in page
        assert "projet d’avenant 1" in page


def test_a_version_of_a_real_contract_carries_no_mention(world: World) -> None:
    source = replace(from_version(world.contract.versions.get()), is_demonstration=False)
    assert contexts.convention(source)["document"]["mention"] == ""
    pages = pages_of(make("convention", Format.PDF, contexts.convention(source)))
    assert not [page for page in pages if "inventées" in page or "Projet" in page]


def test_the_code_holds_the_absolute_address_where_the_instance_knows_it(world: World, settings: Any) -> None:
    version = ContractVersion.objects.get(contract=world.contract)
    settings.MAILLAGE_SITE_URL = ""
    assert "à saisir sur la page « Vérifier un document »" in pages_of(content(world, "sheet-v1-A01", "pdf"))[0]
    settings.MAILLAGE_SITE_URL = "https://maillage.exemple.fr"
    held = contexts.convention(from_version(version))["reference"]
    assert held["adresse"] == f"https://maillage.exemple.fr/verifier/CLS-ESSAI-1/1/{version.sha256[:16]}/"
    assert held["adresse"] in said(world, "sheet-v1-A01", "pdf")


# --- amendment, report ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_an_amendment_compares_field_by_field(world: World, format: str) -> None:
    propose(world, MORE)
    words = said(world, "amendment-1", format)
    for expected in ("modifie la version 1", "État 2025 · Prévu (AE)", "5 000 €", "5 500 €", "+500 €", "20 500 €"):
        assert expected in words, expected
    assert "2024 · Prévu" not in words


def test_a_signed_amendment_is_no_draft_and_names_the_version_it_made(world: World) -> None:
    propose(world, MORE)
    assert subject_of(world.contract, "amendment-1").title == "Avenant n° 1, projet"  # type: ignore[union-attr]  # it is there
    sign(world, world.contract.amendments.get())
    words = said(world, "amendment-1", "pdf")
    assert "CLS-ESSAI-1 · version 2 ·" in words
    assert "sans valeur" not in words


@pytest.mark.parametrize("format", FORMATS)
def test_a_report_is_a_draft_until_validated_then_keeps_its_figures(world: World, format: str) -> None:
    world.pay("committed", 4000)
    world.pay("paid", "1234.5")
    world.write()
    assert "Projet, rapport non validé" in said(world, "report-A01-2024", format)
    world.validated_report()
    before = content(world, "report-A01-2024", format)
    assert "1 234,50 € (mille deux cent trente-quatre euros et cinquante centimes)" in words_of(before, format)
    assert "Trois ateliers ouverts" in words_of(before, format)
    assert "30 personnes" in words_of(before, format)
    assert "Projet" not in words_of(before, format)
    world.pay("paid", 1000)
    assert content(world, "report-A01-2024", format) == before


# --- making -----------------------------------------------------------------------------------------------------------


def test_a_document_remembers_what_it_was_made_from(world: World) -> None:
    document = made(world, "sheet-v1-A02", "docx")
    assert (document.version, document.template) == (world.contract.versions.get(), None)
    assert document.sheet is not None
    assert document.sheet.code == "A02"
    assert document.file.name == "cls-essai-1-fiche-action-a02-version-1.docx"
    entry = AuditEntry.objects.get(action="contract.document")
    assert entry.changes["sha256"] == [None, document.file.sha256]


def test_the_same_document_is_not_kept_twice(world: World) -> None:
    assert made(world, "convention-v1", "odt").pk == made(world, "convention-v1", "odt").pk
    assert GeneratedDocument.objects.count() == 1


def test_a_sheet_of_a_draft_may_go_after_its_document_was_made(territories: dict[str, Territory]) -> None:
    builders.make_reference_rows()
    cast = builders.make_cast()
    contract = builders.fill(builders.make_contract(territories["DEP-44"], cast), cast, ("A01", "A02"))
    document = produce(contract=contract, key="sheet-projet-A02", format="odt", by=cast.ddets, at=LATER)
    change_text(contract=contract, edits={"sheets/A02": REMOVED}, seen={}, by=cast.ddets, at=LATER)
    document.refresh_from_db()
    assert (document.sheet, document.title) == (None, "Fiche action A02, projet")


def test_only_who_acts_on_the_contract_makes_its_documents(world: World) -> None:
    for user in (world.cast.lead, world.cast.prefect, world.cast.commissioner):
        assert produce(contract=world.contract, key="convention-v1", format="odt", by=user, at=LATER)
    for user in (world.reader, world.stranger):
        with pytest.raises(PermissionDenied):
            produce(contract=world.contract, key="convention-v1", format="odt", by=user, at=LATER)


def test_a_key_that_names_nothing_is_refused(world: World) -> None:
    for key in ("", "convention-projet", "convention-v2", "sheet-v1-Z9", "report-A01-2024"):
        with pytest.raises(MaillageError):
            made(world, key, "pdf")


def test_a_version_whose_snapshot_was_altered_gives_no_document(world: World) -> None:
    version = world.contract.versions.get()
    version.content = version.content.replace("5000", "6000")
    with pytest.raises(MaillageError, match="ne correspond plus à son empreinte"):
        from_version(version)


def test_a_contract_taken_over_says_what_it_does_not_know(territories: dict[str, Territory]) -> None:
    """No line, no signature day, no action: « n. c. » or nothing, never a zero."""
    cast = builders.make_cast()
    builders.make_reference_rows()
    contract = create_contract(
        reference="CAL-1",
        kind="calpae",
        title="Reprise",
        territory=territories["DEP-44"],
        starts_on=builders.AT.date(),
        ends_on=builders.AT.date(),
        by=cast.commissioner,
        at=builders.AT,
    )
    change_text(contract=contract, edits={"caps/2024/ae": "1000"}, seen={}, by=cast.commissioner, at=builders.AT)
    held = produce(contract=contract, key="convention-projet", format="pdf", by=cast.ddets, at=LATER)
    with held.file.content.open("rb") as handle:
        words = " ".join(pages_of(handle.read()))
    assert "1 000 € (mille euros)" in words
    assert " 0 €" not in words
    assert len(subjects(contract)) == 1
