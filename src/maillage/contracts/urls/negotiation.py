"""The contract and its steps, who answers for it, its negotiation and its sheets."""

from __future__ import annotations

from django.urls import URLPattern, path

from maillage.contracts.views import pages, parties, steps

urlpatterns: list[URLPattern] = [
    path("", pages.contract_list, name="contracts"),
    path("ouvrir/", pages.contract_create, name="contract-create"),
    path("<int:pk>/", pages.contract_page, name="contract"),
    path("<int:pk>/etape/<slug:name>/", steps.contract_move, name="contract-move"),
    path("<int:pk>/fiches/<str:code>/etape/<slug:name>/", steps.sheet_move, name="contract-sheet-move"),
    path("<int:pk>/derogation/", steps.waive, name="contract-waive"),
    path("<int:pk>/derogation/<int:waiver>/retirer/", steps.withdraw, name="contract-waiver-withdraw"),
    path("<int:pk>/personnes/", parties.participants, name="contract-participants"),
    path(
        "<int:pk>/personnes/<int:participant>/retirer/", parties.participant_remove, name="contract-participant-remove"
    ),
    path("<int:pk>/pieces/", parties.attach, name="contract-attach"),
]
