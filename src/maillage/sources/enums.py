"""Codes stored by sources, with their French labels."""

from __future__ import annotations

from django.db import models


class EditionKind(models.TextChoices):
    """What a loaded file holds."""

    COG = "cog", "Code officiel géographique"
    MOVEMENTS = "movements", "Mouvements de communes"
    POPULATIONS = "populations", "Populations légales"
    EPCI = "epci", "Composition des EPCI"
    CONTOURS = "contours", "Contours"
    DOCUMENTS = "documents", "Documents"
    STATED_FIGURES = "stated", "Chiffres énoncés"
    OBSERVATIONS = "observations", "Observations"
    EMBEDDED = "embedded", "Jeu embarqué"
