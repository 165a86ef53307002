"""Invented local pacts: one in force and followed, one to sign, one in consultation. They carry no money."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.db import transaction

from maillage.core.enums import Role
from maillage.core.models import User
from maillage.demo.contracts.tables import load_people
from maillage.indicators.models import Indicator
from maillage.local_pacts import services
from maillage.local_pacts.enums import PartnerKind
from maillage.local_pacts.models import Commitment, LocalPact, Partner
from maillage.territories.models import Territory
from maillage.territories.selectors import departements_of, instance_region

EXAMPLE = "Texte d'exemple, inventé pour la démonstration."
SUFFIX = " (exemple inventé)"
# What each partner promises: (organisation, kind, promise, due).
PROMISES = (
    ("CAF d'exemple", PartnerKind.CAF, "Tenir une permanence mensuelle dans trois communes", date(2025, 12, 31)),
    ("CCAS d'exemple", PartnerKind.CCAS, "Nommer un référent d'accueil inconditionnel", date(2025, 6, 30)),
    ("Association d'exemple", PartnerKind.ASSOCIATION, "Ouvrir une halte un soir par semaine", date(2026, 6, 30)),
    ("CPAM d'exemple", PartnerKind.CPAM, "Repérer les assurés qui renoncent aux soins", date(2027, 6, 30)),
)


@transaction.atomic
def load_local_pacts(*, at: datetime) -> int:
    """Write the pacts where there is none, on the first départements of the region; count them."""
    people, region = load_people(), instance_region()
    if people is None or region is None or LocalPact.objects.exists():
        return 0
    departements = list(departements_of(region)[:3])
    for territory, lead in zip(departements, (_in_force, _to_sign, _in_consultation), strict=False):
        lead(_write(territory, people.of(Role.ASSOCIATION)))
    return len(departements)


def _at(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 9, tzinfo=UTC)


def _write(territory: Territory, association: User) -> LocalPact:
    at = _at(2024, 9, 2)
    pact = services.open_pact(territory=territory, title=f"Pacte local{SUFFIX}", by=None, at=at)
    services.save_text(
        pact=pact,
        title=f"Pacte local{SUFFIX}",
        plan_title=f"Schéma d'accessibilité des services{SUFFIX}",
        plan_reference="Référence d'exemple",
        plan_url="",
        ends_on=date(2027, 12, 31),
        indicators=Indicator.objects.filter(code__in=["POPULATION", "POVERTY-RATE", "POOR-PERSONS"]),
        by=None,
        at=at,
    )
    services.save_section(pact=pact, title=f"Ce que disent les habitants{SUFFIX}", body=EXAMPLE, by=None, at=at)
    partners = [_partner(pact, name, kind, association, at) for name, kind, _, _ in PROMISES]
    for title, mine in ((f"Accéder à ses droits{SUFFIX}", (0, 1)), (f"Ne laisser personne à la rue{SUFFIX}", (2, 3))):
        _priority(pact, title, partners, mine, at)
    for partner in partners[:3]:
        services.move_partner(partner=partner, name="invite", by=None, at=_at(2024, 9, 20))
    return pact


def _partner(pact: LocalPact, name: str, kind: PartnerKind, association: User, at: datetime) -> Partner:
    user = association if kind == PartnerKind.ASSOCIATION else None
    return services.save_partner(pact=pact, organisation=name, kind=kind, user=user, by=None, at=at)


def _priority(pact: LocalPact, title: str, partners: list[Partner], mine: tuple[int, ...], at: datetime) -> None:
    chosen = [partners[rank] for rank in mine]
    made = services.save_priority(
        pact=pact, title=title, need=EXAMPLE, pilot=chosen[0], technical_partners=chosen, by=None, at=at
    )
    for rank in mine:
        _, _, text, due_on = PROMISES[rank]
        services.save_commitment(
            priority=made,
            partner=partners[rank],
            text=f"{text}{SUFFIX}",
            due_on=due_on,
            seen_by="Compte rendu d'exemple en comité technique",
            by=None,
            at=at,
        )


def _in_consultation(pact: LocalPact) -> None:
    services.move_pact(pact=pact, name="consult", by=None, at=_at(2024, 10, 1))


def _to_sign(pact: LocalPact) -> None:
    _in_consultation(pact)
    services.move_pact(pact=pact, name="open_signature", by=None, at=_at(2024, 11, 4))


def _in_force(pact: LocalPact) -> None:
    _to_sign(pact)
    invited = pact.partners.filter(organisation__in=[name for name, *_ in PROMISES[:3]])
    for partner in [pact.partners.get(kind=PartnerKind.PREFECT), *invited]:
        services.move_partner(partner=partner, name="sign", by=None, at=_at(2024, 12, 2))
    services.move_pact(pact=pact, name="enter_in_force", by=None, at=_at(2024, 12, 9))
    _follow(pact)


def _follow(pact: LocalPact) -> None:
    """One kept, one under way and late, one not kept, one that has not begun."""
    held = list(Commitment.objects.filter(priority__pact=pact).order_by("due_on"))
    steps = (("start", "keep"), ("start",), ("start", "fail"), ())
    for commitment, names in zip(held, steps, strict=False):
        for rank, name in enumerate(names):
            services.follow_commitment(
                commitment=commitment, name=name, text=EXAMPLE, by=None, at=_at(2025, 3 + 3 * rank, 10)
            )
    services.record_review(pact=pact, held_on=date(2025, 12, 10), text=EXAMPLE, by=None, at=_at(2025, 12, 11))
