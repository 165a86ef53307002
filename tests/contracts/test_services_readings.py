"""Readings: who enters and validates them, what is refused, what may be added up."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from maillage.contracts.enums import Counted, Dimension
from maillage.contracts.models import Contract, IndicatorTarget, Reading
from maillage.contracts.selectors.aggregates import contract_totals, territory_totals, year_part
from maillage.contracts.selectors.results import (
    categories,
    reading_fields,
    reading_findings,
    slot_of,
    slot_of_period,
    slots_of,
)
from maillage.contracts.services.readings import Given, move_reading, save_reading
from maillage.contracts.services.seen import NOTHING, Moved
from maillage.core.models import AuditEntry
from maillage.engines.aggregation import DOUBLE_COUNT_NOTE
from maillage.engines.lifecycle import Transition, TransitionRefused
from maillage.engines.lifecycle.contracts import READING
from maillage.indicators.models import Indicator
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.result_roles import REASON, actor_on, cases, name_of
from tests.contracts.results_world import LATER, World, make_indicator, make_world


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories)


@pytest.mark.parametrize(("row", "role"), list(cases(READING)), ids=name_of)
def test_reading_transition(world: World, row: Transition, role: str) -> None:
    reading = world.enter()
    Reading.objects.filter(pk=reading.pk).update(status=row.source)
    actor = actor_on(world.contract, role, world.cast)
    before = AuditEntry.objects.count()
    if role in row.roles:
        moved = move_reading(reading=reading, name=row.name, by=actor, at=LATER, reason=REASON)
        assert moved.status == row.target
        assert (moved.validated_by_id == actor.pk) == (row.target == "validated")
        assert AuditEntry.objects.filter(action=f"reading.{row.name}").exists()
        return
    with pytest.raises((TransitionRefused, PermissionDenied)):
        move_reading(reading=reading, name=row.name, by=actor, at=LATER, reason=REASON)
    reading.refresh_from_db()
    assert reading.status == row.source
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize("name", ["ask_correction", "unlock"])
def test_reading_transition_back_needs_a_reason(world: World, name: str) -> None:
    reading = world.validate(world.enter())
    if name == "ask_correction":
        Reading.objects.filter(pk=reading.pk).update(status="submitted")
    with pytest.raises(TransitionRefused, match="motif"):
        move_reading(reading=reading, name=name, by=world.cast.commissioner, at=LATER, reason="court")


def test_what_is_counted_comes_from_the_unit(world: World) -> None:
    assert world.enter().counted == Counted.PERSONS
    Indicator.objects.update(unit="visits")
    assert world.enter("2025").counted == Counted.VISITS
    Indicator.objects.update(unit="EUR")
    assert world.enter("2024-s1").counted == Counted.OTHER


def test_only_the_party_that_acts_enters(world: World) -> None:
    for user in (world.cast.ddets, world.cast.commissioner, world.reader, world.stranger):
        with pytest.raises(PermissionDenied):
            world.enter(by=user)
    assert not Reading.objects.exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"value": None}, "dites pourquoi"),
        ({"value": None, "unknown_reason": "court"}, "dites pourquoi"),
        ({"value": Decimal(1), "unknown_reason": "le logiciel a changé"}, "effacez le motif"),
        ({"value": Decimal("-1")}, "nombre entier"),
        ({"value": Decimal("1.5")}, "nombre entier"),
        ({"numerator": Decimal(1)}, "n'est pas une part"),
        ({"parts": {(Dimension.SEX, "martians"): Decimal(1)}}, "n'est pas proposée"),
        ({"parts": {(Dimension.SEX, "women"): Decimal(-1)}}, "zéro ou plus"),
    ],
)
def test_what_is_wrong_is_refused_and_nothing_written(world: World, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputRefused, match=said):
        world.enter(**given)
    assert not Reading.objects.exists()


def test_a_period_outside_the_action_or_to_come_is_refused(world: World) -> None:
    outside = slots_of(2030)[0]
    with pytest.raises(InputRefused, match="n'est pas une année de cette action"):
        save_reading(
            target=world.target, slot=outside, given=Given(Decimal(1)), seen=NOTHING, by=world.cast.lead, at=LATER
        )
    late_half = slot_of("2025-s2", [2025])
    assert late_half is not None
    with pytest.raises(InputRefused, match="n'a pas commencé"):
        save_reading(
            target=world.target,
            slot=late_half,
            given=Given(Decimal(1)),
            seen=NOTHING,
            by=world.cast.lead,
            at=LATER.replace(month=3),
        )


def test_zero_and_unknown_are_two_things(world: World) -> None:
    assert world.enter(value=Decimal(0)).value == 0
    unknown = world.enter("2025", value=None, unknown_reason="Le logiciel ne le sait pas")
    assert unknown.value is None
    assert year_part(world.target, 2025, key="a", label="a").value is None
    with pytest.raises(IntegrityError), transaction.atomic():
        Reading.objects.filter(pk=unknown.pk).update(unknown_reason="")


def test_a_share_is_computed_and_i2_is_refused_by_the_service_and_by_the_database(world: World) -> None:
    Indicator.objects.update(nature="share", unit="%")
    reading = world.enter(value=None, numerator=Decimal(1), denominator=Decimal(3))
    assert reading.value == Decimal("33.3333")
    with pytest.raises(InputRefused, match="doit être compris"):
        world.enter(value=None, numerator=Decimal(4), denominator=Decimal(3))
    with pytest.raises(IntegrityError), transaction.atomic():
        Reading.objects.filter(pk=reading.pk).update(numerator=4)


def test_a_share_over_nothing_is_unknown_not_zero(world: World) -> None:
    Indicator.objects.update(nature="share", unit="%")
    given = {"value": None, "numerator": Decimal(0), "denominator": Decimal(0)}
    with pytest.raises(InputRefused, match="dites pourquoi"):
        world.enter(**given)
    assert world.enter(**given, unknown_reason="Personne n'a été reçu").value is None


def _rules(world: World, reading: Reading, **history: Any) -> list[str]:
    slot = slot_of_period(reading.period)
    assert slot is not None
    fields = reading_fields(reading)
    found = reading_findings(world.target, slot.period, fields, categories(world.contract))
    return [one.rule for one in found]


def test_i1_breakdowns_make_the_total_or_are_said_incomplete(world: World) -> None:
    parts = {(Dimension.SEX, "women"): Decimal(10), (Dimension.SEX, "men"): Decimal(15)}
    assert _rules(world, world.enter(parts=parts)) == ["I1"]
    assert _rules(world, world.enter(parts=parts, incomplete=[Dimension.SEX])) == []
    whole = {**parts, (Dimension.SEX, "unknown"): Decimal(5)}
    assert _rules(world, world.enter(parts=whole)) == []
    assert world.validate(world.enter(parts=parts)).status == "validated", "a warning stops nobody"


def test_i3_a_cumulated_value_that_falls_is_said(world: World) -> None:
    Indicator.objects.update(cumulative=True)
    world.validate(world.enter(value=Decimal(30)))
    assert _rules(world, world.enter("2025", value=Decimal(29))) == ["I3"]
    assert _rules(world, world.enter("2025", value=Decimal(31))) == []


def test_the_territories_offered_are_those_inside(world: World, territories: dict[str, Territory]) -> None:
    offered = categories(world.contract)[Dimension.TERRITORY]
    assert list(offered) == ["EPCI-244400404", "elsewhere"]
    reading = world.enter(parts={(Dimension.TERRITORY, "EPCI-244400404"): Decimal(30)})
    assert reading.parts.get().value == 30


def test_two_people_on_one_reading_the_second_is_told(world: World) -> None:
    world.enter(value=Decimal(30))
    slot = slots_of(2024)[0]
    with pytest.raises(Moved, match="quelqu'un d'autre") as told:
        save_reading(
            target=world.target,
            slot=slot,
            given=Given(Decimal(31)),
            seen=NOTHING,
            by=world.cast.lead,
            at=LATER,
        )
    assert told.value.current["value"] == "30"
    assert Reading.objects.get().value == 30


def test_what_was_sent_is_no_longer_rewritten(world: World) -> None:
    reading = world.enter()
    move_reading(reading=reading, name="submit", by=world.cast.lead, at=LATER)
    with pytest.raises(MaillageError, match="ne se modifie plus"):
        world.enter(value=Decimal(31))


def test_nothing_is_entered_before_the_signature_nor_after_the_closing(world: World) -> None:
    for status in ("to_sign", "closed"):
        Contract.objects.filter(pk=world.contract.pk).update(status=status)
        with pytest.raises(MaillageError, match="signé qui n'est pas clos"):
            world.enter()


# --- totals -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def pair(territories: dict[str, Territory]) -> World:
    """Two actions that follow one indicator."""
    return make_world(territories, ("A01", "A02"))


def _enter_both(world: World, *, validated: tuple[str, ...] = ("A01", "A02"), **given: Any) -> None:
    for target in IndicatorTarget.objects.filter(sheet__contract=world.contract):
        values = Given(**({"value": Decimal(10)} | given))
        slot = slots_of(2024)[0]
        reading = save_reading(target=target, slot=slot, given=values, seen=NOTHING, by=world.cast.lead, at=LATER)
        if target.sheet.code in validated:
            world.validate(reading)


def test_persons_of_two_actions_are_not_added_unless_the_indicator_allows_it(pair: World) -> None:
    _enter_both(pair)
    total = contract_totals(pair.contract, 2024)[0]
    assert total.value is None
    assert "ne s'additionne pas entre actions" in total.refused
    Indicator.objects.update(summable_actions=True)
    total = contract_totals(pair.contract, 2024)[0]
    assert (total.value, total.target) == (20, 40)
    assert DOUBLE_COUNT_NOTE in total.notes


def test_only_validated_readings_make_a_total(pair: World) -> None:
    Indicator.objects.update(summable_actions=True)
    _enter_both(pair, validated=("A01",))
    total = contract_totals(pair.contract, 2024)[0]
    assert total.value == 10
    assert any("1 sur 2" in note for note in total.notes)
    assert any("A02" in note and "non validé" in note for note in total.notes)


def test_shares_are_made_again_from_their_numbers(pair: World) -> None:
    Indicator.objects.update(nature="share", unit="%", summable_actions=False)
    for target, (low, high) in zip(IndicatorTarget.objects.order_by("sheet__code"), ((1, 2), (1, 8)), strict=True):
        given = Given(numerator=Decimal(low), denominator=Decimal(high))
        slot = slots_of(2024)[0]
        pair.validate(save_reading(target=target, slot=slot, given=given, seen=NOTHING, by=pair.cast.lead, at=LATER))
    assert contract_totals(pair.contract, 2024)[0].value == 20, "2 of 10, not the mean of 50 % and 12.5 %"


def test_a_level_is_never_added(pair: World) -> None:
    Indicator.objects.update(nature="level", unit="days", summable_actions=True)
    _enter_both(pair)
    assert "ne s'additionne pas" in contract_totals(pair.contract, 2024)[0].refused


def test_one_action_alone_has_a_total_whatever_the_indicator(world: World) -> None:
    Indicator.objects.update(nature="level", unit="days")
    world.validate(world.enter(value=Decimal("12.5")))
    total = contract_totals(world.contract, 2024)[0]
    assert (total.value, total.notes) == (Decimal("12.5"), ())


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"unit": "visits", "nature": "flow"}, 30),
        ({"unit": "persons", "nature": "flow"}, None),
        ({"unit": "places", "nature": "stock"}, 20),
        ({"unit": "persons", "nature": "flow", "cumulative": True}, 20),
        ({"unit": "days", "nature": "level"}, None),
    ],
)
def test_two_halves_make_a_year_only_where_it_means_something(
    world: World, fields: dict[str, Any], expected: int | None
) -> None:
    Indicator.objects.update(**fields)
    world.validate(world.enter("2024-s1", value=Decimal(10)))
    world.validate(world.enter("2024-s2", value=Decimal(20)))
    assert contract_totals(world.contract, 2024)[0].value == expected
    world.validate(world.enter("2024", value=Decimal(25)))
    assert contract_totals(world.contract, 2024)[0].value == 25, "the reading of the year wins"


def test_a_half_that_is_not_validated_leaves_the_year_unknown(world: World) -> None:
    Indicator.objects.update(unit="visits")
    world.validate(world.enter("2024-s1", value=Decimal(10)))
    world.enter("2024-s2", value=Decimal(20))
    assert contract_totals(world.contract, 2024)[0].value is None


def test_territories_add_up_where_the_indicator_allows_it(world: World, territories: dict[str, Territory]) -> None:
    world.validate(world.enter(value=Decimal(30)))
    cast = builders.make_cast("DEP-49")
    other = World(
        builders.signed_contract(territories["DEP-49"], cast, reference="CLS-ESSAI-2"), cast, cast.lead, cast.lead
    )
    both = [world.contract, other.contract]
    assert territory_totals(both, 2024)[0].value == 30, "what is awaited is missing, it is not zero"
    assert territory_totals(both, 2024)[0].notes
    other.validate(other.enter(value=Decimal(12)))
    assert territory_totals(both, 2024)[0].value == 42
    Indicator.objects.update(summable_territories=False)
    assert "entre territoires" in territory_totals(both, 2024)[0].refused


def test_totals_cost_the_same_whatever_the_number_of_actions(pair: World, django_assert_num_queries: Any) -> None:
    make_indicator("AUTRE")
    with django_assert_num_queries(3):
        contract_totals(pair.contract, 2024)
