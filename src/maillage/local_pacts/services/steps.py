"""Steps of a pact and of its signatories: the tables of transitions say what may be done, by whom and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from maillage.core.models import User
from maillage.core.perms import require
from maillage.engines.lifecycle.local_pacts import LOCAL_PACT, LOCAL_PACT_PARTNER
from maillage.engines.lifecycle.model import SYSTEM, Facts
from maillage.local_pacts import perms
from maillage.local_pacts.enums import CLOSED, SIGNABLE, PactState, PartnerState
from maillage.local_pacts.models import DiagnosisSection, LocalPact, Partner, Priority, Signature
from maillage.local_pacts.selectors.pacts import Loaded
from maillage.local_pacts.services.common import Refused, cleaned, loaded, lock, record
from maillage.local_pacts.services.versions import freeze, restore

STEP_REFUSED = "Vous ne suivez pas ce pacte."


@transaction.atomic
def move_pact(*, pact: LocalPact, name: str, by: User | None, at: datetime, reason: str = "") -> LocalPact:
    """Do the transition `name` and its effect. Raises TransitionRefused, saying why.

    `renew` returns the new draft, the others the pact itself.
    """
    pact = lock(pact)
    on = localdate(at)
    require(by is None or perms.can_read_text(by, pact, on), STEP_REFUSED)
    reason = cleaned(reason)
    found = loaded(pact)
    before = pact.state
    target = LOCAL_PACT.next_state(name, before, perms.pact_roles(by, pact, on), found.facts(reason))
    effect = _EFFECTS.get(name)
    if effect is not None:
        effect(pact, found, on, by, at)
    pact.state = target
    pact.reason = reason
    pact.save()
    label = next(row.label for row in LOCAL_PACT.transitions if row.name == name)
    changes = {"state": [before, target], **({"reason": ["", reason]} if reason else {})}
    record(pact, by=by, at=at, action=name, summary=f"Pacte local : {label.lower()}", changes=changes)
    return _successor(pact, found, by, at) if name == "renew" else pact


def _open_signature(pact: LocalPact, found: Loaded, on: date, by: User | None, at: datetime) -> None:
    pact.opened_on = on


def _reopen(pact: LocalPact, found: Loaded, on: date, by: User | None, at: datetime) -> None:
    """The signatures given under the text to come fall with it."""
    Signature.objects.filter(partner__pact=pact, version=pact.version_number + 1).delete()
    _release(found)
    pact.opened_on = None


def _resume(pact: LocalPact, found: Loaded, on: date, by: User | None, at: datetime) -> None:
    """The signatures stay under the version in force; the text to come has none yet."""
    _release(found)
    pact.opened_on = None


def _release(found: Loaded) -> None:
    for partner in found.partners:
        if partner.state == PartnerState.SIGNED:
            partner.state = LOCAL_PACT_PARTNER.next_state("release", partner.state, {SYSTEM})
            partner.signed_on = None
            partner.save(update_fields=["state", "signed_on"])


def _enter_in_force(pact: LocalPact, found: Loaded, on: date, by: User | None, at: datetime) -> None:
    pact.version_number = freeze(found, on=on, by=by, at=at).number
    pact.in_force_on = pact.in_force_on or on


def _abandon(pact: LocalPact, found: Loaded, on: date, by: User | None, at: datetime) -> None:
    restore(pact)


def _close(pact: LocalPact, found: Loaded, on: date, by: User | None, at: datetime) -> None:
    pact.closed_on = on


_EFFECTS: dict[str, Callable[[LocalPact, Loaded, date, User | None, datetime], None]] = {
    "open_signature": _open_signature,
    "reopen": _reopen,
    "resume": _resume,
    "enter_in_force": _enter_in_force,
    "abandon": _abandon,
    "cancel": _close,
    "renew": _close,
    "end": _close,
}


def _successor(pact: LocalPact, found: Loaded, by: User | None, at: datetime) -> LocalPact:
    """The draft of the next pact. Partners take their commitments anew: none is copied."""
    following = LocalPact.objects.create(
        territory=pact.territory,
        title=pact.title,
        plan_title=pact.plan_title,
        plan_reference=pact.plan_reference,
        plan_url=pact.plan_url,
        renews=pact,
        created_at=at,
        created_by=by,
    )
    following.indicators.set(pact.indicators.all())
    DiagnosisSection.objects.bulk_create(
        DiagnosisSection(pact=following, position=one.position, title=one.title, body=one.body)
        for one in found.sections
    )
    copies = {}
    for partner in found.partners:
        copies[partner.pk] = Partner.objects.create(
            pact=following,
            organisation=partner.organisation,
            kind=partner.kind,
            user=partner.user,
            state=PartnerState.ACCEPTED if partner == found.prefect else PartnerState.LISTED,
        )
    for one in found.priorities:
        priority = Priority.objects.create(
            pact=following,
            position=one.position,
            title=one.title,
            need=one.need,
            pilot=copies[one.pilot_id] if one.pilot_id else None,
        )
        priority.technical_partners.set([copies[partner.pk] for partner in one.technical_partners.all()])
    record(following, by=by, at=at, action="write", summary="Pacte local ouvert par renouvellement")
    return following


# --- signatories ----------------------------------------------------------------------------------------------------


def partner_facts(pact: LocalPact) -> Facts:
    """What the guards of the signatories' table ask."""
    return {
        "closed": pact.state in CLOSED or pact.state == PactState.IN_FORCE,
        "signable": pact.state in SIGNABLE,
    }


@transaction.atomic
def move_partner(
    *, partner: Partner, name: str, by: User | None, at: datetime, signed_on: date | None = None
) -> Partner:
    """Invite, accept, decline, sign. `signed_on` is the day of the signature; the day itself when none is given.

    The prefect or the DDETS records what was signed on paper; an account linked to the partner signs for it.
    """
    pact = lock(partner.pact)
    on = localdate(at)
    part = pact.partners.select_related("user").get(pk=partner.pk)
    part.pact = pact
    roles = perms.partner_roles(by, part, on)
    require(by is None or bool(roles), STEP_REFUSED)
    before = part.state
    part.state = LOCAL_PACT_PARTNER.next_state(name, before, roles, partner_facts(pact))
    if name == "sign":
        part.signed_on = _signature_day(pact, signed_on or on, on)
        Signature.objects.update_or_create(
            partner=part, version=_version_signed(pact), defaults={"signed_on": part.signed_on}
        )
    part.save(update_fields=["state", "signed_on"])
    label = next(row.label for row in LOCAL_PACT_PARTNER.transitions if row.name == name)
    record(
        part,
        by=by,
        at=at,
        action=name,
        summary=f"Signataire : {label.lower()}",
        changes={"state": [before, part.state]},
    )
    return part


def _version_signed(pact: LocalPact) -> int:
    """The version under which a signature is put: the one to come, or the one in force that a partner joins."""
    return pact.version_number if pact.state == PactState.IN_FORCE else pact.version_number + 1


def _signature_day(pact: LocalPact, day: date, on: date) -> date:
    if day > on:
        raise Refused("La date de signature est à venir : enregistrez la signature quand elle est donnée.")
    if pact.opened_on is not None and day < pact.opened_on:
        raise Refused(
            f"La date de signature précède l'ouverture à la signature ({pact.opened_on:%d/%m/%Y}) : le texte signé ne "
            "serait pas celui-ci."
        )
    return day
