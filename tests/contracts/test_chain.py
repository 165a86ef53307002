"""The chain of an action from its rows, its page, and the steps of the action sheet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from maillage.contracts.models import ActionSheet, Contract
from maillage.contracts.selectors.chain import chain_of, chains_of, need_values, sheets_for_chain
from maillage.contracts.services.transitions import move_sheet
from maillage.core.models import AuditEntry
from maillage.engines.chain import Chain, Name, State
from maillage.engines.lifecycle import Transition, TransitionRefused
from maillage.engines.lifecycle.contracts import SHEET
from maillage.indicators.models import Indicator, Observation
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.result_roles import REASON, actor_on, cases, name_of
from tests.contracts.results_world import LATER, World, make_indicator, make_world

ON = date(2025, 9, 1)


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories)


def _chain(world: World, on: date = ON) -> Chain:
    sheet = sheets_for_chain(world.contract).get(code="A01")
    sheet.contract = world.contract
    need = need_values(world.contract, [sheet]).get(sheet.need_indicator_id or 0)
    return chain_of(world.contract, sheet, need, on)


def _gaps(chain: Chain, name: Name) -> list[str]:
    return [gap.text_fr for gap in chain.link(name).what_is_missing]


def test_each_thing_done_mends_its_link(world: World) -> None:
    assert [link.state for link in _chain(world).links] == [
        State.PARTIAL,
        State.PRESENT,
        State.PARTIAL,
        State.MISSING,
        State.MISSING,
        State.MISSING,
    ]
    world.pay("committed", 5000)
    assert _gaps(_chain(world), Name.MONEY) == ["2024 : rien n'est payé"]
    world.pay("paid", 5000)
    world.pay("justified", 5000)
    assert _chain(world).link(Name.MONEY).state is State.PRESENT
    reading = world.enter()
    assert "n'est pas validé" in _gaps(_chain(world), Name.PEOPLE)[0]
    world.validate(reading)
    assert _chain(world).link(Name.PEOPLE).state is State.PRESENT
    world.deposit()
    assert _chain(world).link(Name.EVIDENCE).state is State.PRESENT
    world.write()
    assert _gaps(_chain(world), Name.REPORT) == ["le rapport de 2024 n'est pas validé"]
    world.step("submit", "lead")
    world.step("validate", "ddets")
    _measure_the_need(world)
    chain = _chain(world)
    assert chain.complete, chain.summary_fr


def _measure_the_need(world: World) -> None:
    indicator = make_indicator("PAUVRETE", nature="share", unit="%")
    ActionSheet.objects.filter(contract=world.contract).update(need_indicator=indicator)
    for period, value in (("2019", "10.1"), ("2021", "11.4")):
        Observation.objects.create(
            indicator=indicator,
            territory=world.contract.territory,
            period=period,
            value=Decimal(value),
            status="published",
        )


def test_the_need_shows_its_last_figure_on_the_territory_with_its_source(world: World) -> None:
    _measure_the_need(world)
    sheet = sheets_for_chain(world.contract).get(code="A01")
    value = need_values(world.contract, [sheet])[sheet.need_indicator_id or 0]
    assert value is not None
    assert (value.amount, value.period) == (Decimal("11.4"), "2021")
    assert value.source is not None
    Observation.objects.all().delete()
    assert "n'a pas de valeur connue" in _gaps(_chain(world), Name.NEED)[0]


def test_a_withdrawn_piece_is_no_evidence(world: World) -> None:
    made = world.deposit()
    made.withdrawn_at, made.withdrawn_reason = LATER, REASON
    made.save()
    assert _chain(world).link(Name.EVIDENCE).state is State.MISSING


def test_nothing_is_due_before_the_first_year_is_over(world: World) -> None:
    early = _chain(world, date(2024, 6, 1))
    assert [link.name for link in early.links if not link.expected] == [Name.PEOPLE, Name.EVIDENCE, Name.REPORT]


def test_before_the_signature_the_chain_is_that_of_the_text(territories: dict[str, Territory]) -> None:
    cast = builders.make_cast()
    builders.make_reference_rows()
    contract = builders.fill(builders.make_contract(territories["DEP-44"], cast), cast)
    world = World(contract, cast, cast.lead, cast.lead)
    assert _chain(world).link(Name.MONEY).state is State.PRESENT
    assert not _chain(world).link(Name.REPORT).expected


def test_all_the_chains_of_a_contract_cost_a_fixed_number_of_queries(
    territories: dict[str, Territory], django_assert_num_queries: Callable[[int], Any]
) -> None:
    world = make_world(territories, ("A01", "A02", "A03"))
    _measure_the_need(world)
    with django_assert_num_queries(10):
        assert len(chains_of(world.contract, ON)) == 3


# --- the action sheet -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "role"), list(cases(SHEET)), ids=name_of)
def test_action_sheet_transition(world: World, row: Transition, role: str) -> None:
    actor = actor_on(world.contract, role, world.cast)
    sheet = world.sheet
    ActionSheet.objects.filter(pk=sheet.pk).update(status=row.source)
    amendment = _amendment(world) if row.name == "redeploy" and role in row.roles else None
    before = AuditEntry.objects.count()

    def move() -> ActionSheet:
        return move_sheet(sheet=sheet, name=row.name, by=actor, at=LATER, reason=REASON, amendment=amendment)

    if role in row.roles:
        moved = move()
        assert moved.status == row.target
        assert moved.redeployed_by == amendment
        return
    with pytest.raises((TransitionRefused, PermissionDenied)):
        move()
    sheet.refresh_from_db()
    assert sheet.status == row.source
    assert AuditEntry.objects.count() == before


def _amendment(world: World) -> Any:
    from maillage.contracts.services.amendments import propose_amendment

    Contract.objects.filter(pk=world.contract.pk).update(kind="cls")
    return propose_amendment(
        contract=world.contract, title="Autre emploi", kinds=["action"], reason="", by=world.cast.lead, at=LATER
    )


def test_action_sheet_transition_redeploy_names_its_amendment(world: World) -> None:
    with pytest.raises(TransitionRefused, match="Nommez l'avenant"):
        move_sheet(sheet=world.sheet, name="redeploy", by=world.cast.ddets, at=LATER, reason=REASON)


# --- the page ---------------------------------------------------------------------------------------------------------


def _url(world: World) -> str:
    return reverse("contract-sheet", args=[world.contract.pk, "A01"])


def test_each_gap_leads_to_where_it_is_mended(world: World, client_for: Callable[..., Client]) -> None:
    html = client_for(world.cast.lead).get(_url(world)).content.decode()
    for name in ("contract-movements", "contract-readings", "contract-evidence"):
        assert reverse(name, args=[world.contract.pk, "A01"]) in html
    assert reverse("contract-report", args=[world.contract.pk, "A01", 2024]) in html
    assert "rapport de 2024 est à saisir" in html


def test_the_steps_of_the_action_are_for_those_who_may_take_them(
    world: World, client_for: Callable[..., Client]
) -> None:
    step = reverse("contract-sheet-move", args=[world.contract.pk, "A01", "start"])
    assert step in client_for(world.cast.lead).get(_url(world)).content.decode()
    assert step not in client_for(world.reader).get(_url(world)).content.decode()


def test_a_reader_is_not_nagged(world: World, client_for: Callable[..., Client]) -> None:
    Indicator.objects.update(definition="")
    for user, nagged in ((world.cast.lead, True), (world.cast.ddets, True), (world.reader, False)):
        html = client_for(user).get(reverse("contract-execution", args=[world.contract.pk])).content.decode()
        assert "À saisir" in html
        assert ("en retard" in html) is nagged


def test_a_sheet_of_another_contract_is_404(world: World, client_for: Callable[..., Client]) -> None:
    url = reverse("contract-sheet", args=[world.contract.pk, "Z99"])
    assert client_for(world.cast.lead).get(url).status_code == 404
