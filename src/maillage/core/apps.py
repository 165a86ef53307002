from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "maillage.core"
    verbose_name = "Comptes, journal et travaux"

    def ready(self) -> None:
        from maillage.core import triggers

        post_migrate.connect(triggers.create_after_migrate, sender=self, dispatch_uid="core.triggers")
