from __future__ import annotations

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    name = "maillage.sources"
    verbose_name = "Sources"
