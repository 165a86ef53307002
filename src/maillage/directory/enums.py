"""Codes stored by the directory, with their French labels."""

from __future__ import annotations

from django.db import models

FRANCE_SERVICES = "france-services"  # a network of points


class PointKind(models.TextChoices):
    """A bus or a rota between halls is not a fixed point: it is counted apart."""

    FIXED = "fixed", "Lieu fixe"
    MOBILE = "mobile", "Service itinérant"
    BRANCH = "branch", "Antenne"
