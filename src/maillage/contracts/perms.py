"""Who may do what on a contract, checked on the object.

A département or a métropole works on its own contracts: its role counts on the territory of the contract itself, not on
those that it contains (a métropole's contract is not the département's). An association and an operator work on the
agreements they are named in (`Participant`). The State's roles cover a territory and all it contains.
"""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from maillage.contracts.enums import ContractKind
from maillage.contracts.models import (
    Contract,
    Participant,
)
from maillage.core import files, perms
from maillage.core.enums import Role
from maillage.core.models import Job, StoredFile, User
from maillage.engines.lifecycle.contracts import SIGNED
from maillage.territories.models import Territory
from maillage.territories.selectors import lineage_codes

STATE = frozenset({Role.COMMISSIONER, Role.PREFECT, Role.DDETS})
DRAFT_READERS = STATE | {Role.READER, Role.AUDITOR}
SIGNED_READERS = DRAFT_READERS | {Role.OBSERVER, Role.OPERATOR, Role.GROUP_CHAIR, Role.REVIEWER, Role.MAYOR}
AUDITORS = frozenset({Role.AUDITOR, Role.COMMISSIONER})
ARCHIVE_JOB = "contract.archive"  # the kind of the jobs whose result is an archive
CREATORS = frozenset({Role.COMMISSIONER, Role.DDETS})

# The role that signs for the other party, by kind of contract.
PARTNER_ROLES: dict[str, frozenset[str]] = {
    ContractKind.CALPAE: frozenset({Role.DEPARTEMENT}),
    ContractKind.CLS: frozenset({Role.DEPARTEMENT}),
    ContractKind.ANNUAL_LINK: frozenset({Role.DEPARTEMENT, Role.OPERATOR}),
    ContractKind.CPO: frozenset({Role.ASSOCIATION}),
}
NAMED_ONLY = frozenset({Role.ASSOCIATION, Role.OPERATOR})


def roles_on(user: User | AnonymousUser, contract: Contract, on: date) -> frozenset[str]:
    """The roles by which a person acts on a contract: what the transition tables ask for."""
    held = perms.memberships_in_force(user, on)
    lineage = lineage_codes(contract.territory)
    state = {m.role for m in held if m.role in STATE and m.territory_code in lineage and not m.axis_code}
    return frozenset(state | _partner_roles(user, contract, on))


def _partner_roles(user: User | AnonymousUser, contract: Contract, on: date) -> set[str]:
    allowed = PARTNER_ROLES[contract.kind]
    held = perms.memberships_in_force(user, on)
    found = {m.role for m in held if m.role in allowed - NAMED_ONLY and m.territory_code == contract.territory.code}
    named = {m.role for m in held} & allowed & NAMED_ONLY
    return found | (named & _named_roles(user, contract)) if named else found


def _named_roles(user: User | AnonymousUser, contract: Contract) -> set[str]:
    if not user.is_authenticated:
        return set()
    return {one.role for one in contract.participants.all() if one.user_id == user.pk}


def can_see(user: User | AnonymousUser, contract: Contract, on: date) -> bool:
    """A contract in negotiation is seen by its parties and by those who follow; a signed one by its territory."""
    if roles_on(user, contract, on) or _named_roles(user, contract):
        return True
    signed = contract.status in SIGNED
    readers = SIGNED_READERS if signed else DRAFT_READERS
    lineage = lineage_codes(contract.territory)
    held = [one.territory_code for one in perms.memberships_in_force(user, on) if one.role in readers]
    return any(code in lineage or (signed and _is_commune_of(code, contract)) for code in held)


def can_see_unsigned(user: User | AnonymousUser, contract: Contract, on: date) -> bool:
    """Who follows the negotiation of a signed contract's amendments: its parties, its team, those who audit or read."""
    if roles_on(user, contract, on) or _named_roles(user, contract):
        return True
    return perms.holds(user, DRAFT_READERS, lineage_codes(contract.territory), on=on)


def _is_commune_of(code: str, contract: Contract) -> bool:
    """A mayor sees the contract of the département, or of the métropole, that holds the commune."""
    if not code.startswith("COM-"):
        return False
    holders = Q(parent=contract.territory) | Q(epci_links__epci=contract.territory)
    return Territory.objects.filter(Q(code=code) & holders).exists()


def visible(user: User | AnonymousUser, on: date) -> QuerySet[Contract]:
    """The contracts that a person may see, with their territory ready. The same answer as `can_see`, in one query."""
    allowed = Q(pk__in=Participant.objects.filter(user_id=user.pk or 0).values("contract_id"))
    for one in perms.memberships_in_force(user, on):
        allowed |= _seen_by(one.role, one.territory_code)
    return Contract.objects.select_related("territory__parent__parent__parent", "pact").filter(allowed)


