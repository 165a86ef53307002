"""Movements of money and legal commitments: F4 and F5 hold in the service and in the database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, transaction

from maillage.contracts.enums import Stage
from maillage.contracts.models import ActionYear, Contract, Ej, FundingLine, Movement
from maillage.contracts.services.money import register_ej
from maillage.core.models import AuditEntry
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.kernel.money import Money
from maillage.territories.models import Territory
from tests.contracts.results_world import LATER, World, make_world

SIRET = "12345678901234"


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    return make_world(territories)


def _line(world: World, key: str = "E2024") -> FundingLine:
    return world.sheet.lines.get(key=key)


def test_amounts_are_cumulated_movement_by_movement(world: World) -> None:
    world.pay("committed", 3000)
    world.pay("committed", "1 500,50")
    world.pay("paid", 2000)
    world.pay("justified", 1999)
    line = _line(world)
    assert (line.committed, line.paid, line.justified) == (Decimal("4500.50"), 2000, 1999)
    for stage in Stage.values:
        moved = sum(one.amount for one in line.movements.filter(stage=stage))
        assert getattr(line, stage) == moved, "the line is the sum of its movements"
    assert AuditEntry.objects.filter(action="funding_line.committed").count() == 2


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([("committed", 5001)], "dépasserait l'attribué"),
        ([("paid", 1)], "dépasserait l'engagé"),
        ([("committed", 100), ("paid", 101)], "dépasserait l'engagé"),
        ([("committed", 100), ("paid", 100), ("committed", -1)], "dépasserait l'engagé"),
        ([("committed", -1)], "négatif"),
        ([("committed", 0)], "n'est pas nul"),
    ],
)
def test_f4_is_refused_by_the_service_and_changes_nothing(
    world: World, steps: list[tuple[str, int]], said: str
) -> None:
    *before, last = steps
    for stage, amount in before:
        world.pay(stage, amount)
    line = _line(world)
    kept = (line.committed, line.paid, line.justified, Movement.objects.count())
    with pytest.raises(InputRefused, match=said):
        world.pay(*last, note="Correction d'une erreur de saisie")
    line = _line(world)
    assert (line.committed, line.paid, line.justified, Movement.objects.count()) == kept


@pytest.mark.parametrize(
    "values", [{"paid": 1}, {"committed": 5001}, {"committed": -1}, {"awarded": None, "committed": 1}]
)
def test_f4_is_refused_by_the_database_itself(world: World, values: dict[str, int | None]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        FundingLine.objects.filter(pk=_line(world).pk).update(**values)


def test_f4_the_eligible_base_is_part_of_the_total_cost(world: World) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ActionYear.objects.filter(sheet=world.sheet, year=2024).update(eligible_cost=10001)


def test_a_correction_is_a_movement_of_the_other_sign_with_a_note(world: World) -> None:
    world.pay("committed", 3000)
    with pytest.raises(InputRefused, match="s'explique"):
        world.pay("committed", -1000)
    world.pay("committed", -1000, note="Saisi deux fois par erreur")
    assert _line(world).committed == 2000
    assert [one.amount for one in Movement.objects.order_by("pk")] == [3000, -1000]
    with pytest.raises(IntegrityError), transaction.atomic():
        Movement.objects.create(line=_line(world), stage="paid", amount=0, dated_on=date(2024, 1, 1), at=LATER)


def test_a_movement_is_never_changed_nor_taken_back(world: World) -> None:
    made = world.pay("committed", 3000)
    for act in (lambda: Movement.objects.filter(pk=made.pk).update(amount=1), made.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert Movement.objects.get().amount == 3000


def test_a_day_to_come_and_another_action_s_ej_are_refused(territories: dict[str, Territory]) -> None:
    world = make_world(territories, ("A01", "A02"))
    with pytest.raises(InputRefused, match="futur"):
        world.pay("committed", 1, dated_on=date(2031, 1, 1))
    other = world.contract.sheets.get(code="A02")
    ej = register_ej(sheet=other, number="1234567", siret=SIRET, year=2024, by=world.cast.ddets, at=LATER)
    with pytest.raises(InputRefused, match="autre action"):
        world.pay("committed", 1, ej=ej)


def test_the_state_records_its_own_money_and_each_party_the_rest(world: World) -> None:
    with pytest.raises(PermissionDenied):
        world.pay("committed", 1, by=world.cast.lead)
    world.pay("committed", 1, key="D2024", by=world.cast.lead)
    for user in (world.reader, world.stranger, world.cast.prefect):
        with pytest.raises(PermissionDenied):
            world.pay("committed", 1, key="D2024", by=user)


def test_money_moves_only_on_a_running_contract(world: World) -> None:
    for status in ("to_sign", "closed", "terminated"):
        Contract.objects.filter(pk=world.contract.pk).update(status=status)
        with pytest.raises(MaillageError, match="contrat signé"):
            world.pay("committed", 1)
    Contract.objects.filter(pk=world.contract.pk).update(status="expired")
    world.pay("committed", 1)


# --- legal commitments ------------------------------------------------------------------------------------------------


def _register(world: World, code: str = "A01", **options: object) -> Ej:
    given = {"number": "1234567", "siret": SIRET, "year": 2024, "by": world.cast.ddets, "at": LATER} | options
    return register_ej(sheet=world.contract.sheets.get(code=code), **given)  # type: ignore[arg-type]  # options of a test


def test_f5_one_ej_belongs_to_one_action(territories: dict[str, Territory]) -> None:
    world = make_world(territories, ("A01", "A02"))
    made = _register(world)
    assert _register(world) == made, "said twice of the same action, it is one"
    with pytest.raises(InputRefused, match="déjà celui d'une autre action"):
        _register(world, "A02")
    with pytest.raises(IntegrityError), transaction.atomic():
        Ej.objects.create(number="1234567", siret=SIRET, year=2024, sheet=world.contract.sheets.get(code="A02"))
    assert _register(world, "A02", year=2025).sheet.code == "A02"


@pytest.mark.parametrize(("field", "value", "said"), [("number", "12", "6 à 12"), ("siret", "123", "14 chiffres")])
def test_an_ej_is_well_written(world: World, field: str, value: str, said: str) -> None:
    with pytest.raises(InputRefused, match=said):
        _register(world, **{field: value})


def test_an_ej_is_registered_by_the_state(world: World) -> None:
    for user in (world.cast.lead, world.reader, world.stranger):
        with pytest.raises(PermissionDenied):
            _register(world, by=user)


def test_a_movement_names_its_ej(world: World) -> None:
    made = world.pay("committed", 10, ej=_register(world))
    assert made.ej.number == "1234567"
    assert Money(made.amount) == Money.of(10)
