"""From an empty contract to version 1, then an amendment and version 2."""

from __future__ import annotations

from datetime import date

from maillage.contracts.models import Contract
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.services.money import record_movement
from maillage.contracts.services.texts import change_text
from maillage.contracts.services.transitions import move_amendment
from maillage.contracts.services.versions import is_intact, read_version
from maillage.contracts.text import text_of
from maillage.kernel.money import Money
from maillage.territories.models import Territory
from tests.contracts import builders


def test_from_an_empty_contract_to_a_second_version(territories: dict[str, Territory]) -> None:
    cast = builders.make_cast()
    contract = builders.signed_contract(territories["DEP-44"], cast)
    first = contract.versions.get()
    assert contract.status == "in_force"
    assert is_intact(first)
    assert read_version(first)["text"] == text_of(contract)
    line = contract.sheets.get().lines.get(key="E2024")
    record_movement(
        line=line, stage="committed", amount=Money.of(5000), dated_on=date(2024, 2, 1), by=cast.ddets, at=builders.AT
    )
    amendment = propose_amendment(
        contract=contract, title="Moins", kinds=["amount"], reason="", by=cast.lead, at=builders.AT
    )
    change_text(
        contract=contract, edits={"sheets/A01/lines/D2025/planned": "6 000"}, seen={}, by=cast.lead, at=builders.AT
    )
    assert read_version(first)["text"] == text_of(contract)
    change_text(
        contract=contract,
        edits={"sheets/A01/years/2025/total_cost": "11000", "caps/2025/budget": "11000"},
        seen={},
        by=cast.commissioner,
        at=builders.AT,
    )
    for name, who in builders.STEPS:
        if name == "deliberate":
            builders.deposit(contract, cast)
        move_amendment(amendment=amendment, name=name, by=getattr(cast, who), at=builders.AT)
    contract = Contract.objects.get(pk=contract.pk)
    assert [one.number for one in contract.versions.all()] == [2, 1]
    second = contract.versions.get(number=2)
    assert read_version(second)["text"] == text_of(contract)
    assert read_version(second)["text"]["sheets"]["A01"]["lines"]["D2025"]["planned"] == "6000"
    assert contract.attachments.filter(version=second).exists()
