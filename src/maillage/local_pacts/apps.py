from __future__ import annotations

from django.apps import AppConfig


class LocalPactsConfig(AppConfig):
    name = "maillage.local_pacts"
    verbose_name = "Pactes locaux"
