from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from maillage.sources import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.editions, name="sources"),
    path("charger/", views.imports, name="imports"),
    path("charger/<uuid:key>/", views.import_preview, name="import-preview"),
    path("<int:pk>/", views.edition, name="edition"),
    path("<int:pk>/revenir/", views.edition_back, name="edition-back"),
]
