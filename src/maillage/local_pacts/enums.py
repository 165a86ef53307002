"""Codes stored by local pacts, with their French labels. The states are those of `engines.lifecycle.local_pacts`."""

from __future__ import annotations

from django.db import models

from maillage.engines.lifecycle.local_pacts import COMMITMENT, LOCAL_PACT, LOCAL_PACT_PARTNER


class PactState(models.TextChoices):
    DRAFT = "draft", LOCAL_PACT.labels["draft"]
    CONSULTATION = "consultation", LOCAL_PACT.labels["consultation"]
    TO_SIGN = "to_sign", LOCAL_PACT.labels["to_sign"]
    IN_FORCE = "in_force", LOCAL_PACT.labels["in_force"]
    RENEWED = "renewed", LOCAL_PACT.labels["renewed"]
    ENDED = "ended", LOCAL_PACT.labels["ended"]
    CANCELLED = "cancelled", LOCAL_PACT.labels["cancelled"]


class PartnerState(models.TextChoices):
    LISTED = "listed", LOCAL_PACT_PARTNER.labels["listed"]
    INVITED = "invited", LOCAL_PACT_PARTNER.labels["invited"]
    ACCEPTED = "accepted", LOCAL_PACT_PARTNER.labels["accepted"]
    DECLINED = "declined", LOCAL_PACT_PARTNER.labels["declined"]
    SIGNED = "signed", LOCAL_PACT_PARTNER.labels["signed"]


class CommitmentState(models.TextChoices):
    PROMISED = "promised", COMMITMENT.labels["promised"]
    UNDER_WAY = "under_way", COMMITMENT.labels["under_way"]
    KEPT = "kept", COMMITMENT.labels["kept"]
    NOT_KEPT = "not_kept", COMMITMENT.labels["not_kept"]
    WITHDRAWN = "withdrawn", COMMITMENT.labels["withdrawn"]


class PartnerKind(models.TextChoices):
    """What a partner is. The prefect is one of them: his signature is the one that a pact cannot do without."""

    PREFECT = "prefect", "Préfet de département"
    DEPARTEMENT = "departement", "Conseil départemental"
    CAF = "caf", "CAF"
    MSA = "msa", "MSA"
    CPAM = "cpam", "CPAM"
    ARS = "ars", "ARS"
    FRANCE_TRAVAIL = "france_travail", "France Travail"
    CCAS = "ccas", "CCAS ou CIAS"
    COMMUNE = "commune", "Commune ou EPCI"
    ASSOCIATION = "association", "Association"
    OTHER = "other", "Autre organisme"


TEXT_OPEN = frozenset({PactState.DRAFT, PactState.CONSULTATION})
CLOSED = frozenset({PactState.RENEWED, PactState.ENDED, PactState.CANCELLED})
SIGNABLE = frozenset({PactState.TO_SIGN, PactState.IN_FORCE})  # a partner may join a version already in force
SIGNATORY = frozenset({PartnerState.INVITED, PartnerState.ACCEPTED, PartnerState.SIGNED})
OPEN_COMMITMENT = frozenset({CommitmentState.PROMISED, CommitmentState.UNDER_WAY})
