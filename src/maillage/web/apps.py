from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "maillage.web"
    verbose_name = "Site"

    def ready(self) -> None:
        from maillage.ui import navigation

        navigation.register("Vue d’ensemble", url_name="home", order=10)
        navigation.register("Axes et territoires", url_name="overview-matrix", order=15)
