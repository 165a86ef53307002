"""Addresses of the site: each app brings its own, in French."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("maillage.web.urls")),
    path("", include("maillage.core.urls")),
    path("sources/", include("maillage.sources.urls")),
    path("territoires/", include("maillage.territories.urls")),
    path("pacte/", include("maillage.pacts.urls")),
    path("", include("maillage.indicators.urls")),
    path("observatoire/", include("maillage.observatory.urls")),
    path("contrats/", include("maillage.contracts.urls")),
    path("verifier/", include("maillage.contracts.urls.verify")),
    path("collecte/", include("maillage.collection.urls")),
    path("pactes-locaux/", include("maillage.local_pacts.urls")),
    path("", include("maillage.rights.urls")),
    path("gouvernance/", include("maillage.governance.urls")),
    path("rapports/", include("maillage.reports.urls")),
]

handler400 = "maillage.web.views.errors.bad_request"
handler403 = "maillage.web.views.errors.forbidden"
handler404 = "maillage.web.views.errors.not_found"
handler500 = "maillage.web.views.errors.server_error"
