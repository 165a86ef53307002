from __future__ import annotations

from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "maillage.rights"
    verbose_name = "Droits"

    def ready(self) -> None:
        from maillage.ui import navigation

        navigation.register("Vérifier des droits", url_name="rights-check", order=65, public=True)
