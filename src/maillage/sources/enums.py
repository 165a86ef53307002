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
    FILOSOFI = "filosofi", "Filosofi (revenus et pauvreté)"
    CAF = "caf", "Prestations des CAF par commune"
    CAF_IRIS = "caf-iris", "Prestations des CAF par IRIS"
    FRANCE_SERVICES = "france-services", "Espaces France services"
    DENSITY = "density", "Grille de densité"
    ZONING = "zoning", "Zonage rural"
    TABLE = "table", "Tableau décrit par une correspondance"
    DOCUMENTS = "documents", "Documents"
    STATED_FIGURES = "stated", "Chiffres énoncés"
    OBSERVATIONS = "observations", "Observations"
    EMBEDDED = "embedded", "Jeu embarqué"
