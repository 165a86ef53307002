from __future__ import annotations

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "maillage.reports"
    verbose_name = "Rapports"

    def ready(self) -> None:
        from maillage.reports import perms, tasks  # noqa: F401  (registers the jobs and who may download)
        from maillage.ui import navigation

        navigation.register("Rapports", url_name="report-list", order=80, also=("report", "report-narrative"))
