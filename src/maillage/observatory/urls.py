"""Addresses of the observatory: each screen brings its own."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from maillage.observatory.views import compare, explorer, home, portrait, understand

urlpatterns: list[URLPattern | URLResolver] = [
    *home.urls,
    *explorer.urls,
    *compare.urls,
    *understand.urls,
    *portrait.urls,
]
