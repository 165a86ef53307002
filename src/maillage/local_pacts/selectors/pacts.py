"""Local pacts with their parts, and what is derived from them: progress, obstacles, what is due."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.db.models import Prefetch, QuerySet

from maillage.core.models import User
from maillage.engines.lifecycle.local_pacts import signature_obstacles
from maillage.engines.lifecycle.model import Facts
from maillage.local_pacts import perms
from maillage.local_pacts.enums import SIGNATORY, CommitmentState, PactState, PartnerKind, PartnerState
from maillage.local_pacts.models import (
    Commitment,
    DiagnosisSection,
    FollowUp,
    LocalPact,
    LocalPactVersion,
    Partner,
    Priority,
    YearlyReview,
)
from maillage.territories.models import Territory

# Follow-up continues after the term: what became of a commitment is often known later.
HAS_BEEN_IN_FORCE = frozenset({PactState.IN_FORCE, PactState.RENEWED, PactState.ENDED})


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the commitments of a pact are. Those withdrawn are counted apart, in no total."""

    kept: int = 0
    under_way: int = 0
    promised: int = 0
    not_kept: int = 0
    withdrawn: int = 0
    late: int = 0

    @property
    def total(self) -> int:
        return self.kept + self.under_way + self.promised + self.not_kept

    @property
    def percent(self) -> int:
        """Kept commitments out of a hundred; 0 where there is none."""
        return 100 * self.kept // self.total if self.total else 0

    @property
    def words(self) -> str:
        """« 2 tenus sur 5, 1 en cours, 2 promis, 0 non tenu. »"""
        told = [
            f"{_counted(self.kept, 'tenu')} sur {self.total}",
            f"{self.under_way} en cours",
            f"{self.promised} promis",
            _counted(self.not_kept, "non tenu"),
        ]
        if self.withdrawn:
            told.append(f"{_counted(self.withdrawn, 'retiré')} et hors du compte")
        return f"{', '.join(told)}."


def _counted(number: int, word: str) -> str:
    """French takes the plural from two on."""
    return f"{number} {word}{'s' if number > 1 else ''}"


def progress(commitments: Iterable[Commitment], on: date) -> Progress:
    """Derived from the commitments on a day, never typed."""
    found = list(commitments)
    counts = {state: sum(1 for one in found if one.state == state) for state in CommitmentState}
    return Progress(
        kept=counts[CommitmentState.KEPT],
        under_way=counts[CommitmentState.UNDER_WAY],
        promised=counts[CommitmentState.PROMISED],
        not_kept=counts[CommitmentState.NOT_KEPT],
        withdrawn=counts[CommitmentState.WITHDRAWN],
        late=sum(1 for one in found if one.is_late(on)),
    )


