from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from maillage.reports import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("", views.report_list, name="report-list"),
    path("ouvrir/", views.report_open, name="report-open"),
    path("<int:pk>/", views.report_page, name="report"),
    path("<int:pk>/produire/", views.report_build, name="report-build"),
    path("<int:pk>/publier/", views.report_publish, name="report-publish"),
    path("<int:pk>/textes/<slug:slug>/", views.narrative_edit, name="report-narrative"),
    path("<int:pk>/textes/<slug:slug>/versions/", views.narrative_history, name="report-history"),
    path("<int:pk>/textes/<slug:slug>/versions/<int:number>/retablir/", views.narrative_restore, name="report-restore"),
]
