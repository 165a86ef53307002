from __future__ import annotations

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "maillage.directory"
    verbose_name = "Annuaire"

    def ready(self) -> None:
        from maillage.directory import services
        from maillage.sources.registry import Importer, always, register

        register(
            Importer(
                kind="france-services",
                label="Espaces France services",
                help="ANCT\u00a0: liste des espaces (CSV), ou GeoJSON de 2021.",
                load=services.load_france_services,
                way_back=always,
                order=75,
            )
        )
