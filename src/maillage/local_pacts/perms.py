"""Who may see, write, invite, sign and follow local pacts. A pact is one: its département decides, never an axis."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from maillage.core import files
from maillage.core import perms as core_perms
from maillage.core.enums import Role
from maillage.core.models import StoredFile, User
from maillage.engines.lifecycle.local_pacts import PARTNER
from maillage.engines.lifecycle.model import SYSTEM
from maillage.local_pacts.enums import SIGNATORY, TEXT_OPEN, PartnerKind
from maillage.local_pacts.models import Commitment, LocalPact, Partner
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.territories.selectors import lineage, lineage_codes

WRITERS = frozenset({Role.DDETS, Role.COMMISSIONER})
STEERS = WRITERS | {Role.PREFECT}
# Those who are given the whole département to work on or to read.
TEXT_READERS = STEERS | {Role.DEPARTEMENT, Role.OBSERVER, Role.GROUP_CHAIR, Role.READER, Role.AUDITOR}
# A command run on the instance's own machine: whoever runs it holds the database already.
EVERY_ROLE = frozenset({Role.PREFECT.value, Role.DDETS.value, Role.COMMISSIONER.value, PARTNER, SYSTEM})


def roles_on(user: User, territory: Territory, on: date) -> frozenset[str]:
    """The roles that the user holds over the whole territory, whatever the axis."""
    lineage = lineage_codes(territory)
    held = core_perms.memberships_in_force(user, on)
    return frozenset(m.role for m in held if m.territory_code in lineage and not m.axis_code)


def speaks_for(user: User, partner: Partner, on: date) -> bool:
    """Whether the user acts in the name of a partner: its linked account, or the lead of the département itself."""
    if partner.user_id is not None and partner.user_id == user.pk:
        return True
    is_departement = partner.kind == PartnerKind.DEPARTEMENT
    return is_departement and Role.DEPARTEMENT in roles_on(user, partner.pact.territory, on)


def own_partners(user: User, pact: LocalPact, on: date) -> list[Partner]:
    """The partners of the pact in whose name the user acts."""
    if pact.pk is None:
        return []
    is_lead = Role.DEPARTEMENT in roles_on(user, pact.territory, on)
    return [
        partner
        for partner in pact.partners.all()
        if partner.user_id == user.pk or (is_lead and partner.kind == PartnerKind.DEPARTEMENT)
    ]


def _is_signatory(user: User, pact: LocalPact) -> bool:
    return pact.pk is not None and any(p.user_id == user.pk and p.state in SIGNATORY for p in pact.partners.all())


def regions_of(user: User, on: date) -> frozenset[str]:
    """Codes of the regions that the user's perimeters lie in, and the country where one covers it all. One query."""
    codes = {m.territory_code for m in core_perms.memberships_in_force(user, on)}
    found = Territory.objects.filter(code__in=codes).select_related("parent__parent__parent").order_by("pk")
    lines = {one.code for territory in found for one in lineage(territory) if one.level == Level.REGION}
    return frozenset(lines | (codes & {core_perms.COUNTRY}))


def can_read_text(user: User, pact: LocalPact, on: date) -> bool:
    """The text in work and its follow-up: those of the territory, and the accounts linked to a signatory."""
    return bool(roles_on(user, pact.territory, on) & TEXT_READERS) or _is_signatory(user, pact)


def can_view(user: User, pact: LocalPact, on: date, regions: frozenset[str] | None = None) -> bool:
    """A version in force is read by every signed-in person of the region; the rest by those of the territory.

    `regions` spares a query where many pacts are asked about (see `regions_of`).
    """
    if can_read_text(user, pact, on):
        return True
    if not pact.version_number:
        return False
    return bool(lineage_codes(pact.territory) & (regions_of(user, on) if regions is None else regions))


def can_write(user: User, pact: LocalPact, on: date) -> bool:
    """Write the diagnosis, the priorities and any commitment."""
    return bool(roles_on(user, pact.territory, on) & WRITERS)


def can_list_partners(user: User, pact: LocalPact, on: date) -> bool:
    """Say who the partners are, and which account speaks for each."""
    return bool(roles_on(user, pact.territory, on) & STEERS)


def can_invite(user: User, pact: LocalPact, on: date) -> bool:
    """The departmental prefect invites."""
    return Role.PREFECT in roles_on(user, pact.territory, on)


def can_contribute(user: User, pact: LocalPact, on: date) -> bool:
    """Propose commitments in the name of a partner, while the text is open."""
    return can_write(user, pact, on) or bool(own_partners(user, pact, on))


def can_write_commitment(user: User, commitment: Commitment, on: date) -> bool:
    """Write this commitment: whoever writes the pact, or the partner itself."""
    return can_write(user, commitment.partner.pact, on) or speaks_for(user, commitment.partner, on)


def can_follow(user: User, commitment: Commitment, on: date) -> bool:
    """Note how a commitment goes: the partner itself, and whoever steers the pact."""
    return bool(roles_on(user, commitment.partner.pact.territory, on) & STEERS) or speaks_for(
        user, commitment.partner, on
    )


def can_review(user: User, pact: LocalPact, on: date) -> bool:
    """Record the yearly review."""
    return bool(roles_on(user, pact.territory, on) & STEERS)


def is_open_text(pact: LocalPact) -> bool:
    return pact.state in TEXT_OPEN


def pact_roles(by: User | None, pact: LocalPact, on: date) -> frozenset[str]:
    """The roles of the tables of transitions that someone holds on a pact."""
    return EVERY_ROLE if by is None else roles_on(by, pact.territory, on)


def partner_roles(by: User | None, partner: Partner, on: date) -> frozenset[str]:
    """The same on one partner: its own account has the role of partner besides."""
    roles = pact_roles(by, partner.pact, on)
    return roles | {PARTNER} if by is not None and speaks_for(by, partner, on) else roles


@files.access_rule
def may_download(user: User, file: StoredFile, on: date) -> bool:
    """The evidence of a commitment goes to those who read the text in work, and to its partner."""
    found = Commitment.objects.filter(Q(follow_ups__evidence=file)).distinct().order_by("pk")
    for commitment in found.select_related("partner__pact__territory__parent__parent"):
        if can_read_text(user, commitment.partner.pact, on) or speaks_for(user, commitment.partner, on):
            return True
    return False
