from __future__ import annotations

from typing import Any

from django.apps import AppConfig


class CollectionConfig(AppConfig):
    name = "maillage.collection"
    verbose_name = "Collecte"

    def ready(self) -> None:
        from maillage.collection import digests  # noqa: F401  (its sources register by their import)
        from maillage.collection.selectors.campaigns import has_something
        from maillage.core import clock
        from maillage.ui import navigation

        def visible(user: Any) -> bool:
            return has_something(user, clock.today())

        navigation.register("Collecte", url_name="campaigns", order=55, visible=visible)
