"""The history of a contract: everything, by whom, when; every value that a field has had."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.contracts.models import Contract
from maillage.contracts.selectors import history
from maillage.contracts.services.contracts import name_participant
from maillage.contracts.text import all_names
from maillage.core import audit
from maillage.core.models import AuditEntry, User
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.archive_world import MORE, edit, lived, propose, sign
from tests.contracts.results_world import LATER, World, make_world
from tests.contracts.test_views_amendments import page_of

ClientFor = Callable[[User], Client]
PATH = "sheets/A01/lines/E2025/planned"


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories)


def changes_of(world: World, path: str) -> list[history.FieldChange]:
    entries = history.journal_of(world.contract)
    return history.field_changes(entries, world.contract, path, all_names())


class TestField:
    def test_every_value_with_who_and_when(self, world: World) -> None:
        amendment = propose(world)
        edit(world, MORE)
        edit(world, {PATH: "5500"})
        edit(world, {PATH: "6000"})
        sign(world, amendment)
        found = changes_of(world, PATH)
        assert [(one.before, one.after) for one in found] == [
            ("5\u202f500\u00a0€", "6\u202f000\u00a0€"),
            ("6\u202f000\u00a0€", "5\u202f500\u00a0€"),
            ("5\u202f000\u00a0€", "6\u202f000\u00a0€"),
            ("non renseigné", "5\u202f000\u00a0€"),
        ]
        assert {one.entry.actor for one in found} == {world.cast.commissioner}
        assert [one.entry.at for one in found] == [LATER, LATER, LATER, builders.AT]
        assert found[0].effect == "Avenant 1, en vigueur : version 2"
        assert found[-1].effect == "Négociation du contrat"

    def test_a_cancelled_proposal_is_there_and_without_effect(self, territories: dict[str, Territory]) -> None:
        world = lived(territories)
        (last, first) = changes_of(world, "sheets/A01/need")
        assert (last.after, last.effect) == ("=HYPERLINK(1)", "Avenant 2, annulé : sans effet")
        assert first.after == "Peu de places d'accueil"

    def test_what_held_it_coming_or_going_counts(self, territories: dict[str, Territory]) -> None:
        world = make_world(territories, ("A01", "A02"))
        propose(world, kinds=("action",))
        from maillage.contracts.services.texts import REMOVED

        edit(world, {"sheets/A02": REMOVED})
        found = changes_of(world, "sheets/A02/need")
        assert [(one.before, one.after) for one in found] == [
            ("Peu de places d'accueil", "non renseigné"),
            ("non renseigné", "Peu de places d'accueil"),
        ]

    def test_an_object_shows_what_moved_within(self, world: World) -> None:
        propose(world)
        edit(world, {PATH: "5500"})
        found = changes_of(world, "sheets/A01/lines/E2025")
        assert found[0].place == "Fiche A01 · Ligne E2025 · Prévu (AE)"

    def test_others_are_not_mixed_in(self, territories: dict[str, Territory]) -> None:
        world = make_world(territories, ("A01", "A011"))
        propose(world)
        edit(world, {"sheets/A011/lines/E2025/planned": "5500"})
        assert len(changes_of(world, "sheets/A01")) == 1
        assert len(changes_of(world, PATH)) == 1

    def test_its_page_is_linked_from_the_version(self, world: World, client_for: ClientFor) -> None:
        propose(world)
        edit(world, {PATH: "5500"})
        client, pk = client_for(world.cast.lead), world.contract.pk
        link = reverse("contract-field-history", args=[pk, "sheets/A01/need"])
        assert link in page_of(client, "contract-version", pk, 1)
        page = page_of(client, "contract-field-history", pk, PATH)
        assert "Version 1" in page
        assert "5 500 €" in page
        assert "Avenant 1, proposé" in page
        assert "Aïcha Benali" in page

    @pytest.mark.parametrize("path", ["sheets", "sheets/A01/absent", "x", "sheets/a 1/need", "sheets//need"])
    def test_what_is_no_place_is_not_found(self, world: World, client_for: ClientFor, path: str) -> None:
        url = f"/contrats/{world.contract.pk}/historique/champ/{path}/"
        assert client_for(world.cast.lead).get(url).status_code == 404

    def test_a_place_that_never_was_says_so(self, world: World, client_for: ClientFor) -> None:
        page = page_of(client_for(world.cast.lead), "contract-field-history", world.contract.pk, "sheets/Z9/need")
        assert "Aucun changement au journal" in page
        assert "n’existe pas" in page


class TestWhole:
    def test_everything_is_there_and_nothing_else(self, territories: dict[str, Territory]) -> None:
        world = lived(territories)
        other = builders.make_contract(territories["DEP-44"], world.cast, reference="CLS-ESSAI-10")
        found = set(history.journal_of(world.contract).values_list("pk", flat=True))
        ours = AuditEntry.objects.filter(object_type__startswith="contracts.").exclude(
            object_type="contracts.contract", object_id=str(other.pk)
        )
        assert found == set(ours.values_list("pk", flat=True))

    def test_it_is_read_in_french(self, territories: dict[str, Territory], client_for: ClientFor) -> None:
        world = lived(territories)
        name_participant(
            contract=world.contract,
            user=world.cast.lead,
            role="departement",
            by=world.cast.commissioner,
            at=LATER,
        )
        client = client_for(world.cast.lead)
        first = client.get(reverse("contract-history", args=[world.contract.pk])).content.decode()
        assert "page=2" in first
        pages = [page_of(client, "contract-history", world.contract.pk, page=number) for number in (1, 2)]
        text = "".join(pages)
        for words in ("Personne désignée : Émilie Roux", "Payé, cumulé", "Chiffres figés", "En vigueur", "Du devis"):
            assert words in text, words
        for code in ("in_force", "to_complete", "achievements", "participant/"):
            assert code not in text, code

    def test_filters(self, territories: dict[str, Territory], client_for: ClientFor) -> None:
        world = lived(territories)
        client = client_for(world.cast.lead)

        def events(**query: object) -> int:
            return page_of(client, "contract-history", world.contract.pk, **query).count('class="amend-event"')

        assert events(personne=world.cast.prefect.pk) == 3  # two signatures, and the sheet that the first contracts
        assert events(objet="avenant-2") == 3  # proposed, changed, cancelled
        assert events(champ="sheet.need") == 2
        assert events(champ="sheet.need", objet="avenant-2") == 1
        assert events(champ="contract.title") == 0
        assert events(champ="line.planned") == 2  # the sheet that brought its lines, then the amendment
        assert 0 < events(objet="contrat") < events(objet=f"fiche-{world.sheet.pk}") + 30
        assert events(personne="x", objet="y", champ="z") == 30, "an unknown filter filters nothing"

    def test_a_sheet_has_its_money_its_readings_and_its_text(self, territories: dict[str, Territory]) -> None:
        world = lived(territories)
        found = history.of_sheet(history.journal_of(world.contract), world.sheet)
        kinds = set(found.values_list("object_type", flat=True))
        assert {"contracts.fundingline", "contracts.reading", "contracts.evidence", "contracts.amendment"} <= kinds

    def test_it_leaves_whole_as_a_file(self, territories: dict[str, Territory], client_for: ClientFor) -> None:
        world = lived(territories)
        url = reverse("contract-history", args=[world.contract.pk])
        client = client_for(world.cast.lead)
        whole = client.get(url, {"export": "csv", "tableau": "historique"}).content.decode("utf-8-sig")
        assert whole.count("\n") > 60
        assert "'=HYPERLINK(1)" in whole
        part = client.get(url, {"export": "csv", "tableau": "historique", "objet": "avenant-2"}).content.decode()
        assert part.count("\n") < 10

    def test_a_big_import_folds(self, world: World, client_for: ClientFor) -> None:
        changes = {f"sheets/A01/lines/L{rank}/planned": [None, "1"] for rank in range(150)}
        audit.record(
            action="contract.text",
            obj=world.contract,
            by=world.cast.lead,
            at=LATER,
            summary="texte modifié (tableur)",
            changes=changes,
        )
        page = page_of(client_for(world.cast.lead), "contract-history", world.contract.pk)
        assert "94 autres changements" in page
        assert "Et 50 de plus" in page

    def test_names_of_agents_and_nothing_else_of_them(
        self, territories: dict[str, Territory], client_for: ClientFor
    ) -> None:
        world = lived(territories)
        page = page_of(client_for(world.reader), "contract-history", world.contract.pk)
        own = world.reader.email
        assert not [one for one in User.objects.exclude(email=own).values_list("email", flat=True) if one in page]

    def test_the_archive_is_offered_to_who_may_audit(self, world: World, auditor: User, client_for: ClientFor) -> None:
        url = reverse("contract-archive", args=[world.contract.pk])
        assert url in page_of(client_for(auditor), "contract-history", world.contract.pk)
        assert url not in page_of(client_for(world.cast.lead), "contract-history", world.contract.pk)


@pytest.mark.parametrize("again", [0, 25])
def test_the_cost_does_not_grow_with_the_journal(
    world: World, client_for: ClientFor, django_assert_num_queries: DjangoAssertNumQueries, again: int
) -> None:
    propose(world)
    for rank in range(again):
        edit(world, {PATH: str(5000 + rank + 1)})
    client, contract = client_for(world.cast.lead), world.contract
    with django_assert_num_queries(16):
        client.get(reverse("contract-history", args=[contract.pk]))
    with django_assert_num_queries(15):
        client.get(reverse("contract-field-history", args=[contract.pk, PATH]))


def test_a_line_of_an_object_that_is_gone_still_reads(world: World) -> None:
    contract = Contract.objects.get(pk=world.contract.pk)
    entry = audit.record(
        action="contract.odd", obj=contract, by=None, at=LATER, summary="?", changes={"odd": {"a": 1}, "x": [None, 3]}
    )
    found = history.details(entry, {}, {})
    assert [(one.label, one.before, one.after) for one in found] == [("odd", "", "a : 1"), ("x", "", "3")]
