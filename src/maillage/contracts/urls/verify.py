"""The public address of the check of paper copies, at the root of the site: it is printed, and must stay."""

from __future__ import annotations

from django.urls import URLPattern, path

from maillage.contracts.views import verify

urlpatterns: list[URLPattern] = [
    path("", verify.verify, name="verify"),
    # A reference may hold a slash; the number and the fingerprint cannot.
    path("<path:reference>/<str:number>/<str:digits>/", verify.verify_code, name="verify-code"),
]
