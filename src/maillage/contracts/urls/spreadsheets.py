"""Addresses of the exchange with spreadsheets."""

from __future__ import annotations

from django.urls import URLPattern, path

from maillage.contracts.views import paste, spreadsheet

urlpatterns: list[URLPattern] = [
    path("<int:pk>/tableur/", spreadsheet.spreadsheet, name="contract-spreadsheet"),
    path("<int:pk>/tableur/examen/<int:file>/", spreadsheet.workbook_import, name="contract-import"),
    path("<int:pk>/tableur/<str:fmt>/", spreadsheet.template_file, name="contract-template-file"),
    path("<int:pk>/fiches/<str:code>/coller/", paste.paste, name="contract-paste"),
]
