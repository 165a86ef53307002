"""Amendments in the browser: proposed, compared side by side, moved on, cancelled and still readable."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from maillage.contracts.forms.amendments import opened_by
from maillage.contracts.models import Amendment, AnnualCap
from maillage.contracts.services.transitions import move_amendment, move_sheet
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.engines.lifecycle.contracts import AMENDMENT
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.archive_world import MORE, REASON, edit, propose, sign
from tests.contracts.results_world import LATER, World, make_world
from tests.factories import Held, make_user

ClientFor = Callable[[User], Client]


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories)


def page_of(client: Client, name: str, *args: object, **query: object) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200, response.status_code
    return response.content.decode().replace("\u00a0", " ").replace("\u202f", " ")


class TestProposing:
    def test_the_kinds_say_what_they_open(self, world: World, client_for: ClientFor) -> None:
        page = page_of(client_for(world.cast.lead), "amendment-create", world.contract.pk)
        for kind in ("amount", "action", "indicator", "calendar", "party", "extension"):
            assert f'value="{kind}"' in page
        assert "Prévu (AE)" in page
        assert "plafond annuel" in opened_by("amount")
        assert "Besoin constaté" in opened_by("action")
        assert "Besoin constaté" not in opened_by("amount")

    def test_it_opens_and_leads_to_its_page(self, world: World, client_for: ClientFor) -> None:
        client = client_for(world.cast.lead)
        sent = {"title": "Plus pour 2025", "kinds": ["amount", "calendar"], "reason": REASON}
        response = client.post(reverse("amendment-create", args=[world.contract.pk]), sent)
        made = Amendment.objects.get()
        assert response.headers["Location"] == reverse("amendment", args=[world.contract.pk, 1])
        assert (made.kinds, made.created_by) == (["amount", "calendar"], world.cast.lead)
        page = page_of(client, "amendment", world.contract.pk, 1)
        assert "Le texte en vigueur ne change pas" in page
        assert "Rien n’est changé" in page

    def test_what_was_typed_comes_back(self, world: World, client_for: ClientFor) -> None:
        client, url = client_for(world.cast.lead), reverse("amendment-create", args=[world.contract.pk])
        response = client.post(url, {"title": "Mon objet tapé", "reason": "Mon motif tapé"})
        assert response.status_code == 422
        assert "Mon objet tapé" in response.content.decode()
        assert "Mon motif tapé" in response.content.decode()

    def test_a_second_one_is_told_no(self, world: World, client_for: ClientFor) -> None:
        propose(world)
        client, url = client_for(world.cast.ddets), reverse("amendment-create", args=[world.contract.pk])
        response = client.get(url)
        assert response.status_code == 409
        assert "Un avenant est déjà ouvert" in response.content.decode()
        sent = {"title": "Un autre", "kinds": ["amount"], "reason": ""}
        assert client.post(url, sent).status_code == 422
        assert Amendment.objects.count() == 1


class TestPage:
    def test_before_and_after_with_the_difference(self, world: World, client_for: ClientFor) -> None:
        propose(world)
        edit(world, MORE)
        page = page_of(client_for(world.cast.lead), "amendment", world.contract.pk, 1)
        assert "5 000 €" in page
        assert "6 000 €" in page
        assert "+1 000 €" in page
        assert "+2 000 €" in page
        assert "Fiche A01 : Action A01" in page
        assert AnnualCap.objects.get(contract=world.contract, year=2025).ae == 5000

    def test_the_amounts_shown_follow_the_amounts_typed(self, world: World, client_for: ClientFor) -> None:
        """One amount changed moves the line, its gap, the totals of its year and the whole."""
        propose(world)
        client = client_for(world.cast.lead)
        for amount, gap in (("5100", "+100 €"), ("4321", "\u2212679 €")):
            edit(world, {"sheets/A01/lines/D2025/planned": amount})
            page = page_of(client, "amendment", world.contract.pk, 1)
            assert gap in page
            assert page.count(gap) >= 3, "line, year, whole"

    def test_a_sheet_added_and_one_removed_are_spelled_out(
        self, territories: dict[str, Territory], client_for: ClientFor
    ) -> None:
        from maillage.contracts.services.texts import REMOVED

        world = make_world(territories, ("A01", "A02"))
        propose(world, kinds=("action", "amount", "indicator", "party"))
        edit(world, {**builders.sheet_edits("A03"), "sheets/A02": REMOVED})
        page = page_of(client_for(world.cast.lead), "amendment", world.contract.pk, 1)
        assert "Fiche A03 : Action A03 (ajoutée)" in page
        assert "Fiche A02 : Action A02 (retirée)" in page
        assert "Peu de places d’accueil" in page
        assert world.contract.sheets.filter(code="A02", in_text=True).exists()
        assert not world.contract.sheets.filter(code="A03").exists()

    def test_whose_turn_it_is(self, world: World, client_for: ClientFor) -> None:
        amendment = propose(world)
        lead, ddets = client_for(world.cast.lead), client_for(world.cast.ddets)
        move = reverse("amendment-move", args=[world.contract.pk, 1, "agree"])
        assert move not in page_of(lead, "amendment", world.contract.pk, 1)
        move_amendment(amendment=amendment, name="open", by=world.cast.lead, at=LATER)
        page = page_of(ddets, "amendment", world.contract.pk, 1)
        assert move in page
        assert "par la DDETS" in page
        assert move not in page_of(lead, "amendment", world.contract.pk, 1)

    def test_what_blocks_the_signature_leads_to_its_place(self, world: World, client_for: ClientFor) -> None:
        propose(world)
        edit(world, {"sheets/A01/lines/E2025/planned": "9000"})
        page = page_of(client_for(world.cast.lead), "amendment", world.contract.pk, 1)
        assert "F3" in page
        assert reverse("contract-funding", args=[world.contract.pk]) in page

    @pytest.mark.parametrize("name", sorted({row.name for row in AMENDMENT.transitions}))
    def test_a_button_is_there_exactly_when_the_table_offers_it(
        self, world: World, client_for: ClientFor, name: str
    ) -> None:
        propose(world)
        for who in ("lead", "ddets", "prefect"):
            roles = {"lead": "departement", "ddets": "ddets", "prefect": "prefect"}[who]
            offered = {row.name for row in AMENDMENT.offered("draft", {roles}, {"reason": REASON})}
            page = page_of(client_for(getattr(world.cast, who)), "amendment", world.contract.pk, 1)
            url = reverse("amendment-move", args=[world.contract.pk, 1, name])
            assert (url in page) == (name in offered)

    def test_it_leaves_as_a_file(self, world: World, client_for: ClientFor) -> None:
        propose(world)
        edit(world, MORE)
        url = reverse("amendment", args=[world.contract.pk, 1])
        response = client_for(world.cast.lead).get(url, {"export": "csv", "tableau": "comparaison"})
        assert "caps/2025/ae" in response.content.decode("utf-8-sig")

    def test_cancelled_it_stays_readable(self, world: World, client_for: ClientFor) -> None:
        propose(world)
        edit(world, MORE)
        client = client_for(world.cast.ddets)
        url = reverse("amendment-move", args=[world.contract.pk, 1, "cancel"])
        assert client.post(url, {"reason": REASON}).headers["Location"] == reverse(
            "amendment", args=[world.contract.pk, 1]
        )
        page = page_of(client, "amendment", world.contract.pk, 1)
        assert "Avenant annulé" in page
        assert "+1 000 €" in page
        assert reverse("amendment-create", args=[world.contract.pk]) in page_of(
            client, "contract-amendments", world.contract.pk
        )

    def test_signed_it_names_its_version(self, world: World, client_for: ClientFor) -> None:
        amendment = propose(world)
        edit(world, MORE)
        sign(world, amendment)
        page = page_of(client_for(world.cast.lead), "amendment", world.contract.pk, 1)
        assert reverse("contract-version", args=[world.contract.pk, 2]) in page
        assert "+1 000 €" in page
        assert AnnualCap.objects.get(contract=world.contract, year=2025).ae == 6000

    def test_an_action_redeployed_names_it(self, world: World, client_for: ClientFor) -> None:
        amendment = propose(world)
        client = client_for(world.cast.ddets)
        url = reverse("contract-sheet-move", args=[world.contract.pk, "A01", "redeploy"])
        assert url in page_of(client, "amendment", world.contract.pk, 1)
        assert url not in page_of(client_for(world.cast.lead), "amendment", world.contract.pk, 1)
        move_sheet(sheet=world.sheet, name="redeploy", by=world.cast.ddets, at=LATER, amendment=amendment)
        assert "Actions que cet avenant redéploie" in page_of(client, "amendment", world.contract.pk, 1)


class TestWho:
    PAGES = ("contract-amendments", "contract-versions", "contract-history")

    def test_a_reader_sees_and_cannot_act(self, world: World, client_for: ClientFor) -> None:
        propose(world)
        client = client_for(world.reader)
        assert reverse("amendment-create", args=[world.contract.pk]) not in page_of(
            client, "contract-amendments", world.contract.pk
        )
        page = page_of(client, "amendment", world.contract.pk, 1)
        assert "/etape/" not in page
        assert client.get(reverse("amendment-create", args=[world.contract.pk])).status_code == 403
        move = reverse("amendment-move", args=[world.contract.pk, 1, "open"])
        assert client.post(move).status_code == 403

    def test_strangers_get_404_and_visitors_sign_in(self, world: World, client_for: ClientFor) -> None:
        propose(world)
        client = client_for(world.stranger)
        urls = [reverse(name, args=[world.contract.pk]) for name in (*self.PAGES, "amendment-create")]
        urls.append(reverse("amendment", args=[world.contract.pk, 1]))
        for url in urls:
            assert client.get(url).status_code == 404
            assert Client().get(url).status_code == 302

    def test_an_unsigned_amendment_is_for_those_who_negotiate(self, world: World, client_for: ClientFor) -> None:
        """A mayor sees the signed contract of the département; what is being negotiated is not public."""
        observer = make_user("Inès Moreau", Held(Role.OBSERVER, "REG-52"))
        amendment = propose(world)
        edit(world, MORE)
        client, pk = client_for(observer), world.contract.pk
        assert client.get(reverse("amendment", args=[pk, 1])).status_code == 404
        assert "Plus pour 2025" not in page_of(client, "contract-amendments", pk)
        assert "avenant 1" not in page_of(client, "contract-history", pk)
        field = page_of(client, "contract-field-history", pk, "caps/2025/ae")
        assert "6 000 €" not in field
        sign(world, amendment)
        assert "Plus pour 2025" in page_of(client, "contract-amendments", pk)
        assert "6 000 €" in page_of(client, "contract-field-history", pk, "caps/2025/ae")

    def test_an_amendment_that_does_not_exist(self, world: World, client_for: ClientFor) -> None:
        assert client_for(world.cast.lead).get(reverse("amendment", args=[world.contract.pk, 9])).status_code == 404


@pytest.mark.parametrize("codes", [("A01",), ("A01", "A02", "A03", "A04")])
@pytest.mark.parametrize(("name", "extra", "queries"), [("contract-amendments", (), 7), ("amendment", (1,), 20)])
def test_the_cost_does_not_grow_with_the_contract(
    territories: dict[str, Territory],
    client_for: ClientFor,
    django_assert_num_queries: DjangoAssertNumQueries,
    codes: tuple[str, ...],
    name: str,
    extra: tuple[int, ...],
    queries: int,
) -> None:
    world = make_world(territories, codes)
    propose(world)
    edit(world, {f"sheets/{code}/lines/E2025/planned": "5001" for code in codes})
    client = client_for(world.cast.ddets)
    with django_assert_num_queries(queries):
        client.get(reverse(name, args=[world.contract.pk, *extra]))
