"""Open to everyone: no account is asked, no answer is ever in an address."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from maillage.rights import api, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("droits/", views.check, name="rights-check"),
    path("droits/communes/", views.communes, name="rights-communes"),
    path("api/droits/", api.answer, name="rights-api"),
    path("api/droits/schema/", api.schema, name="rights-api-schema"),
]
