from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from maillage.collection.views import campaigns, entry, requests

urlpatterns: list[URLPattern | URLResolver] = [
    path("", campaigns.campaign_list, name="campaigns"),
    path("nouvelle/", campaigns.campaign_create, name="campaign-create"),
    path("<int:pk>/", campaigns.campaign_page, name="campaign"),
    path("<int:pk>/modifier/", campaigns.campaign_revise, name="campaign-revise"),
    path("<int:pk>/reprendre/", campaigns.campaign_copy, name="campaign-copy"),
    path("<int:pk>/partenaires/ajouter/", campaigns.request_add, name="request-add"),
    path("<int:pk>/liste/", campaigns.list_load, name="campaign-list"),
    path("<int:pk>/liste/<int:file>/", campaigns.list_preview, name="campaign-list-preview"),
    path("<int:pk>/etape/<slug:act>/", campaigns.campaign_act, name="campaign-act"),
    path("demandes/<int:pk>/", requests.request_page, name="figure-request"),
    path("demandes/<int:pk>/saisir/", entry.request_enter, name="request-enter"),
    path("demandes/<int:pk>/modele/<slug:fmt>/", entry.request_template, name="request-template"),
    path("demandes/<int:pk>/tableur/", entry.request_sheet, name="request-sheet"),
    path("demandes/<int:pk>/tableur/<int:file>/", entry.request_sheet_preview, name="request-sheet-preview"),
    path("demandes/<int:pk>/chiffres/<int:figure>/", requests.figure_page, name="requested-figure"),
    path("demandes/<int:pk>/chiffres/ajouter/", requests.request_figures, name="request-figures"),
    path("demandes/<int:pk>/responsable/", requests.request_assign, name="request-assign"),
    path("demandes/<int:pk>/echeance/", requests.request_extend, name="request-extend"),
    path("demandes/<int:pk>/retirer/", requests.request_remove, name="request-remove"),
    path("demandes/<int:pk>/etape/<slug:act>/", requests.request_act, name="request-act"),
]
