from __future__ import annotations

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "maillage.governance"
    verbose_name = "Gouvernance"

    def ready(self) -> None:
        from maillage.ui import navigation

        navigation.register("Gouvernance", url_name="bodies", order=70)
