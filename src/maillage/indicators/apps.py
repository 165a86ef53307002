from __future__ import annotations

from django.apps import AppConfig


class IndicatorsConfig(AppConfig):
    name = "maillage.indicators"
    verbose_name = "Chiffres"

    def ready(self) -> None:
        from maillage.indicators.services import registration
        from maillage.ui import navigation

        registration.register()
        navigation.register("Pacte", url_name="pact-list", order=20, also=("pact", "axis", "measure"))
        navigation.register("Documents", url_name="documents", order=40, also=("document",))
        navigation.register("Indicateurs", url_name="indicators", order=50, also=("indicator",))
        navigation.register("Cohérence", url_name="consistency", order=60, also=("figure", "waive", "waive-withdraw"))
