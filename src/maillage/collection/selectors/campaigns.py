"""Campaigns and requests as a person may see them: who answered, who has not, who is late."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import Coalesce

from maillage.collection import perms
from maillage.collection.enums import Answer, CampaignStatus, RequestStatus
from maillage.collection.models import Campaign, FigureRequest, RequestedFigure
from maillage.core.models import Membership, User
from maillage.core.perms import memberships_in_force
from maillage.engines.lifecycle.collection import REQUEST
from maillage.territories.enums import Level
from maillage.territories.models import Territory
from maillage.territories.selectors import lineage_codes

ANSWERED = frozenset({RequestStatus.SUBMITTED, RequestStatus.VALIDATED})
_UP = ("territory__code", "territory__parent__code", "territory__parent__parent__code")
_UP_TO_COUNTRY = (*_UP, "territory__parent__parent__parent__code")


@dataclass(frozen=True, slots=True)
class Board:
    """The requests of a campaign that a person sees: the late ones first, then those awaited, then the answered."""

    campaign: Campaign
    lines: tuple[Line, ...]

    @property
    def asked(self) -> int:
        return len(self.lines)

    @property
    def answered(self) -> int:
        return sum(line.answered for line in self.lines)

    @property
    def validated(self) -> int:
        return sum(line.request.status == RequestStatus.VALIDATED for line in self.lines)

    @property
    def late(self) -> int:
        return sum(line.late for line in self.lines)

    @property
    def percent(self) -> int:
        return self.answered * 100 // self.asked if self.asked else 0


@dataclass(frozen=True, slots=True)
class Line:
    """One request, seen on a day. `entered` counts the figures answered, unavailable ones included."""

    request: FigureRequest
    figures: int
    entered: int
    due_on: date
    late: bool

    @property
    def answered(self) -> bool:
        return self.request.status in ANSWERED

    @property
    def missing(self) -> int:
        return self.figures - self.entered


def campaign_facts(requests: Sequence[FigureRequest], campaign: Campaign, on: date) -> dict[str, Any]:
    """Facts of the campaign's guards; needs the counts of `requests_of`."""
    counts = [int(getattr(one, "figure_count")) for one in requests]  # noqa: B009  (annotated by `requests_of`)
    return {
        "figures": sum(counts),
        "empty_requests": sum(not count for count in counts),
        "submitted": sum(one.status == RequestStatus.SUBMITTED for one in requests),
        "validated": sum(one.status == RequestStatus.VALIDATED for one in requests),
        "too_early": on < campaign.opens_on,
    }


def request_facts(figure_request: FigureRequest, figures: Sequence[RequestedFigure]) -> dict[str, Any]:
    """Facts of the request's guards, what the person types apart (reason, comments)."""
    return {
        "open": figure_request.campaign.status == CampaignStatus.OPEN,
        "consolidated": figure_request.campaign.status == CampaignStatus.CONSOLIDATED,
        "missing": sum(one.answer == Answer.AWAITED for one in figures),
    }


def is_open_to_answers(figure_request: FigureRequest) -> bool:
    """Whether answers may be written now: the states from which the table lets them be submitted."""
    writable = {row.source for row in REQUEST.transitions if row.name == "submit"}
    return figure_request.status in writable and figure_request.campaign.status == CampaignStatus.OPEN


def campaigns() -> QuerySet[Campaign]:
    """Every campaign with its territory's line ready."""
    return Campaign.objects.select_related("territory__parent__parent__parent").order_by("-year", "title", "pk")


def requests_of(found: QuerySet[FigureRequest] | None = None) -> QuerySet[FigureRequest]:
    """Requests with what their permissions need, how many figures they ask and how many are answered."""
    base = FigureRequest.objects.all() if found is None else found
    return (
        base.select_related(
            "campaign__territory__parent__parent__parent", "territory__parent__parent__parent", "responsible"
        )
        .annotate(
            figure_count=Count("figures"),
            entered_count=Count("figures", filter=~Q(figures__answer=Answer.AWAITED)),
            ends_on=Coalesce("due_on", F("campaign__due_on")),
        )
        .order_by("campaign", "partner", "pk")
    )


def figures_of(figure_request: FigureRequest) -> QuerySet[RequestedFigure]:
    """The figures asked, in the order of the list."""
    return figure_request.figures.select_related("indicator", "territory", "entered_by").order_by("position", "pk")


def seen_requests(user: User, on: date) -> QuerySet[FigureRequest]:
    """Every request that a person may see. The same answer as `perms.can_view_request`, in one query."""
    codes = _codes(user, on, perms.READERS)
    read = _inside(codes, "")
    whole = _inside(codes, "campaign__")
    own = Q(responsible=user) & _inside(_codes(user, on, perms.RESPONDENTS), "")
    return requests_of().filter(whole | (~Q(campaign__status=CampaignStatus.DRAFT) & (read | own)))


