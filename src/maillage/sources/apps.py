from __future__ import annotations

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    name = "maillage.sources"
    verbose_name = "Sources"

    def ready(self) -> None:
        from maillage.sources import tasks  # noqa: F401  (its import registers the jobs)
        from maillage.ui import navigation

        navigation.register(
            "Sources", url_name="sources", order=80, also=("edition", "edition-back", "imports", "import-preview")
        )
