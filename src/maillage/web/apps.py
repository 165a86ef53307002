from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "maillage.web"
    verbose_name = "Site"

    def ready(self) -> None:
        from maillage.core import clock, perms
        from maillage.ui import navigation

        navigation.register("Vue d’ensemble", url_name="home", order=10)
        navigation.register("Axes et territoires", url_name="overview-matrix", order=15)
        # Those of core, which stands beside ui and does not know it.
        navigation.register("Travaux", url_name="jobs", order=90, also=("job",))
        navigation.register("Ce qui vous attend", url_name="awaiting", order=5, place="account")
        navigation.register(
            "Relances",
            url_name="digests",
            order=15,
            also=("digest-approve",),
            visible=lambda user: perms.leads_instance(user, clock.today()),
            place="account",
        )
        navigation.register("Mon compte", url_name="account", order=10, also=("account-password",), place="account")
        navigation.register(
            "Journal",
            url_name="journal",
            order=20,
            visible=lambda user: perms.can_read_journal(user, clock.today()),
            place="account",
        )
