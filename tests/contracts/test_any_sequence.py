"""Whatever people do, in whatever order, no invariant of a contract is ever broken. On SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Sum
from hypothesis import Phase, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from maillage.contracts.enums import AmendmentKind, Stage
from maillage.contracts.models import AnnualCap, Contract, FundingLine
from maillage.contracts.rules import checked
from maillage.contracts.selectors.drafts import draft_of, open_amendment
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.services.comments import answer, close_comment, comment
from maillage.contracts.services.money import record_movement
from maillage.contracts.services.texts import REMOVED, change_text
from maillage.contracts.services.transitions import move_amendment, move_contract, move_sheet
from maillage.contracts.services.versions import is_intact, read_version
from maillage.contracts.text import text_of
from maillage.core.models import AuditEntry
from maillage.engines.lifecycle.contracts import AMENDMENT, CONTRACT, SHEET, SIGNED
from maillage.kernel.errors import MaillageError
from maillage.kernel.money import Money
from maillage.territories.models import Territory
from tests.contracts import builders

REASON = "Motif écrit pour cet essai"
_references = count(1)

# One act: what is done, by whom, and numbers from which the act picks its object and its amount.
ACTS = st.tuples(
    st.sampled_from(
        [
            "forward",
            "forward",
            "forward",
            "move",
            "text",
            "text",
            "balance",
            "pay",
            "pay",
            "propose",
            "sheet",
            "comment",
        ]
    ),
    st.sampled_from(["commissioner", "ddets", "lead", "prefect"]),
    st.integers(0, 50),
    st.integers(-2000, 7000),
)


@dataclass
class World:
    """A contract and the people around it, with what their acts did."""

    contract: Contract
    cast: builders.Cast
    done: int = 0
    refused: list[str] = field(default_factory=list)

    def fresh(self) -> Contract:
        return Contract.objects.select_related("territory").get(pk=self.contract.pk)


def _subject(world: World) -> tuple[Any, Any, Any]:
    """What a transition is tried on: the open amendment when there is one."""
    contract = world.fresh()
    amendment = open_amendment(contract)
    if amendment is not None:
        return amendment, AMENDMENT, lambda **given: move_amendment(amendment=amendment, **given)
    return contract, CONTRACT, lambda **given: move_contract(contract=contract, **given)


def _forward(world: World, who: str, pick: int, amount: int) -> None:
    """The next step towards the signature, by who may do it: without this most sequences would stay in draft."""
    subject, _, move = _subject(world)
    steps = {
        "draft": 0,
        "negotiation": 1,
        "corrections": 1,
        "agreed": 2,
        "deliberated": 3,
        "to_sign": 4,
        "signed_partner": 5,
    }
    name, actor = builders.STEPS[steps[subject.status]] if subject.status in steps else ("expire", "commissioner")
    if name == "deliberate":
        builders.deposit(world.fresh(), world.cast)
    if name == "expire" and pick < 45:
        return
    move(name=name, by=getattr(world.cast, actor), at=builders.AT, reason=REASON)


def _move(world: World, who: str, pick: int, amount: int) -> None:
    subject, table, move = _subject(world)
    rows = [row for row in table.transitions if row.source == subject.status]
    if rows:
        row = rows[pick % len(rows)]
        if row.name == "cancel" and pick < 40:
            return
        move(name=row.name, by=getattr(world.cast, who), at=builders.AT, reason=REASON)


_PATHS = (
    "caps/2024/ae",
    "caps/2025/budget",
    "sheets/A01/need",
    "sheets/A01/lines/E2024/planned",
    "sheets/A02/lines/D2025/planned",
    "sheets/A02/years/2025/total_cost",
    "sheets/A01/targets/ENFANTS/years/2025/value",
    "sheets/A03/title",
    "contract/ends_on",
    "signatories/S2/office",
)


def _text(world: World, who: str, pick: int, amount: int) -> None:
    path = _PATHS[pick % len(_PATHS)]
    value: Any = {"need": f"Besoin {amount}", "title": f"Action {amount}", "office": f"Qualité {amount}"}.get(
        path.rsplit("/", 1)[1], str(amount)
    )
    if path == "contract/ends_on":
        value = f"{2025 + pick % 3}-12-31"
    if pick == 50:
        path, value = "sheets/A02", REMOVED
    change_text(contract=world.fresh(), edits={path: value}, seen={}, by=getattr(world.cast, who), at=builders.AT)


def _balance(world: World, who: str, pick: int, amount: int) -> None:
    """Move every amount of one action together, as someone who knows the rules does."""
    half = 1000 + abs(amount)
    text = draft_of(world.fresh()).text
    edits = {}
    for year in (2024, 2025):
        others = [code for code in text["sheets"] if code != "A01"]
        total = sum(Decimal(text["sheets"][code]["years"].get(str(year), {}).get("total_cost") or 0) for code in others)
        edits |= {
            f"sheets/A01/years/{year}/total_cost": str(2 * half),
            f"sheets/A01/years/{year}/eligible_cost": str(2 * half),
            f"sheets/A01/lines/E{year}/planned": str(half),
            f"sheets/A01/lines/D{year}/planned": str(half),
            f"caps/{year}/budget": str(total + 2 * half),
            f"caps/{year}/ae": "20000",
        }
    change_text(contract=world.fresh(), edits=edits, seen={}, by=world.cast.commissioner, at=builders.AT)


def _pay(world: World, who: str, pick: int, amount: int) -> None:
    lines = list(FundingLine.objects.filter(sheet__contract=world.contract).order_by("pk"))
    record_movement(
        line=lines[pick % len(lines)],
        stage=Stage.values[pick % 3],
        amount=Money.of(amount),
        dated_on=date(2024, 2, 1),
        by=getattr(world.cast, who),
        at=builders.AT,
        note=REASON,
    )


def _propose(world: World, who: str, pick: int, amount: int) -> None:
    kinds = [kind for rank, kind in enumerate(AmendmentKind.values) if (pick >> rank) & 1]
    propose_amendment(
        contract=world.fresh(), title="Essai", kinds=kinds, reason="", by=getattr(world.cast, who), at=builders.AT
    )


def _sheet(world: World, who: str, pick: int, amount: int) -> None:
    sheets = list(world.contract.sheets.order_by("pk"))
    sheet = sheets[pick % len(sheets)]
    rows = [row for row in SHEET.transitions if row.source == sheet.status]
    if rows:
        name = rows[amount % len(rows)].name
        move_sheet(sheet=sheet, name=name, by=getattr(world.cast, who), at=builders.AT, reason=REASON)


def _comment(world: World, who: str, pick: int, amount: int) -> None:
    user = getattr(world.cast, who)
    said = world.contract.comments.filter(closed_at__isnull=True).order_by("pk").first()
    if said is None:
        comment(contract=world.fresh(), path=_PATHS[pick % 7], body="À revoir", by=user, at=builders.AT)
    elif amount % 2:
        answer(comment=said, body="Vu", by=user, at=builders.AT)
    else:
        close_comment(comment=said, by=user, at=builders.AT)


_ACTS = {
    "forward": _forward,
    "move": _move,
    "text": _text,
    "balance": _balance,
    "pay": _pay,
    "propose": _propose,
    "sheet": _sheet,
    "comment": _comment,
}


def _state(world: World) -> tuple[Any, ...]:
    """All that a refused act must leave as it was."""
    contract = world.fresh()
    amendment = open_amendment(contract)
    return (
        contract.status,
        text_of(contract),
        amendment and (amendment.status, amendment.proposed),
        list(contract.versions.values_list("number", "sha256")),
        list(FundingLine.objects.filter(sheet__contract=contract).order_by("pk").values_list("committed", "paid")),
        AuditEntry.objects.count(),
    )


def _play(world: World, act: tuple[str, str, int, int]) -> None:
    name, *given = act
    before = _state(world)
    try:
        with transaction.atomic():
            _ACTS[name](world, *given)
        world.done += 1
    except (MaillageError, PermissionDenied) as error:
        world.refused.append(str(error))
        assert _state(world) == before


def _nothing_is_broken(world: World) -> None:
    contract = world.fresh()
    versions = list(contract.versions.order_by("number"))
    assert [one.number for one in versions] == list(range(1, len(versions) + 1))
    assert all(is_intact(one) for one in versions)  # V1
    assert contract.amendments.exclude(status__in=["in_force", "cancelled"]).count() <= 1
    assert bool(versions) == (contract.status in SIGNED)
    for line in FundingLine.objects.filter(sheet__contract=contract):
        _money_holds(line)
    if versions:
        _text_in_force_holds(contract, read_version(versions[-1])["text"])


def _money_holds(line: FundingLine) -> None:
    """F4, and the sums kept on the line are those of its movements."""
    assert line.paid <= line.committed <= (line.awarded or 0)
    for stage in Stage.values:
        moved = line.movements.filter(stage=stage).aggregate(sum=Sum("amount"))["sum"] or 0
        assert getattr(line, stage) == moved


def _text_in_force_holds(contract: Contract, signed: Any) -> None:
    """The rows are the last version, whatever a draft amendment says; and that text obeys F1, F2, F3, F4 and A2."""
    assert text_of(contract) == signed
    assert [one.message_fr for one in checked(contract, signed).blocking] == []
    for cap in AnnualCap.objects.filter(contract=contract, ae__isnull=False):
        lines = FundingLine.objects.filter(sheet__contract=contract, sheet__in_text=True, year=cap.year)
        state = lines.filter(funder__kind="state", in_kind=False).aggregate(sum=Sum("planned"))["sum"] or 0
        assert state <= cap.ae


@pytest.mark.django_db
@pytest.mark.parametrize("start", ["draft", "in_force"])
@given(acts=st.lists(ACTS, min_size=8, max_size=22))
# Not shrunk: each try plays a whole life of a contract, and the list of acts is short enough to read.
@hypothesis_settings(max_examples=12, phases=[Phase.explicit, Phase.generate])
def test_no_sequence_of_acts_breaks_an_invariant(start: str, acts: list[Any]) -> None:
    with transaction.atomic():
        world = _new_world(start)
        _nothing_is_broken(world)
        for act in acts:
            _play(world, act)
            _nothing_is_broken(world)
        transaction.set_rollback(True)


def _new_world(start: str) -> World:
    builders.make_reference_rows()
    territory = Territory.objects.create(
        code="DEP-01", level="departement", insee="01", name="Essai", sort_name="essai"
    )
    cast = builders.make_cast("DEP-01", "DEP-01")
    contract = builders.make_contract(territory, cast, reference=f"ESSAI-{next(_references)}")
    builders.fill(contract, cast, ("A01", "A02"))
    if start == "in_force":
        builders.advance(contract, cast)
    return World(contract, cast)


@pytest.mark.django_db
def test_sequences_go_far() -> None:
    """The acts above reach signatures, amendments and payments: otherwise the property would hold of nothing."""
    with transaction.atomic():
        world = _new_world("draft")
        for _ in range(6):
            _play(world, ("forward", "lead", 0, 0))
        _play(world, ("propose", "lead", 1, 0))
        _play(world, ("balance", "lead", 0, 4500))
        _play(world, ("pay", "ddets", 0, 2000))
        for _ in range(6):
            _play(world, ("forward", "lead", 0, 0))
        _nothing_is_broken(world)
        assert world.contract.versions.count() == 2
        assert FundingLine.objects.filter(committed=2000).exists()
        assert world.refused == []
        transaction.set_rollback(True)
