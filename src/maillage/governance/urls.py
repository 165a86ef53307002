from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from maillage.governance import views

urlpatterns: list[URLPattern | URLResolver] = [path("", views.page, name="bodies")]
