"""Codes stored by territories, with their French labels."""

from __future__ import annotations

from django.db import models


class Level(models.TextChoices):
    COUNTRY = "country", "France"
    REGION = "region", "Région"
    DEPARTEMENT = "departement", "Département"
    EPCI = "epci", "EPCI"
    COMMUNE = "commune", "Commune"
