from __future__ import annotations

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "maillage.core"
    verbose_name = "Comptes, journal et travaux"
