from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from maillage.web.views import legal, overview, territory

urlpatterns: list[URLPattern | URLResolver] = [
    path("", overview.home, name="home"),
    path("vue/axe-territoire/", overview.matrix, name="overview-matrix"),
    path("territoire/<str:code>/", territory.page, name="territory"),
    path("mentions-legales/", legal.legal_notices, name="legal-notices"),
    path("donnees-personnelles/", legal.privacy, name="privacy"),
    path("accessibilite/", legal.accessibility, name="accessibility"),
    path("aide/", legal.help_page, name="help"),
]
