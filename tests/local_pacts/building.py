"""Builds a pact up to any of its states, through the services alone. Every name and every word is invented."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from maillage.core.models import User
from maillage.local_pacts import services
from maillage.local_pacts.enums import PactState, PartnerKind
from maillage.local_pacts.models import Commitment, LocalPact, Partner, Priority
from maillage.territories.models import Territory

AT = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
ON = date(2026, 1, 15)
DUE = date(2026, 12, 1)

# The steps that lead to each state, from the draft.
WAY = {
    PactState.DRAFT: (),
    PactState.CONSULTATION: ("consult",),
    PactState.TO_SIGN: ("consult", "open_signature"),
    PactState.IN_FORCE: ("consult", "open_signature", "sign", "enter_in_force"),
    PactState.RENEWED: ("consult", "open_signature", "sign", "enter_in_force", "renew"),
    PactState.ENDED: ("consult", "open_signature", "sign", "enter_in_force", "end"),
    PactState.CANCELLED: ("cancel",),
}


@dataclass
class Made:
    """A pact and its parts, to be read again from the database after a step."""

    pact: LocalPact
    caf: Partner
    shelter: Partner
    priority: Priority
    commitment: Commitment

    def again(self) -> LocalPact:
        return LocalPact.objects.select_related("territory__parent__parent").get(pk=self.pact.pk)

    @property
    def prefect(self) -> Partner:
        return self.pact.partners.get(kind=PartnerKind.PREFECT)


def make(territory: Territory, state: PactState = PactState.DRAFT, *, user: User | None = None) -> Made:
    """A whole pact in a state; `user` is the account linked to the association."""
    pact = services.open_pact(territory=territory, title="Pacte d'essai", by=None, at=AT)
    services.save_text(
        pact=pact,
        title="Pacte d'essai",
        plan_title="Schéma d'essai",
        plan_reference="Délibération inventée",
        plan_url="",
        ends_on=date(2028, 12, 31),
        by=None,
        at=AT,
    )
    services.save_section(pact=pact, title="Besoins", body="Des trajets longs.\nPeu de permanences.", by=None, at=AT)
    caf = services.save_partner(pact=pact, organisation="CAF d'essai", kind=PartnerKind.CAF, by=None, at=AT)
    shelter = services.save_partner(
        pact=pact, organisation="Abri inventé", kind=PartnerKind.ASSOCIATION, user=user, by=None, at=AT
    )
    priority = services.save_priority(
        pact=pact,
        title="Accès aux droits",
        need="Peu de guichets.",
        pilot=caf,
        technical_partners=[caf, shelter],
        by=None,
        at=AT,
    )
    commitment = services.save_commitment(
        priority=priority,
        partner=shelter,
        text="Ouvrir une permanence",
        due_on=DUE,
        seen_by="Une permanence par semaine",
        by=None,
        at=AT,
    )
    services.move_partner(partner=shelter, name="invite", by=None, at=AT)
    made = Made(pact, caf, shelter, priority, commitment)
    advance(made, state)
    made.pact = made.again()
    made.commitment = Commitment.objects.get(pk=commitment.pk)
    return made


def advance(made: Made, state: PactState) -> None:
    for step in WAY[state]:
        if step == "sign":
            sign(made)
        else:
            services.move_pact(pact=made.pact, name=step, by=None, at=AT, reason="Motif d'essai")


def sign(made: Made) -> None:
    """The prefect and the association sign."""
    for partner in (made.prefect, made.shelter):
        services.move_partner(partner=partner, name="sign", by=None, at=AT)
