"""Codes stored by the collection, with their French labels."""

from __future__ import annotations

from django.db import models

from maillage.engines.lifecycle.collection import CAMPAIGN, REQUEST


class CampaignStatus(models.TextChoices):
    DRAFT = "draft", CAMPAIGN.labels["draft"]
    OPEN = "open", CAMPAIGN.labels["open"]
    CLOSED = "closed", CAMPAIGN.labels["closed"]
    CONSOLIDATED = "consolidated", CAMPAIGN.labels["consolidated"]


class RequestStatus(models.TextChoices):
    TO_ENTER = "to_enter", REQUEST.labels["to_enter"]
    SUBMITTED = "submitted", REQUEST.labels["submitted"]
    TO_COMPLETE = "to_complete", REQUEST.labels["to_complete"]
    VALIDATED = "validated", REQUEST.labels["validated"]


class PartnerKind(models.TextChoices):
    """What sort of organisation is asked."""

    CAF = "caf", "CAF"
    MSA = "msa", "MSA"
    CPAM = "cpam", "CPAM"
    ARS = "ars", "ARS"
    RECTORAT = "rectorat", "Rectorat"
    FRANCE_TRAVAIL = "france_travail", "France Travail"
    DDETS = "ddets", "DDETS"
    DEPARTEMENT = "departement", "Département"
    METROPOLE = "metropole", "Métropole"
    CCAS = "ccas", "CCAS"
    ASSOCIATION = "association", "Association"
    OTHER = "other", "Autre partenaire"


class Answer(models.TextChoices):
    """What a partner answered for one figure. Not answered is not zero."""

    AWAITED = "awaited", "À donner"
    KNOWN = "known", "Donné"
    UNAVAILABLE = "unavailable", "Non disponible"
    NOT_APPLICABLE = "not_applicable", "Sans objet"
