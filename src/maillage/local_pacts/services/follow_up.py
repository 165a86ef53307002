"""Follow-up: notes and findings on a commitment, with their evidence; the yearly review of the pact."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.utils.timezone import localdate

from maillage.core import files
from maillage.core.models import StoredFile, User
from maillage.core.perms import require
from maillage.engines.lifecycle.local_pacts import COMMITMENT
from maillage.engines.lifecycle.model import Facts
from maillage.local_pacts import perms
from maillage.local_pacts.enums import CommitmentState
from maillage.local_pacts.models import Commitment, FollowUp, LocalPact, YearlyReview
from maillage.local_pacts.services.common import Refused, cleaned, lock, record

FOLLOW_REFUSED = "Le suivi d'un engagement se note par son partenaire, la DDETS, le préfet ou l'équipe du commissaire."
REVIEW_REFUSED = "La revue annuelle se note par la DDETS, le préfet ou l'équipe du commissaire."
EVIDENCE_TYPES = frozenset({".pdf", ".odt", ".docx", ".ods", ".xlsx", ".csv"})


def commitment_facts(commitment: Commitment, reason: str = "") -> Facts:
    """What the guards of the commitments' table ask."""
    return {"binding": commitment.since_version is not None, "reason": reason}


def _locked(commitment: Commitment, by: User | None, on: date) -> Commitment:
    pact = lock(commitment.priority.pact)
    found = Commitment.objects.select_related("priority", "partner__user").get(pk=commitment.pk)
    found.priority.pact = found.partner.pact = pact
    require(by is None or perms.can_follow(by, found, on), FOLLOW_REFUSED)
    if found.since_version is None:
        raise Refused("Cet engagement n'est dans aucune version en vigueur : il ne se suit pas encore.")
    return found


@transaction.atomic
def note_follow_up(
    *,
    commitment: Commitment,
    text: str,
    by: User | None,
    at: datetime,
    noted_on: date | None = None,
    evidence: files.Uploaded | None = None,
) -> FollowUp:
    """A dated note that changes no state. `evidence` is a file sent by a person: it is checked at the door."""
    on = localdate(at)
    part = _locked(commitment, by, on)
    note = _note(part, text, noted_on or on, evidence, by, at)
    record(part, by=by, at=at, action="follow_up", summary="Note de suivi d'un engagement")
    return note


@transaction.atomic
def follow_commitment(
    *,
    commitment: Commitment,
    name: str,
    text: str,
    by: User | None,
    at: datetime,
    noted_on: date | None = None,
    evidence: files.Uploaded | None = None,
) -> Commitment:
    """Do the transition `name`, told by a note: for what is not kept or is withdrawn, the note is the reason."""
    on = localdate(at)
    part = _locked(commitment, by, on)
    text = cleaned(text)
    before = part.state
    roles = perms.partner_roles(by, part.partner, on)
    part.state = COMMITMENT.next_state(name, before, roles, commitment_facts(part, text))
    part.reason = text if part.state in {CommitmentState.NOT_KEPT, CommitmentState.WITHDRAWN} else ""
    part.save(update_fields=["state", "reason"])
    _note(part, text, noted_on or on, evidence, by, at, state_after=part.state)
    label = next(row.label for row in COMMITMENT.transitions if row.name == name)
    record(
        part,
        by=by,
        at=at,
        action=name,
        summary=f"Engagement : {label.lower()}",
        changes={"state": [before, part.state]},
    )
    return part


def _note(
    part: Commitment,
    text: str,
    noted_on: date,
    evidence: files.Uploaded | None,
    by: User | None,
    at: datetime,
    state_after: str = "",
) -> FollowUp:
    text = cleaned(text)
    if not text:
        raise Refused("Écrivez ce qui est constaté.")
    if noted_on > localdate(at):
        raise Refused("La date du constat est à venir : notez ce qui est déjà constaté.")
    stored = _stored(evidence, by, at) if evidence is not None else None
    return FollowUp.objects.create(
        commitment=part, noted_on=noted_on, text=text, evidence=stored, state_after=state_after, at=at, by=by
    )


def _stored(evidence: files.Uploaded, by: User | None, at: datetime) -> StoredFile:
    files.check_upload(evidence, EVIDENCE_TYPES)
    content_type = str(getattr(evidence, "content_type", "") or "application/octet-stream")
    return files.store(
        name=evidence.name or "piece",
        content=evidence,  # type: ignore[arg-type]  # an uploaded file is read as an open file is
        content_type=content_type,
        by=by,
        at=at,
    )


@transaction.atomic
def record_review(*, pact: LocalPact, held_on: date, text: str, by: User | None, at: datetime) -> YearlyReview:
    """The yearly review of a pact that is or has been in force; one a day, never of the future."""
    pact = lock(pact)
    on = localdate(at)
    require(by is None or perms.can_review(by, pact, on), REVIEW_REFUSED)
    text = cleaned(text)
    if pact.in_force_on is None:
        raise Refused("Ce pacte n'est pas entré en vigueur : il n'y a rien à passer en revue.")
    if not text:
        raise Refused("Écrivez les conclusions de la revue.")
    if held_on > on or held_on < pact.in_force_on:
        raise Refused(f"Une revue se tient entre l'entrée en vigueur ({pact.in_force_on:%d/%m/%Y}) et aujourd'hui.")
    if pact.reviews.filter(held_on=held_on).exists():
        raise Refused("Une revue est déjà notée à cette date.")
    review = YearlyReview.objects.create(pact=pact, held_on=held_on, text=text, at=at, by=by)
    record(review, by=by, at=at, action="review", summary="Revue annuelle du pacte local")
    return review
