"""The contract and its steps, who answers for it, its negotiation and its sheets."""

from __future__ import annotations

from django.urls import URLPattern, path

from maillage.contracts.views import comments, funding, negotiation, pages, parties, saving, sheet_edit, steps

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
    path("<int:pk>/negociation/", negotiation.negotiation, name="contract-negotiation"),
    path("<int:pk>/fiches/ajouter/", negotiation.sheet_add, name="contract-sheet-add"),
    path("<int:pk>/fiches/<str:code>/modifier/", sheet_edit.sheet_edit, name="contract-sheet-edit"),
    path("<int:pk>/fiches/<str:code>/choix/<slug:choice>/", negotiation.sheet_choose, name="contract-sheet-choose"),
    path("<int:pk>/fiches/<str:code>/copier/", negotiation.sheet_copy, name="contract-sheet-copy"),
    path("<int:pk>/fiches/<str:code>/retirer/", negotiation.sheet_remove, name="contract-sheet-remove"),
    path("<int:pk>/fiches/<str:code>/retablir/", negotiation.sheet_restore, name="contract-sheet-restore"),
    path("<int:pk>/identite/", sheet_edit.terms, name="contract-terms"),
    path("<int:pk>/plafonds/", sheet_edit.caps, name="contract-caps"),
    path("<int:pk>/signataires/", sheet_edit.signatories, name="contract-signatories"),
    path("<int:pk>/conflit/", saving.contract_conflict, name="contract-conflict"),
    path("<int:pk>/commentaires/", comments.contract_comments, name="contract-comments"),
    path("<int:pk>/commentaires/champ/", comments.contract_comment, name="contract-comment"),
    path("<int:pk>/commentaires/<int:comment_pk>/repondre/", comments.comment_answer, name="contract-comment-answer"),
    path("<int:pk>/commentaires/<int:comment_pk>/clore/", comments.comment_close, name="contract-comment-close"),
    path("<int:pk>/financement/", funding.funding, name="contract-funding"),
    path("<int:pk>/financement/nouveau-financeur/", funding.funder_add, name="contract-funder-add"),
    path("<int:pk>/financement/<str:code>/", funding.funding_sheet, name="contract-funding-sheet"),
    path("<int:pk>/financement/<str:code>/totaux/", funding.funding_totals, name="contract-funding-totals"),
]
