"""The page of a step, as the tables say it; waivers; the decision sheet; what waits for each person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse

from maillage.contracts import digests, perms
from maillage.contracts.models import Amendment, Contract, ContractVersion
from maillage.contracts.rules import checked
from maillage.contracts.selectors.doings import clear_of, doings
from maillage.contracts.selectors.progress import line_of, next_row, next_step, points
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.services.comments import answer, comment
from maillage.contracts.services.contracts import name_participant
from maillage.contracts.services.texts import change_text
from maillage.contracts.services.transitions import move_contract, move_sheet
from maillage.contracts.text import text_of
from maillage.core import clock
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.engines.lifecycle import Lifecycle
from maillage.engines.lifecycle.contracts import AMENDMENT, CONTRACT, LIFECYCLES, needs_reason
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.builders import AT, Cast
from tests.factories import Held, make_user

ClientFor = Callable[[User], Client]
REASON = "Motif écrit pour cet essai"


@pytest.fixture
def cast(territories: dict[str, Territory]) -> Cast:
    builders.make_reference_rows()
    return builders.make_cast()


@pytest.fixture
def draft(territories: dict[str, Territory], cast: Cast) -> Contract:
    return builders.fill(builders.make_contract(territories["DEP-44"], cast), cast)


def step(contract: Contract, name: str) -> str:
    return reverse("contract-move", args=[contract.pk, name])


def at_state(contract: Contract, cast: Cast, state: str) -> Contract:
    return builders.advance(contract, cast, until=state)


# --- the tables and the pages say the same --------------------------------------------------------------------------


def _states() -> list[tuple[str, str]]:
    return [(role, state) for role in ("ddets", "lead", "prefect", "commissioner") for state in line_of(CONTRACT)[:7]]


@pytest.mark.parametrize(("who", "state"), _states())
def test_transition_buttons_are_those_of_the_table(
    client_for: ClientFor, cast: Cast, draft: Contract, who: str, state: str
) -> None:
    """Each button opens a page; each step without a button is refused, by its role or by its state."""
    contract, user = at_state(draft, cast, state), getattr(cast, who)
    client = client_for(user)
    page = client.get(reverse("contract", args=[contract.pk])).content.decode()
    roles = perms.roles_on(user, contract, clock.today())
    own = doings(contract, None, roles, checked(contract, text_of(contract)), clock.today())
    offered = {row.name for row in own.offered}
    held_back = {row.name for row, _ in own.held_back}
    for name in {row.name for row in CONTRACT.transitions}:
        row = next((row for row in CONTRACT.transitions if row.name == name and row.source == state), None)
        assert (f'href="{step(contract, name)}"' in page) is (name in offered), name
        expected = 409 if row is None else 200 if name in offered | held_back else 403
        assert client.get(step(contract, name)).status_code == expected, name


@pytest.mark.parametrize("name", ["invented", "contract"])
def test_a_step_that_no_table_has_is_no_page(client_for: ClientFor, cast: Cast, draft: Contract, name: str) -> None:
    assert client_for(cast.ddets).get(step(draft, name)).status_code == 404
    sheet = reverse("contract-sheet-move", args=[draft.pk, "A01", name])
    assert client_for(cast.ddets).get(sheet).status_code == 404


def test_those_outside_see_no_step(client_for: ClientFor, chloe: User, bruno: User, draft: Contract) -> None:
    addresses = [step(draft, "open"), reverse("contract-sheet-move", args=[draft.pk, "A01", "set_aside"])]
    for address in addresses:
        assert client_for(chloe).get(address).status_code == 404
        assert client_for(chloe).post(address).status_code == 404
        assert client_for(bruno).get(address).status_code == 403
        assert client_for(bruno).post(address).status_code == 403
        assert Client().get(address).status_code == 302
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_every_line_of_life_goes_on_to_its_end() -> None:
    """No state of a line is a dead end, and no step of a line is one that goes back."""
    for table in LIFECYCLES:
        line = line_of(table)
        for before, after in pairwise(line):
            row = next_row(table, before)
            assert row is not None
            assert row.guard is not needs_reason
            assert row.target == after, (table.name, before)


@pytest.mark.parametrize("table", [CONTRACT, AMENDMENT], ids=lambda table: table.name)
def test_every_state_has_its_place_on_the_line(table: Lifecycle) -> None:
    for state in table.states:
        found = points(table, state)
        assert [one.label for one in found if one.place == "here"] == [table.labels[state]]
        if state in table.final_states:
            assert found[-1].place == "here"


def test_no_fact_of_the_tables_is_forgotten_by_what_is_clear() -> None:
    """With these facts nothing refuses: a fact that a guard gains must join them."""
    refused = {row.name for table in (CONTRACT, AMENDMENT) for row in table.transitions if row.obstacle(clear_of(row))}
    assert not refused


# --- doing a step ---------------------------------------------------------------------------------------------------


def test_a_whole_negotiation_by_its_pages(client_for: ClientFor, cast: Cast, draft: Contract) -> None:
    for name, who in builders.STEPS:
        if name == "deliberate":
            builders.deposit(draft, cast)
        client = client_for(getattr(cast, who))
        assert client.get(step(draft, name)).status_code == 200
        response = client.post(step(draft, name), {"on": "2024-03-02"})
        assert response.status_code == 302, name
    draft.refresh_from_db()
    assert draft.status == "in_force"
    assert (draft.deliberated_on, draft.partner_signed_on, draft.prefect_signed_on) == (date(2024, 3, 2),) * 3
    assert ContractVersion.objects.get().signed_on == date(2024, 3, 2)


def test_a_step_back_asks_a_reason_and_keeps_it(client_for: ClientFor, cast: Cast, draft: Contract) -> None:
    contract = at_state(draft, cast, "agreed")
    client = client_for(cast.lead)
    assert "Motif" in client.get(step(contract, "reopen")).content.decode()
    refused = client.post(step(contract, "reopen"), {"reason": "court"})
    assert refused.status_code == 422
    assert "court</textarea>" in refused.content.decode()
    assert client.post(step(contract, "reopen"), {"reason": REASON}).status_code == 302
    contract.refresh_from_db()
    assert (contract.status, contract.status_reason) == ("negotiation", REASON)


def test_cancelling_is_not_said_by_the_words_of_the_way_back(
    client_for: ClientFor, cast: Cast, draft: Contract
) -> None:
    page = client_for(cast.ddets).get(step(draft, "cancel")).content.decode()
    assert "Confirmer l’annulation</button>" in page
    assert "Annuler</button>" not in page


def test_what_holds_a_step_is_shown_whole_with_what_to_do(client_for: ClientFor, cast: Cast, draft: Contract) -> None:
    move_contract(contract=draft, name="open", by=cast.lead, at=AT)
    edits = {"sheets/A01/lines/D2025/planned": "4000", "sheets/A01/pilot": ""}
    change_text(contract=draft, edits=edits, seen={}, by=cast.lead, at=AT)
    comment(contract=draft, path="sheets/A01/need", body="À préciser", by=cast.ddets, at=AT)
    client = client_for(cast.ddets)
    page = client.get(step(draft, "agree")).content.decode()
    for text in ("<strong>F1</strong>", "<strong>A2</strong>", "Il reste 1 commentaire à clore"):
        assert text in page
    assert "<button" not in page[page.index("<main") :]
    assert client.post(step(draft, "agree")).status_code == 422
    draft.refresh_from_db()
    assert draft.status == "negotiation"


def test_corrections_are_asked_by_their_page_once_a_field_is_commented(
    client_for: ClientFor, cast: Cast, draft: Contract
) -> None:
    move_contract(contract=draft, name="open", by=cast.lead, at=AT)
    client = client_for(cast.ddets)
    page = client.get(step(draft, "request_corrections")).content.decode()
    assert page.count("Commentez d’abord les champs à corriger") == 1
    comment(contract=draft, path="sheets/A01/need", body="À préciser", by=cast.ddets, at=AT)
    page = client.get(step(draft, "request_corrections")).content.decode()
    assert "Ce qui l’empêche encore" not in page
    assert client.post(step(draft, "request_corrections")).status_code == 302
    draft.refresh_from_db()
    assert draft.status == "corrections"


def test_the_second_of_two_people_is_told_and_nothing_is_done(
    client_for: ClientFor, cast: Cast, draft: Contract
) -> None:
    first, second = client_for(cast.ddets), client_for(cast.lead)
    assert second.get(step(draft, "open")).status_code == 200
    first.post(step(draft, "open"))
    response = second.post(step(draft, "open"))
    assert response.status_code == 409
    assert "L’état a changé entre-temps" in response.content.decode()


def test_an_act_is_not_in_the_future(client_for: ClientFor, cast: Cast, draft: Contract) -> None:
    contract = at_state(draft, cast, "to_sign")
    response = client_for(cast.lead).post(step(contract, "sign_partner"), {"on": "2999-01-01"})
    assert response.status_code == 422
    assert "dans le futur" in response.content.decode()
    contract.refresh_from_db()
    assert contract.status == "to_sign"


def test_the_decision_sheet_gives_the_hash_that_the_version_has(
    client_for: ClientFor, cast: Cast, draft: Contract
) -> None:
    contract = at_state(draft, cast, "signed_partner")
    client = client_for(cast.prefect)
    page = client.get(step(contract, "sign_prefect")).content.decode()
    for text in ("Fiche de décision", "5\u202f000\u00a0€", "50,0\u00a0%", "1. Enfance", "Aucune dérogation"):
        assert text in page
    client.post(step(contract, "sign_prefect"), {"on": clock.today().isoformat()})
    assert ContractVersion.objects.get().sha256 in page


def test_a_sheet_moves_by_its_own_page(client_for: ClientFor, cast: Cast, territories: dict[str, Territory]) -> None:
    contract = builders.signed_contract(territories["DEP-44"], cast)
    lead = client_for(cast.lead)

    def move(name: str, **data: str) -> int:
        return lead.post(reverse("contract-sheet-move", args=[contract.pk, "A01", name]), data).status_code

    assert move("start") == 302
    assert move("block") == 422
    assert move("block", reason=REASON) == 302
    assert move("finish") == 409
    assert move("resume") == 302
    sheet = contract.sheets.get()
    assert (sheet.status, sheet.status_reason) == ("under_way", "")


def test_redeploying_names_an_amendment_of_this_contract(
    client_for: ClientFor, cast: Cast, territories: dict[str, Territory]
) -> None:
    contract = builders.signed_contract(territories["DEP-44"], cast)
    address = reverse("contract-sheet-move", args=[contract.pk, "A01", "redeploy"])
    client = client_for(cast.ddets)
    assert "Nommez l’avenant" in client.get(address).content.decode()
    amendment = propose_amendment(contract=contract, title="Suite", kinds=["action"], reason="", by=cast.lead, at=AT)
    assert f"Avenant {amendment.number}" in client.get(address).content.decode()
    assert client.post(address, {"amendment": "9999"}).status_code == 422
    assert client.post(address, {"amendment": str(amendment.pk)}).status_code == 302
    assert contract.sheets.get().redeployed_by == amendment


def test_the_page_of_a_contract_in_force_speaks_of_its_open_amendment(
    client_for: ClientFor, cast: Cast, territories: dict[str, Territory]
) -> None:
    contract = builders.signed_contract(territories["DEP-44"], cast)
    propose_amendment(contract=contract, title="Moins", kinds=["amount"], reason="", by=cast.lead, at=AT)
    edits = {"sheets/A01/lines/D2025/planned": "4000"}
    change_text(contract=contract, edits=edits, seen={}, by=cast.lead, at=AT)
    page = client_for(cast.ddets).get(reverse("contract", args=[contract.pk])).content.decode()
    assert "Où en est l’avenant 1" in page
    assert "<strong>F1</strong>" in page
    assert next_step(contract, date(2024, 6, 1)).due_on == contract.ends_on


# --- waivers --------------------------------------------------------------------------------------------------------


@pytest.fixture
def unbalanced(draft: Contract, cast: Cast) -> Contract:
    edits = {f"sheets/A01/lines/{key}2025/planned": value for key, value in (("E", "5500"), ("D", "4500"))}
    change_text(contract=draft, edits=edits | {"caps/2025/ae": "5500"}, seen={}, by=cast.commissioner, at=AT)
    return draft


def waive_url(contract: Contract) -> str:
    key = next(one.key for one in checked(contract, text_of(contract)).findings if one.waivable)
    return f"{reverse('contract-waive', args=[contract.pk])}?constat={key}"


def test_a_warning_is_waived_with_a_reason_then_withdrawn(
    client_for: ClientFor, cast: Cast, unbalanced: Contract
) -> None:
    client = client_for(cast.prefect)
    address = waive_url(unbalanced)
    assert client.get(address).status_code == 200
    key = address.partition("constat=")[2]
    refused = client.post(address, {"constat": key, "reason": "court"})
    assert refused.status_code == 422
    assert "court</textarea>" in refused.content.decode()
    assert client.post(address, {"constat": key, "reason": REASON}).status_code == 302
    waiver = unbalanced.waivers.get()
    assert (waiver.by, waiver.reason) == (cast.prefect, REASON)
    assert client.get(address).status_code == 404  # it is waived already
    withdraw = reverse("contract-waiver-withdraw", args=[unbalanced.pk, waiver.pk])
    assert REASON in client.get(withdraw).content.decode()
    assert unbalanced.waivers.filter(withdrawn_at__isnull=True).exists()
    assert client.post(withdraw).status_code == 302
    assert client.post(withdraw).status_code == 404


def test_only_the_state_waives(client_for: ClientFor, cast: Cast, unbalanced: Contract, chloe: User) -> None:
    address = waive_url(unbalanced)
    assert client_for(cast.lead).get(address).status_code == 403
    assert client_for(cast.lead).post(address, {"reason": REASON}).status_code == 403
    assert client_for(chloe).get(address).status_code == 404
    assert not unbalanced.waivers.exists()


def test_a_finding_that_no_longer_is_cannot_be_waived(client_for: ClientFor, cast: Cast, draft: Contract) -> None:
    address = reverse("contract-waive", args=[draft.pk])
    assert client_for(cast.ddets).get(f"{address}?constat=F2|rien").status_code == 404
    response = client_for(cast.ddets).post(address, {"constat": "F2|rien", "reason": REASON})
    assert response.status_code == 422
    assert REASON in response.content.decode()


# --- what waits for each person -------------------------------------------------------------------------------------

ON = AT.date()


def steps_for(user: User, on: date = ON) -> list[str]:
    return [item.label for item in digests.steps_to_do(User.objects.get(pk=user.pk), on)]


def test_the_next_step_waits_for_who_does_it_and_no_one_else(cast: Cast, draft: Contract) -> None:
    at_state(draft, cast, "agreed")
    assert steps_for(cast.lead) == ["Enregistrer la délibération\u00a0: CLS-ESSAI-1"]
    for other in (cast.ddets, cast.commissioner, cast.prefect):
        assert steps_for(other) == []


def test_once_somebody_is_named_the_others_are_left_alone(cast: Cast, draft: Contract) -> None:
    at_state(draft, cast, "agreed")
    colleague = make_user("Collègue", Held(Role.DEPARTEMENT, "DEP-44"))
    assert steps_for(colleague) == steps_for(cast.lead) != []
    name_participant(contract=draft, user=colleague, role=Role.DEPARTEMENT, by=cast.ddets, at=AT)
    assert steps_for(cast.lead) == []
    assert len(steps_for(colleague)) == 1


def test_the_state_s_step_goes_to_the_nearest_who_holds_the_role(cast: Cast, draft: Contract) -> None:
    at_state(draft, cast, "deliberated")
    assert len(steps_for(cast.ddets)) == 1
    assert steps_for(cast.commissioner) == []
    cast.ddets.memberships.update(ends_on=date(2023, 1, 1))
    assert steps_for(cast.ddets) == []
    assert len(steps_for(cast.commissioner)) == 1


def test_a_contract_in_force_asks_nothing_before_its_end(cast: Cast, territories: dict[str, Territory]) -> None:
    contract = builders.signed_contract(territories["DEP-44"], cast)
    assert [steps_for(user) for user in (cast.ddets, cast.lead, cast.commissioner)] == [[], [], []]
    assert len(steps_for(cast.commissioner, contract.ends_on + timedelta(days=1))) == 1


def test_the_step_of_an_amendment_waits_too(cast: Cast, territories: dict[str, Territory]) -> None:
    contract = builders.signed_contract(territories["DEP-44"], cast)
    made = propose_amendment(contract=contract, title="Moins", kinds=["amount"], reason="", by=cast.lead, at=AT)
    Amendment.objects.filter(pk=made.pk).update(status="to_sign")
    assert steps_for(cast.lead) == [f"Signer pour le partenaire\u00a0: {contract.reference}, avenant 1"]
    assert steps_for(cast.ddets) == []


def test_a_comment_waits_for_the_side_that_did_not_write_it(cast: Cast, draft: Contract) -> None:
    def waiting(user: User) -> list[str]:
        return [item.label for item in digests.comments_to_answer(User.objects.get(pk=user.pk), ON)]

    paths = ("sheets/A01/need", "sheets/A01/area")
    said = [comment(contract=draft, path=path, body="?", by=cast.ddets, at=AT) for path in paths]
    assert waiting(cast.lead) == ["2 commentaires à répondre\u00a0: CLS-ESSAI-1"]
    assert waiting(cast.ddets) == []
    for one in said:
        answer(comment=one, body="Voici", by=cast.lead, at=AT)
    comment(contract=draft, path="sheets/A01/pilot", body="?", by=cast.lead, at=AT)
    assert waiting(cast.lead) == []
    assert waiting(cast.ddets) == ["1 commentaire à répondre\u00a0: CLS-ESSAI-1"]


def test_a_report_is_recalled_before_its_day_then_late(cast: Cast, territories: dict[str, Territory]) -> None:
    contract = builders.signed_contract(territories["DEP-44"], cast)
    move_sheet(sheet=contract.sheets.get(), name="start", by=cast.lead, at=AT)

    def reports(user: User, on: date) -> list[tuple[str, bool]]:
        return [(item.label, item.late) for item in digests.reports_due(User.objects.get(pk=user.pk), on)]

    assert reports(cast.lead, date(2024, 7, 1)) == []
    late = reports(cast.lead, date(2025, 12, 1))
    assert late == [(f"Rapport à transmettre\u00a0: {contract.reference}, fiche A01, 2024", True)]
    assert reports(cast.ddets, date(2025, 12, 1)) == []
    contract.sheets.get().reports.create(year=2024, due_on=date(2025, 6, 30), status="submitted")
    assert reports(cast.lead, date(2025, 12, 1)) == []
    assert reports(cast.ddets, date(2025, 12, 1)) == [
        (f"Rapport à valider\u00a0: {contract.reference}, fiche A01, 2024", True)
    ]


def test_digests_ask_as_much_for_one_contract_as_for_five(
    cast: Cast, territories: dict[str, Territory], django_assert_max_num_queries: Callable[..., object]
) -> None:
    for rank in range(5):
        contract = builders.fill(builders.make_contract(territories["DEP-44"], cast, reference=f"C{rank}"), cast)
        comment(contract=contract, path="sheets/A01/need", body="?", by=cast.ddets, at=AT)
    with django_assert_max_num_queries(14):  # type: ignore[attr-defined]  # a fixture of pytest-django
        user = User.objects.get(pk=cast.lead.pk)
        assert len(digests.steps_to_do(user, ON)) == 5
        assert len(digests.comments_to_answer(user, ON)) == 5
        assert digests.reports_due(user, ON) == []
