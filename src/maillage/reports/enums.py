"""Codes stored by reports, with their French labels."""

from __future__ import annotations

from django.db import models


class ReportStatus(models.TextChoices):
    DRAFT = "draft", "Brouillon"
    PUBLISHED = "published", "Publié"


class Grouping(models.TextChoices):
    """How the chapters follow one another."""

    AXIS = "axis", "Par axe ou engagement"
    TERRITORY = "territory", "Par territoire"


class Section(models.TextChoices):
    """The parts that a person writes."""

    FOREWORD = "foreword", "Éditorial"
    VOICES = "voices", "Paroles d'acteurs"
    OUTLOOK = "outlook", "Perspectives"
