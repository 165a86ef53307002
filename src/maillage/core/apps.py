from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import Tags, register
from django.db.models.signals import post_migrate


class CoreConfig(AppConfig):
    name = "maillage.core"
    verbose_name = "Comptes, journal et travaux"

    def ready(self) -> None:
        from maillage.core import tasks, triggers  # noqa: F401  (the task is registered by its import)
        from maillage.core.digests import tasks as digest_tasks  # noqa: F401  (its jobs are, by their import)

        post_migrate.connect(triggers.create_after_migrate, sender=self, dispatch_uid="core.triggers")
        register(triggers.check, Tags.database)
