"""What the collection has waiting for a person: figures to give, answers to check, partners who are late."""

from __future__ import annotations

from datetime import date

from django.urls import reverse

from maillage.collection import perms
from maillage.collection.enums import CampaignStatus, RequestStatus
from maillage.collection.selectors.campaigns import Board, Line, boards, is_open_to_answers, own_lines
from maillage.core import digests
from maillage.core.enums import Role
from maillage.core.models import User
from maillage.core.perms import memberships_in_force
from maillage.kernel.numbers import NBSP
from maillage.territories.selectors import lineage_codes


@digests.source
def figures_to_give(user: User, on: date) -> list[digests.Item]:
    """The lists that this very person has to fill or to complete."""
    return [_to_give(line) for line in own_lines(user, on) if is_open_to_answers(line.request)]


@digests.source
def answers_to_check(user: User, on: date) -> list[digests.Item]:
    """For a DDETS, the answers of its département; for the team, those that no DDETS checks, and who is late."""
    roles = {membership.role for membership in memberships_in_force(user, on)}
    if not roles & {Role.DDETS, Role.COMMISSIONER}:
        return []
    items = []
    for board in boards(user, on):
        if board.campaign.status not in (CampaignStatus.OPEN, CampaignStatus.CLOSED):
            continue
        items += [_to_check(line) for line in board.lines if _is_hers(user, line, on)]
        if board.late and perms.can_lead(user, board.campaign, on):
            items.append(_late_partners(board))
    return items


def _is_hers(user: User, line: Line, on: date) -> bool:
    """Whether the answer waits for this person: the narrowest State service that covers it, and only it."""
    request = line.request
    if request.status != RequestStatus.SUBMITTED or not perms.can_check(user, request, on):
        return False
    whole = lineage_codes(request.campaign.territory)
    if request.territory.code in whole:
        return True
    held = memberships_in_force(user, on)
    narrow = lineage_codes(request.territory) - whole
    return any(one.role in (Role.DDETS, Role.COMMISSIONER) and one.territory_code in narrow for one in held)


def _to_give(line: Line) -> digests.Item:
    request = line.request
    verb = "À compléter" if request.status == RequestStatus.TO_COMPLETE else "Chiffres à donner"
    return digests.Item(
        kind="collection.give",
        label=f"{verb}{NBSP}: {request.campaign.title}, {request.partner} ({line.entered} sur {line.figures})",
        url=reverse("figure-request", args=[request.pk]),
        due_on=line.due_on,
        late=line.late,
        territory_code=request.territory.code,
    )


def _to_check(line: Line) -> digests.Item:
    request = line.request
    return digests.Item(
        kind="collection.check",
        label=f"Réponse à relire{NBSP}: {request.campaign.title}, {request.partner}",
        url=reverse("figure-request", args=[request.pk]),
        due_on=None,
        late=False,
        territory_code=request.territory.code,
    )


def _late_partners(board: Board) -> digests.Item:
    plural = "s" if board.late > 1 else ""
    return digests.Item(
        kind="collection.late",
        label=f"{board.campaign.title}{NBSP}: {board.late} partenaire{plural} en retard sur {board.asked}",
        url=reverse("campaign", args=[board.campaign.pk]),
        due_on=board.campaign.due_on,
        late=True,
        territory_code=board.campaign.territory.code,
    )
