from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from maillage.indicators.views import consistency, documents, figures, indicators, pact

urlpatterns: list[URLPattern | URLResolver] = [
    path("pacte/", pact.index, name="pact-list"),
    path("pacte/axes/<str:code>/", pact.axis_page, name="axis"),
    path("pacte/mesures/<str:code>/", pact.measure_page, name="measure"),
    path("pacte/<str:code>/", pact.page, name="pact"),
    path("documents/", documents.index, name="documents"),
    path("documents/<str:code>/", documents.page, name="document"),
    path("chiffres/<str:code>/", figures.page, name="figure"),
    path("chiffres/<str:code>/derogation/", consistency.waive, name="waive"),
    path("chiffres/<str:code>/derogation/retirer/", consistency.withdraw, name="waive-withdraw"),
    path("coherence/", consistency.page, name="consistency"),
    path("indicateurs/", indicators.index, name="indicators"),
    path("indicateurs/<str:code>/", indicators.page, name="indicator"),
]
