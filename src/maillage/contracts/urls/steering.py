"""Steering, and what-if simulations of an envelope."""

from __future__ import annotations

from django.urls import URLPattern, path

from maillage.contracts.views import steering

urlpatterns: list[URLPattern] = [
    path("pilotage/", steering.steering_page, name="steering"),
]
