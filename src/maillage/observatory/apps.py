from __future__ import annotations

from django.apps import AppConfig


class ObservatoryConfig(AppConfig):
    name = "maillage.observatory"
    verbose_name = "Observatoire"

    def ready(self) -> None:
        from maillage.ui import navigation

        navigation.register("Observatoire", url_name="observatory", order=35, also=("explorer", "portrait"))
