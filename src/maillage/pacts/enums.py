"""Codes stored by pacts, with their French labels."""

from __future__ import annotations

from django.db import models


class MeasureKind(models.TextChoices):
    """How the source lists a measure."""

    NEW = "new", "Action nouvelle"
    CONTRACTED = "contracted", "Action contractualisée"
    COMPLEMENTARY = "complementary", "Enjeu complémentaire"
