"""The thirteen invariants of contracts and figures: each is attacked by the shortest way, and holds.

Through the services where they refuse in French; straight at the database, by ORM or SQL, where it holds the
invariant itself. The same tests run on SQLite and on PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.models import F

from maillage.contracts.models import (
    ActionYear,
    AllocationDecision,
    Amendment,
    Contract,
    ContractVersion,
    Ej,
    Envelope,
    ExecutionReport,
    FundingLine,
    Movement,
    Reading,
    RuleWaiver,
)
from maillage.contracts.rules import checked
from maillage.contracts.selectors.aggregates import contract_totals
from maillage.contracts.selectors.results import categories, reading_fields, reading_findings
from maillage.contracts.selectors.versions import verify
from maillage.contracts.services.money import register_ej, waive_rule
from maillage.contracts.services.readings import move_reading
from maillage.contracts.services.texts import change_text
from maillage.contracts.services.transitions import move_contract
from maillage.contracts.services.versions import is_intact
from maillage.contracts.text import text_of
from maillage.engines.aggregation import DOUBLE_COUNT_NOTE
from maillage.engines.contract_rules import RULES, Finding
from maillage.engines.lifecycle import TransitionRefused
from maillage.indicators.models import Indicator
from maillage.kernel.errors import InputRefused, MaillageError
from maillage.kernel.period import Period
from maillage.reports.content import build
from maillage.reports.content.writer import FigureUnresolved
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.contracts.archive_world import past_the_triggers, propose
from tests.contracts.results_world import World, make_world
from tests.reports import invented as invented_report

REASON = "Motif écrit pour cet essai"
INVARIANTS = ("F1", "F2", "F3", "F4", "F5", "A1", "A2", "I1", "I2", "I3", "I4", "V1", "P1")


@pytest.fixture
def world(territories: dict[str, Territory]) -> World:
    """A contract in force, version 1."""
    return make_world(territories)


@pytest.fixture
def ready(territories: dict[str, Territory]) -> tuple[Contract, builders.Cast]:
    """A contract in negotiation that only waits for its agreement."""
    cast = builders.make_cast()
    builders.make_reference_rows()
    contract = builders.fill(builders.make_contract(territories["DEP-44"], cast), cast)
    return builders.advance(contract, cast, until="negotiation"), cast


def refused_by_the_database(attack: Callable[[], Any]) -> None:
    """The database itself says no, whoever asks and by whatever way."""
    with pytest.raises(IntegrityError), transaction.atomic():
        attack()


def sql(statement: str, *parameters: object) -> Callable[[], Any]:
    """A raw statement, past every line of ours."""

    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)

    return run


def set_raw(row: models.Model, **values: object) -> Callable[[], Any]:
    """UPDATE of one row by SQL."""
    columns = ", ".join(f'"{name}" = %s' for name in values)
    return sql(f'UPDATE "{row._meta.db_table}" SET {columns} WHERE id = %s', *values.values(), row.pk)


def broken(contract: Contract, rule: str) -> list[Finding]:
    return [one for one in checked(contract, text_of(contract)).findings if one.rule == rule]


def agree(ready: tuple[Contract, builders.Cast], edits: dict[str, Any]) -> None:
    """Write, then ask for the agreement that signs follow."""
    contract, cast = ready
    change_text(contract=contract, edits=edits, seen={}, by=cast.commissioner, at=builders.AT)
    move_contract(contract=contract, name="agree", by=cast.ddets, at=builders.AT)


def state_of(ready: tuple[Contract, builders.Cast]) -> str:
    return Contract.objects.get(pk=ready[0].pk).status


def test_every_invariant_has_its_test() -> None:
    for code in INVARIANTS:
        assert any(name.startswith(f"test_{code}_") for name in globals()), code
    assert set(RULES) <= set(INVARIANTS)


def test_nothing_is_broken_at_first(ready: tuple[Contract, builders.Cast]) -> None:
    """What the other tests break is whole: their refusals are due to what they break."""
    agree(ready, {})
    assert state_of(ready) == "agreed"


# --- F1, F2, F3: what a text plans ---


@pytest.mark.parametrize(
    "edits",
    [
        {"sheets/A01/lines/D2024/planned": "4999.99"},
        {"sheets/A01/years/2024/total_cost": "10000.01"},
        {"caps/2024/budget": "9999"},
    ],
    ids=["a line", "the cost of an action", "the budget of the contract"],
)
def test_F1_a_cent_too_few_stops_the_agreement(ready: tuple[Contract, builders.Cast], edits: dict[str, Any]) -> None:
    with pytest.raises(TransitionRefused):
        agree(ready, edits)
    assert broken(ready[0], "F1")
    assert state_of(ready) == "negotiation"


def test_F1_nobody_may_waive_it(ready: tuple[Contract, builders.Cast]) -> None:
    contract, cast = ready
    edits = {"caps/2024/budget": "9999"}
    change_text(contract=contract, edits=edits, seen={}, by=cast.commissioner, at=builders.AT)
    finding = broken(contract, "F1")[0]
    with pytest.raises(MaillageError, match="n'admet pas de dérogation"):
        waive_rule(contract=contract, key=finding.key, reason=REASON, by=cast.prefect, at=builders.AT)


UNEQUAL = {"sheets/A01/lines/D2024/planned": "4000", "sheets/A01/lines/E2024/planned": "6000", "caps/2024/ae": "6000"}


def test_F2_more_from_the_state_than_from_collectivities_needs_a_reason(ready: tuple[Contract, builders.Cast]) -> None:
    contract, cast = ready
    with pytest.raises(TransitionRefused):
        agree(ready, UNEQUAL)
    for finding in broken(contract, "F2"):
        assert finding.waivable
        waive_rule(contract=contract, key=finding.key, reason=REASON, by=cast.prefect, at=builders.AT)
    move_contract(contract=contract, name="agree", by=cast.ddets, at=builders.AT)
    assert state_of(ready) == "agreed"


def test_F2_a_waiver_falls_when_an_amount_moves(ready: tuple[Contract, builders.Cast]) -> None:
    contract, cast = ready
    change_text(contract=contract, edits=UNEQUAL, seen={}, by=cast.commissioner, at=builders.AT)
    for finding in broken(contract, "F2"):
        waive_rule(contract=contract, key=finding.key, reason=REASON, by=cast.prefect, at=builders.AT)
    more = {"sheets/A01/lines/D2024/planned": "3999", "sheets/A01/lines/E2024/planned": "6001", "caps/2024/ae": "6001"}
    with pytest.raises(TransitionRefused):
        agree(ready, more)


def test_F2_a_waiver_without_a_reason_is_refused_by_the_database(world: World) -> None:
    given = {"contract": world.contract, "rule": "F2", "key": "F2|x", "message": "x", "at": builders.AT}
    refused_by_the_database(lambda: RuleWaiver.objects.create(**given, by=world.cast.prefect, reason=""))


def test_F3_a_cent_above_the_cap_stops_the_agreement(ready: tuple[Contract, builders.Cast]) -> None:
    with pytest.raises(TransitionRefused):
        agree(ready, {"caps/2024/ae": "4999.99"})
    assert broken(ready[0], "F3")
    assert state_of(ready) == "negotiation"


def test_F3_an_unknown_cap_is_no_cap_at_all(ready: tuple[Contract, builders.Cast]) -> None:
    with pytest.raises(TransitionRefused):
        agree(ready, {"caps/2024/ae": ""})
    assert [one.checkable for one in broken(ready[0], "F3")] == [False]


# --- F4, F5: what is spent ---


@pytest.mark.parametrize(("stage", "amount"), [("committed", "5000.01"), ("paid", "0.01"), ("committed", "-0.01")])
def test_F4_the_service_refuses_each_link(world: World, stage: str, amount: str) -> None:
    with pytest.raises(InputRefused, match=r"dépasserait|négatif"):
        world.pay(stage, amount, note="Une correction qui s'explique")
    assert not Movement.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"paid": 1},
        {"committed": 1, "paid": 2},
        {"committed": 5001},
        {"awarded": 10, "committed": 11},
        {"awarded": None, "committed": 1},
        {"committed": -1},
        {"planned": -1},
    ],
    ids=str,
)
def test_F4_the_database_refuses_each_link(world: World, values: dict[str, Any]) -> None:
    line = FundingLine.objects.get(sheet=world.sheet, key="E2024")
    refused_by_the_database(set_raw(line, **values))
    refused_by_the_database(lambda: FundingLine.objects.filter(pk=line.pk).update(**values))


def test_F4_the_eligible_base_is_within_the_cost_in_the_database(world: World) -> None:
    year = ActionYear.objects.get(sheet=world.sheet, year=2024)
    refused_by_the_database(set_raw(year, eligible_cost=10001))
    refused_by_the_database(lambda: ActionYear.objects.filter(pk=year.pk).update(eligible_cost=F("total_cost") + 1))


def test_F4_and_in_the_text(ready: tuple[Contract, builders.Cast]) -> None:
    with pytest.raises(InputRefused, match="assiette éligible"):
        agree(ready, {"sheets/A01/years/2024/eligible_cost": "10001"})


def test_F4_a_movement_is_never_rewritten(world: World) -> None:
    """The sums of a line are those of its movements: these are append-only."""
    movement = world.pay("committed", 100)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        set_raw(movement, amount=200)()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        Movement.objects.filter(pk=movement.pk).delete()


EJ = {"number": "1234567", "siret": "12345678901234", "year": 2024}


def test_F5_one_commitment_serves_one_action(territories: dict[str, Territory]) -> None:
    world = make_world(territories, ("A01", "A02"))
    first, second = world.contract.sheets.order_by("code")
    register_ej(sheet=first, by=world.cast.ddets, at=builders.AT, **EJ)  # type: ignore[arg-type]  # a plain dict
    with pytest.raises(InputRefused, match="déjà celui d'une autre action"):
        register_ej(sheet=second, by=world.cast.ddets, at=builders.AT, **EJ)  # type: ignore[arg-type]  # a plain dict
    refused_by_the_database(lambda: Ej.objects.create(sheet=second, **EJ))
    other = Ej.objects.create(sheet=second, **(EJ | {"year": 2025}))
    refused_by_the_database(set_raw(other, year=2024))


# --- A1, A2: what an action must say ---


def test_A1_reinforced_without_baseline_nor_enlargement_needs_a_reason(ready: tuple[Contract, builders.Cast]) -> None:
    contract, cast = ready
    edits = {"sheets/A01/nature": "reinforced", "sheets/A01/targets/ENFANTS/baseline": ""}
    with pytest.raises(TransitionRefused):
        agree(ready, edits)
    for finding in broken(contract, "A1"):
        waive_rule(contract=contract, key=finding.key, reason=REASON, by=cast.prefect, at=builders.AT)
    move_contract(contract=contract, name="agree", by=cast.ddets, at=builders.AT)
    assert state_of(ready) == "agreed"


@pytest.mark.parametrize("name", ["axis", "measure", "need", "pilot"])
def test_A2_each_field_is_asked_at_signature(ready: tuple[Contract, builders.Cast], name: str) -> None:
    with pytest.raises(TransitionRefused):
        agree(ready, {f"sheets/A01/{name}": ""})
    assert [one.path for one in broken(ready[0], "A2")] == [f"sheets/A01/{name}"]


def test_A2_an_indicator_with_a_target_is_asked_at_signature(ready: tuple[Contract, builders.Cast]) -> None:
    contract, cast = ready
    contract.sheets.get().targets.all().delete()
    with pytest.raises(TransitionRefused):
        move_contract(contract=contract, name="agree", by=cast.ddets, at=builders.AT)
    assert broken(contract, "A2")


# --- I1, I2, I3, I4: what is counted ---


def findings_of(world: World, reading: Reading) -> list[str]:
    known = categories(world.contract)
    found = reading_findings(world.target, Period.parse(reading.period), reading_fields(reading), known)
    return [one.rule for one in found]


def test_I1_parts_that_do_not_make_the_total_are_told(world: World) -> None:
    parts = {("sex", "women"): Decimal(18), ("sex", "men"): Decimal(11)}
    assert findings_of(world, world.enter(parts=parts)) == ["I1"]
    assert findings_of(world, world.enter(parts=parts, incomplete=["sex"])) == []


def test_I1_an_unknown_value_says_why_in_the_database(world: World) -> None:
    """Unknown is a value with a reason; it is never a zero."""
    reading = world.enter()
    refused_by_the_database(set_raw(reading, value=None))
    refused_by_the_database(set_raw(reading, unknown_reason="Pourtant connue"))
    part = world.enter(parts={("sex", "women"): Decimal(1)}).parts.get()
    refused_by_the_database(set_raw(part, value=-1))


def test_I2_a_part_larger_than_its_whole_is_refused(world: World) -> None:
    Indicator.objects.update(nature="share", unit="%")
    with pytest.raises(InputRefused, match="numérateur"):
        world.enter(value=None, numerator=Decimal(11), denominator=Decimal(10))
    assert not Reading.objects.exists()


def test_I2_the_database_refuses_it_too(world: World) -> None:
    Indicator.objects.update(nature="share", unit="%")
    reading = world.enter(value=None, numerator=Decimal(9), denominator=Decimal(10))
    refused_by_the_database(set_raw(reading, numerator=11))
    refused_by_the_database(lambda: Reading.objects.filter(pk=reading.pk).update(denominator=8))


def test_I3_a_cumulative_value_that_falls_is_told(world: World) -> None:
    Indicator.objects.update(cumulative=True)
    world.validate(world.enter("2024", value=Decimal(30)))
    assert findings_of(world, world.enter("2025", value=Decimal(29))) == ["I3"]


def test_I4_what_may_not_be_added_is_not(territories: dict[str, Territory]) -> None:
    world = make_world(territories, ("A01", "A02"))
    _validated_everywhere(world)
    Indicator.objects.update(nature="level", summable_actions=False)
    (total,) = contract_totals(world.contract, 2024)
    assert total.refused
    assert total.value is None


def test_I4_unique_persons_of_several_actions_carry_the_note(territories: dict[str, Territory]) -> None:
    world = make_world(territories, ("A01", "A02"))
    Indicator.objects.update(summable_actions=True)
    _validated_everywhere(world)
    (total,) = contract_totals(world.contract, 2024)
    assert total.value == 60
    assert DOUBLE_COUNT_NOTE in total.notes


def _validated_everywhere(world: World) -> None:
    for sheet in world.contract.sheets.all():
        target = sheet.targets.get()
        Reading.objects.create(
            target=target,
            year=2024,
            period="2024",
            counted="persons",
            value=30,
            status="validated",
            entered_at=builders.AT,
        )


# --- V1: what was signed ---


@pytest.mark.parametrize("values", [{"content": "{}"}, {"sha256": "0" * 64}, {"number": 9}], ids=str)
def test_V1_the_database_refuses_to_change_a_version(world: World, values: dict[str, Any]) -> None:
    version = world.contract.versions.get()
    for attack in (
        set_raw(version, **values),
        lambda: ContractVersion.objects.filter(pk=version.pk).update(**values),
        lambda: ContractVersion.objects.bulk_update([_changed(version, values)], list(values)),
        version.delete,
    ):
        with pytest.raises((DatabaseError, models.ProtectedError)), transaction.atomic():
            attack()
    version.refresh_from_db()
    assert is_intact(version)


def _changed(version: ContractVersion, values: dict[str, Any]) -> ContractVersion:
    found = ContractVersion.objects.get(pk=version.pk)
    for name, value in values.items():
        setattr(found, name, value)
    return found


def test_V1_past_the_triggers_the_hash_tells(world: World) -> None:
    version = world.contract.versions.get()
    with past_the_triggers():
        set_raw(version, content=version.content.replace("5000", "5001"))()
    version.refresh_from_db()
    assert not is_intact(version)
    assert len(verify(world.contract).hashes) == 1


def test_V1_rows_that_leave_the_version_in_force_are_found(world: World) -> None:
    FundingLine.objects.filter(sheet=world.sheet, key="D2025").update(planned=1)
    assert [one.path for one in verify(world.contract).moved] == ["sheets/A01/lines/D2025/planned"]


def test_V1_one_open_amendment_at_most_in_the_database(world: World) -> None:
    amendment = propose(world)
    given = {"contract": world.contract, "base": amendment.base, "proposed": {}, "created_at": builders.AT}
    refused_by_the_database(lambda: Amendment.objects.create(number=2, title="Un second", **given))
    Amendment.objects.filter(pk=amendment.pk).update(status="cancelled")
    Amendment.objects.create(number=2, title="Un second", **given)
    refused_by_the_database(set_raw(amendment, status="negotiation"))


def test_V1_a_version_has_one_number(world: World) -> None:
    version = world.contract.versions.get()
    given = {"content": version.content, "sha256": version.sha256, "created_at": builders.AT}
    refused_by_the_database(lambda: ContractVersion.objects.create(contract=world.contract, number=1, **given))


def test_V1_a_decision_of_shares_is_never_rewritten(world: World) -> None:
    envelope = Envelope.objects.create(
        title="E", territory=world.contract.territory, year=2025, kind="cls", amount=10, at=builders.AT
    )
    made = AllocationDecision.objects.create(
        envelope=envelope, shares={}, reason=REASON, at=builders.AT, by=world.cast.prefect
    )
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        set_raw(made, reason="Un autre motif")()
    refused_by_the_database(
        lambda: AllocationDecision.objects.create(
            envelope=envelope, shares={}, reason="", at=builders.AT, by=world.cast.prefect
        )
    )


# --- P1: what is published ---


def test_P1_a_report_is_validated_on_validated_readings_only(world: World) -> None:
    """Then only may it be consolidated and published: every figure of it resolves to a validated value."""
    reading = world.enter()
    world.write()
    with pytest.raises(TransitionRefused, match="Il manque"):
        world.step("submit", "lead")
    move_reading(reading=reading, name="submit", by=world.cast.lead, at=builders.AT)
    world.step("submit", "lead")
    with pytest.raises(TransitionRefused, match="n'est pas validé"):
        world.step("validate", "ddets")
    move_reading(reading=reading, name="validate", by=world.cast.ddets, at=builders.AT)
    report = world.step("validate", "ddets")
    assert report.figures is not None
    assert [row["value"] for row in report.figures["readings"]] == ["30"]


def test_P1_what_is_frozen_does_not_follow_the_rows(world: World) -> None:
    world.validated_report()
    Reading.objects.update(value=31)
    report = ExecutionReport.objects.get()
    assert report.figures is not None
    assert report.figures["readings"][0]["value"] == "30"


def test_P1_the_annual_report_stops_on_a_figure_without_source() -> None:
    """A report is assembled by the same function to be published: see tests/reports for the publication itself."""
    bare = invented_report.value("credits|DEP-97|2020", "Crédits", "12", sources=())
    line = replace(invented_report.credit_line("DEP-97", "Nord", "10", "12"), after=bare)
    with pytest.raises(FigureUnresolved, match="n'a pas de source"):
        build(invented_report.invented(credits=(line,)))
