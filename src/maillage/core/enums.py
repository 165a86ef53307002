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
