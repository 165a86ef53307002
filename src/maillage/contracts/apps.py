from __future__ import annotations

from django.apps import AppConfig


class ContractsConfig(AppConfig):
    name = "maillage.contracts"
    verbose_name = "Contrats"

    def ready(self) -> None:
        from maillage.contracts import digests, perms, tasks  # noqa: F401  (sources, file rules and jobs register by import)
        from maillage.ui import navigation

        navigation.register("Contrats", url_name="contracts", order=25)