def possible_respondents(territory: Territory, on: date) -> list[User]:
    """Accounts that may be made responsible for a request of this territory, or of a part of it."""
    inside = _inside_territory(territory)
    found = Membership.objects.filter(role__in=perms.RESPONDENTS, starts_on__lte=on, user__is_active=True)
    found = found.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=on))
    codes = Territory.objects.filter(inside).order_by().values("code")
    held = found.filter(Q(territory_code__in=codes) | Q(territory_code__in=sorted(lineage_codes(territory))))
    return list(User.objects.filter(pk__in=held.order_by().values("user")).order_by("full_name", "pk"))


def places(territory: Territory) -> QuerySet[Territory]:
    """Where a partner of the campaign may stand: its territory, and what it holds down to the EPCI."""
    found = Territory.objects.filter(_inside_territory(territory), valid_to__isnull=True)
    return found.exclude(level=Level.COMMUNE).order_by("level", "sort_name", "code")


def _inside_territory(territory: Territory) -> Q:
    return Q(pk=territory.pk) | Q(parent=territory) | Q(parent__parent=territory) | Q(parent__parent__parent=territory)


def own_lines(user: User, on: date) -> list[Line]:
    """The requests that a person has to answer, or answered, in campaigns that are open or closed; the late first."""
    codes = _codes(user, on, perms.RESPONDENTS)
    if not codes:
        return []
    shown = [CampaignStatus.OPEN, CampaignStatus.CLOSED]
    found = requests_of().filter(_inside(codes, ""), responsible=user, campaign__status__in=shown)
    return ordered(lines(found, on))


def has_something(user: User, on: date) -> bool:
    """Whether the menu leads somewhere: a role that reads campaigns, or figures to give."""
    held = {membership.role for membership in memberships_in_force(user, on)}
    if held & perms.READERS:
        return True
    codes = _codes(user, on, perms.RESPONDENTS)
    asked = FigureRequest.objects.filter(responsible=user).exclude(campaign__status=CampaignStatus.DRAFT)
    return bool(codes) and asked.filter(_inside(codes, "")).exists()


def boards(user: User, on: date) -> list[Board]:
    """The campaigns that a person reads, each with the requests seen: a region's team sees all of them.

    What a respondent has to answer is not a campaign: it is in `own_lines`.
    """
    codes = _codes(user, on, perms.READERS)
    if not codes:
        return []
    seen: dict[int, list[FigureRequest]] = {}
    for one in seen_requests(user, on).filter(_inside(codes, "") | _inside(codes, "campaign__")):
        seen.setdefault(one.campaign_id, []).append(one)
    whole = campaigns().filter(_inside(codes, "") | Q(pk__in=list(seen)))
    return [Board(one, tuple(ordered(lines(seen.get(one.pk, []), on)))) for one in whole]


def board(campaign: Campaign, user: User, on: date) -> Board | None:
    """One campaign as a person reads it; None when it does not exist for her."""
    codes = _codes(user, on, perms.READERS)
    found = list(
        seen_requests(user, on)
        .filter(_inside(codes, "") | _inside(codes, "campaign__"), campaign=campaign)
        .order_by("partner", "pk")
    )
    if not found and not perms.can_view_campaign(user, campaign, on):
        return None
    return Board(campaign, tuple(ordered(lines(found, on))))


def lines(requests: Collection[FigureRequest] | QuerySet[FigureRequest], on: date) -> list[Line]:
    """Requests of `requests_of`, seen on a day."""
    return [line_of(one, on) for one in requests]


def line_of(figure_request: FigureRequest, on: date) -> Line:
    campaign = figure_request.campaign
    due_on = figure_request.due_on or campaign.due_on
    running = campaign.status in (CampaignStatus.OPEN, CampaignStatus.CLOSED)
    counts: Mapping[str, Any] = vars(figure_request)
    return Line(
        request=figure_request,
        figures=counts["figure_count"],
        entered=counts["entered_count"],
        due_on=due_on,
        late=running and figure_request.status not in ANSWERED and due_on < on,
    )


def ordered(found: Sequence[Line]) -> list[Line]:
    """Late ones first, then by state and due date."""
    rank = {status: place for place, status in enumerate(_READING_ORDER)}
    return sorted(
        found,
        key=lambda line: (
            not line.late,
            rank[RequestStatus(line.request.status)],
            line.due_on,
            line.request.partner,
            line.request.pk,
        ),
    )


_READING_ORDER = (
    RequestStatus.TO_COMPLETE,
    RequestStatus.TO_ENTER,
    RequestStatus.SUBMITTED,
    RequestStatus.VALIDATED,
)


def _codes(user: User, on: date, roles: Collection[str]) -> frozenset[str]:
    return frozenset(one.territory_code for one in memberships_in_force(user, on) if one.role in roles)


def _inside(codes: Collection[str], prefix: str) -> Q:
    """Whether a territory lies in one of the perimeters; none of them covers nothing."""
    condition = Q(pk__in=[])
    for path in _UP_TO_COUNTRY:
        condition |= Q(**{f"{prefix}{path}__in": sorted(codes)})
    return condition
