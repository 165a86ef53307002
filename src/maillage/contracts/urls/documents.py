"""Addresses of the documents of a contract, and of the templates that they are made with."""

from __future__ import annotations

from django.urls import URLPattern, path

from maillage.contracts.views import documents, templates

_TEMPLATE = "modeles/<slug:kind>/<slug:contract_kind>/<slug:format>/"

urlpatterns: list[URLPattern] = [
    path("modeles/", templates.template_list, name="contract-templates"),
    path("modeles/<slug:kind>/champs/", templates.template_fields, name="contract-template-fields"),
    path(_TEMPLATE, templates.template_page, name="contract-template"),
    path(f"{_TEMPLATE}essayer/", templates.template_try, name="contract-template-try"),
    path(f"{_TEMPLATE}en-usage/", templates.template_current, name="contract-template-current"),
    path(f"{_TEMPLATE}integre/", templates.template_built_in, name="contract-template-built-in"),
    path(f"{_TEMPLATE}exemple/", templates.template_example, name="contract-template-example"),
    path(f"{_TEMPLATE}retirer/", templates.template_withdraw, name="contract-template-withdraw"),
    path("<int:pk>/documents/", documents.documents, name="contract-documents"),
]
