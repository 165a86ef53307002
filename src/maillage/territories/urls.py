from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from maillage.territories import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.territories, name="territories"),
]
