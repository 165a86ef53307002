"""Codes stored by indicators, with their French labels."""

from __future__ import annotations

from django.db import models


class Nature(models.TextChoices):
    STOCK = "stock", "Stock (à une date)"
    FLOW = "flow", "Flux (sur une période)"
    SHARE = "share", "Part ou taux"


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