def _seen_by(role: str, code: str) -> Q:
    within = Q(territory__code=code) | Q(territory__parent__code=code) | Q(territory__parent__parent__code=code)
    within |= Q(territory__parent__parent__parent__code=code)
    if role in SIGNED_READERS:
        of_commune = Q(status__in=SIGNED) & _holding_commune(code)
        return (within if role in DRAFT_READERS else Q(status__in=SIGNED) & within) | of_commune
    if role == Role.DEPARTEMENT:
        return Q(territory__code=code, kind__in=[ContractKind.CALPAE, ContractKind.CLS, ContractKind.ANNUAL_LINK])
    return Q(pk__in=[])


def _holding_commune(code: str) -> Q:
    """The contracts of the département, and of the métropole, that hold a commune."""
    if not code.startswith("COM-"):
        return Q(pk__in=[])
    return Q(territory__in=Territory.objects.filter(Q(children__code=code) | Q(members__commune__code=code)))


def can_create(user: User | AnonymousUser, territory: Territory, on: date) -> bool:
    """The State opens a contract: the region's team, or the DDETS of the territory."""
    return perms.holds(user, CREATORS, lineage_codes(territory), on=on)


def is_party(user: User | AnonymousUser, contract: Contract, on: date) -> bool:
    """Whoever may write something in a contract: the two sides that negotiate it."""
    return bool(roles_on(user, contract, on) & (PARTNER_ROLES[contract.kind] | CREATORS))


def is_state_team(user: User | AnonymousUser, contract: Contract, on: date) -> bool:
    """DDETS and the region's team: caps, comments, corrections, what is retained."""
    return bool(roles_on(user, contract, on) & CREATORS)


def is_partner(user: User | AnonymousUser, contract: Contract, on: date) -> bool:
    """The party that signs with the State: it writes its actions and enters its readings and reports."""
    return bool(roles_on(user, contract, on) & PARTNER_ROLES[contract.kind])


def can_record_money(user: User | AnonymousUser, contract: Contract, on: date, *, family: str) -> bool:
    """What the State commits and pays is recorded by the State; the rest by the party that follows it."""
    if family == "state":
        return is_state_team(user, contract, on)
    return is_party(user, contract, on)


def can_waive(user: User | AnonymousUser, contract: Contract, on: date) -> bool:
    """Accept a warning of a rule: the State's side, a prefect included."""
    return bool(roles_on(user, contract, on) & STATE)


def can_audit(user: User | AnonymousUser, contract: Contract, on: date) -> bool:
    """Take the whole archive of a contract."""
    return perms.holds(user, AUDITORS, lineage_codes(contract.territory), on=on)


def can_manage_templates(user: User | AnonymousUser, on: date) -> bool:
    """Upload the templates of documents: the instance's team."""
    return perms.leads_instance(user, on)


def can_produce_documents(user: User | AnonymousUser, contract: Contract, on: date) -> bool:
    """Make a document of a contract: those who act on it, a prefect included. Whoever sees it may download it."""
    return bool(roles_on(user, contract, on))


def can_simulate(user: User | AnonymousUser, territory: Territory, on: date) -> bool:
    """Simulate and read simulations of an envelope: the region's team and its prefect."""
    return perms.holds(user, {Role.COMMISSIONER, Role.PREFECT}, lineage_codes(territory), on=on)


def can_decide(user: User | AnonymousUser, territory: Territory, on: date) -> bool:
    """Decide how an envelope is shared: the prefect of the territory."""
    return perms.holds(user, {Role.PREFECT}, lineage_codes(territory), on=on)


def contracts_of_file(file: StoredFile) -> QuerySet[Contract]:
    """The contracts that hold a file, by whatever object of theirs."""
    return (
        Contract.objects.select_related("territory__parent__parent__parent")
        .filter(
            Q(attachments__file=file)
            | Q(documents__file=file)
            | Q(sheets__evidence__file=file)
            | Q(sheets__lines__movements__file=file)
        )
        .distinct()
    )


@files.access_rule
def may_download(user: User, file: StoredFile, on: date) -> bool:
    """A file of a contract goes to those who see the contract."""
    return any(can_see(user, contract, on) for contract in contracts_of_file(file))


@files.access_rule
def may_download_archive(user: User, file: StoredFile, on: date) -> bool:
    """The archive of a contract goes to whoever may take it, whoever asked for it first."""
    made = Job.objects.filter(kind=ARCHIVE_JOB, result_file=file).values_list("parameters", flat=True)
    contracts = Contract.objects.filter(pk__in=[one.get("contract_id") for one in made])
    return any(can_audit(user, one, on) for one in contracts.select_related("territory__parent__parent__parent"))
