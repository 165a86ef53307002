"""Who may see a campaign and a request, answer, validate.

The team of the territory runs a campaign; a DDETS checks what its département answers; the person responsible for a
request answers it and sees nothing else. To everyone else, neither exists.
"""

from __future__ import annotations

from datetime import date

from django.contrib.auth.models import AnonymousUser

from maillage.collection.enums import CampaignStatus
from maillage.collection.models import Campaign, FigureRequest
from maillage.core import perms
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.engines.lifecycle.collection import RESPONDENT
from maillage.territories.selectors import lineage_codes

LEADERS = frozenset({Role.COMMISSIONER})
READERS = LEADERS | {Role.DDETS, Role.PREFECT, Role.AUDITOR, Role.READER, Role.OBSERVER}
RESPONDENTS = frozenset({Role.OPERATOR, Role.DEPARTEMENT, Role.ASSOCIATION, Role.DDETS, Role.OBSERVER, Role.MAYOR})

LEAD_REFUSED = "Seule l'équipe régionale de ce territoire mène la collecte."
ANSWER_REFUSED = "Seule la personne à qui ces chiffres sont demandés les saisit, ou l'équipe régionale pour elle."
CHECK_REFUSED = "Seules la DDETS du territoire et l'équipe régionale relisent cette réponse."


def can_lead(user: User | AnonymousUser, campaign: Campaign, on: date) -> bool:
    """Prepare, open, close and consolidate the campaign."""
    return perms.holds(user, LEADERS, lineage_codes(campaign.territory), on=on)


def can_view_campaign(user: User | AnonymousUser, campaign: Campaign, on: date) -> bool:
    """Those who read the whole territory. Who reads a part of it sees the campaign by its requests (selectors)."""
    return perms.holds(user, READERS, lineage_codes(campaign.territory), on=on)


def can_view_request(user: User | AnonymousUser, figure_request: FigureRequest, on: date) -> bool:
    """Its readers by territory, and the person responsible once the campaign has left its preparation."""
    if can_view_campaign(user, figure_request.campaign, on):
        return True
    if figure_request.campaign.status == CampaignStatus.DRAFT:
        return False
    return reads_request(user, figure_request, on) or is_respondent(user, figure_request, on)


def reads_request(user: User | AnonymousUser, figure_request: FigureRequest, on: date) -> bool:
    """A State service, an auditor or a reader whose perimeter holds the territory of the request."""
    return perms.holds(user, READERS, lineage_codes(figure_request.territory), on=on)


def is_respondent(user: User | AnonymousUser, figure_request: FigureRequest, on: date) -> bool:
    """The very person to whom the figures are asked, as long as a role is held on the territory."""
    asked = figure_request.responsible_id is not None and figure_request.responsible_id == user.pk
    return asked and may_answer_for(user, figure_request, on)


def may_answer_for(user: User | AnonymousUser, figure_request: FigureRequest, on: date) -> bool:
    """Whether the user's role allows to be made responsible for this request."""
    return perms.holds(user, RESPONDENTS, lineage_codes(figure_request.territory), on=on)


def roles_on_request(user: User | AnonymousUser, figure_request: FigureRequest, on: date) -> frozenset[str]:
    """Roles as the table of requests names them. Nobody checks as a DDETS what she answered herself."""
    lineage = lineage_codes(figure_request.territory)
    roles = {role.value for role in (Role.COMMISSIONER, Role.DDETS) if perms.holds(user, {role}, lineage, on=on)}
    if is_respondent(user, figure_request, on):
        roles = (roles - {Role.DDETS.value}) | {RESPONDENT}
    return frozenset(roles)


def roles_on_campaign(user: User | AnonymousUser, campaign: Campaign, on: date) -> frozenset[str]:
    return frozenset({Role.COMMISSIONER.value}) if can_lead(user, campaign, on) else frozenset()


def can_answer(user: User | AnonymousUser, figure_request: FigureRequest, on: date) -> bool:
    """Enter and submit the figures asked: the person responsible, or the team on a partner's word."""
    return bool(roles_on_request(user, figure_request, on) & {RESPONDENT, Role.COMMISSIONER.value})


def can_check(user: User | AnonymousUser, figure_request: FigureRequest, on: date) -> bool:
    """Validate an answer, or ask to complete it."""
    return bool(roles_on_request(user, figure_request, on) & {Role.COMMISSIONER.value, Role.DDETS.value})
