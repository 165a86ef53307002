"""Forms: errors named first and tied to their fields, help read with the control."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.template import engines
from django.test import RequestFactory

from maillage.kernel.errors import InputProblem, InputRefused, MaillageError
from maillage.ui import confirm
from maillage.ui.forms import BaseForm
from tests.ui.gallery import Example


def draw(form: forms.Form, options: str = "") -> str:
    template = engines["django"].from_string("{% ui_form form " + options + " %}")
    return str(template.render({"form": form}, RequestFactory().get("/")))


def refused(**data: Any) -> Example:
    form = Example(data)
    assert not form.is_valid()
    return form


def test_each_control_has_its_label_and_its_help() -> None:
    html = draw(Example())
    for name in ("title", "reason", "starts_on", "axis", "file", "agreed"):
        assert f'<label for="id_{name}">' in html
    assert 'aria-describedby="id_title-help"' in html
    assert 'id="id_title-help"' in html
    assert "<legend>Niveau" in html
    assert 'type="date"' in html
    assert 'accept=".csv,.xlsx"' in html
    assert 'enctype="multipart/form-data"' in html
    assert html.count("(facultatif)") == 3
    assert '<input type="hidden" name="token" value="t"' in html


def test_errors_come_first_and_lead_to_their_fields() -> None:
    html = draw(refused(title="", reason="ok", starts_on="31/02/2024", level="a"))
    assert "2 champs sont à corriger" in html
    for target in re.findall(r'<a href="#(\w+)">', html):
        assert f'id="{target}"' in html
    assert html.index('role="alert"') < html.index('id="id_title"')
    assert 'aria-describedby="id_title-help id_title-error"' in html
    assert html.count('aria-invalid="true"') == 2
    assert "comme 31/12/2024" in html


def test_a_group_in_error_is_reached_by_its_first_choice() -> None:
    html = draw(refused(title="x", reason="x", level="z"))
    assert 'href="#id_level_0"' in html
    assert 'id="id_level_0"' in html


def test_what_was_typed_comes_back_escaped() -> None:
    html = draw(refused(title='"><script>alert(1)</script>', level="a"))
    assert "<script>" not in html


def test_a_french_date_is_read() -> None:
    form = Example({"title": "x", "reason": "x", "level": "a", "starts_on": "31/12/2024"})
    assert form.is_valid(), form.errors
    assert str(form.cleaned_data["starts_on"]) == "2024-12-31"


def test_the_refusal_of_a_service_is_shown_whole() -> None:
    form = Example({"title": "x", "reason": "x", "level": "a"})
    assert form.is_valid()
    form.refuse(InputRefused([InputProblem(3, "valeur", "ce n'est pas un nombre")], "Le fichier est refusé."))
    html = draw(form)
    assert "Le fichier est refusé." in html
    assert "Ligne 3" in html
    other = BaseForm({})
    other.refuse(MaillageError("Période close."))
    assert "Période close." in draw(other)


def test_a_form_that_is_kept_says_its_name() -> None:
    assert 'data-autosave="avis"' in draw(Example(), 'autosave="avis"')
    assert "data-autosave" not in draw(Example())


def test_a_confirmation_says_the_consequence_and_posts() -> None:
    response = confirm.confirm_page(
        RequestFactory().get("/x/"),
        title="Retirer la dérogation",
        message="Le chiffre sera de nouveau signalé.",
        submit="Retirer",
        cancel_url="/chiffres/",
        danger=True,
        details=[("Chiffre", "<b>")],
    )
    html = response.content.decode()
    assert "Le chiffre sera de nouveau signalé." in html
    assert re.search(r'<form[^>]*method="post"', html)
    assert 'href="/chiffres/"' in html
    assert "&lt;b&gt;" in html
    assert "ui-danger" in html
