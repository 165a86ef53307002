"""Templates that agents deposit: fields held equal to what documents give, refusals that say what to mend, pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from maillage.contracts.enums import DocumentKind
from maillage.contracts.models import DocumentTemplate, Ej
from maillage.contracts.paper.catalogue import CATALOGUES
from maillage.contracts.paper.making import make_example
from maillage.contracts.paper.outlines import built_in
from maillage.contracts.paper.subjects import subject_of
from maillage.contracts.paper.templates import in_use
from maillage.contracts.services.documents import deposit_template, produce, withdraw_template
from maillage.core.models import AuditEntry, StoredFile, User
from maillage.documents.merge import Kind
from maillage.kernel.errors import InputRefused
from maillage.territories.models import Territory
from tests.contracts.builders import sheet_edits
from tests.contracts.papers import words_of
from tests.contracts.results_world import LATER, World, make_world
from tests.contracts.test_documents import MORE, propose
from tests.documents import templates as handmade

ClientFor = Callable[..., Client]
OFFICE = ("docx", "odt")


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories)


def upload(content: bytes, format: str, name: str = "convention maison") -> SimpleUploadedFile:
    return SimpleUploadedFile(f"{name}.{format}", content)


def deposit(by: User, content: bytes, format: str = "docx", kind: str = "convention", nature: str = "cls") -> Any:
    file = upload(content, format)
    return deposit_template(kind=kind, contract_kind=nature, format=format, file=file, by=by, at=LATER)


def edited(format: str, before: str, after: str) -> bytes:
    """The built-in convention, with words replaced as an agent would do it."""
    made = built_in(DocumentKind.CONVENTION, format)
    part = handmade.main_part(handmade.Format(format))
    xml = handmade.read(made, part)
    assert before in xml
    return handmade.with_entry(made, part, xml.replace(before, after).encode())


# --- the catalogue is what documents give -----------------------------------------------------------------------------


def given(value: Any, path: str = "") -> Iterator[str]:
    """Every path of a context, « actions[].lignes[].ae »; lists must hold something to be read."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from given(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, list):
        assert value, f"{path} is empty: the test would see nothing of it"
        yield f"{path}[]"
        for inner in value:
            yield from given(inner, f"{path}[]")
    else:
        yield path


def declared(kind: str) -> set[str]:
    return {field.path for field in CATALOGUES[kind].fields if field.kind is not Kind.IMAGE}


def whole_world(world: World) -> dict[str, str]:
    """Key of a document of each kind, with something in every list."""
    world.pay("committed", 4000)
    world.pay("paid", 1000, ej=world_ej(world))
    world.deposit()
    world.validated_report()
    added = {path.replace("A01", "A09"): value for path, value in sheet("A01").items()}
    propose(world, MORE | added, ("amount", "action", "indicator", "party"))
    return {
        "convention": "convention-v1",
        "sheet": "sheet-v1-A01",
        "amendment": "amendment-1",
        "execution_report": "report-A01-2024",
    }


def sheet(code: str) -> dict[str, Any]:
    return sheet_edits(code, (2025,), 250)


def world_ej(world: World) -> Any:
    return Ej.objects.create(number="2103456789", siret="", year=2024, sheet=world.sheet)


def test_every_field_documented_exists_and_every_field_given_is_documented(world: World) -> None:
    for kind, key in whole_world(world).items():
        subject = subject_of(world.contract, key)
        assert subject is not None, key
        assert set(given(subject.build(LATER.date()))) == declared(kind), kind


def test_the_built_in_templates_fill_with_their_examples() -> None:
    for kind in CATALOGUES:
        for format in handmade.OFFICE:
            assert "{{" not in words_of(make_example(kind, format), format)


# --- depositing -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", OFFICE)
def test_a_deposited_template_is_used_and_remembered(world: World, format: str) -> None:
    template = deposit(world.cast.commissioner, edited(format, "Article 1. Objet", "Article premier maison"), format)
    document = produce(contract=world.contract, key="convention-v1", format=format, by=world.cast.ddets, at=LATER)
    assert document.template == template
    with document.file.content.open("rb") as handle:
        assert "Article premier maison" in words_of(handle.read(), format)


def test_a_template_of_every_nature_serves_until_one_of_its_own(world: World) -> None:
    shared = deposit(world.cast.commissioner, edited("odt", "Article 1. Objet", "Pour tous"), "odt", nature="")
    own = deposit(world.cast.commissioner, edited("odt", "Article 1. Objet", "Pour les CLS"), "odt")
    assert in_use("convention", "cls", "odt") == own
    assert in_use("convention", "cpo", "odt") == shared
    assert in_use("sheet", "cls", "odt") is None
    withdraw_template(template=own, by=world.cast.commissioner, at=LATER)
    assert in_use("convention", "cls", "odt") == shared


def test_a_new_template_replaces_the_former_which_documents_still_name(world: World) -> None:
    first = deposit(world.cast.commissioner, edited("docx", "Article 1. Objet", "Un"))
    document = produce(contract=world.contract, key="convention-v1", format="docx", by=world.cast.ddets, at=LATER)
    deposit(world.cast.commissioner, edited("docx", "Article 1. Objet", "Deux"))
    first.refresh_from_db()
    document.refresh_from_db()
    assert first.withdrawn_at == LATER
    assert document.template == first
    assert list(AuditEntry.objects.filter(action__startswith="document_template").values_list("action", flat=True))


