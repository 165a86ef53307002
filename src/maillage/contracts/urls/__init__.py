"""Addresses of contracts, one list a subject."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from maillage.contracts.urls import amendments, documents, negotiation, results, spreadsheets, steering

urlpatterns: list[URLPattern | URLResolver] = [
    *steering.urlpatterns,
    *documents.urlpatterns,
    *negotiation.urlpatterns,
    *spreadsheets.urlpatterns,
    *results.urlpatterns,
    *amendments.urlpatterns,
]
