from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from maillage.local_pacts.views import follow_up, pages, parts, steps

urlpatterns: list[URLPattern | URLResolver] = [
    path("", pages.pact_list, name="local-pacts"),
    path("ouvrir/", parts.pact_open, name="local-pact-open"),
    path("<int:pk>/", pages.pact_page, name="local-pact"),
    path("<int:pk>/texte/", parts.text_edit, name="local-pact-text"),
    path("<int:pk>/etape/<slug:name>/", steps.pact_step, name="local-pact-step"),
    path("<int:pk>/revues/ajouter/", follow_up.review_add, name="local-pact-review"),
    path("<int:pk>/document/<slug:file_format>/", pages.pact_document, name="local-pact-document"),
    path("<int:pk>/versions/<int:number>/", pages.version_page, name="local-pact-version"),
    path(
        "<int:pk>/versions/<int:number>/document/<slug:file_format>/",
        pages.version_document,
        name="local-pact-version-document",
    ),
    path("<int:pk>/partenaires/<int:part>/", pages.partner_page, name="local-pact-partner"),
    path("<int:pk>/partenaires/<int:part>/etape/<slug:name>/", steps.partner_step, name="local-pact-partner-step"),
    path("<int:pk>/engagements/<int:part>/", pages.commitment_page, name="local-pact-commitment"),
    path("<int:pk>/engagements/<int:part>/noter/", follow_up.note_add, name="local-pact-note"),
    path(
        "<int:pk>/engagements/<int:part>/etape/<slug:name>/",
        follow_up.commitment_step,
        name="local-pact-commitment-step",
    ),
    path("<int:pk>/<slug:kind>/ajouter/", parts.part_add, name="local-pact-part-add"),
    path("<int:pk>/<slug:kind>/<int:part>/modifier/", parts.part_edit, name="local-pact-part"),
    path("<int:pk>/<slug:kind>/<int:part>/retirer/", parts.part_remove, name="local-pact-part-remove"),
]
