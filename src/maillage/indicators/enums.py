"""Codes stored by indicators, with their French labels."""

from __future__ import annotations

from django.db import models


class Nature(models.TextChoices):
    STOCK = "stock", "Stock (à une date)"
    FLOW = "flow", "Flux (sur une période)"
    SHARE = "share", "Part ou taux"
    LEVEL = "level", "Niveau (médiane, moyenne)"


class Polarity(models.TextChoices):
    MORE_IS_BETTER = "more", "Plus élevé est mieux"
    LESS_IS_BETTER = "less", "Plus bas est mieux"
    NEUTRAL = "neutral", "Sans sens de lecture"


class Status(models.TextChoices):
    """What is known of a value. Never zero for a value that is suppressed or unavailable."""

    PUBLISHED = "published", "Publié"
    PROVISIONAL = "provisional", "Provisoire"
    ESTIMATED = "estimated", "Estimé"
    ROUNDED = "rounded", "Arrondi"
    FLOOR = "floor", "Plancher"
    SUPPRESSED = "suppressed", "Secret statistique"
    UNAVAILABLE = "unavailable", "Non disponible"


class Known(models.TextChoices):
    """Indicators that the product reads by name: the overview and the reports are built on them.

    Any instance may hold others. One of these that is not loaded is shown as a gap, never as zero.
    """

    CREDITS = "CREDITS-CONTRACT", "Crédits de la contractualisation"
    POPULATION = "POPULATION", "Population municipale"
    POVERTY_RATE = "POVERTY-RATE", "Taux de pauvreté"
    FISCAL_PERSONS = "FISCAL-PERSONS", "Personnes des ménages fiscaux"
    POOR_PERSONS = "POOR-PERSONS", "Personnes sous le seuil de pauvreté"
    PROJECTS = "SUPPORTED-PROJECTS", "Projets soutenus"
