"""Every component on one page, with real-looking and hostile content. Rendered by tests and looked at in a browser.

It is also a URLconf: `ROOT_URLCONF = "tests.ui.gallery"` serves it at /composants/ beside the site.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from maillage.core.models import User
from maillage.engines.cartogram import Site, hexagon_sheet
from maillage.engines.classes import cut
from maillage.ui import charts, maps, messaging, tables
from maillage.ui.charts import Chart
from maillage.ui.forms import BaseForm, DateField, FileInput
from maillage.ui.tables import Cell, Column, Table

HOSTILE = """<script>alert("x")</script>' onclick="go()" style="x"""
SOURCE = "Bilan de l’année 2020, page 12"


class Example(BaseForm):
    title = forms.CharField(label="Intitulé", help_text="Court : une ligne.")
    reason = forms.CharField(label="Motif", widget=forms.Textarea)
    starts_on = DateField(label="Commence le", required=False)
    level = forms.ChoiceField(
        label="Niveau", choices=[("a", "Région"), ("b", "Département")], widget=forms.RadioSelect, initial="a"
    )
    axis = forms.ChoiceField(label="Axe", choices=[("1", "Prévenir"), ("2", "Accompagner")], required=False)
    file = forms.FileField(label="Fichier", required=False, widget=FileInput([".csv", ".xlsx"]))
    agreed = forms.BooleanField(label="J’ai vérifié ces chiffres", required=False)
    token = forms.CharField(widget=forms.HiddenInput, required=False, initial="t")


def credits_table(count: int = 6) -> Table:
    places = ["Ardenne", "Évrecy", "Étang-sur-Loire", "Zuydcoote", "Bélis", HOSTILE]
    rows = [
        {
            "place": Cell(places[i % 6], url=f"/territoire/{i}/"),
            "y2019": Cell(Decimal(1_234_567) + i * 98_765, url="/documents/"),
            "y2020": Cell(None, status="suppressed") if i == 2 else Cell(Decimal("2345678.50") + i, status="estimated"),
            "change": Cell(Decimal("89.04") - 40 * i, note="périmètre différent" if i == 1 else ""),
            "people": None if i == 3 else 12_345 + i,
            "status": ["holds", "contradicts_document", "holds_rounded", "truncated", "unverifiable", "waived"][i % 6],
            "due": date(2024, 1 + i % 12, 3),
        }
        for i in range(count)
    ]
    columns = [
        Column("place", "Territoire"),
        Column("y2019", "Crédits 2019", "money", total="sum"),
        Column("y2020", "Crédits 2020", "money", total="sum", help="Crédits délégués, hors avenants."),
        Column("change", "Évolution", "percent"),
        Column("people", "Personnes accompagnées", "number", total="sum", unit="persons"),
        Column("status", "Vérification", "status"),
        Column("due", "Échéance", "date"),
    ]
    return Table(
        "credits", "Crédits par territoire et par année", columns, rows, source=SOURCE, source_url="/documents/x/"
    )


def all_charts() -> list[Chart]:
    names = ["Ardenne", "Bélis", "Étang-sur-Loire", "Communauté d’agglomération du Grand Évrecy", "Zuydcoote"]
    flat = [
        {"t": n, "v": Decimal(v) if v else None}
        for n, v in zip(names, [4348420, 1803000, 0, 2900412, 950000], strict=True)
    ]
    pairs = [
        {"t": n, "a": year, "v": Decimal(1_200_000 + 310_000 * i * k)}
        for i, n in enumerate(names[:4])
        for k, year in ((1, "2019"), (2, "2020"))
    ]
    series = [
        {
            "p": str(year),
            "s": s,
            "v": None if (year, s) == (2020, "Jeunes") else Decimal(60 + k * 7 + (year - 2017) * (3 - k)),
        }
        for k, s in enumerate(["Ensemble", "Jeunes", "Familles monoparentales"])
        for year in range(2017, 2024)
    ]
    return [
        charts.bar(
            flat,
            "t",
            "v",
            id="g-bar",
            title="Crédits par territoire en 2020",
            alt="Ardenne reçoit le plus, 4,3 M€.",
            x_title="Territoire",
            y_title="Crédits",
            unit="EUR",
            decimals=0,
            source=SOURCE,
        ),
        charts.grouped_bar(
            pairs,
            "t",
            "v",
            "a",
            id="g-grouped",
            title="Crédits 2019 et 2020",
            alt="Les crédits montent partout.",
            x_title="Territoire",
            y_title="Crédits",
            series_title="Année",
            unit="EUR",
            decimals=0,
            source=SOURCE,
        ),
        charts.line(
            series,
            "p",
            "v",
            "s",
            id="g-line",
            title="Taux de couverture",
            alt="La couverture monte pour tous.",
            x_title="Année",
            y_title="Taux",
            series_title="Public",
            unit="%",
            source=SOURCE,
        ),
    ]


def a_map(count: int = 40) -> maps.Map:
    sites = [Site(f"T{i}", 46.5 + (i * 7 % 13) / 10, -2 + (i * 5 % 17) / 10, str(i % 3)) for i in range(count)]
    values = {s.code: None if i % 9 == 4 else Decimal(5 + i * 37 % 100) / 4 for i, s in enumerate(sites)}
    told = {
        code: maps.Told(f"Communauté {code}", value, f"{value} %" if value else "", f"/territoire/{code}/", short=code)
        for code, value in values.items()
    }
    rows = [{"t": told[code].label, "v": value} for code, value in values.items()]
    return maps.from_sheet(
        hexagon_sheet(sites),
        told,
        cut(values.values()),
        id="g-map",
        title="Taux de pauvreté par EPCI",
        alt="Le taux est plus élevé à l’est.",
        unit="%",
        legend="Part de la population, en %",
        source=SOURCE,
        table=Table("g-map-donnees", "Taux de pauvreté", [Column("t", "EPCI"), Column("v", "Taux", "percent")], rows),
    )


def context() -> dict[str, Any]:
    bound = Example({"title": "", "reason": "", "starts_on": "31/02/2024", "level": "a"}, auto_id="refused_%s")
    bound.is_valid()
    return {
        "hostile": HOSTILE,
        "tabs": [
            ("Vue d’ensemble", "/composants/", True),
            ("Négociation", "/", False),
            (HOSTILE, "javascript:alert(1)", False),
        ],
        "amount": Decimal("4348420"),
        "table": credits_table(),
        "bare": Table("vide", "Un tableau vide", [Column("a", "Colonne")], []),
        "charts": all_charts(),
        "map": a_map(),
        "form": Example(),
        "refused": bound,
        "page": Paginator(list(range(1, 301)), 25).page(4),
    }


PAGE = Path(__file__).with_suffix(".html").read_text(encoding="utf-8")


@login_not_required
def page(request: HttpRequest) -> HttpResponse:
    request.user = User(full_name="Aïcha Renaud", email="aicha@example.test", pk=1)
    answer = tables.respond(request, credits_table())
    if answer is not None:
        return answer
    messaging.undoable(request, "La dérogation est accordée.", undo_url="/composants/annuler/")
    messages.warning(request, HOSTILE)
    return HttpResponse(engines["django"].from_string(PAGE).render(context(), request))


urlpatterns = [path("composants/", page, name="gallery"), path("", include("maillage.config.urls"))]
