"""Every transition of a contract and of an amendment, for every role: generated from the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from maillage.contracts.enums import ContractKind
from maillage.contracts.models import Amendment, Contract, FieldComment
from maillage.contracts.rules import checked
from maillage.contracts.services.amendments import propose_amendment
from maillage.contracts.services.contracts import name_participant
from maillage.contracts.services.money import waive_rule
from maillage.contracts.services.transitions import move_amendment, move_contract
from maillage.contracts.text import text_of
from maillage.core.enums import Role
from maillage.core.models import AuditEntry, User
from maillage.engines.lifecycle import SYSTEM, Lifecycle, Transition, TransitionRefused
from maillage.engines.lifecycle.contracts import AMENDMENT, CONTRACT
from maillage.territories.models import Territory
from tests.contracts import builders
from tests.factories import Held, make_user

REASON = "Motif écrit pour cet essai"
# The kind of contract on which a role may be the other party.
KIND_OF = {Role.ASSOCIATION: ContractKind.CPO, Role.OPERATOR: ContractKind.ANNUAL_LINK}

Case = tuple[Transition, str]


def _cases(table: Lifecycle) -> Iterator[Case]:
    for row in table.transitions:
        for role in [*Role.values, SYSTEM]:
            yield row, role


def _name(case: object) -> str:
    return f"{case.name}-from-{case.source}" if isinstance(case, Transition) else str(case)


def _actor(role: str, contract: Contract, cast: builders.Cast) -> User | None:
    if role == SYSTEM:
        return None
    user = make_user("Agent", Held(Role(role), "DEP-44"))
    if role in KIND_OF:
        name_participant(contract=contract, user=user, role=role, by=cast.commissioner, at=builders.AT)
    return user


def _ready(contract: Contract, cast: builders.Cast, row: Transition, amendment: Amendment | None = None) -> None:
    """Satisfy the guard of a row: comments, deliberation."""
    if row.name == "request_corrections":
        FieldComment.objects.create(
            contract=contract, amendment=amendment, path="sheets/A01/need", body="?", by=cast.ddets, at=builders.AT
        )
    if row.name == "deliberate":
        builders.deposit(contract, cast)


def _attempt(move: Callable[[], object], allowed: bool, subject: Contract | Amendment, row: Transition) -> None:
    before = AuditEntry.objects.count()
    if allowed:
        move()
        subject.refresh_from_db()
        assert subject.status == row.target
        assert AuditEntry.objects.filter(action__endswith=f".{row.name}").exists()
        return
    with pytest.raises((TransitionRefused, PermissionDenied)):
        move()
    subject.refresh_from_db()
    assert subject.status == row.source
    assert AuditEntry.objects.count() == before


@pytest.mark.parametrize(("row", "role"), list(_cases(CONTRACT)), ids=_name)
def test_contract_transition(territories: dict[str, Territory], row: Transition, role: str) -> None:
    cast = builders.make_cast()
    builders.make_reference_rows()
    kind = KIND_OF.get(Role(role), ContractKind.CLS) if role != SYSTEM else ContractKind.CLS
    contract = builders.make_contract(territories["DEP-44"], cast, kind=kind)
    allowed = role in row.roles
    if allowed:
        builders.fill(contract, cast)
        if kind != ContractKind.CLS:
            _waive_all(contract, cast)
    actor = _actor(role, contract, cast)
    if allowed:
        _ready_partner_file(contract, cast, row)
    Contract.objects.filter(pk=contract.pk).update(status=row.source)

    def move() -> None:
        move_contract(contract=contract, name=row.name, by=actor, at=_moment(row), reason=REASON)

    _attempt(move, allowed, contract, row)


def _moment(row: Transition) -> datetime:
    """A contract expires after its term, and nothing else needs to wait for it."""
    return builders.AT.replace(year=2026) if row.name == "expire" else builders.AT


def test_a_contract_does_not_expire_before_its_term(territories: dict[str, Territory]) -> None:
    cast = builders.make_cast()
    contract = builders.signed_contract(territories["DEP-44"], cast)
    last_day = builders.AT.replace(year=2025, month=12, day=31)
    with pytest.raises(TransitionRefused, match="court encore 1 jour"):
        move_contract(contract=contract, name="expire", by=None, at=last_day)
    assert move_contract(contract=contract, name="expire", by=None, at=last_day + timedelta(days=1)).status == "expired"


def _waive_all(contract: Contract, cast: builders.Cast) -> None:
    """An agreement with an association has no co-funding rule; another kind may ask for a waiver."""
    found = checked(contract, text_of(contract))
    for finding in [one for one in found.findings if found.needs_waiver(one)]:
        waive_rule(contract=contract, key=finding.key, reason=REASON, by=cast.commissioner, at=builders.AT)


def _ready_partner_file(contract: Contract, cast: builders.Cast, row: Transition) -> None:
    if row.name == "deliberate":
        _deposit_by_the_state(contract, cast)
    else:
        _ready(contract, cast, row)


def _deposit_by_the_state(contract: Contract, cast: builders.Cast) -> None:
    builders.deposit(contract, builders.Cast(cast.commissioner, cast.ddets, cast.ddets, cast.prefect))


@pytest.mark.parametrize(("row", "role"), list(_cases(AMENDMENT)), ids=_name)
def test_amendment_transition(territories: dict[str, Territory], row: Transition, role: str) -> None:
    cast = builders.make_cast()
    contract = builders.signed_contract(territories["DEP-44"], cast)
    amendment = propose_amendment(
        contract=contract, title="Essai", kinds=["amount"], reason="", by=cast.lead, at=builders.AT
    )
    # An association and an operator are no party to this kind of contract: named or not, the table refuses them.
    allowed = role in row.roles - {Role.ASSOCIATION, Role.OPERATOR}
    if allowed:
        _ready(contract, cast, row, amendment)
    actor = _actor(role, contract, cast)
    Amendment.objects.filter(pk=amendment.pk).update(status=row.source)

    def move() -> None:
        move_amendment(amendment=amendment, name=row.name, by=actor, at=builders.AT, reason=REASON)

    _attempt(move, allowed, amendment, row)
    contract.refresh_from_db()
    assert contract.versions.count() == (2 if allowed and row.name == "sign_prefect" else 1)


@pytest.mark.parametrize(("row", "role"), [(r, o) for r, o in _cases(CONTRACT) if o in r.roles], ids=_name)
def test_contract_transition_from_every_other_state_is_refused(
    territories: dict[str, Territory], row: Transition, role: str
) -> None:
    cast = builders.make_cast()
    contract = builders.make_contract(territories["DEP-44"], cast)
    sources = {one.source for one in CONTRACT.transitions if one.name == row.name}
    actor = _actor(role, contract, cast)
    for state in set(CONTRACT.states) - sources:
        Contract.objects.filter(pk=contract.pk).update(status=state)
        with pytest.raises((TransitionRefused, PermissionDenied)):
            move_contract(contract=contract, name=row.name, by=actor, at=builders.AT, reason=REASON)
    contract.refresh_from_db()
    assert not contract.versions.exists()
