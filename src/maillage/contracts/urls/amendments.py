"""Amendments, versions, history and archive of a contract."""

from __future__ import annotations

from django.urls import URLPattern, path

from maillage.contracts.views import amendments, archive, history, versions

urlpatterns: list[URLPattern] = [
    path("<int:pk>/avenants/", amendments.amendment_list, name="contract-amendments"),
    path("<int:pk>/avenants/proposer/", amendments.amendment_create, name="amendment-create"),
    path("<int:pk>/avenants/<int:number>/", amendments.amendment_page, name="amendment"),
    path("<int:pk>/avenants/<int:number>/etape/<slug:name>/", amendments.amendment_move, name="amendment-move"),
    path("<int:pk>/versions/", versions.version_list, name="contract-versions"),
    path("<int:pk>/versions/comparer/", versions.version_compare, name="contract-versions-compare"),
    path("<int:pk>/versions/<int:number>/", versions.version_page, name="contract-version"),
    path("<int:pk>/historique/", history.contract_history, name="contract-history"),
    path("<int:pk>/historique/champ/<path:path>/", history.field_history, name="contract-field-history"),
    path("<int:pk>/archive/", archive.contract_archive, name="contract-archive"),
]
