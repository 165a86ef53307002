"""Writes of the text: the pact, its diagnosis, partners, priorities and commitments."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.timezone import localdate

from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.lifecycle.local_pacts import MAX_PRIORITIES
from maillage.indicators.models import Indicator
from maillage.local_pacts import perms
from maillage.local_pacts.enums import PartnerKind, PartnerState
from maillage.local_pacts.models import Commitment, DiagnosisSection, LocalPact, Partner, Priority
from maillage.local_pacts.services.common import (
    Refused,
    cleaned,
    lock,
    record,
    require_open_text,
    required,
    save,
)
from maillage.territories.enums import Level
from maillage.territories.models import Territory

WRITE_REFUSED = "La DDETS du département et l'équipe du commissaire écrivent ce pacte."
PARTNERS_REFUSED = "La DDETS, le préfet et l'équipe du commissaire disent qui sont les partenaires."
COMMITMENT_REFUSED = "Un engagement s'écrit au nom de son partenaire, ou par la DDETS."
PREFECT_NAME = "Préfecture de département"


def _require_write(by: User | None, pact: LocalPact, at: datetime) -> None:
    require(by is None or perms.can_write(by, pact, localdate(at)), WRITE_REFUSED)


@transaction.atomic
def open_pact(*, territory: Territory, title: str, by: User | None, at: datetime) -> LocalPact:
    """A new draft on a département. The prefect is there from the start: he is the first of its signatories."""
    if territory.level != Level.DEPARTEMENT:
        raise Refused(f"Un pacte local se conclut sur un département : {territory.name} n'en est pas un.")
    pact = LocalPact(territory=territory, created_at=at, created_by=by)
    _require_write(by, pact, at)
    _create(pact, title, by, at)
    return pact


def _create(pact: LocalPact, title: str, by: User | None, at: datetime) -> None:
    values = {"title": cleaned(title)}
    required(values, pact)
    save(pact, values, base_revision=None, by=by, at=at, what="Pacte local ouvert")
    # Nobody invites the prefect: he takes part by the law of the pact itself.
    Partner.objects.create(pact=pact, organisation=PREFECT_NAME, kind=PartnerKind.PREFECT, state=PartnerState.ACCEPTED)


@transaction.atomic
def save_text(
    *,
    pact: LocalPact,
    title: str,
    plan_title: str,
    plan_reference: str,
    plan_url: str,
    ends_on: date | None,
    by: User | None,
    at: datetime,
    indicators: Collection[Indicator] | None = None,
    base_revision: int | None = None,
) -> LocalPact:
    """Head of the pact: its title, the plan it leans on, its term, the figures of its diagnosis (None: as they are)."""
    pact = lock(pact)
    _require_write(by, pact, at)
    require_open_text(pact)
    values = {
        "title": cleaned(title),
        "plan_title": cleaned(plan_title),
        "plan_reference": cleaned(plan_reference),
        "plan_url": cleaned(plan_url),
        "ends_on": ends_on,
    }
    required({"title": values["title"]}, pact)
    _check_address(str(values["plan_url"]))
    save(pact, values, base_revision=base_revision, by=by, at=at, what="Intitulé, schéma et terme enregistrés")
    if indicators is not None:
        _choose_indicators(pact, indicators, by, at)
    return pact


def _check_address(url: str) -> None:
    if url:
        try:
            URLValidator(schemes=["https", "http"])(url)
        except ValidationError as error:
            raise Refused("L'adresse du schéma n'est pas une adresse : elle commence par https://.") from error


def _choose_indicators(pact: LocalPact, indicators: Collection[Indicator], by: User | None, at: datetime) -> None:
    before = set(pact.indicators.values_list("code", flat=True))
    after = {one.code for one in indicators}
    if before != after:
        pact.indicators.set(indicators)
        changes = {"indicators": [", ".join(sorted(before)), ", ".join(sorted(after))]}
        record(pact, by=by, at=at, action="write", summary="Chiffres du diagnostic choisis", changes=changes)


@transaction.atomic
def save_section(
    *,
    pact: LocalPact,
    title: str,
    body: str,
    by: User | None,
    at: datetime,
    section: DiagnosisSection | None = None,
    base_revision: int | None = None,
) -> DiagnosisSection:
    """A written part of the diagnosis: a new one at the end, or `section` again."""
    pact = lock(pact)
    _require_write(by, pact, at)
    require_open_text(pact)
    if section is None:
        last = pact.sections.order_by("-position").first()
        part = DiagnosisSection(pact=pact, position=last.position + 1 if last else 1)
    else:
        part = pact.sections.get(pk=section.pk)
    part.pact = pact
    values = {"title": cleaned(title), "body": cleaned(body)}
    required(values, part)
    save(part, values, base_revision=base_revision, by=by, at=at, what="Partie du diagnostic enregistrée")
    return part


@transaction.atomic
def save_partner(
    *,
    pact: LocalPact,
    organisation: str,
    kind: str,
    by: User | None,
    at: datetime,
    user: User | None = None,
    partner: Partner | None = None,
    base_revision: int | None = None,
) -> Partner:
    """An organisation of the pact and the account that speaks for it. The account alone may change at any time."""
    pact = lock(pact)
    require(by is None or perms.can_list_partners(by, pact, localdate(at)), PARTNERS_REFUSED)
    part = Partner(pact=pact) if partner is None else pact.partners.select_related("user").get(pk=partner.pk)
    part.pact = pact
    values = {"organisation": cleaned(organisation), "kind": PartnerKind(kind), "user": user}
    if partner is None or any(getattr(part, name) != values[name] for name in ("organisation", "kind")):
        require_open_text(pact)
    required({"organisation": values["organisation"]}, part)
    _check_partner(part, values["organisation"], PartnerKind(kind))
    save(part, values, base_revision=base_revision, by=by, at=at, what="Partenaire enregistré")
    return part


def _check_partner(part: Partner, organisation: object, kind: PartnerKind) -> None:
    others = part.pact.partners.exclude(pk=part.pk)
    if others.filter(organisation=organisation).exists():
        raise Refused("Cet organisme est déjà partenaire du pacte.")
    is_prefect = part.pk is not None and part.kind == PartnerKind.PREFECT
    if is_prefect != (kind == PartnerKind.PREFECT):
        raise Refused("Le pacte a un préfet, et un seul : sa nature ne change pas.")


@transaction.atomic
def save_priority(
    *,
    pact: LocalPact,
    title: str,
    need: str,
    pilot: Partner | None,
    technical_partners: Collection[Partner],
    by: User | None,
    at: datetime,
    priority: Priority | None = None,
    base_revision: int | None = None,
) -> Priority:
    """A priority with its pilot and its technical body. A fourth one is refused, here and by the database."""
    pact = lock(pact)
    _require_write(by, pact, at)
    require_open_text(pact)
    part = (
        Priority(pact=pact, position=_free_position(pact))
        if priority is None
        else pact.priorities.select_related("pilot").get(pk=priority.pk)
    )
    part.pact = pact
    _require_of_pact(pact, [*technical_partners, *([pilot] if pilot else [])])
    values = {"title": cleaned(title), "need": cleaned(need), "pilot": pilot}
    required({"title": values["title"]}, part)
    save(part, values, base_revision=base_revision, by=by, at=at, what="Priorité enregistrée")
    _choose_technical_partners(part, technical_partners, by, at)
    return part


def _free_position(pact: LocalPact) -> int:
    taken = set(pact.priorities.values_list("position", flat=True))
    free = [position for position in range(1, MAX_PRIORITIES + 1) if position not in taken]
    if not free:
        raise Refused(f"Un pacte local a {MAX_PRIORITIES} priorités au plus : regroupez, ou retirez-en une.")
    return free[0]


def _require_of_pact(pact: LocalPact, partners: Collection[Partner]) -> None:
    if any(partner.pact_id != pact.pk for partner in partners):
        raise Refused("Cet organisme n'est pas partenaire de ce pacte.")


def _choose_technical_partners(part: Priority, partners: Collection[Partner], by: User | None, at: datetime) -> None:
    before = sorted(one.organisation for one in part.technical_partners.all())
    after = sorted(one.organisation for one in partners)
    if before != after:
        part.technical_partners.set(partners)
        changes = {"technical_partners": [", ".join(before), ", ".join(after)]}
        record(part, by=by, at=at, action="write", summary="Comité technique enregistré", changes=changes)


@transaction.atomic
def save_commitment(
    *,
    priority: Priority,
    partner: Partner,
    text: str,
    due_on: date | None,
    seen_by: str,
    by: User | None,
    at: datetime,
    commitment: Commitment | None = None,
    base_revision: int | None = None,
) -> Commitment:
    """What a partner undertakes, by when, and how it will be seen as kept. Written by the DDETS or by the partner."""
    pact = lock(priority.pact)
    priority = pact.priorities.get(pk=priority.pk)
    priority.pact = pact
    _require_of_pact(pact, [partner])
    partner.pact = pact
    part = Commitment() if commitment is None else _commitment_of(pact, commitment)
    require(by is None or _may_write_commitment(by, part, partner, localdate(at)), COMMITMENT_REFUSED)
    require_open_text(pact)
    if part.pk is not None and not part.is_open():
        raise Refused("Cet engagement est soldé : son texte ne change plus. Écrivez-en un autre.")
    values = {
        "priority": priority,
        "partner": partner,
        "text": cleaned(text),
        "due_on": due_on,
        "seen_by": cleaned(seen_by),
    }
    if part.pk is None:
        part.priority, part.partner = priority, partner
    elif part.since_version is not None and (part.priority != priority or part.partner != partner):
        raise Refused(
            "Cet engagement est dans une version signée : sa priorité et son partenaire ne changent plus. Retirez-le "
            "dans le suivi, avec un motif, et écrivez-en un autre."
        )
    required({name: values[name] for name in ("text", "due_on", "seen_by")}, part)
    save(part, values, base_revision=base_revision, by=by, at=at, what="Engagement enregistré")
    return part


def _may_write_commitment(by: User, part: Commitment, partner: Partner, on: date) -> bool:
    """Both the partner of before and the one of after: nobody hands a commitment to somebody else."""
    if perms.can_write(by, partner.pact, on):
        return True
    return perms.speaks_for(by, partner, on) and (part.pk is None or perms.speaks_for(by, part.partner, on))


def _commitment_of(pact: LocalPact, commitment: Commitment) -> Commitment:
    found = Commitment.objects.select_related("priority", "partner").get(pk=commitment.pk, priority__pact=pact)
    found.priority.pact = pact
    found.partner.pact = pact
    return found


# --- removing -------------------------------------------------------------------------------------------------------


@transaction.atomic
def remove_section(*, section: DiagnosisSection, by: User | None, at: datetime) -> None:
    pact = lock(section.pact)
    _require_write(by, pact, at)
    require_open_text(pact)
    record(section, by=by, at=at, action="remove", summary="Partie du diagnostic retirée")
    pact.sections.filter(pk=section.pk).delete()


@transaction.atomic
def remove_priority(*, priority: Priority, by: User | None, at: datetime) -> None:
    """What partners undertook is never lost with a priority.

    One that a version holds leaves the text and keeps its commitments, all settled; another one is deleted, empty.
    """
    pact = lock(priority.pact)
    _require_write(by, pact, at)
    require_open_text(pact)
    part = pact.priorities.get(pk=priority.pk)
    part.pact = pact
    if any(one.is_open() for one in part.commitments.all()):
        raise Refused(
            "Cette priorité porte des engagements à tenir : retirez-les d'abord (dans le suivi, avec un motif, "
            "pour ceux d'une version signée)."
        )
    record(part, by=by, at=at, action="remove", summary="Priorité retirée")
    if part.commitments.exists():
        part.position = None
        part.save(update_fields=["position"])
    else:
        part.delete()


@transaction.atomic
def remove_commitment(*, commitment: Commitment, by: User | None, at: datetime) -> None:
    """Only one that binds nobody yet; one that is in a version is withdrawn, with a reason, and stays readable."""
    pact = lock(commitment.priority.pact)
    part = _commitment_of(pact, commitment)
    require(by is None or _may_write_commitment(by, part, part.partner, localdate(at)), COMMITMENT_REFUSED)
    require_open_text(pact)
    if part.since_version is not None:
        raise Refused("Cet engagement est dans une version signée : il se retire dans le suivi, avec un motif.")
    record(part, by=by, at=at, action="remove", summary="Engagement retiré avant signature")
    Commitment.objects.filter(pk=part.pk).delete()


@transaction.atomic
def remove_partner(*, partner: Partner, by: User | None, at: datetime) -> None:
    """Only a partner that nothing of the pact names: no commitment, no priority, no invitation pending."""
    pact = lock(partner.pact)
    require(by is None or perms.can_list_partners(by, pact, localdate(at)), PARTNERS_REFUSED)
    require_open_text(pact)
    part = pact.partners.get(pk=partner.pk)
    if part.state != PartnerState.LISTED and part.state != PartnerState.DECLINED:
        raise Refused("Ce partenaire est signataire : le préfet retire d'abord son invitation.")
    if part.commitments.exists() or part.piloted.exists() or part.technical_priorities.exists():
        raise Refused("Ce partenaire pilote une priorité, siège dans un comité technique ou porte un engagement.")
    part.pact = pact
    record(part, by=by, at=at, action="remove", summary="Partenaire retiré")
    pact.partners.filter(pk=part.pk).delete()
