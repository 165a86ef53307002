"""Codes stored by core, with their French labels."""

from __future__ import annotations

from django.db import models


class Role(models.TextChoices):
    """Who a person is in the pact. What each role may do is in the `perms` module of each app."""

    PREFECT = "prefect", "Préfet, sous-préfet"
    COMMISSIONER = "commissioner", "Commissaire et équipe régionale"
    DDETS = "ddets", "DDETS (État, département)"
    DEPARTEMENT = "departement", "Département ou métropole"
    OPERATOR = "operator", "Opérateur (CAF, MSA, CPAM, ARS, rectorat, France Travail)"
    ASSOCIATION = "association", "Association"
    MAYOR = "mayor", "Maire, CCAS"
    GROUP_CHAIR = "group_chair", "Animateur de groupe de travail"
    OBSERVER = "observer", "Observateur (plateforme d'observation, INSEE, DREETS)"
    REVIEWER = "reviewer", "Relecteur de dossiers"
    AUDITOR = "auditor", "Auditeur"
    READER = "reader", "Lecteur"


class JobStatus(models.TextChoices):
    QUEUED = "queued", "En attente"
    RUNNING = "running", "En cours"
    DONE = "done", "Terminé"
    FAILED = "failed", "Échoué"
    CANCELLED = "cancelled", "Annulé"


class DigestStatus(models.TextChoices):
    PREPARED = "prepared", "À relire"
    APPROVED = "approved", "Approuvée"
    DISCARDED = "discarded", "Écartée"
    SENDING = "sending", "Envoi en cours"
    SENT = "sent", "Envoyée"
    FAILED = "failed", "Échec"


class DigestReason(models.TextChoices):
    """Why a digest did not reach its person."""

    TEAM = "team", "Écartée par l'équipe régionale."
    NOTHING_LEFT = "nothing_left", "Plus rien n'attend la personne."
    NOT_RECIPIENT = "not_recipient", "Le compte est fermé, n'a plus d'habilitation, ou ne veut plus de relance."
    DEMONSTRATION = "demonstration", "Un compte de démonstration ne reçoit rien hors de la machine."
    REFUSED = "refused", "Le serveur de messagerie a refusé le message."
    INTERRUPTED = "interrupted", "La liaison avec le serveur de messagerie s'est rompue pendant l'envoi."
