from __future__ import annotations

from django.apps import AppConfig


class PactsConfig(AppConfig):
    name = "maillage.pacts"
    verbose_name = "Pacte"
