"""Steering, and what-if simulations of an envelope."""

from __future__ import annotations

from django.urls import URLPattern, path

from maillage.contracts.views import envelopes, steering

urlpatterns: list[URLPattern] = [
    path("pilotage/", steering.steering_page, name="steering"),
    path("pilotage/alertes/", steering.steering_alerts, name="steering-alerts"),
    path("enveloppes/", envelopes.envelope_list, name="envelopes"),
    path("enveloppes/creer/", envelopes.envelope_create, name="envelope-create"),
    path("enveloppes/<int:pk>/", envelopes.envelope_page, name="envelope"),
    path("enveloppes/<int:pk>/simuler/<slug:method>/", envelopes.simulation_create, name="simulation-create"),
    path(
        "enveloppes/<int:pk>/simulations/<int:simulation>/retirer/",
        envelopes.simulation_remove,
        name="simulation-remove",
    ),
    path(
        "enveloppes/<int:pk>/simulations/<int:simulation>/decider/", envelopes.envelope_decide, name="envelope-decide"
    ),
]
