from __future__ import annotations

from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "maillage.indicators"
    verbose_name = "Chiffres"

    def ready(self) -> None:
        from maillage.indicators import importers

        importers.register()
