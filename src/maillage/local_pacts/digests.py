"""What waits for a person in the local pacts: only what that person's own role or organisation has to do."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Q
from django.urls import reverse

from maillage.core import digests
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.engines.lifecycle.local_pacts import LOCAL_PACT
from maillage.local_pacts import perms
from maillage.local_pacts.enums import CLOSED, PactState, PartnerKind, PartnerState
from maillage.local_pacts.models import Partner
from maillage.local_pacts.selectors.pacts import Loaded, with_parts

SOON = timedelta(days=30)


@digests.source
def local_pacts_to_follow(user: User, on: date) -> list[digests.Item]:
    """Commitments due, invitations to answer, signatures, steps, reviews and terms."""
    items: list[digests.Item] = []
    for pact in with_parts().filter(~Q(state__in=CLOSED)):
        roles = perms.roles_on(user, pact.territory, on)
        own = perms.own_partners(user, pact, on)
        if roles & perms.STEERS or own:
            found = Loaded(pact)
            items += _commitments(found, own, roles, on)
            items += _signatures(found, own, roles)
            items += _steps(found, roles)
            items += _dates(found, roles, on)
    return items


def _item(
    found: Loaded, kind: str, label: str, url: str, due_on: date | None = None, late: bool = False
) -> digests.Item:
    name = found.pact.territory.name
    return digests.Item(f"local_pact_{kind}", f"{label} ({name})", url, due_on, late, found.pact.territory.code)


def _commitments(found: Loaded, own: list[Partner], roles: frozenset[str], on: date) -> list[digests.Item]:
    """To its own partner; to the DDETS for a partner that nobody speaks for."""
    mine = {partner.pk for partner in own}
    spoken = {one.pk for one in found.partners if one.user_id is not None or one.kind == PartnerKind.DEPARTEMENT}
    items = []
    for one in found.commitments:
        due = one.since_version is not None and one.is_open() and one.due_on <= on + SOON
        if not due or not (one.partner_id in mine or (Role.DDETS in roles and one.partner_id not in spoken)):
            continue
        url = reverse("local-pact-commitment", args=[found.pact.pk, one.pk])
        label = f"Engagement de « {one.partner.organisation} » à tenir"
        items.append(_item(found, "commitment", label, url, one.due_on, one.is_late(on)))
    return items


def _signatures(found: Loaded, own: list[Partner], roles: frozenset[str]) -> list[digests.Item]:
    """Answer an invitation, sign; the prefect signs for himself."""
    to_sign = found.pact.state == PactState.TO_SIGN
    partners = [*own, *([found.prefect] if found.prefect and Role.PREFECT in roles else [])]
    items = []
    for partner in partners:
        url = reverse("local-pact-partner", args=[found.pact.pk, partner.pk])
        if to_sign and partner.state in {PartnerState.INVITED, PartnerState.ACCEPTED}:
            items.append(_item(found, "signature", f"Pacte local à signer pour « {partner.organisation} »", url))
        elif partner.state == PartnerState.INVITED:
            label = f"Invitation à signer le pacte local, pour « {partner.organisation} »"
            items.append(_item(found, "invitation", label, url))
    return items


def _steps(found: Loaded, roles: frozenset[str]) -> list[digests.Item]:
    """A step forward that nothing holds back any more, to those whose role it is."""
    forward = {
        "open_signature": "Pacte local à ouvrir à la signature",
        "enter_in_force": "Pacte local à mettre en vigueur",
    }
    url = reverse("local-pact", args=[found.pact.pk])
    offered = LOCAL_PACT.offered(found.pact.state, roles, found.facts())
    return [_item(found, row.name, forward[row.name], url) for row in offered if row.name in forward]


def _dates(found: Loaded, roles: frozenset[str], on: date) -> list[digests.Item]:
    """The yearly review to the DDETS, the term to the prefect."""
    items = []
    url = reverse("local-pact", args=[found.pact.pk])
    review = found.review_due_on()
    if review is not None and review <= on + SOON and Role.DDETS in roles:
        items.append(_item(found, "review", "Revue annuelle du pacte local", url, review, review < on))
    term = found.pact.ends_on
    in_force = found.pact.state == PactState.IN_FORCE
    if in_force and term is not None and term <= on + SOON and Role.PREFECT in roles:
        items.append(_item(found, "term", "Pacte local à renouveler ou à terminer", url, term, term < on))
    return items
