from __future__ import annotations

from django.apps import AppConfig


class LocalPactsConfig(AppConfig):
    name = "maillage.local_pacts"
    verbose_name = "Pactes locaux"

    def ready(self) -> None:
        from maillage.local_pacts import digests, perms  # noqa: F401  (register what waits, and who may download)
        from maillage.ui import navigation

        navigation.register("Pactes locaux", url_name="local-pacts", order=45)
