"""Who plays a role on a contract, for tests generated from the tables of results."""

from __future__ import annotations

from collections.abc import Iterator

from maillage.contracts.enums import ContractKind
from maillage.contracts.models import Contract
from maillage.contracts.services.contracts import name_participant
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.engines.lifecycle import Lifecycle, Transition
from tests.contracts import builders
from tests.factories import Held, make_user

REASON = "Motif écrit pour cet essai"

# The kind of contract on which a role may be the other party.
_KIND_OF = {Role.ASSOCIATION: ContractKind.CPO, Role.OPERATOR: ContractKind.ANNUAL_LINK}


def cases(table: Lifecycle) -> Iterator[tuple[Transition, str]]:
    for row in table.transitions:
        for role in Role.values:
            yield row, role


def name_of(case: object) -> str:
    return f"{case.name}-from-{case.source}" if isinstance(case, Transition) else str(case)


def actor_on(contract: Contract, role: str, cast: builders.Cast) -> User:
    """Someone who holds the role where it may act; the contract becomes one on which that role is a party."""
    kind = _KIND_OF.get(Role(role))
    if kind is not None:
        Contract.objects.filter(pk=contract.pk).update(kind=kind)
    contract.refresh_from_db()
    user = make_user("Agent", Held(Role(role), contract.territory.code))
    if kind is not None:
        name_participant(contract=contract, user=user, role=role, by=cast.commissioner, at=builders.AT)
    return user
