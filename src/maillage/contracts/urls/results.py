"""Addresses of the results of a contract: chain, money, readings, evidence, reports, evaluations."""

from __future__ import annotations

from django.urls import URLPattern, path

from maillage.contracts.views import chain, evaluations, evidence, movements, readings, reports

_SHEET = "<int:pk>/fiches/<str:code>/"
_READING = f"{_SHEET}releves/<str:indicator>/<slug:slot>/"
_REPORT = f"{_SHEET}rapports/<int:year>/"
_EVALUATION = "<int:pk>/evaluations/<int:evaluation>/"

urlpatterns: list[URLPattern] = [
    path("<int:pk>/execution/", chain.execution, name="contract-execution"),
    path(_SHEET, chain.sheet_chain, name="contract-sheet"),
    path(f"{_SHEET}mouvements/", movements.movements, name="contract-movements"),
    path(f"{_SHEET}mouvements/enregistrer/", movements.movement_record, name="contract-movement-record"),
    path(f"{_SHEET}mouvements/ej/", movements.ej_register, name="contract-ej-register"),
    path(f"{_SHEET}releves/", readings.readings, name="contract-readings"),
    path(_READING, readings.reading_page, name="contract-reading"),
    path(f"{_READING}etape/<slug:name>/", readings.reading_move, name="contract-reading-move"),
    path(f"{_SHEET}preuves/", evidence.evidence, name="contract-evidence"),
    path("<int:pk>/preuves/<int:evidence>/retirer/", evidence.evidence_withdraw, name="contract-evidence-withdraw"),
    path(_REPORT, reports.report_page, name="contract-report"),
    path(f"{_REPORT}etape/<slug:name>/", reports.report_move, name="contract-report-move"),
    path("<int:pk>/evaluations/", evaluations.evaluations, name="contract-evaluations"),
    path("<int:pk>/evaluations/ouvrir/", evaluations.evaluation_create, name="contract-evaluation-create"),
    path(_EVALUATION, evaluations.evaluation_page, name="contract-evaluation"),
    path(f"{_EVALUATION}modifier/", evaluations.evaluation_edit, name="contract-evaluation-edit"),
    path(f"{_EVALUATION}indicateurs/", evaluations.evaluation_compare, name="contract-evaluation-compare"),
    path(f"{_EVALUATION}recommandations/", evaluations.evaluation_recommend, name="contract-evaluation-recommend"),
    path(
        "<int:pk>/recommandations/<int:recommendation>/suite/",
        evaluations.recommendation_follow,
        name="contract-recommendation-follow",
    ),
]