@pytest.mark.parametrize("format", OFFICE)
def test_an_unknown_field_is_named_with_its_nearest_and_nothing_is_kept(world: World, format: str) -> None:
    wrong = edited(format, "contrat.objet", "contrat.objett")
    files = StoredFile.objects.count()
    with pytest.raises(InputRefused) as refused:
        deposit(world.cast.commissioner, wrong, format)
    said = " ".join(str(one) for one in refused.value.problems)
    assert "contrat.objett" in said
    assert "contrat.objet »" in said
    assert "orps du document" in said
    assert (DocumentTemplate.objects.count(), StoredFile.objects.count()) == (0, files)


@pytest.mark.parametrize("format", OFFICE)
def test_a_template_whose_pages_do_not_carry_the_reference_is_refused(world: World, format: str) -> None:
    bare = handmade.template(handmade.Format(format), "{{ contrat.intitule }} {{ reference.texte }} {{ qr }}")
    with pytest.raises(InputRefused) as refused:
        deposit(world.cast.commissioner, bare, format)
    said = " ".join(str(one) for one in refused.value.problems)
    for field in ("document.mention", "reference.texte", "qr"):
        assert f"{{{{ {field} }}}}" in said


@pytest.mark.parametrize("tag", ["{{ ''.__class__ }}", "{% import os %}", "{{ contrat.__init__ }}", "{{ cycler }}"])
def test_a_template_reaches_nothing_but_its_fields(world: World, tag: str) -> None:
    with pytest.raises(InputRefused):
        deposit(world.cast.commissioner, edited("docx", "{{ contrat.objet }}", tag))


def test_a_file_that_is_no_document_is_refused(world: World) -> None:
    for content, format in ((b"PK\x03\x04nothing", "docx"), (b"", "odt"), (b"<html>", "docx")):
        with pytest.raises(InputRefused):
            deposit(world.cast.commissioner, content, format)


def test_only_the_team_of_the_instance_deposits_and_withdraws(world: World) -> None:
    for user in (world.cast.ddets, world.cast.lead, world.reader, world.stranger):
        with pytest.raises(PermissionDenied):
            deposit(user, built_in("convention", "odt"), "odt")


# --- pages ------------------------------------------------------------------------------------------------------------

WHERE = ("convention", "cls", "docx")
PAGES = (
    ("contract-templates", ()),
    ("contract-template", WHERE),
    ("contract-template-fields", ("convention",)),
    ("contract-template-built-in", WHERE),
    ("contract-template-current", WHERE),
    ("contract-template-example", WHERE),
)


@pytest.mark.parametrize(("name", "args"), PAGES)
def test_templates_are_for_the_team(world: World, client_for: ClientFor, name: str, args: tuple[str, ...]) -> None:
    url = reverse(name, args=args)
    assert client_for(world.cast.commissioner).get(url).status_code == 200
    for user in (world.cast.ddets, world.cast.lead, world.reader, world.stranger):
        assert client_for(user).get(url).status_code == 403
    assert Client().get(url).status_code == 302


@pytest.mark.parametrize("wrong", [("x", "cls", "docx"), ("convention", "x", "docx"), ("convention", "cls", "pdf")])
def test_a_template_that_cannot_be_is_not_found(world: World, client_for: ClientFor, wrong: tuple[str, ...]) -> None:
    assert client_for(world.cast.commissioner).get(reverse("contract-template", args=wrong)).status_code == 404


def test_the_page_deposits_tries_and_withdraws(world: World, client_for: ClientFor) -> None:
    client = client_for(world.cast.commissioner)
    page, trial = reverse("contract-template", args=WHERE), reverse("contract-template-try", args=WHERE)
    good, wrong = built_in("convention", "docx"), edited("docx", "contrat.objet", "contrat.objett")
    assert client.get(reverse("contract-template-withdraw", args=WHERE)).status_code == 404
    tried = client.post(trial, {"file": upload(good, "docx")})
    assert "Contrat d'exemple" in words_of(tried.content, "docx")
    assert not DocumentTemplate.objects.exists()
    for url in (page, trial):
        refused = client.post(url, {"file": upload(wrong, "docx")})
        assert refused.status_code == 422
        assert "contrat.objett" in refused.content.decode()
    assert client.post(page, {"file": upload(good, "docx", "modèle maison")}).status_code == 302
    assert "modèle maison.docx" in client.get(page).content.decode()
    assert "modèle maison.docx" in client.get(reverse("contract-templates")).content.decode()
    assert b"".join(client.get(reverse("contract-template-current", args=WHERE)).streaming_content) == good  # type: ignore[attr-defined]  # a file
    withdraw = reverse("contract-template-withdraw", args=WHERE)
    assert "modèle maison.docx" in client.get(withdraw).content.decode()
    assert client.post(withdraw).status_code == 302
    assert DocumentTemplate.objects.get().withdrawn_at is not None


def test_the_fields_are_explained_and_exported(world: World, client_for: ClientFor) -> None:
    client = client_for(world.cast.commissioner)
    url = reverse("contract-template-fields", args=["convention"])
    page = client.get(url).content.decode()
    assert "{{ contrat.total }}" in page
    assert "{% for action in actions %}" in page
    exported = client.get(f"{url}?export=csv&tableau=champs").content.decode("utf-8-sig")
    assert exported.count("\n") > len(declared("convention"))


def test_the_list_of_templates_costs_the_same_whatever_it_holds(
    world: World, client_for: ClientFor, django_assert_num_queries: Any
) -> None:
    client = client_for(world.cast.commissioner)
    client.get(reverse("contract-templates"))
    with django_assert_num_queries(4):
        client.get(reverse("contract-templates"))
    deposit(world.cast.commissioner, built_in("convention", "docx"))
    deposit(world.cast.commissioner, built_in("convention", "odt"), "odt")
    with django_assert_num_queries(4):
        client.get(reverse("contract-templates"))