class Loaded:
    """A pact with all that its pages show, read in a fixed number of queries."""

    def __init__(self, pact: LocalPact) -> None:
        self.pact = pact
        self.partners: list[Partner] = list(pact.partners.all())
        every: list[Priority] = list(pact.priorities.all())
        self.priorities = [one for one in every if one.position is not None]
        self.set_aside = [one for one in every if one.position is None]
        by_key = {partner.pk: partner for partner in self.partners}
        for partner in self.partners:
            partner.pact = pact
        for priority in every:
            priority.pact = pact
            if priority.pilot_id is not None:
                priority.pilot = by_key[priority.pilot_id]
            for commitment in priority.commitments.all():
                commitment.priority, commitment.partner = priority, by_key[commitment.partner_id]

    @cached_property
    def commitments(self) -> list[Commitment]:
        """All of them, those of a priority set aside included: what was promised stays counted."""
        return [one for priority in (*self.priorities, *self.set_aside) for one in priority.commitments.all()]

    @cached_property
    def sections(self) -> list[DiagnosisSection]:
        return list(self.pact.sections.order_by("position", "pk"))

    @cached_property
    def follow_ups(self) -> list[FollowUp]:
        """Every note, the latest first."""
        found = FollowUp.objects.filter(commitment__priority__pact=self.pact)
        return list(found.select_related("commitment__partner", "evidence", "by").order_by("-noted_on", "-pk"))

    @cached_property
    def reviews(self) -> list[YearlyReview]:
        return list(self.pact.reviews.select_related("by").order_by("-held_on", "-pk"))

    @cached_property
    def versions(self) -> list[LocalPactVersion]:
        return list(self.pact.versions.select_related("by").order_by("-number"))

    @property
    def prefect(self) -> Partner | None:
        return next((one for one in self.partners if one.kind == PartnerKind.PREFECT), None)

    @property
    def signatories(self) -> list[Partner]:
        """Invited, accepted, signed or declined, the prefect first; partners that nobody invited are not here."""
        invited = [one for one in self.partners if one.state != PartnerState.LISTED]
        return sorted(invited, key=lambda one: (one.kind != PartnerKind.PREFECT, one.organisation))

    def facts(self, reason: str = "") -> Facts:
        """What the guards of the pact's table ask."""
        others = [one for one in self.partners if one.kind != PartnerKind.PREFECT]
        promised = {one.priority_id for one in self.commitments if one.state != CommitmentState.WITHDRAWN}
        return {
            "priorities": len(self.priorities),
            "without_pilot": tuple(one.title for one in self.priorities if one.pilot_id is None),
            "without_commitment": tuple(one.title for one in self.priorities if one.pk not in promised),
            "invited": sum(1 for one in others if one.state in SIGNATORY),
            "plan_named": bool(self.pact.plan_title),
            "prefect_signed": self.prefect is not None and self.prefect.state == PartnerState.SIGNED,
            "partners_signed": sum(1 for one in others if one.state == PartnerState.SIGNED),
            "version": self.pact.version_number,
            "reason": reason,
        }

    @property
    def obstacles(self) -> tuple[str, ...]:
        return signature_obstacles(self.facts())

    def progress(self, on: date) -> Progress:
        return progress(self.commitments, on)

    def review_due_on(self) -> date | None:
        """A year after the entry in force, then a year after each review. None where no review is expected."""
        if self.pact.state != PactState.IN_FORCE or self.pact.in_force_on is None:
            return None
        held = [review.held_on for review in self.pact.reviews.all()]
        return a_year_after(max([self.pact.in_force_on, *held]))


def a_year_after(day: date) -> date:
    """The same day of the next year; 28 February for the 29th."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


def with_parts() -> QuerySet[LocalPact]:
    """Pacts with their territory, partners, priorities and commitments: six queries, whatever their number."""
    commitments = Commitment.objects.order_by("due_on", "pk")
    priorities = Priority.objects.order_by("position", "pk").prefetch_related(
        Prefetch("commitments", commitments), "technical_partners"
    )
    return (
        LocalPact.objects.select_related("territory__parent__parent")
        .prefetch_related(
            Prefetch("partners", Partner.objects.select_related("user").order_by("organisation", "pk")),
            Prefetch("priorities", priorities),
            Prefetch("reviews", YearlyReview.objects.order_by("-held_on", "-pk")),
        )
        .order_by("territory__insee", "-created_at", "-pk")
    )


def load(pk: int) -> Loaded | None:
    pact = with_parts().filter(pk=pk).first()
    return Loaded(pact) if pact is not None else None


def visible(user: User, on: date) -> list[Loaded]:
    """The pacts that a person may know of, by département, the latest first."""
    regions = perms.regions_of(user, on)
    return [Loaded(pact) for pact in with_parts() if perms.can_view(user, pact, on, regions)]


@dataclass(frozen=True, slots=True)
class Summary:
    """The pact of a territory in a few words, for its page. Made of what is in force."""

    pact: LocalPact
    progress: Progress
    priorities: tuple[str, ...]


def for_territory(territory: Territory, on: date) -> Summary | None:
    """The pact in force of a département, for any page that speaks of it; None where there is none.

    It says nothing of a text in work, so every signed-in person of the region may read it.
    """
    pact = with_parts().filter(territory=territory, version_number__gte=1, closed_on__isnull=True).first()
    if pact is None:
        return None
    version = pact.versions.get(number=pact.version_number)
    binding = [one for one in Loaded(pact).commitments if one.since_version is not None]
    titles = tuple(str(one["title"]) for one in version.content["priorities"])
    return Summary(pact, progress(binding, on), titles)
